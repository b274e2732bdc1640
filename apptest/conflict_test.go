package apptest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const townFile = `entity: person
name: {vi: Người, en: Person}
fields:
  number:  {element: text, believe: [register.person]}
  name:    {element: person-name, believe: [register.person]}
  born_on: {element: date, believe: [register.person]}
records:
  register.person: {role: authoritative, fields: {number: so, name: ten, born_on: sinh}}
  school.pupil:    {role: contributing, fields: {number: so, name: ten, born_on: sinh}}
  clinic.card:     {role: contributing, fields: {number: so, name: ten, born_on: sinh}}
match:
  keys: [number]
`

// town is the rows of one agency's file; day is what it says instead of the
// days of birth of some.
func town(day map[int]string) string {
	var b strings.Builder
	b.WriteString("so,ten,sinh\n")
	for i := range 60 {
		born := fmt.Sprintf("2010-%02d-%02d", 1+i%12, 1+i%28)
		if day[i] != "" {
			born = day[i]
		}
		fmt.Fprintf(&b, "P%04d,%s,%s\n", i, []string{"Lê Văn An", "Vũ Thị Bình", "Đỗ Minh Chi", "Ngô Thu Dung", "Hồ Quốc Giang"}[i%5], born)
	}
	return b.String()
}

func TestWhoIsMostLikelyWrongGetsACaseUntilTheyAgree(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("entities/person.yaml", townFile)
	for file, day := range map[string]map[int]string{
		"register/person.csv": {7: "2009-12-31"}, "school/pupil.csv": {11: "2011-02-03", 12: "2011-02-04"}, "clinic/card.csv": nil,
	} {
		agency, object, _ := strings.Cut(strings.TrimSuffix(file, ".csv"), "/")
		s.write("sources/"+object+".csv", town(day))
		s.ok("contract", "infer", "sources/"+object+".csv", "--agency", agency, "-o", "contracts/"+agency+".odcs.yaml")
	}
	s.ok("sync", "--lang", "en").says(t, "most likely wrong", "register", "school", "born_on")
	type conflictRow struct {
		Key, Value, Others string
		OthersSay          string `json:"others_say"`
	}
	type line struct {
		ID, Owner, Dataset, Kind, Rule, Column, State string
		Rows                                          int64
		Sample                                        []conflictRow
	}
	open := func() map[string]line {
		var all []line
		s.ok("case", "list", "--json").json(t, &all)
		out := map[string]line{}
		for _, one := range all {
			if one.Rule == "conflict.person" {
				out[one.Owner] = one
			}
		}
		return out
	}
	cases := open()
	if c := cases["school"]; len(cases) != 2 || c.Rows != 2 || c.Kind != "disagreement" || c.Dataset != "school.pupil" || cases["register"].Rows != 1 {
		t.Fatalf("got %+v, want two rows at the school and one at the register, which is the authority", cases)
	}
	var shown line
	s.ok("case", "show", cases["school"].ID, "--purpose", "test", "--json").json(t, &shown)
	slices.SortFunc(shown.Sample, func(a, b conflictRow) int { return strings.Compare(a.Value, b.Value) })
	if len(shown.Sample) != 2 || shown.Sample[0].Value != "2011-02-03" || shown.Sample[0].OthersSay != "2010-12-12" || shown.Sample[0].Others != "clinic.card, register.person" {
		t.Errorf("got %+v, want what stands there, what the others say and who they are", shown.Sample)
	}
	s.ok("case", "show", cases["school"].ID, "--purpose", "test", "--lang", "en").says(t, "others say", "clinic.card, register.person")
	s.ok("case", "export", "--agency", "school", "--purpose", "test", "-o", "out.csv")
	if text := s.read("out.csv"); !strings.Contains(text, "2011-02-03,2010-12-12,\"clinic.card, register.person\"") {
		t.Errorf("the export says\n%s", text)
	}
	s.ok("get", "person", "P0007", "--purpose", "test", "--lang", "en").says(t, "most likely wrong", "2010-08-08")
	s.ok("case", "reply", cases["school"].ID, "accept")

	s.write("sources/pupil.csv", town(map[int]string{12: "2011-02-04"}))
	s.ok("sync")
	if c := open()["school"]; c.Rows != 1 || c.State != "accepted" {
		t.Errorf("one of two is mended: got %+v", c)
	}
	s.write("sources/pupil.csv", town(nil))
	s.write("entities/person.yaml", "entity: [")
	s.sen("sync") // nobody can say what is in conflict: the case stays
	if c := open()["school"]; c.Rows != 1 {
		t.Errorf("while the entity file cannot be read: got %+v", c)
	}
	s.write("entities/person.yaml", townFile)
	s.ok("link", "run")
	if left := open(); len(left) != 1 || left["register"].Rows != 1 {
		t.Errorf("both are mended: got %+v, want the register's case alone", left)
	}
}

// Of a country with known errors: those who are called wrong are.
func TestThoseWhoAreCalledWrongAre(t *testing.T) {
	var f struct {
		Blame []struct {
			Field             string
			Blamed, Wrong     int64
			Precision, Recall float64
		}
	}
	r := newShell(t).ok("bench", "nation", "--records", "100000", "--seed", "3")
	r.json(t, &f)
	t.Logf("%+v", f.Blame)
	if len(f.Blame) < 3 || f.Blame[0].Field != "all" || f.Blame[0].Blamed < 50 || f.Blame[0].Precision < 0.95 || f.Blame[0].Recall < 0.9 {
		t.Errorf("got %+v, want 50 values that are called wrong, of which 95 in 100 are", f.Blame)
	}
}
