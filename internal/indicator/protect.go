package indicator

import "slices"

// protect withholds of a table with a total every cell that counts fewer than n,
// and so many of the others that no small one can be worked out: from what is
// shown, each of them may still be anything from 0 to n-1.
//
// The first is the minimum frequency rule, the second secondary cell suppression
// (A. Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4:
// sections 4.2 and 4.4); in one dimension with a total, secondary cells can be
// chosen one after the other, the smallest first, until the interval that
// somebody else can compute for a small cell is wide enough. Nothing is said of
// the difference between two figures of one indicator at two times.
func protect(total Cell, cells []Cell, n float64) (Cell, []Cell) {
	if n <= 0 {
		return total, cells
	}
	t := &table{cells: cells, hidden: make([]string, len(cells)), n: n}
	for i, c := range cells {
		if isSmall(c, n) {
			t.hidden[i] = Small
		}
	}
	if isSmall(total, n) {
		// what is known of the whole is less than n; no cell is more
		return Cell{Withheld: Small}, t.withholdAll()
	}
	for slices.Contains(t.hidden, Small) && !t.safe() {
		next := t.smallestShown()
		if next < 0 {
			return total, t.withholdAll()
		}
		t.hidden[next] = Beside
	}
	for i, why := range t.hidden {
		if why != "" {
			cells[i] = Cell{Group: cells[i].Group, Withheld: why}
		}
	}
	return total, cells
}

// counts are the numbers of a cell that must not be small: of a share, those who
// are in it and those who are not.
func counts(c Cell) []float64 {
	if c.Of == nil {
		return []float64{*c.Value}
	}
	return []float64{*c.Value, *c.Of - *c.Value}
}

func isSmall(c Cell, n float64) bool {
	return slices.ContainsFunc(counts(c), func(v float64) bool { return v < n })
}

// table is cells on their way to what is shown of them.
type table struct {
	cells  []Cell
	hidden []string
	n      float64
}

// safe reports whether each small count can still be anything from 0 to n-1 for
// somebody who knows the total, what is shown, n, and this method. The sum of the
// hidden counts is known to them, and that those which are not small are n or
// more. So a small one can be 0 where another hidden one is not bounded above,
// and n-1 where the sum leaves that much beyond what the others must have.
func (t *table) safe() bool {
	for k := range counts(t.cells[0]) {
		sum, small, large := 0.0, 0, 0
		for i, c := range t.cells {
			if t.hidden[i] == "" {
				continue
			}
			v := counts(c)[k]
			sum += v
			if v < t.n {
				small++
			} else {
				large++
			}
		}
		if small > 0 && (large == 0 || sum-t.n*float64(large) < t.n-1) {
			return false
		}
	}
	return true
}

// smallestShown is the cell whose loss costs least; -1 where all are hidden.
func (t *table) smallestShown() int {
	best := -1
	for i, c := range t.cells {
		if t.hidden[i] == "" && (best < 0 || weight(c) < weight(t.cells[best])) {
			best = i
		}
	}
	return best
}

func weight(c Cell) float64 {
	if c.Of != nil {
		return *c.Of
	}
	return *c.Value
}

// withholdAll shows no cell, nor which of them are the small ones.
func (t *table) withholdAll() []Cell {
	for i, c := range t.cells {
		t.cells[i] = Cell{Group: c.Group, Withheld: Beside}
	}
	return t.cells
}
