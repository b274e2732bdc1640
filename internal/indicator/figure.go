package indicator

import (
	"fmt"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/text"
)

// Figure is an indicator as it was found at a time: what may be shown of it, and
// nothing else.
type Figure struct {
	Indicator string                `json:"indicator"`
	At        time.Time             `json:"at"`
	Snapshots map[sen.Dataset]int64 `json:"snapshots"` // that it was found in
	Query     sen.Digest            `json:"query"`     // SHA-256 of the query's text
	Smallest  int                   `json:"smallest,omitempty"`
	Total     Cell                  `json:"total"`
	Cells     []Cell                `json:"cells,omitempty"` // by groups, in the query's order
}

// Why a cell has no value.
const (
	Small  = "small"  // it counts fewer than Smallest
	Beside = "beside" // a small one could be worked out from it
)

// Cell is one number: a count, or a share as its two counts. Withheld, it has
// none.
type Cell struct {
	Group    string   `json:"group,omitempty"`
	Value    *float64 `json:"value,omitempty"`
	Of       *float64 `json:"of,omitempty"` // of a share: what Value is a part of
	Withheld string   `json:"withheld,omitempty"`
}

// Number is the figure: the count, or the share; false where it is withheld, or
// a share of nothing.
func (c Cell) Number() (float64, bool) {
	switch {
	case c.Value == nil:
		return 0, false
	case c.Of == nil:
		return *c.Value, true
	case *c.Of == 0:
		return 0, false
	}
	return *c.Value / *c.Of, true
}

// Say writes the figure in the language, without its unit; a share in percent.
// What is withheld says so: below smallest, or for the sake of others.
func (c Cell) Say(l text.Lang, percent bool, smallest int) string {
	v, shown := c.Number()
	switch {
	case c.Withheld == Small:
		return fmt.Sprintf("< %d", smallest)
	case c.Withheld != "":
		return l.Pick("giữ kín", "withheld")
	case !shown:
		return "–"
	case percent:
		return l.Decimal(100*v, 1)
	case v == float64(int64(v)):
		return l.Count(int64(v))
	}
	return l.Decimal(v, 2)
}

// sum is the cell of all.
func sum(cells []Cell) Cell {
	var value, of float64
	shares := false
	for _, c := range cells {
		value += *c.Value
		if c.Of != nil {
			of, shares = of+*c.Of, true
		}
	}
	out := Cell{Value: &value}
	if shares {
		out.Of = &of
	}
	return out
}
