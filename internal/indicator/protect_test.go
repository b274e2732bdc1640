package indicator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func cellsOf(counts ...float64) []Cell {
	out := make([]Cell, len(counts))
	for i, v := range counts {
		out[i] = Cell{Group: fmt.Sprint(i), Value: &v}
	}
	return out
}

// attack computes what somebody can know of hidden cells who has the published
// table, and knows the method: for each, the least and the most that it can be.
func attack(total float64, cells []Cell, n float64) (low, high []float64) {
	rest := total // that the hidden cells have together
	low, high = make([]float64, len(cells)), make([]float64, len(cells))
	for i, c := range cells {
		switch c.Withheld {
		case "":
			low[i], high[i] = *c.Value, *c.Value
			rest -= *c.Value
		case Small:
			low[i], high[i] = 0, n-1
		case Beside:
			low[i], high[i] = n, math.Inf(1)
		}
	}
	outLow, outHigh := make([]float64, len(cells)), make([]float64, len(cells))
	for i, c := range cells {
		least, most := 0.0, 0.0 // of the other hidden ones
		for j, other := range cells {
			if j != i && other.Withheld != "" {
				least, most = least+low[j], most+high[j]
			}
		}
		outLow[i], outHigh[i] = low[i], high[i]
		if c.Withheld != "" {
			outLow[i], outHigh[i] = max(low[i], rest-most), min(high[i], rest-least)
		}
	}
	return outLow, outHigh
}

func TestNobodyCanWorkASmallCountOutOfATable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		n := float64(2 + random.IntN(9))
		counts := make([]float64, 1+random.IntN(8))
		total := 0.0
		for i := range counts {
			counts[i] = float64(random.IntN(4 * int(n)))
			total += counts[i]
		}
		whole, cells := protect(sum(cellsOf(counts...)), cellsOf(counts...), n)
		if total < n {
			if whole.Value != nil {
				t.Fatalf("n=%v %v: the total %v is shown", n, counts, total)
			}
			continue
		}
		if allHidden(cells) {
			continue // nothing is known but the total
		}
		low, high := attack(total, cells, n)
		for i, c := range cells {
			if c.Withheld == "" && counts[i] < n {
				t.Fatalf("n=%v %v: %v is shown", n, counts, counts[i])
			}
			if c.Withheld == Small && (low[i] > 0 || high[i] < n-1) {
				t.Fatalf("n=%v %v: of %v it is known that it is between %v and %v (%+v)", n, counts, counts[i], low[i], high[i], cells)
			}
			if c.Withheld != "" && c.Value != nil {
				t.Fatalf("n=%v %v: a withheld cell has its value", n, counts)
			}
		}
	}
}

func allHidden(cells []Cell) bool {
	for _, c := range cells {
		if c.Withheld != Beside {
			return false
		}
	}
	return true
}

func TestWhatHidesNothingSmallIsShownWhole(t *testing.T) {
	_, cells := protect(sum(cellsOf(5, 900, 31)), cellsOf(5, 900, 31), 5)
	for i, want := range []float64{5, 900, 31} {
		if cells[i].Value == nil || *cells[i].Value != want {
			t.Errorf("cell %d is %+v, want %v", i, cells[i], want)
		}
	}
}

func TestOneSmallCountTakesTheNextSmallestWithIt(t *testing.T) {
	_, cells := protect(sum(cellsOf(3, 900, 31)), cellsOf(3, 900, 31), 5)
	if cells[0].Withheld != Small || cells[2].Withheld != Beside || cells[1].Value == nil {
		t.Errorf("got %+v", cells)
	}
}

func TestOfAShareBothSidesMustBeLargeEnough(t *testing.T) {
	share := func(value, of float64) Cell { return Cell{Value: &value, Of: &of} }
	for _, c := range []struct {
		cell  Cell
		shown bool
	}{{share(50, 100), true}, {share(2, 100), false}, {share(98, 100), false}, {share(100, 100), false}, {share(3, 4), false}} {
		total, _ := protect(c.cell, []Cell{c.cell}, 5)
		if got := total.Value != nil; got != c.shown {
			t.Errorf("%v of %v: shown %v, want %v", *c.cell.Value, *c.cell.Of, got, c.shown)
		}
	}
}
