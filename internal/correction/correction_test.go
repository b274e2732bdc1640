package correction

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

const births = sen.Dataset("civil-status.birth")

var monday = time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC) // the third of March in Hà Nội

func newCases(t *testing.T) Cases {
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return Cases{State: s, Deadlines: Deadlines{Error: 10, Else: 30}, Zone: time.FixedZone("", 7*3600)}
}

func (c Cases) one(t *testing.T) state.Case {
	t.Helper()
	all, err := c.State.Cases(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	return all[0]
}

func found(rows int64) []Finding {
	return []Finding{{Owner: "civil-status", Dataset: births, Kind: Violation, Rule: "born_on.impossible", Column: "born_on", Severity: "error", Rows: rows, Of: 100}}
}

func (c Cases) update(t *testing.T, at time.Time, f []Finding) Changes {
	t.Helper()
	changes, err := c.Update(t.Context(), at, []sen.Dataset{births}, f)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func TestACaseLivesAsLongAsItsCause(t *testing.T) {
	c := newCases(t)
	if got := c.update(t, monday, found(3)); got != (Changes{Opened: 1, Open: 1}) {
		t.Errorf("opened: %+v", got)
	}
	one := c.one(t)
	if one.State != Open || one.Rows != 3 || one.Due.Format(time.DateOnly) != "2026-03-13" {
		t.Errorf("opened on the third, with ten days: %+v", one)
	}
	if got := c.update(t, monday.Add(time.Hour), found(3)); got != (Changes{Open: 1}) || c.one(t) != one {
		t.Errorf("the same again: %+v, %+v", got, c.one(t))
	}
	c.update(t, monday.Add(2*time.Hour), found(5))
	if got := c.update(t, monday.AddDate(0, 0, 1), nil); got != (Changes{Closed: 1}) || c.one(t).State != Closed {
		t.Errorf("mended: %+v, %+v", got, c.one(t))
	}
	if got := c.update(t, monday.AddDate(0, 0, 20), found(2)); got != (Changes{Reopened: 1, Open: 1}) {
		t.Errorf("came back: %+v", got)
	}
	if one := c.one(t); one.Number != 1 || one.Reopened != 1 || one.State != Open || one.Due.Format(time.DateOnly) != "2026-04-02" {
		t.Errorf("came back as %+v", one)
	}
	if got, err := c.Update(t.Context(), monday.AddDate(0, 0, 21), nil, nil); err != nil || got.Open != 1 {
		t.Errorf("a dataset that was not looked at lost its case: %+v, %v", got, err)
	}
	events, err := c.State.CaseEvents(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		told = append(told, fmt.Sprint(e.What, " ", e.Rows))
	}
	if got := strings.Join(told, ", "); got != "opened 3, changed 5, closed 0, reopened 2" {
		t.Errorf("the history is %s", got)
	}
}

func TestAnOverdueCaseRisesEveryWeekAndNeverTwice(t *testing.T) {
	c := newCases(t)
	c.update(t, monday, found(3))
	for _, step := range []struct{ days, level, escalated int }{{9, 0, 0}, {10, 0, 0}, {11, 1, 1}, {11, 1, 0}, {17, 1, 0}, {18, 2, 1}, {12, 2, 0}, {18, 2, 0}, {40, 5, 1}} {
		got := c.update(t, monday.AddDate(0, 0, step.days), found(3))
		if level := c.one(t).Level; level != step.level || got.Escalated != step.escalated {
			t.Errorf("after %d days: level %d, %d escalated; want %d, %d", step.days, level, got.Escalated, step.level, step.escalated)
		}
	}
}

func TestWhatNobodyCouldLookAtStaysAsItIs(t *testing.T) {
	c := newCases(t)
	unknown := found(0)
	unknown[0].Unknown = true
	if got := c.update(t, monday, unknown); got != (Changes{}) {
		t.Errorf("a case was opened of what nobody knows: %+v", got)
	}
	c.update(t, monday, found(3))
	before := c.one(t)
	if got := c.update(t, monday.Add(time.Hour), unknown); got != (Changes{Open: 1}) || c.one(t) != before {
		t.Errorf("got %+v, %+v", got, c.one(t))
	}
}

func TestAnotherDeadlineBeginsAnew(t *testing.T) {
	c := newCases(t)
	c.update(t, monday, found(3))
	late := monday.AddDate(0, 0, 30)
	c.update(t, late, found(3))
	if level := c.one(t).Level; level != 3 {
		t.Fatalf("level %d after 20 days over", level)
	}
	until := late.AddDate(0, 0, 10)
	if _, err := c.Reply(t.Context(), late, sen.Principal{}, nil, Reply{Case: 1, Says: MoreTime, Until: until}); err != nil {
		t.Fatal(err)
	}
	if got := c.update(t, until.AddDate(0, 0, 2), found(3)); got.Escalated != 1 || c.one(t).Level != 1 {
		t.Errorf("beyond the new deadline: %+v, level %d", got, c.one(t).Level)
	}
}

func TestRepliesChangeACaseAsTheTableSays(t *testing.T) {
	at := monday.AddDate(0, 0, 2)
	for _, step := range []struct {
		from, says, note, to, until string
		state, owner, due           string // after; "" for an error
		changed                     int
		err                         string
	}{
		{Open, Accepts, "", "", "", Accepted, "civil-status", "2026-03-13", 1, ""},
		{Accepted, Accepts, "", "", "", Accepted, "civil-status", "2026-03-13", 0, ""},
		{Open, Rejects, "the register says so", "", "", Rejected, "civil-status", "2026-03-13", 1, ""},
		{Open, Rejects, " ", "", "", "", "", "", 0, "needs its evidence"},
		{Open, HandsOver, "", "health", "", Open, "health", "2026-03-13", 1, ""},
		{Accepted, HandsOver, "", "health", "", Open, "health", "2026-03-13", 1, ""},
		{Open, HandsOver, "", "nobody", "", "", "", "", 0, "no agency of this hub"},
		{Open, MoreTime, "", "", "2026-04-01", Open, "civil-status", "2026-04-01", 1, ""},
		{Open, MoreTime, "", "", "2026-03-12", Open, "civil-status", "2026-03-13", 0, ""},
		{Open, MoreTime, "", "", "2027-03-12", "", "", "", 0, "cannot be moved"},
		{Open, MoreTime, "", "", "2026-03-01", "", "", "", 0, "cannot be moved"},
		{Open, "forget", "", "", "", "", "", "", 0, "is no reply"},
		{Open, Insists, "", "", "", "", "", "", 0, "was not rejected"},
		{Rejected, Insists, "", "", "", Open, "civil-status", "2026-03-15", 1, ""},
		{Rejected, Accepts, "", "", "", Accepted, "civil-status", "2026-03-13", 1, ""},
		{Closed, Accepts, "", "", "", "", "", "", 0, "is closed"},
	} {
		c := newCases(t)
		c.update(t, monday, found(3))
		if err := c.State.ChangeCases(t.Context(), func(all []state.Case) ([]state.Case, []state.CaseEvent, error) {
			all[0].State = step.from
			return all, nil, nil
		}); err != nil {
			t.Fatal(err)
		}
		before := c.one(t)
		r := Reply{Case: 1, Says: step.says, Note: step.note, To: step.to}
		if step.until != "" {
			r.Until, _ = time.Parse(time.DateOnly, step.until)
		}
		changed, err := c.Reply(t.Context(), at, sen.Principal{ID: "agency:a"}, []string{"civil-status", "health"}, r)
		one := c.one(t)
		switch {
		case step.err != "":
			if err == nil || !strings.Contains(err.Error(), step.err) || one != before {
				t.Errorf("%s %s: got %v, %+v", step.from, step.says, err, one)
			}
		case err != nil || changed != step.changed || one.State != step.state || one.Owner != step.owner || one.Due.Format(time.DateOnly) != step.due:
			t.Errorf("%s %s: %d changed, %v, %+v", step.from, step.says, changed, err, one)
		}
	}
}

func TestRepliesAreTakenAllOrNone(t *testing.T) {
	c := newCases(t)
	c.update(t, monday, append(found(3), Finding{Owner: "a", Dataset: births, Kind: Missing, Rule: "mother.reference", Column: "mother", Severity: "warning", Rows: 1, Of: 9}))
	_, err := c.Reply(t.Context(), monday, sen.Principal{}, []string{"a"}, Reply{Case: 1, Says: Accepts}, Reply{Case: 7, Says: Accepts})
	var placed PlacedError
	if !errors.As(err, &placed) || placed.Place != 1 || sen.KindOf(err) != sen.NotFound {
		t.Errorf("got %v", err)
	}
	all, _ := c.State.Cases(t.Context())
	if all[0].State != Open {
		t.Error("the first reply was taken though the second could not be")
	}
}

// Whatever comes and goes: one cause has one case, what is found has a case
// that is not closed and what is not found has none, the history ends in the
// state, and the same findings again change nothing.
func TestCasesFollowWhatIsFound(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	c := newCases(t)
	rules := []string{"a.x", "a.y", "b.x", "c.reference"}
	at := monday
	for range 200 {
		at = at.Add(time.Duration(r.IntN(72)-4) * time.Hour)
		var now []Finding
		there := map[string]bool{}
		for _, rule := range rules {
			if r.IntN(2) == 0 {
				there[rule] = true
				now = append(now, Finding{Owner: "o", Dataset: births, Kind: Violation, Rule: rule, Severity: "error", Rows: 1 + r.Int64N(5), Of: 10})
			}
		}
		c.update(t, at, now)
		before, _ := c.State.Cases(t.Context())
		c.update(t, at, now)
		after, _ := c.State.Cases(t.Context())
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("seed %d: the same again changed %+v into %+v", seed, before, after)
		}
		seen := map[string]bool{}
		for _, one := range after {
			if seen[one.Rule] || (one.State != Closed) != there[one.Rule] {
				t.Fatalf("seed %d: %v is found, and the cases are %+v", seed, there, after)
			}
			seen[one.Rule] = true
			events, _ := c.State.CaseEvents(t.Context(), one.Number)
			if last := lastOf(events); (last == Settled) != (one.State == Closed) {
				t.Fatalf("seed %d: case %d is %s and its history ends with %s", seed, one.Number, one.State, last)
			}
		}
		if len(after) > 0 && r.IntN(3) == 0 {
			_, _ = c.Reply(t.Context(), at, sen.Principal{ID: "x"}, []string{"o", "p"}, Reply{Case: 1 + r.Int64N(int64(len(after))),
				Says: Replies()[r.IntN(5)], Note: "n", To: "p", Until: at.AddDate(0, 0, r.IntN(40))}) // what cannot be said now is refused
		}
	}
}

// lastOf is the last thing that opened or closed a case.
func lastOf(events []state.CaseEvent) string {
	last := ""
	for _, e := range events {
		if e.What == Opened || e.What == Settled || e.What == CameBack {
			last = e.What
		}
	}
	return last
}

func FuzzParseName(f *testing.F) {
	f.Add("C-000012")
	f.Add("12")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ParseName(text); err == nil {
			if again, err := ParseName(Name(n)); err != nil || again != n {
				t.Errorf("%q is %d, which is %d, %v", text, n, again, err)
			}
		}
	})
}
