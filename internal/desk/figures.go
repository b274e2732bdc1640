package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/state"
)

// Measured is an indicator, and what was found of it.
type Measured struct {
	*indicator.Indicator
	Last    *indicator.Figure  // nil: it was never run
	Before  *indicator.Figure  // that it moved from: a week before Last, or the first since then; nil: there is none
	History []indicator.Figure // the oldest first
	Stale   bool               // Last is older than it may be
}

// week is what "this week" means: seven days back from the newest figure.
const week = 7 * 24 * time.Hour

// historyOf is how far back figures are told.
const historyOf = 92 * 24 * time.Hour

// Figures are all indicators, in the order of the leader's page.
func (d *Desk) Figures(ctx context.Context) ([]Measured, error) {
	out := make([]Measured, 0, len(d.o.Indicators))
	for _, i := range d.o.Indicators {
		m, err := d.measured(ctx, i)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Figure is one indicator by its name; NotFound where there is none.
func (d *Desk) Figure(ctx context.Context, name string) (Measured, error) {
	at := slices.IndexFunc(d.o.Indicators, func(i *indicator.Indicator) bool { return i.Name == name })
	if at < 0 {
		return Measured{}, sen.Errorf(sen.NotFound, "there is no such indicator").InVietnamese("không có chỉ tiêu này", "")
	}
	return d.measured(ctx, d.o.Indicators[at])
}

func (d *Desk) measured(ctx context.Context, i *indicator.Indicator) (Measured, error) {
	m := Measured{Indicator: i}
	if d.o.State == nil {
		return m, nil
	}
	now := d.o.Now()
	history, err := indicator.History(ctx, d.o.State, i.Name, now.Add(-historyOf))
	if err != nil || len(history) == 0 {
		return m, err
	}
	m.History = history
	last := len(history) - 1
	m.Last = &history[last]
	m.Stale = now.Sub(m.Last.At) > i.Freshness.Duration()
	for at := last - 1; at >= 0; at-- {
		m.Before = &history[at]
		if m.Last.At.Sub(m.Before.At) >= week {
			break
		}
	}
	return m, nil
}

// Move is how far an indicator has moved since Before; false where either is not
// known.
func (m Measured) Move() (by float64, known bool) {
	if m.Last == nil || m.Before == nil {
		return 0, false
	}
	now, shown := m.Last.Total.Number()
	then, shownThen := m.Before.Total.Number()
	return now - then, shown && shownThen
}

// Moved are those that have moved, those that moved most of themselves first.
func Moved(all []Measured) []Measured {
	share := func(m Measured) float64 {
		by, _ := m.Move()
		then, _ := m.Before.Total.Number()
		return math.Abs(by) / max(math.Abs(then), 1e-9)
	}
	var out []Measured
	for _, m := range all {
		if by, known := m.Move(); known && by != 0 {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Measured) int { return cmp.Compare(share(b), share(a)) })
	return out
}

// Late is an agency's cases beyond their deadline.
type Late struct {
	Owner string
	Cases int
	Days  int // of the oldest
}

// CasesThisWeek is what happened to correction cases in the last seven days, and
// what is overdue.
type CasesThisWeek struct {
	Opened, Closed, Open int
	Late                 []Late // by agency, those with most first
}

// CasesThisWeek counts correction cases.
func (d *Desk) CasesThisWeek(ctx context.Context) (CasesThisWeek, error) {
	all, err := d.o.State.Cases(ctx)
	if err != nil {
		return CasesThisWeek{}, err
	}
	return countCases(all, d.o.Now()), nil
}

func countCases(all []state.Case, now time.Time) CasesThisWeek {
	var out CasesThisWeek
	late := map[string]*Late{}
	for _, c := range all {
		if now.Sub(c.Opened) < week {
			out.Opened++
		}
		if c.State == correction.Closed {
			if now.Sub(c.Changed) < week {
				out.Closed++
			}
			continue
		}
		out.Open++
		days := correction.Cases{}.Overdue(c, now)
		if days == 0 {
			continue
		}
		if late[c.Owner] == nil {
			late[c.Owner] = &Late{Owner: c.Owner}
		}
		late[c.Owner].Cases++
		late[c.Owner].Days = max(late[c.Owner].Days, days)
	}
	for _, l := range late {
		out.Late = append(out.Late, *l)
	}
	slices.SortFunc(out.Late, func(a, b Late) int { return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.Owner, b.Owner)) })
	return out
}
