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
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
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

	Seconds map[string]float64 `json:"seconds"` // by step

	Prior   float64       `json:"prior_bits,omitempty"` // of two records that were compared, before they are: log2 of the odds
	Weights []link.Weight `json:"weights,omitempty"`    // what each level of each comparison was found to be worth
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
	r := &run{c: c, entity: entity, sources: sources, report: Report{Entity: entity.Entity, Linked: map[string]int64{}, Seconds: map[string]float64{}}}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"mentions", r.mentions}, {"register", r.register}, {"keys", r.byKey}, {"compare", r.byComparison}, {"alone", r.alone},
		{"identifiers", func(ctx context.Context) error { return r.keepIdentifiers(ctx, before) }}, {"golden", r.golden}, {"count", r.count},
	} {
		begun := time.Now()
		if err := step.do(ctx); err != nil {
			return r.report, fmt.Errorf("entity %s: %w", entity.Entity, err)
		}
		r.report.Seconds[step.name] = time.Since(begun).Seconds()
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

// mentioned is from which rank on the records of a thing only mention it.
const mentioned = 200

// register makes the table of the things that have a key: those of the
// authoritative records, and those that two records at least name alike.
func (r *run) register(ctx context.Context) error {
	key := r.keys()[0]
	name, birth := r.nameAndBirth()
	var sure, other []string
	for i, s := range r.sources {
		if !s.gives(key) {
			continue
		}
		rank := map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: mentioned / 100}[s.Record.Role]
		part := fmt.Sprintf("SELECT %s AS _k, %s AS _name, %s AS _birth, %d AS _rank FROM %s WHERE %[1]s IS NOT NULL",
			engine.Ident(key), s.value(name), s.value(birth), rank*100+i, mention(i))
		if s.Record.Role == link.Authoritative {
			sure = append(sure, part)
		} else {
			other = append(other, part+" AND "+engine.Ident(key)+" NOT IN (SELECT _k FROM sen_register)")
		}
	}
	if len(sure)+len(other) == 0 {
		return sen.Errorf(sen.NotFound, "no records that have come in give its key %s", key)
	}
	known := fmt.Sprintf(`SELECT _k, CAST(hash(%s, _k) >> 1 AS BIGINT) AS _id, sen_fold(arg_min(_name, row(_rank, _name))) AS _name, arg_min(_birth, row(_rank, _birth)) AS _birth, min(_rank) AS _rank`, engine.Literal(r.entity.Entity))
	if len(sure) == 0 {
		sure = []string{"SELECT '' AS _k, '' AS _name, '' AS _birth, 0 AS _rank LIMIT 0"}
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_register AS %s FROM (%s) GROUP BY _k", known, strings.Join(sure, "\nUNION ALL\n")); err != nil || len(other) == 0 {
		return err
	}
	return r.exec(ctx, "INSERT INTO sen_register %s FROM (%s) GROUP BY _k HAVING count(*) > 1 AND count(DISTINCT sen_fold(_name)) <= 1", known, strings.Join(other, "\nUNION ALL\n"))
}

// byKey links the records whose keys are plausible. A key that several things
// share is none.
func (r *run) byKey(ctx context.Context) error {
	others := r.keys()[1:]
	for _, other := range others {
		if err := r.otherKey(ctx, other); err != nil {
			return err
		}
	}
	all := make([]string, len(r.sources))
	for i, s := range r.sources {
		if err := r.linkByKey(ctx, i, s, others); err != nil {
			return err
		}
		all[i] = fmt.Sprintf("SELECT _entity AS entity, %s AS dataset, _record AS record, _how AS how, _probability AS probability FROM %s", engine.Literal(s.Name), linksOf(i))
	}
	return r.exec(ctx, "CREATE OR REPLACE TEMP VIEW %s AS %s", Links, strings.Join(all, "\nUNION ALL\n"))
}

// linksOf is the table of one source's links: _entity, _record, _how,
// _probability, and what the record says.
func linksOf(i int) string { return fmt.Sprintf("sen_l%d", i) }

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
	return fmt.Sprintf(`CASE WHEN left(m.%[2]s, 4) = left(%[3]s._birth, 4) OR m.%[2]s IS NULL OR %[3]s._birth IS NULL OR m.%[1]s IS NULL OR %[3]s._name IS NULL THEN false
 WHEN sen_fold(m.%[1]s) = %[3]s._name THEN false ELSE jaro_winkler_similarity(sen_fold(m.%[1]s), %[3]s._name) < 0.85 END`, engine.Ident(name), engine.Ident(birth), thing)
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
		if field, _ := r.entity.Fields.Get(key); s.gives(first) && field.Element == "identity-number-old" {
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
	if err := r.exec(ctx, `CREATE OR REPLACE TEMP TABLE %s AS SELECT coalesce(%s) AS _entity, %s END AS _how, CASE WHEN coalesce(%s) IS NOT NULL THEN 1.0::DOUBLE END AS _probability, %s AS _conflict, m.* FROM %s m%s`,
		linksOf(i), strings.Join(ids, ", "), hows, strings.Join(ids, ", "), conflict, mention(i), joins); err != nil {
		return err
	}
	var conflicts int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM "+linksOf(i)+" WHERE _conflict", &conflicts); err != nil {
		return err
	}
	r.report.Conflicts += conflicts
	return nil
}

// alone gives what nothing was found for a thing of its own, where its source
// knows things and does not only mention them.
func (r *run) alone(ctx context.Context) error {
	for i, s := range r.sources {
		if s.Record.Role == link.Mentioning {
			continue
		}
		if err := r.exec(ctx, `UPDATE %s SET _entity = CAST(hash(%s, %s, _record) >> 1 AS BIGINT), _how = '%s' WHERE _entity IS NULL`,
			linksOf(i), engine.Literal(r.entity.Entity), engine.Literal(s.Name), Alone); err != nil {
			return err
		}
	}
	return nil
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
		// Who has a number that was another's would be called as that one is.
		`INSERT INTO sen_names SELECT DISTINCT entity, CAST(hash('again', entity) >> 1 AS BIGINT) FROM ` + Links + `
WHERE entity IN (SELECT was FROM sen_names) AND entity NOT IN (SELECT now FROM sen_names)`,
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	for i := range r.sources {
		if err := r.exec(ctx, "UPDATE %s SET _entity = s.was FROM sen_names s WHERE _entity = s.now AND s.now <> s.was", linksOf(i)); err != nil {
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
func (r *run) golden(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT entity, count(*) AS records, count(DISTINCT dataset) AS datasets FROM %s WHERE entity IS NOT NULL GROUP BY entity", Golden, Links); err != nil {
		return err
	}
	var things int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM "+Golden, &things); err != nil {
		return err
	}
	atOnce := int(max(4, fieldsInMemory/max(things, 1)))
	for batch := range slices.Chunk(r.entity.Fields.Names(), atOnce) {
		columns, joins := "g.*", ""
		for n, f := range batch {
			if err := r.survive(ctx, f, n); err != nil {
				return fmt.Errorf("field %s: %w", f, err)
			}
			t := survivors(n)
			columns += fmt.Sprintf(", %[1]s.v AS %[2]s, %[1]s.src AS %[3]s, %[1]s.as_of AS %[4]s, %[1]s.rejected AS %[5]s", t,
				engine.Ident(f), engine.Ident(f+"_source"), engine.Ident(f+"_as_of"), engine.Ident(f+"_rejected"))
			joins += fmt.Sprintf(" LEFT JOIN %[1]s ON g.entity = %[1]s.entity", t)
		}
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %[1]s AS SELECT %[2]s FROM %[1]s g%[3]s", Golden, columns, joins); err != nil {
			return err
		}
	}
	return nil
}

// fieldsInMemory is how many fields of things are joined to the golden records
// at a time: more are quicker, and take more memory.
const fieldsInMemory = 20_000_000

// survivors is the table of what survives of the nth field of a batch: entity,
// v, src, as_of, rejected.
func survivors(n int) string { return fmt.Sprintf("sen_f%d", n) }

// survive makes the table of what survives of a field. Most things have one value of
// the dataset that is believed first, and nobody says another: those are
// settled by one join; only where there is more to say are all values ordered.
func (r *run) survive(ctx context.Context, f string, n int) error {
	parts := r.partsOf(f)
	if len(parts) == 0 {
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s (entity BIGINT, v VARCHAR, src VARCHAR, as_of DATE, rejected VARCHAR)", survivors(n))
	}
	if err := r.first(ctx, parts); err != nil {
		return err
	}
	var several int64
	if err := r.c.Row(ctx, fmt.Sprintf("SELECT count(*) FROM sen_first WHERE v <> w AND rank = %d", parts[0].rank), &several); err != nil {
		return err
	}
	if several == 0 {
		parts = parts[1:] // it says one value of each
	}
	if len(parts) == 0 {
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT entity, v, src, as_of, CAST(NULL AS VARCHAR) AS rejected FROM sen_first", survivors(n))
	}
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = p.sql
	}
	field, _ := r.entity.Fields.Get(f)
	then := map[string]string{"": "-n", "most-agreed": "-n", "newest": "-epoch_days", "most-complete": "-strlen(v)"}[field.Then]
	if err := r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_more AS
WITH other AS (SELECT o.entity, o.v, o._as_of, o.src, o.rank FROM (%s) o LEFT JOIN sen_first b ON o.entity = b.entity WHERE b.entity IS NULL OR b.v <> b.w OR o.v <> b.v),
 heard AS (FROM other UNION ALL SELECT entity, v, as_of, src, rank FROM sen_first WHERE v = w AND entity IN (SELECT entity FROM other)),
 said AS (SELECT entity, v, min(rank) AS rank, max(_as_of) AS as_of, arg_min(src, row(rank, src)) AS src, count(*) AS n,
    coalesce(datediff('day', DATE '1800-01-01', max(_as_of)), 0) AS epoch_days FROM heard GROUP BY entity, v),
 ordered AS (SELECT *, row_number() OVER (PARTITION BY entity ORDER BY rank, %s, -epoch_days, -n, v) AS place FROM said)
SELECT entity, any_value(v) FILTER (place = 1) AS v, any_value(src) FILTER (place = 1) AS src, any_value(as_of) FILTER (place = 1) AS as_of,
    string_agg(v || ' · ' || src, chr(10) ORDER BY place) FILTER (place > 1) AS rejected FROM ordered GROUP BY entity`,
		strings.Join(all, "\nUNION ALL\n"), then); err != nil {
		return err
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE %s AS FROM sen_more UNION ALL
SELECT entity, v, src, as_of, NULL FROM sen_first WHERE v = w AND entity NOT IN (SELECT entity FROM sen_more)`, survivors(n))
}

// first makes sen_first: of each thing the least and the greatest value (v and
// w) of the source that is believed first of those that say something.
func (r *run) first(ctx context.Context, parts []part) error {
	const of = "SELECT entity, min(v) AS v, max(v) AS w, max(_as_of) AS as_of, min(src) AS src, min(rank) AS rank FROM (%s) %s GROUP BY entity"
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_first AS "+of, parts[0].sql, ""); err != nil {
		return err
	}
	for _, p := range parts[1:min(len(parts), most)] {
		if p.rank == parts[0].rank {
			continue // nobody is believed before the other
		}
		if err := r.exec(ctx, "INSERT INTO sen_first "+of, p.sql, "WHERE entity NOT IN (SELECT entity FROM sen_first)"); err != nil {
			return err
		}
	}
	return nil
}

// part is what one source says of a field.
type part struct {
	name string
	rank int
	sql  string // entity, v, _as_of, src, rank
}

// partsOf are the sources that say a field, who is believed first, first.
func (r *run) partsOf(f string) []part {
	field, _ := r.entity.Fields.Get(f)
	var out []part
	for i, s := range r.sources {
		if !s.gives(f) {
			continue
		}
		p := part{name: s.Name, rank: slices.Index(field.Believe, s.Name)}
		if p.rank < 0 {
			p.rank = len(field.Believe) + map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: 2}[s.Record.Role]
		}
		p.sql = fmt.Sprintf("SELECT _entity AS entity, %s AS v, _as_of, %s AS src, %d AS rank FROM %s WHERE _entity IS NOT NULL AND %[1]s IS NOT NULL",
			engine.Ident(f), engine.Literal(s.Name), p.rank, linksOf(i))
		if s.Record.Role == link.Mentioning { // it refers to things and knows nothing of them, unless nobody else does
			p.sql += fmt.Sprintf(" AND _entity IN (SELECT _id FROM sen_register WHERE _rank >= %d)", mentioned)
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b part) int { return cmp.Compare(a.rank, b.rank) })
	return out
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
