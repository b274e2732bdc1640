package access

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// Kind says what an entry records.
type Kind string

// The kinds. Every request has one entry asked or denied; one that was let in
// has any number of seen, and one outcome unless it was killed.
const (
	Asked   Kind = "asked"
	Saw     Kind = "seen"
	Outcome Kind = "outcome"
	Refused Kind = "denied"
)

// Scope is a dataset and the fields of it that were asked for.
type Scope struct {
	Dataset sen.Dataset `json:"dataset"`
	Fields  []string    `json:"fields,omitempty"` // sorted; none means all
}

// Seen is one record that was shown. Subject is a keyed hash.
type Seen struct {
	Dataset sen.Dataset `json:"dataset"`
	Subject string      `json:"subject"`
	Version int64       `json:"version"`
}

// Whole is a whole dataset that was read, at a snapshot of its table.
type Whole struct {
	Dataset  sen.Dataset `json:"dataset"`
	Snapshot int64       `json:"snapshot"`
}

// Entry is one line of the journal. Its JSON is its canonical encoding: the
// fields in this order, no spaces, times in UTC to the microsecond.
type Entry struct {
	Sequence  int64         `json:"sequence"`
	At        time.Time     `json:"at"`
	Kind      Kind          `json:"kind"`
	Request   string        `json:"request"`
	Principal sen.Principal `json:"principal"`
	Purpose   sen.Purpose   `json:"purpose"`
	Case      string        `json:"case,omitempty"`
	Command   string        `json:"command"`
	Scopes    []Scope       `json:"scopes"`
	Seen      []Seen        `json:"seen,omitempty"`    // of kind seen
	Whole     []Whole       `json:"whole,omitempty"`   // of kind seen
	Outcome   string        `json:"outcome,omitempty"` // of kind outcome: "ok" or the kind of error
	Reason    string        `json:"reason,omitempty"`  // of kind denied
}

// entryOf is what all entries of a request have in common. What is too long
// to be let in is cut: the refusal is recorded, not the flood.
func entryOf(id string, r Request) Entry {
	e := Entry{
		Request:   id,
		Principal: sen.Principal{ID: cut(r.Principal.ID), Role: cut(r.Principal.Role)},
		Purpose:   sen.Purpose(cut(string(r.Purpose))),
		Case:      cut(r.Case),
		Command:   r.Command,
	}
	if !commandForm.MatchString(r.Command) {
		e.Command = "" // it may hold values
	}
	for _, dataset := range slices.Compact(slices.Sorted(slices.Values(r.Dataset))) {
		if !wellFormed(dataset) {
			continue // it may be a value
		}
		e.Scopes = append(e.Scopes, Scope{Dataset: dataset, Fields: slices.Sorted(slices.Values(r.Fields[dataset]))})
	}
	return e
}

// cut also makes text valid UTF-8, without which it would not come back from
// JSON as it went in.
func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), longest)], "\uFFFD") }

// append chains entries to the journal, in one transaction.
func (d *Door) append(ctx context.Context, entries ...Entry) error {
	at := d.now().UTC().Truncate(time.Microsecond)
	return d.state.AppendEntries(ctx, func(last state.Entry) ([]state.Entry, error) {
		var out []state.Entry
		for _, e := range entries {
			e.Sequence, e.At = last.Sequence+1, at
			next, err := d.link(last.Hash, e)
			if err != nil {
				return nil, err
			}
			out = append(out, next)
			last = next
		}
		return out, nil
	})
}

func (d *Door) link(previous sen.Digest, e Entry) (state.Entry, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return state.Entry{}, sen.Errorf(sen.Internal, "encode an entry of the journal: %w", err)
	}
	next := state.Entry{
		Sequence: e.Sequence, At: e.At, Kind: string(e.Kind), Request: e.Request, Principal: e.Principal.ID,
		Subjects: e.index(), Body: body, Previous: previous, Hash: chain(previous, body),
	}
	next.Signature, next.KeyID = d.keys.Sign(signed(next.Hash))
	return next, nil
}

const (
	hashDomain = "sen journal v1\n"
	signDomain = "sen journal head v1\n"
)

// chain is the hash of an entry: SHA-256 over a domain, the hash of the entry
// before it, and its own bytes.
func chain(previous sen.Digest, body []byte) sen.Digest {
	h := sha256.New()
	h.Write([]byte(hashDomain))
	h.Write(previous[:])
	h.Write(body)
	return sen.Digest(h.Sum(nil))
}

// signed is what the hub's key signs: an entry's hash stands for the whole
// journal up to it, and nobody who lacks the key can write the chain anew.
func signed(hash sen.Digest) []byte { return append([]byte(signDomain), hash[:]...) }

// index is what the entry is found by: the subjects it names, and the datasets
// it read whole. Sorted, each once.
func (e Entry) index() []string {
	found := map[string]bool{}
	for _, s := range e.Seen {
		found[s.Subject] = true
	}
	for _, w := range e.Whole {
		found[wholeOf(w.Dataset)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// wholeOf cannot be a subject's hash: it has a colon.
func wholeOf(dataset sen.Dataset) string { return "whole:" + string(dataset) }

// Filter narrows a search of the journal; its zero value finds everything.
type Filter struct {
	Subject   *Subject // entries that name this record, or that read its dataset whole; its version does not matter
	Principal string
	Request   string
	Since     time.Time
	Before    int64 // entries before this one; 0: all
}

// Entries finds entries of the journal, newest first.
func (d *Door) Entries(ctx context.Context, f Filter, limit int) ([]Entry, error) {
	search := state.EntryFilter{Principal: f.Principal, Request: f.Request, Since: f.Since, Before: f.Before}
	if f.Subject != nil {
		search.Subjects = []string{d.hide(*f.Subject), wholeOf(f.Subject.Dataset)}
	}
	found, err := d.state.Entries(ctx, search, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(found))
	for i, stored := range found {
		if err := json.Unmarshal(stored.Body, &out[i]); err != nil {
			return nil, broken(stored.Sequence, "it cannot be read")
		}
	}
	return out, nil
}

// usesAtOnce is how many entries are read at a time: one may name a thousand
// records.
const usesAtOnce = 200

// Uses finds every entry that says that one of some records was seen, or that
// its dataset was read whole, from since to until (a zero time: from the
// beginning, to now), oldest first. The entries come without the other records
// that they name.
func (d *Door) Uses(ctx context.Context, of []Subject, since, until time.Time) ([]Entry, error) {
	search := state.EntryFilter{Since: since}
	for _, s := range of {
		search.Subjects = append(search.Subjects, d.hide(s), wholeOf(s.Dataset))
	}
	var out []Entry
	for more := len(of) > 0; more; {
		found, err := d.state.Entries(ctx, search, usesAtOnce)
		if err != nil {
			return nil, err
		}
		for _, stored := range found {
			var e Entry
			if err := json.Unmarshal(stored.Body, &e); err != nil {
				return nil, broken(stored.Sequence, "it cannot be read")
			}
			e.Seen = slices.DeleteFunc(e.Seen, func(s Seen) bool { return !slices.Contains(search.Subjects, s.Subject) })
			if until.IsZero() || !e.At.After(until) {
				out = append(out, e)
			}
			search.Before = stored.Sequence
		}
		more = len(found) == usesAtOnce
	}
	slices.Reverse(out)
	return out, nil
}
