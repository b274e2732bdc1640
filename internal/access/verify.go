package access

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Report is what a whole journal says.
type Report struct {
	Entries  int64      `json:"entries"`
	Requests int64      `json:"requests"` // that were let in
	Denied   int64      `json:"denied"`
	Open     []string   `json:"open,omitempty"` // requests without an outcome: still going, or killed
	Head     sen.Digest `json:"head"`           // the last hash: stands for all entries
}

// page is how many entries Verify holds at a time.
const page = 100

// Verify walks the journal from its first entry. Corrupt names the first entry
// that is altered, missing, or not found by what it says. Entries cut off at
// the end cannot be missed by the journal alone: compare Head with one that was
// noted elsewhere.
func (d *Door) Verify(ctx context.Context) (Report, error) {
	w := walk{door: d, open: map[string]bool{}}
	for {
		entries, err := d.state.EntriesFrom(ctx, w.last.Sequence, page)
		if err != nil {
			return Report{}, err
		}
		for _, e := range entries {
			if err := w.step(e); err != nil {
				return Report{}, err
			}
		}
		if len(entries) < page {
			break
		}
	}
	strayed, err := d.state.StrayedSubjects(ctx)
	if err != nil {
		return Report{}, err
	}
	if strayed > 0 {
		return Report{}, broken(w.last.Sequence+1, "the search index speaks of it, and it is not there")
	}
	return w.result(), nil
}

// walk is a Verify on its way.
type walk struct {
	door   *Door
	last   state.Entry
	report Report
	open   map[string]bool
}

func (w *walk) step(stored state.Entry) error {
	var e Entry
	switch {
	case stored.Sequence != w.last.Sequence+1:
		return broken(w.last.Sequence+1, "it is missing")
	case stored.Previous != w.last.Hash:
		return broken(stored.Sequence, "it does not follow the entry before it")
	case stored.Hash != chain(stored.Previous, stored.Body):
		return broken(stored.Sequence, "its content was altered")
	case w.door.keys.Verify(stored.KeyID, signed(stored.Hash), stored.Signature) != nil:
		return broken(stored.Sequence, "its signature does not fit")
	case json.Unmarshal(stored.Body, &e) != nil:
		return broken(stored.Sequence, "it cannot be read")
	case !indexed(stored, e):
		return broken(stored.Sequence, "the search index says something else than the entry")
	}
	if err := w.count(e); err != nil {
		return err
	}
	w.last = stored
	return nil
}

// indexed reports whether what the entry is searched by is what it says.
func indexed(stored state.Entry, e Entry) bool {
	return stored.Sequence == e.Sequence && stored.At.Equal(e.At) && stored.Kind == string(e.Kind) &&
		stored.Request == e.Request && stored.Principal == e.Principal.ID && slices.Equal(stored.Subjects, e.index())
}

// count also holds the order of a request's entries: asked, seen, outcome.
func (w *walk) count(e Entry) error {
	w.report.Entries++
	switch e.Kind {
	case Asked:
		w.report.Requests++
		w.open[e.Request] = true
		return nil
	case Refused:
		w.report.Denied++
		return nil
	}
	if !w.open[e.Request] {
		return broken(e.Sequence, "nobody asked for it")
	}
	if e.Kind == Outcome {
		delete(w.open, e.Request)
	}
	return nil
}

func (w *walk) result() Report {
	for request := range w.open {
		w.report.Open = append(w.report.Open, request)
	}
	slices.Sort(w.report.Open)
	w.report.Head = w.last.Hash
	return w.report
}

func broken(sequence int64, why string) error {
	return sen.Errorf(sen.Corrupt, "the journal of reads is not as it was written: %s", why).
		At("entry %d", sequence).
		WithHint("keep state.db as it is for those who look into it, and go on with a copy from a backup")
}
