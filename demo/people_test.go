package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sen-hub/sen"
)

func TestPeopleAreTheSameBytesAgainAndTheirRecordsAreAsPromised(t *testing.T) {
	dir := t.TempDir()
	make := func(name string, records int64, seed uint64) []byte {
		file := filepath.Join(dir, name)
		if err := People(t.Context(), records, seed, file); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, again, other := make("a.parquet", 9000, 1), make("b.parquet", 9000, 1), make("c.parquet", 9000, 2)
	if !bytes.Equal(one, again) || bytes.Equal(one, other) {
		t.Error("the same seed should give the same bytes, and another seed others")
	}
	records := map[uint64]int{}
	for n := range uint64(recordsPerRound * 100) {
		person, which := copyOf(n)
		if which != records[person] {
			t.Fatalf("record %d is number %d of person %d, who has %d before it", n, which, person, records[person])
		}
		records[person]++
	}
	sizes := map[int]int{}
	for _, n := range records {
		sizes[n]++
	}
	if sizes[1] != 3600 || sizes[2] != 1000 || sizes[3] != 300 || sizes[4] != 100 || len(sizes) != 4 {
		t.Errorf("got %v people by their records", sizes)
	}
	for _, n := range []int64{0, -1, maxRecords + 1} {
		if err := People(t.Context(), n, 1, filepath.Join(dir, "x.parquet")); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%d records: got %v, want Invalid", n, err)
		}
	}
}
