package demo

import "strconv"

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

func (s stem) String() string {
	return "0" + provinces[s.province].code + strconv.Itoa(s.century) + twoDigits(s.year)
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// number completes a stem by the member's rank in a family of that ordinal.
func (l *land) number(s stem, ordinal, rank, role int) string {
	free := uint64((ordinal*ranksPerFamily+rank)*2 + role)
	shift := stream(l.seed, useNumbers, uint64(s.province<<16|s.century<<8|s.year))
	return s.String() + digits(permute(free, freeDigits, shift.next()%freeDigits), 6)
}

// digits writes n with leading zeros.
func digits(n uint64, width int) string {
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i], n = byte('0'+n%10), n/10
	}
	return string(b)
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
