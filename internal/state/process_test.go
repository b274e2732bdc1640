package state

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

// The tests below need a second process: this test program, started again with
// SEN_STATE_CHILD naming the part it plays.
const childPart = "SEN_STATE_CHILD"

func TestMain(m *testing.M) {
	parts := map[string]func(path string) error{
		"hold":   childHolds,
		"ranges": childAddsRanges,
		"open":   childOpens,
		"append": childAppends,
	}
	part, named := parts[os.Getenv(childPart)]
	if !named {
		os.Exit(m.Run())
	}
	if err := part(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(t *testing.T, part, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	c := exec.Command(os.Args[0], path)
	c.Env = append(os.Environ(), childPart+"="+part)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c, bufio.NewReader(out)
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	text, err := r.ReadString('\n')
	must(t, err)
	return strings.TrimSpace(text)
}

func childHolds(path string) error {
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	if _, err := s.Lock(context.Background(), birth); err != nil {
		return err
	}
	fmt.Println("held")
	time.Sleep(time.Minute) // the parent kills us before
	return nil
}

func TestALockedDatasetSaysWhoHoldsItAndIsFreeWhenTheHolderDies(t *testing.T) {
	path := statePath(t)
	s := open(t, path)
	holder, out := child(t, "hold", path)
	line(t, out)

	_, err := s.Lock(t.Context(), birth)
	wantKind(t, "Lock while another process holds it", err, sen.Busy)
	if want := fmt.Sprintf("process %d on ", holder.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error: got %v, want it to say %q", err, want)
	}
	wantHint(t, err, fmt.Sprintf("kill %d", holder.Process.Pid))

	other, err := s.Lock(t.Context(), "tax.payer")
	must(t, err)
	must(t, other())

	must(t, holder.Process.Kill())
	holder.Wait()
	unlock, err := s.Lock(t.Context(), birth)
	must(t, err)
	must(t, unlock())
}

func TestALockHoldsWithinOneProcessTooAndIsGivenBack(t *testing.T) {
	s := open(t, statePath(t))
	for range 2 {
		unlock, err := s.Lock(t.Context(), birth)
		must(t, err)
		_, err = s.Lock(t.Context(), birth)
		wantKind(t, "Lock while it is held", err, sen.Busy)
		must(t, unlock())
	}
}

func TestALockThatIsHeldButNotYetSignedIsBusyToo(t *testing.T) {
	s := open(t, statePath(t))
	unlock, err := s.Lock(t.Context(), birth)
	must(t, err)
	defer unlock()
	must(t, os.Truncate(filepath.Join(s.folder, lockFolder, string(birth)+".lock"), 0))
	_, err = s.Lock(t.Context(), birth)
	wantKind(t, "Lock", err, sen.Busy)
}

func TestALockRefusesANameThatIsNoDataset(t *testing.T) {
	_, err := open(t, statePath(t)).Lock(t.Context(), "../../etc.passwd")
	wantKind(t, "Lock", err, sen.Invalid)
}

func childAddsRanges(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	run, err := s.BeginRun(ctx, NewRun{Dataset: birth})
	if err != nil {
		return err
	}
	for number := 0; ; number++ {
		if err := s.AddRange(ctx, run.ID, fullRange(number)); err != nil {
			return err
		}
		fmt.Println(number)
	}
}

func TestARangeThatWasReportedDoneOutlivesAKill(t *testing.T) {
	for kill := range 5 {
		path := statePath(t)
		c, out := child(t, "ranges", path)
		reported := 0
		for range 3 + 7*kill {
			line(t, out)
			reported++
		}
		must(t, c.Process.Kill())
		rest, _ := io.ReadAll(out) // what it printed between our last look and its end
		reported += strings.Count(string(rest), "\n")
		c.Wait()

		s := open(t, path)
		run, found, err := s.UnfinishedRun(t.Context(), birth)
		must(t, err)
		ranges, err := s.Ranges(t.Context(), run.ID)
		must(t, err)
		if !found || len(ranges) < reported || len(ranges) > reported+1 {
			t.Errorf("after a kill: got %d ranges of run found=%t, want %d or one more", len(ranges), found, reported)
		}
		must(t, s.Check(t.Context()))
	}
}

func childOpens(path string) error {
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	hub, err := s.Hub(context.Background())
	fmt.Println(hub.ID)
	return err
}

func TestProcessesThatMeetANewFolderTogetherMakeOneState(t *testing.T) {
	path := statePath(t)
	var outs []*bufio.Reader
	for range 4 {
		_, out := child(t, "open", path)
		outs = append(outs, out)
	}
	first := line(t, outs[0])
	for _, out := range outs[1:] {
		if got := line(t, out); got != first {
			t.Errorf("hub id: got %q in one process and %q in another, want one", got, first)
		}
	}
}

const appended = 25

func childAppends(path string) error {
	s, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	for range appended {
		if err := appendNext(context.Background(), s); err != nil {
			return err
		}
	}
	fmt.Println("done")
	return nil
}

func appendNext(ctx context.Context, s *State) error {
	return s.AppendEntries(ctx, func(last Entry) ([]Entry, error) {
		return []Entry{{Sequence: last.Sequence + 1, Previous: last.Hash, Hash: sen.Digest{byte(last.Sequence + 1)}, Body: []byte("{}")}}, nil
	})
}

func TestTwoProcessesAppendToOneJournalWithoutGapOrFork(t *testing.T) {
	path := statePath(t)
	s := open(t, path)
	_, out := child(t, "append", path)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range appended {
				if err := appendNext(context.Background(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	line(t, out)
	entries, err := s.EntriesFrom(t.Context(), 0, 1000)
	must(t, err)
	same(t, "entries", len(entries), 3*appended)
	var last Entry
	for _, e := range entries {
		if e.Sequence != last.Sequence+1 || e.Previous != last.Hash {
			t.Fatalf("entry %d does not follow entry %d", e.Sequence, last.Sequence)
		}
		last = e
	}
}
