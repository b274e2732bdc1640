// Package indicator is the figures for those who govern. What comes in is a
// file for each: a query over the clean and golden data, its owner, its unit,
// how fresh it must be, and the smallest count that is shown. What goes out is
// the figure, by groups where the file says so, with what is too small withheld,
// and with what else would give it away. The queries run behind the door of
// access, as those of `sen query` do; only what may be shown is kept.
package indicator

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/declaration"
)

// Indicator is one file of the folder indicators.
type Indicator struct {
	Name      string `yaml:"indicator"`
	Title     Text   `yaml:"name"`
	Query     string `yaml:"query"`
	Unit      Text   `yaml:"unit"`                // "%": the figure is a share of 1
	Owner     string `yaml:"owner"`               // the agency that answers for it; hub: those who run the hub
	Freshness Age    `yaml:"freshness"`           // how old a figure may become
	Smallest  *int   `yaml:"smallest,omitempty"`  // counts below it are not shown; 0: all are
	By        string `yaml:"by,omitempty"`        // the column of the groups
	Groups    Text   `yaml:"groups,omitempty"`    // what the groups are called
	Labels    string `yaml:"labels,omitempty"`    // what the values of by stand for: province, agency or sex
	Legal     Text   `yaml:"legal_basis"`         // by which it is made
	Good      string `yaml:"good,omitempty"`      // the way that is good: up or down; none: neither
	Order     int    `yaml:"order,omitempty"`     // place on the leader's page; those without one come last
	Breakdown bool   `yaml:"breakdown,omitempty"` // its groups stand on the leader's page

	File   string     `yaml:"-"`
	digest sen.Digest // of the query
	lines  func(path string) int
}

// Text is said in both languages; one text stands for both.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`

	fault string // why it cannot be read; said with its line by check
}

// UnmarshalYAML reads one text, or one for each language.
func (t *Text) UnmarshalYAML(src []byte) error {
	var one string
	if yaml.Unmarshal(src, &one) == nil {
		t.VI, t.EN = one, one
		return nil
	}
	both := map[string]string{}
	if yaml.Unmarshal(src, &both) != nil {
		t.fault = "is neither a text nor one for each language"
		return nil //nolint:nilerr // said with its line by check
	}
	t.VI, t.EN = both["vi"], both["en"]
	for _, language := range slices.Sorted(maps.Keys(both)) {
		if language != "vi" && language != "en" {
			t.fault = fmt.Sprintf("has a part %q, which is neither vi nor en", language)
		}
	}
	return nil
}

// Age is a length of time, as 12h or 7d; 0 where it is written otherwise.
type Age time.Duration

var ageForm = regexp.MustCompile(`^([1-9][0-9]{0,4})([hd])$`)

// UnmarshalYAML reads hours or days.
func (a *Age) UnmarshalYAML(src []byte) error {
	m := ageForm.FindStringSubmatch(strings.TrimSpace(string(src)))
	if m == nil {
		return nil // said with its line by check
	}
	n, _ := strconv.Atoi(m[1]) // the form has digits only
	*a = Age(time.Duration(n) * time.Hour)
	if m[2] == "d" {
		*a *= 24
	}
	return nil
}

// Duration is the age as the standard library has it.
func (a Age) Duration() time.Duration { return time.Duration(a) }

// Percent reports whether the figure is a share.
func (i *Indicator) Percent() bool { return i.Unit.VI == "%" }

// Below is the count from which figures are shown.
func (i *Indicator) Below() int {
	if i.Smallest == nil {
		return 0
	}
	return *i.Smallest
}

// longest is the size of a file, in bytes.
const longest = 64 << 10

// Parse reads the file of an indicator. The error is Invalid, and says file,
// line and reason.
func Parse(file string, src []byte) (i *Indicator, err error) {
	i = &Indicator{File: file}
	lines, err := declaration.Read(file, src, longest, i)
	if err != nil {
		return nil, err
	}
	i.lines = lines.Of
	i.digest = sha256.Sum256([]byte(i.Query))
	return i, i.check()
}

// wrong is a fault of the file at a path in it.
func (i *Indicator) wrong(path, format string, args ...any) *sen.Error {
	out := sen.Errorf(sen.Invalid, format, args...)
	for _, at := range []string{path, "indicator"} { // what is missing is missed where the file begins
		if line := i.lines("$." + at); line > 0 {
			return out.At("%s:%d", i.File, line)
		}
	}
	return out.At("%s", i.File)
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// check sees what the file alone can show.
func (i *Indicator) check() error {
	for _, one := range []struct {
		path string
		text Text
	}{{"name", i.Title}, {"unit", i.Unit}, {"groups", i.Groups}, {"legal_basis", i.Legal}} {
		if one.text.fault != "" {
			return i.wrong(one.path, "%s %s", one.path, one.text.fault).WithHint(`write {vi: "…", en: "…"}; a text with a comma stands in quotes`)
		}
	}
	switch {
	case !nameForm.MatchString(i.Name):
		return i.wrong("indicator", "an indicator cannot be called %q", i.Name).WithHint("write indicator: population, in small letters, digits and hyphens")
	case i.Title.VI == "" || i.Title.EN == "":
		return i.wrong("name", "indicator %s has no name in both languages", i.Name).WithHint("write name: {vi: Dân số, en: Population}")
	case strings.TrimSpace(i.Query) == "":
		return i.wrong("indicator", "indicator %s has no query", i.Name).WithHint("write query: one SELECT that gives a column value")
	case i.Owner == "":
		return i.wrong("indicator", "indicator %s has no owner", i.Name).WithHint("write owner: the agency that answers for it, or hub")
	case i.Freshness == 0:
		return i.wrong("freshness", "indicator %s does not say how old it may become", i.Name).WithHint("write freshness: 24h, or 7d")
	case i.Legal.VI == "" || i.Legal.EN == "":
		return i.wrong("indicator", "indicator %s has no legal basis in both languages", i.Name).WithHint("write legal_basis: {vi: …, en: …}")
	case i.Below() < 0 || i.Below() > 1000:
		return i.wrong("smallest", "smallest %d is not between 0 and 1000", i.Below())
	case !slices.Contains([]string{"", "up", "down"}, i.Good):
		return i.wrong("good", "good %q is neither up nor down", i.Good)
	case !slices.Contains([]string{"", "province", "agency", "sex"}, i.Labels):
		return i.wrong("labels", "there are no labels %q", i.Labels).WithHint("use province, agency or sex, or leave it out")
	case i.Breakdown && i.By == "":
		return i.wrong("breakdown", "indicator %s has no groups to show", i.Name).WithHint("name their column with by:")
	}
	return nil
}

// ReadDir reads the files of a folder, in the order of the leader's page. Files
// with faults are left out and do not hide the others.
func ReadDir(dir string, short func(path string) string) ([]*Indicator, contract.Problems) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, contract.Problems{{File: dir, Line: 1, Column: 1, Width: 1, Msg: "the folder cannot be read"}}
	}
	var out []*Indicator
	var problems contract.Problems
	for _, file := range files {
		src, err := os.ReadFile(file)
		var one *Indicator
		if err == nil {
			one, err = Parse(short(file), src)
		}
		if err == nil && slices.ContainsFunc(out, func(o *Indicator) bool { return o.Name == one.Name }) {
			err = one.wrong("indicator", "indicator %s is declared twice", one.Name)
		}
		if err != nil {
			problems = append(problems, Problem(file, err))
			continue
		}
		out = append(out, one)
	}
	last := func(i *Indicator) int { return cmp.Or(i.Order, 1<<30) }
	slices.SortStableFunc(out, func(a, b *Indicator) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.Name, b.Name))
	})
	return out, problems
}

// Problem is an error of a file as problems of contracts are shown.
func Problem(file string, err error) contract.Problem {
	p := contract.Problem{File: file, Line: 1, Column: 1, Width: 1, Msg: err.Error()}
	if e := (*sen.Error)(nil); errors.As(err, &e) {
		p.Msg, p.Hint = e.Msg, e.Hint
		if _, line, found := strings.Cut(e.Where, ".yaml:"); found {
			p.Line, _ = strconv.Atoi(line) // what Parse has written
		}
	}
	return p
}
