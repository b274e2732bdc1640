package apptest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// workbook packs sheets, by their names in turn, as a spreadsheet program
// does: each is the XML of its rows.
func workbook(t *testing.T, namesAndRows ...string) string {
	t.Helper()
	const ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := [][2]string{{"_rels/.rels", `<Relationships><Relationship Id="a" Type="` + ns + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`}}
	list, targets := "", `<Relationship Id="y" Type="`+ns+`/styles" Target="styles.xml"/>`
	for i := 0; i < len(namesAndRows); i += 2 {
		list += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="r%d"/>`, namesAndRows[i], i+1, i)
		targets += fmt.Sprintf(`<Relationship Id="r%d" Type="%s/worksheet" Target="s%d.xml"/>`, i, ns, i)
		parts = append(parts, [2]string{fmt.Sprintf("xl/s%d.xml", i), `<worksheet>` + namesAndRows[i+1] + `</worksheet>`})
	}
	parts = append(parts, [2]string{"xl/workbook.xml", `<workbook xmlns:r="` + ns + `"><sheets>` + list + `</sheets></workbook>`},
		[2]string{"xl/_rels/workbook.xml.rels", `<Relationships>` + targets + `</Relationships>`})
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		w, err := z.Create(p[0])
		if err == nil {
			_, err = w.Write([]byte(p[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// citizens is a sheet kept by hand: a title, a header over two rows, days as
// numbers of a calendar, every twentieth formula an error.
func citizens(n int) string {
	var b strings.Builder
	text := func(ref, value string) { fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, value) }
	b.WriteString(`<sheetData><row r="1">`)
	text("A1", "DANH SÁCH CÔNG DÂN")
	b.WriteString(`</row><row r="3">`)
	for i, name := range []string{"Số hồ sơ", "Họ tên", "Ngày sinh", "Địa chỉ"} {
		text(fmt.Sprintf("%c3", 'A'+i), name)
	}
	b.WriteString(`</row><row r="4">`)
	text("D4", "Tỉnh")
	text("E4", "Xã")
	b.WriteString(`</row>`)
	for i := range n {
		row := i + 5
		fmt.Fprintf(&b, `<row r="%d"><c r="A%[1]d"><v>%d</v></c>`, row, 100000000000+i)
		text(fmt.Sprintf("B%d", row), []string{"Nguyễn Văn An", "Trần Thị Bình", "Lê Hoà"}[i%3])
		fmt.Fprintf(&b, `<c r="C%d" s="1"><v>%d</v></c>`, row, 32874+17*i)
		if i%20 == 19 {
			fmt.Fprintf(&b, `<c r="D%d" t="e"><f>VLOOKUP(B%[1]d,X:X,1)</f><v>#N/A</v></c>`, row)
		} else {
			text(fmt.Sprintf("D%d", row), "Hà Nội")
		}
		text(fmt.Sprintf("E%d", row), fmt.Sprintf("Phường %d", 1+i%9))
		b.WriteString(`</row>`)
	}
	return b.String() + `</sheetData><mergeCells><mergeCell ref="A1:E1"/><mergeCell ref="A3:A4"/><mergeCell ref="B3:B4"/><mergeCell ref="C3:C4"/><mergeCell ref="D3:E3"/></mergeCells>`
}

// fees is a second sheet.
func fees(n int) string {
	var b strings.Builder
	b.WriteString(`<sheetData><row><c t="inlineStr"><is><t>receipt</t></is></c><c t="inlineStr"><is><t>amount</t></is></c></row>`)
	for i := range n {
		fmt.Fprintf(&b, `<row><c t="inlineStr"><is><t>R%04d</t></is></c><c><v>%d</v></c></row>`, i, 1000*(i%7))
	}
	return b.String() + `</sheetData>`
}

func TestAWorkbookGoesFromInferToProofWithoutAnEdit(t *testing.T) {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sources/ward.xlsx", workbook(t, "Công dân", citizens(200), "Fees", fees(60)))
	s.ok("contract", "infer", "sources/ward.xlsx", "--agency", "ward", "-o", "contracts/ward.odcs.yaml").says(t, "10 of 200 rows", "the first: error #N/A in cell D24")
	if draft := s.sen("contract", "infer", "sources/ward.xlsx", "--agency", "ward").out; !strings.Contains(draft, "# sheet Công dân: rows 3 to 4 name its columns, joined\n") {
		t.Errorf("the draft does not say how the sheet was read:\n%s", draft)
	}
	s.ok("contract", "check").says(t, "no errors")
	s.ok("sync").says(t, "ward.cong_dan", "ward.fees", "✓")
	s.ok("sync").says(t, "unchanged")
	s.ok("verify").says(t, "source and store agree", "200 rows", "60 rows")
	s.ok("quarantine", "show", "ward.cong_dan", "--purpose", "test").says(t, "error #N/A in cell D24", "10 rows")
	var answer struct{ Rows [][]any }
	s.ok("query", `SELECT CAST(so_ho_so AS VARCHAR), CAST(ngay_sinh AS VARCHAR), dia_chi_xa FROM ward.cong_dan ORDER BY 1 LIMIT 1`, "--purpose", "test", "--json").json(t, &answer)
	if got := fmt.Sprint(answer.Rows); got != "[[100000000000 1990-01-01 Phường 1]]" {
		t.Errorf("the first row is %s", got)
	}
	s.write("sources/ward.xlsx", workbook(t, "Công dân", strings.Replace(citizens(200), "<v>32891</v>", "<v>32892</v>", 1), "Fees", fees(60)))
	s.want(8, "verify").says(t, "differs", "row 1")
	s.ok("sync")
	s.ok("verify").says(t, "source and store agree")
}

func TestAWorkbookThatCannotBeReadSaysWhatToDo(t *testing.T) {
	s := newShell(t)
	s.write("old.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"+strings.Repeat("\x00", 600))
	whole := workbook(t, "a", fees(9))
	s.write("half.xlsx", whole[:len(whole)/2])
	s.want(2, "contract", "infer", "old.xlsx").says(t, "old form .xls", "save it as .xlsx")
	if r := s.sen("contract", "infer", "half.xlsx"); r.code == 0 {
		t.Errorf("half a workbook was read: %s", r.out)
	} else {
		r.says(t, "cut off or damaged", "copy it again")
	}
}
