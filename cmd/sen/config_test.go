package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

func TestAnEmptyConfigurationRunsWithTheDefaults(t *testing.T) {
	for _, src := range []string{"", "\n", "# nothing\n", "---\n", "country:\n"} {
		c, err := parseConfig("sen.yaml", []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
		}
		if c != newConfig() {
			t.Errorf("%q: got %+v, want the defaults", src, c)
		}
	}
}

func TestTheSampleConfigurationSaysNothingAndReadsWhenItsMarksAreTakenAway(t *testing.T) {
	sample := string(sampleConfig())
	c, err := parseConfig("sen.yaml", []byte(sample))
	if want := newConfig(); err != nil || c.Country != want.Country || c.Memory != want.Memory {
		t.Errorf("the sample: %+v, %v", c, err)
	}
	var open []string
	for _, line := range strings.Split(sample, "\n") {
		if rest, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(rest, ":") && !strings.HasPrefix(rest, "What") && !strings.HasPrefix(rest, "with") {
			line = rest
		}
		open = append(open, line)
	}
	c, err = parseConfig("sen.yaml", []byte(strings.Join(open, "\n")))
	want := newConfig()
	want.Version = sen.Version
	if err != nil || c != want {
		t.Errorf("got %+v, %v\nwant %+v\nin\n%s", c, err, want, strings.Join(open, "\n"))
	}
}

func TestOptionsAreSetFromTheirPlacesInTheFile(t *testing.T) {
	c, err := parseConfig("sen.yaml", []byte("country: \"Nước mẫu\"\nengine:\n  memory: 512 MiB\n  threads: 3\nsource: {range_rows: 2000}\npurpose: demonstration\ndemo: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Country != "Nước mẫu" || c.Memory != 512<<20 || c.Threads != 3 || c.RangeRows != 2000 || c.Purpose != "demonstration" || !c.Demo {
		t.Errorf("got %+v", c)
	}
}

func TestAWrongConfigurationIsNamedByPlaceAndNextStep(t *testing.T) {
	for _, c := range []struct{ src, where, message, hint string }{
		{"contry: Sen\n", "sen.yaml:1:1", `no option "contry"`, `did you mean "country"?`},
		{"engine:\n  memry: 1GiB\n", "sen.yaml:2:3", `no option "engine.memry"`, `did you mean "engine.memory"?`},
		{"engine:\n  memory: much\n", "sen.yaml:2:11", `"much"`, "SQL engine"},
		{"engine:\n  memory: 1KiB\n", "sen.yaml:2:11", "may be 256MiB", "SQL engine"},
		{"engine:\n  threads: -1\n", "sen.yaml:2:12", "0 to 1024", "Threads"},
		{"lang: fr\n", "sen.yaml:1:7", "auto, vi, en", "language"},
		{"demo: perhaps\n", "sen.yaml:1:7", "true or false", "made up"},
		{"data: s3://bucket\n", "sen.yaml:1:7", "folder", "lake"},
		{"sen: 99.0\n", "sen.yaml:1:6", "asks for Sen 99.0", "version"},
		{"country: Sen\ncountry: Sen\n", "sen.yaml:2:1", "", ""},
		{"country: [a, b]\n", "sen.yaml:1:10", "one value", "calls itself"},
		{"zzz: 1\n", "sen.yaml:1:1", `no option "zzz"`, "options are:"},
		{"country: {a: 1}\n", "sen.yaml:1:1", `no option "country"`, ""},
		{"- a\n", "sen.yaml:1:1", "not a mapping", "country: Sen"},
		{"a: [\n", "sen.yaml:1:", "", "not YAML"},
	} {
		_, err := parseConfig("sen.yaml", []byte(c.src))
		if err == nil {
			t.Errorf("%q is taken, want an error", c.src)
			continue
		}
		if sen.KindOf(err) != sen.Invalid || !strings.HasPrefix(err.Error(), c.where) || !strings.Contains(err.Error(), c.message) || !strings.Contains(sen.HintOf(err), c.hint) {
			t.Errorf("%q:\n got %v (%s)\nwant %s … %s (%s)", c.src, err, sen.HintOf(err), c.where, c.message, c.hint)
		}
	}
}

func TestSizesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{"3GiB": 3 << 30, "64 MiB": 64 << 20, "1.5GB": 1_500_000_000, "10": 10, "7B": 7, "0.5KiB": 512} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "many", "1e30GiB", "NaN"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", text, got)
		}
	}
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 30 * day, "0.5d": 12 * time.Hour, "12h": 12 * time.Hour, "5m": 5 * time.Minute, "0s": 0, "0d": 0} {
		if got, err := parsePeriod(text); err != nil || got != want {
			t.Errorf("parsePeriod(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "30", "-1d", "NaNd", "1e30d", "a month"} {
		if got, err := parsePeriod(text); err == nil {
			t.Errorf("parsePeriod(%q) = %s, want an error", text, got)
		}
	}
	for d, want := range map[time.Duration]string{30 * day: "30d", 5 * time.Minute: "5m0s", 0: "0s"} {
		if got := showPeriod(d); got != want {
			t.Errorf("showPeriod(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestVersionsAreComparedByTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"0.2.0", "0.1.9", true}, {"0.10", "0.9", true}, {"0.1.0", "0.1", false}, {"1", "0.9.9", true}, {"0.1", "0.1.0", false}} {
		if got := newer(c.a, c.b); got != c.want {
			t.Errorf("newer(%s, %s) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "country: Sen\n", "engine:\n  memory: 1GiB\n", "a: [", "? x\n: y\n", "&a b: *a", "\xff", "country: |\n  long\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if _, err := parseConfig("sen.yaml", src); err != nil && sen.KindOf(err) != sen.Invalid {
			t.Errorf("%q: kind %s, want invalid: %v", src, sen.KindOf(err), err)
		}
	})
}
