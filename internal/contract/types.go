package contract

import (
	"regexp"
	"slices"
)

var sftpURL = regexp.MustCompile(`^sftp://.*`)

// logicalTypes of ODCS 3.1.0.
func logicalTypes() []string {
	return []string{"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"}
}

// typeOptions gives, for each logical type, the fields of logicalTypeOptions.
// A boolean's are left open by the standard.
var typeOptions = map[string][]field{
	"string": {
		has("minLength", integer.natural()), has("maxLength", integer.natural()),
		has("pattern", text), has("format", text),
	},
	"date":      {has("format", text), has("minimum", text), has("maximum", text), has("exclusiveMinimum", text), has("exclusiveMaximum", text)},
	"timestamp": momentOptions,
	"time":      momentOptions,
	"integer":   append(fields(has("format", oneOf("i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"))), numberOptions...),
	"number":    append(fields(has("format", oneOf("f32", "f64"))), numberOptions...),
	"object": {
		has("minProperties", integer.natural()), has("maxProperties", integer.natural()),
		has("required", form{kinds: aList, items: &text, count: [2]int{1, 0}, distinct: true}),
	},
	"array": {has("minItems", integer.natural()), has("maxItems", integer.natural()), has("uniqueItems", truth)},
}

var (
	momentOptions = fields(
		has("format", text), has("minimum", text), has("maximum", text), has("exclusiveMinimum", text),
		has("exclusiveMaximum", text), has("timezone", truth), has("defaultTimezone", text),
	)
	numberOptions = fields(
		has("multipleOf", number.over(0)), has("minimum", number), has("maximum", number),
		has("exclusiveMinimum", number), has("exclusiveMaximum", number),
	)
)

// typeFields gives what a property's logical type allows it: its options, an
// object's properties, an array's items. Without a logical type the schema of
// the standard applies all types at once: properties and items are allowed,
// and no option is.
func typeFields(n *node) ([]field, bool) {
	logical := n.get("logicalType")
	if logical == nil {
		return fields(has("logicalTypeOptions", aRecord("options of no type")), has("properties", records("property")), has("items", aRecord("item"))), true
	}
	if !slices.Contains(logicalTypes(), logical.text) {
		return nil, false
	}
	all := fields(has("logicalTypeOptions", aRecord("options of "+logical.text)))
	switch logical.text {
	case "object":
		all = append(all, has("properties", records("property")))
	case "array":
		all = append(all, has("items", aRecord("item")))
	}
	return all, true
}

// optionRecord is the record of a logical type's options.
func optionRecord(logicalType string) *record {
	return &record{noun: "logicalTypeOptions", fields: typeOptions[logicalType], open: logicalType == "boolean"}
}
