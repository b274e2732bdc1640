package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/sen-hub/sen"
)

// Statement is one SELECT that somebody else wrote, as the engine's own
// parser reads it. Nothing is run to find out what it reads.
type Statement struct {
	Root map[string]any // the syntax tree, as json_serialize_sql gives it; places are json.Number
}

// Table is a place where a statement reads a table, by the names it uses.
type Table struct{ Catalogue, Schema, Name, Alias string }

// Parse reads a statement. The error has kind Invalid where it is not a
// single SELECT.
func (c *Conn) Parse(ctx context.Context, text string) (*Statement, error) {
	var tree string
	if err := c.Row(ctx, "SELECT CAST(json_serialize_sql("+Literal(text)+") AS VARCHAR)", &tree); err != nil {
		return nil, sen.Errorf(sen.Invalid, "the statement cannot be read: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(tree))
	d.UseNumber() // places are 64-bit numbers
	s := &Statement{}
	if err := d.Decode(&s.Root); err != nil {
		return nil, sen.Errorf(sen.Internal, "read the syntax tree of a statement: %w", err)
	}
	if failed, _ := s.Root["error"].(bool); failed {
		return nil, sen.Errorf(sen.Invalid, "the statement cannot be read: %v", s.Root["error_message"])
	}
	if all := list(s.Root["statements"]); len(all) != 1 {
		return nil, sen.Errorf(sen.Invalid, "there are %d statements, and one is asked for", len(all))
	}
	return s, nil
}

// Node is the SELECT itself.
func (s *Statement) Node() map[string]any {
	first, _ := list(s.Root["statements"])[0].(map[string]any)
	node, _ := first["node"].(map[string]any)
	return node
}

// Text is the statement as the engine writes it from the tree, so that
// nothing is run but what was studied.
func (s *Statement) Text(ctx context.Context, c *Conn) (string, error) {
	tree, err := json.Marshal(s.Root)
	if err != nil {
		return "", sen.Errorf(sen.Internal, "write the syntax tree of a statement: %w", err)
	}
	var text string
	if err := c.Row(ctx, "SELECT json_deserialize_sql("+Literal(string(tree))+"::JSON)", &text); err != nil {
		return "", sen.Errorf(sen.Internal, "write a statement from its syntax tree: %w", err)
	}
	return text, nil
}

// Walk visits every node of the tree, each before what is below it.
func (s *Statement) Walk(visit func(node map[string]any)) { walk(s.Root, visit) }

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			walk(one, visit)
		}
	case map[string]any:
		visit(v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			walk(v[name], visit)
		}
	}
}

// plain is the name of a WITH that no file can have: the engine reads a file
// for a table that it does not know, and a WITH is known in its own part of a
// statement only.
var plain = regexp.MustCompile(`^[\pL_][\pL\pM\pN_]*$`)

// Tables are the places where a statement reads a table, without those that
// stand for a WITH. The error has kind Denied where it reads anything else:
// table functions read files and the engine's own tables, but for those that
// make rows of nothing.
func (s *Statement) Tables() ([]Table, error) {
	var tables []Table
	var refused error
	withs := map[string]bool{}
	s.Walk(func(n map[string]any) {
		switch n["type"] {
		case "BASE_TABLE":
			tables = append(tables, Table{field(n, "catalog_name"), field(n, "schema_name"), field(n, "table_name"), field(n, "alias")})
		case "TABLE_FUNCTION":
			f, _ := n["function"].(map[string]any)
			if name := strings.ToLower(field(f, "function_name")); !slices.Contains([]string{"range", "generate_series", "unnest"}, name) {
				refused = sen.Errorf(sen.Denied, "function %s reads what is no dataset", name)
			}
		case "SHOW_REF", "PIVOT", "COLUMN_DATA", "DELIM_GET":
			refused = sen.Errorf(sen.Denied, "the statement is no SELECT over datasets")
		}
		for _, name := range withNames(n) {
			if !plain.MatchString(name) {
				refused = sen.Errorf(sen.Denied, "WITH %q is no plain name", name)
			}
			withs[strings.ToLower(name)] = true
		}
	})
	return slices.DeleteFunc(tables, func(t Table) bool { return t.Schema == "" && withs[strings.ToLower(t.Name)] }), refused
}

// withNames are what a node defines by WITH.
func withNames(n map[string]any) []string {
	var out []string
	m, _ := n["cte_map"].(map[string]any)
	for _, one := range list(m["map"]) {
		entry, _ := one.(map[string]any)
		out = append(out, field(entry, "key"))
	}
	return out
}

// aboutStatements are the complaints that speak of a statement. Others can
// hold a value that it met: "Could not convert string '…' to INT32".
var aboutStatements = []duckdb.ErrorType{duckdb.ErrorTypeParser, duckdb.ErrorTypeBinder, duckdb.ErrorTypeCatalog,
	duckdb.ErrorTypePermission, duckdb.ErrorTypeSyntax, duckdb.ErrorTypeOutOfMemory}

// WithoutValues is an error of somebody else's statement without what may be
// a person's data: for those who may see the statement and not the rows.
func WithoutValues(err error) error {
	var said *duckdb.Error
	if !errors.As(err, &said) || slices.Contains(aboutStatements, said.Type) {
		return err
	}
	kind, _, _ := strings.Cut(said.Msg, ":")
	return sen.Errorf(sen.Invalid, "it fails over the data: %s", strings.ToLower(kind)).
		WithHint("ask the same by `sen query`: what it meets is shown to those who may see it")
}

// Loggable is an error as a log may have it: without the engine's own words, which
// quote statements and values that it met.
func Loggable(err error) error {
	var said *duckdb.Error
	if !errors.As(err, &said) {
		return err
	}
	kind, _, _ := strings.Cut(said.Msg, ":")
	return sen.Errorf(sen.KindOf(err), "the SQL engine: %s", strings.ToLower(kind))
}

func list(v any) []any { l, _ := v.([]any); return l }

func field(n map[string]any, name string) string {
	if n[name] == nil {
		return ""
	}
	return fmt.Sprint(n[name])
}
