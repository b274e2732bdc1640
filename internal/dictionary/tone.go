package dictionary

import "strings"

// Tone placement.
//
// The tone of an open syllable in oa, oe or uy is written on its first vowel
// (hòa, khỏe, thúy), the placement of print since the 17th century and the
// default of the common keyboards, so that the fewest values change; the
// other placement (hoà, khoẻ, thuý), of the schoolbooks since Decision
// 240/QĐ of 1984, is just as Vietnamese, and only mixing the two hurts. A
// closed syllable has its tone on the second vowel in both (hoàn, huỳnh).
// After q the u is no vowel (quý, quà), after g the i is none where a vowel
// follows (già, giúp).
//
// The steps are plain replacements, in one order, for Go and SQL alike.

// swap is one replacement.
type swap struct{ from, to string }

// toned holds a vowel with the five tones: grave, acute, hook, tilde, dot.
var toned = map[rune][]string{
	'a': {"à", "á", "ả", "ã", "ạ"}, 'e': {"è", "é", "ẻ", "ẽ", "ẹ"}, 'i': {"ì", "í", "ỉ", "ĩ", "ị"},
	'o': {"ò", "ó", "ỏ", "õ", "ọ"}, 'u': {"ù", "ú", "ủ", "ũ", "ụ"}, 'y': {"ỳ", "ý", "ỷ", "ỹ", "ỵ"},
	'O': {"Ò", "Ó", "Ỏ", "Õ", "Ọ"}, 'U': {"Ù", "Ú", "Ủ", "Ũ", "Ụ"},
}

// syllableEnd marks, while tones are moved, where a row of letters ends.
const syllableEnd = "\x01"

// mute stands, while tones are moved, for a u or i that belongs to the onset.
const mute = "\x02"

// vowelPairs carry the question of placement.
var vowelPairs = []string{"oa", "oe", "uy", "Oa", "Oe", "Uy"}

// glideSwaps move the tone off the u of qu and the i of gi, then hide both.
func glideSwaps() []swap {
	var out []swap
	for tone := range 5 {
		for _, v := range "aeoiy" {
			out = append(out, swap{"Q" + toned['u'][tone] + string(v), "Qu" + toned[v][tone]})
		}
		for _, v := range "aeou" {
			out = append(out, swap{"G" + toned['i'][tone] + string(v), "Gi" + toned[v][tone]})
		}
	}
	return out
}

// placeSwaps put the tone of every pair on its second vowel, then of those
// that end a syllable on the first.
func placeSwaps() []swap {
	second := []swap{{"Qu", "Q" + mute}}
	var first []swap
	for _, pair := range vowelPairs {
		a, b := rune(pair[0]), rune(pair[1])
		for tone := range 5 {
			onFirst, onSecond := toned[a][tone]+string(b), string(a)+toned[b][tone]
			second = append(second, swap{onFirst, onSecond})
			first = append(first, swap{onSecond + syllableEnd, onFirst + syllableEnd})
		}
	}
	return append(append(second, first...), swap{"Q" + mute, "Qu"})
}

// Patterns that say whether the swaps are needed at all.
const (
	glideMisplaced  = `Q[ùúủũụ][aeoiy]|G[ìíỉĩị][aeou]`
	placeDoubtful   = `[oO][àáảãạèéẻẽẹ]|[uU][ỳýỷỹỵ]|[òóỏõọÒÓỎÕỌ][ae]|[ùúủũụÙÚỦŨỤ]y`
	endOfLetters    = `(` + nameLetter + `)($|[^` + nameLetters + `])`
	endOfLettersGo  = `${1}` + syllableEnd + `${2}`
	endOfLettersSQL = `\1` + syllableEnd + `\2`
)

// placeTones standardises the tone placement of capitalised words.
func placeTones(s string) string {
	if compileAny(glideMisplaced).MatchString(s) {
		s = applySwaps(s, glideSwaps())
	}
	if !compileAny(placeDoubtful).MatchString(s) {
		return s
	}
	s = compileAny(endOfLetters).ReplaceAllString(s, endOfLettersGo)
	return strings.ReplaceAll(applySwaps(s, placeSwaps()), syllableEnd, "")
}

func applySwaps(s string, swaps []swap) string {
	for _, w := range swaps {
		s = strings.ReplaceAll(s, w.from, w.to)
	}
	return s
}

// placeTonesSQL is placeTones over a name that is a plain identifier.
func placeTonesSQL(s string) string {
	glided := cases(s, holds(s, glideMisplaced), swapSQL(s, glideSwaps()))
	marked := replaceAllSQL("g_", endOfLetters, endOfLettersSQL)
	placed := "replace(" + swapSQL(marked, placeSwaps()) + ", " + quote(syllableEnd) + ", '')"
	return let("g_", glided, cases("g_", holds("g_", placeDoubtful), placed))
}

func swapSQL(x string, swaps []swap) string {
	for _, w := range swaps {
		x = "replace(" + x + ", " + quote(w.from) + ", " + quote(w.to) + ")"
	}
	return x
}
