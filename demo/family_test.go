package demo

import (
	"strings"
	"testing"
	"time"
)

// eachFamily walks a country's families without writing anything.
func eachFamily(seed uint64, people int, visit func(*family)) {
	l := newLand(seed)
	var f family
	for unit := 0; unit*familySize < people; unit++ {
		l.family(&f, int64(unit), min(familySize, people-unit*familySize))
		visit(&f)
	}
}

func TestACountryHasExactlyThePeopleAskedFor(t *testing.T) {
	for _, people := range []int{1, 2, 3, 23, 24, 25, 1001} {
		n := 0
		eachFamily(9, people, func(f *family) { n += len(f.people) })
		if n != people {
			t.Errorf("asked for %d people, got %d", people, n)
		}
	}
}

func TestFamiliesArePlausible(t *testing.T) {
	couples, children, dead := 0, 0, 0
	const people = 48_000
	eachFamily(4, people, func(f *family) {
		for i := range f.people {
			p := &f.people[i]
			checkLife(t, p)
			if p.spouse != nobody && !p.woman {
				couples++
				checkCouple(t, f, i)
			}
			if p.father != nobody {
				children++
				checkChild(t, f, i)
			}
			if !p.living() {
				dead++
			}
		}
	})
	for what, n := range map[string]int{"couples": couples, "children": children, "dead": dead} {
		if n < people/20 {
			t.Errorf("%d %s among %d people", n, what, people)
		}
	}
}

func checkLife(t *testing.T, p *person) {
	t.Helper()
	if p.born > today || p.born.year() < 1925 {
		t.Errorf("person %d was born on %s", p.index, p.born.in(iso))
	}
	if !p.living() && (p.died < p.born || p.died > today || p.age(p.died) > 115) {
		t.Errorf("person %d lived from %s to %s", p.index, p.born.in(iso), p.died.in(iso))
	}
	if p.yearOnly && p.born.year() >= 1950 {
		t.Errorf("person %d, born in %d, has a year alone", p.index, p.born.year())
	}
}

func checkCouple(t *testing.T, f *family, man int) {
	t.Helper()
	h := &f.people[man]
	w := &f.people[h.spouse]
	if !w.woman || int(w.spouse) != man || w.married != h.married {
		t.Errorf("persons %d and %d disagree on their marriage", h.index, w.index)
	}
	if h.married < h.born.plusYears(20) || w.married < w.born.plusYears(18) {
		t.Errorf("persons %d and %d married under age", h.index, w.index)
	}
	if gap := w.born.year() - h.born.year(); gap < -6 || gap > 14 {
		t.Errorf("persons %d and %d are %d years apart", h.index, w.index, gap)
	}
	if h.father != nobody && h.father == w.father {
		t.Errorf("persons %d and %d are siblings and married", h.index, w.index)
	}
	if h.home != w.home {
		t.Errorf("persons %d and %d are married and live apart", h.index, w.index)
	}
}

func checkChild(t *testing.T, f *family, child int) {
	t.Helper()
	p := &f.people[child]
	father, mother := &f.people[p.father], &f.people[p.mother]
	if int(father.spouse) != int(p.mother) || p.born < father.married {
		t.Errorf("person %d was born to parents who were not married", p.index)
	}
	if age := mother.age(p.born); age < 18 || age > 45 {
		t.Errorf("person %d was born to a mother of %d", p.index, age)
	}
	if !father.living() && father.died < p.born || !mother.living() && mother.died < p.born {
		t.Errorf("person %d was born after a parent's death", p.index)
	}
	if !strings.HasPrefix(p.name, father.familyName+" ") {
		t.Errorf("person %d does not bear the father's family name", p.index)
	}
}

func TestIdentityNumbersFollowTheirStructureAndAreUnique(t *testing.T) {
	seen := map[string]bool{}
	eachFamily(7, 240_000, func(f *family) {
		for i := range f.people {
			p := &f.people[i]
			y := p.born.year()
			want := "0" + provinces[p.birthProvince].code + string(rune('0'+2*(y/100-19)+b2i(p.woman))) + twoDigits(y%100)
			if len(p.number) != 12 || !strings.HasPrefix(p.number, want) {
				t.Fatalf("person %d has number %s, want %s and six digits", p.index, p.number, want)
			}
			stranger := f.land.stranger(p)
			if seen[p.number] || seen[stranger] || stranger == p.number || stranger[:6] != p.number[:6] {
				t.Fatalf("person %d has a number that stands already", p.index)
			}
			seen[p.number] = true
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTheLargestCountryStillHasAFreeNumberForEachRank(t *testing.T) {
	l := newLand(1)
	lastCycle := (MaxPeople/familySize)/cycle + 1
	for p, quota := range l.quota {
		if largest := (lastCycle*quota*ranksPerFamily + strangerRank) * 2; largest >= freeDigits {
			t.Errorf("province %s needs %d of %d free numbers", provinces[p].code, largest, freeDigits)
		}
	}
}

func TestPermuteMapsARangeOntoItself(t *testing.T) {
	for _, size := range []uint64{850, 100_000, 1_000_000} {
		seen := make([]bool, size)
		for x := range size {
			y := permute(x, size, 12_345)
			if y >= size || seen[y] {
				t.Fatalf("permute(%d, %d) = %d, out of range or taken", x, size, y)
			}
			seen[y] = true
		}
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	for d := dayOf(1900, 1, 1); d < dayOf(2101, 1, 1); d++ {
		at := time.Unix(int64(d)*86400, 0).UTC()
		y, m, n := d.date()
		if y != at.Year() || m != int(at.Month()) || n != at.Day() || dayOf(y, m, n) != d {
			t.Fatalf("day %d is %d-%d-%d and back %d, want %s", d, y, m, n, dayOf(y, m, n), at.Format("2006-01-02"))
		}
	}
	if got, want := dayOf(2004, 2, 29).plusYears(1), dayOf(2005, 3, 1); got != want {
		t.Errorf("a year after 29 February is %s, want %s", got.in(iso), want.in(iso))
	}
}

func TestFamilyNamesHaveTheirSharesAndOlderWomenMostlyBearThi(t *testing.T) {
	people, nguyen, olderWomen, thi := 0, 0, 0, 0
	eachFamily(2, 120_000, func(f *family) {
		for i := range f.people {
			p := &f.people[i]
			people++
			if p.familyName == "Nguyễn" {
				nguyen++
			}
			if p.woman && p.born.year() < 1970 && f.group.code == "01" {
				olderWomen++
				if strings.Contains(p.name, " Thị ") {
					thi++
				}
			}
		}
	})
	if share := float64(nguyen) / float64(people); share < 0.29 || share > 0.38 {
		t.Errorf("%.1f %% are called Nguyễn, want 29 to 38", 100*share)
	}
	if share := float64(thi) / float64(olderWomen); share < 0.75 {
		t.Errorf("%.1f %% of older women bear Thị, want at least 75", 100*share)
	}
}

func TestProvincesHaveTheirShareOfFamilies(t *testing.T) {
	total := 0
	for _, q := range quotas() {
		total += q
	}
	if total != cycle || len(provinces) != 63 {
		t.Errorf("%d provinces share %d families of %d", len(provinces), total, cycle)
	}
}
