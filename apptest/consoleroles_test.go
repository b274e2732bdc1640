package apptest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/web"
)

// The roles of whom most pages are.
const (
	everyRole = "operator steward reviewer officer leader agency reader"
	anybody   = "nobody " + everyRole
	workers   = "operator steward reviewer leader agency reader"
	governors = "operator steward leader"
	linkers   = "operator steward reviewer"
	menders   = "operator steward agency"
)

// pageOf is a line of the table of pages.
type pageOf struct{ pattern, example, roles string }

// pageRoles says of every page and form of the console which roles may ask for
// it. A page whose path has a part that names one thing is asked for by the
// example, or, where there is none, by the first link that leads to one.
var pageRoles = []pageOf{
	{"GET /{$}", "/", anybody},
	{"GET /sign-in", "/sign-in", anybody},
	{"POST /sign-in", "/sign-in", anybody},
	{"POST /sign-out", "/sign-out", anybody},
	{"GET /systems", "/systems", workers},
	{"GET /systems/{dataset}", "/systems/civil-status.birth", workers},
	{"GET /catalogue", "/catalogue", everyRole},
	{"GET /catalogue/datasets/{dataset}", "/catalogue/datasets/civil-status.birth", everyRole},
	{"GET /catalogue/elements/{name}", "/catalogue/elements/person-name", everyRole},
	{"GET /catalogue/golden/{entity}", "/catalogue/golden/person", everyRole},
	{"GET /leader", "/leader", governors},
	{"GET /indicators", "/indicators", governors},
	{"GET /indicators/{name}", "", governors},
	{"GET /systems/{dataset}/live", "/systems/civil-status.birth/live", workers},
	{"POST /systems/{dataset}/{what}", "/systems/civil-status.birth/sync", "operator"},
	{"GET /jobs", "/jobs", workers},
	{"GET /jobs/live", "/jobs/live", workers},
	{"GET /person", "/person", "operator steward"},
	{"POST /person", "/person", "operator steward"},
	{"GET /links", "/links", linkers},
	{"GET /links/{entity}", "/links/person", linkers},
	{"POST /links/{entity}", "/links/person", linkers},
	{"GET /merges", "/merges", linkers},
	{"GET /merges/{decision}", "", linkers},
	{"POST /merges/{decision}/confirm", "/merges/D-1/confirm", "steward"},
	{"POST /merges/{decision}/withdraw", "/merges/D-1/withdraw", linkers},
	{"GET /residence", "/residence", "officer"},
	{"POST /residence", "/residence", "officer"},
	{"GET /quality", "/quality", governors + " agency"},
	{"GET /quality/{dataset}", "/quality/civil-status.birth", governors + " agency"},
	{"POST /quality/{dataset}", "/quality/civil-status.birth", menders},
	{"GET /quarantine", "/quarantine", menders},
	{"GET /quarantine/{dataset}", "/quarantine/civil-status.birth", menders},
	{"POST /quarantine/{dataset}", "/quarantine/civil-status.birth", menders},
	{"POST /quarantine/{dataset}/release", "/quarantine/civil-status.birth/release", "operator steward"},
	{"GET /cases", "/cases", menders},
	{"GET /cases/{number}", "", menders},
	{"POST /cases/{number}", "", menders},
	{"POST /cases/{number}/reply", "/cases/C-000001/reply", menders},
}

// roles holds the table against what the server registers, and against what it
// answers to each role. Forms are sent by those only who may not send them:
// what they change for others the journeys show.
func (c *console) roles(t *testing.T) {
	c.t = t
	var wrong []string
	known := map[string]bool{}
	for _, page := range pageRoles {
		known[page.pattern] = true
		if !slices.ContainsFunc(c.routes, func(r web.Route) bool { return r.Pattern == page.pattern }) {
			wrong = append(wrong, fmt.Sprintf("the table has %q, which the server does not", page.pattern))
			continue
		}
		wrong = append(wrong, c.rolesOf(page.pattern, c.example(page.pattern, page.example), strings.Fields(page.roles))...)
	}
	for _, route := range c.routes {
		if !known[route.Pattern] {
			wrong = append(wrong, fmt.Sprintf("%q has no line in the table pageRoles of apptest: say which roles may ask for it", route.Pattern))
		}
	}
	tell(t, wrong)
}

// rolesOf asks for one page as every role.
func (c *console) rolesOf(pattern, path string, allowed []string) (wrong []string) {
	method, _, _ := strings.Cut(pattern, " ")
	if path == "" {
		return []string{fmt.Sprintf("%s: no link leads to one; give the table an example", pattern)}
	}
	if slices.Contains(allowed, "nobody") {
		return nil // for everybody: the crawl and the journeys ask for it
	}
	for _, role := range slices.Sorted(maps.Keys(c.sessions)) {
		may := slices.Contains(allowed, role)
		if method == "POST" && may {
			continue
		}
		got := c.ask(method, path, role, "en", formOf(method))
		if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[may]; got.status != want {
			wrong = append(wrong, fmt.Sprintf("%s %s as %s: status %d, want %d", method, path, role, got.status, want))
		}
	}
	got := c.ask(method, path, "", "en", formOf(method))
	if to := got.header.Get("Location"); got.status != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in?next=") {
		wrong = append(wrong, fmt.Sprintf("%s %s as nobody: status %d to %q, want to be sent to sign in", method, path, got.status, to))
	}
	return wrong
}

func formOf(method string) url.Values {
	if method == "POST" {
		return url.Values{}
	}
	return nil
}

// example is a path of a pattern: the one that the table gives, or one that a
// link leads to, an agency's before others: what is an agency's all may see.
func (c *console) example(pattern, given string) string {
	if given != "" {
		return given
	}
	method, of, _ := strings.Cut(pattern, " ")
	if method != "GET" {
		pattern = "GET " + of
	}
	path := ""
	for _, one := range c.found[pattern] {
		if path == "" || one.role == "agency" {
			path = one.path
		}
	}
	return path
}
