// Package api is the hub for programs: JSON for all that the console shows, under
// /api/v1, described by OpenAPI 3.1 that is made from the types. What comes in
// is HTTP with a token, or with a page's session for reading; what goes out is
// JSON, and problem details (RFC 9457) for every error. Like the pages it
// decides nothing: what may be seen is for access to say, and what is true for
// desk.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/text"
)

// Prefix is what every path of the API begins with.
const Prefix = "/api/v1"

// Scopes of tokens. A scope allows what the account's role allows of it, and
// nothing more.
const (
	Read   = "read"   // all that is not of a person
	Write  = "write"  // jobs, replies, decisions
	Person = "person" // people's data, for a stated purpose
)

// Scopes are all.
func Scopes() []string { return []string{Read, Write, Person} }

// Options are the rooms and settings that the API stands on.
type Options struct {
	Desk      *desk.Desk
	Accounts  *account.Accounts
	Log       *slog.Logger
	Now       func() time.Time
	Cookie    string // name of the pages' session, with which one may read; "": none
	PerMinute int    // requests of one token; default 600
}

// API answers programs. It is safe for concurrent use.
type API struct {
	o     Options
	mux   *http.ServeMux
	huma  huma.API
	rates *rates
}

// mostBody bounds what a request may send.
const mostBody = 1 << 20

// New makes the API ready.
func New(o Options) *API {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PerMinute == 0 {
		o.PerMinute = 600
	}
	a := &API{o: o, mux: http.NewServeMux(), rates: newRates(o.PerMinute, o.Now)}
	a.huma = humago.New(a.mux, configuration(o.Cookie))
	a.registerSystems()
	a.registerJobs()
	a.registerCatalogue()
	a.registerFigures()
	a.registerAccount()
	a.registerRecords()
	a.registerReviews()
	a.registerDecisions()
	a.registerServices()
	a.registerQuality()
	a.registerQuarantine()
	a.registerCases()
	a.mux.HandleFunc("GET "+Prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(a.Document())
	})
	a.mux.HandleFunc("GET "+problemsPath+"{kind}", explainProblem)
	a.mux.HandleFunc("/", a.notThere)
	return a
}

// configuration is the API as a whole.
func configuration(cookie string) huma.Config {
	c := huma.DefaultConfig("Sen", sen.Version)
	c.Info.Description = "All that the console of a hub shows and does, for programs. `sen user token` makes a token, which acts for one " +
		"account, within its role and the token's scopes: `read` for what is of no person, `person` for people's data, `write` for what " +
		"changes something.\n\nPeople's data are asked for by POST, with a purpose and where there is one a case: the journal has the entries " +
		"before the answer goes out, and no key of a person stands in an address. Every such request is one look, each page of a list too.\n\n" +
		"Lists come in pages: `next` of one page is `after` of the following. Answers to GET have an ETag, and `If-None-Match` is heeded. Errors " +
		"are problem details (RFC 9457) in Vietnamese or English, as `Accept-Language` asks; tell them apart by `type`.\n\nThe people in the " +
		"examples are made up."
	c.Info.License = &huma.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"}
	c.Tags = tags
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // answers hold what their types say, and no links to schemas
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "Made by `sen user token`, with scopes read, write and person."},
	}
	if cookie != "" {
		c.Components.SecuritySchemes["session"] = &huma.SecurityScheme{Type: "apiKey", In: "cookie", Name: cookie, Description: "Of the pages; for reading only."}
	}
	return c
}

// tags are the parts of the API.
var tags = []*huma.Tag{
	{Name: "account", Description: "Whose the token is."},
	{Name: "systems", Description: "Datasets of agencies: where each stands, its syncs, and the certificate of each sync."},
	{Name: "jobs", Description: "Syncs and verifications that are under way, and a stream of their progress."},
	{Name: "quality", Description: "The seven criteria (đúng, đủ, sạch, sống, thống nhất, kết nối, dùng chung), down to the rows that fail."},
	{Name: "quarantine", Description: "Rows that broke a rule of their contract and were kept back: nothing that came in is lost."},
	{Name: "cases", Description: "Correction cases: what an agency is to mend, by when, and what it replies."},
	{Name: "records", Description: "Golden records: one record for one person, organisation or thing, made of what all datasets say of it."},
	{Name: "reviews", Description: "Pairs of records of which the hub is not sure that they are one: people decide."},
	{Name: "decisions", Description: "What people decided, confirmed by a second one, with history; a wrong merge is undone, and who used it is named."},
	{Name: "catalogue", Description: "Datasets, columns and data elements, as they are declared: nobody's data."},
	{Name: "indicators", Description: "Figures for those who govern, each with the query behind it; small cells are withheld."},
	{Name: "services", Description: "What an officer does for a citizen, one case at a time."},
}

// Document is the API as OpenAPI 3.1, in JSON.
func (a *API) Document() []byte {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		panic(err) // it is made from types that are compiled in
	}
	return append(b, '\n')
}

// Handler is the API behind what every request passes: a bound on what is sent,
// a net under panics, and the answer's tag.
func (a *API) Handler() http.Handler {
	tagged := withTag(a.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a value, as net/http has it
				a.o.Log.Error("the api panicked", "path", r.Pattern, "panic", p, "stack", string(debug.Stack()))
				fail(w, r, "internal", Text{}, Text{})
			}
		}()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "private, no-cache")
		l := text.Accepted(r.Header.Get("Accept-Language"))
		h.Set("Content-Language", string(l))
		h.Add("Vary", "Accept-Language")
		r = r.WithContext(context.WithValue(r.Context(), languageKey{}, l))
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		tagged.ServeHTTP(w, r)
	})
}

// route is one operation: what it is called, and who may ask for it.
type route struct {
	id, method, path string
	summary, about   string // what it is in a line, and what a stranger has to know beside
	tag              string
	scopes           []string   // that a token needs, all of them
	act              access.Act // "": whoever has a token
	status           int        // of success; 0: 200
}

// Scopes that routes need.
var (
	reading  = []string{Read}
	changing = []string{Write}
	ofPeople = []string{Person}
	deciding = []string{Write, Person} // keeps a decision, and reads people's data for it
)

// operation is a route as OpenAPI has it.
func (a *API) operation(r route) huma.Operation {
	secure := []map[string][]string{{"token": {}}}
	if r.method == http.MethodGet && a.o.Cookie != "" {
		secure = append(secure, map[string][]string{"session": {}})
	}
	o := huma.Operation{
		OperationID: r.id, Method: r.method, Path: Prefix + r.path, Summary: r.summary, Tags: []string{r.tag}, DefaultStatus: r.status,
		Description: r.described(), Security: secure, MaxBodyBytes: mostBody,
		Errors: []int{400, 401, 403, 404, 409, 413, 415, 422, 429, 503}, Middlewares: huma.Middlewares{a.admit(r)},
	}
	if r.method == http.MethodGet {
		o.Responses = map[string]*huma.Response{"304": {Description: "Not Modified: it is what If-None-Match names"}}
	}
	return o
}

// described is what the description says of a route: about it, then who may.
func (r route) described() string {
	roles := slices.DeleteFunc(account.Roles(), func(role string) bool { return !r.lets(sen.Principal{Role: role}) })
	who := "Token: scope `" + strings.Join(r.scopes, "` and `") + "`. Roles: " + strings.Join(roles, ", ") + "."
	if r.about == "" {
		return who
	}
	return r.about + "\n\n" + who
}

// lets reports whether a principal's role allows it.
func (r route) lets(p sen.Principal) bool { return r.act == "" || access.May(p, r.act) }

// answer registers an operation; a method of the API's own type cannot have
// types of its own.
func answer[I, O any](a *API, r route, do func(context.Context, sen.Principal, *I) (O, error)) {
	type output struct {
		Body O
	}
	huma.Register(a.huma, a.operation(r), func(ctx context.Context, in *I) (*output, error) {
		body, err := do(ctx, who(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, r, err)
		}
		return &output{Body: body}, nil
	})
}

// seen are the datasets that are for a principal.
func (a *API) seen(p sen.Principal) (out []contract.Dataset) {
	for _, one := range a.o.Desk.Datasets() {
		if access.Sees(p, one.Name) {
			out = append(out, one)
		}
	}
	return out
}

// dataset finds one that is for a principal.
func (a *API) dataset(p sen.Principal, name string) (contract.Dataset, error) {
	for _, one := range a.seen(p) {
		if string(one.Name) == name {
			return one, nil
		}
	}
	return contract.Dataset{}, sen.Errorf(sen.NotFound, "there is no such dataset").InVietnamese("không có bộ dữ liệu này", "")
}
