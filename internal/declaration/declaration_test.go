package declaration

import (
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

type thing struct {
	Name  string `yaml:"name"`
	Parts struct {
		Of string `yaml:"of"`
	} `yaml:"parts"`
}

func TestWhatStandsInAFileHasALine(t *testing.T) {
	var x thing
	lines, err := Read("x.yaml", []byte("# a thing\nname: An\nparts:\n  of: wood\n"), 100, &x)
	if err != nil || x.Parts.Of != "wood" {
		t.Fatalf("got %+v, %v", x, err)
	}
	for path, want := range map[string]int{"$.name": 2, "$.parts.of": 4, "$.parts.gone": 0, "no path": 0} {
		if got := lines.Of(path); got != want {
			t.Errorf("%s: got line %d, want %d", path, got, want)
		}
	}
}

func TestWhatCannotBeReadSaysWhere(t *testing.T) {
	for src, want := range map[string]string{
		"name: An\nheight: 3\n":     "x.yaml:2: unknown field",
		"name: [\n":                 "x.yaml",
		"name: {a: 1}\n":            "x.yaml:1:",
		strings.Repeat("# x\n", 99): "more than 100 bytes",
		"":                          "",
	} {
		_, err := Read("x.yaml", []byte(src), 100, &thing{})
		if want == "" {
			continue // what an empty file lacks is for who reads it to say
		}
		if sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want Invalid with %q", src, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("name: An\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		lines, err := Read("x.yaml", src, 1<<16, &thing{})
		if err != nil && sen.KindOf(err) != sen.Invalid {
			t.Errorf("got %v, want Invalid", err)
		}
		lines.Of("$.name")
	})
}
