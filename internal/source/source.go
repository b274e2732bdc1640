// Package source reads one dataset out of files as they are: delimited text,
// JSON lines, Parquet, SQLite, XLSX; a single file, a folder, a glob. What comes in
// is a Location; what goes out is ranges, consecutive rows small enough for
// memory, as Arrow record batches (Parquet: as spans of rows, since the
// engine reads that itself), and at the end the Position: the SHA-256 of every
// file's bytes. Each value is kept as it came; a row that cannot be read as
// its columns say is handed on with the reason and its own text.
//
// It never writes to a source, never trims or converts a value, never drops a
// row, and never goes on over a source that changes while it is read.
package source

import (
	"context"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// The formats of a Location.
const (
	CSV     = "csv"
	JSONL   = "jsonl"
	Parquet = "parquet"
	SQLite  = "sqlite"
	XLSX    = "xlsx"
)

// Column is a column of a source, as it lands.
type Column struct {
	Name     string
	Type     string // the engine's type: VARCHAR for text formats, SQLite and XLSX; Parquet: its own
	Nullable bool
}

// Location is where a dataset is and how it is written. What is empty is
// found by evidence.
type Location struct {
	Path      string // absolute: a file, a folder, or a glob (path.Match syntax in its last element)
	Format    string // CSV, JSONL, Parquet, SQLite, XLSX
	Table     string // SQLite: the table or view; XLSX: the sheet, where one is called so
	Sheet     string // XLSX: the sheet
	Delimiter string // CSV: one of , ; tab |
	Quote     string // CSV: " or ', or "none"
	Encoding  string // text: a name that package charset knows
	Header    *bool  // CSV, XLSX: whether a record names the columns
}

// Options are what an installation may set. The zero value runs.
type Options struct {
	RangeBytes int64 // text of one range; default 128 MiB
	RangeRows  int64 // rows of one range; default 1,000,000
	BatchRows  int   // rows of one batch; default and most: rows.MaxBatch
	FieldLimit int   // bytes of one field; default 16 MiB

	// Wait is how long a source that another program writes is waited for;
	// default 10 s.
	Wait time.Duration

	// Columns are the columns that the contract expects: evidence for a
	// header, and columns of JSON lines beside those that a sample shows.
	Columns []string
}

const (
	defaultRangeBytes = 128 << 20
	defaultRangeRows  = 1_000_000
	defaultFieldLimit = 16 << 20
	maxRangeBytes     = 512 << 20 // with the field limit below: one batch's column stays within int32 offsets
	maxFieldLimit     = 1 << 30
)

// WithDefaults fills in what is not set.
func (o Options) WithDefaults() Options {
	o.RangeBytes = within(o.RangeBytes, defaultRangeBytes, maxRangeBytes)
	o.RangeRows = within(o.RangeRows, defaultRangeRows, 1<<40)
	o.BatchRows = within(o.BatchRows, rows.MaxBatch, rows.MaxBatch)
	o.FieldLimit = within(o.FieldLimit, defaultFieldLimit, maxFieldLimit)
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	return o
}

func within[N int | int64](n, otherwise, most N) N {
	if n <= 0 {
		return otherwise
	}
	return min(n, most)
}

// Facts are what was found about a source, and why it was read so.
type Facts struct {
	Format    string
	Encoding  string // "UTF-8", "TCVN3", …; empty for Parquet
	Delimiter string
	Quote     string // "none" where nothing is quoted
	Header    bool
	Files     int
	Bytes     int64
	Rows      int64 // estimated from a sample, unless Exact
	Exact     bool
	Evidence  []string          // sentences for a person
	Declared  map[string]string // SQLite: each column's declared type

	// Counted while the source is read; complete when Read has returned.
	Blank   int64 // empty lines and rows passed over
	Unknown int64 // JSON lines: rows with a key that is no column; their text is kept
}

// Reader reads one dataset, opened at one state. It is for one goroutine at a
// time.
type Reader interface {
	// Columns are the source's own, in its order.
	Columns() []Column

	// Key is the source's own primary key: nil where it can declare none (a
	// file, a view), empty where it could and does not.
	Key() []string

	// Facts are what was found.
	Facts() Facts

	// Read calls emit with the ranges after from (the zero Mark: all), in
	// order and one at a time; the next range is made ready meanwhile, and no
	// more than that. emit owns the range. The same options give the same
	// ranges. An error of emit ends the reading and is returned.
	//
	// Errors: Drift when the source is not what it was when the reader was
	// opened, or is not what from has seen; Corrupt, Invalid or Unavailable
	// when it cannot be read; ctx.Err() when the caller stops it.
	Read(ctx context.Context, from Mark, emit func(*Range) error) (Position, error)

	Close() error
}

// Asker is a Reader that can be asked whether its source has changed since a
// position that it has given, without being read. What is not known to be
// unchanged may have changed.
type Asker interface {
	Unchanged(ctx context.Context, since Position) (bool, error)
}

// Open finds how the source is written and its columns. The error's kind is
// NotFound when nothing is there, Invalid when it cannot be a dataset.
func Open(ctx context.Context, at Location, o Options) (Reader, error) {
	o = o.WithDefaults()
	set, err := listFiles(at.Path)
	if err != nil {
		return nil, err
	}
	if at.Format, err = set.formatOf(at); err != nil {
		return nil, err
	}
	switch at.Format {
	case CSV:
		return openCSV(ctx, set, at, o)
	case JSONL:
		return openJSON(ctx, set, at, o)
	case SQLite:
		return openSQLite(ctx, set, at, o)
	case XLSX:
		return openXLSX(ctx, set, at, o)
	case Parquet:
		return openParquet(ctx, set, o)
	}
	return nil, sen.Errorf(sen.Invalid, "format %q is not one that can be read", at.Format).
		WithHint("formats are csv, jsonl, parquet, sqlite and xlsx")
}

func textColumns(names []string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i] = Column{Name: name, Type: "VARCHAR", Nullable: true}
	}
	return out
}
