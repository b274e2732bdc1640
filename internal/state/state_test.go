package state

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

const birth = sen.Dataset("civil-status.birth")

// clock gives a time that moves on a second at each look.
func clock() func() time.Time {
	var mu sync.Mutex
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		return at
	}
}

func statePath(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") }

func open(t *testing.T, path string) *State {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Now: clock()})
	if err != nil {
		t.Fatalf("Open: %v (hint: %s)", err, sen.HintOf(err))
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t *testing.T, s *State, dataset sen.Dataset) Run {
	t.Helper()
	run, err := s.BeginRun(t.Context(), NewRun{Dataset: dataset, Contract: sen.Digest{1, 2}, Program: "0.1.0", Engine: "1.5", Principal: "operator:lan"})
	if err != nil {
		t.Fatalf("BeginRun(%s): %v", dataset, err)
	}
	return run
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, want sen.Kind) {
	t.Helper()
	if err == nil || sen.KindOf(err) != want {
		t.Errorf("%s: got %v (%s), want an error of kind %s", what, err, sen.KindOf(err), want)
	}
}

func wantHint(t *testing.T, err error, part string) {
	t.Helper()
	if !strings.Contains(sen.HintOf(err), part) {
		t.Errorf("hint of %v: got %q, want it to say %q", err, sen.HintOf(err), part)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestANewStateKnowsItselfAndKeepsItsIdentity(t *testing.T) {
	path := statePath(t)
	first, err := open(t, path).Hub(t.Context())
	must(t, err)
	second, err := open(t, path).Hub(t.Context())
	must(t, err)
	if len(first.ID) != 26 || first.MadeBy != sen.Version || first.MadeAt.IsZero() {
		t.Errorf("hub: got %+v, want an id of 26 characters, version %s and a time", first, sen.Version)
	}
	same(t, "hub after opening again", second, first)
}

func TestTheStateIsReadableByItsOwnerAlone(t *testing.T) {
	path := statePath(t)
	begin(t, open(t, path), birth)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		must(t, err)
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got mode %o, want 600", filepath.Base(path)+suffix, got)
		}
	}
}

func TestEveryConnectionIsDurableAndChecksReferences(t *testing.T) {
	s := open(t, statePath(t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "30000"} {
		var got string
		must(t, s.db.QueryRow("PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("PRAGMA %s: got %s, want %s", pragma, got, want)
		}
	}
}

func TestOpenRefusesWhatItCannotRead(t *testing.T) {
	cases := []struct {
		name string
		make func(t *testing.T, path string)
		opt  Options
		kind sen.Kind
		hint string
	}{
		{"a missing file, read-only", func(*testing.T, string) {}, Options{ReadOnly: true}, sen.NotFound, "sen sync"},
		{"a state that a newer Sen made", func(t *testing.T, path string) {
			s := open(t, path)
			_, err := s.db.Exec("INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (99, 1)")
			must(t, err)
			must(t, s.Close())
		}, Options{}, sen.Invalid, "upgrade the program"},
		{"the same, read-only", func(t *testing.T, path string) {
			s := open(t, path)
			_, err := s.db.Exec("INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (99, 1)")
			must(t, err)
			must(t, s.Close())
		}, Options{ReadOnly: true}, sen.Invalid, "upgrade the program"},
		{"a file without tables, read-only", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, nil, 0o600))
		}, Options{ReadOnly: true}, sen.Invalid, "sen sync"},
		{"a file that is no database", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, bytes.Repeat([]byte("not a database. "), 400), 0o600))
		}, Options{}, sen.Corrupt, "backup"},
		{"a state that was cut short", func(t *testing.T, path string) {
			must(t, open(t, path).Close())
			must(t, os.Truncate(path, 9000))
		}, Options{}, sen.Corrupt, "backup"},
		{"a database of somebody else", func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			must(t, err)
			_, err = db.Exec("CREATE TABLE holiday (day TEXT)")
			must(t, errors.Join(err, db.Close()))
		}, Options{}, sen.Invalid, "--dir"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := statePath(t)
			c.make(t, path)
			s, err := Open(t.Context(), path, c.opt)
			wantKind(t, "Open", err, c.kind)
			wantHint(t, err, c.hint)
			if s != nil {
				t.Error("Open gave a state beside its error")
			}
		})
	}
}

func TestAFileThatWasMadeButNeverFilledIsFilled(t *testing.T) {
	path := statePath(t)
	must(t, os.WriteFile(path, nil, 0o600))
	begin(t, open(t, path), birth)
}

func TestDamageInTheMiddleIsFoundByCheck(t *testing.T) {
	path := statePath(t)
	s := open(t, path)
	must(t, s.Check(t.Context()))
	for range 200 {
		run := begin(t, s, birth)
		must(t, s.SetRunState(t.Context(), run.ID, Failed, strings.Repeat("x", 500)))
	}
	must(t, s.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	copy(data[len(data)/2:], bytes.Repeat([]byte{0xff}, 4096))
	must(t, os.WriteFile(path, data, 0o600))
	s, err = Open(t.Context(), path, Options{})
	if err == nil {
		err = s.Check(t.Context())
		s.Close()
	}
	wantKind(t, "Check", err, sen.Corrupt)
}

func TestAReadOnlyStateReadsWhatIsThereAndRefusesToWrite(t *testing.T) {
	path := statePath(t)
	run := begin(t, open(t, path), birth)
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	must(t, err)
	defer s.Close()
	got, err := s.Run(t.Context(), run.ID)
	must(t, err)
	same(t, "run", got, run)
	wantKind(t, "PutSetting", s.PutSetting(t.Context(), "a", "b"), sen.Unavailable)
}

func TestAPathMayHoldCharactersThatMeanSomethingInAnAddress(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "sở tư pháp #1 ?100%")
	must(t, os.Mkdir(folder, 0o700))
	path := filepath.Join(folder, "state.db")
	begin(t, open(t, path), birth)
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the state is not at %s: %v", path, err)
	}
}

func TestSettingsAreReplacedAndMissingOnesAreNotFound(t *testing.T) {
	s := open(t, statePath(t))
	_, err := s.Setting(t.Context(), "colour")
	wantKind(t, "Setting", err, sen.NotFound)
	must(t, s.PutSetting(t.Context(), "colour", "red"))
	must(t, s.PutSetting(t.Context(), "colour", "green"))
	got, err := s.Setting(t.Context(), "colour")
	must(t, err)
	same(t, "setting", got, "green")
}

func TestIdentifiersSortByTimeAndDoNotRepeat(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	last := ""
	for i := range 2000 {
		id := NewID(at.Add(time.Duration(i) * time.Millisecond))
		if id <= last || len(id) != 26 || seen[id] {
			t.Fatalf("identifier %d: got %q after %q, want a later one of 26 characters", i, id, last)
		}
		seen[id], last = true, id
	}
}

func TestManyWritersInOneProcessTakeTurns(t *testing.T) {
	path := statePath(t)
	states := []*State{open(t, path), open(t, path)}
	const each = 20
	var wg sync.WaitGroup
	errs := make(chan error, 8*each)
	for i := range 8 {
		s := states[i%len(states)]
		wg.Go(func() {
			for range each {
				errs <- beginAndEnd(context.Background(), s)
			}
		})
	}
	wg.Wait()
	close(errs)
	done := 0
	for err := range errs {
		if err == nil {
			done++
		} else if sen.KindOf(err) != sen.Exists { // lost the race for the one unfinished run
			t.Errorf("a writer failed: %v", err)
		}
	}
	runs, err := states[0].Runs(t.Context(), birth, 1000)
	must(t, err)
	sequenceHasNoGap(t, runs, done)
}

func beginAndEnd(ctx context.Context, s *State) error {
	run, err := s.BeginRun(ctx, NewRun{Dataset: birth})
	if err != nil {
		return err
	}
	return s.SetRunState(ctx, run.ID, Superseded, "")
}

func sequenceHasNoGap(t *testing.T, runs []Run, want int) {
	t.Helper()
	if len(runs) != want {
		t.Errorf("runs: got %d, want %d", len(runs), want)
	}
	for i, run := range runs {
		if wanted := int64(len(runs) - i); run.Sequence != wanted {
			t.Fatalf("sequence of run %d: got %d, want %d", i, run.Sequence, wanted)
		}
	}
}

func TestValuesHaveStableJSONNames(t *testing.T) {
	got, err := json.Marshal(Range{Number: 1, Source: RowDigest{Rows: 2, Sum: "3"}, Files: []File{{Kind: "clean"}}})
	must(t, err)
	for _, name := range []string{`"number":1`, `"first_row":0`, `"source":{"rows":2,"sum":"3"}`, `"files":[{"kind":"clean"`} {
		if !strings.Contains(string(got), name) {
			t.Errorf("JSON of a range: got %s, want it to hold %s", got, name)
		}
	}
	if s := fmt.Sprint(RowDigest{Rows: 2, Sum: "3"}); s != "2:3" {
		t.Errorf("RowDigest: got %s, want 2:3", s)
	}
}
