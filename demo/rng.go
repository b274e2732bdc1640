package demo

import "math/bits"

// rng is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", 2014): small enough to start anew for each family, and fixed
// here so that no library's change alters the country.
type rng uint64

// stream gives the generator of one use of one unit (a family, a dataset's
// rows of that family), independent of every other.
func stream(seed, use, unit uint64) rng {
	r := rng(seed)
	r = rng(r.next() ^ use*0xd1342543de82ef95)
	r = rng(r.next() ^ unit*0x2545f4914f6cdd1d)
	return r
}

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below draws from 0 … n-1.
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// between draws from low … high, both included.
func (r *rng) between(low, high int) int { return low + r.below(high-low+1) }

// percent is true p times in a hundred.
func (r *rng) percent(p int) bool { return r.below(100) < p }

func pick[T any](r *rng, from []T) T { return from[r.below(len(from))] }

// permute maps 0 … size-1 onto itself without repeats, so that consecutive
// numbers do not look consecutive. size must not be divisible by 3.
func permute(x, size, offset uint64) uint64 {
	const factor = 3486784401 // 3^20: prime to every size without a factor 3
	hi, lo := bits.Mul64(x%size, factor)
	_, rem := bits.Div64(hi%size, lo, size)
	return (rem + offset) % size
}
