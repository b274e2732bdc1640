package link

// known counts, by comparison and level, the pairs that are known to be of one
// thing: those that people have labelled so, and those of the table's Known.
func (m *model) known() ([][]float64, error) {
	seen := map[pattern]float64{}
	for _, label := range m.table.Labels {
		if label.Same {
			seen[m.compare(label.A, label.B)]++
		}
	}
	if t := m.table.Known; t != nil {
		own, err := newModel(t, Spec{Compare: m.spec.Compare})
		if err != nil {
			return nil, err
		}
		pairs := make([]pair, t.Rows/2)
		for i := range pairs {
			pairs[i] = pair{int32(2 * i), int32(2*i + 1)}
		}
		for _, x := range own.compareAll(&screening{}, pairs) {
			seen[x]++
		}
	}
	counts := m.zeros()
	for x, n := range seen { // whole numbers: their sums are the same in any order
		for i := range counts {
			if l := x.level(i); l != missing {
				counts[i][l] += n
			}
		}
	}
	return counts, nil
}

// zeros is a zero for each level of each comparison.
func (m *model) zeros() [][]float64 {
	out := make([][]float64, len(m.comparators))
	for i := range out {
		out[i] = make([]float64, m.levelsOf(i))
	}
	return out
}

// How strongly m is held near what EM finds, in pairs that are known to be of one
// thing, of which so many count at most: those that keys have linked are others than
// those that are compared because no key has.
const (
	emHold    = 20
	mostKnown = 1000
)

// heed is m of a comparison by the pairs that are known: the share of them that
// have a level, smoothed by some more that are as EM expects (additive smoothing
// after Laplace and Lidstone, with a prior that is not even: I. J. Good, The
// Estimation of Probabilities, 1965).
func (p *parameters) heed(i int, byEM []float64) []float64 {
	n := 0.0
	for _, c := range p.known[i] {
		n += c
	}
	if n == 0 {
		return byEM
	}
	say := min(n, mostKnown)
	out := make([]float64, len(byEM))
	for l, c := range p.known[i] {
		out[l] = (say*c/n + emHold*byEM[l]) / (say + emHold)
	}
	return out
}
