package state

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

func TestSequencesCountPerDataset(t *testing.T) {
	s := open(t, statePath(t))
	for want := int64(1); want <= 3; want++ {
		run := begin(t, s, birth)
		if run.Sequence != want || run.State != Extracting || run.Started.IsZero() || !run.Finished.IsZero() {
			t.Errorf("run: got %+v, want sequence %d, extracting, started and not finished", run, want)
		}
		must(t, s.SetRunState(t.Context(), run.ID, Failed, "the disk is full"))
	}
	if other := begin(t, s, "tax.payer"); other.Sequence != 1 {
		t.Errorf("sequence of another dataset's first run: got %d, want 1", other.Sequence)
	}
	datasets, err := s.Datasets(t.Context())
	must(t, err)
	same(t, "datasets", datasets, []sen.Dataset{birth, "tax.payer"})
}

func TestADatasetHasOneUnfinishedRunAtMost(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	_, err := s.BeginRun(t.Context(), NewRun{Dataset: birth})
	wantKind(t, "a second run", err, sen.Exists)
	wantHint(t, err, "sen sync civil-status.birth")

	got, found, err := s.UnfinishedRun(t.Context(), birth)
	must(t, err)
	same(t, "unfinished run", got, run)
	same(t, "found", found, true)

	must(t, s.SetRunState(t.Context(), run.ID, Superseded, "the source changed"))
	_, found, err = s.UnfinishedRun(t.Context(), birth)
	must(t, err)
	same(t, "found after superseding", found, false)
	if next := begin(t, s, birth); next.Sequence != 2 {
		t.Errorf("sequence after a superseded run: got %d, want 2", next.Sequence)
	}
}

func TestARunMovesForwardOnly(t *testing.T) {
	moves := map[RunState]map[RunState]bool{
		Extracting: {Extracting: true, Committing: true, Failed: true, Superseded: true},
		Committing: {Committing: true, Certified: true, Failed: true, Superseded: true},
		Certified:  {Certified: true},
		Failed:     {Failed: true},
		Superseded: {Superseded: true},
	}
	for from, allowed := range moves {
		for to := range moves {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				s := open(t, statePath(t))
				run := begin(t, s, birth)
				bring(t, s, run, from)
				if err := move(t, s, run, to); (err == nil) != allowed[to] {
					t.Errorf("got error %v, want allowed %t", err, allowed[to])
				}
			})
		}
	}
}

// bring takes a new run to a state on the shortest lawful way.
func bring(t *testing.T, s *State, run Run, to RunState) {
	t.Helper()
	if to == Certified {
		must(t, move(t, s, run, Committing))
	}
	must(t, move(t, s, run, to))
}

func move(t *testing.T, s *State, run Run, to RunState) error {
	if to == Certified {
		return s.Certify(t.Context(), Certificate{Run: run.ID, Dataset: run.Dataset, Body: []byte("{}"), Issued: s.now()})
	}
	return s.SetRunState(t.Context(), run.ID, to, "")
}

func TestOnlyACertificateCertifies(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	bring(t, s, run, Committing)
	wantKind(t, "SetRunState certified", s.SetRunState(t.Context(), run.ID, Certified, ""), sen.Internal)
	_, err := s.Certificate(t.Context(), run.ID)
	wantKind(t, "Certificate before Certify", err, sen.NotFound)

	want := Certificate{Run: run.ID, Dataset: birth, Body: []byte(`{"rows": 3}`), Signature: []byte{0, 255, 7}, KeyID: "00ff", Issued: time.Date(2026, 3, 1, 14, 7, 44, 0, time.UTC)}
	must(t, s.Certify(t.Context(), want))
	must(t, s.Certify(t.Context(), Certificate{Run: run.ID, Body: []byte("another")})) // a step done again
	got, err := s.Certificate(t.Context(), run.ID)
	must(t, err)
	same(t, "certificate", got, want)

	latest, found, err := s.LatestCertified(t.Context(), birth)
	must(t, err)
	if !found || latest.ID != run.ID || latest.State != Certified || !latest.Finished.Equal(want.Issued) {
		t.Errorf("latest certified: got %+v (found %t), want run %s finished %s", latest, found, run.ID, want.Issued)
	}
}

func TestLatestCertifiedPassesOverLaterFailures(t *testing.T) {
	s := open(t, statePath(t))
	good := begin(t, s, birth)
	bring(t, s, good, Certified)
	bring(t, s, begin(t, s, birth), Failed)
	latest, found, err := s.LatestCertified(t.Context(), birth)
	must(t, err)
	if !found || latest.ID != good.ID {
		t.Errorf("latest certified: got %s (found %t), want %s", latest.ID, found, good.ID)
	}
	runs, err := s.Runs(t.Context(), birth, 1)
	must(t, err)
	if len(runs) != 1 || runs[0].Sequence != 2 || runs[0].State != Failed {
		t.Errorf("newest run: got %+v, want the failed one alone", runs)
	}
}

func TestAPositionAndAnErrorBelongToUnfinishedRunsOnly(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	must(t, s.SetPosition(t.Context(), run.ID, json.RawMessage(`{"sha256": "ab"}`)))
	must(t, s.NoteError(t.Context(), run.ID, "the disk is full"))
	got, err := s.Run(t.Context(), run.ID)
	must(t, err)
	if string(got.Position) != `{"sha256": "ab"}` || got.Error != "the disk is full" || got.State != Extracting {
		t.Errorf("run: got %+v, want its position, its error, and still extracting", got)
	}
	bring(t, s, run, Failed)
	wantKind(t, "SetPosition of a failed run", s.SetPosition(t.Context(), run.ID, nil), sen.Internal)
	wantKind(t, "NoteError of no run", s.NoteError(t.Context(), "none", ""), sen.Internal)
	_, err = s.Run(t.Context(), "none")
	wantKind(t, "Run of no run", err, sen.NotFound)
}

func fullRange(number int) Range {
	return Range{
		Number: number, FirstRow: int64(number) * 10, Rows: 10, Clean: 7, Quarantined: 3,
		Source:           RowDigest{10, "340282366920938463463374607431768211455"},
		CleanDigest:      RowDigest{7, "1"},
		QuarantineDigest: RowDigest{3, "0"},
		Mark:             json.RawMessage(`{"offset": 4096}`),
		Files:            []File{{Kind: "landed", Path: "lake/a.parquet", Rows: 10, Bytes: 99, SHA256: sen.Digest{9}}},
		States:           json.RawMessage(`{"ho_ten":{"nulls":2}}`),
	}
}

func TestRangesComeBackWholeAndInOrder(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	for _, number := range []int{2, 0, 1} {
		must(t, s.AddRange(t.Context(), run.ID, fullRange(number)))
	}
	got, err := s.Ranges(t.Context(), run.ID)
	must(t, err)
	if len(got) != 3 {
		t.Fatalf("ranges: got %d, want 3", len(got))
	}
	for i := range got {
		want := fullRange(i)
		want.Finished = got[i].Finished
		same(t, fmt.Sprintf("range %d", i), got[i], want)
		if got[i].Finished.IsZero() {
			t.Errorf("range %d has no time", i)
		}
	}
}

func TestAddRangeRefusesWhatWouldNotAddUp(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	lost := fullRange(0)
	lost.Clean--
	wantKind(t, "a row is lost", s.AddRange(t.Context(), run.ID, lost), sen.Internal)
	wantKind(t, "no such run", s.AddRange(t.Context(), "none", fullRange(0)), sen.NotFound)
	must(t, s.AddRange(t.Context(), run.ID, fullRange(0)))
	wantKind(t, "the same range twice", s.AddRange(t.Context(), run.ID, fullRange(0)), sen.Exists)
	bring(t, s, run, Committing)
	wantKind(t, "a run that commits", s.AddRange(t.Context(), run.ID, fullRange(1)), sen.Internal)
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	s := open(t, statePath(t))
	s.db.SetMaxOpenConns(1) // the limit below is the connection's
	run := begin(t, s, birth)
	must(t, s.AddRange(t.Context(), run.ID, fullRange(0)))
	_, err := s.db.Exec("PRAGMA max_page_count = 1") // SQLite rounds it up to what is in use
	must(t, err)
	big := fullRange(1)
	big.States = json.RawMessage(`"` + string(make([]byte, 1<<20)) + `"`)
	err = s.AddRange(t.Context(), run.ID, big)
	wantKind(t, "AddRange on a full disk", err, sen.Unavailable)
	wantHint(t, err, "free some space")
	got, err := s.Ranges(t.Context(), run.ID)
	must(t, err)
	same(t, "ranges after a full disk", len(got), 1)
}

func TestQualityIsReplacedPerRunAndTrendsOverCertifiedRuns(t *testing.T) {
	s := open(t, statePath(t))
	results := func(bad int64) []Quality {
		return []Quality{
			{Column: "ngay_sinh", Criterion: "correct", Rule: "date", Severity: "error", Bad: bad, Total: 10, Value: 1 - float64(bad)/10, Status: Violated},
			{Criterion: "living", Rule: "sla", Status: NotApplicable},
		}
	}
	for bad := range int64(3) {
		run := begin(t, s, birth)
		must(t, s.PutQuality(t.Context(), run.ID, results(9)))
		must(t, s.PutQuality(t.Context(), run.ID, results(bad)))
		bring(t, s, run, Certified)
	}
	must(t, s.PutQuality(t.Context(), begin(t, s, birth).ID, results(5)))

	got, err := s.Quality(t.Context(), birth, 2)
	must(t, err)
	if len(got) != 2 || got[0].Run.Sequence != 3 || got[1].Run.Sequence != 2 {
		t.Fatalf("quality: got %+v, want runs 3 and 2", got)
	}
	same(t, "newest results", got[0].Results, results(2))
	same(t, "results before", got[1].Results, results(1))
}

func TestQuarantineCountsAreReplacedPerRunAndSortedByRows(t *testing.T) {
	s := open(t, statePath(t))
	run := begin(t, s, birth)
	must(t, s.PutQuarantine(t.Context(), run.ID, []Quarantined{{"old", "a", 1}}))
	want := []Quarantined{{"date", "ngay_sinh", 611}, {"ragged", "", 2}}
	must(t, s.PutQuarantine(t.Context(), run.ID, []Quarantined{want[1], want[0]}))
	got, err := s.Quarantine(t.Context(), run.ID)
	must(t, err)
	same(t, "quarantine", got, want)
	wantKind(t, "counts of no run", s.PutQuarantine(t.Context(), "none", want), sen.Internal)
}

func TestAThrottleStandsUntilItIsTakenBack(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	since := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	paused := Throttle{Address: "postgresql://db:5432", Paused: true, Since: since, Principal: "operator:a"}
	slowed := Throttle{Address: "mysql://db:3306", Rate: 4096, Since: since, Principal: "operator:b"}
	for _, h := range []Throttle{paused, slowed} {
		if err := s.SetThrottle(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Throttles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "throttles", got, []Throttle{slowed, paused})
	paused.Paused = false
	if err := s.SetThrottle(t.Context(), paused); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Throttles(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "what is left", got, []Throttle{slowed})
}
