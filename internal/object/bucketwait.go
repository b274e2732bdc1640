package object

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/sen-hub/sen"
)

// patiently does a thing, and again while the server is away: it is restarted,
// or the network is. What the server refuses is not tried twice.
func (b *Bucket) patiently(ctx context.Context, what, name string, do func() error) error {
	const most = 5 * time.Second
	wait := 100 * time.Millisecond
	for until := time.Now().Add(b.patience); ; wait = min(2*wait, most) {
		err := do()
		if err == nil || !away(err) || time.Now().Add(wait).After(until) {
			return b.explain(what, name, err)
		}
		select {
		case <-ctx.Done():
			return b.explain(what, name, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// away reports whether a fault may pass by itself.
func away(err error) bool {
	var known *sen.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests
	}
	return true // no answer at all
}

func missing(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.StatusCode == http.StatusNotFound || answer.Code == minio.NoSuchKey)
}

// notOffered reports whether the server does not know such a request at all.
func notOffered(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusMethodNotAllowed)
}

// explain gives a fault of the server its kind and the next step. Neither
// holds a key: the server's words do not, and ours do not either.
func (b *Bucket) explain(what, name string, err error) error {
	var known *sen.Error
	var answer minio.ErrorResponse
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled):
		return sen.Errorf(sen.Canceled, "%s %s: %w", what, base(name), err)
	case missing(err) && errors.As(err, &answer) && answer.Code == minio.NoSuchBucket:
		return sen.Errorf(sen.NotFound, "there is no bucket %s", b.bucket).
			WithHint("make the bucket at the S3 server; the hub makes none")
	case missing(err):
		return sen.Errorf(sen.NotFound, "%s: no such file: %w", base(name), fs.ErrNotExist)
	case errors.As(err, &answer) && answer.StatusCode == http.StatusForbidden:
		return sen.Errorf(sen.Denied, "the S3 server refuses to %s %s: %w", what, base(name), err).
			WithHint("see the key, its secret and region in sen.yaml, and that the key may read, write, list and delete below %s", b.Address())
	case errors.As(err, &answer) && answer.StatusCode != 0 && answer.StatusCode < http.StatusInternalServerError:
		return sen.Errorf(sen.Invalid, "the S3 server does not %s %s: %w", what, base(name), err)
	}
	return sen.Errorf(sen.Unavailable, "%s %s at the S3 server: %w", what, base(name), err).
		WithHint("see that the server at lake.endpoint is there, and run the command again: what is finished stays finished")
}

// remote is an object that is read a piece at a time.
type remote struct {
	*minio.Object
	info fileInfo
}

func (r remote) Stat() (fs.FileInfo, error) { return r.info, nil }

// held is an object that was read whole.
type held struct {
	*bytes.Reader
	info fileInfo
}

func (h held) Stat() (fs.FileInfo, error) { return h.info, nil }
func (held) Close() error                 { return nil }

// fileInfo is what is known of an object, in the words of io/fs.
type fileInfo struct {
	name     string
	bytes    int64
	modified time.Time
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.bytes }
func (i fileInfo) Mode() fs.FileMode  { return 0o600 }
func (i fileInfo) ModTime() time.Time { return i.modified }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }
