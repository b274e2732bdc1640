package desk

import (
	"context"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/link"
)

// MostSpeaking is how many records of a thing are told.
const MostSpeaking = 1000

// MergeOf is the decision that two golden records are one thing, not yet kept.
// It names a record of each side, the one that is believed first, so that it
// holds in every later run. The error is Exists where they are one already.
func (d *Desk) MergeOf(ctx context.Context, e *link.Entity, a, b Golden, reason string) (decision.Proposal, error) {
	out := decision.Proposal{Entity: e.Entity, Verdict: decision.Same, Reason: reason}
	if a.ID == b.ID {
		return out, sen.Errorf(sen.Exists, "both keys mean one %s already: %d", e.Entity, a.ID).
			InVietnamese("hai khóa đã chỉ cùng một bản ghi", "")
	}
	first, err := d.SpeakOf(ctx, e, a.ID, 1)
	if err != nil {
		return out, err
	}
	second, err := d.SpeakOf(ctx, e, b.ID, 1)
	if err != nil {
		return out, err
	}
	out.A, out.B = first[0].Side, second[0].Side
	return out, nil
}

// TakingOut is the decision that a record does not speak of the thing that it
// stands in, not yet kept. Errors: NotFound where it does not stand there; Invalid
// where it is the only one.
func (d *Desk) TakingOut(ctx context.Context, e *link.Entity, thing Golden, record, reason string) (decision.Proposal, error) {
	out := decision.Proposal{Entity: e.Entity, Verdict: decision.Different, Reason: reason}
	records, err := d.SpeakOf(ctx, e, thing.ID, MostSpeaking)
	if err != nil {
		return out, err
	}
	at := slices.IndexFunc(records, func(s Speaks) bool { return s.Record == record })
	switch {
	case at < 0:
		return out, sen.Errorf(sen.NotFound, "no such record speaks of this %s", e.Entity).WithHint("`sen unmerge %s KEY` names those that do", e.Entity).
			InVietnamese("không có bản ghi nguồn nào như thế nói về nó", "")
	case len(records) == 1:
		return out, sen.Errorf(sen.Invalid, "no other record speaks of this %s: there is nothing to take it out of", e.Entity).
			InVietnamese("không có bản ghi nguồn nào khác nói về nó: không có gì để tách", "")
	}
	stays := records[0]
	if at == 0 {
		stays = records[1]
	}
	out.A, out.B = records[at].Side, stays.Side
	return out, nil
}

// named reads through the door which golden records keys mean, and nothing more
// of them than the field that names them.
func (d *Desk) named(ctx context.Context, asked access.Request, entity string, keys ...string) (*link.Entity, []Golden, string, error) {
	e, err := d.Entity(entity)
	if err != nil {
		return nil, nil, "", err
	}
	all := e.Keys()
	found, request, err := d.Golden(ctx, GoldenRequest{Request: asked, Entity: entity, Keys: keys, Only: all[:min(1, len(all))]})
	return e, found, request, err
}

// Speaking are the records that speak of the thing that a key means, read through
// the door; see SpeakOf. request is under which id the journal has it.
func (d *Desk) Speaking(ctx context.Context, asked access.Request, entity, key string) (thing int64, records []Speaks, request string, err error) {
	e, found, request, err := d.named(ctx, asked, entity, key)
	if err != nil {
		return 0, nil, request, err
	}
	records, err = d.SpeakOf(ctx, e, found[0].ID, MostSpeaking)
	return found[0].ID, records, request, err
}

// Merge proposes that the things of two keys are one, which are read through the
// door for it; another confirms it.
func (d *Desk) Merge(ctx context.Context, asked access.Request, entity, a, b, reason string) (Decision, error) {
	e, found, _, err := d.named(ctx, asked, entity, a, b)
	if err != nil {
		return Decision{}, err
	}
	p, err := d.MergeOf(ctx, e, found[0], found[1], reason)
	if err != nil {
		return Decision{}, err
	}
	made, err := d.decisions().Propose(ctx, d.o.Now(), asked.Principal, p)
	return Named(made), err
}

// TakeOut proposes that a record does not speak of the thing of a key, which is
// read through the door for it; another confirms it.
func (d *Desk) TakeOut(ctx context.Context, asked access.Request, entity, key, record, reason string) (Decision, error) {
	e, found, _, err := d.named(ctx, asked, entity, key)
	if err != nil {
		return Decision{}, err
	}
	p, err := d.TakingOut(ctx, e, found[0], record, reason)
	if err != nil {
		return Decision{}, err
	}
	made, err := d.decisions().Propose(ctx, d.o.Now(), asked.Principal, p)
	return Named(made), err
}
