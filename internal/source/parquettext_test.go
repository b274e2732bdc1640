package source_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/sourcetest"
)

// textsOf reads all columns of a file, or fails as it does.
func textsOf(t *testing.T, path string) (columns [][]string, err error) {
	t.Helper()
	r, err := source.Open(t.Context(), source.Location{Path: path, Format: source.Parquet}, source.Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	texts, ok := source.TextsOf(r)
	if !ok {
		t.Fatal("a Parquet file has no texts")
	}
	for i := range r.Columns() {
		if !texts.Has(i) {
			columns = append(columns, nil)
			continue
		}
		var all []string
		if err := texts.Read(t.Context(), i, func(some []string) error {
			for _, s := range some {
				all = append(all, string([]byte(s))) // it stands until we return
			}
			return nil
		}); err != nil {
			return nil, err
		}
		if int64(len(all)) != texts.Rows() {
			t.Fatalf("%s: column %d has %d texts for %d rows", path, i, len(all), texts.Rows())
		}
		columns = append(columns, all)
	}
	return columns, nil
}

func TestTextsOfParquetAreTheValuesOfItsColumns(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	table := sourcetest.Table{Columns: []string{"few", "many", "none", "some"}}
	for i := range 40_000 {
		few, many := []string{"Nguyễn", "Trần", "", "Lê Thị"}[random.IntN(4)], fmt.Sprint(random.Int64())
		row := []*string{&few, &many, nil, nil}
		if i%3 > 0 {
			row[3] = &many
		}
		table.Rows = append(table.Rows, row)
	}
	for _, group := range []int64{7_001, 100_000} {
		path := filepath.Join(t.TempDir(), "x.parquet")
		writeGroups(t, path, table, group)
		got, err := textsOf(t, path)
		if err != nil {
			t.Fatal(err)
		}
		for c, column := range got {
			for i, row := range table.Rows {
				want := ""
				if row[c] != nil {
					want = *row[c]
				}
				if column[i] != want {
					t.Fatalf("row groups of %d, column %s, row %d: got %q, want %q", group, table.Columns[c], i, column[i], want)
				}
			}
		}
	}
}

func TestTextsStopWhereTheirReaderSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	writeGroups(t, path, sourcetest.Sample(61), 13)
	r, err := source.Open(t.Context(), source.Location{Path: path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	texts, _ := source.TextsOf(r)
	stop, times := sen.Errorf(sen.Busy, "enough"), 0
	if err := texts.Read(t.Context(), 0, func([]string) error { times++; return stop }); !errors.Is(err, stop) || times != 1 {
		t.Errorf("got %v after %d calls", err, times)
	}
}

// What is damaged is refused, or has as many values as it had.
func TestDamagedPagesAreCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	writeGroups(t, path, sourcetest.Sample(61), 13)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 4; at < len(whole)-8; at += 11 {
		content := slices.Clone(whole)
		content[at] ^= 0x55
		save(t, path, content)
		if _, err := textsOf(t, path); err != nil {
			refused++
			if sen.KindOf(err) != sen.Corrupt && sen.KindOf(err) != sen.Invalid {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

func FuzzParquetTexts(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.parquet")
	writeGroups(&testing.T{}, path, sourcetest.Sample(20), 13)
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		save(t, path, content)
		_, _ = textsOf(t, path)
	})
}
