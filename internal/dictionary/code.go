package dictionary

import (
	"slices"
	"sync"
)

// CodeList is a list of codes with their labels, as a contract hands it in.
// It is used by pointer and not changed after its first use.
type CodeList struct {
	Name  string
	Codes []Code

	alone, withSex, withBoolean once
}

// once makes an index when it is first asked for.
type once struct {
	sync.Once
	index index
}

func (o *once) get(lists ...[]Code) index {
	o.Do(func() { o.index = indexOf(lists...) })
	return o.index
}

// Code is one entry: the value kept, and every way it is written.
type Code struct {
	Value  string
	Labels []string
}

// index is a code list made ready for matching.
type index struct {
	exact  map[string]string   // as written → value
	folded map[string][]string // Fold of what is written → values
}

// indexOf prepares the list; further lists yield to the ones before.
func indexOf(lists ...[]Code) index {
	ix := index{exact: map[string]string{}, folded: map[string][]string{}}
	for _, list := range lists {
		known := make(map[string]bool, len(ix.folded))
		for key := range ix.folded {
			known[key] = true
		}
		for _, c := range list {
			ix.add(c, known)
		}
	}
	return ix
}

func (ix index) add(c Code, taken map[string]bool) {
	for i, label := range append([]string{c.Value}, c.Labels...) {
		key := Fold(label)
		if taken[key] {
			continue
		}
		if _, there := ix.exact[label]; !there || i == 0 {
			ix.exact[label] = c.Value
		}
		if !slices.Contains(ix.folded[key], c.Value) {
			ix.folded[key] = append(ix.folded[key], c.Value)
		}
	}
}

// find gives the one value that s stands for, or the several.
func (ix index) find(s string) Result {
	if v, ok := ix.exact[s]; ok {
		return Result{Value: v}
	}
	switch values := ix.folded[Fold(s)]; len(values) {
	case 0:
		return Result{Problem: "unknown-code"}
	case 1:
		return Result{Value: values[0]}
	default:
		return Result{Problem: "ambiguous", Candidates: slices.Clone(values)}
	}
}

// withoutTokens leaves out what Standardise takes for blank, or trims, before
// it looks.
func withoutTokens(table map[string]string) map[string]string {
	out := make(map[string]string, len(table))
	for key, value := range table {
		if key == trim(key) && key != "" && !isToken(key) {
			out[key] = value
		}
	}
	return out
}

func code() *Element {
	return &Element{
		Name:  "code",
		Title: Text{VI: "Mã theo danh mục", EN: "Code of a code list"},
		Help: Text{
			VI: "Một mã của danh mục dùng chung đã khai trong hợp đồng dữ liệu; nhãn được đổi thành mã.",
			EN: "A code of the list that the contract declares; a label is turned into its code.",
		},
		Source: "The code list named by the contract",
		Examples: []Example{
			{Raw: " A1 ", Value: "A1"},
		},
		Logical: "string",
		problems: map[string]Text{
			"unknown-code": {VI: "không có trong danh mục", EN: "is not in the code list"},
			"ambiguous":    {VI: "ứng với nhiều mã trong danh mục", EN: "stands for more than one code of the list"},
		},
		standardise: func(s string, o Options) Result {
			if o.Codes == nil {
				return Result{Value: s}
			}
			return o.Codes.alone.get(o.Codes.Codes).find(s)
		},
		ready: codeReady,
	}
}

func codeReady(o Options) ready {
	if o.Codes != nil {
		return ready{exact: withoutTokens(o.Codes.alone.get(o.Codes.Codes).exact)}
	}
	return ready{well: codeIsWell}
}

// sexWords are the words for the sexes that leave no doubt. Digits are not
// among them: 1 is male in ISO/IEC 5218 and female in the century digit of
// the identity number (0 male, 1 female), 0 is female in many registers and
// "not known" in ISO, so digits need a declared code list.
var sexWords = []Code{
	{Value: "male", Labels: []string{"Nam", "Nam giới", "Trai", "Con trai", "Đàn ông", "M", "Male", "Man", "Boy", "Ông"}},
	{Value: "female", Labels: []string{"Nữ", "Nữ giới", "Gái", "Con gái", "Đàn bà", "F", "Female", "Woman", "Girl", "Bà"}},
	{Value: "other", Labels: []string{"Khác", "Giới tính khác", "Other", "X"}},
}

func sex() *Element {
	return &Element{
		Name:  "sex",
		Title: Text{VI: "Giới tính", EN: "Sex"},
		Help: Text{
			VI: "male, female hoặc other. Các số 0, 1, 2 chỉ được nhận khi hợp đồng khai danh mục mã: mỗi hệ thống hiểu một khác.",
			EN: "male, female or other. The digits 0, 1, 2 are accepted only with a declared code list: systems disagree on them.",
		},
		Source: "Words of HL7 FHIR R5 administrative-gender, since a word cannot be misread as another system's digit; ISO/IEC 5218 for the digits",
		Examples: []Example{
			{Raw: "Nam", Value: "male"},
			{Raw: "NU", Value: "female"},
			{Raw: "khác", Value: "other"},
			{Raw: "1", Problem: "ambiguous-code"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"unknown-code":   {VI: "không phải cách ghi giới tính đã biết", EN: "is no known way to write a sex"},
			"ambiguous":      {VI: "ứng với nhiều mã trong danh mục", EN: "stands for more than one code of the list"},
			"ambiguous-code": {VI: "là chữ số mà các hệ thống hiểu khác nhau; hãy khai danh mục mã", EN: "is a digit on which systems disagree; declare the code list"},
		},
		standardise: standardSex,
		ready:       func(o Options) ready { return ready{exact: withoutTokens(sexIndex(o).exact)} },
	}
}

var sexIndexAlone = sync.OnceValue(func() index { return indexOf(sexWords) })

func sexIndex(o Options) index {
	if o.Codes != nil {
		return o.Codes.withSex.get(o.Codes.Codes, sexWords)
	}
	return sexIndexAlone()
}

func standardSex(s string, o Options) Result {
	r := sexIndex(o).find(s)
	if r.Problem == "unknown-code" && fits(s, sexDigits) {
		return Result{Problem: "ambiguous-code", Candidates: []string{"male", "female"}}
	}
	return r
}

const sexDigits = "0*[0129]"

var booleanWords = []Code{
	{Value: "true", Labels: []string{"1", "t", "y", "yes", "có", "đúng", "rồi", "đã", "on", "x", "✓"}},
	{Value: "false", Labels: []string{"0", "f", "n", "no", "không", "sai", "chưa", "off"}},
}

var booleanIndexAlone = sync.OnceValue(func() index { return indexOf(booleanWords) })

func boolean() *Element {
	return &Element{
		Name:     "boolean",
		Title:    Text{VI: "Có hoặc không", EN: "Yes or no"},
		Help:     Text{VI: "true hoặc false.", EN: "true or false."},
		Source:   "ODCS 3.1.0, logicalType boolean; words of the two languages",
		Examples: []Example{{Raw: "Có", Value: "true"}, {Raw: "0", Value: "false"}, {Raw: "có thể", Problem: "unknown-code"}},
		Logical:  "boolean",
		problems: map[string]Text{"unknown-code": {VI: "không phải có hoặc không", EN: "is neither yes nor no"}},
		standardise: func(s string, o Options) Result {
			return booleanIndex(o).find(s)
		},
		ready: func(o Options) ready { return ready{exact: withoutTokens(booleanIndex(o).exact)} },
		typ:   "BOOLEAN",
	}
}

func booleanIndex(o Options) index {
	if o.Codes != nil {
		return o.Codes.withBoolean.get(o.Codes.Codes, booleanWords)
	}
	return booleanIndexAlone()
}
