package csv

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/sen-hub/sen/internal/source/rows/rowstest"
)

// people is n rows of ten columns in the manner of a civil register, with
// Vietnamese letters.
func people(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%08d,001%09d,Nguyễn Thị Bích %d,%02d/%02d/19%02d,Nữ,\"Số %d, đường Lê Lợi\",Phường Bến Nghé,Thành phố Hồ Chí Minh,,%d\n",
			i, i*7, i%97, i%28+1, i%12+1, i%90+10, i%300, i*13)
	}
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	rowstest.Bench(b, func() rowstest.Parser { return NewParser(Excel, Options{FieldLimit: 16 << 20, Line: 1}) }, names, people(50_000))
}
