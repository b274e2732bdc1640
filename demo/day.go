package demo

import (
	"math"
	"strconv"
	"time"
)

// day counts days from 1 January 1970.
type day int32

// never is the day of what has not happened or is not known.
const never = day(math.MinInt32)

const secondsPerDay = 86400

func dayOf(year, month, dayOfMonth int) day {
	return day(time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) date() (year, month, dayOfMonth int) {
	y, m, n := time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
	return y, int(m), n
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
