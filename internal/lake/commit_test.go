package lake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/lake"
)

func TestARunMayReplaceATableAndDropItsOwnRepeats(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	b.add(tbl, "SELECT 9::BIGINT AS a, 'old' AS b")
	f := b.write(tbl, "SELECT 1::BIGINT AS a, 'x' AS b UNION ALL SELECT 1, 'x' UNION ALL SELECT 2, 'y'")
	s := b.commit(tbl, lake.Change{Add: []lake.File{f}, Delete: map[string][]int64{f.Path: {1, 1}}, Replace: true})
	b.want(tbl, lake.AsOf{}, "(1, x) (2, y)")
	if s.Rows != 2 {
		t.Errorf("got %d rows, want 2", s.Rows)
	}
	b.outside(tbl, 0)
}

func TestAFileMayBeCommittedAgain(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	f := b.write(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	first := b.commit(tbl, lake.Change{Add: []lake.File{f}})
	b.commit(tbl, lake.Change{Add: []lake.File{f}, Replace: true})
	b.want(tbl, lake.AsOf{}, "(1, x)")
	b.outside(tbl, first.ID, 0)
}

func TestWhatDoesNotFitIsRefusedBeforeAnythingChanges(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	good := b.write(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	b.commit(tbl, lake.Change{Add: []lake.File{good}})

	torn := b.write(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	if err := os.Truncate(torn.Path, 100); err != nil {
		t.Fatal(err)
	}
	plain, _ := tbl.NewFile("r", 0, 0)
	if _, err := b.sql.Copy(t.Context(), "SELECT 1::BIGINT AS a", plain, ""); err != nil {
		t.Fatal(err)
	}
	foreign, _ := tbl.NewSourceFile("r", 0, 0)
	if _, err := b.sql.Copy(t.Context(), "SELECT 1::BIGINT AS a", foreign, "{a: 7}"); err != nil {
		t.Fatal(err)
	}
	miscounted := b.write(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	miscounted.Rows = 2

	for what, c := range map[string]struct {
		change lake.Change
		want   sen.Kind
	}{
		"a torn file":                    {lake.Change{Add: []lake.File{torn}}, sen.Corrupt},
		"a file that is not there":       {lake.Change{Add: []lake.File{{Path: good.Path + "x"}}}, sen.Unavailable},
		"a file without field ids":       {lake.Change{Add: []lake.File{{Path: plain}}}, sen.Invalid},
		"a source with ids of its own":   {lake.Change{Add: []lake.File{{Path: foreign}}}, sen.Invalid},
		"a file outside the table":       {lake.Change{Add: []lake.File{{Path: "/tmp/x.parquet"}}}, sen.Invalid},
		"a file twice":                   {lake.Change{Add: []lake.File{good, good}}, sen.Invalid},
		"another number of rows":         {lake.Change{Add: []lake.File{miscounted}}, sen.Corrupt},
		"a row that is not there":        {lake.Change{Delete: map[string][]int64{good.Path: {1}}}, sen.Invalid},
		"a row of a file of long before": {lake.Change{Delete: map[string][]int64{torn.Path: {0}}}, sen.Busy},
	} {
		if _, err := tbl.Commit(t.Context(), c.change); sen.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: got %v, want an error of kind %v", what, err, c.want)
		}
	}
	if n := len(tbl.Snapshots()); n != 1 {
		t.Errorf("got %d snapshots, want 1", n)
	}
	b.want(tbl, lake.AsOf{}, "(1, x)")
}

func TestTwoWritersBothGetTheirRowsIn(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	const writers, commits = 4, 5
	var files [writers][commits]lake.File
	for w := range writers {
		for c := range commits {
			files[w][c] = b.write(tbl, fmt.Sprintf("SELECT %d::BIGINT AS a, 'x' AS b", 10*w+c))
		}
	}
	var group sync.WaitGroup
	for w := range writers {
		own, err := lake.Open(t.Context(), lake.Options{Dir: b.dir}) // a catalogue of its own, as another process has
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		mine, err := own.Lookup(t.Context(), lake.Clean, birth)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for _, f := range files[w] {
				if _, err := mine.Commit(context.Background(), lake.Change{Add: []lake.File{f}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	scan := b.scan(tbl, lake.AsOf{})
	if got := scan.Snapshot.Rows; got != writers*commits || len(scan.Files) != writers*commits {
		t.Errorf("got %d rows in %d files, want %d", got, len(scan.Files), writers*commits)
	}
	snapshots := tbl.Snapshots()
	for i := 1; i < len(snapshots); i++ {
		if !snapshots[i].At.After(snapshots[i-1].At) {
			t.Errorf("snapshot %d is not later than the one before", i)
		}
	}
	b.outside(tbl, 0)
}

func TestRowsChosenFromAnOvertakenSnapshotAreNotDeleted(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	gone := b.positions(tbl, "a = 1")
	other, err := b.lake.Lookup(t.Context(), lake.Clean, birth)
	if err != nil {
		t.Fatal(err)
	}
	b.add(other, "SELECT 1::BIGINT AS a, 'newer' AS b")
	if _, err := tbl.Commit(t.Context(), lake.Change{Delete: gone}); sen.KindOf(err) != sen.Busy {
		t.Errorf("got %v, want kind busy", err)
	}
	b.want(tbl, lake.AsOf{}, "(1, newer) (1, x)")
	b.commit(tbl, lake.Change{Delete: b.positions(tbl, "b = 'x'")})
	b.want(tbl, lake.AsOf{}, "(1, newer)")
}

// crashAt names the point at which the test's own program, started again as a
// child, ends without a farewell.
const crashAt, crashIn = "SEN_LAKE_CRASH_AT", "SEN_LAKE_CRASH_IN"

func TestACrashLeavesAllOrNothing(t *testing.T) {
	if point := os.Getenv(crashAt); point != "" {
		b := openBench(t, os.Getenv(crashIn), func(at string) {
			if at == point {
				os.Exit(3)
			}
		})
		tbl := b.table(ab()...)
		gone := b.positions(tbl, "a = 1")
		b.commit(tbl, lake.Change{Add: []lake.File{b.write(tbl, "SELECT 2::BIGINT AS a, 'y' AS b")}, Delete: gone})
		t.Fatal("the commit went past its point")
	}
	for point, want := range map[string]string{
		lake.PointFiles: "(1, x)", lake.PointMetadata: "(1, x)", lake.PointCommit: "(2, y)",
	} {
		t.Run(point, func(t *testing.T) {
			b := newBench(t)
			b.add(b.table(ab()...), "SELECT 1::BIGINT AS a, 'x' AS b")
			child := exec.Command(os.Args[0], "-test.run=^TestACrashLeavesAllOrNothing$")
			child.Env = append(os.Environ(), crashAt+"="+point, crashIn+"="+b.dir)
			var exit *exec.ExitError
			if out, err := child.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
				t.Fatalf("the child ended with %v:\n%s", err, out)
			}
			tbl := b.table(ab()...)
			b.want(tbl, lake.AsOf{}, want)
			if freed := b.retain(tbl, lake.Retention{}); (freed.Files > 0) != (point != lake.PointCommit) {
				t.Errorf("swept %+v", freed)
			}
			b.want(tbl, lake.AsOf{}, want)
			b.outside(tbl, 0)
		})
	}
}

func (b *bench) retain(t *lake.Table, r lake.Retention) lake.Freed {
	b.Helper()
	planned, err := t.PlanRetain(b.Context(), r)
	if err != nil {
		b.Fatal(err)
	}
	freed, err := t.Retain(b.Context(), r)
	if err != nil {
		b.Fatal(err)
	}
	if freed.Snapshots != planned.Snapshots || freed.Files < planned.Files { // beside, an old metadata file may go
		b.Errorf("removed %+v, planned %+v", freed, planned)
	}
	return freed
}

func TestRetainTakesOnlyWhatNothingNames(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	first := b.add(tbl, "SELECT 1::BIGINT AS a, 'x' AS b")
	b.commit(tbl, lake.Change{Replace: true, Add: []lake.File{b.write(tbl, "SELECT 2::BIGINT AS a, 'y' AS b")}})
	orphan, live := b.write(tbl, "SELECT 3::BIGINT AS a, 'z' AS b"), b.write(tbl, "SELECT 4::BIGINT AS a, 'z' AS b")
	torn := filepath.Join(b.folder(tbl), "data", "tmp_x.parquet")
	if err := os.WriteFile(torn, []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep := func(path string) bool { return filepath.Base(path) == filepath.Base(live.Path) }
	if freed := b.retain(tbl, lake.Retention{Keep: keep, Young: time.Hour}); freed.Files != 0 {
		t.Errorf("young files: got %+v; want none removed", freed)
	}
	if freed := b.retain(tbl, lake.Retention{Keep: keep}); freed.Files != 2 || freed.Bytes <= 4 {
		t.Errorf("got %+v; want two files", freed)
	}
	for path, want := range map[string]bool{orphan.Path: false, torn: false, live.Path: true} {
		if got := b.there(tbl, path); got != want {
			t.Errorf("%s: there %v, want %v", filepath.Base(path), got, want)
		}
	}
	b.want(tbl, lake.AsOf{Snapshot: first.ID}, "(1, x)")
	b.commit(tbl, lake.Change{Add: []lake.File{live}})
	b.want(tbl, lake.AsOf{}, "(2, y) (4, z)")
}

func TestDiscardTakesTheRunsOwnFilesButThoseThatAreKept(t *testing.T) {
	b := newBench(t)
	tbl := b.table(lake.Field{Name: "id", Type: "BIGINT"})
	kept, left := b.write(tbl, "SELECT 1::BIGINT AS id"), b.write(tbl, "SELECT 2::BIGINT AS id")
	other, err := tbl.NewFile("run-2", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := tbl.Discard(t.Context(), "run-1", map[string]bool{filepath.Base(kept.Path): true}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{kept.Path: true, left.Path: false, other: true} {
		if got := b.there(tbl, path); got != want {
			t.Errorf("%s: there %v, want %v", filepath.Base(path), got, want)
		}
	}
}

func TestOldMetadataIsSwept(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	for range 20 {
		b.commit(tbl, lake.Change{})
	}
	b.retain(tbl, lake.Retention{})
	left, err := filepath.Glob(b.folder(tbl) + "/metadata/*.metadata.json")
	if err != nil || len(left) > 11 {
		t.Errorf("got %d metadata files, %v; want at most 11", len(left), err)
	}
	b.commit(tbl, lake.Change{})
	b.outside(tbl, 0)
}

func TestRetainKeepsWhatWasCurrentThen(t *testing.T) {
	b := newBench(t)
	tbl := b.table(ab()...)
	var all []lake.Snapshot
	for i := range 4 {
		all = append(all, b.commit(tbl, lake.Change{Replace: true, Add: []lake.File{
			b.write(tbl, fmt.Sprintf("SELECT %d::BIGINT AS a, 'x' AS b", i))}}))
	}
	before := countFiles(t, b.folder(tbl)+"/data")
	if freed := b.retain(tbl, lake.Retention{Since: all[2].At, Young: time.Hour}); freed.Snapshots != 2 {
		t.Fatalf("got %+v; want 2 snapshots gone", freed)
	}
	if after := countFiles(t, b.folder(tbl)+"/data"); before-after != 2 {
		t.Errorf("%d data files went, want 2", before-after)
	}
	b.want(tbl, lake.AsOf{Time: all[2].At}, "(2, x)")
	b.want(tbl, lake.AsOf{}, "(3, x)")
	if _, err := tbl.Scan(t.Context(), lake.AsOf{Time: all[1].At}); sen.KindOf(err) != sen.NotFound {
		t.Errorf("an expired time: got %v, want kind not-found", err)
	}
	later := time.Now().Add(time.Hour)
	if freed := b.retain(tbl, lake.Retention{Since: later, Spare: []int64{all[2].ID}}); freed.Snapshots != 0 {
		t.Errorf("spared: got %+v; want all kept", freed)
	}
	if freed := b.retain(tbl, lake.Retention{Since: later}); freed.Snapshots != 1 {
		t.Errorf("got %+v; want all gone but the current one", freed)
	}
	b.outside(tbl, 0)
}

// folder is where a table's files lie on a disk: an S3 server's, where they
// are on S3.
func (b *bench) folder(t *lake.Table) string {
	if at, ok := strings.CutPrefix(t.Folder(), "s3://"); ok {
		return filepath.Join(remote.S3.Dir, at)
	}
	return t.Folder()
}

// there reports whether a data file is, be it as a draft.
func (b *bench) there(t *lake.Table, path string) bool {
	_, draft := os.Stat(path)
	_, file := os.Stat(filepath.Join(b.folder(t), "data", filepath.Base(path)))
	return draft == nil || file == nil
}

func countFiles(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestAMovedLakeSaysWhereItWas(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old")
	b := openBench(t, old, nil)
	b.add(b.table(ab()...), "SELECT 1::BIGINT AS a, 'x' AS b")
	b.lake.Close()
	moved := filepath.Join(t.TempDir(), "new")
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	_, err := lake.Open(t.Context(), lake.Options{Dir: moved})
	if sen.KindOf(err) != sen.Unavailable || !strings.Contains(err.Error(), old) || !strings.Contains(sen.HintOf(err), "ln -s") {
		t.Errorf("got %v (%s), want the old folder and the way out", err, sen.HintOf(err))
	}
	if err := os.Symlink(moved, old); err != nil {
		t.Fatal(err)
	}
	b = openBench(t, moved, nil)
	b.want(b.table(ab()...), lake.AsOf{}, "(1, x)")
}

func BenchmarkCommitOf100Files(bm *testing.B) {
	b := newBench(bm)
	tbl := b.table(everyType()...)
	var c lake.Change
	for i := range 100 {
		c.Add = append(c.Add, b.write(tbl, fmt.Sprintf(everyValue, i*100, i*100+100)))
	}
	c.Replace = true
	for bm.Loop() {
		b.commit(tbl, c)
	}
}
