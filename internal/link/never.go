package link

import (
	"slices"

	"github.com/goccy/go-yaml"
)

// Never is a contradiction that keeps records apart, whatever else they say:
// both say every term, and differ in each. What is missing contradicts nothing.
type Never struct {
	Differ   []Term `json:"differ"`
	MoreThan int    `json:"more_than,omitempty"` // years by which years differ
}

// NeverRule is a contradiction as an entity file has it: {differ: sex},
// {differ: born_on.year, more_than: 1}, {differ: [sex, born_on.year]}.
type NeverRule struct {
	Differ   Texts  `yaml:"differ"`
	MoreThan int    `yaml:"more_than,omitempty"`
	Always   string `yaml:"-"` // the rule as a sentence: "two authoritative FIELD", which holds in any case
}

// UnmarshalYAML reads a rule, or a sentence.
func (n *NeverRule) UnmarshalYAML(src []byte) error {
	if yaml.Unmarshal(src, &n.Always) == nil {
		return nil
	}
	type plain NeverRule
	return yaml.UnmarshalWithOptions(src, (*plain)(n), yaml.Strict())
}

// Texts is a list of texts, or one.
type Texts []string

// UnmarshalYAML reads the list, or the one.
func (t *Texts) UnmarshalYAML(src []byte) error {
	var one string
	if yaml.Unmarshal(src, &one) == nil {
		*t = Texts{one}
		return nil
	}
	return yaml.Unmarshal(src, (*[]string)(t))
}

// contradiction is a rule made ready.
type contradiction []apart

// apart is a term of a rule: per value of its column up to three numbers that
// can be told apart, -1 where they are not known, and how far they may lie apart.
type apart struct {
	column int
	parts  [][3]int32
	within int32
}

// contradictions makes the rules of the spec ready.
func (m *model) contradictions() []contradiction {
	out := make([]contradiction, len(m.spec.Never))
	for i, rule := range m.spec.Never {
		for _, term := range rule.Differ {
			out[i] = append(out[i], m.apart(term, int32(rule.MoreThan)))
		}
	}
	return out
}

func (m *model) apart(term Term, moreThan int32) apart {
	at, _ := m.table.column(term.Column)
	column := m.table.Columns[at]
	a := apart{column: at, parts: make([][3]int32, column.Distinct())}
	kind := Name
	for _, c := range m.spec.Compare {
		if c.Column == term.Column {
			kind = c.Kind
		}
	}
	if term.By == Year {
		kind, a.within = Date, moreThan
	}
	k := newComparator(column, m.forms[at], kind)
	all := keysOf(k, term.By)
	for code := range a.parts {
		a.parts[code] = [3]int32{-1, -1, -1}
		switch own := all.value(int32(code)); {
		case term.By == Year:
			a.parts[code][0] = int32(k.dates[code].parts()[0])
		case kind == Date && term.By == Whole:
			for part, n := range k.dates[code].parts() {
				a.parts[code][part] = int32(n)
			}
		case len(own) == 1:
			a.parts[code][0] = own[0]
		}
	}
	return a
}

// differ reports whether two values are known to be apart.
func (a apart) differ(x, y int32) bool {
	if x == Missing || y == Missing {
		return false
	}
	for part, n := range a.parts[x] {
		o := a.parts[y][part]
		if n >= 0 && o >= 0 && max(n-o, o-n) > a.within {
			return true
		}
	}
	return false
}

// contradict reports whether two records are apart by one of the rules.
func (m *model) contradict(i, j int32) bool {
	if len(m.never) == 0 {
		return false
	}
	x, y := m.table.row(i), m.table.row(j)
	return slices.ContainsFunc(m.never, func(rule contradiction) bool {
		return !slices.ContainsFunc(rule, func(a apart) bool { return !a.differ(x[a.column], y[a.column]) })
	})
}

// apartFrom reports whether a record of one cluster contradicts one of the
// other: all pairs are looked at.
func (m *model) apartFrom(a, b []int32) bool {
	if len(m.never) == 0 {
		return false
	}
	for _, i := range a {
		for _, j := range b {
			if m.contradict(i, j) {
				return true
			}
		}
	}
	return false
}
