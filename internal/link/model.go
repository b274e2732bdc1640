package link

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// model is a table made ready to be compared by a spec, and what was learned
// of it.
type model struct {
	table       *Table
	spec        Spec
	forms       []*forms      // per column; nil where it is neither compared nor blocked by
	comparators []*comparator // one a comparison
	columns     []int         // per comparison: its column
	swaps       []*swap       // per comparison: the column it may be swapped with, or nil
	keyed       map[keyedBy]keys
	chances     map[keyedBy]float64 // see chance
	never       []contradiction
	indices     []*index   // nil: all pairs are candidates
	most        []int      // per index: the most records a key may have
	compared    []compared // per chunk of records: its candidates, where learning has seen them
	across      bool       // only pairs of two files are looked at
	parameters  parameters
	weights     [][missing + 1][]float64 // of the parameters: see table
	ceilings    ceilings
	features    *features // nil: not made, or of no use
	prior       float64   // log-odds of a pair before it is compared
	anchorPrior float64   // of a pair with an anchor, once it is known how many records are one
}

type keyedBy struct {
	column int
	by     By
}

func newModel(t *Table, spec Spec) (*model, error) {
	if err := spec.check(t); err != nil {
		return nil, err
	}
	t.settle()
	m := &model{table: t, spec: spec, keyed: map[keyedBy]keys{}, chances: map[keyedBy]float64{}}
	m.forms = make([]*forms, len(t.Columns))
	var used []int
	for _, name := range spec.Columns() {
		at, _ := t.column(name)
		used = append(used, at)
	}
	slices.Sort(used)
	used = slices.Compact(used)
	sideBySide(len(used), func(i int) { m.forms[used[i]] = newForms(t.Columns[used[i]]) })
	for _, c := range spec.Compare {
		at, _ := t.column(c.Column)
		m.columns = append(m.columns, at)
	}
	m.comparators, m.swaps = make([]*comparator, len(spec.Compare)), make([]*swap, len(spec.Compare))
	sideBySide(len(spec.Compare), func(i int) {
		at := m.columns[i]
		m.comparators[i] = newComparator(t.Columns[at], m.forms[at], spec.Compare[i].Kind)
		if other := spec.Compare[i].Other; other != "" {
			m.swaps[i] = m.newSwap(at, other)
		}
	})
	m.never = m.contradictions()
	if !slices.ContainsFunc(m.swaps, func(s *swap) bool { return s != nil }) { // what is swapped has another level than its values say
		m.makeFeatures()
	}
	return m, nil
}

// sideBySide runs all of n, as many at a time as there are threads.
func sideBySide(n int, run func(i int)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error { run(i); return nil })
	}
	_ = group.Wait() // none fails
}

func (m *model) levelsOf(i int) int { return len(levels[m.comparators[i].kind]) }

// makeKeys makes the blocking keys of all terms; a column is read as it is
// compared.
func (m *model) makeKeys() {
	var terms []keyedBy
	for _, rule := range m.spec.Block {
		for _, term := range rule {
			column, _ := m.table.column(term.Column)
			if of := (keyedBy{column, term.By}); !slices.Contains(terms, of) {
				terms = append(terms, of)
			}
		}
	}
	made := make([]keys, len(terms))
	sideBySide(len(terms), func(i int) {
		at := terms[i].column
		if k := slices.Index(m.columns, at); k >= 0 {
			made[i] = keysOf(m.comparators[k], terms[i].by)
			return
		}
		made[i] = keysOf(newComparator(m.table.Columns[at], m.forms[at], Name), terms[i].by)
	})
	for i, of := range terms {
		m.keyed[of] = made[i]
		m.chances[of] = m.chance(of, made[i])
	}
}

// keysOf are a column's blocking keys.
func (m *model) keysOf(column int, by By) keys { return m.keyed[keyedBy{column, by}] }

// allPairs is how many pairs could be matches.
func (m *model) allPairs() int64 {
	n := int64(m.table.Rows)
	if !m.across {
		return n * (n - 1) / 2
	}
	sizes := make([]int64, m.table.Parts)
	for _, p := range m.table.Part {
		sizes[p]++
	}
	within := int64(0)
	for _, s := range sizes {
		within += s * (s - 1) / 2
	}
	return n*(n-1)/2 - within
}

// compare gives the levels of a pair.
func (m *model) compare(i, j int32) pattern {
	a, b := m.table.row(i), m.table.row(j)
	var out pattern
	for k, c := range m.comparators {
		out |= pattern(m.level(k, c, a, b)) << (4 * k)
	}
	return out
}

func (m *model) level(k int, c *comparator, a, b []int32) uint8 {
	x, y := a[m.columns[k]], b[m.columns[k]]
	if s := m.swaps[k]; s != nil && x != y && s.found(a, b) {
		return 2
	}
	if x == Missing || y == Missing {
		return missing
	}
	return c.level(x, y)
}

// swap is two columns whose values records may have the other way round.
type swap struct {
	column, other int
	mine, theirs  []int32 // per value: the number of its folded form, one numbering for both
}

func (m *model) newSwap(column int, name string) *swap {
	other, _ := m.table.column(name)
	var number texts
	ids := func(c int) []int32 {
		out := make([]int32, m.table.Columns[c].Distinct())
		for value := range out {
			out[value], _ = number.number(m.forms[c].joined(m.forms[c].form(int32(value))))
		}
		return out
	}
	return &swap{column: column, other: other, mine: ids(column), theirs: ids(other)}
}

// found reports whether the rows a and b have them swapped: one value of each
// stands in the other column of the other, and nothing speaks against the
// second.
func (s *swap) found(a, b []int32) bool {
	same, against := 0, false
	for _, side := range [2][2]int32{{a[s.column], b[s.other]}, {b[s.column], a[s.other]}} {
		switch {
		case side[0] == Missing || side[1] == Missing:
		case s.mine[side[0]] == s.theirs[side[1]]:
			same++
		default:
			against = true
		}
	}
	return same > 0 && !against
}

// weight is a pair's log-odds: the pattern's, with the sameness of a rare
// value worth more than that of a frequent one (Winkler 2000; Splink's
// term-frequency adjustment).
func (m *model) weight(i, j int32, x pattern) float64 {
	p := &m.parameters
	w, same := m.prior, 0
	if int(min(i, j)) < m.table.Anchors {
		w = m.anchorPrior
	}
	for k := range m.weights {
		l := x.level(k)
		if l != missing {
			w += m.weights[k][p.parentLevel(k, x)][l]
		}
		if l <= 1 {
			same++
		}
	}
	if w+float64(same)*mostRarity < leastWeight {
		return w // whatever the values are
	}
	a, b, at := m.table.row(i), m.table.row(j), m.columns
	if m.features != nil {
		a, b, at = m.features.record(i), m.features.record(j), m.features.starts
	}
	for k := range m.weights {
		if x.level(k) <= 1 {
			w += m.rarity(k, a[at[k]], b[at[k]])
		}
	}
	return w
}

// leastRarity bounds how much rarer than the average a value may count, and
// mostRarity how much that is worth.
const leastRarity = 1.0 / 64

var mostRarity = -math.Log(leastRarity)

func (m *model) rarity(k int, a, b int32) float64 {
	if a == Missing || b == Missing {
		return 0
	}
	c := m.comparators[k]
	if c.own != nil {
		return min(c.own[a], c.own[b])
	}
	n := c.column.Counts[a]
	if a != b {
		n = max(n, c.column.Counts[b])
	}
	if int(n) < len(c.rarities) {
		return c.rarities[n]
	}
	return c.rarity(n)
}

// rarity is what it is worth that two have a value that n records have.
func (c *comparator) rarity(n int32) float64 {
	share := float64(n) / float64(c.column.Filled)
	return -math.Log(max(share/c.agreement(), leastRarity))
}

// usualCounts is up to how many records of one value rarities are kept.
const usualCounts = 4096

// makeRarities keeps the rarities of few values, or of usual counts.
func (c *comparator) makeRarities() {
	if c.matrix != nil {
		c.own = make([]float64, len(c.column.Counts))
		for value, n := range c.column.Counts {
			c.own[value] = c.rarity(n)
		}
		return
	}
	c.rarities = make([]float64, usualCounts)
	for n := range c.rarities {
		c.rarities[n] = c.rarity(int32(n))
	}
}

// agreement is the probability that two records drawn at random have the same
// value.
func (c *comparator) agreement() float64 {
	if c.agree == 0 {
		sum, n := 0.0, float64(c.column.Filled)
		for _, count := range c.column.Counts {
			sum += float64(count) * float64(count)
		}
		c.agree = max(sum/(n*n), 1e-12)
	}
	return c.agree
}

// chunk is how many records one worker takes at a time.
const chunk = 512

// pair is two records.
type pair struct{ a, b int32 }

// eachCandidate calls visit with all candidate pairs of every step-th chunk of
// records, those of one chunk in order, some at a time, and by one goroutine; chunks
// side by side.
func (m *model) eachCandidate(ctx context.Context, step int, visit func(chunk int, own *room, pairs []pair)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	pool := sync.Pool{New: func() any { return &room{} }}
	for n := 0; n*chunk < m.table.Rows; n += step {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error {
			own := pool.Get().(*room)
			defer pool.Put(own)
			from, to := n*chunk, min((n+1)*chunk, m.table.Rows)
			switch {
			case m.compared[n].pairs != nil:
				visit(n, own, m.compared[n].pairs)
			case m.indices != nil:
				visit(n, own, m.candidates(own, int32(from), int32(to)))
			default:
				for i := from; i < to; i++ {
					own.pairs = m.allBehind(own.pairs[:0], int32(i))
					visit(n, own, own.pairs)
				}
			}
			return inner.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err() // stopped before the first chunk
}

// chunks is how many chunks of records there are.
func (m *model) chunks() int { return (m.table.Rows + chunk - 1) / chunk }

// compared is the candidates of a chunk and their patterns; none where nobody has
// compared them.
type compared struct {
	pairs    []pair
	patterns []pattern
}

// compareAll compares all of the pairs.
func (m *model) compareAll(own *screening, pairs []pair) []pattern {
	if m.features != nil {
		_, patterns := m.screen(own, pairs, math.Inf(-1))
		return patterns
	}
	own.patterns = own.patterns[:0]
	for _, p := range pairs {
		own.patterns = append(own.patterns, m.compare(p.a, p.b))
	}
	return own.patterns
}

// atOnce is how many pairs are touched and then compared.
const atOnce = 64

// allBehind appends the pairs of a record with all behind it.
func (m *model) allBehind(out []pair, i int32) []pair {
	for j := m.firstBehind(i); j < int32(m.table.Rows); j++ {
		if !m.across || m.table.Part[i] != m.table.Part[j] {
			out = append(out, pair{i, j})
		}
	}
	return out
}

// firstBehind is from which record on one is compared: two anchors are known
// to be two.
func (m *model) firstBehind(i int32) int32 { return max(i+1, int32(m.table.Anchors)) }

// room is memory that is used again.
type room struct {
	behind    []int32 // records that share a key with one before them
	pairs     []pair
	screening screening
	touched   int32 // keeps what was read only to have it near
}

// candidates are the pairs of some records with those behind them that
// share a key, in order, each once.
func (m *model) candidates(own *room, from, to int32) []pair {
	own.pairs = own.pairs[:0]
	for ; from < to; from += atOnce {
		end := min(from+atOnce, to)
		for _, x := range m.indices {
			own.touched += x.warm(from, end)
		}
		for i := from; i < end; i++ {
			own.behind = own.behind[:0]
			for n, x := range m.indices {
				own.behind = x.behind(own.behind, i, m.firstBehind(i), m.most[n])
			}
			slices.Sort(own.behind)
			last := i
			for _, j := range own.behind {
				if j != last && (!m.across || m.table.Part[i] != m.table.Part[j]) {
					own.pairs = append(own.pairs, pair{i, j})
				}
				last = j
			}
		}
	}
	return own.pairs
}

// tallyCandidates counts the patterns of every step-th chunk's candidates, and
// keeps them.
func (m *model) tallyCandidates(ctx context.Context, step int) (tally, error) {
	seen := make([]map[pattern]float64, m.chunks())
	m.compared = make([]compared, m.chunks())
	err := m.eachCandidate(ctx, step, func(n int, own *room, pairs []pair) {
		if seen[n] == nil {
			seen[n] = map[pattern]float64{}
		}
		patterns, in := m.compareAll(&own.screening, pairs), &m.compared[n]
		for _, x := range patterns {
			seen[n][x]++
		}
		in.pairs, in.patterns = append(in.pairs, pairs...), append(in.patterns, patterns...)
	})
	if err != nil {
		return tally{}, err
	}
	all := addUp(seen)
	for x := range all {
		all[x] *= float64(step)
	}
	return newTally(all), nil
}

// score gives the candidates whose weight is at least that, in order of their
// records.
func (m *model) score(ctx context.Context, least float64) ([]scored, int64, error) {
	found := make([][]scored, m.chunks())
	looked := make([]int64, m.chunks())
	err := m.eachCandidate(ctx, 1, func(n int, own *room, pairs []pair) {
		looked[n] += int64(len(pairs))
		patterns := m.compared[n].patterns
		switch {
		case patterns != nil && m.features != nil:
			own.touched += m.touch(pairs)
		case patterns != nil:
		case m.features != nil:
			pairs, patterns = m.screen(&own.screening, pairs, least)
		default:
			patterns = m.compareAll(&own.screening, pairs)
		}
		for i, p := range pairs {
			if w := m.weight(p.a, p.b, patterns[i]); w >= least && !m.contradict(p.a, p.b) {
				found[n] = append(found[n], scored{p.a, p.b, w})
			}
		}
	})
	m.compared = nil
	if err != nil {
		return nil, 0, err
	}
	var all int64
	for _, n := range looked {
		all += n
	}
	return slices.Concat(found...), all, nil
}
