package source

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
)

// Mark is where a range ended: what a later Read needs to go on behind it,
// and to see that what came before is still the same. The zero Mark is the
// start. It is stored as JSON.
type Mark struct {
	Next   int        `json:"next"`            // number of the next range
	Row    int64      `json:"row"`             // ordinal of the next row in the dataset
	File   int        `json:"file"`            // ordinal of the file under way
	Name   string     `json:"name"`            // its name
	First  int64      `json:"first"`           // ordinal of its first row in the dataset
	Offset int64      `json:"offset"`          // where its next row begins: see Range.Start
	Line   int64      `json:"line"`            // the line of the next row
	Size   int64      `json:"size"`            // its size in bytes
	Hashed int64      `json:"hashed"`          // so many of its first bytes, at least those read,
	Sum    sen.Digest `json:"sum"`             // have this SHA-256
	Done   sen.Digest `json:"done"`            // combined digest of the files before it
	State  string     `json:"state,omitempty"` // live sources: what their driver needs besides, in its own words
}

// Range is consecutive rows of one file, or of one part of a live source.
type Range struct {
	Number   int   // from 0
	FirstRow int64 // ordinal of the first row in the dataset
	Rows     int64
	File     string // absolute path; live: the table, partition or address, in the source's own words
	FileRow  int64  // ordinal of the first row in its file

	// Start and End are where the range's text lies in the file: bytes of the
	// file, or, where it is transcoded, of its text as UTF-8. Parquet: rows of
	// the file. SQLite: rows of the table; XLSX: of the sheet. PostgreSQL: places of rows (ctid) in
	// File, block × 65,536 + number in the block, the last range of File
	// without end (1 << 48); where File has none, like a view, rows. MySQL:
	// rows of the table; which ones, by their keys, says the mark.
	Start, End int64

	// RowGroups are the Parquet row groups that the rows lie in; nil for other formats.
	RowGroups []int

	// Batches are the rows; nil for Parquet, which the engine reads itself:
	// Rows rows from FileRow on in File.
	Batches []arrow.RecordBatch

	Mark Mark // after the range
}

// Release gives the batches' memory back; they must not be used after it.
func (r *Range) Release() {
	for _, b := range r.Batches {
		b.Release()
	}
	r.Batches = nil
}

// FileSum is one file's bytes.
type FileSum struct {
	Name     string     `json:"name"` // relative to the folder, where the dataset is one
	Size     int64      `json:"size"`
	Modified time.Time  `json:"modified"`
	Sum      sen.Digest `json:"sha256"`
}

// Position is the state of a source: of files, the SHA-256 of their bytes; of
// a live source, the moment at which it was read.
type Position struct {
	Files  []FileSum  `json:"files"`
	Point  *Point     `json:"point,omitempty"` // live sources
	Digest sen.Digest `json:"digest"`          // over all names, sizes and sums, or over the point and the rows
	Rows   int64      `json:"rows"`
}

// Point is a moment of a live source: whose, and which.
type Point struct {
	System   string    `json:"system"`             // the server's own identity
	Database string    `json:"database"`           // and its database's
	Object   string    `json:"object"`             // what was read: its name, and what tells it from another of that name
	Log      string    `json:"log,omitempty"`      // position in the source's log that the rows are the state at
	NoLog    string    `json:"no_log,omitempty"`   // why there is none
	Snapshot string    `json:"snapshot,omitempty"` // what the source calls the state
	Taken    time.Time `json:"taken"`              // by the source's clock
}

// AtPoint is the position of rows rows that were read at a point.
func AtPoint(p Point, rows int64) Position {
	h := sha256.New()
	for _, s := range []string{p.System, p.Database, p.Object, p.Log, p.NoLog, p.Snapshot, p.Taken.UTC().Format(time.RFC3339Nano)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	fmt.Fprintf(h, "%d", rows)
	return Position{Point: &p, Digest: sen.Digest(h.Sum(nil)), Rows: rows}
}

// sums collects the files that were read to their end.
type sums struct {
	files []FileSum
	over  hash.Hash
}

func newSums() *sums { return &sums{over: sha256.New()} }

// add takes the next file in. The digest is over its sum, its size, and its
// name with NUL on both sides, which no name holds.
func (s *sums) add(f FileSum) {
	s.files = append(s.files, f)
	fmt.Fprintf(s.over, "%s %d\x00%s\x00", f.Sum, f.Size, f.Name)
}

// digest is the combined digest of the files so far.
func (s *sums) digest() sen.Digest { return sen.Digest(s.over.Sum(nil)) }

func (s *sums) position(rows int64) Position {
	return Position{Files: s.files, Digest: s.digest(), Rows: rows}
}

// hashFile is a file's sum, read in one go.
func hashFile(ctx context.Context, f file) (FileSum, error) {
	r, err := f.open()
	if err != nil {
		return FileSum{}, err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, r}); err != nil {
		return FileSum{}, f.unreadable(err)
	}
	if err := f.unchanged(r); err != nil {
		return FileSum{}, err
	}
	return f.sum(sen.Digest(h.Sum(nil))), nil
}

// sumFiles hashes files one after another.
func sumFiles(ctx context.Context, list []file) (*sums, error) {
	done := newSums()
	for _, f := range list {
		sum, err := hashFile(ctx, f)
		if err != nil {
			return nil, err
		}
		done.add(sum)
	}
	return done, nil
}

// contextReader ends with the context's error.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p[:min(len(p), blockBytes)])
}

// Ahead is for readers: it runs produce in a goroutine of its own, so that a range is made ready
// while emit works on the one before it.
func Ahead(ctx context.Context, emit func(*Range) error, produce func(context.Context, func(*Range) error) (Position, error)) (at Position, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ready := make(chan *Range)
	go func() {
		defer close(ready)
		at, err = produce(ctx, func(r *Range) error {
			select {
			case ready <- r:
				return nil
			case <-ctx.Done():
				r.Release()
				return context.Cause(ctx)
			}
		})
	}()
	var refused error
	for r := range ready {
		if refused != nil || ctx.Err() != nil {
			r.Release()
			continue
		}
		if refused = emit(r); refused != nil {
			cancel(refused)
		}
	}
	if refused != nil {
		return Position{}, refused
	}
	return at, err
}
