package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/state"
)

func TestSmallDatasetsDoNotWaitForLargeOnes(t *testing.T) {
	dir := t.TempDir()
	var datasets []contract.Dataset
	for i, size := range []int{9000, 10, 7000, 30, 20, 8000} {
		name := fmt.Sprintf("d%d.csv", i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("x", size)), 0o600); err != nil {
			t.Fatal(err)
		}
		datasets = append(datasets, contract.Dataset{Name: sen.Dataset(fmt.Sprintf("a.d%d", i)), Contract: &contract.Contract{},
			Object: &contract.Object{Name: "d"}, Server: &contract.Server{Type: "local", Facts: map[string]string{"path": name}}})
	}
	f := &Flow{o: Options{Hub: dir}, shared: &shared{}}
	turns := f.turns(t.Context(), datasets, func(contract.Dataset) bool { return true })
	var got []int
	// The first lane is slow: while it has one, the other has three.
	for _, lane := range []int{0, 1, 1, 1, 0, 1, 0} {
		if i, more := turns.next(lane); more {
			got = append(got, i)
		}
	}
	if want := "[0 1 4 3 5 2]"; fmt.Sprint(got) != want {
		t.Errorf("turns were %v; want %s", got, want)
	}
}

func TestWhatMustWaitForItsWindowComesLast(t *testing.T) {
	dir := t.TempDir()
	hour := time.Now().UTC().Add(3 * time.Hour).Format("15:04")
	closed := fmt.Sprintf("%s-%s UTC", hour, time.Now().UTC().Add(4*time.Hour).Format("15:04"))
	var datasets []contract.Dataset
	for i, windows := range []string{closed, "", closed, ""} {
		s := &contract.Server{Name: "live", Type: "postgres", Facts: map[string]string{"host": fmt.Sprint("h", i), "port": "5432", "database": "d"}}
		if windows != "" {
			s.Facts["windows"] = windows
		}
		datasets = append(datasets, contract.Dataset{Name: sen.Dataset(fmt.Sprintf("a.d%d", i)), Contract: &contract.Contract{},
			Object: &contract.Object{Name: "d"}, Server: s})
	}
	s, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := &Flow{o: Options{Hub: dir, State: s}, shared: &shared{}}
	turns := f.turns(t.Context(), datasets, func(contract.Dataset) bool { return true })
	var got []int
	for i, more := turns.next(1); more; i, more = turns.next(1) {
		got = append(got, i)
	}
	if want := "[1 3 0 2]"; fmt.Sprint(got) != want {
		t.Errorf("turns were %v; want %s", got, want)
	}
}
