package link

import (
	"runtime"
	"slices"
)

// clusters gives each record the number of its cluster, which is its first
// record. Pairs above cut hold records together where the clusters that they
// join agree on the whole: the mean weight of the pairs between the two,
// those that were no candidates among them, is above cut as well. So a chain
// A–B–C is broken where A and C contradict one another; where they do by a
// rule of the spec's Never, it is broken whatever the weights say. order is the
// places of the pairs, the greatest weight first.
func (m *model) clusters(pairs []scored, order []int32, cut float64) []int32 {
	in := newForest(m.table.Rows)
	var own screening
	var ofA, ofB []int32
	touched := int32(0)
	for n, at := range order {
		if n%atOnce == 0 {
			for _, at := range order[n:min(n+atOnce, len(order))] {
				touched += in[pairs[at].a].parent + in[pairs[at].b].parent
			}
		}
		p := pairs[at]
		if p.weight < cut {
			break
		}
		a, b := in.find(p.a), in.find(p.b)
		if a == b {
			continue
		}
		ofA, ofB = in.members(ofA[:0], a), in.members(ofB[:0], b)
		if m.agree(&own, ofA, ofB, cut) {
			in.join(a, b)
		}
	}
	runtime.KeepAlive(touched)
	out := make([]int32, m.table.Rows)
	for i := range out {
		out[i] = in.find(int32(i))
	}
	return out
}

// forest is records that stand together (union–find), the members of each tree
// in a chain.
type forest []tree

type tree struct {
	parent      int32 // a root's is itself
	first, last int32 // of a root's members
	next        int32 // member; -1: none
}

func newForest(n int) forest {
	out := make(forest, n)
	for i := range out {
		out[i] = tree{int32(i), int32(i), int32(i), -1}
	}
	return out
}

func (f forest) find(i int32) int32 {
	for f[i].parent != i {
		f[i].parent = f[f[i].parent].parent
		i = f[i].parent
	}
	return i
}

// members appends those of a root.
func (f forest) members(out []int32, root int32) []int32 {
	for i := f[root].first; i >= 0; i = f[i].next {
		out = append(out, i)
	}
	return out
}

// join puts the members of the second tree behind those of the first, under the
// lesser root; two records of one tree stay as they are.
func (f forest) join(a, b int32) {
	a, b = f.find(a), f.find(b)
	if a == b {
		return
	}
	first, last := f[a].first, f[b].last
	f[f[a].last].next = f[b].first
	root := min(a, b)
	f[max(a, b)].parent = root
	f[root].first, f[root].last = first, last
}

// mostCompared bounds how many pairs between two clusters are looked at.
const mostCompared = 400

// Bounds of one pair's say in the mean, as log-odds.
const sayBound = 12

func (m *model) agree(own *screening, a, b []int32, cut float64) bool {
	if m.spec.OneToOne && m.samePart(a, b) || m.anchored(a) && m.anchored(b) || m.apartFrom(a, b) {
		return false
	}
	if len(a)*len(b) == 1 {
		return true
	}
	pairs := make([]pair, 0, min(len(a)*len(b), mostCompared))
	for _, i := range a {
		for _, j := range b[:min(len(b), mostCompared-len(pairs))] {
			pairs = append(pairs, pair{i, j})
		}
	}
	sum := 0.0
	for n, x := range m.compareAll(own, pairs) {
		w := m.weight(pairs[n].a, pairs[n].b, x) - cut
		sum += min(max(w, -sayBound), sayBound)
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

func (m *model) anchored(cluster []int32) bool {
	return slices.ContainsFunc(cluster, func(i int32) bool { return int(i) < m.table.Anchors })
}
