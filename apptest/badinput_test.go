package apptest

import (
	"bytes"
	"database/sql"
	encoding "encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// twoAgencies is a hub with two synchronised datasets, so that one can go
// wrong beside one that goes on.
func twoAgencies(t *testing.T) *shell {
	s := hubWithBirths(t)
	s.write("sources/deaths.csv", "so,ho_ten\nK1,An\nK2,Bình\n")
	s.ok("contract", "infer", "sources/deaths.csv", "--agency", "justice", "-o", "contracts/justice.odcs.yaml")
	s.ok("sync")
	return s
}

// brought is the `in` and the certified content of each dataset, by its name.
func (s *shell) brought(r result) map[string]string {
	s.t.Helper()
	var answer struct {
		Datasets []struct {
			Dataset     string
			In          int64
			Certificate *struct{ Content rowDigest }
		}
	}
	r.json(s.t, &answer)
	out := map[string]string{}
	for _, d := range answer.Datasets {
		if d.Certificate != nil {
			out[d.Dataset] = fmt.Sprint(d.In, d.Certificate.Content)
		}
	}
	return out
}

// The first sync stops itself in the middle of its dataset, and holds it for
// as long as the second takes.
func TestASecondSyncIsTurnedAwayAndTheFirstCompletes(t *testing.T) {
	s := hubWithBirths(t)
	var out bytes.Buffer
	first := exec.CommandContext(t.Context(), binary, "sync")
	first.Dir, first.Env = s.dir, append(os.Environ(), "SEN_LANG=en", "SEN_DIR=", "SEN_STOP_AT=clean:1")
	first.Stdout, first.Stderr = &out, &out
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(first.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the first sync did not stop: %v\n%s", err, &out)
	}
	s.want(6, "sync").says(t, "another sync of this dataset is running", fmt.Sprintf("process %d", first.Process.Pid),
		"Next", "wait until it is done", "what it has finished is kept")
	s.ok("status").says(t, "civil-status.births") // reading goes on beside it
	if err := first.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Fatalf("the first sync: %v\n%s", err, &out)
	}
	s.ok("sync").says(t, "200", "unchanged")
}

func TestAFieldOfAHundredMegabytesIsNamedAndTheOthersGoOn(t *testing.T) {
	s := twoAgencies(t)
	s.write("sources/births.csv", births(200)+"GKS-90000,"+strings.Repeat("a", 100_000_000)+",1/1/2000,Nam\n")
	s.write("sources/deaths.csv", "so,ho_ten\nK1,An\nK2,Bình\nK3,Chi\n")
	r := s.want(2, "sync").says(t, "births.csv: line 202, column ho_ten", "longer than the limit of 16777216 bytes", "source.field_limit", "1 of 2")
	if len(r.out+r.err) > 4000 {
		t.Errorf("it says %d bytes: the field itself?", len(r.out+r.err))
	}
	s.ok("query", "SELECT count(*) AS deaths FROM justice.deaths", "--purpose", "test").says(t, "3")
	s.ok("query", `SELECT count(*) AS births FROM "civil-status".births`, "--purpose", "test").says(t, "180")
}

// testdata/hundred.parquet has 100 made-up rows of two columns, not compressed;
// pyarrow wrote it.
func TestAFooterThatPromisesABillionRowsIsRefusedAndTheOthersGoOn(t *testing.T) {
	whole, err := os.ReadFile("testdata/hundred.parquet")
	if err != nil {
		t.Fatal(err)
	}
	s := twoAgencies(t)
	s.write("sources/hundred.parquet", string(whole))
	s.ok("contract", "infer", "sources/hundred.parquet", "--agency", "tax", "-o", "contracts/tax.odcs.yaml")
	s.write("sources/hundred.parquet", string(promising(whole, 1_000_000_000)))
	s.want(8, "sync").says(t, "tax.hundred", "no sound Parquet file", "promises 1000000000 rows, its pages hold 100", "2 of 3")
	s.write("sources/hundred.parquet", string(whole))
	s.ok("sync").says(t, "3 of 3")
}

// promising rewrites each count of 100 in a Parquet footer. Its numbers are
// zigzag varints (Thrift compact protocol).
func promising(whole []byte, rows int64) []byte {
	start := len(whole) - 8 - int(encoding.LittleEndian.Uint32(whole[len(whole)-8:]))
	footer := bytes.ReplaceAll(whole[start:len(whole)-8], encoding.AppendVarint(nil, 100), encoding.AppendVarint(nil, rows))
	out := append(bytes.Clone(whole[:start]), footer...)
	return append(encoding.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

// The disk is a small one of its own, in memory, where this user may mount one.
func TestAFullDiskIsSaidAndTheSyncGoesOnWhenItIsFreed(t *testing.T) {
	s := newShell(t)
	grow := smallDisk(t, s.dir)
	s.ok("init", "hub")
	whole := &shell{t: t, dir: t.TempDir()}
	whole.ok("init", "hub")
	for _, one := range []*shell{s, whole} {
		one.dir = filepath.Join(one.dir, "hub")
		one.write("sen.yaml", "source.range_rows: 5000\n")
		one.write("sources/births.csv", births(40_000))
		one.ok("contract", "infer", "sources/births.csv", "--agency", "civil-status", "-o", "contracts/civil-status.odcs.yaml")
	}
	for _, left := range []int64{0, 8 << 10, 32 << 10, 64 << 10, 100 << 10} { // again and again: nothing is worn by trying
		fillTo(t, s.dir, left)
		s.want(7, "sync").says(t, "the disk is full", "free some space")
	}
	grow()
	if got, want := s.brought(s.ok("sync", "--json")), whole.brought(whole.ok("sync", "--json")); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after a full disk: got %v, want %v", got, want)
	}
	s.ok("verify").says(t, "source and store agree", "40,000 rows")
}

// smallDisk mounts 24 MB at dir; the function it returns makes them 200.
func smallDisk(t *testing.T, dir string) (grow func()) {
	t.Helper()
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).Run()
	}
	if err := mount("size=24m"); err != nil {
		t.Skip("this user may not mount a small disk: ", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return func() {
		if err := mount("remount,size=200m"); err != nil {
			t.Fatal(err)
		}
	}
}

// fillTo leaves so many bytes of the disk.
func fillTo(t *testing.T, dir string, left int64) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	if err := os.RemoveAll(ballast); err != nil {
		t.Fatal(err)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ballast, make([]byte, int64(disk.Bavail)*disk.Bsize-left), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHubThatIsNotWholeOrNotOursIsRefusedAndLeftAsItIs(t *testing.T) {
	s := twoAgencies(t)
	state, catalogue := filepath.Join(s.dir, "data/state.db"), filepath.Join(s.dir, "data/lake/catalog.db")
	for _, c := range []struct {
		name  string
		file  string
		spoil func() error
		code  int
		says  []string
	}{
		{"a state of a newer version", state, func() error {
			return execSQL(state, "INSERT INTO schema_version (version_id, is_applied) VALUES (99, 1)")
		}, 2, []string{"schema 99", "a newer Sen made it", "upgrade the program"}},
		{"a lake of a newer version", catalogue, func() error {
			return execSQL(catalogue, "UPDATE sen_lake SET layout = 99")
		}, 7, []string{"newer version", "layout 99"}},
		{"a state that is cut short", state, func() error { return os.Truncate(state, 9000) }, 8, []string{"damaged", "backup"}},
		{"a catalogue that is cut short", catalogue, func() error { return os.Truncate(catalogue, 5000) }, 8, []string{"catalogue is damaged", "backup"}},
		{"a state that is gone", state, func() error { return os.Remove(state) }, 8, []string{"not whole", "state.db is not", "backup"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before, err := os.ReadFile(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(); err != nil {
				t.Fatal(err)
			}
			s.want(c.code, "sync", "--force").says(t, append(c.says, "Next")...)
			if err := os.WriteFile(c.file, before, 0o600); err != nil {
				t.Fatal(err)
			}
			s.ok("sync", "--force").says(t, "2 of 2")
		})
	}
}

// Older programs that were killed left these behind: files that are empty or
// cut off, and that nothing names.
func TestWhatAnOlderRunLeftHalfWrittenIsInNobodysWay(t *testing.T) {
	s := hubWithBirths(t)
	for _, name := range []string{"lake/clean/civil-status/births/data/old-00000-00000-x.parquet",
		"lake/clean/civil-status/births/metadata/00000-x.metadata.json", "tmp/spill", "locks/civil-status.births.lock"} {
		s.write("data/"+name, "")
	}
	s.ok("sync").says(t, "200")
	s.ok("verify").says(t, "agree")
	s.write("data/lake/landed/civil-status/births/data/torn.parquet", "PAR1 torn")
	s.ok("sync", "--force").says(t, "200")
	s.ok("verify").says(t, "agree")
}

func execSQL(path, statement string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}
