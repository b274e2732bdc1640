package main

import (
	"context"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
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

// worker does the hub's jobs.
type worker struct {
	*hub
	p    *program
	jobs *job.Jobs
}

// startWorker makes the hub's jobs ready to be run.
func (p *program) startWorker(h *hub, o job.Options) (*worker, error) {
	w := &worker{hub: h, p: p}
	var err error
	if o.Planned, err = h.timetables(); err != nil {
		return nil, err
	}
	o.Now = p.now
	o.Work = map[string]job.Work{
		job.Sync:   w.ofDataset(w.sync),
		job.Verify: w.ofDataset(w.verify),
		job.Link:   w.linkAll,
	}
	w.jobs = job.New(h.state, o)
	return w, nil
}

// report tells how far a sync has come.
func (w *worker) report(at flow.Progress) {
	w.jobs.Report(at.Dataset, job.Progress{Stage: at.Stage, Rows: at.Rows, Bytes: at.Bytes, TotalBytes: at.TotalBytes})
}

// ofDataset finds the dataset that a job is about.
func (w *worker) ofDataset(do func(context.Context, state.Job, contract.Dataset) (string, error)) job.Work {
	return func(ctx context.Context, j state.Job) (string, error) {
		for _, one := range w.contracts.Datasets() {
			if one.Name == j.Dataset {
				return do(ctx, j, one)
			}
		}
		return "", sen.Errorf(sen.NotFound, "no contract has this dataset any more")
	}
}

// sync brings a dataset in, as `sen sync` does. What the records say together
// is made known by a job of its own, after all that is due: where an earlier
// try may have brought rows and died, too.
func (w *worker) sync(ctx context.Context, j state.Job, one contract.Dataset) (string, error) {
	out := w.flow.Sync(ctx, []contract.Dataset{one}, flow.Demand{})[0]
	if out.Err != nil {
		return "", out.Err
	}
	after := context.WithoutCancel(ctx) // the rows are in
	if err := w.keepContracts(after, []contract.Dataset{one}, []flow.Outcome{out}); err != nil {
		return "", err
	}
	if _, err := w.updateCases(after, w.p.now()); err != nil {
		return "", err
	}
	if out.Unchanged && j.Tries == 0 {
		return resultUnchanged, nil
	}
	if _, err := w.jobs.Add(after, job.Link, "", sen.Principal{ID: j.Principal}); err != nil {
		return "", err
	}
	if out.Unchanged {
		return resultUnchanged, nil
	}
	return resultCertified, nil
}

// verify holds source and store against the certificate, as `sen verify` does.
func (w *worker) verify(ctx context.Context, _ state.Job, one contract.Dataset) (string, error) {
	found, err := w.flow.Verify(ctx, one)
	if err != nil {
		return "", err
	}
	if !found.OK() {
		return "", sen.Errorf(sen.Corrupt, "source and store differ: %d of %d ranges agree", found.Ranges, found.Of).
			WithHint("`sen verify %s` names what differs", one.Name)
	}
	return resultAgrees, nil
}

// linkAnew asks for what linkAll does, for what somebody has decided.
func (w *worker) linkAnew(ctx context.Context, by sen.Principal) error {
	_, err := w.jobs.Add(ctx, job.Link, "", by)
	return err
}

// linkAll makes the links and golden records, as `sen link run` does.
func (w *worker) linkAll(ctx context.Context, _ state.Job) (string, error) {
	entities, err := w.readEntities(nil)
	if err != nil {
		return "", err
	}
	if _, err = w.link(ctx, entities); err != nil {
		return "", err
	}
	_, err = w.updateCases(context.WithoutCancel(ctx), w.p.now()) // where datasets say different things of one thing
	return resultLinked, err
}
