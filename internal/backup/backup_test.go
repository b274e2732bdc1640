package backup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/backup"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/object"
	"github.com/sen-hub/sen/internal/object/s3test"
	"github.com/sen-hub/sen/internal/state"
)

const birth = sen.Dataset("civil-status.birth")

// small is a hub with one table of three rows, of which one is deleted.
type small struct {
	backup.Hub
	t      *testing.T
	engine *engine.Conn
}

func newSmall(t *testing.T) *small {
	t.Helper()
	dir := t.TempDir()
	s := &small{Hub: backup.Hub{Dir: dir, Data: filepath.Join(dir, "data")}, t: t}
	s.put("sen.yaml", "country: Sen\n")
	s.put("contracts/civil.odcs.yaml", "# a made-up contract\n")
	s.put("sources/birth.csv", "the agency's own\n")
	var err error
	if s.Keys, err = keys.Open(filepath.Join(s.Data, "keys")); err != nil {
		t.Fatal(err)
	}
	if s.State, err = state.Open(t.Context(), filepath.Join(s.Data, "state.db"), state.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.Lake, err = lake.Open(t.Context(), lake.Options{Dir: filepath.Join(s.Data, "lake")}); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), engine.Options{Threads: 1})
	if err == nil {
		s.engine, err = e.Conn(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.engine.Close(); e.Close(); s.Lake.Close(); s.State.Close() })
	path := s.commit("SELECT range AS a FROM range(3)")
	tbl := s.table()
	if _, err := tbl.Commit(t.Context(), lake.Change{Delete: map[string][]int64{path: {1}}}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *small) put(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.Dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *small) table() *lake.Table {
	s.t.Helper()
	tbl, err := s.Lake.Table(s.t.Context(), lake.Clean, birth, []lake.Field{{Name: "a", Type: "BIGINT"}})
	if err != nil {
		s.t.Fatal(err)
	}
	return tbl
}

func (s *small) commit(query string) string {
	s.t.Helper()
	tbl := s.table()
	path, err := tbl.NewFile("run", 0, 0)
	if err == nil {
		_, err = s.engine.Copy(s.t.Context(), query, path, tbl.FieldIDs())
	}
	if err == nil {
		_, err = tbl.Commit(s.t.Context(), lake.Change{Add: []lake.File{{Path: path}}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *small) backup(to object.Place) backup.Report {
	s.t.Helper()
	report, err := backup.Make(s.t.Context(), s.Hub, backup.Options{To: to})
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// target is a new folder to restore to.
func target(t *testing.T) backup.Target {
	dir := filepath.Join(t.TempDir(), "again")
	return backup.Target{Dir: dir, Data: filepath.Join(dir, "data"), Lake: lake.Options{Dir: filepath.Join(dir, "data", "lake")}}
}

func restore(t *testing.T, from object.Place, to backup.Target) (backup.Restored, error) {
	t.Helper()
	set, err := backup.Open(t.Context(), from, "")
	if err != nil {
		return backup.Restored{}, err
	}
	return set.Restore(t.Context(), to)
}

// rows are what the restored lake says now.
func (s *small) rows(at lake.Options) string {
	s.t.Helper()
	l, err := lake.Open(s.t.Context(), at)
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	tbl, err := l.Lookup(s.t.Context(), lake.Clean, birth)
	if err != nil {
		s.t.Fatal(err)
	}
	scan, err := tbl.Scan(s.t.Context(), lake.AsOf{})
	if err != nil {
		s.t.Fatal(err)
	}
	var out string
	if err := s.engine.Row(s.t.Context(), "SELECT string_agg(a::VARCHAR, ' ' ORDER BY a) FROM "+scan.SQL(), &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// places are those that a backup may be in.
func places(t *testing.T, test func(*testing.T, object.Place)) {
	t.Run("folder", func(t *testing.T) { test(t, object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))) })
	t.Run("s3", func(t *testing.T) { test(t, s3test.Start(t).Place("backup")) })
}

func TestARestoredHubHasTheRowsKeysAndDeclarationsOfBefore(t *testing.T) {
	places(t, func(t *testing.T, at object.Place) {
		s := newSmall(t)
		report := s.backup(at)
		if report.Copied != report.Files || report.Tables != 1 {
			t.Errorf("got %+v", report)
		}
		to := target(t)
		done, err := restore(t, at, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.rows(to.Lake); got != "0 2" || done.Key != s.Keys.KeyID() {
			t.Errorf("got rows %q, key %s", got, done.Key)
		}
		for name, mode := range map[string]os.FileMode{"sen.yaml": 0o644, "contracts/civil.odcs.yaml": 0o644,
			"data/keys/signing.pem": 0o600, "data/keys/subject.key": 0o600, "data/state.db": 0o600} {
			info, err := os.Stat(filepath.Join(to.Dir, name))
			if err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s: %v, want mode %o", name, err, mode)
			}
		}
		if ring, err := keys.Open(filepath.Join(to.Data, "keys")); err != nil || ring.KeyID() != s.Keys.KeyID() {
			t.Errorf("the keys: %v", err)
		}
		for _, name := range []string{"sources", ".sen-restoring"} {
			if _, err := os.Stat(filepath.Join(to.Dir, name)); err == nil {
				t.Errorf("%s is there", name)
			}
		}
	})
}

func TestTheNextBackupCopiesOnlyWhatIsNew(t *testing.T) {
	places(t, func(t *testing.T, at object.Place) {
		s := newSmall(t)
		s.backup(at)
		again := s.backup(at)
		if again.Copied != 0 {
			t.Errorf("nothing changed, and %d files were copied", again.Copied)
		}
		s.commit("SELECT 7::BIGINT AS a")
		if next := s.backup(at); next.Copied < 4 || next.Copied > 6 { // data, manifest, list, metadata
			t.Errorf("one commit, and %d files were copied", next.Copied)
		}
		ids, err := backup.List(t.Context(), at)
		if err != nil || len(ids) != 3 {
			t.Fatalf("got %v, %v", ids, err)
		}
		set, err := backup.Open(t.Context(), at, again.ID)
		if err != nil {
			t.Fatal(err)
		}
		to := target(t)
		if _, err := set.Restore(t.Context(), to); err != nil || s.rows(to.Lake) != "0 2" {
			t.Errorf("an older backup: %v", err)
		}
	})
}

// objects are the files of a backup in a folder, by what stands in the list.
func objects(t *testing.T, at object.Place, like string) []string {
	t.Helper()
	set, err := backup.Open(t.Context(), at, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range set.Manifest.Files {
		if strings.Contains(f.Path, like) {
			sum := f.SHA256.String()
			out = append(out, filepath.Join(at.Address(), "objects", sum[:2], sum))
		}
	}
	if len(out) == 0 {
		t.Fatalf("no file like %s", like)
	}
	return out
}

func TestADamagedBackupIsRefusedAndPublishesNothing(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, at object.Place){
		"a flipped byte of a data file": func(t *testing.T, at object.Place) { flip(t, objects(t, at, ".parquet")[0]) },
		"a flipped byte of metadata":    func(t *testing.T, at object.Place) { flip(t, objects(t, at, ".metadata.json")[0]) },
		"a flipped byte of the state":   func(t *testing.T, at object.Place) { flip(t, objects(t, at, "state.db")[0]) },
		"an object that is cut short":   func(t *testing.T, at object.Place) { check(t, os.Truncate(objects(t, at, ".avro")[0], 10)) },
		"an object that is gone":        func(t *testing.T, at object.Place) { check(t, os.Remove(objects(t, at, ".parquet")[0])) },
		"an altered list": func(t *testing.T, at object.Place) {
			edit(t, at, ".json", `"program": "`, `"program": "9`)
		},
		"a list of another version of a file": func(t *testing.T, at object.Place) {
			edit(t, at, ".json", `"bytes": `, `"bytes": 1`)
		},
		"a signature of nobody": func(t *testing.T, at object.Place) { edit(t, at, ".sig", `"signature":"`, `"signature":"AAAA`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSmall(t)
			at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
			s.backup(at)
			damage(t, at)
			to := target(t)
			if _, err := restore(t, at, to); sen.KindOf(err) != sen.Corrupt || sen.HintOf(err) == "" {
				t.Errorf("got %v, want corrupt with a hint", err)
			}
			if _, err := os.Stat(filepath.Join(to.Dir, "sen.yaml")); err == nil {
				t.Error("a hub was published")
			}
			to.DryRun = true
			if _, err := restore(t, at, to); sen.KindOf(err) != sen.Corrupt {
				t.Errorf("a dry run: got %v", err)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	check(t, err)
	text[len(text)/2] ^= 1
	check(t, os.WriteFile(path, text, 0o600))
}

func edit(t *testing.T, at object.Place, suffix, old, new string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(at.Address(), "backups", "*"+suffix))
	if err != nil || len(found) == 0 {
		t.Fatalf("%v, %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	check(t, err)
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s holds no %s", found[0], old)
	}
	check(t, os.WriteFile(found[0], []byte(strings.Replace(string(text), old, new, 1)), 0o600))
}

func TestAPlaceThatIsNotEmptyIsRefused(t *testing.T) {
	s := newSmall(t)
	at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
	s.backup(at)
	to := target(t)
	check(t, os.MkdirAll(to.Dir, 0o700))
	check(t, os.WriteFile(filepath.Join(to.Dir, "mine.txt"), nil, 0o600))
	if _, err := restore(t, at, to); sen.KindOf(err) != sen.Exists {
		t.Errorf("a folder with a file: got %v", err)
	}
	if _, err := restore(t, at, backup.Target{Dir: s.Dir, Data: s.Data, Lake: lake.Options{Dir: filepath.Join(s.Data, "lake")}}); sen.KindOf(err) != sen.Exists {
		t.Errorf("the hub itself: got %v", err)
	}
	strange := object.OpenPrivateFolder(t.TempDir())
	check(t, os.WriteFile(filepath.Join(strange.Address(), "mine.txt"), nil, 0o600))
	if _, err := backup.Make(t.Context(), s.Hub, backup.Options{To: strange}); sen.KindOf(err) != sen.Exists {
		t.Errorf("a backup to a folder with a file: got %v", err)
	}
	if _, err := backup.Open(t.Context(), strange, ""); sen.KindOf(err) != sen.NotFound {
		t.Errorf("no backup at all: got %v", err)
	}
}

// stopAt ends a context at the nth passing of a point, as a kill would end the
// process there.
func stopAt(t *testing.T, point string, n int) (context.Context, func(string)) {
	ctx, stop := context.WithCancel(t.Context())
	left := make(chan struct{}, n)
	for range n {
		left <- struct{}{}
	}
	return ctx, func(at string) {
		if at != point {
			return
		}
		<-left
		if len(left) == 0 {
			stop()
			panic(point)
		}
	}
}

func TestABackupThatIsStoppedIsNoneAndTheNextGoesOn(t *testing.T) {
	s := newSmall(t)
	at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
	func() {
		defer func() { _ = recover() }()
		ctx, hook := stopAt(t, backup.HookFiles, 1)
		_, err := backup.Make(ctx, s.Hub, backup.Options{To: at, Hook: hook})
		t.Errorf("it went on: %v", err)
	}()
	if _, err := backup.Open(t.Context(), at, ""); sen.KindOf(err) != sen.NotFound {
		t.Errorf("got %v, want no backup", err)
	}
	if next := s.backup(at); next.Copied > 1 { // the copy of the state has other bytes each time, perhaps
		t.Errorf("the next one copied %d files again", next.Copied)
	}
}

func TestARestoreThatIsStoppedIsNoHubAndTheNextGoesOn(t *testing.T) {
	s := newSmall(t)
	at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
	s.backup(at)
	for _, point := range []string{backup.HookWhole, backup.HookAdopted} {
		t.Run(point, func(t *testing.T) {
			to := target(t)
			func() {
				defer func() { _ = recover() }()
				broken := to
				_, broken.Hook = stopAt(t, point, 1)
				_, err := restore(t, at, broken)
				t.Errorf("it went on: %v", err)
			}()
			if _, err := os.Stat(filepath.Join(to.Dir, "sen.yaml")); err == nil {
				t.Error("it looks whole")
			}
			if _, err := restore(t, at, to); err != nil {
				t.Fatal(err)
			}
			if got := s.rows(to.Lake); got != "0 2" {
				t.Errorf("got rows %q", got)
			}
			if _, err := restore(t, at, to); sen.KindOf(err) != sen.Exists {
				t.Errorf("once more: got %v, want kind exists", err)
			}
		})
	}
}

// A run that commits while the backup looks must be in both, state and lake,
// or in neither.
func TestABackupBesideRunsHasStateAndLakeOfOneMoment(t *testing.T) {
	s := newSmall(t)
	stop := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				ended <- nil
				return
			case <-time.After(20 * time.Millisecond):
			}
			if err := s.run(n); err != nil {
				ended <- err
				return
			}
		}
	}()
	at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
	for range 6 {
		s.backup(at)
	}
	close(stop)
	check(t, <-ended)
	ids, err := backup.List(t.Context(), at)
	check(t, err)
	for _, id := range ids {
		set, err := backup.Open(t.Context(), at, id)
		check(t, err)
		to := target(t)
		_, err = set.Restore(t.Context(), to)
		check(t, err)
		s.together(to)
	}
}

// run is a run in the small: begun, committed to the lake, certified.
func (s *small) run(n int) error {
	ctx := context.Background()
	r, err := s.State.BeginRun(ctx, state.NewRun{Dataset: birth, Contract: sen.Digest{1}, Engine: "e", Program: "p", Principal: "operator:test"})
	if err != nil {
		return err
	}
	if err := s.State.SetRunState(ctx, r.ID, state.Committing, ""); err != nil {
		return err
	}
	tbl, err := s.Lake.Lookup(ctx, lake.Clean, birth)
	if err != nil {
		return err
	}
	if _, err := tbl.Commit(ctx, lake.Change{Summary: map[string]string{"sen.run": r.ID}}); err != nil {
		return err
	}
	body := fmt.Appendf(nil, "%d", n)
	signature, key := s.Keys.Sign(body)
	return s.State.Certify(ctx, state.Certificate{Run: r.ID, Dataset: birth, Body: body, Signature: signature, KeyID: key, Issued: time.Now()})
}

// together sees that the lake has exactly the certified runs, and perhaps the
// one that is committing.
func (s *small) together(to backup.Target) {
	s.t.Helper()
	kept, err := state.Open(s.t.Context(), filepath.Join(to.Data, "state.db"), state.Options{})
	check(s.t, err)
	defer kept.Close()
	l, err := lake.Open(s.t.Context(), to.Lake)
	check(s.t, err)
	defer l.Close()
	tbl, err := l.Lookup(s.t.Context(), lake.Clean, birth)
	check(s.t, err)
	committed := map[string]bool{}
	for _, snapshot := range tbl.Snapshots() {
		if run := snapshot.Summary["sen.run"]; run != "" {
			committed[run] = true
		}
	}
	runs, err := kept.Runs(s.t.Context(), birth, 1000)
	check(s.t, err)
	for _, r := range runs {
		if r.State == state.Certified && !committed[r.ID] {
			s.t.Errorf("run %s is certified, and the lake has it not", r.ID)
		}
		delete(committed, r.ID)
	}
	for id := range committed {
		s.t.Errorf("the lake has run %s, and the state knows nothing of it", id)
	}
}

func TestABackupOfANewerSenIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	s := newSmall(t)
	at := object.OpenPrivateFolder(filepath.Join(t.TempDir(), "backup"))
	s.backup(at)
	set, err := backup.Open(t.Context(), at, "")
	check(t, err)
	set.Manifest.Schema = state.Schema + 1
	to := target(t)
	if _, err := set.Restore(t.Context(), to); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "newer") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(to.Dir); err == nil {
		t.Error("a folder was made")
	}
}
