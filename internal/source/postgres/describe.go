package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

// table is a table or view as the catalogue shows it.
type table struct {
	oid          int64
	schema, name string
	kind         string // relkind
	columns      []column
	key          []string
	parts        []part
	hidden       int   // columns that the user may not read
	rows         int64 // estimated; -1 unknown
	bytes        int64
	encoding     string // of the database
	evidence     []string
	noLog        string // why a snapshot has no position in the log; empty where it can have one
}

// column is one column and how its values are asked for.
type column struct {
	name, declared string
	nullable       bool
	base           int64  // oid of its type, of a domain's base type
	output         string // qualified name of the function that writes it as text
}

// part is what one COPY can range over: a table's own blocks, or the whole of
// what has none.
type part struct {
	oid    int64
	name   string // quoted, schema and table
	only   bool   // ONLY: without what inherits from it
	cut    bool   // by blocks
	blocks int64  // when the snapshot was taken
	bytes  int64  // with what is stored out of line
	rows   int64  // estimated; -1 unknown
	file   int64  // relfilenode
}

// from is the part in a FROM clause.
func (p part) from() string {
	if p.only {
		return "ONLY " + p.name
	}
	return p.name
}

const relationSQL = `
SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::bigint,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),
       pg_catalog.current_setting('server_encoding'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (n.nspname = $1 AND c.relname = $2 OR n.nspname || '.' || c.relname = $2)
ORDER BY n.nspname = $1 AND c.relname = $2 DESC, n.nspname LIMIT 1`

const columnsSQL = `
WITH RECURSIVE base AS (
  SELECT a.attnum, a.atttypid AS typ FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typ WHERE t.typtype = 'd')
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, CASE WHEN t.typtype = 'e' THEN -1 ELSE t.oid::bigint END,
       pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.proname)
FROM base b
JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::oid AND a.attnum = b.attnum
JOIN pg_catalog.pg_type t ON t.oid = b.typ AND t.typtype <> 'd'
JOIN pg_catalog.pg_proc p ON p.oid = t.typoutput
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
WHERE pg_catalog.has_column_privilege($1::oid, a.attnum, 'SELECT')
ORDER BY a.attnum`

const keySQL = `
SELECT a.attname
FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, at)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::oid AND i.indisprimary AND k.at <= i.indnkeyatts ORDER BY k.at`

// partsSQL: the table and all that inherit from it, partitions included;
// 'ctid' is a privilege of its own where only columns are granted.
const partsSQL = `
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid
  UNION
  SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid WHERE NOT i.inhdetachpending)
SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind,
       c.reltuples::bigint, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0), c.relfilenode,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint ELSE 0 END,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END,
       pg_catalog.has_column_privilege(c.oid, (-1)::int2, 'SELECT'),
       pg_catalog.has_table_privilege(c.oid, 'SELECT') OR c.oid = $1::oid
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY c.oid`

// oldest is the first version that finds a range of ctid without reading the
// table from its beginning; older ones are no longer mended.
const oldest = 140000

// describe finds a table by "table" or "schema.table".
func (d *Database) describe(ctx context.Context, c *conn, name string) (*table, error) {
	found, err := c.query(ctx, relationSQL, d.server.Schema, name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, sen.Errorf(sen.NotFound, "server %s, database %s has no table %s that its user sees", d.server.Name, d.server.Database, name).
			WithHint("name it as schema.table, in the database's own case")
	}
	r := found[0]
	t := &table{oid: r.number(0), schema: r.text(1), name: r.text(2), kind: r.text(3), rows: r.number(4), encoding: r.text(6), hidden: int(r.number(7))}
	if !r.yes(5) {
		return nil, sen.Errorf(sen.Denied, "server %s: the user may not read %s", d.server.Name, t.title()).WithHint("`sen source grants` prints what it needs")
	}
	if err := t.complete(ctx, c); err != nil {
		return nil, err
	}
	return t, nil
}

// complete fills in what belongs to a known oid.
func (t *table) complete(ctx context.Context, c *conn) error {
	oid := strconv.FormatInt(t.oid, 10)
	columns, err := c.query(ctx, columnsSQL, oid)
	if err != nil {
		return err
	}
	t.take(columns)
	key, err := c.query(ctx, keySQL, oid)
	if err != nil {
		return err
	}
	for _, r := range key {
		t.key = append(t.key, r.text(0))
	}
	parts, err := c.query(ctx, partsSQL, oid)
	if err != nil {
		return err
	}
	t.divide(parts)
	decode, err := c.query(ctx, decodeSQL)
	if err == nil && len(decode) > 0 {
		t.noLog = noLog(decode[0])
	}
	return err
}

func (t *table) take(columns []row) {
	for _, r := range columns {
		t.columns = append(t.columns, column{name: r.text(0), declared: r.text(1), nullable: r.yes(2), base: r.number(3), output: r.text(4)})
	}
}

// divide makes the parts out of the catalogue's answer. It reports whether
// the snapshot sees the files that are there now: a table that was truncated
// or rewritten since shows an older snapshot no rows.
func (t *table) divide(found []row) (current bool) {
	t.parts, t.bytes, t.rows, current = nil, 0, 0, true
	readable := true
	for _, r := range found {
		kind := r.text(2)
		readable = readable && r.yes(9)
		if kind == "p" || kind == "v" && len(found) > 1 {
			continue
		}
		p := part{oid: r.number(0), name: r.text(1), only: kind != "v", rows: r.number(3), file: r.number(4), blocks: r.number(6), bytes: r.number(7)}
		p.cut = (kind == "r" || kind == "m") && r.yes(8)
		// A mapped relation has 0 in the catalogue; no user's table is one.
		if p.file != r.number(5) && r.number(5) != 0 {
			current = false
		}
		t.bytes += p.bytes
		t.add(p.rows)
		t.parts = append(t.parts, p)
	}
	t.evidence = nil
	if t.hidden > 0 {
		t.evidence = append(t.evidence, fmt.Sprintf("%d columns are not granted to the user and are not read", t.hidden))
	}
	switch {
	case !readable:
		// Reading through the parent asks for its privilege alone.
		t.parts = []part{{oid: t.oid, name: t.quoted(), rows: t.rows, bytes: t.bytes}}
		t.evidence = append(t.evidence, "its partitions are not granted to the user: it is read in one piece through the parent")
	case len(t.parts) == 1 && !t.parts[0].cut:
		t.evidence = append(t.evidence, "it has no blocks that can be ranged over: it is read in one piece")
	}
	return current
}

func (t *table) add(n int64) {
	if n < 0 || t.rows < 0 {
		t.rows = -1
		return
	}
	t.rows += n
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

// facts are what source.Reader says of it.
func (t *table) facts() source.Facts {
	f := source.Facts{Format: live.PostgreSQL, Encoding: t.encoding, Bytes: t.bytes, Rows: max(t.rows, 0), Evidence: t.evidence, Declared: map[string]string{}}
	if t.encoding == "UTF8" {
		f.Encoding = "UTF-8"
	}
	for i, name := range rows.Unique(t.names()) {
		f.Declared[name] = t.columns[i].declared
	}
	return f
}

// shape is a digest over what decides how stored rows are written as text,
// and over the files that hold them: while it is the same, the same row
// versions give the same text.
func (t *table) shape(labels string) string {
	var b strings.Builder
	for _, c := range t.columns {
		fmt.Fprintf(&b, "column %q %q %s\n", c.name, c.declared, c.output)
	}
	for _, p := range t.parts {
		fmt.Fprintf(&b, "part %d %d %t\n", p.oid, p.file, p.cut)
	}
	b.WriteString(labels)
	sum := sha256.Sum256([]byte(b.String()))
	return fmt.Sprintf("%x", sum[:16])
}
