package web

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/account"
)

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhoRunsTheHubHasButtonsAndTheyMakeJobs(t *testing.T) {
	h := console(t)
	cookie := signIn(t, h, account.Operator)
	page := body(t, ask(h, "GET", "/systems/civil-status.birth", nil, cookie))
	if !strings.Contains(page, `action="/systems/civil-status.birth/sync"`) {
		t.Error("the operator has no button to sync")
	}
	for range 2 {
		answer := ask(h, "POST", "/systems/civil-status.birth/sync", nil, cookie)
		if at := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || at != "/systems/civil-status.birth" {
			t.Fatalf("got %s to %q", answer.Status, at)
		}
	}
	for _, target := range []string{"/systems/civil-status.birth", "/jobs"} {
		page := body(t, ask(h, "GET", target+"", nil, cookie))
		if n := strings.Count(page, "operator:operator"); n != 1 || !strings.Contains(page, "đồng bộ") {
			t.Errorf("%s shows %d jobs, want the one", target, n)
		}
	}
}

func TestWhoDoesNotRunTheHubMakesNoJobs(t *testing.T) {
	h := console(t)
	for _, role := range account.Roles() {
		cookie := signIn(t, h, role)
		for target, want := range map[string]int{"/systems/civil-status.birth/sync": 303, "/systems/civil-status.birth/pause": 422, "/systems/civil-status.birth/erase": 404, "/systems/no.such/sync": 404} {
			if role != account.Operator {
				want = http.StatusForbidden
			}
			if got := ask(h, "POST", target, nil, cookie).StatusCode; got != want {
				t.Errorf("%s posts to %s: got %d, want %d", role, target, got, want)
			}
		}
		if page := body(t, ask(h, "GET", "/systems/civil-status.birth", nil, cookie)); role != account.Operator && strings.Contains(page, "/sync") {
			t.Errorf("%s sees a button that does nothing", role)
		}
	}
}

func TestAnAgencySeesTheJobsOfItsOwnData(t *testing.T) {
	h := console(t)
	operator := signIn(t, h, account.Operator)
	ask(h, "POST", "/systems/civil-status.birth/sync", nil, operator)
	ask(h, "POST", "/systems/population.person/sync", nil, operator)
	page := body(t, ask(h, "GET", "/jobs", nil, signIn(t, h, account.Agency)))
	if !strings.Contains(page, "civil-status.birth") || strings.Contains(page, "population.person") {
		t.Error("an agency sees other jobs than those of its own data")
	}
}

// TestProgressComesAsEvents reads a stream while a job is added.
func TestProgressComesAsEvents(t *testing.T) {
	h := console(t)
	cookie := signIn(t, h, account.Operator)
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/jobs/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("got %s of type %q", answer.Status, got)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Scan()
	if !strings.HasPrefix(lines.Text(), "data: ") {
		t.Fatalf("it begins with %q", lines.Text())
	}
	ask(h, "POST", "/systems/civil-status.birth/verify", nil, cookie)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "civil-status.birth") {
			return
		}
	}
	t.Errorf("the job never came: %v", lines.Err())
}

// TestWhoLeavesIsNoError has readers leave before the answer, and in the middle
// of a stream.
func TestWhoLeavesIsNoError(t *testing.T) {
	var log bytes.Buffer
	h := consoleWith(t, slog.New(slog.NewTextHandler(&log, nil)))
	cookie := signIn(t, h, account.Operator)
	log.Reset() // that somebody has signed in
	for _, target := range []string{"/jobs/live", "/systems/civil-status.birth/live", "/systems", "/jobs"} {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		r := httptest.NewRequestWithContext(ctx, "GET", target, nil)
		r.AddCookie(cookie)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "GET", "/jobs/live", nil)
	r.AddCookie(cookie)
	w := &leaving{ResponseRecorder: httptest.NewRecorder(), leave: func() {
		leave()
		ask(h, "POST", "/systems/civil-status.birth/sync", nil, cookie) // something to tell whoever has left
	}}
	h.ServeHTTP(w, r)
	if log.Len() > 0 {
		t.Errorf("who leaves is logged:\n%s", log.String())
	}
	if page := w.Body.String(); strings.Contains(page, "<!doctype") {
		t.Errorf("the stream goes on with a page:\n%s", page)
	}
}

// leaving is a reader who leaves at the first word.
type leaving struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l *leaving) Write(b []byte) (int, error) {
	defer l.leave()
	return l.ResponseRecorder.Write(b)
}
