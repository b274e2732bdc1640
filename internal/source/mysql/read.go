package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// reader reads one table.
type reader struct {
	d       *Database
	table   *table
	names   []string // as they land: see rows.Unique
	options source.Options
	how     string // of the last reading
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
	if r.table.kind != "view" {
		out = []string{} // a table may have a key: where it has none, that is known
	}
	for _, k := range r.table.key {
		out = append(out, r.names[slices.IndexFunc(r.table.columns, func(c column) bool { return c.name == k })])
	}
	return out
}

// Facts implements source.Reader.
func (r *reader) Facts() source.Facts {
	f := r.table.facts()
	if r.how != "" {
		f.Evidence = append(f.Evidence, r.how)
	}
	return f
}

// Close implements source.Reader.
func (r *reader) Close() error { return nil }

// Read implements source.Reader. The ranges lie in one snapshot. Where that
// is lost, as by a restart of the server, the reading goes on in a new one if
// the table is shown not to have changed (see goOn), else it ends with Drift.
// How many rows a range has follows the server's own estimate of the table's
// size, in steps of two.
func (r *reader) Read(ctx context.Context, from source.Mark, emit func(*source.Range) error) (source.Position, error) {
	run := &run{reader: r, at: from, emit: emit}
	for lost := 0; ; lost++ {
		before := run.at.Next
		position, err := run.once(ctx)
		if err == nil {
			return position, nil
		}
		if run.refused != nil {
			return source.Position{}, run.refused
		}
		if run.at.Next != before {
			lost = 0 // it gets on
		}
		if !errors.Is(err, errSnapshotLost) || ctx.Err() != nil || lost >= r.d.budget.Attempts {
			return source.Position{}, r.d.explain(ctx, err)
		}
		r.d.say(fmt.Sprintf("%s: %s: the snapshot was lost; taking another", r.d.server.Name, r.table.title()))
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
		s, err = r.d.snapshot(ctx, r.table, r.wanted())
		return err
	})
	if err != nil {
		return source.Position{}, err
	}
	defer s.close()
	r.how = "read " + s.how
	m := s.renew(mark{})
	if r.at != (source.Mark{}) {
		if m, err = s.goOn(ctx, r.at); err != nil {
			return source.Position{}, err
		}
	}
	if err := r.mayRead(ctx, s); err != nil {
		return source.Position{}, err
	}
	f, err := newFetch(ctx, r, s, m)
	if err != nil {
		if temporary(err) {
			err = errSnapshotLost
		}
		return source.Position{}, err
	}
	if err := f.all(ctx); err != nil {
		return source.Position{}, err
	}
	if !s.covers() {
		if err := r.d.unchanged(ctx, s); err != nil {
			return source.Position{}, err
		}
	}
	return source.AtPoint(s.point(), r.at.Row), nil
}

// wanted is how many connections the table is worth.
func (r *run) wanted() int {
	t := r.table
	if t.index == "" || !t.columns[t.order[0]].divisible() || t.bytes < min(minRange, r.options.RangeBytes) && t.rows < manyRows {
		return 1
	}
	return r.d.budget.Connections
}

// send emits one piece of a job as the next range.
func (r *run) send(p piece, m mark) error {
	rng := source.Range{Number: r.at.Next, FirstRow: r.at.Row, Rows: p.rows, File: r.table.title(), FileRow: r.at.Row,
		Start: r.at.Row, End: r.at.Row + p.rows}
	for _, b := range p.batches {
		first := r.at.Row
		r.at.Row += b.NumRows()
		rng.Batches = append(rng.Batches, rows.Renumber(b, first))
	}
	r.at.Next++
	r.at.Name, r.at.Offset, r.at.Line = r.table.title(), rng.End, r.at.Row+1
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

// covers reports whether the snapshot holds the table still.
func (s *snapshot) covers() bool { return s.table.kind == "view" || s.table.transactional() }

// mayRead refuses to lock a table beyond the budget: where no snapshot covers
// a table, each statement locks it against writers while it runs.
func (r *run) mayRead(ctx context.Context, s *snapshot) error {
	if s.covers() || r.table.index != "" || r.table.bytes < min(minRange, r.options.RangeBytes) {
		return nil
	}
	if limit := r.d.budget.Lock; limit > 0 {
		return s.conns[0].exec(ctx, "SET "+r.d.statementTime(s.conns[0].version, limit))
	}
	return sen.Errorf(sen.Denied, "%s (%s) has no key to read it along in short statements, and one long one would block those who write to it", r.table.title(), r.table.engine).
		WithHint("allow a read lock in the server's budget, give the table a primary key, or move it to InnoDB")
}
