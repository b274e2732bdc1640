package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
)

// A sample is the whole source where it has no more rows than are asked for.
// Where it is larger but not large in bytes, it is read once and rows are
// taken at equal distances, so that the sample sees every part of it; else its
// first rows are taken, since a text file cannot be entered in its middle.
const (
	spreadBytes = 256 << 20 // a source of up to so many bytes is sampled over its whole length
	rangeRows   = 50_000    // rows held at once
	rangeBytes  = 16 << 20
)

func (d *dataset) readOptions() source.Options {
	o := d.o.Source
	o.RangeRows, o.RangeBytes = rangeRows, rangeBytes
	return o
}

// errEnough ends a reading that has seen what it came for.
var errEnough = errors.New("enough rows")

// rangeTable holds the rows of one range.
func (d *dataset) rangeTable() string { return d.sample + "_range" }

func (d *dataset) takeSample(ctx context.Context) error {
	spread := d.reader.Facts().Bytes <= spreadBytes
	step := int64(1)
	whole, err := d.each(ctx, func() error {
		if err := d.keep(ctx, step); err != nil {
			return err
		}
		if d.sampled >= d.o.Rows && !spread {
			return errEnough
		}
		for d.sampled > d.o.Rows {
			step *= 2
			if err := d.thin(ctx, step); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.facts = d.reader.Facts()
	if !whole {
		d.rows = max(d.facts.Rows, d.sampled)
	}
	d.exact = whole
	return nil
}

// each loads range after range into the table rangeTable and calls do; it
// counts the rows, and reports whether it saw all of them.
func (d *dataset) each(ctx context.Context, do func() error) (whole bool, err error) {
	d.rows, d.faults, d.fault = 0, 0, ""
	_, err = d.reader.Read(ctx, source.Mark{}, func(r *source.Range) error {
		defer r.Release()
		if err := d.load(ctx, r); err != nil {
			return err
		}
		d.rows += r.Rows
		return do()
	})
	if errors.Is(err, errEnough) {
		return false, nil
	}
	return err == nil, err
}

// load makes the table of a range's rows.
func (d *dataset) load(ctx context.Context, r *source.Range) error {
	if len(r.Batches) > 0 {
		return d.loadBatches(ctx, r)
	}
	if r.Rows == 0 {
		return d.c.Exec(ctx, d.emptyTable(d.rangeTable()))
	}
	return d.c.Exec(ctx, fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s AS
SELECT * EXCLUDE (file_row_number), file_row_number + %d AS _row
FROM read_parquet(%s, file_row_number = true)
WHERE file_row_number >= %d AND file_row_number < %d`,
		engine.Ident(d.rangeTable()), r.FirstRow-r.FileRow, engine.Literal(r.File), r.FileRow, r.FileRow+r.Rows))
}

func (d *dataset) loadBatches(ctx context.Context, r *source.Range) error {
	if err := d.c.Load(ctx, d.rangeTable(), r.Batches); err != nil {
		return err
	}
	var faults int64
	var first string
	if err := d.c.Row(ctx, "SELECT count(_fault), coalesce(min_by(_fault, _row) FILTER (_fault IS NOT NULL), '') FROM "+engine.Ident(d.rangeTable()), &faults, &first); err != nil {
		return err
	}
	if d.faults == 0 {
		d.fault = first
	}
	d.faults += faults
	return nil
}

func (d *dataset) emptyTable(name string) string {
	columns := "_row BIGINT"
	for _, c := range d.came {
		columns += ", " + engine.Ident(c.Name) + " VARCHAR"
	}
	return fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s (%s)", engine.Ident(name), columns)
}

// keep adds every step-th row of the range to the sample.
func (d *dataset) keep(ctx context.Context, step int64) error {
	names := []string{"_row"}
	for _, c := range d.came {
		names = append(names, c.Name)
	}
	query := fmt.Sprintf("SELECT %s FROM %s WHERE _row %% %d = 0", engine.Idents(names), engine.Ident(d.rangeTable()), step)
	statement := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", engine.Ident(d.sample), query)
	if d.started {
		statement = fmt.Sprintf("INSERT INTO %s %s", engine.Ident(d.sample), query)
	}
	if err := d.c.Exec(ctx, statement); err != nil {
		return err
	}
	d.started = true
	return d.countSample(ctx)
}

// thin leaves every step-th row of the source in the sample.
func (d *dataset) thin(ctx context.Context, step int64) error {
	if err := d.c.Exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE _row %% %d <> 0", engine.Ident(d.sample), step)); err != nil {
		return err
	}
	return d.countSample(ctx)
}

func (d *dataset) countSample(ctx context.Context) error {
	return d.c.Row(ctx, "SELECT count(*) FROM "+engine.Ident(d.sample), &d.sampled)
}
