package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

// lookForm is the form that asks for one record: what is meant, and why it is
// opened. Wrong says beside each field what is not right with it.
type lookForm struct {
	Entities  []choice
	Purposes  []choice // those of the role
	Any       bool     // the role may state others too
	Entity    string
	Key       string
	Purpose   string
	Case      string
	Wrong     map[string]string
	KeysOf    string // what the chosen entity is called by
	Requested string // under which the journal has a look that found nothing
}

type choice struct{ Value, Title string }

// lookData is what the page of one record shows.
type lookData struct {
	Record  desk.Record
	Name    string
	Kind    string
	Purpose string
	Case    string
}

// why is the purpose and the case that a form states.
type why struct{ purpose, matter string }

func (q *request) personPage() error {
	query := q.r.URL.Query()
	f := lookForm{Entity: cmp.Or(query.Get("entity"), "person")}
	if _, err := strconv.ParseInt(query.Get("id"), 10, 64); err == nil {
		f.Key = query.Get("id") // the record's own identifier; a number of a person never stands in an address
	}
	return q.lookPage(http.StatusOK, f)
}

func (q *request) lookPage(status int, f lookForm) error {
	all, err := q.o.Desk.Entities()
	if err != nil {
		return err
	}
	for _, e := range all {
		f.Entities = append(f.Entities, choice{e.Entity, cmp.Or(q.called(e.Name), e.Entity)})
		if e.Entity == f.Entity {
			f.KeysOf = q.keysOf(e)
		}
	}
	f.Purposes, f.Any = q.purposes()
	return q.render(status, "person", q.lang.Pick("Xem một bản ghi", "Look into one record"), f)
}

// keysOf names what a thing is found by.
func (q *request) keysOf(e *link.Entity) string {
	var names []string
	for _, key := range e.Keys() {
		names = append(names, cmp.Or(q.called(q.o.Desk.FieldTitle(e, key)), key))
	}
	return strings.Join(names, "; ")
}

func (q *request) called(t link.Title) string { return q.lang.Pick(t.VI, t.EN) }

// purposes are those that the reader's role may state; any: others too.
func (q *request) purposes() (out []choice, any bool) {
	of, any := access.Purposes(q.principal().Role)
	if any {
		of = []sen.Purpose{access.QualityControl, access.Correction, access.LinkReview, access.Residence}
	}
	for _, one := range of {
		out = append(out, choice{string(one), purposeWord(q.lang, string(one))})
	}
	return out, any
}

// stated reads purpose and case of a form, and says what is missing.
func (q *request) stated(wrong map[string]string) why {
	w := why{strings.TrimSpace(cmp.Or(q.r.PostForm.Get("other-purpose"), q.r.PostForm.Get("purpose"))), strings.TrimSpace(q.r.PostForm.Get("case"))}
	if w.purpose == "" {
		wrong["purpose"] = q.lang.Pick("Hãy nêu mục đích: không có mục đích thì không mở.", "State the purpose: nothing opens without one.")
	}
	if len(w.matter) > longestCase {
		wrong["case"] = q.lang.Pick("Số vụ việc dài quá 100 ký tự.", "The case number is longer than 100 characters.")
	}
	return w
}

const (
	longestCase = 100 // bytes
	longestKey  = 100
)

// asks is what the door is asked by a page.
func (q *request) asks(command string, w why) access.Request {
	return access.Request{Principal: q.principal(), Purpose: sen.Purpose(w.purpose), Case: w.matter, Command: command}
}

// person shows the record that a form asks for, in the answer to the form, so
// that no number of a person stands in an address.
func (q *request) person() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	f := lookForm{Entity: cmp.Or(q.r.PostForm.Get("entity"), "person"), Key: strings.TrimSpace(q.r.PostForm.Get("key")), Wrong: map[string]string{}}
	w := q.stated(f.Wrong)
	f.Purpose, f.Case = w.purpose, w.matter
	if f.Key == "" || len(f.Key) > longestKey {
		f.Wrong["key"] = q.lang.Pick("Hãy gõ một số hoặc mã.", "Type a number or another key.")
	}
	if len(f.Wrong) > 0 {
		return q.lookPage(http.StatusUnprocessableEntity, f)
	}
	r, err := q.o.Desk.Look(q.ctx(), q.asks("console person", w), f.Entity, f.Key)
	switch sen.KindOf(err) {
	case sen.NotFound:
		f.Wrong["key"], f.Requested = q.lang.Pick("Không có bản ghi nào mang khóa này.", "No record has this key."), r.Request
		return q.lookPage(http.StatusNotFound, f)
	case sen.Invalid:
		f.Wrong["key"], f.Requested = q.lang.Pick("Khóa này chỉ nhiều bản ghi; hãy dùng khóa khác.", "The key means several records; use another."), r.Request
		return q.lookPage(http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e, err := q.o.Desk.Entity(f.Entity)
	if err != nil {
		return err
	}
	d := lookData{Record: r, Name: cmp.Or(r.Value(e.Label()), strconv.FormatInt(r.ID, 10)), Kind: cmp.Or(q.called(e.Name), e.Entity), Purpose: w.purpose, Case: w.matter}
	return q.render(http.StatusOK, "record", q.lang.Pick("Bản ghi vàng", "Golden record"), d)
}

// Datasets are those that speak of the record, each once.
func (d lookData) Datasets() int {
	seen := map[string]bool{}
	for _, p := range d.Record.Records {
		name, _, _ := strings.Cut(p.Dataset, "/")
		seen[name] = true
	}
	return len(seen)
}

// Spoken is how many records speak of it.
func (d lookData) Spoken() (n int64) {
	for _, p := range d.Record.Records {
		n += p.Records
	}
	return n
}
