package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Decision is a decision with its name.
type Decision struct {
	ID string `json:"id"`
	state.Decision
}

// Named gives a decision its name.
func Named(d state.Decision) Decision { return Decision{decision.Name(d.Number), d} }

// DecisionOf is a decision about an entity. The error is NotFound where there is
// none.
func (d *Desk) DecisionOf(ctx context.Context, entity string, number int64) (state.Decision, error) {
	return d.decisionOf(ctx, func(one state.Decision) bool { return one.Entity == entity && one.Number == number })
}

func (d *Desk) decisionOf(ctx context.Context, is func(state.Decision) bool) (state.Decision, error) {
	all, err := d.o.State.Decisions(ctx)
	if err != nil {
		return state.Decision{}, err
	}
	if at := slices.IndexFunc(all, is); at >= 0 {
		return all[at], nil
	}
	return state.Decision{}, sen.Errorf(sen.NotFound, "there is no such decision").WithHint("`sen decisions` lists them").InVietnamese("không có quyết định này", "")
}

// Stood is from when to when the golden records can have been made by a
// decision: the end is zero while they are.
func Stood(d state.Decision) (since, until time.Time, is bool) {
	for _, e := range d.History {
		switch e.What {
		case decision.Confirmed:
			since, is = e.At, true
		case decision.Undone:
			until = e.At
		}
	}
	return since, until, is
}

// ThingsOf are the identifiers under which the records of a decision stood.
func ThingsOf(d state.Decision) []int64 {
	out := []int64{d.A.Thing, d.B.Thing}
	for _, e := range d.History {
		if e.What == decision.Applied {
			out = append(out, e.Thing)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(id int64) bool { return id == 0 })
}

// Uses are the entries of the journal that used some golden records, but those
// of one request.
func (d *Desk) Uses(ctx context.Context, entity string, things []int64, since, until time.Time, but string) ([]Use, error) {
	var subjects []access.Subject
	for _, id := range things {
		subjects = append(subjects, subjectOf(entity, id))
	}
	entries, err := d.o.Door.Uses(ctx, subjects, since, until)
	if err != nil {
		return nil, err
	}
	out := []Use{}
	for _, e := range entries {
		if e.Request != but {
			out = append(out, useOf(e))
		}
	}
	return out, nil
}

// Use is an entry of the journal that used a wrong thing.
type Use struct {
	Sequence  int64       `json:"sequence"`
	At        time.Time   `json:"at"`
	Principal string      `json:"principal"`
	Purpose   sen.Purpose `json:"purpose"`
	Case      string      `json:"case,omitempty"`
	Command   string      `json:"command"`
	Request   string      `json:"request"`
	Whole     bool        `json:"whole,omitempty"` // all golden records were read, this one among them
}

func useOf(e access.Entry) Use {
	return Use{e.Sequence, e.At, e.Principal.ID, e.Purpose, e.Case, e.Command, e.Request, len(e.Seen) == 0}
}

// Speaks is a record that speaks of a thing, and how it was linked.
type Speaks struct {
	Record      string   `json:"record"` // dataset:key, or dataset/part:key
	How         string   `json:"how"`
	Probability *float64 `json:"probability,omitempty"`

	Side state.DecisionSide `json:"-"`
}

// RecordName is a record as people name it on the command line.
func RecordName(s state.DecisionSide) string { return fmt.Sprintf("%s:%d", s.Dataset, s.Record) }

// SpeakOf are up to most records that speak of a thing, those first whose
// dataset is believed first.
func (d *Desk) SpeakOf(ctx context.Context, e *link.Entity, thing int64, most int) ([]Speaks, error) {
	links, err := d.entityRelation(ctx, lake.Links, flow.EntityDataset(e.Entity))
	if err != nil {
		return nil, err
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	believed := "CASE dataset"
	for i, name := range e.Records.Names() {
		record, _ := e.Records.Get(name)
		rank := map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: 2}[record.Role]
		believed += fmt.Sprintf(" WHEN %s THEN %d", engine.Literal(name), rank*e.Records.Len()+i)
	}
	rows, err := c.Query(ctx, "SELECT dataset, record, coalesce(how, ''), probability FROM "+links+" WHERE entity = ? ORDER BY "+believed+" END, record LIMIT ?", thing, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Speaks
	for rows.Next() {
		s := Speaks{Side: state.DecisionSide{Thing: thing}}
		if err := rows.Scan(&s.Side.Dataset, &s.Side.Record, &s.How, &s.Probability); err != nil {
			return nil, err
		}
		s.Record = RecordName(s.Side)
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, sen.Errorf(sen.NotFound, "no record speaks of it any more").WithHint("`sen link run` brings links and golden records together again").
			InVietnamese("không còn bản ghi nguồn nào nói về nó", "lần liên kết sau sẽ đưa chúng về khớp nhau")
	}
	return out, nil
}

// Names reports whether it is the record on a side of a decision.
func (s Speaks) Names(side state.DecisionSide) bool {
	return s.Side.Dataset == side.Dataset && s.Side.Record == side.Record
}
