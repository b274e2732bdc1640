package quality_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
)

// certify makes a certified run and keeps its report.
func certify(t *testing.T, s *state.State, in quality.Input) quality.DatasetReport {
	t.Helper()
	run, err := s.BeginRun(t.Context(), state.NewRun{Dataset: in.Plan.Dataset.Name})
	if err != nil {
		t.Fatal(err)
	}
	in.Run = run.ID
	report := quality.Measure(in)
	if err := quality.Store(t.Context(), s, report); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRunState(t.Context(), run.ID, state.Committing, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Certify(t.Context(), state.Certificate{Run: run.ID, Dataset: run.Dataset, Issued: now}); err != nil {
		t.Fatal(err)
	}
	return report
}

func TestAStoredReportComesBackWithTheTrendOfItsRuns(t *testing.T) {
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan := birthPlan("civil-status")
	certify(t, s, quality.Input{Plan: plan, At: now, Tally: tally(1000, 0, 10, 90, 50, 10, 0, 5, 700, 900, 0, 1)})
	want := certify(t, s, quality.Input{Plan: plan, At: now, Tally: tally(1000, 0, 10, 20, 50, 10, 0, 5, 700, 900, 0, 1), PublishedSince: "2026-01-01",
		Results: []clean.Result{{Rule: "note-short", Column: "note", Severity: "error", Status: clean.StatusFailed, Value: 3}}})
	got, ok, err := quality.Load(t.Context(), s, "civil-status.birth", 8)
	if err != nil || !ok {
		t.Fatalf("got ok %v, error %v", ok, err)
	}
	if !reflect.DeepEqual(got.Scores, want.Scores) || !reflect.DeepEqual(got.Offenders, want.Offenders) || !reflect.DeepEqual(got.Checks, want.Checks) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Rows != 1000 || got.PublishedSince != "2026-01-01" || len(got.Columns) != 3 {
		t.Errorf("got %d rows, published %q, %d columns", got.Rows, got.PublishedSince, len(got.Columns))
	}
	trend := got.Trend[quality.Correct]
	if change, ok := trend.Change(); len(trend) != 2 || !ok || change <= 0 {
		t.Errorf("got the trend %+v, want two points that rise", trend)
	}
	if _, living := got.Trend[quality.Living]; living {
		t.Error("what was never measured has a trend")
	}
}

func TestADatasetThatWasNeverMeasuredHasNoReport(t *testing.T) {
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok, err := quality.Load(t.Context(), s, sen.Dataset("a.b"), 8); ok || err != nil {
		t.Errorf("got ok %v, error %v; want none", ok, err)
	}
}
