package dictionary

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// isoDay is the standard form of a date (ISO 8601, calendar date).
const isoDay = "2006-01-02"

// Years outside these are no dates of people and registers: before the first
// nothing is registered, after the second only fillers stand.
const (
	firstYear = 1800
	lastYear  = 2200
)

// placeholders are dates that programs and clerks write for "not known":
// the zero days of Excel, .NET, SQL Server and Oracle, and the end of time.
var placeholders = []string{"1900-01-01", "1899-12-30", "1899-12-31", "0001-01-01", "1753-01-01", "9999-12-31", "9999-01-01"}

// What stands between words, and where nothing needs to.
const (
	dateGap = spaceClass + `+`
	dateMay = spaceClass + `*`
)

// clock is a time of day behind a date, which is dropped.
const clock = `(?:(?:` + dateGap + `|t)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:` + dateMay + `(?:am|pm|sa|ch))?(?:` + dateMay + `(?:z|utc|[+-][0-9]{2}(?::?[0-9]{2})?))?)?`

// shiftedMidnight is midnight in Vietnam as programs write it in UTC: the day
// written is then the day before the one meant.
const shiftedMidnight = `([0-9]{4}-[0-9]{2}-[0-9]{2})t17:00(?::00(?:\.0+)?)?z`

// datePattern turns a way of writing into "year-month-day", with 0 for what
// is not there; the template names the groups. Two templates give no day:
// "zone" and a serial day number behind "@".
type datePattern struct {
	pattern, template string
	named             bool // the month comes as its English name
}

const (
	sep       = dateMay + `[-/.]` + dateMay
	sepOrGap  = `(?:` + sep + `|` + dateGap + `)`
	unknown   = `(?:00?|xx?|__?|--?|\.\.?|\?\??)`
	monthName = `(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*`
	dayWord   = `ng[aà]\x{300}?y`
	monthWord = `th[aá]\x{301}?ng`
	yearWord  = `n[aă]\x{306}?m`
)

// datePatterns lists the ways of writing, whatever the case. No text fits two
// of them with different meaning.
func datePatterns(order Order) []datePattern {
	digits := `\3-\2-\1`
	if order == MonthFirst {
		digits = `\3-\1-\2`
	}
	return []datePattern{
		{`([0-9]{1,2})` + sepOrGap + `([0-9]{1,2})` + sepOrGap + `([0-9]{4}|[0-9]{2})` + clock, digits, false},
		{shiftedMidnight, `zone`, false},
		{`([0-9]{4})` + sep + `([0-9]{1,2})` + sep + `([0-9]{1,2})` + clock, `\1-\2-\3`, false},
		{`((?:1[89]|2[01])[0-9]{2})(0[0-9]|1[0-2])([0-3][0-9])(?:[0-9]{6}|` + clock + `)`, `\1-\2-\3`, false},
		{`([0-9]{2})([0-9]{2})([0-9]{4})` + clock, digits, false},
		{`(?:sinh` + dateGap + `)?(?:` + dayWord + dateGap + `)?([0-9]{1,2})` + dateGap + monthWord + dateGap + `([0-9]{1,2}),?` + dateGap + `(?:` + yearWord + dateGap + `)?([0-9]{4})`, `\3-\2-\1`, false},
		{`([0-9]{1,2})[- /.]?` + monthName + `[-,. /]{0,2}([0-9]{4}|[0-9]{2})` + clock, `\3-\2-\1`, true},
		{monthName + `\.?` + dateGap + `([0-9]{1,2}),?` + dateGap + `([0-9]{4})` + clock, `\3-\1-\2`, true},
		{`(?:` + yearWord + dateGap + `)?([0-9]{4})`, `\1-0-0`, false},
		{unknown + `[-/.]` + unknown + `[-/.]([0-9]{4})` + clock, `\1-0-0`, false},
		{`(?:` + monthWord + dateGap + `)?([0-9]{1,2})(?:` + sepOrGap + `|,?` + dateGap + yearWord + dateGap + `)([0-9]{4})`, `\2-\1-0`, false},
		{`([0-9]{4})[-/.]([0-9]{1,2})`, `\1-\2-0`, false},
		{unknown + `[-/.]([0-9]{1,2})[-/.]([0-9]{4})` + clock, `\2-\1-0`, false},
		{`([1-9][0-9]{4})(?:\.[0-9]+)?`, `@\1`, false},
	}
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// Patterns over "year-month-day".
const (
	partsYear      = `[0-9]{4}-0{1,2}-0{1,2}`
	partsMonth     = `[0-9]{4}-(?:0?[1-9]|1[0-2])-0{1,2}`
	partsTwoDigits = `[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}`
)

func date() *Element {
	return &Element{
		Name:  "date",
		Title: Text{VI: "Ngày", EN: "Date"},
		Help: Text{
			VI: "Ngày theo dạng 1987-05-03. Đọc ngày trước tháng, trừ khi hợp đồng khai khác; chỉ có năm hay tháng và năm thì chỉ nhận khi được phép.",
			EN: "A day as 1987-05-03. The day is read before the month unless the contract says otherwise; a year or month alone is taken only where allowed.",
		},
		Source: "ISO 8601-1:2019 (5.2.2.1 calendar date, 5.2.2.2 reduced precision); day first as in Decree 30/2020/ND-CP, appendix I",
		Examples: []Example{
			{Raw: "3/5/1987", Value: "1987-05-03"},
			{Raw: "ngày 3 tháng 5 năm 1987", Value: "1987-05-03"},
			{Raw: "19870503", Value: "1987-05-03"},
			{Raw: "31/02/1987", Problem: "impossible"},
			{Raw: "1987", Problem: "year-only"},
			{Raw: "03/05/87", Problem: "two-digit-year"},
			{Raw: "01/01/1900", Problem: "placeholder"},
		},
		Personal:    "personal",
		Logical:     "date",
		problems:    dateProblems(),
		standardise: standardDate,
		ready:       dateReady,
		typ:         "DATE",
	}
}

func dateProblems() map[string]Text {
	return map[string]Text{
		"format":         formatProblem,
		"impossible":     {VI: "không có ngày này trong lịch", EN: "is no day of the calendar"},
		"year-only":      {VI: "chỉ có năm", EN: "is a year alone"},
		"month-only":     {VI: "chỉ có tháng và năm", EN: "is a month and year alone"},
		"two-digit-year": {VI: "năm chỉ có hai chữ số", EN: "has a year of two digits"},
		"placeholder":    {VI: "là ngày điền cho có", EN: "is a filler, not a date"},
		"future":         {VI: "ở tương lai", EN: "lies in the future"},
		"serial":         {VI: "là số ngày của bảng tính; hãy khai nếu đúng vậy", EN: "is a spreadsheet's day number; declare it if so"},
		"time-zone":      {VI: "là nửa đêm ghi theo giờ UTC, lệch một ngày", EN: "is midnight written in UTC, a day off"},
	}
}

func standardDate(s string, o Options) Result {
	parts := dateParts(s, o.Order)
	switch {
	case parts == "zone":
		return Result{Problem: "time-zone", Candidates: nextDay(s[:10])}
	case strings.HasPrefix(parts, "@"):
		return standardSerial(parts[1:], o)
	case !fits(parts, partsTwoDigits):
		return judgeDate(parts, o)
	case o.Pivot == 0:
		return Result{Problem: "two-digit-year", Candidates: wellDays(o, "19"+parts, "20"+parts)}
	}
	return judgeDate(centuryOf(parts, o.Pivot)+parts, o)
}

// dateParts is the text by the first pattern that it fits; "" for none.
func dateParts(s string, order Order) string {
	for _, p := range goPatterns(order) {
		if !p.pattern.MatchString(s) {
			continue
		}
		parts := p.pattern.ReplaceAllString(s, p.template)
		if p.named {
			parts = monthNumbers(parts)
		}
		return parts
	}
	return ""
}

func monthNumbers(parts string) string {
	parts = lower(parts)
	for i, name := range months {
		parts = strings.ReplaceAll(parts, name, strconv.Itoa(i+1))
	}
	return parts
}

// goPattern is a datePattern for Go.
type goPattern struct {
	pattern  *regexp.Regexp
	template string
	named    bool
}

var (
	goDayFirst   = sync.OnceValue(func() []goPattern { return compilePatterns(DayFirst) })
	goMonthFirst = sync.OnceValue(func() []goPattern { return compilePatterns(MonthFirst) })
)

func goPatterns(order Order) []goPattern {
	if order == MonthFirst {
		return goMonthFirst()
	}
	return goDayFirst()
}

func compilePatterns(order Order) []goPattern {
	var out []goPattern
	for _, p := range datePatterns(order) {
		out = append(out, goPattern{full("(?i)" + p.pattern), goTemplate(p.template), p.named})
	}
	return out
}

func centuryOf(parts string, pivot int) string {
	if yy, _ := strconv.Atoi(parts[:2]); yy <= pivot {
		return "20"
	}
	return "19"
}

func judgeDate(parts string, o Options) Result {
	switch {
	case parts == "":
		return Result{Problem: "format"}
	case fits(parts, partsYear):
		return reduced(parts[:4], parts[:4]+"-01-01", "year-only", o)
	case fits(parts, partsMonth):
		month := parts[:4] + "-" + fmt.Sprintf("%02s", strings.Split(parts, "-")[1])
		return reduced(month, month+"-01", "month-only", o)
	}
	day, ok := calendarDay(parts)
	if !ok {
		return Result{Problem: "impossible", Candidates: swapped(parts, o)}
	}
	if problem := dayProblem(day, o); problem != "" {
		return Result{Problem: problem}
	}
	return Result{Value: day}
}

// reduced is a year or month that stands alone: its first day decides whether
// it is possible at all.
func reduced(value, firstDay, problem string, o Options) Result {
	if p := limitProblem(firstDay, o); p != "" {
		return Result{Problem: p}
	}
	if o.Year {
		return Result{Value: value}
	}
	return Result{Problem: problem, Candidates: []string{value}}
}

// calendarDay is "1987-5-3" as "1987-05-03" if the calendar has that day.
func calendarDay(parts string) (string, bool) {
	t, err := time.Parse("2006-1-2", parts)
	if err != nil {
		return "", false
	}
	return t.Format(isoDay), true
}

func dayProblem(day string, o Options) string {
	for _, p := range placeholders {
		if day == p {
			return "placeholder"
		}
	}
	return limitProblem(day, o)
}

// limitProblem says whether the day lies outside the years of registers, or
// after the day spoken of.
func limitProblem(day string, o Options) string {
	switch {
	case day < strconv.Itoa(firstYear), day > strconv.Itoa(lastYear+1):
		return "impossible"
	case day > latestDay(o):
		return "future"
	}
	return ""
}

// latestDay is the day after the one spoken of: a register a few hours ahead
// in the east is not in the future.
func latestDay(o Options) string {
	if o.On.IsZero() {
		return strconv.Itoa(lastYear) + "-12-31"
	}
	return o.On.AddDate(0, 0, 1).Format(isoDay)
}

// swapped is the date with month and day exchanged, where that makes one.
func swapped(parts string, o Options) []string {
	f := strings.Split(parts, "-")
	return wellDays(o, f[0]+"-"+f[2]+"-"+f[1])
}

// wellDays keeps the parts that make a day without a problem.
func wellDays(o Options, candidates ...string) []string {
	var out []string
	for _, parts := range candidates {
		if day, ok := calendarDay(parts); ok && dayProblem(day, o) == "" {
			out = append(out, day)
		}
	}
	return out
}

func nextDay(day string) []string {
	t, err := time.Parse(isoDay, day)
	if err != nil {
		return nil
	}
	return []string{t.AddDate(0, 0, 1).Format(isoDay)}
}

// serialEpoch is day 0 of the 1900 system as spreadsheets count it after
// their leap day of 1900 that never was; smaller numbers are not dates here.
var serialEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

func standardSerial(number string, o Options) Result {
	n, _ := strconv.Atoi(number)
	day := serialEpoch.AddDate(0, 0, n).Format(isoDay)
	if !o.Excel {
		return Result{Problem: "serial", Candidates: wellDays(o, day)}
	}
	if problem := dayProblem(day, o); problem != "" {
		return Result{Problem: problem}
	}
	return Result{Value: day}
}

// lastGoodDay is the last day that is neither impossible nor future.
func lastGoodDay(o Options) string {
	return min(latestDay(o), fmt.Sprintf("%d-12-31", lastYear))
}

func dateReady(o Options) ready {
	last, _ := time.Parse(isoDay, lastGoodDay(o))
	limit, monthFirst := dayNumber(last), o.Order == MonthFirst
	return ready{day: func(x []byte) (int32, bool) { return quickDay(x, limit, monthFirst) }}
}
