package contract

import (
	"path"
	"slices"
	"strings"

	sen "github.com/sen-hub/sen"
)

// Reference is a resolved foreign key: the values of Columns in this dataset
// are found in ToColumns of the dataset To. Columns are property names.
type Reference struct {
	Columns   []string
	To        sen.Dataset
	ToColumns []string
	Line      int
}

// target is one end of a relationship as written, taken apart.
type target struct {
	file     string // "" = this contract, else the file's base name
	external bool   // on the web: never opened
	object   string // its name or id
	property string // its name or id; nested ones are joined by dots
}

// targetOf reads both forms of the standard: object.property, and
// [file#][/]schema/object[/properties/property…].
func targetOf(s string) target {
	var t target
	if file, rest, ok := strings.Cut(s, "#"); ok {
		t.external = strings.HasPrefix(file, "http://") || strings.HasPrefix(file, "https://")
		t.file, s = path.Base(file), rest
	} else if object, property, ok := strings.Cut(s, "."); ok {
		return target{object: object, property: property}
	}
	steps := strings.Split(strings.TrimPrefix(s, "/"), "/")
	var properties []string
	for i := 0; i+1 < len(steps); i += 2 {
		switch steps[i] {
		case "schema":
			t.object = steps[i+1]
		case "properties":
			properties = append(properties, steps[i+1])
		}
	}
	t.property = strings.Join(properties, ".")
	return t
}

// find gives the object by its name or id.
func (c *Contract) find(name string) *Object {
	for _, same := range []func(o *Object) bool{
		func(o *Object) bool { return o.Name == name },
		func(o *Object) bool { return o.ID == name },
		func(o *Object) bool { return o.PhysicalName == name },
	} {
		if i := slices.IndexFunc(c.Objects, same); i >= 0 {
			return c.Objects[i]
		}
	}
	return nil
}

// find gives the property by its name or id; dots step into nested ones.
func (o *Object) find(name string) *Property {
	all := o.Properties
	var found *Property
	for _, step := range strings.Split(name, ".") {
		i := slices.IndexFunc(all, func(p *Property) bool { return p.Name == step })
		if i < 0 {
			i = slices.IndexFunc(all, func(p *Property) bool { return p.ID != "" && p.ID == step })
		}
		if i < 0 {
			return nil
		}
		found, all = all[i], all[i].Properties
	}
	return found
}

// relationship checks the ends that lie in this contract.
func (l *linter) relationship(o *Object, r Relationship) {
	for i, end := range append(slices.Clone(r.From), r.To...) {
		at := r.end(i)
		t := targetOf(end)
		object := l.c.find(t.object)
		if i < len(r.From) && t.file == "" && object != o {
			l.errorAt(at, "", "it starts at "+o.Name, "a relationship of object %s cannot start at %s", o.Name, end)
			continue
		}
		if t.file != "" || object == nil {
			continue // looseEnds, or the set, says more
		}
		if object.find(t.property) == nil {
			l.errorAt(at, "", didYouMean(t.property, "properties", names(object.Properties)), "relationship to %s: object %s has no property %q", end, object.Name, t.property)
		}
	}
	if len(r.From) > 0 && len(r.From) != len(r.To) {
		l.errorAt(r.at.field("to"), "", "", "the relationship joins %d properties to %d", len(r.From), len(r.To))
	}
}

// end is the place of the i-th of all ends, from before to.
func (r Relationship) end(i int) *node {
	value := r.at.field("to")
	if i < len(r.From) {
		value = r.at.field("from")
	} else {
		i -= len(r.From)
	}
	if value.kind == aList && i < len(value.items) {
		return value.items[i]
	}
	return value
}

// edge is one relationship of an object with the columns where it starts.
type edge struct {
	Relationship
	columns []string
}

// edges are an object's relationships, its properties' included.
func (o *Object) edges() []edge {
	var all []edge
	for _, r := range o.Relationships {
		e := edge{Relationship: r}
		for _, from := range r.From {
			e.columns = append(e.columns, targetOf(from).property)
		}
		all = append(all, e)
	}
	for _, p := range o.Properties {
		for _, r := range p.Relationships {
			for i, to := range r.To { // several targets of one property are several relationships
				one := r
				one.To, one.at = []string{to}, r.end(i)
				all = append(all, edge{one, []string{p.Name}})
			}
		}
	}
	return all
}

// looseEnds warns of relationships that one file alone cannot resolve.
func (c *Contract) looseEnds() Problems {
	var all Problems
	for _, o := range c.Objects {
		for _, e := range o.edges() {
			for _, to := range e.To {
				if t := targetOf(to); t.file == "" && c.find(t.object) == nil {
					p := e.at.field("to").problem("it is looked for in the other contracts of the hub", "relationship to %s: this contract has no object %q", to, t.object)
					p.Warning = true
					all = append(all, p)
				}
			}
		}
	}
	return all
}
