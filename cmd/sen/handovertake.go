package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/state"
)

// brought is what a try of a job has brought, for those who wait for it.
type brought struct {
	conducted
	job  state.Job
	link string // the job that links what came in; "": nothing did
	err  error
}

// waiting is how those who follow jobs learn what these have brought.
type waiting struct {
	mu   sync.Mutex
	last []brought          // the newest last
	says map[chan told]bool // who is told what the rooms say meanwhile
}

// mostBrought is how many ends of jobs are remembered. Whoever follows one takes
// it within a moment.
const mostBrought = 64

// brings keeps what a job has brought, and gives the error that it ends with.
func (w *waiting) brings(j state.Job, b brought) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b.job = j
	w.last = append(w.last, b)
	w.last = w.last[max(0, len(w.last)-mostBrought):]
	return b.err
}

// brought is what a job brought that has begun since a time.
func (w *waiting) brought(id string, since time.Time) (brought, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range slices.Backward(w.last) {
		if b.job.ID == id && !b.job.Begun.Before(since) {
			return b, true
		}
	}
	return brought{}, false
}

// say tells those who follow a job; who does not listen misses it.
func (w *waiting) say(what told) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for listener := range w.says {
		select {
		case listener <- what:
		default:
		}
	}
}

// listen gives what is said from now on, until stop is called.
func (w *waiting) listen() (says <-chan told, stop func()) {
	const unread = 16
	listener := make(chan told, unread)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.says == nil {
		w.says = map[chan told]bool{}
	}
	w.says[listener] = true
	return listener, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.says, listener)
	}
}

// takeOrders carries out what commands hand over, until ctx ends. Where the
// socket's path is too long, or another hub is up in this folder, nothing is
// taken: commands work alone, or by the other.
func (w *worker) takeOrders(ctx context.Context) error {
	listener, err := listenForOrders(w.now.Load().hubSocket())
	if err != nil {
		w.log.Warn("commands beside this hub do their work alone", "error", err.Error())
		<-ctx.Done()
		return nil
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := listener.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return sen.Errorf(sen.Unavailable, "take orders of commands: %w", err)
		}
		all.Go(func() { w.takeOrder(ctx, c) })
	}
}

// listenForOrders makes the socket, in a folder that its owner alone may enter.
func listenForOrders(path string) (*net.UnixListener, error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(folder, 0o700); err != nil { //nolint:gosec // a folder is entered
		return nil, err
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, sen.Errorf(sen.Busy, "another hub is up in this folder")
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}

// takeOrder carries out one order, and tells of it as long as somebody listens.
func (w *worker) takeOrder(ctx context.Context, c *net.UnixConn) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	following, leave := context.WithCancel(ctx)
	defer leave()
	out := json.NewEncoder(c)
	tell := func(t told) error { return out.Encode(t) }
	in := json.NewDecoder(c)
	var o order
	_ = c.SetReadDeadline(time.Now().Add(answersWithin))
	if in.Decode(&o) != nil {
		return // it wanted to know whether a hub is up
	}
	_ = c.SetReadDeadline(time.Time{})
	go func() { // nothing more is sent: the end of it is that nobody listens
		var nothing any
		_ = in.Decode(&nothing)
		leave()
	}()
	by, err := peerOf(c)
	if err == nil {
		err = w.carryOut(following, o, by, tell)
	}
	switch {
	case ctx.Err() != nil:
		return // the hub is stopped: the command sees the end of the connection
	case err != nil && following.Err() == nil:
		_ = tell(told{Fault: faultFrom(err)}) // who has left is not told
	}
}

// carryOut makes jobs of an order and follows them.
func (w *worker) carryOut(ctx context.Context, o order, by sen.Principal, tell func(told) error) error {
	now := w.fresh()
	if err := w.understands(now, o); err != nil {
		return err
	}
	if len(now.refused) > 0 {
		if err := tell(told{Behind: now.readAt}); err != nil {
			return err
		}
	}
	says, stop := w.waiting.listen()
	defer stop()
	f := follower{worker: w, says: says, tell: tell, last: map[sen.Dataset]job.Progress{}}
	var out brought
	asked := w.p.now()
	if o.Kind != job.Link {
		task, dataset := o.Task, sen.Dataset("")
		if len(task.Datasets) == 1 {
			dataset, task.Datasets = task.Datasets[0], nil
		}
		j, err := w.jobs.AddTask(ctx, o.Kind, dataset, task, by)
		if err != nil {
			return err
		}
		if out, err = f.follow(ctx, j, asked); err != nil {
			return err
		}
		if err := f.finish(out.outcomes); err != nil {
			return err
		}
	}
	linked, err := f.link(ctx, out, by)
	if err != nil {
		return err
	}
	out.linked, out.unlinked = linked.linked, errors.Join(out.unlinked, linked.unlinked)
	out.cases, out.unsettled = together(out.cases, linked.cases), errors.Join(out.unsettled, linked.unsettled)
	again, err := f.again(ctx, out.job, linked.job)
	if err != nil {
		return err
	}
	return tell(told{Brought: out.wire(again)})
}

// understands reports whether an order can be carried out under what is in force.
func (w *worker) understands(now *inForce, o order) error {
	if o.Version != sen.Version {
		return sen.Errorf(sen.Invalid, "the hub that is up is Sen %s, this command Sen %s", sen.Version, o.Version).
			WithHint("use the program that the hub runs, or start `sen up` again with this one")
	}
	if o.Kind == job.Link && len(now.entities) == 0 {
		return sen.Errorf(sen.NotFound, "this hub has no entities").WithHint("`sen link infer FILE` drafts one")
	}
	if !slices.Contains([]string{job.Sync, job.Release, job.Link}, o.Kind) || o.Kind != job.Link && len(o.Datasets) == 0 {
		return sen.Errorf(sen.Invalid, "no order of the kind %q", o.Kind)
	}
	_, err := now.of(state.Job{Task: o.Task})
	if err != nil && len(now.refused) > 0 {
		return sen.Errorf(sen.Invalid, "%w", err).WithHint("the folder has faults, so what it declares anew is not in force: %s", now.refused[0])
	}
	return err
}

// follower follows jobs for whoever handed over an order.
type follower struct {
	*worker
	says <-chan told
	tell func(told) error
	last map[sen.Dataset]job.Progress // that was told
}

// link follows the job that links what an order brought; where nothing came in,
// one that tells what was linked before.
func (f *follower) link(ctx context.Context, of brought, by sen.Principal) (brought, error) {
	if len(f.now.Load().entities) == 0 {
		return brought{}, nil
	}
	if of.link != "" {
		j, err := f.now.Load().state.Job(ctx, of.link)
		if err != nil {
			return brought{}, err
		}
		return f.follow(ctx, j, of.job.Begun) // nothing is linked while a sync runs
	}
	asked := f.p.now()
	j, err := f.jobs.Add(ctx, job.Link, "", by)
	if err != nil {
		return brought{}, err
	}
	return f.follow(ctx, j, asked)
}

// How a job is followed: what changes within a moment is gathered, one that has
// not begun after a while is said to wait, and now and then is looked whether
// somebody listens.
const (
	gatherNews = 100 * time.Millisecond
	soonBegun  = 2 * time.Second
)

// follow tells how far a job comes, until a try of it that has begun since asked
// has ended: that one may have failed, and be tried again.
func (f *follower) follow(ctx context.Context, j state.Job, asked time.Time) (brought, error) {
	if err := f.tell(told{Job: j.ID, Links: j.Kind == job.Link}); err != nil {
		return brought{}, err
	}
	waits := time.After(soonBegun)
	for {
		changed := f.jobs.Changed()
		now, err := f.now.Load().state.Job(ctx, j.ID)
		if err != nil {
			return brought{}, err
		}
		if b, ended := f.waiting.brought(j.ID, asked); ended && (now.State != state.JobRunning || !now.Begun.Equal(b.job.Begun)) {
			return b, nil
		} else if !ended && now.State == state.JobFailed {
			return brought{}, sen.Errorf(sen.Unavailable, "job %s was given up: %s", j.ID, now.Error)
		}
		if err := f.progress(now); err != nil {
			return brought{}, err
		}
		select {
		case <-changed:
			time.Sleep(gatherNews)
		case what := <-f.says:
			err = f.tell(what)
		case <-waits:
			if now.State == state.JobWaiting {
				err = f.tell(told{Waits: true})
			}
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			return brought{}, err
		}
	}
}

// progress tells what has come further.
func (f *follower) progress(j state.Job) error {
	if j.State != state.JobRunning {
		return nil
	}
	for _, dataset := range j.Of() {
		p, said := f.jobs.Progress(dataset)
		if !said || f.last[dataset] == p {
			continue
		}
		f.last[dataset] = p
		if err := f.tell(told{Progress: progressOf(dataset, p)}); err != nil {
			return err
		}
	}
	return nil
}

// finish tells of the datasets whose last step went by unseen.
func (f *follower) finish(all []flow.Outcome) error {
	for _, o := range all {
		if o.Err != nil || o.Unchanged || f.last[o.Dataset].Stage == "done" {
			continue
		}
		if err := f.tell(told{Progress: &flow.Progress{Dataset: o.Dataset, Stage: "done", Rows: o.Certificate.In()}}); err != nil {
			return err
		}
	}
	return nil
}

// again is when the first of these jobs is tried again; zero where none waits for
// that.
func (f *follower) again(ctx context.Context, jobs ...state.Job) (at time.Time, err error) {
	for _, j := range jobs {
		if j.ID == "" {
			continue
		}
		now, err := f.now.Load().state.Job(ctx, j.ID)
		if err != nil {
			return at, err
		}
		if now.State == state.JobWaiting && now.Error != "" && (at.IsZero() || now.Due.Before(at)) {
			at = now.Due
		}
	}
	return at, nil
}
