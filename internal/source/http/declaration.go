package http

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// How an API turns its pages.
const (
	pagingNone   = "none"   // one answer holds all
	pagingOffset = "offset" // by the number of rows before the page
	pagingPage   = "page"   // by the page's number
	pagingCursor = "cursor" // by a value that the page before gives
	pagingLink   = "link"   // by an address that the page before gives
)

// objectVariable stands for an object's physicalName.
const objectVariable = "${object}"

// Defaults of a declaration.
const (
	defaultMaxPage  = 32 << 20
	mostMaxPage     = 256 << 20 // with the budget's connections: what the hub's memory bears
	defaultMaxPages = 100_000
)

// declaration is what a contract's server says of an API.
type declaration struct {
	base *url.URL
	path string // below base, with objectVariable; may have a query
	rows string // pointer to the array of rows, with objectVariable

	paging                                   string
	size, first                              int64
	sizeName, offsetName, pageName, nextName string // parameters
	cursor                                   pointer
	next                                     *pointer // paging link: in the answer rather than in Link
	more                                     *pointer // whether a page follows
	total                                    *pointer // number of rows of the whole object
	state                                    *place   // what is the same as long as the object is
	changes                                  *place   // the change cursor,
	changesName                              string   // and the parameter that it is asked with

	tokenHeader, tokenScheme string
	tokenURL                 *url.URL
	scope                    string

	perMinute, maxPages, maxPage int64
}

// place is a value in an answer's body or header.
type place struct {
	header string // its canonical name; "": in the body
	at     pointer
}

func (p *place) String() string {
	if p.header != "" {
		return "header:" + p.header
	}
	return p.at.String()
}

// The custom properties of a server of type api, beside those of live.FromContract.
var properties = []string{
	"path", "rows", "paging", "pageSize", "sizeParameter", "offsetParameter", "pageParameter", "firstPage", "cursor", "cursorParameter", "next", "more",
	"total", "state", "changes", "changesParameter", "tokenHeader", "tokenScheme", "tokenURL", "scope", "requestsPerMinute", "maxPage", "maxPages",
}

// named says whose declaration an error is about.
func named(server string, err error) error {
	var e *sen.Error
	if errors.As(err, &e) && e.Where == "" {
		e.Where = "server " + server
	}
	return err
}

// declared reads a server's declaration.
func declared(s live.Server) (declaration, error) {
	r := &declaring{custom: s.Custom}
	r.onlyKnown()
	d := declaration{
		base: r.base(s), path: r.text("path", objectVariable), rows: r.text("rows", ""),
		paging: r.text("paging", ""), size: r.number("pageSize", 0), first: r.number("firstPage", 1),
		sizeName: r.parameter("sizeParameter", "limit"), offsetName: r.parameter("offsetParameter", "offset"),
		pageName: r.parameter("pageParameter", "page"), nextName: r.parameter("cursorParameter", "cursor"),
		cursor: orNone(r.pointer("cursor")), next: r.pointer("next"), more: r.pointer("more"), total: r.pointer("total"),
		state: r.place("state"), changes: r.place("changes"), changesName: r.parameter("changesParameter", "since"),
		tokenHeader: r.header("tokenHeader", "Authorization"), tokenScheme: r.text("tokenScheme", ""),
		scope: r.text("scope", ""), perMinute: r.number("requestsPerMinute", 0),
		maxPages: max(r.number("maxPages", defaultMaxPages), 1), maxPage: r.size("maxPage", defaultMaxPage),
	}
	d.tokenURL = r.tokenURL(s.TLS)
	r.agree(&d, s)
	return d, r.err
}

func orNone(p *pointer) pointer {
	if p == nil {
		return nil
	}
	return *p
}

// declaring keeps the first error.
type declaring struct {
	custom map[string]string
	err    error
}

func (r *declaring) wrong(name, hint, format string, args ...any) {
	if r.err == nil {
		r.err = sen.Errorf(sen.Invalid, name+": "+format, args...).WithHint("%s", hint)
	}
}

// onlyKnown refuses what is not understood: a misspelt "total" would be a
// check that is never made.
func (r *declaring) onlyKnown() {
	names := make([]string, 0, len(r.custom))
	for name := range r.custom {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if lower := strings.ToLower(name); lower == "tokenparameter" || lower == "tokenquery" {
			r.wrong(name, "have the API take it in a header (tokenHeader), or use a client's certificate",
				"a token is not sent in the query: addresses are written into logs on the way")
		}
		if !slices.Contains(properties, name) {
			r.wrong(name, "properties of an API are "+strings.Join(properties, ", "), "this property of an API is not known")
		}
	}
}

func (r *declaring) text(name, otherwise string) string {
	if value, ok := r.custom[name]; ok && (value != "" || otherwise == "") {
		return value
	}
	return otherwise
}

func (r *declaring) number(name string, otherwise int64) int64 {
	text := r.text(name, "")
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		r.wrong(name, "write a whole number", "%q is not a number", text)
	}
	return n
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,6})(KiB|MiB)$`)

func (r *declaring) size(name string, otherwise int64) int64 {
	text := r.text(name, "")
	if text == "" {
		return otherwise
	}
	m := sizeForm.FindStringSubmatch(text)
	if m == nil {
		r.wrong(name, "write it like 64MiB", "%q is not a size", text)
		return otherwise
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	if n <<= map[string]int{"KiB": 10, "MiB": 20}[m[2]]; n < 1 || n > mostMaxPage {
		r.wrong(name, "ask for smaller pages (pageSize)", "%q is not a size from 1KiB to %dMiB", text, mostMaxPage>>20)
	}
	return n
}

// headerForm is a token of RFC 9110, section 5.6.2.
var headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

var parameterForm = regexp.MustCompile(`^[A-Za-z0-9_.$\[\]:-]{1,64}$`)

func (r *declaring) parameter(name, otherwise string) string {
	text := r.text(name, otherwise)
	if !parameterForm.MatchString(text) {
		r.wrong(name, "write the parameter's name alone", "%q is not the name of a query's parameter", text)
	}
	return text
}

func (r *declaring) header(name, otherwise string) string {
	text := r.text(name, otherwise)
	if !headerForm.MatchString(text) {
		r.wrong(name, "write the header's name alone, like X-Api-Key", "%q is not the name of a header", text)
	}
	return http.CanonicalHeaderKey(text)
}

func (r *declaring) pointer(name string) *pointer {
	text, ok := r.custom[name]
	if !ok {
		return nil
	}
	p, err := parsePointer(text)
	if err == nil && len(p) == 0 {
		err = sen.Errorf(sen.Invalid, "the whole answer is meant").WithHint("write a JSON pointer like /meta/%s", name)
	}
	if err != nil {
		r.wrong(name, sen.HintOf(err), "%s", err)
		return nil
	}
	return &p
}

func (r *declaring) place(name string) *place {
	if header, ok := strings.CutPrefix(r.custom[name], "header:"); ok {
		if !headerForm.MatchString(header) {
			r.wrong(name, "write it like header:ETag", "%q is not the name of a header", header)
		}
		return &place{header: http.CanonicalHeaderKey(header)}
	}
	if p := r.pointer(name); p != nil {
		return &place{at: *p}
	}
	return nil
}

// base is the server's location. A location that cannot be read is not
// repeated: it may hold a password.
func (r *declaring) base(s live.Server) *url.URL {
	u, err := url.Parse(s.Location)
	if err != nil || u.Host == "" || u.Opaque != "" || u.Fragment != "" || u.RawQuery != "" {
		r.wrong("location", "write it like https://api.example.gov.vn/v1; a query belongs to the custom property path", "it is not the address of an API")
		return &url.URL{}
	}
	if u.User != nil {
		r.wrong("location", "name them with the custom properties user and password; and change the password, since it has been read", "a name or password is written into the address")
	}
	r.secured("location", u, s.TLS)
	return u
}

// secured refuses an address whose scheme does not fit the server's TLS.
func (r *declaring) secured(name string, u *url.URL, t live.TLS) {
	switch {
	case u.Scheme == "https" && t.Off:
		r.wrong(name, "take the property tls away; name the authority's file as ca where the system does not know it", "the address begins with https, and tls is off")
	case u.Scheme == "http" && !t.Off:
		r.wrong(name, "write https; where the API truly has none, say so with the custom property tls: off", "the address is not encrypted")
	case u.Scheme == "http" && t.Cert != "":
		r.wrong(name, "write https", "a client's certificate proves nothing without encryption")
	case u.Scheme != "http" && u.Scheme != "https":
		r.wrong(name, "write it like https://api.example.gov.vn/v1", "the address is not one of http or https")
	}
}

func (r *declaring) tokenURL(t live.TLS) *url.URL {
	text := r.text("tokenURL", "")
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || secretIn(u.RawQuery) {
		r.wrong("tokenURL", "write it like https://login.example.gov.vn/oauth2/token", "it is not the address of an authorization server, or holds a secret")
		return nil
	}
	r.secured("tokenURL", u, live.TLS{Off: t.Off && u.Scheme == "http"})
	return u
}

// secretNames are parameters of a query that carry secrets.
var secretNames = []string{"accesstoken", "apikey", "xapikey", "token", "authtoken", "auth", "authorization", "secret", "clientsecret", "password", "passwd", "pwd",
	"sig", "signature", "subscriptionkey", "jwt", "bearer"}

func secretIn(query string) bool {
	for _, part := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if slices.Contains(secretNames, strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))) {
			return true
		}
	}
	return false
}

// agree holds the properties against each other.
func (r *declaring) agree(d *declaration, s live.Server) {
	_, query, _ := strings.Cut(d.path, "?")
	if secretIn(query) {
		r.wrong("path", "name the secret with the custom property password; it is sent in a header (tokenHeader)", "a secret is not sent in the query: addresses are written into logs on the way")
	}
	if strings.Contains(d.path, "#") || strings.Contains(d.path, "://") {
		r.wrong("path", "write it below the location, like births?order=id", "it is not a path")
	}
	if _, err := parsePointer(d.rows); err != nil {
		r.wrong("rows", sen.HintOf(err), "%s", err)
	}
	const kinds = "none (one answer holds all), offset, page, cursor or link"
	switch {
	case !slices.Contains([]string{pagingNone, pagingOffset, pagingPage, pagingCursor, pagingLink}, d.paging):
		r.wrong("paging", "say how the API turns its pages: "+kinds+"; a page that is taken for everything loses rows", "%q is not a way to turn pages", d.paging)
	case d.paging == pagingCursor && d.cursor == nil:
		r.wrong("cursor", "write a JSON pointer like /meta/next", "paging by cursor needs the place of the next cursor in the answer")
	case d.paging != pagingCursor && d.cursor != nil:
		r.wrong("cursor", "write paging: cursor", "it is of no use with paging %s", d.paging)
	case d.paging != pagingLink && d.next != nil:
		r.wrong("next", "write paging: link", "it is of no use with paging %s", d.paging)
	case d.paging == pagingNone && d.more != nil:
		r.wrong("more", "leave it out", "it is of no use with paging none")
	case d.tokenURL != nil && (s.User == "" || s.Password == ""):
		r.wrong("tokenURL", "name the client's id as user and its secret as password", "OAuth 2 client credentials need both")
	case d.tokenURL == nil && s.User != "" && s.Password == "":
		r.wrong("user", "name the secret as password", "a user signs in with a password")
	case d.tokenURL == nil && s.User != "" && r.custom["tokenHeader"] != "":
		r.wrong("tokenHeader", "leave user out for a token", "a user and a password go into Authorization alone")
	}
}
