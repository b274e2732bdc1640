package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// rowsPerCheck is how many of a dataset's rows are held against the truth at a
// time: what is in memory does not grow with the country.
const rowsPerCheck = 4_000_000

// check holds every row of every dataset against the truth: each stands on
// the right side, and each clean value is the expected one.
func (b *bench) check(ctx context.Context) error {
	found := make([][]string, len(b.datasets))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, d := range b.datasets {
		group.Go(func() (err error) {
			found[i], err = b.checkDataset(ctx, d)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if wrong := slices.Concat(found...); len(wrong) > 0 {
		return sen.Errorf(sen.Corrupt, "the answer is wrong:\n  %s", strings.Join(wrong, "\n  "))
	}
	return nil
}

// views makes the relations kept, set_apart and truth of a dataset.
func (b *bench) views(ctx context.Context, c *engine.Conn, d contract.Dataset) error {
	truth := filepath.Join(b.dir, "truth", string(d.Name)+".parquet")
	for name, kind := range map[string]lake.Kind{"kept": lake.Clean, "set_apart": lake.Quarantine} {
		t, err := b.lake.Lookup(ctx, kind, d.Name)
		if err != nil {
			return err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return err
		}
		if err := c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM %s", name, scan.SQL())); err != nil {
			return err
		}
	}
	return c.Exec(ctx, "CREATE OR REPLACE TEMP VIEW truth AS SELECT * FROM read_parquet("+engine.Literal(truth)+")")
}

func (b *bench) checkDataset(ctx context.Context, d contract.Dataset) (out []string, err error) {
	c, err := b.engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := b.views(ctx, c, d); err != nil {
		return nil, err
	}
	var last int64
	if err := c.Row(ctx, "SELECT coalesce(max(_row), 0) FROM truth", &last); err != nil {
		return nil, err
	}
	for from := int64(0); from <= last; from += rowsPerCheck {
		span := fmt.Sprintf("_row >= %d AND _row < %d", from, from+rowsPerCheck)
		if from+rowsPerCheck > last {
			span = fmt.Sprintf("_row >= %d", from) // and what the truth does not know
		}
		found, err := b.compare(ctx, c, d, span)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// compare looks at the rows whose numbers lie in the span.
func (b *bench) compare(ctx context.Context, c *engine.Conn, d contract.Dataset, span string) (out []string, err error) {
	rows, err := c.Query(ctx, comparison(d, span))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, what string
		var n, first int64
		if err := rows.Scan(&kind, &what, &n, &first); err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("%s: %d rows with planted error %q: %s (first: row %d)", d.Name, n, kind, what, first))
	}
	return out, rows.Err()
}

// comparison is the query for the rows of a span that are not where, or not what, the
// truth says, by planted error and fault.
func comparison(d contract.Dataset, span string) string {
	var apart []string
	for _, p := range d.Object.Properties {
		name := engine.Ident(p.Name)
		apart = append(apart, fmt.Sprintf("CASE WHEN CAST(g.%s AS VARCHAR) IS DISTINCT FROM CAST(t.%s AS VARCHAR) THEN %s END",
			name, name, engine.Literal("value of "+p.Name)))
	}
	return fmt.Sprintf(`SELECT kind, what, count(*), min(r) FROM (
  SELECT coalesce(t._row, g._row, h._row) AS r, coalesce(t._kind, '') AS kind, CASE
    WHEN t._row IS NULL THEN 'row that the truth does not know'
    WHEN g._row IS NOT NULL AND h._row IS NOT NULL THEN 'both clean and quarantined'
    WHEN g._row IS NULL AND h._row IS NULL THEN 'lost'
    WHEN t._outcome = 'clean' AND g._row IS NULL THEN 'quarantined, must be clean, by ' || h._rule
    WHEN t._outcome <> 'clean' AND h._row IS NULL THEN 'clean, must be quarantined for ' || coalesce(t._column, '')
    WHEN g._row IS NOT NULL THEN coalesce(%[1]s) END AS what
  FROM (SELECT * FROM truth WHERE %[2]s) t FULL JOIN (SELECT * FROM kept WHERE %[2]s) g ON t._row = g._row
    FULL JOIN (SELECT * FROM set_apart WHERE %[2]s) h ON coalesce(t._row, g._row) = h._row)
WHERE what IS NOT NULL GROUP BY ALL ORDER BY ALL`, strings.Join(apart, ", "), span)
}
