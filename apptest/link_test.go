package apptest

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

func TestTheCountryBecomesGoldenRecordsThatAreReadOnTheRecord(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--people", "1500", "--seed", "4", "--dir", "land").says(t, "Person", "Organisation", "Vehicle", "Parcel", "sen get person")
	h := *s
	h.dir = filepath.Join(s.dir, "land")
	var linked []struct {
		Entity                    string
		Records, Things, Unlinked int64
		Linked                    map[string]int64
		Unchanged                 bool
	}
	h.ok("link", "run", "--json").json(t, &linked)
	if len(linked) != 4 || linked[0].Entity != "person" || !linked[0].Unchanged {
		t.Fatalf("got %+v, want four entities, people first, and nothing to do", linked)
	}
	if p := linked[0]; p.Things < 1400 || p.Things > 1600 || p.Linked["key"] == 0 || p.Linked["other-key"] == 0 || p.Linked["probable"] == 0 {
		t.Errorf("got %+v, want about 1,500 people, by keys, by other keys, and by what their records say", p)
	}
	var numbers struct{ Rows [][]any }
	h.ok("query", `SELECT identity_number, old_identity_number FROM "population"."person" WHERE old_identity_number IS NOT NULL ORDER BY 1 LIMIT 1`, "--json").json(t, &numbers)
	number, old := numbers.Rows[0][0].(string), numbers.Rows[0][1].(string)
	var byNumber, byOld struct {
		ID      string
		Fields  []struct{ Name, Value, Source string }
		Records []struct {
			Dataset, How string
			Records      int64
		}
	}
	h.ok("get", "person", number, "--json").json(t, &byNumber)
	h.ok("get", "person", old, "--json").json(t, &byOld)
	if byNumber.ID == "" || byNumber.ID != byOld.ID || byNumber.Fields[0].Value != number || byNumber.Fields[0].Source != "population.person" || len(byNumber.Records) < 2 {
		t.Errorf("by its number: got %+v; by the old one: %s", byNumber, byOld.ID)
	}
	h.ok("get", "person", byNumber.ID).says(t, number, "population.person")
	answers := make(chan result, 6) // one process has the index at a time; none is turned away
	for range cap(answers) {
		go func() { answers <- h.sen("get", "person", number, "--json") }()
	}
	for range cap(answers) {
		if r := <-answers; r.code != 0 || !strings.Contains(r.out, byNumber.ID) {
			t.Errorf("several at once: got exit code %d, %s", r.code, r.out)
		}
	}
	h.want(3, "get", "person", "999999999999").says(t, "no person has this key")
	var one, two struct {
		Probability float64
		Steps       []struct{ Field, Level string }
	}
	h.ok("explain", "person", number, old, "--json", "--svg", "why.svg").json(t, &one)
	if one.Probability < 0.99 || len(one.Steps) != 5 || one.Steps[0].Level != "same" {
		t.Errorf("one person under two numbers: got %+v", one)
	}
	if picture := h.read("why.svg"); !strings.Contains(picture, "<svg") || !strings.Contains(picture, "name: same") || strings.Contains(picture, number) {
		t.Errorf("the picture: %.200s", picture)
	}
	var others struct{ Rows [][]any }
	h.ok("query", `SELECT identity_number FROM "population"."person" ORDER BY 1 DESC LIMIT 1`, "--json").json(t, &others)
	h.ok("explain", "person", number, others.Rows[0][0].(string), "--json").json(t, &two)
	if two.Probability > 0.01 {
		t.Errorf("two people: got %+v", two)
	}
	h.want(3, "get", "ship", "1").says(t, "no entity", "person")
	h.env = append(h.env, "SEN_PURPOSE=")
	config := h.read("sen.yaml")
	h.write("sen.yaml", strings.ReplaceAll(config, "purpose: demonstration\n", ""))
	h.want(5, "get", "person", number).says(t, "purpose").saysNot(t, "population.person")
	h.write("sen.yaml", config)

	// The index holds nothing of its own.
	if err := os.RemoveAll(filepath.Join(h.dir, "data", "index")); err != nil {
		t.Fatal(err)
	}
	h.ok("get", "person", number).says(t, byNumber.ID)
	h.ok("link", "run")
	h.ok("get", "person", number).says(t, byNumber.ID)
}

// What others are to a person is read through the door as the person is: each one
// who is named has an entry of the journal.
func TestWhoIsNamedBesideAPersonIsInTheJournalToo(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--people", "1500", "--seed", "4", "--dir", "land").says(t, "Person · Parent", "Vehicle · Owner")
	h := *s
	h.dir = filepath.Join(s.dir, "land")
	var rows struct{ Rows [][]any }
	h.ok("query", `SELECT b.father_identity_number FROM "civil-status"."birth" b JOIN "civil-status"."marriage" m ON m.husband_identity_number = b.father_identity_number
 JOIN "vehicles"."registration" v ON v.owner_identity_number = b.father_identity_number ORDER BY 1 LIMIT 1`, "--json").json(t, &rows)
	number := rows.Rows[0][0].(string)
	type golden struct {
		ID        string
		Relations []struct{ Relationship, Entity, ID, Name, Source, Since, Until string }
	}
	var father golden
	h.ok("get", "person", number, "--json").json(t, &father)
	h.ok("get", "person", number).says(t, "Child", "Spouse", "civil-status.birth/father", "civil-status.marriage/wife", "vehicles.registration/owner")
	var child string
	others := map[string]int{"entity.person": 1, "entity.vehicle": 0}
	known, found := map[string]bool{father.ID: true}, map[string]bool{}
	for _, r := range father.Relations {
		found[r.Relationship] = true
		if r.ID != "0" && !known[r.ID] {
			known[r.ID] = true
			others["entity."+r.Entity]++
			if r.Name == "" || r.Source == "" {
				t.Errorf("nobody says who it is: %+v", r)
			}
		}
		if r.Relationship == "child" && r.ID != "0" {
			child = r.ID
		}
	}
	if !found["child"] || !found["spouse"] || !found["owns"] {
		t.Fatalf("got %+v, want a child, a wife and a vehicle", father.Relations)
	}
	for dataset, want := range others {
		if got := h.seen(dataset); got != want {
			t.Errorf("the journal has %d of %s, want %d", got, dataset, want)
		}
	}
	var back golden
	h.ok("get", "person", child, "--json").json(t, &back)
	if !slices.ContainsFunc(back.Relations, func(r struct{ Relationship, Entity, ID, Name, Source, Since, Until string }) bool {
		return r.Relationship == "parent" && r.ID == father.ID
	}) {
		t.Errorf("from the child's side: got %+v, want the father %s", back.Relations, father.ID)
	}
	// Without the index, the lake answers alike.
	if err := os.RemoveAll(filepath.Join(h.dir, "data", "index")); err != nil {
		t.Fatal(err)
	}
	var again golden
	h.ok("get", "person", number, "--json").json(t, &again)
	if !reflect.DeepEqual(again, father) {
		t.Errorf("from the lake: got %+v, want %+v", again, father)
	}
	h.write("entities/vehicle.yaml", strings.Replace(h.read("entities/vehicle.yaml"), "vehicles.transfer/buyer: {since", "vehicles.transfer/buyr: {since", 1))
	h.want(2, "link", "run").says(t, "entities/vehicle.yaml:", "vehicles.transfer/buyr", "person.yaml")
}

// seen is how many records of a dataset the newest read that was written down
// names.
func (s *shell) seen(dataset string) (n int) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "data", "state.db")+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT count(*) FROM entry e, json_each(e.body, '$.seen') s WHERE json_extract(s.value, '$.dataset') = ?
 AND json_extract(e.body, '$.request') = (SELECT json_extract(body, '$.request') FROM entry WHERE json_extract(body, '$.kind') = 'seen' ORDER BY sequence DESC LIMIT 1)`, dataset).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestAnEntityFileThatNamesWhatIsNotThereStopsNothingElse(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sources/people.csv", "so,ten\n1,An\n2,Bình\n")
	s.ok("contract", "infer", "sources/people.csv", "--agency", "town", "-o", "contracts/town.odcs.yaml")
	s.write("entities/person.yaml", "entity: person\nfields:\n  name: {element: person-name}\nrecords:\n  town.people:\n    role: authoritative\n    fields: {name: hoten}\nmatch:\n  keys: [name]\n")
	s.want(2, "sync").says(t, "entities/person.yaml:", "hoten", "town.people")
	s.want(2, "contract", "check").says(t, "entities/person.yaml:6", "hoten", "town.people", "1 errors")
	s.ok("status").says(t, "synchronised")
	s.write("entities/person.yaml", strings.Replace(s.read("entities/person.yaml"), "hoten", "ten", 1))
	s.ok("sync").says(t, "person")
	s.ok("get", "person", "Bình", "--purpose", "test").says(t, "town.people")
}
