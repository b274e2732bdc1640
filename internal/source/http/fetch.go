package http

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// asking is one request.
type asking struct {
	method string
	url    *url.URL
	header http.Header
	body   string
	most   int64 // bytes of the answer's body
}

// answer is what came of one: JSON, whole.
type answer struct {
	url    *url.URL // where it came from, redirects followed
	header http.Header
	body   []byte
}

// get asks for a page, signed in.
func (a *API) get(ctx context.Context, u *url.URL) (*answer, error) {
	var used credential
	for again := false; ; again = true {
		c, err := a.credential(ctx, used)
		if err != nil {
			return nil, err
		}
		header := http.Header{"Accept": {"application/json"}}
		if c.value != "" {
			header.Set(c.header, c.value)
		}
		got, err := a.do(ctx, asking{method: http.MethodGet, url: u, header: header, most: a.d.maxPage})
		var refused *refusal
		if again || c.value == "" || !errors.As(err, &refused) || refused.status != http.StatusUnauthorized {
			return got, err
		}
		used = c // it may have been changed, or have ended, since it was read
	}
}

// do asks, and asks again what may pass, within the budget.
func (a *API) do(ctx context.Context, q asking) (got *answer, err error) {
	err = live.Retry(ctx, a.budget, a.server.Name+": "+address(q.url), func(ctx context.Context) error {
		got, err = a.once(ctx, q)
		return err
	}, temporary, a.say)
	return got, err
}

// passing is an error that may pass.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

func temporary(err error) bool { return errors.As(err, new(passing)) }

// refusal is a status that is no success.
type refusal struct {
	says   *sen.Error
	status int
}

func (r *refusal) Error() string { return r.says.Error() }
func (r *refusal) Unwrap() error { return r.says }

// once asks one time: when the server, the gate and the contract's rate
// allow.
func (a *API) once(ctx context.Context, q asking) (*answer, error) {
	if err := a.wait(ctx); err != nil {
		return nil, err
	}
	leave, err := a.gate.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	bounded, cancel := context.WithTimeout(ctx, a.budget.Statement)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, q.method, q.url.String(), strings.NewReader(q.body))
	if err != nil {
		return nil, sen.Errorf(sen.Invalid, "%s cannot be asked for", address(q.url))
	}
	if q.body == "" {
		request.Body, request.GetBody = nil, nil
	}
	request.Header = q.header
	response, err := a.client.Do(request)
	if err != nil {
		return nil, a.unreached(ctx, q.url, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, a.refused(q.url, response)
	}
	if err := isJSON(q.url, response.Header); err != nil {
		return nil, err
	}
	body, err := a.body(bounded, q, response.Body)
	if err != nil {
		return nil, a.unreached(ctx, q.url, err)
	}
	return &answer{url: response.Request.URL, header: response.Header, body: body}, nil
}

// wait ends when the server may be asked again.
func (a *API) wait(ctx context.Context) error {
	a.lock.Lock()
	pause := time.Until(a.notBefore)
	a.lock.Unlock()
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return a.requests.Wait(ctx)
}

// block is how much of an answer is read at once.
const block = 64 << 10

// body reads an answer to its end, no faster than the gate allows and no
// further than its bound.
func (a *API) body(ctx context.Context, q asking, from io.Reader) ([]byte, error) {
	var out []byte
	buffer := make([]byte, block)
	for {
		n, err := from.Read(buffer)
		out = append(out, buffer[:n]...)
		if int64(len(out)) > q.most {
			return nil, sen.Errorf(sen.Invalid, "%s gives more than %d bytes in one answer", address(q.url), q.most).
				WithHint("ask for smaller pages with the custom property pageSize, or raise maxPage")
		}
		if gate := a.gate.Spend(ctx, int64(n)); gate != nil {
			return nil, gate
		}
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return out, nil
		case err != nil:
			return nil, err
		}
	}
}

// isJSON refuses an answer that says that it is something else, or in another
// encoding than UTF-8 (RFC 8259, section 8.1). An answer that says nothing is
// looked at.
func isJSON(u *url.URL, h http.Header) error {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return sen.Errorf(sen.Invalid, "%s answers in an encoding that was not asked for", address(u)).WithHint("gzip alone is understood")
	}
	text := h.Get("Content-Type")
	if text == "" {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(text)
	if err != nil || kind != "application/json" && kind != "text/json" && !strings.HasSuffix(kind, "+json") {
		return sen.Errorf(sen.Invalid, "%s answers with something else than JSON", address(u)).
			WithHint("its Content-Type is %.80q; does the address lead to a page for people, or to a sign-in?", text)
	}
	if set := parameters["charset"]; set != "" && !strings.EqualFold(set, "utf-8") && !strings.EqualFold(set, "us-ascii") {
		return sen.Errorf(sen.Invalid, "%s answers in the encoding %.40q", address(u), set).WithHint("JSON is exchanged as UTF-8 (RFC 8259): the API's owner must mend this")
	}
	return nil
}

// refused is the error of a status that is no success. What the server writes
// besides may hold anything, and is passed over.
func (a *API) refused(u *url.URL, r *http.Response) error {
	e := &refusal{status: r.StatusCode}
	says := func(kind sen.Kind, hint string) {
		e.says = sen.Errorf(kind, "%s answers %d %s", address(u), r.StatusCode, http.StatusText(r.StatusCode)).WithHint("%s", hint)
	}
	switch r.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		says(sen.Unavailable, "the server is busy or away; a lower requestsPerMinute asks less of it")
		return a.again(e, r.Header)
	case http.StatusUnauthorized:
		says(sen.Denied, "is the secret that password names still the right one, and tokenHeader and tokenScheme as the API wants them?")
	case http.StatusForbidden:
		says(sen.Denied, "the one who signs in may not read this; the API's owner grants it")
	case http.StatusNotFound, http.StatusGone:
		says(sen.NotFound, "check the server's location, its custom property path, and the object's physicalName")
	default:
		says(sen.Invalid, "the API does not take the request as the contract declares it: check the names of the parameters")
		if r.StatusCode >= 500 {
			says(sen.Unavailable, "the API fails; its owner must look into this")
		}
	}
	return e
}

// again is the error of a server that is to be asked again: when it says so,
// not before. It ends the reading when that is later than the budget's
// patience.
func (a *API) again(e *refusal, h http.Header) error {
	pause := retryAfter(h.Get("Retry-After"), time.Now())
	if pause > a.budget.Patience {
		return e.says.WithHint("it asks to be left alone for %s, which is longer than the budget's patience of %s: run the command again then, or raise patience",
			pause.Round(time.Second), a.budget.Patience)
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	if until := time.Now().Add(pause); until.After(a.notBefore) {
		a.notBefore = until
	}
	return passing{e}
}

// unreached is the error of a request that came to no whole answer, without
// the address's query, which url.Error holds.
func (a *API) unreached(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var known *sen.Error
	var wrapped *url.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &wrapped):
		err = wrapped.Err
	}
	at := address(u)
	switch {
	case errors.Is(err, errElsewhere), errors.Is(err, errRedirects):
		return sen.Errorf(sen.Denied, "%s %w", at, err).WithHint("name the address that answers as the server's location, if it is one to be trusted")
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return passing{sen.Errorf(sen.Unavailable, "%s does not answer within %s", at, a.budget.Statement).WithHint("raise statementTimeout, or ask for smaller pages (pageSize)")}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return passing{sen.Errorf(sen.Unavailable, "%s breaks its answer off", at).WithHint("ask for smaller pages (pageSize) if this goes on")}
	}
	if hint := hintOfTLS(err); hint != "" {
		return sen.Errorf(sen.Denied, "%s: %w", at, err).WithHint("%s", hint)
	}
	if errors.As(err, new(*net.OpError)) {
		return passing{sen.Errorf(sen.Unavailable, "%s cannot be reached: %w", at, err).WithHint("is the server up, and may this machine reach it?")}
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return sen.Errorf(sen.Denied, "%s: %w", at, err).WithHint("the server's owner must mend its certificate")
	}
	// Other errors quote what the server wrote.
	return passing{sen.Errorf(sen.Unavailable, "%s does not answer as HTTP has it", at).WithHint("is an HTTP server at this port?")}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
