package resolve

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/link"
)

const issuedFile = `entity: person
fields:
  number:  {element: personal-identity-number, believe: [pop.person]}
  former:  {element: personal-identity-number, believe: [pop.person]}
  from:    {element: text, believe: [pop.person]}
  until:   {element: text, believe: [pop.person]}
  book:    {element: text, believe: [soc.book]}
  name:    {element: person-name, believe: [pop.person], then: most-agreed}
  born_on: {element: date, believe: [pop.person]}
records:
  pop.person: {role: authoritative, fields: {number: n, former: f, from: vf, until: vu, name: nm, born_on: b}}
  soc.book: {role: contributing, fields: {number: n, book: k, name: nm}}
  soc.paid: {role: mentioning, fields: {number: n, book: k}}
match:
  keys: [{key: number, valid_from: from, valid_until: until, succeeds: former}, book]
  compare: []
`

func newIssued(t *testing.T) *hub {
	t.Helper()
	h := newHub(t)
	entity, err := link.ParseEntity("person.yaml", []byte(issuedFile))
	if err != nil {
		t.Fatal(err)
	}
	h.entity = entity
	h.columns = map[string]string{"pop.person": "_key, n, f, vf, vu, nm, b", "soc.book": "_key, n, k, nm", "soc.paid": "_key, n, k"}
	for i := range 20 {
		h.put("pop.person", 5000+i, fmt.Sprint(5000+i), "", "2000-01-01", "", "Trần Văn Hùng", "1970-01-01")
	}
	return h
}

func TestANumberThatAnotherLawfullySucceedsLeadsToTheSamePerson(t *testing.T) {
	h := newIssued(t)
	h.put("pop.person", 1, "A", "", "2000-01-01", "2010-01-01", "Nguyễn Văn Minh", "1990-05-06")
	h.put("pop.person", 2, "B", "A", "2010-01-01", "2015-01-01", "Nguyễn Văn Minh", "1990-05-06")
	h.put("pop.person", 3, "C", "B", "2015-02-01", "", "Nguyễn Minh", "1990-05-06")
	h.put("pop.person", 4, "E", "D", "2015-02-01", "", "Phạm Thị Lan", "1980-05-06") // of D the register has nothing any more
	h.put("soc.book", 1, "A", "s1", "Nguyễn Văn Minh")
	h.put("soc.book", 2, "D", "s2", "Phạm Thị Lan")
	h.put("soc.paid", 1, "", "s1")
	h.put("soc.paid", 2, "C", "")
	h.put("soc.paid", 3, "D", "")
	r := h.run("")
	minh, _ := h.linked("pop.person", 3)
	lan, _ := h.linked("pop.person", 4)
	for _, one := range []struct {
		dataset  string
		record   int
		who, how string
	}{
		{"pop.person", 3, minh, ByKey}, {"pop.person", 1, minh, ByOtherKey}, {"pop.person", 2, minh, ByOtherKey}, {"soc.book", 1, minh, ByOtherKey},
		{"soc.paid", 1, minh, ByOtherKey}, {"soc.paid", 2, minh, ByKey}, {"pop.person", 4, lan, ByKey}, {"soc.book", 2, lan, ByOtherKey}, {"soc.paid", 3, lan, ByOtherKey},
	} {
		if entity, how := h.linked(one.dataset, one.record); entity != one.who || how != one.how {
			t.Errorf("%s %d: got %s by %q, want %s by %q", one.dataset, one.record, entity, how, one.who, one.how)
		}
	}
	if r.Things != 22 || r.Conflicts != 0 || r.Succeeded != 3 || minh == lan {
		t.Errorf("got %+v, want 22 things of which two have had other numbers, three in all", r)
	}
	for column, want := range map[string]string{"number": "C", "until": "", "\"from\"": "2015-02-01", "book": "s1"} {
		if got := h.ask("SELECT " + column + " FROM golden WHERE entity = " + minh); got != want {
			t.Errorf("%s: got %q, want %q", column, got, want)
		}
	}
}

func TestASuccessionThatIsNotLawfulIsAConflictAndMergesNobody(t *testing.T) {
	for name, rows := range map[string][][]string{
		"valid at one time":            {{"A", "", "2000-01-01", "2012-01-01", "Lê An", "1990-05-06"}, {"B", "A", "2010-01-01", "", "Lê An", "1990-05-06"}},
		"still valid":                  {{"A", "", "2000-01-01", "", "Lê An", "1990-05-06"}, {"B", "A", "2010-01-01", "", "Lê An", "1990-05-06"}},
		"the new one is the older":     {{"A", "", "2010-01-01", "2012-01-01", "Lê An", "1990-05-06"}, {"B", "A", "2000-01-01", "2005-01-01", "Lê An", "1990-05-06"}},
		"somebody else":                {{"A", "", "2000-01-01", "2010-01-01", "Lê An", "1990-05-06"}, {"B", "A", "2010-01-01", "", "Trương Quốc Khánh", "1961-01-01"}},
		"a circle":                     {{"A", "B", "", "2010-01-01", "Lê An", "1990-05-06"}, {"B", "A", "", "2010-01-01", "Lê An", "1990-05-06"}},
		"a circle of three":            {{"A", "C", "", "2010-01-01", "Lê An", ""}, {"B", "A", "", "2010-01-01", "Lê An", ""}, {"C", "B", "", "2010-01-01", "Lê An", ""}},
		"two successors":               {{"A", "", "2000-01-01", "2010-01-01", "Lê An", ""}, {"B", "A", "2010-01-01", "", "Lê An", ""}, {"C", "A", "2010-01-01", "", "Lê An", ""}},
		"two that one number replaces": {{"A", "", "2000-01-01", "2010-01-01", "Lê An", ""}, {"B", "", "2000-01-01", "2010-01-01", "Lê An", ""}, {"C", "A", "2010-01-01", "", "Lê An", ""}, {"C", "B", "2010-01-01", "", "Lê An", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newIssued(t)
			numbers, claims := map[string]bool{}, int64(0)
			for i, row := range rows {
				numbers[row[0]] = true
				if row[1] != "" {
					claims++
				}
				h.put("pop.person", i, row...)
			}
			if r := h.run(""); r.Conflicts != claims || r.Things != int64(20+len(numbers)) || r.Succeeded != 0 {
				t.Errorf("got %d conflicts, %d things, %d succeeded; want %d, %d and none", r.Conflicts, r.Things, r.Succeeded, claims, 20+len(numbers))
			}
		})
	}
}

// Whatever the register says, two numbers that are valid on one day are two
// people's, and every record stays linked to one.
func TestNumbersThatAreValidAtOneTimeAreNeverOnePerson(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := newIssued(t)
		year := func() string { return fmt.Sprintf("%d-01-01", 2000+random.IntN(20)) }
		for i := range 60 {
			from, until, former := year(), "", ""
			if random.IntN(3) > 0 {
				until = year()
			}
			if random.IntN(2) == 0 {
				former = fmt.Sprintf("N%d", random.IntN(60))
			}
			h.put("pop.person", i, fmt.Sprintf("N%d", i), former, from, until, "Lê An", "1990-05-06")
		}
		r := h.run("")
		if r.Succeeded == 0 || r.Conflicts == 0 {
			t.Fatalf("seed %d: got %d lawful and %d other successions, want some of both", seed, r.Succeeded, r.Conflicts)
		}
		overlaps := h.ask(fmt.Sprintf(`SELECT count(*) FROM (SELECT l.entity, p.* FROM %[1]s l JOIN %[2]s p ON l.record = p._key WHERE l.dataset = 'pop.person') a
 JOIN (SELECT l.entity, p.* FROM %[1]s l JOIN %[2]s p ON l.record = p._key WHERE l.dataset = 'pop.person') b ON a.entity = b.entity AND a._key < b._key
 WHERE a.vf < coalesce(b.vu, '9999') AND b.vf < coalesce(a.vu, '9999') AND a.vf < coalesce(a.vu, '9999') AND b.vf < coalesce(b.vu, '9999')`,
			Links, "(SELECT * FROM (VALUES "+strings.Join(h.rows["pop.person"], ", ")+") t("+h.columns["pop.person"]+"))"))
		if overlaps != "0" {
			t.Errorf("seed %d: %s pairs of numbers of one person are valid at one time", seed, overlaps)
		}
		if unlinked := h.ask("SELECT count(*) FROM " + Links + " WHERE entity IS NULL"); unlinked != "0" {
			t.Errorf("seed %d: %s records of the register are not linked", seed, unlinked)
		}
	}
}
