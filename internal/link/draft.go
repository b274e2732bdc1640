package link

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// defaultBudget is how many pairs a record is compared with, on average, and
// fewPairs how many may be compared in all, whatever the budget.
const (
	defaultBudget = 40
	fewPairs      = 2_000_000
)

// Draft proposes a spec from the records themselves: how each column is
// compared by what its values look like, and by which of them pairs are
// found.
func Draft(t *Table) Spec {
	s := Spec{Budget: defaultBudget}
	for i, c := range t.Columns {
		kind, use := guess(c)
		if !use || len(s.Compare) == maxComparisons {
			continue
		}
		s.Compare = append(s.Compare, Comparison{Column: t.Columns[i].Name, Kind: kind})
	}
	pairNames(t, s.Compare)
	s.Block = draftBlocks(t, s.Compare)
	return s
}

// guess says how a column's values are compared, and whether they say
// anything: not where all are the same, or where each is a number of its own.
func guess(c *Column) (kind Kind, use bool) {
	if c.Filled == 0 || c.Distinct() < 2 {
		return "", false
	}
	shape := shapeOf(c)
	switch {
	case shape.date > 0.9:
		kind = Date
	case shape.email > 0.8:
		kind = Email
	case shape.year > 0.9:
		kind = Number
	case shape.decimal > 0.9 && shape.fraction > 0.1:
		kind = Number
	case shape.digits > 0.6 && shape.words < 1.5:
		kind = Code
	case shape.words > 3.2 || shape.words > 2.4 && shape.length > 24:
		kind = Text
	default:
		kind = Name
	}
	own := c.Distinct() == c.Filled && c.Filled > 2
	if own && numbered(c) {
		return kind, false
	}
	return kind, !own || kind == Text || kind == Name && shape.digits < 0.5 || kind == Email || kind == Date
}

// shape is what the values of a column look like, as shares of its records.
type shape struct{ date, email, year, decimal, fraction, digits, words, length float64 }

func shapeOf(c *Column) shape {
	var s shape
	n := 0.0
	order := dateOrder(c)
	step := max(1, c.Distinct()/20000)
	for i := 0; i < c.Distinct(); i += step {
		v, weight := c.Value(int32(i)), float64(c.Counts[i])
		n += weight
		d, digits := parseDate(v, order)
		if digits != "" && d[0] > 1000 && d[0] < 2200 && len(digits) == 8 {
			s.date += weight
		}
		folded := fold(v)
		joined := strings.ReplaceAll(folded, " ", "")
		if len(joined) == 4 && isDigits(joined) && joined >= "1000" && joined < "2200" {
			s.year += weight
		}
		if !math.IsNaN(parseNumber(v)) {
			s.decimal += weight
			if strings.ContainsAny(v, ".,") {
				s.fraction += weight
			}
		}
		if strings.Count(v, "@") == 1 {
			s.email += weight
		}
		if isCode(joined) {
			s.digits += weight
		}
		s.words += weight * float64(strings.Count(folded, " ")+min(1, len(folded)))
		s.length += weight * float64(len(folded))
	}
	for _, x := range []*float64{&s.date, &s.email, &s.year, &s.decimal, &s.fraction, &s.digits, &s.words, &s.length} {
		*x /= n
	}
	return s
}

// isCode reports whether at least half of a word's signs are digits.
func isCode(word string) bool {
	digits := 0
	for i := range len(word) {
		if word[i] >= '0' && word[i] <= '9' {
			digits++
		}
	}
	return digits > 0 && 2*digits >= len(word)
}

// pairNames finds two columns of names that hold parts of one name, so that
// records may have swapped them: more than one in fifty values of one stands
// in the other.
func pairNames(t *Table, all []Comparison) {
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			a, b := &all[i], &all[j]
			if a.Kind != Name || b.Kind != Name || a.Other != "" || b.Other != "" {
				continue
			}
			x, _ := t.column(a.Column)
			y, _ := t.column(b.Column)
			if overlap(t.Columns[x], t.Columns[y]) > 0.02 && overlap(t.Columns[y], t.Columns[x]) > 0.02 {
				a.Other, b.Other = b.Column, a.Column
			}
		}
	}
}

func overlap(a, b *Column) float64 {
	folded := make(map[string]bool, b.Distinct())
	for i := range b.Distinct() {
		folded[fold(b.Value(int32(i)))] = true
	}
	found := 0
	for i, n := range a.Counts {
		if folded[fold(a.Value(int32(i)))] {
			found += int(n)
		}
	}
	return float64(found) / float64(a.Filled)
}

// ways are how keys are made of a kind of column, the finest first.
var ways = map[Kind][]By{
	Name:   {Whole, Sound, Sorted},
	Text:   {Pairs, Words},
	Date:   {Whole, Day},
	Code:   {Whole, End},
	Email:  {Whole, Start},
	Number: {Whole},
}

// mostBlocks bounds the blocks of a draft; each takes memory and time.
const mostBlocks = 24

// draftBlocks takes each column by itself, and the columns two by two, those
// that tell records apart best first.
func draftBlocks(t *Table, all []Comparison) []Block {
	if int64(t.Rows)*int64(t.Rows-1)/2 <= fewPairs {
		return nil
	}
	type ranked struct {
		block Block
		agree float64 // probability that two records share a key, about
	}
	var single, double []ranked
	agree := make([]float64, len(all))
	for i, c := range all {
		at, _ := t.column(c.Column)
		column := t.Columns[at]
		agree[i] = (&comparator{column: column}).agreement()
		if float64(column.Filled) < 0.05*float64(t.Rows) {
			continue
		}
		for _, by := range ways[c.Kind] {
			single = append(single, ranked{Block{{c.Column, by}}, agree[i]})
		}
	}
	for i, a := range all {
		for j := i + 1; j < len(all); j++ {
			b := all[j]
			if a.Kind == Text || b.Kind == Text {
				continue
			}
			double = append(double, ranked{Block{{a.Column, coarse(a.Kind)}, {b.Column, coarse(b.Kind)}}, agree[i] * agree[j]})
		}
	}
	for _, list := range [][]ranked{single, double} {
		slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.agree, b.agree) })
	}
	var out []Block
	for _, r := range slices.Concat(single, double) {
		if len(out) < mostBlocks {
			out = append(out, r.block)
		}
	}
	return out
}

func coarse(k Kind) By {
	if k == Name {
		return Sound
	}
	return Whole
}

// numbered reports whether the values are alike but for their digits, as the
// numbers of records are: rec-1-org, rec-2-org.
func numbered(c *Column) bool {
	shapes := map[string]bool{}
	for i := range min(c.Distinct(), 20000) {
		shapes[strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, c.Value(int32(i)))] = true
	}
	return 20*len(shapes) <= min(c.Distinct(), 20000)
}
