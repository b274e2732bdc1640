package flow

import (
	"context"
	"fmt"
	"os"
	"path"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
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

// extract reads what no earlier process has checkpointed and returns the
// position of the source.
//
// Every statement has one thread, and as many ranges are cleaned at once, of
// all datasets, as there are CPUs. Spread over all of them, each statement's
// work cost a fifth more, in threads that wait for one another and in caches
// that go from one to the next.
func (x *extraction) extract(ctx context.Context) (position source.Position, err error) {
	var from source.Mark
	if n := len(x.ranges); n > 0 {
		from, x.landing = x.ranges[n-1].mark, x.landedCopy()
	}
	read, cleaned := make(chan *rangeWork), make(chan *rangeWork, cap(x.slots))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer close(read)
		position, err = x.in.read(ctx, from, func(r *source.Range) error { return x.hand(ctx, r, read) })
		return err
	})
	group.Go(func() error {
		defer close(cleaned)
		workers, ctx := errgroup.WithContext(ctx)
		for range cap(x.slots) {
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
	x.handed = true
	x.o.Hook(HookExtract, r.Rows)
	switch {
	case x.in.kind == kindReclean:
		w.files = append(w.files, ofKind(lake.Landed, x.in.landed[r.Number].Files)...)
		if len(w.files) > 0 {
			x.landing = w.files[0].Path
		}
	case r.Batches == nil && r.FileRow == 0:
		if err := x.landFile(ctx, r, w); err != nil {
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
func (x *extraction) landFile(ctx context.Context, r *source.Range, w *rangeWork) error {
	draft, err := x.tables.landed.NewSourceFile(x.record.ID, r.Number, 0)
	if err != nil {
		return err
	}
	size, sum, err := copyFile(r.File, draft)
	if err != nil {
		return err
	}
	landed := state.File{Kind: string(lake.Landed), Path: draft, Bytes: size, SHA256: sum}
	if !x.o.Lake.InPlace(draft) {
		landed.SHA256 = sen.Digest{}
		if err := x.seal(ctx, &landed); err != nil {
			return err
		}
		if landed.SHA256 != sum {
			return sen.Errorf(sen.Corrupt, "the landed copy of %s is not what was read", path.Base(landed.Path)).WithHint("examine the disk, and run the sync again")
		}
	}
	x.landing = landed.Path
	w.files = append(w.files, landed)
	return nil
}

// cleanRanges is one cleaner: a session of the engine, one range at a time.
func (x *extraction) cleanRanges(ctx context.Context, read <-chan *rangeWork, cleaned chan<- *rangeWork) error {
	c, err := x.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for w := range read {
		x.slots <- struct{}{}
		err := x.cleanRange(ctx, c, w)
		<-x.slots
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

// cleanRange lands a range, writes its clean rows in one pass, and then the
// few that the pass held back.
func (x *extraction) cleanRange(ctx context.Context, c *engine.Conn, w *rangeWork) error {
	if err := x.land(ctx, c, w); err != nil {
		return err
	}
	pass := x.plan.Begin(w.rng.Rows)
	defer pass.End()
	if err := x.pass(ctx, c, w, pass); err != nil {
		return err
	}
	if in := pass.Tally.In().Rows; in != w.rng.Rows {
		return sen.Errorf(sen.Internal, "%d rows went in and %d came out", w.rng.Rows, in)
	}
	if len(pass.Held) > 0 {
		if err := x.hold(ctx, c, w, pass); err != nil {
			return err
		}
	}
	for i, d := range x.plan.Duplicates() {
		if len(pass.Again[i]) > 0 {
			if err := x.repeatsApart(ctx, c, w, d, pass.Again[i]); err != nil {
				return err
			}
		}
	}
	w.tally = pass.Tally
	return nil
}

// land keeps a range as it came.
func (x *extraction) land(ctx context.Context, c *engine.Conn, w *rangeWork) error {
	if w.rng.Batches == nil {
		return nil // it has landed with its file
	}
	return c.Over(w.rng.Batches, func(rows string) error {
		return x.write(ctx, c, w, x.tables.landed, "SELECT * FROM "+rows)
	})
}

// pass cleans a range and writes the rows that are clean.
func (x *extraction) pass(ctx context.Context, c *engine.Conn, w *rangeWork, pass *clean.Pass) error {
	through := func(rows string) error {
		return x.write(ctx, c, w, x.tables.clean, pass.Through(rows, x.record.Sequence, w.rng.Number))
	}
	if r := w.rng; r.Batches == nil {
		return through(x.landedRows(w.landing, r.FirstRow, r.FileRow, r.Rows))
	}
	return c.Over(rows.Without(w.rng.Batches, clean.LineColumn, clean.RawColumn), through)
}

// hold writes the rows that the pass held back to the quarantine.
func (x *extraction) hold(ctx context.Context, c *engine.Conn, w *rangeWork, pass *clean.Pass) error {
	table := pass.HeldTable()
	defer table.Release()
	if err := c.Load(ctx, "held", []arrow.RecordBatch{table}); err != nil {
		return err
	}
	raw, err := x.some(ctx, c, w, pass.HeldRows())
	if err != nil {
		return err
	}
	return x.write(ctx, c, w, x.tables.quarantine, x.plan.Bad(raw, "held", x.record.Sequence, w.rng.Number))
}

// some is the relation of a few rows of a range, as they landed; it holds
// until some is called again.
func (x *extraction) some(ctx context.Context, c *engine.Conn, w *rangeWork, ordinals []int64) (string, error) {
	r := w.rng
	if r.Batches == nil {
		picked := array.NewInt64Builder(memory.DefaultAllocator)
		defer picked.Release()
		picked.AppendValues(ordinals, nil)
		column := picked.NewArray()
		defer column.Release()
		names := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: clean.RowColumn, Type: arrow.PrimitiveTypes.Int64}}, nil), []arrow.Array{column}, int64(len(ordinals)))
		defer names.Release()
		if err := c.Load(ctx, "picked", []arrow.RecordBatch{names}); err != nil {
			return "", err
		}
		query := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE picked_rows AS SELECT * FROM %[1]s WHERE %[2]s IN (SELECT %[2]s FROM picked)",
			x.landedRows(w.landing, r.FirstRow, r.FileRow, r.Rows), clean.RowColumn)
		return "picked_rows", c.Exec(ctx, query)
	}
	places := make([]int64, len(ordinals))
	for i, row := range ordinals {
		places[i] = row - r.FirstRow
	}
	batch := rows.Pick(r.Batches, places)
	defer batch.Release()
	return "picked_rows", c.Load(ctx, "picked_rows", []arrow.RecordBatch{batch})
}

// repeatsApart writes the rows that repeat a key within the range to the
// quarantine; those that repeat one of an earlier range are found when all have
// come (see run.findRepeats).
func (x *extraction) repeatsApart(ctx context.Context, c *engine.Conn, w *rangeWork, d clean.Duplicate, again []int64) error {
	raw, err := x.some(ctx, c, w, again)
	if err != nil {
		return err
	}
	return x.write(ctx, c, w, x.tables.quarantine, x.plan.BadDuplicates(raw, d, x.record.Sequence, w.rng.Number))
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
	if rows == 0 {
		return os.Remove(path)
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
