package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// A statement is one SELECT over datasets, as the engine's own parser reads
// it. Nothing is run to find out what it reads.
type statement struct {
	*engine.Statement
	tables []mention // where it reads datasets
	names  []string  // columns that are named
	star   bool      // all columns of something are asked for
	rows   bool      // every row of the answer is one row of each dataset
}

// mention is a place where a statement reads a dataset.
type mention struct {
	dataset sen.Dataset
	alias   []string // how the statement calls it: its alias, else schema and table
}

// parse reads a statement. It refuses what is not a single SELECT, and what
// would read anything but datasets.
func parse(ctx context.Context, c *engine.Conn, text string) (*statement, error) {
	parsed, err := c.Parse(ctx, text)
	if err != nil {
		return nil, hinted(err)
	}
	s := &statement{Statement: parsed}
	return s, s.study(ctx, c)
}

// hinted says what a statement must be.
func hinted(err error) error {
	var known *sen.Error
	if errors.As(err, &known) && known.Hint == "" {
		return known.WithHint("%s", oneSelect)
	}
	return err
}

const oneSelect = `write one SELECT over datasets, for example: SELECT count(*) FROM "population"."person"`

// study finds what the tree reads, and whether its answer can be traced to
// rows.
func (s *statement) study(ctx context.Context, c *engine.Conn) error {
	tables, err := s.Tables()
	if err != nil {
		return hinted(err)
	}
	for _, t := range tables {
		m, err := resolve(t)
		if err != nil {
			return err
		}
		s.tables = append(s.tables, m)
	}
	if len(s.tables) == 0 {
		return sen.Errorf(sen.Invalid, "the statement reads no dataset").WithHint("%s", oneSelect)
	}
	w := seen{}
	s.Walk(w.node)
	s.names, s.star = w.columns, w.star
	aggregates, err := anyAggregate(ctx, c, w.functions)
	s.rows = err == nil && !aggregates && !w.folds && plainRows(s.Node())
	return err
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

// text is the statement as it was studied. Traced, it has key and version of
// each dataset's row behind its own columns.
func (s *statement) text(ctx context.Context, c *engine.Conn, traced []mention) (string, error) {
	node := s.Node()
	columns := list(node["select_list"])
	for _, t := range traced {
		for _, name := range []string{keyColumn, positionColumn} {
			columns = append(columns, map[string]any{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "",
				"query_location": json.Number("0"), "column_names": append(slices.Clone(t.alias), name)})
		}
	}
	node["select_list"] = columns
	return s.Text(ctx, c)
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

// seen collects what stands anywhere in a tree.
type seen struct {
	columns   []string
	functions []string
	star      bool
	folds     bool // a subquery, a window, a WITH: rows of the answer are not rows of a dataset
}

func (w *seen) node(n map[string]any) {
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
	if m, ok := n["cte_map"].(map[string]any); ok && len(list(m["map"])) > 0 {
		w.folds = true
	}
}

// resolve is the dataset that a table stands for.
func resolve(t engine.Table) (mention, error) {
	if t.Schema == "" || t.Catalogue != "" {
		return mention{}, sen.Errorf(sen.Invalid, "%q is no dataset", t.Name).
			WithHint(`a dataset is called "agency"."object", for example "population"."person"`)
	}
	m := mention{dataset: sen.Dataset(t.Schema + "." + t.Name), alias: []string{t.Schema, t.Name}}
	if t.Alias != "" {
		m.alias = []string{t.Alias}
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
