package clean

import (
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
)

// FactKind says what kind of finding a fact is.
type FactKind string

// The kinds of fact. The first three hold for each column.
const (
	Blank    FactKind = "blank"    // holds no value
	Invalid  FactKind = "invalid"  // holds a value that has no standard form
	Changed  FactKind = "changed"  // held a value that had to be put into standard form
	Fault    FactKind = "fault"    // the record cannot be read as its columns say
	Violated FactKind = "violated" // breaks a rule of the contract
)

// Severities of a rule, as ODCS writes them.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
	SeverityInfo    = "info"
)

// A Fact is something that a row can be found to be: one bit of the row's
// mask. A row with a fact of severity error goes to quarantine.
type Fact struct {
	Rule      string   `json:"rule,omitempty"` // "born_on.required"; empty for Blank and Changed
	Column    string   `json:"column,omitempty"`
	Kind      FactKind `json:"kind"`
	Severity  string   `json:"severity,omitempty"`
	Dimension string   `json:"dimension,omitempty"`

	cond    string // SQL over the outermost of Plan.layers; never NULL
	problem string // SQL: a code that says more, evaluated for quarantined rows only
}

// holdsBack reports whether a row with this fact goes to quarantine.
func (f Fact) holdsBack() bool { return f.Severity == SeverityError }

// state reports whether the fact says what a column holds.
func (f Fact) state() bool { return f.Kind == Blank || f.Kind == Invalid || f.Kind == Changed }

func (p *Plan) compileFacts() {
	p.Facts = []Fact{{Rule: "row.fault", Kind: Fault, Severity: SeverityError, Dimension: "conformity",
		cond: "(" + FaultColumn + " IS NOT NULL)"}}
	for i := range p.Columns {
		p.columnFacts(&p.Columns[i])
	}
	p.personFacts()
}

// columnFacts lists what one column can be found to be. That a required
// column holds nothing is a violation; else it is only counted.
func (p *Plan) columnFacts(c *Column) {
	name := c.Property.Name
	blank := Fact{Column: name, Kind: Blank, cond: c.absent}
	if c.Property.Required || c.Property.PrimaryKey {
		blank.Rule, blank.Severity, blank.Dimension = name+".required", SeverityError, "completeness"
	}
	severity := SeverityError
	if c.element.Open() {
		severity = SeverityWarning
	}
	p.Facts = append(p.Facts, blank,
		Fact{Column: name, Kind: Invalid, Rule: name + ".invalid", Severity: severity, Dimension: "conformity",
			cond: fmt.Sprintf("(%s IS NULL AND NOT %s)", c.value, c.absent), problem: fmt.Sprintf("coalesce(%s, 'type')", c.problem)})
	if changed := c.changed(); changed != "" {
		p.Facts = append(p.Facts, Fact{Column: name, Kind: Changed, Dimension: "conformity", cond: changed})
	}
	if c.doubt != "" && c.doubt != "false" {
		p.violation(c, name+".encoding", "conformity", SeverityWarning, c.doubt)
	}
	p.optionFacts(c)
	for _, rule := range c.Property.Quality {
		p.ruleFact(c, rule)
	}
}

func (p *Plan) violation(c *Column, rule, dimension, severity, cond string) {
	p.Facts = append(p.Facts, Fact{Rule: rule, Column: c.Property.Name, Kind: Violated,
		Severity: severity, Dimension: dimension, cond: "coalesce(" + cond + ", false)"})
}

// optionFacts are the bounds of logicalTypeOptions.
func (p *Plan) optionFacts(c *Column) {
	o, name := c.Property.Options, c.Property.Name
	add := func(rule, format string, args ...any) {
		p.violation(c, name+"."+rule, "conformity", SeverityError, fmt.Sprintf(format, args...))
	}
	if o.MinLength >= 0 && c.Type == "VARCHAR" {
		add("min-length", "length(%s) < %d", c.value, o.MinLength)
	}
	if o.MaxLength >= 0 && c.Type == "VARCHAR" {
		add("max-length", "length(%s) > %d", c.value, o.MaxLength)
	}
	if o.Pattern != "" && c.Type == "VARCHAR" {
		add("pattern", "NOT regexp_matches(%s, %s)", c.value, engine.Literal(o.Pattern))
	}
	for _, bound := range []struct{ rule, operator, limit string }{
		{"minimum", "<", o.Minimum}, {"maximum", ">", o.Maximum},
		{"exclusive-minimum", "<=", o.ExclusiveMinimum}, {"exclusive-maximum", ">=", o.ExclusiveMaximum},
	} {
		if bound.limit != "" {
			add(bound.rule, "%s %s CAST(%s AS %s)", c.value, bound.operator, engine.Literal(bound.limit), c.Type)
		}
	}
	if c.Property.LogicalType == "object" || c.Property.LogicalType == "array" {
		add("json", "NOT json_valid(%s)", c.value)
	}
}

// ruleFact is a property's library rule that can be seen in one row. It holds
// rows back only where the contract tolerates none; else it counts them.
func (p *Plan) ruleFact(c *Column, rule contract.Rule) {
	cond := ""
	switch rule.Metric {
	case "nullValues":
		cond = c.raw + " IS NULL"
	case "missingValues":
		cond = c.absent
		if list := argumentTexts(rule, "missingValues"); len(list) > 0 {
			cond = fmt.Sprintf("(%s) OR trim(CAST(%s AS VARCHAR)) IN (%s)", cond, c.raw, literals(list))
		}
	case "invalidValues":
		cond = c.outside(rule)
	}
	if cond == "" {
		return
	}
	severity := rule.Severity
	if severity == "" {
		severity = SeverityError
	}
	if severity == SeverityError && !toleratesNone(rule) {
		severity = SeverityWarning
	}
	p.violation(c, ruleID(c.Property.Name, rule), rule.Dimension, severity, cond)
}

// outside is SQL: the value is not among validValues, or does not match
// pattern. Where the list is the column's code list, a value outside of it has
// no standard form already.
func (c *Column) outside(rule contract.Rule) string {
	var parts []string
	if list := argumentTexts(rule, "validValues"); len(list) > 0 && !c.listed {
		parts = append(parts, fmt.Sprintf("CAST(%s AS VARCHAR) NOT IN (%s)", c.value, literals(list)))
	}
	if pattern, ok := rule.Arguments["pattern"].(string); ok {
		parts = append(parts, fmt.Sprintf("NOT regexp_matches(CAST(%s AS VARCHAR), %s)", c.value, engine.Literal(pattern)))
	}
	return strings.Join(parts, " OR ")
}

func ruleID(column string, rule contract.Rule) string {
	if rule.Name != "" || rule.Metric == "" {
		return rule.Label()
	}
	if column == "" {
		return rule.Metric
	}
	return column + "." + rule.Metric
}

// toleratesNone reports whether the rule fails as soon as one row breaks it.
func toleratesNone(rule contract.Rule) bool {
	one := 1.0
	if rule.Percent() {
		one = 1e-9
	}
	return rule.Operator.Holds(0) && !rule.Operator.Holds(one)
}

// argumentTexts is an argument of a rule that lists values. A null in it
// stands for the absence of a value, which no list needs to name.
func argumentTexts(rule contract.Rule, name string) []string {
	list, _ := rule.Arguments[name].([]any)
	var out []string
	for _, v := range list {
		if v != nil {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}

func literals(list []string) string {
	quoted := make([]string, len(list))
	for i, v := range list {
		quoted[i] = engine.Literal(v)
	}
	return strings.Join(quoted, ", ")
}

// personFacts hold each identity number against the sex, birth date and birth
// province that stand beside it, where the contract says which do.
func (p *Plan) personFacts() {
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.element.Name != "personal-identity-number" {
			continue
		}
		sex, bornOn, bornAt := p.beside(c, "sex"), p.beside(c, "bornOn"), p.beside(c, "bornAt")
		if sex == nil && bornOn == nil && bornAt == nil {
			continue
		}
		problem := dictionary.PersonSQL(c.value, sex.asText(), bornOn.asText(), bornAt.asText())
		c.number = "_n" + strings.TrimPrefix(c.raw, "_r")
		cond := "coalesce(" + dictionary.ContradictsSQL(c.number, sex.named(), bornOn.year(), bornAt.named()) + ", false)"
		p.Facts = append(p.Facts, Fact{Rule: c.Property.Name + ".contradiction", Column: c.Property.Name, Kind: Violated,
			Severity: SeverityError, Dimension: "consistency", cond: cond, problem: problem})
	}
}

// beside is the column that a custom property of c names; nil when it names none.
func (p *Plan) beside(c *Column, custom string) *Column {
	other, _ := p.column(c.Property.Custom.Text(custom))
	return other
}
