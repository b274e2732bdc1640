package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Results of jobs, as their lists show them.
const (
	resultCertified = "certified"
	resultUnchanged = "unchanged"
	resultAgrees    = "agrees"
	resultLinked    = "linked"
)

// timetables are when the contracts have their datasets read.
func (d *declarations) timetables() (map[sen.Dataset]job.Planned, error) {
	all := map[sen.Dataset]job.Planned{}
	for _, one := range d.contracts.Datasets() {
		line, every, ok := one.Schedule()
		switch {
		case !ok || one.StateSecret():
		case line == "":
			all[one.Name] = job.Planned{Line: "every " + every.String(), Timetable: job.Every(every)}
		default:
			cron, err := job.ParseCron(line)
			if err != nil {
				return nil, sen.Errorf(sen.KindOf(err), "%w", err).At("%s", d.short(one.Contract.File)).WithHint("%s", sen.HintOf(err))
			}
			all[one.Name] = job.Planned{Line: line, Timetable: cron}
		}
	}
	return all, nil
}

// worker does the jobs of a hub that is served, under what its folder declares
// when each begins.
type worker struct {
	p      *program
	log    *slog.Logger
	jobs   *job.Jobs
	site   func(*desk.Desk) (http.Handler, error)
	faults prometheus.Gauge // of the folder's files, that keep them from coming into force

	now  atomic.Pointer[inForce]
	mu   sync.Mutex        // of whoever reads the folder again
	seen [sha256.Size]byte // the folder, as it was last read

	waiting waiting // for jobs to end
}

// start puts an open hub in force. Contracts with faults are left out of it, as
// every command does; without its entities and timetables it does not start.
func (w *worker) start(h *hub) error {
	tables, err := h.timetables()
	if err != nil {
		return err
	}
	if err := h.keep(); err != nil {
		return err
	}
	entities, err := h.readEntities(nil)
	if err != nil {
		return err
	}
	w.jobs = job.New(h.state, job.Options{Log: w.log, Now: w.p.now, Planned: tables,
		Work: map[string]job.Work{job.Sync: w.sync, job.Release: w.release, job.Verify: w.verify, job.Link: w.linkAll}})
	w.seen = h.seen
	found, _, _ := h.faults()
	return w.putInForce(h, entities, found)
}

// run does jobs, takes orders and keeps up what hangs on them, until ctx ends.
func (w *worker) run(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error {
		return w.p.keepFigures(ctx, func() *hub { return w.now.Load().hub }, func(name string, err error) {
			w.log.Error("an indicator has no new figure", "indicator", name, "error", err)
		})
	})
	group.Go(func() error {
		return w.now.Load().serveIndex(ctx, func() []*link.Entity { return w.now.Load().entities }, w.log)
	})
	group.Go(func() error { return w.takeOrders(ctx) })
	group.Go(func() error { w.watch(ctx); return nil })
	group.Go(func() error { w.jobs.Run(ctx); return nil })
}

// report tells how far a sync has come.
func (w *worker) report(at flow.Progress) {
	w.jobs.Report(at.Dataset, job.Progress{Stage: at.Stage, Rows: at.Rows, Bytes: at.Bytes, TotalBytes: at.TotalBytes})
}

// say tells what happens meanwhile: the log, and those who follow jobs.
func (w *worker) say(what told) {
	if what.Say != "" {
		w.log.Info(what.Say)
	}
	w.waiting.say(what)
}

// progressOf is how far a dataset's job has come, as flow says it.
func progressOf(dataset sen.Dataset, p job.Progress) *flow.Progress {
	return &flow.Progress{Dataset: dataset, Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes, TotalBytes: p.TotalBytes}
}

// together are the changes of two updates, one after the other.
func together(first, then correction.Changes) correction.Changes {
	if then == (correction.Changes{}) {
		return first
	}
	then.Opened, then.Closed, then.Reopened, then.Escalated = first.Opened+then.Opened, first.Closed+then.Closed, first.Reopened+then.Reopened, first.Escalated+then.Escalated
	return then
}

// of are the datasets that a job is of.
func (d *declarations) of(j state.Job) ([]contract.Dataset, error) {
	all := d.contracts.Datasets()
	var out []contract.Dataset
	for _, name := range j.Of() {
		i := slices.IndexFunc(all, func(one contract.Dataset) bool { return one.Name == name })
		if i < 0 {
			return nil, sen.Errorf(sen.NotFound, "no contract in force declares %s", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// sync brings datasets in, as `sen sync` does.
func (w *worker) sync(ctx context.Context, j state.Job) (string, error) {
	return w.conduct(ctx, j, func(h *hub, all []contract.Dataset, demand flow.Demand) []flow.Outcome {
		return h.flow.Sync(ctx, all, demand)
	})
}

// release cleans datasets again, as `sen quarantine release` does.
func (w *worker) release(ctx context.Context, j state.Job) (string, error) {
	return w.conduct(ctx, j, func(h *hub, all []contract.Dataset, demand flow.Demand) []flow.Outcome {
		return h.releaseAll(ctx, all, demand)
	})
}

// conduct takes a job's datasets through runs. What the records say together
// is made known by a job of its own, after all that is due: where an earlier
// try may have brought rows and died, too.
func (w *worker) conduct(ctx context.Context, j state.Job, do func(*hub, []contract.Dataset, flow.Demand) []flow.Outcome) (string, error) {
	h := w.fresh().hub
	datasets, err := h.of(j)
	if err != nil {
		return "", w.waiting.brings(j, brought{err: err})
	}
	demand := flow.Demand{Force: j.Force, AcceptLoss: j.AcceptLoss}
	if j.Principal != job.BySchedule {
		demand.By = sen.Principal{ID: j.Principal}
	}
	out := brought{conducted: conducted{outcomes: do(h, datasets, demand)}}
	changed := slices.ContainsFunc(out.outcomes, func(o flow.Outcome) bool { return o.Err == nil && !o.Unchanged })
	failed := failureOf(out.outcomes)
	after := context.WithoutCancel(ctx) // the rows are in
	if changed {
		out.unkept = h.keepContracts(after, datasets, out.outcomes)
	}
	if changed || failed == nil {
		out.cases, out.unsettled = h.updateCases(after, w.p.now())
	}
	if changed || failed == nil && j.Tries > 0 {
		var link state.Job
		link, out.unlinked = w.jobs.Add(after, job.Link, "", sen.Principal{ID: j.Principal})
		out.link = link.ID
	}
	out.err = errors.Join(failed, out.unkept, out.unsettled, out.unlinked)
	if ctx.Err() != nil && out.err != nil {
		return "", out.err // the hub is stopped: it goes on when it is up again
	}
	if changed {
		return resultCertified, w.waiting.brings(j, out)
	}
	return resultUnchanged, w.waiting.brings(j, out)
}

// failureOf is the failure of runs together: of those that failed, one that may
// be gone at the next try goes before the others.
func failureOf(all []flow.Outcome) error {
	var first error
	failed := 0
	for _, o := range all {
		if o.Err == nil {
			continue
		}
		if failed++; first == nil || !job.Passes(first) && job.Passes(o.Err) {
			first = o.Err
		}
	}
	if failed == 0 || len(all) == 1 {
		return first
	}
	return sen.Errorf(sen.KindOf(first), "%d of %d datasets failed: %w", failed, len(all), first)
}

// verify holds source and store against the certificate, as `sen verify` does.
func (w *worker) verify(ctx context.Context, j state.Job) (string, error) {
	h := w.fresh().hub
	datasets, err := h.of(j)
	if err != nil {
		return "", err
	}
	for _, one := range datasets {
		found, err := h.flow.Verify(ctx, one)
		if err != nil {
			return "", err
		}
		if !found.OK() {
			return "", sen.Errorf(sen.Corrupt, "source and store differ: %d of %d ranges agree", found.Ranges, found.Of).
				WithHint("`sen verify %s` names what differs", one.Name)
		}
	}
	return resultAgrees, nil
}

// linkAnew asks for what linkAll does, for what somebody has decided.
func (w *worker) linkAnew(ctx context.Context, by sen.Principal) error {
	_, err := w.jobs.Add(ctx, job.Link, "", by)
	return err
}

// linkAll makes the links and golden records, as `sen link run` does.
func (w *worker) linkAll(ctx context.Context, j state.Job) (string, error) {
	now := w.fresh()
	var out brought
	out.linked, out.unlinked = now.link(ctx, now.entities)
	if out.unlinked == nil {
		out.cases, out.unsettled = now.updateCases(context.WithoutCancel(ctx), w.p.now()) // where datasets say different things of one thing
	}
	out.err = errors.Join(out.unlinked, out.unsettled)
	if ctx.Err() != nil && out.err != nil {
		return "", out.err
	}
	return resultLinked, w.waiting.brings(j, out)
}
