package desk

import (
	"context"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Queue is how many pairs of an entity wait for a person.
type Queue struct {
	Entity  string     `json:"entity"`
	Title   link.Title `json:"-"`
	Waiting int        `json:"waiting"`
}

// Queues are the pairs that wait, entity by entity; those that compare nothing
// have none.
func (d *Desk) Queues(ctx context.Context) ([]Queue, error) {
	all, err := d.o.Entities()
	if err != nil {
		return nil, err
	}
	var out []Queue
	for _, e := range all {
		if len(e.Match.Compare) == 0 {
			continue
		}
		pairs, err := d.OpenPairs(ctx, e.Entity)
		if err != nil && sen.KindOf(err) != sen.NotFound {
			return nil, err
		}
		out = append(out, Queue{e.Entity, e.Name, len(pairs)})
	}
	return out, nil
}

// ReviewedPair is a pair as people look at it.
type ReviewedPair struct {
	OpenPair
	Compared []Compared `json:"compared"`
	More     int        `json:"more"` // pairs that wait behind it
}

// Compared is a step of a pair's explanation, with what its field and its codes
// are called.
type Compared struct {
	Step
	Title          link.Title `json:"-"`
	Element        string     `json:"element,omitempty"`
	PlaceA, PlaceB string     `json:"-"`
}

// NextPair is the most valuable pair that waits behind skip others, read through
// the door. The error is NotFound where none waits there.
func (d *Desk) NextPair(ctx context.Context, asked access.Request, entity string, skip int) (p ReviewedPair, err error) {
	pairs, more, err := d.Pairs(ctx, PairRequest{Request: asked, Entity: entity, Skip: skip, Limit: 1})
	if err != nil {
		return p, err
	}
	if len(pairs) == 0 {
		return p, sen.Errorf(sen.NotFound, "no pair waits for a decision")
	}
	e, err := d.Entity(entity)
	if err != nil {
		return p, err
	}
	p = ReviewedPair{OpenPair: pairs[0], More: more}
	for _, step := range p.Explanation.Steps {
		c, err := d.compared(ctx, e, step)
		if err != nil {
			return p, err
		}
		p.Compared = append(p.Compared, c)
	}
	return p, nil
}

// compared adds to a step what its field and its codes are called.
func (d *Desk) compared(ctx context.Context, e *link.Entity, step Step) (Compared, error) {
	field, _ := e.Fields.Get(step.Field)
	c := Compared{Step: step, Title: d.fieldTitle(field), Element: field.Element}
	a, err := d.placeNames(ctx, field.Element, step.A)
	if err != nil {
		return c, err
	}
	b, err := d.placeNames(ctx, field.Element, step.B)
	c.PlaceA, c.PlaceB = first(a), first(b)
	return c, err
}

// decisions are those of the console: what one person says waits for another,
// whatever the command line of this hub asks for.
func (d *Desk) decisions() decision.Decisions {
	return decision.Decisions{State: d.o.State, Stewards: 2}
}

// Answer proposes what somebody says of an open pair, by the names of its
// records. The error is NotFound where the pair does not wait.
func (d *Desk) Answer(ctx context.Context, who sen.Principal, entity, verdict, a, b, reason string) (Decision, error) {
	if _, err := d.Entity(entity); err != nil {
		return Decision{}, err
	}
	pairs, err := d.OpenPairs(ctx, entity)
	if err != nil {
		return Decision{}, err
	}
	for _, pair := range pairs {
		if pair.A == a && pair.B == b {
			made, err := d.decisions().Propose(ctx, d.o.Now(), who, decision.Proposal{Entity: entity, Verdict: verdict, A: pair.Sides[0], B: pair.Sides[1], Reason: reason})
			return Named(made), err
		}
	}
	return Decision{}, sen.Errorf(sen.NotFound, "this pair does not wait for a decision").InVietnamese("cặp này không chờ ai quyết định", "")
}

// Decisions are all, the newest first.
func (d *Desk) Decisions(ctx context.Context) ([]Decision, error) {
	all, err := d.o.State.Decisions(ctx)
	out := make([]Decision, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		out = append(out, Named(all[i]))
	}
	return out, err
}

// Decided is a decision with the entries of the journal that used what it made:
// those that saw one of its things while it stood.
type Decided struct {
	Decision
	Stood bool  `json:"stood"` // it was confirmed once
	Uses  []Use `json:"uses"`
}

// Decision is the one of this name. The error is NotFound where there is none.
func (d *Desk) Decision(ctx context.Context, name string) (out Decided, err error) {
	number, err := decision.ParseName(name)
	if err != nil {
		return out, sen.Errorf(sen.NotFound, "there is no such decision").InVietnamese("không có quyết định này", "")
	}
	one, err := d.decisionOf(ctx, func(o state.Decision) bool { return o.Number == number })
	if err != nil {
		return out, err
	}
	out.Decision = Named(one)
	since, until, stood := Stood(one)
	if out.Stood = stood; !stood || one.Verdict != decision.Same {
		return out, nil
	}
	out.Uses, err = d.Uses(ctx, one.Entity, ThingsOf(one), since, until, "")
	return out, err
}

// Confirm lets a decision stand that another proposed, and asks for its records
// to be linked anew.
func (d *Desk) Confirm(ctx context.Context, who sen.Principal, name string) error {
	number, err := decision.ParseName(name)
	if err != nil {
		return err
	}
	if _, err := d.decisions().Confirm(ctx, d.o.Now(), who, number); err != nil {
		return err
	}
	return d.relink(ctx, who)
}

func (d *Desk) relink(ctx context.Context, who sen.Principal) error {
	if d.o.Relink == nil {
		return nil
	}
	return d.o.Relink(ctx, who)
}

// MayEnd reports whether a decision is somebody's to withdraw: a steward's, or
// while it waits, whoever proposed it.
func MayEnd(who sen.Principal, one state.Decision) bool {
	own := len(one.History) > 0 && one.History[0].Principal == who.ID
	return access.May(who, access.Confirm) || own && one.State == decision.Proposed
}

// Withdraw ends a decision, and asks for its records to be linked anew where it
// stood. Errors: NotFound; Denied, see MayEnd; Invalid where it is withdrawn
// already, and without a reason.
func (d *Desk) Withdraw(ctx context.Context, who sen.Principal, name, reason string) error {
	number, err := decision.ParseName(name)
	if err != nil {
		return err
	}
	one, err := d.decisionOf(ctx, func(o state.Decision) bool { return o.Number == number })
	if err != nil {
		return err
	}
	if !MayEnd(who, one) {
		return sen.Errorf(sen.Denied, "your role may not withdraw what others decided").InVietnamese("vai của bạn không rút được điều người khác đã quyết", "")
	}
	if one, err = d.decisions().Withdraw(ctx, d.o.Now(), who, number, reason); err != nil {
		return err
	}
	if _, _, stood := Stood(one); !stood {
		return nil
	}
	return d.relink(ctx, who)
}
