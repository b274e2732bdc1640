package access

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/state"
)

const (
	birth = sen.Dataset("civil-status.birth")
	payer = sen.Dataset("tax.payer")
)

type hub struct {
	*Door
	state  *state.State
	folder string
}

func openHub(folder string) (hub, error) {
	s, err := state.Open(context.Background(), filepath.Join(folder, "state.db"), state.Options{})
	if err != nil {
		return hub{}, err
	}
	k, err := keys.Open(filepath.Join(folder, "keys"))
	return hub{New(s, k, Options{}), s, folder}, err
}

func newHub(t *testing.T) hub {
	t.Helper()
	h, err := openHub(t.TempDir())
	must(t, err)
	t.Cleanup(func() { h.state.Close() })
	return h
}

func request() Request {
	return Request{
		Principal: sen.Principal{ID: "operator:lan", Role: "operator"},
		Purpose:   "quality-control",
		Case:      "QC-2026-17",
		Command:   "quarantine show",
		Dataset:   []sen.Dataset{payer, birth},
		Fields:    map[sen.Dataset][]string{birth: {"so_dinh_danh", "ho_ten"}},
	}
}

func person(n int) Subject {
	return Subject{Dataset: birth, Key: fmt.Appendf(nil, "0013030%05d", n), Version: int64(n)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, want sen.Kind) {
	t.Helper()
	if err == nil || sen.KindOf(err) != want {
		t.Errorf("%s: got %v (%s), want an error of kind %s", what, err, sen.KindOf(err), want)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// entries is the whole journal, oldest first.
func (h hub) entries(t *testing.T, f Filter) []Entry {
	t.Helper()
	out, err := h.Entries(context.Background(), f, 100_000)
	must(t, err)
	slices.Reverse(out)
	return out
}

func kinds(entries []Entry) (out []Kind) {
	for _, e := range entries {
		out = append(out, e.Kind)
	}
	return out
}

func (h hub) verify(t *testing.T) Report {
	t.Helper()
	report, err := h.Verify(context.Background())
	must(t, err)
	return report
}

func TestAReadLeavesAskedSeenAndOutcome(t *testing.T) {
	h := newHub(t)
	reading, err := h.Open(t.Context(), request())
	must(t, err)
	same(t, "kinds when the door is open", kinds(h.entries(t, Filter{})), []Kind{Asked})
	must(t, reading.Saw(person(1), person(2), person(1)))
	must(t, reading.All(payer, 77))
	same(t, "kinds before the seal", kinds(h.entries(t, Filter{})), []Kind{Asked})
	must(t, reading.Seal())
	must(t, reading.Seal()) // nothing new
	same(t, "kinds when sealed", kinds(h.entries(t, Filter{})), []Kind{Asked, Saw})
	must(t, reading.Close(nil))
	must(t, reading.Close(errors.New("too late")))

	all := h.entries(t, Filter{})
	same(t, "kinds at the end", kinds(all), []Kind{Asked, Saw, Outcome})
	for _, e := range all {
		if e.Request != reading.Request() || e.Principal.ID != "operator:lan" || e.Purpose != "quality-control" || e.Case != "QC-2026-17" || e.Command != "quarantine show" || e.At.IsZero() {
			t.Errorf("entry %d does not say who, why, on which case and with what: %+v", e.Sequence, e)
		}
		same(t, "scopes", e.Scopes, []Scope{{Dataset: birth, Fields: []string{"ho_ten", "so_dinh_danh"}}, {Dataset: payer}})
	}
	same(t, "seen", all[1].Seen, []Seen{
		{birth, h.hide(person(1)), 1}, {birth, h.hide(person(2)), 2},
	})
	same(t, "whole", all[1].Whole, []Whole{{payer, 77}})
	same(t, "outcome", all[2].Outcome, "ok")
	report := h.verify(t)
	same(t, "entries and requests", [2]int64{report.Entries, report.Requests}, [2]int64{3, 1})
}

func TestTheDoorStaysShutAndSaysWhyAndWritesItDown(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Request)
		hint   string
	}{
		{"no purpose", func(r *Request) { r.Purpose = "" }, "--purpose"},
		{"a purpose of spaces", func(r *Request) { r.Purpose = " \t" }, "--purpose"},
		{"no principal", func(r *Request) { r.Principal = sen.Principal{} }, "user with a name"},
		{"an unknown role", func(r *Request) { r.Principal = sen.Principal{ID: "minister:an", Role: "minister"} }, "operator:NAME"},
		{"a role that the id does not bear out", func(r *Request) { r.Principal.ID = "lan" }, "operator:NAME"},
		{"a purpose without end", func(r *Request) { r.Purpose = sen.Purpose(strings.Repeat("ề", 1000)) }, "few words"},
		{"a principal that is no text", func(r *Request) { r.Principal.ID = "\xff\xfe" }, "operator:NAME"},
		{"a command with its arguments", func(r *Request) { r.Command = "query SELECT * WHERE id = '001303012345'" }, ""},
		{"no dataset", func(r *Request) { r.Dataset, r.Fields = nil, nil }, ""},
		{"a dataset that is none", func(r *Request) { r.Dataset = []sen.Dataset{"001303012345"} }, ""},
		{"fields of a dataset that is not named", func(r *Request) { r.Dataset = []sen.Dataset{payer} }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			r := request()
			c.change(&r)
			reading, err := h.Open(t.Context(), r)
			wantKind(t, "Open", err, sen.Denied)
			if reading != nil || !strings.Contains(sen.HintOf(err), c.hint) {
				t.Errorf("got reading %v and hint %q, want none and a hint with %q", reading, sen.HintOf(err), c.hint)
			}
			all := h.entries(t, Filter{})
			same(t, "kinds", kinds(all), []Kind{Refused})
			if all[0].Reason == "" || strings.Contains(fmt.Sprint(all[0]), "001303012345") {
				t.Errorf("entry: got %+v, want a reason and no value", all[0])
			}
			same(t, "denied", h.verify(t).Denied, int64(1))
		})
	}
}

func TestWithoutAJournalNothingIsRead(t *testing.T) {
	folder := t.TempDir()
	h, err := openHub(folder)
	must(t, err)
	must(t, h.state.Close())
	readOnly, err := state.Open(t.Context(), filepath.Join(folder, "state.db"), state.Options{ReadOnly: true})
	must(t, err)
	defer readOnly.Close()
	reading, err := New(readOnly, h.keys, Options{}).Open(t.Context(), request())
	wantKind(t, "Open", err, sen.Unavailable)
	if reading != nil {
		t.Error("the door opened without an entry")
	}
}

func TestAReadingSeesOnlyWhatItAskedForAndOnlyWhileItIsOpen(t *testing.T) {
	h := newHub(t)
	reading, err := h.Open(t.Context(), request())
	must(t, err)
	wantKind(t, "Saw of another dataset", reading.Saw(Subject{Dataset: "health.card"}), sen.Denied)
	wantKind(t, "All of another dataset", reading.All("health.card", 1), sen.Denied)
	must(t, reading.Close(nil))
	wantKind(t, "Saw after Close", reading.Saw(person(1)), sen.Internal)
	wantKind(t, "All after Close", reading.All(birth, 1), sen.Internal)
	wantKind(t, "Seal after Close", reading.Seal(), sen.Internal)
}

func TestAStoppedCommandStillLeavesItsOutcome(t *testing.T) {
	h := newHub(t)
	ctx, stop := context.WithCancel(t.Context())
	reading, err := h.Open(ctx, request())
	must(t, err)
	must(t, reading.Saw(person(1)))
	stop()
	must(t, reading.Close(sen.Errorf(sen.Canceled, "the operator stopped it")))
	all := h.entries(t, Filter{})
	same(t, "kinds", kinds(all), []Kind{Asked, Saw, Outcome})
	same(t, "outcome", all[2].Outcome, "canceled")
}

func TestManySubjectsAreWrittenInParts(t *testing.T) {
	h := newHub(t)
	reading, err := h.Open(t.Context(), request())
	must(t, err)
	for n := range 2*chunk + 500 {
		must(t, reading.Saw(person(n)))
	}
	same(t, "kinds before Close", kinds(h.entries(t, Filter{})), []Kind{Asked, Saw, Saw})
	must(t, reading.Close(nil))
	all := h.entries(t, Filter{})
	same(t, "kinds", kinds(all), []Kind{Asked, Saw, Saw, Saw, Outcome})
	same(t, "subjects", len(all[1].Seen)+len(all[2].Seen)+len(all[3].Seen), 2*chunk+500)
	h.verify(t)
}

func TestAPersonFindsEveryEntryAboutThem(t *testing.T) {
	h := newHub(t)
	read := func(dataset sen.Dataset, note func(*Reading) error) {
		t.Helper()
		r := request()
		r.Dataset, r.Fields = []sen.Dataset{dataset}, nil
		reading, err := h.Open(t.Context(), r)
		must(t, err)
		must(t, note(reading))
		must(t, reading.Close(nil))
	}
	read(birth, func(r *Reading) error { return r.Saw(person(1), person(2)) })
	read(birth, func(r *Reading) error { return r.Saw(person(2)) })
	read(birth, func(r *Reading) error { return r.All(birth, 5) })
	read(payer, func(r *Reading) error { return r.All(payer, 9) })

	one, other := person(1), person(99)
	one.Version = 12 // found whatever its version is now
	same(t, "entries about one", len(h.entries(t, Filter{Subject: &one})), 2)
	same(t, "entries about somebody whom only the whole covers", len(h.entries(t, Filter{Subject: &other})), 1)
	same(t, "entries of a principal", len(h.entries(t, Filter{Principal: "operator:lan"})), 12)
	same(t, "entries of nobody", len(h.entries(t, Filter{Principal: "operator:minh"})), 0)
}

func TestEveryReadHasItsEntriesWhateverItsCourse(t *testing.T) {
	h := newHub(t)
	random := rand.New(rand.NewPCG(3, 7))
	asked, refused, subjects := 0, 0, 0
	for range 60 {
		r := request()
		if random.IntN(4) == 0 {
			r.Purpose = ""
			refused++
		}
		reading, err := h.Open(t.Context(), r)
		if err != nil {
			continue
		}
		asked++
		for range random.IntN(5) {
			must(t, reading.Saw(person(subjects)))
			subjects++
			if random.IntN(2) == 0 {
				must(t, reading.Seal())
			}
		}
		must(t, reading.Close(nil))
	}
	count := map[Kind]int{}
	seen := 0
	for _, e := range h.entries(t, Filter{}) {
		count[e.Kind]++
		seen += len(e.Seen)
	}
	same(t, "asked, outcome, denied, subjects",
		[4]int{count[Asked], count[Outcome], count[Refused], seen}, [4]int{asked, asked, refused, subjects})
	same(t, "open", len(h.verify(t).Open), 0)
}

func TestConcurrentReadingsKeepOneChain(t *testing.T) {
	h := newHub(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 5 {
				if err := readOnce(h.Door, person(i*100+n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	same(t, "entries", h.verify(t).Entries, int64(8*5*3))
}

func readOnce(d *Door, s Subject) error {
	reading, err := d.Open(context.Background(), request())
	if err != nil {
		return err
	}
	return errors.Join(reading.Saw(s), reading.Seal(), reading.Close(nil))
}

func TestNoValueOfARecordIsEverInTheState(t *testing.T) {
	h := newHub(t)
	planted := "079303012345"
	reading, err := h.Open(t.Context(), request())
	must(t, err)
	must(t, reading.Saw(Subject{Dataset: birth, Key: []byte(planted), Version: 3}))
	must(t, reading.Seal())
	must(t, reading.Close(sen.Errorf(sen.Corrupt, "the value %s is no date", planted)))
	r := request()
	r.Command = "query select " + planted
	_, err = h.Open(t.Context(), r)
	wantKind(t, "Open", err, sen.Denied)
	must(t, h.state.Close())

	files, err := filepath.Glob(filepath.Join(h.folder, "state.db*"))
	must(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(t, err)
		if strings.Contains(string(data), planted) {
			t.Errorf("%s holds the planted value", filepath.Base(file))
		}
		if !strings.Contains(string(data), reading.Request()) && filepath.Ext(file) == ".db" {
			t.Errorf("%s does not hold the entry itself: the test looks in the wrong place", filepath.Base(file))
		}
	}
}

func TestEveryUseOfARecordIsFoundHoweverManyThereAre(t *testing.T) {
	h := newHub(t)
	read := func(all bool, who ...Subject) string {
		t.Helper()
		r, err := h.Open(t.Context(), request())
		must(t, err)
		if all {
			must(t, r.All(birth, 5))
		}
		must(t, r.Saw(who...))
		must(t, r.Close(nil))
		return r.Request()
	}
	var want []string
	for range usesAtOnce + 1 {
		want = append(want, read(false, person(1), person(2)))
		read(false, person(3))
	}
	want = append(want, read(true))
	found, err := h.Uses(t.Context(), []Subject{person(1)}, time.Time{}, time.Time{})
	must(t, err)
	var got []string
	for _, e := range found {
		got = append(got, e.Request)
		if len(e.Seen) > 1 {
			t.Fatalf("entry %d names another record: %+v", e.Sequence, e.Seen)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d entries, want %d, oldest first", len(got), len(want))
	}
	middle := found[100].At
	first, err := h.Uses(t.Context(), []Subject{person(1)}, time.Time{}, middle)
	must(t, err)
	rest, err := h.Uses(t.Context(), []Subject{person(1)}, middle.Add(time.Microsecond), time.Time{})
	must(t, err)
	if len(first)+len(rest) != len(want) || len(first) < 101 {
		t.Errorf("until the middle %d, since then %d, want %d together", len(first), len(rest), len(want))
	}
}
