package demo

import (
	"math"
	"strconv"
)

// day counts days from 1 January 1970.
type day int32

// never is the day of what has not happened or is not known.
const never = day(math.MinInt32)

// daysPerEra is 400 years of the Gregorian calendar, after which it repeats;
// toEpoch is from 1 March of year 0, where its years best begin, to 1970.
const (
	daysPerEra = 146_097
	toEpoch    = 719_468
)

// dayOf counts the days to a date after year 0 (the era arithmetic of
// H. Hinnant, "chrono-compatible low-level date algorithms"): dates are made by
// the dozen for every record, and package time takes five times as long.
func dayOf(year, month, dayOfMonth int) day {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return day(year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + dayOfMonth - 1 - toEpoch)
}

func (d day) date() (year, month, dayOfMonth int) {
	n := int(d) + toEpoch
	era, inEra := n/daysPerEra, n%daysPerEra
	inEraYear := (inEra - inEra/1460 + inEra/36_524 - inEra/146_096) / 365
	inYear := inEra - (365*inEraYear + inEraYear/4 - inEraYear/100)
	shifted := (5*inYear + 2) / 153 // months from March
	year, month = era*400+inEraYear, shifted+3
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, inYear - (153*shifted+2)/5 + 1
}

func (d day) year() int { y, _, _ := d.date(); return y }

// plusYears is the same day of a later year.
func (d day) plusYears(n int) day { y, m, k := d.date(); return dayOf(y+n, m, k) }

// A dateForm writes a day as some clerk would.
type dateForm func(year, month, dayOfMonth int) string

func (d day) in(form dateForm) string { return form(d.date()) }

// iso is the standard form, yyyy-mm-dd (ISO 8601).
func iso(y, m, d int) string { return string(appendPadded(y, '-', m, '-', d)) }

// slashes is the usual form of the country's files, dd/mm/yyyy.
func slashes(y, m, d int) string { return dayFirst(y, m, d, '/') }

func dots(y, m, d int) string { return dayFirst(y, m, d, '.') }

// shortSlashes leaves padding zeros out: 3/5/1987.
func shortSlashes(y, m, d int) string {
	return strconv.Itoa(d) + "/" + strconv.Itoa(m) + "/" + strconv.Itoa(y)
}

// words is the form of printed certificates.
func words(y, m, d int) string {
	return "ngày " + strconv.Itoa(d) + " tháng " + strconv.Itoa(m) + " năm " + strconv.Itoa(y)
}

func appendPadded(y int, s1 byte, m int, s2 byte, d int) []byte {
	b := make([]byte, 0, 10)
	b = strconv.AppendInt(b, int64(y), 10)
	b = append(b, s1, byte('0'+m/10), byte('0'+m%10), s2)
	return append(b, byte('0'+d/10), byte('0'+d%10))
}

func dayFirst(y, m, d int, sep byte) string {
	b := make([]byte, 0, 10)
	b = append(b, byte('0'+d/10), byte('0'+d%10), sep, byte('0'+m/10), byte('0'+m%10), sep)
	return string(strconv.AppendInt(b, int64(y), 10))
}
