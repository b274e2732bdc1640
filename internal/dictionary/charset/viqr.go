package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	sen "github.com/sen-hub/sen"
	"golang.org/x/text/unicode/norm"
)

// VIQR writes a letter's signs behind it (RFC 1456, section 3). The same signs
// end sentences and stand in addresses, so words are decoded, not bytes: a
// word stays as it came unless its reading is spelled as Vietnamese is.
const (
	viqrHats   = "^(+"   // circumflex, breve, horn: hardly ever written otherwise
	viqrTones  = "`'?~." // grave, acute, hook, tilde, dot
	viqrSigns  = viqrHats + viqrTones
	viqrToken  = 64 // bytes at which a longer word is cut: no syllable is near it
	viqrEscape = '\\'
)

// viqrHat is the letters that each hat stands on, viqrMarks what a sign is.
var (
	viqrHat   = map[byte]string{'^': "aeoAEO", '(': "aA", '+': "ouOU"}
	viqrMarks = map[byte]rune{'^': '\u0302', '(': '\u0306', '+': '\u031b', '`': '\u0300', '\'': '\u0301', '?': '\u0309', '~': '\u0303', '.': '\u0323'}
)

// viqrWord is one word and what was seen in it.
type viqrWord struct {
	text    string
	letters int
	hats    int
	signs   int // hats and tones
	escaped bool
}

func decodeVIQR(dst, src []byte, end bool) ([]byte, int) {
	i := 0
	for i < len(src) {
		n := viqrTokenLength(src[i:])
		if n == 0 {
			dst = appendVIQR(dst, src[i])
			i++
			continue
		}
		if i+n == len(src) && n < viqrToken && !end {
			return dst, i
		}
		dst = append(dst, viqrText(src[i:i+n])...)
		i += n
	}
	return dst, i
}

// appendVIQR appends what is in no word: VIQR has no byte above ASCII.
func appendVIQR(dst []byte, b byte) []byte {
	if b >= utf8.RuneSelf {
		return utf8.AppendRune(dst, Mark+rune(b))
	}
	return append(dst, b)
}

// viqrParts are the signs that part words, beside space and controls.
const viqrParts = "_,;:\"|/-)[]{}<>!=&*"

// viqrTokenLength is how many bytes at the head of b make a word.
func viqrTokenLength(b []byte) int {
	n := 0
	for n < len(b) && n < viqrToken && b[n] > ' ' && b[n] < utf8.RuneSelf && strings.IndexByte(viqrParts, b[n]) < 0 {
		n++
	}
	return n
}

// viqrText is what a token stands for, and the token itself where that is
// nothing that VIQR would write.
func viqrText(token []byte) string {
	if bytes.IndexByte(token, viqrEscape) < 0 && !bytes.ContainsAny(token, viqrSigns) && !bytes.Contains(token, []byte("dd")) &&
		!bytes.Contains(token, []byte("DD")) && !bytes.Contains(token, []byte("Dd")) {
		return string(token)
	}
	if w, ok := parseVIQR(token); ok && w.believed() {
		return w.text
	}
	return string(token)
}

// believed: the word is a syllable, or holds a hat within more letters than
// one. O+ alone is a blood group, A. an initial.
func (w viqrWord) believed() bool {
	stem := strings.TrimRight(w.text, viqrSigns+`\`)
	switch {
	case w.signs == 0 && asciiPrefix([]byte(stem)) == len(stem):
		return w.escaped
	case w.text == "Ơ" || w.letters == 1 && w.text[0] >= utf8.RuneSelf && strings.HasSuffix(norm.NFD.String(w.text), "\u0323"):
		return false
	}
	return Syllable(stem) || w.hats > 0 && (w.letters > 1 || w.signs > 1)
}

// parseVIQR reads letters with their signs, then signs that are punctuation;
// false where anything else stands in the token.
func parseVIQR(token []byte) (w viqrWord, ok bool) {
	var b strings.Builder
	for i := 0; i < len(token); {
		c := token[i]
		switch {
		case c == viqrEscape && i+1 < len(token) && strings.IndexByte(viqrSigns+`dD\`, token[i+1]) >= 0:
			b.WriteByte(token[i+1])
			w.escaped = true
			i += 2
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			i += w.letter(&b, token[i:])
		case strings.IndexByte(viqrSigns, c) >= 0 && strings.Trim(string(token[i:]), viqrSigns+`\`) == "":
			b.WriteByte(c)
			i++
		default:
			return w, false
		}
	}
	w.text = norm.NFC.String(b.String())
	return w, true
}

// letter reads the letter at the head of token and says how many bytes it took.
func (w *viqrWord) letter(b *strings.Builder, token []byte) int {
	w.letters++
	if c := token[0]; c|0x20 == 'd' && len(token) > 1 && (token[1] == c || c == 'D' && token[1] == 'd') {
		b.WriteString(map[byte]string{'d': "đ", 'D': "Đ"}[c])
		w.signs++
		return 2
	}
	b.WriteByte(token[0])
	n := 1
	if n < len(token) && strings.IndexByte(viqrHat[token[n]], token[0]) >= 0 {
		b.WriteRune(viqrMarks[token[n]])
		w.hats++
		w.signs++
		n++
	}
	if n < len(token) && strings.IndexByte("aeiouyAEIOUY", token[0]) >= 0 && strings.IndexByte(viqrTones, token[n]) >= 0 {
		b.WriteRune(viqrMarks[token[n]])
		w.signs++
		n++
	}
	return n
}

// viqrSignOf is the way back of viqrMarks.
var viqrSignOf = func() map[rune]byte {
	back := map[rune]byte{}
	for sign, mark := range viqrMarks {
		back[mark] = sign
	}
	return back
}()

// viqrLetters is the way back: what VIQR writes for a letter.
var viqrLetters = func() map[rune]string {
	back := map[rune]string{'đ': "dd", 'Đ': "DD"}
	for _, r := range vietnameseLetters {
		written, hat, tone := "", "", ""
		for _, part := range norm.NFD.String(string(r)) {
			switch sign, marked := viqrSignOf[part]; {
			case !marked:
				written += string(part)
			case strings.IndexByte(viqrHats, sign) >= 0:
				hat = string(sign)
			default:
				tone = string(sign)
			}
		}
		if r != 'đ' && r != 'Đ' {
			back[r] = written + hat + tone
		}
	}
	return back
}()

// encodeVIQR writes word by word, with a backslash before what would be read
// as a sign otherwise. A word that cannot be read back is Invalid.
func encodeVIQR(text string) ([]byte, error) {
	var out []byte
	for len(text) > 0 {
		n := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune(viqrParts, r) || IsMark(r) })
		if n < 0 {
			n = len(text)
		}
		if n > 0 {
			written, ok := viqrWritten(text[:n])
			if !ok {
				return nil, sen.Errorf(sen.Invalid, "%s has no way to write a word of %d bytes", VIQR, n)
			}
			out, text = append(out, written...), text[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		out, text = append(out, byte(r)), text[size:] // a mark too is its byte
	}
	return out, nil
}

func viqrWritten(word string) (string, bool) {
	var plain, escaped strings.Builder
	for i, r := range word {
		if letter := viqrLetters[r]; letter != "" {
			plain.WriteString(letter)
			escaped.WriteString(letter)
			continue
		}
		if strings.ContainsRune(viqrSigns+`\`, r) || i > 0 && r|0x20 == 'd' && word[i-1]|0x20 == 'd' {
			escaped.WriteByte(viqrEscape)
		}
		plain.WriteRune(r)
		escaped.WriteRune(r)
	}
	for _, written := range []string{plain.String(), escaped.String()} {
		if read, _ := decodeVIQR(nil, []byte(written), true); string(read) == word {
			return written, true
		}
	}
	return "", false
}

// viqrEvidence counts the words of an ASCII text that hold a hat, and those
// of them that are read as Vietnamese syllables.
func viqrEvidence(text []byte) (good, all int) {
	for i := 0; i < len(text); {
		n := viqrTokenLength(text[i:])
		token := text[i : i+n]
		i += max(n, 1)
		if !viqrHasHat(token) {
			continue
		}
		all++
		if w, ok := parseVIQR(token); ok && Syllable(strings.TrimRight(w.text, viqrSigns)) {
			good++
		}
	}
	return good, all
}

func viqrHasHat(token []byte) bool {
	for i := 1; i < len(token); i++ {
		if strings.IndexByte(viqrHat[token[i]], token[i-1]) >= 0 {
			return true
		}
	}
	return false
}

// viqrIsClear reports that a value must be VIQR: two words say so, or two
// signs with a hat among them. (One word alone may be O'Neil.)
func viqrIsClear(s string) bool {
	words, hats, signs := viqrWords(s)
	return words > 1 || hats > 0 && signs > 1
}

// viqrWords counts the words of three letters with a hat, or with a sign
// between their letters, and the hats and signs in all such words; nothing
// where one of them is no syllable.
func viqrWords(s string) (words, hats, signs int) {
	for i := 0; i < len(s); {
		n := viqrTokenLength([]byte(s[i:]))
		token := []byte(s[i : i+n])
		i += max(n, 1)
		within := strings.Trim(string(token), viqrSigns)
		if !viqrHasHat(token) && !strings.ContainsAny(within, viqrSigns) {
			continue
		}
		w, ok := parseVIQR(token)
		if !ok || !Syllable(strings.TrimRight(w.text, viqrSigns)) {
			return 0, 0, 0
		}
		if w.letters > 2 {
			words++
		}
		hats, signs = hats+w.hats, signs+w.signs
	}
	return words, hats, signs
}
