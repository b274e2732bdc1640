package link

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// index is the records of each key of one block: those of key k are
// records[starts[k]:starts[k+1]], in ascending order. Keys that can give no
// pair are not kept.
type index struct {
	rule    Block
	starts  []int32
	records []int32
	of      []int32 // the keys of record i: of[at[i]:at[i+1]]; without at it has of[i] alone, or Missing
	at      []int32
	pairs   int64 // pairs that share a key, a pair counted once a key
}

// keys numbers the blocking keys of the values of a column.
type keys struct {
	form []int32 // per value: the form, or date, whose keys it has; nil: its own
	of   []int32 // the keys of form i: of[at[i]:at[i+1]]; without at it has of[i] alone, or Missing
	at   []int32
	n    int32
}

func (k keys) value(code int32) []int32 {
	if k.form != nil {
		code = k.form[code]
	}
	if k.at != nil {
		return k.of[k.at[code]:k.at[code+1]]
	}
	if k.of[code] == Missing {
		return nil
	}
	return k.of[code : code+1]
}

func keysOf(c *comparator, by By) keys {
	var place texts
	number := func(key string) int32 {
		if key == "" {
			return Missing
		}
		n, _ := place.number(key)
		return n
	}
	var out keys
	switch by {
	case Year, Day:
		out.of = make([]int32, c.column.Distinct())
		for i := range out.of {
			out.of[i] = number(c.dateKey(int32(i), by))
		}
	case Words, Pairs:
		out = keys{form: c.of, at: make([]int32, 1, c.forms.len()+1)}
		for i := range c.forms.len() {
			from := len(out.of)
			c.eachWord(int32(i), by, func(key string) { out.of = append(out.of, number(key)) })
			own := out.of[from:]
			slices.Sort(own)
			out.of = out.of[:from+len(slices.Compact(own))]
			out.at = append(out.at, int32(len(out.of)))
		}
	default:
		if by == Whole && c.plain {
			return c.wholeKeys()
		}
		out = keys{form: c.of, of: make([]int32, c.forms.len())}
		for i := range out.of {
			out.of[i] = number(c.formKey(int32(i), by))
		}
	}
	out.n = int32(place.len())
	return out
}

// wholeKeys are the forms themselves.
func (k *comparator) wholeKeys() keys {
	out := keys{form: k.of, of: make([]int32, k.forms.len()), n: int32(k.forms.len())}
	for i := range out.of {
		out.of[i] = int32(i)
		if k.joined(int32(i)) == "" {
			out.of[i] = Missing
		}
	}
	return out
}

// dateKey is a date's year, or its day and month in either order.
func (k *comparator) dateKey(value int32, by By) string {
	if k.dates == nil || !k.dates[value].whole() {
		return ""
	}
	d := k.dates[value]
	if by == Year {
		return fmt.Sprintf("%04x", uint32(d>>16))
	}
	a, b := byte(d>>8), byte(d)
	return string([]byte{min(a, b), max(a, b)})
}

func (k *comparator) formKey(form int32, by By) string {
	joined := k.joined(form)
	switch {
	case by == Whole:
		return joined
	case by == Start && len(joined) >= 3:
		return joined[:min(4, len(joined))]
	case by == End && len(joined) >= 5:
		return joined[len(joined)-4:]
	case by == Sound:
		return sound(joined)
	case by == Sorted:
		words := k.at(form).words(nil)
		slices.Sort(words)
		return strings.Join(words, " ")
	}
	return ""
}

// eachWord calls add for each word of a form, or each pair of neighbours.
func (k *comparator) eachWord(form int32, by By, add func(string)) {
	words := k.at(form).words(nil)
	for i, w := range words {
		switch {
		case by == Words && len(w) > 1:
			add(w)
		case by == Pairs && i > 0:
			add(words[i-1] + " " + w)
		}
	}
}

// sound is the first letter and the consonants after it, each run of one
// letter once, those that are mistaken for one another as one; five at most.
func sound(word string) string {
	if len(word) < 3 {
		return ""
	}
	out := make([]byte, 0, 5)
	out = append(out, alike(word[0]))
	for i := 1; i < len(word) && len(out) < 5; i++ {
		switch word[i] {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'h', 'w', ' ':
			continue
		}
		if c := alike(word[i]); c != out[len(out)-1] {
			out = append(out, c)
		}
	}
	return string(out)
}

func alike(c byte) byte {
	switch c {
	case 'k', 'q', 'g':
		return 'c'
	case 'z', 'x':
		return 's'
	case 'm':
		return 'n'
	case 'v', 'p':
		return 'b'
	case 'd':
		return 't'
	case 'j':
		return 'g'
	}
	return c
}

// newIndex makes a block's index.
func (m *model) newIndex(rule Block) *index {
	e := m.entries(rule).shared()
	order := ascending(e.keys)
	own := make([]int32, len(order)) // per entry: its key, or Missing
	x := &index{rule: rule, starts: []int32{0}}
	for from := 0; from < len(order); {
		to, last := from+1, e.records[order[from]]
		for to < len(order) && e.keys[order[to]] == e.keys[order[from]] {
			last = e.records[order[to]]
			to++
		}
		n, key := int64(to-from), Missing
		if n > 1 && int(last) >= m.table.Anchors {
			key = int32(len(x.starts) - 1)
			for _, at := range order[from:to] {
				x.records = append(x.records, e.records[at])
			}
			x.starts = append(x.starts, int32(len(x.records)))
			x.pairs += n * (n - 1) / 2
		}
		for _, at := range order[from:to] {
			own[at] = key
		}
		from = to
	}
	x.starts, x.records = slices.Clip(x.starts), slices.Clip(x.records)
	x.turn(m.table.Rows, e, own)
	return x
}

// shared leaves out entries whose key no other has, all but a few of them: two
// bits for each place that a key hashes to say whether it came once, or again.
func (e entries) shared() entries {
	wide := max(6, bits.Len(uint(len(e.keys)))+2)
	once, again := make([]uint64, 1<<(wide-6)), make([]uint64, 1<<(wide-6))
	place := func(key uint64) (word int, bit uint64) {
		h := key * 0x9e3779b97f4a7c15 >> (64 - wide) // Knuth, volume 3, 6.4: by the golden ratio
		return int(h >> 6), 1 << (h & 63)
	}
	for _, key := range e.keys {
		word, bit := place(key)
		again[word] |= once[word] & bit
		once[word] |= bit
	}
	out := entries{keys: e.keys[:0], records: e.records[:0], many: e.many}
	for i, key := range e.keys {
		if word, bit := place(key); again[word]&bit != 0 {
			out.keys, out.records = append(out.keys, key), append(out.records, e.records[i])
		}
	}
	return out
}

// turn notes the keys of each record.
func (x *index) turn(rows int, e entries, own []int32) {
	if !e.many {
		x.of = slices.Repeat([]int32{Missing}, rows)
		for i, key := range own {
			x.of[e.records[i]] = key
		}
		return
	}
	x.at = make([]int32, 1, rows+1)
	i := 0
	for record := range int32(rows) {
		for ; i < len(own) && e.records[i] == record; i++ {
			if own[i] != Missing {
				x.of = append(x.of, own[i])
			}
		}
		x.at = append(x.at, int32(len(x.of)))
	}
}

// keys are those of a record.
func (x *index) keys(i int32) []int32 {
	switch {
	case x.at != nil:
		return x.of[x.at[i]:x.at[i+1]]
	case x.of[i] == Missing:
		return nil
	}
	return x.of[i : i+1]
}

// behind appends the records from a place on that share a key with one.
func (x *index) behind(out []int32, i, from int32, most int) []int32 {
	for _, k := range x.keys(i) {
		in := x.records[x.starts[k]:x.starts[k+1]]
		if len(in) > most {
			continue
		}
		for at := len(in) - 1; at >= 0 && in[at] >= from; at-- {
			out = append(out, in[at])
		}
	}
	return out
}

// warm touches what behind needs for some records: see model.warm.
func (x *index) warm(from, to int32) (touched int32) {
	if x.at != nil {
		return 0
	}
	for _, k := range x.of[from:to] {
		if k != Missing {
			touched += x.records[x.starts[k]] + x.records[x.starts[k+1]-1]
		}
	}
	return touched
}
