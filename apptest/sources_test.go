package apptest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFortySixSourcesAreBroughtInAndEachSaysWhereItStands(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--sources", "46", "--people", "3000", "--dir", "hub").says(t, "46 agencies", "70 of 70")
	s.dir = filepath.Join(s.dir, "hub")
	status := func() map[string]sourceLine {
		var a struct {
			Sources  map[string]int
			Datasets []sourceLine
		}
		s.ok("status", "--json").json(t, &a)
		if len(a.Datasets) != 70 || a.Sources["synchronised"] != 46 {
			t.Fatalf("%d datasets, sources %v", len(a.Datasets), a.Sources)
		}
		out := map[string]sourceLine{}
		for _, l := range a.Datasets {
			out[l.Dataset] = l
		}
		return out
	}
	for name, l := range status() {
		if l.Stage != "synchronised" || l.In != l.Clean+l.Quarantined || l.In == 0 || l.Certificate == "" || l.Blocks != "" {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if err := os.Remove(filepath.Join(s.dir, "sources/ha-noi/tax/taxpayer.csv")); err != nil {
		t.Fatal(err)
	}
	if l := status()["tax-ha-noi.taxpayer"]; l.Blocks != "no-file" || l.Stage != "synchronised" {
		t.Errorf("without its file: %+v", l)
	}
	s.want(3, "sync").says(t, "tax-ha-noi.taxpayer", "69 of 70")
}

// sourceLine is what `sen status --json` says of one dataset.
type sourceLine struct {
	Dataset, Stage, Certificate, Blocks string
	In, Clean, Quarantined              int64
}
