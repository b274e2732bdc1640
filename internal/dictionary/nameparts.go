package dictionary

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// titles stand before a name and are no part of it: none has a vowel, so none
// is a syllable of a Vietnamese name. Those behind titleDots are titles only
// with their dot.
const (
	titlePlain = `(?:gs|pgs|ts|ths|tskh|bs|ks|mr|mrs|ms|dr)\b`
	titleDots  = `(?:gs|pgs|ts|ths|tskh|bs|ks|mr|mrs|ms|dr|cn|ls|prof)\.`
	nameTitles = `^(?:(?:` + titleDots + `)+ ?|` + titlePlain + ` )+`
)

// titleAhead: the first word may be a title, so that the name goes the way of
// the rule.
func titleAhead(x []byte) bool {
	end := slices.Index(x[:min(len(x), 6)], ' ')
	if end < 0 {
		return false
	}
	switch string(x[:end]) {
	case "Ông", "Bà", "Gs", "Pgs", "Ts", "Ths", "Tskh", "Bs", "Ks", "Mr", "Mrs", "Ms", "Dr":
		return true
	}
	return false
}

// finishName looks at the parts of a tidy name: it takes titles off, refuses
// initials in place of a middle or given name, and notes what it cannot know.
func finishName(name string) Result {
	note := ""
	if rest := withoutTitles(name); rest != name {
		name, note = rest, "a title before the name was taken off"
	}
	switch {
	case fits(name, nameTooShort):
		return Result{Problem: "too-short"}
	case hasInitials(name):
		return Result{Problem: "initials", Candidates: []string{name}}
	case isASCII(name):
		note = strings.TrimPrefix(note+"; "+marksNote(name), "; ")
	}
	return Result{Value: name, Note: strings.TrimSuffix(note, "; ")}
}

// withoutTitles takes academic titles and forms of address off. Ông and Bà
// are family names too: they go only before a family name with two words
// behind it.
func withoutTitles(name string) string {
	if first, rest, two := strings.Cut(name, " "); two && (first == "Ông" || first == "Bà") &&
		strings.Count(rest, " ") > 1 && hasFamilyName(rest) {
		return withoutTitles(rest)
	}
	if !titleAhead([]byte(name)) && !strings.Contains(name, ".") {
		return name
	}
	small := lower(name)
	end := len(compileAny(nameTitles).FindString(small))
	if end == 0 || end == len(name) || len(small) != len(name) {
		return name
	}
	return withoutTitles(name[end:])
}

// hasInitials: behind one of the common family names, a letter that stands for
// a word. A vowel without a dot is a word of its own: people are called A and Ý.
func hasInitials(name string) bool {
	if !slices.ContainsFunc(strings.Split(name, " ")[1:], isInitial) {
		return false
	}
	return hasFamilyName(name)
}

func isInitial(word string) bool {
	letter, dot := strings.CutSuffix(word, ".")
	if utf8.RuneCountInString(letter) != 1 {
		return false
	}
	return dot || letter == "Đ" || isASCII(letter) && !strings.ContainsAny(letter, "AEIOUYaeiouy")
}

// marksNote says of a name without any diacritics what cannot be known of it.
func marksNote(name string) string {
	words := strings.Split(lower(name), " ")
	switch last := words[len(words)-1]; {
	case slices.Contains(familyNames, words[0]) && len(words) > 1:
		return "no diacritics: they may have been lost"
	case slices.Contains(familyNames, last) && len(words) > 1:
		return "the given name may stand first"
	}
	return ""
}

// joinComma puts one name together that a comma parts behind its family name:
// "Nguyễn, Văn An", "Nguyễn Văn, An". Anything else stays as it is.
func joinComma(s string) string {
	before, after, one := strings.Cut(s, ",")
	before, after = trim(before), trim(after)
	if !one || strings.Contains(after, ",") || !hasFamilyName(before+" x") || hasFamilyName(after+" x") {
		return s
	}
	return before + " " + after
}
