package access

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// A statement is one SELECT over datasets, as the engine's own parser reads
// it. Nothing is run to find out what it reads.
type statement struct {
	root   map[string]any // the syntax tree, as json_serialize_sql gives it
	tables []mention      // where it reads datasets
	names  []string       // columns that are named
	star   bool           // all columns of something are asked for
	rows   bool           // every row of the answer is one row of each dataset
}

// mention is a place where a statement reads a dataset.
type mention struct {
	dataset sen.Dataset
	alias   []string // how the statement calls it: its alias, else schema and table
}

// parse reads a statement. It refuses what is not a single SELECT, and what
// would read anything but datasets.
func parse(ctx context.Context, c *engine.Conn, text string) (*statement, error) {
	var tree string
	if err := c.Row(ctx, "SELECT CAST(json_serialize_sql("+engine.Literal(text)+") AS VARCHAR)", &tree); err != nil {
		return nil, sen.Errorf(sen.Invalid, "the statement cannot be read: %w", err).WithHint(oneSelect)
	}
	d := json.NewDecoder(strings.NewReader(tree))
	d.UseNumber() // places are 64-bit numbers
	s := &statement{}
	if err := d.Decode(&s.root); err != nil {
		return nil, sen.Errorf(sen.Internal, "read the syntax tree of a statement: %w", err)
	}
	if failed, _ := s.root["error"].(bool); failed {
		return nil, sen.Errorf(sen.Invalid, "the statement cannot be read: %v", s.root["error_message"]).WithHint(oneSelect)
	}
	if list, _ := s.root["statements"].([]any); len(list) != 1 {
		return nil, sen.Errorf(sen.Invalid, "there are %d statements, and one is asked for", len(list)).WithHint(oneSelect)
	}
	return s, s.study(ctx, c)
}

const oneSelect = `write one SELECT over datasets, for example: SELECT count(*) FROM "population"."person"`

// study finds what the tree reads, and whether its answer can be traced to
// rows.
func (s *statement) study(ctx context.Context, c *engine.Conn) error {
	w := walker{ctes: map[string]bool{}}
	w.walk(s.root)
	if w.refused != nil {
		return w.refused
	}
	for _, t := range w.tables {
		m, err := w.resolve(t)
		if err != nil {
			return err
		}
		if m != nil {
			s.tables = append(s.tables, *m)
		}
	}
	if len(s.tables) == 0 {
		return sen.Errorf(sen.Invalid, "the statement reads no dataset").WithHint(oneSelect)
	}
	s.names, s.star = w.columns, w.star
	aggregates, err := anyAggregate(ctx, c, w.functions)
	s.rows = err == nil && !aggregates && !w.folds && plainRows(s.node())
	return err
}

// node is the SELECT itself.
func (s *statement) node() map[string]any {
	list := s.root["statements"].([]any)
	first, _ := list[0].(map[string]any)
	node, _ := first["node"].(map[string]any)
	return node
}

// plainRows reports whether a SELECT only filters, joins, orders and limits.
func plainRows(node map[string]any) bool {
	if node["type"] != "SELECT_NODE" || node["aggregate_handling"] != "STANDARD_HANDLING" {
		return false
	}
	if len(list(node["group_expressions"])) > 0 || node["having"] != nil || node["qualify"] != nil || node["sample"] != nil {
		return false
	}
	for _, m := range list(node["modifiers"]) {
		if kind := m.(map[string]any)["type"]; kind != "ORDER_MODIFIER" && kind != "LIMIT_MODIFIER" {
			return false
		}
	}
	from, _ := node["from_table"].(map[string]any)
	return plainFrom(from)
}

// plainFrom reports whether a FROM holds datasets and ordinary joins only:
// after a semi or anti join the rows of the other side are not in the answer,
// and a natural join would join by what names the rows.
func plainFrom(from map[string]any) bool {
	switch from["type"] {
	case "BASE_TABLE":
		return from["sample"] == nil
	case "JOIN":
		left, _ := from["left"].(map[string]any)
		right, _ := from["right"].(map[string]any)
		return slices.Contains([]any{"INNER", "LEFT", "RIGHT", "OUTER"}, from["join_type"]) &&
			slices.Contains([]any{"REGULAR", "CROSS"}, from["ref_type"]) && plainFrom(left) && plainFrom(right)
	}
	return false
}

func list(v any) []any { l, _ := v.([]any); return l }

// text is the statement as the engine writes it from the tree, so that
// nothing is run but what was studied. Traced, it has key and version of each
// dataset's row behind its own columns.
func (s *statement) text(ctx context.Context, c *engine.Conn, traced []mention) (string, error) {
	node := s.node()
	columns := list(node["select_list"])
	for _, t := range traced {
		for _, name := range []string{keyColumn, positionColumn} {
			columns = append(columns, map[string]any{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "",
				"query_location": json.Number("0"), "column_names": append(slices.Clone(t.alias), name)})
		}
	}
	node["select_list"] = columns
	tree, err := json.Marshal(s.root)
	if err != nil {
		return "", sen.Errorf(sen.Internal, "write the syntax tree of a statement: %w", err)
	}
	var text string
	if err := c.Row(ctx, "SELECT json_deserialize_sql("+engine.Literal(string(tree))+"::JSON)", &text); err != nil {
		return "", sen.Errorf(sen.Internal, "write a statement from its syntax tree: %w", err)
	}
	return text, nil
}

// datasets are the datasets read, each once.
func (s *statement) datasets() []sen.Dataset {
	var out []sen.Dataset
	for _, t := range s.tables {
		if !slices.Contains(out, t.dataset) {
			out = append(out, t.dataset)
		}
	}
	return out
}

// walker collects what stands anywhere in a tree.
type walker struct {
	tables    []map[string]any
	ctes      map[string]bool
	columns   []string
	functions []string
	star      bool
	folds     bool // a subquery, a window, a WITH: rows of the answer are not rows of a dataset
	refused   error
}

func (w *walker) walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			w.walk(one)
		}
	case map[string]any:
		w.node(v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.walk(v[name])
		}
	}
}

func (w *walker) node(n map[string]any) {
	switch n["class"] {
	case "SUBQUERY", "WINDOW":
		w.folds = true
	case "STAR":
		w.star = true
	case "COLUMN_REF":
		if names := list(n["column_names"]); len(names) > 0 {
			w.columns = append(w.columns, fmt.Sprint(names[len(names)-1]))
		}
	case "FUNCTION":
		w.functions = append(w.functions, strings.ToLower(fmt.Sprint(n["function_name"])))
	}
	switch n["type"] {
	case "BASE_TABLE":
		w.tables = append(w.tables, n)
	case "TABLE_FUNCTION":
		w.tableFunction(n)
	case "SHOW_REF", "PIVOT", "COLUMN_DATA", "DELIM_GET":
		w.refused = sen.Errorf(sen.Denied, "the statement is no SELECT over datasets").WithHint(oneSelect)
	}
	if m, ok := n["cte_map"].(map[string]any); ok {
		for _, one := range list(m["map"]) {
			w.folds = true
			entry, _ := one.(map[string]any)
			w.ctes[strings.ToLower(fmt.Sprint(entry["key"]))] = true
		}
	}
}

// tableFunction lets pass what makes rows of nothing. All others read files
// or the engine's own tables, behind the door's back.
func (w *walker) tableFunction(n map[string]any) {
	f, _ := n["function"].(map[string]any)
	name := strings.ToLower(fmt.Sprint(f["function_name"]))
	if !slices.Contains([]string{"range", "generate_series", "unnest"}, name) {
		w.refused = sen.Errorf(sen.Denied, "function %s reads what is no dataset", name).
			WithHint("datasets are called by name: %s", oneSelect)
	}
}

// resolve is the dataset that a table stands for; nil for the name of a WITH.
func (w *walker) resolve(t map[string]any) (*mention, error) {
	schema, table, alias := fmt.Sprint(t["schema_name"]), fmt.Sprint(t["table_name"]), fmt.Sprint(t["alias"])
	if schema == "" && w.ctes[strings.ToLower(table)] {
		return nil, nil
	}
	if catalogue := fmt.Sprint(t["catalog_name"]); schema == "" || catalogue != "" {
		return nil, sen.Errorf(sen.Invalid, "%q is no dataset", table).
			WithHint(`a dataset is called "agency"."object", for example "population"."person"`)
	}
	m := &mention{dataset: sen.Dataset(schema + "." + table), alias: []string{schema, table}}
	if alias != "" {
		m.alias = []string{alias}
	}
	return m, nil
}

// anyAggregate asks the engine whether one of the functions makes one value
// of many rows.
func anyAggregate(ctx context.Context, c *engine.Conn, functions []string) (bool, error) {
	if len(functions) == 0 {
		return false, nil
	}
	quoted := make([]string, len(functions))
	for i, f := range functions {
		quoted[i] = engine.Literal(f)
	}
	var n int
	err := c.Row(ctx, "SELECT count(*) FROM duckdb_functions() WHERE function_type = 'aggregate' AND lower(function_name) IN ("+
		strings.Join(quoted, ", ")+")", &n)
	return n > 0, err
}
