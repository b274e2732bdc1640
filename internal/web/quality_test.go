package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/desk"
)

const somePeople = "id,name,score\np1,Nguyễn An,3\np2,Trần Bình,4\n"

// someBirths are four: one is sound, one names a mother that is not there, one
// has a name that is markup and a score that is too high, one a score that is
// no number.
const someBirths = "id,name,score,mother\n" +
	"b1,Nguyễn An,3,p1\n" +
	"b2,Lê Chi,4,p9\n" +
	"b3,<script>alert(1)</script>,99,p1\n" +
	"b4,Phạm Dung,\u202enhiều,p2\n"

// answered is what a page says; it ends the test where the status is another.
func answered(t *testing.T, answer *http.Response, status int) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != status {
		t.Fatalf("got %s, want %d:\n%s", answer.Status, status, text)
	}
	return string(text)
}

func has(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not say %q:\n%s", part, page)
		}
	}
}

func hasNot(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(page, part) {
			t.Errorf("the page says %q", part)
		}
	}
}

func TestQualityShowsWhatWasMeasuredAndWhatDoesNotApply(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	steward := signIn(t, h, account.Steward)
	page := answered(t, ask(h, "GET", "/quality", nil, steward), 200)
	has(t, page, "civil-status", "population", "không áp dụng", "score.maximum")
	hasNot(t, page, "Phạm Dung", "alert(1)")
	page = answered(t, ask(h, "GET", "/quality?by=dataset&agency=population", nil, steward), 200)
	has(t, page, `href="/quality/population.person"`)
	hasNot(t, page, "civil-status.birth")
	page = answered(t, ask(h, "GET", "/quality/civil-status.birth", nil, steward), 200)
	has(t, page, "mother.reference", "Chưa cột nào gắn với từ điển dùng chung")
	if len(h.entries()) > 0 {
		t.Error("a page of figures left entries in the journal")
	}
}

func TestAnAgencySeesTheQualityOfItsOwn(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	agency := signIn(t, h, account.Agency)
	hasNot(t, answered(t, ask(h, "GET", "/quality", nil, agency), 200), "population")
	answered(t, ask(h, "GET", "/quality/population.person", nil, agency), 404)
	answered(t, ask(h, "GET", "/quality?agency=population", nil, agency), 404)
}

// rowsForm asks for the rows of the score that is too high.
func rowsForm(purpose, matter string) url.Values {
	return url.Values{"rule": {"score.maximum"}, "column": {"score"}, "purpose": {purpose}, "case": {matter}}
}

func TestRowsOfARuleAreShownForAPurposeAndOnTheRecord(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	steward := signIn(t, h, account.Steward)
	page := answered(t, ask(h, "POST", "/quality/civil-status.birth", rowsForm("quality-control", "QC-12"), steward), 200)
	has(t, page, "id=b3", "99")
	entries := h.entries()
	if len(entries) != 3 || entries[0].Principal.ID != "steward:steward" || entries[0].Purpose != access.QualityControl || entries[0].Case != "QC-12" || len(entries[1].Seen) != 1 {
		t.Errorf("the journal says %+v", entries)
	}
}

func TestNoRowIsShownWithoutAPurposeOrToARoleThatMayNot(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	for _, c := range []struct {
		role, purpose, matter string
		status                int
		says                  string
	}{
		{account.Steward, "", "", 422, "purpose-wrong"},
		{account.Steward, "curiosity", "", 422, "purpose-wrong"},
		{account.Steward, "quality-control", "số 12 của bà Dung", 422, "case-wrong"},
		{account.Agency, "quality-control", "", 422, "purpose-wrong"},
		{account.Leader, "quality-control", "", 403, ""},
		{account.Reader, "quality-control", "", 403, ""},
	} {
		page := answered(t, ask(h, "POST", "/quality/civil-status.birth", rowsForm(c.purpose, c.matter), signIn(t, h, c.role)), c.status)
		has(t, page, c.says)
		hasNot(t, page, "id=b3")
	}
	if got := h.entries(); len(got) != 0 {
		t.Errorf("the journal says %+v", got)
	}
}

func TestAnAgencySeesItsOwnRowsForCorrection(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	agency := signIn(t, h, account.Agency)
	has(t, answered(t, ask(h, "POST", "/quality/civil-status.birth", rowsForm("correction", ""), agency), 200), "id=b3")
	// That no mother is there it may know; who is there it may not.
	form := url.Values{"rule": {"mother.reference"}, "column": {"mother"}, "purpose": {"correction"}}
	page := answered(t, ask(h, "POST", "/quality/civil-status.birth", form, agency), 200)
	has(t, page, "id=b2", "p9", "<bdi>population.person</bdi>", "Của bên kia chỉ cho biết")
	hasNot(t, page, "id=b1", "Trần Bình", "p2")
	for _, e := range h.entries() {
		for _, s := range e.Scopes {
			if s.Dataset != "civil-status.birth" {
				t.Errorf("an agency's reading is of %s", s.Dataset)
			}
		}
	}
	page = answered(t, ask(h, "POST", "/quality/civil-status.birth", form, signIn(t, h, account.Steward)), 200)
	has(t, page, "id=b2", "p9")
	hasNot(t, page, "Của bên kia chỉ cho biết")
}

func TestManyRowsComeInPartsThatMissNoneAndRepeatNone(t *testing.T) {
	var births strings.Builder
	births.WriteString("id,name,score,mother\n")
	for i := range 60 {
		fmt.Fprintf(&births, "b%02d,An,%d,p1\n", i, 5+50*(i%2)) // every other one is too high
	}
	h := newRealHub(t, births.String(), somePeople)
	steward := signIn(t, h, account.Steward)
	form, seen := rowsForm("quality-control", ""), map[string]int{}
	for range 5 {
		page := answered(t, ask(h, "POST", "/quality/civil-status.birth", form, steward), 200)
		for i := range 60 {
			seen[fmt.Sprintf("id=b%02d", i)] += strings.Count(page, fmt.Sprintf("id=b%02d<", i))
		}
		_, from, more := strings.Cut(page, `name="from" value="`)
		if !more {
			break
		}
		form.Set("from", from[:strings.IndexByte(from, '"')])
	}
	for i := range 60 {
		if got := seen[fmt.Sprintf("id=b%02d", i)]; got != i%2 {
			t.Errorf("row b%02d is shown %d times, want %d", i, got, i%2)
		}
	}
}

// The figures of quality call some faults by another name than the quarantine
// does: each that offers rows has them.
func TestEveryFaultThatOffersRowsShowsAsManyAsItCounts(t *testing.T) {
	h := newRealHub(t, "id,name,score,mother\nb1,An,3,p1\nb2,,4,p1\nb3,An,99,p1\nb4,An,x,p2\nb1,An,5,p1\nb5,An,6,p9\n,An,7,p1\nb6,An,x,p1\n", somePeople)
	steward, asked := signIn(t, h, account.Steward), map[string]bool{}
	report, ok, err := h.server.o.Desk.Report(t.Context(), h.desk.Contracts.Datasets()[0])
	if err != nil || !ok {
		t.Fatal(err)
	}
	for _, o := range report.Offenders {
		if !desk.HasRows(h.desk.Contracts.Datasets()[0], o) {
			continue
		}
		asked[string(o.Finding)] = true
		form := url.Values{"rule": {o.Rule}, "column": {o.Column}, "purpose": {"quality-control"}}
		page := answered(t, ask(h, "POST", "/quality/civil-status.birth", form, steward), 200)
		if got := strings.Count(page, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\" class=\"mono\" translate=\"no\">"); int64(got) != o.Rows {
			t.Errorf("%s of %s: %d rows are shown, %d are counted", o.Rule, o.Column, got, o.Rows)
		}
	}
	for _, finding := range []string{"invalid", "rule", "missing", "duplicate", "unresolved"} {
		if !asked[finding] {
			t.Errorf("no row of the finding %q was asked for: %+v", finding, report.Offenders)
		}
	}
}

func TestHostileValuesShowAsText(t *testing.T) {
	long := strings.Repeat("ề", 10_000)
	h := newRealHub(t, "id,name,score,mother\n\"<img src=x onerror=alert(1)>\",An,99,p1\nb2,An,"+long+",p1\nb3,An,\u202e=1+1,p1\n", somePeople)
	steward := signIn(t, h, account.Steward)
	page := answered(t, ask(h, "POST", "/quality/civil-status.birth", rowsForm("quality-control", ""), steward), 200)
	has(t, page, "&lt;img src=x")
	hasNot(t, page, "<img")
	form := rowsForm("quality-control", "")
	form.Set("rule", "score.invalid")
	page = answered(t, ask(h, "POST", "/quality/civil-status.birth", form, steward), 200)
	has(t, page, "<bdi>\u202e=1&#43;1</bdi>", "… (10.000 ký tự)")
	hasNot(t, page, long)
}
