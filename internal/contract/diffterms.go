package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

func number64(s string) *float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &v
}

// rules compares quality rules; a rule is the same by name, else by what it measures.
func (d *differ) rules(path string, before, after []Rule) {
	rest := slices.Clone(after)
	for _, r := range before {
		i := slices.IndexFunc(rest, func(other Rule) bool { return sameRule(r, other) })
		if i < 0 {
			d.add(Compatible, path+".quality."+r.Label(), r.Label(), "", "the rule is no longer checked")
			continue
		}
		d.rule(path+".quality."+r.Label(), r, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	for _, r := range rest {
		d.add(strictness(r), path+".quality."+r.Label(), "", r.Label(), "a new rule: rows that passed may not")
	}
}

func sameRule(a, b Rule) bool {
	if a.Name != "" || b.Name != "" {
		return a.Name == b.Name
	}
	return a.Type == b.Type && a.Metric == b.Metric && a.Column == b.Column && a.Query == b.Query && a.Description == b.Description
}

// strictness: only a rule that is run and not merely a warning can reject rows.
func strictness(r Rule) Class {
	switch {
	case r.Type == "text" || r.Type == "custom":
		return Note
	case r.Severity == "" || fold(r.Severity) == "error" || fold(r.Severity) == "critical":
		return Breaking
	}
	return Compatible
}

func (d *differ) rule(path string, a, b Rule) {
	if a.Metric != b.Metric || a.Query != b.Query || a.Type != b.Type || a.Unit != b.Unit || !reflect.DeepEqual(a.Arguments, b.Arguments) {
		d.add(strictness(b), path, measure(a), measure(b), "the rule measures something else")
	}
	if !reflect.DeepEqual(a.Operator, b.Operator) {
		class, reason := strictness(b), "the rule is tighter: rows that passed may not"
		if a.Operator.tighter(b.Operator) {
			class, reason = Compatible, "the rule is looser"
		}
		d.add(class, path, a.Operator.String(), b.Operator.String(), reason)
	}
	if strictness(a) != strictness(b) {
		class, reason := Compatible, "the rule weighs less"
		if strictness(b) == Breaking {
			class, reason = Breaking, "the rule rejects rows now"
		}
		d.add(class, path+".severity", a.Severity, b.Severity, reason)
	}
	d.value(Note, path+".dimension", a.Dimension, b.Dimension, "where it counts in the quality score")
}

func measure(r Rule) string {
	return strings.Join(slices.DeleteFunc([]string{r.Type, r.Metric, r.Query, r.Unit}, func(s string) bool { return s == "" }), " ")
}

func (d *differ) relationships(path string, before, after []Relationship) {
	text := func(r Relationship) string {
		return strings.TrimPrefix(strings.Join(r.From, ", ")+" → "+strings.Join(r.To, ", "), " → ")
	}
	was, is := make([]string, len(before)), make([]string, len(after))
	for i, r := range before {
		was[i] = text(r)
	}
	for i, r := range after {
		is[i] = text(r)
	}
	for _, r := range was {
		if !slices.Contains(is, r) {
			d.add(Compatible, path+".relationships", r, "", "the relationship is no longer checked")
		}
	}
	for _, r := range is {
		if !slices.Contains(was, r) {
			d.add(Breaking, path+".relationships", "", r, "values that lead nowhere are faults now")
		}
	}
}

// slas: a shorter time is a better promise for latency and frequency, a worse
// one for retention.
func (d *differ) slas(a, b *Contract) {
	name := func(s SLAProperty) string {
		return strings.TrimSuffix("slaProperties."+s.Property+" "+s.Element, " ")
	}
	find := func(all []SLAProperty, key string) *SLAProperty {
		if i := slices.IndexFunc(all, func(s SLAProperty) bool { return name(s) == key }); i >= 0 {
			return &all[i]
		}
		return nil
	}
	for _, s := range a.SLA {
		now := find(b.SLA, name(s))
		if now == nil {
			d.add(Breaking, name(s), promised(s), "", "the promise is withdrawn")
		} else if promised(s) != promised(*now) {
			class, reason := promiseClass(s, *now)
			d.add(class, name(s), promised(s), promised(*now), reason)
		}
	}
	for _, s := range b.SLA {
		if find(a.SLA, name(s)) == nil {
			d.add(Compatible, name(s), "", promised(s), "a new promise")
		}
	}
}

func promised(s SLAProperty) string {
	return strings.TrimSpace(scalarText(s.Value) + " " + s.Unit)
}

func promiseClass(a, b SLAProperty) (Class, string) {
	from, okFrom := a.Duration()
	to, okTo := b.Duration()
	switch {
	case !okFrom || !okTo:
		return Breaking, "the promise changes"
	case from == to:
		return Note, "the same time in other words"
	case (to < from) == (a.Property != "retention"):
		return Compatible, "a better promise"
	}
	return Breaking, "a weaker promise"
}

func (d *differ) servers(a, b *Contract) {
	find := func(c *Contract, name string) *Server {
		if i := slices.IndexFunc(c.Servers, func(s Server) bool { return s.Name == name }); i >= 0 {
			return &c.Servers[i]
		}
		return nil
	}
	for _, s := range a.Servers {
		now := find(b, s.Name)
		if now == nil {
			d.add(Breaking, "servers."+s.Name, s.Type, "", "the data is no longer there")
			continue
		}
		d.server("servers."+s.Name, s, *now)
	}
	for _, s := range b.Servers {
		if find(a, s.Name) == nil {
			d.add(Compatible, "servers."+s.Name, "", s.Type, "a new place")
		}
	}
}

func (d *differ) server(path string, a, b Server) {
	d.value(Breaking, path+".type", a.Type, b.Type, "another kind of source")
	for _, key := range unionOfKeys(a.Facts, b.Facts) {
		d.value(Compatible, path+"."+key, a.Facts[key], b.Facts[key], "the source is reached otherwise")
	}
	d.customs(path, a.Custom, b.Custom)
}

func unionOfKeys[V any](a, b map[string]V) []string {
	var keys []string
	for _, m := range []map[string]V{a, b} {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// secrecy: a dataset that becomes a state secret, or stops being one.
func (d *differ) secrecy(a, b *Contract) {
	was := map[string]bool{}
	for _, one := range a.Datasets() {
		was[one.Object.Name] = one.StateSecret()
	}
	for _, one := range b.Datasets() {
		before, there := was[one.Object.Name]
		if there && before != one.StateSecret() {
			d.add(Breaking, one.Object.Name+".classification", secrecyWord(before), secrecyWord(!before), "a state secret is never extracted")
		}
	}
}

func secrecyWord(secret bool) string {
	if secret {
		return "state-secret"
	}
	return "no state secret"
}

// meaning of a change in the custom properties that the hub reads; others are notes.
var customClass = map[string]Class{"encoding": Breaking, "bornOn": Compatible, "bornAt": Compatible, "sex": Compatible, "publishedSince": Compatible, "sheet": Compatible}

func (d *differ) customs(path string, a, b CustomProperties) {
	was, is := map[string]string{}, map[string]string{}
	for _, c := range a {
		was[c.Property] = fmt.Sprint(c.Value)
	}
	for _, c := range b {
		is[c.Property] = fmt.Sprint(c.Value)
	}
	for _, key := range unionOfKeys(was, is) {
		class, known := customClass[key]
		if !known {
			class = Note
		}
		d.value(class, path+".customProperties."+key, was[key], is[key], "a custom property")
	}
}
