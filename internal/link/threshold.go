package link

import "math"

// scored is a pair and its weight: the natural logarithm of its odds.
type scored struct {
	a, b   int32
	weight float64
}

// descending is the places of pairs, the greatest weight first, those of one
// weight in their own order.
func descending(pairs []scored) []int32 {
	keys := make([]uint64, len(pairs))
	for i, p := range pairs {
		keys[i] = math.Float64bits(p.weight)
		if p.weight >= 0 { // the bits of what is below zero ascend as it falls
			keys[i] = ^keys[i] &^ (1 << 63)
		}
	}
	return ascending(keys)
}

// threshold is the weight from which pairs are matches so that the expected F1
// over the scored pairs is greatest, if each is a match with its own
// probability: 2·S(k) / (k + S), where S(k) is the sum of the k greatest (Lipton,
// Elkan and Naryanaswamy 2014). It lies midway between the last pair taken
// and the first one left.
func threshold(pairs []scored, order []int32) (cut float64, expected float64) {
	weights, chances := make([]float64, len(pairs)), make([]float64, len(pairs))
	all := 0.0
	for i, at := range order {
		weights[i] = pairs[at].weight
		chances[i] = probability(weights[i])
	}
	for _, chance := range chances {
		all += chance
	}
	sum, last := 0.0, -1
	for k, chance := range chances {
		sum += chance
		if f := 2 * sum / (float64(k+1) + all); f > expected+1e-9 {
			expected, last = f, k
		}
	}
	for last >= 0 && last+1 < len(weights) && chances[last+1] > expected/2 {
		last++ // as good, but for rounding
	}
	switch {
	case last < 0:
		return 0, 0
	case last+1 == len(weights):
		return weights[last] - 1, expected
	}
	return (weights[last] + weights[last+1]) / 2, expected
}
