package contract

import "strconv"

// Contract is one ODCS file, typed. Every record keeps its place in the file.
type Contract struct {
	File, APIVersion, ID, Name, Version, Status string
	Tenant, Domain, DataProduct, Created        string
	Description                                 Description
	Servers                                     []Server
	Objects                                     []*Object
	SLA                                         []SLAProperty
	SLADefaultElement                           string
	Team                                        Team
	Roles                                       []Role
	Support                                     []Support
	Price                                       Price
	Tags                                        []string
	Definitions                                 []Definition
	Custom                                      CustomProperties
	Text                                        string // the whole file, as it was read
}

// Description says what the data is for.
type Description struct {
	Usage, Purpose, Limitations string
	Definitions                 []Definition
	Custom                      CustomProperties
}

// Server is a place where the data is. Type names its kind; Facts hold that
// kind's own fields as written (host, port, path, location, …), references
// ${NAME} to the environment included.
type Server struct {
	ID, Name, Type, Description, Environment string
	Facts                                    map[string]string
	Roles                                    []Role
	Custom                                   CustomProperties
	Line                                     int
	at                                       *node
}

// Fact is a field of the server's type, else its custom property of that
// name, else "".
func (s *Server) Fact(name string) string {
	if s == nil {
		return ""
	}
	if v, ok := s.Facts[name]; ok {
		return v
	}
	return s.Custom.Text(name)
}

// Object is a table, file, topic or document kind: a dataset of the hub.
type Object struct {
	ID, Name, PhysicalName, PhysicalType string
	BusinessName, Description            string
	Granularity                          string
	Properties                           []*Property
	Quality                              []Rule
	Relationships                        []Relationship
	Definitions                          []Definition
	Tags                                 []string
	Custom                               CustomProperties
	Line                                 int
	at                                   *node
}

// Source is the object's name in its source.
func (o *Object) Source() string {
	if o.PhysicalName != "" {
		return o.PhysicalName
	}
	return o.Name
}

// Property finds a property of the object by its name, nil where there is none.
func (o *Object) Property(name string) *Property {
	for _, p := range o.Properties {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Property is a column, field or element.
type Property struct {
	ID, Name, PhysicalName               string
	LogicalType, PhysicalType            string
	BusinessName, Description            string
	Classification, EncryptedName        string
	PrimaryKey                           bool
	PrimaryKeyPosition                   int // from 1; -1 = not said
	Required, Unique, Critical           bool
	Partitioned                          bool
	PartitionKeyPosition                 int // from 1; -1 = not said
	Options                              TypeOptions
	Element                              string // the data element that it holds, from "sen:element/NAME"
	Quality                              []Rule
	Relationships                        []Relationship
	Properties                           []*Property // of an object
	Items                                *Property   // of an array
	Examples                             []any
	TransformSources                     []string
	TransformLogic, TransformDescription string
	Definitions                          []Definition
	Tags                                 []string
	Custom                               CustomProperties
	Line                                 int
	at                                   *node
}

// Source is the property's name in its source.
func (p *Property) Source() string {
	if p.PhysicalName != "" {
		return p.PhysicalName
	}
	return p.Name
}

// TypeOptions narrows a logical type. Lengths and counts are -1 where they are
// not given; bounds are as written, "" where not given: a number, or a date
// or time in Format.
type TypeOptions struct {
	MinLength, MaxLength               int // characters
	Pattern, Format                    string
	Minimum, Maximum                   string
	ExclusiveMinimum, ExclusiveMaximum string
	MultipleOf                         float64 // 0 = any
	Timezone                           bool
	DefaultTimezone                    string
	MinItems, MaxItems                 int
	UniqueItems                        bool
	MinProperties, MaxProperties       int
	Required                           []string
}

// Rule is a quality rule of an object, or of one property (Column).
type Rule struct {
	ID, Name, Description     string
	Type                      string // text, library, sql or custom
	Metric, Query             string
	Dimension, Severity, Unit string
	Operator                  Operator
	Arguments                 map[string]any
	Column                    string // the property it stands at, or names as its argument; "" = the object
	Method, BusinessImpact    string
	Schedule, Scheduler       string
	Engine                    string // of a custom rule
	Implementation            any    // text or mapping
	Definitions               []Definition
	Tags                      []string
	Custom                    CustomProperties
	Line                      int
	at                        *node
}

// Label names the rule in reports: its name, else its column and metric.
func (r Rule) Label() string {
	what := r.Name
	for _, other := range []string{r.Metric, r.ID, r.Type} {
		if what == "" {
			what = other
		}
	}
	if r.Name == "" && r.Column != "" {
		return r.Column + "." + what
	}
	return what
}

// Percent reports whether the rule's result is a share of the rows, from 0 to 100.
func (r Rule) Percent() bool { return r.Unit == "percent" || r.Unit == "%" }

// Relationship is a foreign key as written: From is empty at a property.
type Relationship struct {
	Type     string
	From, To []string
	Custom   CustomProperties
	Line     int
	at       *node
}

// SLAProperty is one promise of service.
type SLAProperty struct {
	ID, Property          string
	Value, ValueExt       any // nil, bool, float64 or string
	Unit, Element, Driver string
	Description           string
	Schedule, Scheduler   string
	Line                  int
	at                    *node
}

// Definition points to where a thing is defined.
type Definition struct{ ID, URL, Type, Description string }

// Team owns the contract.
type Team struct {
	ID, Name, Description string
	Members               []Member
	Tags                  []string
	Definitions           []Definition
	Custom                CustomProperties
}

// Member is a person of the team, by account name.
type Member struct {
	ID, Username, Name, Description, Role string
	DateIn, DateOut, ReplacedBy           string
	Tags                                  []string
	Definitions                           []Definition
	Custom                                CustomProperties
}

// Role is an access role of the source.
type Role struct {
	ID, Role, Description, Access   string
	FirstApprovers, SecondApprovers string
	Custom                          CustomProperties
}

// Support is a channel where help is given.
type Support struct {
	ID, Channel, URL, Description, Tool, Scope, InvitationURL string
	Custom                                                    CustomProperties
}

// Price is what the data costs.
type Price struct {
	ID, Currency, Unit string
	Amount             float64
}

// CustomProperty is a named value beside the standard: text, number, truth,
// list, mapping or nil.
type CustomProperty struct {
	ID, Property, Description string
	Value                     any
	at                        *node
}

// CustomProperties are custom properties in the order of the file.
type CustomProperties []CustomProperty

// Value is the value of the first property of that name.
func (cs CustomProperties) Value(name string) (any, bool) {
	for _, c := range cs {
		if c.Property == name {
			return c.Value, true
		}
	}
	return nil, false
}

// Text is a property's value as text, "" where it is missing or no scalar.
func (cs CustomProperties) Text(name string) string {
	v, _ := cs.Value(name)
	return scalarText(v)
}

// Int is a property's value as a whole number, or otherwise.
func (cs CustomProperties) Int(name string, otherwise int) int {
	n, err := strconv.Atoi(cs.Text(name))
	if err != nil {
		return otherwise
	}
	return n
}

// Texts is a property's value as a list of texts; one text is a list of one.
func (cs CustomProperties) Texts(name string) []string {
	v, _ := cs.Value(name)
	return textList(v)
}

func textList(v any) []string {
	list, ok := v.([]any)
	if !ok {
		if s := scalarText(v); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for _, item := range list {
		all = append(all, scalarText(item))
	}
	return all
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
