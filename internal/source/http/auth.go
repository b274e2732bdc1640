package http

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// A credential is kept for keptFor, so that a secret that a program prints is
// not asked for with each page; one that ends by itself is renewed this long
// before.
const (
	keptFor    = 5 * time.Minute
	renewAhead = 30 * time.Second
)

// credential is a header that signs requests in. The zero value is none.
type credential struct {
	header, value string
	until         time.Time
}

func (c credential) fresh(now time.Time) bool { return c.value != "" && now.Before(c.until) }

// credential is what signs in; old is one that the server has refused.
func (a *API) credential(ctx context.Context, old credential) (credential, error) {
	if a.server.Password == "" {
		return credential{}, nil
	}
	a.lock.Lock()
	held := a.held
	a.lock.Unlock()
	if held.fresh(time.Now()) && held != old {
		return held, nil
	}
	secret, err := a.server.Password.Reveal(ctx)
	if err != nil {
		return credential{}, err
	}
	c := credential{header: "Authorization", until: time.Now().Add(keptFor)}
	switch {
	case a.d.tokenURL != nil:
		if c, err = a.grant(ctx, secret); err != nil {
			return credential{}, err
		}
	case a.server.User != "":
		c.value = basic(a.server.User, secret)
	default:
		c.header, c.value = a.d.tokenHeader, a.scheme()+secret
	}
	if strings.ContainsFunc(c.value, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return credential{}, sen.Errorf(sen.Invalid, "the secret %s is not one that a header can carry", a.server.Password).WithHint("is there a line break in it?")
	}
	a.lock.Lock()
	a.held = c
	a.lock.Unlock()
	return c, nil
}

// scheme is what stands before a token (RFC 6750, section 2.1).
func (a *API) scheme() string {
	switch {
	case a.d.tokenScheme != "":
		return a.d.tokenScheme + " "
	case a.d.tokenHeader == "Authorization":
		return "Bearer "
	}
	return ""
}

// basic is a user and password as RFC 7617 writes them.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// maxGrant bounds an authorization server's answer.
const maxGrant = 1 << 20

// grant asks the authorization server for a token with the client's own
// credentials (RFC 6749, section 4.4).
func (a *API) grant(ctx context.Context, secret string) (credential, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if a.d.scope != "" {
		form.Set("scope", a.d.scope)
	}
	header := http.Header{
		"Content-Type":  {"application/x-www-form-urlencoded"},
		"Authorization": {basic(url.QueryEscape(a.server.User), url.QueryEscape(secret))}, // section 2.3.1
	}
	answer, err := a.do(ctx, asking{method: http.MethodPost, url: a.d.tokenURL, body: form.Encode(), header: header, most: maxGrant})
	if err != nil {
		return credential{}, err
	}
	var token struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(answer.body, &token); err != nil || token.Access == "" || !strings.EqualFold(token.Type, "bearer") {
		return credential{}, sen.Errorf(sen.Corrupt, "%s gives no bearer token", address(a.d.tokenURL)).WithHint("is this the token endpoint of OAuth 2?")
	}
	kept := keptFor
	if token.Expires > 0 {
		kept = max(time.Duration(min(token.Expires, 1<<20))*time.Second-renewAhead, time.Second)
	}
	return credential{header: "Authorization", value: "Bearer " + token.Access, until: time.Now().Add(kept)}, nil
}

// newClient makes a client that verifies whom it talks to and goes to no
// other host.
func newClient(t live.TLS) (*http.Client, error) {
	t.Off = false // whether http without TLS may be spoken is the address's affair
	config, err := t.Config("")
	if err != nil {
		return nil, err
	}
	return &http.Client{CheckRedirect: sameHost, Transport: &http.Transport{
		TLSClientConfig: config, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 1 << 20, TLSHandshakeTimeout: 20 * time.Second, IdleConnTimeout: time.Minute,
	}}, nil
}

const maxRedirects = 5

var (
	errElsewhere = errors.New("redirects to another host")
	errRedirects = errors.New("redirects without end")
)

// sameHost refuses redirects to another scheme, host or port.
func sameHost(next *http.Request, before []*http.Request) error {
	if !sameOrigin(next.URL, before[0].URL) {
		return errElsewhere
	}
	if len(before) > maxRedirects {
		return errRedirects
	}
	return nil
}

// sameOrigin compares two addresses' scheme, host and port (RFC 6454, section 4).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// address is an address without its query, which may hold anything.
func address(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
