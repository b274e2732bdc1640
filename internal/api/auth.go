package api

import (
	"context"
	"crypto/sha256"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/account"
)

type principalKey struct{}

// who is the principal whom admit has let in.
func who(ctx context.Context) sen.Principal {
	p, _ := ctx.Value(principalKey{}).(sen.Principal)
	return p
}

// admit lets a request in, or answers why not: whose it is, whether the token's
// scope and the account's role allow it, and whether it comes too fast.
func (a *API) admit(r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		request, w := humago.Unwrap(ctx)
		token, bearer := credential(request, a.o.Cookie, r.method)
		one, scopes, err := a.o.Accounts.Of(ctx.Context(), token)
		if err == nil && bearer != (scopes != nil) {
			err = sen.Errorf(sen.Denied, "a page's session is no token, and a token no session")
		}
		switch {
		case sen.KindOf(err) == sen.Denied && err != nil:
			w.Header().Set("WWW-Authenticate", `Bearer realm="sen"`)
			fail(w, request, "no-token", Text{}, Text{"`sen user token` cấp mã", "`sen user token` makes one"})
			return
		case err != nil:
			writeProblem(w, a.problem(ctx.Context(), r, err))
			return
		}
		if wait := a.rates.wait(token); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			fail(w, request, "too-many", Text{}, Text{"gọi lại sau số giây ghi ở Retry-After", "try again after Retry-After seconds"})
			return
		}
		if lacks := slices.DeleteFunc(slices.Clone(r.scopes), func(s string) bool { return slices.Contains(scopes, s) }); bearer && len(lacks) > 0 {
			needs := strings.Join(r.scopes, " ")
			w.Header().Set("WWW-Authenticate", `Bearer realm="sen", error="insufficient_scope", scope="`+needs+`"`)
			fail(w, request, "scope", Text{}, Text{"cần phạm vi " + needs, "it needs " + needs})
			return
		}
		principal := account.Principal(one)
		if !r.lets(principal) {
			fail(w, request, "denied", Text{}, Text{})
			return
		}
		if name := empty(ctx.Operation(), request); name != "" {
			fail(w, request, "invalid", Text{"tham số " + name + " để trống", "parameter " + name + " is empty"},
				Text{"bỏ tham số đi, hoặc cho nó một giá trị", "leave it out, or give it a value"})
			return
		}
		next(huma.WithValue(ctx, principalKey{}, principal))
	}
}

// empty is the name of a query's parameter that is given without the value that
// it has to have; "" where there is none. To huma such a one is absent.
func empty(o *huma.Operation, r *http.Request) string {
	query := r.URL.Query()
	for _, p := range o.Parameters {
		if values, given := query[p.Name]; p.In == "query" && given && slices.Contains(values, "") && (p.Schema.Type != huma.TypeString || len(p.Schema.Enum) > 0) {
			return p.Name
		}
	}
	return ""
}

// credential is a request's token; bearer where it is a program's, else the
// session of a page, which may read.
func credential(r *http.Request, cookie, method string) (token string, bearer bool) {
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		return strings.TrimSpace(token), true
	}
	if c, err := r.Cookie(cookie); err == nil && method == http.MethodGet && r.Header.Get("Authorization") == "" {
		return c.Value, false
	}
	return "", true
}

// rates bounds how fast each token may ask.
type rates struct {
	perMinute int
	now       func() time.Time
	mu        sync.Mutex
	of        map[[sha256.Size]byte]*rate.Limiter
}

// mostRates bounds how many tokens are remembered: only those that are valid are.
const mostRates = 10_000

func newRates(perMinute int, now func() time.Time) *rates {
	return &rates{perMinute: perMinute, now: now, of: map[[sha256.Size]byte]*rate.Limiter{}}
}

// wait is 0 where a token may ask now, and counts it; else how long it has to
// wait.
func (s *rates) wait(token string) time.Duration {
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.of[key]
	if limit == nil {
		if len(s.of) >= mostRates {
			clear(s.of)
		}
		limit = rate.NewLimiter(rate.Limit(float64(s.perMinute)/60), max(1, s.perMinute/6))
		s.of[key] = limit
	}
	now := s.now()
	turn := limit.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}
