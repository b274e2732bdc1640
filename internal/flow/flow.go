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
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/address"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

// The points at which Options.Hook is called: a test kills the program there.
const (
	HookExtract = "extract" // a range was read; what was read before it is on its way
	HookClean   = "clean"   // a range was cleaned and written, not yet checkpointed
	HookCommit  = "commit"  // before and after each table's commit
	HookCertify = "certify" // the tables are committed; and again when all is stored but the certificate
	HookLink    = "link"    // of Link: before each step, and when its tables are made and the index is not
	HookRetain  = "retain"  // of Retain, called by the lake: old snapshots are gone; before each file that is removed
)

// Options are what flow works with. Hub, Engine, Lake, State and Keys are
// required; the engine gives each statement one thread (a pass depends on the
// order of its rows).
type Options struct {
	Hub    string // the hub's folder: sources' relative paths start here
	Engine *engine.Engine
	Lake   *lake.Lake
	State  *state.State
	Keys   *keys.Keys
	Log    *slog.Logger
	Say    func(string) // told of what whoever waits may want to know: retries, pauses, new beginnings

	Principal  sen.Principal
	Now        func() time.Time
	References []contract.Dataset // of the hub: those that others are read by (see contract.Dataset.Reference)
	Source     source.Options
	Elements   *dictionary.Set                // the dictionary with the hub's own elements; nil has none
	Rules      clean.Rules                    // where the SQL of contracts' own rules runs
	Cleaners   int                            // ranges that are cleaned side by side, of all datasets; default: the number of CPUs
	Progress   func(Progress)                 // called by several goroutines
	Linking    func(Linking)                  // told of each step of Link, and of the end with the zero value
	Hook       func(point string, rows int64) // rows of the range; 0 where the point is of no range. It is called side by side
}

// Progress is where a run stands.
type Progress struct {
	Dataset    sen.Dataset
	Stage      string // extract, commit, certify, done
	Rows       int64
	Bytes      int64 // of the source, read so far
	TotalBytes int64 // of the source; 0 when unknown
}

// Linking is where Link stands.
type Linking struct {
	Entity       string
	Step         string // one of resolve.Steps, or StepConflicts
	Number, Last int    // of the steps, from 1 on
}

// StepConflicts is the last step of Link: finding out where datasets say
// different things, beside the loading of the index.
const StepConflicts = "conflicts"

// Flow conducts. It is safe for concurrent use; one dataset has one run at a time.
type Flow struct {
	o Options
	*shared

	unitsRead sync.Mutex
	units     *address.Index // of the administrative units, once they have been needed
	unitsOf   string         // the runs that they are from
}

// shared is what a flow has together with those that were made from it.
type shared struct {
	tables atomic.Int64  // of the engine's, made so far: a name for each
	gates  live.Gates    // of the servers that are read
	slots  chan struct{} // one for each range that may be cleaned at a time

	throttling sync.Mutex
	throttles  map[string]live.Throttle // that were last seen, by the server's address
}

// New fills in the defaults.
func New(o Options) *Flow {
	if o.Cleaners <= 0 {
		o.Cleaners = runtime.NumCPU()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Linking == nil {
		o.Linking = func(Linking) {}
	}
	if o.Hook == nil {
		o.Hook = func(string, int64) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Say == nil {
		o.Say = func(what string) { o.Log.Info(what) }
	}
	return &Flow{o: o, shared: &shared{slots: make(chan struct{}, o.Cleaners)}}
}

// Declaring is the same flow under contracts that have been read anew, with
// their elements and references. What is under way goes on as it began; both
// keep to the same cleaners and gates.
func (f *Flow) Declaring(elements *dictionary.Set, references []contract.Dataset) *Flow {
	o := f.o
	o.Elements, o.References = elements, references
	f.gates.Renew()
	return &Flow{o: o, shared: f.shared}
}

// Outcome is what became of one dataset's sync.
type Outcome struct {
	Dataset     sen.Dataset       `json:"dataset"`
	Certificate *Certificate      `json:"certificate,omitempty"`
	Unchanged   bool              `json:"unchanged,omitempty"` // the source is what the last certificate names
	Resumed     int               `json:"resumed_ranges,omitempty"`
	Restarted   string            `json:"restarted,omitempty"` // why what an earlier process had read could not be gone on with
	Drift       []contract.Change `json:"drift,omitempty"`
	Results     []clean.Result    `json:"results,omitempty"`
	Err         error             `json:"-"`

	found quality.Input // what the dataset's quality is measured by
}

// atOnce is how many datasets are brought up to date side by side: while one
// commits, or waits for its disk, the other cleans.
const atOnce = 2

// Demand is how a run is asked for. The zero value is what a schedule asks.
type Demand struct {
	Force      bool          // read a source again even if it has not changed
	AcceptLoss bool          // go on where nearly all rows of a source have gone
	By         sen.Principal // who asks; the zero value: Options.Principal
}

// inTurn does something with each of the datasets that are references, or with
// each of the others, side by side.
func (f *Flow) inTurn(ctx context.Context, datasets []contract.Dataset, reference bool, do func(i int)) {
	turns := f.turns(ctx, datasets, func(d contract.Dataset) bool { return (d.Reference() != "") == reference })
	var group sync.WaitGroup
	for lane := range atOnce {
		group.Go(func() {
			for i, more := turns.next(lane); more; i, more = turns.next(lane) {
				do(i)
			}
		})
	}
	group.Wait()
}

// Sync brings datasets up to date, two at a time and each in its turn (see
// turns), those that others are read by first; one that fails does not stop the others. All share the engine's
// memory, its cleaners, and each server's gate. References between datasets
// are checked at the end.
func (f *Flow) Sync(ctx context.Context, datasets []contract.Dataset, demand Demand) []Outcome {
	out := make([]Outcome, len(datasets))
	for i, d := range datasets {
		out[i] = Outcome{Dataset: d.Name, Err: context.Cause(ctx)}
	}
	defer f.follow(ctx)()
	for _, reference := range []bool{true, false} {
		f.inTurn(ctx, datasets, reference, func(i int) {
			if out[i].Err = context.Cause(ctx); ctx.Err() == nil {
				out[i] = f.one(ctx, datasets[i], demand, f.openSource)
			}
		})
	}
	references := references{Flow: f, keys: map[string]*keyHashes{}}
	references.checkAll(ctx, datasets, out)
	return out
}
