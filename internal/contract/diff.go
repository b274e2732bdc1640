package contract

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// differ collects the changes from one contract to the next.
type differ struct{ changes []Change }

// Diff compares two versions of a contract by what they mean: schema, keys,
// types, rules, relationships, promises, classification, servers, terms. Order
// and wording of the file make no change. Breaking comes first.
func Diff(before, after *Contract) []Change {
	d := &differ{}
	d.identity(before, after)
	d.objects(before, after)
	d.slas(before, after)
	d.servers(before, after)
	d.secrecy(before, after)
	d.customs("contract", before.Custom, after.Custom)
	rank := map[Class]int{Breaking: 0, Compatible: 1, Note: 2}
	slices.SortStableFunc(d.changes, func(a, b Change) int { return rank[a.Class] - rank[b.Class] })
	return d.changes
}

func (d *differ) add(class Class, path, from, to, reason string) {
	d.changes = append(d.changes, Change{class, path, from, to, reason})
}

// value adds a change where a text differs.
func (d *differ) value(class Class, path, from, to, reason string) {
	if from != to {
		d.add(class, path, from, to, reason)
	}
}

func (d *differ) identity(a, b *Contract) {
	d.value(Breaking, "id", a.ID, b.ID, "the datasets have other names now")
	d.value(Note, "version", a.Version, b.Version, "the contract's version")
	d.value(statusClass(b.Status), "status", a.Status, b.Status, "the contract's status")
	d.value(Note, "name", a.Name, b.Name, "what people read")
	d.value(Note, "domain", a.Domain, b.Domain, "what people read")
	d.value(Note, "tenant", a.Tenant, b.Tenant, "who answers for it")
	d.value(Note, "description.purpose", a.Description.Purpose, b.Description.Purpose, "what people read")
	d.value(Note, "description.usage", a.Description.Usage, b.Description.Usage, "what people read")
	d.value(Note, "description.limitations", a.Description.Limitations, b.Description.Limitations, "what people read")
	if a.Price != b.Price {
		d.add(Breaking, "price", price(a.Price), price(b.Price), "the terms of those who buy change")
	}
}

func statusClass(status string) Class {
	if status == "retired" || status == "deprecated" {
		return Breaking
	}
	return Note
}

func price(p Price) string {
	return strings.TrimSpace(shortNumber(p.Amount) + " " + p.Currency + " " + p.Unit)
}

func (d *differ) objects(a, b *Contract) {
	for _, o := range a.Objects {
		if after := objectNamed(b, o.Name); after != nil {
			d.object(o, after)
			continue
		}
		d.add(Breaking, o.Name, o.Name, "", "the dataset is gone")
	}
	for _, o := range b.Objects {
		if objectNamed(a, o.Name) == nil {
			d.add(Compatible, o.Name, "", o.Name, "a new dataset")
		}
	}
}

func objectNamed(c *Contract, name string) *Object {
	for _, o := range c.Objects {
		if o.Name == name {
			return o
		}
	}
	return nil
}

func (d *differ) object(a, b *Object) {
	d.value(Compatible, a.Name+".physicalName", a.Source(), b.Source(), "it is read from elsewhere in the source")
	d.value(Note, a.Name+".physicalType", a.PhysicalType, b.PhysicalType, "its kind in the source")
	d.value(Note, a.Name+".description", a.Description, b.Description, "what people read")
	d.value(Breaking, a.Name+".key", keyOf(a), keyOf(b), "rows are told apart otherwise: what was stored by the old key does not match")
	d.properties(a.Name, a.Properties, b.Properties)
	d.rules(a.Name, a.Quality, b.Quality)
	d.relationships(a.Name, a.Relationships, b.Relationships)
	d.customs(a.Name, a.Custom, b.Custom)
}

func keyOf(o *Object) string {
	return strings.Join(names(Dataset{Object: o}.Key()), ", ")
}

func (d *differ) properties(path string, before, after []*Property) {
	named := func(all []*Property, name string) *Property {
		if i := slices.IndexFunc(all, func(p *Property) bool { return p.Name == name }); i >= 0 {
			return all[i]
		}
		return nil
	}
	for _, p := range before {
		if now := named(after, p.Name); now != nil {
			d.property(path+"."+p.Name, p, now)
			continue
		}
		d.add(Breaking, path+"."+p.Name, p.Name, "", "the column is gone")
	}
	for _, p := range after {
		if named(before, p.Name) == nil {
			class, reason := Compatible, "a new optional column"
			if p.Required {
				class, reason = Breaking, "a new required column: rows stored before do not have it"
			}
			d.add(class, path+"."+p.Name, "", p.Name, reason)
		}
	}
}

func (d *differ) property(path string, a, b *Property) {
	d.value(logicalClass(a.LogicalType, b.LogicalType), path+".logicalType", a.LogicalType, b.LogicalType, "readers get another type")
	d.value(Compatible, path+".physicalName", a.Source(), b.Source(), "it is read from another column of the source")
	d.value(Compatible, path+".physicalType", a.PhysicalType, b.PhysicalType, "the source is expected to have another type")
	d.value(Breaking, path+".element", a.Element, b.Element, "values are standardised and checked otherwise")
	d.value(sensitivity(a.Classification), path+".classification", a.Classification, b.Classification, "policy judges by it")
	d.value(Note, path+".description", a.Description, b.Description, "what people read")
	d.promise(path+".required", a.Required, b.Required, "empty values are quarantined now", "readers may meet empty values")
	d.promise(path+".unique", a.Unique, b.Unique, "repeated values are faults now", "readers may meet repeated values")
	d.options(path, a.Options, b.Options)
	d.rules(path, a.Quality, b.Quality)
	d.relationships(path, a.Relationships, b.Relationships)
	d.customs(path, a.Custom, b.Custom)
	d.properties(path, a.Properties, b.Properties)
	switch {
	case a.Items != nil && b.Items != nil:
		d.property(path+"[]", a.Items, b.Items)
	case a.Items != nil || b.Items != nil:
		d.add(Breaking, path+".items", "", "", "the form of the list's items changes")
	}
}

// logicalClass: whole numbers may become numbers; any other new type breaks readers.
func logicalClass(from, to string) Class {
	if from == "integer" && to == "number" || from == "date" && to == "timestamp" || from == "" {
		return Compatible
	}
	return Breaking
}

// sensitivity: what was open and is closed breaks its readers; what was
// closed and is open may break the law, so people must see both.
func sensitivity(from string) Class {
	if from == "" || fold(from) == "public" {
		return Compatible
	}
	return Breaking
}

// promise is a truth that readers and sources rely on: taking it on rejects
// rows that passed, giving it up surprises readers. Both break somebody.
func (d *differ) promise(path string, from, to bool, taken, given string) {
	if from == to {
		return
	}
	reason := given
	if to {
		reason = taken
	}
	d.add(Breaking, path, fmt.Sprint(from), fmt.Sprint(to), reason)
}

// options: fewer values allowed may reject what passed; more are compatible.
func (d *differ) options(path string, a, b TypeOptions) {
	if reflect.DeepEqual(a, b) {
		return
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		from, to := optionText(x.Field(i)), optionText(y.Field(i))
		if from == to {
			continue
		}
		class, reason := Breaking, "values that were valid may not be now"
		if looser(x.Type().Field(i).Name, from, to) {
			class, reason = Compatible, "every value that was valid still is"
		}
		d.add(class, path+"."+lowerFirst(x.Type().Field(i).Name), from, to, reason)
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// optionText is an option's value, "" where it is not given.
func optionText(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Int && v.Int() < 0, v.Kind() != reflect.Int && v.IsZero():
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// looser: the option is lifted, or its bound moves outwards.
func looser(option, from, to string) bool {
	if to == "" {
		return true
	}
	a, b := number64(from), number64(to)
	switch {
	case from == "" || a == nil || b == nil:
		return false
	case strings.HasPrefix(option, "Min") || option == "ExclusiveMinimum":
		return *b <= *a
	case strings.HasPrefix(option, "Max") || option == "ExclusiveMaximum":
		return *b >= *a
	}
	return false
}
