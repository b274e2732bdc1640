// Package correction keeps the cases that put data right at their source: one
// for each cause for which rows of a dataset are wrong, at the agency that owns
// the datum, with a deadline, the agency's reply, and an end that the data
// themselves bring. What comes in are findings, as a sync leaves them, and
// replies; what goes out are cases with their history. It reads no row and keeps
// no value: the rows of a case are read through the door when somebody asks.
package correction

import (
	"context"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Kinds of cases.
const (
	Violation    = "violation"    // rows break a rule
	Disagreement = "disagreement" // another dataset, which is the authority, says otherwise
	Missing      = "missing"      // records that others refer to are not there
)

// States of a case.
const (
	Open     = "open"     // the agency has not replied
	Accepted = "accepted" // it will mend it
	Rejected = "rejected" // it says that its data are right, and why; a steward decides
	Closed   = "closed"   // the data are right now
)

// What happens to a case.
const (
	Opened    = "opened"
	Grew      = "changed" // other rows, or another number of them
	Settled   = "closed"
	CameBack  = "reopened"
	Escalated = "escalated"
	Accepts   = "accept"
	Rejects   = "reject"
	HandsOver = "hand-over"
	MoreTime  = "more-time"
	Insists   = "insist" // the steward, after a rejection
)

// Finding is one cause for which rows of a dataset are wrong.
type Finding struct {
	Owner    string // the agency whose datum it is
	Dataset  sen.Dataset
	Kind     string
	Rule     string
	Column   string
	Severity string // error, warning, info
	Rows     int64
	Of       int64
	Unknown  bool // nobody could look: a case of it stays as it is, and none is opened
}

// cause is what tells cases apart: one cause is one case.
type cause struct {
	dataset            sen.Dataset
	kind, rule, column string
}

// Deadlines are calendar days from the day on which a case is opened.
type Deadlines struct {
	Error int // where rows are held back
	Else  int
}

func (d Deadlines) days(severity string) int {
	if severity == "error" {
		return d.Error
	}
	return d.Else
}

// Cases keeps cases in the hub's state.
type Cases struct {
	State     *state.State
	Deadlines Deadlines
	Zone      *time.Location // whose days count
}

// Changes is what an update did.
type Changes struct {
	Opened    int `json:"opened"`
	Closed    int `json:"closed"`
	Reopened  int `json:"reopened"`
	Escalated int `json:"escalated"`
	Open      int `json:"open"`    // all that are not closed now
	Overdue   int `json:"overdue"` // of them
}

// Update holds the cases of datasets against what was found in them: what is
// new is opened, what is gone is closed, what comes back is the same case
// again. Cases beyond their deadline rise a level, and another every week.
// Datasets that are not named keep their cases. The same findings again change
// nothing.
func (c Cases) Update(ctx context.Context, at time.Time, datasets []sen.Dataset, found []Finding) (Changes, error) {
	var out Changes
	err := c.State.ChangeCases(ctx, func(all []state.Case) ([]state.Case, []state.CaseEvent, error) {
		u := update{Cases: c, at: at.UTC(), found: map[cause]Finding{}}
		for _, f := range found {
			u.found[cause{f.Dataset, f.Kind, f.Rule, f.Column}] = f
		}
		for i := range all {
			u.hold(&all[i], slices.Contains(datasets, all[i].Dataset))
		}
		u.open(found, int64(len(all)))
		u.count(all)
		out = u.changes
		return u.changed, u.events, nil
	})
	return out, err
}

// update is one Update.
type update struct {
	Cases
	at      time.Time
	found   map[cause]Finding // that no case stands for yet
	changed []state.Case
	events  []state.CaseEvent
	changes Changes
}

// hold holds a case against what was found.
func (u *update) hold(c *state.Case, looked bool) {
	key := cause{c.Dataset, c.Kind, c.Rule, c.Column}
	f, still := u.found[key]
	delete(u.found, key)
	before := *c
	switch {
	case !looked, f.Unknown:
	case !still && c.State != Closed:
		c.State, c.Rows, c.Changed = Closed, 0, u.at
		u.happened(c, Settled)
		u.changes.Closed++
	case still && c.State == Closed:
		c.State, c.Level, c.Reopened = Open, 0, c.Reopened+1
		c.Rows, c.Of, c.Severity, c.Changed, c.Due = f.Rows, f.Of, f.Severity, u.at, u.due(f.Severity)
		u.happened(c, CameBack)
		u.changes.Reopened++
	case still && (c.Rows != f.Rows || c.Of != f.Of || c.Severity != f.Severity):
		c.Rows, c.Of, c.Severity, c.Changed = f.Rows, f.Of, f.Severity, u.at
		u.happened(c, Grew)
	}
	if level := u.level(c); level > c.Level {
		c.Level, c.Changed = level, u.at
		u.happened(c, Escalated)
		u.changes.Escalated++
	}
	if *c != before {
		u.changed = append(u.changed, *c)
	}
}

// open opens cases for what no case stands for, in the order of the findings.
func (u *update) open(found []Finding, last int64) {
	for _, f := range found {
		key := cause{f.Dataset, f.Kind, f.Rule, f.Column}
		if _, waits := u.found[key]; !waits {
			continue
		}
		delete(u.found, key)
		if f.Unknown {
			continue
		}
		last++
		c := state.Case{Number: last, Owner: f.Owner, Dataset: f.Dataset, Kind: f.Kind, Rule: f.Rule, Column: f.Column, Severity: f.Severity,
			State: Open, Rows: f.Rows, Of: f.Of, Opened: u.at, Changed: u.at, Due: u.due(f.Severity)}
		u.changed = append(u.changed, c)
		u.happened(&c, Opened)
		u.changes.Opened++
		u.changes.Open++
	}
}

func (u *update) happened(c *state.Case, what string) {
	u.events = append(u.events, state.CaseEvent{Number: c.Number, At: u.at, What: what, Rows: c.Rows})
}

func (u *update) count(all []state.Case) {
	for _, c := range all {
		if c.State != Closed {
			u.changes.Open++
			if u.Overdue(c, u.at) > 0 {
				u.changes.Overdue++
			}
		}
	}
}

// due is the last day for a case that is opened now.
func (u *update) due(severity string) time.Time {
	return u.day(u.at).AddDate(0, 0, u.Deadlines.days(severity))
}

// day is the day of a time, in the hub's zone, at midnight UTC.
func (c Cases) day(at time.Time) time.Time {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Overdue is how many calendar days a case is beyond its deadline; 0 where it
// is not, or nothing is waited for: a rejected case waits for a steward.
func (c Cases) Overdue(one state.Case, at time.Time) int {
	if one.State != Open && one.State != Accepted {
		return 0
	}
	return max(0, int(c.day(at).Sub(one.Due).Hours()/24))
}

// level is how far a case has risen: 1 from the first day beyond its deadline,
// and one more every week. A clock that goes back takes nothing back.
func (u *update) level(c *state.Case) int {
	late := u.Overdue(*c, u.at)
	if late == 0 {
		return c.Level
	}
	return 1 + (late-1)/7
}
