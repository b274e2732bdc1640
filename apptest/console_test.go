package apptest

import (
	"cmp"
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/web"
)

// The made-up people of the demonstration, by role.
var consoleUsers = map[string]string{"operator": "phuoc", "steward": "lan", "reviewer": "hanh", "officer": "mai", "leader": "son", "agency": "hotich", "reader": "khach"}

const consolePassword = "sen-trinh-dien"

// TestConsole looks at every page of the console as every role, over one small
// demonstration country. What looks comes before what changes something.
func TestConsole(t *testing.T) {
	c := startConsole(t)
	t.Run("every link leads to a page", c.crawl)
	t.Run("every page is for the roles of the table and for no other", c.roles)
	t.Run("every word is in the reader's language", c.translated)
	t.Run("what people wrote shows as text", c.hostile)
	t.Run("what a browser finds on the pages", c.looked)
	t.Run("what people come for", c.journeys)
}

// console is a console that is up over a hub of its own.
type console struct {
	*shell
	url      string
	client   *http.Client
	sessions map[string]*http.Cookie // by role
	routes   []web.Route
	found    map[string][]found // by pattern: what links led to
	number   string             // the identity number of somebody with a residence
}

// found is a page that a link led to.
type found struct{ path, role string }

func startConsole(t *testing.T) *console {
	t.Helper()
	s := newShell(t)
	c := &console{shell: s, sessions: map[string]*http.Cookie{}, found: map[string][]found{},
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	hub := cmp.Or(os.Getenv("SEN_CONSOLE_HUB"), filepath.Join(s.dir, "hub"))
	if _, err := os.Stat(hub); err != nil {
		s.makeCountry(hub)
	}
	s.dir = hub
	pages, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.routes = pages.Routes()
	c.number = s.somebody()
	up := s.up()
	c.url = up.address
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log:\n%s", up.err)
		}
	})
	for role, name := range consoleUsers {
		c.sessions[role] = c.signIn(name)
	}
	c.decide()
	return c
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// decide answers the first pair that waits, so that there is a decision to look at.
func (c *console) decide() {
	c.t.Helper()
	form := url.Values{"do": {"same"}}
	for _, field := range hidden.FindAllStringSubmatch(c.ask("GET", "/links/person", "reviewer", "en", nil).body, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if got := c.ask("POST", "/links/person", "reviewer", "en", form); got.status != http.StatusSeeOther {
		c.t.Fatalf("the first pair cannot be answered: status %d\n%s", got.status, got.body)
	}
}

// somebody is the number of a made-up person whose residence the hub knows.
func (s *shell) somebody() string {
	s.t.Helper()
	var found struct{ Rows [][]any }
	s.ok("query", `SELECT identity_number FROM "entity"."person" WHERE identity_number IS NOT NULL AND residence IS NOT NULL ORDER BY 1 LIMIT 1`, "--json").json(s.t, &found)
	return found.Rows[0][0].(string)
}

// makeCountry makes a small demonstration country, with what is hostile in it.
func (s *shell) makeCountry(hub string) {
	s.t.Helper()
	s.ok("demo", "--dir", hub, "--people", "3000")
	within := &shell{t: s.t, dir: hub, env: s.env}
	within.plantHostile()
	within.sen("sync").says(s.t, "far.station") // its server is not there
}

// answer is what came back for a page.
type answer struct {
	status int
	header http.Header
	body   string
}

// mostPage bounds what is read of an answer, well over what a page may be.
const mostPage = 4 << 20

// ask sends a request as a role ("": nobody), in a language.
func (c *console) ask(method, path, role, lang string, form url.Values) answer {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie := c.sessions[role]; cookie != nil {
		r.AddCookie(cookie)
	}
	got, err := c.client.Do(r)
	if err != nil {
		c.t.Fatalf("%s %s as %s: %v", method, path, cmp.Or(role, "nobody"), err)
	}
	defer got.Body.Close()
	a := answer{status: got.StatusCode, header: got.Header}
	if strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream") {
		return a // goes on for as long as somebody listens
	}
	body, err := io.ReadAll(io.LimitReader(got.Body, mostPage))
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	a.body = string(body)
	return a
}

func (c *console) signIn(name string) *http.Cookie {
	c.t.Helper()
	got := c.ask("POST", "/sign-in", "", "en", url.Values{"name": {name}, "password": {consolePassword}})
	for _, cookie := range (&http.Response{Header: got.header}).Cookies() {
		if cookie.Name == "sen" {
			return cookie
		}
	}
	c.t.Fatalf("%s cannot sign in: status %d\n%s", name, got.status, got.body)
	return nil
}

// patternOf is the route that a path belongs to; "" where none does.
func (c *console) patternOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts, best, wild := strings.Split(path, "/"), "", 1<<30
	for _, one := range c.routes {
		of, ok := strings.CutPrefix(one.Pattern, "GET ")
		if !ok {
			continue
		}
		if n, fits := fit(strings.Split(strings.TrimSuffix(of, "{$}"), "/"), parts); fits && n < wild {
			best, wild = one.Pattern, n
		}
	}
	return best
}

// fit reports whether a path is of a pattern, and how many of its parts are
// anything.
func fit(pattern, path []string) (wild int, ok bool) {
	for i, part := range pattern {
		switch {
		case strings.HasSuffix(part, "...}"):
			return wild + len(path), i < len(path)
		case i >= len(path):
			return 0, false
		case strings.HasPrefix(part, "{"):
			wild++
		case part != path[i]:
			return 0, false
		}
	}
	return wild, len(pattern) == len(path)
}

// tell fails for each finding, in an order that stays.
func tell(t *testing.T, findings []string) {
	t.Helper()
	slices.Sort(findings)
	const most = 60
	for i, one := range slices.Compact(findings) {
		if i == most {
			t.Errorf("… and more, %s in all", strconv.Itoa(len(findings)))
			return
		}
		t.Error(one)
	}
}
