package resolve

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Decisions counts what became of what people have decided.
type Decisions struct {
	Applied int64 `json:"applied"`
	Gone    int64 `json:"gone"`    // a record that they name is not there any more
	Against int64 `json:"against"` // same, not applied: it would bring together what another decision keeps apart

	Things map[int64]int64 `json:"-"` // of those applied, by number: the thing of record a
}

// decisions is the table of the decisions' records: number, src_a, record_a,
// src_b, record_b. Decisions that were withdrawn are there too.
const decisions = "sen_decisions"

// place is where a decided record stands.
type place struct {
	entity sql.NullInt64 // none: it speaks of no thing that is known
	own    int64         // what a thing of its own is called
	there  bool
}

// deciding is the decisions on their way into the links.
type deciding struct {
	*run
	standing []state.Decision // by number
	at       map[record]place
	moved    map[record]sql.NullInt64 // records that leave their thing, and where to
	parent   map[int64]int64          // things that are one with a lesser one
}

// decide brings what people have decided into the links. First leaves its thing
// whatever is different, then comes together whatever is the same; where a thing
// would hold what a decision keeps apart, it is kept apart. The decisions are
// taken by their number, so that their order does not matter.
func (r *run) decide(ctx context.Context) error {
	if len(r.Decisions) == 0 {
		return nil
	}
	d := &deciding{run: r, standing: decision.Standing(r.Decisions), moved: map[record]sql.NullInt64{}, parent: map[int64]int64{}}
	slices.SortFunc(d.standing, func(a, b state.Decision) int { return cmp.Compare(a.Number, b.Number) })
	r.report.Decisions = &Decisions{Things: map[int64]int64{}}
	if err := decision.Contradiction(d.standing); err != nil {
		return err
	}
	if err := r.nameDecided(ctx); err != nil {
		return err
	}
	var err error
	if d.at, err = r.places(ctx, linked); err != nil {
		return err
	}
	if err := d.apart(ctx); err != nil {
		return err
	}
	d.together()
	return d.write(ctx)
}

// unknown is no source: that of a record whose dataset is not there.
const unknown = 255

// sideOf is the record of a decision's side.
func (r *run) sideOf(s state.DecisionSide) record {
	at := slices.IndexFunc(r.sources, func(one Source) bool { return one.Name == s.Dataset })
	if at < 0 {
		at = unknown
	}
	return record{uint8(at), s.Record}
}

// nameDecided makes the table of the decisions' records, and sen_sides, in
// which each of them stands once: _src, _record, dataset.
func (r *run) nameDecided(ctx context.Context) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s (number BIGINT, src_a UTINYINT, record_a BIGINT, src_b UTINYINT, record_b BIGINT)", decisions); err != nil {
		return err
	}
	if err := r.insert(ctx, decisions, len(r.Decisions), func(i int) string {
		d := r.Decisions[i]
		a, b := r.sideOf(d.A), r.sideOf(d.B)
		return fmt.Sprintf("%d, %d, %d, %d, %d", d.Number, a.source, a.id, b.source, b.id)
	}); err != nil {
		return err
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_sides AS SELECT *, %s[_src + 1] AS dataset
FROM (SELECT src_a AS _src, record_a AS _record FROM %s UNION SELECT src_b, record_b FROM %[2]s) WHERE _src <> %d`, r.names(), decisions, unknown)
}

// insert puts n rows into a table.
func (r *run) insert(ctx context.Context, table string, n int, row func(int) string) error {
	const most = 2000 // in one statement
	for from := 0; from < n; from += most {
		var rows []string
		for i := from; i < min(n, from+most); i++ {
			rows = append(rows, "("+row(i)+")")
		}
		if err := r.exec(ctx, "INSERT INTO %s VALUES %s", table, strings.Join(rows, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// linked is where the decided records stand now: _src, _record, dataset, entity.
const linked = "SELECT s.*, l._entity AS entity FROM sen_sides s JOIN sen_l l ON l._src = s._src AND l._record = s._record"

// linkedBefore is where they stood by the links of an earlier run.
func linkedBefore(links string) string {
	return "SELECT s.*, l.entity FROM sen_sides s JOIN " + links + " l ON l.dataset = s.dataset AND l.record = s._record"
}

// places finds where the decided records stand.
func (r *run) places(ctx context.Context, query string) (map[record]place, error) {
	rows, err := r.c.Query(ctx, fmt.Sprintf("SELECT _src, _record, entity, CAST(hash('apart', %s, dataset, _record) >> 1 AS BIGINT) FROM (%s)", engine.Literal(r.entity.Entity), query))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[record]place{}
	for rows.Next() {
		var one record
		p := place{there: true}
		if err := rows.Scan(&one.source, &one.id, &p.entity, &p.own); err != nil {
			return nil, err
		}
		out[one] = p
	}
	return out, rows.Err()
}

// fits reports whether both records of a decision are there.
func (d *deciding) fits(one state.Decision) bool {
	return d.at[d.sideOf(one.A)].there && d.at[d.sideOf(one.B)].there
}

// apart takes records out of the things that they stand in, with what hangs on
// them alone.
func (d *deciding) apart(ctx context.Context) error {
	var split []state.Decision
	things := map[int64]bool{}
	for _, one := range d.standing {
		if one.Verdict != decision.Different || !d.fits(one) {
			continue
		}
		if a, b := d.at[d.sideOf(one.A)].entity, d.at[d.sideOf(one.B)].entity; a.Valid && a == b {
			split = append(split, one)
			things[a.Int64] = true
		}
	}
	if len(split) == 0 {
		return nil
	}
	members, err := d.members(ctx, things)
	if err != nil {
		return err
	}
	for _, one := range split {
		a, b := d.sideOf(one.A), d.sideOf(one.B)
		if d.at[a].entity != d.at[b].entity {
			continue // it has left with another
		}
		thing := d.at[a].entity.Int64
		var leave []member
		members[thing], leave = hanging(members[thing], a, b)
		members[d.at[a].own] = leave
		d.leave(a, leave)
	}
	return nil
}

// leave gives records a thing of their own, called after the first. A record
// alone that only mentions things has none.
func (d *deciding) leave(first record, all []member) {
	own := sql.NullInt64{Int64: d.at[first].own, Valid: len(all) > 1 || d.sources[first.source].Record.Role != link.Mentioning}
	for _, m := range all {
		d.moved[m.record] = own
		if p, named := d.at[m.record]; named {
			p.entity = own
			d.at[m.record] = p
		}
	}
}

// member is a record of a thing, with what it gives for the entity's keys.
type member struct {
	record
	keys []string
}

// members are the records of things.
func (d *deciding) members(ctx context.Context, things map[int64]bool) (map[int64][]member, error) {
	list := make([]string, 0, len(things))
	for thing := range things {
		list = append(list, fmt.Sprint(thing))
	}
	out := map[int64][]member{}
	for i, s := range d.sources {
		keys := make([]string, 0, len(d.keys()))
		for _, key := range d.keys() {
			keys = append(keys, s.value(key))
		}
		rows, err := d.c.Query(ctx, fmt.Sprintf(`SELECT l._entity, l._record, list_filter([%s], x -> x IS NOT NULL) FROM %s m JOIN sen_l l ON l._record = m._record
WHERE l._src = %d AND l._entity IN (%s) ORDER BY l._record`, strings.Join(keys, ", "), mention(i), i, strings.Join(list, ", ")))
		if err != nil {
			return nil, err
		}
		if err := readMembers(rows, uint8(i), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readMembers(rows *sql.Rows, source uint8, into map[int64][]member) error {
	defer rows.Close()
	for rows.Next() {
		var thing int64
		var keys []any
		m := member{record: record{source: source}}
		if err := rows.Scan(&thing, &m.id, &keys); err != nil {
			return err
		}
		for _, key := range keys {
			m.keys = append(m.keys, fmt.Sprint(key))
		}
		into[thing] = append(into[thing], m)
	}
	return rows.Err()
}

// hanging parts the records of a thing when the record out leaves it and the
// record in stays. With out leave those that give a key that out gives and
// that no record gives which stays with in: over however many records, by what
// they give for keys. A record without a key stays.
func hanging(all []member, out, in record) (stay, leave []member) {
	of := func(one record) []string {
		i := slices.IndexFunc(all, func(m member) bool { return m.record == one })
		return all[i].keys
	}
	staying := reached(all, of(in), out)
	leaving := reached(all, of(out), in)
	for _, m := range all {
		gives := func(keys map[string]bool) bool {
			return slices.ContainsFunc(m.keys, func(k string) bool { return keys[k] })
		}
		if m.record == out || m.record != in && gives(leaving) && !gives(staying) {
			leave = append(leave, m)
		} else {
			stay = append(stay, m)
		}
	}
	return stay, leave
}

// reached are the keys that records give which share one with another that
// gives one of first; the record without is not looked at.
func reached(all []member, first []string, without record) map[string]bool {
	known := map[string]bool{}
	byKey := map[string][]member{}
	for _, m := range all {
		for _, k := range m.keys {
			byKey[k] = append(byKey[k], m)
		}
	}
	for next := first; len(next) > 0; next = next[1:] {
		if known[next[0]] {
			continue
		}
		known[next[0]] = true
		for _, m := range byKey[next[0]] {
			if m.record != without {
				next = append(next, m.keys...)
			}
		}
	}
	return known
}

// root is the least of the things that are one with a thing.
func (d *deciding) root(thing int64) int64 {
	for d.parent[thing] != 0 {
		thing = d.parent[thing]
	}
	return thing
}

// together makes one thing of those that hold records of which people say that
// they are the same.
func (d *deciding) together() {
	for _, one := range d.standing {
		a, b := d.sideOf(one.A), d.sideOf(one.B)
		switch {
		case !d.fits(one):
			d.report.Decisions.Gone++
			continue
		case one.Verdict == decision.Same:
			x, y := d.thingFor(a, b), d.thingFor(b, a)
			if d.keptApart(x, y) {
				d.report.Decisions.Against++
				continue
			}
			if x != y {
				d.parent[max(x, y)] = min(x, y)
			}
		}
		d.report.Decisions.Applied++
	}
}

// thingFor is the thing of a record that is the same as another; where neither
// has one, it is the first's own.
func (d *deciding) thingFor(one, other record) int64 {
	p := d.at[one]
	if !p.entity.Valid {
		p.entity = d.at[other].entity
		if !p.entity.Valid {
			p.entity = sql.NullInt64{Int64: p.own, Valid: true}
		}
		d.at[one], d.moved[one] = p, p.entity
	}
	return d.root(p.entity.Int64)
}

// keptApart reports whether a decision keeps records of two things apart.
func (d *deciding) keptApart(x, y int64) bool {
	return slices.ContainsFunc(d.standing, func(one state.Decision) bool {
		if one.Verdict != decision.Different || !d.fits(one) {
			return false
		}
		a, b := d.at[d.sideOf(one.A)].entity, d.at[d.sideOf(one.B)].entity
		if !a.Valid || !b.Valid {
			return false
		}
		p, q := d.root(a.Int64), d.root(b.Int64)
		return p == x && q == y || p == y && q == x
	})
}

// write brings what was decided into the links.
func (d *deciding) write(ctx context.Context) error {
	moved, was := slices.Collect(maps.Keys(d.moved)), slices.Collect(maps.Keys(d.parent))
	if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_moved (_src UTINYINT, _record BIGINT, entity BIGINT)"); err != nil {
		return err
	}
	if err := d.insert(ctx, "sen_moved", len(moved), func(i int) string {
		entity := "NULL"
		if to := d.moved[moved[i]]; to.Valid {
			entity = fmt.Sprint(d.root(to.Int64))
		}
		return fmt.Sprintf("%d, %d, %s", moved[i].source, moved[i].id, entity)
	}); err != nil {
		return err
	}
	if err := d.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_joined (was BIGINT, entity BIGINT)"); err != nil {
		return err
	}
	if err := d.insert(ctx, "sen_joined", len(was), func(i int) string { return fmt.Sprintf("%d, %d", was[i], d.root(was[i])) }); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE sen_l SET _entity = j.entity, _how = '" + Decided + "' FROM sen_joined j WHERE _entity = j.was",
		"UPDATE sen_l SET _entity = m.entity, _how = CASE WHEN m.entity IS NOT NULL THEN '" + Decided + "' END FROM sen_moved m WHERE sen_l._src = m._src AND sen_l._record = m._record",
		// What a thing is known by goes with it.
		"UPDATE sen_register SET _id = j.entity FROM sen_joined j WHERE _id = j.was",
	} {
		if err := d.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return d.drop(ctx, "sen_moved", "sen_joined")
}

// decided says of each decision that was applied under which identifier record
// a now stands.
func (r *run) decided(ctx context.Context) error {
	if len(r.Decisions) == 0 {
		return nil
	}
	now, err := r.places(ctx, linked)
	if err != nil {
		return err
	}
	if r.Before != "" {
		if err := r.recall(ctx, now); err != nil {
			return err
		}
		if now, err = r.places(ctx, linked); err != nil {
			return err
		}
	}
	for _, d := range decision.Standing(r.Decisions) {
		a, b := now[r.sideOf(d.A)], now[r.sideOf(d.B)]
		if a.there && b.there && (d.Verdict == decision.Same) == (a.entity == b.entity) {
			r.report.Decisions.Things[d.Number] = a.entity.Int64
		}
	}
	return nil
}

// recall gives back identifiers that nobody else has now: to things that are two
// again since a decision was withdrawn, those of before it; to a thing out of
// which a record has just been taken, its own.
func (r *run) recall(ctx context.Context, now map[record]place) error {
	was, err := r.places(ctx, linkedBefore(r.Before))
	if err != nil {
		return err
	}
	names, taken := map[int64]int64{}, map[int64]bool{}
	call := func(thing sql.NullInt64, name int64) {
		if _, known := names[thing.Int64]; thing.Valid && name != 0 && !known && !taken[name] {
			names[thing.Int64], taken[name] = name, true
		}
	}
	for _, d := range r.Decisions {
		a, b := r.sideOf(d.A), r.sideOf(d.B)
		if !was[a].entity.Valid || was[a].entity != was[b].entity || now[a].entity == now[b].entity {
			continue
		}
		switch {
		case d.State == decision.Withdrawn && d.Verdict == decision.Same && d.A.Thing != d.B.Thing:
			call(now[a].entity, d.A.Thing)
			call(now[b].entity, d.B.Thing)
		case d.State == decision.Confirmed && d.Verdict == decision.Different && now[b].entity != was[b].entity:
			call(now[b].entity, was[b].entity.Int64)
			if now[a].entity == was[a].entity {
				call(now[a].entity, now[a].own)
			}
		}
	}
	return r.rename(ctx, names)
}

// rename calls things by other names, unless a thing that keeps its own is
// called so.
func (r *run) rename(ctx context.Context, names map[int64]int64) error {
	if err := r.leaveOutTaken(ctx, names); err != nil || len(names) == 0 {
		return err
	}
	now := slices.Sorted(maps.Keys(names))
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_recalled (now BIGINT, name BIGINT)"); err != nil {
		return err
	}
	if err := r.insert(ctx, "sen_recalled", len(now), func(i int) string { return fmt.Sprintf("%d, %d", now[i], names[now[i]]) }); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE sen_l SET _entity = c.name FROM sen_recalled c WHERE _entity = c.now",
		"UPDATE sen_register SET _id = c.name FROM sen_recalled c WHERE _id = c.now",
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return r.drop(ctx, "sen_recalled")
}

func (r *run) leaveOutTaken(ctx context.Context, names map[int64]int64) error {
	for changed := true; changed && len(names) > 0; {
		changed = false
		for thing, name := range names {
			if _, renamed := names[name]; renamed {
				continue
			}
			var taken bool
			if err := r.c.Row(ctx, fmt.Sprintf("SELECT EXISTS (FROM sen_l WHERE _entity = %d)", name), &taken); err != nil {
				return err
			}
			if taken {
				delete(names, thing)
				changed = true
			}
		}
	}
	return nil
}
