package source_test

import (
	"archive/zip"
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/source"
)

// BenchmarkAWorkbookOfAMillionRows reads eight columns as spreadsheet programs
// store them: a million rows, three million texts that cells share by their
// numbers. The metric peak-MB is the most memory that the process had while it
// read, with a range's batches.
func BenchmarkAWorkbookOfAMillionRows(b *testing.B) {
	const n = 1_000_000
	path := filepath.Join(b.TempDir(), "million.xlsx")
	writeMillion(b, path, n)
	debug.FreeOSMemory()
	forgetPeak()
	for b.Loop() {
		r, err := source.Open(b.Context(), source.Location{Path: path}, source.Options{RangeRows: 100_000})
		if err != nil {
			b.Fatal(err)
		}
		at, err := r.Read(b.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil })
		if err != nil || at.Rows != n {
			b.Fatal(at.Rows, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak(), "peak-MB")
}

func writeMillion(b *testing.B, path string, n int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	part := func(name string, write func(*bufio.Writer)) {
		w, err := z.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		out := bufio.NewWriter(w)
		write(out)
		if err := out.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	small := bookParts{names: []string{"S"}}
	for name, text := range small.parts() {
		if !strings.HasPrefix(name, "xl/worksheets/") && name != "xl/sharedStrings.xml" {
			part(name, func(w *bufio.Writer) { fmt.Fprint(w, text) })
		}
	}
	part("xl/worksheets/s0.xml", func(w *bufio.Writer) {
		fmt.Fprintf(w, `<worksheet><dimension ref="A1:H%d"/><sheetData>%s`, n+1, inline(1, "id", "name", "born", "ward", "note", "amount", "flag", "phone"))
		for i := range n {
			fmt.Fprintf(w, `<row r="%d"><c r="A%[1]d"><v>%[2]d</v></c><c r="B%[1]d" t="s"><v>%[3]d</v></c><c r="C%[1]d" s="1"><v>%[4]d</v></c><c r="D%[1]d" t="s"><v>%[5]d</v></c>`+
				`<c r="E%[1]d" t="s"><v>%[6]d</v></c><c r="F%[1]d"><v>%[7]d</v></c><c r="G%[1]d" t="b"><v>%[8]d</v></c><c r="H%[1]d" t="s"><v>%[9]d</v></c></row>`,
				i+2, 100_000_000_000+i, 3*i, 20_000+i%25_000, 3*i+1, i%1000, i*7, i%2, 3*i+2)
		}
		fmt.Fprint(w, `</sheetData></worksheet>`)
	})
	part("xl/sharedStrings.xml", func(w *bufio.Writer) {
		fmt.Fprint(w, `<sst>`)
		for i := range n {
			fmt.Fprintf(w, `<si><t>Nguyễn Văn %d</t></si><si><t>Phường Mẫu số %[1]d</t></si><si><t>0900%06[1]d</t></si>`, i)
		}
		fmt.Fprint(w, `</sst>`)
	})
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
}

// forgetPeak has Linux count the most memory of the process anew (proc(5),
// clear_refs); elsewhere it does nothing.
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak is that memory in MB; 0 where it is not known.
func peak() (mb float64) {
	status, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
		_, _ = fmt.Sscan(rest, &mb)
	}
	return mb / 1024
}
