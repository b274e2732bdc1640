package link

import (
	"strconv"
	"strings"
)

func (k *comparator) dateLevel(a, b int32) uint8 {
	d, e := k.dates[a], k.dates[b]
	if d == e && d.whole() {
		return 0
	}
	switch {
	case !d.known() || !e.known() || !d.whole() && !e.whole():
		return k.looseDateLevel(k.joined(k.form(a)), k.joined(k.form(b)), d.parts()[0], e.parts()[0])
	case !d.whole() || !e.whole(): // one of them is a year alone
		years := abs(d.parts()[0] - e.parts()[0])
		switch {
		case years == 0:
			return 3
		case years <= 1:
			return 5
		}
		return 6
	}
	return d.level(e)
}

// level is that of two whole dates.
func (d dated) level(e dated) uint8 {
	if d == e {
		return 0
	}
	x, y := d.parts(), e.parts()
	switch {
	case x[0] == y[0] && x[1] == y[2] && x[2] == y[1]:
		return 1
	case d.slip(e):
		return 2
	}
	return partsLevel(x, y)
}

// looseDateLevel compares what is no date, or no more than a year.
func (k *comparator) looseDateLevel(a, b string, yearA, yearB int) uint8 {
	switch {
	case a == b:
		return 0
	case yearA >= 0 && yearB >= 0:
		if yearA == yearB {
			return 3
		}
		if abs(yearA-yearB) <= 1 {
			return 5
		}
		return 6
	case edits(a, b, 1) == 1:
		return 2
	}
	return 6
}

// partsLevel compares two dates by their parts.
func partsLevel(x, y [3]int) uint8 {
	alike := 0
	for i := range x {
		if x[i] == y[i] {
			alike++
		}
	}
	switch {
	case alike == 2:
		return 3
	case abs(days(x)-days(y)) <= 366:
		return 4
	case alike == 1:
		return 5
	}
	return 6
}

func days(d [3]int) int { return d[0]*366 + d[1]*31 + d[2] }

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// order is how a column writes its dates.
type order int

const (
	yearFirst order = iota
	dayFirst
	monthFirst
)

// dateOrder finds by the values that can only be read in one way whether the
// day stands before the month.
func dateOrder(c *Column) order {
	day, month := 0, 0
	for i := range min(c.Distinct(), 20000) {
		parts := numbersIn(c.Value(int32(i)))
		if len(parts) != 3 || len(parts[0]) > 2 {
			continue
		}
		first, _ := strconv.Atoi(parts[0])
		second, _ := strconv.Atoi(parts[1])
		switch {
		case first > 12 && second <= 12:
			day++
		case second > 12 && first <= 12:
			month++
		}
	}
	if month > day {
		return monthFirst
	}
	return dayFirst
}

func numbersIn(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
}

// parseDate reads a date's parts without asking whether there is such a day:
// what is compared may be mistyped.
func parseDate(v string, o order) (date [3]int16, digits string) {
	none := [3]int16{-1, -1, -1}
	v, _, _ = strings.Cut(strings.TrimSpace(v), "T")
	if day, clock, found := strings.Cut(v, " "); found && strings.Contains(clock, ":") {
		v = day
	}
	parts := numbersIn(v)
	switch {
	case len(parts) == 1 && len(parts[0]) == 8:
		p := parts[0]
		parts = []string{p[:4], p[4:6], p[6:]}
	case len(parts) == 1 && len(parts[0]) == 4:
		return [3]int16{small(parts[0]), -1, -1}, ""
	case len(parts) == 3 && len(parts[0]) == 4:
	case len(parts) == 3 && len(parts[2]) == 4 && o == monthFirst:
		parts = []string{parts[2], parts[0], parts[1]}
	case len(parts) == 3 && len(parts[2]) == 4:
		parts = []string{parts[2], parts[1], parts[0]}
	default:
		return none, ""
	}
	if len(parts[1]) > 2 || len(parts[2]) > 2 {
		return none, ""
	}
	date = [3]int16{small(parts[0]), small(parts[1]), small(parts[2])}
	return date, parts[0] + pad(parts[1]) + pad(parts[2])
}

func small(digits string) int16 {
	n, err := strconv.ParseInt(digits, 10, 16)
	if err != nil {
		return -1
	}
	return int16(n)
}

func pad(digits string) string {
	if len(digits) == 1 {
		return "0" + digits
	}
	return digits
}
