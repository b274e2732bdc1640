// Package link finds the records that speak of one thing: a person, an
// organisation, a publication. In come a table of records and a spec of what
// is compared; out go clusters, each pair's weight, and how both were found.
//
// The method is that of Fellegi and Sunter (A Theory for Record Linkage,
// JASA 64, 1969), its parameters estimated without labels. The same table and
// spec give the same answer on every run, with any number of threads.
package link

import (
	"cmp"
	"context"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Result is what a linkage found.
type Result struct {
	Spec      Spec
	Cluster   []int32 // per record: the first record of its cluster
	Clusters  int
	Threshold float64 // probability from which a pair is a match
	Expected  float64 // F1 that the model expects of it
	Lambda    float64 // share of all pairs that are matches
	Prior     float64 // that a record and an anchor (where there is none, another record) are one thing, before they are compared: log2 of the odds
	Pairs     int64   // pairs compared
	Matches   int     // pairs at or above the threshold
	M, U      [][]float64
	model     *model
	scored    []scored
}

// trainingPairs is about how many candidate pairs the parameters are
// estimated from, and as many random ones.
const trainingPairs = 1_000_000

// leastProbability is the lowest threshold: where hardly anything seems to be a
// match, the greatest expected F1 would take what is probably none.
const leastProbability = 0.2

// leastWeight is the log-odds from which a pair is kept: about one in a
// thousand.
const leastWeight = -7

// Link links the records of a table. Errors: Invalid where the spec names
// what the table does not have; ctx.Err().
func Link(ctx context.Context, t *Table, spec Spec) (*Result, error) {
	m, err := newModel(t, spec)
	if err != nil {
		return nil, err
	}
	m.across = t.Parts > 1 // records of one file are written alike: what that says of sameness is not learned
	if err := m.learn(ctx); err != nil {
		return nil, err
	}
	if m.across != spec.OneToOne {
		m.across, m.compared = spec.OneToOne, make([]compared, len(m.compared)) // other candidates
	}
	pairs, looked, err := m.score(ctx, leastWeight)
	if err != nil {
		return nil, err
	}
	if t.Parts > 1 && !spec.OneToOne && m.oneToOne(pairs) {
		spec.OneToOne, m.spec.OneToOne = true, true
		pairs = slices.DeleteFunc(pairs, func(p scored) bool { return t.Part[p.a] == t.Part[p.b] })
	}
	m.settle(pairs)
	r := &Result{Spec: spec, Pairs: looked, Lambda: m.parameters.lambda, M: m.parameters.m, U: m.parameters.u, Prior: m.anchorPrior / math.Ln2, model: m, scored: pairs}
	r.choose()
	return r, nil
}

// choose sets the threshold and clusters by it.
func (r *Result) choose() {
	order := descending(r.scored)
	cut, expected := threshold(r.scored, order)
	cut = max(cut, math.Log(leastProbability/(1-leastProbability)))
	if given := r.Spec.Threshold; given != 0 {
		cut = math.Log(given / (1 - given))
	}
	r.Threshold, r.Expected = probability(cut), expected
	for _, p := range r.scored {
		if p.weight >= cut {
			r.Matches++
		}
	}
	r.Cluster = r.model.clusters(r.scored, order, cut)
	r.Clusters = 0
	for i, c := range r.Cluster {
		if int32(i) == c {
			r.Clusters++
		}
	}
}

// learn makes the indices, and estimates the parameters from random pairs and
// from candidates.
func (m *model) learn(ctx context.Context) error {
	var random tally
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { m.block(); return nil })
	group.Go(func() (err error) { random, err = m.randomPairs(inner, trainingPairs); return err })
	if err := group.Wait(); err != nil {
		return err
	}
	step := int(max(1, m.estimate()/trainingPairs))
	step = min(step, max(1, m.table.Rows/(16*chunk)))
	candidates, err := m.tallyCandidates(ctx, step)
	if err != nil {
		return err
	}
	known, err := m.known()
	if err != nil {
		return err
	}
	m.train(random, candidates, known)
	m.weights, m.prior = m.parameters.table(), math.Log(m.parameters.lambda/(1-m.parameters.lambda))
	m.anchorPrior = m.prior
	m.ceilings = newCeilings(m.weights)
	for _, c := range m.comparators {
		c.makeRarities()
	}
	return nil
}

// block makes the indices, each within its share of the budget.
func (m *model) block() {
	if len(m.spec.Block) == 0 {
		return
	}
	budget := max(m.spec.Budget*float64(m.table.Rows), fewPairs)
	share := 2 * int64(budget) / int64(len(m.spec.Block)) // blocks overlap
	m.makeKeys()
	m.indices, m.most = make([]*index, len(m.spec.Block)), make([]int, len(m.spec.Block))
	sideBySide(len(m.spec.Block), func(i int) {
		m.indices[i] = m.newIndex(m.spec.Block[i])
		m.most[i] = m.indices[i].within(share)
	})
	m.keyed = nil
}

// within is the most records that a key may have for the block to give no more
// than so many pairs.
func (x *index) within(pairs int64) int {
	sizes := map[int]int64{}
	for k := range len(x.starts) - 1 {
		sizes[int(x.starts[k+1]-x.starts[k])]++
	}
	var sum int64
	for n := 2; n <= len(x.records); n++ {
		sum += sizes[n] * int64(n) * int64(n-1) / 2
		if sum > pairs {
			return n - 1
		}
		if sum == x.pairs {
			break
		}
	}
	return len(x.records)
}

// estimate is how many candidate pairs there are at most.
func (m *model) estimate() (pairs int64) {
	if m.indices == nil {
		return m.allPairs()
	}
	for i, x := range m.indices {
		for k := range len(x.starts) - 1 {
			if n := int64(x.starts[k+1] - x.starts[k]); n <= int64(m.most[i]) {
				pairs += n * (n - 1) / 2
			}
		}
	}
	return pairs
}

// oneToOne reports whether the files hold no duplicates in themselves: of the
// records that are each other's best in two files, and surer than half of
// those, fewer than one in three have a better one in their own file.
func (m *model) oneToOne(pairs []scored) bool {
	best, within := make([]scored, m.table.Rows), make([]float64, m.table.Rows)
	for i := range within {
		within[i] = math.Inf(-1)
	}
	for _, p := range pairs {
		for _, i := range []int32{p.a, p.b} {
			switch {
			case m.table.Part[p.a] == m.table.Part[p.b]:
				within[i] = max(within[i], p.weight)
			case best[i].a == best[i].b || p.weight > best[i].weight:
				best[i] = p
			}
		}
	}
	var mutual []scored
	for i, p := range best {
		if p.a != p.b && int32(i) == p.a && best[p.b] == p {
			mutual = append(mutual, p)
		}
	}
	slices.SortFunc(mutual, func(x, y scored) int { return cmp.Compare(y.weight, x.weight) })
	mutual = mutual[:(len(mutual)+1)/2]
	beaten := 0
	for _, p := range mutual {
		if max(within[p.a], within[p.b]) >= p.weight {
			beaten++
		}
	}
	return len(mutual) > 0 && 3*beaten < len(mutual)
}

// Weight is what a level of a comparison was found to be worth.
type Weight struct {
	Column string  `json:"column"`
	Level  string  `json:"level"`
	M      float64 `json:"m"`    // share of the pairs of one thing that have it
	U      float64 `json:"u"`    // of the pairs of two
	Bits   float64 `json:"bits"` // logarithm to the base 2 of m/u
}

// Weights are what was learned, comparison by comparison.
func (r *Result) Weights() []Weight {
	var out []Weight
	for i, c := range r.Spec.Compare {
		for l, name := range c.Kind.Levels() {
			m, u := r.M[i][l], r.U[i][l]
			out = append(out, Weight{c.Column, name, m, u, math.Log2(m / u)})
		}
	}
	return out
}

// Pair is two records of the table, by their rows, and what the comparison says
// of them.
type Pair struct {
	A, B        int     // A before B
	Probability float64 // that they are one thing
	Bits        float64 // the same as log-odds to the base 2
}

// Uncertain are the pairs whose probability is at least from and below to and
// that stand in two clusters, the most uncertain first; no more than most.
func (r *Result) Uncertain(from, to float64, most int) []Pair {
	var out []Pair
	for _, p := range r.scored {
		if chance := probability(p.weight); from <= chance && chance < to && r.Cluster[p.a] != r.Cluster[p.b] {
			out = append(out, Pair{int(p.a), int(p.b), chance, p.weight / math.Ln2})
		}
	}
	slices.SortStableFunc(out, func(x, y Pair) int { return cmp.Compare(math.Abs(x.Bits), math.Abs(y.Bits)) })
	return out[:min(len(out), most)]
}
