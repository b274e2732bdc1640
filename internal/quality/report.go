package quality

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
)

// Score is one criterion of one thing. Value is 100 × Good ÷ Total, between 0
// and 100; it means nothing unless Applicable.
type Score struct {
	Criterion  Criterion
	Applicable bool
	Value      float64
	Good       int64  // values or records that meet the criterion
	Total      int64  // values or records that it was asked of
	Why        Reason // why it does not apply; of a score that does, what it leaves out
}

// score measures good of total. Counts that overlap may drive good below
// none: none it is then.
func score(c Criterion, good, total int64, otherwise Reason) Score {
	if total <= 0 {
		return Score{Criterion: c, Why: otherwise}
	}
	good = min(max(good, 0), total)
	return Score{Criterion: c, Applicable: true, Good: good, Total: total, Value: 100 * float64(good) / float64(total)}
}

// Few reports whether one value more or less moves the score by over a point.
func (s Score) Few() bool { return s.Applicable && s.Total < 100 }

type scoreJSON struct {
	Criterion  Criterion `json:"criterion"`
	Applicable bool      `json:"applicable"`
	Value      *float64  `json:"value,omitempty"`
	Good       *int64    `json:"good,omitempty"`
	Total      *int64    `json:"total,omitempty"`
	Why        Reason    `json:"why,omitempty"`
}

// MarshalJSON leaves the numbers out where there is no measurement.
func (s Score) MarshalJSON() ([]byte, error) {
	out := scoreJSON{Criterion: s.Criterion, Applicable: s.Applicable, Why: s.Why}
	if s.Applicable {
		out.Value, out.Good, out.Total = &s.Value, &s.Good, &s.Total
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Score) UnmarshalJSON(b []byte) error {
	var in scoreJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = Score{Criterion: in.Criterion, Why: in.Why}
	if in.Applicable && in.Good != nil && in.Total != nil {
		*s = score(in.Criterion, *in.Good, *in.Total, in.Why)
		s.Why = in.Why
	}
	return nil
}

// Scores are criteria in their order.
type Scores []Score

// Of finds a criterion; one that is not there was not measured.
func (s Scores) Of(c Criterion) Score {
	for _, one := range s {
		if one.Criterion == c {
			return one
		}
	}
	return Score{Criterion: c, Why: NotMeasured}
}

// add joins the same criterion of disjoint things.
func add(c Criterion, parts []Score) Score {
	var good, total int64
	why, leavesOut := NotMeasured, Reason("")
	for i, p := range parts {
		if p.Applicable {
			good, total, leavesOut = good+p.Good, total+p.Total, p.Why
		}
		if i == 0 || p.Why != "" {
			why = p.Why
		}
	}
	s := score(c, good, total, why)
	if s.Applicable {
		s.Why = leavesOut
	}
	return s
}

// ColumnReport is the quality of one column: the criteria that a column has.
type ColumnReport struct {
	Column string `json:"column"`
	Name   string `json:"name,omitempty"` // as people know it
	Values int64  `json:"values"`         // that are there
	Scores Scores `json:"scores"`
}

// DatasetReport is the quality of one dataset after one run.
type DatasetReport struct {
	Dataset        sen.Dataset         `json:"dataset"`
	Run            string              `json:"run,omitempty"`
	At             time.Time           `json:"at,omitzero"`
	Rows           int64               `json:"rows"`
	Scores         Scores              `json:"scores"`
	Columns        []ColumnReport      `json:"columns,omitempty"`
	Offenders      []Offender          `json:"offenders,omitempty"` // worst first
	Checks         []clean.Result      `json:"checks,omitempty"`    // the contract's rules, as the run found them
	PublishedSince string              `json:"published_since,omitempty"`
	Trend          map[Criterion]Trend `json:"trend,omitempty"`
}

// AgencyReport is the quality of all datasets of one agency.
//
// It is fair in this sense: each criterion is the sum of good ÷ the sum of
// totals over the agency's own datasets, so that a value weighs the same in a
// small dataset as in a large one; agencies are never added up, ranked, or
// held against each other's size; a score of fewer than 100 values is marked
// (Score.Few), since one value moves it by more than a point; and a dataset
// that a criterion does not apply to counts neither for nor against.
type AgencyReport struct {
	Agency    string              `json:"agency"`
	Rows      int64               `json:"rows"`
	Scores    Scores              `json:"scores"`
	Datasets  []DatasetReport     `json:"datasets"`
	Offenders []Offender          `json:"offenders,omitempty"` // worst first
	Trend     map[Criterion]Trend `json:"trend,omitempty"`
}

// Agency joins the reports of one agency's datasets.
func Agency(reports []DatasetReport) AgencyReport {
	var out AgencyReport
	for _, c := range Criteria() {
		var parts []Score
		for _, r := range reports {
			parts = append(parts, r.Scores.Of(c))
		}
		out.Scores = append(out.Scores, add(c, parts))
	}
	for _, r := range reports {
		out.Agency = r.Dataset.Agency()
		out.Rows += r.Rows
		out.Offenders = append(out.Offenders, r.Offenders...)
	}
	out.Datasets = slices.SortedFunc(slices.Values(reports), func(a, b DatasetReport) int {
		return strings.Compare(string(a.Dataset), string(b.Dataset))
	})
	SortOffenders(out.Offenders)
	out.Trend = joinTrends(reports)
	return out
}

// Agencies groups reports by agency, in the order of the alphabet.
func Agencies(reports []DatasetReport) []AgencyReport {
	groups := map[string][]DatasetReport{}
	var names []string
	for _, r := range reports {
		name := r.Dataset.Agency()
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], r)
	}
	slices.Sort(names)
	out := make([]AgencyReport, len(names))
	for i, name := range names {
		out[i] = Agency(groups[name])
	}
	return out
}
