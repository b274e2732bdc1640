package index

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sen-hub/sen"
)

func stored(fields ...Field) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(strings.Join([]string{f.Value, f.Source, f.AsOf, strings.Join(f.Rejected, "\n")}, UnitSeparator) + RecordSeparator)
	}
	return b.String()
}

var (
	keys   = []string{"number", "old"}
	groups = []Group{{"core", []string{"name", "born_on"}}, {"papers", []string{"passport"}}}
)

// person is a made-up thing with all that the index keeps of it.
func person(n int64, version string) (Record, map[string]string) {
	id := int64(rand.New(rand.NewPCG(uint64(n), 7)).Uint64() >> 1)
	return Record{ID: id, Fields: []Field{
		{Name: "name", Value: fmt.Sprintf("Người %d %s", n, version), Source: "population.person", Rejected: []string{"Nguoi · tax.taxpayer"}},
		{Name: "born_on", Value: "1990-01-02", Source: "civil-status.birth", AsOf: "2020-03-01"},
		{Name: "passport", Value: fmt.Sprintf("B%08d", n), Source: "passports.passport"},
	}}, map[string]string{"number": fmt.Sprintf("%012d", n), "old": fmt.Sprintf("%09d", n)}
}

func load(t *testing.T, d *DB, n int64, version string) *Load {
	t.Helper()
	l, err := d.Begin("person", keys, groups)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		for k := range n {
			r, own := person(k, version)
			if err := l.Key(i, own[key], r.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	var all []Record
	for k := range n {
		r, _ := person(k, version)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range all {
		if err := l.Group(r.ID, 0, []byte(stored(r.Fields[:2]...))); err != nil {
			t.Fatal(err)
		}
		if err := l.Group(r.ID, 1, []byte(stored(r.Fields[2:]...))); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func open(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(dir, Options{Cache: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.pb != nil {
			_ = d.Close()
		}
	})
	return d
}

func holds(t *testing.T, r Reader, n int64, version string) {
	t.Helper()
	for k := range n {
		want, own := person(k, version)
		for _, key := range keys {
			if got, err := r.Get("person", key, own[key]); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %s: got %+v, %v, want %+v", key, own[key], got, err, want)
			}
		}
		if got, err := r.Get("person", "", fmt.Sprint(want.ID)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("identifier: got %+v, %v", got, err)
		}
		if got, err := r.Get("person", "number", own["number"], "papers"); err != nil || len(got.Fields) != 1 || got.Fields[0].Name != "passport" {
			t.Fatalf("one group: got %+v, %v", got, err)
		}
	}
	for field, kind := range map[string]sen.Kind{"number": sen.NotFound, "name": sen.Invalid} {
		if _, err := r.Get("person", field, "nobody"); sen.KindOf(err) != kind {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestRecordsAreFoundByEachOfTheirKeysAndAfterTheIndexIsOpenedAgain(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	if err := load(t, d, 2000, "a").Commit("snapshot 1"); err != nil {
		t.Fatal(err)
	}
	holds(t, d, 2000, "a")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.pb = nil
	again := open(t, dir)
	holds(t, again, 2000, "a")
	if p, err := again.Position("person"); err != nil || p != "snapshot 1" {
		t.Errorf("position: got %q, %v", p, err)
	}
}

func TestAReaderSeesOneLoadWholeWhileTheNextGoesOn(t *testing.T) {
	d := open(t, t.TempDir())
	if err := load(t, d, 500, "a").Commit("1"); err != nil {
		t.Fatal(err)
	}
	next := load(t, d, 700, "b")
	holds(t, d, 500, "a")
	if err := next.Commit("2"); err != nil {
		t.Fatal(err)
	}
	holds(t, d, 700, "b")
	next.Abort()
	holds(t, d, 700, "b")
}

func TestReadersFindEveryRecordWhileLoadsTakeOneAnothersPlace(t *testing.T) {
	d := open(t, t.TempDir())
	if err := load(t, d, 200, "a").Commit("0"); err != nil {
		t.Fatal(err)
	}
	stop, faults := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(faults)
		for k := int64(0); ; k = (k + 1) % 200 {
			select {
			case <-stop:
				return
			default:
			}
			want, own := person(k, "a")
			if got, err := d.Get("person", "number", own["number"]); err != nil || !reflect.DeepEqual(got, want) {
				faults <- fmt.Errorf("record %d: got %+v, %w", k, got, err)
				return
			}
		}
	}()
	for n := range 12 {
		if err := load(t, d, 200, "a").Commit(fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-faults; err != nil {
		t.Error(err)
	}
}

func TestALoadThatDidNotEndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	if err := load(t, d, 50, "a").Commit("1"); err != nil {
		t.Fatal(err)
	}
	load(t, d, 80, "b") // killed while it writes
	taken := load(t, d, 80, "c")
	if err := taken.close(); err != nil {
		t.Fatal(err)
	}
	if err := d.pb.Ingest(context.Background(), taken.tables); err != nil { // killed before it is current
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.pb = nil
	again := open(t, dir)
	holds(t, again, 50, "a")
	if left, _ := filepath.Glob(filepath.Join(dir, "load-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	i, err := again.pb.NewIter(&pebble.IterOptions{LowerBound: generationKey(taken.layout.Generation), UpperBound: generationKey(taken.layout.Generation + 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if i.First() {
		t.Error("what a killed load had taken in is still there")
	}
}

func TestOthersAskTheProcessThatHasTheIndex(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	if err := load(t, d, 30, "a").Commit("7"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); sen.KindOf(err) != sen.Busy {
		t.Fatalf("a second opening: got %v, want Busy", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	var c *Client
	for range 100 {
		var err error
		if c, err = Dial(dir); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if c == nil {
		t.Fatal("nobody answers")
	}
	holds(t, c, 30, "a")
	if p, err := c.Position("person"); err != nil || p != "7" {
		t.Errorf("position: got %q, %v", p, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := c.Get("person", "number", "1"); sen.KindOf(err) != sen.Unavailable {
		t.Errorf("after the other has gone: got %v", err)
	}
	if _, err := Dial(t.TempDir()); sen.KindOf(err) != sen.Unavailable {
		t.Errorf("where nobody is: got %v", err)
	}
}

func TestAFolderTooDeepForASocketIsServedToNobodyAndStopsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	d := open(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	if err := load(t, d, 10, "a").Commit("1"); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(dir); sen.KindOf(err) != sen.Unavailable {
		t.Errorf("got %v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestALoadOutOfOrderIsRefused(t *testing.T) {
	d := open(t, t.TempDir())
	l, err := d.Begin("person", keys, groups)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Abort()
	if err := l.Key(0, "b", 1); err != nil {
		t.Fatal(err)
	}
	if err := l.Key(0, "b", 2); err != nil {
		t.Errorf("a key that comes again: %v", err)
	}
	if err := l.Key(0, "a", 3); sen.KindOf(err) != sen.Internal {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(stored(Field{Value: "a", Source: "b"}))
	f.Add("x\x1f\x1f\x1f\n\x1e")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := decode(nil, []string{"name"}, raw)
		if err != nil || len(got) == 0 {
			return
		}
		if stored(got[0]) != raw {
			t.Errorf("%q is read as %+v, which is stored as %q", raw, got, stored(got[0]))
		}
	})
}
