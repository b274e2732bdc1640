package state

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Decision is what people decided of two records. The records stand for
// themselves, not for the things that they were part of on that day, so that
// the decision holds when everything is linked anew; what the words mean is for
// package decision to say.
type Decision struct {
	Number  int64           `json:"number"`
	Entity  string          `json:"entity"`
	Verdict string          `json:"verdict"`
	State   string          `json:"state"`
	A       DecisionSide    `json:"a"`
	B       DecisionSide    `json:"b"`
	History []DecisionEvent `json:"history"` // oldest first
}

// DecisionSide is a record that a decision is about.
type DecisionSide struct {
	Dataset string `json:"dataset"`       // or dataset/part
	Record  int64  `json:"record,string"` // the record's _key
	Thing   int64  `json:"thing,string"`  // what it was part of when the decision was made; 0: of nothing
}

// DecisionEvent is one thing that happened to a decision. It is never changed
// and never removed.
type DecisionEvent struct {
	Number    int64     `json:"-"`
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	Principal string    `json:"principal,omitempty"`
	Note      string    `json:"note,omitempty"`
	Thing     int64     `json:"thing,string,omitempty"` // of applied: what the records are part of since
}

const (
	allDecisions = `
SELECT number, entity, verdict, state, a_dataset, a_record, a_thing, b_dataset, b_record, b_thing
FROM decision ORDER BY number`
	allDecisionEvents = `SELECT number, at, what, principal, note, thing FROM decision_event ORDER BY number, ordinal`

	putDecision = `
INSERT INTO decision (number, entity, verdict, state, a_dataset, a_record, a_thing, b_dataset, b_record, b_thing)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (number) DO UPDATE SET state = excluded.state`
	addDecisionEvent = `
INSERT INTO decision_event (number, ordinal, at, what, principal, note, thing)
SELECT $1, coalesce(max(ordinal), 0) + 1, $2, $3, $4, $5, $6 FROM decision_event WHERE number = $1`
)

// Decisions are all, by number, with their history.
func (s *State) Decisions(ctx context.Context) ([]Decision, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // both tables as of one moment
	if err != nil {
		return nil, classify("read decisions", err)
	}
	defer func() { _ = tx.Rollback() }()
	return readDecisions(ctx, tx)
}

// ChangeDecisions gives change all decisions, and keeps those that it returns,
// new and changed, with what happened to them: all or, after an error, nothing.
// Of a decision that is there already its state alone can change. Nobody else
// changes decisions meanwhile.
func (s *State) ChangeDecisions(ctx context.Context, change func(all []Decision) ([]Decision, []DecisionEvent, error)) error {
	return s.write(ctx, "change decisions", func(tx *sql.Tx) error {
		all, err := readDecisions(ctx, tx)
		if err != nil {
			return err
		}
		changed, events, err := change(all)
		if err != nil {
			return err
		}
		for _, d := range changed {
			if _, err := tx.ExecContext(ctx, putDecision, d.Number, d.Entity, d.Verdict, d.State,
				d.A.Dataset, d.A.Record, d.A.Thing, d.B.Dataset, d.B.Record, d.B.Thing); err != nil {
				return err
			}
		}
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, addDecisionEvent, e.Number, stamp(e.At), e.What, e.Principal, e.Note, e.Thing); err != nil {
				return err
			}
		}
		return nil
	})
}

func readDecisions(ctx context.Context, q querier) ([]Decision, error) {
	all, err := rows(ctx, q, "read decisions", func(r scanner) (d Decision, err error) {
		return d, r.Scan(&d.Number, &d.Entity, &d.Verdict, &d.State, &d.A.Dataset, &d.A.Record, &d.A.Thing, &d.B.Dataset, &d.B.Record, &d.B.Thing)
	}, allDecisions)
	if err != nil {
		return nil, err
	}
	events, err := rows(ctx, q, "read the history of decisions", func(r scanner) (e DecisionEvent, err error) {
		var at string
		if err := r.Scan(&e.Number, &at, &e.What, &e.Principal, &e.Note, &e.Thing); err != nil {
			return e, err
		}
		e.At, err = unstamp(at)
		return e, err
	}, allDecisionEvents)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		i, _ := slices.BinarySearchFunc(all, e.Number, func(d Decision, n int64) int { return cmp.Compare(d.Number, n) })
		all[i].History = append(all[i].History, e) // an event refers to its decision
	}
	return all, nil
}
