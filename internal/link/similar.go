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
	reach := max(max(len(a), len(b))/2-1, 0)
	var inA, inB [maxWord]bool
	common := 0
	for i := range len(a) {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !inB[j] && a[i] == b[j] {
				inA[i], inB[j] = true, true
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	crossed, j := 0, 0
	for i := range len(a) {
		if !inA[i] {
			continue
		}
		for !inB[j] {
			j++
		}
		if a[i] != b[j] {
			crossed++
		}
		j++
	}
	m := float64(common)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(crossed/2))/m) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + 0.1*float64(prefix)*(1-jaro)
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
	common := float64(min(len(a)-bits.OnesCount32(inA&^inB), len(b)-bits.OnesCount32(inB&^inA)))
	jaro := (common/float64(len(a)) + common/float64(len(b)) + 1) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro+0.1*float64(prefix)*(1-jaro) >= value
}
