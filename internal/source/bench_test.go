package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/sourcetest"
)

// BenchmarkRead reads whole files, hashing and batches included.
func BenchmarkRead(b *testing.B) {
	table := sourcetest.Sample(200_000)
	t := &testing.T{}
	for _, f := range []struct {
		name, file string
		write      func(*testing.T, string, sourcetest.Table)
	}{
		{"csv", "x.csv", writeCSV(",", "\n")},
		{"csv-tcvn3", "x.csv", encoded(charset.TCVN3, writeCSV(",", "\n"))},
		{"jsonl", "x.jsonl", writeJSON("", "\n", "\n", false)},
		{"sqlite", "x.db", writeSQLite("")},
	} {
		b.Run(f.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), f.file)
			f.write(t, path, table)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			for b.Loop() {
				r, err := source.Open(b.Context(), source.Location{Path: path}, source.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.Read(b.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(table.Rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
