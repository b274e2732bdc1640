package indicator

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/text"
)

const sound = `indicator: people
name: {vi: Người, en: People}
query: SELECT count(*) AS value FROM "population"."person"
unit: {vi: người, en: people}
owner: population
freshness: 24h
smallest: 5
legal_basis: {vi: Luật, en: Law}
`

func TestASoundFileIsRead(t *testing.T) {
	i, err := Parse("indicators/people.yaml", []byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	if i.Name != "people" || i.Below() != 5 || i.Freshness.Duration() != 24*time.Hour || i.Percent() {
		t.Errorf("got %+v", i)
	}
}

func TestWhatIsWrongWithAFileIsSaidWithItsLine(t *testing.T) {
	for _, c := range []struct{ old, new, where, says string }{
		{"freshness: 24h", "freshness: soon", "indicators/people.yaml:6", "how old"},
		{"unit: {vi: người, en: people}", "unit: {vi: người, lớn, en: people}", "indicators/people.yaml:4", "neither vi nor en"},
		{"unit: {vi: người, en: people}", "unit: [a, b]", "indicators/people.yaml:4", "neither a text"},
		{"smallest: 5", "smallest: -1", "indicators/people.yaml:7", "smallest -1"},
		{"owner: population\n", "", "indicators/people.yaml:1", "no owner"},
		{"smallest: 5", "smalest: 5", "indicators/people.yaml:7", "unknown field"},
		{"indicator: people", "indicator: Người", "indicators/people.yaml:1", "cannot be called"},
		{"name: {vi: Người, en: People}", "name: {vi: Người}", "indicators/people.yaml:2", "both languages"},
		{"smallest: 5", "smallest: 5\ngood: sideways", "indicators/people.yaml:8", "neither up nor down"},
		{"smallest: 5", "smallest: 5\nlabels: colour", "indicators/people.yaml:8", "no labels"},
		{"legal_basis: {vi: Luật, en: Law}\n", "", "indicators/people.yaml:1", "no legal basis"},
	} {
		src := strings.Replace(sound, c.old, c.new, 1)
		if src == sound {
			t.Fatalf("%q is not in the file", c.old)
		}
		_, err := Parse("indicators/people.yaml", []byte(src))
		if sen.KindOf(err) != sen.Invalid || !strings.HasPrefix(err.Error(), c.where) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %s: … %s", c.new, err, c.where, c.says)
		}
	}
}

func TestTheDemonstrationsIndicatorsAreSound(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.Indicators()); err != nil {
		t.Fatal(err)
	}
	all, problems := ReadDir(dir, filepath.Base)
	files, err := fs.ReadDir(demo.Indicators(), ".")
	if err != nil || len(problems) > 0 || len(all) != len(files) || len(all) < 8 {
		t.Errorf("%d of %d files: %v %v", len(all), len(files), problems, err)
	}
	for at, i := range all {
		if i.Order != at+1 {
			t.Errorf("%s is at place %d, and says %d", i.Name, at+1, i.Order)
		}
	}
}

func TestTwoFilesCannotDeclareOneIndicator(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml"} {
		src := sound
		if name == "c.yaml" {
			src = "indicator: [broken"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, problems := ReadDir(dir, filepath.Base)
	if len(all) != 1 || len(problems) != 2 || !strings.Contains(problems[0].Msg, "twice") {
		t.Errorf("got %d indicators, problems %v", len(all), problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	f.Add([]byte("indicator: {a: [}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if i, err := Parse("x.yaml", src); err == nil && (i.Name == "" || i.Query == "" || i.Owner == "") {
			t.Errorf("%q is read without what it must have", src)
		}
	})
}

func TestAFigureIsSaidAsItMayBe(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		cell    Cell
		percent bool
		want    string
	}{
		{Cell{Value: number(12345)}, false, "12.345"},
		{Cell{Value: number(974), Of: number(1000)}, true, "97,4"},
		{Cell{Value: number(0), Of: number(0)}, true, "–"},
		{Cell{Withheld: Small}, false, "< 5"},
		{Cell{Withheld: Beside}, false, "giữ kín"},
	} {
		if got := c.cell.Say(text.Vietnamese, c.percent, 5); got != c.want {
			t.Errorf("%+v is said %q, want %q", c.cell, got, c.want)
		}
	}
}
