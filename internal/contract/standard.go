package contract

import (
	"regexp"
	"slices"
	"sync"
)

// This file is the Open Data Contract Standard 3.1.0 as tables: each record
// lists its fields, each field its form. Validation walks them (check.go).
// Servers and logical types, whose fields depend on a type, are in servers.go
// and types.go.

// form is what a value may be.
type form struct {
	kinds    kind
	words    []string       // the only texts allowed
	match    *regexp.Regexp // what a text must look like,
	looks    string         // in words
	record   string         // the record that a mapping must be; "" leaves it open
	items    *form          // the form of a list's values
	integral bool
	atLeast  *float64 // a number's least value,
	above    bool     // not reached itself
	count    [2]int   // the least and most items of a list; 0 = any
	distinct bool     // no two items alike
}

type field struct {
	name     string
	form     form
	required bool
	instead  string // deprecated: what to use now
}

// record is a mapping of the standard.
type record struct {
	noun   string
	fields []field
	open   bool // other fields are allowed
	// more gives the fields that depend on the mapping's own values; ok is
	// false where they cannot be known, which its type's problem already says.
	more func(n *node) (fields []field, ok bool)
	// check tests what a table of fields cannot say.
	check func(c *checker, r *record, n *node, path string)
}

var (
	text    = form{kinds: aText}
	truth   = form{kinds: aBoolean}
	number  = form{kinds: aNumber}
	integer = form{kinds: aNumber, integral: true}
	scalar  = form{kinds: aScalar}
	free    = form{kinds: anything}
	bag     = form{kinds: aMapping}
	texts   = listOf(text)
	tags    = texts

	// StableId of the standard.
	stableID = form{kinds: aText, match: regexp.MustCompile(`^[A-Za-z0-9_-]+$`), looks: "letters, digits, - and _"}
)

func listOf(items form) form     { return form{kinds: aList, items: &items} }
func aRecord(name string) form   { return form{kinds: aMapping, record: name} }
func records(name string) form   { return listOf(aRecord(name)) }
func oneOf(words ...string) form { return form{kinds: aText, words: words} }

func (f form) natural() form           { f.atLeast = new(float64); return f }
func (f form) over(bound float64) form { f.atLeast, f.above = &bound, true; return f }

func has(name string, f form) field           { return field{name: name, form: f} }
func must(name string, f form) field          { return field{name: name, form: f, required: true} }
func old(name string, f form, s string) field { return field{name: name, form: f, instead: s} }

func fields(fs ...field) []field { return fs }

// standard gives the records by name.
var standard = sync.OnceValue(func() map[string]*record {
	return map[string]*record{
		"contract":    {noun: "contract", fields: contractFields},
		"description": {noun: "description", fields: descriptionFields, open: true},
		"server":      {noun: "server", fields: serverFields, more: serverTypeFields},
		"object":      {noun: "object", fields: slices.Concat(namedElementFields, objectFields)},
		"property":    {noun: "property", fields: slices.Concat(namedElementFields, propertyFields), more: typeFields},
		"item":        {noun: "item", fields: slices.Concat(elementFields, propertyFields), more: typeFields},
		"quality":     {noun: "quality rule", fields: qualityFields, more: qualityTypeFields, check: checkOperators},
		"reference":   {noun: "relationship", fields: propertyRelationFields},
		"relation":    {noun: "relationship", fields: objectRelationFields, check: checkBothEnds},
		"definition":  {noun: "authoritative definition", fields: definitionFields},
		"custom":      {noun: "custom property", fields: customFields},
		"support":     {noun: "support channel", fields: supportFields},
		"price":       {noun: "price", fields: priceFields},
		"team":        {noun: "team", fields: teamFields},
		"member":      {noun: "team member", fields: memberFields},
		"role":        {noun: "role", fields: roleFields},
		"sla":         {noun: "SLA property", fields: slaFields},
	}
})

var (
	customs     = records("custom")
	definitions = records("definition")
	rules       = records("quality")
)

var contractFields = fields(
	must("version", text),
	must("kind", oneOf("DataContract")),
	must("apiVersion", oneOf("v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0", "v2.2.2", "v2.2.1", "v2.2.0")),
	must("id", text),
	must("status", text),
	has("name", text),
	has("tenant", text),
	has("tags", tags),
	has("servers", records("server")),
	old("dataProduct", text, "name"),
	has("description", aRecord("description")),
	has("domain", text),
	has("schema", records("object")),
	has("support", records("support")),
	has("price", aRecord("price")),
	has("team", form{kinds: aMapping | aList, record: "team", items: &form{kinds: aMapping, record: "member"}}),
	has("roles", records("role")),
	old("slaDefaultElement", text, "element in each SLA property"),
	has("slaProperties", records("sla")),
	has("authoritativeDefinitions", definitions),
	has("customProperties", customs),
	has("contractCreatedTs", text),
)

var descriptionFields = fields(
	has("usage", text),
	has("purpose", text),
	has("limitations", text),
	has("authoritativeDefinitions", definitions),
	has("customProperties", customs),
)

var serverFields = fields(
	has("id", stableID),
	must("server", text),
	must("type", oneOf(serverTypes()...)),
	has("description", text),
	has("environment", text),
	has("roles", records("role")),
	has("customProperties", customs),
)

// What objects and properties share.
var (
	elementFields      = append(fields(has("name", text)), sharedFields...)
	namedElementFields = append(fields(must("name", text)), sharedFields...)
	sharedFields       = fields(
		has("id", stableID),
		has("physicalType", text),
		has("description", text),
		has("businessName", text),
		has("authoritativeDefinitions", definitions),
		has("tags", tags),
		has("customProperties", customs),
		has("physicalName", text),
		has("quality", rules),
	)
)

var objectFields = fields(
	has("logicalType", oneOf("object")),
	has("dataGranularityDescription", text),
	has("properties", records("property")),
	has("relationships", records("relation")),
)

var propertyFields = fields(
	has("primaryKey", truth),
	has("primaryKeyPosition", integer),
	has("logicalType", oneOf(logicalTypes()...)),
	has("required", truth),
	has("unique", truth),
	has("partitioned", truth),
	has("partitionKeyPosition", integer),
	has("classification", text),
	has("encryptedName", text),
	has("transformSourceObjects", texts),
	has("transformLogic", text),
	has("transformDescription", text),
	has("examples", listOf(free)),
	has("criticalDataElement", truth),
	has("relationships", records("reference")),
)

var qualityFields = fields(
	has("id", stableID),
	has("authoritativeDefinitions", definitions),
	has("businessImpact", text),
	has("customProperties", customs),
	has("description", text),
	has("dimension", oneOf("accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness")),
	has("method", text),
	has("name", text),
	has("schedule", text),
	has("scheduler", text),
	has("severity", text),
	has("tags", tags),
	has("type", oneOf("text", "library", "sql", "custom")),
	has("unit", text),
)

var (
	twoNumbers = form{kinds: aList, items: &number, count: [2]int{2, 2}, distinct: true}

	operatorFields = fields(
		has("mustBe", free),
		has("mustNotBe", free),
		has("mustBeGreaterThan", number),
		has("mustBeGreaterOrEqualTo", number),
		has("mustBeLessThan", number),
		has("mustBeLessOrEqualTo", number),
		has("mustBeBetween", twoNumbers),
		has("mustNotBeBetween", twoNumbers),
	)
	libraryFields = append(fields(
		must("metric", oneOf("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")),
		old("rule", text, "metric"),
		has("arguments", bag),
	), operatorFields...)
	sqlFields        = append(fields(must("query", text)), operatorFields...)
	customRuleFields = fields(must("engine", text), must("implementation", form{kinds: aText | aMapping}))
)

// qualityTypeFields: a rule is a library one by its type or by naming a
// metric, and may be sql or custom besides.
func qualityTypeFields(n *node) ([]field, bool) {
	var all []field
	if isLibrary(n) {
		all = append(all, libraryFields...)
	}
	switch n.str("type") {
	case "sql":
		all = append(all, sqlFields...)
	case "custom":
		all = append(all, customRuleFields...)
	}
	kind := n.get("type")
	return all, kind == nil || slices.Contains([]string{"text", "library", "sql", "custom"}, kind.text)
}

func isLibrary(n *node) bool {
	metric := n.get("metric")
	return n.str("type") == "library" || metric != nil && metric.kind == aText
}

var (
	// ShorthandReference and FullyQualifiedReference of the standard.
	reference = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$|` +
		`^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\.yaml#)?\/?[A-Za-z_][A-Za-z0-9_]*\/[A-Za-z0-9_-]+(?:\/[A-Za-z_][A-Za-z0-9_]*\/[A-Za-z0-9_-]+)*$`)
	referenceLooks = "object.property, or file.odcs.yaml#schema/object/properties/property"

	oneEnd = form{kinds: aText, match: reference, looks: referenceLooks}
	anEnd  = form{kinds: aText | aList, match: reference, looks: referenceLooks, items: &oneEnd, count: [2]int{1, 0}}

	relationFields = fields(
		has("type", oneOf("foreignKey")),
		has("customProperties", customs),
		must("to", anEnd),
	)
	propertyRelationFields = relationFields
	objectRelationFields   = append(fields(must("from", anEnd)), relationFields...)
)

var definitionFields = fields(
	has("id", stableID),
	must("url", text),
	must("type", text),
	has("description", text),
)

var customFields = fields(
	has("id", stableID),
	must("property", text),
	must("value", free),
	has("description", text),
)

var supportFields = fields(
	has("id", stableID),
	must("channel", text),
	has("url", text),
	has("description", text),
	has("tool", text),
	has("scope", text),
	has("invitationUrl", text),
	has("customProperties", customs),
)

var priceFields = fields(
	has("id", stableID),
	has("priceAmount", number),
	has("priceCurrency", text),
	has("priceUnit", text),
)

var teamFields = fields(
	has("id", stableID),
	has("name", text),
	has("description", text),
	has("members", records("member")),
	has("tags", tags),
	has("customProperties", customs),
	has("authoritativeDefinitions", definitions),
)

var memberFields = fields(
	has("id", stableID),
	must("username", text),
	has("name", text),
	has("description", text),
	has("role", text),
	has("dateIn", text),
	has("dateOut", text),
	has("replacedByUsername", text),
	has("tags", tags),
	has("customProperties", customs),
	has("authoritativeDefinitions", definitions),
)

var roleFields = fields(
	has("id", stableID),
	must("role", text),
	has("description", text),
	has("access", text),
	has("firstLevelApprovers", text),
	has("secondLevelApprovers", text),
	has("customProperties", customs),
)

var slaFields = fields(
	has("id", stableID),
	must("property", text),
	must("value", scalar),
	has("valueExt", scalar),
	has("unit", text),
	has("element", text),
	has("driver", text),
	has("description", text),
	has("scheduler", text),
	has("schedule", text),
)
