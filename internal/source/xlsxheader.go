package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/xlsx"
)

const (
	topRows    = 200 // rows that hold something that are looked at
	topCells   = 100_000
	topText    = 1000 // bytes of a cell that are looked at
	headRows   = 50   // of them, those that may begin a header
	headLevels = 4    // rows of one header
	covering   = 0.6  // share of the columns that a header names at least
	between    = " / "
)

// sheetTop is the beginning of a sheet.
type sheetTop struct {
	rows   []topRow
	width  int // cells of the fullest row
	bottom int // the last row that the sheet says it has
	hidden int // rows that are not shown, which are read all the same
}

// topRow is a row that holds something.
type topRow struct {
	number int
	cells  map[int]xlsx.Cell // by column
}

func readTop(book *xlsx.Book, sheet string) (t sheetTop, err error) {
	r, err := book.Rows(sheet)
	if err != nil {
		return t, err
	}
	defer r.Close()
	t.bottom = r.Bottom()
	for cells := 0; len(t.rows) < topRows && cells < topCells && r.Next(); cells += len(r.Values()) {
		row := topRow{r.Number(), map[int]xlsx.Cell{}}
		if r.Hidden() {
			t.hidden++
		}
		for _, v := range r.Values() {
			text := rows.Whole(v.Text[:min(len(v.Text), topText)])
			row.cells[v.Column] = xlsx.Cell{Kind: v.Kind, Text: string(text)}
		}
		t.rows, t.width = append(t.rows, row), max(t.width, len(row.cells))
	}
	return t, r.Err()
}

// hiding tells of rows that are read though they are not shown.
func (t sheetTop) hiding() string {
	if t.hidden == 0 {
		return ""
	}
	return fmt.Sprintf("; of the first %d rows %d are hidden, and are read too", len(t.rows), t.hidden)
}

// sheetHead is what was found about a sheet's columns.
type sheetHead struct {
	left  int      // the sheet's column of the first name
	names []string // nil: no header was found
	below int      // the row where data may begin
	why   string
}

// places are the dataset's columns by the sheet's; fields are those of the
// names, nil where they stand in the dataset's order.
func (h sheetHead) places(fields []int) []int {
	out := make([]int, h.left+len(h.names))
	for i := range out {
		out[i] = -1
	}
	for i := range h.names {
		if out[h.left+i] = i; fields != nil {
			out[h.left+i] = fields[i]
		}
	}
	return out
}

// header finds the row, or the rows joined by merged cells, that name the
// columns: the one that has the names which the contract expects, else the
// first that has words only, for most of the columns, each another one. A
// first row that names every column needs no look at what is merged, for
// which the whole sheet would be unpacked.
func (t sheetTop) header(merged func(lowest int) ([]xlsx.Area, error), said *bool, expected []string) (sheetHead, error) {
	if len(t.rows) == 0 {
		return sheetHead{}, nil
	}
	if said != nil && !*said {
		return t.headless(), nil
	}
	if first := t.from(0, nil); t.rows[0].whole(t.width) && (first.expected(expected) || expected == nil && first.named(t.width)) {
		return t.head(first), nil
	}
	areas, err := merged(t.rows[min(len(t.rows), headRows)-1].number)
	if err != nil {
		return sheetHead{}, err
	}
	var all []candidate
	for i := range t.rows[:min(len(t.rows), headRows)] {
		all = append(all, t.from(i, areas))
	}
	for _, rule := range []func(candidate) bool{
		func(c candidate) bool { return c.expected(expected) },
		func(c candidate) bool { return c.alone && c.named(t.width) },
		func(c candidate) bool { return c.named(t.width) },
		func(c candidate) bool { return said != nil && c.covers(t.width) },
	} {
		for _, c := range all {
			if rule(c) {
				return t.head(c), nil
			}
		}
	}
	return sheetHead{}, nil
}

// candidate is what the header would be if it began in a row.
type candidate struct {
	top, bottom int            // rows of the sheet
	names       map[int]string // by column
	words       bool           // its cells are text, and most of them have a letter
	alone       bool           // a cell of the first row stands for one column alone
}

// from is the candidate that begins in the row at index i. Where a cell of it
// stands for several columns, the row below says more; names of several rows
// are joined.
func (t sheetTop) from(i int, areas []xlsx.Area) candidate {
	c := candidate{top: t.rows[i].number, bottom: t.rows[i].number, names: map[int]string{}, words: true}
	levels := areasFrom(areas, c.top)
	for row := c.top; row <= c.bottom && row < c.top+headLevels; row++ {
		for _, a := range levels {
			if a.Top != row {
				continue
			}
			c.bottom = max(c.bottom, a.Bottom)
			if a.Left < a.Right && a.Bottom == row {
				c.bottom = max(c.bottom, row+1)
			}
		}
	}
	if c.bottom >= c.top+headLevels {
		c.words = false
		c.bottom = c.top
	}
	for _, row := range t.rows[i:] {
		if row.number > c.bottom {
			break
		}
		c.level(row, levels)
	}
	return c
}

// areasFrom are the areas that may begin in a header at a row.
func areasFrom(areas []xlsx.Area, top int) (out []xlsx.Area) {
	for _, a := range areas {
		if a.Top >= top && a.Top < top+headLevels {
			out = append(out, a)
		}
	}
	return out
}

// level adds the names of one row. A cell stands for the columns of its area,
// up to the next cell that holds something.
func (c *candidate) level(row topRow, areas []xlsx.Area) {
	ends := map[int]int{}
	for _, a := range areas {
		if a.Top == row.number {
			ends[a.Left] = a.Right
		}
	}
	columns := slices.Sorted(maps.Keys(row.cells))
	for i, column := range columns {
		name := strings.Join(strings.Fields(row.cells[column].Text), " ")
		if name == "" {
			continue
		}
		right := max(column, ends[column])
		if i+1 < len(columns) {
			right = min(right, columns[i+1]-1)
		}
		c.words = c.words && row.cells[column].Kind == xlsx.Text
		c.alone = c.alone || row.number == c.top && column == right
		for at := column; at <= right; at++ {
			if c.names[at] != "" {
				c.names[at] += between
			}
			c.names[at] += name
		}
	}
}

// covers: it names most of the columns.
func (c candidate) covers(width int) bool { return float64(len(c.names)) >= covering*float64(width) }

// named: it reads like a header.
func (c candidate) named(width int) bool {
	if !c.words || !c.covers(width) {
		return false
	}
	different, letters := map[string]bool{}, 0
	for _, name := range c.names {
		different[strings.ToLower(name)] = true
		if strings.ContainsFunc(name, unicode.IsLetter) {
			letters++
		}
	}
	return float64(len(different)) >= covering*float64(width) && 5*letters >= 4*len(c.names)
}

// expected: half of the names that the contract expects are there.
func (c candidate) expected(names []string) bool {
	there := map[string]bool{}
	for _, name := range c.names {
		there[strings.ToLower(name)] = true
	}
	found := 0
	for _, name := range names {
		if there[strings.ToLower(name)] {
			found++
		}
	}
	return found > 0 && 2*found >= len(names)
}

// whole: the row has a cell in each of so many columns, without a gap.
func (r topRow) whole(width int) bool {
	left, right := r.span()
	return len(r.cells) == width && right-left+1 == width
}

func (r topRow) span() (left, right int) {
	left, right = xlsx.MaxColumns, -1
	for column := range r.cells {
		left, right = min(left, column), max(right, column)
	}
	return left, right
}

// head names the columns of a candidate and of what stands below it; a column
// without a name gets one by its letter. A row that only numbers the columns,
// like (1) (2) (3), belongs to the header.
func (t sheetTop) head(c candidate) sheetHead {
	h := sheetHead{below: c.bottom + 1, why: fmt.Sprintf("row %d names its columns", c.top)}
	if c.bottom > c.top {
		h.why = fmt.Sprintf("rows %d to %d name its columns, joined", c.top, c.bottom)
	}
	left, right := xlsx.MaxColumns, -1
	for column := range c.names {
		left, right = min(left, column), max(right, column)
	}
	first := true
	for _, row := range t.rows {
		if row.number <= c.bottom {
			continue
		}
		if first && row.numbers() {
			h.below = row.number + 1
			h.why += fmt.Sprintf(", row %d numbers them", row.number)
		}
		first = false
		l, r := row.span()
		left, right = min(left, l), max(right, r)
	}
	h.left = left
	for column := left; column <= right; column++ {
		name := c.names[column]
		if name == "" {
			name = "column_" + xlsx.ColumnName(column)
		}
		h.names = append(h.names, name)
	}
	return h
}

// numbers: the row holds (1), (2), (3) and so on, and nothing else.
func (r topRow) numbers() bool {
	left, right := r.span()
	for column := left; column <= right; column++ {
		if r.cells[column].Text != fmt.Sprintf("(%d)", column-left+1) {
			return false
		}
	}
	return right > left
}

// headless names the columns by their letters.
func (t sheetTop) headless() sheetHead {
	above := candidate{top: t.rows[0].number - 1, bottom: t.rows[0].number - 1}
	h := t.head(above)
	h.below, h.why = t.rows[0].number, "no row names its columns, so the contract says"
	return h
}
