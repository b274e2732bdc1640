package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

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

// register makes sen_register, the things that have a key: those of the
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
			other = append(other, part)
		}
	}
	if len(sure)+len(other) == 0 {
		return sen.Errorf(sen.NotFound, "no records that have come in give its key %s", key)
	}
	id := fmt.Sprintf("CAST(hash(%s, _k) >> 1 AS BIGINT) AS _id", engine.Literal(r.entity.Entity))
	best := "SELECT _k, " + id + ", sen_fold(arg_min(_name, row(_rank, _name))) AS _name, arg_min(_birth, row(_rank, _birth)) AS _birth, min(_rank) AS _rank"
	none := "SELECT '' AS _k, '' AS _name, '' AS _birth, 0 AS _rank WHERE false"
	said := func(parts []string) string { return strings.Join(append(parts, none), "\nUNION ALL\n") }
	// Nearly all numbers stand in the register once: they are not folded, since
	// what a fold keeps of texts does not leave memory.
	twice := "(SELECT _k FROM (" + said(sure) + ") GROUP BY _k HAVING count(*) > 1)"
	for _, statement := range []string{
		"CREATE OR REPLACE TEMP TABLE sen_twice AS FROM " + twice,
		"CREATE OR REPLACE TEMP TABLE sen_register AS SELECT _k, " + id + ", sen_fold(_name) AS _name, _birth, _rank FROM (" + said(sure) + ") WHERE _k NOT IN (FROM sen_twice)",
		"INSERT INTO sen_register " + best + " FROM (" + said(sure) + ") WHERE _k IN (FROM sen_twice) GROUP BY _k",
		"INSERT INTO sen_register " + best + " FROM (" + said(other) + ") WHERE _k NOT IN (SELECT _k FROM sen_register) GROUP BY _k HAVING count(*) > 1 AND count(DISTINCT sen_fold(_name)) <= 1",
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return r.drop(ctx, "sen_twice")
}

func other(key string) string { return engine.Ident("sen_by_" + key) }

// otherKey makes the table of the things by another key. A key that several
// things share is none.
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
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT m._k, min(g._id) AS _id FROM (%s) m JOIN sen_register g ON m._first = g._k GROUP BY m._k HAVING min(g._id) = max(g._id)",
		other(key), strings.Join(parts, " UNION ALL "))
}

// contradicts is SQL: name and birth date of a record and of a thing both
// differ. What is missing contradicts nothing.
func contradicts(thing string) string {
	return fmt.Sprintf(`CASE WHEN left(m._birth, 4) = left(%[1]s._birth, 4) OR m._birth IS NULL OR %[1]s._birth IS NULL OR m._name IS NULL OR %[1]s._name IS NULL THEN false
 WHEN sen_fold(m._name) = %[1]s._name THEN false ELSE jaro_winkler_similarity(sen_fold(m._name), %[1]s._name) < 0.85 END`, thing)
}

// byKey makes sen_l, the links: _src (the source's place), _record, _entity,
// _how, _conflict. A key that is not plausible links nothing. All records go
// through one statement a key, so that its table is built once, and is the only
// large one in memory.
func (r *run) byKey(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE TYPE IF NOT EXISTS sen_how AS ENUM ('%s', '%s', '%s', '%s', '%s')", ByKey, ByOtherKey, Probable, Alone, Decided); err != nil {
		return err
	}
	if err := r.byFirstKey(ctx); err != nil {
		return err
	}
	if err := r.keepLoose(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_fit (_src UTINYINT, _record BIGINT, _id BIGINT)"); err != nil {
		return err
	}
	for _, key := range r.keys()[1:] {
		if err := r.byOtherKey(ctx, key); err != nil {
			return err
		}
	}
	if err := r.exec(ctx, "UPDATE sen_l AS l SET _entity = f._id, _how = '%s' FROM sen_fit f WHERE l._src = f._src AND l._record = f._record AND l._entity IS NULL", ByOtherKey); err != nil {
		return err
	}
	return r.drop(ctx, "sen_fit")
}

// matched are the fields by which records are linked: keys, and what is
// compared; then name and birth date, by which a key is plausible.
func (r *run) matched() []string {
	name, birth := r.nameAndBirth()
	var out []string
	for _, f := range slices.Concat(r.keys(), r.entity.Match.Compare, []string{name, birth}) {
		if f != "" && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// byFirstKey makes sen_l by the first key alone.
func (r *run) byFirstKey(ctx context.Context) error {
	name, birth := r.nameAndBirth()
	how := "'" + ByKey + "'"
	parts := make([]string, len(r.sources))
	for i, s := range r.sources {
		parts[i] = fmt.Sprintf("SELECT %d::UTINYINT AS _src, _record, %s AS _k, %s AS _name, %s AS _birth", i, s.value(r.keys()[0]), s.value(name), s.value(birth))
		if r.renumbered {
			parts[i] += ", _renumbered"
			how = "CASE WHEN _renumbered THEN '" + ByOtherKey + "' ELSE '" + ByKey + "' END"
		}
		parts[i] += " FROM " + mention(i)
	}
	// What contradicts is worked out once: under a CASE the engine would not share it.
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_l AS SELECT _src, _record, CASE WHEN NOT _against THEN _id END AS _entity,
 CAST(CASE WHEN NOT _against AND _id IS NOT NULL THEN %[2]s END AS sen_how) AS _how, _id IS NOT NULL AND _against AS _conflict
FROM (SELECT m.*, g._id, %[1]s AS _against FROM (%[3]s) m LEFT JOIN sen_register g ON m._k = g._k)`, contradicts("g"), how, strings.Join(parts, "\nUNION ALL\n"))
}

// keepLoose keeps what the records say that the first key does not link, and
// those of the things that are drawn (see drawn), so that they are read once: _src,
// _record and the matched fields as f0, f1, …. Their order is nobody's concern, and
// to keep it would take memory.
func (r *run) keepLoose(ctx context.Context) error {
	if err := r.draw(ctx); err != nil {
		return err
	}
	parts := make([]string, len(r.sources))
	for i, s := range r.sources {
		parts[i] = fmt.Sprintf("SELECT %d::UTINYINT AS _src, m._record", i)
		for n, f := range r.matched() {
			parts[i] += fmt.Sprintf(", %s AS f%d", s.value(f), n)
		}
		parts[i] += fmt.Sprintf(" FROM %s m WHERE m._record IN (SELECT _record FROM sen_l WHERE _src = %d AND (_entity IS NULL OR %s))", mention(i), i, r.drawn())
	}
	query := strings.Join(parts, "\nUNION ALL\n")
	if r.Scratch == "" {
		r.loose = "sen_loose"
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_loose AS %s", query)
	}
	if err := os.MkdirAll(r.Scratch, 0o700); err != nil {
		return sen.Errorf(sen.Unavailable, "make the scratch folder: %w", err)
	}
	file := engine.Literal(filepath.Join(r.Scratch, "loose.parquet"))
	r.loose = "read_parquet(" + file + ")"
	if err := r.c.Exec(ctx, "SET preserve_insertion_order = false"); err != nil {
		return err
	}
	err := r.exec(ctx, "COPY (%s) TO %s (FORMAT parquet, COMPRESSION lz4)", query, file)
	return errors.Join(err, r.c.Exec(context.WithoutCancel(ctx), "SET preserve_insertion_order = true"))
}

// said is a matched field of loose records.
func (r *run) said(field string) string {
	at := slices.Index(r.matched(), field)
	if at < 0 {
		return "CAST(NULL AS VARCHAR)"
	}
	return fmt.Sprintf("f%d", at)
}

// byOtherKey adds to sen_fit what another key links of the records that nothing
// has linked yet: where it stands, and for an old number also where the new one
// belongs.
func (r *run) byOtherKey(ctx context.Context, key string) error {
	if err := r.otherKey(ctx, key); err != nil {
		return err
	}
	columns := []string{key}
	if field, _ := r.entity.Fields.Get(key); field.Element == "identity-number-old" {
		columns = append(columns, r.keys()[0])
	}
	name, birth := r.nameAndBirth()
	for _, column := range columns {
		if err := r.exec(ctx, `INSERT INTO sen_fit SELECT m._src, m._record, o._id FROM (SELECT _src, _record, %s AS _k, %s AS _name, %s AS _birth FROM %s WHERE %[1]s IS NOT NULL) m
JOIN %[5]s o ON m._k = o._k JOIN sen_register g ON o._id = g._id
WHERE NOT %[6]s AND NOT EXISTS (FROM sen_fit f WHERE f._src = m._src AND f._record = m._record)`, r.said(column), r.said(name), r.said(birth), r.loose, other(key), contradicts("g")); err != nil {
			return err
		}
	}
	return r.drop(ctx, other(key))
}

// keepIdentifiers calls each thing what most of its records were called
// before; of two that would be called the same, the one with more of them.
func (r *run) keepIdentifiers(ctx context.Context) error {
	if r.Before == "" {
		return nil
	}
	if err := r.votes(ctx); err != nil {
		return err
	}
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE sen_names AS SELECT now, was FROM (
  SELECT *, row_number() OVER (PARTITION BY was ORDER BY votes DESC, now) AS of_was FROM (
    SELECT *, row_number() OVER (PARTITION BY now ORDER BY votes DESC, was) AS of_now FROM sen_votes) WHERE of_now = 1) WHERE of_was = 1`,
		// Who has a number that was another's would be called as that one is.
		`INSERT INTO sen_names SELECT DISTINCT _entity, CAST(hash('again', _entity) >> 1 AS BIGINT) FROM sen_l
WHERE _entity IN (SELECT was FROM sen_names) AND _entity NOT IN (SELECT now FROM sen_names)`,
		"UPDATE sen_l SET _entity = s.was FROM sen_names s WHERE _entity = s.now AND s.now <> s.was",
		"UPDATE sen_register SET _id = s.was FROM sen_names s WHERE _id = s.now AND s.now <> s.was",
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	c := &Change{}
	r.report.Change = c
	if err := r.c.Row(ctx, `SELECT (SELECT count(*) FROM (SELECT now FROM sen_votes GROUP BY now HAVING count(*) > 1)),
 (SELECT count(*) FROM (SELECT was FROM sen_votes GROUP BY was HAVING count(*) > 1)),
 (SELECT count(DISTINCT _entity) FROM sen_l WHERE _entity NOT IN (SELECT was FROM sen_votes)),
 (SELECT count(DISTINCT entity) FROM `+r.Before+` WHERE entity IS NOT NULL AND entity NOT IN (SELECT was FROM sen_votes))`,
		&c.Merged, &c.Split, &c.Appeared, &c.Gone); err != nil {
		return err
	}
	return r.drop(ctx, "sen_votes", "sen_names")
}

// votes makes sen_votes: how many records of a thing (now) were called what
// (was). Source by source, so that the largest join is that of one source.
func (r *run) votes(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_ballots (now BIGINT, was BIGINT, votes BIGINT)"); err != nil {
		return err
	}
	for i, s := range r.sources {
		if err := r.exec(ctx, `INSERT INTO sen_ballots SELECT n._entity, p.entity, count(*) FROM sen_l n JOIN (SELECT record, entity FROM %s WHERE dataset = %s) p ON n._record = p.record
WHERE n._src = %d AND n._entity IS NOT NULL AND p.entity IS NOT NULL GROUP BY ALL`, r.Before, engine.Literal(s.Name), i); err != nil {
			return err
		}
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_votes AS SELECT now, was, CAST(sum(votes) AS BIGINT) AS votes FROM sen_ballots GROUP BY ALL"); err != nil {
		return err
	}
	return r.drop(ctx, "sen_ballots")
}
