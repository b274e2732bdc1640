package desk

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/text"
)

// Case is a correction case, and what it is about in words.
type Case struct {
	ID string `json:"id"`
	state.Case
	Meaning string            `json:"meaning,omitempty"`
	Overdue int               `json:"overdue_days,omitempty"`
	History []state.CaseEvent `json:"history,omitempty"`
}

// Cause is what the rows of the case are asked for by.
func (c Case) Cause() Cause {
	return Cause{Dataset: c.Dataset, Kind: c.Kind, Rule: c.Rule, Column: c.Column}
}

// Since is since when the fault stands of which the case is.
func (c Case) Since() time.Time {
	since := c.Opened
	for _, e := range c.History {
		if e.What == correction.CameBack && e.At.After(since) {
			since = e.At
		}
	}
	return since
}

// CaseFilter says which cases are meant.
type CaseFilter struct {
	Agency  string // whose turn it is; "" for all
	State   string // "": all that are not closed
	Overdue bool
}

// CaseStates are those of a case, in the order of its life.
func CaseStates() []string {
	return []string{correction.Open, correction.Accepted, correction.Rejected, correction.Closed}
}

func (f CaseFilter) means(c Case) bool {
	return (f.Agency == "" || c.Owner == f.Agency) && (f.State == "" && c.State != correction.Closed || c.State == f.State) && (!f.Overdue || c.Overdue > 0)
}

// Cases are the cases that are meant, the most overdue and then the largest
// first.
func (d *Desk) Cases(ctx context.Context, lang text.Lang, f CaseFilter) ([]Case, error) {
	if f.State != "" && !slices.Contains(CaseStates(), f.State) {
		return nil, sen.Errorf(sen.Invalid, "%q is no state of a case", f.State).WithHint("states are %s", strings.Join(CaseStates(), ", "))
	}
	out := []Case{}
	if d.o.State == nil {
		return out, nil
	}
	all, err := d.o.State.Cases(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if c := d.tell(lang, one); f.means(c) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Case) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Rows, a.Rows))
	})
	return out, nil
}

// Case is one case with its history.
func (d *Desk) Case(ctx context.Context, lang text.Lang, number int64) (Case, error) {
	all, err := d.o.State.Cases(ctx)
	if err != nil {
		return Case{}, err
	}
	i := slices.IndexFunc(all, func(c state.Case) bool { return c.Number == number })
	if i < 0 {
		return Case{}, sen.Errorf(sen.NotFound, "there is no case %s", correction.Name(number)).WithHint("`sen case list` names them")
	}
	c := d.tell(lang, all[i])
	c.History, err = d.o.State.CaseEvents(ctx, number)
	return c, err
}

// CaseFor is the case of this name, where it is for this person: an agency has
// its own. The error is NotFound where there is none for them.
func (d *Desk) CaseFor(ctx context.Context, lang text.Lang, who sen.Principal, name string) (Case, error) {
	gone := sen.Errorf(sen.NotFound, "there is no such case").InVietnamese("không có phiếu này", "")
	number, err := correction.ParseName(name)
	if err != nil {
		return Case{}, gone
	}
	c, err := d.Case(ctx, lang, number)
	if sen.KindOf(err) == sen.NotFound || err == nil && who.Role == account.Agency && c.Owner != who.Agency {
		return Case{}, gone
	}
	return c, err
}

// ShowsRows reports whether the rows of a case can be told to somebody who may
// see rows: they are wrong still, and stand in a dataset that is for them.
func (d *Desk) ShowsRows(who sen.Principal, c Case) bool {
	return c.State != correction.Closed && d.TellsRows(c) && access.Sees(who, c.Dataset)
}

// TellsRows reports whether the rows of a case can be told one by one: those
// that were only marked went on with the others.
func (d *Desk) TellsRows(c Case) bool {
	one, known := d.dataset(c.Dataset)
	if !known {
		return false
	}
	if c.Kind == correction.Missing {
		_, known = ReferenceOf(one, c.Column)
		return known
	}
	if rule, is := CrossOf(one, c.Rule); is {
		return rule.Kind != contract.CrossSequence
	}
	return c.Severity == "error" || strings.HasPrefix(c.Rule, ConflictRule)
}

// Corrections are the hub's cases, as package correction keeps them.
func (d *Desk) Corrections() correction.Cases {
	return correction.Cases{State: d.o.State, Deadlines: d.o.Deadlines, Zone: time.Local}
}

// tell says what a case is about.
func (d *Desk) tell(lang text.Lang, one state.Case) Case {
	c := Case{ID: correction.Name(one.Number), Case: one, Overdue: d.Corrections().Overdue(one, d.o.Now())}
	if one.Kind == correction.Missing {
		c.Meaning = lang.Pick("trỏ tới bản ghi không có", "refers to a record that is not there")
		return c
	}
	if strings.HasPrefix(one.Rule, ConflictRule) {
		c.Meaning = lang.Pick("cột ", "column ") + one.Column + lang.Pick(" khác với điều các bộ dữ liệu khác nói về cùng đối tượng", " is other than what most say of the same thing")
		return c
	}
	dataset, ok := d.dataset(one.Dataset)
	if !ok {
		return c
	}
	c.Meaning = d.Meaning(lang, dataset, one.Rule, one.Column)
	if rule, is := CrossOf(dataset, one.Rule); is && c.Meaning == "" {
		c.Meaning = crossMeaning(lang, rule)
	}
	return c
}

// crossMeanings say what rows that break a rule across datasets are.
var crossMeanings = map[string]struct{ vi, en string }{
	contract.CrossAgrees:   {"khác với", "says other than"},
	contract.CrossAfter:    {"trước ngày ghi ở", "is before the day in"},
	contract.CrossBefore:   {"sau ngày ghi ở", "is after the day in"},
	contract.CrossUnique:   {"trùng với", "stands also in"},
	contract.CrossSum:      {"không bằng tổng ở", "is not the sum of"},
	contract.CrossSequence: {"thiếu số trong dãy", "leaves numbers out"},
}

func crossMeaning(lang text.Lang, rule contract.CrossRule) string {
	words := crossMeanings[rule.Kind]
	with := make([]string, len(rule.With))
	for i, name := range rule.With {
		with[i] = string(name)
	}
	return strings.TrimSpace(lang.Pick(words.vi, words.en) + " " + strings.Join(with, ", "))
}

// RepliesOf are what somebody may say of a case: its agency replies, a steward
// insists, an operator enters what came on paper.
func RepliesOf(p sen.Principal, c state.Case) []string {
	agency := []string{correction.Accepts, correction.Rejects, correction.HandsOver, correction.MoreTime}
	switch {
	case c.State == correction.Closed:
		return nil
	case p.Role == account.Agency && c.Owner == p.Agency:
		return agency
	case p.Role == account.Operator && c.State == correction.Rejected:
		return append(agency, correction.Insists)
	case p.Role == account.Operator:
		return agency
	case p.Role == account.Steward && c.State == correction.Rejected:
		return []string{correction.Insists}
	}
	return nil
}

// identityNumber is what a note has no place for; mostNote bounds one, in bytes.
var identityNumber = regexp.MustCompile(`\d{12}`)

const mostNote = 2000

// FitsNote reports whether a note to a case may be kept: for good, and before
// all who see the case.
func FitsNote(note string) bool { return len(note) <= mostNote && !identityNumber.MatchString(note) }

// Reply keeps what somebody says of a case; false where it was so already.
// Errors: Denied where it is not theirs to say; Invalid with what is missing.
func (d *Desk) Reply(ctx context.Context, by sen.Principal, r correction.Reply) (bool, error) {
	c, err := d.Case(ctx, text.English, r.Case)
	if err != nil {
		return false, err
	}
	if !slices.Contains(RepliesOf(by, c.Case), r.Says) {
		return false, sen.Errorf(sen.Denied, "this reply to case %s is not yours to give", c.ID).InVietnamese("câu trả lời này cho phiếu "+c.ID+" không phải của bạn", "")
	}
	if !FitsNote(r.Note) {
		return false, sen.Errorf(sen.Invalid, "the note is too long, or has somebody's identity number").WithHint("it is kept for good: be brief, and write nobody's number").
			InVietnamese("ghi chú quá dài, hoặc có số định danh của ai đó", "ghi chú được giữ mãi: viết ngắn, và không ghi số của ai")
	}
	changed, err := d.Corrections().Reply(ctx, d.o.Now(), by, d.Agencies(), r)
	return changed > 0, err
}

// Agencies are those of the hub's contracts.
func (d *Desk) Agencies() (out []string) {
	for _, c := range d.o.Contracts.Contracts() {
		out = append(out, c.ID)
	}
	return out
}
