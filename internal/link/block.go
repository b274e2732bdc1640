package link

import (
	"slices"
	"strings"
)

// index is the records of each key of one block: those of key k are
// records[starts[k]:starts[k+1]], in ascending order. keys are each record's
// own: of[at[i]:at[i+1]].
type index struct {
	rule    Block
	starts  []int32
	records []int32
	at      []int32
	of      []int32
	pairs   int64 // pairs that share a key, a pair counted once a key
	skipped int   // keys with more records than are looked at
}

// keys numbers the blocking keys of every value of a column: those of value v
// are of[at[v]:at[v+1]].
type keys struct {
	at []int32
	of []int32
	n  int32
}

func (k keys) value(code int32) []int32 { return k.of[k.at[code]:k.at[code+1]] }

func keysOf(c *comparator, by By) keys {
	out := keys{at: make([]int32, 1, len(c.values)+1)}
	place := map[string]int32{}
	add := func(key string) {
		if key == "" {
			return
		}
		id, known := place[key]
		if !known {
			id = out.n
			place[strings.Clone(key)] = id
			out.n++
		}
		out.of = append(out.of, id)
	}
	for i := range c.values {
		from := len(out.of)
		c.values[i].eachKey(by, add)
		rest := out.of[from:]
		slices.Sort(rest)
		out.of = out.of[:from+len(slices.Compact(rest))]
		out.at = append(out.at, int32(len(out.of)))
	}
	return out
}

func (p *prepared) eachKey(by By, add func(string)) {
	switch by {
	case Whole:
		add(p.joined)
	case Start:
		if len(p.joined) >= 3 {
			add(p.joined[:min(4, len(p.joined))])
		}
	case End:
		if len(p.joined) >= 5 {
			add(p.joined[len(p.joined)-4:])
		}
	case Sound:
		add(sound(p.joined))
	case Year:
		if p.digits != "" {
			add(p.digits[:4])
		}
	case Day:
		if p.digits != "" {
			a, b := p.digits[4:6], p.digits[6:]
			add(min(a, b) + max(a, b))
		}
	case Words:
		for _, w := range p.words {
			if len(w) > 1 {
				add(w)
			}
		}
	case Pairs:
		for i := range len(p.words) - 1 {
			add(p.words[i] + " " + p.words[i+1])
		}
	case Sorted:
		words := slices.Clone(p.words)
		slices.Sort(words)
		add(strings.Join(words, " "))
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

// newIndex makes a block's index. Keys of more than most records are not
// looked at: one value that thousands share says nothing.
func (m *model) newIndex(rule Block, most int) *index {
	x := &index{rule: rule, at: make([]int32, 1, m.table.Rows+1)}
	parts := make([]keys, len(rule))
	columns := make([]*Column, len(rule))
	for i, term := range rule {
		c, _ := m.table.column(term.Column)
		columns[i] = m.table.Columns[c]
		parts[i] = m.keysOf(c, term.By)
	}
	var n int32
	if len(rule) == 1 {
		n = parts[0].n
		for i := range m.table.Rows {
			if code := columns[0].Codes[i]; code != Missing {
				x.of = append(x.of, parts[0].value(code)...)
			}
			x.at = append(x.at, int32(len(x.of)))
		}
	} else {
		n = x.combine(m.table.Rows, columns, parts)
	}
	x.invert(n, most)
	return x
}

// combine gives each combination of the terms' keys that occurs a number.
func (x *index) combine(rows int, columns []*Column, parts []keys) (n int32) {
	place := map[uint64]int32{}
	var now, next []int32
	for i := range rows {
		now = now[:0]
		for p, c := range columns {
			if c.Codes[i] == Missing {
				now = now[:0]
				break
			}
			own := parts[p].value(c.Codes[i])
			if p == 0 {
				now = append(now, own...)
				continue
			}
			next = next[:0]
			for _, a := range now {
				for _, b := range own {
					key := uint64(p)<<60 | uint64(a)<<30 | uint64(b)
					id, known := place[key]
					if !known {
						id = n
						place[key] = id
						n++
					}
					next = append(next, id)
				}
			}
			now, next = next, now
			if len(now) == 0 {
				break
			}
		}
		x.of = append(x.of, now...)
		x.at = append(x.at, int32(len(x.of)))
	}
	return n
}

func (x *index) invert(n int32, most int) {
	x.starts = make([]int32, n+1)
	for _, k := range x.of {
		x.starts[k+1]++
	}
	for k := range n {
		size := int(x.starts[k+1])
		if size > most {
			x.skipped++
		} else {
			x.pairs += int64(size) * int64(size-1) / 2
		}
		x.starts[k+1] += x.starts[k]
	}
	fill := slices.Clone(x.starts)
	x.records = make([]int32, len(x.of))
	for i := range len(x.at) - 1 {
		for _, k := range x.of[x.at[i]:x.at[i+1]] {
			x.records[fill[k]] = int32(i)
			fill[k]++
		}
	}
}

// after appends the records behind i that share a key with it.
func (x *index) after(out []int32, i int32, most int) []int32 {
	for _, k := range x.of[x.at[i]:x.at[i+1]] {
		in := x.records[x.starts[k]:x.starts[k+1]]
		if len(in) > most || len(in) < 2 {
			continue
		}
		from, _ := slices.BinarySearch(in, i+1)
		out = append(out, in[from:]...)
	}
	return out
}
