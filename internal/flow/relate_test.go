package flow_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// town is a contract of people, their weddings, and their boats.
const town = `apiVersion: v3.1.0
kind: DataContract
id: town
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: sources/town, format: csv}
schema:
`

var townTables = map[string][]string{
	"person": {"id", "name", "died", "former"}, "birth": {"no", "child", "mother", "born"}, "wedding": {"no", "husband", "wife", "on"},
	"divorce": {"no", "husband", "wife", "on"}, "boat": {"plate", "owner", "since"}, "sale": {"no", "plate", "buyer", "seller", "on"},
}

const townPerson = `entity: person
fields:
  id:   {believe: [town.person]}
  name: {element: person-name, believe: [town.person]}
  died: {element: date, believe: [town.person]}
  former: {believe: [town.person]}
records:
  town.person:          {role: authoritative, fields: {id: id, name: name, died: died, former: former}}
  town.birth:           {role: contributing, fields: {id: child}}
  town.birth/mother:    {role: mentioning, fields: {id: mother}}
  town.wedding/husband: {role: mentioning, fields: {id: husband}}
  town.wedding/wife:    {role: mentioning, fields: {id: wife}}
  town.divorce/husband: {role: mentioning, fields: {id: husband}}
  town.divorce/wife:    {role: mentioning, fields: {id: wife}}
  town.boat/owner:      {role: mentioning, fields: {id: owner}}
  town.sale/buyer:      {role: mentioning, fields: {id: buyer}}
  town.sale/seller:     {role: mentioning, fields: {id: seller}}
relationships:
  parent:
    inverse: {as: child, vi: Con, en: Child}
    records:
      town.birth/mother: {since: born}
  spouse:
    symmetric: true
    records:
      town.wedding/wife: {of: town.wedding/husband, since: "on"}
      town.divorce/wife: {of: town.divorce/husband, until: "on"}
    ends: died
match:
  keys: [{key: id, succeeds: former}]
`

const townBoat = `entity: boat
fields:
  plate: {believe: [town.boat]}
records:
  town.boat: {role: authoritative, fields: {plate: plate}}
  town.sale: {role: mentioning, fields: {plate: plate}}
relationships:
  owner:
    inverse: {as: owns, vi: Sở hữu, en: Owns}
    entity: person
    exclusive: true
    records:
      town.boat/owner: {since: since}
      town.sale/buyer: {since: "on"}
      town.sale/seller: {until: "on"}
match:
  keys: [plate]
`

// place is a hub whose tables are made up, and linked.
type place struct {
	*hub
	entities []*link.Entity
	db       *index.DB
	found    map[string][]flow.Related
}

func newPlace(t *testing.T, tables map[string]string) *place {
	t.Helper()
	text := town
	for _, name := range []string{"person", "birth", "wedding", "divorce", "boat", "sale"} {
		text += "  - name: " + name + "\n    physicalName: " + name + ".csv\n    properties:\n"
		for i, column := range townTables[name] {
			text += "      - {name: \"" + column + "\", logicalType: " + map[bool]string{true: "date", false: "string"}[slices.Contains([]string{"died", "born", "on", "since"}, column)]
			if i == 0 {
				text += ", primaryKey: true, required: true"
			}
			text += "}\n"
		}
	}
	p := &place{hub: newHub(t, text, "")}
	for name, columns := range townTables {
		p.write("sources/town/"+name+".csv", strings.Join(columns, ",")+"\n"+tables[name])
	}
	for _, file := range []string{townPerson, townBoat} {
		e, err := link.ParseEntity("entity.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		p.entities = append(p.entities, e)
	}
	var err error
	if p.db, err = index.Open(filepath.Join(p.dir, "index"), index.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.db.Close() })
	p.relate()
	return p
}

// relate brings in what the sources hold, links it, and makes the relations.
func (p *place) relate() {
	p.t.Helper()
	c, problems := contract.Parse("town.odcs.yaml", []byte(p.contract), contract.Options{})
	if errs := problems.Errors(); len(errs) > 0 {
		p.t.Fatal(errs)
	}
	for _, out := range p.flow.Sync(p.t.Context(), c.Datasets(), flow.Demand{}) {
		if out.Err != nil {
			p.t.Fatal(out.Err)
		}
	}
	for _, e := range p.entities {
		if _, err := p.flow.Link(p.t.Context(), p.engine, p.db, e); err != nil {
			p.t.Fatal(err)
		}
	}
	var err error
	if p.found, err = p.flow.Relate(p.t.Context(), p.engine, p.db, p.entities); err != nil {
		p.t.Fatal(err)
	}
}

// of is a thing's relations, from the index; they are in the lake alike.
func (p *place) of(entity, key string) string {
	p.t.Helper()
	sides, err := flow.SidesOf(p.t.Context(), p.lake, entity, p.entities)
	if err != nil {
		p.t.Fatal(err)
	}
	id := p.id(entity, key)
	got, has, err := flow.RelationsFrom(p.db, entity, id, sides)
	if err != nil || !has {
		p.t.Fatalf("the index has them: %v, %v", has, err)
	}
	c, err := p.engine.Conn(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	again, err := flow.ReadRelations(p.t.Context(), c, id, sides)
	if err != nil || !reflect.DeepEqual(got, again) {
		p.t.Errorf("%s %s: the index has %+v\nthe lake %+v, %v", entity, key, got, again, err)
	}
	var out []string
	for _, r := range got {
		other := "nobody"
		if r.Other != 0 {
			other = p.key(r.Kind, r.Other)
		}
		way := map[bool]string{true: "<", false: ">"}[r.Inverse]
		out = append(out, fmt.Sprintf("%s%s%s %s..%s", r.Relationship, way, other, r.Since, r.Until))
	}
	return strings.Join(out, "; ")
}

func (p *place) id(entity, key string) (id int64) {
	p.t.Helper()
	r, err := p.db.Get(entity, map[string]string{"person": "id", "boat": "plate"}[entity], key)
	if err != nil {
		p.t.Fatalf("%s %s: %v", entity, key, err)
	}
	return r.ID
}

func (p *place) key(entity string, id int64) string {
	p.t.Helper()
	r, err := p.db.Get(entity, "", fmt.Sprint(id))
	if err != nil {
		p.t.Fatalf("%s %d is no golden record: %v", entity, id, err)
	}
	return r.Fields[0].Value
}

func TestWhatARowBringsTogetherIsARelationWithItsDays(t *testing.T) {
	p := newPlace(t, map[string]string{
		"person":  "1,An,,\n2,Bình,2020-05-01,\n3,Chi,,\n4,Dũng,,\n5,Em,,\n6,Phúc,,\n",
		"birth":   "a,3,1,2001-01-01\nb,4,9,2003-01-01\nc,5,5,2004-01-01\n", // 7, 8 and 9 are nobody; who would be her own mother says nothing
		"wedding": "a,2,1,2000-01-01\nb,4,3,2010-01-01\nc,6,8,2011-01-01\n",
		"divorce": "a,4,3,2015-01-01\n",
		"boat":    "X,1,2000-01-01\nY,3,2001-01-01\nZ,5,2002-01-01\n",
		"sale":    "a,X,2,1,2005-01-01\nb,X,3,2,2009-01-01\nc,Y,7,3,2010-01-01\n",
	})
	for _, one := range [][3]string{
		{"person", "3", "owner<Y ..2010-01-01; owner<Y 2001-01-01..2010-01-01; owner<X 2009-01-01..; parent>1 2001-01-01..; spouse<4 ..2015-01-01; spouse<4 2010-01-01..2015-01-01"},
		{"person", "1", "owner<X ..2005-01-01; owner<X 2000-01-01..2005-01-01; parent<3 2001-01-01..; spouse<2 2000-01-01..2020-05-01"},
		{"person", "2", "owner<X ..2009-01-01; owner<X 2005-01-01..2009-01-01; spouse>1 2000-01-01..2020-05-01"},
		{"person", "4", "parent>nobody 2003-01-01..; spouse>3 ..2015-01-01; spouse>3 2010-01-01..2015-01-01"},
		{"person", "5", "owner<Z 2002-01-01.."},
		{"person", "6", "spouse>nobody 2011-01-01.."},
		{"boat", "X", "owner>1 ..2005-01-01; owner>2 ..2009-01-01; owner>1 2000-01-01..2005-01-01; owner>2 2005-01-01..2009-01-01; owner>3 2009-01-01.."},
		{"boat", "Y", "owner>3 ..2010-01-01; owner>3 2001-01-01..2010-01-01; owner>nobody 2010-01-01.."},
	} {
		if got := p.of(one[0], one[1]); got != one[2] {
			t.Errorf("%s %s:\ngot  %s\nwant %s", one[0], one[1], got, one[2])
		}
	}
	want := map[string][]flow.Related{"person": {{"parent", 2, 1}, {"spouse", 4, 1}}, "boat": {{"owner", 9, 1}}}
	if !reflect.DeepEqual(p.found, want) {
		t.Errorf("got %+v, want %+v", p.found, want)
	}
}

func TestAPersonIsFoundByTheNumbersOfBefore(t *testing.T) {
	p := newPlace(t, map[string]string{
		"person": "1,An,,\n2,An,,1\n3,An,,2\n5,Bình,,4\n6,Chi,,\n7,Em,,6\n8,Em,,6\n", // 6 has two successors, which is not lawful
		"boat":   "X,1,2000-01-01\nY,4,2000-01-01\n",
	})
	for before, now := range map[string]string{"1": "3", "2": "3", "4": "5", "6": "6", "7": "7", "8": "8"} {
		if got, want := p.id("person", before), p.id("person", now); got != want {
			t.Errorf("number %s leads to %d, want %d", before, got, want)
		}
	}
	golden, err := p.lake.Lookup(t.Context(), lake.Golden, "entity.person")
	if err != nil {
		t.Fatal(err)
	}
	scan, err := golden.Scan(t.Context(), lake.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	got := p.answer("SELECT string_agg(DISTINCT value, ' ' ORDER BY value) FROM " + flow.KeyValues(scan.SQL(), p.entities[0].Match.Keys[0]) + fmt.Sprintf(" WHERE entity = %d", p.id("person", "3")))
	if got[0] != "1 2 3" {
		t.Errorf("in the lake: got %v, want 1 2 3", got)
	}
	for boat, want := range map[string]string{"X": "owner>3 2000-01-01..", "Y": "owner>5 2000-01-01.."} {
		if got := p.of("boat", boat); got != want {
			t.Errorf("boat %s, of a number of before: got %s, want %s", boat, got, want)
		}
	}
}

func TestRelationsAreMadeAnewWhenEitherSideChangesAndOnlyThen(t *testing.T) {
	p := newPlace(t, map[string]string{"person": "1,An,,\n2,Bình,,\n", "boat": "X,1,2000-01-01\n"})
	snapshot := func() lake.Snapshot {
		t.Helper()
		table, err := p.lake.Lookup(t.Context(), lake.Relations, "entity.boat")
		if err != nil {
			t.Fatal(err)
		}
		s, _ := table.Current()
		return s
	}
	before := snapshot()
	p.relate()
	if snapshot().ID != before.ID {
		t.Error("nothing had changed, and the relations were made anew")
	}
	if got, want := p.of("boat", "X"), "owner>1 2000-01-01.."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.write("sources/town/person.csv", "id,name,died,former\n2,Bình,,\n") // the other side alone
	p.relate()
	if got, want := p.of("boat", "X"), "owner>nobody 2000-01-01.."; got != want || snapshot().ID == before.ID {
		t.Errorf("after the owner went: got %s, want %s", got, want)
	}
	file := strings.Split(townBoat, "relationships:")[0] + "match:\n  keys: [plate]\n"
	boat, err := link.ParseEntity("boat.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	p.entities[1] = boat
	p.relate()
	if rows := snapshot().Summary["total-records"]; rows != "0" && rows != "" || len(p.found["boat"]) > 0 {
		t.Errorf("of a relationship that is not declared any more: got %v relations", rows)
	}
}

// Each relation of the lake is of golden records, or says that it is not; nothing
// ends before it begins, and no thing has two owners on one day.
func TestRelationsAreOfGoldenRecordsAndOwnersFollowOneAnother(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	day := func() string {
		return time.Date(2000+r.IntN(20), 1, 1+r.IntN(300), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	rows := map[string]string{}
	for i := range 40 {
		if i%9 != 0 { // some are named and not known
			rows["person"] += fmt.Sprintf("%d,An,,\n", i)
		}
		rows["birth"] += fmt.Sprintf("%d,%d,%d,%s\n", i, i, r.IntN(40)+1000*(i%2)*i, day())
		rows["boat"] += fmt.Sprintf("B%d,%d,%s\n", i, r.IntN(40), day())
		for n := range 4 {
			rows["sale"] += fmt.Sprintf("%d-%d,B%d,%d,%d,%s\n", i, n, i, r.IntN(40), r.IntN(40), day())
		}
	}
	p := newPlace(t, rows)
	golden := map[string]bool{}
	for _, e := range []string{"person", "boat"} {
		for _, id := range p.column(lake.Golden, "entity."+e, "CAST(entity AS VARCHAR)") {
			golden[e+id] = true
		}
	}
	for _, kind := range []string{"person", "boat"} {
		for _, one := range p.column(lake.Relations, "entity."+kind, "concat_ws(' ', coalesce(entity, 0), other_kind, coalesce(other, 0), coalesce(until < since, false), probability IS NULL)") {
			f := strings.Fields(one)
			if unlinked := f[0] == "0" || f[2] == "0"; unlinked != (f[4] == "true") || f[3] == "true" || f[0] != "0" && !golden[kind+f[0]] || f[2] != "0" && !golden[f[1]+f[2]] {
				t.Errorf("a relation of %s: %s", kind, one)
			}
		}
	}
	type held struct{ since, until, owner string }
	boats := map[string][]held{}
	for _, one := range p.column(lake.Relations, "entity.boat", "concat_ws(' ', entity, coalesce(other, 0), since, coalesce(until, DATE '9999-01-01'))") {
		if f := strings.Fields(one); len(f) == 4 {
			boats[f[0]] = append(boats[f[0]], held{f[2], f[3], f[1]})
		}
	}
	for boat, all := range boats {
		slices.SortFunc(all, func(a, b held) int { return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.owner, b.owner)) })
		for i, a := range all {
			for _, b := range all[i+1:] {
				if a.owner != b.owner && b.since > a.since && a.until > b.since {
					t.Errorf("boat %s: %v and %v at one time", boat, a, b)
				}
			}
		}
	}
}

// column answers what of each row of a table.
func (p *place) column(kind lake.Kind, dataset, what string) (out []string) {
	p.t.Helper()
	table, err := p.lake.Lookup(p.t.Context(), kind, sen.Dataset(dataset))
	if err != nil {
		p.t.Fatal(err)
	}
	scan, err := table.Scan(p.t.Context(), lake.AsOf{})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answer("SELECT " + what + " FROM (" + scan.SQL() + ")")
}

// answer is the one column of a query.
func (p *place) answer(query string) (out []string) {
	p.t.Helper()
	c, err := p.engine.Conn(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.Query(p.t.Context(), query)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

// The index takes golden records as they lie, where they lie in order and hold
// none of its separators, and finds out where they do not.
func TestGoldenRecordsOutOfOrderOrWithSeparatorsAreLoadedAllTheSame(t *testing.T) {
	p := newPlace(t, map[string]string{"person": "1,An,,\n2,Bình,,\n3,Chi,,\n4,Dũng,,\n5,Em,,\n"})
	want := map[string]int64{}
	for key := range strings.SplitSeq("12345", "") {
		want[key] = p.id("person", key)
	}
	golden, err := p.lake.Lookup(t.Context(), lake.Golden, flow.EntityDataset("person"))
	if err != nil {
		t.Fatal(err)
	}
	scan, err := golden.Scan(t.Context(), lake.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	path, err := golden.NewFile("upside-down", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.engine.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.Copy(t.Context(), "SELECT * REPLACE (CASE WHEN id = '3' THEN 'C' || chr(30) || chr(31) || 'hi' ELSE name END AS name) FROM ("+scan.SQL()+") ORDER BY entity DESC", path, golden.FieldIDs())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := golden.Commit(t.Context(), lake.Change{Add: []lake.File{{Path: path, Rows: rows}}, Replace: true}); err != nil {
		t.Fatal(err)
	}
	if err := p.flow.LoadIndex(t.Context(), p.engine, p.db, p.entities); err != nil {
		t.Fatal(err)
	}
	for key, id := range want {
		if got := p.id("person", key); got != id {
			t.Errorf("%s: got %d, want %d", key, got, id)
		}
	}
	third, err := p.db.Get("person", "id", "3")
	if err != nil || third.Fields[1].Value != "C  hi" {
		t.Errorf("got %+v, %v", third, err)
	}
}
