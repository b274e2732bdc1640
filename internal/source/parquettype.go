package source

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// parquetColumns are a file's columns with the types that the engine gives
// them (Parquet format, LogicalTypes.md).
func parquetColumns(s *schema.Schema) []Column {
	root := s.Root()
	out := make([]Column, root.NumFields())
	for i := range out {
		field := root.Field(i)
		out[i] = Column{Name: field.Name(), Type: engineType(field), Nullable: field.RepetitionType() != parquet.Repetitions.Required}
	}
	return out
}

func engineType(n schema.Node) string {
	if n.RepetitionType() == parquet.Repetitions.Repeated {
		return singleType(n) + "[]"
	}
	return singleType(n)
}

func singleType(n schema.Node) string {
	if group, ok := n.(*schema.GroupNode); ok {
		return groupType(group)
	}
	leaf := n.(*schema.PrimitiveNode)
	if t := logicalType(leaf); t != "" {
		return t
	}
	switch leaf.PhysicalType() {
	case parquet.Types.Boolean:
		return "BOOLEAN"
	case parquet.Types.Int32:
		return "INTEGER"
	case parquet.Types.Int64:
		return "BIGINT"
	case parquet.Types.Int96:
		return "TIMESTAMP"
	case parquet.Types.Float:
		return "FLOAT"
	case parquet.Types.Double:
		return "DOUBLE"
	}
	return "BLOB"
}

// logicalType is empty where the physical type says it all.
func logicalType(n *schema.PrimitiveNode) string {
	switch t := n.LogicalType().(type) {
	case schema.StringLogicalType, schema.EnumLogicalType:
		return "VARCHAR"
	case schema.JSONLogicalType:
		return "JSON"
	case schema.UUIDLogicalType:
		return "UUID"
	case schema.DateLogicalType:
		return "DATE"
	case schema.DecimalLogicalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision(), t.Scale())
	case schema.IntervalLogicalType:
		return "INTERVAL"
	case schema.Float16LogicalType:
		return "FLOAT"
	case schema.IntLogicalType:
		return intType(t)
	case schema.TimeLogicalType:
		return timeType(t)
	case schema.TimestampLogicalType:
		return timestampType(t)
	}
	return ""
}

func intType(t schema.IntLogicalType) string {
	name := map[int8]string{8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}[t.BitWidth()]
	if !t.IsSigned() {
		name = "U" + name
	}
	return name
}

func timeType(t schema.TimeLogicalType) string {
	if t.IsAdjustedToUTC() {
		return "TIME WITH TIME ZONE"
	}
	return "TIME"
}

func timestampType(t schema.TimestampLogicalType) string {
	switch {
	case t.IsAdjustedToUTC():
		return "TIMESTAMP WITH TIME ZONE"
	case t.TimeUnit() == schema.TimeUnitNanos:
		return "TIMESTAMP_NS"
	}
	return "TIMESTAMP"
}

// groupType is a list, a map or a structure.
func groupType(n *schema.GroupNode) string {
	logical := n.LogicalType()
	_, isList := logical.(schema.ListLogicalType)
	_, isMap := logical.(schema.MapLogicalType)
	if inner, ok := onlyGroup(n); ok && isMap && inner.NumFields() == 2 {
		return fmt.Sprintf("MAP(%s, %s)", engineType(inner.Field(0)), engineType(inner.Field(1)))
	}
	if isList && n.NumFields() == 1 {
		element := n.Field(0)
		if inner, ok := onlyGroup(n); ok && inner.NumFields() == 1 && inner.Name() != "array" && !strings.HasSuffix(inner.Name(), "_tuple") {
			element = inner.Field(0)
			return engineType(element) + "[]"
		}
		return singleType(element) + "[]"
	}
	members := make([]string, n.NumFields())
	for i := range members {
		members[i] = identifier(n.Field(i).Name()) + " " + engineType(n.Field(i))
	}
	return "STRUCT(" + strings.Join(members, ", ") + ")"
}

// onlyGroup is the one field of a group where that is a group itself.
func onlyGroup(n *schema.GroupNode) (*schema.GroupNode, bool) {
	if n.NumFields() != 1 {
		return nil, false
	}
	inner, ok := n.Field(0).(*schema.GroupNode)
	return inner, ok
}
