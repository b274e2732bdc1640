package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
)

// Case is a correction case: rows of a dataset are wrong for one cause, and an
// agency is to mend them.
type Case struct {
	ID       string    `json:"id" example:"C-000012"`
	Owner    string    `json:"owner" example:"civil-status" doc:"the agency whose turn it is"`
	Dataset  string    `json:"dataset" example:"civil-status.birth"`
	Kind     string    `json:"kind" doc:"what sort of cause it is"`
	Rule     string    `json:"rule" example:"citizen_id.wrong-length"`
	Column   string    `json:"column,omitempty"`
	Meaning  string    `json:"meaning,omitempty" doc:"what is wrong, in the language that is asked for"`
	Severity string    `json:"severity" enum:"error,warning,info"`
	State    string    `json:"state" enum:"open,accepted,rejected,closed"`
	Rows     int64     `json:"rows" doc:"that are wrong now"`
	Of       int64     `json:"of" doc:"rows of the dataset"`
	Opened   time.Time `json:"opened"`
	Changed  time.Time `json:"changed"`
	Due      string    `json:"due" format:"date" doc:"the last day"`
	Overdue  int       `json:"overdue_days"`
	Level    int       `json:"level" doc:"of escalation"`
	Reopened int       `json:"reopened" doc:"how often it came back"`
}

// CaseDetail is a case with its history, and what may be said of it.
type CaseDetail struct {
	Case
	Readable bool        `json:"readable" doc:"read-case-rows tells which rows these are"`
	Replies  []string    `json:"replies" nullable:"false" doc:"what is whoever asks' to say: see reply-to-case"`
	History  []CaseEvent `json:"history" nullable:"false" doc:"the oldest first"`
}

// CaseEvent happened to a case; it is never changed.
type CaseEvent struct {
	At        time.Time `json:"at"`
	What      string    `json:"what" example:"opened"`
	Principal string    `json:"principal,omitempty" example:"agency:hotich"`
	Note      string    `json:"note,omitempty"`
	Rows      int64     `json:"rows"`
}

func showCase(c desk.Case) Case {
	return Case{c.ID, c.Owner, string(c.Dataset), c.Kind, c.Rule, c.Column, c.Meaning, c.Severity, c.State, c.Rows, c.Of, c.Opened, c.Changed,
		c.Due.Format(time.DateOnly), c.Overdue, c.Level, c.Reopened}
}

// CaseInput is the case in a path.
type CaseInput struct {
	Case string `path:"case" maxLength:"20" pattern:"^C-[0-9]{6,15}$" example:"C-000001"`
}

func (a *API) registerCases() {
	const tag = "cases"
	answer(a, route{id: "list-cases", method: http.MethodGet, path: "/cases", summary: "Correction cases, the most overdue and then the largest first", tag: tag, scopes: reading, act: access.SeeCases,
		about: "Those that are not closed, where no state is asked for. An agency sees its own."}, a.cases)
	answer(a, route{id: "get-case", method: http.MethodGet, path: "/cases/{case}", summary: "A correction case and its history", tag: tag, scopes: reading, act: access.SeeCases}, a.theCase)
	answer(a, route{id: "read-case-rows", method: http.MethodPost, path: "/cases/{case}/rows", summary: "The rows of a correction case", tag: tag, scopes: ofPeople, act: access.SeeRows,
		about: "The journal has them under the number of the case. One look."}, a.caseRows)
	answer(a, route{id: "reply-to-case", method: http.MethodPost, path: "/cases/{case}/replies", summary: "Reply to a correction case", tag: tag, scopes: changing, act: access.Reply,
		about: "Its agency says `accept` (it will mend the data), `reject` (they are right; note says why), `hand-over` (to the agency whose datum it is) or `more-time` (until a day); " +
			"a steward says `insist` after a rejection; an operator enters what came on paper. A case closes by itself when the data are right."}, a.reply)
}

type casesInput struct {
	PageInput
	Agency  string `query:"agency" maxLength:"100" example:"civil-status" doc:"whose turn it is"`
	State   string `query:"state" enum:"open,accepted,rejected,closed"`
	Overdue bool   `query:"overdue" doc:"only those beyond their last day"`
}

func (a *API) cases(ctx context.Context, who sen.Principal, in *casesInput) (Page[Case], error) {
	f := desk.CaseFilter{Agency: in.Agency, State: in.State, Overdue: in.Overdue}
	if who.Role == account.Agency {
		f.Agency = who.Agency
	}
	all, err := a.o.Desk.Cases(ctx, languageOf(ctx), f)
	if err != nil {
		return Page[Case]{}, err
	}
	return paged(in.PageInput, "cases", all, func(c desk.Case) string { return c.ID }, showCase)
}

func (a *API) detailed(who sen.Principal, c desk.Case) CaseDetail {
	out := CaseDetail{Case: showCase(c), Readable: access.May(who, access.SeeRows) && a.o.Desk.ShowsRows(who, c), Replies: []string{}, History: []CaseEvent{}}
	if access.May(who, access.Reply) {
		out.Replies = append(out.Replies, desk.RepliesOf(who, c.Case)...)
	}
	for _, e := range c.History {
		out.History = append(out.History, CaseEvent{e.At, e.What, e.Principal, e.Note, e.Rows})
	}
	return out
}

func (a *API) theCase(ctx context.Context, who sen.Principal, in *CaseInput) (CaseDetail, error) {
	c, err := a.o.Desk.CaseFor(ctx, languageOf(ctx), who, in.Case)
	if err != nil {
		return CaseDetail{}, err
	}
	return a.detailed(who, c), nil
}

type caseRowsInput struct {
	CaseInput
	Body struct {
		Purpose string `json:"purpose" minLength:"1" maxLength:"100" pattern:"\\S" example:"correction" doc:"why they are read. It stands in the journal."`
		PageBody
	}
}

func (a *API) caseRows(ctx context.Context, who sen.Principal, in *caseRowsInput) (FaultyRows, error) {
	c, err := a.o.Desk.CaseFor(ctx, languageOf(ctx), who, in.Case)
	if err != nil {
		return FaultyRows{}, err
	}
	if !a.o.Desk.ShowsRows(who, c) {
		return FaultyRows{}, sen.Errorf(sen.NotFound, "no row of this case can be shown: it is closed, its rows were only marked, or they are another agency's").
			InVietnamese("không có dòng nào của phiếu này xem được: phiếu đã đóng, các dòng chỉ được đánh dấu, hoặc là của cơ quan khác", "")
	}
	list := "rows " + c.ID
	part, err := in.Body.rows(list)
	if err != nil {
		return FaultyRows{}, err
	}
	rows, err := a.o.Desk.RowsOf(ctx, Stated{in.Body.Purpose, c.ID}.asks(who, "api case"), c.Cause(), part)
	return showRows(rows, list), err
}

type replyInput struct {
	CaseInput
	Body struct {
		Says  string `json:"says" enum:"accept,reject,hand-over,more-time,insist"`
		Note  string `json:"note,omitempty" nullable:"true" maxLength:"500" example:"the paper register agrees, book 12, page 4" doc:"for good, and no place for people's data; of reject: why the data are right"`
		To    string `json:"to,omitempty" nullable:"true" maxLength:"100" example:"population" doc:"of hand-over: the agency whose datum it is"`
		Until string `json:"until,omitempty" nullable:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" example:"2027-01-15" doc:"of more-time: the new last day, within 90 days"`
	}
}

func (a *API) reply(ctx context.Context, who sen.Principal, in *replyInput) (CaseDetail, error) {
	l, b := languageOf(ctx), in.Body
	c, err := a.o.Desk.CaseFor(ctx, l, who, in.Case)
	if err != nil {
		return CaseDetail{}, err
	}
	r := correction.Reply{Case: c.Number, Says: b.Says, Note: strings.TrimSpace(b.Note), To: b.To}
	if b.Says == correction.MoreTime {
		if r.Until, err = time.Parse(time.DateOnly, b.Until); err != nil {
			return CaseDetail{}, sen.Errorf(sen.Invalid, "until is no day").WithHint("write it as 2027-01-15").InVietnamese("until không phải là một ngày", "viết như 2027-01-15")
		}
	}
	changed, err := a.o.Desk.Reply(ctx, who, r)
	if err != nil {
		return CaseDetail{}, err
	}
	a.o.Log.Info("a case was replied to", "case", c.ID, "says", r.Says, "changed", changed, "by", who.ID)
	if c, err = a.o.Desk.Case(ctx, l, c.Number); err != nil { // also where it was handed over, and is another's now
		return CaseDetail{}, err
	}
	return a.detailed(who, c), nil
}
