package apptest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// figure is an indicator as `sen indicator run --json` gives it.
type figure struct {
	Indicator string
	Error     string
	Figure    *struct {
		Snapshots map[string]int64
		Smallest  float64
		Total     cell
		Cells     []cell
	}
}

type cell struct {
	Group, Withheld string
	Value, Of       *float64
}

func TestIndicatorsCountTheCountryAndNobodyInIt(t *testing.T) {
	s := newShell(t)
	s.ok("demo", "--people", "1200", "--seed", "5", "--dir", "land")
	h := *s
	h.dir = filepath.Join(s.dir, "land")
	var figures []figure
	h.ok("indicator", "run", "--json").json(t, &figures)
	if len(figures) < 8 {
		t.Fatalf("there are %d indicators", len(figures))
	}
	withheld := 0
	for _, f := range figures {
		if f.Error != "" || f.Figure == nil {
			t.Errorf("%s: %s", f.Indicator, f.Error)
			continue
		}
		withheld += checkCells(t, f)
	}
	if withheld == 0 {
		t.Error("nothing is withheld, though a country of 1,200 has small provinces")
	}
	var counted struct{ Rows [][]any }
	h.ok("query", `SELECT count(*) FROM "entity"."person" WHERE died_on IS NULL AND province IS NOT NULL`, "--json").json(t, &counted)
	if got, want := *figures[0].Figure.Total.Value, counted.Rows[0][0].(float64); figures[0].Indicator != "population" || got != want {
		t.Errorf("%s is %v, the query gives %v", figures[0].Indicator, got, want)
	}
	h.ok("indicator", "list").says(t, "population", "certified")
	h.ok("indicator", "check").says(t, "no errors")
	h.ok("indicator", "run", "--due", "--json").says(t, "[]")
	h.ok("verify")
	badIndicators(t, &h)
}

// checkCells sees that no count below the smallest is shown, and counts those
// that are withheld.
func checkCells(t *testing.T, f figure) (withheld int) {
	t.Helper()
	for _, c := range append(f.Figure.Cells, f.Figure.Total) {
		switch {
		case c.Withheld != "":
			withheld++
			if c.Value != nil {
				t.Errorf("%s: group %q is withheld, and has a value", f.Indicator, c.Group)
			}
		case *c.Value < f.Figure.Smallest:
			t.Errorf("%s: group %q shows %v, below %v", f.Indicator, c.Group, *c.Value, f.Figure.Smallest)
		}
	}
	return withheld
}

// badIndicators puts faults into a file, each alone, and asks what is wrong.
func badIndicators(t *testing.T, h *shell) {
	t.Helper()
	file := filepath.Join(h.dir, "indicators", "bad.yaml")
	const head = "indicator: bad\nname: {vi: Sai, en: Bad}\nowner: hub\nfreshness: 24h\nunit: {vi: người, en: people}\nlegal_basis: {vi: L, en: L}\n"
	for _, c := range []struct{ rest, where, says string }{
		{"smallest: 5\nquery: SELECT count(*) AS n FROM \"population\".\"person\"\n", "bad.yaml:8", "neither value"},
		{"smallest: 5\nquery: SELECT count(nothing) AS value FROM \"population\".\"person\"\n", "bad.yaml:8", "nothing"},
		{"smallest: 5\nquery: DELETE FROM \"population\".\"person\"\n", "bad.yaml:8", "cannot be read"},
		{"smallest: 5\nquery: SELECT count(*) AS value FROM read_csv('/etc/passwd')\n", "bad.yaml:8", "no dataset"},
		{"query: SELECT count(*) AS value FROM \"population\".\"person\"\n", "bad.yaml:1", "smallest"},
		{"smallest: 5\nby: full_name\nquery: SELECT full_name, count(*) AS value FROM \"population\".\"person\" GROUP BY ALL\n", "bad.yaml:8", "who somebody is"},
		{"smallest: 5\nby: who\nquery: SELECT substr(full_name, 1, 30) AS who, count(*) AS value FROM \"population\".\"person\" GROUP BY ALL\n", "bad.yaml:8", "who somebody is"},
		{"smallest: 5\nquery: SELECT full_name AS value FROM \"population\".\"person\"\n", "bad.yaml:8", "a figure is a number"},
		{"smallest: 5\nquery: SELECT count(*) AS value FROM \"nobody\".\"knows\"\n", "bad.yaml:8", "no data"},
		{"smallest: many\nquery: SELECT 1\n", "bad.yaml:7", ""},
	} {
		if err := os.WriteFile(file, []byte(head+c.rest), 0o600); err != nil {
			t.Fatal(err)
		}
		r := h.sen("indicator", "check")
		if said := r.out + r.err; r.code == 0 || !strings.Contains(said, c.where) || !strings.Contains(said, c.says) {
			t.Errorf("%q: got exit code %d,\n%s\nwant %s and %q", c.rest, r.code, said, c.where, c.says)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}
