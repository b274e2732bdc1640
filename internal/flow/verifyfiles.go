package flow

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// files holds every file of the run against its SHA-256, for what rows do not
// show; in a file of the quarantine it looks for the row.
func (w *verifying) files(ctx context.Context) error {
	for i, r := range w.ranges {
		for _, f := range r.Files {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			again, err := w.o.Lake.Sum(ctx, f.Path)
			if err != nil && sen.KindOf(err) != sen.NotFound && sen.KindOf(err) != sen.Corrupt {
				return err
			}
			if err != nil {
				w.differs(Difference{Side: f.Kind, Range: i, Row: -1, What: fmt.Sprintf("file %s cannot be read", filepath.Base(f.Path))})
				continue
			}
			if again.SHA256 == f.SHA256 || w.told(f.Kind, i) {
				continue
			}
			found := false
			if f.Kind == SideQuarantine {
				var err error
				if found, err = w.heldApart(ctx, i, f.Path); err != nil {
					return err
				}
			}
			if !found {
				w.differs(Difference{Side: f.Kind, Range: i, Row: -1, What: fmt.Sprintf("the bytes of %s have changed, but every row reads as it did", filepath.Base(f.Path))})
			}
		}
	}
	return nil
}

func (w *verifying) told(side string, rng int) bool {
	for _, d := range w.v.Differences {
		if d.Side == side && (d.Range == rng || d.Side == SideClean) {
			return true
		}
	}
	return false
}

// heldApart names the rows of a quarantine file that are not what landed, or
// not what a second cleaning finds wrong with it. A column that a changed byte
// made unreadable is named as a whole; the others are compared.
func (w *verifying) heldApart(ctx context.Context, i int, path string) (found bool, err error) {
	stored := "read_parquet(" + engine.Literal(path) + ")"
	if !w.readable(ctx, stored, clean.RowColumn) {
		w.differs(Difference{Side: SideQuarantine, Range: i, Row: -1, What: fmt.Sprintf("the rows of %s cannot be read back", filepath.Base(path))})
		return true, ctx.Err()
	}
	names := []string{clean.LineColumn, clean.FaultColumn, clean.RawColumn}
	for _, c := range w.plan.Source {
		names = append(names, c.Name)
	}
	verdict := []string{"_rule", "_column", "_value", "_violations"}
	var lost []string
	for _, name := range slices.Concat(names, verdict) {
		if !w.readable(ctx, stored, name) {
			lost = append(lost, name)
		}
	}
	if len(lost) > 0 {
		w.differs(Difference{Side: SideQuarantine, Range: i, Row: -1, Column: lost, What: fmt.Sprintf("a column of %s cannot be read back", filepath.Base(path))})
	}
	gone := func(name string) bool { return slices.Contains(lost, name) }
	found, err = w.againstLanded(ctx, i, stored, slices.DeleteFunc(names, gone))
	if err != nil || found || w.plan.Digest() != w.v.Certificate.Plan {
		return found || len(lost) > 0, err
	}
	found, err = w.againstVerdict(ctx, i, stored, slices.DeleteFunc(verdict, gone))
	return found || len(lost) > 0, err
}

// readable reports whether a column of a relation can be read to its end.
func (w *verifying) readable(ctx context.Context, relation, column string) bool {
	var n int64
	return w.conn.Row(ctx, fmt.Sprintf("SELECT count(hash(%s)) FROM %s", engine.Ident(column), relation), &n) == nil
}

// againstLanded compares rows of the quarantine with the landed rows of range
// i that they came from.
func (w *verifying) againstLanded(ctx context.Context, i int, stored string, columns []string) (bool, error) {
	landed := fmt.Sprintf("(SELECT * FROM %s WHERE _row IN (SELECT _row FROM %s))", w.landedRange(i), stored)
	return w.compareRows(ctx, SideQuarantine, i, stored, landed, clean.RowColumn, columns)
}

// againstVerdict compares what the quarantine says is wrong with its rows.
func (w *verifying) againstVerdict(ctx context.Context, i int, stored string, columns []string) (bool, error) {
	landed := w.landedRange(i)
	if err := w.conn.Exec(ctx, "CREATE OR REPLACE TEMP TABLE cleaned AS "+w.plan.Cleaned(landed)); err != nil {
		return false, err
	}
	if err := w.conn.Exec(ctx, "CREATE OR REPLACE TEMP TABLE bad AS "+w.plan.Bad(landed, "cleaned", 0, i)); err != nil {
		return false, err
	}
	now := fmt.Sprintf("(SELECT * FROM %s WHERE _row IN (SELECT _row FROM bad))", stored)
	then := fmt.Sprintf("(SELECT * FROM bad WHERE _row IN (SELECT _row FROM %s))", stored)
	return w.compareRows(ctx, SideQuarantine, i, now, then, clean.RowColumn, columns)
}

// repeats compares the rows that were set apart when all ranges had come,
// because they repeat a key of another range: their file belongs to no range.
func (w *verifying) repeats(ctx context.Context) error {
	if w.v.Certificate.Delta.Duplicates == 0 {
		return nil
	}
	t, err := w.o.Lake.Lookup(ctx, lake.Quarantine, w.dataset.Name)
	if err != nil {
		return err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return err
	}
	of := map[string]bool{}
	for _, r := range w.ranges {
		for _, f := range r.Files {
			of[f.Path] = true
		}
	}
	scan.Files = slices.DeleteFunc(slices.Clone(scan.Files), func(f lake.DataFile) bool { return of[f.Path] })
	rows, readable := w.loadApart(ctx, scan)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !readable || rows != w.v.Certificate.Delta.Duplicates {
		w.differs(Difference{Side: SideQuarantine, Row: -1, What: "the rows that repeat a key of another range cannot be read back, or are not as many as were certified"})
		return nil
	}
	return w.repeatsOfRanges(ctx)
}

// loadApart makes the table apart of a relation; false where it cannot be read.
func (w *verifying) loadApart(ctx context.Context, scan lake.Scan) (rows int64, readable bool) {
	err := w.conn.Exec(ctx, "CREATE OR REPLACE TEMP TABLE apart AS SELECT * FROM "+relation(scan))
	if err == nil {
		err = w.conn.Row(ctx, "SELECT count(*) FROM apart", &rows)
	}
	return rows, err == nil
}

// repeatsOfRanges compares them range by range.
func (w *verifying) repeatsOfRanges(ctx context.Context) error {
	var names []string
	for _, c := range w.plan.Source {
		names = append(names, c.Name)
	}
	for i, proof := range w.v.Certificate.Ranges {
		first, last := proof.FirstRow, proof.FirstRow+proof.In.Rows
		var n int64
		if err := w.conn.Row(ctx, fmt.Sprintf("SELECT count(*) FROM apart WHERE _row >= %d AND _row < %d", first, last), &n); err != nil {
			return err
		}
		if n == 0 || w.told(SideLanded, i) {
			continue
		}
		stored := fmt.Sprintf("(SELECT * FROM apart WHERE _row >= %d AND _row < %d)", first, last)
		if _, err := w.againstLanded(ctx, i, stored, names); err != nil {
			return err
		}
	}
	return nil
}
