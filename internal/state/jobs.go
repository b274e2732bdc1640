package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/sen-hub/sen"
)

// JobState says where a job stands.
type JobState string

// A job goes waiting → running → done or failed; one that is to be tried again,
// or whose program was stopped, waits once more.
const (
	JobWaiting JobState = "waiting"
	JobRunning JobState = "running"
	JobDone    JobState = "done"
	JobFailed  JobState = "failed"
)

// Task is what a job is asked for beyond its kind and dataset.
type Task struct {
	Datasets   []sen.Dataset `json:"datasets,omitempty"` // those of a job that is of several
	Force      bool          `json:"force,omitempty"`
	AcceptLoss bool          `json:"accept_loss,omitempty"`
}

// Job is one piece of work; what the kinds mean is for package job to say.
type Job struct {
	ID      string      `json:"id"`
	Kind    string      `json:"kind"`
	Dataset sen.Dataset `json:"dataset,omitempty"` // empty: of the task's datasets; where it has none, of the whole hub
	Task
	Principal string    `json:"principal"` // who asked for it
	State     JobState  `json:"state"`
	Created   time.Time `json:"created"`
	Due       time.Time `json:"due"` // not before
	Begun     time.Time `json:"begun,omitzero"`
	Finished  time.Time `json:"finished,omitzero"`
	Tries     int       `json:"tries"` // that have failed
	Holder    string    `json:"-"`     // the process that does it
	Expires   time.Time `json:"-"`     // until when the holder has it
	Error     string    `json:"error,omitempty"`
	Result    string    `json:"result,omitempty"` // what it brought, in a word
}

// Of are the datasets that a job is of: none where it is of the whole hub.
func (j Job) Of() []sen.Dataset {
	if j.Dataset != "" {
		return []sen.Dataset{j.Dataset}
	}
	return j.Datasets
}

// Schedule is when a dataset is read next.
type Schedule struct {
	Dataset sen.Dataset `json:"dataset"`
	Line    string      `json:"line"` // as the contract has it
	Next    time.Time   `json:"next"`
	Fired   time.Time   `json:"fired,omitzero"` // when it last was due, by the clock then
}

const (
	jobColumns = `id, kind, dataset, principal, state, created, due, begun, finished, tries, holder, expires, error, result, task`
	selectJobs = `SELECT ` + jobColumns + ` FROM job`

	insertJob = `INSERT INTO job (` + jobColumns + `) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, '', '', 0, '', '', '', '', $7)`
	jobByID   = selectJobs + ` WHERE id = $1`
	waitingOf = selectJobs + ` WHERE kind = $1 AND dataset = $2 AND task = $3 AND state = 'waiting'`
	hasten    = `UPDATE job SET due = $2 WHERE id = $1`
	openJobs  = selectJobs + ` WHERE state IN ('waiting', 'running') ORDER BY id`
	jobsAfter = selectJobs + ` WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2`
	jobsOf    = selectJobs + ` WHERE dataset = $1 OR instr(task, '"' || $1 || '"') > 0 ORDER BY id DESC LIMIT $2`
	updateJob = `
UPDATE job SET state = $2, due = $3, begun = $4, finished = $5, tries = $6, holder = $7, expires = $8, error = $9, result = $10 WHERE id = $1`
	renewJob   = `UPDATE job SET expires = $3 WHERE id = $1 AND holder = $2 AND state = 'running'`
	dropJobs   = `DELETE FROM job WHERE state IN ('done', 'failed') AND finished < $1`
	dropJob    = `DELETE FROM job WHERE id = $1`
	schedules  = `SELECT dataset, line, next, fired FROM schedule ORDER BY dataset`
	putPlanned = `
INSERT INTO schedule (dataset, line, next, fired) VALUES ($1, $2, $3, $4)
ON CONFLICT (dataset) DO UPDATE SET line = excluded.line, next = excluded.next, fired = excluded.fired`
	dropPlanned = `DELETE FROM schedule WHERE dataset = $1`
)

// Job is the job with that id, or NotFound.
func (s *State) Job(ctx context.Context, id string) (Job, error) {
	found, err := rows(ctx, s.db, "read a job", scanJob, jobByID, id)
	if err == nil && len(found) == 0 {
		err = sen.Errorf(sen.NotFound, "there is no such job").InVietnamese("không có việc này", "")
	}
	if err != nil {
		return Job{}, err
	}
	return found[0], nil
}

// Jobs are the newest jobs, the newest first: those behind after, where it is
// not empty.
func (s *State) Jobs(ctx context.Context, after string, limit int) ([]Job, error) {
	return rows(ctx, s.db, "read jobs", scanJob, jobsAfter, after, limit)
}

// JobsOf are a dataset's newest jobs, the newest first, with those that are of
// others too.
func (s *State) JobsOf(ctx context.Context, dataset sen.Dataset, limit int) ([]Job, error) {
	return rows(ctx, s.db, "read jobs", scanJob, jobsOf, dataset, limit)
}

// OpenJobs are those that wait or run, the oldest first.
func (s *State) OpenJobs(ctx context.Context) ([]Job, error) {
	return rows(ctx, s.db, "read jobs", scanJob, openJobs)
}

// AddJob adds a job that waits; where the same waits already it gives that one,
// which is then due no later.
func (s *State) AddJob(ctx context.Context, j Job) (kept Job, err error) {
	err = s.write(ctx, "add a job", func(tx *sql.Tx) error {
		kept, err = addJob(ctx, tx, j)
		return err
	})
	return kept, err
}

func addJob(ctx context.Context, tx *sql.Tx, j Job) (Job, error) {
	task, err := j.Task.text()
	if err != nil {
		return Job{}, err
	}
	waits, err := rows(ctx, tx, "read jobs", scanJob, waitingOf, j.Kind, j.Dataset, task)
	if err != nil {
		return Job{}, err
	}
	if len(waits) > 0 {
		kept := waits[0]
		if kept.Due.After(j.Due) {
			kept.Due = j.Due
			_, err = tx.ExecContext(ctx, hasten, kept.ID, stamp(kept.Due))
		}
		return kept, err
	}
	j.State = JobWaiting
	_, err = tx.ExecContext(ctx, insertJob, j.ID, j.Kind, j.Dataset, j.Principal, stamp(j.Created), stamp(j.Due), task)
	return j, err
}

// text is a task as the table has it: the same task is the same text.
func (t Task) text() (string, error) {
	if len(t.Datasets) == 0 && !t.Force && !t.AcceptLoss {
		return "", nil
	}
	b, err := json.Marshal(t)
	return string(b), err
}

// ChangeJobs gives change all that wait or run, the oldest first, and keeps
// those that it returns. Nobody else changes jobs meanwhile.
func (s *State) ChangeJobs(ctx context.Context, change func(open []Job) ([]Job, error)) error {
	return s.write(ctx, "change jobs", func(tx *sql.Tx) error {
		open, err := rows(ctx, tx, "read jobs", scanJob, openJobs)
		if err != nil {
			return err
		}
		changed, err := change(open)
		if err != nil {
			return err
		}
		for _, j := range changed {
			if err := putJob(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// putJob keeps a job as it is now. One that is to wait where another of its kind
// waits for the same dataset is that other.
func putJob(ctx context.Context, tx *sql.Tx, j Job) error {
	if j.State == JobWaiting {
		task, err := j.Task.text()
		if err != nil {
			return err
		}
		waits, err := rows(ctx, tx, "read jobs", scanJob, waitingOf, j.Kind, j.Dataset, task)
		if err != nil {
			return err
		}
		if len(waits) > 0 && waits[0].ID != j.ID {
			_, err := tx.ExecContext(ctx, dropJob, j.ID)
			return err
		}
	}
	_, err := tx.ExecContext(ctx, updateJob, j.ID, j.State, stamp(j.Due), stamp(j.Begun), stamp(j.Finished), j.Tries, j.Holder, stamp(j.Expires), j.Error, j.Result)
	return err
}

// RenewJob lengthens a holder's hold of a job that it does; false where the job
// is no longer its own.
func (s *State) RenewJob(ctx context.Context, id, holder string, until time.Time) (still bool, err error) {
	err = s.write(ctx, "renew the hold of a job", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, renewJob, id, holder, stamp(until))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		still = n == 1
		return err
	})
	return still, err
}

// DropJobs removes jobs that were finished before a time.
func (s *State) DropJobs(ctx context.Context, before time.Time) error {
	return s.write(ctx, "let go of old jobs", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, dropJobs, stamp(before))
		return err
	})
}

// Schedules are when datasets are read next.
func (s *State) Schedules(ctx context.Context) ([]Schedule, error) {
	return rows(ctx, s.db, "read schedules", scanSchedule, schedules)
}

// Plan gives plan what was planned, and keeps what it returns in its place,
// together with the jobs that have come due: a job is added exactly when its
// schedule has moved on.
func (s *State) Plan(ctx context.Context, plan func(was []Schedule) (now []Schedule, due []Job)) error {
	return s.write(ctx, "plan what is due", func(tx *sql.Tx) error {
		was, err := rows(ctx, tx, "read schedules", scanSchedule, schedules)
		if err != nil {
			return err
		}
		now, due := plan(was)
		kept := map[Schedule]bool{}
		named := map[sen.Dataset]bool{}
		for _, one := range was {
			kept[one] = true
		}
		for _, one := range now {
			named[one.Dataset] = true
			if kept[one] {
				continue
			}
			if _, err := tx.ExecContext(ctx, putPlanned, one.Dataset, one.Line, stamp(one.Next), stamp(one.Fired)); err != nil {
				return err
			}
		}
		for _, one := range was {
			if named[one.Dataset] {
				continue
			}
			if _, err := tx.ExecContext(ctx, dropPlanned, one.Dataset); err != nil {
				return err
			}
		}
		for _, j := range due {
			if _, err := addJob(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

func scanSchedule(r scanner) (one Schedule, err error) {
	var next, fired string
	if err := r.Scan(&one.Dataset, &one.Line, &next, &fired); err != nil {
		return one, err
	}
	if one.Next, err = unstamp(next); err != nil {
		return one, err
	}
	one.Fired, err = unstamp(fired)
	return one, err
}

func scanJob(r scanner) (j Job, err error) {
	var created, due, begun, finished, expires, task string
	if err := r.Scan(&j.ID, &j.Kind, &j.Dataset, &j.Principal, &j.State, &created, &due, &begun, &finished, &j.Tries, &j.Holder, &expires, &j.Error, &j.Result, &task); err != nil {
		return j, err
	}
	if task != "" {
		if err := json.Unmarshal([]byte(task), &j.Task); err != nil {
			return j, sen.Errorf(sen.Corrupt, "the task of job %s cannot be read: %w", j.ID, err)
		}
	}
	for _, t := range []struct {
		from string
		to   *time.Time
	}{{created, &j.Created}, {due, &j.Due}, {begun, &j.Begun}, {finished, &j.Finished}, {expires, &j.Expires}} {
		if *t.to, err = unstamp(t.from); err != nil {
			return j, err
		}
	}
	return j, nil
}
