package contract

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// checker holds a contract's tree against the tables of the standard.
type checker struct{ problems Problems }

// checkStandard gives every departure of a tree from ODCS 3.1.0, and warnings
// for what it deprecates.
func checkStandard(root *node) Problems {
	c := &checker{}
	c.value(root, aRecord("contract"), "")
	return c.problems
}

func (c *checker) errorAt(n *node, path, hint, format string, args ...any) {
	p := n.problem(hint, format, args...)
	p.Path = path
	c.problems = append(c.problems, p)
}

func (c *checker) warnAt(n *node, path, hint, format string, args ...any) {
	c.errorAt(n, path, hint, format, args...)
	c.problems[len(c.problems)-1].Warning = true
}

// value checks one value against its form.
func (c *checker) value(n *node, f form, path string) {
	if n.kind&f.kinds == 0 {
		c.errorAt(n, path, kindHint(n, f), "%s must be %s, not %s", subject(path), f.kinds, n.kind)
		return
	}
	switch n.kind {
	case aText:
		c.text(n, f, path)
	case aNumber:
		c.number(n, f, path)
	case aList:
		c.list(n, f, path)
	case aMapping:
		if r := recordOf(f.record); r != nil {
			c.record(n, r, path)
		}
	}
}

// recordOf finds a record by name; nil leaves a mapping open.
func recordOf(name string) *record {
	if logicalType, ok := strings.CutPrefix(name, "options of "); ok {
		return optionRecord(logicalType)
	}
	return standard()[name]
}

func kindHint(n *node, f form) string {
	switch {
	case f.kinds&aText != 0 && n.kind&(aNumber|aBoolean) != 0:
		return fmt.Sprintf("put it in quotes: %q", n.text)
	case f.kinds&aList != 0 && n.kind&aScalar != 0 && n.kind != aNull:
		return fmt.Sprintf("write a list: [%s]", n.text)
	case f.kinds&(aNumber|aBoolean) != 0 && n.kind == aText:
		return "take the quotes away, or write " + f.kinds.String()
	case n.kind == aNull:
		return "write a value, or leave the field out"
	}
	return ""
}

func (c *checker) text(n *node, f form, path string) {
	if len(f.words) > 0 && !slices.Contains(f.words, n.text) {
		c.errorAt(n, path, didYouMean(n.text, "allowed", f.words), "%s cannot be %q", subject(path), n.text)
	}
	if f.match != nil && !f.match.MatchString(n.text) {
		c.errorAt(n, path, "it looks like this: "+f.looks, "%s cannot be %q", subject(path), n.text)
	}
}

func (c *checker) number(n *node, f form, path string) {
	if f.integral && n.number != math.Trunc(n.number) {
		c.errorAt(n, path, "", "%s must be a whole number", subject(path))
	}
	if f.atLeast == nil {
		return
	}
	switch least := *f.atLeast; {
	case f.above && n.number <= least:
		c.errorAt(n, path, "", "%s must be above %g", subject(path), least)
	case n.number < least:
		c.errorAt(n, path, "", "%s must be at least %g", subject(path), least)
	}
}

func (c *checker) list(n *node, f form, path string) {
	if least := f.count[0]; len(n.items) < least {
		c.errorAt(n, path, "", "%s needs at least %d values", subject(path), least)
	}
	if most := f.count[1]; most > 0 && len(n.items) > most {
		c.errorAt(n, path, "", "%s takes at most %d values", subject(path), most)
	}
	for i, item := range n.items {
		if f.items != nil {
			c.value(item, *f.items, fmt.Sprintf("%s[%d]", path, i))
		}
		if f.distinct && slices.ContainsFunc(n.items[:i], item.same) {
			c.errorAt(item, path, "", "%s holds %s twice", subject(path), item.text)
		}
	}
}

// same reports equal scalars; 1 and 1.0 are equal.
func (n *node) same(other *node) bool {
	if n.kind == aNumber && other.kind == aNumber {
		return n.number == other.number
	}
	return n.kind == other.kind && n.kind&aScalar != 0 && n.text == other.text
}

// record checks a mapping: what it lacks, what it has, what it should not have.
func (c *checker) record(n *node, r *record, path string) {
	allowed, known := r.fields, true
	if r.more != nil {
		var extra []field
		extra, known = r.more(n)
		allowed = slices.Concat(r.fields, extra)
	}
	for _, f := range allowed {
		if f.required && n.get(f.name) == nil {
			c.errorAt(n, path, "", "%s lacks %s", r.name(n), f.name)
		}
	}
	for _, e := range n.entries {
		f, ok := findField(allowed, e.key.text)
		switch {
		case ok:
			c.field(e, f, join(path, f.name))
		case r.open:
			c.openField(e, r, n, path)
		case known:
			c.unknownField(e, r, n, allowed, path)
		}
	}
	if r.check != nil {
		r.check(c, r, n, path)
	}
}

func (c *checker) field(e entry, f field, path string) {
	if f.instead != "" {
		c.warnAt(e.key, path, "use "+f.instead, "%s is deprecated", f.name)
	}
	c.value(e.value, f.form, path)
}

// openField warns of a field that the standard allows only by leaving the
// mapping open, where it looks mistyped.
func (c *checker) openField(e entry, r *record, n *node, path string) {
	if near := Nearest(e.key.text, fieldNames(r.fields)); near != "" {
		c.warnAt(e.key, join(path, e.key.text), "did you mean "+near+"?", "%s has no field %q in the standard", r.name(n), e.key.text)
	}
}

func (c *checker) unknownField(e entry, r *record, n *node, allowed []field, path string) {
	hint := didYouMean(e.key.text, "fields", missing(n, allowed))
	if reason := r.whyNot(n, e.key.text); reason != "" {
		hint = reason
	}
	c.errorAt(e.key, join(path, e.key.text), hint, "%s has no field %q", r.name(n), e.key.text)
}

// whyNot explains fields that exist, but not here.
func (r *record) whyNot(n *node, name string) string {
	_, isOperator := findField(operatorFields, name)
	switch {
	case r.noun == "quality rule" && isOperator:
		return "an operator needs a metric, or type: sql with a query"
	case r.noun == "quality rule" && name == "query":
		return "a query needs type: sql"
	case r.noun == "quality rule" && (name == "engine" || name == "implementation"):
		return name + " needs type: custom"
	case r.noun == "logicalTypeOptions" && len(r.fields) == 0:
		return "options need a logicalType"
	case name == "properties" && n.get("logicalType") != nil:
		return "only logicalType: object has properties"
	case name == "items":
		return "only logicalType: array has items"
	case name == "from" && r.noun == "relationship":
		return "a property's relationship starts at the property itself"
	case name == "classification" && r.noun != "property":
		return "the standard classifies properties; here write customProperties: [{property: classification, value: …}]"
	}
	return ""
}

// name identifies a mapping to a reader: server "live".
func (r *record) name(n *node) string {
	for _, key := range []string{"name", "server", "property", "username", "role", "channel", "id"} {
		if v := n.get(key); v != nil && v.kind == aText && v.text != "" {
			return fmt.Sprintf("%s %q", r.noun, v.text)
		}
	}
	return "the " + r.noun
}

func findField(all []field, name string) (field, bool) {
	i := slices.IndexFunc(all, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return all[i], true
}

func fieldNames(all []field) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

// missing is the fields that a mapping may have and does not have yet.
func missing(n *node, allowed []field) []string {
	return slices.DeleteFunc(fieldNames(allowed), func(name string) bool { return n.get(name) != nil })
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// subject is the last step of a path, as messages name it.
func subject(path string) string {
	if path == "" {
		return "a contract"
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}

// checkOperators: a library or sql rule has exactly one operator.
func checkOperators(c *checker, r *record, n *node, path string) {
	if !isLibrary(n) && n.str("type") != "sql" {
		return
	}
	var found []entry
	for _, e := range n.entries {
		if _, ok := findField(operatorFields, e.key.text); ok {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		c.errorAt(n, path, "one of "+strings.Join(fieldNames(operatorFields), ", "), "%s says nothing of what its result must be", r.name(n))
	case len(found) > 1:
		c.errorAt(found[1].key, path, "keep one of them, or write two rules", "%s has two operators, %s and %s", r.name(n), found[0].key.text, found[1].key.text)
	}
}

// checkBothEnds: from and to are both one reference or both a list of them.
func checkBothEnds(c *checker, _ *record, n *node, path string) {
	from, to := n.get("from"), n.get("to")
	if from == nil || to == nil || from.kind&to.kind != 0 {
		return
	}
	c.errorAt(to, join(path, "to"), "from and to are both one reference, or both a list", "from is %s and to is %s", from.kind, to.kind)
}
