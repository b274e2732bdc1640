package resolve

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

const personFile = `entity: person
fields:
  number:    {element: personal-identity-number, believe: [pop.person]}
  old:       {element: identity-number-old, believe: [pop.person]}
  name:      {element: person-name, believe: [pop.person, reg.birth], then: most-agreed}
  born_on:   {element: date, believe: [reg.birth], then: most-complete}
  residence: {element: address, then: newest}
records:
  pop.person: {role: authoritative, as_of: day, fields: {number: n, old: o, name: nm, born_on: b}}
  reg.birth:  {role: contributing, fields: {number: n, name: nm, born_on: b}}
  res.home:   {role: contributing, as_of: day, fields: {number: n, name: nm, born_on: b, residence: r}}
  veh.car/owner: {role: mentioning, fields: {number: n, name: nm}}
match:
  keys: [number, old]
  block: [[name, born_on], [born_on]]
  compare: [name, born_on, number]
`

type hub struct {
	*testing.T
	decisions []state.Decision

	c      *engine.Conn
	entity *link.Entity
	rows   map[string][]string

	scratch string // with things, for ranges of them
	things  int64

	columns map[string]string // of each dataset
}

func newHub(t *testing.T) *hub {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	entity, err := link.ParseEntity("person.yaml", []byte(personFile))
	if err != nil {
		t.Fatal(err)
	}
	return &hub{T: t, c: c, entity: entity, rows: map[string][]string{},
		columns: map[string]string{"pop.person": "_key, n, o, nm, b, day", "reg.birth": "_key, n, nm, b", "res.home": "_key, n, nm, b, r, day", "veh.car/owner": "_key, n, nm"}}
}

// put adds a record: its key and the values of its dataset's columns.
func (h *hub) put(dataset string, key int, values ...string) {
	for i, v := range values {
		values[i] = "NULL"
		if v != "" {
			values[i] = engine.Literal(v)
		}
	}
	h.rows[dataset] = append(h.rows[dataset], fmt.Sprintf("(%d, %s)", key, strings.Join(values, ", ")))
}

func (h *hub) sources() (sources []Source) {
	for _, name := range h.entity.Records.Names() {
		record, _ := h.entity.Records.Get(name)
		if len(h.rows[name]) > 0 {
			sources = append(sources, Source{Name: name, Record: record, Relation: "(SELECT * FROM (VALUES " + strings.Join(h.rows[name], ", ") + ") t(" + h.columns[name] + "))"})
		}
	}
	return sources
}

func (h *hub) run(before string) Report {
	h.Helper()
	r, err := h.try(before)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

func (h *hub) try(before string) (Report, error) {
	made := false
	return Run(context.Background(), h.c, Options{Entity: h.entity, Sources: h.sources(), Before: before, Decisions: h.decisions, Scratch: h.scratch, Things: h.things, Golden: func(ctx context.Context, query string) error {
		into := "CREATE OR REPLACE TEMP TABLE golden AS "
		if made {
			into = "INSERT INTO golden "
		}
		made = true
		return h.c.Exec(ctx, into+query)
	}})
}

func (h *hub) ask(query string) string {
	h.Helper()
	var out sql.NullString
	if err := h.c.Row(h.Context(), "SELECT CAST(("+query+") AS VARCHAR)", &out); err != nil {
		h.Fatal(err)
	}
	return out.String
}

func (h *hub) linked(dataset string, record int) (entity, how string) {
	h.Helper()
	where := fmt.Sprintf(" FROM %s WHERE dataset = '%s' AND record = %d", Links, dataset, record)
	return h.ask("SELECT entity" + where), h.ask("SELECT how" + where)
}

func (h *hub) crowd() {
	for i := range 400 { // people enough to learn from
		h.put("pop.person", i, fmt.Sprintf("0010900%05d", i), "", h.who(i), h.birthday(i), "2024-01-01")
		h.put("reg.birth", i, fmt.Sprintf("0010900%05d", i), h.who(i), h.birthday(i))
	}
}

func (h *hub) birthday(i int) string { return fmt.Sprintf("%d-%02d-%02d", 1940+i%60, 1+i%12, 1+i%28) }

func (h *hub) who(i int) string {
	return fmt.Sprintf("%s %s %s", strings.Fields("Lê Vũ Đỗ Hồ Ngô")[i%5], strings.Fields("Văn Thị Đức")[i%3], strings.Fields("An Bình Chi Dũng Giang Hà Lan")[i%7])
}

func TestRecordsAreLinkedByPlausibleKeysThenByWhatTheySay(t *testing.T) {
	h := newHub(t)
	h.crowd()
	for i := range 30 { // as a rule who gives no number is somebody of the register
		h.put("res.home", i, "", h.who(i), h.birthday(i), "số 9", "2020-01-01")
	}
	h.put("pop.person", 9001, "001190099999", "123456789", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190099999", "NGUYEN VAN MINH", "1990-05-06")
	h.put("veh.car/owner", 9001, "001190099999", "Nguyễn V. Minh")
	h.put("veh.car/owner", 9002, "123456789", "Nguyễn Văn Minh")                                   // the old number
	h.put("res.home", 9001, "", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2020-01-01")             // no number
	h.put("res.home", 9002, "001190099999", "Trần Thị Hoa", "1955-12-31", "số 2", "2021-01-01")    // somebody else under his number
	h.put("res.home", 9003, "001190088888", "Phạm Quốc Khánh", "1961-11-30", "số 3", "2021-01-01") // whom nothing knows
	h.put("veh.car/owner", 9003, "", "Ai Đó")                                                      // a name alone says nothing
	r := h.run("")
	minh, how := h.linked("pop.person", 9001)
	if how != ByKey || minh == "" {
		t.Fatalf("the register's own record: got %s by %q", minh, how)
	}
	for _, one := range []struct {
		dataset string
		record  int
		same    bool
		how     string
	}{
		{"reg.birth", 9001, true, ByKey}, {"veh.car/owner", 9001, true, ByKey}, {"veh.car/owner", 9002, true, ByOtherKey},
		{"res.home", 9001, true, Probable}, {"res.home", 9002, false, Alone}, {"res.home", 9003, false, Alone}, {"veh.car/owner", 9003, false, ""},
	} {
		if entity, how := h.linked(one.dataset, one.record); (entity == minh) != one.same || how != one.how {
			t.Errorf("%s %d: got the same %v by %q, want %v by %q", one.dataset, one.record, entity == minh, how, one.same, one.how)
		}
	}
	if r.Conflicts != 1 || r.Unlinked != 1 || r.Things != 403 {
		t.Errorf("got %+v, want one conflict, one unlinked record and 403 things", r)
	}
}

func TestAGoldenRecordSaysWhoGaveEachFieldAndWhatElseWasSaid(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190099999", "", "Nguyễn Văn Minh", "1990", "2024-01-01")
	h.put("reg.birth", 9001, "001190099999", "Nguyễn Văn Mình", "1990-05-06")
	h.put("res.home", 9001, "001190099999", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2019-01-01")
	h.put("res.home", 9002, "001190099999", "Nguyễn Văn Minh", "1990-05-06", "số 2", "2022-01-01")
	h.run("")
	minh, _ := h.linked("pop.person", 9001)
	for column, want := range map[string]string{
		"name": "Nguyễn Văn Minh", "name_source": "pop.person", "name_as_of": "2024-01-01", "name_rejected": "Nguyễn Văn Mình · reg.birth",
		"born_on": "1990-05-06", "born_on_source": "reg.birth", "born_on_rejected": "1990 · pop.person",
		"residence": "số 2", "residence_as_of": "2022-01-01", "residence_rejected": "số 1 · res.home", "records": "4", "datasets": "3", "old": "",
	} {
		if got := h.ask("SELECT " + column + " FROM golden WHERE entity = " + minh); got != want {
			t.Errorf("%s: got %q, want %q", column, got, want)
		}
	}
}

func TestRangesOfThingsGiveTheGoldenRecordsOfOne(t *testing.T) {
	h := newHub(t)
	h.crowd()
	for i := range 400 {
		h.put("res.home", 2*i, fmt.Sprintf("0010900%05d", i), "", "", fmt.Sprintf("số %d", i), fmt.Sprintf("%d-01-01", 2000+i%20))
		h.put("res.home", 2*i+1, fmt.Sprintf("0010900%05d", i%300), "", "1930", fmt.Sprintf("số %d", i%7), "2010-01-01")
		h.put("veh.car/owner", 2*i, fmt.Sprintf("0010800%05d", i/2), "Ai Đó")
	}
	h.run("")
	const whole = "SELECT count(*) || ' ' || bit_xor(hash(g)) FROM golden g"
	want := h.ask(whole)
	h.scratch, h.things = t.TempDir(), 60
	h.run("")
	if got := h.ask(whole); got != want {
		t.Errorf("in ranges: got %s, want %s", got, want)
	}
	if out := h.ask("SELECT count(*) FROM (SELECT entity < lag(entity) OVER (ORDER BY rowid) AS back FROM golden) WHERE back"); out != "0" {
		t.Errorf("%s golden records are out of order", out)
	}
}

func TestASecondRunKeepsIdentifiersAndSaysWhatChanged(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190099999", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190099999", "Nguyễn Văn Minh", "1990-05-06")
	h.run("")
	before, _ := h.linked("pop.person", 9001)
	if err := h.c.Exec(t.Context(), "CREATE TEMP TABLE earlier AS FROM "+Links); err != nil {
		t.Fatal(err)
	}
	// His number is issued again, everywhere; another one comes, and one goes.
	for _, dataset := range []string{"pop.person", "reg.birth"} {
		for i, row := range h.rows[dataset] {
			h.rows[dataset][i] = strings.ReplaceAll(row, "001190099999", "001190077777")
		}
		h.rows[dataset] = h.rows[dataset][1:]
	}
	h.put("pop.person", 9002, "001190055555", "", "Bùi Thu Trang", "1971-03-04", "2024-01-01")
	r := h.run("earlier")
	if after, _ := h.linked("pop.person", 9001); after != before {
		t.Errorf("after a lawful re-issue: got identifier %s, want %s", after, before)
	}
	if r.Change == nil || *r.Change != (Change{Appeared: 1, Gone: 1}) {
		t.Errorf("got %+v, want one that appeared and one that is gone", r.Change)
	}
	first := h.ask("SELECT string_agg(entity || dataset || record || coalesce(how, ''), ' ' ORDER BY dataset, record) FROM " + Links)
	h.run("earlier")
	if again := h.ask("SELECT string_agg(entity || dataset || record || coalesce(how, ''), ' ' ORDER BY dataset, record) FROM " + Links); again != first {
		t.Error("the same records gave other links the second time")
	}
}

func TestAThingThatIsOnlyMentionedKeepsWhatIsSaidWhenItKeepsItsIdentifier(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("veh.car/owner", 1, "001190099999", "Nguyễn Văn Minh")
	h.put("veh.car/owner", 2, "001190099999", "Nguyễn Văn Minh")
	h.run("")
	before, _ := h.linked("veh.car/owner", 1)
	if err := h.c.Exec(t.Context(), "CREATE TEMP TABLE earlier AS FROM "+Links); err != nil {
		t.Fatal(err)
	}
	for i, row := range h.rows["veh.car/owner"] {
		h.rows["veh.car/owner"][i] = strings.ReplaceAll(row, "001190099999", "001190077777")
	}
	h.run("earlier")
	after, _ := h.linked("veh.car/owner", 1)
	if name := h.ask("SELECT name FROM golden WHERE entity = " + after); after != before || name != "Nguyễn Văn Minh" {
		t.Errorf("%s, who was %s, is called %q", after, before, name)
	}
}

func TestWhoIsGivenTheNumberThatWasAnothersIsNotThatOne(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190099999", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("reg.birth", 9001, "001190099999", "Nguyễn Văn Minh", "1990-05-06")
	h.run("")
	before, _ := h.linked("pop.person", 9001)
	if err := h.c.Exec(t.Context(), "CREATE TEMP TABLE earlier AS FROM "+Links); err != nil {
		t.Fatal(err)
	}
	for _, dataset := range []string{"pop.person", "reg.birth"} {
		for i, row := range h.rows[dataset] {
			h.rows[dataset][i] = strings.ReplaceAll(row, "001190099999", "001190077777")
		}
	}
	h.put("pop.person", 9002, "001190099999", "", "Bùi Thu Trang", "1971-03-04", "2024-01-01")
	h.run("earlier")
	minh, _ := h.linked("pop.person", 9001)
	trang, _ := h.linked("pop.person", 9002)
	if minh != before || trang == before || trang == "" {
		t.Errorf("he is %s and was %s, she is %s", minh, before, trang)
	}
}

func TestTwoNumbersOfTheRegisterAreNeverOnePerson(t *testing.T) {
	h := newHub(t)
	h.crowd()
	h.put("pop.person", 9001, "001190011111", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01")
	h.put("pop.person", 9002, "001190022222", "", "Nguyễn Văn Minh", "1990-05-06", "2024-01-01") // a namesake born on the same day
	h.put("res.home", 9001, "", "Nguyễn Văn Minh", "1990-05-06", "số 1", "2020-01-01")
	h.run("")
	a, _ := h.linked("pop.person", 9001)
	b, _ := h.linked("pop.person", 9002)
	if a == b {
		t.Error("two people of the register were merged")
	}
}
