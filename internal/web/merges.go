package web

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
)

// mergesData is what the page of decisions shows.
type mergesData struct {
	Decisions []desk.Decision
	Kinds     map[string]string // what entities are called
	State     string            // the filter
	Next      string            // from which decision on the next page goes; "": there is none
}

// mergesAtOnce is how many decisions a page shows.
const mergesAtOnce = 50

func (q *request) merges() error {
	all, err := q.o.Desk.Decisions(q.ctx())
	if err != nil {
		return err
	}
	query := q.r.URL.Query()
	d := mergesData{State: query.Get("state"), Kinds: map[string]string{}}
	entities, err := q.o.Desk.Entities()
	if err != nil {
		return err
	}
	for _, e := range entities {
		d.Kinds[e.Entity] = cmp.Or(q.called(e.Name), e.Entity)
	}
	before, _ := decision.ParseName(query.Get("before")) // none: from the newest on
	for _, one := range all {
		if d.State != "" && one.State != d.State || before > 0 && one.Number >= before {
			continue
		}
		if len(d.Decisions) == mergesAtOnce {
			d.Next = d.Decisions[len(d.Decisions)-1].ID
			break
		}
		d.Decisions = append(d.Decisions, one)
	}
	return q.render(http.StatusOK, "merges", q.lang.Pick("Gộp và tách", "Merges"), d)
}

// mergeData is what the page of one decision shows.
type mergeData struct {
	desk.Decided
	Kind       string
	Own        bool // the reader proposed it
	MayConfirm bool
	MayEnd     bool
	Wrong      map[string]string
	Reason     string
}

func (q *request) merge() error { return q.showMerge(http.StatusOK, "", nil) }

func (q *request) showMerge(status int, reason string, wrong map[string]string) error {
	one, err := q.o.Desk.Decision(q.ctx(), q.r.PathValue("decision"))
	if err != nil {
		return err
	}
	e, err := q.o.Desk.Entity(one.Entity)
	if err != nil {
		return err
	}
	d := mergeData{Decided: one, Kind: cmp.Or(q.called(e.Name), e.Entity), Own: len(one.History) > 0 && one.History[0].Principal == q.principal().ID, Wrong: wrong, Reason: reason}
	d.MayConfirm = one.State == decision.Proposed && !d.Own && q.may(access.Confirm)
	d.MayEnd = one.State != decision.Withdrawn && desk.MayEnd(q.principal(), one.Decision.Decision)
	return q.render(status, "merge", one.ID, d)
}

func (q *request) confirmMerge() error {
	if err := q.o.Desk.Confirm(q.ctx(), q.principal(), q.r.PathValue("decision")); err != nil {
		return err
	}
	q.redirect("/merges/" + q.r.PathValue("decision"))
	return nil
}

// withdrawMerge ends a decision: a steward's, or whoever proposed it while it
// waits.
func (q *request) withdrawMerge() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	reason := strings.TrimSpace(q.r.PostForm.Get("reason"))
	if reason == "" {
		return q.showMerge(http.StatusUnprocessableEntity, reason, map[string]string{"reason": q.lang.Pick("Hãy ghi lý do.", "State the reason.")})
	}
	if err := q.o.Desk.Withdraw(q.ctx(), q.principal(), q.r.PathValue("decision"), reason); err != nil {
		return err
	}
	q.redirect("/merges/" + q.r.PathValue("decision"))
	return nil
}
