package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
)

// Job is a job of the hub.
type Job struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"sync,release,verify,link"`
	Dataset   string     `json:"dataset,omitempty" doc:"absent: of several or of the whole hub"`
	Datasets  []string   `json:"datasets,omitempty" doc:"those of a job that is of several"`
	Principal string     `json:"principal" doc:"who asked for it; schedule: nobody"`
	State     string     `json:"state" enum:"waiting,running,done,failed"`
	Created   time.Time  `json:"created"`
	Due       time.Time  `json:"due" doc:"not before"`
	Begun     *time.Time `json:"begun,omitempty"`
	Finished  *time.Time `json:"finished,omitempty"`
	Tries     int        `json:"tries" doc:"that have failed"`
	Error     string     `json:"error,omitempty"`
	Result    string     `json:"result,omitempty" doc:"certified, unchanged, agrees, linked"`
	Progress  *Progress  `json:"progress,omitempty"`
}

// Progress is how far a job has come.
type Progress struct {
	Stage      string `json:"stage"`
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes" doc:"of the source, read so far"`
	TotalBytes int64  `json:"total_bytes,omitempty"`
}

func showJob(j desk.Job) Job {
	out := Job{ID: j.ID, Kind: j.Kind, Dataset: string(j.Dataset), Principal: j.Principal, State: string(j.State), Created: j.Created, Due: j.Due,
		Tries: j.Tries, Error: j.Error, Result: j.Result}
	for _, dataset := range j.Datasets {
		out.Datasets = append(out.Datasets, string(dataset))
	}
	if !j.Begun.IsZero() {
		out.Begun = &j.Begun
	}
	if !j.Finished.IsZero() {
		out.Finished = &j.Finished
	}
	if p := j.Progress; p != nil {
		out.Progress = &Progress{p.Stage, p.Rows, p.Bytes, p.TotalBytes}
	}
	return out
}

const eventsPath = Prefix + "/events"

func (a *API) registerJobs() {
	const tag = "jobs"
	answer(a, route{id: "list-jobs", method: http.MethodGet, path: "/jobs", summary: "The jobs of the last 30 days, the newest first", tag: tag, scopes: reading, act: access.SeeSystems}, a.jobs)
	answer(a, route{id: "get-job", method: http.MethodGet, path: "/jobs/{id}", summary: "A job", tag: tag, scopes: reading, act: access.SeeSystems}, a.job)
	answer(a, route{id: "add-job", method: http.MethodPost, path: "/jobs", summary: "Ask for a job; where the same waits already, it is that one", tag: tag, scopes: changing, act: access.RunSync, status: http.StatusAccepted}, a.addJob)
	answer(a, route{id: "pause-source", method: http.MethodPost, path: "/systems/{dataset}/pause", summary: "Stop reading the server of a dataset, or go on", tag: tag, scopes: changing, act: access.RunSync}, a.pause)
	a.registerEvents(route{id: "watch-jobs", method: http.MethodGet, path: "/events", summary: "Jobs as they change, as server-sent events", tag: tag, scopes: reading, act: access.SeeSystems})
}

func (a *API) jobs(ctx context.Context, who sen.Principal, in *PageInput) (Page[Job], error) {
	out := Page[Job]{Items: []Job{}}
	after, err := in.behind("jobs")
	if err != nil {
		return out, err
	}
	found, next, err := a.o.Desk.Jobs(ctx, who, after, in.Limit)
	for _, j := range found {
		out.Items = append(out.Items, showJob(j))
	}
	if next != "" {
		out.Next = cursor("jobs", next)
	}
	return out, err
}

type jobInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) job(ctx context.Context, who sen.Principal, in *jobInput) (Job, error) {
	j, err := a.o.Desk.Job(ctx, who, in.ID)
	return showJob(j), err
}

type addJobInput struct {
	Body struct {
		Kind    string `json:"kind" enum:"sync,verify"`
		Dataset string `json:"dataset" maxLength:"200" example:"civil-status.birth"`
	}
}

func (a *API) addJob(ctx context.Context, who sen.Principal, in *addJobInput) (Job, error) {
	one, err := a.dataset(who, in.Body.Dataset)
	if err != nil {
		return Job{}, err
	}
	j, err := a.o.Desk.Ask(ctx, who, in.Body.Kind, one)
	return showJob(j), err
}

type pauseInput struct {
	DatasetInput
	Body struct {
		Paused bool `json:"paused"`
	}
}

func (a *API) pause(ctx context.Context, who sen.Principal, in *pauseInput) (Supply, error) {
	one, err := a.dataset(who, in.Dataset)
	if err != nil {
		return Supply{}, err
	}
	if err := a.o.Desk.Pause(ctx, who, one, in.Body.Paused); err != nil {
		return Supply{}, standing(ctx, err) // it is the dataset that has no server
	}
	s, err := a.o.Desk.Supply(ctx, one)
	return showSupply(s), err
}

// How a stream goes: see registerEvents.
const (
	gather      = 300 * time.Millisecond
	alive       = 15 * time.Second
	longest     = 5 * time.Minute
	mostWatched = 50
)

// registerEvents adds the stream of jobs: first those of now, then each that has
// changed, as an event job whose data are a Job (HTML Standard, section 9.2). What
// changes within a moment is gathered. The stream ends after some minutes, so
// that whose token has ended is no longer told; the reader then asks again.
func (a *API) registerEvents(r route) {
	o := a.operation(r)
	o.Responses["200"] = &huma.Response{Description: "Events `job`, each with a Job as its data.", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	delete(o.Responses, "304")
	huma.Register(a.huma, o, func(context.Context, *struct {
		For int `query:"seconds" minimum:"0" maximum:"300" default:"300" doc:"how long at most"`
	}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: a.watch}, nil
	})
}

func (a *API) watch(ctx huma.Context) {
	_, w := humago.Unwrap(ctx)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the request is read; its connection stays
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	told := map[string]string{}
	length := longest
	if d, err := time.ParseDuration(ctx.Query("seconds") + "s"); err == nil {
		length = min(d, longest)
	}
	end := time.After(length)
	for {
		changed := a.o.Desk.JobsChanged()
		if err := a.tell(ctx.Context(), w, told); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-changed:
			time.Sleep(gather)
		case <-time.After(alive):
		case <-end:
			return
		case <-ctx.Context().Done():
			return
		case <-a.o.Desk.Stopping():
			return
		}
	}
}

// tell writes the jobs that are not as they were told.
func (a *API) tell(ctx context.Context, w http.ResponseWriter, told map[string]string) error {
	found, _, err := a.o.Desk.Jobs(ctx, who(ctx), "", mostWatched)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
		return err
	}
	for i := len(found) - 1; i >= 0; i-- {
		b, err := json.Marshal(showJob(found[i]))
		if err != nil {
			return err
		}
		if told[found[i].ID] == string(b) {
			continue
		}
		told[found[i].ID] = string(b)
		if _, err := fmt.Fprintf(w, "event: job\nid: %s\ndata: %s\n\n", found[i].ID, b); err != nil {
			return err
		}
	}
	return nil
}
