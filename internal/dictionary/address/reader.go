package address

import (
	"cmp"
	"slices"
	"time"
)

// Reader reads addresses, one at a time: it keeps what it needs between calls.
type Reader struct {
	x       *Index
	naming  bool // units' names are read: nothing is repaired in them
	text    string
	day     int32 // noDay: not known
	marked  bool  // the text has marks
	folded  []byte
	joined  []byte
	tokens  []word
	matches []match
	heads   []int32 // of each unit: its last match, from 1
	touched []int32 // units with matches
	choices []choice
	crowded []stretch
	left    bool // units of crowded names have been passed over
	deleted []uint64
	seen    []int32
}

const noDay = ever + 1

// choice is a unit with the matches that speak for it, from its own upwards.
type choice struct {
	unit    int32
	total   int
	named   [3]int32 // matches: its own, and those of its parents; -1: not named
	ordered bool
	open    bool // words follow that belong to no unit, and nothing parts them from its name
}

// Reader makes a reader of the index.
func (x *Index) Reader() *Reader { return &Reader{x: x, heads: make([]int32, len(x.units))} }

// Resolve reads one address as it was written on a day; the zero time is a day
// that is not known.
func (x *Index) Resolve(text string, on time.Time) Answer { return x.Reader().Resolve(text, on) }

// Resolve is Index.Resolve, with less to be made anew.
func (r *Reader) Resolve(text string, on time.Time) Answer {
	if len(text) > Longest {
		return Answer{Problem: TooLong}
	}
	r.begin(text, on)
	r.find()
	r.choose()
	if r.left && r.unsure() {
		r.findRest()
		r.choose()
	}
	if r.unsure() {
		r.respell()
		r.choose()
	}
	return r.answer()
}

// Code answers for the code of a ward as it was on a day; on a day that is not
// known, for today's ward of that code before an older one. ok is false where
// there is none.
func (x *Index) Code(code string, on time.Time) (a Answer, ok bool) {
	unit := int32(-1)
	for _, i := range x.codes[code] {
		if u := &x.units[i]; on.IsZero() && (unit < 0 || u.to == never) || !on.IsZero() && u.from <= dayOf(on) && dayOf(on) <= u.to {
			unit = i
		}
	}
	if unit < 0 {
		return a, false
	}
	a.Then = x.place(unit)
	x.today(&a, unit)
	return a, true
}

func (r *Reader) begin(text string, on time.Time) {
	for _, u := range r.touched {
		r.heads[u] = 0
	}
	r.touched, r.matches, r.text, r.day, r.marked = r.touched[:0], r.matches[:0], text, noDay, false
	if !on.IsZero() {
		r.day = dayOf(on)
	}
	for _, w := range r.words(text) {
		r.marked = r.marked || w.marked
	}
}

// choose adds up the matches that stand in one line, for each unit.
func (r *Reader) choose() {
	r.choices = r.choices[:0]
	for _, unit := range r.touched {
		best := choice{total: -1}
		for at := r.heads[unit]; at != 0; at = r.matches[at-1].next {
			for _, direct := range []bool{false, true} {
				if c := r.line(at-1, direct); c.total > best.total {
					best = c
				}
			}
		}
		if best.total > 0 {
			r.choices = append(r.choices, best)
		}
	}
	r.foremost()
}

// foremost puts the best choices first, in order, and drops the others.
func (r *Reader) foremost() {
	best := 0
	for i := range r.choices {
		best = max(best, r.choices[i].total)
	}
	r.choices = slices.DeleteFunc(r.choices, func(c choice) bool { return c.total < best-tie })
	slices.SortFunc(r.choices, func(a, b choice) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.unit, b.unit))
	})
}

// line is the line upwards from a match; direct passes over the level above it,
// whose name may be that of the next: Thành phố Cao Bằng in Tỉnh Cao Bằng. What
// is only near in spelling needs a level above.
func (r *Reader) line(at int32, direct bool) choice {
	m := &r.matches[at]
	c := choice{unit: m.unit, total: m.score, named: [3]int32{at, -1, -1}, ordered: true}
	if m.score < leastGain {
		return choice{total: -1}
	}
	used, below, open := [3]*match{m}, m, m.open
	n := 1
	p := r.x.units[m.unit].parent
	if direct && p >= 0 {
		p = r.x.units[p].parent
	}
	for ; p >= 0; p = r.x.units[p].parent {
		best, gain := int32(-1), leastGain
		for k := r.heads[p]; k != 0; k = r.matches[k-1].next {
			o := &r.matches[k-1]
			if overlaps(o, used[:n]) {
				continue
			}
			if g := o.score + order(below, o); g > gain {
				best, gain = k-1, g
			}
		}
		if best < 0 {
			continue
		}
		o := &r.matches[best]
		c.total += gain
		c.named[n], used[n] = best, o
		c.ordered = c.ordered && below.end <= o.begin
		if below.open && o.begin == below.end {
			open = false
			c.total += forBoundary
		}
		if o.open {
			c.total += againstOpen / 2
		}
		below = o
		n++
	}
	if c.open = open; open {
		c.total += againstOpen
	}
	if m.respelled && n == 1 {
		return choice{total: -1}
	}
	return c
}

func overlaps(o *match, used []*match) bool {
	for _, m := range used {
		if o.begin < m.end && m.begin < o.end {
			return true
		}
	}
	return false
}

func order(below, above *match) int {
	switch {
	case below.end == above.begin:
		return 2 * forOrder
	case below.end <= above.begin:
		return forOrder
	}
	return -forOrder
}

// unsure reports whether the best choice leaves something open that another
// spelling may close.
func (r *Reader) unsure() bool {
	if len(r.choices) == 0 || !r.x.units[r.choices[0].unit].leaf || r.choices[0].open || len(r.equal()) > 1 {
		return true
	}
	return r.unread(r.choices[0])
}

// unread reports whether a word says a kind of unit, and what it says it of is
// no part of the choice.
func (r *Reader) unread(c choice) bool {
	for i := 1; i < len(r.tokens); i++ {
		s, start := before(r.tokens, i)
		if s&(ofUnit) == 0 || start == i-1 && r.tokens[start].to-r.tokens[start].from < 2 && !r.tokens[start].abbreviated {
			continue
		}
		if !r.within(c, i) {
			return true
		}
	}
	return false
}

// within reports whether a word is part of what a choice was read from.
func (r *Reader) within(c choice, i int) bool {
	for _, at := range c.named {
		if at >= 0 && r.matches[at].begin <= i && i < r.matches[at].end {
			return true
		}
	}
	return false
}

// equal are the best choices, of which none is better than another.
func (r *Reader) equal() []choice { return r.choices }
