package desk

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/sen-hub/sen/internal/link"
)

// Origin is where a value comes from: by the entity's file from a column of a
// dataset, and by its contract from a column of a source.
type Origin struct {
	Dataset   string `json:"dataset"` // or dataset/part
	Column    string `json:"column,omitempty"`
	Element   string `json:"element,omitempty"`   // as which it is cleaned
	Type      string `json:"type,omitempty"`      // into which it is cleaned: ODCS logical type
	Transform string `json:"transform,omitempty"` // what the contract says is done to it, in its words
	Source    string `json:"source,omitempty"`    // the column as the source has it
	Table     string `json:"table,omitempty"`     // the file, or the table of a server
	Contract  string `json:"contract,omitempty"`
}

// FieldLineage is a field of a golden record with all that it can come from,
// who is believed first at the head.
type FieldLineage struct {
	Name    string         `json:"name"`
	Title   link.Title     `json:"-"`
	Element string         `json:"element,omitempty"`
	Then    string         `json:"then"` // what decides where belief does not: most-agreed, newest, most-complete
	Origins []RankedOrigin `json:"origins"`
}

// RankedOrigin is an origin and how far it is believed.
type RankedOrigin struct {
	Origin
	Role  link.Role `json:"role"`
	First bool      `json:"believed_first"` // the entity's file names it for this field
}

// Lineage follows every field of an entity back to the columns of sources, by
// declarations alone: no data is read. The error is NotFound where there is no
// such entity.
func (d *Desk) Lineage(entity string) (*link.Entity, []FieldLineage, error) {
	e, err := d.Entity(entity)
	if err != nil {
		return nil, nil, err
	}
	out := make([]FieldLineage, 0, e.Fields.Len())
	for _, name := range e.Fields.Names() {
		field, _ := e.Fields.Get(name)
		one := FieldLineage{Name: name, Title: d.fieldTitle(field), Element: field.Element, Then: cmp.Or(field.Then, MostAgreed)}
		for _, record := range e.Records.Names() {
			said, _ := e.Records.Get(record)
			if said.Fields[name] != "" {
				one.Origins = append(one.Origins, RankedOrigin{d.origin(e, name, record), said.Role, slices.Contains(field.Believe, record)})
			}
		}
		slices.SortStableFunc(one.Origins, func(a, b RankedOrigin) int {
			return cmp.Compare(e.Rank(name, a.Dataset), e.Rank(name, b.Dataset))
		})
		out = append(out, one)
	}
	return e, out, nil
}

// origin follows a field back to the source of a dataset that gives it.
func (d *Desk) origin(e *link.Entity, field, record string) Origin {
	out := Origin{Dataset: record}
	said, known := e.Records.Get(record)
	if !known {
		return out
	}
	out.Column = said.Fields[field]
	one, known := d.dataset(DatasetOf(record))
	if !known {
		return out
	}
	out.Contract, out.Table = d.short(one.Contract.File), cmp.Or(one.Path(), one.Object.Source())
	if p := one.Object.Property(out.Column); p != nil {
		out.Source, out.Element, out.Type = p.Source(), p.Element, p.LogicalType
		out.Transform = cmp.Or(p.TransformDescription, p.TransformLogic)
	}
	return out
}

// short is a file as it is called within the hub's folder.
func (d *Desk) short(file string) string {
	if rel, err := filepath.Rel(d.o.Dir, file); err == nil {
		return rel
	}
	return file
}

// GoldenField is a field of the golden records of an entity.
type GoldenField struct {
	Entity string
	Field  string
	Title  link.Title
}

// Gives are the fields of golden records that a dataset's columns give, by
// column; none while the entity files cannot be read, of which a link run tells.
func (d *Desk) Gives(dataset string) map[string][]GoldenField {
	entities, err := d.Entities()
	if err != nil {
		return nil
	}
	out := map[string][]GoldenField{}
	for _, e := range entities {
		for _, record := range e.Records.Names() {
			if string(DatasetOf(record)) != dataset {
				continue
			}
			said, _ := e.Records.Get(record)
			for _, field := range e.Fields.Names() {
				column, given := said.Fields[field], GoldenField{e.Entity, field, d.FieldTitle(e, field)}
				if column != "" && !slices.Contains(out[column], given) {
					out[column] = append(out[column], given)
				}
			}
		}
	}
	return out
}
