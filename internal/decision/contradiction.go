package decision

import (
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// record is a side without the thing that it was part of.
type record struct {
	dataset string
	key     int64
}

func recordOf(s state.DecisionSide) record { return record{s.Dataset, s.Record} }

func sameRecord(a, b state.DecisionSide) bool { return recordOf(a) == recordOf(b) }

// Contradiction is an error where some of the decisions make two records one
// thing, over however many others, that another says are two. It names all of them.
func Contradiction(all []state.Decision) error {
	for _, d := range all {
		if d.Verdict != Different {
			continue
		}
		if chain := path(all, recordOf(d.A), recordOf(d.B)); len(chain) > 0 {
			names := make([]string, len(chain))
			for i, number := range chain {
				names[i] = Name(number)
			}
			return sen.Errorf(sen.Invalid, "decisions contradict one another: by %s two records are one thing, by %s they are not", strings.Join(names, ", "), Name(d.Number)).
				WithHint("withdraw one of them: `sen unmerge %s --decision %s --reason …`", d.Entity, Name(min(chain[0], d.Number)))
		}
	}
	return nil
}

// path are the numbers of the decisions that make two records one, the fewest
// that do; none where they are not one.
func path(all []state.Decision, from, to record) []int64 {
	reached := map[record][]int64{from: {}}
	for next := []record{from}; len(next) > 0; next = next[1:] {
		for _, d := range all {
			a, b := recordOf(d.A), recordOf(d.B)
			if d.Verdict != Same || a != next[0] && b != next[0] {
				continue
			}
			other := a
			if a == next[0] {
				other = b
			}
			if _, known := reached[other]; !known {
				reached[other] = append(slices.Clone(reached[next[0]]), d.Number)
				next = append(next, other)
			}
		}
	}
	return reached[to]
}
