package lake

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// Iceberg has fewer types than the engine (Iceberg spec, "Primitive Types").
// Narrow and unsigned integers widen; an unsigned number above the greatest
// BIGINT makes the read fail, never wrong. Digits below the microsecond stay
// in the file and are not read. What has no home at all is refused.
var primitives = map[string]iceberg.Type{
	"VARCHAR": iceberg.PrimitiveTypes.String, "TEXT": iceberg.PrimitiveTypes.String,
	"STRING": iceberg.PrimitiveTypes.String, "CHAR": iceberg.PrimitiveTypes.String,
	"JSON": iceberg.PrimitiveTypes.String, "ENUM": iceberg.PrimitiveTypes.String,
	"TINYINT": iceberg.PrimitiveTypes.Int32, "SMALLINT": iceberg.PrimitiveTypes.Int32,
	"UTINYINT": iceberg.PrimitiveTypes.Int32, "USMALLINT": iceberg.PrimitiveTypes.Int32,
	"INTEGER": iceberg.PrimitiveTypes.Int32, "INT": iceberg.PrimitiveTypes.Int32,
	"UINTEGER": iceberg.PrimitiveTypes.Int64, "BIGINT": iceberg.PrimitiveTypes.Int64,
	"UBIGINT": iceberg.PrimitiveTypes.Int64,
	"FLOAT":   iceberg.PrimitiveTypes.Float32, "REAL": iceberg.PrimitiveTypes.Float32,
	"DOUBLE":  iceberg.PrimitiveTypes.Float64,
	"BOOLEAN": iceberg.PrimitiveTypes.Bool, "BOOL": iceberg.PrimitiveTypes.Bool,
	"DATE": iceberg.PrimitiveTypes.Date, "TIME": iceberg.PrimitiveTypes.Time,
	"TIMESTAMP": iceberg.PrimitiveTypes.Timestamp, "DATETIME": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP_S": iceberg.PrimitiveTypes.Timestamp, "TIMESTAMP_MS": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP_NS":             iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMPTZ":              iceberg.PrimitiveTypes.TimestampTz,
	"TIMESTAMP WITH TIME ZONE": iceberg.PrimitiveTypes.TimestampTz,
	"BLOB":                     iceberg.PrimitiveTypes.Binary, "BYTEA": iceberg.PrimitiveTypes.Binary,
	"UUID": iceberg.PrimitiveTypes.UUID,
}

const deepestType = 32 // levels of nesting; more is an attack, not a table

// typeParser reads the engine's name of a type, for example
// DECIMAL(10,2), VARCHAR[] or STRUCT(a INTEGER, "b c" VARCHAR)[].
type typeParser struct {
	in    string
	at    int
	depth int
	next  func() int // numbers the fields inside nested types
}

// parseType gives the Iceberg type of an engine type. The error has kind
// Invalid and says what to cast to.
func parseType(name string, next func() int) (iceberg.Type, error) {
	p := &typeParser{in: name, next: next}
	t, err := p.parse()
	if err == nil && p.at < len(p.in) {
		err = p.bad("unexpected %q", p.in[p.at:])
	}
	return t, err
}

func (p *typeParser) parse() (iceberg.Type, error) {
	if p.depth++; p.depth > deepestType {
		return nil, p.bad("nested deeper than %d levels", deepestType)
	}
	defer func() { p.depth-- }()
	t, err := p.base()
	for levels := p.depth; err == nil && p.take('['); levels++ {
		if levels >= deepestType {
			return nil, p.bad("nested deeper than %d levels", deepestType)
		}
		p.span(isDigit)
		if !p.take(']') {
			return nil, p.bad("a [ is not closed")
		}
		t = &iceberg.ListType{ElementID: p.next(), Element: t}
	}
	return t, err
}

func (p *typeParser) base() (iceberg.Type, error) {
	word := strings.ToUpper(strings.TrimSpace(p.span(isWord)))
	switch word {
	case "DECIMAL", "NUMERIC":
		return p.decimal()
	case "STRUCT":
		return p.structure()
	case "MAP":
		return p.mapping()
	}
	t, known := primitives[word]
	if !known {
		return nil, p.bad("the lake has no type %q", word)
	}
	return t, p.skipArguments()
}

func (p *typeParser) decimal() (iceberg.Type, error) {
	if !p.take('(') {
		return iceberg.DecimalTypeOf(18, 3), nil // the engine's default
	}
	precision, err := strconv.Atoi(p.span(isDigit))
	scale := 0
	if err == nil && p.take(',') {
		scale, err = strconv.Atoi(p.span(isDigit))
	}
	if err != nil || !p.take(')') || precision < 1 || precision > 38 || scale > precision {
		return nil, p.bad("a decimal is DECIMAL(precision 1–38, scale)")
	}
	return iceberg.DecimalTypeOf(precision, scale), nil
}

func (p *typeParser) structure() (iceberg.Type, error) {
	if !p.take('(') {
		return nil, p.bad("a STRUCT names its fields")
	}
	var fields []iceberg.NestedField
	for {
		name, err := p.fieldName()
		if err != nil {
			return nil, err
		}
		field := iceberg.NestedField{ID: p.next(), Name: name}
		if field.Type, err = p.parse(); err != nil {
			return nil, err
		}
		fields = append(fields, field)
		if p.take(')') {
			return &iceberg.StructType{FieldList: fields}, nil
		}
		if !p.take(',') {
			return nil, p.bad("a STRUCT is not closed")
		}
	}
}

func (p *typeParser) mapping() (iceberg.Type, error) {
	if !p.take('(') {
		return nil, p.bad("a MAP names its key and value")
	}
	m := &iceberg.MapType{KeyID: p.next(), ValueID: p.next()}
	var err error
	if m.KeyType, err = p.parse(); err != nil {
		return nil, err
	}
	if !p.take(',') {
		return nil, p.bad("a MAP names its key and value")
	}
	if m.ValueType, err = p.parse(); err != nil {
		return nil, err
	}
	if !p.take(')') {
		return nil, p.bad("a MAP is not closed")
	}
	return m, nil
}

func (p *typeParser) fieldName() (string, error) {
	if !p.take('"') {
		p.blank()
		if name := p.span(func(c byte) bool { return c != ' ' && c != ',' && c != '(' && c != ')' && c != '"' }); name != "" {
			return name, nil
		}
		return "", p.bad("a field has no name")
	}
	var name strings.Builder
	for p.at < len(p.in) {
		c := p.in[p.at]
		p.at++
		if c == '"' {
			if p.at >= len(p.in) || p.in[p.at] != '"' {
				return name.String(), nil
			}
			p.at++
		}
		name.WriteByte(c)
	}
	return "", p.bad("a quoted name is not closed")
}

// skipArguments passes over the (…) of VARCHAR(20) or ENUM('a', 'b)').
func (p *typeParser) skipArguments() error {
	if !p.take('(') {
		return nil
	}
	for quoted := false; p.at < len(p.in); p.at++ {
		switch c := p.in[p.at]; {
		case c == '\'':
			quoted = !quoted
		case c == ')' && !quoted:
			p.at++
			p.blank()
			return nil
		}
	}
	return p.bad("a ( is not closed")
}

func (p *typeParser) span(in func(byte) bool) string {
	start := p.at
	for p.at < len(p.in) && in(p.in[p.at]) {
		p.at++
	}
	return p.in[start:p.at]
}

func (p *typeParser) blank() { p.span(func(c byte) bool { return c == ' ' }) }

func (p *typeParser) take(c byte) bool {
	p.blank()
	if p.at >= len(p.in) || p.in[p.at] != c {
		return false
	}
	p.at++
	if c != '"' {
		p.blank()
	}
	return true
}

func (p *typeParser) bad(format string, args ...any) error {
	return sen.Errorf(sen.Invalid, "type %q: %s", p.in, fmt.Sprintf(format, args...)).
		WithHint("cast the column to a type that Iceberg tables have: VARCHAR, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL(p,s), BLOB, or a list of one")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == ' ' || c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// engineType is the engine's name of an Iceberg type.
func engineType(t iceberg.Type) string {
	switch t := t.(type) {
	case iceberg.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision(), t.Scale())
	case *iceberg.ListType:
		return engineType(t.Element) + "[]"
	case *iceberg.MapType:
		return "MAP(" + engineType(t.KeyType) + ", " + engineType(t.ValueType) + ")"
	case *iceberg.StructType:
		fields := make([]string, len(t.FieldList))
		for i, f := range t.FieldList {
			fields[i] = engine.Ident(f.Name) + " " + engineType(f.Type)
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	case iceberg.FixedType:
		return "BLOB"
	}
	return engineNames[t.Type()]
}

var engineNames = map[string]string{
	"string": "VARCHAR", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
	"boolean": "BOOLEAN", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP",
	"timestamptz": "TIMESTAMPTZ", "binary": "BLOB", "uuid": "UUID",
}

// promote gives the type that holds both: the wider one where Iceberg allows
// the promotion (spec, "Schema Evolution"), else false.
func promote(have, want iceberg.Type) (iceberg.Type, bool) {
	if engineType(have) == engineType(want) {
		return have, true
	}
	if widens(have, want) {
		return want, true
	}
	return have, widens(want, have)
}

func widens(from, to iceberg.Type) bool {
	switch from := from.(type) {
	case iceberg.Int32Type:
		return to.Equals(iceberg.PrimitiveTypes.Int64)
	case iceberg.Float32Type:
		return to.Equals(iceberg.PrimitiveTypes.Float64)
	case iceberg.DecimalType:
		d, ok := to.(iceberg.DecimalType)
		return ok && d.Scale() == from.Scale() && d.Precision() > from.Precision()
	}
	return false
}
