package demo

// Namesakes: two cousins of one name, sex and day of birth in one province, of
// whom the school knows one without a number. Nothing in that pupil's record
// tells which of the two it is: only people can, who ask at the school. The rows
// and the truth follow from the lives, as everybody's do.

// nameAlike makes two of the family namesakes, where two of its cousins can be.
func (f *family) nameAlike() {
	for a := range f.people {
		for b := range f.people {
			if f.people[a].onlyAtSchool() && f.canBeCalledAs(b, a) {
				f.people[a].unnumbered = true
				f.callAs(b, a)
				return
			}
		}
	}
}

// onlyAtSchool reports whether all but the school know the pupil by number: the
// doctor by the card's.
func (p *person) onlyAtSchool() bool { return p.atSchool() && p.cardNumber() != "" }

// canBeCalledAs reports whether person i can have the name and the day of birth
// of person of: a cousin of the same house, whom everybody knows by number, and
// whose parents can have had a child on that day.
func (f *family) canBeCalledAs(i, of int) bool {
	p, other := &f.people[i], &f.people[of]
	if i == of || p.woman != other.woman || p.familyName != other.familyName || p.home.province != other.home.province ||
		!p.onlyAtSchool() || p.withoutNumberAtSchool() ||
		p.father == nobody || p.father == other.father || p.home != f.people[p.father].home {
		return false
	}
	father, mother := &f.people[p.father], &f.people[p.mother]
	if other.born < father.married+370 || other.born > mother.born.plusYears(45) ||
		!father.living() && other.born > father.died || !mother.living() && other.born > mother.died {
		return false
	}
	for s := range f.people {
		if gap := f.people[s].born - other.born; s != i && f.people[s].father == p.father && -370 < gap && gap < 370 {
			return false
		}
	}
	return f.ranks[stemOf(p.birthProvince, p.woman, other.born)] < strangerRank
}

// callAs gives person i the name and the day of birth of person of, with the
// number that follows from the day.
func (f *family) callAs(i, of int) {
	p := &f.people[i]
	p.name, p.born = f.people[of].name, f.people[of].born
	s := stemOf(p.birthProvince, p.woman, p.born)
	p.place = f.ordinal(p.birthProvince)
	p.place.rank = f.ranks[s]
	f.ranks[s]++
	p.number = f.land.number(s, p.place)
	p.homeSince = max(p.born+20, f.people[p.father].homeSince)
}
