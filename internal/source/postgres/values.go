package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
)

// form is how a column's values come over the wire.
type form uint8

const (
	asText form = iota // the text itself: text types, enumerations, and all that the server writes
	asBool
	asInt2
	asInt4
	asInt8
	asOID
	asDate
	asTimestamp
	asTimestampTZ
	asNumeric
	asUUID
	asBytea
	asJSONB
)

// forms of the types whose binary form is cheaper for the server to write
// than its text and simple to write as that text. Floating point is not among
// them: the shortest text that reads back the same is not unique. (pg_type.dat)
var forms = map[int64]form{
	-1: asText, // enumerations: the label
	16: asBool, 17: asBytea, 19: asText, 20: asInt8, 21: asInt2, 23: asInt4, 25: asText, 26: asOID, 114: asText,
	1042: asText, 1043: asText, 1082: asDate, 1114: asTimestamp, 1184: asTimestampTZ, 1700: asNumeric, 2950: asUUID, 3802: asJSONB,
}

// expression is the column in a SELECT, so that its binary form is form.
func (c column) expression() (string, form) {
	if f, ok := forms[c.base]; ok {
		return ident(c.name), f
	}
	return c.text(), asText
}

// text is the column's own text, by the function that writes it: a cast to
// text is another function for some types (character, inet, boolean).
func (c column) text() string {
	switch c.base {
	case 25, 1043:
		return ident(c.name)
	}
	return "pg_catalog.textin(" + c.output + "(" + ident(c.name) + "))"
}

func selectList(columns []column) (string, []form) {
	list, out := make([]string, len(columns)), make([]form, len(columns))
	for i, c := range columns {
		list[i], out[i] = c.expression()
	}
	return strings.Join(list, ", "), out
}

var errBinary = errors.New("a value is not in the binary form of its type")

// appendValue appends the text of a value's binary form, as the server would
// write it with DateStyle ISO, TimeZone UTC and bytea_output hex.
func appendValue(dst, v []byte, f form) ([]byte, error) {
	switch f {
	case asText:
		return append(dst, v...), nil
	case asInt4:
		if len(v) == 4 {
			return strconv.AppendInt(dst, int64(int32(binary.BigEndian.Uint32(v))), 10), nil
		}
	case asInt8:
		if len(v) == 8 {
			return strconv.AppendInt(dst, int64(binary.BigEndian.Uint64(v)), 10), nil
		}
	case asInt2:
		if len(v) == 2 {
			return strconv.AppendInt(dst, int64(int16(binary.BigEndian.Uint16(v))), 10), nil
		}
	case asOID:
		if len(v) == 4 {
			return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(v)), 10), nil
		}
	case asBool:
		if len(v) == 1 && v[0] <= 1 {
			return append(dst, "ft"[v[0]]), nil
		}
	case asDate:
		if len(v) == 4 {
			return appendDate(dst, int32(binary.BigEndian.Uint32(v))), nil
		}
	case asTimestamp, asTimestampTZ:
		if len(v) == 8 {
			return appendTimestamp(dst, int64(binary.BigEndian.Uint64(v)), f == asTimestampTZ), nil
		}
	case asNumeric:
		return appendNumeric(dst, v)
	case asUUID:
		if len(v) == 16 {
			return appendUUID(dst, v), nil
		}
	case asBytea:
		return hex.AppendEncode(append(dst, `\x`...), v), nil
	case asJSONB:
		if len(v) > 0 && v[0] == 1 { // the version of its form
			return append(dst, v[1:]...), nil
		}
	}
	return dst, errBinary
}

func appendUUID(dst, v []byte) []byte {
	for i, from := range [...]int{0, 4, 6, 8, 10} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, v[from:[...]int{4, 6, 8, 10, 16}[i]])
	}
	return dst
}

const (
	day           = 24 * 60 * 60 * 1_000_000 // microseconds
	postgresInf   = "infinity"
	postgresMinus = "-infinity"

	daysOf400 = 146_097
	eras      = 20                       // of 400 years, so that all that the server holds is behind day 0
	daysTo    = eras*daysOf400 + 730_425 // from there to 2000-01-01; the year begins on 1 March
	twoDigits = "00010203040506070809" + "10111213141516171819" + "20212223242526272829" + "30313233343536373839" + "40414243444546474849" +
		"50515253545556575859" + "60616263646566676869" + "70717273747576777879" + "80818283848586878889" + "90919293949596979899"
)

// appendDate writes days since 2000-01-01 (date_out, DateStyle ISO).
func appendDate(dst []byte, days int32) []byte {
	switch days {
	case math.MaxInt32:
		return append(dst, postgresInf...)
	case math.MinInt32:
		return append(dst, postgresMinus...)
	}
	dst, bc := appendDay(dst, int64(days))
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendTimestamp writes microseconds since 2000-01-01 (timestamp_out and, in
// UTC, timestamptz_out, DateStyle ISO).
func appendTimestamp(dst []byte, at int64, zone bool) []byte {
	switch at {
	case math.MaxInt64:
		return append(dst, postgresInf...)
	case math.MinInt64:
		return append(dst, postgresMinus...)
	}
	days, rest := at/day, at%day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	dst, bc := appendDay(dst, days)
	seconds := uint32(rest / 1_000_000)
	clock := [...]byte{' ', 0, 0, ':', 0, 0, ':', 0, 0}
	two(clock[1:], seconds/3600)
	two(clock[4:], seconds/60%60)
	two(clock[7:], seconds%60)
	dst = append(dst, clock[:]...)
	if micro := uint32(rest % 1_000_000); micro != 0 {
		fraction := [...]byte{'.', 0, 0, 0, 0, 0, 0}
		two(fraction[1:], micro/10_000)
		two(fraction[3:], micro/100%100)
		two(fraction[5:], micro%100)
		dst = append(dst, fraction[:]...)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	if zone {
		dst = append(dst, "+00"...)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendDay writes YYYY-MM-DD of the proleptic Gregorian calendar, and says
// whether the year is one before Christ. (Neri and Schneider, "Euclidean
// affine functions and their application to calendar algorithms", 2023,
// section 8)
func appendDay(dst []byte, since2000 int64) (out []byte, bc bool) {
	n1 := 4*uint64(since2000+daysTo) + 3
	century := n1 / daysOf400
	p2 := 2_939_745 * uint64(uint32(n1%daysOf400)|3)
	year := int64(100*century+p2>>32) - 400*eras
	dayOfYear := uint32(p2) / 2_939_745 / 4
	n3 := 2141*dayOfYear + 197_913
	month, dayOf := n3>>16, n3&0xFFFF/2141+1
	if dayOfYear >= 306 { // January and February are of the next year
		year, month = year+1, month-12
	}
	if year <= 0 {
		year, bc = 1-year, true
	}
	date := [...]byte{0, 0, 0, 0, '-', 0, 0, '-', 0, 0}
	two(date[5:], month)
	two(date[8:], dayOf)
	if year >= 10_000 {
		return append(strconv.AppendInt(dst, year, 10), date[4:]...), bc
	}
	two(date[0:], uint32(year/100))
	two(date[2:], uint32(year%100))
	return append(dst, date[:]...), bc
}

// two writes a number below 100 with two digits.
func two(to []byte, n uint32) { copy(to[:2], twoDigits[2*n:]) }

func appendFour(dst []byte, n uint32) []byte {
	return append(append(dst, twoDigits[n/100*2:n/100*2+2]...), twoDigits[n%100*2:n%100*2+2]...)
}

// Signs of numeric_send.
const (
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericInf      = 0xD000
	numericMinusInf = 0xF000
)

// appendNumeric writes numeric_send's form as numeric_out does: int16 number
// of digits, int16 weight of the first, sign, int16 digits shown behind the
// point; then digits to base 10,000.
func appendNumeric(dst, v []byte) ([]byte, error) {
	if len(v) < 8 {
		return dst, errBinary
	}
	n, weight := int(binary.BigEndian.Uint16(v)), int(int16(binary.BigEndian.Uint16(v[2:])))
	sign, scale := binary.BigEndian.Uint16(v[4:]), int(binary.BigEndian.Uint16(v[6:]))
	digits := v[8:]
	switch sign {
	case numericNaN:
		return append(dst, "NaN"...), nil
	case numericInf:
		return append(dst, "Infinity"...), nil
	case numericMinusInf:
		return append(dst, "-Infinity"...), nil
	case numericNegative:
		dst = append(dst, '-')
	}
	if len(digits) != 2*n || scale > 0x3FFF {
		return dst, errBinary
	}
	at := func(i int) (uint32, error) {
		if i < 0 || i >= n {
			return 0, nil
		}
		d := uint32(binary.BigEndian.Uint16(digits[2*i:]))
		if d > 9999 {
			return 0, errBinary
		}
		return d, nil
	}
	if weight < 0 {
		dst = append(dst, '0')
	}
	for i := 0; i <= weight; i++ {
		d, err := at(i)
		if err != nil {
			return dst, err
		}
		if i == 0 {
			dst = strconv.AppendUint(dst, uint64(d), 10)
			continue
		}
		dst = appendFour(dst, d)
	}
	if scale == 0 {
		return dst, nil
	}
	dst = append(dst, '.')
	end := len(dst) + scale
	for i := weight + 1; len(dst) < end; i++ {
		d, err := at(i)
		if err != nil {
			return dst, err
		}
		dst = appendFour(dst, d)
	}
	return dst[:end], nil
}
