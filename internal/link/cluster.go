package link

import (
	"cmp"
	"math"
	"slices"
)

// union is a forest of records that stand together.
type union struct{ parent []int32 }

func newUnion(n int) *union {
	u := &union{parent: make([]int32, n)}
	for i := range u.parent {
		u.parent[i] = int32(i)
	}
	return u
}

func (u *union) find(i int32) int32 {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

// join puts two trees together under the lesser root.
func (u *union) join(a, b int32) {
	a, b = u.find(a), u.find(b)
	u.parent[max(a, b)] = min(a, b)
}

// clusters gives each record the number of its cluster, which is its first
// record. Pairs above cut hold records together where the clusters that they
// join agree on the whole: the mean weight of the pairs between the two,
// those that were no candidates among them, is above cut as well. So a chain
// A–B–C is broken where A and C contradict one another; where they do by a
// rule of the spec's Never, it is broken whatever the weights say.
func (m *model) clusters(pairs []scored, cut float64) []int32 {
	order := slices.Clone(pairs)
	slices.SortFunc(order, func(x, y scored) int {
		return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	u := newUnion(m.table.Rows)
	members := map[int32][]int32{}
	of := func(root int32) []int32 {
		if all := members[root]; all != nil {
			return all
		}
		return []int32{root}
	}
	for _, p := range order {
		if p.weight < cut {
			break
		}
		a, b := u.find(p.a), u.find(p.b)
		if a == b || !m.agree(of(a), of(b), cut) {
			continue
		}
		all := append(slices.Clone(of(a)), of(b)...)
		u.join(a, b)
		delete(members, max(a, b))
		members[min(a, b)] = all
	}
	out := make([]int32, m.table.Rows)
	for i := range out {
		out[i] = u.find(int32(i))
	}
	return out
}

// mostCompared bounds how many pairs between two clusters are looked at.
const mostCompared = 400

// Bounds of one pair's say in the mean, as log-odds.
const sayBound = 12

func (m *model) agree(a, b []int32, cut float64) bool {
	if m.spec.OneToOne && m.samePart(a, b) || m.anchored(a) && m.anchored(b) || m.apartFrom(a, b) {
		return false
	}
	if len(a)*len(b) == 1 {
		return true
	}
	sum, n := 0.0, 0
	for _, i := range a {
		for _, j := range b {
			if n == mostCompared {
				break
			}
			w := m.weight(i, j, m.compare(i, j)) - cut
			sum += min(max(w, -sayBound), sayBound)
			n++
		}
	}
	return sum > 0
}

func (m *model) samePart(a, b []int32) bool {
	for _, i := range a {
		for _, j := range b {
			if m.table.Part[i] == m.table.Part[j] {
				return true
			}
		}
	}
	return false
}

// settle lowers the weight of a record's pair with an anchor by what speaks for
// other anchors: it can be one of them alone, and where two fit alike, none is
// sure.
func settle(t *Table, pairs []scored) {
	known := int32(t.Anchors)
	if known == 0 {
		return
	}
	odds := make([]float64, t.Rows)
	for _, p := range pairs {
		if p.a < known && p.b >= known {
			odds[p.b] += math.Exp(p.weight)
		}
	}
	for i, p := range pairs {
		if p.a < known && p.b >= known {
			pairs[i].weight -= math.Log1p(max(0, odds[p.b]-math.Exp(p.weight)))
		}
	}
}

func (m *model) anchored(cluster []int32) bool {
	return slices.ContainsFunc(cluster, func(i int32) bool { return int(i) < m.table.Anchors })
}
