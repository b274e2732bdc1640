package text

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Count writes a whole number with its thousands apart: 2.041 or 2,041.
func (l Lang) Count(n int64) string { return l.group(strconv.FormatInt(n, 10)) }

// Decimal writes a number with so many decimals: 1.234,5 or 1,234.5. What is
// no number is a dash.
func (l Lang) Decimal(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	whole, part, found := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if !found {
		return l.group(whole)
	}
	return l.group(whole) + l.Pick(",", ".") + part
}

func (l Lang) group(digits string) string {
	mark, sign := l.Pick(".", ","), ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(mark)
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// Bytes is a size in binary units: 1,5 GiB or 1.5 GiB.
func (l Lang) Bytes(n int64) string {
	const units = "KMGTPE"
	if n > -1024 && n < 1024 {
		return l.Count(n) + " B"
	}
	size, unit := float64(n)/1024, 0
	for math.Abs(size) >= 1023.95 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	return l.Decimal(size, 1) + " " + units[unit:unit+1] + "iB"
}

// Rate is records per second, short: 81 k/s, 1.2 M/s.
func (l Lang) Rate(perSecond float64) string {
	unit := l.Pick("/giây", "/s")
	switch {
	case perSecond >= 999_500:
		return l.Decimal(perSecond/1e6, 1) + " M" + unit
	case perSecond >= 9_995:
		return l.Decimal(perSecond/1e3, 0) + " k" + unit
	case perSecond >= 999.5:
		return l.Decimal(perSecond/1e3, 1) + " k" + unit
	}
	return l.Decimal(perSecond, 0) + unit
}

// units of time: days, hours, minutes, seconds.
func (l Lang) units() [4]string {
	if l != English {
		return [4]string{"ngày", "giờ", "phút", "giây"}
	}
	return [4]string{"d", "h", "min", "s"}
}

// Duration says how long, to the two largest units: 120 ms, 3.1 s, 2 min 5 s,
// 3 h 10 min, 4 d 2 h.
func (l Lang) Duration(d time.Duration) string {
	names := l.units()
	switch {
	case d < 0:
		return "-" + l.Duration(-d)
	case d < 999500*time.Microsecond:
		return l.Count(d.Round(time.Millisecond).Milliseconds()) + " ms"
	case d < 59950*time.Millisecond:
		return l.Decimal(d.Seconds(), 1) + " " + names[3]
	case d < time.Hour-time.Second/2:
		d = d.Round(time.Second)
		return l.pair(int64(d/time.Minute), names[2], int64(d%time.Minute/time.Second), names[3])
	case d < 24*time.Hour-time.Minute/2:
		d = d.Round(time.Minute)
		return l.pair(int64(d/time.Hour), names[1], int64(d%time.Hour/time.Minute), names[2])
	}
	d = d.Round(time.Hour)
	return l.pair(int64(d/(24*time.Hour)), names[0], int64(d%(24*time.Hour)/time.Hour), names[1])
}

func (l Lang) pair(large int64, largeUnit string, small int64, smallUnit string) string {
	out := l.Count(large) + " " + largeUnit
	if small == 0 {
		return out
	}
	return out + " " + l.Count(small) + " " + smallUnit
}

// Date is the day: 31/12/2026, or 2026-12-31 in English, where day and month
// would be mistaken for each other.
func (l Lang) Date(t time.Time) string {
	return t.Format(l.Pick("02/01/2006", "2006-01-02"))
}

// Time is day and time of day, in the time zone that t carries.
func (l Lang) Time(t time.Time) string {
	return l.Date(t) + t.Format(" 15:04:05")
}
