package jsonl

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/sen-hub/sen/internal/source/rows/rowstest"
)

func people(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"id": "%08d", "number": "001%09d", "name": "Nguyễn Thị Bích %d", "born": "%02d/%02d/19%02d", "sex": "Nữ", "address": {"street": "Số %d, đường Lê Lợi", "ward": "Phường Bến Nghé"}, "income": %d.50, "alive": true, "note": null}`+"\n",
			i, i*7, i%97, i%28+1, i%12+1, i%90+10, i%300, i*13)
	}
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	names := []string{"id", "number", "name", "born", "sex", "address", "income", "alive", "note"}
	rowstest.Bench(b, func() rowstest.Parser { return NewParser(names, Options{FieldLimit: 16 << 20, Line: 1}) }, names, people(50_000))
}
