package quality_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/quality"
)

// birthPlan is a small made-up dataset: a name that must be there, a sex that
// is mapped to codes, a free note.
func birthPlan(agency string) *clean.Plan {
	p := &clean.Plan{}
	p.Dataset = contract.Dataset{Name: sen.Dataset(agency + ".birth"), Contract: &contract.Contract{}, Object: &contract.Object{Name: "birth"}}
	p.Columns = []clean.Column{
		{Property: &contract.Property{Name: "full_name", Element: "person-name", Required: true}},
		{Property: &contract.Property{Name: "sex", Element: "sex"}, Mapped: true},
		{Property: &contract.Property{Name: "note"}},
	}
	p.Facts = []clean.Fact{
		{Rule: "row.fault", Kind: clean.Fault, Severity: clean.SeverityError},
		{Column: "full_name", Kind: clean.Blank},
		{Column: "full_name", Kind: clean.Invalid, Rule: "full_name.invalid", Severity: clean.SeverityError},
		{Column: "full_name", Kind: clean.Changed},
		{Column: "full_name", Kind: clean.Violated, Rule: "full_name.required", Dimension: "completeness", Severity: clean.SeverityError},
		{Column: "sex", Kind: clean.Blank},
		{Column: "sex", Kind: clean.Invalid, Rule: "sex.invalid", Severity: clean.SeverityError},
		{Column: "sex", Kind: clean.Changed},
		{Column: "note", Kind: clean.Blank},
		{Column: "note", Kind: clean.Invalid, Rule: "note.invalid", Severity: clean.SeverityError},
		{Column: "note", Kind: clean.Changed},
	}
	return p
}

func latency(hours int) []contract.SLAProperty {
	return []contract.SLAProperty{{Property: "latency", Value: float64(hours), Unit: "h"}}
}

func tally(rows int64, facts ...int64) clean.Tally {
	t := clean.Tally{Facts: facts}
	t.Clean.Rows = rows
	return t
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestEachCriterionCountsWhatItSays(t *testing.T) {
	in := quality.Input{Plan: birthPlan("civil-status"), At: now,
		//           fault | name: blank invalid changed required | sex: blank invalid changed | note: blank invalid changed
		Tally:      tally(1000, 0, 10, 20, 50, 10, 0, 5, 700, 900, 0, 1),
		Duplicates: 2, Certified: true,
		References: []quality.Reference{{Column: "full_name", To: "population.person.full_name", Resolved: 90, Total: 100}},
		Newest:     now.Add(-time.Hour)}
	in.Plan.Dataset.Contract.SLA = latency(24)
	r := quality.Measure(in)
	values := int64(990 + 1000 + 100)
	for c, want := range map[quality.Criterion][2]int64{
		quality.Correct:   {values - 25, values},
		quality.Complete:  {990, 1000},
		quality.Clean:     {values - 51 - 2*3, values}, // sex is mapped: its 700 rewritten values needed no repair
		quality.Living:    {1000, 1000},
		quality.Unified:   {990 - 50 - 20 + 1000 - 5, 1990}, // the note is under no element
		quality.Connected: {90, 100},
	} {
		s := r.Scores.Of(c)
		if got := [2]int64{s.Good, s.Total}; got != want || !s.Applicable {
			t.Errorf("%s: got %d of %d (applicable %v), want %d of %d", c, got[0], got[1], s.Applicable, want[0], want[1])
		}
	}
}

func TestWhatARuleToleratesIsNotMissing(t *testing.T) {
	plan := birthPlan("civil-status")
	plan.Facts = append(plan.Facts, clean.Fact{Column: "note", Kind: clean.Violated, Rule: "note.nullValues", Dimension: "completeness", Severity: clean.SeverityWarning})
	in := quality.Input{Plan: plan, Tally: tally(1000, 0, 10, 20, 50, 10, 0, 5, 700, 900, 0, 1, 900),
		Results: []clean.Result{{Rule: "note.nullValues", Column: "note", Status: clean.StatusOK}}}
	missing := func() (score [2]int64, named bool) {
		r := quality.Measure(in)
		for _, o := range r.Offenders {
			named = named || o.Column == "note" && o.Finding == quality.FoundMissing
		}
		s := r.Scores.Of(quality.Complete)
		return [2]int64{s.Good, s.Total}, named
	}
	if got, named := missing(); got != [2]int64{990, 1000} || named {
		t.Errorf("within what the rule allows: got %v, told of %v; want the name alone", got, named)
	}
	in.Results[0].Status = clean.StatusFailed
	if got, named := missing(); got != [2]int64{990 + 100, 2000} || !named {
		t.Errorf("beyond what the rule allows: got %v, told of %v; want the note too", got, named)
	}
}

func TestWhatIsNotMeasuredHasAReasonAndNoNumber(t *testing.T) {
	plan := birthPlan("civil-status")
	for i := range plan.Columns {
		plan.Columns[i].Property.Element, plan.Columns[i].Property.Required = "", false
	}
	plan.Facts = append(plan.Facts[:4], plan.Facts[5:]...)
	r := quality.Measure(quality.Input{Plan: plan, Tally: tally(10, make([]int64, len(plan.Facts))...)})
	want := map[quality.Criterion]quality.Reason{
		quality.Complete: quality.NoRequired, quality.Living: quality.NoSLA, quality.Unified: quality.NoElement,
		quality.Connected: quality.NothingLinks, quality.Shared: quality.NoConsumers,
	}
	for c, reason := range want {
		s := r.Scores.Of(c)
		if s.Applicable || s.Why != reason {
			t.Errorf("%s: got applicable %v, why %q; want not applicable, %q", c, s.Applicable, s.Why, reason)
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "value") || strings.Contains(string(b), "total") {
			t.Errorf("%s: an unmeasured score is written with a number: %s", c, b)
		}
	}
}

func TestAnEmptyDatasetIsIncompleteOnlyWhereRowsAreExpected(t *testing.T) {
	plan := birthPlan("civil-status")
	empty := quality.Input{Plan: plan, Tally: tally(0, make([]int64, len(plan.Facts))...)}
	if s := quality.Measure(empty).Scores.Of(quality.Complete); s.Applicable {
		t.Errorf("no rows, none expected: got %v, want not applicable", s.Value)
	}
	plan.Checks = []clean.Check{{ID: "present", Rule: contract.Rule{Name: "present", Metric: "rowCount",
		Operator: contract.Operator{Name: "mustBeGreaterThan", Numeric: true}}}}
	if s := quality.Measure(empty).Scores.Of(quality.Complete); !s.Applicable || s.Value != 0 {
		t.Errorf("no rows, some expected: got %v (applicable %v), want 0", s.Value, s.Applicable)
	}
	full := quality.Input{Plan: plan, Tally: tally(7, make([]int64, len(plan.Facts))...)}
	if s := quality.Measure(full).Scores.Of(quality.Complete); s.Value != 100 {
		t.Errorf("seven rows, one expected: got %v, want 100", s.Value)
	}
}

func TestDataOlderThanPromisedIsNotLiving(t *testing.T) {
	plan := birthPlan("civil-status")
	plan.Dataset.Contract.SLA = latency(1)
	in := quality.Input{Plan: plan, Tally: tally(5, make([]int64, len(plan.Facts))...), At: now, Newest: now.Add(-2 * time.Hour)}
	r := quality.Measure(in)
	if s := r.Scores.Of(quality.Living); !s.Applicable || s.Value != 0 {
		t.Errorf("got %v (applicable %v), want 0", s.Value, s.Applicable)
	}
	if len(r.Offenders) != 1 || r.Offenders[0].Finding != quality.FoundLate {
		t.Errorf("offenders: got %+v, want the lateness alone", r.Offenders)
	}
	in.Newest = time.Time{}
	if s := quality.Measure(in).Scores.Of(quality.Living); s.Applicable || s.Why != quality.NoChangeTime {
		t.Errorf("unknown age: got applicable %v, why %q", s.Applicable, s.Why)
	}
}

func TestReferencesCountForNothingWithoutACertificate(t *testing.T) {
	plan := birthPlan("civil-status")
	r := quality.Measure(quality.Input{Plan: plan, Tally: tally(5, make([]int64, len(plan.Facts))...),
		References: []quality.Reference{{Column: "note", Resolved: 5, Total: 5}}})
	if s := r.Scores.Of(quality.Connected); !s.Applicable || s.Value != 0 {
		t.Errorf("got %v (applicable %v), want 0", s.Value, s.Applicable)
	}
}

func TestScoresStayBetween0And100AndRangesMergeIntoTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	plan := birthPlan("civil-status")
	for range 500 {
		var whole clean.Tally
		for range 1 + rng.IntN(4) {
			whole.Merge(randomTally(rng, len(plan.Facts)))
		}
		in := quality.Input{Plan: plan, Tally: whole, Duplicates: rng.Int64N(20), Certified: rng.IntN(2) == 0, At: now,
			Newest: now.Add(-time.Duration(rng.IntN(4)) * time.Hour)}
		plan.Dataset.Contract.SLA = latency(rng.IntN(3))
		r := quality.Measure(in)
		checkBounds(t, r.Scores)
		for _, c := range r.Columns {
			checkBounds(t, c.Scores)
		}
	}
}

func randomTally(rng *rand.Rand, facts int) clean.Tally {
	rows := rng.Int64N(50)
	t := clean.Tally{Facts: make([]int64, facts)}
	t.Clean.Rows = rows
	for i := range t.Facts {
		t.Facts[i] = rng.Int64N(rows + 1)
	}
	return t
}

func checkBounds(t *testing.T, scores quality.Scores) {
	t.Helper()
	for _, s := range scores {
		switch {
		case !s.Applicable && (s.Value != 0 || s.Total != 0 || s.Why == ""):
			t.Errorf("%s is not applicable, yet says %+v", s.Criterion, s)
		case s.Applicable && (s.Value < 0 || s.Value > 100 || s.Good < 0 || s.Good > s.Total || s.Total == 0):
			t.Errorf("%s is out of bounds: %+v", s.Criterion, s)
		}
	}
}

func TestRangesOfDisjointColumnsWeighByTheirValues(t *testing.T) {
	plan := birthPlan("civil-status")
	one := tally(30, 0, 0, 3, 2, 0, 0, 1, 0, 30, 0, 0)
	two := tally(70, 0, 5, 1, 9, 5, 10, 0, 7, 0, 2, 4)
	whole := one
	whole.Facts = append([]int64(nil), one.Facts...)
	whole.Merge(two)
	a, b, both := quality.Measure(quality.Input{Plan: plan, Tally: one}), quality.Measure(quality.Input{Plan: plan, Tally: two}), quality.Measure(quality.Input{Plan: plan, Tally: whole})
	joined := quality.Agency([]quality.DatasetReport{a, b})
	for _, c := range []quality.Criterion{quality.Correct, quality.Complete, quality.Clean, quality.Unified} {
		if got, want := joined.Scores.Of(c), both.Scores.Of(c); got.Good != want.Good || got.Total != want.Total {
			t.Errorf("%s: the parts join to %d of %d, the whole is %d of %d", c, got.Good, got.Total, want.Good, want.Total)
		}
	}
}

func TestAReportSurvivesJSON(t *testing.T) {
	r := quality.Measure(quality.Input{Plan: birthPlan("civil-status"), Tally: tally(1000, 0, 10, 20, 50, 10, 0, 5, 700, 900, 0, 1), At: now})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back quality.DatasetReport
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, back) {
		t.Errorf("got  %+v\nwant %+v", back, r)
	}
}

func TestATinyAgencyIsNotHiddenBehindALargeOneAndItsScoresAreMarked(t *testing.T) {
	small, large := birthPlan("x"), birthPlan("civil-status")
	few := quality.Measure(quality.Input{Plan: small, Tally: tally(4, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0)})
	many := quality.Measure(quality.Input{Plan: large, Tally: tally(1_000_000, 0, 0, 9000, 0, 0, 0, 0, 0, 1_000_000, 0, 0)})
	agencies := quality.Agencies([]quality.DatasetReport{few, many})
	if len(agencies) != 2 || agencies[0].Agency != "civil-status" || agencies[1].Agency != "x" {
		t.Fatalf("agencies: got %+v, want civil-status and x", agencies)
	}
	if s := agencies[1].Scores.Of(quality.Correct); !s.Few() || s.Value != 75 {
		t.Errorf("the tiny agency: got %v (few %v), want 75, marked as few", s.Value, s.Few())
	}
	if s := agencies[0].Scores.Of(quality.Correct); s.Few() || s.Value < 99 {
		t.Errorf("the large agency: got %v (few %v), want above 99, unmarked", s.Value, s.Few())
	}
	both := quality.Agency([]quality.DatasetReport{many, few})
	if got := both.Offenders[0].Dataset; got != few.Dataset {
		t.Errorf("worst first: got %s, want the dataset where half of the rows are wrong", got)
	}
}
