// Package flow conducts a dataset from its source into the lake: ranges →
// land → clean → commit → certificate. It is the only writer of source data.
// What comes in is a dataset of a contract; what goes out is tables, a signed
// certificate and the dataset's quality. Killed anywhere, the next run goes
// on: nothing is lost and nothing stands twice.
//
// The path of one run, and what makes each step repeatable:
//
//	extract   a range at a time: read, land, clean, count, write files, sync
//	          them, and only then checkpoint the range in the state
//	commit    find what repeats across ranges, compare with what is there, and
//	          commit landed, quarantine and clean, in this order; each table's
//	          snapshot names the run, so a commit is never made twice
//	certify   measure the rules of the whole dataset, sign, store
package flow

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// The points at which Options.Hook is called: a test kills the program there.
const (
	HookExtract = "extract" // a range was read; what was read before it is on its way
	HookClean   = "clean"   // a range was cleaned and written, not yet checkpointed
	HookCommit  = "commit"  // before and after each table's commit
	HookCertify = "certify" // the tables are committed; and again when all is stored but the certificate
)

// Options are what flow works with. Hub, Engine, Lake, State and Keys are
// required.
type Options struct {
	Hub    string // the hub's folder: sources' relative paths start here
	Engine *engine.Engine
	Lake   *lake.Lake
	State  *state.State
	Keys   *keys.Keys
	Log    *slog.Logger

	Principal sen.Principal
	Now       func() time.Time
	Source    source.Options
	Progress  func(Progress)                 // called by several goroutines
	Hook      func(point string, rows int64) // rows of the range; 0 where the point is of no range. It is called side by side
}

// Progress is where a run stands.
type Progress struct {
	Dataset    sen.Dataset
	Stage      string // extract, commit, certify, done
	Rows       int64
	Bytes      int64 // of the source, read so far
	TotalBytes int64 // of the source; 0 when unknown
}

// Flow conducts. It is safe for concurrent use; one dataset has one run at a time.
type Flow struct {
	o     Options
	slots chan struct{} // one for each range that may be cleaned at a time
}

// New fills in the defaults.
func New(o Options) *Flow {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Hook == nil {
		o.Hook = func(string, int64) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Flow{o: o, slots: make(chan struct{}, cleaners)}
}

// Outcome is what became of one dataset's sync.
type Outcome struct {
	Dataset     sen.Dataset       `json:"dataset"`
	Certificate *Certificate      `json:"certificate,omitempty"`
	Unchanged   bool              `json:"unchanged,omitempty"` // the source is what the last certificate names
	Resumed     int               `json:"resumed_ranges,omitempty"`
	Drift       []contract.Change `json:"drift,omitempty"`
	Results     []clean.Result    `json:"results,omitempty"`
	Err         error             `json:"-"`

	found quality.Input // what the dataset's quality is measured by
}

// atOnce is how many datasets are brought up to date side by side: while one
// commits, or waits for its disk, the other cleans.
const atOnce = 2

// Sync brings datasets up to date, two at a time; one that fails does not
// stop the others. References between datasets are checked at the end.
func (f *Flow) Sync(ctx context.Context, datasets []contract.Dataset, force bool) []Outcome {
	out := make([]Outcome, len(datasets))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, d := range datasets {
		out[i] = Outcome{Dataset: d.Name, Err: context.Cause(ctx)}
		group.Go(func() error {
			if ctx.Err() == nil {
				out[i] = f.one(ctx, d, force, f.openSource)
			}
			return nil
		})
	}
	_ = group.Wait() // each outcome has its own error
	references := references{Flow: f, keys: map[string]string{}}
	for i, d := range datasets {
		if out[i].Err == nil {
			out[i].Err = references.check(ctx, d, &out[i])
		}
	}
	references.close()
	return out
}
