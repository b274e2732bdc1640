package profile

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

// wholeShare: see live.Database.Sample.
const wholeShare = 16

// tableRows is how many rows of a table are looked at unless Options.Rows says
// otherwise: enough for what people look like, and wards, to be seen; few
// enough that a database of a hundred tables takes seconds.
const tableRows = 8000

// isWhole reports whether a sample is the whole table.
func (d *dataset) isWhole() bool {
	few := d.table.Rows >= 0 && d.table.Rows*2 <= d.o.Rows && d.sampled < d.o.Rows
	return few || d.sampled < d.o.Rows/wholeShare
}

// Database profiles the tables of a live database that the user may see: those
// in the server's schema, or those that Options.Tables names. Each is sampled,
// none is read whole: keys, types and relationships are those that the
// database declares, else what the sample shows. server is what the draft
// says of it; its fact schema, where there is one, is whose tables need no
// schema in their names. The error's kind is NotFound when no table is meant;
// else errors are those of the driver and of the engine.
func Database(ctx context.Context, c *engine.Conn, db live.Database, server contract.ServerProfile, o Options) ([]contract.Profile, error) {
	o.Rows = cmp.Or(max(o.Rows, 0), tableRows)
	o = o.withDefaults()
	tables, err := db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	agency := cmp.Or(o.Agency, agencyOf(server.Facts["database"]))
	if tables, err = meant(tables, server, o.Tables); err != nil {
		return nil, err
	}
	var all []*dataset
	defer func() { drop(context.WithoutCancel(ctx), c, all) }()
	taken := map[string]bool{}
	for i := range tables {
		name := nameOf(tables[i], home(server))
		d := &dataset{c: c, o: o, table: &tables[i], location: source.Location{Table: name}, sample: fmt.Sprintf("_profile_%d", i)}
		d.name = sen.Dataset(agency + "." + propertyName(taken, name, i))
		all = append(all, d)
		if err := d.profileTable(ctx, db); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, d := range all {
		d.relateDeclared(all)
	}
	if err := relate(ctx, all, o.Known); err != nil {
		return nil, err
	}
	if err := doubtCopies(ctx, all, o.Known); err != nil {
		return nil, err
	}
	p := contract.Profile{Agency: agency, Servers: []contract.ServerProfile{server}}
	for _, d := range all {
		object := d.objectProfile()
		object.Server = server.Name
		p.Objects = append(p.Objects, object)
	}
	return []contract.Profile{p}, nil
}

// home is the schema whose tables are called by their names alone.
func home(s contract.ServerProfile) string {
	return cmp.Or(s.Facts["schema"], s.Facts["database"])
}

// nameOf is a table's name as a contract writes it.
func nameOf(t live.Table, home string) string {
	if t.Schema == home {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// meant picks the tables that the patterns name; none: those of the server's
// own schema.
func meant(tables []live.Table, server contract.ServerProfile, patterns []string) ([]live.Table, error) {
	var out []live.Table
	missed := slices.Clone(patterns)
	for _, t := range tables {
		name := nameOf(t, home(server))
		if len(patterns) == 0 && t.Schema == home(server) {
			out = append(out, t)
		}
		hit := func(pattern string) bool { ok, err := path.Match(pattern, name); return ok && err == nil }
		if slices.ContainsFunc(patterns, hit) {
			out = append(out, t)
			missed = slices.DeleteFunc(missed, hit)
		}
	}
	switch {
	case len(missed) > 0:
		return nil, sen.Errorf(sen.NotFound, "there is no table %s that this user may read", missed[0]).
			WithHint("see how it is written, and whether the user has SELECT on it; other schemas: schema.table")
	case len(out) == 0:
		return nil, sen.Errorf(sen.NotFound, "there is no table in %s that this user may read", home(server)).
			WithHint("have SELECT granted on the tables, or name another --schema; `sen source grants` prints the SQL for a contract")
	}
	return out, nil
}

// profileTable fills in all but the relationships.
func (d *dataset) profileTable(ctx context.Context, db live.Database) error {
	names, values, err := db.Sample(ctx, d.location.Table, int(d.o.Rows))
	if err != nil {
		return err
	}
	for i, name := range names {
		d.came = append(d.came, source.Column{Name: name, Type: "VARCHAR", Nullable: d.declaredColumn(name, i).Nullable})
	}
	d.ownKey = d.table.Key
	if err := d.loadSample(ctx, names, values); err != nil {
		return err
	}
	d.sampled = int64(len(values))
	d.exact = d.isWhole()
	if d.rows = max(d.table.Rows, d.sampled); d.exact {
		d.rows = d.sampled
	}
	return d.study(ctx)
}

// loadSample makes the table of the sample.
func (d *dataset) loadSample(ctx context.Context, names []string, values [][]*string) error {
	if len(values) == 0 {
		return d.c.Exec(ctx, d.emptyTable(d.sample))
	}
	b := rows.NewBuilder(names, 0)
	var batches []arrow.RecordBatch
	defer func() {
		for _, batch := range batches {
			batch.Release()
		}
	}()
	for i, row := range values {
		for c := range b.Columns {
			if row[c] == nil {
				b.Columns[c].Null()
				continue
			}
			b.Columns[c].Append([]byte(strings.ToValidUTF8(*row[c], "\uFFFD")))
		}
		if b.End(int64(i) + 1); b.Rows() == rows.MaxBatch {
			batches = append(batches, b.Flush())
		}
	}
	if last := b.Flush(); last != nil {
		batches = append(batches, last)
	}
	return d.c.Load(ctx, d.sample, batches)
}

// declaredColumn is what the database says of a column, the i-th of those that
// the user may read.
func (d *dataset) declaredColumn(name string, i int) live.Column {
	for _, c := range d.table.Columns {
		if c.Name == name {
			return c
		}
	}
	if i < len(d.table.Columns) { // it lands under another name: see rows.Unique
		return d.table.Columns[i]
	}
	return live.Column{Nullable: true}
}

// declare gives a column what the database says of it.
func (d *dataset) declare(c *column, i int) {
	if d.table == nil {
		return
	}
	says := d.declaredColumn(c.Name, i)
	c.declared, c.comment, c.unique = says.Type, strings.TrimSpace(says.Comment), says.Unique
}

// indexed reports whether the database itself says what tells its rows apart:
// then nothing is guessed.
func (d *dataset) indexed() bool {
	return d.table != nil && (len(d.ownKey) > 0 || slices.ContainsFunc(d.columns, func(c *column) bool { return c.unique && !c.Nullable }))
}

// decimal is the separator that a database writes its numbers with; "" for
// what is no number of a database.
func (d *dataset) decimal(c *column) string {
	if d.table != nil && declaredLogical(c.declared) == "number" {
		return "."
	}
	return ""
}

// tableKinds are the kinds of tables in the words of contracts.
var tableKinds = map[string]string{"table": "table", "partitioned": "table", "foreign": "table", "view": "view", "materialized view": "view"}

// declaredTypes are the logical types of what PostgreSQL, MySQL and MariaDB
// call their types. All others are text to the hub.
var declaredTypes = map[string]string{
	"smallint": "integer", "integer": "integer", "bigint": "integer", "int": "integer", "tinyint": "integer", "mediumint": "integer", "year": "integer", "oid": "integer",
	"numeric": "number", "decimal": "number", "real": "number", "double precision": "number", "double": "number", "float": "number",
	"boolean": "boolean", "date": "date",
	"timestamp": "timestamp", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp", "datetime": "timestamp",
	"time": "time", "time without time zone": "time",
}

// mostDigits is how many digits the engine's decimals have.
const mostDigits = 38

// declaredLogical is the logical type of a type as a database writes it:
// "numeric(12,2)", "int(10) unsigned", "timestamp(6) without time zone".
func declaredLogical(declared string) string {
	name := strings.ToLower(declared)
	if before, rest, found := strings.Cut(name, "("); found {
		within, after, _ := strings.Cut(rest, ")")
		var digits int
		if _, err := fmt.Sscanf(within, "%d", &digits); err == nil && digits > mostDigits {
			return "string"
		}
		name = strings.TrimSpace(before) + after
	}
	name, _, _ = strings.Cut(name, " unsigned")
	if unbounded(declared) {
		return "string"
	}
	return cmp.Or(declaredTypes[strings.TrimSpace(name)], "string")
}

// unbounded reports a number of any size and any places, which no number of
// the engine holds without rounding.
func unbounded(declared string) bool {
	return slices.Contains([]string{"numeric", "decimal"}, strings.ToLower(strings.TrimSpace(declared)))
}

// relateDeclared writes down the foreign keys of a table whose target is among
// the tables too.
func (d *dataset) relateDeclared(all []*dataset) {
	for _, f := range d.table.Foreign {
		i := slices.IndexFunc(all, func(t *dataset) bool { return t.table.Schema == f.ToSchema && t.table.Name == f.ToTable })
		if i < 0 {
			continue
		}
		r := contract.RelationshipProfile{Columns: f.Columns, To: all[i].name, Found: 1}
		d.follow(f, all[i])
		for _, name := range f.ToColumns {
			for _, c := range all[i].columns {
				if c.Name == name {
					r.ToColumns = append(r.ToColumns, c.property)
				}
			}
		}
		if len(r.ToColumns) != len(f.Columns) { // a column that the user may not read
			continue
		}
		d.found = append(d.found, r)
		for _, c := range d.columns {
			if slices.Contains(f.Columns, c.Name) {
				c.notes = append(c.notes, "a foreign key to "+string(all[i].name))
			}
		}
	}
}

// follow has the columns of a foreign key taken for what the columns that they
// refer to are: the same thing must be written the same way on both ends, or no
// reference leads anywhere once both are in standard form.
func (d *dataset) follow(f live.Foreign, to *dataset) {
	for i, name := range f.Columns {
		from := slices.IndexFunc(d.columns, func(c *column) bool { return c.Name == name })
		at := slices.IndexFunc(to.columns, func(c *column) bool { return i < len(f.ToColumns) && c.Name == f.ToColumns[i] })
		if from < 0 || at < 0 || to == d {
			continue
		}
		c, is := d.columns[from], to.columns[at]
		same := c.element == nil && is.element == nil || c.element != nil && is.is(c.element.Name)
		if same || is.filled == 0 {
			continue
		}
		c.element, c.evidence, c.fits, c.logical = is.element, is.evidence, is.fits, is.logical
		c.class = cmp.Or(c.class, is.class)
		c.notes = append(c.notes, "taken for what "+string(to.name)+"."+is.property+" is")
	}
}

// refers reports whether a column is in a foreign key that the source declares.
func (d *dataset) refers(c *column) bool {
	return d.table != nil && slices.ContainsFunc(d.table.Foreign, func(f live.Foreign) bool { return slices.Contains(f.Columns, c.Name) })
}
