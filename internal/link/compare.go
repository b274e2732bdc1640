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

// comparator compares the values of one column.
type comparator struct {
	*forms
	column     *Column
	kind       Kind
	dates      []dated     // Date: per value
	numbers    []float64   // Number: per value; not a number where it is none
	vocabulary *vocabulary // Text
	matrix     []uint8     // few values: the levels of all pairs of them, row by row
	agree      float64     // see agreement
	rarities   []float64   // per count of records: see rarity
	own        []float64   // few values: the rarity of each
	sketches   []sketch    // Name and Code of many values: per form
}

// vocabulary holds the words of a Text column, how rare each is, and which of
// them each form has.
type vocabulary struct {
	words   texts
	weight  []float64 // per word: inverse document frequency
	letters []uint32
	starts  []uint32  // per form, and one more: where its words begin in ids
	ids     []int32   // of a form, in ascending order
	norm    []float64 // per form: root of the sum of squared weights
}

func (v *vocabulary) of(form int32) []int32 { return v.ids[v.starts[form]:v.starts[form+1]] }

// LevelOf compares two values by themselves: the place of their level in
// Levels. Where the order of a date's day and month is not known, the day
// stands first; a text's words are all as rare.
func LevelOf(kind Kind, a, b string) int {
	c := &Column{Name: "value"}
	x, y := c.code(a), c.code(b)
	if x == Missing || y == Missing {
		return -1
	}
	return int(newComparator(c, newForms(c), kind).level(x, y))
}

// fewValues is up to how many values all pairs of them are compared beforehand.
const fewValues = 128

func newComparator(c *Column, f *forms, kind Kind) *comparator {
	k := &comparator{forms: f, column: c, kind: kind}
	switch kind {
	case Date:
		order := dateOrder(c)
		k.dates = make([]dated, c.Distinct())
		for i := range k.dates {
			k.dates[i] = packDate(parseDate(c.Value(int32(i)), order))
		}
	case Number:
		k.numbers = make([]float64, c.Distinct())
		for i := range k.numbers {
			k.numbers[i] = parseNumber(c.Value(int32(i)))
		}
	case Text:
		k.readVocabulary()
	}
	if n := c.Distinct(); n <= fewValues {
		matrix := make([]uint8, n*n)
		for i := range matrix {
			matrix[i] = k.level(int32(i/n), int32(i%n))
		}
		k.matrix = matrix
	}
	k.sketch()
	return k
}

// parseNumber is a value's number; NaN where it is none.
func parseNumber(v string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(numberMarks.Replace(v)), 64)
	if err != nil || math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

var numberMarks = strings.NewReplacer(",", "", "$", "", "€", "", " ", "")

func (k *comparator) readVocabulary() {
	v := &vocabulary{starts: make([]uint32, 1, k.forms.len()+1)}
	records := make([]float64, k.forms.len()) // per form
	for value, n := range k.column.Counts {
		records[k.form(int32(value))] += float64(n)
	}
	var df []float64
	var buffer []string
	for i := range k.forms.len() {
		buffer = k.at(int32(i)).words(buffer[:0])
		from := len(v.ids)
		for _, w := range buffer {
			id, fresh := v.words.number(w)
			if fresh {
				v.letters, df = append(v.letters, letters(w)), append(df, 0)
			}
			v.ids = append(v.ids, id)
		}
		own := v.ids[from:]
		slices.Sort(own)
		v.ids = v.ids[:from+len(slices.Compact(own))]
		for _, id := range v.ids[from:] {
			df[id] += records[i]
		}
		v.starts = append(v.starts, uint32(len(v.ids)))
	}
	v.words.settle()
	v.weight = make([]float64, len(df))
	for i, n := range df {
		v.weight[i] = math.Log(1 + float64(k.column.Filled)/n)
	}
	v.norm = make([]float64, k.forms.len())
	for i := range v.norm {
		sum := 0.0
		for _, id := range v.of(int32(i)) {
			sum += v.weight[id] * v.weight[id]
		}
		v.norm[i] = math.Sqrt(sum)
	}
	k.vocabulary = v
}

// level compares two values by their codes; both must have one.
func (k *comparator) level(a, b int32) uint8 {
	switch {
	case a == b:
		return 0
	case k.matrix != nil:
		return k.matrix[int(a)*k.column.Distinct()+int(b)]
	case a > b:
		a, b = b, a // so that the answer does not hang on the order
	}
	return k.read(a, b)
}

// read compares two values that differ, the lesser code first.
func (k *comparator) read(a, b int32) uint8 {
	switch k.kind {
	case Name:
		return k.nameLevel(a, b)
	case Text:
		return k.textLevel(k.form(a), k.form(b))
	case Date:
		return k.dateLevel(a, b)
	case Code:
		return k.codeLevel(k.form(a), k.form(b))
	case Email:
		return k.emailLevel(a, b)
	default:
		return k.numberLevel(a, b)
	}
}

// textLevel is the cosine of the two texts' words, each weighted by its
// rarity, where words of the two that are spelled nearly alike count in part
// (soft TF-IDF: Cohen, Ravikumar and Fienberg 2003).
func (k *comparator) textLevel(a, b int32) uint8 {
	if k.joined(a) == k.joined(b) {
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

func (k *comparator) similarity(formA, formB int32) float64 {
	v := k.vocabulary
	if v.norm[formA] == 0 || v.norm[formB] == 0 {
		return 0
	}
	weight, a, b := v.weight, v.of(formA), v.of(formB)
	sum := 0.0
	var restA, restB [32]int32
	nA, nB := 0, 0
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			if nA < len(restA) {
				restA[nA] = a[i]
				nA++
			}
			i++
		case i == len(a) || b[j] < a[i]:
			if nB < len(restB) {
				restB[nB] = b[j]
				nB++
			}
			j++
		default:
			sum += weight[a[i]] * weight[a[i]]
			i++
			j++
		}
	}
	for _, x := range restA[:nA] {
		best, at := 0.0, -1
		for n, y := range restB[:nB] {
			if y < 0 || !mayBeAlike(v.words.at(x), v.words.at(y), v.letters[x], v.letters[y]) {
				continue
			}
			if s := wordSimilarity(v.words.at(x), v.words.at(y)) * weight[x] * weight[y]; s > best {
				best, at = s, n
			}
		}
		if at >= 0 {
			sum += best
			restB[at] = -1
		}
	}
	return sum / (v.norm[formA] * v.norm[formB])
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

func (k *comparator) codeLevel(a, b int32) uint8 {
	f, g := k.at(a), k.at(b)
	short, long := f.joined(), g.joined()
	if short == long {
		return 0
	}
	if len(short) > len(long) {
		short, long = long, short
	}
	n := 3
	if mayBeNear(f.letters(), g.letters()) {
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

func (k *comparator) emailLevel(a, b int32) uint8 {
	x, y := strings.ToLower(k.column.Value(a)), strings.ToLower(k.column.Value(b))
	if x == y {
		return 0
	}
	localX, domainX, _ := strings.Cut(x, "@")
	localY, domainY, _ := strings.Cut(y, "@")
	f, g := k.at(k.form(a)), k.at(k.form(b))
	switch {
	case localX == localY:
		return 1
	case mayBeNear(f.letters(), g.letters()) && edits(x, y, 2) <= 2:
		return 2
	case mayReach(f.joined(), g.joined(), f.letters(), g.letters(), 0.85) && jaroWinkler(x, y) >= 0.9:
		return 3
	case domainX == domainY:
		return 4
	}
	return 5
}

func (k *comparator) numberLevel(a, b int32) uint8 {
	x, y := k.numbers[a], k.numbers[b]
	f, g := k.joined(k.form(a)), k.joined(k.form(b))
	if !math.IsNaN(x) && !math.IsNaN(y) {
		gap, scale := math.Abs(x-y), max(math.Abs(x), math.Abs(y))
		whole := x == math.Trunc(x) && y == math.Trunc(y)
		switch {
		case gap == 0:
			return 0
		case whole && gap <= 1 || gap <= 0.01*scale && !whole:
			return 1
		case edits(f, g, 1) == 1 && len(f) >= 3:
			return 2
		case whole && gap <= 5 && scale > 50 || gap <= 0.1*scale && !(whole && scale < 3000):
			return 3
		}
		return 4
	}
	switch {
	case f == g && k.sameWritten(a, b):
		return 0
	case edits(f, g, 1) == 1 && min(len(f), len(g)) >= 3:
		return 2
	}
	return 4
}
