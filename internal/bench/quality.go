package bench

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/sen-hub/sen/internal/flow"
)

// Kind is what became of the rows with one kind of planted error, or with none.
type Kind struct {
	Planted     string `json:"planted"` // empty: the rows without an error
	Rows        int64  `json:"rows"`
	Clean       int64  `json:"clean"`       // stand in the store, each value as the truth says
	Quarantined int64  `json:"quarantined"` // kept back
}

// Quality makes a country of about so many records, synchronises it, holds
// every row and value against the truth, and says what became of each kind of
// planted error. A row on the wrong side, or a value that is another, is an
// error: what is answered has none.
func Quality(ctx context.Context, o Options) ([]Kind, error) {
	b, done, err := begin(ctx, o, lakePerSource)
	if err != nil {
		return nil, err
	}
	defer done()
	b.stage.start()
	for _, outcome := range b.flow.Sync(ctx, b.datasets, flow.Demand{}) {
		if outcome.Err != nil {
			return nil, outcome.Err
		}
	}
	if err := b.check(ctx); err != nil {
		return nil, err
	}
	c, err := b.engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	kinds := map[string]*Kind{}
	for _, d := range b.datasets {
		if err := b.views(ctx, c, d); err != nil {
			return nil, err
		}
		rows, err := c.Query(ctx, `SELECT t._kind, count(*), count(g._row), count(h._row)
FROM truth t LEFT JOIN kept g ON t._row = g._row LEFT JOIN set_apart h ON t._row = h._row GROUP BY 1`)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var k Kind
			if err := rows.Scan(&k.Planted, &k.Rows, &k.Clean, &k.Quarantined); err != nil {
				return nil, fmt.Errorf("%s: %w", d.Name, err)
			}
			if all := kinds[k.Planted]; all != nil {
				all.Rows, all.Clean, all.Quarantined = all.Rows+k.Rows, all.Clean+k.Clean, all.Quarantined+k.Quarantined
			} else {
				kinds[k.Planted] = &k
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	var out []Kind
	for _, k := range slices.SortedFunc(maps.Values(kinds), func(a, b *Kind) int { return cmp.Compare(a.Planted, b.Planted) }) {
		out = append(out, *k)
	}
	return out, nil
}
