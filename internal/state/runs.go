package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/sen-hub/sen"
)

// RunState says how far a run has come.
type RunState string

// A run goes extracting → committing → certified; it leaves this way as
// failed, or as superseded by a run that starts again.
const (
	Extracting RunState = "extracting"
	Committing RunState = "committing"
	Certified  RunState = "certified"
	Failed     RunState = "failed"
	Superseded RunState = "superseded"
)

var follows = map[RunState][]RunState{
	Extracting: {Committing, Failed, Superseded},
	Committing: {Certified, Failed, Superseded},
}

// NewRun is what is known of a run when it begins.
type NewRun struct {
	Dataset   sen.Dataset
	Contract  sen.Digest      // of the contract's bytes and the compiled plan
	Position  json.RawMessage // the source's position; may come later, by SetPosition
	Program   string          // version of Sen
	Engine    string          // version of the SQL engine
	Principal string          // who started it
}

// Run is one sync of one dataset.
type Run struct {
	ID        string          `json:"id"`
	Dataset   sen.Dataset     `json:"dataset"`
	Sequence  int64           `json:"sequence"` // 1, 2, 3… per dataset: `_position` in the lake
	State     RunState        `json:"state"`
	Started   time.Time       `json:"started"`
	Finished  time.Time       `json:"finished,omitzero"`
	Contract  sen.Digest      `json:"contract"`
	Position  json.RawMessage `json:"position,omitempty"`
	Error     string          `json:"error,omitempty"`
	Program   string          `json:"program"`
	Engine    string          `json:"engine"`
	Principal string          `json:"principal"`
}

// Unfinished reports whether the run can still go on.
func (r Run) Unfinished() bool { return r.State == Extracting || r.State == Committing }

const (
	runColumns = `id, dataset, sequence, state, started, finished, contract, position, error, program, engine, principal`

	insertRun = `
INSERT INTO run (` + runColumns + `)
SELECT $1, $2, coalesce(max(sequence), 0) + 1, 'extracting', $3, '', $4, $5, '', $6, $7, $8
FROM run WHERE dataset = $2`

	runByID         = `SELECT ` + runColumns + ` FROM run WHERE id = $1`
	runUnfinished   = `SELECT ` + runColumns + ` FROM run WHERE dataset = $1 AND state IN ('extracting', 'committing')`
	latestCertified = `SELECT ` + runColumns + ` FROM run WHERE dataset = $1 AND state = 'certified' ORDER BY sequence DESC LIMIT 1`
	runsOfDataset   = `SELECT ` + runColumns + ` FROM run WHERE dataset = $1 ORDER BY sequence DESC LIMIT $2`
	runsBefore      = `SELECT ` + runColumns + ` FROM run WHERE dataset = $1 AND ($2 = 0 OR sequence < $2) ORDER BY sequence DESC LIMIT $3`
	runDatasets     = `SELECT DISTINCT dataset FROM run ORDER BY dataset`

	updateRunState = `UPDATE run SET state = $2, error = $3, finished = $4 WHERE id = $1`
	updatePosition = `UPDATE run SET position = $2 WHERE id = $1 AND state IN ('extracting', 'committing')`
	updateError    = `UPDATE run SET error = $2 WHERE id = $1 AND state IN ('extracting', 'committing')`
)

// BeginRun starts a run in state extracting, with the dataset's next sequence.
// It is Exists while another run of the dataset is unfinished: resume that
// one, or supersede it first.
func (s *State) BeginRun(ctx context.Context, n NewRun) (Run, error) {
	const what = "begin a run"
	at := s.now()
	id := NewID(at)
	var run Run
	err := s.write(ctx, what, func(tx *sql.Tx) error {
		open, found, err := oneRun(ctx, tx, what, runUnfinished, n.Dataset)
		if err != nil {
			return err
		}
		if found {
			return sen.Errorf(sen.Exists, "run %s, begun %s, is still %s", open.ID, stamp(open.Started), open.State).
				At("%s", n.Dataset).WithHint("`sen sync %s` goes on with it", n.Dataset)
		}
		_, err = tx.ExecContext(ctx, insertRun, id, n.Dataset, stamp(at), n.Contract.String(), string(n.Position), n.Program, n.Engine, n.Principal)
		if err != nil {
			return err
		}
		run, _, err = oneRun(ctx, tx, what, runByID, id)
		return err
	})
	return run, err
}

// Run is the run with that id, or NotFound.
func (s *State) Run(ctx context.Context, id string) (Run, error) {
	run, found, err := oneRun(ctx, s.db, "read a run", runByID, id)
	if err == nil && !found {
		err = sen.Errorf(sen.NotFound, "there is no run %s", id)
	}
	return run, err
}

// UnfinishedRun is the dataset's run that can go on, if there is one.
func (s *State) UnfinishedRun(ctx context.Context, dataset sen.Dataset) (Run, bool, error) {
	return oneRun(ctx, s.db, "read the unfinished run", runUnfinished, dataset)
}

// LatestCertified is the dataset's newest certified run, if there is one.
func (s *State) LatestCertified(ctx context.Context, dataset sen.Dataset) (Run, bool, error) {
	return oneRun(ctx, s.db, "read the latest run", latestCertified, dataset)
}

// Runs are the dataset's newest runs of any state, newest first.
func (s *State) Runs(ctx context.Context, dataset sen.Dataset, limit int) ([]Run, error) {
	return rows(ctx, s.db, "read runs", scanRun, runsOfDataset, dataset, limit)
}

// RunsBefore are the dataset's runs of a lower sequence, newest first; before 0
// begins with the newest.
func (s *State) RunsBefore(ctx context.Context, dataset sen.Dataset, before int64, limit int) ([]Run, error) {
	return rows(ctx, s.db, "read runs", scanRun, runsBefore, dataset, before, limit)
}

// Datasets are all that ever had a run, sorted.
func (s *State) Datasets(ctx context.Context) ([]sen.Dataset, error) {
	return rows(ctx, s.db, "read datasets", func(r scanner) (d sen.Dataset, err error) {
		return d, r.Scan(&d)
	}, runDatasets)
}

// SetRunState moves a run on; reason is kept as its error text. Moving it to
// where it is changes nothing, so that a step may be done again after a kill.
// Only Certify makes a run certified.
func (s *State) SetRunState(ctx context.Context, id string, to RunState, reason string) error {
	if to == Certified {
		return sen.Errorf(sen.Internal, "run %s: a run becomes certified by its certificate alone", id)
	}
	return s.write(ctx, "move a run on", func(tx *sql.Tx) error {
		return moveRun(ctx, tx, id, to, reason, s.now())
	})
}

// SetPosition keeps the source's position of an unfinished run: for files the
// digest of their bytes is known only when they are read.
func (s *State) SetPosition(ctx context.Context, id string, position json.RawMessage) error {
	return s.updateUnfinished(ctx, "keep a run's position", updatePosition, id, string(position))
}

// NoteError keeps why an unfinished run stopped; it can go on all the same.
func (s *State) NoteError(ctx context.Context, id, reason string) error {
	return s.updateUnfinished(ctx, "keep a run's error", updateError, id, reason)
}

func (s *State) updateUnfinished(ctx context.Context, what, statement, id, value string) error {
	return s.write(ctx, what, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, statement, id, value)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return sen.Errorf(sen.Internal, "%s: run %s is not unfinished", what, id)
	})
}

func moveRun(ctx context.Context, tx *sql.Tx, id string, to RunState, reason string, at time.Time) error {
	run, found, err := oneRun(ctx, tx, "move a run on", runByID, id)
	switch {
	case err != nil:
		return err
	case !found:
		return sen.Errorf(sen.NotFound, "there is no run %s", id)
	case run.State == to:
		return nil
	case !slices.Contains(follows[run.State], to):
		return sen.Errorf(sen.Internal, "run %s is %s and cannot become %s", id, run.State, to).At("%s", run.Dataset)
	}
	finished := ""
	if to != Committing {
		finished = stamp(at)
	}
	_, err = tx.ExecContext(ctx, updateRunState, id, to, reason, finished)
	return err
}

func oneRun(ctx context.Context, q querier, what, query string, args ...any) (Run, bool, error) {
	run, err := scanRun(q.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, false, nil
	}
	return run, err == nil, classify(what, err)
}

func scanRun(r scanner) (Run, error) {
	var run Run
	var started, finished, contract, position string
	err := r.Scan(&run.ID, &run.Dataset, &run.Sequence, &run.State, &started, &finished,
		&contract, &position, &run.Error, &run.Program, &run.Engine, &run.Principal)
	if err != nil {
		return Run{}, err
	}
	run.Position = rawJSON(position)
	if err := run.Contract.UnmarshalText([]byte(contract)); err != nil {
		return Run{}, corrupt("read a run", err)
	}
	if run.Started, err = unstamp(started); err != nil {
		return Run{}, err
	}
	run.Finished, err = unstamp(finished)
	return run, err
}

// rawJSON keeps absence absent: "" is not JSON.
func rawJSON(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}
