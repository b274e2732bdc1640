// Package dictionary is the shared dictionary of data elements (từ điển dữ
// liệu dùng chung): what a person's name, a date, an identity number is, how
// it is written, and what is wrong with one that is not.
//
// In comes one raw value, or an SQL expression that yields raw values. Out
// goes the standard form, or a code that says why there is none. Every
// element has two forms with the same answer for every text: Standardise, in
// Go, and SQL, which the engine vectorises.
//
// The room is made of pure functions. It reads no file and no clock: the day
// and the code lists are handed in. It never guesses where two readings are
// possible; it names the candidates instead.
package dictionary

import (
	"fmt"
	"strings"
	"time"
)

// Text is a sentence for people in the hub's two languages.
type Text struct{ VI, EN string }

// Result is what became of one value. A value that holds nothing (blank) has
// neither Value nor Problem.
type Result struct {
	Value      string   // the standard form; empty when there is none
	Problem    string   // "" when well, else a key of Element.Problems
	Candidates []string // standard forms it may stand for, where a person must choose
	Note       string   // what was repaired that a reader should know, in English
}

// Blank reports that the value held nothing.
func (r Result) Blank() bool { return r.Value == "" && r.Problem == "" }

// Order is the order of day, month and year in a date of digits.
type Order string

// The orders. Day first is the rule of the country and the default.
const (
	DayFirst   Order = ""
	MonthFirst Order = "mdy"
)

// Options is what is known about a column besides its values.
type Options struct {
	On      time.Time // the day the value speaks of; zero: not known
	Codes   *CodeList // the code list of the column, for code and sex
	Year    bool      // date: accept a year or a month alone ("1987", "1987-05", ISO 8601 reduced precision)
	Order   Order     // date: the order of day and month
	Excel   bool      // date: numbers are Excel serial days (1900 system)
	Pivot   int       // date: two-digit years up to Pivot are 20xx, above it 19xx; 0: ambiguous
	Decimal string    // number: the decimal separator, "," or "."; "": by evidence in the value
}

// Example is one raw value and what becomes of it.
type Example struct{ Raw, Value, Problem string }

// Form is an element as SQL over an expression x of type VARCHAR.
//
// x stands many times in the text, so it should be a column: put a longer
// expression into a subquery first.
type Form struct {
	Value   string // VARCHAR: the standard form, NULL for blank and for what has none
	Typed   string // Value as Type, cheaper than a cast of Value
	Type    string // the DuckDB type of Typed
	Blank   string // BOOLEAN, never NULL: x holds no value
	Problem string // VARCHAR: the problem's code; meant for rows without Value that are not Blank
}

// Element is one entry of the dictionary.
type Element struct {
	Name     string // "date": the tail of sen:element/date
	Title    Text
	Help     Text
	Source   string // where the rule comes from
	Examples []Example
	Personal string // proposed classification: "", "personal", "personal-identifier"
	Logical  string // ODCS logical type of the standard form: string, date, integer, number, boolean

	problems    map[string]Text
	keepsTokens bool // "N/A" and its like are text, not absence
	standardise func(s string, o Options) Result
	sql         func(x string, o Options) forms
}

// forms is what an element adds to the frame that all share: a quick form
// that answers most rows or gives NULL, a slow one for the rest, and the
// problem. All are over x as it came, untrimmed.
//
// No regular expression stands within a lambda: the engine compiles it anew
// for every vector there, which costs more than all its rows together. Nor
// does a macro (NULLIF, array_to_string) take a long expression: it writes its
// argument twice, and within CASE both are computed.
type forms struct {
	well    string // over x itself: it is in standard form; or empty, and
	quick   string // NULL sends the row to slow
	slow    string // NULL where there is no standard form
	problem string
	tokens  bool   // slow would take blank text for a value, so the frame must look
	typ     string // DuckDB type when not VARCHAR
	quickT  string // quick, typed; empty: a cast of quick
}

var elements = []*Element{
	personalIdentityNumber(), identityNumberOld(), personName(), date(), sex(), code(), province(),
	text(), integer(), number(), boolean(),
}

// Elements lists the dictionary in its order of presentation.
func Elements() []*Element { return append([]*Element(nil), elements...) }

// Lookup finds an element by name; "sen:element/date" and "date" are the same.
func Lookup(name string) (*Element, bool) {
	name = strings.TrimPrefix(name, "sen:element/")
	for _, e := range elements {
		if e.Name == name {
			return e, true
		}
	}
	return nil, false
}

// Problems explains every problem code of the element to people.
func (e *Element) Problems() map[string]Text {
	out := make(map[string]Text, len(e.problems))
	for code, text := range e.problems {
		out[code] = text
	}
	return out
}

// Standardise gives the standard form of raw, or what is wrong with it.
func (e *Element) Standardise(raw string, o Options) Result {
	s := trim(raw)
	if s == "" || !e.keepsTokens && isToken(s) {
		return Result{}
	}
	return e.standardise(s, o)
}

// first is the value by the cheapest way: x itself where it is well, else the
// quick form, else the slow.
func first(f forms, x, slow string) string {
	if f.well != "" {
		return cases(slow, x+" IS NULL", "NULL", f.well, x)
	}
	return quickly(x, f.quick, slow)
}

// quickly tries the quick form before the slow one. NULL needs neither.
func quickly(x, quick, slow string) string {
	return cases(fmt.Sprintf("COALESCE(%s, %s)", quick, slow), x+" IS NULL", "NULL")
}

// SQL is the element over the expression x, with the answers of Standardise.
func (e *Element) SQL(x string, o Options) Form {
	f := e.sql(x, o)
	blank := blankSQL(x, e.keepsTokens)
	slow := f.slow
	if f.tokens {
		slow = cases(slow, blank, "NULL")
	}
	form := Form{
		Value:   first(f, x, slow),
		Type:    "VARCHAR",
		Blank:   blank,
		Problem: f.problem,
	}
	switch {
	case f.typ == "":
		form.Typed = form.Value
	case f.quickT == "":
		form.Type, form.Typed = f.typ, fmt.Sprintf("TRY_CAST(%s AS %s)", form.Value, f.typ)
	default:
		form.Type, form.Typed = f.typ, quickly(x, f.quickT, fmt.Sprintf("TRY_CAST(%s AS %s)", slow, f.typ))
	}
	return form
}
