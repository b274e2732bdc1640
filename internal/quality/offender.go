package quality

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
)

// Finding says what an offender is.
type Finding string

// The findings, the gravest first.
const (
	FoundFault      Finding = "fault"         // the record cannot be read
	FoundConflict   Finding = "contradiction" // the value contradicts another of its row
	FoundInvalid    Finding = "invalid"       // the value has no standard form
	FoundRule       Finding = "rule"          // the value breaks a rule of the contract
	FoundDuplicate  Finding = "duplicate"     // the record repeats another one's key
	FoundMissing    Finding = "missing"       // a required value is not there
	FoundAbsent     Finding = "absent"        // expected records are not there
	FoundCheck      Finding = "check"         // a check over the whole dataset fails
	FoundBroken     Finding = "broken-rule"   // a check cannot be run: nobody knows what it asks
	FoundUnresolved Finding = "unresolved"    // the value refers to a record that is not there
	FoundUncertain  Finding = "uncertified"   // no certificate holds
	FoundLate       Finding = "late"          // the newest change is older than promised
	FoundRepaired   Finding = "repaired"      // the value had to be put into standard form
)

func findings() []Finding {
	return []Finding{FoundFault, FoundConflict, FoundInvalid, FoundRule, FoundDuplicate, FoundMissing,
		FoundAbsent, FoundCheck, FoundBroken, FoundUnresolved, FoundUncertain, FoundLate, FoundRepaired}
}

// Offender is what costs a dataset points: which rule, in which column, how
// many rows. It never names a row or a value.
type Offender struct {
	Dataset   sen.Dataset `json:"dataset"`
	Column    string      `json:"column,omitempty"`
	Rule      string      `json:"rule"`
	Finding   Finding     `json:"finding"`
	Criterion Criterion   `json:"criterion"`
	Severity  string      `json:"severity"`
	Rows      int64       `json:"rows"`
	Of        int64       `json:"of"` // rows that it was asked of
}

// Share is the part of the rows concerned, in percent.
func (o Offender) Share() float64 {
	if o.Of <= 0 {
		return 0
	}
	return 100 * float64(min(o.Rows, o.Of)) / float64(o.Of)
}

// SortOffenders puts the worst first: what was held back before what was
// repaired; then the larger share, so that a small dataset's plight is not
// hidden behind a large one's; then the graver finding.
func SortOffenders(all []Offender) {
	order := findings()
	slices.SortStableFunc(all, func(a, b Offender) int {
		return cmp.Or(
			cmp.Compare(severity(a), severity(b)),
			cmp.Compare(b.Share(), a.Share()),
			cmp.Compare(slices.Index(order, a.Finding), slices.Index(order, b.Finding)),
			strings.Compare(string(a.Dataset), string(b.Dataset)),
			strings.Compare(a.Rule, b.Rule))
	})
}

func severity(o Offender) int {
	return slices.Index([]string{clean.SeverityError, clean.SeverityWarning, clean.SeverityInfo}, o.Severity)
}

func (m *measure) offenders() []Offender {
	var out []Offender
	for i, f := range m.Plan.Facts {
		if i < len(m.Tally.Facts) && m.Tally.Facts[i] > 0 {
			out = m.addFact(out, f, m.Tally.Facts[i])
		}
	}
	if m.Duplicates > 0 {
		out = append(out, m.offender("", "duplicate-key", FoundDuplicate, Clean, clean.SeverityError, m.Duplicates))
	}
	out = m.addResults(out)
	if m.allowed > 0 && !m.Newest.IsZero() && m.late() {
		out = append(out, m.offender("", "sla", FoundLate, Living, clean.SeverityError, max(m.rows, 1)))
	}
	out = m.addConnections(out)
	SortOffenders(out)
	return out
}

func (m *measure) offender(column, rule string, f Finding, c Criterion, severity string, rows int64) Offender {
	if severity == "" {
		severity = clean.SeverityError
	}
	return Offender{Dataset: m.Plan.Dataset.Name, Column: column, Rule: rule, Finding: f, Criterion: c,
		Severity: severity, Rows: rows, Of: max(m.rows, 1)}
}

func (m *measure) addFact(out []Offender, f clean.Fact, n int64) []Offender {
	switch {
	case f.Kind == clean.Blank && f.Rule == "":
		return out
	case f.Kind == clean.Fault:
		return append(out, m.offender("", f.Rule, FoundFault, Clean, f.Severity, n))
	case f.Kind == clean.Invalid:
		return append(out, m.offender(f.Column, f.Rule, FoundInvalid, Correct, f.Severity, n))
	case f.Kind == clean.Changed:
		return m.addRepaired(out, f, n)
	case m.aboutMissing(f) && m.tolerated(f):
		return out
	case m.aboutMissing(f):
		return append(out, m.offender(f.Column, f.Rule, FoundMissing, Complete, f.Severity, n))
	case strings.HasSuffix(f.Rule, ".contradiction"):
		return append(out, m.offender(f.Column, f.Rule, FoundConflict, Correct, f.Severity, n))
	}
	return append(out, m.offender(f.Column, f.Rule, FoundRule, Correct, f.Severity, n))
}

// addRepaired leaves out columns whose standard form is a code: there every
// value is rewritten, and none is at fault.
func (m *measure) addRepaired(out []Offender, f clean.Fact, n int64) []Offender {
	for _, c := range m.Plan.Columns {
		if c.Property.Name == f.Column && c.Mapped {
			return out
		}
	}
	return append(out, m.offender(f.Column, f.Column+".repaired", FoundRepaired, Clean, clean.SeverityInfo, n))
}

// addResults adds the failed checks that no fact of a row counts already.
func (m *measure) addResults(out []Offender) []Offender {
	for _, r := range m.Results {
		if r.Status == clean.StatusBroken {
			out = append(out, m.offender(r.Column, r.Rule, FoundBroken, Correct, r.Severity, max(m.rows, 1)))
		}
		if r.Status != clean.StatusFailed || m.counted(r) {
			continue
		}
		switch m.checkMetric(r) {
		case "rowCount":
			expected, _ := m.expectedRows()
			o := m.offender("", r.Rule, FoundAbsent, Complete, r.Severity, max(expected-m.rows, 0))
			o.Of = max(expected, 1)
			out = append(out, o)
		case "duplicateValues":
			out = append(out, m.offender(r.Column, r.Rule, FoundDuplicate, Clean, r.Severity, m.rowsOf(r)))
		default:
			out = append(out, m.offender(r.Column, r.Rule, FoundCheck, Correct, r.Severity, m.rowsOf(r)))
		}
	}
	return out
}

// rowsOf reads a result as a number of rows, as most rules count them.
func (m *measure) rowsOf(r clean.Result) int64 {
	value := max(r.Value, 0)
	if r.Unit == "percent" {
		value *= float64(m.rows) / 100
	}
	return int64(min(value, float64(m.rows)))
}

func (m *measure) counted(r clean.Result) bool {
	for _, f := range m.Plan.Facts {
		if f.Column == r.Column && f.Column != "" && f.Rule == r.Rule {
			return true
		}
	}
	return m.checkMetric(r) == "invalidValues"
}

func (m *measure) checkMetric(r clean.Result) string {
	for _, check := range m.Plan.Checks {
		if check.ID == r.Rule && check.Column == r.Column {
			return check.Rule.Metric
		}
	}
	return ""
}

func (m *measure) addConnections(out []Offender) []Offender {
	for _, r := range m.References {
		if r.Resolved < r.Total {
			o := m.offender(r.Column, r.Column+".reference", FoundUnresolved, Connected, clean.SeverityWarning, r.Total-r.Resolved)
			o.Of = r.Total
			out = append(out, o)
		}
	}
	if !m.Certified && len(m.References) > 0 {
		out = append(out, m.offender("", "certificate", FoundUncertain, Connected, clean.SeverityError, max(m.rows, 1)))
	}
	return out
}
