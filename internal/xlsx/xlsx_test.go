package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

// book packs parts by their names.
func book(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// oneSheet are the parts of a workbook with one sheet.
func oneSheet(sheet, shared, styles string) map[string]string {
	return map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="s.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="t.xml"/><Relationship Id="r3" Type="x/styles" Target="y.xml"/></Relationships>`,
		"xl/s.xml":                   sheet, "xl/t.xml": shared, "xl/y.xml": styles,
	}
}

func read(content []byte) ([]Sheet, error) {
	return Read(bytes.NewReader(content), int64(len(content)))
}

// cells reads the cells of one sheet as kind and text.
func cells(t *testing.T, sheet, shared, styles string) (out []string) {
	t.Helper()
	sheets, err := read(book(t, oneSheet(`<worksheet><sheetData>`+sheet+`</sheetData></worksheet>`, shared, styles)))
	if err != nil {
		return []string{err.Error()}
	}
	for _, row := range sheets[0].Rows {
		for _, c := range row {
			out = append(out, fmt.Sprintf("%d:%s", c.Kind, c.Text))
		}
	}
	return out
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", " ", "Nguyễn Thị Ánh", "a\nb\tc", `<&>"'`, "_x000D_", "_x005F_x0041_", "\r\n", "\x01\x7f\ufffe", "=1+1", "012345678901", "_", "_x", "😀"}
	for n := range 200 {
		sheets := []Sheet{{Name: "Một"}, {Name: "hai & <ba>", Hidden: true}}
		for i := range sheets {
			for range r.IntN(6) {
				row := make([]Cell, r.IntN(5))
				for c := range row {
					row[c] = someCell(r, texts)
				}
				for len(row) > 0 && row[len(row)-1].Kind == Blank {
					row = row[:len(row)-1]
				}
				sheets[i].Rows = append(sheets[i].Rows, row)
			}
		}
		var out bytes.Buffer
		if err := Write(&out, sheets); err != nil {
			t.Fatal(err)
		}
		got, err := read(out.Bytes())
		if want := trimmed(sheets); err != nil || !reflect.DeepEqual(trimmed(got), want) {
			t.Fatalf("round %d: got %+v, %v\nwant %+v", n, got, err, want)
		}
	}
}

func someCell(r *rand.Rand, texts []string) Cell {
	switch r.IntN(6) {
	case 0:
		return Cell{Text, texts[r.IntN(len(texts))]}
	case 1:
		return Cell{Number, string(appendFloat(nil, float64(r.IntN(1_000_000))/100))}
	case 2:
		return Cell{Bool, []string{"true", "false"}[r.IntN(2)]}
	case 3:
		return Cell{Date, fmt.Sprintf("%04d-%02d-%02d", 1901+r.IntN(8000), 1+r.IntN(12), 1+r.IntN(28))}
	case 4:
		return Cell{Date, fmt.Sprintf("%04d-02-28T%02d:%02d:%02d", 1901+r.IntN(8000), r.IntN(24), r.IntN(60), r.IntN(60))}
	}
	return Cell{}
}

// trimmed are sheets without what reading does not give back: empty rows.
func trimmed(sheets []Sheet) (out []string) {
	for _, s := range sheets {
		for y, row := range s.Rows {
			if len(row) > 0 {
				out = append(out, fmt.Sprintf("%s %v %d %q", s.Name, s.Hidden, y, row))
			}
		}
	}
	return out
}

func TestWhatNoWorkbookCanHoldIsRefused(t *testing.T) {
	one := func(c Cell) []Sheet { return []Sheet{{Name: "a", Rows: [][]Cell{{c}}}} }
	for about, sheets := range map[string][]Sheet{
		"none":           nil,
		"no name":        {{}},
		"two of a name":  {{Name: "a"}, {Name: "A"}},
		"a slash":        {{Name: "a/b"}},
		"a long name":    {{Name: strings.Repeat("ế", 32)}},
		"all hidden":     {{Name: "a", Hidden: true}},
		"long text":      one(Cell{Text, strings.Repeat("x", 32_768)}),
		"no UTF-8":       one(Cell{Text, "\xff"}),
		"no number":      one(Cell{Number, "1<2"}),
		"a hexadecimal":  one(Cell{Number, "0x1p4"}),
		"not a number":   one(Cell{Number, "NaN"}),
		"no truth":       one(Cell{Bool, "yes"}),
		"an early date":  one(Cell{Date, "1900-02-28"}),
		"an error":       one(Cell{Error, "#N/A"}),
		"too many cells": {{Name: "a", Rows: [][]Cell{make([]Cell, MaxColumns+1)}}},
	} {
		if err := Write(io.Discard, sheets); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%s: got %v, want invalid", about, err)
		}
	}
}

func TestCellsComeAsTheyAreShown(t *testing.T) {
	shared := `<sst><si><t>Hà Nội</t></si><si><r><t>Nguyễn </t></r><r><rPr><b/></rPr><t xml:space="preserve"> An</t></r><rPh><t>x</t></rPh></si><si><t/></si></sst>`
	styles := `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="000000000000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="49"/></cellXfs></styleSheet>`
	for _, c := range []struct{ about, cell, want string }{
		{"a shared text", `<c t="s"><v>0</v></c>`, "1:Hà Nội"},
		{"a rich text, without how it is read aloud", `<c t="s"><v>1</v></c>`, "1:Nguyễn  An"},
		{"an empty text", `<c t="s"><v>2</v></c>`, "1:"},
		{"a shared text that is not there", `<c t="s"><v>3</v></c>`, "sheet S: cell A1: the text that it names is not there"},
		{"an inline text", `<c t="inlineStr"><is><t>a&amp;b&#x1EBF;</t></is></c>`, "1:a&bế"},
		{"an escaped character", `<c t="str"><f>A2</f><v>a_x000D_b</v></c>`, "1:a\rb"},
		{"an escaped escape", `<c t="inlineStr"><is><t>_x005F_x000D_</t></is></c>`, "1:_x000D_"},
		{"CDATA", `<c t="inlineStr"><is><t><![CDATA[<&amp;>]]></t></is></c>`, "1:<&amp;>"},
		{"an identity number", `<c><v>123456789012</v></c>`, "2:123456789012"},
		{"one with an exponent", `<c><v>1.23456789012E+11</v></c>`, "2:123456789012"},
		{"one that its format fills up", `<c s="2"><v>1234567890</v></c>`, "2:001234567890"},
		{"one that is stored as text", `<c s="3" t="str"><v>012345678901</v></c>`, "1:012345678901"},
		{"a day", `<c s="1"><v>45292</v></c>`, "4:2024-01-01"},
		{"a style of styles is none of a cell", `<c s="0"><v>45292</v></c>`, "2:45292"},
		{"a day as ISO", `<c t="d"><v>2024-01-01</v></c>`, "4:2024-01-01"},
		{"true", `<c t="b"><v>1</v></c>`, "3:true"},
		{"an error", `<c t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "5:#DIV/0!"},
		{"a formula", `<c><f>1+1</f><v>2</v></c>`, "2:2"},
		{"a formula that nobody computed", `<c><f>1+1</f></c>`, "6:"},
		{"one whose result was left empty", `<c><f>1+1</f><v/></c>`, "6:"},
		{"one whose result is the empty text", `<c t="str"><f>""</f><v></v></c>`, "1:"},
		{"looks alone", `<c s="1"/><c><v>1</v></c>`, "0: 2:1"},
		{"no number", `<c><v>x</v></c>`, "sheet S: cell A1: it is not the number that it says it is"},
		{"two values", `<c><v>1</v><v>2</v></c>`, "sheet S: a cell of row 1 has two values"},
		{"a wrong order", `<c r="B1"><v>1</v></c><c r="A1"><v>1</v></c>`, "sheet S: a cell of row 1 stands in another row, or not to the right of the one before"},
		{"another row", `<c r="A2"><v>1</v></c>`, "sheet S: a cell of row 1 stands in another row, or not to the right of the one before"},
		{"a prefix", `<x:c xmlns:x="y"><x:v>1</x:v></x:c>`, "2:1"},
	} {
		if got := strings.Join(cells(t, "<row>"+c.cell+"</row>", shared, styles), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.about, got, c.want)
		}
	}
}

func TestNumbersAreDigits(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-5": "-5", "12345678901234567890": "12345678901234567890", "3.7999999999999998": "3.8", "0.1": "0.1", "1E+20": "100000000000000000000",
		"1.5e3": "1500", "1.50": "1.5", "0.30000000000000004": "0.30000000000000004", "1E-5": "0.00001", "1E+300": "1e+300", ".5": "0.5", "-0.0": "0",
		"1.2.3": "no", "": "no", "-": "no", "NaN": "no", "1,5": "no", "1E999": "no", "0x1p4": "no", "Inf": "no", "1e": "no", "-1.5": "-1.5",
	} {
		got, ok := appendNumber(nil, []byte(in))
		if !ok {
			got = []byte("no")
		}
		if string(got) != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestSerialNumbersAreMoments(t *testing.T) {
	day, clock, both, long := form{date: true}, form{time: true}, form{date: true, time: true}, form{elapsed: true}
	for _, c := range []struct {
		serial float64
		form   form
		mac    bool
		want   string
	}{
		{1, day, false, "1900-01-01"}, {59, day, false, "1900-02-28"}, {60, day, false, "1900-02-29"}, {61, day, false, "1900-03-01"},
		{0, day, false, "1900-01-00"}, {45292, day, false, "2024-01-01"}, {43830, day, true, "2024-01-01"}, {0, day, true, "1904-01-01"},
		{2958465, day, false, "9999-12-31"}, {2958466, day, false, "no"}, {2957003, day, true, "9999-12-31"}, {2957004, day, true, "no"}, {-1, day, false, "no"},
		{45292.5, day, false, "2024-01-01T12:00:00"}, {45292, both, false, "2024-01-01T00:00:00"}, {45292.395833333336, both, false, "2024-01-01T09:30:00"},
		{45291.999999999, both, false, "2024-01-01T00:00:00"}, {0.25, clock, false, "06:00:00"}, {45292.25, clock, false, "2024-01-01T06:00:00"},
		{1.5, long, false, "36:00:00"}, {0.000011574074, clock, false, "00:00:01"}, {0.0000057870370, clock, false, "00:00:00.500"},
	} {
		got, ok := appendMoment(nil, c.serial, c.form, c.mac)
		if !ok {
			got = []byte("no")
		}
		if string(got) != c.want {
			t.Errorf("%v as %+v (1904: %v): got %s, want %s", c.serial, c.form, c.mac, got, c.want)
		}
	}
}

func TestAFormatTellsADate(t *testing.T) {
	for code, want := range map[string]form{
		"General": {}, "0.00": {}, "#,##0\\ \"đồng\"": {}, `0" d"`: {}, "0.00E+00": {}, "@": {}, "[Red]0;[Blue]-0": {}, "_-* #,##0_d": {},
		"dd/mm/yyyy": {date: true}, "[$-1042A]dd\\-mm\\-yyyy;@": {date: true}, "mmm": {date: true}, "mm": {date: true}, "YYYY": {date: true},
		"hh:mm": {time: true}, "mm:ss.0": {time: true}, "h:mm AM/PM": {time: true}, "dd/mm/yyyy hh:mm": {date: true, time: true}, "[h]:mm:ss": {elapsed: true},
		"[mm]:ss": {elapsed: true}, "000000000000": {zeros: 12}, "0": {}, `"`: {}, "[": {}, `\`: {},
	} {
		if got := formOf(code); got != want {
			t.Errorf("%s: got %+v, want %+v", code, got, want)
		}
	}
}

func TestWhatIsNoWorkbookIsNamed(t *testing.T) {
	compound := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 2040)...)
	compound[30] = 9
	locked := bytes.Clone(compound)
	for i, c := range []byte("EncryptedPackage") {
		locked[512+128+2*i] = c
	}
	good := book(t, oneSheet(`<worksheet><sheetData/></worksheet>`, `<sst/>`, `<styleSheet/>`))
	doctype := oneSheet(`<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>`, `<sst/>`, `<styleSheet/>`)
	for _, c := range []struct {
		about   string
		content []byte
		kind    sen.Kind
		words   string
	}{
		{"nothing", nil, sen.Invalid, "no workbook"},
		{"text", []byte("id,name\n1,x\n"), sen.Invalid, "no workbook"},
		{"an old workbook", compound, sen.Invalid, "old form .xls"},
		{"a locked workbook", locked, sen.Invalid, "locked with a password"},
		{"OpenDocument", book(t, map[string]string{"mimetype": "x", "content.xml": "<x/>"}), sen.Invalid, "OpenDocument"},
		{"a zip file", book(t, map[string]string{"a.csv": "x"}), sen.Invalid, "no workbook"},
		{"a binary workbook", book(t, map[string]string{"_rels/.rels": `<R><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></R>`}), sen.Invalid, ".xlsb"},
		{"a document", book(t, map[string]string{"_rels/.rels": `<R><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/></R>`}), sen.Invalid, "no workbook"},
		{"half a workbook", good[:len(good)/2], sen.Corrupt, "cut off"},
		{"a document type", book(t, doctype), sen.Invalid, "document type"},
		{"no sheet", book(t, map[string]string{"_rels/.rels": `<R><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></R>`, "xl/workbook.xml": "<w/>", "xl/_rels/workbook.xml.rels": "<R/>"}), sen.Invalid, "no sheet"},
		{"a part that is gone", book(t, map[string]string{"_rels/.rels": `<R><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></R>`}), sen.Corrupt, "no part"},
	} {
		_, err := read(c.content)
		if sen.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.words) {
			t.Errorf("%s: got %v (%v), want %v with %q", c.about, err, sen.KindOf(err), c.kind, c.words)
		}
	}
	if _, err := read(good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestBytesThatWereChangedAreFound(t *testing.T) {
	content := book(t, oneSheet(`<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>`, `<sst><si><t>x</t></si></sst>`, `<styleSheet/>`))
	for _, f := range must(zip.NewReader(bytes.NewReader(content), int64(len(content)))).File {
		offset, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		other := bytes.Clone(content)
		other[offset+2] ^= 0x55
		if _, err := read(other); sen.KindOf(err) != sen.Corrupt {
			t.Errorf("%s: got %v, want corrupt", f.Name, err)
		}
	}
}

func must(r *zip.Reader, err error) *zip.Reader {
	if err != nil {
		panic(err)
	}
	return r
}

func TestWhatUnpacksToTooMuchIsRefused(t *testing.T) {
	r := &bounded{strings.NewReader(strings.Repeat("x", 100)), "a", 99, 99}
	if _, err := io.ReadAll(r); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "99 bytes") {
		t.Errorf("a part: got %v", err)
	}
	blanks := `<worksheet><sheetData>` + strings.Repeat(" ", 9<<20) + `</sheetData></worksheet>`
	if _, err := read(book(t, oneSheet(blanks, `<sst/>`, `<styleSheet/>`))); sen.KindOf(err) != sen.Invalid {
		t.Errorf("blanks without end: got %v", err)
	}
	bomb := `<worksheet><sheetData><!--` + strings.Repeat(" ", maxSmallPart) + `--></sheetData></worksheet>`
	if _, err := read(book(t, oneSheet(bomb, `<sst/>`, `<styleSheet/>`))); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "unpacks to more than") || sen.HintOf(err) == "" {
		t.Errorf("a comment without end: got %v", err)
	}
	far := `<worksheet><sheetData>` + strings.Repeat(`<row><c r="XFD%d"><v>1</v></c></row>`, 300) + `</sheetData></worksheet>`
	for i := range 300 {
		far = strings.Replace(far, "%d", fmt.Sprint(i+1), 1)
	}
	if _, err := read(book(t, oneSheet(far, `<sst/>`, `<styleSheet/>`))); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "too large") {
		t.Errorf("cells far out: got %v", err)
	}
	for _, row := range []string{`<row r="1048577"/>`, `<row><c r="XFE1"><v>1</v></c></row>`, `<row r="2"/><row r="2"/>`} {
		if _, err := read(book(t, oneSheet(`<worksheet><sheetData>`+row+`</sheetData></worksheet>`, `<sst/>`, `<styleSheet/>`))); err == nil {
			t.Errorf("%s was read", row)
		}
	}
	shared := &sharedTexts{taken: maxShared - 5}
	if err := shared.add([]byte("ab")); sen.KindOf(err) != sen.Invalid || sen.HintOf(err) == "" {
		t.Errorf("shared texts: got %v", err)
	}
}

func TestManySharedTextsAreFoundByTheirNumbers(t *testing.T) {
	var shared strings.Builder
	text := func(i int) string { return strings.Repeat(fmt.Sprint(i, " "), 1+i%5000) }
	shared.WriteString("<sst>")
	const n = 700
	for i := range n {
		shared.WriteString("<si><t>" + text(i) + "</t></si>")
	}
	content := book(t, oneSheet(`<worksheet><sheetData/></worksheet>`, shared.String()+"</sst>", `<styleSheet/>`))
	b, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{5, 0, n - 1, 340, n - 2} {
		if got, ok, err := b.shared.text(i); err != nil || !ok || string(got) != text(i) {
			t.Errorf("text %d: got %d bytes, %v, %v, want %d", i, len(got), ok, err, len(text(i)))
		}
	}
	if _, ok, err := b.shared.text(n); ok || err != nil {
		t.Errorf("a text beyond the last: %v, %v", ok, err)
	}
}

func TestMergedAreasStandBehindTheCells(t *testing.T) {
	for _, sheet := range []string{
		`<worksheet><sheetData><row><c t="inlineStr"><is><t>&lt;/sheetData></t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:C2"/><mergeCell ref="D9:E9"/></mergeCells></worksheet>`,
		`<x:worksheet><x:sheetData></x:sheetData><x:mergeCells><x:mergeCell ref="A1:C2"/></x:mergeCells></x:worksheet>`,
		`<worksheet><sheetData/><mergeCells><mergeCell ref="A1:C2"/></mergeCells></worksheet>`,
	} {
		content := book(t, oneSheet(sheet, `<sst/>`, `<styleSheet/>`))
		b, err := Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.Merged("S", 8); err != nil || !reflect.DeepEqual(got, []Area{{0, 1, 2, 2}}) {
			t.Errorf("%s: got %v, %v", sheet, got, err)
		}
	}
	if _, err := (&Book{}).Rows("x"); sen.KindOf(err) != sen.NotFound {
		t.Errorf("a sheet that is not there: %v", err)
	}
}

func TestNamesOfCellsGoBothWays(t *testing.T) {
	for column := range MaxColumns {
		if c, r, ok := Place([]byte(Name(column, 7))); c != column || r != 7 || !ok {
			t.Fatalf("%s is read as %d, %d, %v", Name(column, 7), c, r, ok)
		}
	}
	for _, bad := range []string{"", "A", "7", "A0", "A-1", "AAAA1", "$A$1", "A1B"} {
		if _, _, ok := Place([]byte(bad)); ok {
			t.Errorf("%q is taken for a cell", bad)
		}
	}
}
