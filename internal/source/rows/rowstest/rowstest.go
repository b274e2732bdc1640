// Package rowstest reads texts with a parser of rows as the tests of every
// format need it: whole or in pieces, into text that can be compared.
package rowstest

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen/internal/source/rows"
)

// Parser is what the parsers of text formats have in common. Parse takes whole
// records from data, of which last says that nothing follows, and returns how
// many bytes it took; none means that it needs more.
type Parser interface {
	Parse(data []byte, last bool, out *rows.Builder, maxBytes, maxRows int) (int, error)
}

// Null stands in Parsed for a value that is not there.
const Null = "\x00null"

// Parsed is what came of a text.
type Parsed struct {
	Rows [][]string // values, or Null; then row, line, fault, raw
	Used []int      // bytes of each call's records, together the whole text
	Err  error
}

// Taken is the number of bytes that were taken.
func (p Parsed) Taken() int {
	total := 0
	for _, n := range p.Used {
		total += n
	}
	return total
}

// Parse reads a text in pieces of a size, a few rows a call.
func Parse(parser Parser, names []string, text []byte, piece, maxBytes, maxRows int) (p Parsed) {
	out := rows.NewBuilder(names, 0)
	have := min(piece, len(text))
	for at := 0; ; {
		n, err := parser.Parse(text[at:have], have == len(text), out, maxBytes, maxRows)
		p.Used, at = append(p.Used, n), at+n
		if p.Err = err; err != nil || n == 0 && have == len(text) {
			break
		}
		if n == 0 {
			have = min(have+piece, len(text))
		}
	}
	p.Rows = cells(out.Flush())
	return p
}

func cells(b arrow.RecordBatch) (out [][]string) {
	if b == nil {
		return nil
	}
	for i := range int(b.NumRows()) {
		var row []string
		for c := range int(b.NumCols()) {
			switch column := b.Column(c).(type) {
			case *array.Int64:
				row = append(row, fmt.Sprint(column.Value(i)))
			case *array.String:
				if column.IsNull(i) {
					row = append(row, Null)
				} else {
					row = append(row, column.Value(i))
				}
			}
		}
		out = append(out, row)
	}
	return out
}

// Bench measures a parser over a text, in pieces of a mebibyte.
func Bench(b *testing.B, parser func() Parser, names []string, text []byte) {
	b.SetBytes(int64(len(text)))
	out := rows.NewBuilder(names, 0)
	for b.Loop() {
		p := parser()
		for used := 0; used < len(text); {
			n, err := p.Parse(text[used:min(len(text), used+1<<20)], used+1<<20 >= len(text), out, 64<<20, rows.MaxBatch)
			if err != nil || n == 0 {
				b.Fatal(n, err)
			}
			used += n
		}
		out.Flush()
	}
}
