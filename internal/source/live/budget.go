package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sen-hub/sen"
)

// Defaults of a Budget.
const (
	defaultConnections = 4
	defaultStatement   = 10 * time.Minute
	defaultLogBytes    = 1 << 30
	defaultAttempts    = 6
	defaultPatience    = 30 * time.Second
	firstWait          = 200 * time.Millisecond
)

// WithDefaults fills in what is not set.
func (b Budget) WithDefaults() Budget {
	b.Connections = orElse(b.Connections, defaultConnections)
	b.Statement = orElse(b.Statement, defaultStatement)
	b.LogBytes = orElse(b.LogBytes, defaultLogBytes)
	b.Attempts = orElse(b.Attempts, defaultAttempts)
	b.Patience = orElse(b.Patience, defaultPatience)
	return b
}

func orElse[T int | int64 | time.Duration](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}

// Gate throttles what reads a server to its budget: so many connections, within
// its windows, not while it is paused, and no faster than its rate. All that
// read one server share its gate. It is safe for concurrent use.
type Gate struct {
	slots   chan struct{}
	windows []Window
	budget  int64 // bytes a second; 0: without bound
	limit   *rate.Limiter
	now     func() time.Time

	lock   sync.Mutex
	paused chan struct{} // closed when the pause ends; nil: there is none
}

// burst is how many bytes may come at once: a buffer of a connection.
const burst = 1 << 20

// NewGate makes the gate of a budget.
func NewGate(b Budget) *Gate {
	b = b.WithDefaults()
	g := &Gate{slots: make(chan struct{}, b.Connections), windows: b.Windows, budget: b.Rate, limit: rate.NewLimiter(rate.Inf, burst), now: time.Now}
	g.SetRate(b.Rate)
	return g
}

// Throttle is how people hold back the reading of a server beyond its budget.
type Throttle struct {
	Paused bool
	Rate   int64 // bytes a second; 0: what the budget allows
}

// Throttle puts a throttle in place of the last one. A rate above the budget's leaves
// the budget's.
func (g *Gate) Throttle(h Throttle) {
	bytes := h.Rate
	if bytes <= 0 || g.budget > 0 && bytes > g.budget {
		bytes = g.budget
	}
	g.SetRate(bytes)
	if h.Paused {
		g.Pause()
	} else {
		g.Resume()
	}
}

// Paused reports whether somebody has paused.
func (g *Gate) Paused() bool {
	g.lock.Lock()
	defer g.lock.Unlock()
	return g.paused != nil
}

// Closed is how long it is until a window opens; 0 when one is open.
func (g *Gate) Closed() time.Duration { return untilOpen(g.windows, g.now()) }

// Enter waits for a connection's place, and then for a window and the end of
// a pause: while a place is waited for, a window may close. leave gives the
// place back.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	leave = sync.OnceFunc(func() { <-g.slots })
	if err := g.wait(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// Spend waits until so many more bytes may be read. It waits in steps of a
// quarter of a second at most, so that a pause and another rate take hold soon.
func (g *Gate) Spend(ctx context.Context, bytes int64) error {
	for {
		if err := g.wait(ctx); err != nil {
			return err
		}
		limit := g.limit.Limit()
		if bytes <= 0 || limit == rate.Inf {
			return nil
		}
		n := min(bytes, int64(g.limit.Burst()), max(1, int64(limit/4)))
		if err := g.limit.WaitN(ctx, int(n)); err != nil {
			return overdue(ctx, err)
		}
		bytes -= n
	}
}

// overdue is a limiter's refusal to wait beyond a deadline, as the deadline
// itself tells it.
func overdue(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
}

// Pause stops reading until Resume: connections stay, and fetch nothing.
func (g *Gate) Pause() {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.paused == nil {
		g.paused = make(chan struct{})
	}
}

// Resume ends a pause.
func (g *Gate) Resume() {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.paused != nil {
		close(g.paused)
		g.paused = nil
	}
}

// SetRate bounds reading to so many bytes a second; 0 takes the bound away.
func (g *Gate) SetRate(bytes int64) {
	if bytes <= 0 {
		g.limit.SetLimit(rate.Inf)
		return
	}
	g.limit.SetBurst(int(min(burst, max(bytes, 4096)))) // a second's worth: a slow reading has no fast beginning
	g.limit.SetLimit(rate.Limit(bytes))
}

// wait ends when a window is open and nobody has paused.
func (g *Gate) wait(ctx context.Context) error {
	for {
		g.lock.Lock()
		paused := g.paused
		g.lock.Unlock()
		closed := untilOpen(g.windows, g.now())
		if paused == nil && closed == 0 {
			return ctx.Err()
		}
		var opens <-chan time.Time
		if paused == nil {
			timer := time.NewTimer(closed)
			defer timer.Stop()
			opens = timer.C
		}
		select {
		case <-paused:
		case <-opens:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// untilOpen is how long it is until one of the windows is open; 0 when one is,
// or there is none.
func untilOpen(windows []Window, now time.Time) time.Duration {
	var least time.Duration
	for _, w := range windows {
		if w.open(now) {
			return 0
		}
		if until := w.opens(now); least == 0 || until < least {
			least = until
		}
	}
	return least
}

// String is the window as a contract writes it.
func (w Window) String() string {
	zone := ""
	if w.Zone != nil {
		zone = " " + w.Zone.String()
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d%s", w.From/60, w.From%60, w.To/60, w.To%60, zone)
}

func (w Window) at(now time.Time) (time.Time, int) {
	if w.Zone != nil {
		now = now.In(w.Zone)
	}
	return now, now.Hour()*60 + now.Minute()
}

func (w Window) open(now time.Time) bool {
	_, minute := w.at(now)
	if w.From <= w.To {
		return minute >= w.From && minute < w.To
	}
	return minute >= w.From || minute < w.To
}

func (w Window) opens(now time.Time) time.Duration {
	local, minute := w.at(now)
	day := local.Day()
	if minute >= w.From {
		day++
	}
	next := time.Date(local.Year(), local.Month(), day, w.From/60, w.From%60, 0, 0, local.Location())
	return max(next.Sub(local), time.Second)
}

// Gates are the gates of the servers that a process reads.
type Gates struct {
	lock      sync.Mutex
	all       map[string]*Gate
	old       map[string]bool // of those that were made of a budget that may be another now
	throttles map[string]Throttle
}

// Renew has gates made anew, of the budgets that contracts state from now on:
// each where nobody reads through the old one any more, so that a server never
// meets both.
func (g *Gates) Renew() {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.old = map[string]bool{}
	for address := range g.all {
		g.old[address] = true
	}
}

// Address names the server as no other is named, whatever contracts call it.
func (s Server) Address() string {
	if s.Type == API {
		return s.Location
	}
	return fmt.Sprintf("%s://%s:%d", s.Type, s.Host, s.Port)
}

// Of is the gate of a server, made with the budget of whoever asks first.
func (g *Gates) Of(s Server) *Gate {
	g.lock.Lock()
	defer g.lock.Unlock()
	address := s.Address()
	if g.all == nil {
		g.all = map[string]*Gate{}
	}
	if gate := g.all[address]; gate == nil || g.old[address] && len(gate.slots) == 0 {
		delete(g.old, address)
		g.all[address] = NewGate(s.Budget)
		g.all[address].Throttle(g.throttles[address])
	}
	return g.all[address]
}

// Throttle throttles the servers back, by address, those that are asked for later as
// well, and no others: what was held before and is not named goes on.
func (g *Gates) Throttle(throttles map[string]Throttle) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.throttles = throttles
	for address, gate := range g.all {
		gate.Throttle(throttles[address])
	}
}

// Retry runs op again while it fails in a way that may pass, with waits that
// double up to the budget's patience, as often as the budget allows. say is
// told of each wait; it may be nil.
func Retry(ctx context.Context, b Budget, what string, op func(context.Context) error, temporary func(error) bool, say func(string)) error {
	b = b.WithDefaults()
	wait := firstWait
	for attempt := 1; ; attempt++ {
		err := op(ctx)
		switch {
		case err == nil || ctx.Err() != nil || !temporary(err):
			return err
		case attempt == b.Attempts:
			return sen.Errorf(sen.Unavailable, "%s: given up after %d attempts: %w", what, attempt, err).
				WithHint("run the command again when the source is back; what is finished stays finished")
		}
		pause := min(wait/2+rand.N(wait), b.Patience) //nolint:gosec // spreads waits, guards nothing
		if say != nil {
			say(fmt.Sprintf("%s: attempt %d of %d failed; again in %s", what, attempt, b.Attempts, pause.Round(10*time.Millisecond)))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		wait = min(2*wait, b.Patience)
	}
}
