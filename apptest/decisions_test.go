package apptest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is a golden record as `sen get --json` answers it.
type golden struct {
	ID      string
	Fields  []struct{ Name, Value, Source string }
	Records []struct {
		Dataset, How string
		Records      int64
	}
}

func (g golden) records() (n int64) {
	for _, r := range g.Records {
		n += r.Records
	}
	return n
}

func (s *shell) golden(entity, key string) (g golden) {
	s.t.Helper()
	s.ok("get", entity, key, "--json").json(s.t, &g)
	return g
}

// country makes a small country and names two of its people by their numbers.
func country(t *testing.T) (h *shell, one, two string) {
	t.Helper()
	s := newShell(t)
	s.ok("demo", "--people", "1200", "--seed", "4", "--dir", "land")
	h = &shell{t: t, dir: filepath.Join(s.dir, "land"), env: s.env}
	var numbers struct{ Rows [][]any }
	h.ok("query", `SELECT identity_number FROM "population"."person" ORDER BY 1 LIMIT 2`, "--json").json(t, &numbers)
	return h, numbers.Rows[0][0].(string), numbers.Rows[1][0].(string)
}

func TestAWrongMergeIsUndoneAndWhoUsedItIsNamed(t *testing.T) {
	h, one, two := country(t)
	first, second := h.golden("person", one), h.golden("person", two)
	h.want(2, "merge", "person", one, two).says(t, "reason")
	h.ok("merge", "person", one, two, "--dry-run").says(t, "Nothing was decided")
	h.ok("decisions").says(t, "Nobody has decided")
	h.ok("merge", "person", one, two, "--reason", "re-issued number").says(t, "D-000001: confirmed", "1 merged")
	h.want(4, "merge", "person", one, two, "--reason", "again").says(t, "already")

	merged := h.golden("person", one)
	if other := h.golden("person", two); other.ID != merged.ID || merged.records() != first.records()+second.records() {
		t.Fatalf("got %+v and %+v, want one thing with %d records", merged, other, first.records()+second.records())
	}
	var hows []string
	for _, r := range merged.Records {
		hows = append(hows, r.How)
	}
	if !slices.Contains(hows, "decision") || !slices.Contains(hows, "key") {
		t.Errorf("got records by %v, want some by key and some by decision", hows)
	}
	h.ok("get", "person", two, "--purpose", "pension", "--case", "P-77")
	h.ok("get", "vehicle", vehicle(t, h))
	h.ok("link", "run", "--json").says(t, `"unchanged": true`)
	h.ok("unmerge", "person", one).says(t, "population.person:", "D-000001")

	var undone struct {
		State string
		Uses  []struct {
			Sequence               int64
			Principal, Purpose     string
			Case, Command, Request string
		}
	}
	h.want(2, "unmerge", "person", "--decision", "D-1").says(t, "reason")
	h.ok("unmerge", "person", "--decision", "D-1", "--reason", "two people", "--json").json(t, &undone)
	commands := ""
	for _, u := range undone.Uses {
		commands += u.Command + " " + u.Case + "; "
	}
	if want := "merge ; get ; get ; get P-77; unmerge ; "; undone.State != "withdrawn" || commands != want || undone.Uses[3].Purpose != "pension" {
		t.Errorf("got %s, used by %q, want %q: who looked before or at another thing did not use it", undone.State, commands, want)
	}
	for key, before := range map[string]golden{one: first, two: second} {
		if after := h.golden("person", key); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: got %+v, want it as it was: %+v", key, after, before)
		}
	}
	h.ok("decisions").says(t, "proposed", "confirmed", "applied", "withdrawn", "undone", "re-issued number", "two people")
	if again := h.ok("unmerge", "person", "--decision", "D-1", "--json").out; !strings.Contains(again, "P-77") {
		t.Errorf("the list is not made again: %s", again)
	}
}

func vehicle(t *testing.T, h *shell) string {
	t.Helper()
	var plates struct{ Rows [][]any }
	h.ok("query", `SELECT plate FROM "vehicles"."registration" ORDER BY 1 LIMIT 1`, "--json").json(t, &plates)
	return plates.Rows[0][0].(string)
}

func TestARecordIsTakenOutOfAThing(t *testing.T) {
	h, one, _ := country(t)
	before := h.golden("person", one)
	var thing struct {
		Records []struct{ Record, How string }
	}
	h.ok("unmerge", "person", one, "--json").json(t, &thing)
	if len(thing.Records) < 2 {
		t.Fatalf("got %+v, want several records", thing)
	}
	out := thing.Records[len(thing.Records)-1].Record
	h.want(3, "unmerge", "person", one, "--record", "population.person:1", "--reason", "not he").says(t, "no such record")
	h.ok("unmerge", "person", one, "--record", out, "--reason", "a namesake").says(t, "D-000001: confirmed", "get", "unmerge")
	after := h.golden("person", one)
	if after.ID != before.ID || after.records() != before.records()-1 {
		t.Errorf("got %+v, want %s with %d records", after, before.ID, before.records()-1)
	}
	h.ok("sync")
	if again := h.golden("person", one); fmt.Sprint(again) != fmt.Sprint(after) {
		t.Errorf("after the next sync: got %+v, want %+v", again, after)
	}
}

func TestWithTwoStewardsNobodyDecidesAlone(t *testing.T) {
	h, one, two := country(t)
	h.write("sen.yaml", strings.Replace(h.read("sen.yaml"), "stewards: 1", "stewards: 2", 1))
	before := h.golden("person", one)
	h.ok("merge", "person", one, two, "--reason", "re-issued number").says(t, "D-000001: proposed", "sen decisions confirm D-000001")
	h.want(5, "decisions", "confirm", "D-1").says(t, "another person")
	h.ok("link", "run", "person", "--json").says(t, `"unchanged": true`)
	if after := h.golden("person", one); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a proposal took effect: %+v", after)
	}
	h.ok("unmerge", "person", "--decision", "D-1", "--reason", "no").says(t, "withdrawn", "No entry")
}

func TestAMergeThatIsKilledIsDoneOrNot(t *testing.T) {
	h, one, two := country(t)
	first, second := h.golden("person", one), h.golden("person", two)
	for n, tries := 2, 1; n <= 8; n, tries = n+3, tries+1 { // within the commit of each table
		k := *h
		k.env = append(slices.Clone(h.env), fmt.Sprintf("SEN_KILL_AT=commit:%d", n))
		if r := k.sen("merge", "person", one, two, "--reason", "re-issued number"); r.code == 0 {
			t.Fatalf("commit %d: it was not killed", n)
		}
		a, b := h.golden("person", one), h.golden("person", two)
		if a.ID != b.ID && (a.ID != first.ID || b.ID != second.ID || fmt.Sprint(a.Fields) != fmt.Sprint(first.Fields)) {
			t.Errorf("commit %d: got %+v and %+v, want them one or as they were", n, a, b)
		}
		h.ok("link", "run", "person") // the decision is kept before anything is linked
		if a, b := h.golden("person", one), h.golden("person", two); a.ID != b.ID || a.records() != first.records()+second.records() {
			t.Errorf("commit %d: after the next run got %+v and %+v, want one", n, a, b)
		}
		h.ok("unmerge", "person", "--decision", fmt.Sprint(tries), "--reason", "next try")
		if a, b := h.golden("person", one), h.golden("person", two); fmt.Sprint(a, b) != fmt.Sprint(first, second) {
			t.Fatalf("commit %d: undone, got %+v and %+v, want %+v and %+v", n, a, b, first, second)
		}
	}
}

// namesakes is a town with two people of one name and birthday, and a home of
// one of them that gives no number.
func namesakes(t *testing.T) *shell {
	t.Helper()
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	people, homes := "so,ten,sinh\n", "ma,so,ten,sinh\n"
	for i := range 400 {
		who := strings.Fields("Lê Vũ Đỗ Hồ Ngô")[i%5] + " " + strings.Fields("Văn Thị Đức")[i%3] + " " + strings.Fields("An Bình Chi Dũng Giang Hà Lan")[i%7]
		day := fmt.Sprintf("%d-%02d-%02d", 1940+i%60, 1+i%12, 1+i%28)
		people += fmt.Sprintf("0010900%05d,%s,%s\n", i, who, day)
		if i < 40 {
			homes += fmt.Sprintf("H%d,,%s,%s\n", i, who, day)
		}
	}
	s.write("sources/person.csv", people+"001190011111,Nguyễn Văn Minh,1990-05-06\n001190022222,Nguyễn Văn Minh,1990-05-06\n")
	s.write("sources/home.csv", homes+"H900,,Nguyễn Văn Minh,1990-05-06\n")
	s.ok("contract", "infer", "sources", "--agency", "town", "-o", "contracts/town.odcs.yaml")
	fields := "fields: {number: so, name: ten, born_on: sinh}"
	s.write("entities/person.yaml", "entity: person\nfields:\n  number: {element: text}\n  name: {element: person-name}\n  born_on: {element: date}\nrecords:\n"+
		"  town.person: {role: authoritative, "+fields+"}\n  town.home: {role: contributing, "+fields+"}\n"+
		"match:\n  keys: [number]\n  block: [[name, born_on], [born_on]]\n  compare: [name, born_on, number]\n  review: between 0.30 and 0.99\n")
	s.write("sen.yaml", s.read("sen.yaml")+"\ndecisions:\n  stewards: 1\n")
	s.ok("sync")
	return s
}

func TestWhatIsUncertainIsReviewedByPeople(t *testing.T) {
	h := namesakes(t)
	h.want(5, "review", "person").says(t, "purpose").saysNot(t, "Nguyễn Văn Minh")
	h.ok("review", "person", "--purpose", "linkage").says(t, "Nguyễn Văn Minh", "001190011111", "001190022222", "fits another too")
	type pair struct {
		A, B        string
		Probability float64
		Explanation struct {
			Steps []struct{ Field, A, B string }
		}
	}
	var pairs, left []pair
	h.ok("review", "person", "--purpose", "linkage", "--json").json(t, &pairs)
	if len(pairs) != 2 || pairs[0].A != pairs[1].A || !strings.HasPrefix(pairs[0].A, "town.home:") || pairs[0].Probability > 0.51 || len(pairs[0].Explanation.Steps) != 3 {
		t.Fatalf("got %+v, want the home beside each of the namesakes", pairs)
	}
	h.want(3, "review", "person", "--same", pairs[0].A+",town.person:1").says(t, "does not wait")
	h.ok("review", "person", "--different", pairs[0].A+","+pairs[0].B).says(t, "D-000001: confirmed")
	h.ok("review", "person", "--purpose", "linkage", "--json").json(t, &left)
	if len(left) != 1 || left[0].B != pairs[1].B {
		t.Errorf("one is answered: got %+v, want %+v", left, pairs[1])
	}
	h.ok("review", "person", "--same", pairs[1].B+","+pairs[1].A, "--reason", "asked at the door").says(t, "D-000002: confirmed", "1 merged")
	h.ok("review", "person", "--purpose", "linkage").says(t, "No pair waits")
	h.ok("review", "person", "--purpose", "linkage", "--json").says(t, "[]")
	number := pairs[1].Explanation.Steps[2].B
	var g golden
	h.ok("get", "person", number, "--purpose", "linkage", "--json").json(t, &g)
	if g.records() != 2 {
		t.Errorf("got %+v, want the register's record and the home", g)
	}
}
