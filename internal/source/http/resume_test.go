package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// versioned is a server whose rows have a state, and a log of changes.
type versioned struct {
	rows    []map[string]any
	version int
	gone    string // what it answers to a cursor that it no longer knows
}

var versionedCustom = []string{"paging", "cursor", "rows", "/rows", "cursor", "/next", "state", "header:X-Version", "changes", "/at", "changesParameter", "changed-since"}

func (v *versioned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Version", fmt.Sprint(v.version))
	w.Header().Set("Date", time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Format(http.TimeFormat))
	rows := v.rows
	if since := r.URL.Query().Get("changed-since"); since != "" {
		if since == v.gone {
			w.WriteHeader(http.StatusGone)
			return
		}
		rows = rows[:0:0]
		for _, row := range v.rows {
			if fmt.Sprint(row["changed"]) > since {
				rows = append(rows, row)
			}
		}
	}
	from := number(r, "cursor", 0)
	answer := map[string]any{"rows": slice(rows, from, 10), "at": fmt.Sprint(v.version)}
	if from+10 < len(rows) {
		answer["next"] = from + 10
	}
	write(w, answer)
}

func TestAReadingGoesOnWhereTheStateIsTheSame(t *testing.T) {
	v := &versioned{rows: births(35), version: 1}
	s := serve(t, v.ServeHTTP)
	a := api(t, declare(s.URL, versionedCustom...))
	o := source.Options{RangeRows: 4, BatchRows: 3}
	open := func() source.Reader {
		r, err := a.Open(t.Context(), "births", o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole, err := take(t, open(), source.Mark{})
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range whole.ranges {
		text, err := json.Marshal(g.Mark)
		if err != nil {
			t.Fatal(err)
		}
		var from source.Mark
		if err := json.Unmarshal(text, &from); err != nil || from != g.Mark {
			t.Fatalf("%s came back as %+v, %v", text, from, err)
		}
		rest, err := take(t, open(), from)
		if err != nil {
			t.Fatalf("going on from range %d: %v", i, err)
		}
		if !slices.Equal(rest.rows, rowsOf(35)[g.End:]) {
			t.Errorf("going on from range %d gave %q", i, rest.rows)
		}
		if len(rest.ranges) > 0 && !reflect.DeepEqual(rest.ranges, whole.ranges[i+1:]) {
			t.Errorf("going on from range %d: ranges %+v\nwant %+v", i, rest.ranges, whole.ranges[i+1:])
		}
		if !reflect.DeepEqual(rest.position, whole.position) {
			t.Errorf("going on from range %d ends at %+v, want %+v", i, rest.position, whole.position)
		}
	}
	v.version++
	_, err = take(t, open(), whole.ranges[2].Mark)
	if sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), "its state is another") || !strings.Contains(sen.HintOf(err), "read again from the beginning") {
		t.Errorf("another state: got %v (%s)", err, sen.HintOf(err))
	}
	v.version--
	r := open()
	v.version++
	if _, err = take(t, r, whole.ranges[2].Mark); sen.KindOf(err) != sen.Drift {
		t.Errorf("another state since it was opened: got %v", err)
	}
	other := declare(s.URL, append([]string{"pageSize", "5"}, versionedCustom...)...)
	if r, err = api(t, other).Open(t.Context(), "births", o); err != nil {
		t.Fatal(err)
	}
	if _, err = take(t, r, whole.ranges[2].Mark); sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), "asks for something else") {
		t.Errorf("another declaration: got %v", err)
	}
}

func TestAMarkIsDriftWhereNothingShowsTheState(t *testing.T) {
	s := serve(t, ways["link"].handler(births(35)))
	a := api(t, declare(s.URL, "paging", "link"))
	r, err := a.Open(t.Context(), "births", source.Options{RangeRows: 4})
	if err != nil {
		t.Fatal(err)
	}
	got, err := take(t, r, source.Mark{})
	if err != nil || strings.Contains(got.ranges[3].Mark.State, "from=") {
		t.Fatalf("a link is kept where it serves nothing: %+v, %v", got.ranges[3].Mark, err)
	}
	_, err = take(t, r, got.ranges[3].Mark)
	if sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), "cannot be shown to be the same") || !strings.Contains(sen.HintOf(err), "read again from the beginning") {
		t.Errorf("got %v (%s)", err, sen.HintOf(err))
	}
	if p := got.position.Point; p == nil || p.Log != "" || p.NoLog == "" || p.System != s.URL || p.Object != "/births" {
		t.Errorf("the position is %+v", p)
	}
}

func TestTheNextSyncAsksForChangesAlone(t *testing.T) {
	v := &versioned{rows: births(25), version: 1}
	for _, row := range v.rows {
		row["changed"] = 1
	}
	s := serve(t, v.ServeHTTP)
	a := api(t, declare(s.URL, versionedCustom...))
	r, err := a.Open(t.Context(), "births", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := take(t, r, source.Mark{})
	if p := whole.position.Point; err != nil || p.Log != "1" || p.Snapshot != "1" || !p.Taken.Equal(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)) {
		t.Fatalf("the position is %+v, %v", whole.position.Point, err)
	}
	unchanged := func(since source.Position) bool {
		same, err := r.(source.Asker).Unchanged(t.Context(), since)
		if err != nil {
			t.Error(err)
		}
		return same
	}
	if !unchanged(whole.position) || unchanged(source.Position{}) {
		t.Error("nothing has changed since the reading, and a reading is not known to be the same as none")
	}
	v.version = 2
	for i := range 12 {
		v.rows[i] = map[string]any{"id": i, "tên": "mới", "changed": 2}
	}
	changes := func(since source.Position) (table, error) {
		r, err := a.Changes(t.Context(), "births", since, source.Options{Columns: []string{"id", "tên", "changed"}})
		if err != nil {
			return table{}, err
		}
		return take(t, r, source.Mark{})
	}
	second, err := changes(whole.position)
	if err != nil || len(second.rows) != 12 || second.rows[11] != "2|11|mới" || second.position.Point.Log != "2" {
		t.Errorf("got %q, %+v, %v", second.rows, second.position.Point, err)
	}
	if got := s.requests()[len(s.requests())-1]; got != "/births?changed-since=1&cursor=10" {
		t.Errorf("asked %s", got)
	}
	third, err := changes(second.position)
	if err != nil || len(third.rows) != 0 || third.position.Point.Log != "2" {
		t.Errorf("got %q, %+v, %v", third.rows, third.position.Point, err)
	}
	if unchanged(whole.position) {
		t.Error("12 rows have changed")
	}
	v.gone = "1"
	if unchanged(whole.position) {
		t.Error("a cursor that the API no longer knows says nothing")
	}
	if _, err := changes(whole.position); sen.KindOf(err) != sen.Drift || !strings.Contains(sen.HintOf(err), "read births as a whole") {
		t.Errorf("a cursor that is too old: got %v (%s)", err, sen.HintOf(err))
	}
	elsewhere := *whole.position.Point
	elsewhere.Object = "/deaths"
	for _, since := range []source.Position{{}, source.AtPoint(elsewhere, 1)} {
		if _, err := changes(since); sen.KindOf(err) != sen.Invalid {
			t.Errorf("%+v: got %v", since.Point, err)
		}
	}
}
