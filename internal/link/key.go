package link

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Key is a field whose same value means the same thing, and where such values
// are issued anew, the fields that say so.
type Key struct {
	Field      string `yaml:"key"`
	ValidFrom  string `yaml:"valid_from,omitempty"`  // the day from which a record's value is valid
	ValidUntil string `yaml:"valid_until,omitempty"` // the day from which it is no more; missing: still valid
	Succeeds   string `yaml:"succeeds,omitempty"`    // the value that it lawfully replaces
}

// UnmarshalYAML reads a key, or the name of its field.
func (k *Key) UnmarshalYAML(src []byte) error {
	if yaml.Unmarshal(src, &k.Field) == nil {
		return nil
	}
	type plain Key
	return yaml.UnmarshalWithOptions(src, (*plain)(k), yaml.Strict())
}

// Keys are the fields that are keys, the first one first.
func (e *Entity) Keys() []string {
	out := make([]string, len(e.Match.Keys))
	for i, k := range e.Match.Keys {
		out[i] = k.Field
	}
	return out
}

func (e *Entity) checkKeys() error {
	for i, k := range e.Match.Keys {
		at := fmt.Sprintf("$.match.keys[%d]", i)
		for _, name := range []string{k.Field, k.ValidFrom, k.ValidUntil, k.Succeeds} {
			if _, known := e.Fields.Get(name); !known && (name != "" || k.Field == "") {
				return e.wrong(at, "key %q is no field of this entity", name)
			}
		}
		switch {
		case k.Succeeds == "" && k.ValidFrom+k.ValidUntil != "":
			return e.wrong(at, "key %s has a validity, and nothing says what it succeeds", k.Field).WithHint("name the field with the value that it replaces, as succeeds: former_number")
		case k.Succeeds != "" && i > 0:
			return e.wrong(at, "key %s: only the first key has a succession", k.Field)
		case k.Succeeds == k.Field:
			return e.wrong(at, "key %s succeeds itself", k.Field)
		}
	}
	return nil
}

func (e *Entity) checkNever() error {
	for i, rule := range e.Match.Never {
		at := fmt.Sprintf("$.match.never[%d]", i)
		if rule.Always != "" {
			field, says := strings.CutPrefix(rule.Always, "two authoritative ")
			if !says || len(e.Match.Keys) == 0 || field != e.Match.Keys[0].Field {
				return e.wrong(at, "%q is no rule", rule.Always).WithHint("write {differ: FIELD}, {differ: FIELD.year, more_than: 1} or {differ: [FIELD, FIELD]}, which is all of them; two authoritative records of the first key are never one in any case")
			}
			continue
		}
		if len(rule.Differ) == 0 {
			return e.wrong(at, "the rule names no field").WithHint("write {differ: FIELD}")
		}
		years := false
		for _, text := range rule.Differ {
			term, err := e.term(text)
			if err != nil {
				return e.wrong(at, "%s", err)
			}
			if !slices.Contains(e.Match.Compare, term.Column) {
				return e.wrong(at, "%s is not compared: name it under compare", term.Column)
			}
			if !slices.Contains([]By{Whole, Start, End, Year}, term.By) {
				return e.wrong(at, "%s can differ and mean the same: use the field itself, .start, .end or .year", text)
			}
			years = years || term.By == Year
		}
		if rule.MoreThan < 0 || rule.MoreThan > 0 && !years {
			return e.wrong(at, "more_than is of years: write {differ: born_on.year, more_than: 1}")
		}
	}
	return nil
}

// never are the rules of the file.
func (e *Entity) never() (out []Never) {
	for _, rule := range e.Match.Never {
		n := Never{MoreThan: rule.MoreThan}
		for _, text := range rule.Differ {
			if term, err := e.term(text); err == nil {
				n.Differ = append(n.Differ, term)
			}
		}
		if len(n.Differ) > 0 {
			out = append(out, n)
		}
	}
	return out
}
