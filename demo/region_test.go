package demo

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

func TestACountryOf46SourcesHasAsManyContractsAndTheSameBytesAgain(t *testing.T) {
	contracts, err := ContractsOf(46)
	if err != nil || len(contracts) != 46 {
		t.Fatalf("%d contracts, %v; want 46", len(contracts), err)
	}
	for name, text := range contracts {
		id := strings.TrimSuffix(name, ".odcs.yaml")
		if !strings.Contains(text, "\nid: "+id+"\n") || strings.Contains(text, "path: sources/population/") {
			t.Errorf("%s is not of its region", name)
		}
	}
	first, second := made(t, Options{People: 3000, Seed: 7, Sources: 46}), made(t, Options{People: 3000, Seed: 7, Sources: 46})
	if len(first) < 46 {
		t.Errorf("%d files", len(first))
	}
	for name, content := range first {
		if !bytes.Equal(content, second[name]) {
			t.Errorf("%s differs between two runs of one seed", name)
		}
	}
}

func made(t *testing.T, o Options) map[string][]byte {
	t.Helper()
	o.Dir = t.TempDir()
	if _, err := Generate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	err := filepath.WalkDir(o.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(o.Dir, path)
		out[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRegionsShareThePeopleOfTheCountryOut(t *testing.T) {
	count := func(sources int) int64 {
		r, err := Generate(t.Context(), Options{People: 6000, Seed: 3, Sources: sources, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		var people int64
		for _, d := range r.Datasets {
			if d.Dataset.Object() == "person" {
				people += d.Rows
			}
		}
		return people
	}
	// Doubles are planted by each dataset's own draws.
	if whole, cut := count(6), count(48); cut < whole*97/100 || cut > whole*103/100 {
		t.Errorf("48 sources hold %d people, 6 hold %d", cut, whole)
	}
	for _, sources := range []int{7, 12, 46, MaxSources} {
		n := 0
		for _, r := range regions(sources) {
			n += r.agencies
		}
		if n != sources {
			t.Errorf("a country of %d sources has %d", sources, n)
		}
	}
	if _, err := Generate(t.Context(), Options{People: 100, Sources: MaxSources + 1, Dir: t.TempDir()}); sen.KindOf(err) != sen.Invalid {
		t.Errorf("too many sources: %v", err)
	}
	if got := fmt.Sprint(slug("Bà Rịa - Vũng Tàu"), slug("Đắk Lắk")); got != "ba-ria-vung-tau dak-lak" && got != "ba-ria-vung-taudak-lak" {
		t.Errorf("got %s", got)
	}
}
