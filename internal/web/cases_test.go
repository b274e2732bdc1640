package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/state"
)

// withCases opens a case at civil-status, which is overdue, and one at
// population.
func withCases(t *testing.T) *realHub {
	t.Helper()
	h := newRealHub(t, someBirths, somePeople)
	cases := correction.Cases{State: h.state, Deadlines: correction.Deadlines{Error: 10, Else: 30}}
	_, err := cases.Update(t.Context(), time.Now().AddDate(0, 0, -20), []sen.Dataset{"civil-status.birth", "population.person"}, []correction.Finding{
		{Owner: "civil-status", Dataset: "civil-status.birth", Kind: correction.Violation, Rule: "score.maximum", Column: "score", Severity: "error", Rows: 1, Of: 4},
		{Owner: "population", Dataset: "civil-status.birth", Kind: correction.Missing, Rule: "mother.reference", Column: "mother", Severity: "warning", Rows: 1, Of: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCasesAreFilteredAndAnAgencySeesItsOwn(t *testing.T) {
	h := withCases(t)
	for _, c := range []struct{ role, path, with, without string }{
		{account.Steward, "/cases", "C-000002", ""},
		{account.Steward, "/cases?agency=population", "C-000002", "C-000001"},
		{account.Steward, "/cases?overdue=1", "C-000001", "C-000002"},
		{account.Steward, "/cases?state=closed", "Không có phiếu nào", "C-000001"},
		{account.Agency, "/cases", "C-000001", "C-000002"},
		{account.Agency, "/cases?agency=population", "C-000001", "C-000002"},
	} {
		page := answered(t, ask(h, "GET", c.path, nil, signIn(t, h, c.role)), 200)
		has(t, page, c.with)
		if c.without != "" {
			hasNot(t, page, c.without)
		}
	}
	answered(t, ask(h, "GET", "/cases?state=lost", nil, signIn(t, h, account.Steward)), 422)
	answered(t, ask(h, "GET", "/cases/C-000002", nil, signIn(t, h, account.Agency)), 404)
	answered(t, ask(h, "GET", "/cases/C-000099", nil, signIn(t, h, account.Steward)), 404)
}

func TestRowsOfACaseAreShownForItAndOnTheRecord(t *testing.T) {
	h := withCases(t)
	page := answered(t, ask(h, "POST", "/cases/C-000001", url.Values{"purpose": {"correction"}, "case": {"another"}}, signIn(t, h, account.Agency)), 200)
	has(t, page, "id=b3", "99")
	if e := h.entries()[0]; e.Case != "C-000001" || e.Principal.ID != "agency:agency" {
		t.Errorf("the journal says %+v", e)
	}
	has(t, answered(t, ask(h, "POST", "/cases/C-000002", url.Values{"purpose": {"correction"}}, signIn(t, h, account.Steward)), 200), "id=b2", "p9")
}

func TestRowsThatWereOnlyMarkedAreNotOffered(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	cases := correction.Cases{State: h.state, Deadlines: correction.Deadlines{Error: 10, Else: 30}}
	if _, err := cases.Update(t.Context(), time.Now(), []sen.Dataset{"population.person"}, []correction.Finding{
		{Owner: "population", Dataset: "population.person", Kind: correction.Violation, Rule: "name.digits", Column: "name", Severity: "warning", Rows: 1, Of: 2},
	}); err != nil {
		t.Fatal(err)
	}
	steward := signIn(t, h, account.Steward)
	page := answered(t, ask(h, "GET", "/cases/C-000001", nil, steward), 200)
	has(t, page, "chỉ bị đánh dấu")
	hasNot(t, page, `name="purpose"`)
	answered(t, ask(h, "POST", "/cases/C-000001", url.Values{"purpose": {"correction"}}, steward), 404)
}

func TestAnAgencyWhoseRecordIsMissingSeesWhichDatasetNamesItAndSinceWhen(t *testing.T) {
	h := withCases(t)
	addAccount(t, h.state, state.Account{Name: "population", Role: account.Agency, Agency: "population"})
	population := signIn(t, h, "population")
	page := answered(t, ask(h, "GET", "/cases/C-000002", nil, population), 200)
	has(t, page, "của cơ quan khác", `<span class="code">civil-status.birth</span>`, time.Now().AddDate(0, 0, -20).UTC().Format(time.DateOnly))
	hasNot(t, page, `name="purpose"`, "/quality/civil-status.birth")
	page = answered(t, ask(h, "POST", "/cases/C-000002", url.Values{"purpose": {"correction"}}, population), 404)
	hasNot(t, page, "id=b2", "p9")
	if got := h.entries(); len(got) > 0 {
		t.Errorf("the journal says %+v", got)
	}
}

func TestAnAgencyRepliesAndAStewardInsists(t *testing.T) {
	h := withCases(t)
	soon, late := time.Now().AddDate(0, 0, 30).Format(time.DateOnly), time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	cookies := map[string]*http.Cookie{}
	for _, role := range []string{account.Agency, account.Steward, account.Leader} {
		cookies[role] = signIn(t, h, role)
	}
	for i, c := range []struct {
		role         string
		form         url.Values
		status       int
		says, stands string // on the page; the state after
	}{
		{account.Agency, url.Values{}, 422, "says-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"insist"}}, 422, "says-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"reject"}}, 422, "note-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"hand-over"}, "to": {"nobody"}}, 422, "to-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"more-time"}, "until": {"hôm qua"}}, 422, "until-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"more-time"}, "until": {late}}, 422, "until-wrong", correction.Open},
		{account.Agency, url.Values{"says": {"accept"}, "note": {"bà Dung, 001090012345"}}, 422, "note-wrong", correction.Open},
		{account.Steward, url.Values{"says": {"accept"}}, 403, "", correction.Open},
		{account.Leader, url.Values{"says": {"accept"}}, 403, "", correction.Open},
		{account.Agency, url.Values{"says": {"accept"}}, 303, "", correction.Accepted},
		{account.Agency, url.Values{"says": {"more-time"}, "until": {soon}}, 303, "", correction.Accepted},
		{account.Agency, url.Values{"says": {"reject"}, "note": {"sổ năm 1987 <b>ghi</b> vậy"}}, 303, "", correction.Rejected},
		{account.Steward, url.Values{"says": {"insist"}, "note": {"sổ ấy đã sửa"}}, 303, "", correction.Open},
		{account.Agency, url.Values{"says": {"hand-over"}, "to": {"population"}}, 303, "", correction.Open},
		{account.Agency, url.Values{"says": {"accept"}}, 404, "", correction.Open},
	} {
		page := answered(t, ask(h, "POST", "/cases/C-000001/reply", c.form, cookies[c.role]), c.status)
		has(t, page, c.says)
		all, err := h.state.Cases(t.Context())
		if err != nil || all[0].State != c.stands {
			t.Errorf("step %d: the case is %s, %v; want %s", i, all[0].State, err, c.stands)
		}
	}
	page := answered(t, ask(h, "GET", "/cases/C-000001?said=insist", nil, signIn(t, h, account.Steward)), 200)
	has(t, page, "&lt;b&gt;ghi&lt;/b&gt;", "agency:agency", "→ population", "Vẫn đề nghị sửa")
}

func TestManyCasesComeInPagesThatMissNoneAndRepeatNone(t *testing.T) {
	h := newRealHub(t, someBirths, somePeople)
	var found []correction.Finding
	for i := range 120 {
		found = append(found, correction.Finding{Owner: "population", Dataset: "population.person", Kind: correction.Violation, Rule: "r" + strings.Repeat("x", i), Severity: "error", Rows: int64(i % 7), Of: 9})
	}
	cases := correction.Cases{State: h.state, Deadlines: correction.Deadlines{Error: 10, Else: 30}}
	if _, err := cases.Update(t.Context(), time.Now(), []sen.Dataset{"population.person"}, found); err != nil {
		t.Fatal(err)
	}
	steward, at, seen := signIn(t, h, account.Steward), "/cases?agency=population", map[string]int{}
	for pages := 0; at != ""; pages++ {
		if pages > 5 {
			t.Fatal("the pages do not end")
		}
		page := answered(t, ask(h, "GET", at, nil, steward), 200)
		for n := int64(1); n <= 120; n++ {
			seen[correction.Name(n)] += strings.Count(page, `href="/cases/`+correction.Name(n)+`"`)
		}
		_, next, more := strings.Cut(page, `href="/cases?`)
		if at = ""; more {
			at = "/cases?" + strings.ReplaceAll(next[:strings.IndexByte(next, '"')], "&amp;", "&")
		}
	}
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s is shown %d times", name, times)
		}
	}
}
