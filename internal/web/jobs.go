package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/state"
)

// jobsData are jobs, as a list shows them.
type jobsData struct {
	Jobs []desk.Job
	Live string // where the list is kept up to date; "": it is not
	Next string // the page behind this one; "": this is the last
	One  bool   // all are of the page's own dataset
}

// UnderWay reports whether one waits or runs: then the page has something to wait for.
func (d jobsData) UnderWay() bool {
	for _, j := range d.Jobs {
		if j.State == state.JobWaiting || j.State == state.JobRunning {
			return true
		}
	}
	return false
}

const (
	jobsOnPage   = 50
	jobsOfSystem = 5
)

func (q *request) jobs() error {
	after := q.r.URL.Query().Get("after")
	all, next, err := q.o.Desk.Jobs(q.ctx(), q.principal(), after, jobsOnPage)
	if err != nil {
		return err
	}
	d := jobsData{Jobs: all}
	if after == "" {
		d.Live = "/jobs/live"
	}
	if next != "" {
		d.Next = "/jobs?after=" + escapeQuery(next)
	}
	return q.render(http.StatusOK, "jobs", q.lang.Pick("Việc của trung tâm", "Jobs of the hub"), d)
}

func (q *request) jobsLive() error {
	return q.stream(func(ctx context.Context) (any, error) {
		all, _, err := q.o.Desk.Jobs(ctx, q.principal(), "", jobsOnPage)
		return jobsData{Jobs: all}, err
	})
}

// workOf are a dataset's newest jobs.
func (q *request) workOf(one contract.Dataset) (jobsData, error) {
	all, err := q.o.Desk.JobsOf(q.ctx(), one.Name, jobsOfSystem)
	return jobsData{Jobs: all, One: true, Live: "/systems/" + string(one.Name) + "/live"}, err
}

func (q *request) systemLive() error {
	one, err := q.dataset()
	if err != nil {
		return err
	}
	return q.stream(func(context.Context) (any, error) { return q.workOf(one) })
}

// runSystem does what a button of a system's page asks for.
func (q *request) runSystem() error {
	one, err := q.dataset()
	if err != nil {
		return err
	}
	switch what := q.r.PathValue("what"); what {
	case job.Sync, job.Verify:
		_, err = q.o.Desk.Ask(q.ctx(), q.principal(), what, one)
	case "pause", "resume":
		err = q.o.Desk.Pause(q.ctx(), q.principal(), one, what == "pause")
	default:
		err = sen.Errorf(sen.NotFound, "there is no such page")
	}
	if err != nil {
		return err
	}
	q.redirect("/systems/" + string(one.Name))
	return nil
}

// How a stream goes: it gathers what changes within a moment, says that it is
// there where nothing does, and ends after a while, so that who has signed out
// is no longer told; the browser then asks again.
const (
	gather  = 300 * time.Millisecond
	alive   = 15 * time.Second
	longest = 5 * time.Minute
)

// stream sends a list of jobs whenever it has changed, as server-sent events
// (HTML Standard, section 9.2).
func (q *request) stream(look func(context.Context) (any, error)) error {
	control := http.NewResponseController(q.w)
	_ = control.SetReadDeadline(time.Time{}) // the request is read; its connection stays
	q.w.Header().Set("Content-Type", "text/event-stream")
	last := ""
	end := time.After(longest)
	for {
		changed := q.o.Desk.JobsChanged()
		html, err := q.jobList(look)
		if err != nil && last != "" { // the answer has begun: a page of the error has no place in it
			q.logged(err)
			return nil
		}
		if err != nil {
			return err
		}
		message := ": still here\n\n"
		if html != last {
			message = "data: " + strings.ReplaceAll(html, "\n", "\ndata: ") + "\n\n"
		}
		last = html
		if _, err := fmt.Fprint(q.w, message); err != nil || control.Flush() != nil {
			return nil //nolint:nilerr // the reader has gone
		}
		select {
		case <-changed:
			time.Sleep(gather)
		case <-time.After(alive):
		case <-end:
			return nil
		case <-q.ctx().Done():
			return nil
		case <-q.o.Desk.Stopping():
			return nil
		}
	}
}

// jobList is the list of the jobs that look finds, as the pages have it.
func (q *request) jobList(look func(context.Context) (any, error)) (string, error) {
	data, err := look(q.ctx())
	if err != nil {
		return "", err
	}
	return q.part("jobs", "job-list", data)
}

// part is a part of a page.
func (q *request) part(page, name string, data any) (string, error) {
	var b bytes.Buffer
	err := q.views[q.lang].pages[page].ExecuteTemplate(&b, name, data)
	return b.String(), err
}
