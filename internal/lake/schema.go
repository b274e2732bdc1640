package lake

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// Field is one column of a table.
type Field struct {
	Name     string
	Type     string // the engine's: VARCHAR, BIGINT, DECIMAL(10,2), VARCHAR[], …
	Required bool   // never NULL; a column added later is never required
	Doc      string
}

// newSchema numbers the fields of a new table.
func newSchema(fields []Field) (*iceberg.Schema, error) {
	schema, _, err := evolve(iceberg.NewSchema(0), 0, fields)
	if err != nil {
		return nil, err
	}
	columns := schema.Fields()
	for i := range columns {
		columns[i].Required = fields[i].Required
	}
	return iceberg.NewSchema(0, columns...), nil
}

// evolve makes current's schema hold what fields say: a new column gets a new
// id, a column that is gone is dropped, a type widens. last is the highest
// field id ever given out. It reports whether anything changes. The error has
// kind Drift where a type can not become the other.
func evolve(current *iceberg.Schema, last int, fields []Field) (*iceberg.Schema, bool, error) {
	if err := checkNames(fields); err != nil {
		return nil, false, err
	}
	next := func() int { last++; return last }
	columns := make([]iceberg.NestedField, len(fields))
	for i, f := range fields {
		have, there := column(current, f.Name)
		if !there {
			have = iceberg.NestedField{ID: next(), Name: f.Name}
		}
		want, err := parseType(f.Type, next)
		if err != nil {
			return nil, false, sen.Errorf(sen.KindOf(err), "column %q: %w", f.Name, err)
		}
		if columns[i], err = merge(have, f, want); err != nil {
			return nil, false, err
		}
	}
	return iceberg.NewSchema(0, columns...), !same(current.Fields(), columns), nil
}

func merge(have iceberg.NestedField, f Field, want iceberg.Type) (iceberg.NestedField, error) {
	have.Doc = f.Doc
	have.Required = have.Required && f.Required
	if have.Type == nil {
		have.Type = want
		return have, nil
	}
	merged, ok := promote(have.Type, want)
	if !ok {
		return have, sen.Errorf(sen.Drift, "column %q is %s in the lake and would become %s", f.Name, engineType(have.Type), engineType(want)).
			WithHint("a type may only widen (INTEGER to BIGINT, FLOAT to DOUBLE, a decimal to more digits); give the column another name, or cast it")
	}
	have.Type = merged
	return have, nil
}

func same(a, b []iceberg.NestedField) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Doc != b[i].Doc || a[i].Required != b[i].Required ||
			engineType(a[i].Type) != engineType(b[i].Type) {
			return false
		}
	}
	return true
}

// checkNames refuses what the engine could not tell apart: it folds the case
// of column names.
func checkNames(fields []Field) error {
	if len(fields) == 0 {
		return sen.Errorf(sen.Invalid, "a table needs at least one column")
	}
	seen := map[string]string{}
	for _, f := range fields {
		if f.Name == "" || strings.ContainsRune(f.Name, 0) {
			return sen.Errorf(sen.Invalid, "a column has no name, or a NUL byte in it").
				WithHint("give every column a name")
		}
		folded := strings.ToLower(f.Name)
		if folded == "file_row_number" || folded == "_file" || folded == "_pos" {
			return sen.Errorf(sen.Invalid, "a column may not be called %q: the reader adds one of that name", f.Name).
				WithHint("rename it where it lands")
		}
		if first, twice := seen[folded]; twice {
			return sen.Errorf(sen.Invalid, "columns %q and %q have the same name to the SQL engine", first, f.Name).
				WithHint("rename one of them")
		}
		seen[folded] = f.Name
	}
	return nil
}

func column(schema *iceberg.Schema, name string) (iceberg.NestedField, bool) {
	for _, f := range schema.Fields() {
		if f.Name == name {
			return f, true
		}
	}
	return iceberg.NestedField{}, false
}

// fieldsOf describes a schema to the other rooms.
func fieldsOf(schema *iceberg.Schema) []Field {
	out := make([]Field, 0, schema.NumFields())
	for _, f := range schema.Fields() {
		out = append(out, Field{Name: f.Name, Type: engineType(f.Type), Required: f.Required, Doc: f.Doc})
	}
	return out
}

// fieldIDs is the value of the engine's FIELD_IDS option: {"a": 1,
// "l": {__duckdb_field_id: 2, element: 3}}.
func fieldIDs(fields []iceberg.NestedField) string { return "{" + namedIDs(fields) + "}" }

func namedIDs(fields []iceberg.NestedField) string {
	entries := make([]string, len(fields))
	for i, f := range fields {
		entries[i] = engine.Ident(f.Name) + ": " + fieldID(f.ID, f.Type)
	}
	return strings.Join(entries, ", ")
}

func fieldID(id int, t iceberg.Type) string {
	var inner string
	switch t := t.(type) {
	case *iceberg.ListType:
		inner = "element: " + fieldID(t.ElementID, t.Element)
	case *iceberg.MapType:
		inner = "key: " + fieldID(t.KeyID, t.KeyType) + ", value: " + fieldID(t.ValueID, t.ValueType)
	case *iceberg.StructType:
		inner = namedIDs(t.FieldList)
	default:
		return fmt.Sprint(id)
	}
	return fmt.Sprintf("{__duckdb_field_id: %d, %s}", id, inner)
}

// nameMapping is how a reader finds the columns of a file that carries no
// field ids (Iceberg spec, "Column Projection").
func nameMapping(schema *iceberg.Schema) (iceberg.Properties, error) {
	text, err := json.Marshal(schema.NameMapping())
	if err != nil {
		return nil, fmt.Errorf("map column names: %w", err)
	}
	return iceberg.Properties{table.DefaultNameMappingKey: string(text)}, nil
}
