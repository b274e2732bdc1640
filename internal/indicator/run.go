package indicator

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/state"
)

// The columns of an indicator's query.
const (
	valueColumn = "value" // the count, or what a share counts
	ofColumn    = "of"    // of a share: what it is a part of
)

// mostGroups is how many groups an indicator may have: more are no longer
// groups, and their names could be people's.
const mostGroups = 500

// longestRun bounds a query.
const longestRun = 5 * time.Minute

// Runner finds figures in an open hub.
type Runner struct {
	Door      *access.Door
	Engine    *engine.Engine // one that sees the lake and nothing else
	Lake      *lake.Lake
	State     *state.State
	Principal sen.Principal
	Now       func() time.Time

	// Beside are relations about the hub itself, that hold nobody's data, as SQL.
	Beside map[sen.Dataset]string
	// Personal reports whether records of a dataset are about people.
	Personal func(sen.Dataset) bool
	// Identifies reports whether a column of a dataset tells who somebody is.
	Identifies func(dataset sen.Dataset, column string) bool
}

// Check sees that the query of an indicator can give its figure: one SELECT
// that reads datasets and nothing else, with the columns that are needed. It
// reads no data. The error is Invalid, Denied or NotFound, with file and line.
func (r Runner) Check(ctx context.Context, i *Indicator) error {
	columns, datasets, err := r.Door.Columns(ctx, r.Engine, r.Lake, access.Query{SQL: i.Query, Beside: r.Beside})
	if err != nil {
		return i.refused(err)
	}
	known := map[string]bool{}
	for _, c := range columns {
		known[c.Name] = true
		switch {
		case c.Name == i.By && i.By != "":
		case c.Name != valueColumn && c.Name != ofColumn:
			return i.wrong("query", "the query gives a column %q, which is neither value, of nor the groups", c.Name).
				WithHint("name the groups' column with by:, and leave out what is not shown")
		case !isNumber(c.Type):
			return i.wrong("query", "column %q is of type %s, and a figure is a number", c.Name, c.Type)
		}
	}
	switch {
	case !known[valueColumn]:
		return i.wrong("query", "the query gives no column value").WithHint("write SELECT count(*) AS value …")
	case i.By != "" && !known[i.By]:
		return i.wrong("by", "the query gives no column %q for the groups", i.By)
	case i.Percent() && !known[ofColumn]:
		return i.wrong("query", "a share needs a column of beside value").WithHint("write SELECT count(*) FILTER (…) AS value, count(*) AS of …")
	case i.Smallest == nil && slices.ContainsFunc(datasets, r.Personal):
		return i.wrong("indicator", "indicator %s counts people, and does not say the smallest count that is shown", i.Name).
			WithHint("write smallest: 5; what is smaller is shown as < 5")
	}
	return r.checkGroups(ctx, i, datasets)
}

// checkGroups refuses groups that are people: made of a column that tells who
// somebody is.
func (r Runner) checkGroups(ctx context.Context, i *Indicator, datasets []sen.Dataset) error {
	if i.By == "" {
		return nil
	}
	c, err := r.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.Parse(ctx, i.Query)
	if err != nil {
		return i.refused(err)
	}
	for _, column := range groupColumns(s.Node(), i.By) {
		for _, d := range datasets {
			if r.Identifies(d, column) {
				return i.wrong("by", "%s of %s tells who somebody is: groups by it are people", column, d).
					WithHint("group by a place, a kind or a span of time")
			}
		}
	}
	return nil
}

// groupColumns are the columns that the groups are made of; all that a statement
// names where it is none that says so plainly.
func groupColumns(node map[string]any, by string) []string {
	within := node
	items, _ := node["select_list"].([]any)
	for _, one := range items {
		item, _ := one.(map[string]any)
		if strings.EqualFold(nameOf(item), by) {
			within = item
		}
	}
	var out []string
	(&engine.Statement{Root: within}).Walk(func(n map[string]any) {
		if n["class"] == "COLUMN_REF" {
			out = append(out, lastName(n))
		}
	})
	return out
}

// nameOf is what an item of a SELECT is called in its answer.
func nameOf(item map[string]any) string {
	if alias, _ := item["alias"].(string); alias != "" {
		return alias
	}
	return lastName(item)
}

func lastName(column map[string]any) string {
	names, _ := column["column_names"].([]any)
	if len(names) == 0 {
		return ""
	}
	name, _ := names[len(names)-1].(string)
	return name
}

// refused is what the door or the engine says of the query, at its place.
func (i *Indicator) refused(err error) error {
	kind := sen.KindOf(err)
	if kind != sen.Invalid && kind != sen.Denied && kind != sen.NotFound {
		return err
	}
	said := engine.WithoutValues(err)
	message, _, _ := strings.Cut(said.Error(), "\n")
	out := i.wrong("query", "%s", message)
	out.Kind, out.Hint = kind, sen.HintOf(said)
	return out
}

func isNumber(kind string) bool {
	kind, _, _ = strings.Cut(kind, "(")
	return slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL"}, kind)
}

// Run finds an indicator's figure now, and keeps it. Each run has its entry in
// the door's journal.
func (r Runner) Run(ctx context.Context, i *Indicator) (Figure, error) {
	if err := r.Check(ctx, i); err != nil {
		return Figure{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, longestRun)
	defer cancel()
	columns, _, err := r.Door.Columns(ctx, r.Engine, r.Lake, access.Query{SQL: i.Query, Beside: r.Beside})
	if err != nil {
		return Figure{}, i.refused(err)
	}
	answer, err := r.Door.Query(ctx, r.Engine, r.Lake, access.Query{
		Request: access.Request{Principal: r.Principal, Purpose: access.Statistics, Command: "indicator run"},
		SQL:     i.numbers(columns), Limit: mostGroups + 1, Beside: r.Beside})
	if err != nil {
		return Figure{}, i.refused(err)
	}
	f := Figure{Indicator: i.Name, At: r.Now().UTC(), Snapshots: answer.Snapshots, Query: i.digest, Smallest: i.Below()}
	cells, err := i.cells(answer.Rows)
	if err != nil {
		return Figure{}, err
	}
	f.Total, f.Cells = protect(sum(cells), cells, float64(i.Below()))
	if i.By == "" {
		f.Cells = nil
	}
	return f, r.keep(ctx, f)
}

// numbers asks the query for its groups as text and its counts as numbers. A
// query around it folds its rows, so that the journal says that whole datasets
// were read: a figure names nobody.
func (i *Indicator) numbers(columns []access.Column) string {
	group, of := "NULL", "NULL"
	if i.By != "" {
		group = "CAST(" + engine.Ident(i.By) + " AS VARCHAR)"
	}
	if slices.ContainsFunc(columns, func(c access.Column) bool { return c.Name == ofColumn }) {
		of = `CAST("of" AS DOUBLE)`
	}
	return "SELECT " + group + " AS grouped, CAST(\"value\" AS DOUBLE) AS counted, " + of + " AS whole FROM (\n" +
		strings.TrimRight(strings.TrimSpace(i.Query), ";") + "\n) AS figure"
}

// cells reads the answer.
func (i *Indicator) cells(rows [][]any) ([]Cell, error) {
	switch {
	case i.By == "" && len(rows) != 1:
		return nil, i.wrong("query", "the query gives %d rows, and a figure without groups is one", len(rows)).WithHint("name the column of the groups with by:")
	case len(rows) > mostGroups:
		return nil, i.wrong("by", "there are more than %d groups by %s", mostGroups, i.By).WithHint("choose wider groups")
	}
	out := make([]Cell, 0, len(rows))
	for _, row := range rows {
		c := Cell{}
		c.Group, _ = row[0].(string)
		value, ok := row[1].(float64)
		if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
			return nil, i.wrong("query", "the query gives no number").WithHint("coalesce(…, 0) gives one where there is nothing to count")
		}
		c.Value = &value
		if of, ok := row[2].(float64); ok {
			if of < value || value < 0 {
				return nil, i.wrong("query", "a share counts %v of %v", value, of).WithHint("value is a part of of")
			}
			c.Of = &of
		}
		out = append(out, c)
	}
	return out, nil
}

func (r Runner) keep(ctx context.Context, f Figure) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return r.State.PutFigure(ctx, state.Figure{Indicator: f.Indicator, At: f.At, Body: body})
}

// History is what was found of an indicator since a time, the oldest first,
// the last before it among them.
func History(ctx context.Context, s *state.State, name string, since time.Time) ([]Figure, error) {
	kept, err := s.Figures(ctx, name, since)
	if err != nil {
		return nil, err
	}
	out := make([]Figure, len(kept))
	for i, one := range kept {
		if err := json.Unmarshal(one.Body, &out[i]); err != nil {
			return nil, sen.Errorf(sen.Corrupt, "a figure of indicator %s cannot be read: %w", name, err)
		}
	}
	return out, nil
}
