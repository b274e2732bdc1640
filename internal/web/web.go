// Package web is the console: pages that the server makes whole, in Vietnamese
// and English, for people who have signed in. Each page works without
// JavaScript; a script of a few lines keeps what is under way up to date. What
// comes in is HTTP; what goes out is HTML. It decides nothing: what may be seen
// is for access to say, and what is true for desk.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/text"
)

// Options are the rooms and settings that the pages stand on.
type Options struct {
	Desk     *desk.Desk
	Accounts *account.Accounts
	Log      *slog.Logger
	Now      func() time.Time
	Country  string
	Secure   bool       // pages go out over TLS, here or before us
	Proxied  bool       // a proxy of ours is before us, and says where requests come from
	Demo     []DemoUser // made-up people, shown where one signs in; none where people are real
}

// DemoUser is a made-up person who may sign in to the demonstration.
type DemoUser struct{ Name, Title, Role, Password string }

// Server answers requests for pages. It is safe for concurrent use.
type Server struct {
	o      Options
	views  map[text.Lang]*views
	static *static
	routes []route
	mux    *http.ServeMux
}

// New makes the pages ready.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, views: map[text.Lang]*views{}, mux: http.NewServeMux()}
	var err error
	if s.static, err = readStatic(); err != nil {
		return nil, err
	}
	for _, l := range []text.Lang{text.Vietnamese, text.English} {
		if s.views[l], err = s.readViews(l); err != nil {
			return nil, err
		}
	}
	s.register()
	return s, nil
}

// route is one page: who may ask for it, and what makes it.
type route struct {
	pattern string     // as net/http has it
	act     access.Act // "": anybody, signed in or not
	do      func(*request) error
}

func (s *Server) register() {
	s.mux.Handle("GET /static/", s.static)
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.static.url("mark.svg"), http.StatusFound)
	})
	s.routes = append(s.routes,
		route{"GET /{$}", "", (*request).home},
		route{"GET /sign-in", "", (*request).signInPage},
		route{"POST /sign-in", "", (*request).signIn},
		route{"POST /sign-out", "", (*request).signOut},
		route{"GET /systems", access.SeeSystems, (*request).systems},
		route{"GET /systems/{dataset}", access.SeeSystems, (*request).system},
		route{"GET /catalogue", access.SeeCatalogue, (*request).catalogue},
		route{"GET /catalogue/datasets/{dataset}", access.SeeCatalogue, (*request).catalogueDataset},
		route{"GET /catalogue/elements/{name}", access.SeeCatalogue, (*request).element},
		route{"GET /catalogue/golden/{entity}", access.SeeCatalogue, (*request).lineage},
		route{"GET /leader", access.SeeFigures, (*request).leader},
		route{"GET /indicators", access.SeeFigures, (*request).indicators},
		route{"GET /indicators/{name}", access.SeeFigures, (*request).indicator},
		route{"GET /systems/{dataset}/live", access.SeeSystems, (*request).systemLive},
		route{"POST /systems/{dataset}/{what}", access.RunSync, (*request).runSystem},
		route{"GET /jobs", access.SeeSystems, (*request).jobs},
		route{"GET /jobs/live", access.SeeSystems, (*request).jobsLive},
		route{"GET /person", access.SeePerson, (*request).personPage},
		route{"POST /person", access.SeePerson, (*request).person},
		route{"GET /links", access.Review, (*request).links},
		route{"GET /links/{entity}", access.Review, (*request).pair},
		route{"POST /links/{entity}", access.Review, (*request).answerPair},
		route{"GET /merges", access.Review, (*request).merges},
		route{"GET /merges/{decision}", access.Review, (*request).merge},
		route{"POST /merges/{decision}/confirm", access.Confirm, (*request).confirmMerge},
		route{"POST /merges/{decision}/withdraw", access.Review, (*request).withdrawMerge},
		route{"GET /residence", access.Serve, (*request).residencePage},
		route{"POST /residence", access.Serve, (*request).residence},
		route{"GET /quality", access.SeeQuality, (*request).qualityPage},
		route{"GET /quality/{dataset}", access.SeeQuality, (*request).qualityOf},
		route{"POST /quality/{dataset}", access.SeeRows, (*request).qualityRows},
		route{"GET /quarantine", access.SeeRows, (*request).quarantine},
		route{"GET /quarantine/{dataset}", access.SeeRows, (*request).quarantineOf},
		route{"POST /quarantine/{dataset}", access.SeeRows, (*request).quarantineRows},
		route{"POST /quarantine/{dataset}/release", access.Release, (*request).release},
		route{"GET /cases", access.SeeCases, (*request).cases},
		route{"GET /cases/{number}", access.SeeCases, (*request).caseGet},
		route{"POST /cases/{number}", access.SeeRows, (*request).caseRows},
		route{"POST /cases/{number}/reply", access.Reply, (*request).reply},
	)
	for _, one := range s.routes {
		s.mux.HandleFunc(one.pattern, s.serve(one))
	}
	s.mux.HandleFunc("/", s.serve(route{do: func(*request) error {
		return sen.Errorf(sen.NotFound, "there is no such page")
	}}))
}

// mostBody bounds what a form may send.
const mostBody = 1 << 20

// Handler is all pages behind what every request passes: headers that tell the
// browser to trust nothing else, refusal of forms that other sites send (RFC
// 6265bis, Fetch Metadata), a bound on what is sent, and a net under panics.
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "this form comes from another site", http.StatusForbidden)
	}))
	guarded := guard.Handler(s.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a value, as net/http has it
				s.o.Log.Error("a page panicked", "path", r.Pattern, "panic", p, "stack", string(debug.Stack()))
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.o.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		guarded.ServeHTTP(w, r)
	})
}

// request is one request for a page, by somebody.
type request struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	lang text.Lang
	who  *account.Account // nil: nobody is signed in
	here string           // the page that a form belongs to; "": the first one
}

func (q *request) ctx() context.Context { return q.r.Context() }

// principal is who asks, as the journal names them.
func (q *request) principal() sen.Principal {
	if q.who == nil {
		return sen.Principal{}
	}
	return account.Principal(*q.who)
}

func (q *request) may(a access.Act) bool { return access.May(q.principal(), a) }

// serve lets a request in: it finds the language and who asks, and whether they
// may.
func (s *Server) serve(one route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Server: s, w: w, r: r, lang: languageOf(r)}
		w.Header().Set("Cache-Control", "no-store") // pages hold what not everybody may see
		if l := r.URL.Query().Get("lang"); r.Method == http.MethodGet && (l == "vi" || l == "en") {
			q.setLanguage(l)
			return
		}
		err := q.identify()
		switch {
		case err != nil:
		case one.act != "" && q.who == nil:
			q.redirect("/sign-in?next=" + escapeQuery(r.URL.RequestURI()))
			return
		case one.act != "" && !q.may(one.act):
			err = sen.Errorf(sen.Denied, "your role may not see this page")
		default:
			err = one.do(q)
		}
		if err != nil {
			q.fail(err)
		}
	}
}

// identify finds who asks by the session's cookie.
func (q *request) identify() error {
	c, err := q.r.Cookie(q.Cookie())
	if err != nil {
		return nil //nolint:nilerr // nobody is signed in
	}
	who, scopes, err := q.o.Accounts.Of(q.ctx(), c.Value)
	if sen.KindOf(err) == sen.Denied || err == nil && scopes != nil {
		return nil
	}
	if err != nil {
		return err
	}
	q.who = &who
	return nil
}

// from is where a request comes from, without its port. Behind a proxy it is
// what that proxy added last: what stands before it anybody can have written.
func (q *request) from() string {
	if all := q.r.Header.Values("X-Forwarded-For"); q.o.Proxied && len(all) > 0 {
		last := all[len(all)-1]
		return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	host, _, err := net.SplitHostPort(q.r.RemoteAddr)
	if err != nil {
		return q.r.RemoteAddr
	}
	return host
}

func (q *request) redirect(to string) { http.Redirect(q.w, q.r, to, http.StatusSeeOther) }

// statusOf is the HTTP status of a kind of error (RFC 9110, section 15).
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	switch sen.KindOf(err) {
	case sen.Denied:
		return http.StatusForbidden
	case sen.NotFound:
		return http.StatusNotFound
	case sen.Invalid:
		return http.StatusUnprocessableEntity
	case sen.Busy:
		return http.StatusTooManyRequests
	case sen.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// logged logs what is ours to mend. Where the reader has gone meanwhile, a room
// broke off in words of its own, and nothing is wrong.
func (q *request) logged(err error) (gone bool) {
	if q.ctx().Err() != nil {
		return true
	}
	if statusOf(err) >= http.StatusInternalServerError {
		q.o.Log.Error("a page failed", "path", q.r.Pattern, "error", engine.Loggable(err))
	}
	return false
}

// fail shows what went wrong, and what to do next. What is ours to mend is
// logged and not shown.
func (q *request) fail(err error) {
	status := statusOf(err)
	if q.logged(err) {
		return
	}
	var e *sen.Error
	shown := failure{Status: status}
	if errors.As(err, &e) && status < http.StatusInternalServerError {
		shown.Message, shown.Hint = e.Words(q.lang == text.Vietnamese)
		shown.English = shown.Message == e.Msg
	}
	if err := q.render(status, "error", q.lang.Pick("Không xong", "Not done"), shown); err != nil {
		q.o.Log.Error("the page of an error failed", "error", err)
		http.Error(q.w, http.StatusText(status), status)
	}
}

// failure is what the page of an error shows.
type failure struct {
	Status        int
	Message, Hint string
	English       bool // these are
}
