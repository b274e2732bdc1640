package xlsx

import (
	"math"
	"strconv"
	"time"
)

const (
	dayMillis  = 86_400_000
	lastSerial = 2_958_465 // 9999-12-31 in the calendar of 1900
	between    = 1_462     // days between the two calendars
	exactly    = 15        // so many digits of a decimal a float64 always keeps
)

// appendNumber writes a number in digits: what a program stored as
// 1.23456789012E+11, or as 3.7999999999999998, is the shortest text that
// reads back as the same number. Whole numbers of any length stay as they
// are. False where the text is no number.
func appendNumber(dst, text []byte) ([]byte, bool) {
	digits, plain := 0, len(text) > 0
	whole := plain
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' && i == 0:
		case c == '.':
			whole = false
		case c == 'e' || c == 'E' || c == '+' || c == '-':
			plain = false
		default:
			return dst, false
		}
	}
	if plain && digits > 0 && (whole || digits <= exactly) && canonical(text) {
		return append(dst, text...), true
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return dst, false
	}
	return appendFloat(dst, v), true
}

// canonical: nothing is in front of the digits that a number would not have,
// and a point stands between digits, once.
func canonical(text []byte) bool {
	if text[0] == '-' {
		text = text[1:]
	}
	points := 0
	for i, c := range text {
		if c == '.' {
			points++
			if i == 0 || i == len(text)-1 || text[len(text)-1] == '0' {
				return false
			}
		}
	}
	return points <= 1
}

func appendFloat(dst []byte, v float64) []byte {
	form := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e21) {
		form = 'e'
	}
	if v == 0 {
		v = 0 // without its sign
	}
	return strconv.AppendFloat(dst, v, form, -1, 64)
}

// appendFilled fills a whole number up with zeros: an identity number that
// was stored as a number and is shown by the format 000000000000.
func appendFilled(dst, digits []byte, zeros int) []byte {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return append(dst, digits...)
		}
	}
	for range zeros - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// appendMoment writes a serial number as the date or time that its format
// shows; false where it stands for none, and is left a number.
func appendMoment(dst []byte, serial float64, f form, from1904 bool) ([]byte, bool) {
	millis := math.Round(serial * dayMillis)
	last := float64(lastSerial)
	if from1904 {
		last -= between
	}
	if !(millis >= 0 && millis < (last+1)*dayMillis) {
		return dst, false
	}
	days, rest := int64(millis)/dayMillis, int64(millis)%dayMillis
	switch {
	case f.elapsed:
		return appendClock(dst, int64(millis)), true
	case f.time && !f.date && days == 0:
		return appendClock(dst, rest), true
	}
	dst = appendDay(dst, days, from1904)
	if rest != 0 || f.time {
		dst = appendClock(append(dst, 'T'), rest)
	}
	return dst, true
}

var (
	epoch1900 = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	epoch1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// appendDay writes the date of a serial number. The calendar of 1900 has a
// day 60 that never was, and a day 0: they are written as they are shown.
func appendDay(dst []byte, days int64, from1904 bool) []byte {
	switch {
	case from1904:
		return epoch1904.AddDate(0, 0, int(days)).AppendFormat(dst, time.DateOnly)
	case days == 0:
		return append(dst, "1900-01-00"...)
	case days == 60:
		return append(dst, "1900-02-29"...)
	case days > 60:
		days--
	}
	return epoch1900.AddDate(0, 0, int(days)).AppendFormat(dst, time.DateOnly)
}

// appendClock writes hours, which may be more than a day's, minutes, seconds,
// and milliseconds where there are any.
func appendClock(dst []byte, millis int64) []byte {
	seconds := millis / 1000
	dst = two(dst, seconds/3600)
	dst = two(append(dst, ':'), seconds/60%60)
	dst = two(append(dst, ':'), seconds%60)
	if rest := millis % 1000; rest != 0 {
		dst = append(dst, '.')
		dst = append(dst, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return dst
}

func two(dst []byte, n int64) []byte {
	if n < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, n, 10)
}
