package resolve

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// golden makes one row of each thing: of each field the value that survives,
// the dataset that gave it, the day of which it speaks, and what else was said.
// Where there are many things, what the records say is first parted by ranges
// of things, and one range is made at a time.
func (r *run) golden(ctx context.Context) error {
	g := &survival{run: r}
	if ranges := uint64((r.report.Things + r.Things - 1) / r.Things); ranges > 1 && r.Scratch != "" {
		g.bits = bits.Len64(ranges - 1)
	}
	if err := g.part(ctx); err != nil {
		return err
	}
	for n := range 1 << g.bits {
		for _, step := range []func(context.Context, int) error{g.agree, g.differ, g.settle} {
			if err := step(ctx, n); err != nil {
				return err
			}
		}
		if err := r.Golden(ctx, g.query()); err != nil {
			return err
		}
	}
	return r.drop(ctx, "sen_wide", "sen_odd", "sen_settled", "sen_things")
}

// survival is what survives of what the records say.
type survival struct {
	*run
	bits   int   // the first bits of a thing's identifier that part the ranges; 0: one range
	saying []int // the sources whose records know something of things
}

// said is the relation of what the records of a source say of a range of
// things: _entity, the fields, _as_of. It is empty where it is "".
func (g *survival) said(source, n int) string {
	if g.bits == 0 {
		return fmt.Sprintf("sen_s%d", source)
	}
	files := filepath.Join(g.Scratch, fmt.Sprintf("s%d", source), fmt.Sprintf("_range=%d", n), "*.parquet")
	if found, _ := filepath.Glob(files); len(found) == 0 {
		return ""
	}
	return "read_parquet(" + engine.Literal(files) + ", hive_partitioning = false)"
}

// part brings each record's thing and what it says together. A record that
// mentions a thing says something only of those that nothing else knows.
func (g *survival) part(ctx context.Context) error {
	var mentions int64
	if err := g.c.Row(ctx, fmt.Sprintf("SELECT count(*) FROM sen_register WHERE _rank >= %d", mentioned), &mentions); err != nil {
		return err
	}
	for i, s := range g.sources {
		which := ""
		if s.Record.Role == link.Mentioning {
			if mentions == 0 {
				continue
			}
			which = fmt.Sprintf(" AND l._entity IN (SELECT _id FROM sen_register WHERE _rank >= %d)", mentioned)
		}
		g.saying = append(g.saying, i)
		var columns []string
		for _, f := range g.entity.Fields.Names() {
			if s.gives(f) {
				columns = append(columns, "m."+engine.Ident(f))
			}
		}
		query := fmt.Sprintf("SELECT l._entity, %s, m._as_of FROM %s m JOIN sen_l l ON l._record = m._record WHERE l._src = %d AND l._entity IS NOT NULL%s", strings.Join(columns, ", "), mention(i), i, which)
		if g.bits == 0 {
			if err := g.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_s%d AS %s", i, query); err != nil {
				return err
			}
			continue
		}
		if err := g.exec(ctx, "COPY (SELECT *, _entity >> %d AS _range FROM (%s)) TO %s (FORMAT parquet, COMPRESSION lz4, PARTITION_BY (_range), ROW_GROUP_SIZE 30720)",
			63-g.bits, query, engine.Literal(filepath.Join(g.Scratch, fmt.Sprintf("s%d", i)))); err != nil {
			return err
		}
	}
	return nil
}

// part is what one source says of a field.
type part struct {
	source int
	name   string
	rank   int // who is believed first has the least
}

// partsOf are the sources that know a field, who is believed first, first; the
// names decide between those that are believed alike.
func (r *run) partsOf(f string) []part {
	var out []part
	for i, s := range r.sources {
		if !s.gives(f) {
			continue
		}
		out = append(out, part{source: i, name: s.Name, rank: r.entity.Rank(f, s.Name)})
	}
	slices.SortStableFunc(out, func(a, b part) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name)) })
	return out
}

// agree makes sen_wide: of each thing and field n what the first of the
// sources says that say something (vn, with its place sn and day an), and
// whether anybody says otherwise (on). Most fields of most things end here.
func (g *survival) agree(ctx context.Context, n int) error {
	columns, joins := []string{"e.*"}, ""
	for i, f := range g.entity.Fields.Names() {
		var first, least, most []string
		source, day := "CASE", "CASE"
		for _, p := range g.partsOf(f) {
			if g.sources[p.source].Record.Role == link.Mentioning || g.said(p.source, n) == "" {
				continue
			}
			v := fmt.Sprintf("s%d.v%d", p.source, i)
			first, least, most = append(first, v), append(least, v), append(most, fmt.Sprintf("s%d.w%d", p.source, i))
			source += fmt.Sprintf(" WHEN %s IS NOT NULL THEN %d", v, p.source)
			day += fmt.Sprintf(" WHEN %s IS NOT NULL THEN s%d._as_of", v, p.source)
		}
		if len(first) == 0 {
			columns = append(columns, fmt.Sprintf("CAST(NULL AS VARCHAR) AS v%[1]d, CAST(NULL AS UTINYINT) AS s%[1]d, CAST(NULL AS DATE) AS a%[1]d, false AS o%[1]d", i))
			continue
		}
		columns = append(columns, fmt.Sprintf("coalesce(%s) AS v%d, CAST(%s END AS UTINYINT) AS s%[2]d, %[4]s END AS a%[2]d, least(%[5]s) IS DISTINCT FROM greatest(%[6]s) AS o%[2]d",
			strings.Join(first, ", "), i, source, day, strings.Join(least, ", "), strings.Join(most, ", ")))
	}
	for _, s := range g.saying {
		said := g.said(s, n)
		if said == "" || g.sources[s].Record.Role == link.Mentioning {
			continue
		}
		var fields, one []string
		for i, f := range g.entity.Fields.Names() {
			if g.sources[s].gives(f) {
				fields = append(fields, fmt.Sprintf("min(%s) AS v%d, max(%[1]s) AS w%[2]d", engine.Ident(f), i))
				one = append(one, fmt.Sprintf("%s, %[1]s", engine.Ident(f)))
			}
		}
		joins += fmt.Sprintf("\nLEFT JOIN (SELECT _entity, %s, max(_as_of) AS _as_of FROM %s WHERE _entity IN (SELECT _entity FROM %[2]s GROUP BY _entity HAVING count(*) > 1) GROUP BY _entity\nUNION ALL SELECT _entity, %[4]s, _as_of FROM %[2]s WHERE _entity NOT IN (SELECT _entity FROM %[2]s GROUP BY _entity HAVING count(*) > 1)) s%[3]d ON e.entity = s%[3]d._entity", strings.Join(fields, ", "), said, s, strings.Join(one, ", "))
	}
	return g.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_wide AS SELECT %s FROM (SELECT * FROM sen_things%s) e%s", strings.Join(columns, ", "), g.within(n, "entity"), joins)
}

// within is SQL: a WHERE that keeps a range of things.
func (g *survival) within(n int, column string) string {
	if g.bits == 0 {
		return ""
	}
	width := uint64(1) << (63 - g.bits)
	return fmt.Sprintf(" WHERE %s BETWEEN %d AND %d", column, uint64(n)*width, uint64(n+1)*width-1)
}

// differ makes sen_odd: the things (entity) and fields (f) of which more than
// one value is said, or which are only mentioned.
func (g *survival) differ(ctx context.Context, n int) error {
	var parts []string
	for i, f := range g.entity.Fields.Names() {
		parts = append(parts, fmt.Sprintf("SELECT entity, %d::UTINYINT AS f FROM sen_wide WHERE o%[1]d", i))
		if slices.ContainsFunc(g.saying, func(s int) bool { return g.sources[s].Record.Role == link.Mentioning && g.sources[s].gives(f) }) {
			and := strings.Replace(g.within(n, "_id"), " WHERE", " AND", 1)
			parts = append(parts, fmt.Sprintf("SELECT DISTINCT _id, %d::UTINYINT FROM sen_register WHERE _rank >= %d%s", i, mentioned, and))
		}
	}
	return g.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_odd AS SELECT DISTINCT * FROM (%s)", strings.Join(parts, "\nUNION ALL\n"))
}

// settle makes sen_settled: of each thing in sen_odd the values that survive,
// with what else was said. Who is believed first decides, then the field's own
// rule, then the newer, the more frequent and at last the lesser value.
func (g *survival) settle(ctx context.Context, n int) error {
	var heard []string
	for _, s := range g.saying {
		if said := g.said(s, n); said != "" {
			heard = append(heard, g.heard(s, said))
		}
	}
	if len(heard) == 0 {
		heard = []string{"SELECT 0::BIGINT AS entity, 0::UTINYINT AS f, '' AS v, DATE '1800-01-01' AS as_of, 0 AS place, 0 AS rank WHERE false"}
	}
	rule := "CASE f"
	columns := make([]string, g.entity.Fields.Len())
	for i, f := range g.entity.Fields.Names() {
		field, _ := g.entity.Fields.Get(f)
		rule += fmt.Sprintf(" WHEN %d THEN %s", i, map[string]string{"": "-n", "most-agreed": "-n", "newest": "-days", "most-complete": "-strlen(v)"}[field.Then])
		columns[i] = fmt.Sprintf("any_value(v) FILTER (f = %d) AS v%[1]d, any_value(source) FILTER (f = %[1]d) AS s%[1]d, any_value(as_of) FILTER (f = %[1]d) AS a%[1]d, any_value(rejected) FILTER (f = %[1]d) AS r%[1]d", i)
	}
	return g.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_settled AS
WITH said AS (SELECT entity, f, v, min(rank) AS rank, max(as_of) AS as_of, min(place) AS place, count(*) AS n,
    coalesce(datediff('day', DATE '1800-01-01', max(as_of)), 0) AS days FROM (%s) WHERE v IS NOT NULL GROUP BY entity, f, v),
 ordered AS (SELECT *, place %% 256 AS source, row_number() OVER (PARTITION BY entity, f ORDER BY rank, %s END, -days, -n, v) AS nth FROM said),
 settled AS (SELECT entity, f, any_value(v) FILTER (nth = 1) AS v, any_value(source) FILTER (nth = 1) AS source, any_value(as_of) FILTER (nth = 1) AS as_of,
    string_agg(v || ' · ' || %s[source + 1], chr(10) ORDER BY nth) FILTER (nth > 1) AS rejected FROM ordered GROUP BY entity, f)
SELECT entity, %s FROM settled GROUP BY entity`, strings.Join(heard, "\nUNION ALL\n"), rule, g.names(), strings.Join(columns, ", "))
}

// heard is SQL: what a source says of the things and fields in sen_odd. The
// place of what is said is that of its source among those that know the field,
// and in the last byte the source.
func (g *survival) heard(source int, said string) string {
	value, place, rank, of := "CASE o.f", "CASE o.f", "CASE o.f", []string{}
	for i, f := range g.entity.Fields.Names() {
		parts := g.partsOf(f)
		at := slices.IndexFunc(parts, func(p part) bool { return p.source == source })
		if at < 0 {
			continue
		}
		of = append(of, fmt.Sprint(i))
		value += fmt.Sprintf(" WHEN %d THEN m.%s", i, engine.Ident(f))
		place += fmt.Sprintf(" WHEN %d THEN %d", i, at<<8|source)
		rank += fmt.Sprintf(" WHEN %d THEN %d", i, parts[at].rank)
	}
	return fmt.Sprintf("SELECT o.entity, o.f, %s END AS v, m._as_of AS as_of, %s END AS place, %s END AS rank FROM %s m JOIN (SELECT * FROM sen_odd WHERE f IN (%s)) o ON m._entity = o.entity",
		value, place, rank, said, strings.Join(of, ", "))
}

// query is SQL: the golden records of the range at hand.
func (g *survival) query() string {
	columns := []string{"w.entity, w.records, w.datasets"}
	for i, f := range g.entity.Fields.Names() {
		take := func(column string) string {
			return fmt.Sprintf("CASE WHEN x.s%d IS NULL THEN w.%s%[1]d ELSE x.%[2]s%[1]d END", i, column)
		}
		columns = append(columns, fmt.Sprintf("%s AS %s, %s[%s + 1] AS %s, %s AS %s, x.r%d AS %s", take("v"), engine.Ident(f), g.names(), take("s"), engine.Ident(f+"_source"),
			take("a"), engine.Ident(f+"_as_of"), i, engine.Ident(f+"_rejected")))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM sen_wide w LEFT JOIN sen_settled x ON w.entity = x.entity ORDER BY w.entity"
}
