package state

import (
	"testing"

	"github.com/sen-hub/sen"
)

// Signs of a name that a pattern would take for any sign are themselves.
func TestTheJobsOfADatasetAreThoseOfNoOther(t *testing.T) {
	s := open(t, statePath(t))
	for id, datasets := range map[string][]sen.Dataset{"1": {"town.a_b", "town.c"}, "2": {"town.axb", "town.c"}} {
		if _, err := s.AddJob(t.Context(), Job{ID: id, Kind: "sync", Task: Task{Datasets: datasets}}); err != nil {
			t.Fatal(err)
		}
	}
	for dataset, want := range map[sen.Dataset]int{"town.a_b": 1, "town.axb": 1, "town.c": 2, "town.a": 0, "town.%": 0} {
		if got, err := s.JobsOf(t.Context(), dataset, 10); err != nil || len(got) != want {
			t.Errorf("%s has %d jobs, want %d: %v", dataset, len(got), want, err)
		}
	}
}
