// Package clean turns a contract into SQL: standardise each value, check each
// row, set the wrong ones apart, and count what was seen, in the pass that
// loads. What comes in is a contract's dataset and the columns that its
// source really has; what goes out is statements for the engine and the
// meaning of the counts that they answer. It reads no source, writes no file
// and drops no row: in = clean + quarantined, always.
package clean

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/address"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// Columns that every cleaned row carries beside its own (DESIGN, lake).
const (
	KeyColumn      = "_key"      // BIGINT: the engine's hash of the key, else of the whole row
	PositionColumn = "_position" // BIGINT: the run that brought this version of the row
	RangeColumn    = "_range"    // INTEGER: the range of that run
	RowColumn      = "_row"      // BIGINT: the row's ordinal in the source, from 0
)

// Columns that a source adds to its rows as they land.
const (
	LineColumn  = "_line"  // BIGINT: the line (or rowid) where a person finds the row
	FaultColumn = "_fault" // VARCHAR: why the row cannot be read as its columns say
	RawColumn   = "_raw"   // VARCHAR: the record's own text, kept where there is a fault
)

// Plan is one dataset's contract, compiled against the columns of its source.
type Plan struct {
	Dataset contract.Dataset
	Source  []contract.Column // as they land
	Columns []Column          // as they are cleaned, in the contract's order
	Facts   []Fact            // what a row can be found to be, in the order of their bits
	Checks  []Check           // what is measured over the whole dataset

	digest sen.Digest
}

// Column is one property of the contract on its way from source to table.
type Column struct {
	Property *contract.Property
	Source   string // the source's column; "" when the source has none
	Type     string // the engine's type in the clean table
	Mapped   bool   // the standard form is a code, not a mended spelling

	element *dictionary.Element

	listed bool // the rule's validValues are its code list

	// The column's names in the layers of Plan.layers: as it came, as text,
	// as a value in standard form, and whether it holds none; then the SQL that makes each, and what
	// says that there is no value, or why it has no standard form.
	raw, text, value, absent string
	came, textOf, valueOf    string
	number                   string // the name of an identity number as BIGINT; mostly empty
	blank, problem           string
	doubt                    string // SQL: another encoding could be meant; mostly empty
	dayText                  string // SQL: the day of which an address speaks, as it came; mostly empty
}

// Options steer the compilation.
type Options struct {
	Now      time.Time       // a later date is impossible; zero checks nothing
	Elements *dictionary.Set // the dictionary with the hub's own elements; nil has none
	Units    *address.Index  // the hub's administrative units; nil where it has none
	Encoding string          // what the source's bytes were transcoded from, "" or "UTF-8" when they were not
}

// Compile makes the plan. The error (kind Drift) names a required property
// that the source does not have.
func Compile(d contract.Dataset, source []contract.Column, o Options) (*Plan, error) {
	p, err := compile(d, source, o)
	if err != nil || o.Now.IsZero() {
		return p, err
	}
	timeless := o
	timeless.Now = time.Time{}
	twin, err := compile(d, source, timeless)
	if err == nil {
		p.digest = twin.digest
	}
	return p, err
}

func compile(d contract.Dataset, source []contract.Column, o Options) (*Plan, error) {
	p := &Plan{Dataset: d, Source: source}
	types := map[string]string{}
	for _, c := range source {
		if reserved.MatchString(c.Name) {
			return nil, sen.Errorf(sen.Invalid, "the source's column %q has a name that the hub keeps for itself", c.Name).
				WithHint("rename it in the source, or read it through a view")
		}
		types[c.Name] = c.Type
	}
	for i := range d.Object.Properties {
		c, err := compileColumn(i, d, types, o)
		if err != nil {
			return nil, err
		}
		p.Columns = append(p.Columns, c)
	}
	p.compileFacts()
	p.compileChecks()
	p.digest = p.sum()
	return p, nil
}

// reserved are the names of the hub's own columns, and of those that a
// statement of a plan makes on its way.
var reserved = regexp.MustCompile(`^_(key|position|range|row|line|fault|raw|rule|column|value|violations|file|pos|hash|content|found|passed|f\d+|[rvxbn]\d+)$`)

func compileColumn(i int, d contract.Dataset, types map[string]string, o Options) (Column, error) {
	property := d.Object.Properties[i]
	c := Column{Property: property, Source: property.Source(), Type: tableType(property), element: element(property, o.Elements)}
	landed, there := types[c.Source]
	if !there {
		if property.Required || property.PrimaryKey {
			return c, sen.Errorf(sen.Drift, "the source has no column %q, which property %s requires", c.Source, property.Name).
				WithHint("see what changed with `sen contract infer`, and put the contract right")
		}
		c.Source = ""
	}
	c.raw, c.value, c.absent = fmt.Sprintf("_r%d", i), fmt.Sprintf("_v%d", i), fmt.Sprintf("_b%d", i)
	if err := c.findDay(d.Object.Properties, types); err != nil {
		return c, err
	}
	return c.express(landed, o)
}

// findDay finds the property that holds the day of which an address speaks:
// its custom property on.
func (c *Column) findDay(all []*contract.Property, types map[string]string) error {
	name := c.Property.Custom.Text("on")
	if name == "" {
		return nil
	}
	at := slices.IndexFunc(all, func(p *contract.Property) bool { return p.Name == name })
	switch {
	case at < 0:
		return sen.Errorf(sen.Invalid, "property %s (line %d of the contract) takes its day from %q, which is no property of its object", c.Property.Name, c.Property.Line, name)
	case !c.element.NeedsUnits():
		return sen.Errorf(sen.Invalid, "property %s (line %d of the contract) is no address, so that no day decides what it means", c.Property.Name, c.Property.Line).
			WithHint("the custom property on is for the elements address and administrative-unit")
	}
	if _, there := types[all[at].Source()]; there {
		c.dayText = fmt.Sprintf("CAST(_r%d AS VARCHAR)", at)
	}
	return nil
}

// column finds a property's column by the property's name.
func (p *Plan) column(name string) (*Column, bool) {
	for i := range p.Columns {
		if p.Columns[i].Property.Name == name {
			return &p.Columns[i], true
		}
	}
	return nil, false
}

// key is the cleaned columns that make the primary key; none when the
// contract names none.
func (p *Plan) key() []*Column {
	var out []*Column
	for _, property := range p.Dataset.Key() {
		if c, ok := p.column(property.Name); ok {
			out = append(out, c)
		}
	}
	return out
}

// Keyed reports whether rows have a key, so that a later sync can tell a
// changed row from a new one.
func (p *Plan) Keyed() bool { return len(p.Dataset.Key()) > 0 }

// CleanFields is the schema of the clean table.
func (p *Plan) CleanFields() []lake.Field {
	var out []lake.Field
	for _, c := range p.Columns {
		out = append(out, lake.Field{Name: c.Property.Name, Type: c.Type, Doc: c.Property.Description})
	}
	return append(out, addedFields()...)
}

func addedFields() []lake.Field {
	return []lake.Field{
		{Name: KeyColumn, Type: "BIGINT"}, {Name: PositionColumn, Type: "BIGINT"},
		{Name: RangeColumn, Type: "INTEGER"}, {Name: RowColumn, Type: "BIGINT"},
	}
}

// QuarantineFields is the schema of the quarantine table: the source's own
// columns and what was found wrong.
func (p *Plan) QuarantineFields() []lake.Field {
	out := p.LandedFields()
	return append(out,
		lake.Field{Name: "_rule", Type: "VARCHAR"}, lake.Field{Name: "_column", Type: "VARCHAR"},
		lake.Field{Name: "_value", Type: "VARCHAR"}, lake.Field{Name: "_violations", Type: "VARCHAR"},
		lake.Field{Name: PositionColumn, Type: "BIGINT"}, lake.Field{Name: RangeColumn, Type: "INTEGER"})
}

// LandedFields is the schema of the landed table for sources that do not land
// as their own bytes.
func (p *Plan) LandedFields() []lake.Field {
	var out []lake.Field
	for _, c := range p.Source {
		out = append(out, lake.Field{Name: c.Name, Type: c.Type})
	}
	return append(out,
		lake.Field{Name: RowColumn, Type: "BIGINT"}, lake.Field{Name: LineColumn, Type: "BIGINT"},
		lake.Field{Name: FaultColumn, Type: "VARCHAR"}, lake.Field{Name: RawColumn, Type: "VARCHAR"})
}

// Digest identifies what the plan does, whatever the day: two plans of one
// digest clean alike.
func (p *Plan) Digest() sen.Digest { return p.digest }

func (p *Plan) sum() sen.Digest {
	return sha256.Sum256([]byte(p.Cleaned("raw") + p.Bad("raw", "held", 0, 0)))
}

// element is the dictionary's element of a property: the one that it names,
// else the plain one of its logical type.
func element(property *contract.Property, elements *dictionary.Set) *dictionary.Element {
	name := property.Element
	if _, known := elements.Lookup(name); !known {
		name = map[string]string{"integer": "integer", "number": "number", "boolean": "boolean", "date": "date"}[property.LogicalType]
	}
	if name == "" {
		name = "text"
	}
	e, _ := elements.Lookup(name)
	return e
}

// sourceColumns are the quoted names of the landed columns.
func (p *Plan) sourceColumns() string {
	names := make([]string, len(p.Source))
	for i, c := range p.Source {
		names[i] = c.Name
	}
	return engine.Idents(names)
}

// Names are the properties' names, in the contract's order.
func (p *Plan) Names() []string {
	names := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		names[i] = c.Property.Name
	}
	return names
}
