package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/account"
)

// shown is the text of a page that answers 200.
func shown(t *testing.T, h http.Handler, target string, cookies ...*http.Cookie) string {
	t.Helper()
	answer := ask(h, "GET", target, nil, cookies...)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", target, answer.Status, err)
	}
	return string(body)
}

func TestTheCatalogueIsSearchedWithoutMarksAndSaysWhereItMatched(t *testing.T) {
	h := console(t)
	page := shown(t, h, "/catalogue?q=khai+sinh", signIn(t, h, account.Steward))
	for _, want := range []string{`href="/systems/civil-status.birth"`, "<mark>", "kind=dataset"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

func TestAnAgencySearchesAllAndIsLedToWhatItMaySee(t *testing.T) {
	h := console(t)
	agency := signIn(t, h, account.Agency)
	page := shown(t, h, "/catalogue?kind=dataset", agency)
	for _, want := range []string{`href="/systems/civil-status.birth"`, `href="/catalogue/datasets/population.person"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page, `href="/systems/population.person"`) {
		t.Error("it is led to a page that it may not see")
	}
	shown(t, h, "/catalogue/datasets/population.person", agency)
}

func TestEveryResultOfTheCatalogueLeadsSomewhereForEveryRole(t *testing.T) {
	h := console(t)
	for _, role := range account.Roles() {
		cookie := signIn(t, h, role)
		page := shown(t, h, "/catalogue", cookie)
		for _, part := range strings.Split(page, `<div class="row-line"><a href="`)[1:] {
			link, _, _ := strings.Cut(part, `"`)
			shown(t, h, link, cookie)
		}
	}
}

func TestWhatIsTypedIntoASearchIsShownAsText(t *testing.T) {
	h := console(t)
	cookie := signIn(t, h, account.Reader)
	for _, typed := range []string{`"><script>alert(1)</script>`, "\u202e<b>", strings.Repeat("Nguyễn ", 1000), "%", "\x00"} {
		page := shown(t, h, "/catalogue?q="+url.QueryEscape(typed), cookie)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<b>\"") {
			t.Errorf("%.20q stands in the page as markup", typed)
		}
	}
}

func TestAnElementSaysItsRuleAndWhereItIsUsed(t *testing.T) {
	h := console(t)
	cookie := signIn(t, h, account.Reader)
	page := shown(t, h, "/catalogue/elements/person-name", cookie)
	for _, want := range []string{"/systems/population.person", "full_name"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	answer := ask(h, "GET", "/catalogue/elements/nothing", nil, cookie)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("an element that is not there: %s", answer.Status)
	}
}

func TestEveryFieldOfAGoldenRecordIsFollowedBackToTheColumnsOfItsSources(t *testing.T) {
	h := console(t)
	reader := signIn(t, h, account.Reader)
	has(t, shown(t, h, "/catalogue", reader), `href="/catalogue/golden/person"`)
	page := shown(t, h, "/catalogue/golden/person", reader)
	all, err := entities()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all[0].Records.Names() {
		said, _ := all[0].Records.Get(record)
		for field, column := range said.Fields {
			has(t, page, `id="f-`+field+`"`, record+"<small>"+column+"</small>")
		}
	}
	// From the register's name to the column of its file, cleaned as a name.
	_, row, found := strings.Cut(page, "population.person<small>full_name</small>")
	row, _, _ = strings.Cut(row, "</tr>")
	if !found || !strings.Contains(row, "trước hết") {
		t.Error("the register is not believed first of a name")
	}
	has(t, row, `href="/catalogue/elements/person-name"`, ">ho_ten<", "sources/population/", "contracts/population.odcs.yaml")
	has(t, shown(t, h, "/catalogue/datasets/population.person", reader), "ho_ten", `href="/catalogue/golden/person#f-name"`)
	for _, part := range strings.Split(page, `href="/catalogue/`)[1:] {
		link, _, _ := strings.Cut(part, `"`)
		shown(t, h, "/catalogue/"+link, reader)
	}
	answered(t, ask(h, "GET", "/catalogue/golden/nobody", nil, reader), 404)
}
