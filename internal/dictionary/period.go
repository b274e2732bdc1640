package dictionary

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Patterns of periods over the folded text: small letters, no marks.
const (
	periodYear    = `((?:19|20)[0-9]{2})`
	periodOf      = `[ ./,\-]*(?:nam)?[ ./,\-]*`
	periodQuarter = `(?:q|quy|quarter)[ .\-]*([1-4]|iv|i{1,3})` + periodOf + periodYear
	periodISOQ    = periodYear + `[ \-/]?q([1-4])`
	periodMonth   = `(?:thang|t)?[ .]*(0?[1-9]|1[0-2])(?:[ ]*[/.\-][ ]*|[ ]+nam[ ]+)` + periodYear
	periodISOM    = periodYear + `-(0[1-9]|1[0-2])`
	periodHalf    = `([69])[ ]*thang[ ]*(dau|cuoi)?(?:[ ]*nam)?` + periodOf + periodYear
	periodOne     = `(?:nam[ ]*)?` + periodYear
	periodYears   = `(?:giai doan|tu|nam)?[ ]*(?:nam)?[ ]*` + periodYear + `[ ]*(?:-|–|den|toi|/)[ ]*(?:nam)?[ ]*` + periodYear
	periodSchool  = `nam hoc.*`
)

func period() *Element {
	return &Element{
		Name:  "period",
		Title: Text{VI: "Kỳ, giai đoạn", EN: "Period"},
		Help: Text{
			VI: "Khoảng ngày theo ISO 8601, gồm cả ngày đầu và ngày cuối: quý I/2024 là 2024-01-01/2024-03-31. Năm học không có ngày cố định nên không tự đổi.",
			EN: "An interval of days as in ISO 8601, both days within: the first quarter of 2024 is 2024-01-01/2024-03-31. School years have no fixed days and are not converted.",
		},
		Source: "ISO 8601-1:2019, 5.5 (time intervals by start and end)",
		Examples: []Example{
			{Raw: "2024-01-01/2024-03-31", Value: "2024-01-01/2024-03-31"},
			{Raw: "Q1/2024", Value: "2024-01-01/2024-03-31"},
			{Raw: "quý IV năm 2024", Value: "2024-10-01/2024-12-31"},
			{Raw: "02/2024", Value: "2024-02-01/2024-02-29"},
			{Raw: "6 tháng đầu năm 2024", Value: "2024-01-01/2024-06-30"},
			{Raw: "2024", Value: "2024-01-01/2024-12-31"},
			{Raw: "2023-2024", Value: "2023-01-01/2024-12-31"},
			{Raw: "01/01/2024 - 15/03/2024", Value: "2024-01-01/2024-03-15"},
			{Raw: "năm học 2023-2024", Problem: "school-year"},
			{Raw: "2024-2023", Problem: "order"},
			{Raw: "quý này", Problem: "format"},
		},
		Logical: "string",
		problems: map[string]Text{
			"format":      formatProblem,
			"order":       {VI: "kết thúc trước khi bắt đầu", EN: "ends before it begins"},
			"school-year": {VI: "là năm học, không có ngày bắt đầu và kết thúc cố định", EN: "is a school year, which has no fixed first and last day"},
		},
		standardise: standardPeriod,
		ready:       func(Options) ready { return ready{well: periodIsWell} },
	}
}

// longestPeriod is longer than any two days in words.
const longestPeriod = 100

func standardPeriod(s string, _ Options) Result {
	if s = trim(Fold(s)); len(s) > longestPeriod {
		return Result{Problem: "format"}
	}
	find := func(pattern string) []string { return compile(pattern).FindStringSubmatch(s) }
	if fits(s, periodSchool) {
		return Result{Problem: "school-year"}
	}
	if m := find(periodQuarter); m != nil {
		return monthsOf(m[2], 3*quarterOf(m[1])-2, 3)
	}
	if m := find(periodISOQ); m != nil {
		return monthsOf(m[1], 3*quarterOf(m[2])-2, 3)
	}
	if m := find(periodISOM); m != nil {
		return monthsOf(m[1], atoi(m[2]), 1)
	}
	if m := find(periodMonth); m != nil {
		return monthsOf(m[2], atoi(m[1]), 1)
	}
	if m := find(periodHalf); m != nil {
		return half(m[3], atoi(m[1]), m[2])
	}
	if m := find(periodOne); m != nil {
		return monthsOf(m[1], 1, 12)
	}
	if m := find(periodYears); m != nil {
		return between(m[1]+"-01-01", m[2]+"-12-31")
	}
	return twoDays(s)
}

// quarterOf reads 1 to 4 and i to iv.
func quarterOf(s string) int {
	if at := strings.Index(" i   ii  iii iv ", " "+s+" "); at >= 0 {
		return at/4 + 1
	}
	return atoi(s)
}

// atoi is the number that digits of a pattern write.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// half is the first or last so many months of a year.
func half(year string, count int, which string) Result {
	if which == "cuoi" {
		return monthsOf(year, 13-count, count)
	}
	return monthsOf(year, 1, count)
}

// monthsOf is count months from the first of one.
func monthsOf(year string, first, count int) Result {
	last := first + count - 1
	return Result{Value: fmt.Sprintf("%s-%02d-01/%s-%02d-%02d", year, first, year, last, daysIn(atoi(year), last))}
}

func between(first, last string) Result {
	if first > last {
		return Result{Problem: "order"}
	}
	return Result{Value: first + "/" + last}
}

// twoDays reads two whole days with a sign or a word between them.
func twoDays(s string) Result {
	for _, at := range compileAny(` - | – | den | toi |/|-|–`).FindAllStringIndex(s, -1) {
		first, last := wholeDay(strings.TrimPrefix(s[:at[0]], "tu ")), wholeDay(s[at[1]:])
		if first != "" && last != "" {
			return between(first, last)
		}
	}
	return Result{Problem: "format"}
}

// wholeDay reads a day of the calendar. Days that are placeholders elsewhere
// are the ends of periods here.
func wholeDay(s string) string {
	s = trim(s)
	if _, err := time.Parse(isoDay, s); err == nil {
		return s
	}
	return standardDate(s, Options{}).Value
}

// periodIsWell: two days that are in the calendar, the first not after the
// last.
func periodIsWell(x []byte) bool {
	if len(x) != 21 || x[10] != '/' || x[4] != '-' || x[7] != '-' || x[15] != '-' || x[18] != '-' {
		return false
	}
	first, ok := quickDay(x[:10], quickDaysEnd, false)
	last, fine := quickDay(x[11:], quickDaysEnd, false)
	return ok && fine && first <= last
}

// quickDaysEnd is a day that no register's periods reach.
var quickDaysEnd = dayNumber(time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC))
