package object

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
)

// S3 says where a bucket is and as whom it is used.
type S3 struct {
	Address  string // s3://bucket/prefix
	Endpoint string // https://host:port; http:// only where the network itself is trusted
	Region   string
	Key      string // access key id
	Secret   string
	Drafts   string        // local folder for files that are not uploaded yet
	Patience time.Duration // how long a server that is away is waited for; default 1 min
}

const (
	s3Scheme        = "s3://"
	defaultPatience = time.Minute

	// Up to so many bytes a file goes up in one request that the server holds
	// against our SHA-256; beyond, in parts that it holds against their MD5.
	partBytes = 64 << 20
	// Up to so many a file is read at once rather than a piece at a time.
	smallBytes = 1 << 20
)

// IsS3 reports whether an address is one of a bucket.
func IsS3(address string) bool { return strings.HasPrefix(address, s3Scheme) }

// Host is the server as "host:port", and whether it speaks TLS.
func (o S3) Host() (host string, tls bool, err error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return "", false, sen.Errorf(sen.Invalid, "the S3 endpoint is no address of a server").
			WithHint("write it as https://host or https://host:port")
	}
	return u.Host, u.Scheme == "https", nil
}

// Bucket is a place in a bucket, below a prefix.
type Bucket struct {
	client         *minio.Client
	bucket, prefix string // prefix ends with "/" or is empty
	drafts         string
	patience       time.Duration
}

// OpenBucket is the place at an S3 address. The bucket must be there; nothing
// is asked of the server yet.
func OpenBucket(o S3) (*Bucket, error) {
	rest, ok := strings.CutPrefix(o.Address, s3Scheme)
	bucket, prefix, _ := strings.Cut(strings.Trim(rest, "/"), "/")
	if !ok || len(bucket) < 3 || strings.ContainsAny(o.Address, "*?[]#%\\\" ") || prefix != "" && !fs.ValidPath(prefix) {
		return nil, sen.Errorf(sen.Invalid, "%q is no place in a bucket", o.Address).
			WithHint("write it as s3://bucket/prefix, without spaces and the signs * ? [ ] # %%: readers give them a meaning")
	}
	host, tls, err := o.Host()
	if err != nil {
		return nil, err
	}
	if o.Region == "" {
		return nil, sen.Errorf(sen.Invalid, "the region of %s is not named", o.Address).WithHint("name it; many servers of one's own call it us-east-1")
	}
	client, err := minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(o.Key, o.Secret, ""), Secure: tls,
		Region: o.Region, BucketLookup: minio.BucketLookupPath})
	if err != nil {
		return nil, sen.Errorf(sen.Invalid, "the S3 server: %w", err)
	}
	b := &Bucket{client: client, bucket: bucket, drafts: o.Drafts, patience: o.Patience}
	if prefix != "" {
		b.prefix = prefix + "/"
	}
	if b.patience == 0 {
		b.patience = defaultPatience
	}
	return b, nil
}

// Address is s3://bucket/prefix.
func (b *Bucket) Address() string {
	return strings.TrimSuffix(s3Scheme+b.bucket+"/"+b.prefix, "/")
}

func (b *Bucket) draft(name string) string { return filepath.Join(b.drafts, filepath.FromSlash(name)) }

// Draft is a file in the folder of drafts.
func (b *Bucket) Draft(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	path := b.draft(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", explainDisk("make a folder of drafts", err)
	}
	return path, nil
}

// Seal uploads a draft.
func (b *Bucket) Seal(ctx context.Context, name string) (Sealed, error) {
	f, err := os.Open(b.draft(name))
	if err != nil {
		return Sealed{}, explainDisk("upload a file", err)
	}
	defer f.Close()
	hash := sha256.New()
	var out Sealed
	if out.Bytes, err = io.Copy(hash, f); err != nil {
		return Sealed{}, explainDisk("read a file back", err)
	}
	hash.Sum(out.SHA256[:0])
	if err := b.put(ctx, name, f, out); err != nil {
		return Sealed{}, err
	}
	return out, explainDisk("remove an uploaded draft", os.Remove(f.Name()))
}

// put uploads whole or not at all: the library aborts an upload in parts that
// fails, and one that a kill cut off is no object; Remove takes its parts.
func (b *Bucket) put(ctx context.Context, name string, f *os.File, s Sealed) error {
	o := minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: partBytes, NumThreads: 2, SendContentMd5: s.Bytes > partBytes}
	if s.Bytes <= partBytes {
		o.UserMetadata = map[string]string{"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(s.SHA256[:])}
	}
	return b.patiently(ctx, "upload", name, func() error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return explainDisk("read a file back", err)
		}
		info, err := b.client.PutObject(ctx, b.bucket, b.prefix+name, f, s.Bytes, o)
		if err == nil && info.Size != s.Bytes {
			err = sen.Errorf(sen.Corrupt, "%s has %d bytes and %d arrived", base(name), s.Bytes, info.Size)
		}
		return err
	})
}

// Sync uploads the drafts among names.
func (b *Bucket) Sync(ctx context.Context, names []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, name := range names {
		if _, err := os.Stat(b.draft(name)); err != nil {
			continue
		}
		group.Go(func() error { _, err := b.Seal(ctx, name); return err })
	}
	return group.Wait()
}

// Write drafts a file and seals it.
func (b *Bucket) Write(ctx context.Context, name string, fill func(io.Writer) error) (int64, error) {
	path, err := b.Draft(name)
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, explainDisk("write a file", err)
	}
	defer os.Remove(path)
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return 0, explainDisk("write a file", err)
	}
	sealed, err := b.Seal(ctx, name)
	return sealed.Bytes, err
}

// Open opens an object: a small one is read at once.
func (b *Bucket) Open(ctx context.Context, name string) (File, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var out File
	return out, b.patiently(ctx, "read", name, func() error {
		object, err := b.client.GetObject(ctx, b.bucket, b.prefix+name, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		info, err := object.Stat()
		if err != nil {
			return errors.Join(err, object.Close())
		}
		file := remote{Object: object, info: fileInfo{base(name), info.Size, info.LastModified}}
		if out = file; info.Size > smallBytes {
			return nil
		}
		defer object.Close()
		text, err := io.ReadAll(object)
		if int64(len(text)) != info.Size && err == nil {
			err = io.ErrUnexpectedEOF
		}
		out = held{bytes.NewReader(text), file.info}
		return err
	})
}

// List asks the server, and looks among the drafts.
func (b *Bucket) List(ctx context.Context, prefix string, each func(Info) error) error {
	options := minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for o := range b.client.ListObjects(ctx, b.bucket, options) {
		if o.Err != nil {
			return b.explain("list", prefix, o.Err)
		}
		if err := each(Info{Name: strings.TrimPrefix(o.Key, b.prefix), Bytes: o.Size, Modified: o.LastModified}); err != nil {
			return err
		}
	}
	for o := range b.client.ListIncompleteUploads(ctx, b.bucket, b.prefix+prefix, true) {
		if notOffered(o.Err) {
			break // then the server has no uploads in parts that could be torn
		}
		if o.Err != nil {
			return b.explain("list", prefix, o.Err)
		}
		if err := each(Info{Name: strings.TrimPrefix(o.Key, b.prefix), Modified: o.Initiated, Draft: true}); err != nil {
			return err
		}
	}
	return OpenFolder(b.drafts).List(ctx, prefix, func(i Info) error {
		i.Draft = true
		return each(i)
	})
}

// Remove removes object, parts and draft.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.Remove(b.draft(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explainDisk("remove a draft", err)
	}
	return b.patiently(ctx, "remove", name, func() error {
		if err := b.client.RemoveIncompleteUpload(ctx, b.bucket, b.prefix+name); err != nil && !missing(err) && !notOffered(err) {
			return err
		}
		return b.client.RemoveObject(ctx, b.bucket, b.prefix+name, minio.RemoveObjectOptions{})
	})
}
