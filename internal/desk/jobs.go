package desk

import (
	"context"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

// Job is a job, and how far it has come where it is under way.
type Job struct {
	state.Job
	Progress *job.Progress `json:"progress,omitempty"`
}

// Share is how much of its source a job has read, from 0 to 1; false where that
// is not known.
func (j Job) Share() (float64, bool) {
	if j.Progress == nil || j.Progress.TotalBytes <= 0 {
		return 0, false
	}
	return min(1, float64(j.Progress.Bytes)/float64(j.Progress.TotalBytes)), true
}

// Jobs are the newest jobs that are for a principal, the newest first and at most
// limit: those behind the job after, where it is not empty. next is what the
// following ones are behind; "" at the end.
func (d *Desk) Jobs(ctx context.Context, who sen.Principal, after string, limit int) (page []Job, next string, err error) {
	for len(page) < limit {
		all, err := d.o.State.Jobs(ctx, after, limit)
		if err != nil {
			return nil, "", err
		}
		for i, j := range all {
			after = j.ID
			if !access.Sees(who, j.Dataset) {
				continue
			}
			page = append(page, d.underWay(j))
			if len(page) == limit {
				if i == len(all)-1 && len(all) < limit {
					return page, "", nil
				}
				return page, after, nil
			}
		}
		if len(all) < limit {
			return page, "", nil
		}
	}
	return page, after, nil
}

// JobsOf are a dataset's newest jobs, the newest first.
func (d *Desk) JobsOf(ctx context.Context, dataset sen.Dataset, limit int) ([]Job, error) {
	all, err := d.o.State.JobsOf(ctx, dataset, limit)
	out := make([]Job, len(all))
	for i, j := range all {
		out[i] = d.underWay(j)
	}
	return out, err
}

// Job is one job; NotFound where it is not for this principal.
func (d *Desk) Job(ctx context.Context, who sen.Principal, id string) (Job, error) {
	j, err := d.o.State.Job(ctx, id)
	if err == nil && !access.Sees(who, j.Dataset) {
		err = sen.Errorf(sen.NotFound, "there is no such job").InVietnamese("không có việc này", "")
	}
	return d.underWay(j), err
}

func (d *Desk) underWay(j state.Job) Job {
	out := Job{Job: j}
	if d.o.Jobs == nil || j.State != state.JobRunning {
		return out
	}
	if p, ok := d.o.Jobs.ProgressOf(j); ok {
		out.Progress = &p
	}
	return out
}

// Ask asks for a job of a dataset. Where one of its kind waits already, it is
// that one.
func (d *Desk) Ask(ctx context.Context, who sen.Principal, kind string, one contract.Dataset) (Job, error) {
	switch {
	case d.o.Jobs == nil:
		return Job{}, sen.Errorf(sen.Unavailable, "nobody does jobs here")
	case kind != job.Sync && kind != job.Verify:
		return Job{}, sen.Errorf(sen.Invalid, "there is no job %q of a dataset", kind).WithHint("sync or verify")
	case one.StateSecret():
		return Job{}, sen.Errorf(sen.Denied, "the dataset is a state secret: it is not read").InVietnamese("bộ dữ liệu là bí mật nhà nước: không đọc", "")
	}
	j, err := d.o.Jobs.Add(ctx, kind, one.Name, who)
	return d.underWay(j), err
}

// JobsChanged is closed when a job has changed or come further.
func (d *Desk) JobsChanged() <-chan struct{} { return d.o.Jobs.Changed() }

// Stopping is closed when the hub stops: who is told of progress is let go.
func (d *Desk) Stopping() <-chan struct{} { return d.o.Jobs.Stopping() }

// Supply is how a dataset's source is read.
type Supply struct {
	Server   string          `json:"server,omitempty"`
	Live     bool            `json:"live"`               // in use while it is read
	Schedule string          `json:"schedule,omitempty"` // the contract's line
	Next     time.Time       `json:"next,omitzero"`      // when it is due
	Budget   *Budget         `json:"budget,omitempty"`   // of a live server
	Held     *state.Throttle `json:"held_back,omitempty"`
}

// Budget is what reading may cost a server, as its contract says.
type Budget struct {
	Connections int           `json:"connections"`
	Rate        int64         `json:"bytes_per_second,omitempty"` // 0: without bound
	Statement   time.Duration `json:"-"`
	Windows     []string      `json:"windows,omitempty"` // none: always
}

// Supply says how a dataset's source is read, now and next.
func (d *Desk) Supply(ctx context.Context, one contract.Dataset) (s Supply, err error) {
	if d.o.Jobs != nil {
		if planned, ok := d.o.Jobs.Planned(one.Name); ok {
			s.Schedule = planned.Line
		}
	}
	all, err := d.o.State.Schedules(ctx)
	if err != nil {
		return s, err
	}
	if i := slices.IndexFunc(all, func(p state.Schedule) bool { return p.Dataset == one.Name }); i >= 0 {
		s.Next = all[i].Next
	}
	if one.Server != nil {
		s.Server = one.Server.Name
	}
	server, err := d.server(one)
	if err != nil {
		return s, nil //nolint:nilerr // what stands in the way is told by System
	}
	s.Live = true
	b := server.Budget.WithDefaults()
	s.Budget = &Budget{Connections: b.Connections, Rate: b.Rate, Statement: b.Statement}
	for _, w := range b.Windows {
		s.Budget.Windows = append(s.Budget.Windows, w.String())
	}
	held, err := d.o.State.Throttles(ctx)
	if i := slices.IndexFunc(held, func(h state.Throttle) bool { return h.Address == server.Address() }); i >= 0 {
		s.Held = &held[i]
	}
	return s, err
}

// server is the live server that a dataset lies on.
func (d *Desk) server(one contract.Dataset) (live.Server, error) {
	if !live.Reads(one.Server) {
		return live.Server{}, sen.Errorf(sen.Invalid, "the dataset is read from files: nothing is to be paused").InVietnamese("bộ dữ liệu này đọc từ tệp: không có gì để tạm dừng", "")
	}
	return live.FromContract(one.Contract.File, d.o.Dir, one.Server)
}

// Pause stops the reading of a dataset's server, or lets it go on: for all
// datasets that lie there.
func (d *Desk) Pause(ctx context.Context, who sen.Principal, one contract.Dataset, paused bool) error {
	server, err := d.server(one)
	if err != nil {
		return err
	}
	_, err = HoldBack(ctx, d.o.State, server, who, d.o.Now(), func(was state.Throttle) state.Throttle {
		was.Paused = paused
		return was
	})
	return err
}

// HoldBack changes how a server is held back, and gives what stands now.
func HoldBack(ctx context.Context, s *state.State, server live.Server, who sen.Principal, at time.Time, change func(state.Throttle) state.Throttle) (state.Throttle, error) {
	stand, err := s.Throttles(ctx)
	if err != nil {
		return state.Throttle{}, err
	}
	was := state.Throttle{Address: server.Address()}
	if i := slices.IndexFunc(stand, func(h state.Throttle) bool { return h.Address == was.Address }); i >= 0 {
		was = stand[i]
	}
	now := change(was)
	now.Since, now.Principal = at, who.ID
	return now, s.SetThrottle(ctx, now)
}

// contractOf is the setting that keeps a dataset's contract as it was when the
// dataset was last certified.
func contractOf(dataset sen.Dataset) string { return "contract " + string(dataset) }

// KeepContract keeps the contract by which a dataset has been certified.
func KeepContract(ctx context.Context, s *state.State, one contract.Dataset) error {
	return s.PutSetting(ctx, contractOf(one.Name), one.Contract.Text)
}

// ContractChanges is how a dataset's contract differs from the one by which it
// was last certified; false where that one was not kept.
func (d *Desk) ContractChanges(ctx context.Context, one contract.Dataset) ([]contract.Change, bool, error) {
	text, err := d.o.State.Setting(ctx, contractOf(one.Name))
	if sen.KindOf(err) == sen.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	before, problems := contract.Parse(one.Contract.File, []byte(text), contract.Options{})
	if before == nil {
		return nil, false, sen.Errorf(sen.Corrupt, "the contract that was kept cannot be read: %d errors", len(problems.Errors()))
	}
	return contract.Diff(before, one.Contract), true, nil
}
