package state

import (
	"errors"
	"testing"
	"time"

	"github.com/sen-hub/sen"
)

func journal(t *testing.T) *State {
	t.Helper()
	s := open(t, statePath(t))
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	must(t, s.AppendEntries(t.Context(), func(Entry) ([]Entry, error) {
		return []Entry{
			{Sequence: 1, At: at, Kind: "asked", Request: "A", Principal: "operator:lan", Body: []byte(`{"a":1}`), Hash: sen.Digest{1}, Signature: []byte{1, 2}, KeyID: "k"},
			{Sequence: 2, At: at.Add(time.Hour), Kind: "seen", Request: "A", Principal: "operator:lan", Subjects: []string{"s2", "s1", "s2"}, Body: []byte(`{"a":2}`), Previous: sen.Digest{1}, Hash: sen.Digest{2}, Signature: []byte{}},
			{Sequence: 3, At: at.Add(2 * time.Hour), Kind: "asked", Request: "B", Principal: "operator:minh", Body: []byte(`{"a":3}`), Previous: sen.Digest{2}, Hash: sen.Digest{3}, Signature: []byte{}},
		}, nil
	}))
	return s
}

func TestEntriesAreFoundBySubjectPrincipalRequestAndTime(t *testing.T) {
	s := journal(t)
	cases := []struct {
		name   string
		filter EntryFilter
		limit  int
		want   []int64
	}{
		{"everything, newest first", EntryFilter{}, 10, []int64{3, 2, 1}},
		{"no more than the limit", EntryFilter{}, 1, []int64{3}},
		{"a subject", EntryFilter{Subjects: []string{"s1"}}, 10, []int64{2}},
		{"a subject that nobody saw", EntryFilter{Subjects: []string{"s9"}}, 10, nil},
		{"a principal", EntryFilter{Principal: "operator:lan"}, 10, []int64{2, 1}},
		{"a request", EntryFilter{Request: "B"}, 10, []int64{3}},
		{"since a time, that time included", EntryFilter{Since: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}, 10, []int64{3, 2}},
		{"all at once", EntryFilter{Subjects: []string{"s2", "s9"}, Principal: "operator:lan", Request: "A", Since: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)}, 10, []int64{2}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			entries, err := s.Entries(t.Context(), c.filter, c.limit)
			must(t, err)
			var got []int64
			for _, e := range entries {
				got = append(got, e.Sequence)
			}
			same(t, "sequences", got, c.want)
		})
	}
}

func TestAnEntryComesBackAsItWasAppended(t *testing.T) {
	s := journal(t)
	entries, err := s.EntriesFrom(t.Context(), 1, 1)
	must(t, err)
	same(t, "entry", entries, []Entry{{
		Sequence: 2, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Kind: "seen", Request: "A", Principal: "operator:lan",
		Subjects: []string{"s1", "s2"}, Body: []byte(`{"a":2}`), Previous: sen.Digest{1}, Hash: sen.Digest{2}, Signature: []byte{},
	}})
	strayed, err := s.StrayedSubjects(t.Context())
	must(t, err)
	same(t, "strayed subjects", strayed, int64(0))
}

func TestAnErrorFromTheLinkAppendsNothing(t *testing.T) {
	s := journal(t)
	cause := errors.New("no key")
	err := s.AppendEntries(t.Context(), func(last Entry) ([]Entry, error) {
		same(t, "last entry", last.Sequence, int64(3))
		return []Entry{{Sequence: 4}}, cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("AppendEntries: got %v, want %v", err, cause)
	}
	entries, err := s.EntriesFrom(t.Context(), 0, 10)
	must(t, err)
	same(t, "entries", len(entries), 3)
}
