package dictionary

import (
	"regexp"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Tone placement.
//
// The tone of an open syllable in oa, oe or uy is written on its first vowel
// (hòa, khỏe, thúy), the placement of print since the 17th century and the
// default of the common keyboards, so that the fewest values change; the
// other placement (hoà, khoẻ, thuý), of the schoolbooks (Decision
// 1989/QĐ-BGDĐT of 2018, article 8), is just as Vietnamese, and only mixing the
// two hurts. A closed syllable has its tone on the second vowel in both (hoàn, huỳnh).
// After q the u is no vowel (quý, quà), after g the i is none where a vowel
// follows (già, giúp).
//
// A tone is moved as a combining mark: the toned vowels in question are taken
// apart, patterns carry the mark over, and NFC joins what is left. The same
// patterns serve Go and SQL.

// toned are the vowels that a tone may leave, by their marks.
var toned = []struct{ letters, vowel string }{
	{"àáảãạ", "a"}, {"èéẻẽẹ", "e"}, {"ỳýỷỹỵ", "y"}, {"òóỏõọ", "o"}, {"ùúủũụ", "u"}, {"ìíỉĩị", "i"},
	{"ÒÓỎÕỌ", "O"}, {"ÙÚỦŨỤ", "U"},
}

// toneMarks are the combining characters in the order of toned.letters.
var toneMarks = []string{"\u0300", "\u0301", "\u0309", "\u0303", "\u0323"}

// swap is one replacement; in a toneMove, from is a pattern.
type swap struct{ from, to string }

// apart lists toned vowels and the same as vowel and mark.
var apart = func() []swap {
	var out []swap
	for _, t := range toned {
		for i, letter := range []rune(t.letters) {
			out = append(out, swap{string(letter), t.vowel + toneMarks[i]})
		}
	}
	return out
}()

const (
	toneMark  = `([\x{300}\x{301}\x{303}\x{309}\x{323}])`
	unmarked  = `($|[^\x{300}-\x{36f}])`
	notLetter = `($|[^` + nameLetters + `\x{300}-\x{36f}])`
	notQ      = `(^|[^Qq])`
)

// toneMoves carry marks over, in this order: off the u of qu and the i of gi;
// from the first to the second vowel of a pair; in an open syllable back to
// the first. A vowel that has a tone of its own is left alone.
var toneMoves = []swap{
	{`(Qu|Gi)` + toneMark + `([aeiouy])` + unmarked, `\1\3\2\4`},
	{`([oO])` + toneMark + `([ae])` + unmarked, `\1\3\2\4`},
	{notQ + `([uU])` + toneMark + `y` + unmarked, `\1\2y\3\4`},
	{`([oO])([ae])` + toneMark + notLetter, `\1\3\2\4`},
	{notQ + `([uU])y` + toneMark + notLetter, `\1\2\3y\4`},
}

// toneDoubtful fits every text that toneMoves change, and few others. The
// engine tests raw text with it, so case and Unicode form are open.
const toneDoubtful = `(?i)o[àáảãạèéẻẽẹ]` + notLetter + `|(?:^|[^q])u[ỳýỷỹỵ]` + notLetter +
	`|[òóỏõọ][ae]` + nameLetter + `|[ùúủũụ]y` + nameLetter + `|q[ùúủũụ][aeiouy]|g[ìíỉĩị][aeiouy]|` + marksClass + `|` + nameGone

var takeApart = func() *strings.Replacer {
	var pairs []string
	for _, w := range apart {
		pairs = append(pairs, w.from, w.to)
	}
	return strings.NewReplacer(pairs...)
}()

// goMoves are toneMoves, compiled.
var goMoves = sync.OnceValue(func() (out []goPattern) {
	for _, move := range toneMoves {
		out = append(out, goPattern{pattern: regexp.MustCompile(move.from), template: goTemplate(move.to)})
	}
	return out
})

// placeTones standardises the tone placement of capitalised words.
func placeTones(s string) string {
	if nameIsWell([]byte(s)) || !compileAny(toneDoubtful).MatchString(s) {
		return s
	}
	s = takeApart.Replace(s)
	for _, move := range goMoves() {
		s = move.pattern.ReplaceAllString(s, move.template)
	}
	return norm.NFC.String(s)
}
