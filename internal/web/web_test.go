package web

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// console is a console over a hub that has contracts and no data, with one
// account for each role.
func console(t *testing.T) http.Handler {
	t.Helper()
	return consoleWith(t, nil)
}

func consoleWith(t *testing.T, log *slog.Logger) http.Handler {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "contracts"), demo.Contracts()); err != nil {
		t.Fatal(err)
	}
	set, _ := contract.LoadDir(filepath.Join(dir, "contracts"), contract.Options{Elements: func(string) bool { return true }})
	s, err := state.Open(t.Context(), filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	accounts := account.New(s, account.Options{})
	addAccounts(t, s)
	pages, err := New(Options{Desk: desk.New(desk.Options{Dir: dir, Country: "Sen", Contracts: set, State: s, Jobs: job.New(s, job.Options{}), Entities: entities}), Accounts: accounts, Country: "Sen", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return pages.Handler()
}

// entities are the demonstration's.
func entities() ([]*link.Entity, error) {
	var all []*link.Entity
	for _, name := range []string{"person", "vehicle"} {
		src, err := fs.ReadFile(demo.Entities(), name+".yaml")
		if err != nil {
			return nil, err
		}
		e, err := link.ParseEntity(name+".yaml", src)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// ask sends a request, and gives the answer.
func ask(h http.Handler, method, target string, form url.Values, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// signIn gives the session's cookie.
func signIn(t *testing.T, h http.Handler, name string) *http.Cookie {
	t.Helper()
	answer := ask(h, "POST", "/sign-in", url.Values{"name": {name}, "password": {password}, "next": {"/systems"}})
	for _, c := range answer.Cookies() {
		if c.Name == "sen" {
			return c
		}
	}
	t.Fatalf("%s cannot sign in: %s", name, answer.Status)
	return nil
}

func TestWhoIsNotSignedInIsSentToSignInAndBack(t *testing.T) {
	h := console(t)
	answer := ask(h, "GET", "/systems?x=1", nil)
	if at := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || at != "/sign-in?next=%2Fsystems%3Fx%3D1" {
		t.Errorf("got %s to %q", answer.Status, at)
	}
	for _, next := range []string{"https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"} {
		answer := ask(h, "POST", "/sign-in", url.Values{"name": {"steward"}, "password": {password}, "next": {next}})
		if at := answer.Header.Get("Location"); at != "/" {
			t.Errorf("next %q leads to %q", next, at)
		}
	}
}

func TestAWrongPasswordSignsNobodyIn(t *testing.T) {
	answer := ask(console(t), "POST", "/sign-in", url.Values{"name": {"steward"}, "password": {"không đúng"}})
	if answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
		t.Errorf("got %s with %d cookies", answer.Status, len(answer.Cookies()))
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	h := console(t)
	r := httptest.NewRequest("POST", "/sign-out", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.AddCookie(signIn(t, h, "steward"))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.Code)
	}
}

func TestEveryAnswerForbidsWhatThePagesDoNotNeed(t *testing.T) {
	h := console(t)
	for _, target := range []string{"/", "/sign-in", "/nothing", "/static/x/y"} {
		answer := ask(h, "GET", target, nil)
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
}

func TestAnAgencySeesItsOwnSystems(t *testing.T) {
	h := console(t)
	cookie := signIn(t, h, account.Agency)
	for target, want := range map[string]int{"/systems": 200, "/systems/civil-status.birth": 200, "/systems/population.person": 404} {
		if got := ask(h, "GET", target, nil, cookie).StatusCode; got != want {
			t.Errorf("%s: got %d, want %d", target, got, want)
		}
	}
}

// TestFaultsOfTheHubsFilesAreToldToWhoSeesAllOfIt has seven, one hostile.
func TestFaultsOfTheHubsFilesAreToldToWhoSeesAllOfIt(t *testing.T) {
	h := newRealHub(t, "id,name,score,mother\n1,An,1,1\n", "id,name,score\n1,An,1\n")
	h.desk.Declared = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	h.desk.Problems = contract.Problems{{File: "contracts/a.odcs.yaml", Line: 3, Msg: "a warning", Warning: true}}
	for range 7 {
		h.desk.Problems = append(h.desk.Problems, contract.Problem{File: "contracts/b.odcs.yaml", Line: 7, Msg: "<b>no</b>"})
	}
	server, err := New(Options{Desk: desk.New(h.desk), Accounts: account.New(h.state, account.Options{}), Country: "Sen"})
	pages := must(t, server, err).Handler()
	for role, want := range map[string]int{account.Operator: mostFaults, account.Agency: 0} {
		page := body(t, ask(pages, "GET", "/systems", nil, signIn(t, pages, role)))
		if got := strings.Count(page, "contracts/b.odcs.yaml:7"); got != want {
			t.Errorf("%s is told of %d faults, want %d", role, got, want)
		}
		if strings.Contains(page, "<b>no") || strings.Contains(page, "a warning") {
			t.Errorf("%s: a fault is no text, or a warning is a fault", role)
		}
	}
}
