package dictionary

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spaces are the characters that may stand around a value without meaning:
// control characters, Unicode's White_Space, and the zero-width ones that web
// pages and spreadsheets leave behind.
const spaces = "\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
	" \x7f\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f" +
	"\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f" +
	"\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
	"\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"

// spaceClass is spaces as a character class.
const spaceClass = `[\x01-\x20\x{7f}-\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}]`

// tokens are the ways in which people and programs write that there is no
// value. They are matched as written: "Null" is a family name, "NULL" is not.
var tokens = []string{
	"-", "--", "---", "–", "—", ".", "..", "...", "…", "?", "??", "???", "_", "*",
	"n/a", "N/A", "#N/A", "null", "NULL", "(null)", "(NULL)", `\N`, "nan", "NaN",
	"không rõ", "Không rõ", "KHÔNG RÕ", "không có", "Không có", "KHÔNG CÓ", "không xác định", "Không xác định",
	"chưa rõ", "Chưa rõ", "CHƯA RÕ", "chưa có", "Chưa có", "CHƯA CÓ", "chưa xác định", "Chưa xác định",
}

var tokenSet = func() map[string]bool {
	set := make(map[string]bool, len(tokens))
	for _, t := range tokens {
		set[t] = true
	}
	return set
}()

func trim(s string) string { return strings.Trim(s, spaces) }

func isToken(s string) bool { return tokenSet[s] }

// Fold is the form in which texts are matched and recognised: lower case, no
// diacritics, đ as d. It keeps everything else, so "Đắk Lắk" is "dak lak".
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	latin := latinFolds()
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if isLatin(r) {
			b.WriteString(latin[r])
		} else {
			foldRune(&b, r)
		}
	}
	return b.String()
}

// foldRune folds one sign: its canonical decomposition hangs on no other
// (Unicode, section 3.7), and marks, whose order does, are left out.
func foldRune(b *strings.Builder, r rune) {
	for _, r := range norm.NFD.String(string(r)) {
		switch {
		case unicode.Is(unicode.M, r):
		case r == 'đ' || r == 'Đ':
			b.WriteByte('d')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
}

// isLatin tells the signs of Latin letters with marks, and the marks: what
// nearly all texts are written in.
func isLatin(r rune) bool {
	return r < 0x250 || r >= 0x300 && r < 0x370 || r >= 0x1e00 && r < latinEnd
}

const latinEnd = 0x1f00

// latinFolds are the folded forms of the signs that isLatin tells, by sign.
var latinFolds = sync.OnceValue(func() *[latinEnd]string {
	out := new([latinEnd]string)
	for r := range rune(latinEnd) {
		if isLatin(r) {
			var b strings.Builder
			foldRune(&b, r)
			out[r] = b.String()
		}
	}
	return out
})

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// marksClass is the block of combining marks that a decomposed Latin text
// holds (Unicode, block 0300–036F).
const marksClass = `[\x{300}-\x{36f}]`

var marks = regexp.MustCompile(marksClass)

// compose gives NFC where combining marks show that it may be needed.
func compose(s string) string {
	if isASCII(s) || !marks.MatchString(s) {
		return s
	}
	return norm.NFC.String(s)
}

// lower maps rune by rune, as the engine does: no special casing of words.
func lower(s string) string { return strings.Map(unicode.ToLower, s) }

// brokenClass holds what stands for a byte that could not be decoded: the
// replacement character, and the private-use marks of package charset.
const brokenClass = `[\x{fffd}\x{f700}-\x{f7ff}]`

var broken = regexp.MustCompile(brokenClass)
