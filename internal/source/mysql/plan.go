package mysql

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

const (
	minRange = 4 << 20 // bytes that are worth a statement, where memory allows it
	manyRows = 50_000  // are worth more than one connection
	maxJobs  = 1 << 16
)

// job is the rows of one stretch of the key, or the whole table.
type job struct {
	from, to string     // of the key's first column, as raw values; "" is open
	out      chan piece // its rows, in order; closed at its end
	err      error      // why it ended early; once out is closed

	over  []piece  // what came when the channel was full and could not be waited for
	after []string // key of the last row that is with others
	sent  int64    // rows that are with others, where there is no key
}

// discard gives back what nobody will take.
func (j *job) discard() {
	for {
		select {
		case p, more := <-j.out:
			if more {
				p.release()
				continue
			}
		default:
		}
		break
	}
	for _, p := range j.over {
		p.release()
	}
}

// plan cuts the key into stretches of about the target's bytes and answers
// where they end. The estimates move a little with every analysis of the
// table; steps of two keep the stretches where they are.
func (f *fetch) plan(ctx context.Context, m *mark) (ends []string, err error) {
	t := f.table
	if t.index == "" {
		return nil, nil
	}
	pieces := max(t.bytes/f.target, max(t.rows, 0)/f.options.RangeRows)
	first := t.columns[t.order[0]]
	switch {
	case m.Step != "":
		return steps(f.s.extent(ctx, t, m.Base, m.Step))
	case pieces == 0:
		return nil, nil
	case first.numeric():
		low, high, err := f.s.ends(ctx, t)
		if err != nil || low == nil {
			return nil, err
		}
		step := stepOf(low, high, pieces)
		m.Base, m.Step = low.String(), step.String()
		return steps(low, high, step, nil)
	case first.divisible():
		return f.s.probe(ctx, t, pieces)
	}
	return nil, nil
}

// stepOf is the power of two that cuts [low, high] into at least so many.
func stepOf(low, high *big.Int, pieces int64) *big.Int {
	span := new(big.Int).Sub(high, low)
	span.Div(span, big.NewInt(min(pieces, maxJobs)))
	return new(big.Int).Lsh(big.NewInt(1), uint(max(span.BitLen()-1, 0)))
}

// steps are low + n × step up to high.
func steps(low, high, step *big.Int, err error) (out []string, _ error) {
	if err != nil {
		return nil, err
	}
	for at := new(big.Int).Add(low, step); at.Cmp(high) <= 0; at = new(big.Int).Add(at, step) {
		out = append(out, at.String())
	}
	return out, nil
}

// extent is the key's extent with a mark's base and step.
func (s *snapshot) extent(ctx context.Context, t *table, base, step string) (low, high, by *big.Int, err error) {
	low, ok := new(big.Int).SetString(base, 10)
	by, also := new(big.Int).SetString(step, 10)
	if !ok || !also || by.Sign() <= 0 {
		return nil, nil, nil, errProtocol
	}
	_, high, err = s.ends(ctx, t)
	if high == nil {
		high = low
	}
	return low, high, by, err
}

// ends are the least and the greatest key, as whole numbers; nil where there
// are no rows.
func (s *snapshot) ends(ctx context.Context, t *table) (low, high *big.Int, err error) {
	name := ident(t.columns[t.order[0]].name)
	r, err := s.conns[0].one(ctx, fmt.Sprintf("SELECT MIN(%s), MAX(%[1]s) FROM %s FORCE INDEX (%s)", name, t.quoted(), ident(t.index)))
	if err != nil || r[0] == nil {
		return nil, nil, err
	}
	whole := func(text string) *big.Int {
		text, _, _ = strings.Cut(text, ".")
		n, _ := new(big.Int).SetString(text, 10)
		return n
	}
	low, high = whole(r.text(0)), whole(r.text(1))
	if low == nil || high == nil {
		return nil, nil, nil
	}
	return low, high, nil
}

// probes are what a key's next letter may be; each costs the server one dive
// into the index.
const probes = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// maxProbes bounds the dives of one plan.
const maxProbes = 400

// probe cuts a key of letters or bytes at keys that are there: behind what
// all keys begin with it asks for the first key from each letter on, and
// again within what the server thinks is still too long. Whatever it finds,
// the stretches are disjoint and whole: their ends are keys in the order in
// which the server itself sorts them.
func (s *snapshot) probe(ctx context.Context, t *table, pieces int64) ([]string, error) {
	p := &prober{s: s, t: t, want: max(t.rows, 1) / pieces, found: map[string]bool{}}
	r, err := s.conns[0].one(ctx, fmt.Sprintf("SELECT MIN(%s), MAX(%[1]s) FROM %s FORCE INDEX (%s)", p.name(), t.quoted(), ident(t.index)))
	if err != nil || r[0] == nil {
		return nil, err
	}
	if err := p.within(ctx, r.text(0), r.text(1)); err != nil {
		return nil, err
	}
	return p.sorted(ctx)
}

type prober struct {
	s     *snapshot
	t     *table
	want  int64 // rows of a stretch
	dives int
	found map[string]bool
}

func (p *prober) column() column { return p.t.columns[p.t.order[0]] }
func (p *prober) name() string   { return ident(p.column().name) }

// within probes between two keys.
func (p *prober) within(ctx context.Context, low, high string) error {
	common := 0
	for common < min(len(low), len(high)) && low[common] == high[common] {
		common++
	}
	marks := []string{low}
	for _, next := range p.nexts() {
		if p.dives++; p.dives > maxProbes {
			break
		}
		key, err := p.from(ctx, low[:common]+next, low, high)
		if err != nil {
			return err
		}
		if key != "" && !slices.Contains(marks, key) {
			marks = append(marks, key)
		}
	}
	for _, k := range marks[1:] {
		p.found[k] = true
	}
	if len(marks) == 1 {
		return nil
	}
	marks = append(marks, high)
	for i := range marks[:len(marks)-1] {
		rows, err := p.s.estimate(ctx, p.t, marks[i], marks[i+1])
		if err != nil {
			return err
		}
		if rows > 2*p.want && p.dives < maxProbes {
			if err := p.within(ctx, marks[i], marks[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *prober) nexts() []string {
	if slices.Contains(bytesTypes, p.column().data) {
		out := make([]string, 16)
		for i := range out {
			out[i] = string([]byte{byte(i * 16)})
		}
		return out
	}
	return strings.Split(probes, "")
}

// from is the first key from a text on, if it lies between two others.
func (p *prober) from(ctx context.Context, text, low, high string) (string, error) {
	c := p.column()
	r, err := p.s.conns[0].one(ctx, fmt.Sprintf("SELECT %s FROM %s FORCE INDEX (%s) WHERE %[1]s >= %[4]s AND %[1]s > %[5]s AND %[1]s < %[6]s ORDER BY %[1]s LIMIT 1",
		p.name(), p.t.quoted(), ident(p.t.index), c.literal(text), c.literal(low), c.literal(high)))
	if err != nil || r == nil {
		return "", err
	}
	return r.text(0), nil
}

// estimate is how many rows the server thinks that there are from low to high.
func (s *snapshot) estimate(ctx context.Context, t *table, low, high string) (int64, error) {
	c := t.columns[t.order[0]]
	names, found, err := s.conns[0].table(ctx, fmt.Sprintf("EXPLAIN SELECT %s FROM %s FORCE INDEX (%s) WHERE %[1]s >= %[4]s AND %[1]s < %[5]s",
		ident(c.name), t.quoted(), ident(t.index), c.literal(low), c.literal(high)))
	at := slices.Index(names, "rows")
	if err != nil || at < 0 || len(found) == 0 {
		return 0, err
	}
	return found[0].number(at), nil
}

// sorted are the found keys as the server sorts them, each once.
func (p *prober) sorted(ctx context.Context) ([]string, error) {
	if len(p.found) == 0 {
		return nil, nil
	}
	var list []string
	for k := range p.found {
		list = append(list, p.column().literal(k))
	}
	slices.Sort(list)
	found, err := p.s.conns[0].rows(ctx, fmt.Sprintf("SELECT %s FROM %s FORCE INDEX (%s) WHERE %[1]s IN (%[4]s) GROUP BY %[1]s ORDER BY %[1]s",
		p.name(), p.t.quoted(), ident(p.t.index), strings.Join(list, ", ")))
	var out []string
	for _, r := range found {
		out = append(out, r.text(0))
	}
	return out, err
}
