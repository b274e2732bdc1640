package link

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

func TestLabelsThatCannotBeTrueAreRefusedWithTheirLine(t *testing.T) {
	find := func(id string) (int32, bool) { return int32(strings.Index("abcd", id)), strings.Contains("abcd", id) }
	for text, says := range map[string]string{
		"":                               "labels.csv: there is no labelled pair",
		"a,b\n":                          "labels.csv:1: wrong number of fields",
		"a,b,1\n":                        "labels.csv:1: the first line does not name the columns",
		"id_a,id_b,same\n":               "labels.csv: there is no labelled pair",
		"id_a,id_b,same\na,b,1\nz,b,1\n": "labels.csv:3: no record has this id_a",
		"id_a,id_b,same\na,z,1\n":        "labels.csv:2: no record has this id_b",
		"id_a,id_b,same\na,a,1\n":        "labels.csv:2: a record is labelled beside itself",
		"id_a,id_b,same\na,b,yes\n":      "labels.csv:2: same is neither 1 nor 0",
		"id_a,id_b,same\na,b\n":          "labels.csv:2: wrong number of fields",
		"id_a,id_b,same\na,b,1\nb,a,0\n": "labels.csv:3: the two are not the same here",
		"id_a,id_b,same\na,c,0\na,b,1\nc,d,0\nb,c,1\n": "labels.csv:2: the two are not the same here",
	} {
		_, err := ReadLabels("labels.csv", strings.NewReader(text), find)
		if sen.KindOf(err) != sen.Invalid || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%q: got %v, want an error that begins %q", text, err, says)
		}
		if err != nil && strings.Contains(text, "z") && strings.Contains(err.Error(), "\"z\"") {
			t.Errorf("%q: the error shows an id: %v", text, err)
		}
	}
	labels, err := ReadLabels("labels.csv", strings.NewReader("\ufeffid_a,id_b,same\na,b,1\nc,d,0\n"), find)
	if err != nil || fmt.Sprint(labels) != "[{0 1 true} {2 3 false}]" {
		t.Errorf("got %v, %v", labels, err)
	}
}

// noisy is records of which every field is often wrong, so that little tells
// matches from others.
func noisy(n int, seed uint64) (*Table, []int32) {
	random := rand.New(rand.NewPCG(seed, 9))
	t := NewTable([]string{"name", "year", "town"})
	var truth []int32
	for i := range n {
		name := fmt.Sprintf("%c%c%c%c%c", 'a'+random.IntN(12), 'a'+random.IntN(6), 'k'+random.IntN(12), 'a'+random.IntN(6), 'm'+random.IntN(9))
		row := []string{name, fmt.Sprint(1950 + random.IntN(60)), fmt.Sprintf("t%02d", random.IntN(40))}
		for range 2 {
			again := append([]string{}, row...)
			switch at := random.IntN(len(name)); random.IntN(3) {
			case 0:
				again[0] = name[:at] + name[at+1:]
			case 1:
				again[1] = fmt.Sprint(1950 + random.IntN(60))
			default:
				again[2] = fmt.Sprintf("t%02d", random.IntN(40))
			}
			t.Add(0, again)
			truth = append(truth, int32(i))
		}
	}
	return t, truth
}

func TestLabelsDoNoHarmOnANoisySetAndTeachWhatMatchesLookLike(t *testing.T) {
	table, truth := noisy(700, 2)
	spec := Draft(table)
	without, err := Link(t.Context(), table, spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 400; i += 2 {
		table.Labels = append(table.Labels, Label{int32(i), int32(i + 1), true}, Label{int32(i), int32(i + 2), false})
	}
	with, err := Link(t.Context(), table, spec)
	if err != nil {
		t.Fatal(err)
	}
	before, after := Evaluate(without.Cluster, truth), Evaluate(with.Cluster, truth)
	if after.F1 < before.F1 {
		t.Errorf("got F1 %.4f with labels, %.4f without", after.F1, before.F1)
	}
	if off, was := offBy(with, table, truth), offBy(without, table, truth); off >= was {
		t.Errorf("m is %.3f from the truth with labels, %.3f without", off, was)
	}
}

// offBy is how far m of the same value lies from the share of true pairs that
// have it, over all comparisons.
func offBy(r *Result, t *Table, truth []int32) (sum float64) {
	for i := range r.Spec.Compare {
		same, pairs := 0.0, 0.0
		for k := 0; k < t.Rows; k += 2 {
			if truth[k] == truth[k+1] {
				pairs++
				if r.model.compare(int32(k), int32(k+1)).level(i) == 0 {
					same++
				}
			}
		}
		sum += max(same/pairs-r.M[i][0], r.M[i][0]-same/pairs)
	}
	return sum
}
