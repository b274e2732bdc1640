package charset

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guess is an encoding with the evidence for it.
type Guess struct {
	Name     string
	Share    float64 // of the words (or bytes) that decide, those that fit: 0 to 1
	Evidence string  // in words, in English
	Mark     bool    // the bytes begin with a byte order mark

	common int // words of commonWords, which decide where shares are equal
}

// enoughWords is the share of valid syllables from which a legacy encoding
// is believed. Chance gives far less: a wrong table breaks nearly all words
// that carry marks.
const enoughWords = 0.6

// enoughVIQR is how many words must say that a text of ASCII is VIQR.
const enoughVIQR = 2

// Detect finds the encoding of a file from a sample of its bytes (its head;
// some 64 KiB are plenty). The alternatives are other readings with their
// shares, best first. A sample of ASCII alone is UTF-8: nothing in it says
// otherwise.
func Detect(sample []byte) (Guess, []Guess) {
	if g, ok := byMark(sample); ok {
		return g, nil
	}
	if g, ok := byZeros(sample); ok {
		return g, nil
	}
	if asciiPrefix(sample) == len(sample) {
		return ofASCII(sample), nil
	}
	guesses := []Guess{byUTF8(sample), byWords(TCVN3, sample), byWords(VNI, sample)}
	if guesses[0].Share < enoughWords {
		guesses = append(guesses, byFallback(sample))
	}
	// Behind the others, since they keep the places of many Latin letters:
	// where two read the same words, the first is believed.
	guesses = append(guesses, byWords(VISCII, sample), byWords(Windows1258, sample))
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.common, a.common)) })
	return byLines(sample, guesses[0]), guesses[1:]
}

// ofASCII tells VIQR, whose signs are ASCII, from text without marks.
func ofASCII(sample []byte) Guess {
	if good, all := viqrEvidence(sample); good >= enoughVIQR && ratio(good, all) >= enoughWords {
		return Guess{Name: VIQR, Share: ratio(good, all), Evidence: fmt.Sprintf("only ASCII characters; %.0f %% of the words with ^, ( or + behind a vowel decode to Vietnamese syllables", 100*ratio(good, all))}
	}
	return Guess{Name: UTF8, Share: 1, Evidence: "only ASCII characters"}
}

func byMark(sample []byte) (Guess, bool) {
	for _, name := range []string{UTF8, UTF16LE, UTF16BE} {
		if bytes.HasPrefix(sample, byteOrderMarks[name]) {
			return Guess{Name: name, Share: 1, Evidence: "begins with its byte order mark", Mark: true}, true
		}
	}
	return Guess{}, false
}

// byZeros knows UTF-16 without a mark by its many zero bytes, all on one
// side: the high halves of ASCII characters.
func byZeros(sample []byte) (Guess, bool) {
	var zeros [2]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := float64(len(sample)/2) + 1
	for side, name := range []string{UTF16BE, UTF16LE} {
		if share := float64(zeros[side]) / half; share > 0.3 && zeros[1-side]*10 < zeros[side] {
			return Guess{Name: name, Share: share, Evidence: fmt.Sprintf("%.0f %% of every second byte are zero", share*100)}, true
		}
	}
	return Guess{}, false
}

// byUTF8 counts the sequences above ASCII that are well formed.
func byUTF8(sample []byte) Guess {
	good, bad := 0, 0
	for i := 0; i < len(sample); {
		i += asciiPrefix(sample[i:])
		if i == len(sample) || !utf8.FullRune(sample[i:]) { // the sample may be cut within one
			break
		}
		r, size := utf8.DecodeRune(sample[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	share := 1.0 // of nothing: the sample is cut within its one character
	if good+bad > 0 {
		share = ratio(good, good+bad)
	}
	evidence := fmt.Sprintf("%.1f %% of the characters above ASCII are well-formed UTF-8", share*100)
	if bad > 0 && share >= enoughWords {
		evidence += fmt.Sprintf("; %d are not: the file may mix encodings", bad)
	}
	return Guess{Name: UTF8, Share: share, Evidence: evidence, common: math.MaxInt} // bytes decide before words
}

// byWords decodes the sample and counts the words above ASCII that are
// Vietnamese syllables.
func byWords(name string, sample []byte) Guess {
	text, _ := Decode(name, sample) // the name is known
	good, all := countWords(text)
	g := wordGuess(name, good, all)
	for _, word := range strings.FieldsFunc(text, betweenWords) {
		if commonWords[strings.ToLower(word)] {
			g.common++
		}
	}
	return g
}

func wordGuess(name string, good, all int) Guess {
	share := ratio(good, all)
	return Guess{Name: name, Share: share, Evidence: fmt.Sprintf("%.0f %% of the words above ASCII decode to Vietnamese syllables", share*100)}
}

// byFallback is for text of western Europe, and for what nothing explains:
// better than nothing, worse than any evidence.
func byFallback(sample []byte) Guess {
	g := Guess{Name: Windows1252, Evidence: "no Vietnamese encoding fits better; all bytes are defined"}
	if slices.ContainsFunc(sample, func(b byte) bool { return !windows1252.defined[b] }) {
		g = Guess{Name: Latin1, Evidence: "no Vietnamese encoding fits better; Windows-1252 does not define some of the bytes"}
	}
	words := byWords(g.Name, sample)
	g.Share, g.common = max(enoughWords, words.Share), words.common
	return g
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// countWords counts the words that hold a character above ASCII, and those
// of them that are Vietnamese syllables. One letter alone says nothing: it may
// be a sign (« or €) in another encoding.
func countWords(text string) (good, all int) {
	for _, word := range strings.FieldsFunc(text, betweenWords) {
		if asciiPrefix([]byte(word)) == len(word) || utf8.RuneCountInString(word) == 1 {
			continue
		}
		all++
		if Syllable(word) {
			good++
		}
	}
	return good, all
}

// betweenWords splits at ASCII that is no letter, at spaces, and at the
// punctuation that Windows programs put in. Other signs stay in the word: in
// text that was decoded wrongly they are letters.
func betweenWords(r rune) bool {
	if r < utf8.RuneSelf {
		return !unicode.IsLetter(r)
	}
	return unicode.IsSpace(r) || strings.ContainsRune("‘’“”–—…•", r)
}
