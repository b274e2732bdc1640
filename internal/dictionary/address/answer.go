package address

import (
	"slices"
	"strings"
	"time"
)

// mostCandidates bounds how many are told where an address fits many units.
const mostCandidates = 20

// answer says what the choices come to.
func (r *Reader) answer() Answer {
	if len(r.choices) == 0 {
		a := Answer{Problem: NoUnit}
		r.rest(&a, choice{named: [3]int32{-1, -1, -1}})
		return a
	}
	best := r.choices[0]
	a := Answer{Then: r.x.place(best.unit), Reasons: r.reasons(best)}
	r.rest(&a, best)
	equal := r.equal()
	switch {
	case !r.x.units[best.unit].leaf:
		r.withoutWard(&a, best, equal)
	case len(equal) > 1:
		r.ambiguous(&a, equal)
	default:
		r.x.today(&a, best.unit)
	}
	return a
}

// withoutWard answers for a district or a province alone. The province stands
// today, or another in its place.
func (r *Reader) withoutWard(a *Answer, best choice, equal []choice) {
	a.Problem = NoWard
	if len(equal) > 1 {
		r.ambiguous(a, equal)
		return
	}
	p := best.unit
	for r.x.units[p].parent >= 0 {
		p = r.x.units[p].parent
	}
	if now, since := r.x.current(p); len(now) == 1 {
		a.Now = r.x.place(now[0])
		a.Since = since
	}
}

// today answers for a unit that is known.
func (x *Index) today(a *Answer, unit int32) {
	now, since := x.current(unit)
	a.Since = since
	if since != "" {
		a.Reasons = append(a.Reasons, Succeeded)
	}
	if len(now) == 1 {
		a.Now = x.place(now[0])
		return
	}
	a.Problem = Split
	for _, n := range now {
		a.Candidates = append(a.Candidates, Candidate{Then: a.Then, Now: x.place(n), Decides: ByHamlet})
	}
}

// ambiguous answers for units of which none fits better. Where all of them
// have become one, that one is today's.
func (r *Reader) ambiguous(a *Answer, equal []choice) {
	a.Problem = Ambiguous
	a.Then = r.x.shared(equal)
	first := equal[0].unit
	var all []int32
	for i, c := range equal {
		now, since := r.x.current(c.unit)
		for _, n := range now {
			if i < mostCandidates {
				a.Candidates = append(a.Candidates, Candidate{Then: r.x.place(c.unit), Now: r.x.place(n), Decides: r.x.decides(first, c.unit)})
			}
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
		a.Since = since
	}
	if len(a.Candidates) > 1 {
		a.Candidates[0].Decides = a.Candidates[1].Decides
	}
	if len(all) == 1 && r.x.units[all[0]].leaf {
		a.Now, a.Problem = r.x.place(all[0]), ""
		a.Candidates = nil
		return
	}
	a.Since = ""
}

// decides is what tells two units apart.
func (x *Index) decides(a, b int32) string {
	u, v := &x.units[a], &x.units[b]
	pa, pb := x.place(a), x.place(b)
	switch {
	case a == b:
		return ByHamlet
	case pa.Province.Code != pb.Province.Code && (u.from == v.from || u.to == v.to):
		return ByProvince
	case u.to < v.from || v.to < u.from:
		return ByDay
	case pa.District != pb.District:
		return ByDistrict
	case u.kind != v.kind:
		return ByKind
	}
	return ByMarks
}

// shared is the place that all choices lie in.
func (x *Index) shared(equal []choice) Place {
	p := x.place(equal[0].unit)
	for _, c := range equal[1:] {
		o := x.place(c.unit)
		if o.Ward != p.Ward {
			p.Ward = Named{}
		}
		if o.District != p.District {
			p.District, p.Ward = Named{}, Named{}
		}
		if o.Province != p.Province {
			p = Place{}
		}
	}
	return p
}

// place is a unit with those that it lies in.
func (x *Index) place(unit int32) (p Place) {
	for u := unit; u >= 0; u = x.units[u].parent {
		switch x.units[u].level {
		case Ward:
			p.Ward = x.units[u].named
		case District:
			p.District = x.units[u].named
		case Province:
			p.Province = x.units[u].named
		}
	}
	return p
}

// current is what stands where a unit stood, and since when it does; "" where
// it is the unit itself.
func (x *Index) current(unit int32) (now []int32, since string) {
	day := int32(0)
	open := []int32{unit}
	for len(open) > 0 && len(now) < 1000 {
		u := &x.units[open[0]]
		if len(u.successors) == 0 {
			if !slices.Contains(now, open[0]) {
				now = append(now, open[0])
			}
		} else {
			open, day = append(open, u.successors...), max(day, u.since)
		}
		open = open[1:]
	}
	if day > 0 {
		since = time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly)
	}
	return now, since
}

// reasons are what was done to read a choice.
func (r *Reader) reasons(c choice) (out []string) {
	say := func(when bool, what string) {
		if when && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	for _, at := range c.named {
		if at < 0 {
			continue
		}
		m := &r.matches[at]
		say(m.begin < m.start && r.short(m.begin), Abbreviation)
		say(m.unmarked, Unmarked)
		say(m.keyed, Keyed)
		say(m.respelled, Respelled)
		say(m.kind == otherKind, OtherKind)
		say(m.former, OtherName)
	}
	u := &r.x.units[c.unit]
	say(!c.ordered, Reordered)
	say(u.parent >= 0 && c.named[1] < 0 || u.parent >= 0 && r.x.units[u.parent].parent >= 0 && c.named[2] < 0, Incomplete)
	say(r.day != noDay && (r.day < u.from || r.day > u.to), OtherTime)
	say(r.day == noDay, Undetermined)
	return out
}

// short reports whether a word that says a kind is cut short: all but "xã" are
// longer than two letters.
func (r *Reader) short(i int) bool {
	w := &r.tokens[i]
	return w.to-w.from <= 2 && w.sense&saysXa == 0 || w.to-w.from == 1
}

// country are the names of the country, which says nothing more at the end.
var country = map[uint64]bool{
	join(join(fnvStart, hashOf([]byte("viet"))), hashOf([]byte("nam"))): true,
	join(fnvStart, hashOf([]byte("vietnam"))):                           true, join(fnvStart, hashOf([]byte("vn"))): true,
}

// rest sorts what names no unit into house, street and hamlet.
func (r *Reader) rest(a *Answer, c choice) {
	if n := len(r.tokens); n >= 2 && country[join(join(fnvStart, r.tokens[n-2].hash), r.tokens[n-1].hash)] && !r.within(c, n-1) {
		r.tokens = r.tokens[:n-2]
	} else if n >= 1 && country[join(fnvStart, r.tokens[n-1].hash)] && !r.within(c, n-1) {
		r.tokens = r.tokens[:n-1]
	}
	for i := 0; i < len(r.tokens); i++ {
		if r.within(c, i) {
			continue
		}
		j := i + 1
		for j < len(r.tokens) && !r.tokens[j].comma && !r.within(c, j) {
			j++
		}
		a.Rest = with(a.Rest, strings.Join(strings.Fields(r.between(i, j)), " "))
		r.part(a, i, j)
		i = j - 1
	}
}

// part is one stretch of words.
func (r *Reader) part(a *Answer, from, to int) {
	for i := from; i < to; i++ {
		if s := r.tokens[i].sense; s&saysHamlet != 0 && i+1 < to && s&(saysStreet|ofUnit) == 0 {
			a.Hamlet = with(a.Hamlet, r.between(i, to))
			if to = i; from == to {
				return
			}
		}
	}
	if a.House == "" && a.Street == "" {
		n := from
		for n < to && (r.hasDigit(n) || r.tokens[n].sense&saysNumber != 0 || n > from && r.tokens[n].to-r.tokens[n].from == 1) {
			n++
		}
		if n > from {
			a.House = r.between(from, n)
			from = n
		}
	}
	if from < to {
		a.Street = with(a.Street, r.between(from, to))
	}
}

func (r *Reader) between(from, to int) string {
	return strings.TrimSpace(r.text[r.tokens[from].start:r.tokens[to-1].end])
}

func with(before, more string) string {
	if before == "" {
		return more
	}
	return before + ", " + more
}
