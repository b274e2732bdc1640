package mysql

import (
	"context"
	"fmt"
	"slices"

	"github.com/sen-hub/sen/internal/source/live"
)

// foreignSQL lists foreign keys, a row for each column.
const foreignSQL = `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE t
WHERE REFERENCED_TABLE_NAME IS NOT NULL AND %s ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`

// Tables implements live.Database, by four questions for all of them.
func (d *Database) Tables(ctx context.Context) (out []live.Table, err error) {
	err = d.session(ctx, "tables", func(ctx context.Context, c *conn) error {
		out = nil
		where := "t.TABLE_SCHEMA = " + literal(d.server.Database)
		found, err := c.tables(ctx, where)
		if err != nil {
			return err
		}
		if err := c.columns(ctx, where, found); err != nil {
			return err
		}
		if err := c.indexes(ctx, where, found); err != nil {
			return err
		}
		for _, t := range found {
			out = append(out, t.live())
		}
		return c.foreign(ctx, where, out)
	})
	return out, err
}

func (t *table) live() live.Table {
	out := live.Table{Schema: t.schema, Name: t.name, Kind: t.kind, Comment: t.comment, Key: t.key, Rows: t.rows, Bytes: t.bytes}
	for _, c := range t.columns {
		out.Columns = append(out.Columns, live.Column{Name: c.name, Type: c.declared, Comment: c.comment,
			Nullable: c.nullable, Generated: c.generated(), Unique: c.unique})
	}
	return out
}

// foreign adds the foreign keys.
func (c *conn) foreign(ctx context.Context, where string, tables []live.Table) error {
	found, err := c.rows(ctx, fmt.Sprintf(foreignSQL, where))
	if err != nil {
		return err
	}
	last := ""
	for _, r := range found {
		i := slices.IndexFunc(tables, func(t live.Table) bool { return t.Schema == r.text(0) && t.Name == r.text(1) })
		if i < 0 {
			continue
		}
		t := &tables[i]
		if name := r.text(1) + "\x00" + r.text(2); name != last {
			last = name
			t.Foreign = append(t.Foreign, live.Foreign{ToSchema: r.text(4), ToTable: r.text(5)})
		}
		f := &t.Foreign[len(t.Foreign)-1]
		f.Columns, f.ToColumns = append(f.Columns, r.text(3)), append(f.ToColumns, r.text(6))
	}
	return nil
}
