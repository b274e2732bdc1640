package link

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestMissingValuesAndPartsOfDatesContradictNothing(t *testing.T) {
	for _, one := range []struct {
		rule Never
		a, b [2]string // sex, day of birth
		want bool
	}{
		{Never{Differ: []Term{{"sex", Whole}}}, [2]string{"nam", ""}, [2]string{"nữ", ""}, true},
		{Never{Differ: []Term{{"sex", Whole}}}, [2]string{"Nữ", ""}, [2]string{"nu", ""}, false},
		{Never{Differ: []Term{{"sex", Whole}}}, [2]string{"nam", ""}, [2]string{"", ""}, false},
		{Never{Differ: []Term{{"born", Whole}}}, [2]string{"", "1990"}, [2]string{"", "1990-05-06"}, false},
		{Never{Differ: []Term{{"born", Whole}}}, [2]string{"", "1991"}, [2]string{"", "1990-05-06"}, true},
		{Never{Differ: []Term{{"born", Whole}}}, [2]string{"", "1990-05-07"}, [2]string{"", "1990-05-06"}, true},
		{Never{Differ: []Term{{"born", Year}}}, [2]string{"", "1990-05-07"}, [2]string{"", "1990-06-06"}, false},
		{Never{Differ: []Term{{"born", Year}}, MoreThan: 1}, [2]string{"", "1990-05-07"}, [2]string{"", "1991-06-06"}, false},
		{Never{Differ: []Term{{"born", Year}}, MoreThan: 1}, [2]string{"", "1990-05-07"}, [2]string{"", "1992-06-06"}, true},
		{Never{Differ: []Term{{"sex", Whole}, {"born", Year}}}, [2]string{"nam", "1990"}, [2]string{"nữ", "1990"}, false},
		{Never{Differ: []Term{{"sex", Whole}, {"born", Year}}}, [2]string{"nam", "1990"}, [2]string{"nữ", "1991"}, true},
	} {
		table := NewTable([]string{"sex", "born"})
		table.Add(0, one.a[:])
		table.Add(0, one.b[:])
		m, err := newModel(table, Spec{Compare: []Comparison{{Column: "sex", Kind: Name}, {Column: "born", Kind: Date}}, Never: []Never{one.rule}})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.contradict(0, 1); got != one.want || m.contradict(1, 0) != got {
			t.Errorf("%v of %v and %v: got %v, want %v", one.rule, one.a, one.b, got, one.want)
		}
	}
}

// Whatever the records, no cluster holds two that contradict by a rule.
func TestNoClusterHoldsWhatIsNeverOne(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 7))
		table := NewTable([]string{"name", "sex", "born"})
		for range 1500 { // few names, so that much is alike
			name := fmt.Sprintf("Nguyễn Văn %c%c", 'A'+rune(random.IntN(20)), 'a'+rune(random.IntN(20)))
			sex := []string{"nam", "nữ", ""}[random.IntN(3)]
			born := ""
			if random.IntN(4) > 0 {
				born = fmt.Sprintf("%d-01-0%d", 1980+random.IntN(6), 1+random.IntN(2))
			}
			table.Add(0, []string{name, sex, born})
		}
		spec := Spec{Compare: []Comparison{{Column: "name", Kind: Name}, {Column: "sex", Kind: Name}, {Column: "born", Kind: Date}},
			Block: []Block{{{"name", Whole}}, {{"born", Whole}}}, Budget: 100, Threshold: 0.002}
		found := func(spec Spec) (contradictions, together int) {
			r, err := Link(t.Context(), table, spec)
			if err != nil {
				t.Fatal(err)
			}
			judge := spec
			judge.Never = rules
			m, err := newModel(table, judge)
			if err != nil {
				t.Fatal(err)
			}
			for i := range int32(table.Rows) {
				for j := range i {
					if r.Cluster[i] == r.Cluster[j] {
						together++
						if m.contradict(i, j) {
							contradictions++
						}
					}
				}
			}
			return contradictions, together
		}
		without, _ := found(spec)
		spec.Never = rules
		with, together := found(spec)
		if with != 0 || without == 0 || together == 0 {
			t.Errorf("seed %d: %d contradictions in %d pairs, %d without the rules; want none, and some without", seed, with, together, without)
		}
	}
}

var rules = []Never{{Differ: []Term{{"sex", Whole}}}, {Differ: []Term{{"born", Year}}, MoreThan: 1}}
