package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/text"
)

// trendRuns is how many syncs a trend looks back on.
const trendRuns = 12

// Quality is what the last syncs of datasets measured, by agency; nothing where
// none was synced yet.
func (d *Desk) Quality(ctx context.Context, datasets []contract.Dataset) ([]quality.AgencyReport, error) {
	var reports []quality.DatasetReport
	for _, one := range datasets {
		report, ok, err := d.Report(ctx, one)
		if err != nil {
			return nil, err
		}
		if ok {
			reports = append(reports, report)
		}
	}
	return quality.Agencies(reports), nil
}

// Report is what the last sync of a dataset measured; false where no run has
// measured it.
func (d *Desk) Report(ctx context.Context, one contract.Dataset) (quality.DatasetReport, bool, error) {
	if d.o.State == nil {
		return quality.DatasetReport{}, false, nil
	}
	return quality.Load(ctx, d.o.State, one.Name, trendRuns)
}

// Measurement is what one run measured.
type Measurement struct {
	Run    string                        `json:"run"`
	At     time.Time                     `json:"at"`
	Values map[quality.Criterion]float64 `json:"values"` // of the criteria that apply, in percent
}

// Value is the score of a criterion, in percent; 0 where the run has none.
func (m Measurement) Value(c quality.Criterion) float64 { return m.Values[c] }

// Has reports whether the run measured a criterion.
func (m Measurement) Has(c quality.Criterion) bool {
	_, has := m.Values[c]
	return has
}

// Measurements are a report's runs, the newest first.
func Measurements(r quality.DatasetReport) []Measurement {
	var out []Measurement
	for _, c := range quality.Criteria() {
		for _, point := range r.Trend[c] {
			i := slices.IndexFunc(out, func(m Measurement) bool { return m.Run == point.Run })
			if i < 0 {
				i, out = len(out), append(out, Measurement{Run: point.Run, At: point.At, Values: map[quality.Criterion]float64{}})
			}
			out[i].Values[c] = point.Value
		}
	}
	slices.SortFunc(out, func(a, b Measurement) int { return b.At.Compare(a.At) })
	return out
}

// CauseOf is what an offender's rows are asked for by.
func CauseOf(o quality.Offender) Cause {
	c := Cause{Dataset: o.Dataset, Kind: correction.Violation, Rule: o.Rule, Column: o.Column}
	if o.Finding == quality.FoundUnresolved {
		c.Kind = correction.Missing
	}
	return c
}

// OffenceMeaning says in a clause what is wrong with the rows of an offender.
func (d *Desk) OffenceMeaning(lang text.Lang, one contract.Dataset, o quality.Offender) string {
	meaning := d.Meaning(lang, one, o.Rule, o.Column)
	if meaning == "" || strings.HasSuffix(o.Rule, ".repaired") {
		return o.Finding.Clause(lang)
	}
	return meaning
}

// keepsRows are the findings whose rows are held back one by one, where they are
// errors.
var keepsRows = []quality.Finding{quality.FoundFault, quality.FoundConflict, quality.FoundInvalid, quality.FoundRule, quality.FoundDuplicate, quality.FoundMissing}

// HasRows reports whether the rows of an offender can be told: those that were
// only marked or repaired went on with the others.
func HasRows(one contract.Dataset, o quality.Offender) bool {
	if slices.Contains(keepsRows, o.Finding) {
		return o.Severity == "error"
	}
	if o.Finding == quality.FoundUnresolved {
		_, known := ReferenceOf(one, o.Column)
		return known
	}
	rule, known := CrossOf(one, o.Rule)
	return known && rule.Kind != contract.CrossSequence
}
