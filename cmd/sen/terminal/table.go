package terminal

import (
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/text"
)

// Cell is one field of a table.
type Cell struct {
	Text  string
	Style Style
}

// C is a plain cell of any value.
func C(value any) Cell { return Cell{Text: fmt.Sprint(value)} }

// Table is rows under a head. Columns whose letter in Align is 'r' stand to
// the right; all others to the left. Those with 'w' are never shortened: a
// command is copied whole or not at all.
type Table struct {
	Align string   // one letter a column: "lrr"
	Head  []string // may be empty
	Rows  [][]Cell
	Left  int // cells before each line
}

// Add appends a row.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, cells) }

const (
	gap       = 2
	narrowest = 8 // what a shortened column keeps
)

// Write lays the table out and writes it. Where the lines would be longer
// than the screen, the widest left-standing column is shortened.
func (t *Table) Write(s Screen) {
	widths := t.widths()
	t.fit(widths, s.Columns)
	if len(t.Head) > 0 {
		head := make([]Cell, len(t.Head))
		for i, h := range t.Head {
			head[i] = Cell{h, Quiet}
		}
		t.line(s, widths, head)
	}
	for _, row := range t.Rows {
		t.line(s, widths, row)
	}
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Align))
	for i, h := range t.Head {
		widths[i] = text.Width(h)
	}
	for _, row := range t.Rows {
		for i, c := range row {
			widths[i] = max(widths[i], text.Width(c.Text))
		}
	}
	return widths
}

// fit shortens columns until a line has at most columns cells.
func (t *Table) fit(widths []int, columns int) {
	if columns <= 0 {
		return
	}
	for {
		total, widest := t.Left+gap*(len(widths)-1), -1
		for i, w := range widths {
			total += w
			if t.Align[i] == 'l' && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if total <= columns || widest < 0 {
			return
		}
		widths[widest] = max(narrowest, widths[widest]-(total-columns))
	}
}

func (t *Table) line(s Screen, widths []int, row []Cell) {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", t.Left))
	for i, c := range row {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		shown := text.Cut(c.Text, widths[i])
		space := strings.Repeat(" ", widths[i]-text.Width(shown))
		switch {
		case t.Align[i] == 'r':
			b.WriteString(space + s.Paint(c.Style, shown))
		case i == len(row)-1:
			b.WriteString(s.Paint(c.Style, shown))
		default:
			b.WriteString(s.Paint(c.Style, shown) + space)
		}
	}
	fmt.Fprintln(s, strings.TrimRight(b.String(), " "))
}
