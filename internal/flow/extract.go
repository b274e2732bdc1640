package flow

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// extraction reads ranges, cleans them and checkpoints each. Three stages
// work side by side: the source parses, the engine cleans and writes, and
// what it wrote is made durable.
type extraction struct {
	*run
	landing string // the landed copy of the Parquet file under way
}

// rangeWork is a range on its way through the stages.
type rangeWork struct {
	rng     *source.Range
	landing string // where its rows have landed already, as part of a whole file
	tally   clean.Tally
	files   []state.File
}

// cleaners is how many ranges are cleaned at once, of all datasets. The engine spreads one
// statement over its threads only where a range holds several row groups, and
// each statement has stretches that cannot be spread; a second range fills
// them. More would only take more memory.
const cleaners = 2

// extract reads what no earlier process has checkpointed and returns the
// position of the source.
func (x *extraction) extract(ctx context.Context) (source.Position, error) {
	var from source.Mark
	if n := len(x.ranges); n > 0 {
		from, x.landing = x.ranges[n-1].mark, x.landedCopy()
	}
	var position source.Position
	read, cleaned := make(chan *rangeWork), make(chan *rangeWork, cleaners)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer close(read)
		position, err = x.in.read(ctx, from, func(r *source.Range) error { return x.hand(ctx, r, read) })
		return err
	})
	group.Go(func() error {
		defer close(cleaned)
		workers, ctx := errgroup.WithContext(ctx)
		for range cleaners {
			workers.Go(func() error { return x.cleanRanges(ctx, read, cleaned) })
		}
		return workers.Wait()
	})
	group.Go(func() error { return x.checkpoints(ctx, cleaned) })
	return position, group.Wait()
}

// hand passes a range on. A Parquet file lands, whole, with its first range.
func (x *extraction) hand(ctx context.Context, r *source.Range, read chan<- *rangeWork) error {
	w := &rangeWork{rng: r}
	x.o.Hook(HookExtract, r.Rows)
	switch {
	case x.in.kind == kindReclean:
		w.files = append(w.files, ofKind(lake.Landed, x.in.landed[r.Number].Files)...)
		if len(w.files) > 0 {
			x.landing = w.files[0].Path
		}
	case r.Batches == nil && r.FileRow == 0:
		if err := x.landFile(r, w); err != nil {
			return err
		}
	}
	w.landing = x.landing
	select {
	case read <- w:
		return nil
	case <-ctx.Done():
		r.Release()
		return context.Cause(ctx)
	}
}

// landFile lands a Parquet file as its own bytes.
func (x *extraction) landFile(r *source.Range, w *rangeWork) (err error) {
	if x.landing, err = x.tables.landed.NewSourceFile(x.record.ID, r.Number, 0); err != nil {
		return err
	}
	size, sum, err := copyFile(r.File, x.landing)
	w.files = append(w.files, state.File{Kind: string(lake.Landed), Path: x.landing, Bytes: size, SHA256: sum})
	return err
}

// cleanRanges is one cleaner: a session of the engine, one range at a time.
func (x *extraction) cleanRanges(ctx context.Context, read <-chan *rangeWork, cleaned chan<- *rangeWork) error {
	c, err := x.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for w := range read {
		err := x.cleanRange(ctx, c, w)
		w.rng.Release()
		if err != nil {
			return fmt.Errorf("range %d: %w", w.rng.Number, err)
		}
		x.o.Hook(HookClean, w.rng.Rows)
		select {
		case cleaned <- w:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// cleanRange lands a range, cleans it in memory, and writes clean rows and
// quarantine.
func (x *extraction) cleanRange(ctx context.Context, c *engine.Conn, w *rangeWork) error {
	raw, err := x.land(ctx, c, w)
	if err != nil {
		return err
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE cleaned AS "+x.plan.Cleaned(raw)); err != nil {
		return err
	}
	if w.tally, err = x.plan.Count(ctx, c, "cleaned"); err != nil {
		return err
	}
	if in := w.tally.In().Rows; in != w.rng.Rows {
		return sen.Errorf(sen.Internal, "%d rows went in and %d came out", w.rng.Rows, in)
	}
	held := w.tally.Quarantined.Rows
	if err := x.repeatsApart(ctx, c, w, raw); err != nil {
		return err
	}
	if w.tally.Clean.Rows > 0 {
		good := x.plan.Good("cleaned", x.record.Sequence, w.rng.Number)
		if w.tally.Repeated > 0 {
			good = "SELECT * FROM (" + good + ") WHERE _row NOT IN (SELECT _row FROM repeated)"
		}
		if err := x.write(ctx, c, w, x.tables.clean, good); err != nil {
			return err
		}
	}
	if held > 0 {
		return x.write(ctx, c, w, x.tables.quarantine, x.plan.Bad(raw, "cleaned", x.record.Sequence, w.rng.Number))
	}
	return nil
}

// repeatsApart sets apart the rows that repeat a key within the range, while
// the range is in memory; those that repeat one of an earlier range are found
// when all have come (see run.findRepeats).
func (x *extraction) repeatsApart(ctx context.Context, c *engine.Conn, w *rangeWork, raw string) error {
	if len(x.plan.Duplicates()) == 0 {
		return nil
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE repeated (_row BIGINT)"); err != nil {
		return err
	}
	for _, d := range x.plan.Duplicates() {
		query := "CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM (" + d.Repeated(x.plan.Passed("cleaned"), "_row") +
			") WHERE _row NOT IN (SELECT _row FROM repeated)"
		if err := c.Exec(ctx, query); err != nil {
			return err
		}
		t, err := x.plan.Count(ctx, c, "(SELECT * FROM cleaned WHERE _row IN (SELECT _row FROM found))")
		if err != nil {
			return err
		}
		if t.Clean.Rows == 0 {
			continue
		}
		w.tally.SetApart(t)
		if err := c.Exec(ctx, "INSERT INTO repeated FROM found"); err != nil {
			return err
		}
		rows := "(SELECT * FROM " + raw + " WHERE _row IN (SELECT _row FROM found))"
		if err := x.write(ctx, c, w, x.tables.quarantine, x.plan.BadDuplicates(rows, d, x.record.Sequence, w.rng.Number)); err != nil {
			return err
		}
	}
	return nil
}

// land keeps a range as it came and returns the relation that holds it.
func (x *extraction) land(ctx context.Context, c *engine.Conn, w *rangeWork) (string, error) {
	r := w.rng
	if r.Batches == nil {
		return x.landedRows(w.landing, r.FirstRow, r.FileRow, r.Rows), nil
	}
	if err := c.Load(ctx, "raw", r.Batches[0].Schema(), r.Batches); err != nil {
		return "", err
	}
	return "raw", x.write(ctx, c, w, x.tables.landed, "SELECT * FROM raw")
}

// write makes one data file of a table.
func (x *extraction) write(ctx context.Context, c *engine.Conn, w *rangeWork, t *lake.Table, query string) error {
	path, err := t.NewFile(x.record.ID, w.rng.Number, 0)
	if err != nil {
		return err
	}
	rows, err := c.Copy(ctx, query, path, t.FieldIDs())
	if err != nil {
		return err
	}
	w.files = append(w.files, state.File{Kind: string(t.Kind()), Path: path, Rows: rows})
	return nil
}

// landedCopy is the landed file of the last range, where files land whole.
func (r *run) landedCopy() string {
	files := r.files(lake.Landed)
	if len(files) == 0 || !r.in.ownBytes {
		return ""
	}
	return files[len(files)-1].Path
}

// landedRows is the relation of a range's rows in a landed file.
func (r *run) landedRows(path string, firstRow, fileRow, rows int64) string {
	if r.in.ownBytes {
		return parquetRows(path, firstRow, fileRow, fileRow+rows)
	}
	return "read_parquet(" + engine.Literal(path) + ")"
}

// parquetRows is the relation of rows [start, end) of a landed Parquet file,
// with the columns that other sources add while they are read.
func parquetRows(path string, firstRow, start, end int64) string {
	return fmt.Sprintf(`(SELECT * EXCLUDE (file_row_number), file_row_number + %d AS %s, file_row_number + 1 AS %s,
  CAST(NULL AS VARCHAR) AS %s, CAST(NULL AS VARCHAR) AS %s
  FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d)`,
		firstRow-start, clean.RowColumn, clean.LineColumn, clean.FaultColumn, clean.RawColumn, engine.Literal(path), start, end)
}
