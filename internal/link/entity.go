package link

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/declaration"
)

// Entity is a file of the folder entities: what records are about, which
// datasets speak of it, how their records match, and what survives.
type Entity struct {
	Entity  string          `yaml:"entity"`
	Name    Title           `yaml:"name,omitempty"`
	Fields  ordered[Field]  `yaml:"fields"`
	Records ordered[Record] `yaml:"records,omitempty"`
	Match   Match           `yaml:"match"`

	Relationships ordered[Relationship] `yaml:"relationships,omitempty"`

	File   string                `yaml:"-"`
	lines  func(path string) int // of a part of the file
	digest sen.Digest
}

// Digest is of the file's bytes.
func (e *Entity) Digest() string { return e.digest.String() }

// Title is a text for people, in both languages.
type Title struct {
	VI string `yaml:"vi"`
	EN string `yaml:"en"`
}

// Field is a field of the golden record.
type Field struct {
	Title       Title    `yaml:"title,omitempty"`        // what people call it; default: the title of its element
	Element     string   `yaml:"element,omitempty"`      // its data element
	Compare     Kind     `yaml:"compare,omitempty"`      // how it is compared; default: by its element
	SwappedWith string   `yaml:"swapped_with,omitempty"` // the field whose value records may give in its place
	Believe     []string `yaml:"believe,omitempty"`      // the datasets that are believed first, in this order
	Then        string   `yaml:"then,omitempty"`         // what decides where none of them says: most-agreed (default), newest, most-complete
	Group       string   `yaml:"group,omitempty"`        // fields of a group are read together, or not at all; default core
}

// CoreGroup is the group of the fields that name none.
const CoreGroup = "core"

// Groups are the groups in which fields lie; none where no field is named.
func (e *Entity) Groups(fields []string) []string {
	var out []string
	for _, name := range fields {
		group := cmp.Or(e.Fields.values[name].Group, CoreGroup)
		if !slices.Contains(out, group) {
			out = append(out, group)
		}
	}
	return out
}

// Rank is how far a dataset, or a part of it, is believed about a field: who is
// believed first has the least.
func (e *Entity) Rank(field, record string) int {
	believe := e.Fields.values[field].Believe
	if at := slices.Index(believe, record); at >= 0 {
		return at
	}
	return len(believe) + map[Role]int{Authoritative: 0, Contributing: 1, Mentioning: 2}[e.Records.values[record].Role]
}

// Record says which columns of a dataset give which fields, and how far it is
// believed.
type Record struct {
	Role   Role              `yaml:"role"`
	Fields map[string]string `yaml:"fields"`
	AsOf   string            `yaml:"as_of,omitempty"` // the column with the day of which a record speaks
}

// Role is how far a dataset is believed about an entity.
type Role string

// The roles.
const (
	Authoritative Role = "authoritative" // its records are the thing's own, one each
	Contributing  Role = "contributing"  // it knows the thing's fields
	Mentioning    Role = "mentioning"    // it only refers to the thing
)

// Match says how records are linked.
type Match struct {
	Keys    []Key       `yaml:"keys,omitempty"`  // fields whose same value means the same thing
	Never   []NeverRule `yaml:"never,omitempty"` // what is never merged
	Block   [][]string  `yaml:"block,omitempty"`
	Compare []string    `yaml:"compare"`
	Budget  string      `yaml:"budget,omitempty"` // as "40 pairs per record"
	Review  string      `yaml:"review,omitempty"` // as "between 0.80 and 0.99"
	Once    bool        `yaml:"one_to_one,omitempty"`
}

// ordered is a mapping in the order of the file.
type ordered[V any] struct {
	names  []string
	values map[string]V
}

// Names are those of the mapping, in the order of the file.
func (o ordered[V]) Names() []string { return o.names }

// Len is how many names there are.
func (o ordered[V]) Len() int { return len(o.names) }

// Get is what a name stands for.
func (o ordered[V]) Get(name string) (V, bool) { v, known := o.values[name]; return v, known }

// UnmarshalYAML reads the mapping.
func (o *ordered[V]) UnmarshalYAML(src []byte) error {
	var items yaml.MapSlice
	if err := yaml.Unmarshal(src, &items); err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(src, &o.values, yaml.Strict()); err != nil {
		return err
	}
	for _, item := range items {
		o.names = append(o.names, fmt.Sprint(item.Key))
	}
	return nil
}

// MarshalYAML writes the mapping.
func (o ordered[V]) MarshalYAML() (any, error) {
	items := make(yaml.MapSlice, len(o.names))
	for i, name := range o.names {
		items[i] = yaml.MapItem{Key: name, Value: o.values[name]}
	}
	return items, nil
}

// IsZero reports whether there is nothing in it.
func (o ordered[V]) IsZero() bool { return len(o.names) == 0 }

// kindOf says how the values of a data element are compared.
var kindOf = map[string]Kind{
	"person-name": Name, "date": Date, "address": Text, "organisation-name": Text, "text": Text, "email": Email,
	"integer": Number, "number": Number, "money": Number, "period": Code,
	"sex": Name, "province": Name, "administrative-unit": Name, "code": Name, "ethnicity": Name, "nationality": Name,
	"personal-identity-number": Code, "identity-number-old": Code, "phone": Code, "tax-code": Code,
	"vehicle-plate": Code, "land-parcel": Code, "health-insurance-number": Code,
}

// maxEntity is the size of an entity file, in bytes.
const maxEntity = 1 << 20

// ParseEntity reads the file of an entity. The error is Invalid and says file,
// line and reason.
func ParseEntity(file string, src []byte) (e *Entity, err error) {
	e = &Entity{File: file, digest: sha256.Sum256(src)}
	lines, err := declaration.Read(file, src, maxEntity, e)
	if err != nil {
		return nil, err
	}
	e.lines = lines.Of
	if err := e.check(); err != nil {
		return nil, err
	}
	return e, nil
}

// wrong is a fault of the file at a path in it.
func (e *Entity) wrong(path, format string, args ...any) *sen.Error {
	out := sen.Errorf(sen.Invalid, format, args...)
	if line := e.lines(path); line > 0 {
		return out.At("%s:%d", e.File, line)
	}
	return out.At("%s", e.File)
}

func (e *Entity) check() error {
	if e.Entity == "" {
		return e.wrong("$", "the entity has no name").WithHint("write entity: person")
	}
	if _, err := sen.ParseDataset("entity." + e.Entity); err != nil {
		return e.wrong("$.entity", "an entity cannot be called %q: %w", e.Entity, err)
	}
	if e.Fields.IsZero() {
		return e.wrong("$.entity", "the entity has no fields")
	}
	for _, name := range e.Fields.Names() {
		f := e.Fields.values[name]
		at := "$.fields." + name
		if f.Compare != "" && levels[f.Compare] == nil {
			return e.wrong(at, "field %s: kind %q is not known", name, f.Compare).
				WithHint("kinds are name, text, date, code, email and number")
		}
		if !slices.Contains([]string{"", "most-agreed", "newest", "most-complete"}, f.Then) {
			return e.wrong(at, "field %s: then %q is not known", name, f.Then).WithHint("use most-agreed, newest or most-complete")
		}
		if _, known := e.Fields.Get(f.SwappedWith); f.SwappedWith != "" && !known {
			return e.wrong(at, "field %s is swapped with %q, which is no field", name, f.SwappedWith)
		}
	}
	if err := e.checkMatch(); err != nil {
		return err
	}
	if err := e.checkRecords(); err != nil {
		return err
	}
	return e.checkRelationships()
}

func (e *Entity) checkMatch() error {
	for i, name := range e.Match.Compare {
		if _, known := e.Fields.Get(name); !known {
			return e.wrong(fmt.Sprintf("$.match.compare[%d]", i), "%q is no field of this entity", name)
		}
	}
	for i, terms := range e.Match.Block {
		for _, term := range terms {
			if _, err := e.term(term); err != nil {
				return e.wrong(fmt.Sprintf("$.match.block[%d]", i), "%s", err)
			}
		}
	}
	if e.Match.Budget != "" {
		if _, err := budget(e.Match.Budget); err != nil {
			return e.wrong("$.match.budget", "%s", err)
		}
	}
	if e.Match.Review != "" {
		var from, to float64
		if n, err := fmt.Sscanf(e.Match.Review, "between %g and %g", &from, &to); n != 2 || err != nil || !(0 < from && from < to && to < 1) {
			return e.wrong("$.match.review", "%q is no zone of review: write it as between 0.80 and 0.99", e.Match.Review)
		}
	}
	if err := e.checkKeys(); err != nil {
		return err
	}
	return e.checkNever()
}

// fieldName is what a field of a golden record may be called; what is put
// behind it names its source, its day and what else was said.
var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// mostRecords is how many kinds of records a run tells apart, in a byte each
// with one value to spare.
const mostRecords = 254

func (e *Entity) checkRecords() error {
	if e.Records.IsZero() {
		return nil
	}
	for _, name := range e.Fields.Names() {
		taken := slices.Contains([]string{"entity", "records", "datasets"}, name)
		for _, behind := range []string{"_source", "_as_of", "_rejected"} {
			_, known := e.Fields.Get(strings.TrimSuffix(name, behind))
			taken = taken || known && strings.HasSuffix(name, behind)
		}
		if taken || !fieldName.MatchString(name) {
			return e.wrong("$.fields."+name, "a field of golden records cannot be called %q", name).
				WithHint("use small letters, digits and _; entity, records and datasets, and NAME_source, NAME_as_of and NAME_rejected, are taken")
		}
	}
	if n := len(e.Records.Names()); n > mostRecords {
		return e.wrong("$.records", "%d kinds of records speak of the entity, at most %d can", n, mostRecords).
			WithHint("declare a second entity, and relate the two")
	}
	for _, name := range e.Records.Names() {
		r := e.Records.values[name]
		switch r.Role {
		case Authoritative, Contributing, Mentioning:
		default:
			return e.wrong("$.records.'"+name+"'", "records %s: role %q is not known", name, r.Role).
				WithHint("roles are authoritative, contributing and mentioning")
		}
		for field := range r.Fields {
			if _, known := e.Fields.Get(field); !known {
				return e.wrong("$.records.'"+name+"'", "records %s: %q is no field of this entity", name, field)
			}
		}
	}
	if len(e.Match.Keys) == 0 {
		return e.wrong("$.match", "the records have no key").WithHint("name a field under match.keys, as keys: [identity_number]")
	}
	return nil
}

// Fits sees that the datasets and columns that the file names are there: the
// first of its faults. columns are those of a dataset, and whether it is known.
func (e *Entity) Fits(columns func(dataset string) ([]string, bool)) error {
	if all := e.Faults(columns); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Faults are all datasets and columns that the file names and that are not
// there, each with its place in the file.
func (e *Entity) Faults(columns func(dataset string) ([]string, bool)) (all []error) {
	for _, name := range e.Records.Names() {
		dataset, _, _ := strings.Cut(name, "/")
		r, at := e.Records.values[name], "$.records.'"+name+"'"
		known, there := columns(dataset)
		if !there {
			all = append(all, e.wrong(at, "records %s: no contract has the dataset %s", name, dataset).WithHint("a dataset is called agency.object; `sen status` lists them"))
			continue
		}
		named := map[string]string{"as_of": r.AsOf}
		for field, column := range r.Fields {
			named[field] = column
		}
		for _, field := range slices.Sorted(maps.Keys(named)) {
			if column := named[field]; column != "" && !slices.Contains(known, column) {
				all = append(all, e.wrong(at, "records %s: %s is to come from %q, which %s does not have", name, field, column, dataset).
					WithHint("its properties are %s", strings.Join(known, ", ")))
			}
		}
	}
	if err := e.fitRelationships(columns); err != nil {
		all = append(all, err)
	}
	return all
}

// ways by the words of entity files.
var bys = map[string]By{
	"folded": Whole, "whole": Whole, "start": Start, "end": End, "sound": Sound, "year": Year, "day": Day,
	"words": Words, "pairs": Pairs, "sorted": Sorted,
}

func (e *Entity) term(text string) (Term, error) {
	name, by, given := strings.Cut(text, ".")
	if _, known := e.Fields.Get(name); !known {
		return Term{}, fmt.Errorf("%q is no field of this entity", name)
	}
	if !given {
		return Term{Column: name, By: Whole}, nil
	}
	way, known := bys[by]
	if !known {
		return Term{}, fmt.Errorf("%q is no way to block: folded, start, end, sound, year, day, words, pairs or sorted", by)
	}
	return Term{Column: name, By: way}, nil
}

func budget(text string) (float64, error) {
	number, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n <= 0 || rest != "pairs per record" {
		return 0, fmt.Errorf("%q is no budget: write it as 40 pairs per record", text)
	}
	return n, nil
}

// Review is the zone of probability in which a pair is for a person to decide:
// from, and below to, from which on records are linked without a person's eye.
func (e *Entity) Review() (from, to float64) {
	if n, err := fmt.Sscanf(e.Match.Review, "between %g and %g", &from, &to); n == 2 && err == nil {
		return from, to
	}
	return 0.80, 0.99
}

// Spec is how the entity's records are linked, its columns being the fields.
func (e *Entity) Spec() Spec {
	s := Spec{Budget: defaultBudget, OneToOne: e.Match.Once, Never: e.never()}
	if n, err := budget(e.Match.Budget); err == nil {
		s.Budget = n
	}
	for _, name := range e.Match.Compare {
		f := e.Fields.values[name]
		c := Comparison{Column: name, Kind: f.Compare}
		if c.Kind == "" {
			c.Kind = kindOf[f.Element]
		}
		if c.Kind == "" {
			c.Kind = Name
		}
		if slices.Contains(e.Match.Compare, f.SwappedWith) {
			c.Other = f.SwappedWith
		}
		s.Compare = append(s.Compare, c)
	}
	for _, terms := range e.Match.Block {
		var b Block
		for _, text := range terms {
			if term, err := e.term(text); err == nil {
				b = append(b, term)
			}
		}
		s.Block = append(s.Block, b)
	}
	return s
}

// DraftEntity writes a drafted spec as an entity's file, its evidence as
// comments.
func DraftEntity(name string, t *Table, s Spec) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Drafted by `sen link infer` from %d records: read it, mend it, keep it in entities/.\n", t.Rows)
	fmt.Fprintf(&b, "entity: %s\nname: {vi: %s, en: %s}\n\nfields:\n", quote(name), quote(name), quote(name))
	compared := map[string]Comparison{}
	for _, c := range s.Compare {
		compared[c.Column] = c
	}
	for _, c := range t.Columns {
		p, used := compared[c.Name]
		if !used {
			fmt.Fprintf(&b, "  %s: {}   # not compared: %d values in %d records say nothing about sameness\n", quote(c.Name), c.Distinct(), c.Filled)
			continue
		}
		swapped := ""
		if p.Other != "" {
			swapped = ", swapped_with: " + quote(p.Other)
		}
		fmt.Fprintf(&b, "  %s: {compare: %s%s}   # %d values in %d records\n", quote(c.Name), p.Kind, swapped, c.Distinct(), c.Filled)
	}
	fmt.Fprintf(&b, "\nmatch:\n  compare: [")
	for i, c := range s.Compare {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(c.Column))
	}
	b.WriteString("]\n")
	if len(s.Block) > 0 {
		b.WriteString("  block:\n")
	}
	for _, rule := range s.Block {
		terms := make([]string, len(rule))
		for i, term := range rule {
			terms[i] = term.Column
			if term.By != Whole {
				terms[i] += "." + string(term.By)
			}
			terms[i] = quote(terms[i])
		}
		fmt.Fprintf(&b, "    - [%s]\n", strings.Join(terms, ", "))
	}
	fmt.Fprintf(&b, "  budget: %g pairs per record\n", s.Budget)
	if s.OneToOne {
		b.WriteString("  one_to_one: true\n")
	}
	return b.Bytes()
}

// quote writes a name so that YAML reads it as text.
func quote(name string) string {
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '.') && !(r >= '0' && r <= '9' && name[0] > '9') {
			return strconv.Quote(name)
		}
	}
	switch strings.ToLower(name) {
	case "", "y", "n", "yes", "no", "true", "false", "null", "on", "off":
		return strconv.Quote(name)
	}
	return name
}
