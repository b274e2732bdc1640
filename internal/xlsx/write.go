package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sen-hub/sen"
)

// What a workbook's cells and names can hold.
const (
	maxCellText  = 32_767 // UTF-16 units
	maxSheetName = 31
	widest       = 60 // characters of a column that is as wide as its texts ask for
)

// Write writes a workbook, the same bytes for the same sheets. Numbers keep 15
// digits in a spreadsheet program: what is an identifier goes in as Text. The
// error's kind is Invalid where a sheet cannot be one.
func Write(w io.Writer, sheets []Sheet) error {
	if err := writable(sheets); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	var types, list, targets strings.Builder
	for i, s := range sheets {
		n := i + 1
		state := ""
		if s.Hidden {
			state = ` state="hidden"`
		}
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, contentType)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, escaped(s.Name), n, state, n)
		fmt.Fprintf(&targets, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relationType, n)
	}
	fmt.Fprintf(&targets, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, len(sheets)+1, relationType)
	for _, p := range []struct{ name, text string }{
		{"[Content_Types].xml", fmt.Sprintf(typesXML, types.String())},
		{"_rels/.rels", fmt.Sprintf(relationsXML, fmt.Sprintf(`<Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/>`, relationType))},
		{"xl/workbook.xml", fmt.Sprintf(workbookXML, list.String())},
		{"xl/_rels/workbook.xml.rels", fmt.Sprintf(relationsXML, targets.String())},
		{"xl/styles.xml", stylesXML},
	} {
		if err := writePart(z, p.name, func(w *bufio.Writer) { fmt.Fprint(w, p.text) }); err != nil {
			return err
		}
	}
	for i, s := range sheets {
		if err := writePart(z, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), func(w *bufio.Writer) { writeSheet(w, s) }); err != nil {
			return err
		}
	}
	return z.Close()
}

func writePart(z *zip.Writer, name string, write func(*bufio.Writer)) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	fmt.Fprint(b, xml.Header)
	write(b)
	return b.Flush()
}

// writable reports what a workbook cannot hold.
func writable(sheets []Sheet) error {
	if len(sheets) == 0 || len(sheets) > maxSheets {
		return sen.Errorf(sen.Invalid, "a workbook has 1 to %d sheets, not %d", maxSheets, len(sheets))
	}
	taken, seen := map[string]bool{}, 0
	for _, s := range sheets {
		name := strings.ToLower(s.Name)
		if s.Name == "" || utf8.RuneCountInString(s.Name) > maxSheetName || strings.ContainsAny(s.Name, `[]:*?/\`) || strings.Trim(s.Name, "'") != s.Name || taken[name] || !sound(s.Name) {
			return sen.Errorf(sen.Invalid, "%q cannot be the name of a sheet: it has 1 to %d characters, none of [ ] : * ? / \\, and is there once", s.Name, maxSheetName)
		}
		taken[name] = true
		if !s.Hidden {
			seen++
		}
		if err := s.writable(); err != nil {
			return err
		}
	}
	if seen == 0 {
		return sen.Errorf(sen.Invalid, "one sheet of a workbook at least is to be seen")
	}
	return nil
}

func (s Sheet) writable() error {
	if len(s.Rows) > MaxRows {
		return sen.Errorf(sen.Invalid, "sheet %s has %d rows, a sheet holds %d", s.Name, len(s.Rows), MaxRows)
	}
	for y, row := range s.Rows {
		if len(row) > MaxColumns {
			return sen.Errorf(sen.Invalid, "row %d of sheet %s has %d cells, a sheet holds %d", y+1, s.Name, len(row), MaxColumns)
		}
		for x, c := range row {
			if err := c.writable(); err != nil {
				return sen.Errorf(sen.Invalid, "cell %s of sheet %s: %w", Name(x, y+1), s.Name, err)
			}
		}
	}
	return nil
}

func (c Cell) writable() error {
	switch c.Kind {
	case Text:
		if len(c.Text) > maxCellText && len(utf16.Encode([]rune(c.Text))) > maxCellText {
			return sen.Errorf(sen.Invalid, "its text is longer than %d characters", maxCellText)
		}
		if !utf8.ValidString(c.Text) {
			return sen.Errorf(sen.Invalid, "its text is not UTF-8")
		}
	case Number:
		if _, ok := appendNumber(nil, []byte(c.Text)); !ok {
			return sen.Errorf(sen.Invalid, "it is no number")
		}
	case Bool:
		if c.Text != "true" && c.Text != "false" {
			return sen.Errorf(sen.Invalid, "it is neither true nor false")
		}
	case Date:
		if _, _, ok := serialOf(c.Text); !ok {
			return sen.Errorf(sen.Invalid, "it is no date from 1900-03-01 on, like 2026-11-27 or 2026-11-27T09:30:00")
		}
	case Error, Uncomputed:
		return sen.Errorf(sen.Invalid, "an error of a formula cannot be written")
	}
	return nil
}

// serialOf is the serial number of a date in the calendar of 1900.
func serialOf(text string) (serial float64, clock, ok bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		since := t.Unix() - epoch1900.Unix() + 86_400 // the day that never was
		return float64(since) / 86_400, layout != time.DateOnly, since > 60*86_400 && t.Year() <= 9999
	}
	return 0, false, false
}

func writeSheet(w *bufio.Writer, s Sheet) {
	fmt.Fprint(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`)
	if header := min(s.Header, len(s.Rows)); header > 0 {
		fmt.Fprintf(w, `<sheetViews><sheetView workbookViewId="0"><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`, header, header+1)
	}
	if widths := s.widths(); len(widths) > 0 {
		fmt.Fprint(w, "<cols>")
		for i, width := range widths {
			fmt.Fprintf(w, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, width)
		}
		fmt.Fprint(w, "</cols>")
	}
	fmt.Fprint(w, "<sheetData>")
	for y, row := range s.Rows {
		fmt.Fprintf(w, `<row r="%d">`, y+1)
		for x, c := range row {
			writeCell(w, Name(x, y+1), c, y < s.Header)
		}
		fmt.Fprint(w, "</row>")
	}
	fmt.Fprint(w, "</sheetData></worksheet>")
}

// widths of the columns: those given, else as the longest text asks for.
func (s Sheet) widths() []float64 {
	if s.Widths != nil {
		return s.Widths
	}
	var out []float64
	for _, row := range s.Rows {
		for x, c := range row {
			if x == len(out) {
				out = append(out, 8)
			}
			out[x] = min(widest, max(out[x], float64(utf8.RuneCountInString(c.Text)+2)))
		}
	}
	return out
}

func writeCell(w *bufio.Writer, ref string, c Cell, header bool) {
	style := 0
	if header {
		style = 1
	}
	switch c.Kind {
	case Text:
		fmt.Fprintf(w, `<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, style, escaped(c.Text))
	case Number:
		fmt.Fprintf(w, `<c r="%s" s="%d"><v>%s</v></c>`, ref, style, c.Text)
	case Bool:
		fmt.Fprintf(w, `<c r="%s" s="%d" t="b"><v>%d</v></c>`, ref, style, map[string]int{"true": 1}[c.Text])
	case Date:
		serial, clock, _ := serialOf(c.Text)
		style = 2
		if clock {
			style = 3
		}
		fmt.Fprintf(w, `<c r="%s" s="%d"><v>%s</v></c>`, ref, style, strconv.FormatFloat(serial, 'f', -1, 64))
	}
}

// sound: XML can hold the text as it stands.
func sound(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !inXML(r) }) < 0
}

func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF
}

// escaped is a text as XML holds it; what XML cannot hold, and what would be
// taken for that, is written as _xHHHH_.
func escaped(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '"':
			out.WriteString("&quot;")
		case r == '_' && looksHidden(text[i:]):
			out.WriteString("_x005F_")
		case !inXML(r):
			fmt.Fprintf(&out, "_x%04X_", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func looksHidden(text string) bool {
	_, ok := hidden([]byte(text[:min(len(text), 7)]))
	return ok
}

const (
	contentType  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	relationType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

	typesXML = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + contentType + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + contentType + `styles+xml"/>%s</Types>`

	relationsXML = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>`

	workbookXML = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relationType + `"><sheets>%s</sheets></workbook>`

	// Styles 0 plain, 1 header, 2 date, 3 date and time.
	stylesXML = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFDDE6EE"/></patternFill></fill></fills>` +
		`<borders count="2"><border/><border><bottom style="thin"/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>` +
		`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
)
