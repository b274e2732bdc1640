package web

import (
	"cmp"
	"html/template"
	"math"
	"time"

	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/text"
)

// recordFuncs are what pages about records of things may call.
func recordFuncs(l text.Lang) template.FuncMap {
	return template.FuncMap{
		"title":    func(t link.Title, name string) string { return cmp.Or(l.Pick(t.VI, t.EN), name) },
		"day":      func(iso string) string { return day(l, iso) },
		"shown":    func(element, value, place string) string { return shownValue(l, element, value, place) },
		"purpose":  func(name string) string { return purposeWord(l, name) },
		"linked":   func(how string) string { return wordOf(l, howWords, how).Text },
		"survival": func(why string) string { return wordOf(l, survivalWords, why).Text },
		"origin":   func(of desk.Line, from desk.Origin) fieldOrigin { return fieldOrigin{of.Title, of.Name, from} },
		"belief":   func(role link.Role) string { return wordOf(l, beliefWords, string(role)).Text },
		"level":    func(name string) word { return wordOf(l, levelWords, name) },
		"verdict":  func(name string) string { return wordOf(l, verdictWords, name).Text },
		"decided":  func(name string) word { return wordOf(l, decisionWords, name) },
		"states":   func() []string { return []string{decision.Proposed, decision.Confirmed, decision.Withdrawn} },
		"signed":   func(v float64) string { return signed(l, v) },
	}
}

// fieldOrigin is where a value of a field comes from.
type fieldOrigin struct {
	Title  link.Title
	Name   string
	Origin desk.Origin
}

// signed writes a number with its sign; nothing has none.
func signed(l text.Lang, v float64) string {
	sign := "+"
	switch {
	case v == 0:
		sign = ""
	case v < 0:
		sign = "−"
	}
	return sign + l.Decimal(math.Abs(v), 1)
}

// day writes a date as the language does; what is no whole date stays.
func day(l text.Lang, iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return l.Date(t)
}

// shownValue writes a value of a field as people read it.
func shownValue(l text.Lang, element, value, place string) string {
	if place != "" {
		return place + " (" + value + ")"
	}
	switch element {
	case "date":
		return day(l, value)
	case "sex":
		return wordOf(l, sexWords, value).Text
	}
	return value
}
