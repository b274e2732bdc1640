package link

import (
	"strings"

	"github.com/sen-hub/sen/internal/dictionary"
)

// Missing is the code of a record that has no value in a column.
const Missing int32 = -1

// Table is the records that are to be linked, column by column, each distinct
// value once.
type Table struct {
	Rows    int
	Parts   int     // how many files, or datasets, the records come from
	Part    []uint8 // per record: which one
	Anchors int     // the first so many records are things that are known to be different
	Columns []*Column
}

// Column is one field of the records.
type Column struct {
	Name   string
	Values []string // distinct, in the order in which they first came
	Codes  []int32  // per record: place in Values, or Missing
	Counts []int32  // per value: how many records have it
	Filled int      // records that have a value

	place map[string]int32
}

// NewTable is an empty table of these columns.
func NewTable(columns []string) *Table {
	t := &Table{Columns: make([]*Column, len(columns))}
	for i, name := range columns {
		t.Columns[i] = &Column{Name: name, place: map[string]int32{}}
	}
	return t
}

// Add puts one record behind the others. values are in the order of the
// columns; what stands for no value ("", "NULL", "n/a") is missing.
func (t *Table) Add(part int, values []string) {
	for i, c := range t.Columns {
		c.add(values[i])
	}
	t.Part = append(t.Part, uint8(part))
	t.Rows++
	t.Parts = max(t.Parts, part+1)
}

// AddAnchor puts a record in that is known to be no other anchor. Anchors come
// before all other records.
func (t *Table) AddAnchor(values []string) {
	t.Add(0, values)
	t.Anchors = t.Rows
}

func (c *Column) add(raw string) {
	value := clean(raw)
	if value == "" {
		c.Codes = append(c.Codes, Missing)
		return
	}
	code, known := c.place[value]
	if !known {
		code = int32(len(c.Values))
		value = strings.Clone(value)
		c.place[value] = code
		c.Values = append(c.Values, value)
		c.Counts = append(c.Counts, 0)
	}
	c.Counts[code]++
	c.Filled++
	c.Codes = append(c.Codes, code)
}

// clean takes the spaces from both ends and the words that mean "none".
func clean(raw string) string {
	value := strings.TrimSpace(raw)
	switch strings.ToLower(value) {
	case "null", "nan", "n/a", "na", "none", `\n`, "-", "--", "?", "unknown", "không rõ", "không có":
		return ""
	}
	return value
}

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
