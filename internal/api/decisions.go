package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/state"
)

// Decision is what people decided of two records: that they are one, or are not.
type Decision struct {
	ID      string  `json:"id" example:"D-000012"`
	Entity  string  `json:"entity" example:"person"`
	Verdict string  `json:"verdict" enum:"same,different"`
	State   string  `json:"state" enum:"proposed,confirmed,withdrawn" doc:"proposed: it waits for another person"`
	A       Side    `json:"a"`
	B       Side    `json:"b"`
	History []Event `json:"history" nullable:"false" doc:"the oldest first: who, when, why"`
}

// Side is a record that a decision is about.
type Side struct {
	Record string `json:"record" example:"population.person:7731" doc:"DATASET:KEY or DATASET/PART:KEY"`
	Thing  string `json:"thing,omitempty" doc:"id of the golden record that it was part of then"`
}

// Event happened to a decision; it is never changed.
type Event struct {
	At        time.Time `json:"at"`
	What      string    `json:"what" enum:"proposed,confirmed,withdrawn,applied,undone" doc:"applied and undone: golden records are made by it, or without it, since"`
	Principal string    `json:"principal,omitempty" example:"steward:lan"`
	Note      string    `json:"note,omitempty" example:"born on two days, their fingerprints differ"`
	Thing     string    `json:"thing,omitempty" doc:"of applied: id of the golden record since"`
}

func showSide(s state.DecisionSide) Side { return Side{desk.RecordName(s), number(s.Thing)} }

func showDecision(d desk.Decision) Decision {
	out := Decision{ID: d.ID, Entity: d.Entity, Verdict: d.Verdict, State: d.State, A: showSide(d.A), B: showSide(d.B), History: []Event{}}
	for _, e := range d.History {
		out.History = append(out.History, Event{e.At, e.What, e.Principal, e.Note, number(e.Thing)})
	}
	return out
}

// Because is why something is decided.
type Because struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" pattern:"\\S" example:"re-issued number, decision 15/QĐ" doc:"why, without people's data: it stands in the history for good"`
}

// DecisionInput is the decision in a path.
type DecisionInput struct {
	Decision string `path:"decision" maxLength:"20" pattern:"^D-[0-9]{6,15}$" example:"D-000012"`
}

func (a *API) registerDecisions() {
	const tag = "decisions"
	answer(a, route{id: "list-decisions", method: http.MethodGet, path: "/decisions", summary: "What people decided of records, the newest first", tag: tag, scopes: reading, act: access.Review}, a.decisions)
	answer(a, route{id: "get-decision", method: http.MethodGet, path: "/decisions/{decision}", summary: "A decision and its history", tag: tag, scopes: reading, act: access.Review}, a.decision)
	answer(a, route{id: "list-uses", method: http.MethodGet, path: "/decisions/{decision}/uses", summary: "Who used what a decision made", tag: tag, scopes: reading, act: access.Review,
		about: "Entries of the journal that saw one of its golden records, or read all of them, while it stood. What was read outside of the door is in no journal."}, a.uses)
	answer(a, route{id: "confirm-decision", method: http.MethodPost, path: "/decisions/{decision}/confirm", summary: "Let a decision stand that another proposed", tag: tag, scopes: changing, act: access.Confirm,
		about: "By another person than the one who proposed it. The records are then linked anew."}, a.confirm)
	answer(a, route{id: "withdraw-decision", method: http.MethodPost, path: "/decisions/{decision}/withdraw", summary: "End a decision", tag: tag, scopes: changing, act: access.Review,
		about: "A steward's to do, or while it waits, of whoever proposed it. Where it stood the records are linked anew: a merge is undone."}, a.withdraw)
	answer(a, route{id: "merge", method: http.MethodPost, path: "/entities/{entity}/merge", summary: "Propose that two golden records are one", tag: tag, scopes: deciding, act: access.Review, status: http.StatusCreated,
		about: "Whatever keys and comparison say. It stands when another person confirms it. Both records are read for it: one look."}, a.merge)
	answer(a, route{id: "take-out", method: http.MethodPost, path: "/entities/{entity}/take-out", summary: "Propose that a record does not belong to a golden record", tag: tag, scopes: deciding, act: access.Review, status: http.StatusCreated,
		about: "It leaves with what hangs on it alone, when another person confirms it. The golden record is read for it: one look. `list-sources` names the records, `list-looks` who used the wrong merge."}, a.takeOut)
}

type decisionsInput struct {
	PageInput
	State  string `query:"state" enum:"proposed,confirmed,withdrawn"`
	Entity string `query:"entity" maxLength:"100" example:"person"`
}

func (a *API) decisions(ctx context.Context, _ sen.Principal, in *decisionsInput) (Page[Decision], error) {
	before, err := in.before("decisions")
	if err != nil {
		return Page[Decision]{}, err
	}
	all, err := a.o.Desk.Decisions(ctx)
	if err != nil {
		return Page[Decision]{}, err
	}
	out := Page[Decision]{Items: []Decision{}}
	for _, one := range all {
		if in.State != "" && one.State != in.State || in.Entity != "" && one.Entity != in.Entity || before > 0 && one.Number >= before {
			continue
		}
		if len(out.Items) == in.Limit {
			last, _ := decision.ParseName(out.Items[in.Limit-1].ID)
			out.Next = cursor("decisions", strconv.FormatInt(last, 10))
			break
		}
		out.Items = append(out.Items, showDecision(one))
	}
	return out, nil
}

func (a *API) decision(ctx context.Context, _ sen.Principal, in *DecisionInput) (Decision, error) {
	one, err := a.o.Desk.Decision(ctx, in.Decision)
	return showDecision(one.Decision), err
}

type usesInput struct {
	DecisionInput
	PageInput
}

func (a *API) uses(ctx context.Context, _ sen.Principal, in *usesInput) (Page[Look], error) {
	one, err := a.o.Desk.Decision(ctx, in.Decision)
	if err != nil {
		return Page[Look]{}, err
	}
	slices.Reverse(one.Uses) // the newest first, as everywhere
	return paged(in.PageInput, "uses "+one.ID, one.Uses, func(u desk.Use) string { return strconv.FormatInt(u.Sequence, 10) }, showLook)
}

func (a *API) confirm(ctx context.Context, who sen.Principal, in *DecisionInput) (Decision, error) {
	if err := a.o.Desk.Confirm(ctx, who, in.Decision); err != nil {
		return Decision{}, standing(ctx, err)
	}
	return a.decision(ctx, who, in)
}

type withdrawInput struct {
	DecisionInput
	Body Because
}

func (a *API) withdraw(ctx context.Context, who sen.Principal, in *withdrawInput) (Decision, error) {
	if err := a.o.Desk.Withdraw(ctx, who, in.Decision, in.Body.Reason); err != nil {
		return Decision{}, standing(ctx, err)
	}
	return a.decision(ctx, who, &in.DecisionInput)
}

type mergeInput struct {
	EntityInput
	Body struct {
		A string `json:"a" minLength:"1" maxLength:"100" example:"001090012345" doc:"a key of the one"`
		B string `json:"b" minLength:"1" maxLength:"100" example:"001090054321" doc:"a key of the other"`
		Because
		Stated
	}
}

func (a *API) merge(ctx context.Context, who sen.Principal, in *mergeInput) (Decision, error) {
	b := in.Body
	made, err := a.o.Desk.Merge(ctx, b.asks(who, "api merge"), in.Entity, b.A, b.B, b.Reason)
	if err != nil {
		return Decision{}, standing(ctx, err)
	}
	return showDecision(made), nil
}

type takeOutInput struct {
	EntityInput
	Body struct {
		KeyBody
		Record string `json:"record" minLength:"1" maxLength:"300" example:"vehicles.registration/owner:8812" doc:"as list-sources names it"`
		Because
	}
}

func (a *API) takeOut(ctx context.Context, who sen.Principal, in *takeOutInput) (Decision, error) {
	b := in.Body
	made, err := a.o.Desk.TakeOut(ctx, b.asks(who, "api take-out"), in.Entity, b.Key, b.Record, b.Reason)
	if err != nil {
		return Decision{}, standing(ctx, err)
	}
	return showDecision(made), nil
}
