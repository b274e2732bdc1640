package link

import (
	"cmp"
	"math"
	"slices"
)

// depend finds the tree: of all pairs of comparisons, by their mutual
// information in random pairs that are no matches, the greatest that close no
// circle.
func (p *parameters) depend(random tally) {
	n := len(p.u)
	p.parent, p.given = make([]int, n), make([][][]float64, n)
	type edge struct {
		a, b int
		info float64
	}
	var edges []edge
	joint := make([][][][]float64, n)
	rest := make([]float64, len(random.patterns))
	p.parent = slices.Repeat([]int{-1}, n)
	for k, x := range random.patterns {
		rest[k] = (1 - probability(p.weight(x))) * random.counts[k]
	}
	for a := range n {
		joint[a] = make([][][]float64, n)
		for b := range n {
			if a == b {
				continue
			}
			joint[a][b] = p.together(random, rest, a, b)
			if a < b {
				edges = append(edges, edge{a, b, information(joint[a][b])})
			}
		}
	}
	slices.SortStableFunc(edges, func(x, y edge) int { return cmp.Compare(y.info, x.info) })
	beside := make([][]int, n)
	trees := newForest(n)
	for _, e := range edges {
		if e.info > leastInformation && trees.find(int32(e.a)) != trees.find(int32(e.b)) {
			trees.join(int32(e.a), int32(e.b))
			beside[e.a], beside[e.b] = append(beside[e.a], e.b), append(beside[e.b], e.a)
		}
	}
	seen := make([]bool, n)
	var hang func(i int)
	hang = func(i int) {
		seen[i] = true
		for _, j := range beside[i] {
			if !seen[j] {
				p.parent[j] = i
				p.given[j] = p.conditional(joint[i][j], j)
				hang(j)
			}
		}
	}
	for i := range n {
		if !seen[i] {
			hang(i)
		}
	}
}

// leastInformation is the mutual information, in nats, from which a
// dependence is more than chance.
const leastInformation = 1e-5

// together counts the levels of two comparisons together, the first's first.
func (p *parameters) together(t tally, counts []float64, a, b int) [][]float64 {
	out := make([][]float64, len(p.u[a]))
	for l := range out {
		out[l] = make([]float64, len(p.u[b]))
	}
	for k, x := range t.patterns {
		if i, j := x.level(a), x.level(b); i != missing && j != missing {
			out[i][j] += counts[k]
		}
	}
	return out
}

func information(joint [][]float64) (info float64) {
	rows, columns, all := make([]float64, len(joint)), make([]float64, len(joint[0])), 0.0
	for i, row := range joint {
		for j, n := range row {
			rows[i] += n
			columns[j] += n
			all += n
		}
	}
	for i, row := range joint {
		for j, n := range row {
			if n > 0 {
				info += n / all * math.Log(n*all/(rows[i]*columns[j]))
			}
		}
	}
	return info
}

// conditional is u of j by the level of its parent: what it is one level
// below, times how much more often it was seen than that lets expect. The
// ratio is held near 1 as by so many more pairs seen where as many were to
// be expected, so that a level too rare to be seen among few pairs does not
// come to be thought impossible.
func (p *parameters) conditional(joint [][]float64, j int) [][]float64 {
	const hold = 2
	out := make([][]float64, len(joint))
	below := p.u[j]
	for i := len(joint) - 1; i >= 0; i-- {
		n, all := 0.0, 0.0
		for _, c := range joint[i] {
			n += c
		}
		out[i] = make([]float64, len(joint[i]))
		for l, c := range joint[i] {
			out[i][l] = below[l] * (c + hold) / (n*below[l] + hold)
			all += out[i][l]
		}
		for l := range out[i] {
			out[i][l] /= all
		}
		below = out[i]
	}
	return out
}
