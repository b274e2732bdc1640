package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
)

// casesData is what the page of correction cases shows.
type casesData struct {
	Filter   desk.CaseFilter
	Own      bool // an agency looks at its own
	Agencies []string
	States   []string
	Cases    []desk.Case
	Total    int
	Overdue  int
	Next     string // the page after this one; "" where this is the last
}

// mostCases is how many cases a page shows.
const mostCases = 50

func (q *request) cases() error {
	query := q.r.URL.Query()
	d := casesData{Filter: desk.CaseFilter{Agency: query.Get("agency"), State: query.Get("state"), Overdue: query.Get("overdue") != ""},
		Agencies: q.o.Desk.Agencies(), States: desk.CaseStates()}
	if d.Own = q.principal().Role == account.Agency; d.Own {
		d.Filter.Agency = q.principal().Agency
	}
	all, err := q.o.Desk.Cases(q.ctx(), q.lang, d.Filter)
	if err != nil {
		return err
	}
	for _, c := range all {
		if d.Total++; c.Overdue > 0 {
			d.Overdue++
		}
	}
	if after, err := strconv.ParseInt(query.Get("after"), 10, 64); err == nil {
		all = all[1+slices.IndexFunc(all, func(c desk.Case) bool { return c.Number == after }):] // from the start, where it is gone
	}
	if d.Cases = all[:min(len(all), mostCases)]; len(all) > mostCases {
		next := url.Values{}
		for _, name := range []string{"agency", "state", "overdue"} {
			if v := query.Get(name); v != "" {
				next.Set(name, v)
			}
		}
		next.Set("after", strconv.FormatInt(d.Cases[mostCases-1].Number, 10))
		d.Next = "/cases?" + next.Encode()
	}
	return q.render(http.StatusOK, "cases", q.lang.Pick("Phiếu chỉnh sửa dữ liệu", "Correction cases"), d)
}

// caseData is what the page of one case shows.
type caseData struct {
	Case      desk.Case
	Untold    bool // no row of it can be told
	Elsewhere bool // its rows are another agency's, and not for this reader
	Ask       *asking
	Rows      *desk.Rows
	Replies   []string
	Reply     replyForm
	Others    []string // agencies to hand over to
	Latest    string   // the last day that can be asked for, YYYY-MM-DD
	Said      string   // what has just been said
}

// replyForm is a reply as it was filled in, with what is wrong beside each
// field.
type replyForm struct {
	Says, Note, To, Until                     string
	BadSays, BadNote, BadTo, BadUntil, Refuse string
}

// caseOf is the case in the path, where it is for this person: an agency has its
// own.
func (q *request) caseOf() (d caseData, err error) {
	p := q.principal()
	if d.Case, err = q.o.Desk.CaseFor(q.ctx(), q.lang, p, q.r.PathValue("number")); err != nil {
		return d, err
	}
	d.Untold, d.Elsewhere = !q.o.Desk.TellsRows(d.Case), !access.Sees(p, d.Case.Dataset)
	if q.o.Desk.ShowsRows(p, d.Case) {
		if d.Ask = q.ask("/cases/"+d.Case.ID, access.Correction); d.Ask != nil {
			d.Ask.Case, d.Ask.Fixed = d.Case.ID, true
		}
	}
	if q.may(access.Reply) {
		d.Replies = desk.RepliesOf(p, d.Case.Case)
	}
	d.Others = slices.DeleteFunc(q.o.Desk.Agencies(), func(name string) bool { return name == d.Case.Owner })
	d.Latest = q.o.Now().AddDate(0, 0, correction.MostDays).Format(time.DateOnly)
	return d, nil
}

func (q *request) caseGet() error {
	d, err := q.caseOf()
	if err != nil {
		return err
	}
	if said := q.r.URL.Query().Get("said"); slices.Contains(correction.Replies(), said) {
		d.Said = said
	}
	return q.showCase(http.StatusOK, d)
}

func (q *request) showCase(status int, d caseData) error {
	return q.render(status, "case", q.lang.Pick("Phiếu ", "Case ")+d.Case.ID, d)
}

// caseRows shows rows of a case, once a purpose is stated.
func (q *request) caseRows() error {
	if err := q.form(); err != nil {
		return err
	}
	d, err := q.caseOf()
	if err != nil {
		return err
	}
	q.here = "/cases/" + d.Case.ID
	if d.Ask == nil {
		return sen.Errorf(sen.NotFound, "no row of this case can be shown: it is closed, its rows were only marked, or they are another agency's")
	}
	if asked, ok := d.Ask.request(q, "case show"); ok {
		rows, err := q.o.Desk.RowsOf(q.ctx(), asked, d.Case.Cause(), desk.Part{From: q.fromRow(), Limit: rowsShown})
		if err := q.refused(d.Ask, err); err != nil {
			return err
		}
		if err == nil {
			d.Rows, d.Ask.Next = &rows, rows.Next
		}
	}
	return q.showCase(d.Ask.status(), d)
}

// reply takes what somebody says of a case.
func (q *request) reply() error {
	if err := q.form(); err != nil {
		return err
	}
	d, err := q.caseOf()
	if err != nil {
		return err
	}
	q.here = "/cases/" + d.Case.ID
	if len(d.Replies) == 0 {
		return sen.Errorf(sen.Denied, "there is no reply to case %s that is yours to give", d.Case.ID)
	}
	get := func(name string) string { return strings.TrimSpace(q.r.PostForm.Get(name)) }
	d.Reply = replyForm{Says: get("says"), Note: get("note"), To: get("to"), Until: get("until")}
	r, ok := d.read(q)
	if !ok {
		return q.showCase(http.StatusUnprocessableEntity, d)
	}
	changed, err := q.o.Desk.Reply(q.ctx(), q.principal(), r)
	if sen.KindOf(err) == sen.Invalid {
		d.Reply.Refuse = err.Error()
		return q.showCase(http.StatusUnprocessableEntity, d)
	}
	if err != nil {
		return err
	}
	q.o.Log.Info("a case was replied to", "case", d.Case.ID, "says", r.Says, "changed", changed, "by", q.principal().ID)
	q.redirect("/cases/" + d.Case.ID + "?said=" + r.Says)
	return nil
}

// read makes a reply of the form; false where something is wrong, which then
// stands beside its field.
func (d *caseData) read(q *request) (correction.Reply, bool) {
	f := &d.Reply
	r := correction.Reply{Case: d.Case.Number, Says: f.Says, Note: f.Note}
	switch {
	case !slices.Contains(d.Replies, f.Says):
		f.BadSays = q.lang.Pick("Hãy chọn một câu trả lời.", "Choose a reply.")
	case f.Says == correction.Rejects && f.Note == "":
		f.BadNote = q.lang.Pick("Không nhận thì cần chứng cứ: vì sao dữ liệu đúng, hoặc điều ấy nằm ở đâu.", "A rejection needs its evidence: why the data are right, or where that is shown.")
	case f.Says == correction.HandsOver:
		if r.To = f.To; !slices.Contains(d.Others, f.To) {
			f.BadTo = q.lang.Pick("Hãy chọn cơ quan có dữ liệu này.", "Choose the agency that owns the datum.")
		}
	case f.Says == correction.MoreTime:
		var err error
		if r.Until, err = time.Parse(time.DateOnly, f.Until); err != nil || f.Until > d.Latest || r.Until.Before(d.Case.Due) {
			f.BadUntil = q.lang.Pick("Hãy chọn một ngày sau hạn cũ và trong 90 ngày tới.", "Choose a day after the old deadline and within 90 days.")
		}
	}
	if !desk.FitsNote(f.Note) {
		f.BadNote = q.lang.Pick("Ghi chú được giữ mãi: viết ngắn, và không ghi số định danh của ai.", "A note is kept for good: be brief, and write nobody's identity number.")
	}
	return r, cmp.Or(f.BadSays, f.BadNote, f.BadTo, f.BadUntil) == ""
}
