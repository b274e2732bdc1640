package charset

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// misread are the encodings that a program may have taken for Windows-1252 or
// Latin-1; columnReadings are all that values of a column may be in.
var (
	misread        = []string{TCVN3, VNI, VISCII, Windows1258, UTF8Twice}
	columnReadings = append(slices.Clone(misread), VIQR)
)

// ColumnNames lists what a column's values may be in: the encodings that
// programs take for Latin letters, VIQR, and forms of Unicode. Several may be
// named with + between them, such as UTF-8+TCVN3: the column's own first.
func ColumnNames() []string {
	return append([]string{UTF8, Windows1252, Latin1, UTF16LE, UTF16BE, NFD, TCVN3Upper}, columnReadings...)
}

// Mender puts values of one column right. It changes a value only where the
// evidence is clear, and never one that is Vietnamese as it stands, unless
// the column's own encoding reads it as Vietnamese too.
type Mender struct {
	own    string   // the encoding that most values are in
	others []string // that single values are in
}

// MenderOf is the mender that a name of ColumnNames, or several with + between
// them, stands for. Another name is Invalid.
func MenderOf(names string) (Mender, error) {
	var m Mender
	for i, name := range strings.Split(names, "+") {
		known, ok := among(ColumnNames(), name)
		switch {
		case !ok:
			return Mender{}, unknownEncoding(name, ColumnNames())
		case i == 0:
			m.own = known
		case known == UTF8 || slices.Contains(columnReadings, known):
			m.others = append(m.others, known)
		}
	}
	return m, nil
}

// Repair is Mend by name; what is no name changes nothing.
func Repair(names, s string) (string, bool) {
	m, err := MenderOf(names)
	if err != nil {
		return s, false
	}
	return m.Mend(s)
}

// sound is the quick path: nothing in the value could be read otherwise.
func (m Mender) sound(s string) bool {
	if m.idle() {
		return true
	}
	if asciiPrefix([]byte(s)) < len(s) {
		return false
	}
	return !m.readsASCII() || !strings.ContainsAny(s, viqrSigns+`\dD`)
}

func (m Mender) readsASCII() bool { return m.own == VIQR || slices.Contains(m.others, VIQR) }

// Mend gives the value in composed Unicode and whether it was changed. A value
// that no reading fits through and through comes back as it is, and so does
// one that two readings fit.
func (m Mender) Mend(s string) (string, bool) {
	if m.sound(s) {
		return s, false
	}
	own, fits := reading(m.own, s)
	switch {
	case fits && (m.own == NFD || m.own == TCVN3Upper):
		return own, true
	case fits && !m.mixesUTF8() && vietnamese(own):
		return own, true
	case asItIs(s):
		return s, false
	case fits && (m.own == VIQR || vietnamese(own)):
		return own, true
	}
	if _, other, clear := m.clear(s); clear {
		return other, true
	}
	if fits && better(own, s) {
		return own, true
	}
	return s, false
}

// Doubtful reports that a value is kept as it is although an encoding of the
// column could be meant: two could, or the evidence for one is too little.
func (m Mender) Doubtful(s string) bool {
	if _, changed := m.Mend(s); changed || m.sound(s) || asItIs(s) && !m.mixesUTF8() {
		return false
	}
	return slices.ContainsFunc(append([]string{m.own}, m.others...), func(name string) bool {
		read, fits := reading(name, s)
		if words, hats, _ := viqrWords(s); name == VIQR && words+hats == 0 {
			return false
		}
		return fits && (vietnamese(read) || strange(s) && !strange(read))
	})
}

// mixesUTF8: some values of a column in another encoding are right as they are.
func (m Mender) mixesUTF8() bool { return slices.Contains(m.others, UTF8) }

// clear is the one reading of the others that fits a value, and its name; it
// is false where there is none, where two differ, and where the value could
// be a foreign word that stands as it should.
func (m Mender) clear(s string) (name, read string, ok bool) {
	for _, other := range m.others {
		r, fits := reading(other, s)
		if !fits || !convincing(other, s, r) {
			continue
		}
		if ok && r != read {
			return "", s, false
		}
		if !ok {
			name, read, ok = other, r, true
		}
	}
	return name, read, ok
}

// convincing weighs one reading of a value. UTF-8's own structure speaks for
// it; a word that no language writes, or two words that become Vietnamese,
// for the others.
func convincing(name, s, read string) bool {
	switch name {
	case UTF8Twice:
		return !strange(read)
	case VIQR:
		return vietnamese(read) && !strings.Contains(s, ")") && viqrIsClear(s)
	}
	if !vietnamese(read) {
		return false
	}
	good, all := countWords(s)
	return oddWithin(s) || all-good > 1
}

// better: more words of a are syllables, or a's are words where b's are none.
func better(a, b string) bool {
	goodA, _ := countWords(a)
	goodB, _ := countWords(b)
	return goodA > goodB || goodA == goodB && strange(b) && !strange(a)
}

// vietnamese reports that there are words above ASCII, that all of them are
// syllables, and that one at least has two letters.
func vietnamese(s string) bool {
	long := false
	for _, word := range strings.FieldsFunc(s, betweenWords) {
		if asciiPrefix([]byte(word)) == len(word) {
			continue
		}
		if !Syllable(word) {
			return false
		}
		long = long || utf8.RuneCountInString(word) > 1
	}
	return long
}

// asItIs: the value is Vietnamese as it stands.
func asItIs(s string) bool { return vietnamese(s) && !strange(s) }

// strange reports a word above ASCII with what is no letter, or with a capital
// behind a small letter; oddWithin, that a letter follows, as in no language
// (m² and 5µ are measures).
func strange(s string) bool { odd, _ := oddities(s); return odd }

func oddWithin(s string) bool { _, within := oddities(s); return within }

func oddities(s string) (odd, within bool) {
	for _, word := range strings.FieldsFunc(s, betweenWords) {
		if asciiPrefix([]byte(word)) == len(word) {
			continue
		}
		small, sign := false, false
		for _, r := range word {
			letter := unicode.IsLetter(r) || unicode.Is(unicode.Mn, r)
			if within = within || sign && letter || small && unicode.IsUpper(r); within {
				return true, true
			}
			odd = odd || !letter
			small, sign = unicode.IsLower(r), !letter
		}
	}
	return odd, false
}

// reading is a value as the named encoding reads it; false, with the value
// as it is, where it does not fit or reads the same.
func reading(name, s string) (string, bool) {
	out := s
	switch name {
	case TCVN3, VNI, VISCII, Windows1258:
		out = readMisread(name, s)
	case UTF8Twice:
		out = readTwice(readTwice(s))
	case VIQR:
		if asciiPrefix([]byte(s)) == len(s) {
			read, _ := decodeVIQR(nil, []byte(s), true)
			out = string(read)
		}
	case NFD:
		if combiningRE.MatchString(s) {
			out = norm.NFC.String(s)
		}
	case TCVN3Upper:
		if capitalsRE.MatchString(s) && !smallRE.MatchString(s) {
			out = raiser.Replace(s)
		}
	}
	return out, out != s
}

// shownBytes are the bytes that a program took for s; false where s holds
// what it would not have shown.
func shownBytes(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := shownAs[r]
		if !ok {
			return nil, false
		}
		out = append(out, b)
	}
	return out, true
}

func readMisread(name, s string) string {
	raw, ok := shownBytes(s)
	if !ok {
		return s
	}
	read, _ := Decode(name, raw) // the name is known
	if strings.ContainsFunc(read, IsMark) {
		return s
	}
	return read
}

// readTwice undoes one encoding too many.
func readTwice(s string) string {
	raw, ok := shownBytes(s)
	if !ok || asciiPrefix(raw) == len(raw) || !utf8.Valid(raw) || bytes.ContainsFunc(raw, isForeign) {
		return s
	}
	return string(raw)
}

// isForeign: no Latin letter, and no sign that stands in Latin text or in
// what it was taken for.
func isForeign(r rune) bool {
	_, shown := shownAs[r]
	return !shown && !unicode.Is(unicode.Latin, r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.P, r) || IsMark(r)
}

// SQL is Mend over an expression of VARCHAR, which stands several times in
// it; ASCII costs two lengths, but for VIQR, which is ASCII. The engine needs
// the function sen_mended.
func SQL(names, x string) string {
	return quickly(names, x, x, fmt.Sprintf("sen_mended(%s, %s)", x, quote(names)))
}

// DoubtSQL is Doubtful over an expression of VARCHAR; false for NULL. The
// engine needs the function sen_doubtful.
func DoubtSQL(names, x string) string {
	return quickly(names, x, "false", fmt.Sprintf("sen_doubtful(%s, %s)", x, quote(names)))
}

// quickly is SQL: ascii for a value of ASCII, else the call.
func quickly(names, x, ascii, call string) string {
	switch m, err := MenderOf(names); {
	case err != nil || m.idle():
		return ascii
	case m.readsASCII():
		return call
	}
	return fmt.Sprintf("CASE WHEN strlen(%s) = length(%s) THEN %s ELSE %s END", x, x, ascii, call)
}

// idle: whatever the value, nothing is to be done.
func (m Mender) idle() bool {
	return len(m.others) == 0 && !slices.Contains(columnReadings, m.own) && m.own != NFD && m.own != TCVN3Upper
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Patterns of Unicode text.
const (
	combining = `[\x{300}-\x{36f}]`
	capitals  = `[A-ZĐĂÂÊÔƠƯ]{2}`
	small     = `[a-z]`
)

var (
	combiningRE = regexp.MustCompile(combining)
	capitalsRE  = regexp.MustCompile(capitals)
	smallRE     = regexp.MustCompile(small)
)

var raiser = func() *strings.Replacer {
	var pairs []string
	targets := []rune(capitalLetters)
	for i, r := range []rune(smallLetters) {
		pairs = append(pairs, string(r), string(targets[i]))
	}
	return strings.NewReplacer(pairs...)
}()
