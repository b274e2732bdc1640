package quality

import (
	"math"
	"time"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
)

// Input is all that a dataset is measured by. Plan and Tally are required;
// what is left zero makes its criterion not applicable.
type Input struct {
	Plan       *clean.Plan
	Tally      clean.Tally
	Results    []clean.Result
	Duplicates int64 // rows set apart after the load because they repeat a key

	Run string
	At  time.Time // of the measurement

	Newest time.Time // when the newest change was made at the source

	Certified  bool // the run has a certificate that holds
	References []Reference
	Linked     Linked

	PublishedSince string // customProperty publishedSince
}

// Reference is a column whose values are keys of another dataset.
type Reference struct {
	Column   string `json:"column"`
	To       string `json:"to"`       // dataset and column
	Resolved int64  `json:"resolved"` // rows whose value is there
	Total    int64  `json:"total"`    // rows with a value
}

// Linked counts the records that stand for a known entity.
type Linked struct {
	Records int64 `json:"records"`
	Total   int64 `json:"total"`
}

// counts are what the tally says of one column, in rows.
type counts struct {
	blank, invalid, changed int64
	missing                 int64 // broke a rule of completeness
	wrong                   int64 // broke another rule, held back or not
	outside                 int64 // of those, not in the code list
}

// measure holds one dataset's counts together.
type measure struct {
	Input
	rows, faults int64
	allowed      time.Duration // how old the newest change may be; 0 = not promised
	columns      map[string]counts
}

// Measure works out a dataset's report. It is a pure function: the tallies of
// ranges, merged, give the report of the whole.
func Measure(in Input) DatasetReport {
	m := newMeasure(in)
	out := DatasetReport{Dataset: in.Plan.Dataset.Name, Run: in.Run, At: in.At, Rows: m.rows, Checks: in.Results, PublishedSince: in.PublishedSince}
	parts := map[Criterion][]Score{}
	for i := range in.Plan.Columns {
		report := m.column(&in.Plan.Columns[i])
		out.Columns = append(out.Columns, report)
		for _, s := range report.Scores {
			parts[s.Criterion] = append(parts[s.Criterion], s)
		}
	}
	out.Scores = Scores{
		add(Correct, parts[Correct]),
		m.complete(parts[Complete]),
		m.clean(parts[Clean]),
		m.living(),
		add(Unified, parts[Unified]),
		m.connected(),
		{Criterion: Shared, Why: NoConsumers},
	}
	out.Offenders = m.offenders()
	return out
}

func newMeasure(in Input) *measure {
	m := &measure{Input: in, rows: in.Tally.Clean.Rows + in.Tally.Quarantined.Rows, columns: map[string]counts{}}
	for i, f := range in.Plan.Facts {
		if i >= len(in.Tally.Facts) {
			break
		}
		m.count(f, in.Tally.Facts[i])
	}
	m.allowed, _, _ = in.Plan.Dataset.Freshness()
	return m
}

func (m *measure) count(f clean.Fact, n int64) {
	if f.Kind == clean.Fault {
		m.faults += n
		return
	}
	c := m.columns[f.Column]
	switch {
	case f.Kind == clean.Blank:
		c.blank += n
	case f.Kind == clean.Invalid:
		c.invalid += n
	case f.Kind == clean.Changed:
		c.changed += n
	case m.aboutMissing(f):
		if !m.tolerated(f) {
			c.missing = max(c.missing, n)
		}
	default:
		c.wrong += n
		if m.metric(f) == "invalidValues" {
			c.outside += n
		}
	}
	m.columns[f.Column] = c
}

// aboutMissing reports whether a rule asks that a value be there.
func (m *measure) aboutMissing(f clean.Fact) bool {
	metric := m.metric(f)
	return f.Dimension == "completeness" || metric == "nullValues" || metric == "missingValues"
}

// tolerated reports whether a rule allows some values to be missing, and no
// more are: the contract then asks for no more.
func (m *measure) tolerated(f clean.Fact) bool {
	if f.Severity == clean.SeverityError {
		return false // it tolerates none
	}
	for _, r := range m.Results {
		if r.Column == f.Column && r.Rule == f.Rule {
			return r.Status == clean.StatusOK
		}
	}
	return false
}

// metric is the library metric of a rule of the contract, "" for one of Sen's own.
func (m *measure) metric(f clean.Fact) string {
	for _, check := range m.Plan.Checks {
		if check.Column == f.Column && check.ID == f.Rule {
			return check.Rule.Metric
		}
	}
	return ""
}

func (m *measure) column(c *clean.Column) ColumnReport {
	p, n := c.Property, m.columns[c.Property.Name]
	values := m.rows - n.blank
	repaired := n.changed
	if c.Mapped { // no source can write the standard form: a value that resolves is well written
		repaired = 0
	}
	unified := score(Unified, 0, 0, NoElement)
	if shared(p) {
		unified = score(Unified, values-repaired-n.invalid-n.outside, values, NoValues)
	}
	return ColumnReport{Column: p.Name, Name: p.BusinessName, Values: values, Scores: Scores{
		score(Correct, values-n.invalid-n.wrong, values, NoValues),
		m.columnComplete(p, n),
		score(Clean, values-repaired, values, NoValues),
		unified,
	}}
}

// columnComplete measures a column that must be filled, by the contract's
// word or by a rule of completeness.
func (m *measure) columnComplete(p *contract.Property, n counts) Score {
	if !m.mustBeThere(p) {
		return score(Complete, 0, 0, NoRequired)
	}
	return score(Complete, m.rows-max(n.blank, n.missing), m.rows, NoValues)
}

func (m *measure) mustBeThere(p *contract.Property) bool {
	if p.Required || p.PrimaryKey {
		return true
	}
	for _, f := range m.Plan.Facts {
		if f.Column == p.Name && f.Kind == clean.Violated && m.aboutMissing(f) && !m.tolerated(f) {
			return true
		}
	}
	return false
}

// shared reports whether the shared dictionary has a say in a property's
// values: it names a data element, or a code list.
func shared(p *contract.Property) bool {
	if p.Element != "" {
		return true
	}
	for _, rule := range p.Quality {
		if _, listed := rule.Arguments["validValues"]; listed && rule.Metric == "invalidValues" {
			return true
		}
	}
	return false
}

// complete adds the records that were expected and did not come.
func (m *measure) complete(columns []Score) Score {
	s := add(Complete, columns)
	var fields int64
	for _, c := range columns {
		if c.Applicable || c.Why == NoValues {
			fields++
		}
	}
	expected, asked := m.expectedRows()
	if !asked {
		return s
	}
	fields = max(fields, 1)
	if !s.Applicable {
		s.Good, s.Total = m.rows, m.rows
	}
	return score(Complete, s.Good, s.Total+max(expected-m.rows, 0)*fields, NoValues)
}

// clean counts the records that cannot be read, and those that repeat another
// one's key, as wholly unclean.
func (m *measure) clean(columns []Score) Score {
	s, fields := add(Clean, columns), int64(len(columns))
	return score(Clean, s.Good-m.Duplicates*fields, s.Total+m.faults*fields, NoValues)
}

func (m *measure) living() Score {
	switch {
	case m.allowed <= 0:
		return score(Living, 0, 0, NoSLA)
	case m.Newest.IsZero() || m.At.IsZero():
		return score(Living, 0, 0, NoChangeTime)
	case m.late():
		return score(Living, 0, max(m.rows, 1), "")
	}
	return score(Living, max(m.rows, 1), max(m.rows, 1), "")
}

func (m *measure) late() bool { return m.At.Sub(m.Newest) > m.allowed }

func (m *measure) connected() Score {
	good, total := m.Linked.Records, m.Linked.Total
	for _, r := range m.References {
		good, total = good+r.Resolved, total+r.Total
	}
	if !m.Certified {
		good = 0
	}
	s := score(Connected, good, total, NothingLinks)
	if s.Applicable && m.Linked.Total == 0 {
		s.Why = OnlyReferences
	}
	return s
}

// expectedRows is the least number of rows that the contract's rowCount rules
// ask for; false when none asks for any.
func (m *measure) expectedRows() (int64, bool) {
	var least int64
	asked := false
	for _, check := range m.Plan.Checks {
		o := check.Rule.Operator
		if check.Rule.Metric != "rowCount" || !o.Numeric || check.Rule.Percent() {
			continue
		}
		switch o.Name {
		case "mustBeGreaterThan":
			least, asked = max(least, int64(math.Floor(o.Low))+1), true
		case "mustBe", "mustBeGreaterOrEqualTo", "mustBeBetween":
			least, asked = max(least, int64(math.Ceil(o.Low))), true
		}
	}
	return least, asked
}
