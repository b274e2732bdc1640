package xlsx

import (
	"bytes"
	"strconv"

	"github.com/sen-hub/sen"
)

// maxRow is how many bytes of its own text a row may have: the texts that are
// shared are not among them.
const maxRow = 64 << 20

// Value is a cell of the row at hand that holds something.
type Value struct {
	Column int // from 0
	Kind   Kind
	Text   []byte
}

// Rows reads a sheet row by row. Rows and cells that hold nothing, but for
// their looks, are passed over.
type Rows struct {
	book   *Book
	sheet  string
	p      *part
	number int // of the row at hand, from 1
	hidden bool
	values []Value
	memory []byte
	ended  bool
	err    error
}

// Rows starts to read a sheet; the error's kind is NotFound where the workbook
// has none of that name.
func (b *Book) Rows(sheet string) (*Rows, error) {
	p, err := b.body(sheet)
	if err != nil {
		return nil, err
	}
	return &Rows{book: b, sheet: sheet, p: p, ended: p.empty}, nil
}

// body is the part of a sheet, read up to its cells.
func (b *Book) body(sheet string) (*part, error) {
	info, err := b.sheet(sheet)
	if err != nil {
		return nil, err
	}
	p, err := b.open(info.part, maxSheetPart)
	if err != nil {
		return nil, err
	}
	for {
		found, err := p.next()
		if err == nil && found == ended {
			err = sen.Errorf(sen.Corrupt, "the sheet has no place for cells")
		}
		if err != nil {
			p.Close()
			return nil, at(err, "sheet "+sheet)
		}
		if found != opened {
			continue
		}
		switch string(p.name) {
		case "dimension":
			if area, ok := areaOf(p.attr("ref")); ok {
				p.bottom = area.Bottom
			}
		case "sheetData":
			return p, nil
		}
	}
}

// Next goes to the next row that holds something; false at the end and where
// the sheet cannot be read: see Err. Errors: Corrupt where the sheet breaks the
// order of rows and cells, Invalid where it goes beyond what a sheet may be.
func (r *Rows) Next() bool {
	for r.err == nil && !r.ended {
		found, err := r.p.next()
		switch {
		case err != nil:
			r.err = at(err, "sheet "+r.sheet)
		case found == opened && string(r.p.name) == "row":
			if r.err = at(r.row(), "sheet "+r.sheet); r.err == nil && len(r.values) > 0 {
				return true
			}
		case found == opened:
			r.err = at(r.p.skip(), "sheet "+r.sheet)
		case found == closed:
			r.ended = true
			r.err = at(r.p.drain(), "sheet "+r.sheet) // the sum of the part's bytes is looked at behind its last
		}
	}
	r.values = nil
	return false
}

// Number is the number of the row at hand, as a person sees it: from 1.
func (r *Rows) Number() int { return r.number }

// Hidden reports that a spreadsheet program does not show the row at hand,
// because somebody hid or filtered it.
func (r *Rows) Hidden() bool { return r.hidden }

// Values are the cells of the row at hand that hold something, from left to
// right. They are good until Next is called.
func (r *Rows) Values() []Value { return r.values }

// Bottom is the last row that the sheet says it has; 0 where it does not say.
func (r *Rows) Bottom() int { return r.p.bottom }

// Err is what ended the reading before the sheet's end.
func (r *Rows) Err() error { return r.err }

// Close ends the reading.
func (r *Rows) Close() { r.p.Close() }

func (r *Rows) row() error {
	r.values, r.memory = r.values[:0], r.memory[:0]
	last := r.number
	r.number++
	r.hidden = truth(r.p.attr("hidden"))
	if named := r.p.attr("r"); named != nil {
		r.number = number(named)
	}
	if r.number <= last {
		return sen.Errorf(sen.Corrupt, "a row behind row %d has a number that is not greater", last)
	}
	if r.number > MaxRows {
		return sen.Errorf(sen.Invalid, "the sheet goes beyond row %d", MaxRows)
	}
	for outside, column := r.p.depth-1, -1; ; {
		found, err := r.p.next()
		switch {
		case err != nil:
			return err
		case found == closed && r.p.depth == outside:
			return nil
		case found == opened && string(r.p.name) == "c":
			column, err = r.cell(column)
		case found == opened:
			err = r.p.skip()
		}
		if err != nil {
			return err
		}
	}
}

// cell reads one cell and answers its column.
func (r *Rows) cell(before int) (int, error) {
	column := before + 1
	if ref := r.p.attr("r"); ref != nil {
		c, row, ok := Place(ref)
		if !ok || row != r.number || c < column {
			return 0, sen.Errorf(sen.Corrupt, "a cell of row %d stands in another row, or not to the right of the one before", r.number)
		}
		column = c
	}
	if column >= MaxColumns {
		return 0, sen.Errorf(sen.Invalid, "row %d goes beyond column %d", r.number, MaxColumns)
	}
	raw, err := r.raw(kindOf(r.p.attr("t")), number(r.p.attr("s")))
	if err != nil {
		return 0, err
	}
	v := Value{Column: column}
	if v.Kind, v.Text, err = r.value(raw); err != nil {
		return 0, sen.Errorf(sen.Corrupt, "cell %s: %w", Name(column, r.number), err)
	}
	if v.Kind != Blank {
		r.values = append(r.values, v)
	}
	return column, nil
}

// written is a cell as the sheet has it.
type written struct {
	kind    stored
	style   int
	text    []byte
	has     bool // there is a value
	formula bool
}

// stored is how a cell's value is written.
type stored uint8

const (
	asNumber stored = iota
	asShared
	asText
	asBool
	asError
	asISO
	asUnknown
)

func kindOf(t []byte) stored {
	switch string(t) {
	case "", "n":
		return asNumber
	case "s":
		return asShared
	case "str", "inlineStr":
		return asText
	case "b":
		return asBool
	case "e":
		return asError
	case "d":
		return asISO
	}
	return asUnknown
}

// raw reads what is within a cell.
func (r *Rows) raw(kind stored, style int) (written, error) {
	w := written{kind: kind, style: style}
	begin := len(r.memory)
	for outside := r.p.depth - 1; ; {
		found, err := r.p.next()
		switch {
		case err != nil:
			return w, err
		case found == closed && r.p.depth == outside:
			w.text = r.memory[begin:len(r.memory):len(r.memory)]
			return w, nil
		case found != opened:
		case w.has && (string(r.p.name) == "v" || string(r.p.name) == "is"):
			err = sen.Errorf(sen.Corrupt, "a cell of row %d has two values", r.number)
		case string(r.p.name) == "v":
			w.has = true
			r.memory, err = r.p.content(r.memory)
			if kind == asText {
				r.memory = r.memory[:begin+len(restore(r.memory[begin:]))]
			}
		case string(r.p.name) == "is":
			w.has = true
			r.memory, err = r.p.richText(r.memory)
		default:
			w.formula = w.formula || string(r.p.name) == "f"
			err = r.p.skip()
		}
		if err != nil {
			return w, err
		}
		if len(r.memory) > maxRow {
			return w, sen.Errorf(sen.Invalid, "the texts of row %d are longer than %d bytes", r.number, maxRow)
		}
	}
}

// value is what a cell means.
func (r *Rows) value(w written) (Kind, []byte, error) {
	switch {
	case !w.has && w.formula:
		return Uncomputed, nil, nil
	case !w.has:
		return Blank, nil, nil
	case w.kind == asText:
		return Text, w.text, nil
	case w.kind == asError:
		return Error, w.text, nil
	}
	text := bytes.TrimSpace(w.text)
	switch {
	case len(text) == 0 && w.formula:
		return Uncomputed, nil, nil
	case len(text) == 0:
		return Blank, nil, nil
	}
	switch w.kind {
	case asShared:
		return r.sharedText(text)
	case asBool:
		return truthOf(text)
	case asISO:
		return Date, text, nil
	case asNumber:
		return r.numeric(text, r.book.styles.of(w.style))
	}
	return Blank, nil, sen.Errorf(sen.Corrupt, "its type is not one that a cell can have")
}

func (r *Rows) sharedText(index []byte) (Kind, []byte, error) {
	text, there, err := r.book.shared.text(number(index))
	if err == nil && !there {
		err = sen.Errorf(sen.Corrupt, "the text that it names is not there")
	}
	return Text, text, err
}

func truthOf(text []byte) (Kind, []byte, error) {
	switch string(text) {
	case "1", "true":
		return Bool, []byte("true"), nil
	case "0", "false":
		return Bool, []byte("false"), nil
	}
	return Blank, nil, sen.Errorf(sen.Corrupt, "it is neither true nor false")
}

// numeric writes a number as its form shows it to be.
func (r *Rows) numeric(text []byte, f form) (Kind, []byte, error) {
	begin := len(r.memory)
	if f.date || f.time || f.elapsed {
		if serial, err := strconv.ParseFloat(string(text), 64); err == nil {
			var moment bool
			if r.memory, moment = appendMoment(r.memory, serial, f, r.book.from1904); moment {
				return Date, r.memory[begin:len(r.memory):len(r.memory)], nil
			}
		}
	}
	var ok bool
	if r.memory, ok = appendNumber(r.memory, text); !ok {
		return Blank, nil, sen.Errorf(sen.Corrupt, "it is not the number that it says it is")
	}
	digits := r.memory[begin:len(r.memory):len(r.memory)]
	if len(digits) < f.zeros {
		begin = len(r.memory)
		r.memory = appendFilled(r.memory, digits, f.zeros)
		digits = r.memory[begin:len(r.memory):len(r.memory)]
	}
	return Number, digits, nil
}

// Place reads a cell's name, like C7: its column from 0 and its row from 1.
func Place(ref []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	row = number(ref[i:])
	return column - 1, row, i > 0 && i < 4 && row > 0
}

// Name is the name of a cell by its column from 0 and its row from 1.
func Name(column, row int) string { return ColumnName(column) + strconv.Itoa(row) }

// ColumnName is the name of a column, from 0: A, B, … AA.
func ColumnName(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
