package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/xlsx"
)

// xlsxReader reads one sheet of a workbook, or of each workbook of a folder.
//
// Values come as text: numbers in digits, dates as their number format shows
// them to be (ISO 8601), formulas as their stored results. A cell that is an
// error, or a formula without a result, is a fault of its row.
type xlsxReader struct {
	set     files
	parts   []sheetFile
	names   []string // columns
	named   string   // the file that named them
	options Options
	facts   Facts
}

// sheetFile is one workbook and what is read of it.
type sheetFile struct {
	file
	sheet  string
	first  int   // the row where data may begin, from 1
	places []int // the dataset's column of each column of the sheet; -1: none
}

func openXLSX(ctx context.Context, set files, at Location, o Options) (Reader, error) {
	x := &xlsxReader{set: set, options: o, facts: Facts{
		Format: XLSX, Encoding: charset.UTF8, Files: len(set.list), Bytes: set.bytes(), Header: at.Header == nil || *at.Header}}
	for _, f := range set.list {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := x.add(f, at); err != nil {
			return nil, err
		}
	}
	for _, name := range set.ignored {
		x.facts.Evidence = append(x.facts.Evidence, "passed over "+name)
	}
	return x, nil
}

// add finds a workbook's sheet and its columns.
func (x *xlsxReader) add(f file, at Location) error {
	r, book, err := f.book()
	if err != nil {
		return err
	}
	defer r.Close()
	sheet, why, err := chooseSheet(book, f, at)
	if err != nil {
		return err
	}
	top, err := readTop(book, sheet)
	if err != nil {
		return f.inside(err)
	}
	head, err := top.header(func(lowest int) ([]xlsx.Area, error) { return book.Merged(sheet, lowest) }, at.Header, x.options.Columns)
	if err != nil {
		return f.inside(err)
	}
	if head.names == nil {
		return sen.Errorf(sen.Invalid, "sheet %s has no row that names its columns", sheet).At("%s", f.path).
			WithHint("say header: false in the contract where there is none, header: true where names are numbers; else put the names into one row above the data, each once")
	}
	own := rows.Unique(head.names)
	if x.names == nil {
		x.names, x.named = own, f.name
	}
	fields, err := fieldsOf(f, own, x.names, x.named)
	if err != nil {
		return err
	}
	x.parts = append(x.parts, sheetFile{file: f, sheet: sheet, first: head.below, places: head.places(fields)})
	x.facts.Rows += max(0, int64(top.bottom-head.below+1))
	if sentence := fmt.Sprintf("sheet %s%s: %s%s", sheet, why, head.why, top.hiding()); !slices.Contains(x.facts.Evidence, sentence) {
		x.facts.Evidence = append(x.facts.Evidence, sentence)
	}
	return nil
}

// book opens a workbook.
func (f file) book() (*os.File, *xlsx.Book, error) {
	r, err := f.open()
	if err != nil {
		return nil, nil, err
	}
	book, err := xlsx.Open(r, f.info.Size())
	if err != nil {
		r.Close()
		return nil, nil, f.inside(err)
	}
	return r, book, nil
}

// inside names the file in an error about a part of it.
func (f file) inside(err error) error {
	if sen.KindOf(err) == sen.Internal {
		return f.unreadable(err)
	}
	if e := (*sen.Error)(nil); errors.As(err, &e) && e.Where != "" {
		e.Where = f.path + ", " + e.Where
		return err
	}
	return f.at(err)
}

// chooseSheet is the sheet that the location names, by its property or by the
// object's own name, else the only one to be seen that holds something.
func chooseSheet(book *xlsx.Book, f file, at Location) (name, why string, err error) {
	for _, named := range []string{at.Sheet, at.Table} {
		for _, s := range book.Sheets() {
			if named != "" && strings.EqualFold(strings.TrimSpace(s.Name), strings.TrimSpace(named)) {
				return s.Name, "", nil
			}
		}
		if at.Sheet != "" {
			return "", "", sen.Errorf(sen.NotFound, "the workbook has no sheet %s", at.Sheet).At("%s", f.path).
				WithHint("its sheets are: %s. Name one in the property sheet", strings.Join(sheetNames(book.Sheets()), ", "))
		}
	}
	full, err := fullSheets(book)
	switch {
	case err != nil:
		return "", "", f.inside(err)
	case len(full) == 1:
		return full[0], ", the only one to be seen that holds something", nil
	case len(full) == 0:
		return "", "", sen.Errorf(sen.Invalid, "no sheet of the workbook that is to be seen holds anything").At("%s", f.path).
			WithHint("its sheets are: %s. A hidden one is read where the property sheet names it", strings.Join(sheetNames(book.Sheets()), ", "))
	}
	return "", "", sen.Errorf(sen.Invalid, "%d sheets of the workbook hold something: %s", len(full), strings.Join(full, ", ")).At("%s", f.path).
		WithHint("say which one in the property sheet of the contract's server, or in the object's physicalName")
}

func sheetNames(list []xlsx.Info) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}

// fullSheets are the sheets to be seen that hold something.
func fullSheets(book *xlsx.Book) (full []string, err error) {
	for _, s := range book.Sheets() {
		if s.Hidden {
			continue
		}
		r, err := book.Rows(s.Name)
		if err != nil {
			return nil, err
		}
		if r.Next() {
			full = append(full, s.Name)
		}
		r.Close()
		if r.Err() != nil {
			return nil, r.Err()
		}
	}
	return full, nil
}

func (x *xlsxReader) Columns() []Column { return textColumns(x.names) }
func (x *xlsxReader) Key() []string     { return nil }
func (x *xlsxReader) Close() error      { return nil }

func (x *xlsxReader) Facts() Facts {
	f := x.facts
	f.Evidence = slices.Clone(f.Evidence)
	return f
}

// sheets takes each sheet of a workbook that holds something for a dataset,
// where there are several; a workbook with one is like any file.
func (d *discovery) sheets(ctx context.Context, f file) (several bool, err error) {
	r, book, err := f.book()
	if err != nil {
		return false, err
	}
	defer r.Close()
	full, err := fullSheets(book)
	if err != nil {
		return false, f.inside(err)
	}
	var hidden []string
	for _, s := range book.Sheets() {
		if s.Hidden {
			hidden = append(hidden, s.Name)
		}
	}
	if hidden != nil {
		d.say(f.path, "hidden sheets are left out: %s", strings.Join(hidden, ", "))
	}
	if len(full) < 2 {
		return false, nil
	}
	d.say(f.path, "XLSX with %d sheets: %s", len(full), strings.Join(full, ", "))
	for _, sheet := range full {
		at := Location{Path: f.path, Format: XLSX, Table: sheet}
		one, err := Open(ctx, at, Options{})
		if err != nil {
			d.say(f.path, "left out: %v", err)
			d.failed = err
			continue
		}
		one.Close()
		d.locations = append(d.locations, at)
	}
	return true, nil
}
