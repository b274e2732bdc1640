package resolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// Conflicts is the relation of what is most likely wrong: entity, field,
// dataset, record, said, against (what the others say), evidence (who they
// are), bits (by how much they outweigh it) and survived (the golden record
// shows what is most likely wrong).
const Conflicts = "sen_conflicts"

// ConflictReport counts conflicts.
type ConflictReport struct {
	Entity    string     `json:"entity"`
	Things    int64      `json:"things"`    // of which datasets say different things
	Undecided int64      `json:"undecided"` // fields of things where neither side outweighs the other
	Survived  int64      `json:"survived"`  // fields of golden records that show what is most likely wrong
	By        []Conflict `json:"by"`        // the most records first
}

// Conflict is what of one column of a dataset is most likely wrong.
type Conflict struct {
	Dataset string  `json:"dataset"` // dataset, or dataset/part
	Field   string  `json:"field"`
	Column  string  `json:"column"`
	Records int64   `json:"records"`
	Of      int64   `json:"of"`         // its values that others say something of, about
	Rate    float64 `json:"error_rate"` // of them, that is wrong
}

// Constants of the method.
const (
	rounds    = 6      // of estimating who is wrong and how often; more change nothing that is shown
	firstRate = 0.02   // of everybody, before anything is known
	doubt     = 100    // how many values of the field's own rate each dataset is taken to have shown already
	sampled   = 20_000 // things by which it is counted how many values agree
	outweighs = 3.0    // bits, odds of eight to one, from which somebody is called wrong
)

// foldMacro makes sen_fold, by which values that differ in form alone are one.
const foldMacro = "CREATE OR REPLACE TEMP MACRO sen_fold(x) AS replace(strip_accents(lower(x)), 'đ', 'd')"

// FindConflicts makes the relation Conflicts in the session, from the links and
// golden records of an entity, relations as Run makes them, and from the
// records that they were made of.
//
// A field of a thing is in conflict where records of different datasets say
// different values of it, beyond their form, and the field does not move with
// time (survivorship `newest`: an older address is history). A year agrees with
// every day in it. A record that mentions a thing knows nothing of it; it counts
// where it gives the thing's key beside another name.
//
// Who is most likely wrong is found by truth discovery: a value is probable if
// reliable sources say it, and a source is reliable if what it says is probable
// (Yin, Han and Yu, TruthFinder, 2008). The estimate is that of Dawid and Skene
// (1979) with one rate of error e for each dataset and field, by EM over all
// disputed fields and what nobody disputes. A side weighs the sum of
// log2((1-e)/e) bits over the agencies that say it: an agency's datasets know
// of one another, and count once. An authority has no weight but its own e.
func FindConflicts(ctx context.Context, c *engine.Conn, entity *link.Entity, sources []Source, links, golden string) (ConflictReport, error) {
	d := &disputes{run: run{c: c, entity: entity, sources: sources}, links: links, golden: golden, report: ConflictReport{Entity: entity.Entity, By: []Conflict{}}}
	d.choose()
	for _, step := range []func(context.Context) error{d.looked, d.said, d.sides, d.learn, d.blame, d.count} {
		if err := step(ctx); err != nil {
			return d.report, fmt.Errorf("entity %s: %w", entity.Entity, err)
		}
	}
	return d.report, nil
}

// disputes is one search for conflicts.
type disputes struct {
	run
	links, golden string
	fields        []string // that can be in conflict
	name          string   // the one of them by which a mention can contradict a thing; or none
	factor        float64  // things for each one of the sample
	report        ConflictReport
}

// choose finds the fields that can be in conflict: several datasets know them,
// and they stay as they are.
func (d *disputes) choose() {
	name, _ := d.nameAndBirth()
	for _, f := range d.entity.Fields.Names() {
		field, _ := d.entity.Fields.Get(f)
		var datasets []string
		for _, s := range d.sources {
			dataset, _, _ := strings.Cut(s.Name, "/")
			if s.gives(f) && (s.Record.Role != link.Mentioning || f == name) && !slices.Contains(datasets, dataset) {
				datasets = append(datasets, dataset)
			}
		}
		if field.Then == "newest" || len(datasets) < 2 {
			continue
		}
		d.fields = append(d.fields, f)
		if f == name {
			d.name = name
		}
	}
}

// says are the fields that count of what a source says.
func (d *disputes) says(s Source) (out []string) {
	for _, f := range d.fields {
		if s.gives(f) && (s.Record.Role != link.Mentioning || f == d.name && s.gives(d.keys()[0])) {
			out = append(out, f)
		}
	}
	return out
}

// recordsOf is SQL after FROM: the linked records l of a source, and what they
// say, m.
func (d *disputes) recordsOf(s Source, and string) string {
	return fmt.Sprintf("(SELECT entity, record FROM %s WHERE dataset = %s AND entity IS NOT NULL%s) l JOIN %s m ON m._key = l.record",
		d.links, engine.Literal(s.Name), and, s.Relation)
}

// column is a field's column of a source as text.
func (s Source) column(field string) string {
	return "CAST(m." + engine.Ident(s.Record.Fields[field]) + " AS VARCHAR)"
}

// isAnother is SQL: two names are those of two people, and not one name
// written in two ways; NULL where one is not known.
func isAnother(a, b string) string {
	// A CASE, since it works out what is dear for the few that come to it alone.
	return fmt.Sprintf("CASE WHEN %[1]s = %[2]s THEN false WHEN sen_fold(%[1]s) = sen_fold(%[2]s) THEN false ELSE jaro_winkler_similarity(sen_fold(%[1]s), sen_fold(%[2]s)) < 0.85 END", a, b)
}

// looked makes sen_looked: the things of which something is disputed, and a
// sample of all others to hold them against.
func (d *disputes) looked(ctx context.Context) error {
	if err := d.exec(ctx, foldMacro); err != nil {
		return err
	}
	var things int64
	if err := d.c.Row(ctx, "SELECT count(*) FROM "+d.golden, &things); err != nil {
		return err
	}
	every := max(1, things/sampled)
	d.factor = float64(every)
	disputed := []string{"false"}
	for _, f := range d.fields {
		disputed = append(disputed, engine.Ident(f+"_rejected")+" IS NOT NULL")
	}
	if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_looked AS SELECT entity, hash(entity) %% %d = 0 AS sampled FROM %s WHERE %s OR hash(entity) %% %[1]d = 0",
		every, d.golden, strings.Join(disputed, " OR ")); err != nil {
		return err
	}
	return d.lookedByMentions(ctx)
}

// lookedByMentions adds the things that a record mentions by their key and
// beside another name.
func (d *disputes) lookedByMentions(ctx context.Context) error {
	var mentions []string
	for _, s := range d.sources {
		if s.Record.Role == link.Mentioning && len(d.says(s)) > 0 {
			mentions = append(mentions, "SELECT l.entity, "+s.column(d.name)+" AS name FROM "+d.recordsOf(s, " AND how = '"+ByKey+"'"))
		}
	}
	if len(mentions) == 0 {
		return nil
	}
	// As a condition of the join, the comparison of names would be made of all pairs.
	return d.exec(ctx, `INSERT INTO sen_looked SELECT g.entity, false FROM (%s) m JOIN %s g ON g.entity = m.entity
WHERE g.entity NOT IN (SELECT entity FROM sen_looked) GROUP BY g.entity HAVING bool_or(%s)`,
		strings.Join(mentions, " UNION ALL "), d.golden, isAnother("m.name", "g."+engine.Ident(d.name)))
}

// said makes sen_said, a row for each value that a record says of a thing that
// is looked at: form is what it says beyond how it is written, counts whether it
// is held against what others say. A mention of the name that the thing has is not.
func (d *disputes) said(ctx context.Context) error {
	if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_said (entity BIGINT, field VARCHAR, dataset VARCHAR, agency VARCHAR, record BIGINT, said VARCHAR, form VARCHAR, counts BOOLEAN)"); err != nil {
		return err
	}
	for _, s := range d.sources {
		fields := d.says(s)
		if len(fields) == 0 {
			continue
		}
		and, join := " AND entity IN (SELECT entity FROM sen_looked)", ""
		if s.Record.Role == link.Mentioning {
			and, join = and+" AND how = '"+ByKey+"'", " JOIN "+d.golden+" g ON g.entity = l.entity"
		}
		var list []string
		for _, f := range fields {
			list = append(list, fmt.Sprintf("{field: %s, said: %s, form: %s, counts: %s}", engine.Literal(f), s.column(f), folded(s.column(f)), d.counts(s, f)))
		}
		agency, _, _ := strings.Cut(s.Name, ".")
		if err := d.exec(ctx, `INSERT INTO sen_said SELECT entity, v.field, %s, %s, record, v.said, v.form, v.counts FROM (SELECT l.entity, l.record, unnest([%s]) AS v FROM %s%s) WHERE v.said IS NOT NULL`,
			engine.Literal(s.Name), engine.Literal(agency), strings.Join(list, ", "), d.recordsOf(s, and), join); err != nil {
			return err
		}
	}
	if err := d.former(ctx); err != nil {
		return err
	}
	return d.whole(ctx)
}

// former leaves out what records say of the first key where it is another key
// of the thing, or one that the first lawfully replaced: they are not wrong.
func (d *disputes) former(ctx context.Context) error {
	first := d.entity.Match.Keys[0]
	var known []string
	columns := []string{"entity"}
	for _, f := range append(d.keys()[1:], first.Succeeds) {
		if f != "" {
			columns = append(columns, engine.Ident(f), engine.Ident(f+"_rejected"))
			known = append(known, fmt.Sprintf("s.said = g.%s", engine.Ident(f)), fmt.Sprintf("contains(g.%s, s.said)", engine.Ident(f+"_rejected")))
		}
	}
	if len(known) == 0 || !slices.Contains(d.fields, first.Field) {
		return nil
	}
	return d.exec(ctx, "DELETE FROM sen_said AS s USING (SELECT %s FROM %s WHERE entity IN (SELECT entity FROM sen_looked)) g WHERE s.entity = g.entity AND s.field = %s AND (%s)",
		strings.Join(columns, ", "), d.golden, engine.Literal(first.Field), strings.Join(known, " OR "))
}

// folded is SQL: a value without how it is written.
func folded(value string) string {
	return "trim(regexp_replace(sen_fold(" + value + "), '\\s+', ' ', 'g'))"
}

// counts is SQL: what a source says of a field is held against what others say.
func (d *disputes) counts(s Source, f string) string {
	if s.Record.Role == link.Mentioning {
		return "coalesce(" + isAnother(s.column(f), "g."+engine.Ident(f)) + ", false)"
	}
	return "true"
}

// whole takes a date of which a part is known, as 1943, for the day that most
// say within it.
func (d *disputes) whole(ctx context.Context) error {
	var dates []string
	for _, f := range d.fields {
		if field, _ := d.entity.Fields.Get(f); field.Element == "date" {
			dates = append(dates, engine.Literal(f))
		}
	}
	if len(dates) == 0 {
		return nil
	}
	return d.exec(ctx, `UPDATE sen_said AS s SET form = w.form FROM (
  SELECT p.entity, p.field, p.form AS part, arg_max(w.form, row(w.n, w.form)) AS form
  FROM (SELECT DISTINCT entity, field, form FROM sen_said WHERE field IN (%[1]s) AND strlen(form) < 10) p
  JOIN (SELECT entity, field, form, count(DISTINCT agency) AS n FROM sen_said WHERE field IN (%[1]s) AND strlen(form) = 10 GROUP BY ALL) w
    ON p.entity = w.entity AND p.field = w.field AND starts_with(w.form, p.form) GROUP BY ALL) w
WHERE s.entity = w.entity AND s.field = w.field AND s.form = w.part`, strings.Join(dates, ", "))
}

// sides makes sen_sides, who says what of each disputed field (share: of what
// a dataset says of it), and sen_rates, of each dataset and field how many
// values others say something of, about, and how often it is wrong.
func (d *disputes) sides(ctx context.Context) error {
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE sen_fields AS SELECT entity, field, count(DISTINCT form) FILTER (counts) AS forms FROM sen_said GROUP BY ALL HAVING count(DISTINCT dataset) > 1`,
		`CREATE OR REPLACE TEMP TABLE sen_sides AS SELECT * EXCLUDE (n), n / sum(n) OVER (PARTITION BY entity, field, dataset) AS share
FROM (SELECT entity, field, form, agency, dataset, count(*) AS n FROM sen_said JOIN sen_fields USING (entity, field) WHERE forms > 1 AND counts GROUP BY ALL)`,
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE sen_rates AS SELECT dataset, field, sum(CASE WHEN forms > 1 THEN 1 ELSE %g END) AS n, %g::DOUBLE AS e
FROM (SELECT DISTINCT entity, field, dataset, forms FROM sen_said JOIN sen_fields USING (entity, field) JOIN sen_looked USING (entity) WHERE forms > 1 OR sampled) GROUP BY ALL`, d.factor, firstRate),
	} {
		if err := d.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// learn estimates who is wrong and how often, in turn. Sums are rounded, since
// threads add them up in another order each time: the same records give the same
// answer.
func (d *disputes) learn(ctx context.Context) error {
	for range rounds {
		if err := d.weigh(ctx); err != nil {
			return err
		}
		if err := d.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_rates AS
WITH wrong AS (SELECT dataset, field, sum(share * (1 - p)) AS wrong FROM sen_sides JOIN sen_weighed USING (entity, field, form) GROUP BY ALL),
 of_field AS (SELECT field, sum(coalesce(wrong, 0)) / sum(n) AS e FROM sen_rates LEFT JOIN wrong USING (dataset, field) GROUP BY field)
SELECT r.dataset, r.field, r.n, round(least(0.4, greatest(1e-5, (coalesce(wrong, 0) + %[1]d * f.e) / (r.n + %[1]d))), 12) AS e
FROM sen_rates r LEFT JOIN wrong USING (dataset, field) JOIN of_field f ON f.field = r.field`, doubt); err != nil {
			return err
		}
	}
	return d.weigh(ctx)
}

// weigh makes sen_weighed: of each side of a disputed field its bits, and the
// probability p that it is right if one of them is.
func (d *disputes) weigh(ctx context.Context) error {
	return d.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_weighed AS
WITH agencies AS (SELECT entity, field, form, agency, max(share * log2((1 - e) / e)) AS bits FROM sen_sides JOIN sen_rates USING (dataset, field) GROUP BY ALL),
 weights AS (SELECT entity, field, form, round(sum(bits), 9) AS bits FROM agencies GROUP BY ALL),
 best AS (SELECT *, max(bits) OVER (PARTITION BY entity, field) AS best FROM weights)
SELECT entity, field, form, bits, best, pow(2, bits - best) / sum(pow(2, bits - best)) OVER (PARTITION BY entity, field) AS p FROM best`)
}

// blame makes the relation Conflicts.
func (d *disputes) blame(ctx context.Context) error {
	var shown []string
	for _, f := range d.fields {
		shown = append(shown, fmt.Sprintf("SELECT entity, %s AS field, %s AS value FROM %s WHERE entity IN (SELECT entity FROM sen_won)", engine.Literal(f), engine.Ident(f), d.golden))
	}
	if len(shown) == 0 {
		shown = []string{"SELECT 0::BIGINT AS entity, '' AS field, '' AS value LIMIT 0"}
	}
	if err := d.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_won AS SELECT s.entity, s.field, any_value(s.form) AS form, any_value(w.best) AS best,
  arg_max(s.said, row(s.n, s.said)) AS said, string_agg(DISTINCT s.dataset, ', ' ORDER BY s.dataset) AS evidence
FROM (SELECT entity, field, form, dataset, said, count(*) OVER (PARTITION BY entity, field, said) AS n FROM sen_said WHERE counts) s
JOIN (SELECT entity, field, min(form) AS form, any_value(best) AS best FROM sen_weighed WHERE bits = best GROUP BY ALL) w
  ON s.entity = w.entity AND s.field = w.field AND s.form = w.form GROUP BY s.entity, s.field`); err != nil {
		return err
	}
	return d.exec(ctx, `CREATE OR REPLACE TEMP TABLE %s AS SELECT s.entity, s.field, s.dataset, s.record, s.said, w.said AS against, w.evidence, w.best - l.bits AS bits,
  coalesce(%s = s.form, false) AS survived
FROM sen_said s JOIN sen_won w USING (entity, field) JOIN sen_weighed l ON l.entity = s.entity AND l.field = s.field AND l.form = s.form
LEFT JOIN (%s) g ON g.entity = s.entity AND g.field = s.field
WHERE s.counts AND s.form <> w.form AND w.best - l.bits >= %g ORDER BY s.dataset, s.field, s.record`, Conflicts, folded("g.value"), strings.Join(shown, " UNION ALL "), outweighs)
}

// count makes the report.
func (d *disputes) count(ctx context.Context) error {
	r := &d.report
	if err := d.c.Row(ctx, `SELECT (SELECT count(DISTINCT entity) FROM sen_sides),
 (SELECT count(*) FROM (SELECT DISTINCT entity, field FROM sen_sides EXCEPT SELECT DISTINCT entity, field FROM `+Conflicts+`)),
 (SELECT count(*) FROM (SELECT DISTINCT entity, field FROM `+Conflicts+` WHERE survived))`, &r.Things, &r.Undecided, &r.Survived); err != nil {
		return err
	}
	rows, err := d.c.Query(ctx, "SELECT dataset, field, c.records, greatest(CAST(n AS BIGINT), c.records), e FROM (SELECT dataset, field, count(*) AS records FROM "+Conflicts+" GROUP BY ALL) c JOIN sen_rates USING (dataset, field)")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var one Conflict
		if err := rows.Scan(&one.Dataset, &one.Field, &one.Records, &one.Of, &one.Rate); err != nil {
			return err
		}
		at := slices.IndexFunc(d.sources, func(s Source) bool { return s.Name == one.Dataset })
		one.Column = d.sources[at].Record.Fields[one.Field]
		r.By = append(r.By, one)
	}
	slices.SortFunc(r.By, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Field, b.Field))
	})
	return rows.Err()
}
