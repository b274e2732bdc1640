package contract

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sen-hub/sen"
)

// The kinds of cross-source rules: what a record is held against in another
// dataset of the hub.
const (
	CrossAgrees   = "agrees"   // columns say what the other's record of the same key says
	CrossUnique   = "unique"   // the value stands in none of the others
	CrossAfter    = "after"    // the day is not before the other's
	CrossBefore   = "before"   // the day is not after the other's
	CrossSum      = "sum"      // the value is the sum of the others' of the same key
	CrossSequence = "sequence" // whole numbers, none left out; of one dataset
)

var crossKinds = []string{CrossAgrees, CrossUnique, CrossAfter, CrossBefore, CrossSum, CrossSequence}

// sen is the engine of custom rules that this program runs itself.
const crossEngine = "sen"

// Pair is a column of a dataset, and of another one.
type Pair struct{ Own, Theirs string }

// CrossRule is a custom rule of the engine "sen", as its implementation says.
type CrossRule struct {
	Rule    Rule
	Kind    string
	With    []sen.Dataset // one; several for unique; none for sequence
	On      []Pair        // columns by which records meet
	Columns []Pair        // that are held against each other; of a sequence the number, Theirs empty
	By      []string      // of a sequence: within each of these
}

// CrossRules are the dataset's rules that need other datasets.
func (d Dataset) CrossRules() []CrossRule { return d.cross }

// IsCross reports whether a rule is one that CrossRules has.
func (r Rule) IsCross() bool { return r.Type == "custom" && r.Engine == crossEngine }

// crossRules reads the custom rules of the engine "sen".
func (s *Set) crossRules(d *Dataset) (problems Problems) {
	for _, rule := range d.Object.Quality {
		if !rule.IsCross() {
			continue
		}
		c := crossReading{set: s, dataset: d, at: rule.at.field("implementation"), out: CrossRule{Rule: rule}}
		c.read()
		for i := range c.problems {
			c.problems[i].File = d.Contract.File
		}
		if problems = append(problems, c.problems...); len(c.problems) == 0 {
			d.cross = append(d.cross, c.out)
		}
	}
	return problems
}

// crossReading reads one implementation.
type crossReading struct {
	set      *Set
	dataset  *Dataset
	at       *node
	out      CrossRule
	others   []Dataset
	problems Problems
}

func (c *crossReading) wrong(hint, format string, args ...any) {
	c.problems = append(c.problems, c.at.problem(hint, format, args...))
}

func (c *crossReading) read() {
	said, is := c.out.Rule.Implementation.(map[string]any)
	if !is {
		c.wrong("agrees: DATASET, on: {own: theirs}, columns: {own: theirs}", "a rule of the engine sen says what it holds against what")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		switch {
		case slices.Contains(crossKinds, name) && c.out.Kind == "":
			c.out.Kind = name
		case slices.Contains(crossKinds, name):
			c.wrong("one rule holds one thing", "both %s and %s", c.out.Kind, name)
		case name != "on" && name != "columns" && name != "by":
			c.wrong(didYouMean(name, "fields", append([]string{"on", "columns", "by"}, crossKinds...)), "the engine sen knows no %q", name)
		}
	}
	if c.out.Kind == "" {
		c.wrong("say one of agrees, unique, after, before, sum, sequence", "the rule does not say what it holds against what")
		return
	}
	if c.out.Kind == CrossSequence {
		c.sequence(said)
		return
	}
	c.datasets(said[c.out.Kind])
	if len(c.problems) > 0 || len(c.others) == 0 {
		return
	}
	c.out.On, c.out.Columns = c.pairs("on", said["on"]), c.pairs("columns", said["columns"])
	if len(c.out.Columns) == 0 && len(c.problems) == 0 {
		c.wrong("columns: {own: theirs}", "the rule names no columns")
	}
	c.comparable(c.out.On)
	if c.out.Kind != CrossAgrees { // what agrees is compared as it is written
		c.comparable(c.out.Columns)
	}
	if needs := c.out.Kind != CrossUnique; needs != (len(c.out.On) > 0) && len(c.problems) == 0 {
		c.wrong("on: {own: theirs} names the columns by which records meet; unique needs none", "%s and on do not fit", c.out.Kind)
	}
}

func (c *crossReading) sequence(said map[string]any) {
	c.out.Columns = []Pair{{Own: c.own(fmt.Sprint(said[CrossSequence]))}}
	list, _ := said["by"].([]any)
	for _, name := range list {
		c.out.By = append(c.out.By, c.own(fmt.Sprint(name)))
	}
}

// datasets are those that the rule names: one, or for unique several.
func (c *crossReading) datasets(value any) {
	list, is := value.([]any)
	if !is {
		list = []any{value}
	}
	if len(list) != 1 && c.out.Kind != CrossUnique {
		c.wrong("", "%s takes one dataset", c.out.Kind)
		return
	}
	for _, one := range list {
		name := fmt.Sprint(one)
		other, found := c.set.Lookup(sen.Dataset(name))
		switch {
		case found:
			c.out.With, c.others = append(c.out.With, other.Name), append(c.others, other)
		case len(c.set.broken) > 0: // it may be in a contract that could not be read, which was said
		default:
			var all []string
			for _, d := range c.set.datasets {
				all = append(all, string(d.Name))
			}
			c.wrong(didYouMean(name, "datasets", all), "the hub has no dataset %q", name)
		}
	}
}

func (c *crossReading) pairs(field string, value any) (out []Pair) {
	if value == nil {
		return nil
	}
	said, is := value.(map[string]any)
	if !is {
		c.wrong(field+": {own: theirs}", "%s pairs columns", field)
		return nil
	}
	for _, own := range slices.Sorted(maps.Keys(said)) {
		theirs := fmt.Sprint(said[own])
		for _, other := range c.others {
			if other.Object.find(theirs) == nil {
				c.wrong(didYouMean(theirs, "properties", names(other.Object.Properties)), "dataset %s has no property %q", other.Name, theirs)
			}
		}
		out = append(out, Pair{Own: c.own(own), Theirs: theirs})
	}
	return out
}

// comparable holds the types of pairs against one another. That is settled here:
// the engine would find it at a row, and name the value that it cannot turn.
func (c *crossReading) comparable(pairs []Pair) {
	for _, p := range pairs {
		own := c.dataset.Object.find(p.Own)
		for _, other := range c.others {
			if theirs := other.Object.find(p.Theirs); own != nil && theirs != nil && kindOf(own) != kindOf(theirs) {
				c.wrong("both sides hold one type; agrees alone compares what is written", "%s is of type %s, and %s of %s is of type %s", p.Own, kindOf(own), p.Theirs, other.Name, kindOf(theirs))
			}
		}
	}
	if c.out.Kind == CrossSum && len(c.problems) == 0 && len(c.out.Columns) > 0 && kindOf(c.dataset.Object.find(c.out.Columns[0].Own)) != "number" {
		c.wrong("", "%s is no number, and cannot be a sum", c.out.Columns[0].Own)
	}
}

// kindOf is a property's logical type, as far as values can be compared.
func kindOf(p *Property) string {
	switch p.LogicalType {
	case "":
		return "string"
	case "integer":
		return "number"
	}
	return p.LogicalType
}

func (c *crossReading) own(name string) string {
	if c.dataset.Object.find(name) == nil {
		c.wrong(didYouMean(name, "properties", names(c.dataset.Object.Properties)), "dataset %s has no property %q", c.dataset.Name, name)
	}
	return name
}
