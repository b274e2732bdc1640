package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
)

// asking is a form by which people's data are asked for: it states who, why and
// on which case, before anything is read.
type asking struct {
	Action   string
	Hidden   []queryValue // what is asked for
	Purposes []sen.Purpose
	Purpose  sen.Purpose
	Case     string
	Fixed    bool   // the case is known: it is not asked
	Wrong    string // beside the purpose
	BadCase  string // beside the case
	Refused  string // by the door
	Next     int64  // where the next part begins, once a part is shown; 0: there is none
}

// rowsShown is how many rows one answer shows.
const rowsShown = 25

// ask begins a form for somebody whose role may see rows; nil for others. first
// is the purpose that the page is for.
func (q *request) ask(action string, first sen.Purpose, hidden ...queryValue) *asking {
	if !q.may(access.SeeRows) {
		return nil
	}
	of, any := access.Purposes(q.principal().Role)
	if any {
		of = []sen.Purpose{access.QualityControl, access.Correction}
	}
	of = slices.DeleteFunc(slices.Clone(of), func(p sen.Purpose) bool { return p != access.QualityControl && p != access.Correction })
	if len(of) == 0 {
		return nil
	}
	a := &asking{Action: action, Hidden: hidden, Purposes: of, Purpose: of[0]}
	if slices.Contains(of, first) {
		a.Purpose = first
	}
	return a
}

// caseForm is a case's number, of whichever register: short, and no place for
// anything else.
var caseForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./-]{0,39}$`)

// request reads what the form states; false where something is missing, which
// then stands beside its field.
func (a *asking) request(q *request, command string) (access.Request, bool) {
	a.Purpose = sen.Purpose(q.r.PostForm.Get("purpose"))
	if !a.Fixed {
		a.Case = strings.TrimSpace(q.r.PostForm.Get("case"))
	}
	if !slices.Contains(a.Purposes, a.Purpose) {
		a.Wrong = q.lang.Pick("Hãy chọn mục đích: cửa chỉ mở khi biết vì sao.", "Choose a purpose: the door opens only where it is said why.")
	}
	if a.Case != "" && !caseForm.MatchString(a.Case) {
		a.BadCase = q.lang.Pick("Số hồ sơ chỉ gồm chữ không dấu, chữ số, dấu chấm, gạch chéo, gạch nối; không ghi thông tin của người.",
			"A case number has letters, digits, dots, slashes and hyphens alone; nothing about a person.")
	}
	return access.Request{Principal: q.principal(), Purpose: a.Purpose, Case: a.Case, Command: command}, a.Wrong == "" && a.BadCase == ""
}

// refused takes the door's refusal into the form; other errors stay.
func (q *request) refused(a *asking, err error) error {
	if sen.KindOf(err) != sen.Denied {
		return err
	}
	a.Refused = q.lang.Pick("Cửa không mở: các dòng này ngoài quyền của vai bạn. Lần hỏi này đã được ghi sổ.",
		"The door stayed shut: these rows are beyond your role. That you asked is on record.")
	return nil
}

// status is what a page with the form answers.
func (a *asking) status() int {
	switch {
	case a == nil:
		return http.StatusOK
	case a.Refused != "":
		return http.StatusForbidden
	case a.Wrong != "" || a.BadCase != "":
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// fromRow is the place of the first row that is asked for.
func (q *request) fromRow() int64 {
	n, err := strconv.ParseInt(q.r.PostForm.Get("from"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// form reads what a page sends.
func (q *request) form() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	return nil
}
