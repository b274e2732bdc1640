package apptest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/lake/laketest"
	"github.com/sen-hub/sen/internal/object/s3test"
)

// remoteHub is a hub whose lake is at a real S3 server, with its catalogue in
// a real PostgreSQL.
type remoteHub struct {
	*shell
	servers *laketest.Servers
}

// settings are the lines of sen.yaml that bring a lake to a place of its own.
func settings(t *testing.T, servers *laketest.Servers, prefix string) string {
	t.Helper()
	return fmt.Sprintf(`lake: {address: "s3://%s/%s", endpoint: "%s", region: %s, key: "env:LAKE_KEY", secret: "env:LAKE_SECRET"}
catalogue: {address: "%s", password: "env:LAKE_PASSWORD"}
engine.extensions: %s
source.range_rows: 1000
`, s3test.Bucket, prefix, servers.S3.Endpoint, s3test.Region, servers.Postgres.Catalogue(t, prefix).URL, filepath.Dir(s3test.Extension(t)))
}

func secrets() []string {
	return []string{"LAKE_KEY=" + s3test.Key, "LAKE_SECRET=" + s3test.Secret, "LAKE_PASSWORD=" + laketest.Password}
}

func newRemoteHub(t *testing.T, servers *laketest.Servers, prefix string) *remoteHub {
	t.Helper()
	s := newShell(t)
	s.env = secrets()
	s.ok("init", "hub")
	s.dir = filepath.Join(s.dir, "hub")
	s.write("sen.yaml", settings(t, servers, prefix))
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv"))
	s.write("contracts/vital.odcs.yaml", killContract("vital", "death", "sqlite", "vital.db", "death"))
	h := &remoteHub{shell: s, servers: servers}
	(&killHub{shell: s}).sources(false)
	return h
}

// digests are the certified contents, by dataset, and what verify says.
func (s *shell) digests() string {
	s.t.Helper()
	var lines []struct {
		Dataset string
		Agree   bool
		Rows    int64
	}
	s.ok("verify", "--json").json(s.t, &lines)
	out := ""
	for _, l := range lines {
		var answer struct{ Rows [][]any }
		s.ok("query", fmt.Sprintf(`SELECT count(*), sum(hash(number, mark, full_name, born_on)) FROM "%s"`, strings.ReplaceAll(l.Dataset, ".", `"."`)),
			"--purpose", "test", "--json").json(s.t, &answer)
		out += fmt.Sprintln(l.Dataset, l.Agree, l.Rows, answer.Rows)
	}
	return out
}

func TestALakeOnS3SaysWhatOneInAFolderSays(t *testing.T) {
	servers := laketest.Start(t)
	h := newRemoteHub(t, servers, "lake")
	local := newShell(t)
	local.ok("init", "hub")
	local.dir = filepath.Join(local.dir, "hub")
	for _, name := range []string{"contracts/civil.odcs.yaml", "contracts/vital.odcs.yaml"} {
		text, err := os.ReadFile(filepath.Join(h.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		local.write(name, string(text))
	}
	local.write("sen.yaml", "source.range_rows: 1000\n")
	for _, later := range []bool{false, true} {
		(&killHub{shell: h.shell}).sources(later)
		(&killHub{shell: local}).sources(later)
		h.ok("sync")
		local.ok("sync")
		if got, want := h.digests(), local.digests(); got != want || !strings.Contains(got, "true") {
			t.Errorf("on S3:\n%s\nin a folder:\n%s", got, want)
		}
		h.ok("quarantine", "show", "civil.birth", "--purpose", "test", "--limit", "1")
	}
	h.nothingLeft()
	want := h.digests()
	h.write("sen.yaml", h.read("sen.yaml")+"lake.keep: 0d\n")
	h.ok("retention", "--dry-run")
	h.ok("retention")
	if got := h.digests(); got != want {
		t.Errorf("after a retention:\n%s\nbefore:\n%s", got, want)
	}
	h.flipped()
	h.want(5, "query", "SELECT 1 FROM civil.birth") // no purpose
	r := h.sen("query", "SELECT * FROM read_text('/etc/hostname')", "--purpose", "test")
	if r.code == 0 {
		t.Errorf("a statement read outside the lake: %s", r.out)
	}
	h.ok("status", "--verbose").saysNot(t, s3test.Secret, laketest.Password)
	h.ok("sync", "--force", "--verbose").saysNot(t, s3test.Secret, laketest.Password)
}

func (s *shell) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// flipped changes one byte of a file at the server, which verify and backup
// must find.
func (h *remoteHub) flipped() {
	h.t.Helper()
	found, err := filepath.Glob(filepath.Join(h.servers.S3.Dir, s3test.Bucket, "lake", "landed", "civil", "birth", "data", "*.parquet"))
	if err != nil || len(found) == 0 {
		h.t.Fatalf("%v, %v", found, err)
	}
	before := map[string][]byte{}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		before[path] = append([]byte(nil), text...)
		text[len(text)/2] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	h.want(8, "verify").says(h.t, "civil.birth")
	h.want(8, "backup", filepath.Join(h.t.TempDir(), "backup")).says(h.t, "not those that were written", "Next")
	for path, text := range before {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	h.ok("verify")
}

// nothingLeft sees that the folder of drafts holds no file.
func (h *remoteHub) nothingLeft() {
	h.t.Helper()
	_ = filepath.WalkDir(filepath.Join(h.dir, "data", "lake"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			h.t.Errorf("left behind: %s", path)
		}
		return nil
	})
}

func TestASyncToS3ThatIsKilledGoesOn(t *testing.T) {
	servers := laketest.Start(t)
	whole := newRemoteHub(t, servers, "whole")
	whole.ok("sync")
	want := whole.digests()
	for _, at := range []string{"extract:2", "clean:3", "commit:2", "commit:5", "commit:9", "certify:1", "certify:2"} {
		t.Run(at, func(t *testing.T) {
			h := newRemoteHub(t, servers, strings.ReplaceAll(at, ":", "-"))
			h.env = append(secrets(), "SEN_KILL_AT="+at)
			if r := h.sen("sync"); !strings.Contains(r.err, "killed at") {
				t.Fatalf("it was not killed: %s%s", r.out, r.err)
			}
			h.env = secrets()
			h.ok("sync")
			if got := h.digests(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestServersThatRestartInMidSyncAreWaitedFor(t *testing.T) {
	servers := laketest.Start(t)
	for _, at := range []string{"extract:2", "commit:3"} {
		t.Run(at, func(t *testing.T) {
			h := newRemoteHub(t, servers, strings.ReplaceAll(at, ":", "-"))
			sync := h.start("sync", "SEN_STOP_AT="+at)
			stopped(t, sync.Process.Pid)
			servers.S3.Kill()
			servers.Postgres.Kill()
			again := time.AfterFunc(time.Second, func() { servers.S3.Restart(); servers.Postgres.Restart() })
			defer again.Stop()
			sync.goOn(t)
			if got := h.digests(); !strings.Contains(got, "true") || strings.Contains(got, "false") {
				t.Errorf("got %s", got)
			}
		})
	}
}

// saysNot wants texts in nothing that was printed.
func (r result) saysNot(t *testing.T, parts ...string) result {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(r.out+r.err, part) {
			t.Errorf("%s: shows %q", r.command, part)
		}
	}
	return r
}

// running is a command that was started.
type running struct {
	*exec.Cmd
	says strings.Builder
}

func (s *shell) start(command, env string) *running {
	s.t.Helper()
	r := &running{Cmd: exec.CommandContext(s.t.Context(), binary, command)}
	r.Dir, r.Env = s.dir, append(append(os.Environ(), "SEN_LANG=en", "SEN_DIR=", env), s.env...)
	r.Stdout, r.Stderr = &r.says, &r.says
	if err := r.Start(); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// goOn lets a command that stands still go on, to its end.
func (r *running) goOn(t *testing.T) {
	t.Helper()
	if err := r.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, r.says.String())
	}
}

// stopped waits until a process stands still.
func stopped(t *testing.T, pid int) {
	t.Helper()
	for range 400 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if _, after, _ := strings.Cut(string(text), ") "); strings.HasPrefix(after, "T") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the process does not stop")
}

func TestAServerThatIsNotThereIsSaidWithTheNextStep(t *testing.T) {
	servers := laketest.Start(t)
	h := newRemoteHub(t, servers, "lake")
	h.env = nil
	h.want(3, "sync").says(t, "key: the environment variable LAKE_KEY is not set", "Next")
	h.env = append(secrets(), "LAKE_SECRET=another")
	h.want(5, "sync").says(t, "Next")
	h.env = append(secrets(), "LAKE_PASSWORD=another")
	h.want(5, "sync").says(t, "catalogue.password")
	h.env = secrets()
	h.write("sen.yaml", strings.Replace(settings(t, servers, "other"), "engine.extensions: ", "engine.extensions: /nowhere", 1))
	h.want(7, "sync").says(t, "httpfs")
	h.write("sen.yaml", "lake: {address: s3://hub/x, key: plain-key}\n")
	h.want(2, "sync").saysNot(t, "plain-key")
	h.write("sen.yaml", "catalogue: {address: \"postgres://sen:hidden@127.0.0.1/x\"}\n")
	h.want(2, "sync").saysNot(t, "hidden")
}
