package demo

import "strings"

// Mistakes that agencies keep: one in so many of their records (contradiction)
// says of a person what no other agency does. Nothing in the row shows it; only
// the others do. No two agencies err about one person.

// Who errs about whom: the remainder of the person's index by contradiction.
const (
	registerErrsAboutDay  = 57 // the population register itself
	registerErrsAboutName = 61
	birthErrsAboutDay     = 73
	licenceErrsAboutDay   = 89
	cardErrsAboutName     = 101
	taxErrsAboutName      = 131
)

// asKnown is the person as an agency has them that errs about the day of birth
// of some, and about the names of others.
func (p *person) asKnown(day, name int64) *person {
	known := *p
	switch p.index % contradiction {
	case day:
		known.born = digitLost(p)
	case name:
		known.name = middleLost(p.name)
	}
	return &known
}

// nobodyErrs is no remainder.
const nobodyErrs = -1

// digitLost is a day of birth of which the first digit was not read: the 7th
// for the 17th.
func digitLost(p *person) day {
	year, month, of := p.born.date()
	if p.yearOnly || of < 10 || of%10 == 0 {
		return p.born
	}
	return dayOf(year, month, of%10)
}

// middleLost is a name without what stands between its first and last word.
func middleLost(name string) string {
	words := strings.Fields(name)
	if len(words) < 3 {
		return name
	}
	return words[0] + " " + words[len(words)-1]
}
