package bench

import (
	"cmp"
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Page is a page of the console that is asked for, again and again.
type Page struct {
	Name string     // as the table has it
	Path string     // empty: the first link on the page At whose path is of Link
	At   string     // a page that leads to it
	Link string     // a regular expression of a path
	Form url.Values // sent by POST where there is one
	User string     // who asks
	Says string     // what a right answer holds
}

// PagesOptions say what is asked, of whom, and how often.
type PagesOptions struct {
	Console  http.Handler
	Pages    []Page
	Password string // of all users
	Requests int    // for each page; default 200
}

// PageTime is what a page costs, over HTTP on this machine, its head and body
// read to the end, in milliseconds.
type PageTime struct {
	Page     string  `json:"page"`
	Path     string  `json:"path"`
	Bytes    int     `json:"bytes"`
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
}

// Pages asks for every page so many times, in turns, one request at a time, as
// somebody who has signed in. Before the clock each answer is looked at: one that
// is no 200 or does not say what it should is an error, not a figure.
func Pages(ctx context.Context, o PagesOptions) ([]PageTime, error) {
	o.Requests = cmp.Or(o.Requests, 200)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "listen on this machine: %w", err)
	}
	server := &http.Server{Handler: o.Console, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until it is closed
	defer server.Close()
	v := &visitor{url: "http://" + listener.Addr().String(), password: o.Password, sessions: map[string]*http.Cookie{},
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	return v.time(ctx, o)
}

// time looks at one answer of every page, and then asks.
func (v *visitor) time(ctx context.Context, o PagesOptions) ([]PageTime, error) {
	times := make([]PageTime, len(o.Pages))
	for i, page := range o.Pages {
		var err error
		if times[i], err = v.look(ctx, &o.Pages[i]); err != nil {
			return nil, sen.Errorf(sen.KindOf(err), "page %s: %w", page.Name, err)
		}
	}
	took := make([][]float64, len(o.Pages))
	for range o.Requests {
		for i, page := range o.Pages {
			begun := time.Now()
			status, _, err := v.ask(ctx, page)
			if err != nil || status != http.StatusOK {
				return nil, sen.Errorf(sen.Internal, "page %s: status %d: %w", page.Name, status, err)
			}
			took[i] = append(took[i], float64(time.Since(begun).Microseconds())/1000)
		}
	}
	for i := range times {
		times[i].Requests, times[i].P50, times[i].P95 = o.Requests, quantile(took[i], 0.50), quantile(took[i], 0.95)
	}
	return times, nil
}

// quantile is the smallest value that a share of all does not exceed (the
// inverted distribution function: Hyndman and Fan 1996, definition 1).
func quantile(all []float64, share float64) float64 {
	slices.Sort(all)
	at := int(share * float64(len(all)))
	if float64(at) == share*float64(len(all)) {
		at--
	}
	return all[max(0, at)]
}

// visitor is a browser, as far as a clock needs one.
type visitor struct {
	url, password string
	client        *http.Client
	sessions      map[string]*http.Cookie // by user
}

// look signs in, finds the page's path, and looks at one answer.
func (v *visitor) look(ctx context.Context, page *Page) (PageTime, error) {
	if err := v.signIn(ctx, page.User); err != nil {
		return PageTime{}, err
	}
	if page.Path == "" {
		if err := v.find(ctx, page); err != nil {
			return PageTime{}, err
		}
	}
	status, body, err := v.ask(ctx, *page)
	switch {
	case err != nil:
		return PageTime{}, err
	case status != http.StatusOK:
		return PageTime{}, sen.Errorf(sen.Internal, "%s answers with status %d", page.Path, status)
	case !strings.Contains(body, page.Says):
		return PageTime{}, sen.Errorf(sen.Internal, "%s does not say %q", page.Path, page.Says)
	}
	return PageTime{Page: page.Name, Path: page.Path, Bytes: len(body)}, nil
}

var href = regexp.MustCompile(`href="([^"]+)"`)

// find gives a page the path of the first link that leads to one of its kind.
func (v *visitor) find(ctx context.Context, page *Page) error {
	kind, err := regexp.Compile(page.Link)
	if err != nil {
		return err
	}
	_, body, err := v.ask(ctx, Page{Path: page.At, User: page.User})
	if err != nil {
		return err
	}
	for _, link := range href.FindAllStringSubmatch(body, -1) {
		if to := html.UnescapeString(link[1]); kind.MatchString(to) {
			page.Path = to
			return nil
		}
	}
	return sen.Errorf(sen.NotFound, "no link on %s is of %s", page.At, page.Link)
}

func (v *visitor) signIn(ctx context.Context, user string) error {
	if v.sessions[user] != nil {
		return nil
	}
	form := url.Values{"name": {user}, "password": {v.password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if len(got.Cookies()) == 0 {
		return sen.Errorf(sen.Denied, "%s cannot sign in: %s", user, got.Status)
	}
	v.sessions[user] = got.Cookies()[0]
	return nil
}

// ask asks for a page and reads the answer to its end.
func (v *visitor) ask(ctx context.Context, page Page) (status int, body string, err error) {
	method, form := http.MethodGet, ""
	if page.Form != nil {
		method, form = http.MethodPost, page.Form.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, v.url+page.Path, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	r.AddCookie(v.sessions[page.User])
	r.Header.Set("Accept-Language", "vi")
	if page.Form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := v.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), err
}
