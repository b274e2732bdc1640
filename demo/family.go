package demo

// familySize is how many people are made together: three couples, their
// children, the couples these form, and grandchildren. All kinship lies inside.
const familySize = 24

const nobody = int8(-1)

// person is one life. Kin are places in the family.
type person struct {
	index          int64 // in the country
	woman          bool
	born, died     day  // died is never for the living
	yearOnly       bool // no register knows more than the year of birth
	birthProvince  int  // index in provinces
	number         string
	place          place  // behind the number
	oldNumber      string // nine digits, empty for who never had one
	name           string
	familyName     string
	father, mother int8
	spouse         int8
	married        day // never for the unmarried
	home           dwelling
	homeSince      day
	before         dwelling // where they lived before, if moved
	moved          bool
	unnumbered     bool // at school
}

// family is a unit of the country.
type family struct {
	land   *land
	unit   int64
	group  *ethnicGroup
	home   int // province
	other  int // the province of those who married in or moved away
	people []person
	limit  int

	r     rng
	ranks map[stem]int
}

// family makes unit number unit, of at most limit people.
func (l *land) family(f *family, unit int64, limit int) {
	at := unit % cycle
	*f = family{land: l, unit: unit, limit: limit, r: stream(l.seed, useFamily, uint64(unit)),
		home: l.home[at].province, other: l.other[at].province, people: f.people[:0], ranks: f.ranks}
	if f.ranks == nil {
		f.ranks, f.people = make(map[stem]int, familySize), make([]person, 0, familySize)
	}
	clear(f.ranks)
	f.group = pickEthnicGroup(&f.r, &provinces[f.home])
	f.addFounders()
	f.addChildren(0, min(3, len(f.people)/2), 4, familySize*2/3)
	f.marryChildren()
	f.addGrandchildren()
	f.addNewcomers()
	f.settle()
	f.endLives()
	if l.namesakes {
		f.nameAlike()
	}
}

// pickEthnicGroup follows where the larger minorities live.
func pickEthnicGroup(r *rng, p *province) *ethnicGroup {
	switch {
	case p.code >= "02" && p.code <= "22" && r.percent(45):
		return &ethnicGroups[pick(r, []int{1, 1, 2, 4, 5, 6, 7})]
	case p.code >= "62" && p.code <= "68" && r.percent(20):
		return &ethnicGroups[8]
	case p.code >= "84" && p.code <= "95" && r.percent(12):
		return &ethnicGroups[3]
	}
	return &ethnicGroups[kinh]
}

// add gives a new person a name and a number; nil when the family is full.
func (f *family) add(woman bool, born day, province int, familyName string) *person {
	if len(f.people) == f.limit {
		return nil
	}
	s := stemOf(province, woman, born)
	for f.ranks[s] == strangerRank { // beyond any family seen; keeps numbers unique for certain
		born -= 366
		s = stemOf(province, woman, born)
	}
	at := f.ordinal(province)
	at.rank = f.ranks[s]
	f.ranks[s]++
	f.people = append(f.people, person{
		index: f.unit*familySize + int64(len(f.people)), woman: woman, born: born, died: never, married: never,
		birthProvince: province, familyName: familyName, father: nobody, mother: nobody, spouse: nobody,
		number: f.land.number(s, at), place: at,
		name: pickName(&f.r, familyName, f.group, woman, born.year()),
	})
	p := &f.people[len(f.people)-1]
	p.oldNumber = f.oldNumber(p)
	return p
}

// ordinal is the family's place among all of a province in the same role.
func (f *family) ordinal(province int) place {
	d, role := f.land.home[f.unit%cycle], roleHome
	if province != f.home {
		d, role = f.land.other[f.unit%cycle], roleOther
	}
	return place{ordinal: int(f.unit/cycle)*f.land.quota[d.province] + d.rank, role: role}
}

// oldNumber is the nine-digit card of most who came of age before 2016.
func (f *family) oldNumber(p *person) string {
	if p.born.year() > 2000 || f.r.percent(20) {
		return ""
	}
	const numbers = 99_999_998 // from 1 on, behind a zero: none looks like a filler
	return digits(1+permute(uint64(p.index), numbers, f.land.seed%numbers), 9)
}

func (f *family) familyName() string {
	if len(f.group.families) > 0 {
		return pick(&f.r, f.group.families)
	}
	return pickFamilyName(&f.r, provinces[f.home].south())
}

// addFounders makes three couples born from 1935 on; the last came from elsewhere.
func (f *family) addFounders() {
	for c := range 3 {
		from := f.home
		if c == 2 {
			from = f.other
		}
		born := dayOf(f.r.between(1935, 1966), 1, 1) + day(f.r.below(365))
		husband := f.add(false, born, from, f.familyName())
		wife := f.add(true, born+day(f.r.between(-700, 2200)), from, f.familyName())
		if wife == nil {
			return
		}
		f.blurBirth(husband)
		f.blurBirth(wife)
		f.wed(len(f.people)-2, len(f.people)-1, f.r.between(0, 7*365))
	}
}

// blurBirth leaves of an old person's birth only the year, as registers do.
func (f *family) blurBirth(p *person) {
	if y := p.born.year(); y < 1950 && f.r.percent(25) {
		p.yearOnly, p.born = true, dayOf(y, 1, 1)
	}
}

// wed marries two people, wait days after both are of age (20 and 18).
func (f *family) wed(man, woman, wait int) {
	h, w := &f.people[man], &f.people[woman]
	on := max(h.born.plusYears(20), w.born.plusYears(18)) + 1 + day(wait)
	if on >= today {
		return
	}
	h.spouse, w.spouse = int8(woman), int8(man)
	h.married, w.married = on, on
}

// addChildren gives each couple among the men first, first+2, … up to most
// children, until the family has until members.
func (f *family) addChildren(first, couples, most, until int) {
	for c := range couples {
		for n := f.r.between(2, most); n > 0 && len(f.people) < until; n-- {
			if !f.addChild(first + 2*c) {
				break
			}
		}
	}
}

// addChild gives the couple of this man one more child: at least a year after
// the wedding or the last child, while the mother is under 45.
func (f *family) addChild(man int) bool {
	h := &f.people[man]
	if h.spouse == nobody {
		return false
	}
	mother := &f.people[h.spouse]
	born := f.lastChild(man, h.married) + day(f.r.between(370, 1600))
	if born >= today || born > mother.born.plusYears(45) {
		return false
	}
	name, at := h.familyName, f.birthplace(h)
	child := f.add(f.r.percent(49), born, at, name)
	if child == nil {
		return false
	}
	child.father, child.mother = int8(man), f.people[man].spouse
	return true
}

func (f *family) lastChild(man int, since day) day {
	for i := range f.people {
		if f.people[i].father == int8(man) {
			since = max(since, f.people[i].born)
		}
	}
	return since
}

// birthplace is where a couple lives when their children come: the second
// generation partly in the family's other province.
func (f *family) birthplace(father *person) int {
	if father.index%4 == 3 && father.father != nobody {
		return f.other
	}
	return f.home
}

// marryChildren pairs sons with daughters of other couples, of fitting age.
func (f *family) marryChildren() {
	for m := range f.people {
		if man := &f.people[m]; !man.woman && man.father != nobody {
			if w := f.match(m); w >= 0 && !f.r.percent(8) {
				f.wed(m, w, f.r.between(0, 9*365))
			}
		}
	}
}

func (f *family) match(m int) int {
	man := &f.people[m]
	for w := range f.people {
		woman := &f.people[w]
		gap := woman.born - man.born
		if woman.woman && woman.father != nobody && woman.father != man.father && woman.spouse == nobody &&
			gap > -1500 && gap < 4400 {
			return w
		}
	}
	return -1
}

// addGrandchildren lets the young couples have children in turn.
func (f *family) addGrandchildren() {
	grown := len(f.people)
	for range 3 {
		for m := 6; m < grown; m++ {
			if man := &f.people[m]; !man.woman && man.spouse != nobody {
				f.addChild(m)
			}
		}
	}
}

// addNewcomers fills the family with single people from its other province.
func (f *family) addNewcomers() {
	for len(f.people) < f.limit {
		born := dayOf(f.r.between(1962, 2006), 1, 1) + day(f.r.below(365))
		f.add(f.r.percent(50), born, f.other, f.familyName())
	}
}

// settle gives everybody a home: couples together, children with their parents
// until they marry or turn 25.
func (f *family) settle() {
	for i := range f.people {
		p := &f.people[i]
		switch {
		case p.spouse != nobody && int(p.spouse) < i:
			p.home, p.homeSince = f.people[p.spouse].home, f.people[p.spouse].homeSince
		case p.father != nobody && p.spouse == nobody && p.born.plusYears(25) > today:
			p.home, p.homeSince = f.people[p.father].home, max(p.born+20, f.people[p.father].homeSince)
		default:
			f.ownHome(p)
		}
		f.remember(p)
	}
}

func (f *family) ownHome(p *person) {
	head := p
	if p.woman && p.spouse != nobody {
		head = &f.people[p.spouse]
	}
	p.home = newDwelling(&f.r, f.birthplace(head))
	from := p.born.plusYears(18)
	if p.married != never {
		from = p.married
	}
	p.homeSince = min(from+day(f.r.below(4000)), today-day(f.r.below(900))-1)
}

// remember gives those who left their parents' home, or came from another
// province, the address they left.
func (f *family) remember(p *person) {
	switch {
	case p.father != nobody && p.home != f.people[p.father].home:
		p.moved, p.before = f.r.percent(35), f.people[p.father].home
	case p.father == nobody && p.birthProvince != p.home.province:
		p.moved, p.before = f.r.percent(60), newDwelling(&f.r, p.birthProvince)
	}
}

// endLives lets people die: by age, after what their life is known to hold.
func (f *family) endLives() {
	for i := range f.people {
		p := &f.people[i]
		years := 50 + f.r.below(22) + f.r.below(22) + f.r.below(14)
		if p.woman {
			years += 5
		}
		if f.r.percent(2) {
			years = f.r.between(1, 60)
		}
		died := max(p.born.plusYears(years)+day(f.r.below(365)), f.lastKnown(i)+day(f.r.between(30, 3000)))
		if died < today-30 {
			p.died = died
		}
	}
}

// lastKnown is the last day on which the person was certainly alive.
func (f *family) lastKnown(i int) day {
	last := max(f.people[i].born, f.people[i].married)
	for c := range f.people {
		if f.people[c].father == int8(i) || f.people[c].mother == int8(i) {
			last = max(last, f.people[c].born)
		}
	}
	return last
}

// living are those on whom an agency keeps a current record.
func (p *person) living() bool { return p.died == never }

// age in whole years on a day, near enough for a register's threshold.
func (p *person) age(on day) int { return int(on-p.born) * 4 / 1461 }
