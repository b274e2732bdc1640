package link

import (
	"strings"

	"github.com/sen-hub/sen/internal/dictionary"
)

// Missing is the code of a record that has no value in a column.
const Missing int32 = -1

// Table is the records that are to be linked: of each column the distinct
// values once, and of each record four bytes a column.
type Table struct {
	Rows    int
	Parts   int     // how many files, or datasets, the records come from
	Part    []uint8 // per record: which one
	Anchors int     // the first so many records are things that are known to be different: set once they are in, before all others
	Among   int     // of how many such things they are those that share a block with a record; 0: of themselves
	Columns []*Column
	Labels  []Label // what is known of some pairs
	Known   *Table  // records 2i and 2i+1 of it are known to be one thing; they are not linked, but teach how records of one thing differ. nil: none

	codes [][]int32 // record by record, codesPerPiece records a piece: the value of each column, or Missing
}

// Column is one field of the records.
type Column struct {
	Name   string
	Counts []int32 // per distinct value: how many records have it
	Filled int     // records that have a value

	values  texts
	cleaned []string // room of codes
}

// Distinct is how many distinct values there are.
func (c *Column) Distinct() int { return len(c.Counts) }

// Value is a distinct value by its number, in the order in which they came.
func (c *Column) Value(code int32) string { return c.values.at(code) }

const (
	pieceBits     = 14
	codesPerPiece = 1 << pieceBits
)

// NewTable is an empty table of these columns.
func NewTable(columns []string) *Table {
	t := &Table{Columns: make([]*Column, len(columns))}
	for i, name := range columns {
		t.Columns[i] = &Column{Name: name}
	}
	return t
}

// row is the codes of a record.
func (t *Table) row(i int32) []int32 {
	width := len(t.Columns)
	from := int(i&(codesPerPiece-1)) * width
	return t.codes[i>>pieceBits][from : from+width]
}

// extend makes room for n more records of one part.
func (t *Table) extend(part, n int) {
	for range n {
		t.Part = append(t.Part, uint8(part))
	}
	t.Rows += n
	t.Parts = max(t.Parts, part+1)
	for len(t.codes)*codesPerPiece < t.Rows {
		t.codes = append(t.codes, make([]int32, codesPerPiece*len(t.Columns)))
	}
}

// Add puts one record behind the others. values are in the order of the
// columns; what stands for no value ("", "NULL", "n/a") is missing.
func (t *Table) Add(part int, values []string) {
	t.extend(part, 1)
	row := t.row(int32(t.Rows - 1))
	for i, c := range t.Columns {
		row[i] = c.code(values[i])
	}
}

// AddColumns puts records of the first part behind the others, of each column
// its values, as Add takes them.
func (t *Table) AddColumns(columns [][]string) {
	first := t.Rows
	t.extend(0, len(columns[0]))
	sideBySide(len(columns), func(i int) { t.fill(i, first, columns[i]) })
}

// AddKnown puts in two records that are known to be one thing, by which the
// others can learn how the records of one thing differ.
func (t *Table) AddKnown(a, b []string) {
	if t.Known == nil {
		names := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			names[i] = c.Name
		}
		t.Known = NewTable(names)
	}
	t.Known.Add(0, a)
	t.Known.Add(0, b)
}

// fill gives the records from the first on their values of a column, "" where
// one has none.
func (t *Table) fill(column, first int, values []string) {
	for i, code := range t.Columns[column].codes(values) {
		t.row(int32(first + i))[column] = code
	}
}

// codes are the numbers of values, each counted once more; they stand until the next.
func (c *Column) codes(values []string) []int32 {
	c.cleaned = c.cleaned[:0]
	for _, value := range values {
		c.cleaned = append(c.cleaned, clean(value))
	}
	codes := c.values.numbers(c.cleaned)
	for _, code := range codes {
		c.count(code)
	}
	return codes
}

// code is a value's number, counted once more.
func (c *Column) code(raw string) int32 {
	value := clean(raw)
	if value == "" {
		return Missing
	}
	n, _ := c.values.number(value)
	return c.count(n)
}

// count counts a record that has a value.
func (c *Column) count(code int32) int32 {
	if code == Missing {
		return Missing
	}
	if int(code) == len(c.Counts) {
		c.Counts = append(c.Counts, 0)
	}
	c.Counts[code]++
	c.Filled++
	return code
}

// settle gives back what only more records would need.
func (t *Table) settle() {
	for _, c := range t.Columns {
		c.values.settle()
		c.cleaned = nil
	}
}

// clean takes the spaces from both ends and the words that mean "none".
func clean(raw string) string {
	value := raw
	if mayBeSpace(raw) {
		value = strings.TrimSpace(raw)
	}
	if len(value) <= longestNone && value != "" && strings.IndexByte(noneBegins, value[0]) >= 0 {
		for _, none := range nones {
			if len(none) == len(value) && strings.EqualFold(none, value) {
				return ""
			}
		}
	}
	return value
}

// mayBeSpace reports whether a value may begin or end with a space: it does not
// where both ends are letters, digits or signs of ASCII or letters that
// Vietnamese has beyond those, which are told by their first bytes.
func mayBeSpace(value string) bool {
	n := len(value)
	if n == 0 {
		return false
	}
	if first := value[0]; first <= ' ' || first >= 0x80 && !ofLetter(value) {
		return true
	}
	last := n - 1
	for last > 0 && last > n-3 && value[last]&0xc0 == 0x80 {
		last--
	}
	return value[last] <= ' ' || value[last] >= 0x80 && !ofLetter(value[last:])
}

// ofLetter reports whether a text begins with a letter of U+00C0 to U+01FF, or
// of U+1E80 to U+1EFF.
func ofLetter(text string) bool {
	return text[0] >= 0xc3 && text[0] <= 0xc7 || text[0] == 0xe1 && len(text) > 1 && text[1] >= 0xba && text[1] <= 0xbb
}

// nones are the words that mean "none", in any case.
var nones = []string{"null", "nan", "n/a", "na", "none", `\n`, "-", "--", "?", "unknown", "không rõ", "không có"}

// noneBegins are the bytes that they begin with.
const noneBegins = `nNuUkK\-?`

// longestNone is the longest of them, in bytes, however it is written.
const longestNone = len("KHÔNG CÓ")

// column is the one called so, in any case.
func (t *Table) column(name string) (int, bool) {
	for i, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return i, true
		}
	}
	return 0, false
}

// fold is the form in which values are compared: lower case, no marks, words
// of letters and digits with one space between them.
func fold(value string) string {
	if isFolded(value) {
		return value
	}
	var b strings.Builder
	b.Grow(len(value))
	gap := false
	for _, r := range dictionary.Fold(value) {
		switch {
		case r == '\'' || r == '’':
			continue // O'Brien is OBrien
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// isFolded reports whether a value is a word of small letters and digits.
func isFolded(value string) bool {
	for i := range len(value) {
		if c := value[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
