package clean

import (
	"context"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
)

// Status of a check after a run.
const (
	StatusOK     = "ok"
	StatusFailed = "failed"
	StatusNotRun = "not-run" // custom: somebody else's engine
	StatusShown  = "shown"   // text: for people to read
	StatusBroken = "broken"  // sql that cannot be run: nothing is known of what it asks
)

// A Check is a quality rule of the contract, measured over the whole dataset
// once it has landed.
type Check struct {
	ID     string
	Column string // property; "" for the whole dataset
	Rule   contract.Rule
	fact   int // index of the fact that counts it, or -1
}

// Result is what a check found.
type Result struct {
	Rule      string  `json:"rule"`
	Column    string  `json:"column,omitempty"`
	Dimension string  `json:"dimension,omitempty"`
	Severity  string  `json:"severity"`
	Status    string  `json:"status"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit,omitempty"`
	Expect    string  `json:"expect,omitempty"`
	Text      string  `json:"text,omitempty"`
	Where     string  `json:"where,omitempty"` // of a broken rule: file and line
	Fault     string  `json:"fault,omitempty"` // of a broken rule: what is wrong with it, and never a value
	Hint      string  `json:"hint,omitempty"`
}

func (p *Plan) compileChecks() {
	for _, rule := range p.Dataset.Object.Quality {
		p.addCheck("", rule)
	}
	for i := range p.Columns {
		for _, rule := range p.Columns[i].Property.Quality {
			p.addCheck(p.Columns[i].Property.Name, rule)
		}
	}
}

func (p *Plan) addCheck(column string, rule contract.Rule) {
	check := Check{ID: ruleID(column, rule), Column: column, Rule: rule, fact: -1}
	for i, f := range p.Facts {
		switch {
		case f.Column != column || column == "":
		case f.Kind == Violated && f.Rule == check.ID:
			check.fact = i
		case f.Kind == Invalid && rule.Metric == "invalidValues" && check.fact < 0:
			check.fact = i
		}
	}
	p.Checks = append(p.Checks, check)
}

// Measure runs the dataset's checks: those that a row shows from the tally,
// the rest as queries over the relation clean. SQL of the contract's own runs
// where rules says; a rule that cannot be run is reported as broken, and the
// others go on: the fault is the rule's, not the data's.
func (p *Plan) Measure(ctx context.Context, c *engine.Conn, clean string, t Tally, rules Rules) ([]Result, error) {
	defer rules.close()
	var out []Result
	for _, check := range p.Checks {
		r := Result{Rule: check.ID, Column: check.Column, Dimension: check.Rule.Dimension, Severity: check.Rule.Severity,
			Unit: check.Rule.Unit, Text: check.Rule.Description}
		if r.Severity == "" {
			r.Severity = SeverityError
		}
		if err := p.measure(ctx, c, clean, t, check, &rules, &r); err != nil {
			return out, fmt.Errorf("%s: rule %s (line %d of %s): %w", p.Dataset.Name, check.ID, check.Rule.Line, p.Dataset.Contract.File, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (p *Plan) measure(ctx context.Context, c *engine.Conn, clean string, t Tally, check Check, rules *Rules, r *Result) (err error) {
	switch check.Rule.Type {
	case "text":
		r.Status = StatusShown
		return nil
	case "custom":
		r.Status = StatusNotRun
		return nil
	case "sql":
		r.Expect = check.Rule.Operator.String()
		if r.Value, err = rules.run(ctx, p, clean, check); err != nil {
			r.Status, r.Fault, r.Hint = StatusBroken, err.Error(), sen.HintOf(err)
			r.Where = fmt.Sprintf("%s:%d", p.Dataset.Contract.File, check.Rule.Line)
			return ctx.Err()
		}
	default:
		r.Value, err = p.metric(ctx, c, clean, t, check)
	}
	r.Expect, r.Status = check.Rule.Operator.String(), StatusFailed
	if err == nil && check.Rule.Operator.Holds(r.Value) {
		r.Status = StatusOK
	}
	return err
}

func (p *Plan) metric(ctx context.Context, c *engine.Conn, clean string, t Tally, check Check) (float64, error) {
	rows := float64(t.Clean.Rows + t.Quarantined.Rows)
	var value float64
	switch {
	case check.Rule.Metric == "rowCount" || rows == 0: // the tally of no rows has no facts
		return rows, nil
	case check.Rule.Metric == "duplicateValues":
		if err := c.Row(ctx, p.repeats(clean, check), &value); err != nil {
			return 0, err
		}
	case check.fact >= 0:
		value = float64(p.tallied(t, check))
	}
	if check.Rule.Percent() && rows > 0 {
		value *= 100 / rows
	}
	return value, nil
}

// tallied counts the rows that a check is about. A value that has no standard
// form is invalid, whatever else a rule asks of it.
func (p *Plan) tallied(t Tally, check Check) int64 {
	n := t.Facts[check.fact]
	if check.Rule.Metric != "invalidValues" || p.Facts[check.fact].Kind == Invalid {
		return n
	}
	for i, f := range p.Facts {
		if f.Kind == Invalid && f.Column == check.Column {
			n += t.Facts[i]
		}
	}
	return n
}

// repeats is the query for the number of rows whose values stand in an
// earlier row already.
func (p *Plan) repeats(clean string, check Check) string {
	columns := argumentTexts(check.Rule, "properties")
	if check.Column != "" {
		columns = []string{check.Column}
	}
	list := engine.Idents(columns)
	return fmt.Sprintf("SELECT coalesce(sum(n - 1), 0)::DOUBLE FROM (SELECT count(*) AS n FROM %s WHERE %s GROUP BY %s)",
		clean, strings.Join(each(columns, "%s IS NOT NULL"), " AND "), list)
}

func each(columns []string, format string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = fmt.Sprintf(format, engine.Ident(c))
	}
	return out
}

// Duplicate is a rule of uniqueness: the primary key, or a unique property.
type Duplicate struct {
	Rule    string
	Column  string
	Columns []string
	primary bool // the primary key, whose hash every row carries
}

// Duplicates lists what must be unique over the whole dataset.
func (p *Plan) Duplicates() []Duplicate {
	var out []Duplicate
	var key []string
	for _, c := range p.key() {
		key = append(key, c.Property.Name)
	}
	if len(key) > 0 {
		out = append(out, Duplicate{Rule: key[0] + ".duplicate-key", Column: key[0], Columns: key, primary: true})
	}
	for _, c := range p.Columns {
		if c.Property.Unique && !(len(key) == 1 && key[0] == c.Property.Name) {
			name := c.Property.Name
			out = append(out, Duplicate{Rule: name + ".duplicate", Column: name, Columns: []string{name}})
		}
	}
	return out
}

// Repeated is the query for the rows of the relation clean that repeat the
// values of an earlier row, by the columns that name them: the first row
// stays, by the order of the source. Hashes narrow the search; values decide.
func (d Duplicate) Repeated(clean, names string) string {
	list, hash := engine.Idents(d.Columns), "hash("+engine.Idents(d.Columns)+")"
	if d.primary {
		hash = KeyColumn
	}
	return fmt.Sprintf(`SELECT %[6]s FROM (
  SELECT %[6]s, row_number() OVER (PARTITION BY %[2]s ORDER BY %[5]s) AS nth
  FROM %[1]s
  WHERE %[4]s AND %[3]s IN (SELECT %[3]s FROM %[1]s GROUP BY %[3]s HAVING count(*) > 1))
WHERE nth > 1`, clean, list, hash, d.present(), RowColumn, names)
}

// present is SQL: all of the values are there.
func (d Duplicate) present() string {
	return strings.Join(each(d.Columns, "%s IS NOT NULL"), " AND ")
}

// text is SQL: one text for the values, equal only where all are; NULL where
// one of them is missing.
func (d Duplicate) text() string {
	if len(d.Columns) == 1 {
		return "CAST(" + engine.Ident(d.Columns[0]) + " AS VARCHAR)"
	}
	return strings.Join(each(d.Columns, "strlen(CAST(%[1]s AS VARCHAR)) || ':' || CAST(%[1]s AS VARCHAR)"), " || ")
}

// BadDuplicates is the SELECT of landed rows, all of them repeats, as rows of
// the quarantine table.
func (p *Plan) BadDuplicates(raw string, d Duplicate, position int64, rng int) string {
	c, _ := p.column(d.Column)
	value := "CAST(" + c.source() + " AS VARCHAR)"
	return fmt.Sprintf("SELECT %[1]s, %[2]s, %[3]s AS _rule, %[4]s AS _column, %[5]s AS _value, "+
		"CAST(to_json([{'rule': %[3]s, 'column': %[4]s, 'value': %[5]s}]) AS VARCHAR) AS _violations, %[6]d::BIGINT AS %[7]s, %[8]d::INTEGER AS %[9]s FROM %[10]s",
		p.sourceColumns(), strings.Join([]string{RowColumn, LineColumn, FaultColumn, RawColumn}, ", "),
		engine.Literal(d.Rule), engine.Literal(d.Column), value, position, PositionColumn, rng, RangeColumn, raw)
}
