package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/source/sourcetest"
)

// bookParts are the parts of a workbook that a test writes by hand: sheets by
// their names, as XML within <worksheet>, with what else is in xl/.
type bookParts struct {
	names  []string
	hidden map[string]bool
	sheets map[string]string
	shared []string // each within <si>
	styles string   // within <styleSheet>
	head   string   // of the workbook
}

// parts are the workbook's parts by their names.
func (b bookParts) parts() map[string]string {
	const ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	out := map[string]string{}
	list, targets := "", `<Relationship Id="s" Type="`+ns+`/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="y" Type="`+ns+`/styles" Target="styles.xml"/>`
	for i, name := range b.names {
		state := ""
		if b.hidden[name] {
			state = ` state="hidden"`
		}
		list += fmt.Sprintf(`<sheet name="%s" sheetId="%d"%s r:id="r%d"/>`, name, i+1, state, i)
		targets += fmt.Sprintf(`<Relationship Id="r%d" Type="%s/worksheet" Target="worksheets/s%d.xml"/>`, i, ns, i)
		out[fmt.Sprintf("xl/worksheets/s%d.xml", i)] = `<worksheet>` + b.sheets[name] + `</worksheet>`
	}
	out["_rels/.rels"] = `<Relationships><Relationship Id="a" Type="` + ns + `/officeDocument" Target="/xl/workbook.xml"/></Relationships>`
	out["xl/_rels/workbook.xml.rels"] = `<Relationships>` + targets + `</Relationships>`
	out["xl/workbook.xml"] = `<workbook xmlns:r="` + ns + `">` + b.head + `<sheets>` + list + `</sheets></workbook>`
	out["xl/sharedStrings.xml"] = `<sst><si>` + strings.Join(b.shared, "</si><si>") + `</si></sst>`
	out["xl/styles.xml"] = `<styleSheet>` + b.styles + `</styleSheet>`
	return out
}

func (b bookParts) bytes(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	parts := b.parts()
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(xml.Header + parts[name]))
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

// writeShared writes as spreadsheet programs do: texts are kept once, numbers
// name them, and a title stands above the header.
func writeShared(t *testing.T, path string, table sourcetest.Table) {
	b := bookParts{names: []string{"people"}, shared: []string{"<t>List of people</t>"}}
	cell := func(text string) string {
		var escaped bytes.Buffer
		if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
			t.Fatal(err)
		}
		b.shared = append(b.shared, `<t xml:space="preserve">`+escaped.String()+`</t>`)
		return fmt.Sprintf(`t="s"><v>%d</v></c>`, len(b.shared)-1)
	}
	var rows strings.Builder
	rows.WriteString(`<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="3">`)
	for i, name := range table.Columns {
		fmt.Fprintf(&rows, `<c r="%c3" %s`, 'A'+i, cell(name))
	}
	rows.WriteString("</row>")
	for y, row := range table.Rows {
		fmt.Fprintf(&rows, `<row r="%d">`, y+4)
		for i, value := range row {
			if value != nil {
				fmt.Fprintf(&rows, `<c r="%c%d" %s`, 'A'+i, y+4, cell(*value))
			}
		}
		rows.WriteString("</row>")
	}
	b.sheets = map[string]string{"people": rows.String() + `</sheetData><mergeCells><mergeCell ref="A1:D1"/></mergeCells>`}
	save(t, path, b.bytes(t))
}

// cellsOf reads a workbook: a row is its values, the line, and the fault; a
// value that is not there is ·.
func cellsOf(t *testing.T, at source.Location, o source.Options) (names []string, out []string, facts source.Facts) {
	t.Helper()
	r, err := source.Open(t.Context(), at, o)
	if err != nil {
		t.Fatalf("%v (%s)", err, sen.HintOf(err))
	}
	defer r.Close()
	for _, c := range r.Columns() {
		names = append(names, c.Name)
	}
	_, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		defer g.Release()
		for _, b := range g.Batches {
			for i := range int(b.NumRows()) {
				var row []string
				for c, name := range b.Schema().Fields() {
					if name.Name == rows.RowColumn {
						continue
					}
					row = append(row, shown(b.Column(c), i))
				}
				out = append(out, strings.TrimSuffix(strings.Join(row, "|"), "|·|·"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v (%s)", err, sen.HintOf(err))
	}
	return names, out, r.Facts()
}

func shown(column arrow.Array, i int) string {
	if column.IsNull(i) {
		return "·"
	}
	return column.ValueStr(i)
}

// inline is a row of inline texts, at a row of the sheet.
func inline(row int, texts ...string) string {
	var out strings.Builder
	fmt.Fprintf(&out, `<row r="%d">`, row)
	for i, text := range texts {
		if text != "" {
			fmt.Fprintf(&out, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, row, text)
		}
	}
	return out.String() + "</row>"
}

const quirkStyles = `<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\ hh:mm"/><numFmt numFmtId="165" formatCode="000000000000"/></numFmts>` +
	`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>`

// quirks is what a register kept by hand looks like: letterhead and title,
// a header over two rows, a row that numbers the columns, empty rows.
func quirks(head string) bookParts {
	return bookParts{
		names: []string{"Ghi chú", "Danh sách", "Trống"}, hidden: map[string]bool{"Ghi chú": true}, head: head, styles: quirkStyles,
		shared: []string{"<t>Lê Hoà</t>", "<r><t>Trần </t></r><r><t>Bình</t></r>"},
		sheets: map[string]string{
			"Ghi chú": `<sheetData>` + inline(1, "kept aside") + `</sheetData>`,
			"Trống":   `<sheetData><row r="5"><c r="A5" s="1"/></row></sheetData>`,
			"Danh sách": `<dimension ref="A1:F14"/><sheetData>` +
				inline(1, "UBND PHƯỜNG MẪU", "", "", "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM") + inline(3, "DANH SÁCH CÔNG DÂN") +
				inline(5, "Số\nđịnh danh", "Họ  tên", "Ngày sinh", "Địa chỉ", "", "Còn sống") + inline(6, "", "", "", "Tỉnh", "Xã") +
				inline(7, "(1)", "(2)", "(3)", "(4)", "(5)", "(6)") +
				`<row r="8"><c r="A8"><v>1.23456789012E+11</v></c><c r="B8" t="s"><v>0</v></c><c r="C8" s="1"><v>32874</v></c>` +
				`<c r="D8" t="str"><f>X1</f><v>Hà Nội</v></c><c r="E8" t="inlineStr"><is><t>Ba Đình</t></is></c><c r="F8" t="b"><v>1</v></c></row>` +
				`<row r="9"/><row r="11" hidden="1"><c r="A11" s="3"><v>1234567890</v></c><c r="B11" t="s"><v>1</v></c><c r="C11" s="2"><v>32874.25</v></c></row>` +
				`<row r="12"><c r="A12" t="inlineStr"><is><t>012345678901</t></is></c><c r="B12" t="e"><v>#N/A</v></c></row>` +
				`<row r="13"><c r="A13"><v>5</v></c><c r="B13"><f>A1</f></c></row>` +
				`<row r="14"><c r="A14"><v>6</v></c><c r="H14"><v>7</v></c></row></sheetData>` +
				`<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="D1:F1"/><mergeCell ref="A3:F3"/><mergeCell ref="A5:A6"/><mergeCell ref="B5:B6"/>` +
				`<mergeCell ref="C5:C6"/><mergeCell ref="D5:E5"/><mergeCell ref="F5:F6"/></mergeCells>`,
		},
	}
}

func TestARegisterKeptByHandIsReadAsItIsShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dân số.xlsx")
	save(t, path, quirks("").bytes(t))
	names, got, facts := cellsOf(t, source.Location{Path: path}, source.Options{})
	if want := []string{"Số định danh", "Họ tên", "Ngày sinh", "Địa chỉ / Tỉnh", "Địa chỉ / Xã", "Còn sống", "column_G", "column_H"}; !reflect.DeepEqual(names, want) {
		t.Errorf("columns are %q, want %q", names, want)
	}
	want := []string{
		"123456789012|Lê Hoà|1990-01-01|Hà Nội|Ba Đình|true|·|·|8",
		"001234567890|Trần Bình|1990-01-01T06:00:00|·|·|·|·|·|11",
		"012345678901|#N/A|·|·|·|·|·|·|12|error #N/A in cell B12|·",
		"5|·|·|·|·|·|·|·|13|the formula in cell B13 has no stored result|·",
		"6|·|·|·|·|·|·|7|14",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if facts.Blank != 2 || facts.Format != source.XLSX || facts.Rows != 7 || !strings.Contains(strings.Join(facts.Evidence, "; "), "rows 5 to 6 name its columns, joined, row 7 numbers them; of the first 10 rows 1 are hidden, and are read too") {
		t.Errorf("facts are %+v", facts)
	}
	save(t, path, quirks(`<workbookPr date1904="1"/>`).bytes(t))
	if _, got, _ := cellsOf(t, source.Location{Path: path}, source.Options{}); !strings.Contains(got[0], "|1994-01-02|") {
		t.Errorf("in the calendar of 1904: %s", got[0])
	}
}

func TestAHeaderIsFoundByEvidence(t *testing.T) {
	no, yes := false, true
	numbers := func(row int) string {
		return fmt.Sprintf(`<row r="%d"><c r="A%[1]d"><v>1</v></c><c r="B%[1]d"><v>2</v></c></row>`, row)
	}
	for _, c := range []struct {
		about, sheet string
		header       *bool
		expected     []string
		names, first string
	}{
		{"first row", inline(1, "id", "name") + inline(2, "1", "x"), nil, nil, "id name", "1|x|2"},
		{"not in column A", `<row r="2"><c r="C2" t="inlineStr"><is><t>id</t></is></c><c r="D2" t="inlineStr"><is><t>name</t></is></c></row><row r="3"><c r="D3"><v>1</v></c></row>`, nil, nil, "id name", "·|1|3"},
		{"a title above", inline(1, "Title") + inline(2, "id", "name", "born") + inline(3, "1", "x", "y"), nil, nil, "id name born", "1|x|y|3"},
		{"a column without a name", inline(1, "id", "", "born") + inline(2, "1", "x", "y"), nil, nil, "id column_B born", "1|x|y|2"},
		{"names twice", inline(1, "id", "name", "Name") + inline(2, "1", "x", "y"), nil, nil, "id name Name_2", "1|x|y|2"},
		{"one column", inline(1, "id") + inline(2, "1"), nil, nil, "id", "1|2"},
		{"said to be none", numbers(4), &no, nil, "column_A column_B", "1|2|4"},
		{"said to be there", numbers(4) + numbers(5), &yes, nil, "1 2", "1|2|5"},
		{"the contract's names", inline(1, "A note", "about it") + inline(2, "1", "b") + inline(3, "5", "6"), nil, []string{"1", "B"}, "1 b", "5|6|3"},
	} {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		save(t, path, bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData>" + c.sheet + "</sheetData>"}}.bytes(t))
		names, got, _ := cellsOf(t, source.Location{Path: path, Header: c.header}, source.Options{Columns: c.expected})
		if strings.Join(names, " ") != c.names || len(got) == 0 || got[0] != c.first {
			t.Errorf("%s: got %q, %q, want %q, %q", c.about, names, got, c.names, c.first)
		}
	}
}

func TestWhatLiesOutsideOfTheColumnsIsKeptBeside(t *testing.T) {
	var rows strings.Builder
	rows.WriteString(inline(1, "id", "name"))
	for i := range 300 {
		rows.WriteString(inline(i+2, "k", "x"))
	}
	rows.WriteString(inline(302, "k", "y", "", "more"))
	path := filepath.Join(t.TempDir(), "a.xlsx")
	save(t, path, bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData>" + rows.String() + "</sheetData>"}}.bytes(t))
	_, got, _ := cellsOf(t, source.Location{Path: path}, source.Options{})
	if want := `k|y|302|cell D302 lies outside of the columns|{"A":"k","B":"y","D":"more"}`; len(got) != 301 || got[300] != want {
		t.Errorf("got %d rows, the last %q, want %q", len(got), got[len(got)-1], want)
	}
}

func TestASheetIsChosenByItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	one := func(text string) string {
		return "<sheetData>" + inline(1, "id", "name") + inline(2, text, "x") + "</sheetData>"
	}
	b := bookParts{names: []string{"Births", "Deaths", "Old", "Number 5"}, hidden: map[string]bool{"Old": true},
		sheets: map[string]string{"Births": one("b"), "Deaths": one("d"), "Old": one("o"), "Number 5": "<sheetData><row><c><v>1</v></c></row></sheetData>"}}
	save(t, path, b.bytes(t))
	for _, c := range []struct {
		at   source.Location
		want string
	}{{source.Location{Table: "births"}, "b"}, {source.Location{Table: "Births", Sheet: "Deaths"}, "d"}, {source.Location{Sheet: "old"}, "o"}} {
		c.at.Path = path
		if _, got, _ := cellsOf(t, c.at, source.Options{}); got[0] != c.want+"|x|2" {
			t.Errorf("%+v: got %q", c.at, got)
		}
	}
	wants(t, "several", tryAll(t, source.Location{Path: path}, source.Options{}), sen.Invalid, "3 sheets of the workbook hold something: Births, Deaths, Number 5")
	wants(t, "missing", tryAll(t, source.Location{Path: path, Sheet: "Moves"}, source.Options{}), sen.NotFound, "no sheet Moves")
	wants(t, "without a header", tryAll(t, source.Location{Path: path, Sheet: "Number 5"}, source.Options{}), sen.Invalid, "no row that names its columns")
	found, evidence, err := source.Discover(t.Context(), path)
	want := []source.Location{{Path: path, Format: source.XLSX, Table: "Births"}, {Path: path, Format: source.XLSX, Table: "Deaths"}}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("got %+v, %v, want %+v", found, err, want)
	}
	for _, words := range []string{"hidden sheets are left out: Old", "XLSX with 3 sheets", "left out"} {
		if !contains(evidence, words) {
			t.Errorf("no evidence says %q: %+v", words, evidence)
		}
	}
}

func TestWorkbooksOfTheSameColumnsAreOneDataset(t *testing.T) {
	folder := t.TempDir()
	for name, columns := range map[string][]string{"north.xlsx": {"id", "name"}, "south.xlsx": {"name", "id"}, "~$south.xlsx": {"id"}} {
		save(t, filepath.Join(folder, name), bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData>" + inline(1, columns...) + inline(2, columns...) + "</sheetData>"}}.bytes(t))
	}
	found, evidence, err := source.Discover(t.Context(), folder)
	if want := []source.Location{{Path: folder, Format: source.XLSX}}; err != nil || !reflect.DeepEqual(found, want) || !contains(evidence, "somebody has open") {
		t.Errorf("got %+v, %v, want %+v; %v", found, err, want, evidence)
	}
	if _, got, _ := cellsOf(t, source.Location{Path: folder}, source.Options{}); !reflect.DeepEqual(got, []string{"id|name|2", "id|name|2"}) {
		t.Errorf("columns in another order: got %q", got)
	}
}

func TestWhatIsNoSoundWorkbookIsAnErrorWithTheNextStep(t *testing.T) {
	folder := t.TempDir()
	good := quirks("").bytes(t)
	for name, content := range map[string][]byte{
		"half.xlsx": good[:len(good)/2], "text.xlsx": []byte("id,name\n1,x\n"), "empty.xlsx": nil, "old.xls": append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...),
		"none.xlsx":  bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData/>"}}.bytes(t),
		"order.xlsx": bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData>" + inline(1, "id", "name") + inline(1, "a", "b") + "</sheetData>"}}.bytes(t),
	} {
		save(t, filepath.Join(folder, name), content)
	}
	for _, c := range []struct {
		name  string
		kind  sen.Kind
		words string
	}{
		{"half.xlsx", sen.Corrupt, "cut off or damaged"}, {"text.xlsx", sen.Invalid, "no workbook"}, {"empty.xlsx", sen.Invalid, "no workbook"},
		{"old.xls", sen.Invalid, "old form .xls"}, {"none.xlsx", sen.Invalid, "holds anything"}, {"order.xlsx", sen.Corrupt, "sheet S"},
	} {
		err := tryAll(t, source.Location{Path: filepath.Join(folder, c.name)}, source.Options{})
		wants(t, c.name, err, c.kind, c.words)
		if err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: the error does not name the file: %v", c.name, err)
		}
	}
}

func TestAWorkbookMadeToFillTheMemoryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	var long strings.Builder // that does not pack to nearly nothing
	for i := 0; long.Len() < 1<<19; i++ {
		fmt.Fprint(&long, i%977, strings.Repeat("x", i%61))
	}
	var wide strings.Builder
	for range 200 {
		wide.WriteString(`<c t="s"><v>0</v></c>`)
	}
	for about, sheet := range map[string]string{
		"one long text in many cells": inline(1, "id", "name") + "<row>" + wide.String() + "</row>",
		"many long texts":             inline(1, "id", "name") + "<row>" + strings.Repeat(`<c t="inlineStr"><is><t>`+long.String()+`</t></is></c>`, 200) + "</row>",
	} {
		save(t, path, bookParts{names: []string{"S"}, shared: []string{"<t>" + long.String() + "</t>"}, sheets: map[string]string{"S": "<sheetData>" + sheet + "</sheetData>"}}.bytes(t))
		wants(t, about, tryAll(t, source.Location{Path: path}, source.Options{Columns: []string{"id", "name"}}), sen.Invalid, "longer than")
	}
	save(t, path, bookParts{names: []string{"S"}, sheets: map[string]string{"S": "<sheetData>" + inline(1, "a") + inline(2, "id", "", "name") + inline(3, "1", "2", "3") +
		"</sheetData><mergeCells>" + strings.Repeat(`<mergeCell ref="A2:XFD2"/><mergeCell ref="A1:XFD2"/>`, 1000) + "</mergeCells>"}}.bytes(t))
	if names, _, _ := cellsOf(t, source.Location{Path: path, Header: new(bool)}, source.Options{}); len(names) != 3 {
		t.Errorf("areas over each other: %d columns", len(names))
	}
	if err := tryAll(t, source.Location{Path: path}, source.Options{}); err != nil {
		wants(t, "areas over each other", err, sen.Invalid, "names its columns")
	}
}

// FuzzASheetGoesOnFromEveryMark reads sheets of any XML: what one reading
// gives, every reading that goes on from one of its marks gives too.
func FuzzASheetGoesOnFromEveryMark(f *testing.F) {
	f.Add("<sheetData>"+inline(1, "id", "name")+inline(2, "1", "x")+inline(5, "2", "y")+inline(6, "3", "", "out")+"</sheetData>", uint8(1))
	f.Add(quirks("").sheets["Danh sách"], uint8(2))
	f.Fuzz(func(t *testing.T, sheet string, size uint8) {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		b := quirks("")
		b.sheets["Danh sách"] = sheet
		save(t, path, b.bytes(t))
		at, o := source.Location{Path: path, Sheet: "Danh sách"}, source.Options{RangeRows: 1 + int64(size%5), BatchRows: 2}
		all, marks, err := rangesOf(t, at, o, source.Mark{})
		if err != nil {
			if kind := sen.KindOf(err); kind != sen.Invalid && kind != sen.Corrupt || sen.HintOf(err) == "" {
				t.Errorf("got %v of kind %v", err, kind)
			}
			return
		}
		for i, mark := range marks {
			if rest, _, err := rangesOf(t, at, o, mark); err != nil || !slices.Equal(rest, all[i+1:]) {
				t.Errorf("going on from range %d: got %q, %v, want %q", i, rest, err, all[i+1:])
			}
		}
	})
}

// rangesOf reads what comes behind a mark: each range as its text.
func rangesOf(t *testing.T, at source.Location, o source.Options, from source.Mark) (all []string, marks []source.Mark, err error) {
	r, err := source.Open(t.Context(), at, o)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	_, err = r.Read(t.Context(), from, func(g *source.Range) error {
		all, marks = append(all, fmt.Sprint(g.Number, g.FirstRow, g.Start, g.End, g.Batches)), append(marks, g.Mark)
		g.Release()
		return nil
	})
	return all, marks, err
}
