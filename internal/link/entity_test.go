package link

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

func TestADraftedEntityIsReadBackAsTheSameSpec(t *testing.T) {
	table, _ := people(3000, 2)
	drafted := Draft(table)
	e, err := ParseEntity("person.yaml", DraftEntity("person", table, drafted))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Spec(); !reflect.DeepEqual(got, drafted) {
		t.Errorf("got %+v, want %+v", got, drafted)
	}
}

func TestTheExampleEntityIsRead(t *testing.T) {
	dir := os.Getenv("SEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(dir, "examples", "hub", "entities", "person.yaml"))
	if err != nil {
		t.Skipf("no examples beside the checkout: %v", err)
	}
	text = []byte(strings.NewReplacer("residence.ward", "residence.words", "sex and birth year both differ", "{differ: [sex, born_on.year]}").Replace(string(text)))
	e, err := ParseEntity("person.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	r, known := e.Records.Get("population.person")
	if !known || r.Role != Authoritative || r.Fields["name"] != "full_name" || e.Fields.Names()[0] != "identity_number" || e.Spec().Budget != 40 {
		t.Errorf("got %+v", e)
	}
}

func TestAnEntityFileWithAFaultSaysWhereAndWhy(t *testing.T) {
	const good = "entity: person\nfields:\n  name: {element: person-name}\nmatch:\n  compare: [name]\n"
	for change, says := range map[string]string{
		"":                               "",
		"entity: person→entity: ''":      "no name",
		"compare: [name]→compare: [nme]": `person.yaml:5: "nme" is no field`,
		"{element: person-name}→{compare: sound}":                 `person.yaml:3: field name: kind "sound"`,
		"compare: [name]→compare: [name]\n  budget: 7":            "is no budget",
		"compare: [name]→compare: [name]\n  block: [[name.sond]]": "no way to block",
		"fields:→feilds:":                     "person.yaml",
		"entity: person→entity: ../../people": "cannot be called",
		"match:→records:\n  a.b: {role: mentioning, fields: {name: x}}\nmatch:":                                    "have no key",
		"match:→  name_source: {}\nrecords:\n  a.b: {role: mentioning, fields: {name: x}}\nmatch:\n  keys: [name]": `"name_source"`,
		"match:→records:\n  a.b: {role: chief, fields: {}}\nmatch:":                                                `role "chief"`,
		"match:→records:\n  a.b: {role: mentioning, fields: {age: x}}\nmatch:":                                     `"age" is no field`,
	} {
		from, to, _ := strings.Cut(change, "→")
		_, err := ParseEntity("person.yaml", []byte(strings.Replace(good, from, to, 1)))
		if says == "" {
			if err != nil {
				t.Errorf("the good file: %v", err)
			}
			continue
		}
		if sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want Invalid that says %s", change, err, says)
		}
	}
}

func TestKeysAndWhatIsNeverOneAreReadInBothForms(t *testing.T) {
	const text = `entity: person
fields:
  number: {element: personal-identity-number}
  before: {}
  book: {}
  sex: {element: sex}
  born: {element: date}
match:
  keys: [{key: number, succeeds: before}, book]
  compare: [sex, born]
  never:
    - two authoritative number
    - {differ: sex}
    - {differ: [sex, born.year], more_than: 1}
`
	e, err := ParseEntity("person.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Key{{Field: "number", Succeeds: "before"}, {Field: "book"}}; !reflect.DeepEqual(e.Match.Keys, want) {
		t.Errorf("keys: got %+v, want %+v", e.Match.Keys, want)
	}
	want := []Never{{Differ: []Term{{"sex", Whole}}}, {Differ: []Term{{"sex", Whole}, {"born", Year}}, MoreThan: 1}}
	if got := e.Spec().Never; !reflect.DeepEqual(got, want) {
		t.Errorf("never: got %+v, want %+v", got, want)
	}
	for change, says := range map[string]string{
		"succeeds: before}→succeeds: after}":              "person.yaml:9: key \"after\" is no field",
		"succeeds: before}→succeeds: number}":             "succeeds itself",
		"succeeds: before}→valid_from: born}":             "nothing says what it succeeds",
		", book]→, {key: book, succeeds: before}]":        "only the first key",
		"{key: number→{kye: number":                       "kye",
		"two authoritative number→two authoritative book": "person.yaml:12: \"two authoritative book\" is no rule",
		"two authoritative number→whatever is odd":        "is no rule",
		"- {differ: sex}→- {differ: []}":                  "names no field",
		"- {differ: sex}→- {differ: sexx}":                "\"sexx\" is no field",
		"- {differ: sex}→- {differ: book}":                "book is not compared",
		"- {differ: sex}→- {differ: sex.words}":           "can differ and mean the same",
		"- {differ: sex}→- {differ: sex, more_than: 1}":   "more_than is of years",
		"- {differ: sex}→- {differs: sex}":                "differs",
	} {
		from, to, _ := strings.Cut(change, "→")
		if !strings.Contains(text, from) {
			t.Fatalf("%s: not in the file", from)
		}
		_, err := ParseEntity("person.yaml", []byte(strings.Replace(text, from, to, 1)))
		if sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want Invalid that says %s", change, err, says)
		}
	}
}

func TestARelationshipWithAFaultSaysWhereAndWhy(t *testing.T) {
	const good = `entity: person
fields:
  name: {element: person-name}
  died_on: {element: date}
records:
  birth.row: {role: contributing, fields: {name: child}}
  birth.row/mother: {role: mentioning, fields: {name: mother}}
  birth.row/father: {role: mentioning, fields: {name: father}}
relationships:
  parent:
    inverse: {as: child, vi: Con, en: Child}
    records:
      birth.row/mother: {since: born}
match: {keys: [name]}
`
	const vessel = "entity: vessel\nfields:\n  plate: {}\nrecords:\n  sea.ship: {role: authoritative, fields: {plate: p}}\nmatch: {keys: [plate]}\n"
	other, err := ParseEntity("vessel.yaml", []byte(vessel))
	if err != nil {
		t.Fatal(err)
	}
	columns := func(string) ([]string, bool) { return []string{"child", "mother", "father", "born", "p"}, true }
	for change, says := range map[string]string{
		"":                     "",
		"as: child→as: Child":  "person.yaml:11: relationship parent: what it is from the other side",
		"as: child→as: parent": "another relationship's name",
		"    inverse: {as: child, vi: Con, en: Child}\n→":                                                                   "cannot be called \"\"",
		"    records:→    symmetric: true\n    records:":                                                                    "has no inverse",
		"    records:→    entity: vessel\n    records:":                                                                     "birth.row/mother is not among the records of vessel",
		"    records:→    entity: ship\n    records:":                                                                       "no entity \"ship\"",
		"    records:→    ends: died\n    records:":                                                                         "ends \"died\"",
		"    records:→    ends: died_on\n    records:":                                                                      "",
		"    records:→    entity: vessel\n    ends: died_on\n    records:":                                                  "no field of both sides",
		"{since: born}→{since: bron}":                                                                                       "person.yaml:13: relationship parent: birth.row does not have the column \"bron\"",
		"{since: born}→{begun: born}":                                                                                       "begun",
		"{since: born}→{of: birth.row/child}":                                                                               "birth.row/child is not among the records",
		"{since: born}→{of: birth.row/father}":                                                                              "",
		"      birth.row/mother: {since→      birth.row/nurse: {since":                                                      "birth.row/nurse is not among the records of person",
		"      birth.row/mother: {since→      birth.row: {since":                                                            "not two parts of one row",
		"    records:\n      birth.row/mother: {since: born}→    entity: person":                                            "no records say it",
		"    records:\n      birth.row/mother: {since: born}→    exclusive: true\n    records:\n      birth.row/mother: {}": "neither since nor until",
	} {
		from, to, _ := strings.Cut(change, "→")
		text := good
		if at := strings.LastIndex(good, from); change != "" {
			text = good[:at] + to + good[at+len(from):]
		}
		e, err := ParseEntity("person.yaml", []byte(text))
		if err == nil {
			err = e.Fits(columns)
		}
		if err == nil {
			err = e.FitsBeside([]*Entity{e, other})
		}
		switch {
		case says == "" && err != nil:
			t.Errorf("%s: %v", change, err)
		case says != "" && (sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), says)):
			t.Errorf("%s: got %v, want Invalid that says %s", change, err, says)
		}
	}
}

func FuzzEntity(f *testing.F) {
	f.Add([]byte("entity: person\nfields:\n  name: {element: person-name}\nmatch:\n  compare: [name]\n  block: [[name.sound]]\n"))
	f.Add([]byte("entity: a\nfields:\n  b: {}\nrecords:\n  a.b: {role: mentioning, fields: {b: c}}\nrelationships:\n  d:\n    symmetric: true\n    records:\n      a.b/c: {since: e}\nmatch: {keys: [b]}\n"))
	f.Add([]byte("entity: a\nfields:\n  b: {element: date}\n  c: {}\nmatch:\n  keys: [{key: b, succeeds: c}]\n  compare: [b]\n  never: [{differ: b.year, more_than: 2}, two authoritative b]\n"))
	f.Add([]byte("entity: {"))
	f.Fuzz(func(t *testing.T, src []byte) {
		e, err := ParseEntity("x.yaml", src)
		if err == nil {
			e.Spec()
		} else if sen.KindOf(err) != sen.Invalid {
			t.Errorf("%q: %v", src, err)
		}
	})
}
