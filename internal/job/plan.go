package job

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/state"
)

// setBack is by how much a clock is set back where it had been wrong before; by
// less, it is taken to be wrong now.
const setBack = 48 * time.Hour

// plan adds the jobs that have come due.
func (js *Jobs) plan(ctx context.Context) error {
	was, err := js.state.Schedules(ctx)
	if err != nil {
		return err
	}
	now := js.o.Now()
	if next, _ := js.planned(was, now); slices.Equal(next, was) {
		return nil
	}
	defer js.tell()
	return js.state.Plan(ctx, func(was []state.Schedule) ([]state.Schedule, []state.Job) { return js.planned(was, now) })
}

// planned is when datasets are due next, and the jobs that are due now. However
// many times were missed, one job catches up. When a dataset is next due is
// kept, and only moves on: a clock that is set back makes nothing due again,
// unless it is set back by days; then what it said before was wrong, and waiting
// for that day would leave the dataset to grow old.
func (js *Jobs) planned(was []state.Schedule, now time.Time) (next []state.Schedule, due []state.Job) {
	before := map[sen.Dataset]state.Schedule{}
	for _, one := range was {
		before[one.Dataset] = one
	}
	tables := js.timetables()
	for _, dataset := range slices.Sorted(maps.Keys(tables)) {
		table := tables[dataset]
		one := before[dataset]
		switch {
		case one.Line != table.Line: // new, or another than before
			one.Next = moment(table.Next(later(now, one.Fired)))
		case now.Before(one.Fired.Add(-setBack)):
			js.o.Log.Warn("the clock was ahead by days; the schedule begins anew", "dataset", dataset, "was due", one.Fired)
			one.Next, one.Fired = moment(table.Next(now)), time.Time{}
		case !one.Next.IsZero() && !now.Before(one.Next):
			one.Next, one.Fired = moment(table.Next(now)), moment(now)
			due = append(due, state.Job{ID: state.NewID(now), Kind: Sync, Dataset: dataset, Principal: BySchedule, Created: now, Due: now})
		}
		one.Dataset, one.Line = dataset, table.Line
		next = append(next, one)
	}
	return next, due
}

// moment is a time as the state gives it back, so that two are compared as values.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
