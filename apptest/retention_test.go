package apptest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// retentionHub is a hub whose one dataset was synchronised three times, of
// sources that changed, long enough ago that its files are no longer young.
func retentionHub(t *testing.T) (k *killHub, first time.Time) {
	s := newShell(t)
	k = &killHub{shell: s, before: map[bool]string{false: filepath.Join(s.dir, "before")}}
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sen.yaml", "source.range_rows: 1000\npurpose: test\n")
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv"))
	for i, later := range []bool{false, true, false} {
		k.births(later)
		s.ok("sync")
		if i == 0 {
			first = time.Now().UTC()
			time.Sleep(5 * time.Millisecond)
		}
	}
	k.age()
	return k, first
}

func (k *killHub) births(later bool) {
	k.t.Helper()
	var csv strings.Builder
	csv.WriteString("so,dau,ho_ten,ngay_sinh\n")
	for _, r := range killRows(2500, later) {
		fmt.Fprintf(&csv, "%s,%d,%s,%s\n", r.number, r.mark, r.name, r.day)
	}
	k.write("sources/births.csv", csv.String())
}

// age makes every file of the lake two hours old.
func (k *killHub) age() {
	k.t.Helper()
	then := time.Now().Add(-2 * time.Hour)
	for path := range k.lakeFiles() {
		if err := os.Chtimes(filepath.Join(k.dir, path), then, then); err != nil {
			k.t.Fatal(err)
		}
	}
}

// lakeFiles are the data files of the lake and their sizes.
func (k *killHub) lakeFiles() map[string]int64 {
	k.t.Helper()
	out := map[string]int64{}
	root := os.DirFS(k.dir)
	err := fs.WalkDir(root, "data/lake", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".parquet") {
			info, err := d.Info()
			if err != nil {
				return err
			}
			out[path] = info.Size()
		}
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

type retentionJSON struct {
	Snapshots int   `json:"snapshots"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
}

func (k *killHub) retention(args ...string) (r retentionJSON) {
	k.t.Helper()
	k.ok(append([]string{"retention", "--json"}, args...)...).json(k.t, &r)
	return r
}

// asOf is what the dataset held at a time.
func (k *killHub) asOf(at time.Time) string {
	k.t.Helper()
	out := k.ok("query", `SELECT count(*), sum(hash(number, full_name, born_on)) FROM "civil"."birth"`, "--json", "--as-of", at.Format(time.RFC3339Nano)).out
	_, rows, _ := strings.Cut(out, `"rows"`)
	rows, _, _ = strings.Cut(rows, `"more"`)
	return rows
}

func TestRetentionKeepsWhatIsReadableWithinItsTimeAndWhatVerifies(t *testing.T) {
	k, first := retentionHub(t)
	files, then, now := len(k.lakeFiles()), k.asOf(first), k.asOf(time.Now())
	planned := k.retention("--dry-run")
	if planned.Snapshots != 0 || planned.Files == 0 || len(k.lakeFiles()) != files {
		t.Errorf("within 30 days: got %+v, %d of %d files; want files that no snapshot names, and all still there", planned, len(k.lakeFiles()), files)
	}
	if done := k.retention(); done.Bytes < planned.Bytes || done.Snapshots != 0 {
		t.Errorf("got %+v, planned %+v", done, planned)
	}
	k.ok("verify")
	if got := k.asOf(first); got != then {
		t.Errorf("as of the first sync: got %s, want %s", got, then)
	}
	k.write("sen.yaml", "source.range_rows: 1000\npurpose: test\nlake.keep: 0s\n")
	if done := k.retention(); done.Snapshots < 4 || done.Files == 0 {
		t.Errorf("kept 0s: got %+v; want the snapshots before the last", done)
	}
	k.ok("verify")
	if got := k.asOf(time.Now()); got != now {
		t.Errorf("now: got %s, want %s", got, now)
	}
	k.want(3, "query", `SELECT count(*) FROM "civil"."birth"`, "--as-of", first.Format(time.RFC3339Nano)).says(t, "choose a later time")
	if left := k.retention(); left.Files != 0 {
		t.Errorf("again: got %+v; want nothing left to remove", left)
	}
}

func TestARetentionKilledAtAnyStepEndsAsOneThatWasNot(t *testing.T) {
	k, _ := retentionHub(t)
	k.write("sen.yaml", "source.range_rows: 1000\npurpose: test\nlake.keep: 0s\n")
	k.copy(k.dir, k.before[false])
	k.retention()
	want := len(k.lakeFiles())
	for nth := 1; ; nth += 3 {
		k.restore(false)
		k.env = []string{fmt.Sprintf("SEN_KILL_AT=retain:%d", nth)}
		killed := k.sen("retention").code != 0
		k.env = nil
		k.ok("verify")
		k.retention()
		k.ok("verify")
		if got := len(k.lakeFiles()); got != want {
			t.Errorf("killed at step %d: %d files left, want %d", nth, got, want)
		}
		if !killed {
			if nth < 10 {
				t.Errorf("only %d steps", nth)
			}
			return
		}
	}
}

func TestRetentionLeavesAnUnfinishedSyncWhatItNeeds(t *testing.T) {
	k, _ := retentionHub(t)
	k.write("sen.yaml", "source.range_rows: 1000\npurpose: test\nlake.keep: 0s\n")
	k.births(true)
	k.copy(k.dir, k.before[false])
	for _, at := range []string{"clean:2", "commit:2", "commit:5", "commit:9", "certify:1"} {
		k.restore(false)
		k.env = []string{"SEN_KILL_AT=" + at}
		if r := k.sen("sync"); r.code == 0 {
			t.Fatalf("the sync was not killed at %s:\n%s", at, r.out)
		}
		k.env = nil
		k.age()
		k.retention()
		k.ok("sync")
		k.ok("verify")
		k.retention()
		k.ok("verify")
	}
}
