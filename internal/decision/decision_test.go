package decision

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

var (
	lan  = sen.Principal{ID: "operator:lan", Role: "operator"}
	minh = sen.Principal{ID: "operator:minh", Role: "operator"}
	at   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
)

func open(t *testing.T, stewards int) Decisions {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return Decisions{State: s, Stewards: stewards}
}

func side(record int64) state.DecisionSide {
	return state.DecisionSide{Dataset: "population.person", Record: record, Thing: 100 + record}
}

func (d Decisions) propose(t *testing.T, verdict string, a, b int64) (state.Decision, error) {
	t.Helper()
	return d.Propose(t.Context(), at, lan, Proposal{Entity: "person", Verdict: verdict, A: side(a), B: side(b), Reason: "seen"})
}

func wants(t *testing.T, err error, kind sen.Kind, parts ...string) {
	t.Helper()
	if err == nil || sen.KindOf(err) != kind {
		t.Fatalf("got %v, want %s", err, kind)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to say %q", err, part)
		}
	}
}

func TestADecisionWaitsForAnotherPersonThanItsProposer(t *testing.T) {
	d := open(t, 2)
	made, err := d.propose(t, Same, 1, 2)
	if err != nil || made.State != Proposed {
		t.Fatalf("got %+v, %v", made, err)
	}
	_, err = d.Confirm(t.Context(), at, lan, made.Number)
	wants(t, err, sen.Denied, "another person")
	_, err = d.Confirm(t.Context(), at, minh, 7)
	wants(t, err, sen.NotFound, "D-000007")
	made, err = d.Confirm(t.Context(), at, minh, made.Number)
	if err != nil || made.State != Confirmed || made.History[1].Principal != minh.ID {
		t.Fatalf("got %+v, %v", made, err)
	}
	_, err = d.Confirm(t.Context(), at, minh, made.Number)
	wants(t, err, sen.Invalid, "does not wait")
	_, err = d.Withdraw(t.Context(), at, lan, made.Number, " ")
	wants(t, err, sen.Invalid, "reason")
	if made, err = d.Withdraw(t.Context(), at, lan, made.Number, "two people"); err != nil || made.State != Withdrawn {
		t.Fatalf("got %+v, %v", made, err)
	}
	if _, err = d.propose(t, Same, 2, 1); err != nil {
		t.Errorf("decided again after it was withdrawn: %v", err)
	}
	all, err := d.State.Decisions(t.Context())
	if err != nil || len(all) != 2 || len(all[0].History) != 3 {
		t.Errorf("got %+v, %v, want two decisions, the first with all of its history", all, err)
	}
}

func TestOneStewardDecidesAtOnceWhereTheHubSaysSo(t *testing.T) {
	made, err := open(t, 1).propose(t, Different, 1, 2)
	if err != nil || made.State != Confirmed || len(made.History) != 2 {
		t.Errorf("got %+v, %v", made, err)
	}
}

func TestWhatIsDecidedOrProposedIsNotContradicted(t *testing.T) {
	d := open(t, 2)
	for _, pair := range [][2]int64{{1, 2}, {2, 3}, {4, 5}} {
		if _, err := d.propose(t, Same, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.propose(t, Different, 3, 1)
	wants(t, err, sen.Invalid, "D-000001", "D-000002", "D-000004")
	if _, err = d.propose(t, Different, 5, 1); err != nil {
		t.Fatal(err)
	}
	_, err = d.propose(t, Same, 4, 3)
	wants(t, err, sen.Invalid, "D-000003", "D-000004", "D-000005")
	_, err = d.propose(t, Same, 2, 1)
	wants(t, err, sen.Exists, "D-000001")
	_, err = d.propose(t, Same, 2, 2)
	wants(t, err, sen.Invalid, "two records")
	_, err = d.Propose(t.Context(), at, lan, Proposal{Entity: "person", Verdict: Same, A: side(8), B: side(9)})
	wants(t, err, sen.Invalid, "reason")
	if _, err := d.Propose(t.Context(), at, lan, Proposal{Entity: "vehicle", Verdict: Different, A: side(1), B: side(2), Reason: "another entity"}); err != nil {
		t.Errorf("decisions about another entity stand in the way: %v", err)
	}
}

func TestARunIsNotedOnceForEachIdentifier(t *testing.T) {
	d := open(t, 1)
	made, err := d.propose(t, Same, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, thing := range []int64{101, 101, 102} {
		if err := d.Note(t.Context(), at, map[int64]int64{made.Number: thing}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := d.NoteUndone(t.Context(), at, []int64{made.Number}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := d.State.Decisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all[0].History {
		got = append(got, e.What)
	}
	if want := "proposed confirmed applied applied undone"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, " "), want)
	}
}

func TestNamesAreReadAsPeopleWriteThem(t *testing.T) {
	for _, name := range []string{"D-000012", "d-12", "12", " D12 "} {
		if n, err := ParseName(name); err != nil || n != 12 {
			t.Errorf("%q: got %d, %v", name, n, err)
		}
	}
	for _, name := range []string{"", "C-12", "D-0", "D--1"} {
		if _, err := ParseName(name); sen.KindOf(err) != sen.Invalid || err == nil {
			t.Errorf("%q: got %v", name, err)
		}
	}
}
