package mysql

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// samplePlaces is how many places of a table a sample is taken from.
const samplePlaces = 16

// Sample implements live.Database. Where the key is a whole number the rows
// come from places spread over it, each found by the index; else they are the
// first ones.
func (d *Database) Sample(ctx context.Context, name string, n int) (columns []string, values [][]*string, err error) {
	err = d.session(ctx, "sample of "+name, func(ctx context.Context, c *conn) error {
		t, err := d.describe(ctx, c, name)
		if err != nil {
			return err
		}
		columns = rows.Unique(t.names())
		values, err = d.sample(ctx, c, t, columns, max(n, 0))
		return err
	})
	return columns, values, err
}

func (d *Database) sample(ctx context.Context, c *conn, t *table, names []string, n int) ([][]*string, error) {
	run := &run{reader: &reader{d: d, table: t, names: names, options: source.Options{}.WithDefaults()}}
	f := &fetch{run: run, table: t, s: &snapshot{d: d, table: t, conns: []*conn{c}}}
	r := f.receiver()
	r.full = func(*receiver, []byte) error { return nil }
	jobs, err := f.places(ctx, n)
	if err != nil {
		return nil, err
	}
	each := (n + len(jobs) - 1) / len(jobs)
	for _, j := range jobs {
		left := min(each, n-int(r.got.rows))
		if left <= 0 {
			break
		}
		if err := c.query(ctx, fmt.Sprintf("%s LIMIT %d", f.statement(j), left), nil, r.row); err != nil {
			r.drop()
			return nil, err
		}
	}
	p, err := r.cut(nil)
	if err != nil {
		return nil, err
	}
	defer p.release()
	return texts(p, len(names)), nil
}

// places are stretches of the key whose first rows are the sample.
func (f *fetch) places(ctx context.Context, n int) ([]*job, error) {
	t := f.table
	if t.index == "" || n < 2*samplePlaces || !slices.Contains(wholeTypes, t.columns[t.order[0]].data) {
		return jobsOf(nil), nil
	}
	low, high, err := f.s.ends(ctx, t)
	if err != nil || low == nil {
		return jobsOf(nil), err
	}
	step := new(big.Int).Sub(high, low)
	if step.Div(step, big.NewInt(samplePlaces)); step.Cmp(big.NewInt(int64(n))) < 0 {
		return jobsOf(nil), nil
	}
	ends, err := steps(low, high, step, nil)
	return jobsOf(ends), err
}

// texts are the values of a piece; nil is NULL.
func texts(p piece, columns int) (out [][]*string) {
	for _, b := range p.batches {
		for i := range int(b.NumRows()) {
			row := make([]*string, columns)
			for c := range row {
				if column := b.Column(c).(*array.String); !column.IsNull(i) {
					v := strings.Clone(column.Value(i))
					row[c] = &v
				}
			}
			out = append(out, row)
		}
	}
	return out
}
