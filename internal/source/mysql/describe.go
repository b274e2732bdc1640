package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// table is what the server says of a table.
type table struct {
	schema, name, comment string
	kind                  string // table, partitioned, view
	engine                string
	created, updated      string // UTC; empty when the server does not say
	rows, bytes           int64  // the server's estimates; rows -1: none
	columns               []column
	key                   []string // the primary key
	index                 string   // a unique index that the rows can be read along; "" when there is none
	order                 []int    // its columns
}

// tablesSQL lists tables and views; %s is a condition.
const tablesSQL = `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, t.TABLE_ROWS, t.DATA_LENGTH, t.CREATE_TIME, t.UPDATE_TIME,
  t.TABLE_COMMENT, t.CREATE_OPTIONS
FROM information_schema.TABLES t WHERE %s ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME`

const columnsSQL = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA, COLUMN_COMMENT
FROM information_schema.COLUMNS t WHERE %s ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`

const indexesSQL = `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, NULLABLE, INDEX_TYPE
FROM information_schema.STATISTICS t WHERE NON_UNIQUE = 0 AND %s ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`

// describe finds a table by "table" or "schema.table"; a name with a dot may
// also be the whole of it.
func (d *Database) describe(ctx context.Context, c *conn, name string) (*table, error) {
	candidates := [][2]string{{d.server.Database, name}}
	if schema, rest, dotted := strings.Cut(name, "."); dotted {
		candidates = append(candidates, [2]string{schema, rest})
	}
	for _, n := range candidates {
		if t, err := c.find(ctx, n[0], n[1]); err != nil || t != nil {
			return t, err
		}
	}
	return nil, sen.Errorf(sen.NotFound, "database %s has no table %s that the user may see", d.server.Database, name).
		WithHint("`sen source test` lists what the user may read; name a table of another database as database.table")
}

// again describes a table that was described before.
func (c *conn) again(ctx context.Context, t *table) (*table, error) {
	now, err := c.find(ctx, t.schema, t.name)
	if err == nil && now == nil {
		err = sen.Errorf(sen.Drift, "%s is gone", t.title()).WithHint("compare the contract with the source")
	}
	return now, err
}

// find is the table of a name, or nil. Of names that differ in case alone it
// is the one that is written so.
func (c *conn) find(ctx context.Context, schema, name string) (*table, error) {
	found, err := c.tables(ctx, fmt.Sprintf("t.TABLE_SCHEMA = %s AND t.TABLE_NAME = %s", literal(schema), literal(name)))
	if err != nil {
		return nil, err
	}
	for _, t := range found {
		if t.name == name || len(found) == 1 {
			return t, c.complete(ctx, t)
		}
	}
	return nil, nil
}

func (c *conn) tables(ctx context.Context, where string) (out []*table, err error) {
	if !c.version.mariadb && c.version.number >= 80000 {
		if err := c.exec(ctx, "SET SESSION information_schema_stats_expiry = 0"); err != nil { // else UPDATE_TIME is a day old
			return nil, err
		}
	}
	found, err := c.rows(ctx, fmt.Sprintf(tablesSQL, where))
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		t := &table{schema: r.text(0), name: r.text(1), kind: "table", engine: r.text(3), rows: -1, bytes: r.number(5),
			created: r.text(6), updated: r.text(7), comment: r.text(8)}
		if r[4] != nil {
			t.rows = r.number(4)
		}
		switch {
		case strings.Contains(r.text(2), "VIEW"):
			t.kind, t.comment = "view", ""
		case strings.Contains(r.text(9), "partitioned"):
			t.kind = "partitioned"
		}
		out = append(out, t)
	}
	return out, nil
}

// complete adds columns and keys.
func (c *conn) complete(ctx context.Context, t *table) error {
	where := fmt.Sprintf("t.TABLE_SCHEMA = %s AND t.TABLE_NAME = %s", literal(t.schema), literal(t.name))
	if err := c.columns(ctx, where, []*table{t}); err != nil {
		return err
	}
	if len(t.columns) == 0 {
		return sen.Errorf(sen.Denied, "the user may see no column of %s", t.title()).WithHint("`sen source grants` prints what it needs")
	}
	return c.indexes(ctx, where, []*table{t})
}

// columns adds the columns of the tables that a condition names.
func (c *conn) columns(ctx context.Context, where string, tables []*table) error {
	found, err := c.rows(ctx, fmt.Sprintf(columnsSQL, where))
	if err != nil {
		return err
	}
	for _, r := range found {
		if t := among(tables, r); t != nil {
			t.columns = append(t.columns, column{name: r.text(2), data: strings.ToLower(r.text(3)), declared: r.text(4), charset: r.text(5),
				collation: r.text(6), nullable: r.text(7) == "YES", extra: r.text(8), comment: r.text(9)}.formed(c.version))
		}
	}
	return nil
}

func among(tables []*table, r row) *table {
	i := slices.IndexFunc(tables, func(t *table) bool { return t.schema == r.text(0) && t.name == r.text(1) })
	if i < 0 {
		return nil
	}
	return tables[i]
}

// indexes adds the primary keys and what rows can be read along: the primary
// key, else a unique index that has no NULL.
func (c *conn) indexes(ctx context.Context, where string, tables []*table) error {
	found, err := c.rows(ctx, fmt.Sprintf(indexesSQL, where))
	if err != nil {
		return err
	}
	for len(found) > 0 {
		n := 1
		for n < len(found) && slices.Equal(named(found[n]), named(found[0])) {
			n++
		}
		if t := among(tables, found[0]); t != nil {
			t.unique(found[:n])
		}
		found = found[n:]
	}
	return nil
}

func named(r row) []string { return []string{r.text(0), r.text(1), r.text(2)} }

// unique takes a unique index over.
func (t *table) unique(parts []row) {
	name, usable := parts[0].text(2), t.index == "" && (parts[0].text(6) == "BTREE" || parts[0].text(6) == "")
	var order []int
	for _, p := range parts {
		i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == p.text(3) })
		if i < 0 {
			return // of an expression, or not granted
		}
		if name == "PRIMARY" {
			t.key = append(t.key, p.text(3))
		}
		order = append(order, i)
		usable = usable && p[4] == nil && p.text(5) != "YES" && t.columns[i].ordered()
	}
	if len(order) == 1 {
		t.columns[order[0]].unique = true
	}
	if name == "PRIMARY" && len(order) < len(parts) {
		t.key = nil
	}
	if usable {
		t.index, t.order = name, order
	}
}

func (t *table) title() string  { return t.schema + "." + t.name }
func (t *table) quoted() string { return ident(t.schema) + "." + ident(t.name) }

func (t *table) names() []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.name
	}
	return out
}

// transactional reports whether a transaction's snapshot covers the table; of
// a view it is not known.
func (t *table) transactional() bool {
	return slices.Contains([]string{"InnoDB", "ROCKSDB", "TokuDB", "ndbcluster"}, t.engine)
}

// shape is a digest of what a table's texts and order depend on.
func (t *table) shape() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %v", t.schema, t.name, t.engine, t.created, t.index, t.order)
	for _, c := range t.columns {
		fmt.Fprintf(h, " %q %q %q", c.name, c.declared, c.collation)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (t *table) facts() source.Facts {
	f := source.Facts{Format: "mysql", Encoding: "UTF-8", Bytes: t.bytes, Rows: max(t.rows, 0), Declared: map[string]string{}}
	how := "in one piece: it has no unique key that its rows can be read along"
	if t.index != "" {
		how = "along its index " + t.index
	}
	f.Evidence = []string{fmt.Sprintf("%s %s (%s), read %s", t.kind, t.title(), t.engine, how)}
	if t.kind == "view" {
		f.Evidence = []string{fmt.Sprintf("view %s, read in one piece", t.title())}
	}
	for _, c := range t.columns {
		f.Declared[c.name] = c.declared
		if c.form == asLatin || c.form == asGuarded {
			f.Evidence = append(f.Evidence, fmt.Sprintf("column %s is stored as %s", c.name, c.charset))
		}
	}
	return f
}
