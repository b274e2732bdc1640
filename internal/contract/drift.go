package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Class says what a change means for those who rely on the contract.
type Class string

// The classes of change.
const (
	Breaking   Class = "breaking"   // what relied on the old state may fail
	Compatible Class = "compatible" // nothing that held stops holding
	Note       Class = "note"       // for people: no program sees it
)

// Change is one difference: between two contracts, or between a contract and
// its source. From and To are "" where there was or is nothing.
type Change struct {
	Class  Class  `json:"class"`
	Path   string `json:"path"` // "birth.born_on.required"
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// String is "breaking: birth.born_on: DATE → VARCHAR: reason".
func (c Change) String() string {
	switch {
	case c.From == "" && c.To == "":
		return fmt.Sprintf("%s: %s: %s", c.Class, c.Path, c.Reason)
	case c.From == "":
		return fmt.Sprintf("%s: %s: + %s: %s", c.Class, c.Path, c.To, c.Reason)
	case c.To == "":
		return fmt.Sprintf("%s: %s: − %s: %s", c.Class, c.Path, c.From, c.Reason)
	}
	return fmt.Sprintf("%s: %s: %s → %s: %s", c.Class, c.Path, c.From, c.To, c.Reason)
}

// What is the change without its class.
func (c Change) What() string { return strings.TrimPrefix(c.String(), string(c.Class)+": ") }

// unread is the reason of a column that the contract does not name.
const unread = "the source has a column that the contract does not name: it is not read"

// Unread is the column of the source that the change says is not read.
func (c Change) Unread() (column string, ok bool) {
	return c.Path[strings.LastIndex(c.Path, ".")+1:], c.Reason == unread
}

// IsBreaking reports whether any of the changes is breaking.
func IsBreaking(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Class == Breaking })
}

// Column is a column as the source really has it; Type is the source's own
// name of it, "" where the source has no types (CSV).
type Column struct {
	Name, Type string
	Nullable   bool
}

// Drift compares the source with the dataset's contract. SourceKey is the
// source's key by its own column names: nil where the source knows no keys (a
// file), empty where it has none.
func (d Dataset) Drift(cols []Column, sourceKey []string) []Change {
	var changes []Change
	met := map[string]bool{}
	for _, p := range d.Object.Properties {
		col, ok := findColumn(cols, p.Source())
		if !ok {
			changes = append(changes, d.gone(p, cols))
			continue
		}
		met[col.Name] = true
		changes = append(changes, d.retyped(p, col)...)
	}
	for _, col := range cols {
		if !met[col.Name] {
			changes = append(changes, Change{Compatible, d.Object.Name + "." + col.Name, "", strings.TrimSpace(col.Name + " " + col.Type), unread})
		}
	}
	return append(changes, d.lostKey(sourceKey)...)
}

// State is what a source looked like at some time; zero values are unknown.
type State struct {
	Rows     int64
	Counted  bool // Rows is no estimate: 0 means that there are none
	Encoding string
}

func (s State) rows() string {
	if s.Counted {
		return strconv.FormatInt(s.Rows, 10)
	}
	return "about " + strconv.FormatInt(s.Rows, 10)
}

// A source that has grown or shrunk by this factor between two syncs is told
// of; one that has lost nearly all of its rows stops.
const (
	jump  = 2
	crash = 10
)

// DriftSince compares a source with what it was when it was last certified.
// Small datasets jump for good reasons, and are let be.
func (d Dataset) DriftSince(was, is State) []Change {
	const few = 1000
	var changes []Change
	if was.Encoding != "" && is.Encoding != "" && was.Encoding != is.Encoding {
		changes = append(changes, Change{Note, d.Object.Name + ".encoding", was.Encoding, is.Encoding, "the source is written in another encoding than before"})
	}
	if is.Rows == 0 && !is.Counted || was.Rows < few && is.Rows < few {
		return changes
	}
	rows := Change{Note, d.Object.Name + ".rows", strconv.FormatInt(was.Rows, 10), is.rows(), "the number of rows has jumped"}
	switch {
	case is.Rows*crash < was.Rows:
		rows.Class, rows.Reason = Breaking, "nearly all rows have gone"
	case is.Rows >= was.Rows*jump, is.Rows*jump <= was.Rows:
	default:
		return changes
	}
	return append(changes, rows)
}

// findColumn looks for the exact name first: a source may hold both a and A.
func findColumn(cols []Column, name string) (Column, bool) {
	for _, same := range []func(Column) bool{
		func(c Column) bool { return c.Name == name },
		func(c Column) bool { return strings.EqualFold(c.Name, name) },
	} {
		if i := slices.IndexFunc(cols, same); i >= 0 {
			return cols[i], true
		}
	}
	return Column{}, false
}

// gone: a column that the contract names and the source lacks.
func (d Dataset) gone(p *Property, cols []Column) Change {
	c := Change{Compatible, d.Object.Name + "." + p.Name, p.Source(), "", "the source lacks this optional column: it comes empty"}
	if p.Required || p.PrimaryKey || p.Critical {
		c.Class, c.Reason = Breaking, "the source lacks this column, which the contract requires"
	}
	var others []string
	for _, col := range cols {
		taken := slices.ContainsFunc(d.Object.Properties, func(p *Property) bool { return strings.EqualFold(p.Source(), col.Name) })
		if !taken {
			others = append(others, col.Name)
		}
	}
	if near := Nearest(p.Source(), others); near != "" {
		c.Reason += "; is it " + near + " now?"
	}
	return c
}

// retyped compares the source's type with the physical type that the contract
// names, else with what its logical type can be read from.
func (d Dataset) retyped(p *Property, col Column) []Change {
	if col.Type == "" {
		return nil
	}
	change := Change{Path: d.Object.Name + "." + p.Name, From: p.PhysicalType, To: col.Type}
	is := typeOf(col.Type)
	if p.PhysicalType != "" {
		was := typeOf(p.PhysicalType)
		change.Class, change.Reason = was.become(is)
	} else {
		change.From = p.LogicalType
		change.Class, change.Reason = readAs(p.LogicalType, is)
	}
	if change.Class == "" {
		return nil
	}
	return []Change{change}
}

func (d Dataset) lostKey(sourceKey []string) []Change {
	var key []string
	for _, p := range d.Key() {
		key = append(key, p.Source())
	}
	if sourceKey == nil || len(key) == 0 {
		return nil
	}
	was, is := folded(key), folded(sourceKey)
	if slices.Equal(was, is) {
		return nil
	}
	c := Change{Breaking, d.Object.Name + ".key", strings.Join(key, ", "), strings.Join(sourceKey, ", "), "rows are told apart otherwise now: the contract's key may repeat"}
	if len(sourceKey) == 0 {
		c.To, c.Reason = "no key", "the source dropped its key: the contract's key may repeat"
	}
	return []Change{c}
}

func folded(all []string) []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = strings.ToLower(s)
	}
	slices.Sort(list)
	return list
}

// sqlType is a source's type, read for comparison: its family, and how much
// it can hold (digits, characters or bits; 0 = unbounded or unknown).
type sqlType struct {
	family string // text, integer, decimal, float, boolean, date, time, timestamp, binary, nested, other
	room   int
}

var sqlTypeForm = regexp.MustCompile(`^\s*([\pL_ ]+\d*)\s*(?:\(\s*(\d+|max)[^)]*\))?\s*([\pL ]*)\s*(\[.*\])?\s*$`)

// integer types hold this many bits.
var integerBits = map[string]int{
	"tinyint": 8, "smallint": 16, "int2": 16, "mediumint": 24, "integer": 32, "int": 32, "int4": 32, "serial": 32, "year": 16,
	"bigint": 64, "int8": 64, "int64": 64, "long": 64, "bigserial": 64, "hugeint": 128,
	"utinyint": 8, "usmallint": 16, "uinteger": 32, "ubigint": 64, "int16": 16, "int32": 32,
}

var families = map[string]string{
	"text": "text", "varchar": "text", "char": "text", "character": "text", "character varying": "text", "nvarchar": "text",
	"nchar": "text", "bpchar": "text", "string": "text", "clob": "text", "varchar2": "text", "nvarchar2": "text", "longtext": "text",
	"mediumtext": "text", "tinytext": "text", "uuid": "text", "enum": "text", "citext": "text",
	"decimal": "decimal", "numeric": "decimal", "number": "decimal", "money": "decimal",
	"float": "float", "double": "float", "real": "float", "double precision": "float", "float4": "float", "float8": "float",
	"boolean": "boolean", "bool": "boolean", "bit": "boolean",
	"date": "date", "time": "time", "time without time zone": "time", "timestamp": "timestamp", "datetime": "timestamp",
	"timestamptz": "timestamp", "datetime2": "timestamp", "smalldatetime": "timestamp",
	"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamp",
	"blob": "binary", "bytea": "binary", "varbinary": "binary", "binary": "binary",
	"json": "nested", "jsonb": "nested", "struct": "nested", "map": "nested", "list": "nested", "array": "nested", "object": "nested",
}

func typeOf(name string) sqlType {
	lower := strings.ToLower(name)
	m := sqlTypeForm.FindStringSubmatch(lower)
	switch {
	case strings.HasPrefix(lower, "struct") || strings.HasPrefix(lower, "map") || strings.HasSuffix(lower, "[]"):
		return sqlType{family: "nested"}
	case m == nil:
		return sqlType{family: "other"}
	}
	base := strings.TrimSpace(m[1])
	room, _ := strconv.Atoi(m[2])
	if bits, ok := integerBits[strings.TrimSuffix(base, " unsigned")]; ok {
		return sqlType{"integer", bits}
	}
	for _, full := range []string{strings.TrimSpace(base + " " + m[3]), base} {
		if family, ok := families[full]; ok {
			return sqlType{family, room}
		}
	}
	return sqlType{family: "other"}
}

// become judges a source column that was one type and is another.
func (was sqlType) become(is sqlType) (Class, string) {
	switch {
	case was == is, was.family == "other", is.family == "other":
		return "", ""
	case was.family == is.family && is.room == 0:
		return "", ""
	case was.family == is.family && was.room > 0 && is.room < was.room:
		return Breaking, "the source's column holds less than before: values may have been cut"
	case was.family == is.family:
		return Compatible, "the source's column holds more than before"
	case was.family == "integer" && is.family == "decimal", was.family == "integer" && is.family == "float", was.family == "date" && is.family == "timestamp":
		return Compatible, "the wider type holds every old value"
	}
	return Breaking, "the source's column has another type than the contract says"
}

// readable lists what each logical type is read from without a doubt.
var readable = map[string][]string{
	"string":    {"text"},
	"integer":   {"integer", "text", "decimal"},
	"number":    {"integer", "decimal", "float", "text"},
	"boolean":   {"boolean", "text", "integer"},
	"date":      {"date", "text", "timestamp"},
	"timestamp": {"timestamp", "date", "text"},
	"time":      {"time", "text"},
	"object":    {"nested", "text"},
	"array":     {"nested", "text"},
}

// readAs judges reading a source's type as a logical type. Any type can be
// read as text, though a number has lost its leading zeros.
func readAs(logical string, is sqlType) (Class, string) {
	from, known := readable[logical]
	switch {
	case !known, is.family == "other", slices.Contains(from, is.family):
		return "", ""
	case logical == "string" && (is.family == "integer" || is.family == "float" || is.family == "decimal"):
		return Note, "the source holds numbers: leading zeros are lost there"
	case logical == "string" && is.family != "binary":
		return Note, "the source's values are written out as text"
	}
	return Breaking, "the source's type cannot be read as the contract's"
}
