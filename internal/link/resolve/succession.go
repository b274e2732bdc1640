package resolve

import (
	"context"
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// An authority that issues a number anew says which one it replaces. Where that
// is lawful, both are one thing's, and all records are read as if they gave the
// newest; where it is not, they stay two things. Lawful: the old number was no
// longer valid when the new one began, it has one successor and is the only one
// that this replaces, name and birth date do not both contradict it, and no
// number comes back to itself.

// longestSuccession is how many numbers one thing may have had: 2 to this power.
const longestSuccession = 16

// succeeds is the first key, with what says its succession, and whether it has
// one.
func (r *run) succeeds() (link.Key, bool) {
	key := r.entity.Match.Keys[0]
	return key, key.Succeeds != ""
}

// succession makes sen_succession, of each number that another lawfully succeeds
// (_old) the newest one (_new), and has all records read by it.
func (r *run) succession(ctx context.Context) error {
	key, has := r.succeeds()
	if !has {
		return nil
	}
	if err := r.claims(ctx, key); err != nil {
		return err
	}
	for _, statement := range []string{
		`CREATE OR REPLACE TEMP TABLE sen_succession AS SELECT _old, _new FROM sen_claims c WHERE _lawful
 AND (SELECT count(*) FROM sen_claims o WHERE o._lawful AND o._old = c._old) = 1 AND (SELECT count(*) FROM sen_claims o WHERE o._lawful AND o._new = c._new) = 1`,
		"ALTER TABLE sen_succession ADD COLUMN _next VARCHAR", "UPDATE sen_succession SET _next = _new",
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	for range longestSuccession {
		var further int64
		if err := r.c.Row(ctx, "SELECT count(*) FROM sen_succession WHERE _next IN (SELECT _old FROM sen_succession)", &further); err != nil {
			return err
		}
		if further == 0 {
			break
		}
		if err := r.c.Exec(ctx, "UPDATE sen_succession AS s SET _next = n._next FROM sen_succession n WHERE s._next = n._old"); err != nil {
			return err
		}
	}
	// What has no end comes back to itself.
	if err := r.c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_succession AS SELECT _old, _next AS _new FROM sen_succession WHERE _next NOT IN (SELECT _old FROM sen_succession)"); err != nil {
		return err
	}
	var claims int64
	if err := r.c.Row(ctx, "SELECT (SELECT count(*) FROM sen_claims), (SELECT count(*) FROM sen_succession)", &claims, &r.report.Succeeded); err != nil {
		return err
	}
	r.report.Conflicts += claims - r.report.Succeeded
	r.renumbered = true
	return r.mentions(ctx)
}

// claims makes sen_claims: what the authoritative records say that a number
// (_new) replaces (_old), and whether the two by themselves speak against it.
func (r *run) claims(ctx context.Context, key link.Key) error {
	name, birth := r.nameAndBirth()
	numbers := []string{"SELECT '' AS _k, '' AS _old, '' AS _name, '' AS _birth, DATE '2000-01-01' AS _from, DATE '2000-01-01' AS _until WHERE false"}
	for i, s := range r.sources {
		if s.Record.Role == link.Authoritative && s.gives(key.Field) {
			numbers = append(numbers, fmt.Sprintf("SELECT %s, %s, sen_fold(%s), %s, TRY_CAST(%s AS DATE), TRY_CAST(%s AS DATE) FROM %s WHERE %[1]s IS NOT NULL",
				engine.Ident(key.Field), s.value(key.Succeeds), s.value(name), s.value(birth), s.value(key.ValidFrom), s.value(key.ValidUntil), mention(i)))
		}
	}
	all := "(" + strings.Join(numbers, "\nUNION ALL\n") + ")"
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_claims AS SELECT DISTINCT _k AS _new, _old FROM %s WHERE _old <> _k", all); err != nil {
		return err
	}
	// Where the file has no field for it, nobody knows until when a number was valid:
	// then it was until the next one. Where it has one, an empty one means that it still is.
	stillValid := "o._k IS NOT NULL AND o._until IS NULL"
	if key.ValidUntil == "" {
		stillValid = "false"
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_claims AS
WITH numbers AS (SELECT _k, min(_name) AS _name, min(_birth) AS _birth, min(_from) AS _from, CASE WHEN count(*) = count(_until) THEN max(_until) END AS _until
  FROM %s WHERE _k IN (SELECT _new FROM sen_claims UNION SELECT _old FROM sen_claims) GROUP BY _k)
SELECT c._new, c._old, NOT coalesce(%s OR n._from < o._until OR n._from < o._from OR n._until < o._until
   OR left(n._birth, 4) <> left(o._birth, 4) AND n._name <> o._name AND jaro_winkler_similarity(n._name, o._name) < 0.85, false) AS _lawful
FROM sen_claims c JOIN numbers n ON n._k = c._new LEFT JOIN numbers o ON o._k = c._old`, all, stillValid)
}

// renumber is SQL: what a source says, its number being the newest of its
// succession. Of a number that is no longer valid, its own validity is nothing
// that holds of the thing. query is over the source's fields.
func (r *run) renumber(s Source, query string) string {
	key, _ := r.succeeds()
	if !r.renumbered {
		return query
	}
	if !s.gives(key.Field) {
		return "SELECT *, false AS _renumbered FROM (" + query + ")"
	}
	replace := fmt.Sprintf("coalesce(s._new, m.%[1]s) AS %[1]s", engine.Ident(key.Field))
	for _, day := range []string{key.ValidFrom, key.ValidUntil} {
		if s.gives(day) {
			replace += fmt.Sprintf(", CASE WHEN s._new IS NULL THEN m.%[1]s END AS %[1]s", engine.Ident(day))
		}
	}
	return fmt.Sprintf("SELECT m.* REPLACE (%s), s._new IS NOT NULL AS _renumbered FROM (%s) m LEFT JOIN sen_succession s ON m.%s = s._old", replace, query, engine.Ident(key.Field))
}
