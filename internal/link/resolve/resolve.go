// Package resolve finds, for an entity of a hub, which records of which
// datasets speak of one thing, and what survives of what they say: links and
// golden records. In come relations of the engine and the entity's file; out
// go two relations. It reads no file and writes none.
//
// Keys decide first, where they are plausible. What no key decides is compared
// as package link does, with the things that are known and with one another;
// two things of the register are never one.
package resolve

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// Source is records that speak of the entity: a relation in parentheses, with
// the column _key.
type Source struct {
	Name     string // dataset, or dataset/part
	Relation string
	Record   link.Record
}

// Links and golden records, as relations of the session.
const (
	Links  = "sen_links"
	Golden = "sen_golden"
)

// How a record was linked.
const (
	ByKey      = "key"       // by the entity's first key
	ByOtherKey = "other-key" // by another key, as an old number
	Probable   = "probable"  // by what it says, with a probability
	Alone      = "alone"     // it speaks of a thing that nothing else knows
)

// Report counts what was found.
type Report struct {
	Entity    string           `json:"entity"`
	Records   int64            `json:"records"`
	Linked    map[string]int64 `json:"linked"` // records, by how
	Unlinked  int64            `json:"unlinked"`
	Things    int64            `json:"things"`
	Conflicts int64            `json:"conflicts"` // records whose key names a thing that name and birth date contradict
	Change    *Change          `json:"change,omitempty"`
}

// Change is what a run made of the things of the run before it.
type Change struct {
	Merged   int64 `json:"merged"`   // things that were several
	Split    int64 `json:"split"`    // things that became several
	Appeared int64 `json:"appeared"` // things that were not there
	Gone     int64 `json:"gone"`     // things that are not there any more
}

// run is one resolution in one session.
type run struct {
	c       *engine.Conn
	entity  *link.Entity
	sources []Source
	report  Report
}

// Run makes the relations Links (entity BIGINT, dataset, record BIGINT, how,
// probability) and Golden in the session. before is the relation of the links
// of an earlier run, or empty: their identifiers are kept.
func Run(ctx context.Context, c *engine.Conn, entity *link.Entity, sources []Source, before string) (Report, error) {
	r := &run{c: c, entity: entity, sources: sources, report: Report{Entity: entity.Entity, Linked: map[string]int64{}}}
	for _, step := range []func(context.Context) error{r.mentions, r.register, r.byKey, r.byComparison, r.alone,
		func(ctx context.Context) error { return r.keepIdentifiers(ctx, before) }, r.golden, r.count} {
		if err := step(ctx); err != nil {
			return r.report, fmt.Errorf("entity %s: %w", entity.Entity, err)
		}
	}
	return r.report, nil
}

func (r *run) exec(ctx context.Context, format string, args ...any) error {
	return r.c.Exec(ctx, fmt.Sprintf(format, args...))
}

// keys are the fields that are keys, the first one first.
func (r *run) keys() []string { return r.entity.Match.Keys }

func mention(i int) string { return fmt.Sprintf("sen_m%d", i) }

// mentions makes a view of each source's records under the entity's fields.
func (r *run) mentions(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP MACRO sen_fold(x) AS replace(strip_accents(lower(x)), 'đ', 'd')"); err != nil {
		return err
	}
	for i, s := range r.sources {
		columns, said := []string{"_key AS _record"}, []string{"NULL"}
		for _, f := range r.entity.Fields.Names() {
			if column, given := s.Record.Fields[f]; given {
				columns = append(columns, fmt.Sprintf("CAST(%s AS VARCHAR) AS %s", engine.Ident(column), engine.Ident(f)))
				said = append(said, "CAST("+engine.Ident(column)+" AS VARCHAR)")
			}
		}
		asOf := "CAST(NULL AS DATE)"
		if s.Record.AsOf != "" {
			asOf = "TRY_CAST(" + engine.Ident(s.Record.AsOf) + " AS DATE)"
		}
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP VIEW %s AS SELECT %s, %s AS _as_of FROM %s WHERE coalesce(%s) IS NOT NULL", mention(i), strings.Join(columns, ", "), asOf, s.Relation, strings.Join(said, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// gives reports whether a source says a field.
func (s Source) gives(field string) bool { _, given := s.Record.Fields[field]; return given }

// value is a field of a source as SQL, NULL where it does not say it.
func (s Source) value(field string) string {
	if s.gives(field) {
		return engine.Ident(field)
	}
	return "CAST(NULL AS VARCHAR)"
}

// The fields by which a shared key is plausible.
func (r *run) nameAndBirth() (name, birth string) {
	for _, f := range r.entity.Fields.Names() {
		field, _ := r.entity.Fields.Get(f)
		switch {
		case name == "" && field.Element == "person-name":
			name = f
		case birth == "" && field.Element == "date":
			birth = f
		}
	}
	return name, birth
}

// register makes the table of the things that have a key: those of the
// authoritative records, and those that two records at least name alike.
func (r *run) register(ctx context.Context) error {
	key := r.keys()[0]
	name, birth := r.nameAndBirth()
	var parts []string
	for i, s := range r.sources {
		if !s.gives(key) {
			continue
		}
		rank := map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: 2}[s.Record.Role]
		parts = append(parts, fmt.Sprintf("SELECT %s AS _k, %s AS _name, %s AS _birth, %d AS _rank FROM %s WHERE %[1]s IS NOT NULL",
			engine.Ident(key), s.value(name), s.value(birth), rank*100+i, mention(i)))
	}
	if len(parts) == 0 {
		return fmt.Errorf("no records give its key %s", key)
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_register AS
SELECT _k, CAST(hash(%s, _k) >> 1 AS BIGINT) AS _id, sen_fold(arg_min(_name, _rank)) AS _name, arg_min(_birth, _rank) AS _birth, min(_rank) AS _rank
FROM (%s) GROUP BY _k
HAVING min(_rank) < 100 OR count(*) > 1 AND count(DISTINCT sen_fold(_name)) <= 1`, engine.Literal(r.entity.Entity), strings.Join(parts, "\nUNION ALL\n"))
}

// byKey links the records whose keys are plausible. A key that several things
// share is none.
func (r *run) byKey(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s (entity BIGINT, dataset VARCHAR, record BIGINT, how VARCHAR, probability DOUBLE)", Links); err != nil {
		return err
	}
	others := r.keys()[1:]
	for _, other := range others {
		if err := r.otherKey(ctx, other); err != nil {
			return err
		}
	}
	for i, s := range r.sources {
		if err := r.linkByKey(ctx, i, s, others); err != nil {
			return err
		}
	}
	return nil
}

func other(key string) string { return engine.Ident("sen_by_" + key) }

func (r *run) otherKey(ctx context.Context, key string) error {
	first := r.keys()[0]
	var parts []string
	for i, s := range r.sources {
		if s.gives(key) && s.gives(first) && s.Record.Role != link.Mentioning {
			parts = append(parts, fmt.Sprintf("SELECT %s AS _k, %s AS _first FROM %s WHERE %[1]s IS NOT NULL", engine.Ident(key), engine.Ident(first), mention(i)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"SELECT '' AS _k, '' AS _first LIMIT 0"}
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE %s AS SELECT m._k, min(g._id) AS _id, any_value(g._name) AS _name, any_value(g._birth) AS _birth
FROM (%s) m JOIN sen_register g ON m._first = g._k GROUP BY m._k HAVING count(DISTINCT g._id) = 1`, other(key), strings.Join(parts, " UNION ALL "))
}

// contradicts is SQL: name and birth date of a record and of a thing both
// differ. What is missing contradicts nothing.
func (r *run) contradicts(s Source, thing string) string {
	name, birth := r.nameAndBirth()
	if !s.gives(name) || !s.gives(birth) {
		return "false"
	}
	return fmt.Sprintf(`coalesce(sen_fold(m.%[1]s) <> %[3]s._name AND jaro_winkler_similarity(sen_fold(m.%[1]s), %[3]s._name) < 0.85
 AND m.%[2]s <> %[3]s._birth AND left(m.%[2]s, 4) <> left(%[3]s._birth, 4), false)`, engine.Ident(name), engine.Ident(birth), thing)
}

func (r *run) linkByKey(ctx context.Context, i int, s Source, others []string) error {
	first := r.keys()[0]
	joins, ids, hows := "", []string{}, "CASE"
	join := func(table, alias, column, how string) {
		joins += fmt.Sprintf(" LEFT JOIN %s %s ON m.%s = %[2]s._k", table, alias, engine.Ident(column))
		fits := fmt.Sprintf("CASE WHEN NOT %s THEN %s._id END", r.contradicts(s, alias), alias)
		ids = append(ids, fits)
		hows += fmt.Sprintf(" WHEN %s IS NOT NULL THEN '%s'", fits, how)
	}
	if s.gives(first) {
		join("sen_register", "g", first, ByKey)
	}
	for n, key := range others {
		alias := fmt.Sprintf("o%d", n)
		if s.gives(key) {
			join(other(key), alias, key, ByOtherKey)
		}
		if s.gives(first) {
			join(other(key), alias+"f", first, ByOtherKey) // an old number where the new one belongs
		}
	}
	if len(ids) == 0 {
		ids, hows = []string{"CAST(NULL AS BIGINT)"}, "CASE WHEN false THEN ''"
	}
	conflict := "false"
	if s.gives(first) {
		conflict = "g._id IS NOT NULL AND " + r.contradicts(s, "g")
	}
	if err := r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_step AS SELECT coalesce(%s) AS entity, m._record AS record, %s END AS how, %s AS conflict FROM %s m%s`,
		strings.Join(ids, ", "), hows, conflict, mention(i), joins); err != nil {
		return err
	}
	var conflicts int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM sen_step WHERE conflict", &conflicts); err != nil {
		return err
	}
	r.report.Conflicts += conflicts
	return r.exec(ctx, "INSERT INTO %s SELECT entity, %s, record, how, CASE WHEN how IS NOT NULL THEN 1.0 END FROM sen_step", Links, engine.Literal(s.Name))
}

// alone gives what nothing was found for a thing of its own, where its source
// knows things and does not only mention them.
func (r *run) alone(ctx context.Context) error {
	var names []string
	for _, s := range r.sources {
		if s.Record.Role != link.Mentioning {
			names = append(names, engine.Literal(s.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return r.exec(ctx, `UPDATE %s SET entity = CAST(hash(%s, dataset, record) >> 1 AS BIGINT), how = '%s' WHERE entity IS NULL AND dataset IN (%s)`,
		Links, engine.Literal(r.entity.Entity), Alone, strings.Join(names, ", "))
}

// keepIdentifiers calls each thing what most of its records were called
// before; of two that would be called the same, the one with more of them.
func (r *run) keepIdentifiers(ctx context.Context, before string) error {
	if before == "" {
		return nil
	}
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE sen_votes AS SELECT n.entity AS now, p.entity AS was, count(*) AS votes
FROM ` + Links + ` n JOIN ` + before + ` p ON n.dataset = p.dataset AND n.record = p.record
WHERE n.entity IS NOT NULL AND p.entity IS NOT NULL GROUP BY ALL`,
		`CREATE OR REPLACE TEMP TABLE sen_names AS SELECT now, was FROM (
  SELECT *, row_number() OVER (PARTITION BY was ORDER BY votes DESC, now) AS of_was FROM (
    SELECT *, row_number() OVER (PARTITION BY now ORDER BY votes DESC, was) AS of_now FROM sen_votes) WHERE of_now = 1) WHERE of_was = 1`,
		`UPDATE ` + Links + ` SET entity = s.was FROM sen_names s WHERE entity = s.now AND s.now <> s.was`,
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	c := &Change{}
	r.report.Change = c
	return r.c.Row(ctx, `SELECT (SELECT count(*) FROM (SELECT now FROM sen_votes GROUP BY now HAVING count(*) > 1)),
 (SELECT count(*) FROM (SELECT was FROM sen_votes GROUP BY was HAVING count(*) > 1)),
 (SELECT count(DISTINCT entity) FROM `+Links+` WHERE entity NOT IN (SELECT was FROM sen_votes)),
 (SELECT count(DISTINCT entity) FROM `+before+` WHERE entity IS NOT NULL AND entity NOT IN (SELECT was FROM sen_votes))`,
		&c.Merged, &c.Split, &c.Appeared, &c.Gone)
}

// golden makes one row of each thing: of each field the value that survives,
// the dataset that gave it, the day of which it speaks, and what else was said.
func (r *run) golden(ctx context.Context) error { return r.goldenOf(ctx, r.entity.Fields.Names()) }

func (r *run) goldenOf(ctx context.Context, fields []string) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT entity, count(*) AS records, count(DISTINCT dataset) AS datasets FROM %s WHERE entity IS NOT NULL GROUP BY entity", Golden, Links); err != nil {
		return err
	}
	for _, f := range fields {
		if err := r.survive(ctx, f); err != nil {
			return fmt.Errorf("field %s: %w", f, err)
		}
	}
	return nil
}

// survive joins one field to the golden records.
func (r *run) survive(ctx context.Context, f string) error {
	field, _ := r.entity.Fields.Get(f)
	var parts []string
	for i, s := range r.sources {
		if !s.gives(f) {
			continue
		}
		rank := slices.Index(field.Believe, s.Name)
		if rank < 0 {
			rank = len(field.Believe) + map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: 2}[s.Record.Role]
		}
		parts = append(parts, fmt.Sprintf("SELECT l.entity, m.%s AS v, m._as_of, %s AS src, %d AS rank FROM %s m JOIN %s l ON l.dataset = %[2]s AND l.record = m._record WHERE l.entity IS NOT NULL AND m.%[1]s IS NOT NULL",
			engine.Ident(f), engine.Literal(s.Name), rank, mention(i), Links))
	}
	value, source, asOf, rejected := engine.Ident(f), engine.Ident(f+"_source"), engine.Ident(f+"_as_of"), engine.Ident(f+"_rejected")
	if len(parts) == 0 {
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %[1]s AS SELECT *, CAST(NULL AS VARCHAR) AS %[2]s, CAST(NULL AS VARCHAR) AS %[3]s, CAST(NULL AS DATE) AS %[4]s, CAST(NULL AS VARCHAR) AS %[5]s FROM %[1]s",
			Golden, value, source, asOf, rejected)
	}
	then := map[string]string{"": "-n", "most-agreed": "-n", "newest": "-epoch_days", "most-complete": "-strlen(v)"}[field.Then]
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE %[1]s AS
WITH said AS (SELECT entity, v, min(rank) AS rank, max(_as_of) AS as_of, arg_min(src, rank) AS src, count(*) AS n,
    coalesce(datediff('day', DATE '1800-01-01', max(_as_of)), 0) AS epoch_days FROM (%[2]s) GROUP BY entity, v),
 ordered AS (SELECT *, row_number() OVER (PARTITION BY entity ORDER BY rank, %[3]s, -epoch_days, -n, v) AS place FROM said),
 best AS (SELECT entity, any_value(v) FILTER (place = 1) AS v, any_value(src) FILTER (place = 1) AS src, any_value(as_of) FILTER (place = 1) AS as_of,
    string_agg(v || ' · ' || src, chr(10) ORDER BY place) FILTER (place > 1) AS rejected FROM ordered GROUP BY entity)
SELECT g.*, b.v AS %[4]s, b.src AS %[5]s, b.as_of AS %[6]s, b.rejected AS %[7]s FROM %[1]s g LEFT JOIN best b ON g.entity = b.entity`,
		Golden, strings.Join(parts, "\nUNION ALL\n"), then, value, source, asOf, rejected)
}

func (r *run) count(ctx context.Context) error {
	rows, err := r.c.Query(ctx, "SELECT coalesce(how, ''), count(*) FROM "+Links+" GROUP BY 1")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var how string
		var n int64
		if err := rows.Scan(&how, &n); err != nil {
			return err
		}
		r.report.Records += n
		if how == "" {
			r.report.Unlinked = n
		} else {
			r.report.Linked[how] = n
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return r.c.Row(ctx, "SELECT count(*) FROM "+Golden, &r.report.Things)
}
