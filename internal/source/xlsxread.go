package source

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/xlsx"
)

// Read reads one workbook after another. A workbook's parts lie anywhere in
// its file, so that a mark carries the sum of all its bytes, and a reading
// that goes on passes over the rows before the mark.
func (x *xlsxReader) Read(ctx context.Context, from Mark, emit func(*Range) error) (Position, error) {
	x.facts.Blank = 0
	return Ahead(ctx, emit, func(ctx context.Context, send func(*Range) error) (Position, error) {
		done, _, err := x.set.resume(ctx, from)
		if err != nil {
			return Position{}, err
		}
		run := &xlsxRun{x: x, send: send, done: done, next: from.Next, out: rows.NewBuilder(x.names, from.Row), slots: make([]*xlsx.Value, len(x.names))}
		for i := from.File; i < len(x.parts); i++ {
			if err := run.file(ctx, i, from); err != nil {
				return Position{}, err
			}
			from = Mark{}
		}
		if err := x.set.unchanged(); err != nil {
			return Position{}, err
		}
		return done.position(run.out.Next()), nil
	})
}

// xlsxRun is one reading.
type xlsxRun struct {
	x     *xlsxReader
	out   *rows.Builder
	send  func(*Range) error
	next  int // number of the next range
	done  *sums
	slots []*xlsx.Value // of the row under way, by column

	// Of the file under way:
	part    *sheetFile
	index   int
	first   int64 // ordinal of its first row
	line    int   // the sheet's row that comes next
	bytes   int64 // of the range under way
	summed  func() (FileSum, error)
	current Range
}

// file reads one workbook from a mark on; the zero mark is its beginning.
func (r *xlsxRun) file(ctx context.Context, i int, from Mark) error {
	r.part, r.index = &r.x.parts[i], i
	r.first, r.line = r.out.Next(), r.part.first
	if from != (Mark{}) {
		r.first, r.line = from.First, int(from.Line)
	}
	f, book, err := r.part.book()
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, stop := context.WithCancel(ctx)
	r.summed = inBackground(func() (FileSum, error) { return hashFile(ctx, r.part.file) })
	defer func() { _, _ = r.summed() }() // whoever reads the sum has its error
	defer stop()
	sheet, err := book.Rows(r.part.sheet)
	if err != nil {
		return r.part.inside(err)
	}
	defer sheet.Close()
	r.begin()
	if err := r.rows(ctx, sheet); err != nil {
		return err
	}
	sum, err := r.summed()
	if err != nil {
		return err
	}
	r.done.add(sum)
	return nil
}

// rows reads to the end of the sheet.
func (r *xlsxRun) rows(ctx context.Context, sheet *xlsx.Rows) error {
	for sheet.Next() {
		if sheet.Number() < r.line {
			continue
		}
		r.x.facts.Blank += int64(sheet.Number() - r.line)
		r.line = sheet.Number() + 1
		if err := r.row(sheet); err != nil {
			return err
		}
		if err := r.cut(ctx); err != nil {
			return err
		}
	}
	if sheet.Err() != nil {
		return r.part.inside(sheet.Err())
	}
	return r.emit()
}

// row takes one row over.
func (r *xlsxRun) row(sheet *xlsx.Rows) error {
	values := sheet.Values()
	clear(r.slots)
	fault, outside, size := "", false, 0
	for i := range values {
		v := &values[i]
		if size += len(v.Text); size > max(maxRecordBytes, 4*r.x.options.FieldLimit) {
			return sen.Errorf(sen.Invalid, "row %d of sheet %s is longer than %d bytes", sheet.Number(), r.part.sheet, size).
				At("%s", r.part.path).WithHint("is this a table, with a value in each cell?")
		}
		if found := faultOf(v, sheet.Number()); found != "" && fault == "" {
			fault = found
		}
		if v.Column < len(r.part.places) && r.part.places[v.Column] >= 0 {
			r.slots[r.part.places[v.Column]] = v
			continue
		}
		if outside = true; fault == "" {
			fault = fmt.Sprintf("cell %s lies outside of the columns", xlsx.Name(v.Column, sheet.Number()))
		}
	}
	sound, err := r.append(sheet.Number())
	if err != nil {
		return err
	}
	var raw []byte
	if outside {
		raw = wholeRow(values)
	}
	if !sound {
		if mended := r.out.Mend(false); fault == "" {
			fault = mended
		}
	}
	if fault == "" {
		r.out.End(int64(sheet.Number()))
		return nil
	}
	r.out.EndWith(int64(sheet.Number()), fault, raw)
	return nil
}

// append puts the row's values into the columns.
func (r *xlsxRun) append(row int) (sound bool, err error) {
	sound = true
	r.bytes += int64(len(r.slots)) // a cell costs something where it is empty too
	for i, v := range r.slots {
		if v == nil || v.Kind == xlsx.Uncomputed {
			r.out.Columns[i].Null()
			continue
		}
		if len(v.Text) > r.x.options.FieldLimit {
			return false, sen.Errorf(sen.Invalid, "cell %s of sheet %s is longer than the limit of %d bytes", xlsx.Name(v.Column, row), r.part.sheet, r.x.options.FieldLimit).
				At("%s", r.part.path).WithHint("raise source.field_limit in sen.yaml if the value is meant to be so long")
		}
		sound = sound && rows.Sound(v.Text, false)
		r.out.Columns[i].Append(v.Text)
		r.bytes += int64(len(v.Text))
	}
	return sound, nil
}

// formulaError is an error as spreadsheet programs write them: nothing else of
// a cell is repeated in a fault.
var formulaError = regexp.MustCompile(`^#[A-Z0-9_/]{2,20}[!?]?$`)

// faultOf is what is wrong with a cell; empty when nothing is.
func faultOf(v *xlsx.Value, row int) string {
	switch {
	case v.Kind == xlsx.Uncomputed:
		return "the formula in cell " + xlsx.Name(v.Column, row) + " has no stored result"
	case v.Kind == xlsx.Error && formulaError.Match(v.Text):
		return "error " + string(v.Text) + " in cell " + xlsx.Name(v.Column, row)
	case v.Kind == xlsx.Error:
		return "an error in cell " + xlsx.Name(v.Column, row)
	}
	return ""
}

// wholeRow is a row as JSON, its cells by their columns.
func wholeRow(values []xlsx.Value) []byte {
	out := []byte{'{'}
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		text, _ := json.Marshal(string(v.Text)) // a string has no error
		out = append(append(out, `"`+xlsx.ColumnName(v.Column)+`":`...), text...)
	}
	return append(out, '}')
}

func (r *xlsxRun) begin() {
	r.bytes = 0
	ordinal := r.out.Next() - r.first
	r.current = Range{Number: r.next, FirstRow: r.out.Next(), File: r.part.path, FileRow: ordinal, Start: ordinal}
}

// cut ends the batch or the range where it is full.
func (r *xlsxRun) cut(ctx context.Context) error {
	o := r.x.options
	if r.out.Rows() == o.BatchRows {
		r.flush()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if r.bytes >= o.RangeBytes || r.out.Next()-r.current.FirstRow >= o.RangeRows {
		return r.emit()
	}
	return nil
}

func (r *xlsxRun) flush() {
	if batch := r.out.Flush(); batch != nil {
		r.current.Batches = append(r.current.Batches, batch)
	}
}

// emit sends the range under way, if it has rows, and starts the next.
func (r *xlsxRun) emit() error {
	r.flush()
	ready := r.current
	if ready.Batches == nil {
		return nil
	}
	sum, err := r.summed()
	if err != nil {
		return err
	}
	r.next++
	ready.Rows, ready.End = r.out.Next()-ready.FirstRow, r.out.Next()-r.first
	ready.Mark = Mark{Next: r.next, Row: r.out.Next(), File: r.index, Name: r.part.name, First: r.first, Offset: ready.End,
		Line: int64(r.line), Size: sum.Size, Hashed: sum.Size, Sum: sum.Sum, Done: r.done.digest()}
	r.begin()
	return r.send(&ready)
}
