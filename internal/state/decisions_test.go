package state

import (
	"errors"
	"testing"
	"time"
)

func TestADecisionComesBackWithItsHistoryInOrder(t *testing.T) {
	s := open(t, statePath(t))
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	first := Decision{Number: 1, Entity: "person", Verdict: "same", State: "proposed",
		A: DecisionSide{"population.person", 7, 70}, B: DecisionSide{"vehicles.registration/owner", -8, 0}}
	proposed := DecisionEvent{Number: 1, At: at, What: "proposed", Principal: "operator:lan", Note: "one card, two numbers"}
	confirmed := DecisionEvent{Number: 1, At: at.Add(time.Hour), What: "confirmed", Principal: "operator:minh"}
	applied := DecisionEvent{Number: 1, At: at.Add(2 * time.Hour), What: "applied", Thing: 70}
	put := func(d []Decision, e ...DecisionEvent) error {
		return s.ChangeDecisions(t.Context(), func([]Decision) ([]Decision, []DecisionEvent, error) { return d, e, nil })
	}
	must(t, put([]Decision{first}, proposed))
	stands := first
	stands.State = "confirmed"
	stands.B.Record = 99 // what a decision is about never changes
	must(t, put([]Decision{stands}, confirmed))
	must(t, put(nil, applied))
	got, err := s.Decisions(t.Context())
	must(t, err)
	want := first
	want.State, want.History = "confirmed", []DecisionEvent{proposed, confirmed, applied}
	same(t, "decisions", got, []Decision{want})
}

func TestAChangeOfDecisionsThatFailsLeavesNone(t *testing.T) {
	s := open(t, statePath(t))
	fault := errors.New("no")
	one := Decision{Number: 1, Entity: "person", Verdict: "same", State: "proposed"}
	err := s.ChangeDecisions(t.Context(), func([]Decision) ([]Decision, []DecisionEvent, error) {
		return []Decision{one}, nil, fault
	})
	if !errors.Is(err, fault) {
		t.Fatalf("got %v", err)
	}
	if err := s.ChangeDecisions(t.Context(), func([]Decision) ([]Decision, []DecisionEvent, error) {
		return []Decision{one}, []DecisionEvent{{Number: 2, What: "proposed"}}, nil // of no decision
	}); err == nil {
		t.Error("an event of a decision that is not there was kept")
	}
	got, err := s.Decisions(t.Context())
	must(t, err)
	same(t, "decisions", len(got), 0)
}
