package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// check holds every row of every dataset against the truth: each stands on
// the right side, and each clean value is the expected one.
func (b *bench) check(ctx context.Context) error {
	c, err := b.engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	var wrong []string
	for _, d := range b.datasets {
		found, err := b.checkDataset(ctx, c, d)
		if err != nil {
			return err
		}
		wrong = append(wrong, found...)
	}
	if len(wrong) > 0 {
		return sen.Errorf(sen.Corrupt, "the answer is wrong:\n  %s", strings.Join(wrong, "\n  "))
	}
	return nil
}

func (b *bench) checkDataset(ctx context.Context, c *engine.Conn, d contract.Dataset) ([]string, error) {
	truth := filepath.Join(b.dir, "truth", string(d.Name)+".parquet")
	for name, kind := range map[string]lake.Kind{"good": lake.Clean, "held": lake.Quarantine} {
		t, err := b.lake.Lookup(ctx, kind, d.Name)
		if err != nil {
			return nil, err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return nil, err
		}
		if err := c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM %s", name, scan.SQL())); err != nil {
			return nil, err
		}
	}
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP VIEW truth AS SELECT * FROM read_parquet("+engine.Literal(truth)+")"); err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, comparison(d))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
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

// comparison is the query for the rows that are not where, or not what, the
// truth says, by planted error and fault.
func comparison(d contract.Dataset) string {
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
    WHEN g._row IS NOT NULL THEN coalesce(%s) END AS what
  FROM truth t FULL JOIN good g ON t._row = g._row FULL JOIN held h ON coalesce(t._row, g._row) = h._row)
WHERE what IS NOT NULL GROUP BY ALL ORDER BY ALL`, strings.Join(apart, ", "))
}
