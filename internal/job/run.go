package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

const (
	look       = time.Second         // how often is looked for what has come due
	longest    = time.Hour           // between two tries
	kept       = 30 * 24 * time.Hour // how long a job that is over is told of
	cleanEvery = time.Hour
)

var errLost = errors.New("another process has taken the job over")

// Run plans and does jobs until ctx ends; what is under way then stops at its
// next safe point, waits in the queue, and Run returns after it. It is run once.
func (js *Jobs) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { close(js.stopping) })()
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	var cleaned time.Time
	for {
		if time.Since(cleaned) > cleanEvery {
			cleaned = time.Now()
			js.warn(ctx, "old jobs cannot be let go of", js.state.DropJobs(ctx, js.o.Now().Add(-kept)))
		}
		js.warn(ctx, "what is due cannot be planned", js.plan(ctx))
		taken, err := js.take(ctx)
		js.warn(ctx, "jobs cannot be taken", err)
		for _, j := range taken {
			running.Go(func() { js.do(ctx, j) })
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-js.wake:
		}
	}
}

// warn tells of a fault of the state; the next look tries again.
func (js *Jobs) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		js.o.Log.Warn(what, "error", err.Error())
	}
}

// take takes as many jobs as there is room for: those that are due, and those of
// processes that have died.
func (js *Jobs) take(ctx context.Context) (taken []state.Job, err error) {
	open, err := js.state.OpenJobs(ctx)
	if err != nil || len(js.ready(open)) == 0 {
		return nil, err
	}
	err = js.state.ChangeJobs(ctx, func(open []state.Job) ([]state.Job, error) {
		var changed []state.Job
		taken = nil
		for _, j := range js.ready(open) {
			if j.State == state.JobRunning { // its process died over it
				j.Tries++
				j.Error = "the process that did it has died"
			}
			if j.Tries >= js.o.MostTries {
				j.State, j.Holder, j.Finished = state.JobFailed, "", js.o.Now()
				changed = append(changed, j)
				continue
			}
			now := js.o.Now()
			j.State, j.Holder, j.Begun, j.Expires = state.JobRunning, js.holder, now, now.Add(js.o.Lease)
			changed, taken = append(changed, j), append(taken, j)
		}
		return changed, nil
	})
	if err != nil {
		return nil, err
	}
	js.mu.Lock()
	for _, j := range taken {
		js.mine[j.ID] = true
		js.forget(j)
	}
	js.mu.Unlock()
	js.tell()
	return taken, nil
}

// ready are the jobs that may be taken now, the oldest first. A dataset has one
// at a time, and what is asked for of it later waits behind a job of several that
// waits for it; linking has the hub for itself, after all that is due: it holds
// as much memory as all others.
func (js *Jobs) ready(open []state.Job) (out []state.Job) {
	now := js.o.Now()
	busy := busy{}
	running, due := 0, 0
	for _, j := range open {
		switch {
		case j.State == state.JobRunning && !js.lapsed(j, now):
			busy.take(j)
			running++
			if j.Kind == Link {
				return nil
			}
		case j.Kind != Link && (j.State == state.JobRunning || js.due(j, now)):
			due++
		}
	}
	slices.SortStableFunc(open, func(a, b state.Job) int { return strings.Compare(string(a.State), string(b.State)) }) // what a dead process had goes before what waits
	for _, j := range open {
		free := j.State == state.JobRunning && js.lapsed(j, now) || j.State == state.JobWaiting && js.due(j, now)
		if !free || js.o.Work[j.Kind] == nil || j.Kind == Link && (running > 0 || due > 0) {
			continue
		}
		if !busy.take(j) && running < js.o.AtOnce {
			running++
			out = append(out, j)
		}
	}
	return out
}

// busy are the datasets that a job has, or waits for; "" stands for jobs of
// several, of which there is one at a time, and of the hub.
type busy map[sen.Dataset]bool

// take gives a job its datasets, and reports whether another has one of them.
func (b busy) take(j state.Job) (taken bool) {
	for _, dataset := range append([]sen.Dataset{j.Dataset}, j.Datasets...) {
		taken = taken || b[dataset]
		b[dataset] = true
	}
	return taken
}

// due reports whether a job that waits may be done. One that lies further ahead
// than any try is put off was put off by a clock that has been set back since.
func (js *Jobs) due(j state.Job, now time.Time) bool {
	return j.Tries == 0 && j.Error == "" || !now.Before(j.Due) || j.Due.After(now.Add(longest))
}

// lapsed reports whether the process that had a job gives no sign of life any
// more. A hold that ends later than any could was given by a clock that has
// been set back since.
func (js *Jobs) lapsed(j state.Job, now time.Time) bool {
	if j.Holder == js.holder {
		js.mu.Lock()
		defer js.mu.Unlock()
		return !js.mine[j.ID]
	}
	return now.After(j.Expires) || j.Expires.After(now.Add(2*js.o.Lease))
}

// do does one job while it holds it.
func (js *Jobs) do(ctx context.Context, j state.Job) {
	working, lose := context.WithCancelCause(ctx)
	var holding sync.WaitGroup
	holding.Go(func() { js.hold(working, j, lose) })
	js.o.Log.Info("a job begins", "job", j.ID, "kind", j.Kind, "dataset", j.Dataset)
	result, err := js.o.Work[j.Kind](working, j)
	lost := errors.Is(context.Cause(working), errLost)
	lose(nil)
	holding.Wait()
	if !lost {
		js.warn(context.WithoutCancel(ctx), "the end of a job cannot be kept; it will be done again", js.settle(context.WithoutCancel(ctx), ctx.Err() != nil, j, result, err))
	}
	js.mu.Lock()
	delete(js.mine, j.ID)
	js.forget(j)
	js.mu.Unlock()
	js.tell()
	select {
	case js.wake <- struct{}{}:
	default:
	}
}

// forget lets go of how far a job has come; the caller has the lock.
func (js *Jobs) forget(j state.Job) {
	for _, dataset := range j.Of() {
		delete(js.progress, dataset)
	}
}

// hold keeps lengthening the hold of a job until ctx ends, and calls lose where
// the job is another's now.
func (js *Jobs) hold(ctx context.Context, j state.Job, lose context.CancelCauseFunc) {
	tick := time.NewTicker(js.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		still, err := js.state.RenewJob(ctx, j.ID, js.holder, js.o.Now().Add(js.o.Lease))
		js.warn(ctx, "the hold of a job cannot be lengthened", err)
		if err == nil && !still {
			lose(errLost)
			return
		}
	}
}

// settle keeps what became of a job.
func (js *Jobs) settle(ctx context.Context, stopped bool, did state.Job, result string, failure error) error {
	return js.state.ChangeJobs(ctx, func(open []state.Job) ([]state.Job, error) {
		for _, j := range open {
			if j.ID == did.ID && j.Holder == js.holder {
				return []state.Job{js.settled(j, stopped, result, failure)}, nil
			}
		}
		return nil, nil // another has it now
	})
}

func (js *Jobs) settled(j state.Job, stopped bool, result string, failure error) state.Job {
	now := js.o.Now()
	j.Holder, j.Expires, j.Result = "", time.Time{}, result
	switch {
	case failure == nil:
		j.State, j.Finished, j.Error = state.JobDone, now, ""
		js.o.Log.Info("a job is done", "job", j.ID, "kind", j.Kind, "dataset", j.Dataset, "result", result)
		return j
	case stopped:
		j.State, j.Due, j.Error = state.JobWaiting, now, ""
		return j
	}
	j.Error = failure.Error()
	js.o.Log.Warn("a job failed", "job", j.ID, "kind", j.Kind, "dataset", j.Dataset, "tries", j.Tries+1, "error", j.Error)
	if sen.KindOf(failure) != sen.Busy { // who waits for another does not fail
		j.Tries++
	}
	if !Passes(failure) || j.Tries >= js.o.MostTries {
		j.State, j.Finished = state.JobFailed, now
		return j
	}
	j.State, j.Due = state.JobWaiting, now.Add(min(js.o.Backoff<<min(max(j.Tries-1, 0), 20), longest))
	return j
}

// Passes reports whether a failure may be gone at the next try.
func Passes(err error) bool {
	switch sen.KindOf(err) {
	case sen.Busy, sen.Unavailable, sen.Internal, sen.Canceled:
		return true
	}
	return false
}
