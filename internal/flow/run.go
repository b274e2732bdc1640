package flow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
)

// run is one dataset on its way, with what it needs at each step.
type run struct {
	*Flow
	dataset contract.Dataset
	in      input
	plan    *clean.Plan
	tables  tables
	record  state.Run
	by      string       // who asks for it
	ranges  []rangeDone  // checkpointed, in order
	repeats clean.Digest // clean rows that repeat a key, by what is kept of them
	rows    int64
	bytes   int64
	total   int64
	handed  bool // the source has given a range
}

type tables struct{ landed, quarantine, clean *lake.Table }

// one conducts a run of one dataset over the input that open gives, while
// nobody else does. A state secret is refused before anything is opened.
func (f *Flow) one(ctx context.Context, d contract.Dataset, demand Demand, open func(context.Context, contract.Dataset) (input, error)) Outcome {
	out := Outcome{Dataset: d.Name}
	if d.StateSecret() {
		out.Err = sen.Errorf(sen.Denied, "the contract marks this dataset state-secret: it is not extracted").
			At("%s", d.Name).WithHint("state secrets have their own systems; leave the dataset out of the hub")
		return out
	}
	unlock, err := f.o.State.Lock(ctx, d.Name)
	if err != nil {
		out.Err = err
		return out
	}
	defer func() { _ = unlock() }()
	r := &run{Flow: f, dataset: d, by: cmp.Or(demand.By.ID, f.o.Principal.ID)}
	if r.in, out.Err = open(ctx, d); out.Err == nil {
		out.Err = r.whole(ctx, demand, &out)
	}
	if out.Err != nil {
		out.Err = r.failed(ctx, out.Err)
	}
	if err := r.note(ctx, out.Err); err != nil {
		out.Err = errors.Join(out.Err, err)
	}
	return out
}

// note keeps in the state how the attempt ended: a source that does not open or
// no longer fits its contract never comes to a run, and somebody has to see it.
func (r *run) note(ctx context.Context, ended error) error {
	switch {
	case ended == nil:
		return r.o.State.SetTrouble(ctx, r.dataset.Name, "")
	case ctx.Err() != nil || sen.KindOf(ended) == sen.Canceled || sen.KindOf(ended) == sen.Busy:
		return nil //nolint:nilerr // whoever stopped it knows; another sync tells of itself
	}
	return r.o.State.SetTrouble(ctx, r.dataset.Name, sen.KindOf(ended).String())
}

func (r *run) whole(ctx context.Context, demand Demand, out *Outcome) error {
	if err := r.prepare(ctx, demand, out); err != nil {
		return errors.Join(err, r.in.close())
	}
	return r.conduct(ctx, demand, out)
}

// failed notes a failure in the state. The run stays open: the next sync goes
// on with it, or supersedes it where contract or source have changed.
func (r *run) failed(ctx context.Context, err error) error {
	if name := string(r.dataset.Name) + ": "; !strings.HasPrefix(err.Error(), name) {
		err = fmt.Errorf("%s%w", name, err)
	}
	if r.record.ID == "" {
		return err
	}
	return errors.Join(err, r.o.State.NoteError(context.WithoutCancel(ctx), r.record.ID, sen.KindOf(err).String()))
}

// conduct takes a run through its steps; each can be the first after a kill.
func (r *run) conduct(ctx context.Context, demand Demand, out *Outcome) error {
	defer func() { _ = r.in.close() }()
	if done, err := r.upToDate(ctx, demand.Force, out); done || err != nil {
		return err
	}
	if err := r.begin(ctx, out); err != nil {
		return err
	}
	if r.record.State == state.Extracting {
		r.progress("extract", 0, 0)
		if err := r.extractAnew(ctx, out); err != nil {
			return err
		}
	}
	if err := r.loss(ctx, demand); err != nil {
		return err
	}
	delta, err := r.commit(ctx)
	if err != nil {
		return err
	}
	r.o.Hook(HookCertify, 0)
	return r.certify(ctx, delta, out)
}

// prepare holds the input against the contract, finds a run to go on with,
// and compiles. A run that goes on keeps the day that it began with, so that
// "in the future" means the same for all of its rows.
func (r *run) prepare(ctx context.Context, demand Demand, out *Outcome) error {
	drift, since := r.dataset.Drift(r.in.declared, r.declaredKey(ctx)), r.since(ctx, contract.State{Rows: r.in.rows, Encoding: r.in.encoding})
	out.Drift = slices.Concat(drift, since)
	if err := r.breaking(drift); err != nil {
		return err
	}
	if err := r.lost(since); err != nil && !demand.AcceptLoss {
		return err
	}
	old, open, err := r.o.State.UnfinishedRun(ctx, r.dataset.Name)
	if err != nil {
		return err
	}
	day := r.o.Now()
	if open {
		day = old.Started
	}
	units, err := r.unitsFor(ctx, r.dataset)
	if err != nil {
		return err
	}
	r.plan, err = clean.Compile(r.dataset, r.in.columns, clean.Options{Now: day, Elements: r.o.Elements, Units: units, Encoding: r.in.encoding})
	if open {
		r.record = old
	}
	r.total = r.in.bytes
	return err
}

// declaredKey is the source's key, as Drift takes it. That a source declares
// none is drift only where it has declared one before: a contract may know what
// tells rows apart where the source does not say so.
func (r *run) declaredKey(ctx context.Context) []string {
	if len(r.in.key) > 0 || r.in.key == nil || r.in.kind == kindReclean {
		return r.in.key
	}
	if last, ok, err := r.LastCertificate(ctx, r.dataset.Name); ok && err == nil && len(last.Key) > 0 {
		return r.in.key
	}
	return nil
}

// since compares the source, as it is, with what the last certificate says of it.
func (r *run) since(ctx context.Context, is contract.State) []contract.Change {
	last, ok, err := r.LastCertificate(ctx, r.dataset.Name)
	if !ok || err != nil || r.in.kind == kindReclean {
		return nil // there is nothing to compare with; a broken certificate is told where it is needed
	}
	return r.dataset.DriftSince(contract.State{Rows: last.In(), Encoding: last.Encoding}, is)
}

// anews bounds how often one sync starts again over a live source that
// changes after its snapshot was lost.
const anews = 3

// loss stops a run that has read next to nothing of what was there before it
// takes its place, whatever the source had said of its size. What was read is
// let go, so that the next sync reads again. A run that has begun to commit
// goes on: whoever asked for it accepted the loss.
func (r *run) loss(ctx context.Context, demand Demand) error {
	if demand.AcceptLoss || r.published(r.tables.landed) {
		return nil
	}
	err := r.lost(r.since(ctx, contract.State{Rows: r.tally().In().Rows, Counted: true}))
	if err == nil {
		return nil
	}
	return errors.Join(err, r.o.State.SetRunState(ctx, r.record.ID, state.Superseded, "nearly all rows have gone"))
}

// lost is the error for a source of which nearly nothing is left.
func (r *run) lost(since []contract.Change) error {
	for _, c := range since {
		if c.Class == contract.Breaking {
			return sen.Errorf(sen.Drift, "%s", c.What()).
				WithHint("this dataset stays as it was; where the loss is meant: `sen sync --accept-loss %s`", r.dataset.Name)
		}
	}
	return nil
}

// extractAnew runs the extraction. Where it was to go on behind what has been
// read (by an earlier process, or before a live source lost its snapshot), and
// the source cannot be shown to be the same, it starts again and says so.
func (r *run) extractAnew(ctx context.Context, out *Outcome) error {
	for again := 0; ; again++ {
		begun := len(r.ranges)
		err := r.extract(ctx)
		behind := begun > 0 && len(r.ranges) == begun || r.in.live && r.handed
		if sen.KindOf(err) != sen.Drift || !behind || again == anews {
			return err
		}
		if err := r.anew(ctx, err.Error(), out); err != nil {
			return err
		}
	}
}

// anew leaves the run as it is and begins another.
func (r *run) anew(ctx context.Context, why string, out *Outcome) error {
	out.Restarted, out.Resumed = why, 0
	r.o.Say(fmt.Sprintf("%s: what was read before cannot be gone on with, starting again: %s", r.dataset.Name, why))
	if err := r.o.State.SetRunState(ctx, r.record.ID, state.Superseded, "the source has changed since it was interrupted"); err != nil {
		return err
	}
	r.record, r.ranges, r.rows, r.bytes, r.handed = state.Run{}, nil, 0, 0, false
	return r.begin(ctx, out)
}

// breaking is the error for a source that no longer fits its contract.
func (r *run) breaking(changes []contract.Change) error {
	var broken []string
	for _, c := range changes {
		if c.Class == contract.Breaking {
			broken = append(broken, c.String())
		}
	}
	if len(broken) == 0 {
		return nil
	}
	e := sen.Errorf(sen.Drift, "the source no longer fits its contract: %s", strings.Join(broken, "; "))
	if r.in.live {
		return e.WithHint("this dataset stays as it was; `sen contract drift %s` proposes the contract as the source is now", r.dataset.Name)
	}
	return e.WithHint("this dataset stays as it was; see `sen contract infer` for what the source holds now, and put the contract right")
}

// upToDate reports whether the last certificate already speaks of this input
// and this contract.
func (r *run) upToDate(ctx context.Context, force bool, out *Outcome) (bool, error) {
	if force || r.record.ID != "" {
		return false, nil
	}
	last, ok, err := r.LastCertificate(ctx, r.dataset.Name)
	if !ok || err != nil || last.Plan != r.plan.Digest() || last.Engine != r.o.Engine.Version() {
		return false, err
	}
	position, err := r.in.position(ctx)
	if err != nil || position.Digest != last.Source.Digest {
		return false, err
	}
	out.Certificate, out.Unchanged = &last, true
	return true, r.checkedAgain(ctx, last, out)
}

// checkedAgain gives an unchanged dataset the results that its last run left;
// where the contract's rules over the whole dataset are others now, or one
// could not be run, they are measured again. (A certificate stays what it was:
// until the next one, rules that have changed are measured each time.)
func (r *run) checkedAgain(ctx context.Context, last Certificate, out *Outcome) error {
	report, _, err := quality.Load(ctx, r.o.State, r.dataset.Name, 1)
	if err != nil {
		return err
	}
	from, err := r.cleanScan(ctx, r.dataset.Name)
	if err != nil {
		return err
	}
	c, err := r.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	newest, err := r.newest(ctx, c, from, last.Source)
	if err != nil {
		return err
	}
	broken := slices.ContainsFunc(report.Offenders, func(o quality.Offender) bool { return o.Finding == quality.FoundBroken })
	if last.Rules == r.plan.RulesDigest() && !broken {
		out.Results = slices.DeleteFunc(report.Checks, func(check clean.Result) bool { return strings.HasPrefix(check.Rule, referenceRule) })
		out.found = r.found(last, out.Results, newest)
		return nil
	}
	if out.Results, err = r.plan.Measure(ctx, c, from, last.Tally, r.o.Rules); err != nil {
		return err
	}
	out.found = r.found(last, out.Results, newest)
	return quality.Store(ctx, r.o.State, quality.Measure(out.found))
}

// begin goes on with an unfinished run where plan, engine and input are the
// same, else starts a new one; and opens the tables.
func (r *run) begin(ctx context.Context, out *Outcome) (err error) {
	if r.record.ID != "" && r.record.Contract == r.fingerprint() && r.record.Engine == r.o.Engine.Version() {
		if r.ranges, err = r.rangesOf(ctx, r.record.ID); err != nil {
			return err
		}
		out.Resumed = len(r.ranges)
		return r.openTables(ctx)
	}
	if r.record.ID != "" {
		if err := r.o.State.SetRunState(ctx, r.record.ID, state.Superseded, "the contract, the engine or the kind of run has changed"); err != nil {
			return err
		}
	}
	r.record, err = r.o.State.BeginRun(ctx, state.NewRun{Dataset: r.dataset.Name, Contract: r.fingerprint(),
		Engine: r.o.Engine.Version(), Program: sen.Version, Principal: r.by})
	if err != nil {
		return err
	}
	return r.openTables(ctx)
}

// fingerprint identifies what a run does: only a run of the same one goes on.
func (r *run) fingerprint() sen.Digest {
	plan := r.plan.Digest()
	return sha256.Sum256(append(plan[:], r.in.kind...))
}

func (r *run) openTables(ctx context.Context) (err error) {
	landed := r.plan.LandedFields()
	if r.in.ownBytes {
		landed = landed[:len(r.plan.Source)]
	}
	for _, t := range []struct {
		kind   lake.Kind
		fields []lake.Field
		table  **lake.Table
	}{
		{lake.Landed, landed, &r.tables.landed},
		{lake.Quarantine, r.plan.QuarantineFields(), &r.tables.quarantine},
		{lake.Clean, r.plan.CleanFields(), &r.tables.clean},
	} {
		if *t.table, err = r.o.Lake.Table(ctx, t.kind, r.dataset.Name, t.fields); err != nil {
			return err
		}
	}
	return nil
}

// extract runs the extraction and notes the position that it read.
func (r *run) extract(ctx context.Context) error {
	if err := r.tidy(ctx); err != nil {
		return err
	}
	x := extraction{run: r}
	position, err := x.extract(ctx)
	if err != nil {
		return err
	}
	if r.record.Position, err = json.Marshal(position); err != nil {
		return err
	}
	if err := r.o.State.SetPosition(ctx, r.record.ID, r.record.Position); err != nil {
		return err
	}
	r.record.State = state.Committing
	return r.o.State.SetRunState(ctx, r.record.ID, state.Committing, "")
}

func (r *run) progress(stage string, rows, bytes int64) {
	r.rows += rows
	r.bytes += bytes
	r.o.Progress(Progress{Dataset: r.dataset.Name, Stage: stage, Rows: r.rows, Bytes: r.bytes, TotalBytes: r.total})
}

// tally is what all ranges saw.
func (r *run) tally() clean.Tally {
	var t clean.Tally
	for _, rng := range r.ranges {
		t.Merge(rng.tally)
	}
	return t
}

// files are the files of one kind that the run's ranges wrote.
func (r *run) files(kind lake.Kind) []lake.File {
	var out []lake.File
	for _, rng := range r.ranges {
		for _, f := range ofKind(kind, rng.Files) {
			out = append(out, lake.File{Path: f.Path, Rows: f.Rows, Bytes: f.Bytes})
		}
	}
	return out
}
