package demo

// The personal identity number has 12 digits: 3 for the province of birth
// registration, 1 for century and sex, 2 for the year of birth, 6 free
// (Decree 137/2015/NĐ-CP, article 13, and the circulars under it).
//
// The six free digits must differ among all who share the first six, without a
// count kept over the whole country. A family is the n-th of its province in
// one of two roles (home or other), and at most ranksPerFamily of its members
// share the first six digits; (n, rank, role) is thus a number of its own, and
// permute scatters it over the million that six digits give.
const (
	freeDigits     = 1_000_000
	ranksPerFamily = 8
	strangerRank   = ranksPerFamily - 1 // never given to anyone: dangling references name it
)

// stem is the first six digits.
type stem struct {
	province, century, year int
}

func stemOf(province int, woman bool, born day) stem {
	y := born.year()
	return stem{province, centuryDigit(y, woman), y % 100}
}

// centuryDigit is 0 or 1 for men and women of the 20th century, 2 or 3 of the 21st.
func centuryDigit(year int, woman bool) int {
	digit := (year/100 - 19) * 2
	if woman {
		digit++
	}
	return digit
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// A role is how a family belongs to a province.
const (
	roleHome = iota
	roleOther
)

// place is a member's own among all who share a stem.
type place struct {
	ordinal int // of the family among those of the province in this role
	role    int
	rank    int // among the family's members with the same stem
}

// number completes a stem by a place.
func (l *land) number(s stem, at place) string {
	free := uint64((at.ordinal*ranksPerFamily+at.rank)*2 + at.role)
	shift := stream(l.seed, useNumbers, uint64(s.province<<16|s.century<<8|s.year))
	b := make([]byte, 0, 12)
	b = append(b, '0')
	b = append(b, provinces[s.province].code...)
	b = append(b, byte('0'+s.century), byte('0'+s.year/10), byte('0'+s.year%10))
	return string(appendDigits(b, permute(free, freeDigits, shift.next()%freeDigits), 6))
}

// stranger is a well-formed number, of the person's own stem, that nobody has.
func (l *land) stranger(p *person) string {
	at := p.place
	at.rank = strangerRank
	return l.number(stemOf(p.birthProvince, p.woman, p.born), at)
}

// digits writes n with leading zeros.
func digits(n uint64, width int) string { return string(appendDigits(nil, n, width)) }

func appendDigits(b []byte, n uint64, width int) []byte {
	b = append(b, "00000000000000"[:width]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i], n = byte('0'+n%10), n/10
	}
	return b
}

// What each stream of random numbers is for. Rows of dataset d use useRows+d.
const (
	useHome uint64 = iota + 1
	useOther
	useNumbers
	useFamily
	useVehicle
	useRows
)
