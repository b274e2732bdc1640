// Package object keeps whole files under names, in one of two places: a
// folder, or a bucket of a server that speaks the S3 API. What comes in are
// files that somebody wrote; what goes out are the same bytes. A file is there
// whole or not at all, and when a method that writes has returned, it is
// durable. It knows nothing of tables and changes no file: a name is written
// once.
//
// Names are relative, with "/" between their parts ("clean/a/b/data/x.parquet").
package object

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Place is where files lie. Both kinds pass the suite of placetest. A method
// that gets a context ends with it; errors have the kinds NotFound (no such
// name), Denied (the place refuses us), Unavailable (it cannot be reached, or
// is full) and Corrupt (what arrived is not what was sent).
type Place interface {
	// Address names the place: an absolute path, or s3://bucket/prefix; no
	// slash at the end. Address() + "/" + name is what the SQL engine reads.
	Address() string

	// Draft is the path of a local file, in a folder that is there, to which
	// somebody else writes what is to become name. In a folder it is the very
	// file; for a bucket one that nobody sees until it is sealed.
	Draft(name string) (path string, err error)

	// Seal makes a draft the file of its name, durable, and gives its length
	// and sum. The draft of a bucket is gone then.
	Seal(ctx context.Context, name string) (Sealed, error)

	// Sync is Seal for many names, without their sums. A name that has been
	// sealed stays as it is.
	Sync(ctx context.Context, names []string) error

	// Write makes a new file of what fill writes, and gives its length. Where
	// fill or the place fails, there is no such file.
	Write(ctx context.Context, name string, fill func(io.Writer) error) (int64, error)

	// Open opens a file for reading at any place of it.
	Open(ctx context.Context, name string) (File, error)

	// List tells of every file whose name starts with prefix, and of every
	// draft and torn upload, in no order.
	List(ctx context.Context, prefix string, each func(Info) error) error

	// Remove removes a file, its draft and its torn uploads. One that is not
	// there is removed.
	Remove(ctx context.Context, name string) error
}

// File is an open file. Its Stat gives length and time.
type File interface {
	fs.File
	io.Seeker
	io.ReaderAt
}

// Sealed is what was made durable.
type Sealed struct {
	Bytes  int64
	SHA256 sen.Digest
}

// Info is what a listing tells of a file.
type Info struct {
	Name     string
	Bytes    int64
	Modified time.Time
	Draft    bool // nobody sees it: it was not sealed, or its upload was torn
}

// Sum reads a file whole and gives its length and sum.
func Sum(ctx context.Context, p Place, name string) (Sealed, error) {
	return Copy(ctx, io.Discard, p, name)
}

// Copy writes a file's bytes to another place and gives their length and sum.
func Copy(ctx context.Context, to io.Writer, from Place, name string) (Sealed, error) {
	f, err := from.Open(ctx, name)
	if err != nil {
		return Sealed{}, err
	}
	defer f.Close()
	var out Sealed
	hash := sha256.New()
	if out.Bytes, err = io.Copy(io.MultiWriter(to, hash), stopped{ctx, f}); err != nil {
		return Sealed{}, explainRead(name, err)
	}
	hash.Sum(out.SHA256[:0])
	return out, nil
}

// stopped ends reading with its context.
type stopped struct {
	ctx context.Context
	io.Reader
}

func (s stopped) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, sen.Errorf(sen.Canceled, "read a file: %w", context.Cause(s.ctx))
	}
	return s.Reader.Read(p)
}

// ReadAll reads a small file whole.
func ReadAll(ctx context.Context, p Place, name string) ([]byte, error) {
	f, err := p.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return text, explainRead(name, err)
}

// Exists reports whether there is a file of that name.
func Exists(ctx context.Context, p Place, name string) (bool, error) {
	f, err := p.Open(ctx, name)
	if err == nil {
		return true, f.Close()
	}
	if sen.KindOf(err) == sen.NotFound {
		return false, nil
	}
	return false, err
}

// explainRead gives a fault while reading its kind.
func explainRead(name string, err error) error {
	if err == nil || sen.KindOf(err) != sen.Internal {
		return err
	}
	return sen.Errorf(sen.Unavailable, "read %s: %w", base(name), err).
		WithHint("see that disk, network and server are there, and run the command again")
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// checkName refuses what would lead out of the place.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0) {
		return sen.Errorf(sen.Invalid, "%q is no name of a file", name)
	}
	return nil
}
