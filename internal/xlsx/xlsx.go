// Package xlsx reads and writes workbooks of Office Open XML (ECMA-376),
// files named .xlsx. What comes in is a file's bytes; what goes out is the
// cells of one row after another, each as text and with what it is: a number
// in plain digits, a date as ISO 8601, a formula's last result.
//
// It never computes a formula, never follows a link out of the file, never
// runs a macro. A row is all that it holds of a sheet; the texts that cells
// share are held within a budget.
package xlsx

import (
	"io"

	"github.com/sen-hub/sen"
)

// Kind is what a cell holds.
type Kind uint8

// The kinds of a cell.
const (
	Blank      Kind = iota
	Text            // also a number that is stored as text
	Number          // in digits, without an exponent below 1e21
	Bool            // "true" or "false"
	Date            // 2026-11-27, 2026-11-27T09:30:00, 09:30:00, or hours beyond a day, 36:00:00
	Error           // a formula's error, like #N/A
	Uncomputed      // a formula whose result nobody stored
)

// Cell is one cell.
type Cell struct {
	Kind Kind
	Text string
}

// Sheet is a small table.
type Sheet struct {
	Name   string
	Hidden bool
	Header int       // Write: so many rows from the first on are the header: bold, and in sight always
	Widths []float64 // Write: of the columns, in characters; where there are none, as the texts ask for
	Rows   [][]Cell
}

// What Excel itself can hold.
const (
	MaxRows    = 1 << 20
	MaxColumns = 1 << 14
)

// The most that Read takes.
const (
	readCells = 4 << 20
	readBytes = 128 << 20
)

// Read reads a whole workbook, sheet by sheet, hidden ones too. Errors: Invalid
// where it is none or is too large for that, Corrupt where it is damaged.
func Read(r io.ReaderAt, size int64) ([]Sheet, error) {
	b, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	var out []Sheet
	left := room{readCells, readBytes}
	for _, info := range b.Sheets() {
		sheet := Sheet{Name: info.Name, Hidden: info.Hidden}
		rows, err := b.Rows(info.Name)
		if err != nil {
			return nil, err
		}
		sheet.Rows, err = readAll(rows, &left)
		rows.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, sheet)
	}
	return out, nil
}

// room is how much more Read may take.
type room struct{ cells, bytes int }

func readAll(r *Rows, left *room) (out [][]Cell, err error) {
	for r.Next() {
		values := r.Values()
		if len(values) == 0 {
			continue
		}
		width := values[len(values)-1].Column + 1
		left.cells -= width + r.Number() - len(out)
		for _, v := range values {
			left.bytes -= len(v.Text)
		}
		if left.cells < 0 || left.bytes < 0 {
			return nil, sen.Errorf(sen.Invalid, "sheet %s is too large to be read whole: more than %d cells or %d bytes", r.sheet, readCells, readBytes)
		}
		row := make([]Cell, width)
		for _, v := range values {
			row[v.Column] = Cell{v.Kind, string(v.Text)}
		}
		for len(out) < r.Number()-1 {
			out = append(out, nil)
		}
		out = append(out, row)
	}
	return out, r.Err()
}
