package address

import "slices"

// match is a run of words that a unit is called by.
type match struct {
	start, end int // words of the name
	begin      int // with what says its kind
	unit       int32
	score      int
	open       bool // nothing but what follows may end it
	kind       kindOf
	former     bool
	respelled  bool
	unmarked   bool
	keyed      bool
	next       int32 // the unit's match before this one, from 1; 0: none
}

type kindOf uint8

// How the kind of a unit stood before its name.
const (
	noKind kindOf = iota
	itsKind
	otherKind
)

// What speaks for a match. The figures are weights among themselves: they were
// set so that none of two readings wins that a person would call equal.
const (
	forWord       = 8
	forItsKind    = 40
	forOtherKind  = 25
	forMarks      = 3 // of each word
	forBoundary   = 6
	forOrder      = 6
	againstMarks  = -12 // of each word whose marks are others
	againstLevel  = -45 // a word before says another level
	againstStreet = -70 // it is a street's, a hamlet's, or a number stands before
	againstOpen   = -20
	againstFormer = -6
	againstTime   = -30 // the unit did not stand on the day
	againstRespel = -22
	leastGain     = 20 // that makes a match part of a line
	tie           = 3  // what differs by no more is equal
)

var forLevel = [...]int{Province: 30, District: 25, Ward: 40}

// stretch is a run of words that many units are called by.
type stretch struct {
	start, end int
	names      []name
}

// many is how many units may have a name before those outside the provinces
// that are named are passed over.
const many = 4

// find notes the names in the text. Of names that many units have, those that
// lie in a province that is named come first; the rest are for findRest, where
// these do not make it clear.
func (r *Reader) find() {
	r.crowded, r.left = r.crowded[:0], false
	for i := range r.tokens {
		h := fnvStart
		for j := i; j < len(r.tokens) && (j == i || !r.tokens[j].comma); j++ {
			h = join(h, r.tokens[j].hash)
			if found := r.x.names[h]; len(found) <= many {
				for _, n := range found {
					r.add(i, j+1, n, false)
				}
			} else {
				r.crowded = append(r.crowded, stretch{i, j + 1, found})
			}
			if !r.x.begun[h] {
				break
			}
		}
	}
	for _, s := range r.crowded { // provinces, by whatever name
		for _, n := range s.names {
			if r.x.units[n.unit].level == Province {
				r.add(s.start, s.end, n, false)
			}
		}
	}
	for _, u := range r.touched {
		r.left = r.left || r.x.units[u].level == Province
	}
	r.findCrowded(func(root int32) bool { return !r.left || r.heads[root] != 0 })
}

// findRest notes what find passed over.
func (r *Reader) findRest() {
	r.findCrowded(func(root int32) bool { return r.heads[root] == 0 })
	r.left = false
}

func (r *Reader) findCrowded(within func(root int32) bool) {
	for _, s := range r.crowded {
		for _, n := range s.names {
			if u := &r.x.units[n.unit]; u.level != Province && within(u.root) {
				r.add(s.start, s.end, n, false)
			}
		}
	}
}

// add weighs a name where it stands.
func (r *Reader) add(start, end int, n name, respelled bool) {
	m := match{start: start, end: end, begin: start, unit: n.unit, former: n.former, respelled: respelled}
	u := &r.x.units[n.unit]
	says, begin := before(r.tokens, start)
	m.score = forLevel[u.level] + forWord*(end-start)
	switch {
	case says.fits(u.level):
		m.begin, m.kind = begin, otherKind
		m.score += forOtherKind
		if says&n.kind != 0 {
			m.kind = itsKind
			m.score += forItsKind - forOtherKind
		}
	case r.tokens[start].number || n.letters < 2:
		return // a number is a name behind its kind only
	case says&ofUnit != 0:
		m.score += againstLevel
	case says&(saysStreet|saysHamlet|saysNumber) != 0:
		m.score += againstStreet
	case start > 0 && !r.tokens[start].comma && !r.tokens[start].dash && r.hasDigit(start-1) && !r.afterKind(start-1):
		m.score += againstStreet
	}
	m.score += r.marks(&m, n)
	if m.begin == 0 || r.tokens[m.begin].cut {
		m.score += forBoundary
	}
	if m.open = end < len(r.tokens) && !r.tokens[end].cut && r.tokens[end].sense&ofUnit == 0; !m.open {
		m.score += forBoundary
	}
	if n.former {
		m.score += againstFormer
	}
	if respelled {
		m.score += againstRespel
	}
	if r.day != noDay && (r.day < u.from || r.day > u.to) {
		m.score += againstTime
	}
	if r.heads[n.unit] == 0 {
		r.touched = append(r.touched, n.unit)
	}
	m.next = r.heads[n.unit]
	r.matches = append(r.matches, m)
	r.heads[n.unit] = int32(len(r.matches))
}

// marks weighs how a name is spelled.
func (r *Reader) marks(m *match, n name) (score int) {
	for k := m.start; k < m.end; k++ {
		w := &r.tokens[k]
		m.keyed = m.keyed || w.keyed
		switch {
		case n.spelled == nil || w.keyed || m.respelled:
		case w.spelled == n.spelled[k-m.start]:
			if w.marked {
				score += forMarks
			}
		case w.marked:
			score += againstMarks
		default:
			m.unmarked = true
			if r.marked {
				score--
			}
		}
	}
	return score
}

func (r *Reader) hasDigit(i int) bool {
	for _, b := range r.folded[r.tokens[i].from:r.tokens[i].to] {
		if b <= '9' {
			return true
		}
	}
	return false
}

// afterKind reports whether the word at i is the number of a unit: "Quận 3".
func (r *Reader) afterKind(i int) bool {
	s, _ := before(r.tokens, i)
	return s&ofUnit != 0
}

// respell adds the names that the words between are with one letter mistyped.
func (r *Reader) respell() {
	for i := range r.tokens {
		r.joined = r.joined[:0]
		for j := i; j < len(r.tokens) && j < i+r.x.long && (j == i || !r.tokens[j].comma); j++ {
			r.joined = append(r.joined, r.folded[r.tokens[j].from:r.tokens[j].to]...)
			if len(r.joined) > mostFuzzy {
				break
			}
			if len(r.joined) < leastFuzzy-1 {
				continue
			}
			r.lookNear(i, j+1)
		}
	}
}

// mostFuzzy bounds the letters of a name that is looked for.
const mostFuzzy = 30

func (r *Reader) lookNear(start, end int) {
	r.deleted = deletions(r.deleted[:0], r.joined)
	r.seen = r.seen[:0]
	for _, h := range r.deleted {
		for _, at := range r.x.near[h] {
			if slices.Contains(r.seen, at) {
				continue
			}
			r.seen = append(r.seen, at)
			switch s := r.x.spell[at]; {
			case s.text == string(r.joined):
				if s.name.solid {
					r.add(start, end, s.name, false)
				}
			case oneApart(s.text, r.joined):
				r.add(start, end, s.name, true)
			}
		}
	}
}

// oneApart reports whether one letter added, left out, exchanged, or moved past
// its neighbour makes a of b.
func oneApart(a string, b []byte) bool {
	if len(a) > len(b)+1 || len(b) > len(a)+1 {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	x, y := a[i:], b[i:]
	switch {
	case len(x) > len(y):
		return x[1:] == string(y)
	case len(x) < len(y):
		return x == string(y[1:])
	case len(x) == 0:
		return true
	}
	return x[1:] == string(y[1:]) || len(x) > 1 && x[0] == y[1] && x[1] == y[0] && x[2:] == string(y[2:])
}
