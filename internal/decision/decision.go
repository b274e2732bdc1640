// Package decision keeps what people decided of two records: that they speak of
// one thing, or of two, whatever keys and comparison say. What comes in are
// proposals, confirmations and withdrawals, each by somebody; what goes out are
// the decisions that stand, with their history. It links nothing and reads no
// record.
//
// A decision takes effect when it is confirmed. Where a hub has two stewards,
// that is for another person than the one who proposed it. Whoever withdraws it
// does so alone: what keys and records say holds again, and nothing waits.
package decision

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// What was decided.
const (
	Same      = "same"      // both records speak of one thing
	Different = "different" // record a does not speak of the thing of record b
)

// States of a decision.
const (
	Proposed  = "proposed"  // it waits for another steward
	Confirmed = "confirmed" // it stands
	Withdrawn = "withdrawn" // it does not, or not any more
)

// What happens to a decision beside its states.
const (
	Applied = "applied" // the golden records are made by it since
	Undone  = "undone"  // they are made without it since
)

// Decisions keeps decisions in the hub's state.
type Decisions struct {
	State    *state.State
	Stewards int // who must agree: 1, or 2
}

// Proposal is what somebody wants decided.
type Proposal struct {
	Entity  string
	Verdict string // Same or Different
	A, B    state.DecisionSide
	Reason  string // no place for people's data: it is kept in the history
}

// longestReason is in characters.
const longestReason = 500

// Name is a decision's number as people call it: D-000012.
func Name(number int64) string { return fmt.Sprintf("D-%06d", number) }

// ParseName reads a decision's name, with or without its letter and zeros.
func ParseName(name string) (int64, error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name)), "D"), "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 {
		return 0, sen.Errorf(sen.Invalid, "%q is no decision", name).WithHint("decisions are called like D-000012: `sen decisions`")
	}
	return n, nil
}

// Of are the decisions about an entity.
func Of(all []state.Decision, entity string) []state.Decision {
	return slices.DeleteFunc(slices.Clone(all), func(d state.Decision) bool { return d.Entity != entity })
}

// Standing are the decisions that are confirmed.
func Standing(all []state.Decision) []state.Decision {
	return slices.DeleteFunc(slices.Clone(all), func(d state.Decision) bool { return d.State != Confirmed })
}

// Propose keeps a decision; with one steward it stands at once. Errors: Invalid
// without a reason or about one record; Exists where it has been decided
// already; Invalid, naming the other, where it contradicts what has been decided
// or proposed.
func (d Decisions) Propose(ctx context.Context, at time.Time, who sen.Principal, p Proposal) (made state.Decision, err error) {
	if err := p.check(); err != nil {
		return made, err
	}
	err = d.State.ChangeDecisions(ctx, func(all []state.Decision) ([]state.Decision, []state.DecisionEvent, error) {
		made = state.Decision{Number: int64(len(all)) + 1, Entity: p.Entity, Verdict: p.Verdict, State: Proposed, A: p.A, B: p.B}
		others := slices.DeleteFunc(Of(all, p.Entity), func(o state.Decision) bool { return o.State == Withdrawn })
		for _, o := range others {
			if o.Verdict == made.Verdict && (sameRecord(o.A, made.A) && sameRecord(o.B, made.B) || sameRecord(o.A, made.B) && sameRecord(o.B, made.A)) {
				return nil, nil, sen.Errorf(sen.Exists, "decision %s, which is %s, says so already", Name(o.Number), o.State).WithHint("`sen decisions` shows who made it").
					InVietnamese("quyết định "+Name(o.Number)+" đã nói như thế", "")
			}
		}
		if err := Contradiction(append(others, made)); err != nil {
			return nil, nil, err
		}
		made.History = []state.DecisionEvent{{Number: made.Number, At: at, What: Proposed, Principal: who.ID, Note: p.Reason}}
		if d.Stewards < 2 {
			made.State = Confirmed
			made.History = append(made.History, state.DecisionEvent{Number: made.Number, At: at, What: Confirmed, Principal: who.ID})
		}
		return []state.Decision{made}, made.History, nil
	})
	return made, err
}

func (p Proposal) check() error {
	switch {
	case strings.TrimSpace(p.Reason) == "":
		return sen.Errorf(sen.Invalid, "a decision needs its reason").WithHint("say it with --reason, without people's data: it is kept in the history").
			InVietnamese("một quyết định cần có lý do", "không ghi dữ liệu của ai: lý do được giữ mãi")
	case utf8.RuneCountInString(p.Reason) > longestReason:
		return sen.Errorf(sen.Invalid, "the reason is longer than %d characters", longestReason).InVietnamese("lý do dài quá 500 ký tự", "")
	case p.Verdict != Same && p.Verdict != Different:
		return sen.Errorf(sen.Invalid, "%q is no decision: it is %s or %s", p.Verdict, Same, Different)
	case sameRecord(p.A, p.B):
		return sen.Errorf(sen.Invalid, "a decision is about two records, and both sides name one").InVietnamese("một quyết định nói về hai bản ghi, mà cả hai bên chỉ cùng một", "")
	}
	return nil
}

// Confirm lets a proposed decision stand. Errors: NotFound; Denied for who
// proposed it; Invalid where it does not wait.
func (d Decisions) Confirm(ctx context.Context, at time.Time, who sen.Principal, number int64) (state.Decision, error) {
	return d.change(ctx, number, func(one state.Decision) (state.DecisionEvent, error) {
		switch {
		case one.State != Proposed:
			return state.DecisionEvent{}, sen.Errorf(sen.Invalid, "decision %s does not wait: it is %s", Name(number), one.State).
				InVietnamese("quyết định "+Name(number)+" không chờ ai xác nhận", "")
		case d.Stewards > 1 && one.History[0].Principal == who.ID:
			return state.DecisionEvent{}, sen.Errorf(sen.Denied, "decision %s is confirmed by another person than the one who proposed it", Name(number)).
				WithHint("a second steward confirms it; where one may decide alone, sen.yaml says `decisions.stewards: 1`").
				InVietnamese("quyết định "+Name(number)+" phải do người khác người đề nghị xác nhận", "nhờ một người phụ trách dữ liệu thứ hai")
		}
		return state.DecisionEvent{At: at, What: Confirmed, Principal: who.ID}, nil
	})
}

// Withdraw ends a decision, proposed or confirmed. Errors: NotFound; Invalid
// without a reason or where it is withdrawn already.
func (d Decisions) Withdraw(ctx context.Context, at time.Time, who sen.Principal, number int64, reason string) (state.Decision, error) {
	return d.change(ctx, number, func(one state.Decision) (state.DecisionEvent, error) {
		switch {
		case one.State == Withdrawn:
			return state.DecisionEvent{}, sen.Errorf(sen.Invalid, "decision %s is withdrawn already", Name(number)).InVietnamese("quyết định "+Name(number)+" đã được rút", "")
		case strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > longestReason:
			return state.DecisionEvent{}, sen.Errorf(sen.Invalid, "to withdraw a decision needs a reason of at most %d characters", longestReason).
				WithHint("say it with --reason, without people's data: it is kept in the history").
				InVietnamese("rút một quyết định cần lý do, dài nhất 500 ký tự", "không ghi dữ liệu của ai: lý do được giữ mãi")
		}
		return state.DecisionEvent{At: at, What: Withdrawn, Principal: who.ID, Note: reason}, nil
	})
}

func (d Decisions) change(ctx context.Context, number int64, event func(state.Decision) (state.DecisionEvent, error)) (changed state.Decision, err error) {
	err = d.State.ChangeDecisions(ctx, func(all []state.Decision) ([]state.Decision, []state.DecisionEvent, error) {
		if number < 1 || number > int64(len(all)) {
			return nil, nil, sen.Errorf(sen.NotFound, "there is no decision %s", Name(number)).WithHint("`sen decisions` lists them").
				InVietnamese("không có quyết định "+Name(number), "")
		}
		changed = all[number-1]
		e, err := event(changed)
		if err != nil {
			return nil, nil, err
		}
		e.Number, changed.State = number, e.What
		changed.History = append(changed.History, e)
		return []state.Decision{changed}, []state.DecisionEvent{e}, nil
	})
	return changed, err
}

// Note keeps what a run has made of the decisions about an entity: things says
// under which identifier the records of those that were applied now stand.
func (d Decisions) Note(ctx context.Context, at time.Time, things map[int64]int64) error {
	return d.note(ctx, at, func(one state.Decision) (state.DecisionEvent, bool) {
		thing, applied := things[one.Number]
		last := lastRun(one)
		return state.DecisionEvent{What: Applied, Thing: thing}, applied && (last.What != Applied || last.Thing != thing)
	})
}

// NoteUndone keeps that a run has ended for which these decisions were withdrawn.
func (d Decisions) NoteUndone(ctx context.Context, at time.Time, withdrawn []int64) error {
	return d.note(ctx, at, func(one state.Decision) (state.DecisionEvent, bool) {
		return state.DecisionEvent{What: Undone}, slices.Contains(withdrawn, one.Number) && lastRun(one).What == Applied
	})
}

func (d Decisions) note(ctx context.Context, at time.Time, event func(state.Decision) (state.DecisionEvent, bool)) error {
	return d.State.ChangeDecisions(ctx, func(all []state.Decision) ([]state.Decision, []state.DecisionEvent, error) {
		var events []state.DecisionEvent
		for _, one := range all {
			if e, is := event(one); is {
				e.Number, e.At = one.Number, at
				events = append(events, e)
			}
		}
		return nil, events, nil
	})
}

// lastRun is what a run last made of a decision.
func lastRun(d state.Decision) (last state.DecisionEvent) {
	for _, e := range d.History {
		if e.What == Applied || e.What == Undone {
			last = e
		}
	}
	return last
}
