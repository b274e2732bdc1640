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

// written is a range whose files stand on disk, not yet durable.
type written struct {
	rng   *source.Range
	tally clean.Tally
	files []state.File
}

// extract reads what no earlier process has checkpointed and returns the
// position of the source.
func (x *extraction) extract(ctx context.Context) (source.Position, error) {
	var from source.Mark
	if n := len(x.ranges); n > 0 {
		from, x.landing = x.ranges[n-1].mark, x.landedCopy()
	}
	var position source.Position
	ranges, durable := make(chan *source.Range), make(chan written, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer close(ranges)
		position, err = x.in.read(ctx, from, func(r *source.Range) error {
			select {
			case ranges <- r:
				return nil
			case <-ctx.Done():
				r.Release()
				return ctx.Err()
			}
		})
		return err
	})
	group.Go(func() error {
		defer close(durable)
		return x.cleanRanges(ctx, ranges, durable)
	})
	group.Go(func() error {
		for w := range durable {
			if err := x.checkpoint(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
	return position, group.Wait()
}

func (x *extraction) cleanRanges(ctx context.Context, ranges <-chan *source.Range, durable chan<- written) error {
	c, err := x.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for r := range ranges {
		x.o.Hook(HookExtract)
		w, err := x.cleanRange(ctx, c, r)
		r.Release()
		if err != nil {
			return fmt.Errorf("range %d: %w", r.Number, err)
		}
		x.o.Hook(HookClean)
		select {
		case durable <- w:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// cleanRange lands a range, cleans it in memory, and writes clean rows and
// quarantine.
func (x *extraction) cleanRange(ctx context.Context, c *engine.Conn, r *source.Range) (written, error) {
	w := written{rng: r}
	raw, err := x.land(ctx, c, r, &w)
	if err != nil {
		return w, err
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE cleaned AS "+x.plan.Cleaned(raw)); err != nil {
		return w, err
	}
	if w.tally, err = x.plan.Count(ctx, c, "cleaned"); err != nil {
		return w, err
	}
	if in := w.tally.In().Rows; in != r.Rows {
		return w, sen.Errorf(sen.Internal, "%d rows went in and %d came out", r.Rows, in)
	}
	if w.tally.Clean.Rows > 0 {
		if err := x.write(ctx, c, &w, x.tables.clean, x.plan.Good("cleaned", x.record.Sequence, r.Number)); err != nil {
			return w, err
		}
	}
	if w.tally.Quarantined.Rows > 0 {
		err = x.write(ctx, c, &w, x.tables.quarantine, x.plan.Bad(raw, "cleaned", x.record.Sequence, r.Number))
	}
	return w, err
}

// land keeps a range as it came and returns the relation that holds it.
func (x *extraction) land(ctx context.Context, c *engine.Conn, r *source.Range, w *written) (string, error) {
	if x.in.kind == kindReclean {
		return x.landedAgain(r, w), nil
	}
	if r.Batches == nil {
		return x.landFile(r, w)
	}
	if err := c.Load(ctx, "raw", r.Batches[0].Schema(), r.Batches); err != nil {
		return "", err
	}
	return "raw", x.write(ctx, c, w, x.tables.landed, "SELECT * FROM raw")
}

// landFile lands a Parquet file as its own bytes, with the first of its
// ranges, and returns the relation of the range's rows.
func (x *extraction) landFile(r *source.Range, w *written) (string, error) {
	if r.FileRow == 0 {
		path, err := x.tables.landed.NewSourceFile(x.record.ID, r.Number, 0)
		if err != nil {
			return "", err
		}
		x.landing = path
		size, sum, err := copyFile(r.File, x.landing)
		if err != nil {
			return "", err
		}
		w.files = append(w.files, state.File{Kind: string(lake.Landed), Path: x.landing, Bytes: size, SHA256: sum})
	}
	return parquetRows(x.landing, r.FirstRow, r.FileRow, r.FileRow+r.Rows), nil
}

// landedCopy is the landed file of the last range, where files land whole.
func (r *run) landedCopy() string {
	files := r.files(lake.Landed)
	if len(files) == 0 || !r.in.ownBytes {
		return ""
	}
	return files[len(files)-1].Path
}

// landedAgain is the relation of a range that landed in an earlier run; its
// file is the new run's too.
func (x *extraction) landedAgain(r *source.Range, w *written) string {
	w.files = append(w.files, ofKind(lake.Landed, x.in.landed[r.Number].Files)...)
	if !x.in.ownBytes {
		return "read_parquet(" + engine.Literal(w.files[0].Path) + ")"
	}
	if len(w.files) > 0 {
		x.landing = w.files[0].Path
	}
	return parquetRows(x.landing, r.FirstRow, r.FileRow, r.FileRow+r.Rows)
}

// parquetRows is the relation of rows [start, end) of a landed Parquet file,
// with the columns that other sources add while they are read.
func parquetRows(path string, firstRow, start, end int64) string {
	return fmt.Sprintf(`(SELECT * EXCLUDE (file_row_number), file_row_number + %d AS %s, file_row_number + 1 AS %s,
  CAST(NULL AS VARCHAR) AS %s, CAST(NULL AS VARCHAR) AS %s
  FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d)`,
		firstRow-start, clean.RowColumn, clean.LineColumn, clean.FaultColumn, clean.RawColumn, engine.Literal(path), start, end)
}

// write makes one data file of a table.
func (x *extraction) write(ctx context.Context, c *engine.Conn, w *written, t *lake.Table, query string) error {
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
