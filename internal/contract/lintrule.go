package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// rule checks a quality rule of an object, or of its property p.
func (l *linter) rule(o *Object, p *Property, r Rule) {
	l.ruleColumns(o, r)
	l.operator(r)
	l.schedule(r.at, r.Schedule, r.Scheduler)
	l.placeholders(o, p, r)
	if r.Metric == "" {
		return
	}
	if r.Metric == "rowCount" && r.Percent() {
		l.errorAt(r.at.field("unit"), "", "leave the unit out", "%s counts rows: it has no percentage", quoted(r))
	}
	if r.Metric == "invalidValues" && p != nil && !definesValidity(p, r) {
		l.warnAt(r.at.field("metric"), "", "name a data element, logicalTypeOptions, or arguments validValues or pattern",
			"%s: nothing says which values of %q are valid", quoted(r), p.Name)
	}
	if p == nil && r.Column == "" && r.Metric != "rowCount" && r.Metric != "duplicateValues" {
		l.warnAt(r.at.field("metric"), "", "put the rule at a property, or name one: arguments: {column: …}",
			"%s measures one column and names none: it is not run", quoted(r))
	}
}

func quoted(r Rule) string { return fmt.Sprintf("quality rule %q", r.Label()) }

// columnArguments are the arguments of library metrics that name properties.
var columnArguments = []string{"column", "columns", "property", "properties"}

func (l *linter) ruleColumns(o *Object, r Rule) {
	arguments := r.at.get("arguments")
	for _, key := range columnArguments {
		value := arguments.get(key)
		if value == nil {
			continue
		}
		for _, n := range append(slices.Clone(value.items), value) {
			if n.kind == aText && o.Property(n.text) == nil {
				l.errorAt(n, "", didYouMean(n.text, "columns", names(o.Properties)), "%s names column %s, which object %s does not have", quoted(r), n.text, o.Name)
			}
		}
	}
}

func (l *linter) operator(r Rule) {
	op := r.Operator
	switch {
	case op.Name == "":
	case !op.Numeric:
		l.warnAt(r.at.field(op.Name), "", "write a number", "%s: a count cannot be compared with %q", quoted(r), r.at.field(op.Name).text)
	case op.Low > op.High && (op.Name == "mustBeBetween" || op.Name == "mustNotBeBetween"):
		l.errorAt(r.at.field(op.Name), "", "the smaller number comes first", "%s: nothing lies between %s and %s", quoted(r), shortNumber(op.Low), shortNumber(op.High))
	}
}

func definesValidity(p *Property, r Rule) bool {
	_, values := r.Arguments["validValues"]
	_, pattern := r.Arguments["pattern"]
	o := p.Options
	bounded := o.Minimum != "" || o.Maximum != "" || o.ExclusiveMinimum != "" || o.ExclusiveMaximum != "" || o.MultipleOf != 0
	shaped := o.Pattern != "" || o.Format != "" || o.MinLength >= 0 || o.MaxLength >= 0
	typed := p.LogicalType != "" && p.LogicalType != "string"
	return values || pattern || bounded || shaped || typed || p.Element != ""
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// placeholders: a query may name ${object} (or ${table}) and, at a property,
// ${property} (or ${column}).
func (l *linter) placeholders(o *Object, p *Property, r Rule) {
	known := []string{"object", "table"}
	if p != nil || r.Column != "" {
		known = append(known, "property", "column")
	}
	for _, m := range placeholder.FindAllStringSubmatchIndex(r.Query, -1) {
		name := r.Query[m[2]:m[3]]
		if slices.Contains(known, name) {
			continue
		}
		hint := didYouMean(name, "a query may use", known)
		if name == "property" || name == "column" {
			hint = "put the rule at a property"
		}
		l.errorAt(r.at.field("query").part(m[0], m[1]), "", hint, "%s names ${%s}, which nothing fills in for object %s", quoted(r), name, o.Name)
	}
}

// part is the place of bytes [from, to) of a text that stands in one line of
// the file as it is; of other texts, the place of the whole.
func (n *node) part(from, to int) *node {
	length := utf8.RuneCountInString(n.text)
	quotes := (n.width - length) / 2
	if strings.ContainsRune(n.text, '\n') || n.width < length || quotes > 1 {
		return n
	}
	part := *n
	part.column += quotes + utf8.RuneCountInString(n.text[:from])
	part.width = utf8.RuneCountInString(n.text[from:to])
	return &part
}

var cronLine = regexp.MustCompile(`^@(yearly|annually|monthly|weekly|daily|hourly)$|^([0-9A-Za-z*?/,#-]+\s+){4,5}[0-9A-Za-z*?/,#-]+$`)

func (l *linter) schedule(at *node, schedule, scheduler string) {
	if schedule == "" || scheduler != "" && scheduler != "cron" {
		return
	}
	if !cronLine.MatchString(strings.TrimSpace(schedule)) {
		l.errorAt(at.field("schedule"), "", "five fields: minute, hour, day, month, weekday, like 0 20 * * *", "schedule %q is no cron line", schedule)
	}
}
