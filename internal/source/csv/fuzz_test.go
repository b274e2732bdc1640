package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/source/rows/rowstest"
)

const null = rowstest.Null

// parse reads a text in pieces of a size, a few rows a call.
func parse(text []byte, d Dialect, columns, piece, maxBytes, maxRows int) rowstest.Parsed {
	names := make([]string, columns)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return rowstest.Parse(NewParser(d, Options{FieldLimit: 1 << 16, Line: 1}), names, text, piece, maxBytes, maxRows)
}

// Whatever the text: the rows do not depend on how it is cut into pieces,
// batches and ranges; every byte is taken once; all that comes is text.
func FuzzParseIsTheSameInPieces(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\r\n\"x\"\"y\",\r\n", "\"open", "a\x00,\xff\n", "a,\"b\"c,d\n,,\n\n", "\r\r\n,\"\n\"\n", " \"x\" , y\n", "ế,ợ\n", "\"a\"\r",
	} {
		f.Add([]byte(seed), uint8(3), uint8(2), uint8(0))
	}
	dialects := []Dialect{
		Excel, {';', '"', '\n', true}, {'\t', 0, '\n', false}, {',', '\'', '\r', false},
	}
	f.Fuzz(func(t *testing.T, text []byte, piece, step, dialect uint8) {
		d := dialects[int(dialect)%len(dialects)]
		whole := parse(text, d, 3, len(text)+1, len(text)+1, len(text)+1)
		parts := parse(text, d, 3, 1+int(piece), 1+int(step), 1+int(step)%5)
		if whole.Err != nil || parts.Err != nil {
			t.Fatalf("errors: %v, %v", whole.Err, parts.Err)
		}
		if !reflect.DeepEqual(whole.Rows, parts.Rows) {
			t.Errorf("whole %q\nparts %q", whole.Rows, parts.Rows)
		}
		if parts.Taken() != len(text) {
			t.Errorf("%d of %d bytes were taken", parts.Taken(), len(text))
		}
		for _, row := range whole.Rows {
			for _, cell := range row {
				if cell != null && !rows.Sound([]byte(cell), false) {
					t.Errorf("%q is no text", cell)
				}
			}
		}
		accounted(t, text, d, whole.Rows)
	})
}

// accounted checks that each letter of the text is in a value, in a row's own
// text, or is one of the dialect's signs.
func accounted(t *testing.T, text []byte, d Dialect, list [][]string) {
	signs := string([]byte{d.Delimiter, d.Quote, d.Terminator, '\r', '\n', ' ', '"', '\''})
	kept := 0
	for _, row := range list {
		if raw := row[len(row)-1]; raw != null {
			kept += letters(raw, signs)
			continue
		}
		for _, cell := range row[:3] {
			if cell != null {
				kept += letters(cell, signs)
			}
		}
	}
	repaired, _ := rows.Repair(nil, text, false)
	if want := letters(string(repaired), signs); kept != want {
		t.Errorf("%d letters were kept of %d in %q: %q", kept, want, text, list)
	}
}

func letters(text, signs string) (n int) {
	for _, r := range text {
		if !strings.ContainsRune(signs, r) {
			n++
		}
	}
	return n
}

// On what encoding/csv writes, both read the same.
func TestWellFormedTextIsReadAsTheStandardLibraryReadsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "ế", `"`, ",", "\n", " ", "xyz", "'", ";", "0123456789", "Đặng Thị"}
	for range 500 {
		var b bytes.Buffer
		w := stdcsv.NewWriter(&b)
		columns := 2 + r.IntN(4)
		for range 1 + r.IntN(20) {
			record := make([]string, columns)
			for i := range record {
				for range r.IntN(4) {
					record[i] += pieces[r.IntN(len(pieces))]
				}
			}
			w.Write(record)
		}
		w.Flush()
		want, err := stdcsv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := parse(b.Bytes(), Excel, columns, 1+r.IntN(64), 1<<20, 1<<20)
		for i, row := range got.Rows {
			for c := range columns {
				if row[c] == null {
					row[c] = ""
				}
			}
			if !reflect.DeepEqual(row[:columns], want[i]) || row[columns+2] != null {
				t.Fatalf("got %q, want %q of %q", row, want[i], b.String())
			}
		}
		if len(got.Rows) != len(want) {
			t.Fatalf("%d rows, want %d", len(got.Rows), len(want))
		}
	}
}

func TestAFieldBeyondTheLimitNamesItsLineColumnAndQuote(t *testing.T) {
	for _, text := range []string{
		"a,b\n1,\"" + strings.Repeat("x\n", 1<<16) + "\"\n", "a,b\n1," + strings.Repeat("x", 1<<17), "a,b\n1,\"" + strings.Repeat("x", 1<<17),
	} {
		for _, piece := range []int{1 << 10, 1 << 20} {
			p := parse([]byte(text), Excel, 2, piece, 1<<30, 1<<30)
			if p.Err == nil || p.Err.Error() != "line 2, column c1: the field is longer than the limit of 65536 bytes" {
				t.Errorf("got %v", p.Err)
			}
		}
	}
}

func TestSniffing(t *testing.T) {
	yes := true
	for _, c := range []struct {
		about, text string
		known       Known
		want        Guess
	}{
		{"commas", "id,name\n1,an\n2,bình\n", Known{}, Guess{Dialect: Excel, Header: true, Names: []string{"id", "name"}}},
		{"tabs", "id\tname, first\n1\tan, b\n", Known{}, Guess{Dialect: Dialect{'\t', '"', '\n', false}, Header: true, Names: []string{"id", "name, first"}}},
		{"semicolons and decimal commas", "id;x\n1;2,5\n2;3,5\n", Known{}, Guess{Dialect: Dialect{';', '"', '\n', false}, Header: true, Names: []string{"id", "x"}}},
		{"pipes", "id|x\n1|2\n", Known{}, Guess{Dialect: Dialect{'|', '"', '\n', false}, Header: true, Names: []string{"id", "x"}}},
		{"delimiters within quotes", "a,b\n\"1;2;3\",\"x;y;z\"\n\"1;2;3\",\"x;y;z\"\n", Known{}, Guess{Dialect: Excel, Header: true, Names: []string{"a", "b"}}},
		{"apostrophes quote", "a,b\n'x, y','z'\n'u','v, w'\n", Known{}, Guess{Dialect: Dialect{',', '\'', '\n', false}, Header: true, Names: []string{"a", "b"}}},
		{"inches quote nothing", "a,b\n\"5,x\n\"7,y\n", Known{}, Guess{Dialect: Dialect{',', 0, '\n', false}, Header: true, Names: []string{"a", "b"}}},
		{"no header", "1,an\n2,bình\n", Known{}, Guess{Dialect: Excel, Names: []string{"column_1", "column_2"}}},
		{"no header, words alone", "an,x\nbình,y\nan,x\nan,y\n", Known{}, Guess{Dialect: Excel, Names: []string{"column_1", "column_2"}}},
		{"a header of figures, as the contract says", "2024,2025\n1,2\n", Known{Names: []string{"2024", "2025"}}, Guess{Dialect: Excel, Header: true, Names: []string{"2024", "2025"}}},
		{"a header, as is known", "1,2\n1,2\n", Known{Header: &yes}, Guess{Dialect: Excel, Header: true, Names: []string{"1", "2"}}},
		{"names that clash", "a,,A,a,_row\n1,2,3,4,5\n", Known{}, Guess{Dialect: Excel, Header: true, Names: []string{"a", "column_2", "A_2", "a_3", "_row_2"}}},
		{"one column", "name\nan\nbình\n", Known{}, Guess{Dialect: Excel, Header: true, Names: []string{"name"}}},
		{"header alone", "id,name\n", Known{}, Guess{Dialect: Excel, Header: true, Names: []string{"id", "name"}}},
		{"nothing", "", Known{}, Guess{Dialect: Excel}},
		{"blanks", "id, name, x\n1, an, 2\n2, b, 3\n", Known{}, Guess{Dialect: Dialect{',', '"', '\n', true}, Header: true, Names: []string{"id", "name", "x"}}},
	} {
		got := Sniff([]byte(c.text), true, c.known)
		if got.Dialect != c.want.Dialect || got.Header != c.want.Header || !reflect.DeepEqual(got.Names, c.want.Names) {
			t.Errorf("%s: got %+v, want %+v", c.about, got, c.want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("a;b\n1;2\n"), true)
	f.Add([]byte("\"\n'\r,"), false)
	f.Fuzz(func(t *testing.T, text []byte, end bool) {
		g := Sniff(text, end, Known{})
		if g.Start > len(text) || g.Start < 0 {
			t.Errorf("data begins at %d of %d", g.Start, len(text))
		}
	})
}
