package link

import (
	"math"
	"math/bits"
	"runtime"
	"slices"
)

// sketch is by what two forms are known to be far apart without reading them.
type sketch struct {
	letters uint32 // which signs it has: see sign
	twice   uint32 // Name: which of them it has more than once
	bag     uint32 // Name: its words of two letters and more, a bit each; Code: see bagOf
	start   uint32 // the first four bytes without spaces
	size    uint32 // how many bytes without spaces, at most longest; how many words; and whether one has one letter alone
}

// longest is the length of what is not told apart by sketches.
const longest = 255

func (s sketch) long() int       { return int(s.size & 255) }
func (s sketch) words() int      { return int(s.size >> 8 & 255) }
func (s sketch) hasLetter() bool { return s.size>>16 != 0 }

// sketch makes those of all forms, of the kinds that have them.
func (k *comparator) sketch() {
	if k.kind != Name && k.kind != Code || k.matrix != nil {
		return
	}
	k.sketches = make([]sketch, k.forms.len())
	sideBySide((len(k.sketches)+codesPerPiece-1)/codesPerPiece, func(n int) {
		for i := n * codesPerPiece; i < min((n+1)*codesPerPiece, len(k.sketches)); i++ {
			k.sketches[i] = newSketch(k.at(int32(i)), k.kind)
		}
	})
}

func newSketch(form packed, kind Kind) sketch {
	joined := form.joined()
	s := sketch{letters: form.letters(), size: uint32(min(len(joined), longest)) | uint32(form[4])<<8}
	for at := range min(4, len(joined)) {
		s.start |= uint32(joined[at]) << (8 * at)
	}
	if kind == Code {
		s.bag = bagOf(joined)
		return s
	}
	seen := uint32(0)
	for i := range len(joined) {
		one := uint32(1) << sign(joined[i])
		s.twice |= seen & one
		seen |= one
	}
	var room [8]string
	for _, w := range form.words(room[:0]) {
		if len(w) == 1 {
			s.size |= 1 << 16
			continue
		}
		s.bag |= 1 << (spread(w) & 31)
	}
	return s
}

// spread spreads words over the bits of a bag (FNV-1a, folded).
func spread(w string) uint32 {
	h := uint32(2166136261)
	for i := range len(w) {
		h = (h ^ uint32(w[i])) * 16777619
	}
	return h ^ h>>15
}

// bagOf says which digits a code has once, twice and three times, and whether it
// has other signs of two sorts: an edit takes one of its bits away at most, and
// adds one.
func bagOf(code string) (bag uint32) {
	for i := range len(code) {
		c := code[i]
		switch {
		case c < '0' || c > '9':
			bag |= 1 << (30 + c&1)
		case bag>>(c-'0')&1 == 0:
			bag |= 1 << (c - '0')
		case bag>>(10+c-'0')&1 == 0:
			bag |= 1 << (10 + c - '0')
		default:
			bag |= 1 << (20 + c - '0')
		}
	}
	return bag
}

// bestCode is the best level that two codes of different forms may have; exact,
// that they do. See codeLevel.
func (s sketch) bestCode(t sketch) (level uint8, exact bool) {
	if s.long() > t.long() {
		s, t = t, s
	}
	lost, longer := bits.OnesCount32(s.bag&^t.bag), t.long()-s.long()
	apart := max(lost, bits.OnesCount32(t.bag&^s.bag))
	switch {
	case t.long() == longest || apart == 0 && longer == 0:
		return 0, false
	case apart <= 1 && longer <= 1:
		return 1, false
	case lost == 0 && longer > 0:
		return 2, false
	case apart <= 2 && longer <= 2:
		return 3, false
	}
	return 4, true
}

// bestName is the same of names. See nameLevel.
func (s sketch) bestName(t sketch) (level uint8, exact bool) {
	longer := max(s.long(), t.long()) - min(s.long(), t.long())
	lostS, lostT := s.lost(t), t.lost(s)
	near, shared := max(lostS, lostT) <= 2, s.bag&t.bag != 0
	switch {
	case max(s.long(), t.long()) == longest || lostS+lostT+longer == 0:
		return 0, false
	case near && longer <= 1:
		return 3, false
	case s.hasLetter() || t.hasLetter() || shared && (lostS == 0 && s.words() <= t.words() || lostT == 0 && t.words() <= s.words()):
		return 4, false
	case near && longer <= 2:
		return 5, false
	}
	switch reach := s.reach(t, lostS, lostT); {
	case reach >= 0.92:
		return 5, false
	case reach >= somewhatAlike || shared && (s.mayShare(t) || t.mayShare(s)):
		return 6, false
	}
	return 7, true
}

// lost is how many letters of s, at least, do not stand in t; an edit takes one
// at most.
func (s sketch) lost(t sketch) int {
	return bits.OnesCount32(s.letters&^t.letters) + bits.OnesCount32(s.twice&^t.twice)
}

// mayShare reports whether so many words of s may be alike in t that wordsAlike
// holds; where that is all of them, each but one may have a letter of its own.
func (s sketch) mayShare(t sketch) bool {
	need := (s.words() + t.words()) / 2
	if s.words() < 2 || t.words() < 2 || need > s.words() {
		return false
	}
	return need < s.words() || bits.OnesCount32(s.letters&^t.letters) < need
}

// reach is what the Jaro–Winkler similarity is at most.
func (s sketch) reach(t sketch, lostS, lostT int) float64 {
	if s.long() == 0 || t.long() == 0 {
		return 0
	}
	prefix := min(bits.TrailingZeros32(s.start^t.start)/8, s.long(), t.long())
	return reach(s.long(), t.long(), lostS, lostT, prefix)
}

// features are the records once more, each with what its comparisons can be
// bounded by: one look into memory a record, where the columns would need one
// each.
type features struct {
	of     []int32 // per record width numbers
	width  int
	starts []int // per comparison: where its numbers begin
}

// width is how many numbers a kind has: the value's code; of a date its digits;
// of what has sketches the form, the bag, the size, and of a name the
// letters, the start, and the letters that it has twice.
func (k *comparator) width() int {
	switch {
	case k.kind == Date:
		return 2
	case k.sketches == nil:
		return 1
	case k.kind == Code:
		return 4
	}
	return 7
}

// makeFeatures makes those of all records, a line of the processor's cache or
// more each.
func (m *model) makeFeatures() {
	f := &features{}
	for _, c := range m.comparators {
		f.starts = append(f.starts, f.width)
		f.width += c.width()
	}
	f.width = (f.width + lineOfCache - 1) / lineOfCache * lineOfCache
	f.of = large[int32](f.width * m.table.Rows)
	parts := (m.table.Rows + codesPerPiece - 1) / codesPerPiece
	sideBySide(parts, func(n int) {
		for i := n * codesPerPiece; i < min((n+1)*codesPerPiece, m.table.Rows); i++ {
			row, own := m.table.row(int32(i)), f.record(int32(i))
			for k, c := range m.comparators {
				c.fill(own[f.starts[k]:], row[m.columns[k]])
			}
		}
	})
	m.features = f
}

// lineOfCache is how many numbers of 32 bits a line has.
const lineOfCache = 16

func (f *features) record(i int32) []int32 { return f.of[int(i)*f.width : int(i+1)*f.width] }

func (k *comparator) fill(out []int32, code int32) {
	out[0] = code
	switch {
	case code == Missing:
	case k.kind == Date:
		out[1] = int32(k.dates[code])
	case k.sketches != nil:
		form := k.form(code)
		s := k.sketches[form]
		out[1], out[2], out[3] = form, int32(s.bag), int32(s.size)
		if k.kind == Name {
			out[4], out[5], out[6] = int32(s.letters), int32(s.start), int32(s.twice)
		}
	}
}

// best is the best level that two values may have, by their features; exact, that
// they do.
func (k *comparator) best(x, y []int32) (level uint8, exact bool) {
	switch {
	case x[0] == y[0]:
		return 0, true
	case k.matrix != nil:
		return k.matrix[int(x[0])*k.column.Distinct()+int(y[0])], true
	case k.kind == Date:
		if d, e := dated(x[1]), dated(y[1]); d.whole() && e.whole() {
			return d.level(e), true
		}
		return k.level(x[0], y[0]), true
	case k.sketches == nil || x[1] == y[1]:
		return 0, false
	case k.kind == Code:
		return sketch{bag: uint32(x[2]), size: uint32(x[3])}.bestCode(sketch{bag: uint32(y[2]), size: uint32(y[3])})
	}
	return nameSketch(x).bestName(nameSketch(y))
}

func nameSketch(x []int32) sketch {
	return sketch{letters: uint32(x[4]), twice: uint32(x[6]), bag: uint32(x[2]), start: uint32(x[5]), size: uint32(x[3])}
}

// ceilings are the greatest weights that comparisons may add, by the level of the
// comparison on which they depend.
type ceilings [][anyLevel + 1]ceiling

// ceiling is by level: exact where that is the level, open where it may be a worse one.
type ceiling struct{ exact, open []float64 }

// anyLevel is the level of a comparison of which only a bound is known.
const anyLevel = missing + 1

func newCeilings(weights [][missing + 1][]float64) ceilings {
	out := make(ceilings, len(weights))
	for k := range weights {
		most := slices.Clone(weights[k][0])
		for above, row := range weights[k] {
			for l := range row {
				most[l] = max(most[l], row[l])
			}
			out[k][above] = newCeiling(row)
		}
		out[k][anyLevel] = newCeiling(most)
	}
	return out
}

func newCeiling(exact []float64) ceiling {
	open := slices.Clone(exact)
	for l := len(open) - 2; l >= 0; l-- {
		open[l] = max(open[l], open[l+1])
	}
	return ceiling{exact, open}
}

// screening is pairs that are being compared.
type screening struct {
	pairs    []pair
	patterns []pattern
	open     []uint16 // per pair: the comparisons of which a bound is known, a bit each
	forms    []int32
}

// screen compares those of the pairs whose weight may be at least that; the
// others are not compared to the end. It looks for the records of some pairs
// before it compares them: they lie all over the memory, and the processor
// waits for many places at once as long as for one.
func (m *model) screen(own *screening, pairs []pair, least float64) ([]pair, []pattern) {
	own.pairs, own.patterns = own.pairs[:0], own.patterns[:0]
	touched := 0
	for some := range slices.Chunk(pairs, atOnce) {
		touched += int(m.touch(some))
		from := len(own.pairs)
		own.open = own.open[:0]
		for _, p := range some {
			a, b := m.features.record(p.a), m.features.record(p.b)
			if x, open := m.look(a, b); math.IsInf(least, -1) || m.mostWeight(x, open, a, b) >= least-slack {
				own.pairs, own.patterns, own.open = append(own.pairs, p), append(own.patterns, x), append(own.open, open)
			}
		}
		touched += m.settleOpen(own, from)
	}
	runtime.KeepAlive(touched)
	return own.pairs, own.patterns
}

// touch looks for the records of pairs.
func (m *model) touch(pairs []pair) (touched int32) {
	for _, p := range pairs {
		touched += m.features.of[int(p.a)*m.features.width] + m.features.of[int(p.b)*m.features.width]
	}
	return touched
}

// look gives the best levels that a pair may have, and those of them that are
// no more than that.
func (m *model) look(a, b []int32) (x pattern, open uint16) {
	for k, c := range m.comparators {
		of, and := a[m.features.starts[k]:], b[m.features.starts[k]:]
		if of[0] == Missing || and[0] == Missing {
			x |= missing << (4 * k)
			continue
		}
		l, exact := c.best(of, and)
		x |= pattern(l) << (4 * k)
		if !exact {
			open |= 1 << k
		}
	}
	return x, open
}

// mostWeight bounds a pair's weight.
func (m *model) mostWeight(x pattern, open uint16, a, b []int32) float64 {
	w := m.prior
	for k, c := range m.comparators {
		l := x.level(k)
		if l == missing {
			continue
		}
		above := m.parameters.parentLevel(k, x)
		if parent := m.parameters.parent[k]; parent >= 0 && open>>parent&1 == 1 {
			above = anyLevel
		}
		bound := &m.ceilings[k][above]
		if open>>k&1 == 0 {
			w += bound.exact[l]
		} else {
			w += bound.open[l]
		}
		if l > 1 {
			continue
		}
		of, and := a[m.features.starts[k]:], b[m.features.starts[k]:]
		if open>>k&1 == 0 || c.sketches != nil && of[1] == and[1] { // one form is one of the first two levels
			w += m.rarity(k, of[0], and[0])
		} else {
			w += mostRarity
		}
	}
	return w
}

// slack is more than sums can differ by the order in which they are added up.
const slack = 1e-6

// settleOpen compares what is not known yet of the pairs from a place on.
func (m *model) settleOpen(own *screening, from int) (touched int) {
	for k, c := range m.comparators {
		if c.matrix != nil || c.kind == Date {
			continue
		}
		start := m.features.starts[k]
		own.forms = own.forms[:0]
		for i, open := range own.open {
			if open>>k&1 == 1 {
				p := own.pairs[from+i]
				own.forms = append(own.forms, c.form(m.features.record(p.a)[start]), c.form(m.features.record(p.b)[start]))
			}
		}
		touched += c.forms.warm(own.forms)
		for i, open := range own.open {
			if open>>k&1 == 1 {
				a, b := m.features.record(own.pairs[from+i].a)[start], m.features.record(own.pairs[from+i].b)[start]
				x := &own.patterns[from+i]
				*x = *x&^(15<<(4*k)) | pattern(c.read(min(a, b), max(a, b)))<<(4*k)
			}
		}
	}
	return touched
}
