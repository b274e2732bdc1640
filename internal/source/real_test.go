package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen/internal/source"
)

// shared is the folder of data beside the checkout; the test is skipped
// without it.
func shared(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("SEN_SHARED"); path != "" {
		return path
	}
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; at != "/"; at = filepath.Dir(at) {
		if path := filepath.Join(at, "shared"); filepath.Dir(path) != at {
			continue
		} else if _, err := os.Stat(filepath.Join(path, "data")); err == nil {
			return path
		}
	}
	t.Skip("no folder shared/data beside the checkout: set SEN_SHARED to where it is")
	return ""
}

func TestRealFilesAreReadWhole(t *testing.T) {
	data := filepath.Join(shared(t), "data")
	for _, c := range []struct {
		path    string
		columns int
		rows    int64
	}{
		{"admin-units/wards-old-to-2025.csv", 22, 10602},
		{"admin-units/ward-aliases-legacy.csv", 6, 3963},
		{"linkage/dataset1.csv", 11, 1000},
		{"linkage/dataset2.csv", 11, 5000},
		{"linkage/dataset4a.csv", 11, 5000},
		{"linkage/dataset4b.csv", 11, 5000},
		{"linkage/dataset?.csv", 11, 6000},
		{"linkage/fake_1000.csv", 7, 1000},
		{"names/surnames.csv", 0, 0},
		{"procedures/procedures.jsonl", 0, 207},
	} {
		r, rows, position := read(t, source.Location{Path: filepath.Join(data, c.path)}, source.Options{RangeRows: 500})
		if c.columns > 0 && len(r.Columns()) != c.columns || c.rows > 0 && position.Rows != c.rows {
			t.Errorf("%s: %d columns and %d rows, want %d and %d", c.path, len(r.Columns()), position.Rows, c.columns, c.rows)
		}
		faults := 0
		for _, row := range rows {
			if len(row) < 4 || row[len(row)-len("·|·"):] != "·|·" {
				faults++
			}
		}
		if faults > 0 {
			t.Errorf("%s: %d rows with faults", c.path, faults)
		}
		t.Logf("%s: %d columns, %d rows: %q", c.path, len(r.Columns()), position.Rows, r.Facts().Evidence)
	}
}
