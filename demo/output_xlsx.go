package demo

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// xlsxFile writes one sheet of a workbook (ECMA-376, part 1), row by row: a
// header of the columns' physical names, whole days as numbers with the format
// of a date, whole numbers as numbers, all else as text in its cell.
type xlsxFile struct {
	file    *staged
	zip     *zip.Writer
	w       *bufio.Writer
	columns []column
	line    int
	err     error
}

const (
	xlsxMain  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	xlsxRels  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	xlsxTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

func openXLSX(s *staged, d []dataset) (output, error) {
	file, err := s.create()
	if err != nil {
		return nil, err
	}
	f := &xlsxFile{file: s, zip: zip.NewWriter(file)}
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="` + xlsxTypes + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + xlsxTypes + `styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + xlsxTypes + `worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + xlsxRels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + xlsxMain + `" xmlns:r="` + xlsxRels + `"><sheets><sheet name="` + d[0].id.Object() + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + xlsxRels + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + xlsxRels + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + xlsxMain + `"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`},
	} {
		w, err := f.zip.Create(part[0])
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		if _, err := io.WriteString(w, xml.Header+part[1]); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	sheet, err := f.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	f.w = bufio.NewWriterSize(sheet, bufferSize)
	f.put(xml.Header + `<worksheet xmlns="` + xlsxMain + `"><sheetData>`)
	var head []string
	for _, c := range d[0].columns {
		if !c.derived {
			f.columns = append(f.columns, c)
			head = append(head, c.physical)
		}
	}
	f.row(head, true)
	return f, f.err
}

func (f *xlsxFile) put(text string) {
	if _, err := f.w.WriteString(text); err != nil && f.err == nil {
		f.err = err
	}
}

func (f *xlsxFile) write(_ int, r *row) error {
	f.row(r.source[:len(f.columns)], false)
	return f.err
}

func (f *xlsxFile) row(values []string, head bool) {
	f.line++
	line := strconv.Itoa(f.line)
	f.put(`<row r="` + line + `">`)
	for i, v := range values {
		if v == "" {
			continue
		}
		place := `<c r="` + string(rune('A'+i)) + line + `"`
		switch number, style := f.number(f.columns[i].holds, v, head); {
		case number != "":
			f.put(place + style + `><v>` + number + `</v></c>`)
		default:
			f.put(place + ` t="inlineStr"><is><t xml:space="preserve">`)
			if err := xml.EscapeText(f.w, []byte(v)); err != nil && f.err == nil {
				f.err = err
			}
			f.put(`</t></is></c>`)
		}
	}
	f.put(`</row>`)
}

// number is what a cell holds that a spreadsheet program would have taken for
// a day or a number; "" for text.
func (f *xlsxFile) number(holds content, v string, head bool) (number, style string) {
	switch {
	case head:
	case holds == date && len(v) == len(time.DateOnly):
		d, err := time.Parse(time.DateOnly, v)
		if err == nil && d.Year() > 1900 {
			const epoch = 25569 // 1 January 1970, counted from 30 December 1899
			return strconv.FormatInt(d.Unix()/86400+epoch, 10), ` s="1"`
		}
	case holds == integer && len(v) < 15 && strings.Trim(v, "0123456789") == "" && v[0] != '0':
		return v, ""
	}
	return "", ""
}

func (f *xlsxFile) close() error {
	f.put(`</sheetData></worksheet>`)
	return errors.Join(f.err, f.w.Flush(), f.zip.Close(), f.file.close())
}
