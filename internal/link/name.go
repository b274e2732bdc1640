package link

import (
	"slices"
	"strings"
)

// sameWritten reports whether two values of one form differ in capitals alone.
func (k *comparator) sameWritten(a, b int32) bool {
	if k.style != nil && k.style[a] != others && k.of[a] == k.of[b] {
		return k.style[a] == k.style[b]
	}
	return strings.EqualFold(k.column.Value(a), k.column.Value(b))
}

func (k *comparator) nameLevel(a, b int32) uint8 {
	formA, formB := k.form(a), k.form(b)
	if formA == formB {
		if k.sameWritten(a, b) {
			return 0
		}
		return 1
	}
	f, g := k.at(formA), k.at(formB)
	x, y := f.joined(), g.joined()
	if x == y {
		if k.sameWritten(a, b) {
			return 0
		}
		return 1
	}
	var first, second [8]string
	wordsX, wordsY := f.words(first[:0]), g.words(second[:0])
	if len(wordsX) > 1 && len(wordsX) == len(wordsY) && len(x) == len(y) && sameWords(wordsX, wordsY) {
		return 2
	}
	inX, inY := f.letters(), g.letters()
	n := 3
	if mayBeNear(inX, inY) {
		n = edits(x, y, 2)
	}
	switch {
	case n == 1 && min(len(x), len(y)) >= 3:
		return 3
	case shortened(wordsX, wordsY):
		return 4
	}
	near := 0.0
	if mayReach(x, y, inX, inY, somewhatAlike) {
		near = jaroWinkler(x, y)
	}
	switch {
	case n == 2 && min(len(x), len(y)) >= 6 || near >= 0.92:
		return 5
	case near >= somewhatAlike || wordsAlike(wordsX, wordsY):
		return 6
	}
	return 7
}

// somewhatAlike is the least Jaro–Winkler similarity that says anything.
const somewhatAlike = 0.82

func sameWords(a, b []string) bool {
	for _, w := range a {
		if count(a, w) != count(b, w) {
			return false
		}
	}
	return true
}

func count(words []string, w string) (n int) {
	for _, x := range words {
		if x == w {
			n++
		}
	}
	return n
}

// shortened reports whether each word of the shorter one stands in the longer
// one, whole or as its initial, and one of them whole.
func shortened(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	whole, taken := false, uint64(0)
	for _, w := range a {
		found := -1
		for j, x := range b {
			if taken&(1<<min(j, 63)) != 0 {
				continue
			}
			if w == x {
				found = j
				break
			}
			if found < 0 && (len(w) == 1 && x[0] == w[0] || len(x) == 1 && w[0] == x[0]) {
				found = j
			}
		}
		if found < 0 {
			return false
		}
		taken |= 1 << min(found, 63)
		whole = whole || w == b[found] && len(w) > 1
	}
	return whole || len(a) == 1 && len(b) == 1 && len(a[0]) == 1
}

// wordsAlike reports whether names of several words share a long one and
// another one is near.
func wordsAlike(a, b []string) bool {
	if len(a) < 2 || len(b) < 2 || !shareWord(a, b) {
		return false
	}
	same, near := 0, 0
	for _, w := range a {
		for _, x := range b {
			if w == x && len(w) > 1 {
				same++
				break
			}
			if len(w) > 2 && edits(w, x, 1) <= 1 {
				near++
				break
			}
		}
	}
	return same > 0 && 2*(same+near) >= len(a)+len(b)-1
}

// shareWord reports whether two names share a word of two letters or more.
func shareWord(a, b []string) bool {
	for _, w := range a {
		if len(w) > 1 && slices.Contains(b, w) {
			return true
		}
	}
	return false
}
