package dictionary

import (
	"regexp"
	"slices"
	"strings"
)

// Declared is what decides about the values of an element of a hub's own. It
// stands within the specs of its forms (but for Words), so that an engine needs
// nothing else, and a plan changes with it.
type Declared struct {
	Name     string      `json:"name"`
	Type     string      `json:"type,omitempty"` // the engine's type of the standard form; "" is VARCHAR
	Case     string      `json:"case,omitempty"` // "upper" or "lower", before anything else
	Drop     string      `json:"drop,omitempty"` // characters that go
	Patterns []Pattern   `json:"patterns,omitempty"`
	Check    *CheckDigit `json:"check,omitempty"`
	Codes    []Code      `json:"codes,omitempty"`
	Words    []string    `json:"-"` // what columns are called that hold it: folded words with _ between them
}

// Pattern is what the whole value must fit (RE2), and the standard form made
// of its groups ("${1}-${2}"); "" keeps the value.
type Pattern struct {
	Match  string `yaml:"match" json:"match"`
	Format string `yaml:"format" json:"format,omitempty"`
}

// CheckDigit is a check digit: the digit of the standard form behind those that
// have weights is offset less their weighted sum, modulo modulus.
type CheckDigit struct {
	Weights []int `yaml:"weights" json:"weights"`
	Modulus int   `yaml:"modulus" json:"modulus"`
	Offset  int   `yaml:"offset" json:"offset,omitempty"`
}

func (c *CheckDigit) holds(value string) bool {
	d := compileAny("[^0-9]").ReplaceAllString(value, "")
	if len(d) <= len(c.Weights) {
		return false
	}
	sum := c.Offset
	for i, weight := range c.Weights {
		sum -= weight * int(d[i]-'0')
	}
	return (sum%c.Modulus+c.Modulus)%c.Modulus == int(d[len(c.Weights)]-'0')
}

// declaredProblems are all that a declared element finds.
var declaredProblems = map[string]Text{
	"format":       formatProblem,
	"unknown-code": {VI: "không có trong danh mục", EN: "is not in the code list"},
	"ambiguous":    {VI: "ứng với nhiều mã trong danh mục", EN: "stands for more than one code of the list"},
	"check-digit":  {VI: "số kiểm tra không khớp", EN: "has a check digit that does not agree"},
}

// Element makes the rule. Patterns that cannot be read were refused when the
// element was declared.
func (d *Declared) Element() *Element {
	r := rule{Declared: d, codes: indexOf(d.Codes)}
	for _, p := range d.Patterns {
		r.patterns = append(r.patterns, regexp.MustCompile("^(?:"+p.Match+")$"))
	}
	e := &Element{Name: d.Name, problems: declaredProblems, standardise: r.standardise, typ: d.Type, declared: d, words: d.Words}
	if len(d.Codes) > 0 && d.Case == "" && d.Drop == "" && d.Check == nil {
		e.ready = func(Options) ready { return ready{exact: withoutTokens(r.codes.exact)} }
	}
	return e
}

// rule is a declared element made ready.
type rule struct {
	*Declared
	patterns []*regexp.Regexp
	codes    index
}

func (r rule) standardise(s string, _ Options) Result {
	found := r.read(r.tidy(compose(s)))
	if found.Value != "" && r.Check != nil && !r.Check.holds(found.Value) {
		return Result{Problem: "check-digit"}
	}
	return found
}

func (r rule) tidy(s string) string {
	switch r.Case {
	case "upper":
		s = strings.ToUpper(s)
	case "lower":
		s = lower(s)
	}
	if r.Drop != "" {
		s = strings.Map(func(c rune) rune {
			if strings.ContainsRune(r.Drop, c) {
				return -1
			}
			return c
		}, s)
	}
	return s
}

// read looks in the list first, then at the patterns.
func (r rule) read(s string) Result {
	if len(r.Codes) > 0 {
		if found := r.codes.find(s); found.Problem == "" || len(r.patterns) == 0 {
			return found
		}
	}
	for i, re := range r.patterns {
		at := re.FindStringSubmatchIndex(s)
		if at == nil {
			continue
		}
		value := s
		if format := r.Patterns[i].Format; format != "" {
			value = trim(string(re.ExpandString(nil, format, s, at)))
		}
		if value != "" {
			return Result{Value: value}
		}
	}
	return Result{Problem: "format"}
}

// Set is a dictionary: the elements of every hub and those of one. The nil
// set is the dictionary without any of a hub's own.
type Set struct{ own []*Element }

// NewSet adds elements of a hub's own. Of two with one name the first counts;
// the others are given back.
func NewSet(own ...*Element) (set *Set, double []*Element) {
	set = &Set{}
	for _, e := range own {
		if _, taken := set.Lookup(e.Name); taken {
			double = append(double, e)
			continue
		}
		set.own = append(set.own, e)
	}
	return set, double
}

// Elements lists the dictionary's own elements, then the hub's.
func (s *Set) Elements() []*Element {
	if s == nil {
		return Elements()
	}
	return append(Elements(), s.own...)
}

// Lookup finds an element by name, as the function Lookup does.
func (s *Set) Lookup(name string) (*Element, bool) {
	if e, ok := Lookup(name); ok || s == nil {
		return e, ok
	}
	name = strings.TrimPrefix(name, "sen:element/")
	if i := slices.IndexFunc(s.own, func(e *Element) bool { return e.Name == name }); i >= 0 {
		return s.own[i], true
	}
	return nil, false
}
