package web

import (
	"net/http"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
)

// residenceData is what the page of the first service shows: the question, and
// its answer where there is one.
type residenceData struct {
	Number, Province, Ward, Case string
	Wrong                        map[string]string
	Answer                       *desk.Residence
	Told                         bool // the place was asked for, not yes or no
}

// Yes reports whether the answer is yes.
func (d residenceData) Yes() bool {
	return d.Answer.Verdict == desk.Registered || d.Answer.Verdict == desk.AtThisPlace
}

func (q *request) residencePage() error {
	return q.showResidence(http.StatusOK, residenceData{})
}

func (q *request) showResidence(status int, d residenceData) error {
	return q.render(status, "residence", q.lang.Pick("Xác nhận cư trú", "Residence confirmation"), d)
}

// residence answers in the answer to the form: no number stands in an address.
func (q *request) residence() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	form := func(name string) string { return strings.TrimSpace(q.r.PostForm.Get(name)) }
	d := residenceData{Number: form("number"), Province: form("province"), Ward: form("ward"), Case: form("case"), Told: form("tell") != "", Wrong: map[string]string{}}
	d.check(q)
	if len(d.Wrong) > 0 {
		return q.showResidence(http.StatusUnprocessableEntity, d)
	}
	answer, err := q.o.Desk.ConfirmResidence(q.ctx(), desk.ResidenceQuestion{
		Request: q.asks("console residence", why{string(access.Residence), d.Case}),
		Number:  d.Number, Province: d.Province, Ward: d.Ward, Tell: d.Told,
	})
	if err != nil {
		return err
	}
	d.Answer = &answer
	return q.showResidence(http.StatusOK, d)
}

// check says beside each field what is not right with it.
func (d *residenceData) check(q *request) {
	if _, ok := desk.Number(d.Number); !ok {
		d.Wrong["number"] = q.lang.Pick("Số định danh có 12 chữ số; số chứng minh cũ có 9.", "An identity number has 12 digits; one of before has 9.")
	}
	switch {
	case d.Case == "":
		d.Wrong["case"] = q.lang.Pick("Hãy ghi số hồ sơ mà việc này phục vụ.", "State the number of the case that this is for.")
	case len(d.Case) > longestCase:
		d.Wrong["case"] = q.lang.Pick("Số hồ sơ dài quá 100 ký tự.", "The case number is longer than 100 characters.")
	}
	if len(d.Province) > longestKey || len(d.Ward) > longestKey {
		d.Wrong["province"] = q.lang.Pick("Tên nơi dài quá 100 ký tự.", "The place is longer than 100 characters.")
	}
}
