package link

import (
	"cmp"
	"slices"
)

// scored is a pair and its weight: the natural logarithm of its odds.
type scored struct {
	a, b   int32
	weight float64
}

// threshold is the weight from which pairs are matches so that the expected F1
// over the scored pairs is greatest, if each is a match with its own
// probability: 2·S(k) / (k + S), where S(k) is the sum of the k greatest (Lipton,
// Elkan and Naryanaswamy 2014). It lies midway between the last pair taken
// and the first one left.
func threshold(pairs []scored) (cut float64, expected float64) {
	weights := make([]float64, len(pairs))
	all := 0.0
	for i, p := range pairs {
		weights[i] = p.weight
		all += probability(p.weight)
	}
	slices.SortFunc(weights, func(a, b float64) int { return cmp.Compare(b, a) })
	sum, last := 0.0, -1
	for k, w := range weights {
		sum += probability(w)
		if f := 2 * sum / (float64(k+1) + all); f > expected+1e-9 {
			expected, last = f, k
		}
	}
	for last >= 0 && last+1 < len(weights) && probability(weights[last+1]) > expected/2 {
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
