package link

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// pattern is the levels of a pair's comparisons, four bits each; missing is
// where a comparison says nothing.
type pattern uint64

const missing = 15

func (p pattern) level(i int) uint8 { return uint8(p>>(4*i)) & 15 }

// tally counts how often each pattern was seen.
type tally struct {
	patterns []pattern
	counts   []float64
}

func newTally(seen map[pattern]float64) tally {
	t := tally{}
	for p := range seen {
		t.patterns = append(t.patterns, p)
	}
	slices.Sort(t.patterns)
	for _, p := range t.patterns {
		t.counts = append(t.counts, seen[p])
	}
	return t
}

// parameters are those of Fellegi and Sunter (1969): of a comparison's level,
// how probable it is in a pair of one thing (m) and in a pair of two (u).
type parameters struct {
	m, u   [][]float64
	lambda float64 // share of all pairs that are matches
}

// weight is a pattern's log-odds by levels alone, prior included.
func (p *parameters) weight(x pattern) float64 {
	w := math.Log(p.lambda / (1 - p.lambda))
	for i := range p.m {
		if l := x.level(i); l != missing {
			w += math.Log(p.m[i][l] / p.u[i][l])
		}
	}
	return w
}

func probability(weight float64) float64 { return 1 / (1 + math.Exp(-weight)) }

// randomPairs tallies pairs drawn without regard to anything, all of them
// where there are few.
func (m *model) randomPairs(n int) tally {
	seen := map[pattern]float64{}
	rows := m.table.Rows
	if all := rows * (rows - 1) / 2; all <= n {
		for i := range rows {
			for j := i + 1; j < rows; j++ {
				if !m.across || m.table.Part[i] != m.table.Part[j] {
					seen[m.compare(int32(i), int32(j))]++
				}
			}
		}
		return newTally(seen)
	}
	random := rand.New(rand.NewPCG(m.spec.Seed, 0x5e9))
	for range n {
		i, j := random.IntN(rows), random.IntN(rows-1)
		if j >= i {
			j++
		}
		if m.across && m.table.Part[i] == m.table.Part[j] {
			continue
		}
		seen[m.compare(int32(i), int32(j))]++
	}
	return newTally(seen)
}

// train estimates the parameters without labels. u comes from random pairs,
// from which the matches among them are taken out again; m and λ by EM over
// the pairs that the blocks give, with the prior of all pairs, so that what
// was not looked at counts as no match (Winkler 1988; Splink's method, but for
// the correction of u and for one EM over all blocks in place of one a block).
func (m *model) train(random, candidates tally) {
	total := float64(m.allPairs())
	p := m.start(random)
	p.lambda = min(0.3, 0.5*float64(m.table.Rows)/total)
	for range 60 {
		last := p.lambda
		change := m.maximise(&p, candidates, total)
		m.correct(&p, random)
		if change < 1e-5 && math.Abs(math.Log(p.lambda/last)) < 1e-4 {
			break
		}
	}
	m.parameters = p
}

// start is u as the random pairs have it, and m as people's errors are
// usually: nine in ten the same, the rest the likelier the nearer.
func (m *model) start(random tally) parameters {
	p := parameters{}
	for i := range m.comparators {
		n := m.levelsOf(i)
		u := make([]float64, n)
		for k, x := range random.patterns {
			if l := x.level(i); l != missing {
				u[l] += random.counts[k]
			}
		}
		p.u = append(p.u, smooth(u, nil))
		prior := make([]float64, n)
		prior[0] = 0.8
		for l := 1; l < n; l++ {
			prior[l] = 0.2 / float64(n-1)
		}
		p.m = append(p.m, prior)
	}
	return p
}

// smooth turns counts into shares, none of which is zero.
func smooth(counts, prior []float64) []float64 {
	sum := 0.0
	for _, c := range counts {
		sum += c
	}
	out := make([]float64, len(counts))
	for l, c := range counts {
		add := 0.5 / float64(len(counts))
		if prior != nil {
			add = prior[l]
		}
		out[l] = (c + add) / (sum + 0.5)
		if prior != nil {
			out[l] = (c + add) / (sum + 1)
		}
	}
	return out
}

// maximise is one step of EM over the candidates; it returns the largest
// change of an m.
func (m *model) maximise(p *parameters, candidates tally, total float64) (change float64) {
	counts := make([][]float64, len(p.m))
	for i := range p.m {
		counts[i] = make([]float64, len(p.m[i]))
	}
	matches := 0.0
	for k, x := range candidates.patterns {
		post := probability(p.weight(x)) * candidates.counts[k]
		matches += post
		for i := range counts {
			if l := x.level(i); l != missing {
				counts[i][l] += post
			}
		}
	}
	for i := range counts {
		next := smooth(counts[i], priorM(len(counts[i])))
		for l := range next {
			change = max(change, math.Abs(next[l]-p.m[i][l]))
		}
		p.m[i] = next
		p.decline(i)
	}
	p.lambda = max(matches, 0.5) / total
	return change
}

// priorM is what one more record would say of m, before any was seen.
func priorM(n int) []float64 {
	out := make([]float64, n)
	for l := range out {
		out[l] = 0.5 / float64(n)
	}
	out[0] += 0.5
	return out
}

// correct takes the matches among the random pairs out of u.
func (m *model) correct(p *parameters, random tally) {
	counts := make([][]float64, len(p.u))
	for i := range p.u {
		counts[i] = make([]float64, len(p.u[i]))
	}
	for k, x := range random.patterns {
		rest := (1 - probability(p.weight(x))) * random.counts[k]
		for i := range counts {
			if l := x.level(i); l != missing {
				counts[i][l] += rest
			}
		}
	}
	for i := range counts {
		p.u[i] = smooth(counts[i], nil)
		p.decline(i)
	}
}

// decline makes the weights of a comparison fall from level to level, as the
// levels mean it, by pooling neighbours that do not (Ayer et al. 1955).
func (p *parameters) decline(i int) {
	type pool struct {
		m, u float64
		n    int
	}
	var pools []pool
	for l := range p.m[i] {
		pools = append(pools, pool{p.m[i][l], p.u[i][l], 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.m/a.u >= b.m/b.u {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.m + b.m, a.u + b.u, a.n + b.n})
		}
	}
	l := 0
	for _, q := range pools {
		sum := 0.0
		for k := range q.n {
			sum += p.u[i][l+k]
		}
		for k := range q.n {
			p.m[i][l+k] = p.u[i][l+k] / sum * q.m
		}
		l += q.n
	}
}

// scored is a pair and its weight: the natural logarithm of its odds.
type scored struct {
	a, b   int32
	weight float64
}

// threshold is the probability at which the expected F1 over the scored pairs
// is greatest, if each is a match with its own probability: 2·S(k) / (k + S),
// where S(k) is the sum of the k greatest (Lipton, Elkan and Naryanaswamy
// 2014).
func threshold(pairs []scored) (least float64, expected float64) {
	weights := make([]float64, len(pairs))
	all := 0.0
	for i, p := range pairs {
		weights[i] = p.weight
		all += probability(p.weight)
	}
	slices.SortFunc(weights, func(a, b float64) int { return cmp.Compare(b, a) })
	sum, least := 0.0, 0.5
	for k, w := range weights {
		sum += probability(w)
		if f := 2 * sum / (float64(k+1) + all); f > expected {
			expected, least = f, probability(w)
		}
	}
	return least, expected
}
