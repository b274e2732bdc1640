package account

import (
	"sync"
	"time"

	"github.com/sen-hub/sen"
)

// After so many wrong passwords a name, or a place that requests come from, has
// to wait, twice as long after each further one.
const (
	freeTries   = 5
	firstWait   = 2 * time.Second
	longestWait = 15 * time.Minute
	forgetAfter = time.Hour
	mostKept    = 10_000
)

// tries remembers wrong passwords in memory.
type tries struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]*record
}

type record struct {
	wrong int
	last  time.Time
}

func newTries(now func() time.Time) *tries { return &tries{now: now, seen: map[string]*record{}} }

func (r *record) until() time.Time {
	if r.wrong < freeTries {
		return time.Time{}
	}
	wait := firstWait << min(r.wrong-freeTries, 20)
	return r.last.Add(min(wait, longestWait))
}

func (t *tries) allowed(name, from string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keysOf(name, from) {
		if r := t.seen[key]; r != nil {
			if left := r.until().Sub(t.now()); left > 0 {
				return sen.Errorf(sen.Busy, "too many wrong passwords").WithHint("try again in %d seconds", int(left.Seconds())+1)
			}
		}
	}
	return nil
}

func (t *tries) failed(name, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.seen) > mostKept {
		t.forget(now)
	}
	for _, key := range keysOf(name, from) {
		r := t.seen[key]
		if r == nil || now.Sub(r.last) > forgetAfter {
			r = &record{}
			t.seen[key] = r
		}
		r.wrong++
		r.last = now
	}
}

func (t *tries) forget(now time.Time) {
	for key, r := range t.seen {
		if now.Sub(r.last) > forgetAfter || len(t.seen) > mostKept && r.wrong < freeTries {
			delete(t.seen, key)
		}
	}
}

func (t *tries) succeeded(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, "name "+name)
}

func keysOf(name, from string) []string { return []string{"name " + name, "from " + from} }
