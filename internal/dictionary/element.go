// Package dictionary is the shared dictionary of data elements (từ điển dữ
// liệu dùng chung): what a person's name, a date, an identity number is, how
// it is written, and what is wrong with one that is not.
//
// In comes one raw value, or an SQL expression that yields raw values. Out
// goes the standard form, or a code that says why there is none. Every
// element has two forms with the same answer for every text: Standardise, for
// one value, and SQL, for the columns of the engine (see form.go).
//
// The room is made of pure functions. It reads no file and no clock: the day
// and the code lists are handed in. It never guesses where two readings are
// possible; it names the candidates instead.
package dictionary

import (
	"math"
	"strings"
	"time"

	"github.com/sen-hub/sen/internal/dictionary/address"
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
	On      time.Time      // the day the value speaks of; zero: not known
	Codes   *CodeList      // the code list of the column, for code and sex
	Year    bool           // date: accept a year or a month alone ("1987", "1987-05", ISO 8601 reduced precision)
	Order   Order          // date: the order of day and month
	Excel   bool           // date: numbers are Excel serial days (1900 system)
	Pivot   int            // date: two-digit years up to Pivot are 20xx, above it 19xx; 0: ambiguous
	Units   *address.Index // address: the units to find it among
	Dated   bool           // address: the value is followed by dayMark and the day it speaks of, as somebody wrote it
	Decimal string         // number: the decimal separator, "," or "."; "": by evidence in the value
}

// Example is one raw value and what becomes of it.
type Example struct{ Raw, Value, Problem string }

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
	needsUnits  bool // Options.Units must be there
	open        bool // a value that has no standard form can be right all the same: it is left empty, and keeps nothing back
	standardise func(s string, o Options) Result
	ready       func(o Options) ready // nil: every value goes the way of standardise
	declared    *Declared             // of an element of a hub's own
	words       []string              // of such a one: what its columns are called
	typ         string                // the engine's type of the standard form; "" is VARCHAR
}

var elements = []*Element{
	personalIdentityNumber(), identityNumberOld(), personName(), date(), sex(), code(), province(),
	text(), integer(), number(), boolean(),
	phone(), email(), webAddress(), taxCode(), vehiclePlate(), ethnicity(), nationality(),
	healthInsurance(), socialInsurance(), licenceClass(), organisationName(), money(), quantity(), period(),
	landParcel(), postalAddress(), administrativeUnit(),
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

// NeedsUnits reports whether the element cannot do without Options.Units.
func (e *Element) NeedsUnits() bool { return e.needsUnits }

// ExampleOptions are those under which the element's examples hold.
func (e *Element) ExampleOptions() Options {
	if e.needsUnits {
		return Options{Units: exampleUnits()}
	}
	return Options{}
}

// Open reports whether a value that has no standard form can be right all the
// same, so that it is left open and not kept back.
func (e *Element) Open() bool { return e.open }

// Standardise gives the standard form of raw, or what is wrong with it.
func (e *Element) Standardise(raw string, o Options) Result {
	if o.Dated {
		raw, o = dated(raw, o)
	}
	s := trim(raw)
	if s == "" || !e.keepsTokens && isToken(s) {
		return Result{}
	}
	return e.standardise(s, o)
}

// dayMark stands between a value and the day of which it speaks (US, the unit
// separator of ASCII).
const dayMark = "\x1f"

// dated takes the day from behind a value. What is no day says nothing.
func dated(raw string, o Options) (string, Options) {
	o.Dated = false
	at := strings.LastIndex(raw, dayMark) // what stands before may hold anything
	if at < 0 {
		return raw, o
	}
	if on, ok := dayOf(raw[at+len(dayMark):]); ok {
		o.On = on
	}
	return raw[:at], o
}

func dayOf(text string) (time.Time, bool) {
	text, _, _ = strings.Cut(text, " ") // a time of the day behind it
	if n, ok := quickDay([]byte(text), math.MaxInt32, false); ok {
		return time.Unix(int64(n)*86400, 0).UTC(), true
	}
	on, err := time.Parse(isoDay, standardDate(trim(text), Options{}).Value)
	return on, err == nil
}
