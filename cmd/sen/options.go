package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/source/live"
)

// config is what sen.yaml may say. newConfig holds the defaults.
type config struct {
	Version  string // of Sen, that the hub asks for at least
	Country  string
	Data     string // folder, relative to the hub
	Language string // vi, en or auto
	Purpose  sen.Purpose
	Demo     bool

	Memory     int64  // bytes
	Threads    int    // 0: one a CPU
	Extensions string // folder; "": beside the program

	Lake lakeConfig

	RangeRows  int64
	RangeBytes int64
	FieldLimit int64

	RuleTimeout time.Duration
	DaysError   int
	DaysElse    int
	Stewards    int
	Keep        time.Duration
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
		{"lake.address", "", "s3://bucket/prefix", "Where the lake's files are, where not in `data`: a place in a bucket that is there. State, keys and locks stay in `data`.", setLake},
		{"lake.endpoint", "", "address", "The S3 server, like https://s3.example.vn. With http:// data go over the network in the clear.", setEndpoint},
		{"lake.region", "", "text", "The region of the bucket, as the server calls it.", textOf(func(c *config) *string { return &c.Lake.Region })},
		{"lake.key", "", "secret", "Names the access key: env:NAME, file:/path or command:program arg.", setSecret(func(c *config) *live.Secret { return &c.Lake.Key })},
		{"lake.secret", "", "secret", "Names the secret of that key, in the same way.", setSecret(func(c *config) *live.Secret { return &c.Lake.Secret })},
		{"lake.keep", "30d", "time", "How long the data as they were stay readable (`sen query --as-of`) after they have been replaced; `sen retention` removes what is older.",
			period(func(c *config) *time.Duration { return &c.Keep }, 0, 100*365*day)},
		{"catalogue.address", "", "postgres://user@host:5432/database", "Where the lake's catalogue is, where not in `data`: a PostgreSQL database, in which several hubs and other programs see the same tables. TLS is verified unless sslmode says otherwise.", setCatalogue},
		{"catalogue.password", "", "secret", "Names the password of that user, like lake.key.", setSecret(func(c *config) *live.Secret { return &c.Lake.Password })},
		{"engine.memory", "3GiB", "size", "What the SQL engine may hold in memory before it spills to disk.", size(func(c *config) *int64 { return &c.Memory }, 256<<20, 1<<50)},
		{"engine.threads", "0", "number", "Threads: ranges cleaned side by side, and of a query; 0 is one for each CPU.", setThreads},
		{"engine.extensions", "", "folder", "Where httpfs.duckdb_extension is, by which the SQL engine reads from S3; relative to the hub. Where it is not said: the folder extensions beside the program.", textOf(func(c *config) *string { return &c.Extensions })},
		{"source.range_rows", "500000", "number", "Rows of one range: what is read again, at most, after a kill.", setRangeRows},
		{"source.range_bytes", "64MiB", "size", "Text of one range.", size(func(c *config) *int64 { return &c.RangeBytes }, 64<<10, 512<<20)},
		{"source.field_limit", "16MiB", "size", "The longest single field that is read; a longer one stops its dataset with an error that names its line; the others go on.", size(func(c *config) *int64 { return &c.FieldLimit }, 1<<10, 1<<30)},
		{"rules.timeout", "5m", "time", "How long one quality rule in a contract's own SQL may take; one that takes longer is reported as broken, and its dataset goes on.",
			period(func(c *config) *time.Duration { return &c.RuleTimeout }, time.Second, 24*time.Hour)},
		{"cases.days", "10", "days", "The deadline of a correction case whose rows are held back, in calendar days.", days(func(c *config) *int { return &c.DaysError })},
		{"cases.days_else", "30", "days", "The deadline of any other correction case, in calendar days.", days(func(c *config) *int { return &c.DaysElse })},
		{"decisions.stewards", "2", "1 or 2", "How many people it takes until `sen merge`, `sen unmerge` and answers to `sen review` take effect: with 2, another than the one who proposed it confirms it.", setStewards},
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

const day = 24 * time.Hour

func period(field func(*config) *time.Duration, least, most time.Duration) func(*config, string) error {
	return func(c *config, v string) error {
		d, err := parsePeriod(v)
		if err != nil {
			return err
		}
		if d < least || d > most {
			return fmt.Errorf("is %s; it may be %s to %s", v, showPeriod(least), showPeriod(most))
		}
		*field(c) = d
		return nil
	}
}

// parsePeriod reads "30d", "12h", "5m".
func parsePeriod(v string) (time.Duration, error) {
	days, ok := strings.CutSuffix(v, "d")
	n, err := strconv.ParseFloat(days, 64)
	if ok && err == nil && n >= 0 && n < 1e5 { // NaN is neither
		return time.Duration(n * float64(day)), nil
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		return 0, fmt.Errorf("is %q; a time looks like 30d, 12h or 5m", v)
	}
	return d, nil
}

// showPeriod writes a time as parsePeriod reads it.
func showPeriod(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
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
		return fmt.Errorf("is %q; state and keys are in a folder (lake.address may be in a bucket)", v)
	}
	return textOf(func(c *config) *string { return &c.Data })(c, v)
}

func setLake(c *config, v string) error {
	if !object.IsS3(v) {
		return fmt.Errorf("is %q; it may be s3://bucket/prefix, or not be there: then the lake is in data", v)
	}
	c.Lake.Address = strings.TrimRight(v, "/")
	return nil
}

func setEndpoint(c *config, v string) error {
	if _, _, err := (object.S3{Endpoint: v}).Host(); err != nil {
		return fmt.Errorf("is %q; it looks like https://host:port", v)
	}
	c.Lake.Endpoint = v
	return nil
}

// setSecret takes the name of a secret, and refuses what may be the secret
// itself, without repeating it.
func setSecret(field func(*config) *live.Secret) func(*config, string) error {
	return func(c *config, v string) (err error) {
		*field(c), err = live.ParseSecret(v)
		return err
	}
}

// setCatalogue does not quote what it refuses: it may hold a password.
func setCatalogue(c *config, v string) error {
	if err := lake.CheckAddress(v); err != nil {
		return err
	}
	c.Lake.Catalogue = v
	return nil
}

func days(field func(*config) *int) func(*config, string) error {
	return func(c *config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 3660 {
			return sen.Errorf(sen.Invalid, "%q is not a number of days from 1 to 3660", v)
		}
		*field(c) = n
		return nil
	}
}

func setStewards(c *config, v string) error {
	if v != "1" && v != "2" {
		return fmt.Errorf("is %q; it may be 1 or 2", v)
	}
	c.Stewards = int(v[0] - '0')
	return nil
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
