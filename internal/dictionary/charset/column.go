package charset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// DetectText finds what is wrong with a column of text that is UTF-8
// already: TCVN3 or VNI bytes that a program took for Windows-1252 or
// Latin-1 ("NguyÔn V¨n"), the capitals of the .VnTimeH fonts ("NGUYễN"), or
// decomposed letters. Its answer is one of TCVN3, VNI, TCVN3-H, NFD for
// Repair and SQL, or UTF-8 when nothing is to be done. A column of ASCII is
// always UTF-8.
func DetectText(samples []string) Guess {
	joined := strings.Join(samples, "\n")
	if asciiPrefix([]byte(joined)) == len(joined) {
		return Guess{Name: UTF8, Share: 1, Evidence: "only ASCII characters"}
	}
	good, all := countWords(joined)
	best := Guess{Name: UTF8, Share: ratio(good, all), Evidence: fmt.Sprintf("%.0f %% of the words above ASCII are Vietnamese syllables as they are", 100*ratio(good, all))}
	for _, name := range []string{TCVN3, VNI} {
		good, words := countWords(repairAll(name, samples))
		if g := wordGuess(name, good, words); g.Share >= enoughWords && g.Share > best.Share {
			best = g
		}
	}
	if best.Name == UTF8 {
		return byForm(samples, best)
	}
	return best
}

// repairAll joins the samples, repaired where they can be.
func repairAll(name string, samples []string) string {
	repaired := make([]string, len(samples))
	for i, s := range samples {
		repaired[i], _ = Repair(name, s)
	}
	return strings.Join(repaired, "\n")
}

// byForm looks for what is no wrong encoding but a wrong form of Unicode
// text: decomposed letters, small letters in capital words.
func byForm(samples []string, otherwise Guess) Guess {
	for _, name := range []string{NFD, TCVN3Upper} {
		changed, above := 0, 0
		for _, s := range samples {
			if asciiPrefix([]byte(s)) == len(s) {
				continue
			}
			above++
			if _, ok := Repair(name, s); ok {
				changed++
			}
		}
		if share := ratio(changed, above); share >= 0.05 {
			return Guess{Name: name, Share: share, Evidence: fmt.Sprintf("%.0f %% of the values above ASCII %s", share*100, formEvidence[name])}
		}
	}
	return otherwise
}

var formEvidence = map[string]string{
	NFD:        "hold decomposed letters",
	TCVN3Upper: "are capitals with small letters among them, as fonts of the .VnTimeH kind leave behind",
}

// Repair puts one value of a column right, by the name that DetectText gave.
// It reports whether the value was changed; a value that does not fit the
// name through and through comes back as it is.
func Repair(name, s string) (string, bool) {
	if asciiPrefix([]byte(s)) == len(s) {
		return s, false
	}
	out := s
	switch name {
	case TCVN3:
		out = repairTCVN3(s)
	case VNI:
		out = repairVNI(s)
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

// SQL is Repair over an expression of VARCHAR; like Repair it leaves ASCII
// alone, at the cost of two lengths. x stands several times in it.
func SQL(name, x string) string {
	var repaired string
	switch name {
	case TCVN3:
		repaired = guarded(x, full(tcvn3Class), translate(x, tcvn3Latin, tcvn3Letters))
	case VNI:
		repaired = guarded(x, full(vniText), vniSQL(x))
	case NFD:
		repaired = fmt.Sprintf("CASE WHEN regexp_matches(%s, %s) THEN nfc_normalize(%s) ELSE %s END", x, quote(combining), x, x)
	case TCVN3Upper:
		repaired = fmt.Sprintf("CASE WHEN regexp_matches(%s, %s) AND NOT regexp_matches(%s, %s) THEN %s ELSE %s END",
			x, quote(capitals), x, quote(small), translate(x, smallLetters, capitalLetters), x)
	default:
		return x
	}
	return fmt.Sprintf("CASE WHEN strlen(%s) = length(%s) THEN %s ELSE %s END", x, x, x, repaired)
}

func guarded(x, pattern, repaired string) string {
	return fmt.Sprintf("CASE WHEN regexp_matches(%s, %s) THEN %s ELSE %s END", x, quote(pattern), repaired, x)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func full(pattern string) string { return "^(?:" + pattern + ")$" }

func translate(x, from, to string) string {
	return fmt.Sprintf("translate(%s, %s, %s)", x, quote(from), quote(to))
}

// Patterns of Unicode text.
const (
	combining = `[\x{300}-\x{36f}]`
	capitals  = `[A-ZĐĂÂÊÔƠƯ]{2}`
	small     = `[a-z]`
	// Punctuation of Windows-1252 that stays what it is.
	typographic = `‘’“”•–—…`
)

var (
	combiningRE = regexp.MustCompile(combining)
	capitalsRE  = regexp.MustCompile(capitals)
	smallRE     = regexp.MustCompile(small)
	tcvn3RE     = regexp.MustCompile(full(tcvn3Class))
	vniRE       = regexp.MustCompile(full(vniText))
)

const (
	smallLetters   = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
	capitalLetters = "ÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬĐÈẺẼÉẸÊỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢÙỦŨÚỤƯỪỬỮỨỰỲỶỸÝỴ"
)

var raiser = replacer(smallLetters, capitalLetters)

// replacer maps the letters of from to those of to, place by place.
func replacer(from, to string) *strings.Replacer {
	var pairs []string
	targets := []rune(to)
	for i, r := range []rune(from) {
		pairs = append(pairs, string(r), string(targets[i]))
	}
	return strings.NewReplacer(pairs...)
}

// The Latin letters that TCVN3 bytes were taken for, and what they are.
var tcvn3Latin, tcvn3Letters = latinOf(tcvn3)

var tcvn3Replacer = replacer(tcvn3Latin, tcvn3Letters)

var tcvn3Class = "[\\x00-\\x7f" + typographic + "\u00a0" + tcvn3Latin + "]*"

// latinOf lists the Latin-1 characters of the bytes above A0 that a table
// defines, and the letters that the bytes are.
func latinOf(t *byteTable) (latin, letters string) {
	for b := 0xA1; b < 0x100; b++ {
		if t.defined[b] {
			latin += string(rune(b))
			letters += string(t.runes[b])
		}
	}
	return latin, letters
}

func repairTCVN3(s string) string {
	if !tcvn3RE.MatchString(s) {
		return s
	}
	return tcvn3Replacer.Replace(s)
}

// vniPair is a letter with its mark as Latin-1 shows them, and what it is.
type vniPair struct{ shown, letter string }

// vniShown lists all pairs in a fixed order.
var vniShown = func() []vniPair {
	var out []vniPair
	for letter := range vniPairs {
		for mark, r := range vniPairs[letter] {
			if r != 0 {
				out = append(out, vniPair{string(rune(letter)) + string(rune(mark)), string(r)})
			}
		}
	}
	return out
}()

var vniLatin, vniLetters = latinOf(vniSingle)

// vniText fits text in which every mark stands behind a letter that takes it.
var vniText = func() string {
	byLetter := map[string]string{}
	for _, p := range vniShown {
		letter, size := utf8.DecodeRuneInString(p.shown)
		byLetter[string(letter)] += p.shown[size:]
	}
	var pairs []string
	for letter, marks := range byLetter {
		pairs = append(pairs, letter+"["+marks+"]")
	}
	slices.Sort(pairs)
	return "(?:" + strings.Join(pairs, "|") + "|[\\x00-\\x7f" + typographic + "\u00a0" + vniLatin + "])*"
}()

var vniReplacer = func() *strings.Replacer {
	var pairs []string
	for _, p := range vniShown {
		pairs = append(pairs, p.shown, p.letter)
	}
	latin, letters := []rune(vniLatin), []rune(vniLetters)
	for i := range latin {
		pairs = append(pairs, string(latin[i]), string(letters[i]))
	}
	return strings.NewReplacer(pairs...)
}()

func repairVNI(s string) string {
	if !vniRE.MatchString(s) {
		return s
	}
	return vniReplacer.Replace(s)
}

// vniSQL turns every mark into combining characters, every whole letter into
// itself, and lets NFC join them: one translate and a few replacements where
// the table of pairs has 120.
func vniSQL(x string) string {
	for i, tone := range vniToneMarks {
		for _, shift := range []rune{0, vniCapital} {
			x = replaceSQL(x, string(rune(vniHat[i])-shift), "\u0302"+tone)
			x = replaceSQL(x, string(rune(vniBreve[i])-shift), "\u0306"+tone)
		}
	}
	return "nfc_normalize(" + translate(x, vniLatin+vniSimple(), vniLetters+vniSimpleMarks()) + ")"
}

// vniToneMarks are the combining tones in the order of vniTones.
var vniToneMarks = []string{"\u0301", "\u0300", "\u0309", "\u0303", "\u0323"}

// vniSimple lists the marks of one combining character, small and capital.
func vniSimple() string {
	var out []rune
	for _, shift := range []rune{0, vniCapital} {
		for _, b := range vniTones {
			out = append(out, rune(b)-shift)
		}
		out = append(out, rune(vniHat[5])-shift, rune(vniBreve[5])-shift)
	}
	return string(out)
}

func vniSimpleMarks() string {
	once := strings.Join(vniToneMarks, "") + "\u0302\u0306"
	return once + once
}

func replaceSQL(x, from, to string) string {
	return fmt.Sprintf("replace(%s, %s, %s)", x, quote(from), quote(to))
}
