package profile_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/profile"
	"github.com/sen-hub/sen/internal/xlsx"
)

func TestADraftTellsWhatWasReadOfAWorkbookAndWhatWasNot(t *testing.T) {
	rows := func(cells ...string) (out [][]xlsx.Cell) {
		for i := 0; i < len(cells); i += 2 {
			out = append(out, []xlsx.Cell{{Kind: xlsx.Text, Text: cells[i]}, {Kind: xlsx.Text, Text: cells[i+1]}})
		}
		return out
	}
	var book bytes.Buffer
	err := xlsx.Write(&book, []xlsx.Sheet{
		{Name: "Biên lai", Rows: rows("SỔ BIÊN LAI", "", "số", "loại", "A1", "x", "A2", "y")},
		{Name: "Loại", Rows: rows("mã", "tên", "x", "phí", "y", "thuế")},
		{Name: "Nháp", Hidden: true, Rows: rows("mã", "tên", "x", "phí")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := infer(t, filepath.Join(folder(t, "fees", map[string]string{"fees.xlsx": book.String()}), "fees.xlsx"), profile.Options{})
	if len(p.Objects) != 2 || p.Objects[0].PhysicalName != "Biên lai" || p.Objects[0].PhysicalType != "sheet" || p.Objects[1].PhysicalName != "Loại" {
		t.Fatalf("got %+v, want the two sheets that are to be seen", p.Objects)
	}
	draft := draftOf(t, p)
	for _, want := range []string{"# sheet Biên lai: row 2 names its columns\n", "# sheet Loại: row 1 names its columns\n", "fees.xlsx: hidden sheets are left out: Nháp\n"} {
		if !strings.Contains(draft, want) {
			t.Errorf("the draft does not say %q", want)
		}
	}
}
