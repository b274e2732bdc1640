package dictionary

import (
	"slices"
	"strings"
	"sync"

	"github.com/sen-hub/sen/internal/dictionary/codes"
)

// list is a code list of the dictionary's own, made ready for matching.
type list struct {
	exact  map[string]string   // codes, and names as written → code
	marked map[string][]string // every name in small letters → codes
	keys   map[string][]string // provinceKey of names and codes → codes
}

func newList(entries []codes.Entry) list {
	l := list{exact: map[string]string{}, marked: map[string][]string{}, keys: map[string][]string{}}
	for _, e := range entries {
		for _, name := range e.Names {
			note(l.marked, lower(name), e.Code)
		}
		for _, name := range append([]string{e.Code, strings.TrimLeft(e.Code, "0")}, e.Names...) {
			note(l.keys, provinceKey(name), e.Code)
		}
	}
	for _, e := range entries {
		l.exact[e.Code] = e.Code
		for _, name := range e.Names {
			if len(l.marked[lower(name)]) == 1 {
				l.exact[name] = e.Code
			}
		}
	}
	return l
}

// note adds a code to those of a key.
func note(table map[string][]string, key, code string) {
	if !slices.Contains(table[key], code) {
		table[key] = append(table[key], code)
	}
}

// find gives the code that s stands for, or the several. A name with its marks
// goes before those that only read the same without them: Mỹ is not MY.
func (l list) find(s string) Result {
	if code, ok := l.exact[s]; ok {
		return Result{Value: code}
	}
	found := l.marked[lower(compose(s))]
	if len(found) == 0 {
		found = l.keys[provinceKey(s)]
	}
	switch len(found) {
	case 0:
		return Result{Problem: "unknown-code"}
	case 1:
		return Result{Value: found[0]}
	default:
		return Result{Problem: "ambiguous", Candidates: slices.Clone(found)}
	}
}

var (
	ethnicGroups = sync.OnceValue(func() list { return newList(codes.Ethnicities()) })
	countryList  = sync.OnceValue(func() list { return newList(codes.Countries()) })
)

func listProblems(vi, en string) map[string]Text {
	return map[string]Text{
		"unknown-code": {VI: "không phải " + vi + " nào trong danh mục", EN: "is no " + en + " of the list"},
		"ambiguous":    {VI: "là tên chung của nhiều " + vi, EN: "is a name of more than one " + en},
	}
}

func ethnicity() *Element {
	return &Element{
		Name:  "ethnicity",
		Title: Text{VI: "Dân tộc", EN: "Ethnic group"},
		Help: Text{
			VI: "Mã hai chữ số của 54 dân tộc (55: người nước ngoài); nhận tên chính thức, tên khác và tên nhóm địa phương, có hoặc không có dấu.",
			EN: "The two-digit code of the 54 groups (55: foreigners); official names, other names and those of local groups are read, with or without marks.",
		},
		Source: "List of the ethnic groups of Vietnam, Decision 121-TCTK/PPCD of 2 March 1979, General Statistics Office; names of local groups beyond it and code 55 [unconfirmed]",
		Examples: []Example{
			{Raw: "Kinh", Value: "01"},
			{Raw: "Khơ-me", Value: "05"},
			{Raw: "KHMER", Value: "05"},
			{Raw: "dân tộc Mèo", Value: "08"},
			{Raw: "H'Mông", Value: "08"},
			{Raw: "Êđê", Value: "12"},
			{Raw: "1", Value: "01"},
			{Raw: "Xá Lá Vàng", Problem: "ambiguous"},
			{Raw: "Phật giáo", Problem: "unknown-code"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: listProblems("dân tộc", "ethnic group"),
		standardise: func(s string, _ Options) Result {
			r := ethnicGroups().find(s)
			if r.Problem == "unknown-code" {
				r = ethnicGroups().find(compileAny(`^(?i:dân tộc|dan toc|người)[ :]+`).ReplaceAllString(s, ""))
			}
			return r
		},
		ready: func(Options) ready { return ready{exact: withoutTokens(ethnicGroups().exact)} },
	}
}

func nationality() *Element {
	return &Element{
		Name:  "nationality",
		Title: Text{VI: "Quốc tịch", EN: "Nationality"},
		Help: Text{
			VI: "Mã hai chữ cái của ISO 3166-1; nhận mã ba chữ cái, tên tiếng Việt và tiếng Anh, cách viết cũ và cách phiên âm.",
			EN: "The two-letter code of ISO 3166-1; three-letter codes, names in Vietnamese and English, older and transcribed spellings are read.",
		},
		Source: "ISO 3166-1:2020; Vietnamese and English names as in Unicode CLDR",
		Examples: []Example{
			{Raw: "Việt Nam", Value: "VN"},
			{Raw: "VNM", Value: "VN"},
			{Raw: "Mỹ", Value: "US"},
			{Raw: "CHDCND Lào", Value: "LA"},
			{Raw: "Ô-xtrây-li-a", Value: "AU"},
			{Raw: "Korea", Problem: "unknown-code"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: listProblems("nước", "country"),
		standardise: func(s string, _ Options) Result {
			r := countryList().find(s)
			if r.Problem == "unknown-code" {
				r = countryList().find(compileAny(`^(?i:quốc tịch|quoc tich|nước|người)[ :]+`).ReplaceAllString(s, ""))
			}
			return r
		},
		ready: func(Options) ready { return ready{exact: withoutTokens(countryList().exact)} },
	}
}
