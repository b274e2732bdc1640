package link

import (
	"strings"

	"github.com/sen-hub/sen"
)

// Spec says how the records of a table are linked: what is compared and
// which pairs are looked at. Draft makes one from the data.
type Spec struct {
	Compare []Comparison `json:"compare"`
	Block   []Block      `json:"block"`

	// Budget is how many pairs a record may be compared with, on average.
	Budget float64 `json:"budget"`

	// OneToOne says that no two records of one file are the same thing, so
	// that each record has at most one partner in another file.
	OneToOne bool `json:"one_to_one,omitempty"`

	// Never says what keeps records apart, whatever their weights.
	Never []Never `json:"never,omitempty"`

	// Threshold is the probability from which a pair is a match; 0: the one
	// that the model expects to give the best F1.
	Threshold float64 `json:"threshold,omitempty"`

	Seed uint64 `json:"seed,omitempty"`
}

// Comparison is one column and how its values are compared. Where Other is
// set, the two columns hold parts of one name that records may swap.
type Comparison struct {
	Column string `json:"column"`
	Other  string `json:"other,omitempty"`
	Kind   Kind   `json:"kind"`
}

// Block is one rule by which pairs are looked at: records that agree in every
// one of its terms.
type Block []Term

// Term is what a block looks at in a column.
type Term struct {
	Column string `json:"column"`
	By     By     `json:"by"`
}

// By is a way to make blocking keys of a value.
type By string

// The ways. Words and Pairs give several keys a value, the others one or none.
const (
	Whole  By = "whole"  // the folded value
	Start  By = "start"  // its first four letters
	End    By = "end"    // its last four
	Sound  By = "sound"  // its first letter and consonants
	Year   By = "year"   // of a date
	Day    By = "day"    // day and month of a date, in either order
	Words  By = "words"  // each word that is not common
	Pairs  By = "pairs"  // each pair of neighbouring words
	Sorted By = "sorted" // its words in order
)

func (b Block) String() string {
	parts := make([]string, len(b))
	for i, t := range b {
		parts[i] = t.Column
		if t.By != Whole {
			parts[i] += "." + string(t.By)
		}
	}
	return strings.Join(parts, " + ")
}

// Columns are those that the spec names, some more than once.
func (s *Spec) Columns() (names []string) {
	for _, c := range s.Compare {
		names = append(names, c.Column)
		if c.Other != "" {
			names = append(names, c.Other)
		}
	}
	for _, b := range s.Block {
		for _, term := range b {
			names = append(names, term.Column)
		}
	}
	for _, n := range s.Never {
		for _, term := range n.Differ {
			names = append(names, term.Column)
		}
	}
	return names
}

// check finds what a spec names that the table does not have.
func (s *Spec) check(t *Table) error {
	need := func(column, where string) error {
		if _, known := t.column(column); !known {
			names := make([]string, len(t.Columns))
			for i, c := range t.Columns {
				names[i] = c.Name
			}
			return sen.Errorf(sen.Invalid, "%s names the column %q, which the records do not have", where, column).
				WithHint("their columns are %s", strings.Join(names, ", "))
		}
		return nil
	}
	if len(s.Compare) == 0 {
		return sen.Errorf(sen.Invalid, "nothing is compared").WithHint("name at least one column under compare")
	}
	if len(s.Compare) > maxComparisons {
		return sen.Errorf(sen.Invalid, "%d comparisons are more than %d", len(s.Compare), maxComparisons)
	}
	for _, c := range s.Compare {
		if levels[c.Kind] == nil {
			return sen.Errorf(sen.Invalid, "comparison of %q: kind %q is not known", c.Column, c.Kind).
				WithHint("kinds are name, text, date, code, email and number")
		}
		if err := need(c.Column, "compare"); err != nil {
			return err
		}
		if c.Other != "" {
			if err := need(c.Other, "compare"); err != nil {
				return err
			}
		}
	}
	for _, n := range s.Never {
		for _, term := range n.Differ {
			if err := need(term.Column, "never"); err != nil {
				return err
			}
		}
	}
	for _, b := range s.Block {
		for _, term := range b {
			if err := need(term.Column, "block"); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxComparisons is how many levels fit into one pattern, four bits each.
const maxComparisons = 15
