package quality

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/state"
)

// Trend is a criterion over the last runs, the oldest first; runs that did
// not measure it are left out.
type Trend []Point

// Point is what one run measured.
type Point struct {
	Run   string    `json:"run"`
	At    time.Time `json:"at"`
	Value float64   `json:"value"`
	Good  int64     `json:"good"`
	Total int64     `json:"total"`
}

// Change is the last value less the one before it; none with fewer than two.
func (t Trend) Change() (float64, bool) {
	if len(t) < 2 {
		return 0, false
	}
	return t[len(t)-1].Value - t[len(t)-2].Value, true
}

// checkCriterion marks the rows that are a contract's rules.
const checkCriterion = "check"

// sizeCriterion marks the row that says how many rows the dataset has.
const sizeCriterion = "size"

// Results are the report as the state keeps it (state.PutQuality): its size,
// the scores ("dung"), the offenders ("dung/invalid"), and the checks.
func (r DatasetReport) Results() []state.Quality {
	out := []state.Quality{{Criterion: sizeCriterion, Rule: r.PublishedSince, Total: r.Rows, Status: state.OK}}
	out = append(out, scoreRows("", r.Scores)...)
	for _, c := range r.Columns {
		out = append(out, scoreRows(c.Column, c.Scores)...)
	}
	for _, o := range r.Offenders {
		out = append(out, state.Quality{Column: o.Column, Criterion: string(o.Criterion) + "/" + string(o.Finding), Rule: o.Rule,
			Severity: o.Severity, Bad: o.Rows, Total: o.Of, Value: o.Share(), Status: state.Violated})
	}
	for _, c := range r.Checks {
		out = append(out, state.Quality{Column: c.Column, Criterion: checkCriterion, Rule: c.Rule, Severity: c.Severity,
			Total: r.Rows, Value: c.Value, Status: checkStatus(c.Status)})
	}
	return out
}

// checkStatus is a check's status in the state's words: text that is shown to
// people is no measurement.
func checkStatus(s string) state.Status {
	switch s {
	case clean.StatusOK, clean.StatusFailed, clean.StatusNotRun:
		return state.Status(s)
	case clean.StatusBroken:
		return state.NotRun
	}
	return state.NotApplicable
}

func scoreRows(column string, scores Scores) []state.Quality {
	var out []state.Quality
	for _, s := range scores {
		row := state.Quality{Column: column, Criterion: string(s.Criterion), Rule: string(s.Why), Status: state.NotApplicable}
		if s.Applicable {
			row.Status, row.Bad, row.Total, row.Value = state.OK, s.Total-s.Good, s.Total, s.Value
		}
		out = append(out, row)
	}
	return out
}

// Store keeps a report with its run.
func Store(ctx context.Context, s *state.State, r DatasetReport) error {
	return s.PutQuality(ctx, r.Run, r.Results())
}

// Load is the dataset's report of its newest certified run, with the trend
// over the last n; false when no run has measured it.
func Load(ctx context.Context, s *state.State, dataset sen.Dataset, n int) (DatasetReport, bool, error) {
	runs, err := s.Quality(ctx, dataset, n)
	if err != nil {
		return DatasetReport{}, false, err
	}
	runs = slices.DeleteFunc(runs, func(r state.RunQuality) bool { return !measured(r) })
	if len(runs) == 0 {
		return DatasetReport{}, false, nil
	}
	out := read(runs[0])
	out.Dataset = dataset
	out.Trend = map[Criterion]Trend{}
	for _, run := range slices.Backward(runs) {
		past := read(run)
		for _, s := range past.Scores {
			if s.Applicable {
				point := Point{Run: past.Run, At: past.At, Value: s.Value, Good: s.Good, Total: s.Total}
				out.Trend[s.Criterion] = append(out.Trend[s.Criterion], point)
			}
		}
	}
	return out, true, nil
}

// measured reports whether a run kept a report.
func measured(r state.RunQuality) bool {
	return slices.ContainsFunc(r.Results, func(q state.Quality) bool { return q.Criterion == sizeCriterion })
}

// read is the opposite of DatasetReport.Results.
func read(run state.RunQuality) DatasetReport {
	out := DatasetReport{Dataset: run.Run.Dataset, Run: run.Run.ID, At: run.Run.Finished}
	for _, q := range run.Results {
		switch {
		case q.Criterion == sizeCriterion:
			out.Rows, out.PublishedSince = q.Total, q.Rule
		case q.Criterion == checkCriterion:
			out.Checks = append(out.Checks, clean.Result{Rule: q.Rule, Column: q.Column, Severity: q.Severity, Status: string(q.Status), Value: q.Value})
		case strings.Contains(q.Criterion, "/"):
			out.Offenders = append(out.Offenders, readOffender(out.Dataset, q))
		case !slices.Contains(Criteria(), Criterion(q.Criterion)): // another program's
		case q.Column == "":
			out.Scores = append(out.Scores, readScore(q))
		default:
			out.addColumnScore(q.Column, readScore(q))
		}
	}
	return out
}

func readScore(q state.Quality) Score {
	if q.Status != state.OK {
		return Score{Criterion: Criterion(q.Criterion), Why: Reason(q.Rule)}
	}
	s := score(Criterion(q.Criterion), q.Total-q.Bad, q.Total, "")
	s.Why = Reason(q.Rule)
	return s
}

func readOffender(d sen.Dataset, q state.Quality) Offender {
	criterion, finding, _ := strings.Cut(q.Criterion, "/")
	return Offender{Dataset: d, Column: q.Column, Rule: q.Rule, Finding: Finding(finding), Criterion: Criterion(criterion),
		Severity: q.Severity, Rows: q.Bad, Of: q.Total}
}

func (r *DatasetReport) addColumnScore(column string, s Score) {
	if n := len(r.Columns); n == 0 || r.Columns[n-1].Column != column {
		r.Columns = append(r.Columns, ColumnReport{Column: column})
	}
	last := &r.Columns[len(r.Columns)-1]
	last.Scores = append(last.Scores, s)
	if s.Criterion == Correct {
		last.Values = s.Total
	}
}

// joinTrends adds up the datasets' trends from the newest run backwards: a
// dataset that has fewer runs keeps its oldest figure, so that a newcomer
// does not bend the line by arriving.
func joinTrends(reports []DatasetReport) map[Criterion]Trend {
	out := map[Criterion]Trend{}
	for _, c := range Criteria() {
		longest := 0
		for _, r := range reports {
			longest = max(longest, len(r.Trend[c]))
		}
		for back := longest; back > 0; back-- {
			out[c] = append(out[c], joinPoints(reports, c, back))
		}
	}
	return out
}

func joinPoints(reports []DatasetReport, c Criterion, back int) Point {
	var out Point
	for _, r := range reports {
		t := r.Trend[c]
		if len(t) == 0 {
			continue
		}
		p := t[max(len(t)-back, 0)]
		out.Good, out.Total = out.Good+p.Good, out.Total+p.Total
		if p.At.After(out.At) {
			out.At, out.Run = p.At, p.Run
		}
	}
	if out.Total > 0 {
		out.Value = 100 * float64(out.Good) / float64(out.Total)
	}
	return out
}
