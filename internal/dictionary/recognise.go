package dictionary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Candidate is an element that a column may hold, with the evidence.
type Candidate struct {
	Element  string
	Fit      float64 // of the values that are not blank, those with a standard form: 0 to 1
	Evidence string  // in words: "dd/mm/yyyy 93 %, yyyy 5 %, impossible 0.4 %"
	Options  Options // what the values say about themselves: Order, Year, Excel
}

// enoughFit is the share of values from which an element is worth naming.
const enoughFit = 0.8

// columnWords are what columns of an element are called, folded, without
// signs between the words.
var columnWords = map[string][]string{
	"personal-identity-number": {"sodinhdanh", "cccd", "dinhdanh", "identitynumber", "personalid", "sodd", "mst"},
	"identity-number-old":      {"cmnd", "socmnd", "chungminh"},
	"person-name":              {"hoten", "hovaten", "ten", "name", "fullname", "chuho", "nguoi"},
	"date":                     {"ngay", "date", "born", "birth", "dob", "namsinh", "on", "time"},
	"sex":                      {"gioitinh", "phai", "sex", "gender"},
	"province":                 {"tinh", "thanhpho", "province", "city", "noisinh", "quequan", "bornat"},
	"boolean":                  {"co", "is", "has", "flag"},
}

// Recognise says which elements a column of values looks like, best first.
// The name of the column breaks ties, and is needed where values alone prove
// little: any nine digits fit an old number, any two words a name.
//
// Elements that fit nearly anything (text, code) are never named.
func Recognise(samples []string, columnName string) []Candidate {
	var out []Candidate
	for _, e := range elements {
		if c, ok := recognise(e, samples, columnName); ok {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(rank(b, columnName), rank(a, columnName)) })
	return out
}

func recognise(e *Element, samples []string, column string) (Candidate, bool) {
	if e.Name == "text" || e.Name == "code" {
		return Candidate{}, false
	}
	o := Options{}
	if e.Name == "date" {
		o = dateOptions(samples)
	}
	fit, evidence, filled := weigh(e, samples, o)
	if filled == 0 || fit < enoughFit || needsName(e) && !named(e, column) && !tellsItself(e, samples) {
		return Candidate{}, false
	}
	return Candidate{Element: e.Name, Fit: fit, Evidence: evidence, Options: o}, true
}

// rank orders candidates: the particular before the general, the named
// before the unnamed, then by fit.
func rank(c Candidate, column string) float64 {
	e, _ := Lookup(c.Element)
	r := c.Fit
	if named(e, column) {
		r += 1
	}
	switch c.Element {
	case "integer", "number":
		r -= 2
	case "boolean", "province":
		r -= 0.5
	}
	return r
}

func named(e *Element, column string) bool {
	key := compileAny("[^a-z0-9]").ReplaceAllString(Fold(column), "")
	if e.Name == "province" && strings.Contains(key, "gioitinh") { // tỉnh and giới tính share a syllable
		return false
	}
	return slices.ContainsFunc(columnWords[e.Name], func(word string) bool {
		return key == word || len(word) > 3 && strings.Contains(key, word)
	})
}

// needsName: two digits are a province's code and much else, words are names
// and much else.
func needsName(e *Element) bool {
	return slices.Contains([]string{"identity-number-old", "person-name", "province", "boolean"}, e.Name)
}

// tellsItself reports values that prove the element without the name: unit
// names for provinces, family names that most people have.
func tellsItself(e *Element, samples []string) bool {
	proof := map[string]func(string) bool{"province": isUnitName, "person-name": hasFamilyName}[e.Name]
	if proof == nil {
		return false
	}
	proved, filled := 0, 0
	for _, s := range samples {
		if s = trim(s); s != "" && !isToken(s) {
			filled++
			if proof(s) {
				proved++
			}
		}
	}
	return proved*2 >= filled && proved > 0
}

func isUnitName(s string) bool { return compileAny("[a-z]{2}").MatchString(Fold(s)) }

// familyNames are borne by some nine in ten people of the country.
var familyNames = strings.Fields("nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh dao mai trinh truong")

func hasFamilyName(s string) bool {
	family, rest, two := strings.Cut(Fold(s), " ")
	return two && rest != "" && slices.Contains(familyNames, family)
}

// weigh standardises the samples: the share that is well, what they look
// like, and how many are not blank.
func weigh(e *Element, samples []string, o Options) (fit float64, evidence string, filled int) {
	well, shapes, problems := 0, map[string]int{}, map[string]int{}
	for _, s := range samples {
		r := e.Standardise(s, o)
		switch {
		case r.Blank():
			continue
		case r.Problem != "":
			problems[r.Problem]++
		default:
			well++
			shapes[shapeOf(e, trim(s), r)]++
		}
		filled++
	}
	if filled == 0 {
		return 0, "", 0
	}
	return float64(well) / float64(filled), describe(shapes, filled) + describeMore(problems, filled), filled
}

// shapeOf names the way in which a good value was written.
func shapeOf(e *Element, s string, r Result) string {
	switch {
	case e.Name == "date":
		return dateShape(s)
	case s == r.Value:
		return "standard form"
	}
	return "repaired"
}

// dateShapes are tried in order.
var dateShapes = []struct{ pattern, name string }{
	{`[0-9]{4}`, "yyyy"}, {`[0-9]{4}-[0-9]{2}-[0-9]{2}`, "yyyy-mm-dd"}, {`[0-9]{8}`, "digits alone"},
	{`[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}`, "d/m/yyyy"}, {`[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}`, "d-m-yyyy"}, {`[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}`, "d.m.yyyy"},
	{`[0-9]{1,2}/[0-9]{4}`, "m/yyyy"}, {`.*[0-9]{1,2}:[0-9]{2}.*`, "with time"}, {`[0-9]+(?:\.[0-9]+)?`, "serial number"},
}

func dateShape(s string) string {
	for _, shape := range dateShapes {
		if fits(s, shape.pattern) {
			return shape.name
		}
	}
	return "in words"
}

func describe(counts map[string]int, all int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s %.3g %%", name, 100*float64(counts[name])/float64(all))
	}
	return strings.Join(parts, ", ")
}

func describeMore(counts map[string]int, all int) string {
	if len(counts) == 0 {
		return ""
	}
	return ", " + describe(counts, all)
}

// dateOptions reads off the values what is known of a column of dates. The
// order is month first only where days above 12 say so, and none the other
// way; years alone are accepted from one in fifty; numbers are serial days
// only where nearly all are.
func dateOptions(samples []string) Options {
	var dayFirst, monthFirst, years, serials, filled int
	for _, s := range samples {
		r := dateElement().Standardise(s, Options{})
		if r.Blank() {
			continue
		}
		filled++
		switch {
		case r.Problem == "year-only" || r.Problem == "month-only":
			years++
		case r.Problem == "serial":
			serials++
		case r.Problem == "impossible" && dateElement().Standardise(s, Options{Order: MonthFirst}).Problem == "":
			monthFirst++
		case r.Value != "" && dateElement().Standardise(s, Options{Order: MonthFirst}).Problem == "impossible":
			dayFirst++
		}
	}
	o := Options{Year: years*50 >= filled && years > 0, Excel: serials*10 >= filled*9 && serials > 0}
	if monthFirst > 0 && dayFirst == 0 {
		o.Order = MonthFirst
	}
	return o
}

func dateElement() *Element {
	e, _ := Lookup("date")
	return e
}
