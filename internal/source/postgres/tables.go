package postgres

import (
	"context"

	"github.com/sen-hub/sen/internal/source/live"
)

// tablesSQL: what the user may read and is nobody's partition. A partitioned
// table has the rows and bytes of its partitions.
const tablesSQL = `
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.obj_description(c.oid, 'pg_class'),
  CASE WHEN c.relkind = 'p' THEN (SELECT CASE WHEN pg_catalog.bool_or(l.reltuples < 0) THEN -1 ELSE pg_catalog.sum(l.reltuples) END
         FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class l ON l.oid = t.relid WHERE t.isleaf)
       WHEN c.relkind IN ('v', 'f') THEN -1 ELSE c.reltuples END::bigint,
  CASE WHEN c.relkind = 'p' THEN (SELECT pg_catalog.sum(pg_catalog.pg_table_size(t.relid)) FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf)
       WHEN c.relkind IN ('v', 'f') THEN 0 ELSE pg_catalog.pg_table_size(c.oid) END::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
ORDER BY n.nspname, c.relname`

const allColumnsSQL = `
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.col_description(a.attrelid, a.attnum), NOT a.attnotnull,
  a.attgenerated <> '' OR a.attidentity <> '',
  EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
    AND i.indpred IS NULL AND i.indkey[0] = a.attnum)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum`

const allKeysSQL = `
SELECT i.indrelid, a.attname
FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, at)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indisprimary AND k.at <= i.indnkeyatts ORDER BY i.indrelid, k.at`

const allForeignSQL = `
SELECT f.conrelid, f.oid, n.nspname, c.relname, a.attname, b.attname
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class c ON c.oid = f.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) WITH ORDINALITY k(own, other, at)
JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own
JOIN pg_catalog.pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.other
WHERE f.contype = 'f' AND f.conparentid = 0 ORDER BY f.conrelid, f.oid, k.at`

var kinds = map[string]string{"r": "table", "p": "partitioned", "v": "view", "m": "materialized view", "f": "foreign"}

// Tables implements live.Database, by four queries of the catalogue.
func (d *Database) Tables(ctx context.Context) (out []live.Table, err error) {
	err = d.session(ctx, "tables", func(ctx context.Context, c *conn) (err error) {
		out, err = c.tables(ctx)
		return err
	})
	return out, err
}

func (c *conn) tables(ctx context.Context) ([]live.Table, error) {
	found, err := c.query(ctx, tablesSQL)
	if err != nil {
		return nil, err
	}
	out := make([]live.Table, len(found))
	by := make(map[string]*live.Table, len(found))
	for i, r := range found {
		out[i] = live.Table{Schema: r.text(1), Name: r.text(2), Kind: kinds[r.text(3)], Comment: r.text(4), Rows: max(r.number(5), -1), Bytes: r.number(6)}
		by[r.text(0)] = &out[i]
	}
	for _, add := range []struct {
		sql string
		to  func(*live.Table, row)
	}{{allColumnsSQL, addColumn}, {allKeysSQL, addKey}} {
		if err := c.each(ctx, add.sql, by, add.to); err != nil {
			return nil, err
		}
	}
	last := ""
	return out, c.each(ctx, allForeignSQL, by, func(t *live.Table, r row) {
		if r.text(1) != last {
			t.Foreign = append(t.Foreign, live.Foreign{ToSchema: r.text(2), ToTable: r.text(3)})
		}
		last = r.text(1)
		f := &t.Foreign[len(t.Foreign)-1]
		f.Columns, f.ToColumns = append(f.Columns, r.text(4)), append(f.ToColumns, r.text(5))
	})
}

// each hands the rows of a query to the table whose oid is in their first
// column.
func (c *conn) each(ctx context.Context, sql string, by map[string]*live.Table, to func(*live.Table, row)) error {
	found, err := c.query(ctx, sql)
	for _, r := range found {
		if t := by[r.text(0)]; t != nil {
			to(t, r)
		}
	}
	return err
}

func addColumn(t *live.Table, r row) {
	t.Columns = append(t.Columns, live.Column{Name: r.text(1), Type: r.text(2), Comment: r.text(3), Nullable: r.yes(4), Generated: r.yes(5), Unique: r.yes(6)})
}

func addKey(t *live.Table, r row) { t.Key = append(t.Key, r.text(1)) }
