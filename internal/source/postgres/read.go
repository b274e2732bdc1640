package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// tid is the place of a row: its block, and its number in the block (from 1)
// in the lower 16 bits.
type tid = int64

const (
	blockOf tid = 1 << 16
	maxTID  tid = 1 << 48 // behind every row
	perPage     = 1 << 12 // more rows than a block of 32 KiB has
)

// between is the condition of the rows of [from, to).
func between(from, to tid) string {
	if to >= maxTID {
		return fmt.Sprintf("ctid >= '(%d,%d)'::tid", from/blockOf, from%blockOf)
	}
	return fmt.Sprintf("ctid >= '(%d,%d)'::tid AND ctid < '(%d,%d)'::tid", from/blockOf, from%blockOf, to/blockOf, to%blockOf)
}

// reader reads one table.
type reader struct {
	d       *Database
	table   *table
	names   []string // as they land: see rows.Unique
	options source.Options
}

func newReader(d *Database, t *table, o source.Options) *reader {
	return &reader{d: d, table: t, names: rows.Unique(t.names()), options: o.WithDefaults()}
}

// Columns implements source.Reader; every column lands as text.
func (r *reader) Columns() []source.Column {
	out := make([]source.Column, len(r.names))
	for i, name := range r.names {
		out[i] = source.Column{Name: name, Type: "VARCHAR", Nullable: r.table.columns[i].nullable}
	}
	return out
}

// Key implements source.Reader.
func (r *reader) Key() []string {
	var out []string
	if r.table.kind == "r" || r.table.kind == "p" {
		out = []string{} // a table may have a key: where it has none, that is known
	}
	for _, k := range r.table.key {
		for i, c := range r.table.columns {
			if c.name == k {
				out = append(out, r.names[i])
			}
		}
	}
	if len(out) < len(r.table.key) {
		return nil // a column of it is not granted
	}
	return out
}

// Facts implements source.Reader.
func (r *reader) Facts() source.Facts { return r.table.facts() }

// Close implements source.Reader.
func (r *reader) Close() error { return nil }

// Read implements source.Reader. The ranges lie in one snapshot. Where the
// snapshot is lost, as by a restart of the server, the reading goes on in a
// new one if what was read is shown to be the same in it (see goOn), else it
// ends with Drift. A range has about the bytes that the options say, by what
// the table takes up on disk.
func (r *reader) Read(ctx context.Context, from source.Mark, emit func(*source.Range) error) (source.Position, error) {
	run := &run{reader: r, at: from, emit: emit}
	for lost := 0; ; lost++ {
		before := run.at.Next
		position, err := run.once(ctx)
		if err == nil {
			return position, nil
		}
		if run.at.Next != before {
			lost = 0 // it gets on
		}
		if !errors.Is(err, errSnapshotLost) || ctx.Err() != nil || lost >= r.d.budget.Attempts {
			return source.Position{}, r.d.explain(ctx, err)
		}
		why := "the snapshot was lost"
		if errors.Is(err, errYield) {
			why = "the snapshot was given up for somebody who waits to change the table"
		}
		r.d.say(fmt.Sprintf("%s: %s: %s; taking another", r.d.server.Name, r.table.title(), why))
	}
}

// run is one Read.
type run struct {
	*reader
	at      source.Mark // behind what was emitted
	emit    func(*source.Range) error
	refused error // of emit
}

// once reads what is left in one snapshot.
func (r *run) once(ctx context.Context) (source.Position, error) {
	var s *snapshot
	err := r.d.retry(ctx, "snapshot of "+r.table.title(), func(ctx context.Context) (err error) {
		s, err = r.d.snapshot(ctx, r.table)
		return err
	})
	if err != nil {
		return source.Position{}, err
	}
	defer s.close()
	m := s.renew(mark{})
	if r.at != (source.Mark{}) {
		if m, err = s.goOn(ctx, r.at); err != nil {
			if temporary(err) {
				return source.Position{}, errSnapshotLost
			}
			return source.Position{}, err
		}
	}
	f := newFetch(r, s, m)
	if err := f.all(ctx); err != nil {
		return source.Position{}, err
	}
	return source.AtPoint(s.point, r.at.Row), nil
}

// send emits one piece of a job as the next range.
func (r *run) send(p piece, j *job, m mark) error {
	rng := source.Range{Number: r.at.Next, FirstRow: r.at.Row, Rows: p.rows, File: j.part.name, FileRow: r.at.Row - r.at.First}
	for _, b := range p.batches {
		first := r.at.Row
		r.at.Row += b.NumRows()
		rng.Batches = append(rng.Batches, rows.Renumber(b, first))
	}
	rng.Start, rng.End = p.from, p.to
	if !j.part.cut {
		rng.Start, rng.End = rng.FileRow, rng.FileRow+p.rows
	}
	r.at.Next++
	r.at.Name, r.at.File, r.at.Offset, r.at.Line = j.part.name, j.at, rng.End, r.at.Row+1
	var err error
	if r.at, err = m.into(r.at); err != nil {
		rng.Release()
		return err
	}
	rng.Mark = r.at
	if r.refused = r.emit(&rng); r.refused != nil {
		return r.refused
	}
	return nil
}

// job is the rows of one range of blocks, or of a part that has none.
type job struct {
	part     part
	at       int // the part's ordinal
	from, to tid
	last     bool       // of its part
	out      chan piece // its rows, in order; closed at its end
	err      error      // why it ended early; once out is closed
}

// leaderWaits is how long the leader leaves the work to others before it
// lends a hand: a budget may have no place for a worker.
const leaderWaits = time.Second
