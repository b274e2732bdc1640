package link

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind says how two values of a column are compared.
type Kind string

// The kinds. Each has levels, from 0 (the same) to the last (different); what
// a level is worth is learned, not set.
const (
	Name   Kind = "name"   // a word or a few: spelling, order, missing words, initials
	Text   Kind = "text"   // many words: their rarity, spelling and order
	Date   Kind = "date"   // day and month swapped, a slipped digit, a part alike
	Code   Kind = "code"   // a number or code: a slipped digit, a part missing
	Email  Kind = "email"  // an address: its local part, spelling
	Number Kind = "number" // a quantity or a year: how far apart
)

// levels name what each level of a kind means, best first; the last is
// everything else.
var levels = map[Kind][]string{
	Name:   {"same", "same but for marks", "other order", "one letter", "words missing or initials", "near", "alike", "different"},
	Text:   {"same", "same words", "nearly the same words", "most words", "many words", "some words", "few words", "different"},
	Date:   {"same", "day and month swapped", "one digit", "two parts of three", "within a year", "one part of three", "different"},
	Code:   {"same", "one digit or letter", "part of the other", "two digits or letters", "different"},
	Email:  {"same", "same local part", "one or two letters", "near", "same domain", "different"},
	Number: {"same", "next to it", "one digit", "near", "different"},
}

// Levels are the names of a kind's levels, best first.
func (k Kind) Levels() []string { return levels[k] }

// prepared is a value made ready to be compared.
type prepared struct {
	lower   string // as written, lower case
	folded  string
	joined  string   // folded without its spaces
	letters uint32   // of joined
	words   []string // of the folded form
	ids     []int32  // Text: its words, by the vocabulary, in ascending order
	norm    float64  // Text: root of the sum of squared weights
	date    [3]int16 // year, month, day; -1 where not known
	digits  string   // Date: eight digits, where it has them
	number  float64
	numeric bool
}

// comparator compares the values of one column.
type comparator struct {
	column     *Column
	kind       Kind
	values     []prepared
	vocabulary *vocabulary
	agree      float64 // see agreement
}

// vocabulary holds the words of a Text column and how rare each is.
type vocabulary struct {
	place   map[string]int32
	words   []string
	weight  []float64 // inverse document frequency
	letters []uint32
}

// LevelOf compares two values by themselves: the place of their level in
// Levels. Where the order of a date's day and month is not known, the day
// stands first; a text's words are all as rare.
func LevelOf(kind Kind, a, b string) int {
	c := &Column{Name: "value", place: map[string]int32{}}
	c.add(a)
	c.add(b)
	if len(c.Codes) != 2 || c.Codes[0] == Missing || c.Codes[1] == Missing {
		return -1
	}
	return int(newComparator(c, kind).level(c.Codes[0], c.Codes[1]))
}

func newComparator(c *Column, kind Kind) *comparator {
	k := &comparator{column: c, kind: kind, values: make([]prepared, len(c.Values))}
	order := dateOrder(c)
	for i, v := range c.Values {
		k.values[i] = prepare(v, kind, order)
	}
	if kind == Text {
		k.readVocabulary()
	}
	return k
}

func prepare(v string, kind Kind, order order) prepared {
	p := prepared{lower: strings.ToLower(v), folded: fold(v), date: [3]int16{-1, -1, -1}}
	p.words = strings.Fields(p.folded)
	p.joined = strings.Join(p.words, "")
	p.letters = letters(p.joined)
	switch kind {
	case Date:
		p.date, p.digits = parseDate(v, order)
	case Number:
		n, err := strconv.ParseFloat(strings.TrimSpace(strings.NewReplacer(",", "", "$", "", "€", "", " ", "").Replace(v)), 64)
		p.number, p.numeric = n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	}
	return p
}

func (k *comparator) readVocabulary() {
	v := &vocabulary{place: map[string]int32{}}
	var df []int32
	for i := range k.values {
		p := &k.values[i]
		for _, w := range p.words {
			id, known := v.place[w]
			if !known {
				id = int32(len(v.words))
				v.place[w] = id
				v.words = append(v.words, w)
				v.letters = append(v.letters, letters(w))
				df = append(df, 0)
			}
			p.ids = append(p.ids, id)
		}
		slices.Sort(p.ids)
		p.ids = slices.Compact(p.ids)
		for _, id := range p.ids {
			df[id] += k.column.Counts[i]
		}
	}
	v.weight = make([]float64, len(df))
	for i, n := range df {
		v.weight[i] = math.Log(1 + float64(k.column.Filled)/float64(n))
	}
	for i := range k.values {
		sum := 0.0
		for _, id := range k.values[i].ids {
			sum += v.weight[id] * v.weight[id]
		}
		k.values[i].norm = math.Sqrt(sum)
	}
	k.vocabulary = v
}

// level compares two values by their codes; both must have one.
func (k *comparator) level(a, b int32) uint8 {
	if a == b {
		return 0
	}
	if a > b {
		a, b = b, a // so that the answer does not hang on the order
	}
	x, y := &k.values[a], &k.values[b]
	switch k.kind {
	case Name:
		return nameLevel(x, y)
	case Text:
		return k.textLevel(x, y)
	case Date:
		return dateLevel(x, y)
	case Code:
		return codeLevel(x, y)
	case Email:
		return emailLevel(x, y)
	default:
		return numberLevel(x, y)
	}
}

func nameLevel(a, b *prepared) uint8 {
	switch {
	case a.lower == b.lower:
		return 0
	case a.joined == b.joined:
		return 1
	case len(a.words) > 1 && len(a.words) == len(b.words) && sameWords(a.words, b.words):
		return 2
	}
	long := min(len(a.joined), len(b.joined))
	n := 3
	if mayBeNear(a.letters, b.letters) {
		n = edits(a.joined, b.joined, 2)
	}
	switch {
	case n == 1 && long >= 3:
		return 3
	case shortened(a.words, b.words):
		return 4
	}
	near := 0.0
	if mayReach(a.joined, b.joined, a.letters, b.letters, somewhatAlike) {
		near = jaroWinkler(a.joined, b.joined)
	}
	switch {
	case n == 2 && long >= 6 || near >= 0.92:
		return 5
	case near >= somewhatAlike || wordsAlike(a.words, b.words):
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
	if len(a) < 2 || len(b) < 2 {
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

// textLevel is the cosine of the two texts' words, each weighted by its
// rarity, where words of the two that are spelled nearly alike count in part
// (soft TF-IDF: Cohen, Ravikumar and Fienberg 2003).
func (k *comparator) textLevel(a, b *prepared) uint8 {
	if a.joined == b.joined {
		return 0
	}
	s := k.similarity(a, b)
	switch {
	case s >= 0.97:
		return 1
	case s >= 0.86:
		return 2
	case s >= 0.72:
		return 3
	case s >= 0.56:
		return 4
	case s >= 0.4:
		return 5
	case s >= 0.22:
		return 6
	}
	return 7
}

func (k *comparator) similarity(a, b *prepared) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	weight, words := k.vocabulary.weight, k.vocabulary.words
	sum := 0.0
	var restA, restB [32]int32
	nA, nB := 0, 0
	i, j := 0, 0
	for i < len(a.ids) || j < len(b.ids) {
		switch {
		case j == len(b.ids) || i < len(a.ids) && a.ids[i] < b.ids[j]:
			if nA < len(restA) {
				restA[nA] = a.ids[i]
				nA++
			}
			i++
		case i == len(a.ids) || b.ids[j] < a.ids[i]:
			if nB < len(restB) {
				restB[nB] = b.ids[j]
				nB++
			}
			j++
		default:
			sum += weight[a.ids[i]] * weight[a.ids[i]]
			i++
			j++
		}
	}
	for _, x := range restA[:nA] {
		best, at := 0.0, -1
		for n, y := range restB[:nB] {
			if y < 0 || !mayBeAlike(words[x], words[y], k.vocabulary.letters[x], k.vocabulary.letters[y]) {
				continue
			}
			if s := wordSimilarity(words[x], words[y]) * weight[x] * weight[y]; s > best {
				best, at = s, n
			}
		}
		if at >= 0 {
			sum += best
			restB[at] = -1
		}
	}
	return sum / (a.norm * b.norm)
}

// mayBeAlike is a quick test of what wordSimilarity can find.
func mayBeAlike(a, b string, inA, inB uint32) bool {
	if mayBeNear(inA, inB) {
		return true
	}
	return a[0] == b[0] && (inA&^inB == 0 || inB&^inA == 0)
}

func wordSimilarity(a, b string) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(a) == 1 && b[0] == a[0] && b[0] > '9':
		return 0.7 // an initial
	case len(a) < 3 || isDigits(a) && isDigits(b):
		return 0
	case len(a) >= 3 && strings.HasPrefix(b, a):
		return 0.85
	case edits(a, b, 1) == 1:
		return 0.9
	case len(a) >= 7 && edits(a, b, 2) == 2:
		return 0.8
	}
	return 0
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func codeLevel(a, b *prepared) uint8 {
	if a.joined == b.joined {
		return 0
	}
	short, long := a.joined, b.joined
	if len(short) > len(long) {
		short, long = long, short
	}
	n := 3
	if mayBeNear(a.letters, b.letters) {
		n = edits(short, long, 2)
	}
	switch {
	case n == 1 && len(short) >= 3:
		return 1
	case len(short) >= 4 && (strings.HasSuffix(long, short) || strings.HasPrefix(long, short)):
		return 2
	case n == 2 && len(short) >= 5:
		return 3
	}
	return 4
}

func emailLevel(a, b *prepared) uint8 {
	if a.lower == b.lower {
		return 0
	}
	localA, domainA, _ := strings.Cut(a.lower, "@")
	localB, domainB, _ := strings.Cut(b.lower, "@")
	switch {
	case localA == localB:
		return 1
	case mayBeNear(a.letters, b.letters) && edits(a.lower, b.lower, 2) <= 2:
		return 2
	case mayReach(a.joined, b.joined, a.letters, b.letters, 0.85) && jaroWinkler(a.lower, b.lower) >= 0.9:
		return 3
	case domainA == domainB:
		return 4
	}
	return 5
}

func numberLevel(a, b *prepared) uint8 {
	if a.lower == b.lower {
		return 0
	}
	if a.numeric && b.numeric {
		gap, scale := math.Abs(a.number-b.number), max(math.Abs(a.number), math.Abs(b.number))
		whole := a.number == math.Trunc(a.number) && b.number == math.Trunc(b.number)
		switch {
		case gap == 0:
			return 0
		case whole && gap <= 1 || gap <= 0.01*scale && !whole:
			return 1
		case edits(a.joined, b.joined, 1) == 1 && len(a.joined) >= 3:
			return 2
		case whole && gap <= 5 && scale > 50 || gap <= 0.1*scale && !(whole && scale < 3000):
			return 3
		}
		return 4
	}
	if edits(a.joined, b.joined, 1) == 1 && min(len(a.joined), len(b.joined)) >= 3 {
		return 2
	}
	return 4
}

func dateLevel(a, b *prepared) uint8 {
	if a.joined == b.joined || a.digits != "" && a.digits == b.digits {
		return 0
	}
	x, y := a.date, b.date
	if x[0] >= 0 && y[0] >= 0 && (x[1] < 0 || y[1] < 0) {
		if x[0] == y[0] {
			return 3 // one of them is a year alone
		}
		if abs(x[0]-y[0]) <= 1 {
			return 5
		}
		return 6
	}
	if x[0] >= 0 && x[0] == y[0] && x[1] == y[2] && x[2] == y[1] {
		return 1
	}
	if a.digits != "" && b.digits != "" {
		if edits(a.digits, b.digits, 1) == 1 {
			return 2
		}
	} else if edits(a.joined, b.joined, 1) == 1 {
		return 2
	}
	if x[0] < 0 || y[0] < 0 {
		return 6
	}
	alike := 0
	for i := range x {
		if x[i] == y[i] {
			alike++
		}
	}
	switch {
	case alike == 2:
		return 3
	case abs(days(x)-days(y)) <= 366:
		return 4
	case alike == 1:
		return 5
	}
	return 6
}

func days(d [3]int16) int { return int(d[0])*366 + int(d[1])*31 + int(d[2]) }

func abs[N int | int16](n N) N {
	if n < 0 {
		return -n
	}
	return n
}

// order is how a column writes its dates.
type order int

const (
	yearFirst order = iota
	dayFirst
	monthFirst
)

// dateOrder finds by the values that can only be read in one way whether the
// day stands before the month.
func dateOrder(c *Column) order {
	day, month := 0, 0
	for _, v := range c.Values[:min(len(c.Values), 20000)] {
		parts := numbersIn(v)
		if len(parts) != 3 || len(parts[0]) > 2 {
			continue
		}
		first, _ := strconv.Atoi(parts[0])
		second, _ := strconv.Atoi(parts[1])
		switch {
		case first > 12 && second <= 12:
			day++
		case second > 12 && first <= 12:
			month++
		}
	}
	if month > day {
		return monthFirst
	}
	return dayFirst
}

func numbersIn(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
}

// parseDate reads a date's parts without asking whether there is such a day:
// what is compared may be mistyped.
func parseDate(v string, o order) (date [3]int16, digits string) {
	none := [3]int16{-1, -1, -1}
	v, _, _ = strings.Cut(strings.TrimSpace(v), "T")
	if day, clock, found := strings.Cut(v, " "); found && strings.Contains(clock, ":") {
		v = day
	}
	parts := numbersIn(v)
	switch {
	case len(parts) == 1 && len(parts[0]) == 8:
		p := parts[0]
		parts = []string{p[:4], p[4:6], p[6:]}
	case len(parts) == 1 && len(parts[0]) == 4:
		return [3]int16{small(parts[0]), -1, -1}, ""
	case len(parts) == 3 && len(parts[0]) == 4:
	case len(parts) == 3 && len(parts[2]) == 4 && o == monthFirst:
		parts = []string{parts[2], parts[0], parts[1]}
	case len(parts) == 3 && len(parts[2]) == 4:
		parts = []string{parts[2], parts[1], parts[0]}
	default:
		return none, ""
	}
	if len(parts[1]) > 2 || len(parts[2]) > 2 {
		return none, ""
	}
	date = [3]int16{small(parts[0]), small(parts[1]), small(parts[2])}
	return date, parts[0] + pad(parts[1]) + pad(parts[2])
}

func small(digits string) int16 {
	n, err := strconv.ParseInt(digits, 10, 16)
	if err != nil {
		return -1
	}
	return int16(n)
}

func pad(digits string) string {
	if len(digits) == 1 {
		return "0" + digits
	}
	return digits
}
