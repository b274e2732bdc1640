package api

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// served is an API over a hub that has contracts and no data, with one account
// for each role.
type served struct {
	t        *testing.T
	h        http.Handler
	accounts *account.Accounts
	desk     *desk.Desk
	state    *state.State
	tokens   map[string]string // by role and scopes
}

const password = "một hai ba bốn năm"

func serve(t *testing.T, o Options) *served {
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
	v := &served{t: t, accounts: account.New(s, account.Options{}), state: s, tokens: map[string]string{}}
	v.desk = desk.New(desk.Options{Dir: dir, Country: "Sen", Contracts: set, Elements: (*dictionary.Set)(nil), State: s, Jobs: job.New(s, job.Options{}),
		Entities: func() ([]*link.Entity, error) { return nil, nil }})
	for _, role := range account.Roles() {
		hash := state.Account{Name: role, Title: role, Role: role, Agency: "civil-status", Created: time.Now()}
		if err := s.PutAccount(t.Context(), hash, true); err != nil {
			t.Fatal(err)
		}
	}
	o.Desk, o.Accounts, o.Cookie = v.desk, v.accounts, "sen"
	v.h = New(o).Handler()
	return v
}

// token is one of a role, with scopes.
func (v *served) token(role string, scopes ...string) string {
	v.t.Helper()
	key := role + " " + strings.Join(scopes, " ")
	if v.tokens[key] == "" {
		token, err := v.accounts.Token(v.t.Context(), role, "test", scopes, time.Hour)
		if err != nil {
			v.t.Fatal(err)
		}
		v.tokens[key] = token
	}
	return v.tokens[key]
}

// ask sends a request; headers are pairs.
func (v *served) ask(method, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, Prefix+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, r)
	return w
}

func read[T any](t *testing.T, w *httptest.ResponseRecorder) (out T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%d: %v: %s", w.Code, err, w.Body)
	}
	return out
}

// operations are all that the API has, each with what a request needs. The hub
// has no data: what is of one thing is not found.
var operations = []struct {
	method, path, body string
	scopes             []string
	act                access.Act
	status             int // where it is allowed
}{
	{"GET", "/account", "", reading, "", 200},
	{"GET", "/systems", "", reading, access.SeeSystems, 200},
	{"GET", "/declarations", "", reading, access.SeeSystems, 200},
	{"GET", "/systems/civil-status.birth", "", reading, access.SeeSystems, 200},
	{"GET", "/systems/civil-status.birth/runs", "", reading, access.SeeSystems, 200},
	{"GET", "/certificates/none", "", reading, access.SeeSystems, 404},
	{"GET", "/jobs", "", reading, access.SeeSystems, 200},
	{"GET", "/jobs/none", "", reading, access.SeeSystems, 404},
	{"POST", "/jobs", `{"kind":"sync","dataset":"civil-status.birth"}`, changing, access.RunSync, 202},
	{"POST", "/systems/civil-status.birth/pause", `{"paused":true}`, changing, access.RunSync, 409},
	{"GET", "/events?seconds=0", "", reading, access.SeeSystems, 200},
	{"GET", "/catalogue", "", reading, access.SeeCatalogue, 200},
	{"GET", "/catalogue/datasets/civil-status.birth", "", reading, access.SeeCatalogue, 200},
	{"GET", "/catalogue/elements/none", "", reading, access.SeeCatalogue, 404},
	{"GET", "/indicators", "", reading, access.SeeFigures, 200},
	{"GET", "/indicators/none", "", reading, access.SeeFigures, 404},
	{"GET", "/entities", "", reading, access.SeeCatalogue, 200},
	{"GET", "/entities/none/lineage", "", reading, access.SeeCatalogue, 404},
	{"POST", "/entities/none/record", `{"key":"1","purpose":"correction"}`, ofPeople, access.SeePerson, 404},
	{"POST", "/entities/none/sources", `{"key":"1","purpose":"correction"}`, ofPeople, access.SeePerson, 404},
	{"POST", "/entities/none/explanation", `{"a":"1","b":"2","purpose":"correction"}`, ofPeople, access.SeePerson, 404},
	{"POST", "/entities/none/looks", `{"key":"1","purpose":"correction"}`, ofPeople, access.SeePerson, 404},
	{"POST", "/entities/none/merge", `{"a":"1","b":"2","purpose":"correction","reason":"one person"}`, deciding, access.Review, 404},
	{"POST", "/entities/none/take-out", `{"key":"1","record":"a.b:1","purpose":"correction","reason":"two people"}`, deciding, access.Review, 404},
	{"GET", "/reviews", "", reading, access.Review, 200},
	{"POST", "/reviews/none/pairs", `{"purpose":"link-review"}`, ofPeople, access.Review, 404},
	{"POST", "/reviews/none/answers", `{"a":"a.b:1","b":"a.b:2","verdict":"same","reason":"one person"}`, changing, access.Review, 404},
	{"GET", "/decisions", "", reading, access.Review, 200},
	{"GET", "/decisions/D-000001", "", reading, access.Review, 404},
	{"GET", "/decisions/D-000001/uses", "", reading, access.Review, 404},
	{"POST", "/decisions/D-000001/confirm", "", changing, access.Confirm, 404},
	{"POST", "/decisions/D-000001/withdraw", `{"reason":"two people"}`, changing, access.Review, 404},
	{"GET", "/quality/agencies", "", reading, access.SeeQuality, 200},
	{"GET", "/quality/datasets", "", reading, access.SeeQuality, 200},
	{"GET", "/quality/datasets/civil-status.birth", "", reading, access.SeeQuality, 404},
	{"GET", "/quality/datasets/civil-status.birth/offences", "", reading, access.SeeQuality, 404},
	{"POST", "/quality/datasets/civil-status.birth/rows", `{"rule":"x","purpose":"correction"}`, ofPeople, access.SeeRows, 404},
	{"GET", "/quarantine", "", reading, access.SeeRows, 200},
	{"GET", "/quarantine/civil-status.birth/rules", "", reading, access.SeeRows, 200},
	{"POST", "/quarantine/none.none/rows", `{"purpose":"correction"}`, ofPeople, access.SeeRows, 404},
	{"POST", "/quarantine/none.none/release", "", changing, access.Release, 404},
	{"GET", "/cases", "", reading, access.SeeCases, 200},
	{"GET", "/cases/C-000001", "", reading, access.SeeCases, 404},
	{"POST", "/cases/C-000001/rows", `{"purpose":"correction"}`, ofPeople, access.SeeRows, 404},
	{"POST", "/cases/C-000001/replies", `{"says":"accept"}`, changing, access.Reply, 404},
	{"POST", "/services/residence", `{"number":"001090012345","case":"1"}`, ofPeople, access.Serve, 404},
}

func TestATokenDoesWhatItsScopeAndItsRoleAllow(t *testing.T) {
	v := serve(t, Options{PerMinute: 1e6})
	given := [][]string{{Read}, {Write}, {Person}, {Write, Person}, Scopes()}
	for _, o := range operations {
		for _, role := range account.Roles() {
			for _, scopes := range given {
				want := o.status
				lacks := slices.ContainsFunc(o.scopes, func(s string) bool { return !slices.Contains(scopes, s) })
				if lacks || o.act != "" && !access.May(sen.Principal{Role: role}, o.act) {
					want = http.StatusForbidden
				}
				w := v.ask(o.method, o.path, v.token(role, scopes...), o.body)
				if w.Code != want {
					t.Errorf("%s %s as %s with scopes %s: got %d, want %d: %s", o.method, o.path, role, scopes, w.Code, want, w.Body)
				}
			}
		}
	}
}

// TestTheTableOfOperationsIsWhole holds the table above against the description.
func TestTheTableOfOperationsIsWhole(t *testing.T) {
	var described []string
	var document struct {
		Paths map[string]map[string]any
	}
	if err := json.Unmarshal(New(Options{}).Document(), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	if len(described) != len(operations) {
		slices.Sort(described)
		t.Errorf("described are %d operations, tested %d:\n%s", len(described), len(operations), strings.Join(described, "\n"))
	}
}

// TestThePageOfTheAPINamesAll holds docs/api.md against what there is.
func TestThePageOfTheAPINamesAll(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	var document struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(New(Options{}).Document(), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			wanted = append(wanted, strings.ToUpper(method)+" "+strings.TrimPrefix(path, Prefix))
		}
	}
	for _, k := range kinds {
		wanted = append(wanted, k.name)
	}
	for _, one := range append(wanted, Scopes()...) {
		if !strings.Contains(string(page), "`"+one+"`") {
			t.Errorf("docs/api.md does not name %s", one)
		}
	}
	for _, m := range regexp.MustCompile("`((?:GET|POST) /[^`]*)`").FindAllStringSubmatch(string(page), -1) {
		if !slices.Contains(wanted, m[1]) {
			t.Errorf("docs/api.md names %s, which there is not", m[1])
		}
	}
}

func TestWhoGivesNoTokenIsAskedForOne(t *testing.T) {
	v := serve(t, Options{})
	session, _, err := v.signIn()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method string
		header []string
		want   int
	}{
		"nothing":                          {"GET", nil, 401},
		"a wrong token":                    {"GET", []string{"Authorization", "Bearer nonsense"}, 401},
		"another scheme":                   {"GET", []string{"Authorization", "Basic b3A6b3A="}, 401},
		"a session":                        {"GET", []string{"Cookie", "sen=" + session}, 200},
		"a session as a token":             {"GET", []string{"Authorization", "Bearer " + session}, 401},
		"a token as a session":             {"GET", []string{"Cookie", "sen=" + v.token(account.Operator, Read)}, 401},
		"a session to change":              {"POST", []string{"Cookie", "sen=" + session}, 401},
		"a session beside a foreign token": {"GET", []string{"Cookie", "sen=" + session, "Authorization", "Bearer x"}, 401},
	} {
		path, body := "/systems", ""
		if c.method == "POST" {
			path, body = "/jobs", `{"kind":"sync","dataset":"civil-status.birth"}`
		}
		w := v.ask(c.method, path, "", body, c.header...)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.want)
		}
		if w.Code == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
}

// signIn gives an operator's session.
func (v *served) signIn() (string, account.Account, error) {
	by := sen.Principal{ID: "operator:test"}
	if _, err := v.accounts.Put(v.t.Context(), account.Person{Name: "phuoc", Role: account.Operator, Password: password}, by); err != nil {
		return "", account.Account{}, err
	}
	return v.accounts.SignIn(v.t.Context(), "phuoc", password, "127.0.0.1")
}

func TestEveryErrorIsAProblemAndRepeatsNoValue(t *testing.T) {
	v := serve(t, Options{PerMinute: 1e6})
	token := v.token(account.Operator, Read, Write, Person)
	const value = "001090012345"
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"no such path":          {"GET", "/nothing", "", 404},
		"no such method":        {"DELETE", "/systems", "", 405},
		"no such dataset":       {"GET", "/systems/no.such", "", 404},
		"no such run":           {"GET", "/certificates/" + value, "", 404},
		"no such job":           {"GET", "/jobs/" + value, "", 404},
		"no such indicator":     {"GET", "/indicators/" + value, "", 404},
		"no such cursor":        {"GET", "/jobs?after=" + value, "", 404},
		"a limit out of range":  {"GET", "/jobs?limit=0", "", 422},
		"no number":             {"GET", "/jobs?limit=" + value + "x", "", 422},
		"no such parameter":     {"GET", "/jobs?other=1", "", 422},
		"no JSON":               {"POST", "/jobs", "{", 400},
		"no such kind":          {"POST", "/jobs", `{"kind":"` + value + `","dataset":"civil-status.birth"}`, 422},
		"too much":              {"POST", "/jobs", `{"kind":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
		"files are not paused":  {"POST", "/systems/civil-status.birth/pause", `{"paused":true}`, 409},
		"no purpose":            {"POST", "/entities/person/record", `{"key":"` + value + `"}`, 422},
		"a property too much":   {"POST", "/entities/person/record", `{"key":"` + value + `","purpose":"correction","number":"` + value + `"}`, 422},
		"no object":             {"POST", "/entities/person/record", `"` + value + `"`, 422},
		"no string":             {"POST", "/entities/person/record", `{"key":` + value[2:] + `,"purpose":"correction"}`, 422},
		"a key too long":        {"POST", "/entities/person/record", `{"key":"` + strings.Repeat(value, 10) + `","purpose":"correction"}`, 422},
		"text":                  {"POST", "/entities/" + value + "/record", `{"key":"` + value + `","purpose":"correction"}`, 404},
		"no such entity":        {"POST", "/reviews/" + value + "/pairs", `{"purpose":"link-review"}`, 404},
		"markup":                {"POST", "/entities/%3Cscript%3E/record", `{"key":"<b>` + value + `","purpose":"<i>` + value + `"}`, 404},
		"no case":               {"GET", "/cases/" + value, "", 422},
		"a case far away":       {"GET", "/cases/C-000" + value, "", 404},
		"no reply":              {"POST", "/cases/C-000001/replies", `{"says":"` + value + `"}`, 422},
		"no day":                {"POST", "/cases/C-000001/replies", `{"says":"more-time","until":"` + value + `"}`, 422},
		"no dataset of quality": {"GET", "/quality/datasets/" + value, "", 404},
		"no such rule":          {"POST", "/quality/datasets/civil-status.birth/rows", `{"rule":"` + value + `","purpose":"correction"}`, 404},
		"no decision":           {"GET", "/decisions/" + value, "", 422},
		"a decision far away":   {"GET", "/decisions/D-000" + value, "", 404},
		"no verdict":            {"POST", "/reviews/person/answers", `{"a":"x","b":"y","verdict":"` + value + `","reason":"z"}`, 422},
		"no reason":             {"POST", "/decisions/D-000001/withdraw", `{"reason":" "}`, 422},
		"an empty limit":        {"GET", "/jobs?limit=", "", 422},
		"an empty kind":         {"GET", "/catalogue?kind=", "", 422},
	} {
		for _, language := range []string{"vi", "en"} {
			w := v.ask(c.method, c.path, token, c.body, "Accept-Language", language)
			problem := read[Problem](t, w)
			if w.Code != c.want || problem.Status != c.want || problem.Title == "" || problem.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: got %d (%s) %s, want %d", name, w.Code, w.Header().Get("Content-Type"), w.Body, c.want)
			}
			if strings.Contains(w.Body.String(), value) {
				t.Errorf("%s: what was sent is repeated: %s", name, w.Body)
			}
		}
	}
	if allow := v.ask("DELETE", "/jobs", token, "").Header().Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %q", allow)
	}
}

func TestProblemsAreSaidInTheLanguageThatIsAskedFor(t *testing.T) {
	v := serve(t, Options{PerMinute: 1e6})
	token := v.token(account.Operator, Read, Person)
	for _, c := range []struct {
		name, path, body, language, detail string
		want                               Problem
	}{
		{"of a room, in English", "/jobs/none", "", "en-GB,vi;q=0.5", "en", Problem{Title: "Not found", Detail: "there is no such job"}},
		{"of a room, in Vietnamese", "/jobs/none", "", "fr, vi-VN", "vi", Problem{Title: "Không có", Detail: "không có việc này"}},
		{"where nothing is asked for", "/jobs/none", "", "", "vi", Problem{Title: "Không có", Detail: "không có việc này"}},
		{"of a path", "/nothing", "", "vi", "vi", Problem{Title: "Không có", Detail: "không có đường dẫn này", Hint: "/api/v1/openapi.json kể mọi đường dẫn"}},
	} {
		w := v.ask("GET", c.path, token, c.body, "Accept-Language", c.language)
		got := read[Problem](t, w)
		if got.Title != c.want.Title || got.Detail != c.want.Detail || got.Hint != c.want.Hint || w.Header().Get("Content-Language") != c.detail || w.Header().Get("Vary") == "" {
			t.Errorf("%s: got %+v in %s", c.name, got, w.Header().Get("Content-Language"))
		}
	}
	w := v.ask("POST", "/entities/person/record", token, `{"key":"1"}`, "Accept-Language", "vi")
	if got := read[Problem](t, w); len(got.Errors) != 1 || got.Errors[0].Message != "thiếu purpose" || got.Errors[0].Location != "body" {
		t.Errorf("of a body: got %+v", got)
	}
}

func TestWhatTheTypeOfAProblemLeadsToExplainsIt(t *testing.T) {
	v := serve(t, Options{})
	for _, k := range kinds {
		for _, language := range []string{"vi", "en"} {
			path := strings.TrimPrefix(k.problem("en", "", "").Type, Prefix)
			w := v.ask("GET", path, "", "", "Accept-Language", language)
			if got := read[Problem](t, w); w.Code != 200 || got.Status != k.status || got.Title == "" || got.Detail == "" {
				t.Errorf("%s: got %d %+v", path, w.Code, got)
			}
		}
	}
	if w := v.ask("GET", "/problems/nothing", "", ""); w.Code != 404 {
		t.Errorf("no such kind: got %d", w.Code)
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	v := serve(t, Options{})
	token := v.token(account.Operator, Read, Write)
	first := v.ask("GET", "/jobs", token, "")
	tag := first.Header().Get("ETag")
	for _, list := range []string{tag, `"other", W/` + tag, "*"} {
		if w := v.ask("GET", "/jobs", token, "", "If-None-Match", list); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: got %d with %d bytes", list, w.Code, w.Body.Len())
		}
	}
	v.ask("POST", "/jobs", token, `{"kind":"sync","dataset":"civil-status.birth"}`)
	if w := v.ask("GET", "/jobs", token, "", "If-None-Match", tag); w.Code != 200 || w.Header().Get("ETag") == tag {
		t.Errorf("after a change: got %d with tag %s", w.Code, w.Header().Get("ETag"))
	}
	if w := v.ask("GET", "/jobs/none", token, "", "If-None-Match", "*"); w.Code != 404 {
		t.Errorf("what is not there: got %d", w.Code)
	}
}

func TestATokenThatAsksTooFastWaitsAndOthersDoNot(t *testing.T) {
	now := time.Now()
	v := serve(t, Options{PerMinute: 60, Now: func() time.Time { return now }})
	one, other := v.token(account.Operator, Read), v.token(account.Steward, Read)
	for range 10 {
		if w := v.ask("GET", "/jobs", one, ""); w.Code != 200 {
			t.Fatalf("got %d", w.Code)
		}
	}
	w := v.ask("GET", "/jobs", one, "")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := v.ask("GET", "/jobs", other, ""); w.Code != 200 {
		t.Errorf("another token: got %d", w.Code)
	}
	now = now.Add(time.Second)
	if w := v.ask("GET", "/jobs", one, ""); w.Code != 200 {
		t.Errorf("a second later: got %d", w.Code)
	}
}

// list reads a list in pages of a size, and gives the keys of its items.
func list[T any](v *served, path, token string, size int, key func(T) string) (keys []string) {
	v.t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for after, pages := "", 0; ; pages++ {
		w := v.ask("GET", fmt.Sprintf("%s%slimit=%d%s", path, join, size, after), token, "")
		page := read[Page[T]](v.t, w)
		if w.Code != 200 || len(page.Items) > size || pages > 10_000 {
			v.t.Fatalf("%s: %d, %d items", path, w.Code, len(page.Items))
		}
		for _, one := range page.Items {
			keys = append(keys, key(one))
		}
		if page.Next == "" {
			return keys
		}
		after = "&after=" + page.Next
	}
}

// TestPagesPutTogetherAreTheWholeList holds, for every list and sizes at random.
func TestPagesPutTogetherAreTheWholeList(t *testing.T) {
	v := serve(t, Options{PerMinute: 1e6})
	random := rand.New(rand.NewPCG(3, 5))
	lan := sen.Principal{ID: "operator:lan", Role: "operator"}
	for _, one := range v.desk.Datasets() {
		for _, kind := range []string{job.Sync, job.Verify} {
			if _, err := v.desk.Ask(t.Context(), lan, kind, one); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 23 {
		run, err := v.state.BeginRun(t.Context(), state.NewRun{Dataset: "civil-status.birth", Principal: "operator:lan"})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.state.SetRunState(t.Context(), run.ID, state.Failed, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []string{account.Operator, account.Agency} {
		token := v.token(role, Read)
		for name, in := range map[string]func(size int) []string{
			"systems": func(n int) []string { return list(v, "/systems", token, n, func(s System) string { return s.Dataset }) },
			"jobs":    func(n int) []string { return list(v, "/jobs", token, n, func(j Job) string { return j.ID }) },
			"runs": func(n int) []string {
				return list(v, "/systems/civil-status.birth/runs", token, n, func(r Run) string { return r.ID })
			},
			"catalogue": func(n int) []string {
				return list(v, "/catalogue?kind=column", token, n, func(e Entry) string { return e.Dataset + e.Name })
			},
		} {
			whole := in(200)
			if unique := slices.Compact(slices.Sorted(slices.Values(whole))); len(unique) != len(whole) || len(whole) < 2 {
				t.Errorf("%s as %s: %d items, %d different", name, role, len(whole), len(unique))
			}
			for range 4 {
				size := 1 + random.IntN(len(whole)+2)
				if got := in(min(size, 200)); !slices.Equal(got, whole) {
					t.Errorf("%s as %s in pages of %d: %d items, want %d", name, role, size, len(got), len(whole))
				}
			}
		}
	}
}

func TestAnAgencySeesItsOwn(t *testing.T) {
	v := serve(t, Options{PerMinute: 1e6})
	token := v.token(account.Agency, Read)
	for _, one := range list(v, "/systems", token, 200, func(s System) string { return s.Agency }) {
		if one != "civil-status" {
			t.Errorf("it sees a system of %s", one)
		}
	}
	for _, path := range []string{"/systems/population.person", "/systems/population.person/runs"} {
		if w := v.ask("GET", path, token, ""); w.Code != 404 {
			t.Errorf("%s: got %d", path, w.Code)
		}
	}
}

func TestAJobIsAskedForOnceAndTold(t *testing.T) {
	v := serve(t, Options{})
	token := v.token(account.Operator, Read, Write)
	first := read[Job](t, v.ask("POST", "/jobs", token, `{"kind":"sync","dataset":"civil-status.birth"}`))
	again := read[Job](t, v.ask("POST", "/jobs", token, `{"kind":"sync","dataset":"civil-status.birth"}`))
	if first.ID == "" || first.ID != again.ID || first.State != "waiting" || first.Principal != "operator:operator" {
		t.Errorf("got %+v, then %+v", first, again)
	}
	told := v.ask("GET", "/events?seconds=0", token, "")
	if told.Header().Get("Content-Type") != "text/event-stream" || !strings.Contains(told.Body.String(), "event: job\nid: "+first.ID+"\ndata: {") {
		t.Errorf("told: %s", told.Body)
	}
}

// TestFaultsOfTheHubsFilesAreForWhoSeesAllOfIt, and a job of several datasets says
// which.
func TestFaultsOfTheHubsFilesAreForWhoSeesAllOfIt(t *testing.T) {
	v := serve(t, Options{})
	since := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	broken := desk.New(desk.Options{Contracts: &contract.Set{}, State: v.state, Jobs: job.New(v.state, job.Options{}), Declared: since,
		Problems: contract.Problems{{File: "contracts/a.odcs.yaml", Line: 7, Msg: "no", Hint: "yes"}, {File: "b", Msg: "a warning", Warning: true}}})
	v.h = New(Options{Desk: broken, Accounts: v.accounts}).Handler()
	got := read[Declarations](t, v.ask("GET", "/declarations", v.token(account.Operator, Read), ""))
	if len(got.Faults) != 1 || got.Faults[0] != (FileFault{"contracts/a.odcs.yaml", 7, "no", "yes"}) || got.Read == nil || !got.Read.Equal(since) {
		t.Errorf("an operator reads %+v", got)
	}
	if got := read[Declarations](t, v.ask("GET", "/declarations", v.token(account.Agency, Read), "")); len(got.Faults) != 0 {
		t.Errorf("an agency reads %+v", got)
	}
	both := state.Task{Datasets: []sen.Dataset{"a.b", "c.d"}}
	if _, err := v.state.AddJob(t.Context(), state.Job{ID: "1", Kind: job.Sync, Task: both}); err != nil {
		t.Fatal(err)
	}
	if got := read[Page[Job]](t, v.ask("GET", "/jobs", v.token(account.Operator, Read), "")); len(got.Items) != 1 || len(got.Items[0].Datasets) != 2 {
		t.Errorf("jobs: %+v", got)
	}
}
