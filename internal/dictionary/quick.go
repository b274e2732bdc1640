package dictionary

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
	"unicode/utf8"
)

// ready is what an element knows of most values without its rules: these
// find, at a hundredth of the cost, the values that need no repair, nearly all
// of a kept register. Each may be narrower than the rules (what it misses goes
// their way) and must never be wider; the tests hold them against each other.
// They look at a value as it came, untrimmed, and keep none of its bytes.
type ready struct {
	well  func(x []byte) bool          // x is in standard form
	exact map[string]string            // as written → standard form
	day   func(x []byte) (int32, bool) // days since 1970-01-01
}

func digits(x []byte) bool {
	for _, c := range x {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// codeIsWell: visible ASCII that ends in a digit, as no token of absence does.
func codeIsWell(x []byte) bool {
	for _, c := range x {
		if c-'!' > '~'-'!' {
			return false
		}
	}
	return len(x) > 0 && x[len(x)-1]-'0' <= 9
}

// oldNumberIsWell: nine digits that are no filler.
func oldNumberIsWell(x []byte) bool {
	return len(x) == 9 && digits(x) && !slices.Contains(fillers, string(x))
}

// wholeDigits is how many digits always fit 64 bits.
const wholeDigits = 18

// integerIsWell: digits without zeros ahead.
func integerIsWell(x []byte) bool {
	if len(x) > 1 && x[0] == '-' && x[1] != '0' {
		x = x[1:]
	}
	return len(x) <= wholeDigits && unpadded(x)
}

// unpadded: digits, the first of which is 0 only where it is alone.
func unpadded(x []byte) bool {
	return len(x) > 0 && digits(x) && (x[0] != '0' || len(x) == 1)
}

// numberIsWell: whole digits, or a point and places behind it where the point
// is the decimal separator. Three places are left to the rules, which know
// when they are a group.
func numberIsWell(x []byte, decimal string) bool {
	point := bytes.IndexByte(x, '.')
	if point < 0 {
		return unpadded(x)
	}
	whole, places := bytes.TrimPrefix(x[:point], []byte("-")), x[point+1:]
	clear := decimal == "." || decimal == "" && len(places) != 3
	return clear && unpadded(whole) && len(places) > 0 && digits(places)
}

// identityIsWell: twelve digits with the code of a province or country, and a
// year of birth not after the year given; 0 stands for two centuries.
func identityIsWell(x []byte, year int32) bool {
	if len(x) != 12 || !digits(x) {
		return false
	}
	if x[0] == '0' && !provinceDigits[x[1]-'0'][x[2]-'0'] {
		return false
	}
	switch century := x[3] - '0'; {
	case century < 2:
		return true
	case century > 3:
		return false
	}
	return year < 2000 || year > 2099 || int32(x[4]-'0')*10+int32(x[5]-'0') <= year%100
}

// provinceDigits are the codes of the 63 provinces before the merger.
var provinceDigits = func() (known [10][10]bool) {
	for _, u := range provinces63 {
		known[u.Code[0]-'0'][u.Code[1]-'0'] = true
	}
	return known
}()

// textIsWell: visible at both ends, and within it neither controls nor marks
// that may have to be composed.
func textIsWell(x []byte) bool {
	for i := 0; i < len(x); {
		c := x[i]
		if c < utf8.RuneSelf {
			visible := c > ' ' && c < 0x7f
			if !visible && c != ' ' && c != '\t' && c != '\n' || !visible && (i == 0 || i == len(x)-1) {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(x[i:])
		edge := i == 0 || i+size == len(x)
		if edge && !textEdge(r) || !edge && !textInner(r) {
			return false
		}
		i += size
	}
	return len(x) > 0
}

func textEdge(r rune) bool {
	return r > 0xa0 && r < 0x180 && r != 0xad || r >= 0x1ea0 && r <= 0x1ef9 || r == 'Ơ' || r == 'ơ' || r == 'Ư' || r == 'ư'
}

func textInner(r rune) bool {
	return r >= 0xa0 && r < 0x300 || r >= 0x1e00 && r < 0x2000 || r >= 0x2010 && r < 0x2028
}

// letterKind is what a letter of the Vietnamese alphabet is to a name: upper
// or lower case, and its part in the placing of tones.
type letterKind uint8

const (
	isLower letterKind = 1 << 7
	isUpper letterKind = 1 << 6

	plainConsonant letterKind = iota - 1 // and every vowel that no rule names
	letterQ
	letterG
	vowelA // or e
	vowelI
	vowelO
	vowelU
	vowelY
	tonedA // or e: à
	tonedI
	tonedO
	tonedU
	tonedY
)

const kindOfLetter = isUpper - 1

// lettersLow and lettersHigh are the kinds of the letters below U+01B1 and
// from U+1EA0 on; 0 is no letter of the alphabet.
var lettersLow, lettersHigh = letterTables()

const highLetters = 0x1ea0

func letterTables() (low [0x1b1]letterKind, high [0x5a]letterKind) {
	set := func(letters string, kind letterKind) {
		for _, r := range letters {
			if r >= highLetters {
				high[r-highLetters] = high[r-highLetters]&(isLower|isUpper) | kind
			} else {
				low[r] = low[r]&(isLower|isUpper) | kind
			}
		}
	}
	lower := "abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđĩũơư"
	for _, r := range lower {
		set(string(r), isLower|plainConsonant)
		set(string(upperOf(r)), isUpper|plainConsonant)
	}
	for i := range high {
		high[i] = isUpper | plainConsonant
		if i%2 == 1 {
			high[i] = isLower | plainConsonant
		}
	}
	for letters, kind := range map[string]letterKind{
		"qQ": letterQ, "gG": letterG, "aeAE": vowelA, "iI": vowelI, "oO": vowelO, "uU": vowelU, "yY": vowelY,
		"àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ": tonedA, "ìíỉĩịÌÍỈĨỊ": tonedI, "òóỏõọÒÓỎÕỌ": tonedO, "ùúủũụÙÚỦŨỤ": tonedU, "ỳýỷỹỵỲÝỶỸỴ": tonedY,
	} {
		set(letters, kind)
	}
	return low, high
}

// upperOf maps the lower-case letters of the alphabet.
func upperOf(r rune) rune {
	switch {
	case r < 0x100:
		return r - 0x20
	}
	return r - 1 // Ăă Đđ Ĩĩ Ũũ Ơơ Ưư
}

// nameIsWell: words of one capital and small letters of the Vietnamese
// alphabet, one space between them, no tone where placeTones might move it
// (toneDoubtful).
func nameIsWell(x []byte) bool {
	var a, b, c letterKind // the kinds of the three letters before, in the word
	letters := 0
	if titleAhead(x) {
		return false
	}
	for i := 0; i < len(x); {
		kind, size := letterAt(x[i:])
		if kind == 0 {
			if x[i] != ' ' || c == 0 || i == len(x)-1 || endDoubtful(a, b, c) {
				return false
			}
			a, b, c = 0, 0, 0
			i++
			continue
		}
		if (c == 0) != (kind&isUpper != 0) {
			return false
		}
		kind &= kindOfLetter
		if c != 0 && innerDoubtful(b, c, kind) {
			return false
		}
		a, b, c = b, c, kind
		letters++
		i += size
	}
	return letters > 1 && c != 0 && !endDoubtful(a, b, c)
}

func letterAt(x []byte) (letterKind, int) {
	if x[0] < utf8.RuneSelf {
		return lettersLow[x[0]], 1
	}
	r, size := utf8.DecodeRune(x)
	switch {
	case int(r) < len(lettersLow):
		return lettersLow[r], size
	case r >= highLetters && int(r-highLetters) < len(lettersHigh):
		return lettersHigh[r-highLetters], size
	}
	return 0, size
}

// endDoubtful: the word ends in oà or uý, but not in quý; or is one letter,
// which may be an initial.
func endDoubtful(a, b, c letterKind) bool {
	return b == 0 && c != vowelY || b == vowelO && c == tonedA || b == vowelU && c == tonedY && a != letterQ
}

// innerDoubtful: before the letter next stands òa or ùy, or q or g with a
// toned u or i before a vowel.
func innerDoubtful(b, c, next letterKind) bool {
	switch {
	case b == tonedO:
		return c == vowelA
	case b == tonedU && c == vowelY:
		return true
	case b == letterQ && c == tonedU, b == letterG && c == tonedI:
		return next >= vowelA && next <= vowelY
	}
	return false
}

// quickDay reads a day of digits: day, month and year (or month first) with
// one separator each between them, or year, month and day, with separators or
// without. It leaves fillers, and days that are in no register, to the rules.
func quickDay(x []byte, last int32, monthFirst bool) (int32, bool) {
	year, month, day, ok := dayParts(x, monthFirst)
	if !ok || year < firstYear || year > lastYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	n := daysBefore(year, month) + int32(day) - 1
	return n, n <= last && !slices.Contains(fillerDays, n)
}

func dayParts(x []byte, monthFirst bool) (year, month, day int, ok bool) {
	if len(x) == 8 && digits(x) {
		n := number8(x)
		return n / 10000, n / 100 % 100, n % 100, n/100%100 <= 12 && n/1000 >= 180
	}
	var parts [3]int
	var width [3]int
	gap := false // a space parts the numbers somewhere
	at := 0
	for _, c := range x {
		switch {
		case c-'0' <= 9:
			parts[at] = parts[at]*10 + int(c-'0')
			if width[at]++; width[at] > 4 {
				return 0, 0, 0, false
			}
		case c == '/' || c == '-' || c == '.' || c == ' ':
			gap = gap || c == ' '
			if at++; at == 3 {
				return 0, 0, 0, false
			}
		default:
			return 0, 0, 0, false
		}
	}
	few := func(i int) bool { return width[i] == 1 || width[i] == 2 }
	switch {
	case at != 2:
		return 0, 0, 0, false
	case width[0] == 4 && few(1) && few(2) && !gap:
		return parts[0], parts[1], parts[2], true
	case width[2] == 4 && few(0) && few(1) && monthFirst:
		return parts[2], parts[0], parts[1], true
	case width[2] == 4 && few(0) && few(1):
		return parts[2], parts[1], parts[0], true
	}
	return 0, 0, 0, false
}

// number8 is the number that eight digits write, all at once (as in Lemire's
// "Quickly parsing eight digits", 2018).
func number8(x []byte) int {
	v := binary.LittleEndian.Uint64(x) - 0x3030303030303030
	v = v*10 + v>>8
	return int((v&0x000000FF000000FF*(100+1000000<<32) + v>>16&0x000000FF000000FF*(1+10000<<32)) >> 32)
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	if month == 2 && leap(year) {
		return 29
	}
	return [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
}

// daysBefore is the number of days from 1970-01-01 to the first of a month.
func daysBefore(year, month int) int32 {
	return monthStarts[(year-firstYear)*12+month-1]
}

var monthStarts = func() []int32 {
	var out []int32
	for year := firstYear; year <= lastYear; year++ {
		for month := time.January; month <= time.December; month++ {
			out = append(out, dayNumber(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)))
		}
	}
	return out
}()

// dayNumber is exact for midnights, before 1970 too.
func dayNumber(midnight time.Time) int32 { return int32(midnight.Unix() / 86400) }

// fillerDays are the placeholders within the years of registers.
var fillerDays = func() []int32 {
	var out []int32
	for _, p := range placeholders {
		if t, err := time.Parse(isoDay, p); err == nil && t.Year() >= firstYear && t.Year() <= lastYear {
			out = append(out, dayNumber(t))
		}
	}
	return out
}()
