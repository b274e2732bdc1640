package link

import "math/bits"

// edits is the least number of insertions, deletions, replacements and
// transpositions of neighbours that turn a into b, each place touched once
// (optimal string alignment; Damerau 1964, Boytsov 2011 section 2.2); most+1
// where there are more than most.
func edits(a, b string, most int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > most {
		return most + 1
	}
	for len(a) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 {
		return min(len(b), most+1)
	}
	if len(b) > maxWord {
		return most + 1
	}
	var rows [3][maxWord + 1]uint8
	before, last, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = uint8(j)
	}
	for i := 1; i <= len(a); i++ {
		// More than most apart from the diagonal, no cell can come below most.
		from, to := max(1, i-most), min(len(b), i+most)
		now[from-1] = uint8(most + 1)
		if from == 1 {
			now[0] = uint8(i)
		}
		if to < len(b) {
			now[to+1] = uint8(most + 1)
		}
		least := now[from-1]
		for j := from; j <= to; j++ {
			cost := last[j-1]
			if a[i-1] != b[j-1] {
				cost = 1 + min(cost, last[j], now[j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					cost = min(cost, before[j-2]+1)
				}
			}
			now[j] = cost
			least = min(least, cost)
		}
		if int(least) > most {
			return most + 1
		}
		before, last, now = last, now, before
	}
	return min(int(last[len(b)]), most+1)
}

// maxWord is the longest text, in bytes, that is compared letter by letter.
const maxWord = 127

// jaroWinkler is the similarity of two words, 0 to 1: Jaro's share of common
// letters, raised for a common beginning of up to four (Winkler 1990, with
// his scaling of 0.1).
func jaroWinkler(a, b string) float64 {
	if len(a) > maxWord || len(b) > maxWord || a == "" || b == "" {
		return 0
	}
	inA, inB := commonLetters(a, b)
	common := bits.OnesCount64(inA[0]) + bits.OnesCount64(inA[1])
	if common == 0 {
		return 0
	}
	crossed := 0
	x, y := inA.next(0), inB.next(0)
	for range common {
		if a[x] != b[y] {
			crossed++
		}
		x, y = inA.next(x+1), inB.next(y+1)
	}
	m := float64(common)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(crossed/2))/m) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + 0.1*float64(prefix)*(1-jaro)
}

// commonLetters are Jaro's: letters that are the same and no further apart than
// half of the longer word, each taken once, the first one first.
func commonLetters(a, b string) (inA, inB letterSet) {
	reach := max(max(len(a), len(b))/2-1, 0)
	var at [64]letterSet // per letter, as far as 64 tell them apart: where it is in b
	for j := range len(b) {
		at[b[j]&63].add(j)
	}
	for i := range len(a) {
		own := &at[a[i]&63]
		for j := own.next(max(0, i-reach)); j < min(len(b), i+reach+1); j = own.next(j + 1) {
			if a[i] == b[j] {
				inA.add(i)
				inB.add(j)
				own.remove(j)
				break
			}
		}
	}
	return inA, inB
}

// letterSet is a set of places in a word.
type letterSet [2]uint64

func (p *letterSet) add(i int)    { p[i>>6&1] |= 1 << (i & 63) }
func (p *letterSet) remove(i int) { p[i>>6&1] &^= 1 << (i & 63) }

// next is the first place from i on; 128 where there is none.
func (p *letterSet) next(i int) int {
	if i < 64 {
		if rest := p[0] >> i << i; rest != 0 {
			return bits.TrailingZeros64(rest)
		}
		i = 64
	}
	return 64 + bits.TrailingZeros64(p[1]>>(i-64)<<(i-64))
}

// letters is which of 32 signs a word has; the least number of edits between
// two words is at least half of the signs that only one of them has.
func letters(word string) (mask uint32) {
	for i := range len(word) {
		mask |= 1 << sign(word[i])
	}
	return mask
}

func sign(c byte) uint {
	switch {
	case c >= 'a' && c <= 'z':
		return uint(c - 'a')
	case c >= '0' && c <= '9':
		return 26 + uint(c-'0')/2
	}
	return 31
}

// mayBeNear reports whether two words with these letters may be no more than
// two edits apart.
func mayBeNear(a, b uint32) bool {
	return max(bits.OnesCount32(a&^b), bits.OnesCount32(b&^a)) <= 2
}

// mayReach reports whether the Jaro–Winkler similarity of two words may reach
// a value, by the letters that only one of them has and by their beginnings.
func mayReach(a, b string, inA, inB uint32, value float64) bool {
	if a == "" || b == "" {
		return false
	}
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return reach(len(a), len(b), bits.OnesCount32(inA&^inB), bits.OnesCount32(inB&^inA), prefix) >= value
}

// reach is what the similarity of two words of such lengths is at most, each of
// which has so many letters that the other has not, and which have a beginning
// of prefix letters in common.
func reach(longA, longB, lostA, lostB, prefix int) float64 {
	common := float64(min(longA-lostA, longB-lostB))
	jaro := (common/float64(longA) + common/float64(longB) + 1) / 3
	return jaro + 0.1*float64(prefix)*(1-jaro)
}
