package link

import (
	"fmt"
	"slices"
	"strings"
)

// Relationship is what one thing is to another: the mother of a child, the owner
// of a vehicle. A row often speaks of several things at once, each in a part of
// its own; what a row brings together is a relation, with the row as its
// source.
type Relationship struct {
	Name      Title             `yaml:"name,omitempty"`
	Inverse   Inverse           `yaml:"inverse,omitempty"`   // what it is called from the other side
	Entity    string            `yaml:"entity,omitempty"`    // what the other one is; default: the same as this one
	Symmetric bool              `yaml:"symmetric,omitempty"` // the same from both sides, as spouse
	Exclusive bool              `yaml:"exclusive,omitempty"` // one at a time: it lasts until the next one's since
	Ends      string            `yaml:"ends,omitempty"`      // a field of both: the day that the golden record of either gives ends it
	Records   ordered[Relating] `yaml:"records"`             // the dataset/part that names the other one
}

// Inverse is a relationship as it is called from the other side.
type Inverse struct {
	As string `yaml:"as"` // as child, the other side of parent
	VI string `yaml:"vi"`
	EN string `yaml:"en"`
}

// Relating says how the rows of a dataset relate two things.
type Relating struct {
	Of    string `yaml:"of,omitempty"`    // the dataset/part by which the row speaks of this one; default: the dataset
	Since string `yaml:"since,omitempty"` // the row's column with the day from which the relation is
	Until string `yaml:"until,omitempty"` // and with the day on which it ends
}

// Of is the dataset, or dataset/part, by which the rows that name the other one
// in name speak of this one.
func (r Relationship) Of(name string) string {
	if of := r.Records.values[name].Of; of != "" {
		return of
	}
	dataset, _, _ := strings.Cut(name, "/")
	return dataset
}

// With is the entity of the other one.
func (e *Entity) With(r Relationship) string {
	if r.Entity == "" {
		return e.Entity
	}
	return r.Entity
}

// Label is the field by whose value people call a thing: its name, or where it
// has none, its first key.
func (e *Entity) Label() string {
	for _, name := range e.Fields.Names() {
		if element := e.Fields.values[name].Element; element == "person-name" || element == "organisation-name" {
			return name
		}
	}
	if keys := e.Keys(); len(keys) > 0 {
		return keys[0]
	}
	return e.Fields.Names()[0]
}

func (e *Entity) checkRelationships() error {
	names := slices.Clone(e.Relationships.Names())
	for _, name := range e.Relationships.Names() {
		r, at := e.Relationships.values[name], "$.relationships."+name
		if !fieldName.MatchString(name) {
			return e.wrong("$.relationships", "a relationship cannot be called %q", name).WithHint("use small letters, digits and _")
		}
		if r.Records.IsZero() {
			return e.wrong(at, "relationship %s: no records say it", name).WithHint("name a dataset/part under records, as land.parcel/owner: {since: granted_on}")
		}
		if err := e.checkSides(name, r, names); err != nil {
			return err
		}
		names = append(names, r.Inverse.As)
		if _, known := e.Fields.Get(r.Ends); r.Ends != "" && (!known || e.With(r) != e.Entity) {
			return e.wrong(at, "relationship %s: ends %q, which is no field of both sides", name, r.Ends).
				WithHint("ends names a field of this entity, and both sides must be of it")
		}
		for _, record := range r.Records.Names() {
			if err := e.checkRelating(name, r, record); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSides sees that a relationship is called one thing from each side.
func (e *Entity) checkSides(name string, r Relationship, taken []string) error {
	at := "$.relationships." + name
	switch {
	case r.Symmetric && (r.Inverse != (Inverse{}) || e.With(r) != e.Entity):
		return e.wrong(at, "relationship %s is symmetric: it has no inverse, and both sides are %s", name, e.Entity)
	case r.Symmetric:
		return nil
	case !fieldName.MatchString(r.Inverse.As):
		return e.wrong(at, "relationship %s: what it is from the other side cannot be called %q", name, r.Inverse.As).
			WithHint("write inverse: {as: child, vi: Con, en: Child}, or symmetric: true")
	case slices.Contains(taken, r.Inverse.As):
		return e.wrong(at, "relationship %s: its inverse %s is another relationship's name", name, r.Inverse.As)
	}
	return nil
}

func (e *Entity) checkRelating(name string, r Relationship, record string) error {
	at := fmt.Sprintf("$.relationships.%s.records.'%s'", name, record)
	if _, known := e.Records.Get(r.Of(record)); !known {
		return e.wrong(at, "relationship %s: %s is not among the records of this entity", name, r.Of(record)).
			WithHint("of names the dataset/part by which the same row speaks of the %s", e.Entity)
	}
	dataset, _, _ := strings.Cut(record, "/")
	of, _, _ := strings.Cut(r.Of(record), "/")
	if dataset != of || record == r.Of(record) {
		return e.wrong(at, "relationship %s: %s and %s are not two parts of one row", name, r.Of(record), record)
	}
	if r.Exclusive && r.Records.values[record] == (Relating{Of: r.Records.values[record].Of}) {
		return e.wrong(at, "relationship %s is exclusive, and %s says neither since nor until", name, record)
	}
	return nil
}

// fitRelationships sees that the columns of days are there.
func (e *Entity) fitRelationships(columns func(dataset string) ([]string, bool)) error {
	for _, name := range e.Relationships.Names() {
		r := e.Relationships.values[name]
		for _, record := range r.Records.Names() {
			dataset, _, _ := strings.Cut(record, "/")
			known, _ := columns(dataset) // the records of this entity name the dataset, and have been looked at
			for _, column := range []string{r.Records.values[record].Since, r.Records.values[record].Until} {
				if column != "" && !slices.Contains(known, column) {
					return e.wrong(fmt.Sprintf("$.relationships.%s.records.'%s'", name, record),
						"relationship %s: %s does not have the column %q", name, dataset, column).WithHint("its properties are %s", strings.Join(known, ", "))
				}
			}
		}
	}
	return nil
}

// FitsBeside sees that the other sides of the entity's relationships are there.
// all are the hub's entities. The error is Invalid and says file and line.
func (e *Entity) FitsBeside(all []*Entity) error {
	for _, name := range e.Relationships.Names() {
		r := e.Relationships.values[name]
		at := slices.IndexFunc(all, func(o *Entity) bool { return o.Entity == e.With(r) })
		if at < 0 {
			return e.wrong("$.relationships."+name, "relationship %s: there is no entity %q", name, e.With(r))
		}
		for _, record := range r.Records.Names() {
			if _, known := all[at].Records.Get(record); !known {
				return e.wrong(fmt.Sprintf("$.relationships.%s.records.'%s'", name, record), "relationship %s: %s is not among the records of %s", name, record, e.With(r)).
					WithHint("%s says which datasets, and which parts of their rows, speak of %s", all[at].File, e.With(r))
			}
		}
	}
	return nil
}
