package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
)

// config is what sen.yaml may say. newConfig holds the defaults.
type config struct {
	Version  string // of Sen, that the hub asks for at least
	Country  string
	Data     string // folder, relative to the hub
	Language string // vi, en or auto
	Purpose  sen.Purpose
	Demo     bool

	Memory  int64 // bytes
	Threads int   // 0: one a CPU

	RangeRows  int64
	RangeBytes int64
	FieldLimit int64
}

// option is one key of sen.yaml: its name, default, meaning and check, said
// here and nowhere else. The reference is generated from this list.
type option struct {
	name   string
	normal string // the default, as it would be written
	form   string // what a value looks like
	doc    string
	set    func(*config, string) error
}

func options() []option {
	return []option{
		{"sen", "", "version", "The version of Sen that the hub needs at least; written by `sen init`.", setVersion},
		{"country", "Sen", "text", "What the hub calls itself.", textOf(func(c *config) *string { return &c.Country })},
		{"lang", "auto", "vi, en or auto", "The language of answers. `auto` takes it from LANG, and Vietnamese where that says nothing. `--lang` and SEN_LANG go before.",
			oneOf(func(c *config) *string { return &c.Language }, "auto", "vi", "en")},
		{"purpose", "", "text", "Why this hub's data about people is read, where a command does not say `--purpose`. Leave it empty where people are real.",
			func(c *config, v string) error { c.Purpose = sen.Purpose(v); return nil }},
		{"demo", "false", "true or false", "The sources are made up, and `sen demo` may make them again.", setDemo},
		{"data", "data", "folder", "Where the lake, the state and the keys are; relative to the hub.", setData},
		{"engine.memory", "3GiB", "size", "What the SQL engine may hold in memory before it spills to disk.", size(func(c *config) *int64 { return &c.Memory }, 256<<20, 1<<50)},
		{"engine.threads", "0", "number", "Threads of the SQL engine; 0 is one for each CPU.", setThreads},
		{"source.range_rows", "500000", "number", "Rows of one range: what is read again, at most, after a kill.", setRangeRows},
		{"source.range_bytes", "64MiB", "size", "Text of one range.", size(func(c *config) *int64 { return &c.RangeBytes }, 64<<10, 512<<20)},
		{"source.field_limit", "16MiB", "size", "The longest single field that is read; a longer one stops its dataset with an error that names its line; the others go on.", size(func(c *config) *int64 { return &c.FieldLimit }, 1<<10, 1<<30)},
	}
}

// newConfig is the configuration of an empty file.
func newConfig() config {
	var c config
	for _, o := range options() {
		if o.normal != "" {
			if err := o.set(&c, o.normal); err != nil {
				panic("default of " + o.name + ": " + err.Error()) // a test runs this
			}
		}
	}
	return c
}

func textOf(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) error {
		if strings.TrimSpace(v) == "" {
			return fmt.Errorf("is empty")
		}
		*field(c) = v
		return nil
	}
}

func oneOf(field func(*config) *string, values ...string) func(*config, string) error {
	return func(c *config, v string) error {
		for _, one := range values {
			if v == one {
				*field(c) = v
				return nil
			}
		}
		return fmt.Errorf("is %q; it may be %s", v, strings.Join(values, ", "))
	}
}

func size(field func(*config) *int64, least, most int64) func(*config, string) error {
	return func(c *config, v string) error {
		n, err := parseSize(v)
		if err != nil {
			return err
		}
		if n < least || n > most {
			return fmt.Errorf("is %s; it may be %s to %s", v, showSize(least), showSize(most))
		}
		*field(c) = n
		return nil
	}
}

func setVersion(c *config, v string) error {
	if newer(v, sen.Version) {
		return fmt.Errorf("asks for Sen %s; this is Sen %s", v, sen.Version)
	}
	c.Version = v
	return nil
}

func setDemo(c *config, v string) (err error) {
	if c.Demo, err = strconv.ParseBool(v); err != nil {
		return fmt.Errorf("is %q; it may be true or false", v)
	}
	return nil
}

func setData(c *config, v string) error {
	if strings.Contains(v, "://") {
		return fmt.Errorf("is %q; this version keeps its data in a folder", v)
	}
	return textOf(func(c *config) *string { return &c.Data })(c, v)
}

func setThreads(c *config, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1024 {
		return fmt.Errorf("is %q; it may be 0 to 1024", v)
	}
	c.Threads = n
	return nil
}

func setRangeRows(c *config, v string) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 1000 || n > 100_000_000 {
		return fmt.Errorf("is %q; it may be 1000 to 100000000", v)
	}
	c.RangeRows = n
	return nil
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// parseSize reads "3GiB", "64 MiB", "500MB" or a number of bytes.
func parseSize(v string) (int64, error) {
	number, unit := strings.TrimSpace(v), int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0 && n*float64(unit) <= 1<<60) { // NaN is neither
		return 0, fmt.Errorf("is %q; a size looks like 3GiB, 64MiB or 1048576", v)
	}
	return int64(n * float64(unit)), nil
}

// showSize writes a size as parseSize reads it.
func showSize(n int64) string {
	for _, u := range sizeUnits[:4] {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// newer reports whether version a is later than b, by its numbers; what is no
// number counts as 0.
func newer(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		x, y := part(as, i), part(bs, i)
		if x != y {
			return x > y
		}
	}
	return false
}

func part(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, _ := strconv.Atoi(parts[i]) // see newer
	return n
}
