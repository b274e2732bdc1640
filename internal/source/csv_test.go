package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source"
)

// write makes a file in a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cells shows rows as text: "·" is the absence of a value.
func cells(batches []arrow.RecordBatch) (out []string) {
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			var row []string
			for c := range int(b.NumCols()) {
				switch column := b.Column(c).(type) {
				case *array.String:
					if column.IsNull(i) {
						row = append(row, "·")
					} else {
						row = append(row, column.Value(i))
					}
				case *array.Int64:
					row = append(row, fmt.Sprint(column.Value(i)))
				}
			}
			out = append(out, strings.Join(row, "|"))
		}
	}
	return out
}

func read(t *testing.T, at source.Location, o source.Options) (source.Reader, []string, source.Position) {
	t.Helper()
	r, err := source.Open(t.Context(), at, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	var out []string
	position, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		out = append(out, cells(g.Batches)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, out, position
}

func TestCSVRowsComeAsTheyStand(t *testing.T) {
	for _, c := range []struct{ about, text, want string }{
		{"plain", "a,b\n1,x\n2,y\n", "1|x|0|2|·|·\n2|y|1|3|·|·"},
		{"no newline at the end", "a,b\n1,x\n2,y", "1|x|0|2|·|·\n2|y|1|3|·|·"},
		{"empty is null, quoted empty is empty", "a,b\n1,\n,\"\"\n", "1|·|0|2|·|·\n·||1|3|·|·"},
		{"CRLF", "a,b\r\n1,x\r\n2,\r\n", "1|x|0|2|·|·\n2|·|1|3|·|·"},
		{"CR alone", "a,b\r1,x\r2,y\r", "1|x|0|2|·|·\n2|y|1|3|·|·"},
		{"quotes", "a,b\n1,\"x, \"\"y\"\"\"\n\"2\",z\n", "1|x, \"y\"|0|2|·|·\n2|z|1|3|·|·"},
		{"line breaks within quotes", "a,b\n1,\"x\ny\"\n2,z\n", "1|x\ny|0|2|·|·\n2|z|1|4|·|·"},
		{"blank lines", "a,b\n\n1,x\n\r\n2,y\n", "1|x|0|3|·|·\n2|y|1|5|·|·"},
		{"too few fields", "a,b,c\n1,x,7\n2,y\n", "1|x|7|0|2|·|·\n2|y|·|1|3|2 fields, 3 expected|2,y"},
		{"too many fields", "a,b\n1,x\n2,y,z\n3,w\n", "1|x|0|2|·|·\n2|y|1|3|3 fields, 2 expected|2,y,z\n3|w|2|4|·|·"},
		{"NUL", "a,b\n1,x\x00y\n2,z\n", "1|x\uf700y|0|2|NUL byte in column b|1,x\uf700y\n2|z|1|3|·|·"},
		{"bytes that are no UTF-8", "a,b\n1,x\xffy\n2,ế\n", "1|x\uf7ffy|0|2|undecodable byte 0xFF in column b|1,x\uf7ffy\n2|ế|1|3|·|·"},
		{"text behind a quote", "a,b\n1,\"x\"y\n2,z\n3,\"w\"\n", "1|\"x\"y|0|2|a quote that does not end the field opens column b|1,\"x\"y\n2|z|1|3|·|·\n3|w|2|4|·|·"},
		{"semicolons", "a;b\n1,5;x\n2,5;y\n", "1,5|x|0|2|·|·\n2,5|y|1|3|·|·"},
		{"blanks after the delimiter", "id, name, born\n1, an, 1990\n2, , 1991\n", "1| an| 1990|0|2|·|·\n2| | 1991|1|3|·|·"},
		{"byte order mark", "\xEF\xBB\xBFa,b\n1,x\n", "1|x|0|2|·|·"},
	} {
		_, got, _ := read(t, source.Location{Path: write(t, "people.csv", c.text), Encoding: "utf-8"}, source.Options{})
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.about, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestRowsOfAnotherEncodingAreFaultsOfTheirOwn(t *testing.T) {
	utf8 := strings.Repeat("1,Nguyễn Thị Hồng Đặng\n", 200)
	tcvn3, err := charset.Encode(charset.TCVN3, "2,Trần Văn Bưởi\n")
	if err != nil {
		t.Fatal(err)
	}
	r, rows, _ := read(t, source.Location{Path: write(t, "x.csv", "id,name\n"+utf8+string(tcvn3)+utf8)}, source.Options{})
	if got := r.Facts().Encoding; got != charset.UTF8 {
		t.Fatalf("encoding %s, want UTF-8: %q", got, r.Facts().Evidence)
	}
	faults := 0
	for i, row := range rows {
		if !strings.HasSuffix(row, "|·|·") {
			faults++
			if i != 200 || !strings.Contains(row, "undecodable byte") {
				t.Errorf("row %d: %s", i, row)
			}
		}
	}
	if faults != 1 || len(rows) != 401 {
		t.Errorf("%d faults in %d rows, want 1 in 401", faults, len(rows))
	}
}

func TestRowsThatAnOldProgramAppendedAreReadInItsEncoding(t *testing.T) {
	utf8 := strings.Repeat("1,Nguyễn Thị Hồng Đặng\n", 200)
	for _, name := range []string{charset.TCVN3, charset.VNI, charset.VISCII, charset.Windows1258} {
		old, err := charset.Encode(name, strings.Repeat("2,Trần Văn Bưởi\n", 3))
		if err != nil {
			t.Fatal(err)
		}
		r, rows, _ := read(t, source.Location{Path: write(t, "x.csv", "id,name\n"+utf8+string(old)+utf8)}, source.Options{})
		if got := r.Facts().Encoding; got != charset.UTF8+"+"+name {
			t.Errorf("encoding %s, want UTF-8+%s: %q", got, name, r.Facts().Evidence)
		}
		if len(rows) != 403 || !strings.HasPrefix(rows[201], "2|Trần Văn Bưởi|") || !strings.HasSuffix(rows[201], "|·|·") {
			t.Errorf("%s: %d rows, the first of its own is %q", name, len(rows), rows[201])
		}
	}
}
