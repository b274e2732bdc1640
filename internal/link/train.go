package link

import (
	"context"
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

	// What two things have in common depends: those in one street are in one
	// city. parent is the comparison on which u of another depends most, or -1;
	// given is u by the parent's level (Chow and Liu 1968, a tree of the pairs
	// of comparisons with the greatest mutual information).
	parent []int
	given  [][][]float64

	known   [][]float64 // how many pairs that are known to be of one thing had the level
	seen    [][]float64 // how many matches had the level
	present []float64   // share of random pairs in which a comparison says something
}

// notSame is u of a comparison's level, in the company of the others.
func (p *parameters) notSame(i int, x pattern) float64 {
	if parent := p.parent[i]; parent >= 0 {
		if l := x.level(parent); l != missing {
			return p.given[i][l][x.level(i)]
		}
	}
	return p.u[i][x.level(i)]
}

// weight is a pattern's log-odds by levels alone, prior included.
func (p *parameters) weight(x pattern) float64 {
	w := math.Log(p.lambda / (1 - p.lambda))
	for i := range p.m {
		if l := x.level(i); l != missing {
			w += math.Log(p.m[i][l] / p.notSame(i, x))
		}
	}
	return w
}

func probability(weight float64) float64 { return 1 / (1 + math.Exp(-weight)) }

// randomPairs tallies pairs drawn without regard to anything, all of them
// where there are few.
func (m *model) randomPairs(ctx context.Context, n int) (tally, error) {
	rows := m.table.Rows
	if all := rows * (rows - 1) / 2; all <= n {
		seen := map[pattern]float64{}
		for i := range int32(rows) {
			for j := i + 1; j < int32(rows); j++ {
				if !m.across || m.table.Part[i] != m.table.Part[j] {
					seen[m.compare(i, j)]++
				}
			}
		}
		return newTally(seen), ctx.Err()
	}
	// The pairs are drawn one after the other and compared side by side.
	random := rand.New(rand.NewPCG(m.spec.Seed, 0x5e9))
	pairs := make([]pair, 0, n)
	for range n {
		i, j := random.IntN(rows), random.IntN(rows-1)
		if j >= i {
			j++
		}
		if !m.across || m.table.Part[i] != m.table.Part[j] {
			pairs = append(pairs, pair{int32(i), int32(j)})
		}
	}
	parts := slices.Collect(slices.Chunk(pairs, 1<<14))
	seen := make([]map[pattern]float64, len(parts))
	sideBySide(len(parts), func(k int) {
		seen[k] = map[pattern]float64{}
		for _, x := range m.compareAll(&screening{}, parts[k]) {
			seen[k][x]++
		}
	})
	return newTally(addUp(seen)), ctx.Err()
}

// addUp adds tallies of whole numbers, whose sums are the same in any order.
func addUp(parts []map[pattern]float64) map[pattern]float64 {
	all := map[pattern]float64{}
	for _, own := range parts {
		for x, n := range own {
			all[x] += n
		}
	}
	return all
}

// session is a set of candidates that agree on something which few records
// share, so that many of them are matches: what the other comparisons show
// there is m.
type session struct {
	fields  []int   // the comparisons that they agree on,
	cuts    []uint8 // each at this level or better
	members []int   // places in the tally
	pairs   float64
	present float64 // share of random pairs in which they say something
}

// rounds is how often sessions, λ and u are estimated from one another.
const rounds = 6

// train estimates the parameters, without labels but for those that there are.
// u comes from random pairs, from which the matches among them are taken out
// again. m comes from the pairs that are known to be matches (counts of their
// levels, see heed) and from EM in sessions (as Splink's training blocks do),
// each of pairs that agree on something of which most are matches: EM over all
// candidates would find the largest class of related pairs, which may be those
// that share a street. λ follows from how many matches a session holds and which
// share of all matches it should hold.
func (m *model) train(random, candidates tally, known [][]float64) {
	total := float64(m.allPairs())
	p := m.start(random, known)
	p.lambda = min(0.3, 0.25*float64(m.table.Rows)/total)
	p.depend(random)
	var sessions []session
	for round := range rounds {
		if round%3 == 0 {
			sessions = m.sessions(&p, candidates)
		}
		m.improve(&p, candidates, sessions, total)
		m.correct(&p, random)
	}
	m.parameters = p
}

const (
	fewest     = 12  // pairs that a session needs
	leastShare = 0.5 // share of matches that a session needs
)

// sessions are of single comparisons, each at the widest level at which the
// pairs are mostly matches; where there is none, of two together.
func (m *model) sessions(p *parameters, t tally) []session {
	var out []session
	for i := range m.comparators {
		var widest *session
		last := 0.0
		for cut := range uint8(m.levelsOf(i) - 1) {
			s := p.gather(t, []int{i}, []uint8{cut})
			if s.pairs < fewest {
				continue
			}
			_, found := s.expect(p, t, m)
			means := s.means(p, m, found)
			if found < leastShare*s.pairs || p.seen != nil && last > 0 && means > 1.5*last {
				break
			}
			widest, last = &s, means
		}
		if widest != nil {
			out = append(out, *widest)
		}
	}
	if len(out) > 0 {
		return out
	}
	for i := range m.comparators {
		for j := i + 1; j < len(m.comparators); j++ {
			s := p.gather(t, []int{i, j}, []uint8{0, 0})
			if s.pairs < fewest {
				continue
			}
			if _, found := s.expect(p, t, m); found >= leastShare*s.pairs {
				out = append(out, s)
			}
		}
	}
	return out
}

func (p *parameters) gather(t tally, fields []int, cuts []uint8) session {
	s := session{fields: fields, cuts: cuts, present: 1}
	for _, f := range fields {
		s.present *= p.present[f]
	}
	for k, x := range t.patterns {
		if s.holds(x) {
			s.members = append(s.members, k)
			s.pairs += t.counts[k]
		}
	}
	return s
}

func (s session) holds(x pattern) bool {
	for i, f := range s.fields {
		if x.level(f) > s.cuts[i] { // missing is the greatest
			return false
		}
	}
	return true
}

// improve runs EM in each session from the present parameters, and takes m
// and λ from all of them together. A session that would mean several times as
// many matches as others do holds related pairs, and is left out.
func (m *model) improve(p *parameters, t tally, sessions []session, total float64) {
	all := m.zeros()
	found := make([][][]float64, len(sessions))
	guesses := make([]float64, len(sessions))
	for n, s := range sessions {
		counts, matches := s.expect(p, t, m)
		found[n], guesses[n] = counts, s.means(p, m, matches)
	}
	usual := quartile(guesses)
	for n := range sessions {
		if guesses[n] > mostApart*usual {
			continue
		}
		for i := range all {
			for l, c := range found[n][i] {
				all[i][l] += c
			}
		}
	}
	p.seen = all
	for i := range all {
		p.m[i] = p.heed(i, m.believe(i, all[i]))
		for l, n := range p.known[i] {
			p.seen[i][l] += n
		}
		p.decline(i)
	}
	if len(sessions) > 0 {
		p.lambda = min(0.5, max(usual, 1)/total)
	}
}

// mostApart is how many times the matches of the others a session may mean.
const mostApart = 3

// quartile is the lower one.
func quartile(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/4]
}

// share is the share of all matches that agree as the session's pairs do.
func (s session) share(p *parameters) float64 {
	out := 1.0
	for i, f := range s.fields {
		sum := 0.0
		for l := range s.cuts[i] + 1 {
			sum += p.m[f][l]
		}
		out *= sum
	}
	return out
}

// means is how many matches there are in all, if the session holds so many.
func (s session) means(p *parameters, m *model, matches float64) float64 {
	looked, _ := m.looked(p, s.fields)
	return matches / (s.share(p) * s.present * looked)
}

// expect runs EM over the session's pairs, by the comparisons that it does not
// fix, and counts the levels of the matches that it expects.
func (s session) expect(p *parameters, t tally, m *model) (counts [][]float64, matches float64) {
	local := *p
	local.m, local.lambda = slices.Clone(p.m), 0.5
	free := make([]int, 0, len(p.m))
	for i := range p.m {
		if !slices.Contains(s.fields, i) {
			free = append(free, i)
		}
	}
	ofMatches, ofOthers := m.looked(p, s.fields)
	lift := math.Log(ofOthers / ofMatches)
	for range 12 {
		counts, matches = m.zeros(), 0
		weights := local.table()
		prior := math.Log(local.lambda/(1-local.lambda)) + lift
		for _, k := range s.members {
			x := t.patterns[k]
			w := prior
			for _, i := range free {
				if l := x.level(i); l != missing {
					w += weights[i][p.parentLevel(i, x)][l]
				}
			}
			post := probability(w) * t.counts[k]
			matches += post
			for _, i := range free {
				if l := x.level(i); l != missing {
					counts[i][l] += post
				}
			}
		}
		for _, i := range free {
			local.m[i] = p.heed(i, m.believe(i, counts[i]))
		}
		local.lambda = min(max(matches/s.pairs, 0.001), 0.999)
	}
	return counts, matches
}

// parentLevel is the level of the comparison on which another depends;
// missing where there is none.
func (p *parameters) parentLevel(i int, x pattern) uint8 {
	if parent := p.parent[i]; parent >= 0 {
		return x.level(parent)
	}
	return missing
}

// table is the weight of each level of each comparison, by the level of the
// comparison on which it depends.
func (p *parameters) table() [][missing + 1][]float64 {
	out := make([][missing + 1][]float64, len(p.m))
	for i := range p.m {
		for above := range out[i] {
			u := p.u[i]
			if above < len(p.given[i]) {
				u = p.given[i][above]
			}
			row := make([]float64, len(u))
			for l := range u {
				row[l] = math.Log(p.m[i][l] / u[l])
			}
			out[i][above] = row
		}
	}
	return out
}

// start is u as the random pairs have it, and m as usual.
func (m *model) start(random tally, known [][]float64) parameters {
	p := parameters{known: known}
	for i := range m.comparators {
		n := m.levelsOf(i)
		u := make([]float64, n)
		said, all := 1.0, 1.0
		for k, x := range random.patterns {
			all += random.counts[k]
			if l := x.level(i); l != missing {
				u[l] += random.counts[k]
				said += random.counts[k]
			}
		}
		p.present = append(p.present, said/all)
		p.u = append(p.u, smooth(u))
		p.parent, p.given = append(p.parent, -1), append(p.given, nil)
		p.m = append(p.m, p.heed(i, usual(n)))
	}
	return p
}

// smooth turns counts into shares, none of which is zero.
func smooth(counts []float64) []float64 {
	sum := 0.0
	for _, c := range counts {
		sum += c
	}
	out := make([]float64, len(counts))
	for l, c := range counts {
		out[l] = (c + 0.5/float64(len(counts))) / (sum + 0.5)
	}
	return out
}

// usual is how records of one thing differ as a rule: six in ten not at all,
// the others the likelier the nearer. It is what EM starts from.
func usual(n int) []float64 {
	out := make([]float64, n)
	rest := 0.0
	for l := 1; l < n; l++ {
		out[l] = 1 / float64(l)
		rest += out[l]
	}
	for l := 1; l < n; l++ {
		out[l] *= 0.4 / rest
	}
	out[0] = 0.6
	return out
}

// believe is m as the matches show it, held near what is usual: EM finds some
// class of pairs, and of those that share a city and a street it can find more
// than of those that are one thing. The columns that tell records apart are
// held more strongly than those that many share.
func (m *model) believe(i int, counts []float64) []float64 {
	n := 0.0
	for _, c := range counts {
		n += c
	}
	hold := holdShared
	if m.comparators[i].agreement() < 0.02 {
		hold = holdOwn
	}
	hold *= min(n, mostHeld)
	prior := usual(len(counts))
	out := make([]float64, len(counts))
	for l, c := range counts {
		out[l] = (c + (hold+1)*prior[l]) / (n + hold + 1)
	}
	return out
}

// How strongly m is held near what is usual, in records for each that was
// seen, of which so many count at most.
const (
	holdOwn    = 0.5
	holdShared = 0.05
	mostHeld   = 5000
)

// correct takes the matches among the random pairs out of u.
func (m *model) correct(p *parameters, random tally) {
	counts := m.zeros()
	for k, x := range random.patterns {
		rest := (1 - probability(p.weight(x))) * random.counts[k]
		for i := range counts {
			if l := x.level(i); l != missing {
				counts[i][l] += rest
			}
		}
	}
	for i := range counts {
		p.u[i] = smooth(counts[i])
		p.decline(i)
	}
	p.depend(random)
}

// leastSeen is how many matches must have had a level for it to have a weight
// of its own; else it is worth what the next one is.
const leastSeen = 2

// decline makes the weights of a comparison fall from level to level, as the
// levels mean it, by pooling neighbours that do not (Ayer et al. 1955).
func (p *parameters) decline(i int) {
	type pool struct {
		m, u, seen float64
		n          int
	}
	var pools []pool
	for l := range p.m[i] {
		seen := float64(leastSeen)
		if p.seen != nil && sum(slices.Clone(p.seen[i])) >= fewest {
			seen = p.seen[i][l]
		}
		pools = append(pools, pool{p.m[i][l], p.u[i][l], seen, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.m/a.u >= b.m/b.u && a.seen >= leastSeen {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.m + b.m, a.u + b.u, a.seen + b.seen, a.n + b.n})
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
