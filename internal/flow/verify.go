package flow

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
)

// Sides on which a difference can lie.
const (
	SideSource     = "source"
	SideLanded     = "landed"
	SideClean      = "clean"
	SideQuarantine = "quarantine"
)

// Difference is one place where what is there is not what was certified. It
// names rows and columns, never values.
type Difference struct {
	Side   string   `json:"side"`
	Range  int      `json:"range"`
	Row    int64    `json:"row"`            // ordinal in the source, from 0; -1 when no single row can be named
	Line   int64    `json:"line,omitempty"` // where a person finds it in the source
	Column []string `json:"columns,omitempty"`
	What   string   `json:"what"`
}

// Verification is what a second look at source and store found.
type Verification struct {
	Dataset     sen.Dataset  `json:"dataset"`
	Certificate Certificate  `json:"-"`
	Run         string       `json:"run"`
	Ranges      int          `json:"ranges"` // that agree on both sides
	Of          int          `json:"of"`
	Rows        int64        `json:"rows"`
	Differences []Difference `json:"differences,omitempty"`
	Since       *Since       `json:"since,omitempty"` // in the source: what has changed there since the certificate
	Notes       []string     `json:"notes,omitempty"` // what could not be compared, and why
}

// OK reports whether nothing differs.
func (v Verification) OK() bool { return len(v.Differences) == 0 }

// mostDifferences bounds what one verification lists.
const mostDifferences = 20

// Verify reads the source and the store again and holds both against the
// last certificate: each range of the source, each range as it landed, the
// clean rows against a second cleaning of what landed, and the quarantine.
func (f *Flow) Verify(ctx context.Context, d contract.Dataset) (Verification, error) {
	return f.look(ctx, d, (*verifying).run)
}

// look holds a dataset against its last certificate in one way or another.
func (f *Flow) look(ctx context.Context, d contract.Dataset, how func(*verifying, context.Context) error) (Verification, error) {
	v := Verification{Dataset: d.Name}
	cert, ok, err := f.LastCertificate(ctx, d.Name)
	if err != nil {
		return v, err
	}
	if !ok {
		return v, sen.Errorf(sen.NotFound, "there is no certificate yet").At("%s", d.Name).WithHint("run `sen sync %s` first", d.Name)
	}
	v.Certificate, v.Run, v.Of, v.Rows = cert, cert.Run, len(cert.Ranges), cert.In()
	c, err := f.o.Engine.Conn(ctx)
	if err != nil {
		return v, err
	}
	defer c.Close()
	w := &verifying{Flow: f, conn: c, dataset: d, v: &v, bad: map[int]bool{}}
	if err = w.compile(ctx); err == nil {
		err = how(w, ctx)
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", d.Name, err)
	}
	v.Ranges = v.Of - len(w.bad)
	return v, nil
}

type verifying struct {
	*Flow
	conn    *engine.Conn
	dataset contract.Dataset
	v       *Verification
	plan    *clean.Plan
	ranges  []rangeDone
	own     bool // what landed is the source's own file
	bad     map[int]bool
}

// compile finds what landed, and the plan that cleaned it.
func (w *verifying) compile(ctx context.Context) error {
	in, err := w.openLanded(ctx, w.dataset)
	if err != nil {
		return err
	}
	w.ranges, w.own = in.landed, in.ownBytes
	units, err := w.unitsFor(ctx, w.dataset)
	if err != nil {
		return err
	}
	w.plan, err = clean.Compile(w.dataset, in.columns, clean.Options{Now: w.v.Certificate.Started, Elements: w.o.Elements, Units: units, Encoding: in.encoding})
	return err
}

func (w *verifying) run(ctx context.Context) error {
	if err := w.landed(ctx); err != nil {
		return err
	}
	if err := w.source(ctx); err != nil {
		return err
	}
	if w.plan.Digest() != w.v.Certificate.Plan {
		w.note("the contract has changed since the certificate: what was cleaned under the old one is compared by counts and sums alone")
	} else if err := w.clean(ctx); err != nil {
		return err
	}
	if err := w.files(ctx); err != nil {
		return err
	}
	return w.repeats(ctx)
}

func (w *verifying) note(format string, args ...any) {
	w.v.Notes = append(w.v.Notes, fmt.Sprintf(format, args...))
}

// differs records a difference, once per place.
func (w *verifying) differs(d Difference) {
	w.bad[d.Range] = true
	if len(w.v.Differences) < mostDifferences {
		w.v.Differences = append(w.v.Differences, d)
	}
}

// landedRange is the relation of one range as it landed.
func (w *verifying) landedRange(i int) string {
	r := w.ranges[i]
	if !w.own {
		return "read_parquet(" + engine.Literal(ofKind(lake.Landed, r.Files)[0].Path) + ")"
	}
	for j := i; j >= 0; j-- {
		if files := ofKind(lake.Landed, w.ranges[j].Files); len(files) > 0 {
			return parquetRows(files[0].Path, r.FirstRow, r.FileRow, r.FileRow+r.In.Rows)
		}
	}
	return ""
}

// landed holds each landed range against its digest.
func (w *verifying) landed(ctx context.Context) error {
	for i, proof := range w.v.Certificate.Ranges {
		got, err := clean.ScanDigest(ctx, w.conn, w.plan.SourceDigest(w.landedRange(i)))
		if err != nil && ctx.Err() == nil {
			w.differs(Difference{Side: SideLanded, Range: i, Row: -1,
				What: fmt.Sprintf("rows %d–%d cannot be read back from the store", proof.FirstRow, proof.FirstRow+proof.In.Rows-1)})
			continue
		}
		if err != nil {
			return err
		}
		if !got.Equal(proof.In) {
			w.bad[i] = true
			if err := w.rowsApart(ctx, SideLanded, i, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// source reads the source again, range by range.
func (w *verifying) source(ctx context.Context) error {
	in, err := w.openSource(ctx, w.dataset)
	if err != nil {
		w.differs(Difference{Side: SideSource, Row: -1, What: "the source cannot be read: " + err.Error()})
		return nil
	}
	defer func() { _ = in.close() }()
	seen := 0
	position, err := in.read(ctx, source.Mark{}, func(r *source.Range) error {
		defer r.Release()
		seen++
		return w.sourceRange(ctx, r)
	})
	var fault *sen.Error
	switch {
	case errors.As(err, &fault) && ctx.Err() == nil:
		w.differs(Difference{Side: SideSource, Range: seen, Row: -1, What: fault.Error()})
		return nil
	case err != nil:
		return err
	}
	if position.Digest != w.v.Certificate.Source.Digest && len(w.bad) == 0 {
		w.bytesApart(position)
	}
	return nil
}

// bytesApart tells of a source whose bytes changed while its rows read alike.
func (w *verifying) bytesApart(now source.Position) {
	then := w.v.Certificate.Source.Files
	for i, file := range now.Files {
		if i >= len(then) || then[i].Sum != file.Sum || then[i].Name != file.Name {
			w.differs(Difference{Side: SideSource, Row: -1, What: fmt.Sprintf("the bytes of %s have changed, but every row reads as it did", filepath.Base(file.Name))})
		}
	}
}

func (w *verifying) sourceRange(ctx context.Context, r *source.Range) error {
	relation := "again"
	if r.Batches == nil {
		relation = parquetRows(r.File, r.FirstRow, r.FileRow, r.FileRow+r.Rows)
	} else if err := w.conn.Load(ctx, relation, r.Batches); err != nil {
		return err
	}
	if r.Number >= len(w.v.Certificate.Ranges) {
		w.differs(Difference{Side: SideSource, Range: r.Number, Row: r.FirstRow, What: fmt.Sprintf("%d rows have come since", r.Rows)})
		return nil
	}
	got, err := clean.ScanDigest(ctx, w.conn, w.plan.SourceDigest(relation))
	if err != nil || got.Equal(w.v.Certificate.Ranges[r.Number].In) {
		return err
	}
	w.bad[r.Number] = true
	return w.rowsApart(ctx, SideSource, r.Number, relation)
}

// rowsApart names the rows of a range in which source and landed copy differ.
func (w *verifying) rowsApart(ctx context.Context, side string, i int, relation string) error {
	if relation == "" {
		again, err := w.sourceAgain(ctx, i)
		if err != nil {
			return err
		}
		relation = again
	}
	var names []string
	for _, c := range w.plan.Source {
		names = append(names, c.Name)
	}
	found, err := w.compareRows(ctx, side, i, relation, w.landedRange(i), clean.RowColumn, names)
	if err == nil && !found {
		w.differs(Difference{Side: side, Range: i, Row: -1, What: "its digest is not the certificate's"})
	}
	return err
}

// sourceAgain loads one range of the source into the table again.
func (w *verifying) sourceAgain(ctx context.Context, i int) (string, error) {
	in, err := w.openSource(ctx, w.dataset)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.close() }()
	var from source.Mark
	if i > 0 {
		from = w.ranges[i-1].mark
	}
	stop, relation := errors.New("one range is enough"), "again"
	_, err = in.read(ctx, from, func(r *source.Range) error {
		defer r.Release()
		if r.Batches == nil {
			relation = parquetRows(r.File, r.FirstRow, r.FileRow, r.FileRow+r.Rows)
			return stop
		}
		if err := w.conn.Load(ctx, relation, r.Batches); err != nil {
			return err
		}
		return stop
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return relation, err
}

// compareRows lists the rows, matched by a column, in which two relations say
// different things, and says whether there were any.
func (w *verifying) compareRows(ctx context.Context, side string, rng int, now, then, by string, columns []string) (bool, error) {
	var apart []string
	for _, c := range columns {
		apart = append(apart, fmt.Sprintf("CASE WHEN a.%[1]s IS DISTINCT FROM b.%[1]s THEN %[2]s END", engine.Ident(c), engine.Literal(c)))
	}
	query := fmt.Sprintf(`SELECT * FROM (
  SELECT coalesce(a._row, b._row) AS r, array_to_string(list_filter([%s], lambda x: x IS NOT NULL), chr(31)),
    CASE WHEN a._row IS NULL THEN 'gone' WHEN b._row IS NULL THEN 'new' ELSE 'changed' END AS what
  FROM %s a FULL JOIN %s b ON a.%s = b.%s
  WHERE a._row IS NULL OR b._row IS NULL OR hash(%s) <> hash(%s)) ORDER BY r LIMIT %d`,
		strings.Join(apart, ", "), now, then, engine.Ident(by), engine.Ident(by), prefixed("a", columns), prefixed("b", columns), mostDifferences)
	rows, err := w.conn.Query(ctx, query)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		d := Difference{Side: side, Range: rng}
		var list string
		if err := rows.Scan(&d.Row, &list, &d.What); err != nil {
			return found, err
		}
		if d.What == "changed" {
			d.Column = strings.Split(list, "\x1f")
		}
		found = true
		w.differs(d)
	}
	return found, rows.Err()
}

func prefixed(alias string, columns []string) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = alias + "." + engine.Ident(c)
	}
	return strings.Join(out, ", ")
}

// clean cleans what landed a second time and holds the clean table against it.
func (w *verifying) clean(ctx context.Context) error {
	scan, err := w.cleanScan(ctx, w.dataset.Name)
	if err != nil {
		return err
	}
	got, err := clean.ScanDigest(ctx, w.conn, w.plan.ContentDigest(scan))
	if err != nil && ctx.Err() == nil {
		w.differs(Difference{Side: SideClean, Row: -1, What: "the clean table cannot be read back"})
		return nil
	}
	if err != nil || got.Equal(w.v.Certificate.Content) {
		return err
	}
	return w.cleanRowsApart(ctx, scan)
}

func (w *verifying) cleanRowsApart(ctx context.Context, scan string) error {
	held, err := w.o.Lake.Lookup(ctx, lake.Quarantine, w.dataset.Name)
	if err != nil {
		return err
	}
	quarantine, err := held.Scan(ctx, lake.AsOf{})
	if err != nil {
		return err
	}
	by, columns := clean.RowColumn, w.plan.Names()
	if w.plan.Keyed() {
		by = clean.KeyColumn
	}
	any := false
	for i := range w.ranges {
		if err := w.conn.Exec(ctx, "CREATE OR REPLACE TEMP TABLE cleaned AS "+w.plan.Cleaned(w.landedRange(i))); err != nil {
			return err
		}
		expected := fmt.Sprintf("(SELECT * FROM (%s) WHERE _row NOT IN (SELECT _row FROM %s))", w.plan.Good("cleaned", 0, i), relation(quarantine))
		stored := fmt.Sprintf("(SELECT * FROM %s s WHERE s.%s IN (SELECT %s FROM %s))", scan, by, by, expected)
		found, err := w.compareRows(ctx, SideClean, i, stored, expected, by, columns)
		if err != nil {
			return err
		}
		any = any || found
	}
	if !any {
		w.differs(Difference{Side: SideClean, Row: -1, What: "the clean table holds rows that the certificate does not know"})
	}
	return nil
}
