// Package job does the hub's work when it is due: syncs on their schedules, and
// what people ask for on a page. What comes in are timetables, requests and the
// functions that do the work; what goes out is each job's state, durable before
// anybody is told. A job is held by one process for a short time that it keeps
// lengthening; when the process dies, another takes the job over, and a dataset
// has one at a time. It knows nothing of what the work is, and no record.
package job

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Kinds of jobs.
const (
	Sync    = "sync"    // bring datasets in
	Release = "release" // clean again what has landed of them
	Verify  = "verify"  // hold source and store against the certificate
	Link    = "link"    // make links and golden records, of the whole hub
)

// BySchedule is who asks for a job that a schedule has made due.
const BySchedule = "schedule"

// Work does a job, and says in a word what it brought. Where ctx ends it stops
// at its next safe point with ctx's error: the job is gone on with later.
type Work func(ctx context.Context, j state.Job) (result string, err error)

// Planned is a dataset's timetable, and the line that it was read from: another
// line is another timetable.
type Planned struct {
	Line string
	Timetable
}

// Options are what a caller may set. The zero value queues jobs and does none.
type Options struct {
	Work      map[string]Work // by kind
	Planned   map[sen.Dataset]Planned
	AtOnce    int              // jobs side by side; default 2
	Lease     time.Duration    // how long a process holds a job without a sign of life; default 15 seconds
	Now       func() time.Time // default: time.Now
	Log       *slog.Logger
	Backoff   time.Duration // before the second try, twice as long before each further one; default a minute
	MostTries int           // default 6
}

// Progress is how far a dataset's job has come. Nothing of it is kept.
type Progress struct {
	Stage      string `json:"stage"`
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes"`                 // of the source, read so far
	TotalBytes int64  `json:"total_bytes,omitempty"` // 0: not known
}

// Jobs are a hub's jobs. They are safe for concurrent use.
type Jobs struct {
	state  *state.State
	o      Options
	holder string

	mu       sync.Mutex
	table    map[sen.Dataset]Planned // as Options.Planned
	mine     map[string]bool         // those that this process does
	progress map[sen.Dataset]Progress
	changed  chan struct{} // closed at the next change
	wake     chan struct{}
	stopping chan struct{}
}

// New works on the jobs that s keeps.
func New(s *state.State, o Options) *Jobs {
	if o.AtOnce == 0 {
		o.AtOnce = 2
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.Backoff == 0 {
		o.Backoff = time.Minute
	}
	if o.MostTries == 0 {
		o.MostTries = 6
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Jobs{state: s, o: o, holder: rand.Text(), table: o.Planned, mine: map[string]bool{}, progress: map[sen.Dataset]Progress{},
		changed: make(chan struct{}), wake: make(chan struct{}, 1), stopping: make(chan struct{})}
}

// Add asks for a job. Where one of its kind waits already for the dataset, it is
// that one.
func (js *Jobs) Add(ctx context.Context, kind string, dataset sen.Dataset, by sen.Principal) (state.Job, error) {
	return js.AddTask(ctx, kind, dataset, state.Task{}, by)
}

// AddTask asks for a job with a task. Where one of its kind waits already with
// the same task, it is that one.
func (js *Jobs) AddTask(ctx context.Context, kind string, dataset sen.Dataset, task state.Task, by sen.Principal) (state.Job, error) {
	now := js.o.Now()
	j, err := js.state.AddJob(ctx, state.Job{ID: state.NewID(now), Kind: kind, Dataset: dataset, Task: task, Principal: by.ID, Created: now, Due: now})
	if err != nil {
		return j, err
	}
	js.tell()
	select {
	case js.wake <- struct{}{}:
	default:
	}
	return j, nil
}

// Report says how far a dataset's job has come.
func (js *Jobs) Report(dataset sen.Dataset, p Progress) {
	js.mu.Lock()
	js.progress[dataset] = p
	js.mu.Unlock()
	js.tell()
}

// Progress is how far a dataset's job has come; false where none has said.
func (js *Jobs) Progress(dataset sen.Dataset) (Progress, bool) {
	js.mu.Lock()
	defer js.mu.Unlock()
	p, ok := js.progress[dataset]
	return p, ok
}

// ProgressOf is how far a job has come: of several datasets the sum of those
// that are under way or done, in the stage of those that are furthest behind.
func (js *Jobs) ProgressOf(j state.Job) (sum Progress, ok bool) {
	stages := []string{"extract", "commit", "certify", "done"}
	least := len(stages)
	for _, dataset := range j.Of() {
		p, said := js.Progress(dataset)
		if !said {
			continue
		}
		ok = true
		sum.Rows, sum.Bytes, sum.TotalBytes = sum.Rows+p.Rows, sum.Bytes+p.Bytes, sum.TotalBytes+p.TotalBytes
		if at := slices.Index(stages, p.Stage); at < least {
			sum.Stage, least = p.Stage, at
		}
	}
	return sum, ok
}

// Changed is closed when a job of this process has changed, or has come further.
func (js *Jobs) Changed() <-chan struct{} {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.changed
}

// Stopping is closed when Run has been told to stop.
func (js *Jobs) Stopping() <-chan struct{} { return js.stopping }

func (js *Jobs) tell() {
	js.mu.Lock()
	defer js.mu.Unlock()
	close(js.changed)
	js.changed = make(chan struct{})
}

// Planned is when a dataset is due by its timetable; false where it has none.
func (js *Jobs) Planned(dataset sen.Dataset) (Planned, bool) {
	p, ok := js.timetables()[dataset]
	return p, ok
}

// Replan puts other timetables in the place of those that stand.
func (js *Jobs) Replan(all map[sen.Dataset]Planned) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.table = all
}

func (js *Jobs) timetables() map[sen.Dataset]Planned {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.table
}
