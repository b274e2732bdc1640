package dictionary

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/sen-hub/sen/internal/dictionary/address"
)

// Form is an element as SQL over an expression x of type VARCHAR. Its parts
// call functions that the engine is opened with (package clean offers them;
// Column says what each does): the rules are written once, in Go, and the
// engine hands them a vector of values at a time.
type Form struct {
	Value   string // VARCHAR: the standard form, NULL for blank and for what has none
	Typed   string // Value as Type, cheaper than a cast of Value
	Type    string // the engine's type of Typed
	Blank   string // BOOLEAN, never NULL: x holds no value
	Problem string // VARCHAR: the problem's code; NULL where there is none
}

// SQL is the element over the expression x, with the answers of Standardise.
// x stands more than once in it: put a long expression into a subquery first.
func (e *Element) SQL(x string, o Options) Form {
	spec := quote(specOf(e, o))
	call := func(name string) string { return name + "(" + x + ", " + spec + ")" }
	f := Form{Value: call("sen_standard"), Type: "VARCHAR", Blank: call("sen_blank"), Problem: call("sen_problem")}
	if e.ready != nil && e.ready(o).well != nil {
		f.Value = cases(f.Value, call("sen_well"), x)
	}
	switch {
	case e.typ == "" || e.typ == "DATE" && o.Year: // a year alone is no DATE
		f.Typed = f.Value
	case e.typ == "DATE":
		f.Type, f.Typed = e.typ, call("sen_date")
		f.Value = f.Typed + "::VARCHAR"
	default:
		f.Type, f.Typed = e.typ, fmt.Sprintf("TRY_CAST(%s AS %s)", f.Value, e.typ)
	}
	return f
}

// Column is an element under its options, made ready for many values. It is
// safe for concurrent use, and keeps nothing of the bytes it is shown.
type Column struct {
	ready
	element *Element
	options Options
}

// spec names an element and its options within SQL. It is part of a plan, so
// the same options give the same text in every process.
type spec struct {
	Element string `json:"element"`
	On      string `json:"on,omitempty"`
	Year    bool   `json:"year,omitempty"`
	Order   Order  `json:"order,omitempty"`
	Excel   bool   `json:"excel,omitempty"`
	Pivot   int    `json:"pivot,omitempty"`
	Decimal string `json:"decimal,omitempty"`
	Codes   []Code `json:"codes,omitempty"`
	Listed  bool   `json:"listed,omitempty"` // there is a code list, if an empty one

	Units string `json:"units,omitempty"` // digest of the index
	Dated bool   `json:"dated,omitempty"` // behind each value stands the day of which it speaks

	Declared *Declared `json:"declared,omitempty"` // of an element of a hub's own: all that decides
}

func specOf(e *Element, o Options) string {
	s := spec{Element: e.Name, Year: o.Year, Order: o.Order, Excel: o.Excel, Pivot: o.Pivot, Decimal: o.Decimal, Dated: o.Dated, Declared: e.declared}
	if !o.On.IsZero() {
		s.On = o.On.Format(isoDay)
	}
	if o.Codes != nil {
		s.Codes, s.Listed = o.Codes.Codes, true
	}
	if o.Units != nil {
		s.Units = o.Units.Digest().String()
		unitIndexes.LoadOrStore(s.Units, o.Units)
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts, numbers and booleans: there is nothing that cannot be written
	}
	return string(text)
}

// columns are those that were asked for, by their specs: a handful for each
// dataset.
var columns sync.Map // string → *Column

// ColumnOf is the column that a spec within a Form names.
func ColumnOf(name string) (*Column, error) {
	if c, ok := columns.Load(name); ok {
		return c.(*Column), nil
	}
	var s spec
	if err := json.Unmarshal([]byte(name), &s); err != nil {
		return nil, fmt.Errorf("%q names no data element: %w", name, err)
	}
	e, err := s.element()
	if err != nil {
		return nil, err
	}
	o := Options{Year: s.Year, Order: s.Order, Excel: s.Excel, Pivot: s.Pivot, Decimal: s.Decimal, Dated: s.Dated}
	if s.On != "" {
		on, err := time.Parse(isoDay, s.On)
		if err != nil {
			return nil, fmt.Errorf("%q names no day: %w", name, err)
		}
		o.On = on
	}
	if s.Listed {
		o.Codes = &CodeList{Codes: s.Codes}
	}
	if s.Units != "" {
		index, known := unitIndexes.Load(s.Units)
		if !known {
			return nil, fmt.Errorf("the administrative units %s are not at hand", s.Units)
		}
		o.Units = index.(*address.Index)
	}
	c := &Column{element: e, options: o}
	if e.ready != nil {
		c.ready = e.ready(o)
	}
	kept, _ := columns.LoadOrStore(strings.Clone(name), c)
	return kept.(*Column), nil
}

// element is the one that the spec names, or declares.
func (s spec) element() (*Element, error) {
	if s.Declared != nil {
		for _, p := range s.Declared.Patterns {
			if _, err := regexp.Compile(p.Match); err != nil {
				return nil, fmt.Errorf("element %q: %w", s.Element, err)
			}
		}
		return s.Declared.Element(), nil
	}
	e, known := Lookup(s.Element)
	if !known {
		return nil, fmt.Errorf("%q is no data element", s.Element)
	}
	return e, nil
}

// Well reports that x is in standard form. SQL: sen_well(x, spec).
func (c *Column) Well(x []byte) bool { return c.well != nil && c.well(x) }

// Standard is the standard form of x; "" where it has none or x is blank.
// SQL: sen_standard(x, spec), NULL instead of "".
func (c *Column) Standard(x []byte) string {
	if value, ok := c.exact[string(x)]; ok {
		return value
	}
	if c.day != nil {
		if n, ok := c.day(x); ok {
			return time.Unix(int64(n)*86400, 0).UTC().Format(isoDay)
		}
	}
	return c.element.Standardise(string(x), c.options).Value
}

// Date is the day that x stands for, in days since 1970-01-01, if it stands
// for one. SQL: sen_date(x, spec), a DATE or NULL.
func (c *Column) Date(x []byte) (int32, bool) {
	if c.day != nil {
		if n, ok := c.day(x); ok {
			return n, true
		}
	}
	day, err := time.Parse(isoDay, c.element.Standardise(string(x), c.options).Value)
	return dayNumber(day), err == nil
}

// Problem is why x has no standard form; "" where it has one or x is blank.
// SQL: sen_problem(x, spec), NULL instead of "".
func (c *Column) Problem(x []byte) string { return c.element.Standardise(string(x), c.options).Problem }

// Blank reports that x holds no value. SQL: sen_blank(x, spec), true for NULL.
func (c *Column) Blank(x []byte) bool {
	text := string(x)
	if c.options.Dated {
		if at := strings.LastIndex(text, dayMark); at >= 0 {
			text = text[:at]
		}
	}
	s := trim(text)
	return s == "" || !c.element.keepsTokens && isToken(s)
}

// quote is s as an SQL string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteAll is a list of literals, without brackets.
func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
}

// matches is true where the whole of x fits the pattern.
func matches(x, pattern string) string {
	return fmt.Sprintf("regexp_full_match(%s, %s)", x, quote(pattern))
}

// full compiles a pattern that must fit the whole text.
func full(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?:" + pattern + ")$") }

// cases is CASE WHEN … THEN … ELSE last END over pairs of condition and value.
func cases(last string, pairs ...string) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString(" WHEN " + pairs[i] + " THEN " + pairs[i+1])
	}
	return b.String() + " ELSE " + last + " END"
}

var formatProblem = Text{VI: "không đúng định dạng", EN: "is not written in a known form"}
