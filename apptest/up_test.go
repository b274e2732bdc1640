package apptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a command that serves the console.
type server struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string // http://127.0.0.1:PORT
	err     *buffer
	done    chan struct{} // closed when it has ended
}

// buffer is written by a process while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// up starts `sen up` and waits until it answers.
func (s *shell) up(args ...string) *server {
	s.t.Helper()
	return s.serving(append([]string{"up", "--listen", "127.0.0.1:0", "--profile", ""}, args...)...)
}

// serving starts a command and waits until it says where the console is.
func (s *shell) serving(args ...string) *server {
	s.t.Helper()
	v := &server{t: s.t, err: &buffer{}, done: make(chan struct{})}
	v.cmd = exec.Command(binary, args...)
	v.cmd.Dir = s.dir
	v.cmd.Env = append(append(os.Environ(), "SEN_LANG=en", "SEN_DIR="), s.env...)
	v.cmd.Stderr = v.err
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	said, all := bufio.NewReader(out), ""
	for v.address == "" && err == nil {
		var line string
		line, err = said.ReadString('\n')
		all += line
		if _, address, ok := strings.Cut(line, "is up at "); ok {
			v.address = strings.TrimSpace(address)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, said)
		_ = v.cmd.Wait()
		close(v.done)
	}()
	s.t.Cleanup(func() { _ = v.cmd.Process.Kill(); <-v.done })
	if v.address == "" {
		s.t.Fatalf("sen %s said %q (%v)\n%s", strings.Join(args, " "), all, err, v.err)
	}
	return v
}

// stop asks it to end, and wants it to end well.
func (v *server) stop() {
	v.t.Helper()
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Fatal(err)
	}
	<-v.done
	if code := v.cmd.ProcessState.ExitCode(); code != 0 {
		v.t.Errorf("stopped, it ends with code %d\n%s", code, v.err)
	}
}

// scheduledHub is a hub whose one dataset is due all the time.
func scheduledHub(t *testing.T) *shell {
	s := newShell(t)
	s.ok("init", "hub")
	s.dir += "/hub"
	s.write("sen.yaml", "source.range_rows: 1000\n")
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv")+
		"slaProperties:\n  - {property: frequency, value: 1, unit: s}\n")
	s.write("sources/births.csv", manyBirths(20_000))
	return s
}

func manyBirths(n int) string {
	var b strings.Builder
	b.WriteString("so,dau,ho_ten,ngay_sinh\n")
	for i := range n {
		fmt.Fprintf(&b, "S%06d,%d,NGUYỄN VĂN AN,%d/%d/1990\n", i, i, 1+i%28, 1+i%12)
	}
	return b.String()
}

// status is what `sen status` says of the one dataset.
type status struct {
	Datasets []struct {
		State string
		Clean int64
		Run   string
	}
}

func (s *shell) standing() (out status) {
	s.t.Helper()
	s.ok("status", "--json").json(s.t, &out)
	return out
}

// until looks again until something is so.
func (s *shell) until(what string, v *server, so func() bool) {
	s.t.Helper()
	for !so() {
		select {
		case <-v.done:
			s.t.Fatalf("the server ended before %s\n%s", what, v.err)
		case <-s.t.Context().Done():
			s.t.Fatalf("not so: %s\n%s", what, v.err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// TestScheduledSyncsGoOnAfterAKill has the server killed in the middle of a sync
// that its schedule made due, starts it again, stops it, and starts it again.
func TestScheduledSyncsGoOnAfterAKill(t *testing.T) {
	s := scheduledHub(t)
	s.env = []string{"SEN_KILL_AT=clean:5"}
	v := s.up()
	<-v.done
	if v.cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("it was not killed: %s\n%s", v.cmd.ProcessState, v.err)
	}
	s.env = nil
	killed := s.standing().Datasets[0]
	if killed.State != "extracting" {
		t.Fatalf("killed in the middle, the run is %s", killed.State)
	}
	v = s.up()
	certified := func() bool { return s.standing().Datasets[0].State == "certified" }
	s.until("the sync is done", v, certified)
	if got := s.standing().Datasets[0]; got.Run != killed.Run || got.Clean != 20_000 {
		t.Errorf("it ended as %+v, not as the run %s that was killed", got, killed.Run)
	}
	v.stop()
	s.ok("verify")

	s.write("sources/births.csv", manyBirths(20_500))
	v = s.up()
	s.until("the new rows are in", v, func() bool { return s.standing().Datasets[0].Clean == 20_500 })
	v.stop()
	s.ok("verify")
}

func TestAWrongScheduleIsNamed(t *testing.T) {
	s := scheduledHub(t)
	s.write("contracts/civil.odcs.yaml", killContract("civil", "birth", "csv", "births.csv", "births.csv")+
		"slaProperties:\n  - {property: frequency, value: 1, unit: d, schedule: \"61 * * * *\"}\n")
	s.want(2, "up", "--listen", "127.0.0.1:0").says(t, "minute", "contracts/civil.odcs.yaml")
}
