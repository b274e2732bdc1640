package xlsx

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// The workbooks of testdata were written by testdata/others.py.
func TestWorkbooksOfOtherProgramsAreRead(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.xlsx")
	if err != nil || len(paths) != 4 {
		t.Fatalf("got the workbooks %q, %v, want 4", paths, err)
	}
	want := [][]Cell{{{Text, "Danh sách"}}, nil,
		{{Text, "Lê  Hoà\n& <con>"}, {Number, "001087012345"}, {Date, "1990-01-01"}, {Date, "2024-02-29T09:30:00"}, {Bool, "true"}, {Number, "0.1"}}}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(content)
		if err != nil || len(got) != 2 || got[0].Name != "Công dân" || got[0].Hidden || !got[1].Hidden || !reflect.DeepEqual(got[0].Rows, want) {
			t.Errorf("%s: got %+v, %v, want %+v", path, got, err, want)
		}
		b, err := Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := b.Rows("Công dân")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if rows.Hidden() != (rows.Number() == 3) {
				t.Errorf("%s: row %d is hidden: %v", path, rows.Number(), rows.Hidden())
			}
		}
		rows.Close()
	}
}
