package apptest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/lake/laketest"
	"github.com/sen-hub/sen/internal/object/s3test"
)

// backedUp is what `sen backup` and `sen restore` answer to a program.
type backedUp struct {
	ID, Key        string
	Files, Copied  int
	Tables         int
	Rewritten      []struct{ Name string }
	Backup, To     string
	From           string
	DryRun         bool  `json:"dry_run"`
	CopiedBytes    int64 `json:"copied_bytes"`
	BytesOfAllOfIt int64 `json:"bytes"`
}

// at is a shell in a restored hub, with the sources beside it.
func (s *shell) at(dir, sources string) *shell {
	s.t.Helper()
	there := *s
	there.dir = dir
	if err := os.CopyFS(filepath.Join(dir, "sources"), os.DirFS(sources)); err != nil {
		s.t.Fatal(err)
	}
	return &there
}

// TestAHubIsBroughtFromEachAddressToEach backs up a hub in a folder and one on
// S3, to a folder and to a bucket, and restores each to a folder and to S3.
func TestAHubIsBroughtFromEachAddressToEach(t *testing.T) {
	servers := laketest.Start(t)
	h := newRemoteHub(t, servers, "origin")
	h.ok("sync")
	local := newShell(t)
	local.env = secrets()
	local.dir = filepath.Join(local.dir, "hub")
	if err := os.CopyFS(local.dir, os.DirFS(h.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(local.dir, "data")); err != nil {
		t.Fatal(err)
	}
	local.write("sen.yaml", "source.range_rows: 1000\n")
	local.ok("sync")
	atS3 := []string{"--endpoint", servers.S3.Endpoint, "--region", s3test.Region, "--key", "env:LAKE_KEY", "--secret", "env:LAKE_SECRET"}
	n := 0
	for from, s := range map[string]*shell{"S3": h.shell, "folder": local} {
		want := s.digests()
		for _, to := range []string{"S3", "folder"} {
			n++
			place, flags := filepath.Join(t.TempDir(), "backup"), []string(nil)
			if to == "S3" {
				place, flags = fmt.Sprintf("s3://%s/backup-%d", s3test.Bucket, n), atS3
			}
			var made backedUp
			s.ok(append([]string{"backup", place, "--json"}, flags...)...).json(t, &made)
			for _, again := range []string{"S3", "folder"} {
				t.Run(from+" backed up to "+to+" restored to "+again, func(t *testing.T) {
					n++
					dir := filepath.Join(t.TempDir(), "again")
					config := filepath.Join(t.TempDir(), "sen.yaml")
					text := "source.range_rows: 1000\n"
					if again == "S3" {
						text = settings(t, servers, fmt.Sprint("again-", n))
					}
					if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
					var done backedUp
					args := append([]string{"restore", place, dir, "--config", config, "--signed-by", made.Key, "--json"}, flags...)
					s.ok(args...).json(t, &done)
					if done.Files != made.Files || done.Tables != 6 || len(done.Rewritten) == 0 {
						t.Errorf("got %d files, %d tables, %d rewritten", done.Files, done.Tables, len(done.Rewritten))
					}
					there := s.at(dir, filepath.Join(s.dir, "sources"))
					if got := there.digests(); got != want {
						t.Errorf("got\n%s\nwant\n%s", got, want)
					}
					there.ok("sync").says(t, "unchanged")
					(&killHub{shell: there}).sources(true)
					there.ok("sync")
					there.ok("verify")
					s.want(4, args...) // it is a hub now
				})
			}
		}
	}
}

// TestABackupOrRestoreKilledAnywhereLooksWholeToNobody kills both at moments
// drawn from SEN_KILL_SEED.
func TestABackupOrRestoreKilledAnywhereLooksWholeToNobody(t *testing.T) {
	seed := killSeed(t)
	t.Logf("go on with the same moments: SEN_KILL_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	servers := laketest.Start(t)
	h := newRemoteHub(t, servers, "origin")
	h.ok("sync")
	want := h.digests()
	whole := filepath.Join(t.TempDir(), "whole")
	var made backedUp
	h.ok("backup", whole, "--json").json(t, &made)

	points := []string{"backup.files:1"}
	for range 4 {
		points = append(points, fmt.Sprint("backup.file:", 1+random.IntN(made.Files)))
	}
	for _, at := range points {
		place := filepath.Join(t.TempDir(), "backup")
		h.env = append(secrets(), "SEN_KILL_AT="+at)
		if r := h.sen("backup", place); !strings.Contains(r.err, "killed at") {
			t.Fatalf("%s: it was not killed: %s%s", at, r.out, r.err)
		}
		h.env = secrets()
		h.want(3, "restore", place).says(t, "no whole backup")
		var next backedUp
		h.ok("backup", place, "--json").json(t, &next)
		if next.Files != made.Files || next.Copied >= next.Files {
			t.Errorf("%s: the next one copied %d of %d files", at, next.Copied, next.Files)
		}
		h.ok("restore", place).says(t, "is whole")
	}

	points = []string{"restore.files:1", "restore.catalogue:1"}
	for range 4 {
		points = append(points, fmt.Sprint("restore.file:", 1+random.IntN(made.Files-1)))
	}
	for i, at := range points {
		dir := filepath.Join(t.TempDir(), "again")
		config := filepath.Join(t.TempDir(), "sen.yaml")
		if err := os.WriteFile(config, []byte(settings(t, servers, fmt.Sprint("again-", i))), 0o600); err != nil {
			t.Fatal(err)
		}
		h.env = append(secrets(), "SEN_KILL_AT="+at)
		if r := h.sen("restore", whole, dir, "--config", config); !strings.Contains(r.err, "killed at") {
			t.Fatalf("%s: it was not killed: %s%s", at, r.out, r.err)
		}
		h.env = secrets()
		h.want(3, "status", "--dir", dir).says(t, "names no hub")
		h.ok("restore", whole, dir, "--config", config)
		if got := h.at(dir, filepath.Join(h.dir, "sources")).digests(); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", at, got, want)
		}
	}
}

func TestABackupIsMadeBesideASync(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("sync")
	want := s.ok("query", `SELECT count(*) AS n FROM "civil-status".births`, "--purpose", "test").out
	s.write("sources/births.csv", births(400))
	// the sync stops with one table committed and two to come
	place := filepath.Join(t.TempDir(), "backup")
	first := s.start("sync", "SEN_STOP_AT=commit:3")
	stopped(t, first.Process.Pid)
	s.ok("backup", place)
	first.goOn(t)
	dir := filepath.Join(t.TempDir(), "again")
	s.ok("restore", place, dir)
	there := s.at(dir, filepath.Join(s.dir, "sources"))
	if got := there.ok("query", `SELECT count(*) AS n FROM "civil-status".births`, "--purpose", "test").out; got != want {
		t.Errorf("got %s, want the rows of before: %s", got, want)
	}
	there.ok("sync").says(t, "400") // and the run goes on, as after a kill
	there.ok("verify").says(t, "400 rows")
}

func TestWhatABackupSays(t *testing.T) {
	s := hubWithBirths(t)
	s.ok("sync")
	place := filepath.Join(s.dir, "..", "backup")
	s.ok("backup", place, "--dry-run").says(t, "would back up")
	s.want(3, "restore", place).says(t, "no backup")
	s.ok("backup", place).says(t, "backed up", "new", "signed with key", "sen restore")
	s.ok("backup", place, "--lang", "vi").says(t, "đã sao lưu", "0 tệp")
	s.ok("restore", place, "--list")
	s.ok("restore", place).says(t, "is whole")
	s.want(8, "restore", place, "--signed-by", "0000000000000000").says(t, "signed with key", "Next")
	s.want(3, "restore", place, "--backup", "20200101T000000Z-0000").says(t, "there are:")
	s.want(4, "restore", place, s.dir).says(t, "not empty")
	s.want(4, "backup", filepath.Join(s.dir, "sources")).says(t, "something else")
	s.want(2, "backup", s.dir).says(t, "within")
	s.want(2, "backup", filepath.Join(s.dir, "data", "lake", "backup")).says(t, "within")
	s.want(2, "backup", "s3://backup/x").says(t, "endpoint")
	s.want(2, "backup", "s3://backup/x", "--endpoint", "https://x", "--region", "r", "--key", "plain-key").says(t, "--key").saysNot(t, "plain-key")
	again := filepath.Join(s.dir, "..", "again")
	s.ok("restore", place, again, "--lang", "vi").says(t, "đã dựng lại", "viết lại")
	s.at(again, filepath.Join(s.dir, "sources")).ok("verify").says(t, "agree")
}
