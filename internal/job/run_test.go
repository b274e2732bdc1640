package job

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// clock is one that a test sets.
type clock struct{ at atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.set(t)
	return c
}

func (c *clock) set(t time.Time)     { c.at.Store(t.UnixNano()) }
func (c *clock) add(d time.Duration) { c.at.Add(int64(d)) }
func (c *clock) now() time.Time      { return time.Unix(0, c.at.Load()).UTC() }

var morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

const (
	birth = sen.Dataset("civil-status.birth")
	death = sen.Dataset("civil-status.death")
)

var lan = sen.Principal{ID: "operator:lan", Role: "operator"}

func open(t *testing.T, path string) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), path, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func hub(t *testing.T) *state.State { return open(t, filepath.Join(t.TempDir(), "state.db")) }

func nothing(context.Context, state.Job) (string, error) { return "", nil }

func hourly(t *testing.T) map[sen.Dataset]Planned {
	t.Helper()
	c, err := ParseCron("0 * * * *")
	if err != nil {
		t.Fatal(err)
	}
	return map[sen.Dataset]Planned{birth: {"0 * * * *", c}}
}

// planned plans once, and gives how many jobs wait.
func planned(t *testing.T, js *Jobs, s *state.State) int {
	t.Helper()
	if err := js.plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return len(opened(t, s))
}

func opened(t *testing.T, s *state.State) []state.Job {
	t.Helper()
	all, err := s.OpenJobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// finish ends all jobs that wait.
func finish(t *testing.T, s *state.State) {
	t.Helper()
	err := s.ChangeJobs(t.Context(), func(open []state.Job) ([]state.Job, error) {
		for i := range open {
			open[i].State = state.JobDone
		}
		return open, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMissedRunsAreCaughtUpOnce(t *testing.T) {
	s, c := hub(t), newClock(morning.Add(time.Minute))
	js := New(s, Options{Now: c.now, Planned: hourly(t)})
	if n := planned(t, js, s); n != 0 {
		t.Fatalf("before it is due: %d jobs", n)
	}
	c.add(7*time.Hour + 30*time.Minute)
	js = New(s, Options{Now: c.now, Planned: hourly(t)}) // another process, later
	if n := planned(t, js, s); n != 1 {
		t.Fatalf("after seven missed: %d jobs, want 1", n)
	}
	finish(t, s)
	if n := planned(t, js, s); n != 0 {
		t.Errorf("caught up: %d more", n)
	}
	c.add(time.Hour)
	if n := planned(t, js, s); n != 1 {
		t.Errorf("an hour later: %d jobs, want 1", n)
	}
}

func TestAClockThatJumpsBackRunsNothingTwice(t *testing.T) {
	for _, back := range []time.Duration{time.Second, time.Minute, time.Hour, 5 * time.Hour, 47 * time.Hour} {
		s, c := hub(t), newClock(morning.Add(-time.Minute))
		js := New(s, Options{Now: c.now, Planned: hourly(t)})
		planned(t, js, s)
		c.set(morning.Add(time.Second))
		if n := planned(t, js, s); n != 1 {
			t.Fatalf("at its time: %d jobs", n)
		}
		finish(t, s)
		c.add(-back)
		for c.now().Before(morning.Add(time.Hour)) {
			if n := planned(t, js, s); n != 0 {
				t.Fatalf("set back by %s: due again at %s", back, c.now())
			}
			c.add(10 * time.Minute)
		}
		if n := planned(t, js, s); n != 1 {
			t.Errorf("set back by %s: at its next time %d jobs, want 1", back, n)
		}
	}
}

func TestAClockThatWasAheadByDaysStopsNoSchedule(t *testing.T) {
	s, c := hub(t), newClock(morning.Add(30*24*time.Hour))
	js := New(s, Options{Now: c.now, Planned: hourly(t)})
	planned(t, js, s)
	c.add(time.Hour)
	planned(t, js, s)
	finish(t, s)
	c.set(morning.Add(time.Minute))
	if n := planned(t, js, s); n != 0 {
		t.Errorf("put right: %d jobs at once", n)
	}
	c.add(time.Hour)
	if n := planned(t, js, s); n != 1 {
		t.Errorf("an hour later: %d jobs, want 1", n)
	}
}

func TestAnotherLineIsAnotherTimetableAndNoneIsNone(t *testing.T) {
	s, c := hub(t), newClock(morning.Add(time.Minute))
	js := New(s, Options{Now: c.now, Planned: hourly(t)})
	planned(t, js, s)
	nightly, _ := ParseCron("0 2 * * *")
	js = New(s, Options{Now: c.now, Planned: map[sen.Dataset]Planned{birth: {"0 2 * * *", nightly}}})
	c.add(2 * time.Hour)
	if n := planned(t, js, s); n != 0 {
		t.Errorf("of the line before: %d jobs", n)
	}
	js = New(s, Options{Now: c.now})
	c.add(48 * time.Hour)
	if n := planned(t, js, s); n != 0 {
		t.Errorf("without a line: %d jobs", n)
	}
	if left, _ := s.Schedules(t.Context()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestADatasetHasOneJobAtATimeAndWhatWaitsIsNotDoubled(t *testing.T) {
	s := hub(t)
	var now, most, done atomic.Int64
	work := func(_ context.Context, j state.Job) (string, error) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(10 * time.Millisecond)
		now.Add(-1)
		done.Add(1)
		return "", nil
	}
	js := New(s, Options{Work: map[string]Work{Sync: work, Verify: work}, AtOnce: 4})
	for range 5 {
		for _, kind := range []string{Sync, Verify} {
			if _, err := js.Add(t.Context(), kind, birth, lan); err != nil {
				t.Fatal(err)
			}
		}
	}
	until(t, js, func() bool { return done.Load() == 2 && len(opened(t, s)) == 0 })
	if most.Load() != 1 {
		t.Errorf("%d side by side of one dataset", most.Load())
	}
}

func TestLinkingHasTheHubForItselfAfterWhatIsDue(t *testing.T) {
	s := hub(t)
	var mu sync.Mutex
	var order []string
	work := func(_ context.Context, j state.Job) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, j.Kind)
		return "", nil
	}
	js := New(s, Options{Work: map[string]Work{Sync: work, Link: work}})
	for _, one := range []struct {
		kind string
		of   sen.Dataset
	}{{Link, ""}, {Sync, birth}, {Sync, death}} {
		if _, err := js.Add(t.Context(), one.kind, one.of, lan); err != nil {
			t.Fatal(err)
		}
	}
	until(t, js, func() bool { return len(opened(t, s)) == 0 })
	if got := strings.Join(order, " "); got != "sync sync link" {
		t.Errorf("order %q", got)
	}
}

// TestAJobOfSeveralHasAllOfThemAndIsNotOvertaken asks for two datasets together
// while one of them is read, and for the other alone afterwards.
func TestAJobOfSeveralHasAllOfThemAndIsNotOvertaken(t *testing.T) {
	s := hub(t)
	js := New(s, Options{Work: map[string]Work{Sync: nothing, Verify: nothing}, AtOnce: 4})
	add := func(kind string, dataset sen.Dataset, task state.Task) state.Job {
		j, err := js.AddTask(t.Context(), kind, dataset, task, lan)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	both := state.Task{Datasets: []sen.Dataset{birth, death}}
	first := add(Sync, birth, state.Task{})
	if taken, err := js.take(t.Context()); err != nil || len(taken) != 1 {
		t.Fatalf("took %v (%v)", taken, err)
	}
	all := add(Sync, "", both)
	if again := add(Sync, "", both); again.ID != all.ID {
		t.Error("asked for twice, it waits twice")
	}
	forced := both
	forced.Force = true
	if other := add(Sync, "", forced); other.ID == all.ID {
		t.Error("one that is to be forced is one that is not")
	}
	add(Verify, death, state.Task{})
	if taken, err := js.take(t.Context()); err != nil || len(taken) != 0 {
		t.Errorf("while one of them is read, took %v (%v)", taken, err)
	}
	js.do(t.Context(), first)
	taken, err := js.take(t.Context())
	if err != nil || len(taken) != 1 || taken[0].ID != all.ID {
		t.Fatalf("took %v (%v), want the one of both", taken, err)
	}
	for _, dataset := range both.Datasets {
		js.Report(dataset, Progress{Stage: "extract", Rows: 5})
	}
	if p, ok := js.ProgressOf(taken[0]); !ok || p.Rows != 10 {
		t.Errorf("progress %+v", p)
	}
	for _, dataset := range both.Datasets {
		if of, err := s.JobsOf(t.Context(), dataset, 10); err != nil || !slices.ContainsFunc(of, func(j state.Job) bool { return j.ID == all.ID }) {
			t.Errorf("the jobs of %s are without it: %v", dataset, err)
		}
	}
}

// TestALinkageThatDiedDoesNotStandInTheWay has the process of a linkage die, and
// a sync of several asked for meanwhile.
func TestALinkageThatDiedDoesNotStandInTheWay(t *testing.T) {
	s, c := hub(t), newClock(morning)
	dead := New(s, Options{Now: c.now, Work: map[string]Work{Link: nothing}})
	_, _ = dead.Add(t.Context(), Link, "", lan)
	if taken, err := dead.take(t.Context()); err != nil || len(taken) != 1 {
		t.Fatalf("took %v (%v)", taken, err)
	}
	c.add(time.Hour)
	var order []string
	work := func(_ context.Context, j state.Job) (string, error) {
		order = append(order, j.Kind)
		return "", nil
	}
	js := New(s, Options{Now: c.now, Work: map[string]Work{Sync: work, Link: work}})
	_, _ = js.AddTask(t.Context(), Sync, "", state.Task{Datasets: []sen.Dataset{birth, death}}, lan)
	once(t, js)
	once(t, js)
	if got := strings.Join(order, " "); got != "sync link" {
		t.Errorf("order %q", got)
	}
}

// TestAskingAgainHastensWhatWaitsForItsNextTry asks for a job that has failed.
func TestAskingAgainHastensWhatWaitsForItsNextTry(t *testing.T) {
	s, c := hub(t), newClock(morning)
	answer := error(sen.Errorf(sen.Unavailable, "the server does not answer"))
	js := New(s, Options{Now: c.now, Work: map[string]Work{Sync: func(context.Context, state.Job) (string, error) { return "", answer }}})
	first, _ := js.Add(t.Context(), Sync, birth, lan)
	once(t, js)
	answer = nil
	once(t, js)
	if len(opened(t, s)) != 1 {
		t.Fatal("it is tried again before its time, though nobody asked")
	}
	if again, err := js.Add(t.Context(), Sync, birth, lan); err != nil || again.ID != first.ID {
		t.Fatalf("asked again, it is %v (%v)", again, err)
	}
	once(t, js)
	if left := opened(t, s); len(left) != 0 {
		t.Errorf("asked for again, it still waits: %+v", left)
	}
}

// until runs jobs until something is so.
func until(t *testing.T, js *Jobs, so func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { js.Run(ctx) })
	for !so() && t.Context().Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	running.Wait()
}

func TestWhatFailsIsTriedAgainLaterAndLaterAndThenGivenUp(t *testing.T) {
	s, c := hub(t), newClock(morning)
	tried := 0
	js := New(s, Options{Now: c.now, Work: map[string]Work{Sync: func(context.Context, state.Job) (string, error) {
		tried++
		return "", sen.Errorf(sen.Unavailable, "the server does not answer")
	}}})
	if _, err := js.Add(t.Context(), Sync, birth, lan); err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	for len(opened(t, s)) > 0 {
		once(t, js)
		if again := opened(t, s); len(again) > 0 {
			once(t, js) // it is not due yet
			waits = append(waits, again[0].Due.Sub(c.now()))
			c.set(again[0].Due)
		}
	}
	if got := fmt.Sprint(waits); got != "[1m0s 2m0s 4m0s 8m0s 16m0s]" || tried != 6 {
		t.Errorf("tried %d times, waited %s", tried, got)
	}
	all, _ := s.Jobs(t.Context(), "", 10)
	if len(all) != 1 || all[0].State != state.JobFailed || all[0].Error != "the server does not answer" {
		t.Errorf("ended as %+v", all)
	}
}

// once takes what is ready and does it.
func once(t *testing.T, js *Jobs) {
	t.Helper()
	taken, err := js.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range taken {
		js.do(t.Context(), j)
	}
}

func TestWhatNoTryMendsIsNotTriedAgainAndWhoWaitsForAnotherDoesNotFail(t *testing.T) {
	s, c := hub(t), newClock(morning)
	answer := error(sen.Errorf(sen.Drift, "the source no longer fits"))
	js := New(s, Options{Now: c.now, Work: map[string]Work{Sync: func(context.Context, state.Job) (string, error) { return "", answer }}})
	_, _ = js.Add(t.Context(), Sync, birth, lan)
	once(t, js)
	if n := len(opened(t, s)); n != 0 {
		t.Errorf("drift: %d jobs wait", n)
	}
	answer = sen.Errorf(sen.Busy, "another sync is running")
	_, _ = js.Add(t.Context(), Sync, birth, lan)
	for range 20 {
		once(t, js)
		c.add(time.Minute)
	}
	if again := opened(t, s); len(again) != 1 || again[0].Tries != 0 {
		t.Errorf("busy: %+v", again)
	}
	answer = nil
	once(t, js)
	if n := len(opened(t, s)); n != 0 {
		t.Errorf("done: %d jobs wait", n)
	}
}

func TestWhoIsStoppedPutsItsJobBack(t *testing.T) {
	s := hub(t)
	begun := make(chan struct{})
	js := New(s, Options{Work: map[string]Work{Sync: func(ctx context.Context, _ state.Job) (string, error) {
		close(begun)
		<-ctx.Done()
		return "", sen.Errorf(sen.Canceled, "stopped: %w", ctx.Err())
	}}})
	_, _ = js.Add(t.Context(), Sync, birth, lan)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { js.Run(ctx) })
	<-begun
	stop()
	running.Wait()
	again := opened(t, s)
	if len(again) != 1 || again[0].State != state.JobWaiting || again[0].Tries != 0 || again[0].Error != "" {
		t.Fatalf("got %+v", again)
	}
	js = New(s, Options{Work: map[string]Work{Sync: nothing}})
	until(t, js, func() bool { return len(opened(t, s)) == 0 })
}

func TestAHoldThatIsLostStopsTheWork(t *testing.T) {
	s := hub(t)
	stopped := make(chan error, 1)
	js := New(s, Options{Lease: 30 * time.Millisecond, Work: map[string]Work{Sync: func(ctx context.Context, j state.Job) (string, error) {
		steal(t, s, j.ID)
		<-ctx.Done()
		stopped <- context.Cause(ctx)
		return "", context.Cause(ctx)
	}}})
	_, _ = js.Add(t.Context(), Sync, birth, lan)
	once(t, js)
	if err := <-stopped; !errors.Is(err, errLost) {
		t.Errorf("stopped by %v", err)
	}
	if all := opened(t, s); len(all) != 1 || all[0].Holder != "thief" || all[0].State != state.JobRunning {
		t.Errorf("the thief's job is now %+v", all)
	}
}

func steal(t *testing.T, s *state.State, id string) {
	err := s.ChangeJobs(t.Context(), func(open []state.Job) ([]state.Job, error) {
		for i := range open {
			open[i].Holder = "thief"
		}
		return open, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAHoldEndsWithItsTimeAndWhenTheClockIsSetBack(t *testing.T) {
	s, c := hub(t), newClock(morning)
	work := map[string]Work{Sync: nothing}
	one, other := New(s, Options{Now: c.now, Work: work}), New(s, Options{Now: c.now, Work: work})
	for _, move := range []time.Duration{16 * time.Second, -time.Hour} {
		_, _ = one.Add(t.Context(), Sync, birth, lan)
		if taken, err := one.take(t.Context()); err != nil || len(taken) != 1 {
			t.Fatalf("took %v, %v", taken, err)
		}
		c.add(10 * time.Second)
		if taken, _ := other.take(t.Context()); len(taken) != 0 {
			t.Fatalf("taken from its holder: %v", taken)
		}
		c.add(move)
		once(t, other)
		if left := opened(t, s); len(left) != 0 {
			t.Errorf("clock moved by %s: %+v", move, left)
		}
	}
}

func TestAJobThatKillsItsProcessIsGivenUp(t *testing.T) {
	s, c := hub(t), newClock(morning)
	_, _ = New(s, Options{Now: c.now}).Add(t.Context(), Sync, birth, lan)
	n := 0
	for ; len(opened(t, s)) > 0 && n < 20; n++ {
		if _, err := New(s, Options{Now: c.now, Work: map[string]Work{Sync: nothing}}).take(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.add(time.Minute) // it died
	}
	if all, _ := s.Jobs(t.Context(), "", 1); all[0].State != state.JobFailed {
		t.Errorf("after %d deaths: %+v", n, all[0])
	}
}

// The test below needs a second process: this test program, started again.
const childPath = "SEN_JOB_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		if err := childWorks(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const childLease = 300 * time.Millisecond

// childWorks does jobs until it is killed, each in two steps that it writes down.
func childWorks(path string) error {
	s, err := state.Open(context.Background(), path, state.Options{})
	if err != nil {
		return err
	}
	New(s, Options{Lease: childLease, Work: map[string]Work{Sync: func(_ context.Context, j state.Job) (string, error) {
		fmt.Println(j.Dataset)
		time.Sleep(30 * time.Millisecond)
		return "ok", nil
	}}, AtOnce: 1}).Run(context.Background())
	return nil
}

// TestKilledAnywhereEveryJobIsDone kills the process that works, again and again.
func TestKilledAnywhereEveryJobIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	js := New(s, Options{})
	const jobs = 12
	for i := range jobs {
		if _, err := js.Add(t.Context(), Sync, sen.Dataset(fmt.Sprintf("a.d%d", i)), lan); err != nil {
			t.Fatal(err)
		}
	}
	begun := map[string]int{}
	kills := 0
	for round := 1; len(opened(t, s)) > 0; round++ {
		if round > 60 {
			t.Fatalf("after %d rounds: %+v", round, opened(t, s))
		}
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childPath+"="+path)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := make(chan string, jobs)
		go func() {
			defer close(lines)
			for all := bufio.NewScanner(out); all.Scan(); {
				lines <- all.Text()
			}
		}()
		for n := 0; n <= round%3 && len(opened(t, s)) > 0; {
			select {
			case line := <-lines:
				begun[line]++
				n++
			case <-time.After(20 * time.Millisecond): // it may have done all
			}
		}
		time.Sleep(time.Duration(round%4) * 10 * time.Millisecond)
		_ = c.Process.Kill()
		for line := range lines {
			begun[line]++
		}
		_ = c.Wait()
		kills++
	}
	all, err := s.Jobs(t.Context(), "", 100)
	if err != nil || len(all) != jobs {
		t.Fatalf("%d jobs, %v", len(all), err)
	}
	for _, j := range all {
		if j.State != state.JobDone || j.Result != "ok" || begun[string(j.Dataset)] == 0 {
			t.Errorf("%s: %s after %d begins, %s", j.Dataset, j.State, begun[string(j.Dataset)], j.Error)
		}
	}
	t.Logf("%d kills, %d begins of %d jobs", kills, sum(begun), jobs)
}

func sum(of map[string]int) (n int) {
	for _, v := range of {
		n += v
	}
	return n
}
