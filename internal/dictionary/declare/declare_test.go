package declare

import (
	"errors"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary"
)

// standard is one row of a table of values; want starts with "!" for a problem.
type standard struct{ raw, want string }

// column is the element as the engine makes it of the spec within its SQL.
func column(e *dictionary.Element) (*dictionary.Column, error) {
	_, rest, _ := strings.Cut(e.SQL("x", dictionary.Options{}).Problem, "'")
	return dictionary.ColumnOf(strings.ReplaceAll(rest[:len(rest)-len("')")], "''", "'"))
}

const bookElement = `name: household-book
title: {vi: Số sổ hộ khẩu, en: Household-book number}
help: {vi: Hai số của huyện và sáu số., en: Two digits of the district and six more.}
source: Circular 55/2021/TT-BCA
personal: personal
words: [so_ho_khau]
case: upper
drop: " ."
patterns:
  - match: '([0-9]{2})[/-]?([0-9]{6})'
    format: '${1}-${2}'
  - match: 'HK[0-9]{4}'
examples:
  - {raw: 12/345678, value: 12-345678}
  - {raw: "12.345 678", value: 12-345678}
  - {raw: hk0012, value: HK0012}
  - {raw: "12", problem: format}
`

const checkedElement = `name: book-number
title: {vi: Số sách, en: Book number}
source: ISO 2108:2005
drop: "- "
patterns: [{match: '[0-9]{10}'}]
check: {weights: [10, 9, 8, 7, 6, 5, 4, 3, 2], modulus: 11, offset: 0}
examples:
  - {raw: 0-306-40615-2, value: "0306406152"}
  - {raw: 0-306-40615-3, problem: check-digit}
`

const listedElement = `name: land-use
title: {vi: Mục đích sử dụng đất, en: Land use}
source: Circular 08/2024/TT-BTNMT
codesFile: uses.csv
examples:
  - {raw: Đất ở tại nông thôn, value: ONT}
  - {raw: dat trong lua, value: LUC}
  - {raw: đất sao Hỏa, problem: unknown-code}
`

const usesCSV = "value,label,label\nONT,Đất ở tại nông thôn\nLUC,Đất trồng lúa,Đất chuyên trồng lúa nước\n"

func besideUses(name string) ([]byte, error) {
	if name != "uses.csv" {
		return nil, errors.New("no such file")
	}
	return []byte(usesCSV), nil
}

func TestAnElementDeclaredInAFileStandardises(t *testing.T) {
	for src, table := range map[string][]standard{
		bookElement:    {{"12-345678", "12-345678"}, {" 12 345678", "12-345678"}, {"N/A", ""}, {"x", "!format"}},
		checkedElement: {{"0306406152", "0306406152"}, {"0306406151", "!check-digit"}, {"12", "!format"}},
		listedElement:  {{"ONT", "ONT"}, {"ĐẤT CHUYÊN TRỒNG LÚA NƯỚC", "LUC"}},
	} {
		e, problems := Parse("elements/x.yaml", []byte(src), besideUses)
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, src)
		}
		c, err := column(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table {
			want, problem := row.want, ""
			if rest, bad := strings.CutPrefix(row.want, "!"); bad {
				want, problem = "", rest
			}
			r := e.Standardise(row.raw, dictionary.Options{})
			if r.Value != want || r.Problem != problem || c.Standard([]byte(row.raw)) != want || c.Problem([]byte(row.raw)) != problem {
				t.Errorf("%s(%q) = %+v, in the engine %q %q; want %q", e.Name, row.raw, r, c.Standard([]byte(row.raw)), c.Problem([]byte(row.raw)), row.want)
			}
			if _, known := e.Problems()[problem]; problem != "" && !known {
				t.Errorf("%s: problem %q has no text", e.Name, problem)
			}
		}
	}
}

func TestAWrongFileIsRefusedAtTheRightPlace(t *testing.T) {
	for _, row := range []struct{ from, to, at, says string }{
		{"name: household-book", "name: Household Book", "1:7", "cannot name an element"},
		{"name: household-book", "name: date", "1:7", "has an element \"date\" already"},
		{"source: Circular 55/2021/TT-BCA\n", "", "1:1", "source"},
		{", en: Household-book number", "", "2:8", "both languages"},
		{"case: upper", "case: upper\nsense: none", "8:1", "unknown field"},
		{"case: upper", "case: upper\ncase: lower", "8:1", "already defined"},
		{"case: upper", "case: title", "7:7", "case \"title\""},
		{"personal: personal", "personal: secret", "5:11", "classification"},
		{"case: upper", "case: upper\nlogical: money", "8:10", "logical type"},
		{"([0-9]{2})[/-]", "([0-9]{2}[/-]", "10:12", "pattern cannot be read"},
		{"${1}-${2}", "${1}-${3}", "11:13", "group \"3\""},
		{"value: HK0012", "value: HK12", "16:11", "comes out as \"HK0012\""},
		{"problem: format", "value: \"12\"", "17:11", "problem format"},
		{"'${1}-${2}'", "'${1}:${2}'", "14:11", "comes out as \"12:345678\""},
		{"title: {", "title: [", "3:1", ""},
		{"so_ho_khau", "Số hộ khẩu", "6:9", "no word of a column"},
	} {
		src := strings.Replace(bookElement, row.from, row.to, 1)
		if src == bookElement {
			t.Fatalf("%q is not in the file", row.from)
		}
		e, problems := Parse("elements/x.yaml", []byte(src), nil)
		if e != nil || len(problems) == 0 {
			t.Errorf("%q for %q is accepted", row.to, row.from)
			continue
		}
		if got := problems[0].String(); !strings.HasPrefix(got, "elements/x.yaml:"+row.at) || !strings.Contains(got, row.says) {
			t.Errorf("%q for %q: got %s; want it at %s, saying %q", row.to, row.from, got, row.at, row.says)
		}
	}
}

func TestAListBesideTheFileIsReadAndNothingElse(t *testing.T) {
	for name, want := range map[string]string{"../uses.csv": "must lie beside", "other.csv": "cannot be read", "bad.csv": "has no value"} {
		_, problems := Parse("x.yaml", []byte(strings.Replace(listedElement, "uses.csv", name, 1)), func(name string) ([]byte, error) {
			if name == "bad.csv" {
				return []byte("value\n\"\",x\n"), nil
			}
			return besideUses(name)
		})
		if len(problems) == 0 || !strings.Contains(problems[0].Msg, want) {
			t.Errorf("%s: got %v, want it to say %q", name, problems, want)
		}
	}
}

func TestADeclaredElementIsRecognisedByTheNameOfItsColumn(t *testing.T) {
	e, _ := Parse("x.yaml", []byte(bookElement), nil)
	set, _ := dictionary.NewSet(e)
	values := []string{"12/345678", "13-000001", "HK0001", "14/000001"}
	if c := set.Recognise(values, "SO_HO_KHAU"); len(c) == 0 || c[0].Element != e || !c[0].Named {
		t.Errorf("so_ho_khau is recognised as %+v; want %s", c, e.Name)
	}
	for _, c := range set.Recognise(values, "ghi_chu") {
		if c.Element == e {
			t.Errorf("a column of another name is taken for %s", e.Name)
		}
	}
}

func TestASetHoldsTheDictionaryAndTheHubsOwn(t *testing.T) {
	e, _ := Parse("x.yaml", []byte(bookElement), nil)
	set, double := dictionary.NewSet(e, e)
	if got, ok := set.Lookup("sen:element/household-book"); !ok || got != e || len(double) != 1 || len(set.Elements()) != len(dictionary.Elements())+1 {
		t.Errorf("got %v %v, %d doubles, %d elements", got, ok, len(double), len(set.Elements()))
	}
	if _, ok := set.Lookup("date"); !ok {
		t.Error("the dictionary's own date is gone")
	}
	var none *dictionary.Set
	if _, ok := none.Lookup("household-book"); ok || len(none.Elements()) != len(dictionary.Elements()) {
		t.Error("a hub without elements has one")
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{bookElement, checkedElement, listedElement, "", "name: [", "a: &x *x", "name:"} {
		f.Add([]byte(src), "12/345678")
	}
	f.Fuzz(func(t *testing.T, src []byte, raw string) {
		e, problems := Parse("x.yaml", src, besideUses)
		if (e == nil) != (len(problems) > 0) {
			t.Fatalf("element %v beside problems %v", e, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Msg == "" {
				t.Errorf("problem without a place or words: %+v", p)
			}
		}
		if e == nil {
			return
		}
		if r := e.Standardise(raw, dictionary.Options{}); r.Value != "" && r.Problem != "" {
			t.Errorf("%q has both value and problem: %+v", raw, r)
		}
	})
}
