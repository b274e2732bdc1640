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
	comparators []*comparator // one a comparison
	columns     []int         // per comparison: its column
	swaps       []*swap       // per comparison: the column it may be swapped with, or nil
	codes       []int32       // row by row: the codes of all columns
	prepared    map[preparedKey]*comparator
	keyed       map[keyedBy]keys
	never       []contradiction
	indices     []*index // nil: all pairs are candidates
	most        []int    // per index: the most records a key may have
	across      bool     // only pairs of two files are looked at
	parameters  parameters
}

type preparedKey struct {
	column int
	kind   Kind
}

type keyedBy struct {
	column int
	by     By
}

func newModel(t *Table, spec Spec) (*model, error) {
	if err := spec.check(t); err != nil {
		return nil, err
	}
	m := &model{table: t, spec: spec, prepared: map[preparedKey]*comparator{}, keyed: map[keyedBy]keys{}}
	for _, c := range spec.Compare {
		at, _ := t.column(c.Column)
		var other *swap
		if c.Other != "" {
			other = m.newSwap(at, c.Other)
		}
		m.columns = append(m.columns, at)
		m.swaps = append(m.swaps, other)
		m.comparators = append(m.comparators, m.comparator(at, c.Kind))
	}
	m.codes = make([]int32, t.Rows*len(t.Columns))
	for c, column := range t.Columns {
		for i, code := range column.Codes {
			m.codes[i*len(t.Columns)+c] = code
		}
	}
	m.never = m.contradictions()
	return m, nil
}

func (m *model) comparator(column int, kind Kind) *comparator {
	key := preparedKey{column, kind}
	if m.prepared[key] == nil {
		m.prepared[key] = newComparator(m.table.Columns[column], kind)
	}
	return m.prepared[key]
}

func (m *model) levelsOf(i int) int { return len(levels[m.comparators[i].kind]) }

// keysOf are a column's blocking keys; the column is read as it is compared.
func (m *model) keysOf(column int, by By) keys {
	key := keyedBy{column, by}
	if k, known := m.keyed[key]; known {
		return k
	}
	kind := Name
	for i, c := range m.columns {
		if c == column {
			kind = m.comparators[i].kind
		}
	}
	k := keysOf(m.comparator(column, kind), by)
	m.keyed[key] = k
	return k
}

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
	width := len(m.table.Columns)
	a, b := m.codes[int(i)*width:int(i+1)*width], m.codes[int(j)*width:int(j+1)*width]
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
	number := map[string]int32{}
	ids := func(c int) []int32 {
		values := m.comparator(c, Name).values
		out := make([]int32, len(values))
		for i := range values {
			id, known := number[values[i].joined]
			if !known {
				id = int32(len(number))
				number[values[i].joined] = id
			}
			out[i] = id
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
func (m *model) weight(i, j int32, p pattern) float64 {
	w := m.parameters.weight(p)
	for k := range m.comparators {
		if l := p.level(k); l <= 1 {
			w += m.rarity(k, i, j)
		}
	}
	return w
}

// leastRarity bounds how much rarer than the average a value may count.
const leastRarity = 1.0 / 64

func (m *model) rarity(k int, i, j int32) float64 {
	column := m.table.Columns[m.columns[k]]
	a, b := column.Codes[i], column.Codes[j]
	if a == Missing || b == Missing {
		return 0
	}
	share := float64(max(column.Counts[a], column.Counts[b])) / float64(column.Filled)
	average := m.comparators[k].agreement()
	return -math.Log(max(share/average, leastRarity))
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

// eachCandidate calls visit for every candidate pair, the pairs of one chunk
// of records in order and by one goroutine; chunks side by side.
func (m *model) eachCandidate(ctx context.Context, step int, start func(chunk int) func(i, j int32)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	pool := sync.Pool{New: func() any { s := make([]int32, 0, 1024); return &s }}
	for from := 0; from < m.table.Rows; from += chunk * step {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error {
			visit := start(from / (chunk * step))
			near := pool.Get().(*[]int32)
			defer pool.Put(near)
			for i := from; i < min(from+chunk, m.table.Rows); i++ {
				*near = m.candidates((*near)[:0], int32(i))
				for _, j := range *near {
					visit(int32(i), j)
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

// candidates appends the records behind i that it is compared with, each once.
func (m *model) candidates(out []int32, i int32) []int32 {
	if m.indices == nil {
		for j := int(i) + 1; j < m.table.Rows; j++ {
			out = append(out, int32(j))
		}
	}
	for x, index := range m.indices {
		out = index.after(out, i, m.most[x])
	}
	if len(m.indices) > 1 {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	if known := int32(m.table.Anchors); i < known {
		out = slices.DeleteFunc(out, func(j int32) bool { return j < known })
	}
	if !m.across {
		return out
	}
	own := m.table.Part[i]
	return slices.DeleteFunc(out, func(j int32) bool { return m.table.Part[j] == own })
}

// tallyCandidates counts the patterns of every step-th chunk's candidates.
func (m *model) tallyCandidates(ctx context.Context, step int) (tally, error) {
	chunks := (m.table.Rows + chunk*step - 1) / (chunk * step)
	seen := make([]map[pattern]float64, chunks)
	err := m.eachCandidate(ctx, step, func(n int) func(i, j int32) {
		own := map[pattern]float64{}
		seen[n] = own
		return func(i, j int32) { own[m.compare(i, j)]++ }
	})
	if err != nil {
		return tally{}, err
	}
	all := map[pattern]float64{}
	for _, own := range seen {
		for p, n := range own {
			all[p] += n * float64(step)
		}
	}
	return newTally(all), nil
}

// score gives the candidates whose weight is at least that, in order of their
// records.
func (m *model) score(ctx context.Context, least float64) ([]scored, int64, error) {
	chunks := (m.table.Rows + chunk - 1) / chunk
	found := make([][]scored, chunks)
	looked := make([]int64, chunks)
	err := m.eachCandidate(ctx, 1, func(n int) func(i, j int32) {
		return func(i, j int32) {
			looked[n]++
			if w := m.weight(i, j, m.compare(i, j)); w >= least && !m.contradict(i, j) {
				found[n] = append(found[n], scored{i, j, w})
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	var all int64
	for _, n := range looked {
		all += n
	}
	return slices.Concat(found...), all, nil
}
