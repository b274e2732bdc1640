package desk

import (
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/state"
)

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)

// deskWith keeps figures of one indicator, so many days before noon.
func deskWith(t *testing.T, values map[int]float64) *Desk {
	t.Helper()
	s, err := state.Open(t.Context(), t.TempDir()+"/state.db", state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for days, v := range values {
		body := []byte(`{"indicator":"people","at":"` + noon.AddDate(0, 0, -days).Format(time.RFC3339) + `","query":"` + zeros + `","total":{"value":` + text0(v) + `}}`)
		if err := s.PutFigure(t.Context(), state.Figure{Indicator: "people", At: noon.AddDate(0, 0, -days), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	i := &indicator.Indicator{Name: "people", Freshness: indicator.Age(24 * time.Hour)}
	return New(Options{Contracts: &contract.Set{}, Indicators: []*indicator.Indicator{i}, State: s, Now: func() time.Time { return noon }})
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func text0(v float64) string { return whole(int64(v)) }

func TestAFigureMovesFromTheLastOneAWeekBefore(t *testing.T) {
	for _, c := range []struct {
		values map[int]float64
		by     float64
		known  bool
		stale  bool
	}{
		{map[int]float64{0: 10}, 0, false, false},
		{map[int]float64{0: 10, 3: 8}, 2, true, false},                    // within the week: the first of it
		{map[int]float64{0: 10, 3: 8, 7: 4, 9: 1, 30: 0}, 6, true, false}, // seven days before
		{map[int]float64{2: 10, 3: 8, 10: 4, 40: 1}, 6, true, true},       // the last one before that
		{map[int]float64{0: 10, 200: 4, 201: 5}, 6, true, false},          // older than is told: the last of them
	} {
		m, err := deskWith(t, c.values).Figure(t.Context(), "people")
		if err != nil {
			t.Fatal(err)
		}
		if by, known := m.Move(); by != c.by || known != c.known || m.Stale != c.stale {
			t.Errorf("%v: moved %v %v, stale %v; want %v %v %v", c.values, by, known, m.Stale, c.by, c.known, c.stale)
		}
	}
}

func TestWhatMovesMostOfItselfComesFirst(t *testing.T) {
	figure := func(v float64) *indicator.Figure { return &indicator.Figure{Total: indicator.Cell{Value: &v}} }
	all := []Measured{
		{Indicator: &indicator.Indicator{Name: "still"}, Last: figure(5), Before: figure(5)},
		{Indicator: &indicator.Indicator{Name: "much"}, Last: figure(1100), Before: figure(1000)},
		{Indicator: &indicator.Indicator{Name: "double"}, Last: figure(2), Before: figure(1)},
		{Indicator: &indicator.Indicator{Name: "new"}, Last: figure(2)},
	}
	moved := Moved(all)
	if len(moved) != 2 || moved[0].Name != "double" || moved[1].Name != "much" {
		t.Errorf("got %v", moved)
	}
}

func TestCasesAreCountedByWhatHappenedThisWeek(t *testing.T) {
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	got := countCases([]state.Case{
		{Owner: "a", State: correction.Open, Opened: day(-1), Changed: day(-1), Due: day(5)},
		{Owner: "a", State: correction.Open, Opened: day(-30), Changed: day(-30), Due: day(-3)},
		{Owner: "b", State: correction.Accepted, Opened: day(-30), Changed: day(-30), Due: day(-9)},
		{Owner: "a", State: correction.Closed, Opened: day(-30), Changed: day(-2), Due: day(-20)},
		{Owner: "a", State: correction.Closed, Opened: day(-90), Changed: day(-40), Due: day(-60)},
		{Owner: "a", State: correction.Open, Opened: day(-31), Changed: day(-30), Due: day(-4)},
	}, noon)
	if got.Opened != 1 || got.Closed != 1 || got.Open != 4 || len(got.Late) != 2 || got.Late[0].Owner != "a" || got.Late[0].Cases != 2 || got.Late[1].Days < got.Late[0].Days {
		t.Errorf("got %+v", got)
	}
}
