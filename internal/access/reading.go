package access

import (
	"context"
	"slices"
	"sync"

	"github.com/sen-hub/sen"
)

// chunk is how many subjects one entry names at most.
const chunk = 1000

// Reading is leave to read what one request asked for. It is safe for
// concurrent use.
type Reading struct {
	door    *Door
	ctx     context.Context // of Open, but not its cancelling: what happened is written down all the same
	request Entry           // the entry "asked"

	mu     sync.Mutex
	seen   []Seen
	known  map[Seen]bool // what this reading noted already, up to remembered
	whole  []Whole
	closed bool
}

// remembered bounds the memory for leaving out repeated subjects.
const remembered = 100 * chunk

// Request is the id that all entries of this reading carry.
func (r *Reading) Request() string { return r.request.Request }

// Saw notes records that the answer will show, as keyed hashes. Every thousand
// are written at once, the others by Seal or Close. Denied for a dataset that
// the request did not name.
func (r *Reading) Saw(subjects ...Subject) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.isClosed()
	}
	for _, s := range subjects {
		if !r.covers(s.Dataset) {
			return notAsked(s.Dataset)
		}
		r.note(Seen{Dataset: s.Dataset, Subject: r.door.hide(s), Version: s.Version})
		if len(r.seen) >= chunk {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reading) note(s Seen) {
	if r.known[s] {
		return
	}
	if r.known == nil || len(r.known) >= remembered {
		r.known = map[Seen]bool{}
	}
	r.known[s] = true
	r.seen = append(r.seen, s)
}

// All notes a read of a whole dataset, or a figure made from it: it covers
// every subject of that snapshot of the table.
func (r *Reading) All(dataset sen.Dataset, snapshot int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return r.isClosed()
	case !r.covers(dataset):
		return notAsked(dataset)
	}
	r.whole = append(r.whole, Whole{Dataset: dataset, Snapshot: snapshot})
	return nil
}

// covers reports whether the request named the dataset: what it did not ask
// for, it was not let in to.
func (r *Reading) covers(dataset sen.Dataset) bool {
	return slices.ContainsFunc(r.request.Scopes, func(s Scope) bool { return s.Dataset == dataset })
}

func notAsked(dataset sen.Dataset) error {
	return sen.Errorf(sen.Denied, "the request did not name this dataset").At("%s", dataset)
}

// Seal makes durable what was noted. Only when it has returned without an
// error may the answer be shown. More may be noted, and sealed, after it.
func (r *Reading) Seal() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.isClosed()
	}
	return r.flush()
}

// Close ends the reading with an entry that says how it went: outcome is the
// command's error, or nil; its kind is kept, not its words. What was noted and
// not sealed is written with it. Closing again does nothing.
func (r *Reading) Close(outcome error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	last := r.request
	last.Kind, last.Outcome = Outcome, "ok"
	if outcome != nil {
		last.Outcome = sen.KindOf(outcome).String()
	}
	if err := r.door.append(r.ctx, append(r.pending(), last)...); err != nil {
		return err
	}
	r.closed, r.seen, r.whole, r.known = true, nil, nil, nil
	return nil
}

func (r *Reading) flush() error {
	entries := r.pending()
	if len(entries) == 0 {
		return nil
	}
	if err := r.door.append(r.ctx, entries...); err != nil {
		return err
	}
	r.seen, r.whole = r.seen[:0], nil
	return nil
}

// pending is the entry for what is noted and not written, if there is any.
func (r *Reading) pending() []Entry {
	if len(r.seen) == 0 && len(r.whole) == 0 {
		return nil
	}
	e := r.request
	e.Kind, e.Seen, e.Whole = Saw, r.seen, r.whole
	return []Entry{e}
}

func (r *Reading) isClosed() error {
	return sen.Errorf(sen.Internal, "the reading %s is closed", r.request.Request)
}

// hide turns a record's key into what the journal may hold.
func (d *Door) hide(s Subject) string { return d.keys.Subject([]byte(s.Dataset), s.Key) }
