package charset

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The structure of a written Vietnamese syllable: onset, rime (nucleus with
// coda), tone. The lists are those of the orthography as taught in primary
// schools; rare spellings of loan words are left out, since the model serves
// as evidence over many words, not as a judge of one.

var onsets = strings.Fields("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")

// codas lists, for every nucleus, the endings it takes; "-" is none.
var codas = map[string]string{
	"a": "- c ch i k m n ng nh o p t u y", "ă": "c k m n ng p t", "â": "c m n ng p t u y",
	"e": "- c m n ng o p t", "ê": "- ch m n ng nh p t u", "i": "- a ch m n ng nh p t u", "iê": "c m n ng p t u",
	"o": "- c i m n ng p t", "oa": "- c ch i m n ng nh o p t y", "oă": "c m n ng t", "oe": "- m n o t", "oo": "c ng",
	"ô": "- c i m n ng p t", "ơ": "- i m n p t",
	"u": "- a c i m n ng p t", "uâ": "n ng t y", "uê": "- ch n nh", "uô": "c i m n ng t", "uơ": "-",
	"uy": "- a ch n nh p t u", "uyê": "n t",
	"ư": "- a c i m n ng t u", "ươ": "c i m n ng p t u", "y": "- ch n nh t", "yê": "m n t u ng",
}

var rimes = func() map[string]bool {
	set := map[string]bool{}
	for nucleus, endings := range codas {
		for _, coda := range strings.Fields(endings) {
			set[nucleus+strings.TrimPrefix(coda, "-")] = true
		}
	}
	return set
}()

// combining tones: grave, acute, hook above, tilde, dot below.
const tones = "\u0300\u0301\u0309\u0303\u0323"

// Syllable reports whether word is spelled as a Vietnamese syllable, in any
// case and Unicode form.
func Syllable(word string) bool {
	plain, tone, ok := splitTone(strings.ToLower(word))
	if !ok {
		return false
	}
	if validRime(plain, tone) {
		return true
	}
	for _, onset := range onsets {
		if rest, found := strings.CutPrefix(plain, onset); found && validRime(restOf(onset, rest), tone) {
			return true
		}
	}
	return false
}

// restOf gives back the i that gi shares with its rime (gì, giếng).
func restOf(onset, rest string) string {
	if onset == "gi" && (rest == "" || strings.HasPrefix(rest, "ê") || rest == "n" || rest == "m" || rest == "p" || rest == "t") {
		return "i" + rest
	}
	return rest
}

// splitTone takes the tone off; ok is false when there are two.
func splitTone(word string) (plain string, tone rune, ok bool) {
	var b strings.Builder
	for _, r := range norm.NFD.String(word) {
		if !strings.ContainsRune(tones, r) {
			b.WriteRune(r)
			continue
		}
		if tone != 0 {
			return "", 0, false
		}
		tone = r
	}
	return norm.NFC.String(b.String()), tone, true
}

// validRime: a syllable closed by a stop has the acute or the dot, or, as
// loan words and unmarked text do, none.
func validRime(rime string, tone rune) bool {
	if !rimes[rime] {
		return false
	}
	stopped := strings.HasSuffix(rime, "c") || strings.HasSuffix(rime, "ch") || strings.HasSuffix(rime, "p") || strings.HasSuffix(rime, "t")
	return !stopped || tone == 0 || tone == '\u0301' || tone == '\u0323'
}
