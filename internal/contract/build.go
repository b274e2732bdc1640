package contract

import (
	"strconv"
	"strings"
)

// build makes the typed contract of a tree that passed the standard.
func build(file string, n *node) *Contract {
	return &Contract{
		File: file, APIVersion: n.str("apiVersion"), ID: n.str("id"), Name: n.str("name"), Version: n.str("version"),
		Status: n.str("status"), Tenant: n.str("tenant"), Domain: n.str("domain"), DataProduct: n.str("dataProduct"),
		Created:           n.str("contractCreatedTs"),
		Description:       buildDescription(n.get("description")),
		Servers:           each(n.list("servers"), buildServer),
		Objects:           each(n.list("schema"), buildObject),
		SLA:               each(n.list("slaProperties"), buildSLA),
		SLADefaultElement: n.str("slaDefaultElement"),
		Team:              buildTeam(n.get("team")),
		Roles:             each(n.list("roles"), buildRole),
		Support:           each(n.list("support"), buildSupport),
		Price:             buildPrice(n.get("price")),
		Tags:              n.texts("tags"),
		Definitions:       buildDefinitions(n),
		Custom:            buildCustom(n),
	}
}

func each[T any](nodes []*node, build func(*node) T) []T {
	var all []T
	for _, n := range nodes {
		all = append(all, build(n))
	}
	return all
}

func buildDescription(n *node) Description {
	return Description{
		Usage: n.str("usage"), Purpose: n.str("purpose"), Limitations: n.str("limitations"),
		Definitions: buildDefinitions(n), Custom: buildCustom(n),
	}
}

func buildServer(n *node) Server {
	s := Server{
		ID: n.str("id"), Name: n.str("server"), Type: n.str("type"), Description: n.str("description"), Environment: n.str("environment"),
		Facts: map[string]string{}, Roles: each(n.list("roles"), buildRole), Custom: buildCustom(n), Line: n.line, at: n,
	}
	own, _ := serverTypeFields(n)
	for _, f := range own {
		if v := n.get(f.name); v != nil {
			s.Facts[f.name] = v.text
		}
	}
	return s
}

func buildObject(n *node) *Object {
	return &Object{
		ID: n.str("id"), Name: n.str("name"), PhysicalName: n.str("physicalName"), PhysicalType: n.str("physicalType"),
		BusinessName: n.str("businessName"), Description: n.str("description"), Granularity: n.str("dataGranularityDescription"),
		Properties:    each(n.list("properties"), buildProperty),
		Quality:       each(n.list("quality"), buildRule),
		Relationships: each(n.list("relationships"), buildRelationship),
		Definitions:   buildDefinitions(n), Tags: n.texts("tags"), Custom: buildCustom(n), Line: n.line, at: n,
	}
}

func buildProperty(n *node) *Property {
	p := &Property{
		ID: n.str("id"), Name: n.str("name"), PhysicalName: n.str("physicalName"),
		LogicalType: n.str("logicalType"), PhysicalType: n.str("physicalType"),
		BusinessName: n.str("businessName"), Description: n.str("description"),
		Classification: n.str("classification"), EncryptedName: n.str("encryptedName"),
		PrimaryKey: n.flag("primaryKey"), PrimaryKeyPosition: n.count("primaryKeyPosition"),
		Required: n.flag("required"), Unique: n.flag("unique"), Critical: n.flag("criticalDataElement"),
		Partitioned: n.flag("partitioned"), PartitionKeyPosition: n.count("partitionKeyPosition"),
		Options:          buildOptions(n.get("logicalTypeOptions")),
		Quality:          each(n.list("quality"), buildRule),
		Relationships:    each(n.list("relationships"), buildRelationship),
		Properties:       each(n.list("properties"), buildProperty),
		Examples:         each(n.list("examples"), (*node).value),
		TransformSources: n.texts("transformSourceObjects"), TransformLogic: n.str("transformLogic"),
		TransformDescription: n.str("transformDescription"),
		Definitions:          buildDefinitions(n), Tags: n.texts("tags"), Custom: buildCustom(n), Line: n.line, at: n,
	}
	if items := n.get("items"); items != nil {
		p.Items = buildProperty(items)
	}
	p.Element = elementOf(p.Definitions)
	for i := range p.Quality {
		p.Quality[i].Column = p.Name
	}
	return p
}

// elementPrefix starts the address of a data element of the hub's dictionary.
const elementPrefix = "sen:element/"

func elementOf(all []Definition) string {
	for _, d := range all {
		if name, ok := strings.CutPrefix(d.URL, elementPrefix); ok && d.Type == "dataElement" {
			return name
		}
	}
	return ""
}

func buildOptions(n *node) TypeOptions {
	o := TypeOptions{
		MinLength: n.count("minLength"), MaxLength: n.count("maxLength"),
		Pattern: n.str("pattern"), Format: n.str("format"),
		Minimum: n.bound("minimum"), Maximum: n.bound("maximum"),
		ExclusiveMinimum: n.bound("exclusiveMinimum"), ExclusiveMaximum: n.bound("exclusiveMaximum"),
		Timezone: n.flag("timezone"), DefaultTimezone: n.str("defaultTimezone"),
		MinItems: n.count("minItems"), MaxItems: n.count("maxItems"), UniqueItems: n.flag("uniqueItems"),
		MinProperties: n.count("minProperties"), MaxProperties: n.count("maxProperties"),
		Required: n.texts("required"),
	}
	if m := n.get("multipleOf"); m != nil {
		o.MultipleOf = m.number
	}
	return o
}

// bound is a minimum or maximum: a number in its shortest decimal form, a text as it is.
func (n *node) bound(name string) string {
	if v := n.get(name); v != nil && v.kind == aNumber {
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	}
	return n.str(name)
}

func buildRule(n *node) Rule {
	r := Rule{
		ID: n.str("id"), Name: n.str("name"), Description: n.str("description"), Type: n.str("type"),
		Metric: n.str("metric"), Query: n.str("query"), Dimension: n.str("dimension"), Severity: n.str("severity"), Unit: n.str("unit"),
		Operator: operatorOf(n), Method: n.str("method"), BusinessImpact: n.str("businessImpact"),
		Schedule: n.str("schedule"), Scheduler: n.str("scheduler"), Engine: n.str("engine"),
		Implementation: n.get("implementation").value(),
		Definitions:    buildDefinitions(n), Tags: n.texts("tags"), Custom: buildCustom(n), Line: n.line, at: n,
	}
	r.Arguments, _ = n.get("arguments").value().(map[string]any)
	r.Column = scalarText(r.Arguments["column"])
	if r.Type == "" {
		r.Type = "text"
		if r.Metric != "" {
			r.Type = "library" // the standard's default
		}
	}
	return r
}

func buildRelationship(n *node) Relationship {
	return Relationship{Type: n.str("type"), From: n.texts("from"), To: n.texts("to"), Custom: buildCustom(n), Line: n.line, at: n}
}

func buildSLA(n *node) SLAProperty {
	return SLAProperty{
		ID: n.str("id"), Property: n.str("property"), Value: n.get("value").value(), ValueExt: n.get("valueExt").value(),
		Unit: n.str("unit"), Element: n.str("element"), Driver: n.str("driver"), Description: n.str("description"),
		Schedule: n.str("schedule"), Scheduler: n.str("scheduler"), Line: n.line, at: n,
	}
}

func buildDefinitions(n *node) []Definition {
	return each(n.list("authoritativeDefinitions"), func(d *node) Definition {
		return Definition{ID: d.str("id"), URL: d.str("url"), Type: d.str("type"), Description: d.str("description")}
	})
}

func buildCustom(n *node) CustomProperties {
	return each(n.list("customProperties"), func(c *node) CustomProperty {
		return CustomProperty{ID: c.str("id"), Property: c.str("property"), Description: c.str("description"), Value: c.get("value").value(), at: c}
	})
}

// buildTeam reads both forms: a team, and the older bare list of its members.
func buildTeam(n *node) Team {
	if n != nil && n.kind == aList {
		return Team{Members: each(n.items, buildMember)}
	}
	return Team{
		ID: n.str("id"), Name: n.str("name"), Description: n.str("description"), Members: each(n.list("members"), buildMember),
		Tags: n.texts("tags"), Definitions: buildDefinitions(n), Custom: buildCustom(n),
	}
}

func buildMember(n *node) Member {
	return Member{
		ID: n.str("id"), Username: n.str("username"), Name: n.str("name"), Description: n.str("description"), Role: n.str("role"),
		DateIn: n.str("dateIn"), DateOut: n.str("dateOut"), ReplacedBy: n.str("replacedByUsername"),
		Tags: n.texts("tags"), Definitions: buildDefinitions(n), Custom: buildCustom(n),
	}
}

func buildRole(n *node) Role {
	return Role{
		ID: n.str("id"), Role: n.str("role"), Description: n.str("description"), Access: n.str("access"),
		FirstApprovers: n.str("firstLevelApprovers"), SecondApprovers: n.str("secondLevelApprovers"), Custom: buildCustom(n),
	}
}

func buildSupport(n *node) Support {
	return Support{
		ID: n.str("id"), Channel: n.str("channel"), URL: n.str("url"), Description: n.str("description"), Tool: n.str("tool"),
		Scope: n.str("scope"), InvitationURL: n.str("invitationUrl"), Custom: buildCustom(n),
	}
}

func buildPrice(n *node) Price {
	p := Price{ID: n.str("id"), Currency: n.str("priceCurrency"), Unit: n.str("priceUnit")}
	if amount := n.get("priceAmount"); amount != nil {
		p.Amount = amount.number
	}
	return p
}
