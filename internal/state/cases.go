package state

import (
	"context"
	"database/sql"
	"time"

	"github.com/sen-hub/sen"
)

// Case is one cause for which rows are wrong, and where its correction stands;
// what the words mean is for package correction to say.
type Case struct {
	Number   int64       `json:"number"`
	Owner    string      `json:"owner"` // the agency whose turn it is
	Dataset  sen.Dataset `json:"dataset"`
	Kind     string      `json:"kind"`
	Rule     string      `json:"rule"`
	Column   string      `json:"column,omitempty"`
	Severity string      `json:"severity"`
	State    string      `json:"state"`
	Rows     int64       `json:"rows"`
	Of       int64       `json:"of"`
	Opened   time.Time   `json:"opened"`
	Changed  time.Time   `json:"changed"`
	Due      time.Time   `json:"due"`   // the last day
	Level    int         `json:"level"` // of escalation
	Reopened int         `json:"reopened"`
}

// CaseEvent is one thing that happened to a case. It is never changed.
type CaseEvent struct {
	Number    int64     `json:"-"`
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	Principal string    `json:"principal,omitempty"`
	Note      string    `json:"note,omitempty"`
	Rows      int64     `json:"rows"`
}

const (
	allCases = `
SELECT number, owner, dataset, kind, rule, col, severity, state, rows, total, opened, changed, due, level, reopened
FROM correction_case ORDER BY number`
	putCase = `
INSERT INTO correction_case (number, owner, dataset, kind, rule, col, severity, state, rows, total, opened, changed, due, level, reopened)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (number) DO UPDATE SET owner = excluded.owner, severity = excluded.severity, state = excluded.state, rows = excluded.rows,
  total = excluded.total, changed = excluded.changed, due = excluded.due, level = excluded.level, reopened = excluded.reopened`
	addEvent = `
INSERT INTO correction_event (number, ordinal, at, what, principal, note, rows)
SELECT $1, coalesce(max(ordinal), 0) + 1, $2, $3, $4, $5, $6 FROM correction_event WHERE number = $1`
	eventsOf = `SELECT at, what, principal, note, rows FROM correction_event WHERE number = $1 ORDER BY ordinal`
)

// Cases are all, by number.
func (s *State) Cases(ctx context.Context) ([]Case, error) {
	return rows(ctx, s.db, "read cases", scanCase, allCases)
}

// CaseEvents is the history of a case.
func (s *State) CaseEvents(ctx context.Context, number int64) ([]CaseEvent, error) {
	return rows(ctx, s.db, "read the history of a case", func(r scanner) (e CaseEvent, err error) {
		var at string
		if err := r.Scan(&at, &e.What, &e.Principal, &e.Note, &e.Rows); err != nil {
			return e, err
		}
		e.Number = number
		e.At, err = unstamp(at)
		return e, err
	}, eventsOf, number)
}

// ChangeCases gives change all cases, and keeps those that it returns, new and
// changed, with what happened to them: all or, after an error, nothing. Nobody
// else changes cases meanwhile.
func (s *State) ChangeCases(ctx context.Context, change func(all []Case) ([]Case, []CaseEvent, error)) error {
	return s.write(ctx, "change cases", func(tx *sql.Tx) error {
		all, err := rows(ctx, tx, "read cases", scanCase, allCases)
		if err != nil {
			return err
		}
		changed, events, err := change(all)
		if err != nil {
			return err
		}
		for _, c := range changed {
			if _, err := tx.ExecContext(ctx, putCase, c.Number, c.Owner, c.Dataset, c.Kind, c.Rule, c.Column, c.Severity, c.State, c.Rows, c.Of,
				stamp(c.Opened), stamp(c.Changed), stamp(c.Due), c.Level, c.Reopened); err != nil {
				return err
			}
		}
		for _, e := range events {
			if _, err := tx.ExecContext(ctx, addEvent, e.Number, stamp(e.At), e.What, e.Principal, e.Note, e.Rows); err != nil {
				return err
			}
		}
		return nil
	})
}

func scanCase(r scanner) (c Case, err error) {
	var opened, changed, due string
	if err := r.Scan(&c.Number, &c.Owner, &c.Dataset, &c.Kind, &c.Rule, &c.Column, &c.Severity, &c.State, &c.Rows, &c.Of,
		&opened, &changed, &due, &c.Level, &c.Reopened); err != nil {
		return c, err
	}
	if c.Opened, err = unstamp(opened); err != nil {
		return c, err
	}
	if c.Changed, err = unstamp(changed); err != nil {
		return c, err
	}
	c.Due, err = unstamp(due)
	return c, err
}
