package demo

import "testing"

func TestNamesakesAreCousinsWhomOnlyTheirNumbersTellApart(t *testing.T) {
	l := newLand(7)
	l.namesakes = true
	type known struct {
		name     string
		born     day
		province int
	}
	const families = 400
	var f, plain family
	pairs, numbers := 0, map[string]bool{}
	for unit := range int64(families) {
		l.family(&f, unit, familySize)
		without := *l
		without.namesakes = false
		without.family(&plain, unit, familySize)
		first, changed := map[known]*person{}, 0
		for i := range f.people {
			p := &f.people[i]
			checkLife(t, p)
			if p.father != nobody {
				checkChild(t, &f, i)
			}
			if numbers[p.number] {
				t.Errorf("number %s is of two people", p.number)
			}
			numbers[p.number] = true
			if p.number != plain.people[i].number {
				changed++
			}
			is := known{p.name, p.born, p.home.province}
			other := first[is]
			first[is] = p
			if other == nil {
				continue
			}
			pairs++
			if p.woman != other.woman || p.father == other.father || !p.atSchool() || !other.atSchool() || p.withoutNumberAtSchool() == other.withoutNumberAtSchool() {
				t.Errorf("persons %d and %d are namesakes, and no pair for people to tell apart", p.index, other.index)
			}
		}
		if changed > 1 {
			t.Errorf("family %d: %d people have another number than without namesakes", unit, changed)
		}
	}
	if pairs < families/12 {
		t.Errorf("%d pairs of namesakes in %d families", pairs, families)
	}
}
