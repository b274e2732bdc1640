package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// Related counts the relations of one relationship.
type Related struct {
	Relationship string `json:"relationship"`
	Relations    int64  `json:"relations"`
	Unlinked     int64  `json:"unlinked"` // of which one side is a record that speaks of nothing known
}

// relationFields are the columns of a table of relations.
var relationFields = []lake.Field{
	{Name: "entity", Type: "BIGINT", Doc: "the thing; NULL: the record that should speak of it is not linked"},
	{Name: "relationship", Type: "VARCHAR", Required: true, Doc: "what the other one is to it"},
	{Name: "other_kind", Type: "VARCHAR", Required: true, Doc: "the other one's entity"},
	{Name: "other", Type: "BIGINT", Doc: "the other one; NULL: not linked"},
	{Name: "dataset", Type: "VARCHAR", Required: true, Doc: "dataset/part that names the other one"},
	{Name: "record", Type: "BIGINT", Required: true, Doc: "the _key of the record that says it"},
	{Name: "since", Type: "DATE"},
	{Name: "until", Type: "DATE", Doc: "the first day on which it is no more, where that is known"},
	{Name: "probability", Type: "DOUBLE", Doc: "that both records speak of these two; 1 by keys; NULL: one side is not linked"},
}

// relating is the relations of one run, in one session.
type relating struct {
	f   *Flow
	c   *engine.Conn
	all []*link.Entity
}

// Relate makes the relations of the entities from their links, which Link has
// made, and brings them into the index db (nil: into the lake alone). all are
// the hub's entities. Of an entity whose links and file, and the other sides'
// links, have not changed, it says what was found then. An entity that has not
// been linked yet has none.
func (f *Flow) Relate(ctx context.Context, e *engine.Engine, db *index.DB, all []*link.Entity) (map[string][]Related, error) {
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r := &relating{f: f, c: c, all: all}
	out := map[string][]Related{}
	for _, entity := range all {
		if out[entity.Entity], err = r.relate(ctx, entity); err != nil {
			return nil, fmt.Errorf("relations of %s: %w", entity.Entity, err)
		}
	}
	return out, f.loadRelations(ctx, e, db, all)
}

func (r *relating) relate(ctx context.Context, entity *link.Entity) (found []Related, err error) {
	_, linked, err := r.table(ctx, lake.Links, EntityDataset(entity.Entity))
	if err != nil || !linked {
		return nil, err
	}
	_, before, err := r.table(ctx, lake.Relations, EntityDataset(entity.Entity))
	if err != nil || !before && entity.Relationships.IsZero() {
		return nil, err // one that declares none any more loses those that it had
	}
	var plans []relationPlan
	from := entity.Digest()
	for _, name := range entity.Relationships.Names() {
		p, err := r.plan(ctx, entity, name)
		if err != nil {
			return nil, err
		}
		if p.query != "" {
			plans = append(plans, p)
		}
		from += p.from
	}
	t, err := r.f.o.Lake.Table(ctx, lake.Relations, EntityDataset(entity.Entity), relationFields)
	if err != nil {
		return nil, err
	}
	if last, ok := t.Current(); ok && last.Summary[summaryFrom] == from {
		return found, json.Unmarshal([]byte(last.Summary[SummaryReport]), &found)
	}
	return r.write(ctx, t, plans, from)
}

// write makes the relations of an entity the whole of its table.
func (r *relating) write(ctx context.Context, t *lake.Table, plans []relationPlan, from string) ([]Related, error) {
	change := lake.Change{Replace: true}
	read := "(SELECT '' AS relationship, 0 AS entity, 0 AS other WHERE false)"
	parts := make([]string, len(plans))
	for i, p := range plans {
		if err := r.c.Exec(ctx, p.make); err != nil {
			return nil, err
		}
		parts[i] = p.query
	}
	if len(parts) > 0 {
		path, err := t.NewFile(fmt.Sprintf("relate-%d", r.f.o.Now().Unix()), 0, 0)
		if err != nil {
			return nil, err
		}
		rows, err := r.c.Copy(ctx, strings.Join(parts, "\nUNION ALL\n"), path, t.FieldIDs())
		if err != nil {
			return nil, err
		}
		change.Add = []lake.File{{Path: path, Rows: rows}}
		read = "read_parquet(" + engine.Literal(path) + ")"
	}
	found, err := r.count(ctx, read)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	change.Summary = map[string]string{summaryFrom: from, SummaryReport: string(text)}
	_, err = t.Commit(ctx, change)
	return found, err
}

func (r *relating) count(ctx context.Context, from string) (out []Related, err error) {
	rows, err := r.c.Query(ctx, "SELECT relationship, count(*), count(*) FILTER (entity IS NULL OR other IS NULL) FROM "+from+" GROUP BY 1 ORDER BY 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one Related
		if err := rows.Scan(&one.Relationship, &one.Relations, &one.Unlinked); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// table finds a table as it stands: the relation to read, and what it is, as a
// text. One that has no snapshot is not there.
func (r *relating) table(ctx context.Context, kind lake.Kind, d sen.Dataset) (t tableNow, there bool, err error) {
	return tableOf(ctx, r.f.o.Lake, kind, d)
}

// tableNow is a table at its newest snapshot.
type tableNow struct{ sql, is string }

func tableOf(ctx context.Context, l *lake.Lake, kind lake.Kind, d sen.Dataset) (tableNow, bool, error) {
	t, err := l.Lookup(ctx, kind, d)
	if sen.KindOf(err) == sen.NotFound {
		return tableNow{}, false, nil
	}
	if err != nil {
		return tableNow{}, false, err
	}
	current, ok := t.Current()
	if !ok {
		return tableNow{}, false, nil
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return tableNow{relation(scan), string(kind) + "/" + string(d) + "@" + current.String()}, true, err
}

// relationPlan is how the relations of one relationship are made.
type relationPlan struct {
	make  string // the statement that makes the table of what the rows say
	query string // over that table, in the columns of relationFields; "" where no records have come in
	from  string // what they are made from
}

func (r *relating) plan(ctx context.Context, e *link.Entity, name string) (p relationPlan, err error) {
	one, _ := e.Relationships.Get(name)
	own, _, err := r.table(ctx, lake.Links, EntityDataset(e.Entity))
	if err != nil {
		return p, err
	}
	with, there, err := r.table(ctx, lake.Links, EntityDataset(e.With(one)))
	if err != nil || !there {
		return p, err
	}
	p.from = " " + own.is + " " + with.is
	var parts []string
	for _, record := range one.Records.Names() {
		dataset, _, _ := strings.Cut(record, "/")
		clean, there, err := r.table(ctx, lake.Clean, sen.Dataset(dataset))
		if err != nil {
			return p, err
		}
		if there {
			p.from += " " + clean.is
			parts = append(parts, rowsOf(one, record, own, with, clean, e.With(one) == e.Entity))
		}
	}
	if len(parts) == 0 {
		return p, nil
	}
	table := engine.Ident("sen_relation_" + name)
	p.make = "CREATE OR REPLACE TEMP TABLE " + table + " AS " + strings.Join(parts, "\nUNION ALL\n")
	until, joins := "r.until"+endOfSuccession(one, table), ""
	if one.Ends != "" {
		golden, there, err := r.table(ctx, lake.Golden, EntityDataset(e.Entity))
		if err != nil || !there {
			return p, err
		}
		p.from += " " + golden.is
		ended := "(SELECT entity, TRY_CAST(" + engine.Ident(one.Ends) + " AS DATE) AS day FROM " + golden.sql + ")"
		joins = " LEFT JOIN " + ended + " a ON a.entity = r.entity LEFT JOIN " + ended + " b ON b.entity = r.other"
		until += ", a.day, b.day"
	}
	p.query = fmt.Sprintf("SELECT r.entity, %s AS relationship, %s AS other_kind, r.other, r.dataset, r.record, r.since, least(%s) AS until, r.probability FROM %s r%s",
		engine.Literal(name), engine.Literal(e.With(one)), until, table, joins)
	return p, nil
}

// rowsOf is SQL: the rows of a dataset that bring two things together. A row that
// would make a thing its own other one says nothing.
func rowsOf(one link.Relationship, record string, own, with, clean tableNow, alike bool) string {
	days, _ := one.Records.Get(record)
	day := func(column string) string {
		if column == "" {
			return "CAST(NULL AS DATE)"
		}
		return "TRY_CAST(c." + engine.Ident(column) + " AS DATE)"
	}
	joins := ""
	if days.Since+days.Until != "" {
		joins = " JOIN " + clean.sql + " c ON c._key = a.record"
	}
	where := "(a.entity IS NOT NULL OR b.entity IS NOT NULL)"
	if alike {
		where += " AND a.entity IS DISTINCT FROM b.entity"
	}
	return fmt.Sprintf(`SELECT a.entity, b.entity AS other, b.dataset, b.record, %s AS since, %s AS until,
 CASE WHEN a.entity IS NOT NULL AND b.entity IS NOT NULL THEN coalesce(a.probability, 1) * coalesce(b.probability, 1) END AS probability
FROM (SELECT * FROM %s WHERE dataset = %s) a JOIN (SELECT * FROM %s WHERE dataset = %s) b ON a.record = b.record%s WHERE %s`,
		day(days.Since), day(days.Until), own.sql, engine.Literal(one.Of(record)), with.sql, engine.Literal(record), joins, where)
}

// endOfSuccession is SQL: further days that may end a relation, each with a
// comma before it. What one record begins another may end, as a divorce does a
// marriage; where there is one at a time, the next one's first day ends it, also
// where nobody knows who the next one is.
func endOfSuccession(one link.Relationship, table string) string {
	out := ""
	for _, record := range one.Records.Names() {
		if days, _ := one.Records.Get(record); days.Until != "" {
			out = ", (SELECT min(p.until) FROM " + table + " p WHERE p.entity = r.entity AND p.other = r.other AND p.until >= r.since)"
		}
	}
	if one.Exclusive {
		out += ", (SELECT min(n.since) FROM " + table + " n WHERE n.entity = r.entity AND n.other IS DISTINCT FROM r.other AND n.since > r.since)"
	}
	return out
}
