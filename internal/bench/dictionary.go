package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
)

// Cost is what one data element costs, in nanoseconds a value, on one thread:
// in Go, and in the engine beyond reading and counting the same column.
type Cost struct {
	Element string  `json:"element"`
	Go      float64 `json:"go_ns"`
	SQL     float64 `json:"sql_ns"`
}

const (
	costRows = 1_000_000
	goRows   = 100_000
	anyOne   = 33 // of so many values one is any of the element's examples, well or faulty,
	goodOne  = 11 // of so many one is any that is well; all others are the first, as most values come
	costRuns = 3  // the fastest counts
)

// Dictionary measures every element over values made of its own examples.
func Dictionary(ctx context.Context) ([]Cost, error) {
	e, err := engine.Open(ctx, engine.Options{Functions: clean.Functions(), Threads: 1})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var out []Cost
	for _, element := range dictionary.Elements() {
		values := mixture(element)
		if len(values) == 0 {
			continue
		}
		cost := Cost{Element: element.Name, Go: goCost(element, values)}
		if cost.SQL, err = sqlCost(ctx, c, element, values); err != nil {
			return nil, fmt.Errorf("measure %s: %w", element.Name, err)
		}
		out = append(out, cost)
	}
	return out, nil
}

// mixture is a cycle of values; the elements' examples lead with what is
// common in practice.
func mixture(e *dictionary.Element) []string {
	var good, all []string
	for _, x := range e.Examples {
		all = append(all, x.Raw)
		if x.Problem == "" && x.Value != "" {
			good = append(good, x.Raw)
		}
	}
	if len(good) == 0 {
		return all
	}
	var out []string
	for i := range anyOne * len(all) {
		switch {
		case i%anyOne == 0:
			out = append(out, all[i/anyOne])
		case i%goodOne == 0:
			out = append(out, good[i/goodOne%len(good)])
		default:
			out = append(out, good[0])
		}
	}
	return out
}

func goCost(e *dictionary.Element, values []string) float64 {
	begun := time.Now()
	for i := range goRows {
		e.Standardise(values[i%len(values)], e.ExampleOptions())
	}
	return float64(time.Since(begun).Nanoseconds()) / goRows
}

// sqlCost is the time of the element's SQL form less that of the bare column.
func sqlCost(ctx context.Context, c *engine.Conn, e *dictionary.Element, values []string) (float64, error) {
	if err := load(ctx, c, values); err != nil {
		return 0, err
	}
	bare, err := fastest(ctx, c, "x")
	if err != nil {
		return 0, err
	}
	full, err := fastest(ctx, c, e.SQL("x", e.ExampleOptions()).Value)
	return max(0, float64((full-bare).Nanoseconds())/costRows), err
}

// load makes the temporary table bench(x) of values over and over.
func load(ctx context.Context, c *engine.Conn, values []string) error {
	list := ""
	for i, v := range values {
		if i > 0 {
			list += ", "
		}
		list += engine.Literal(v)
	}
	return c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE bench AS SELECT list_extract(v, 1 + i %% %d) AS x FROM (SELECT range AS i FROM range(%d)), (SELECT [%s] AS v)",
		len(values), costRows, list))
}

func fastest(ctx context.Context, c *engine.Conn, expression string) (time.Duration, error) {
	best := time.Duration(1<<63 - 1)
	for range costRuns {
		var n int64
		begun := time.Now()
		if err := c.Row(ctx, "SELECT sum(length("+expression+")) FROM bench", &n); err != nil {
			return 0, err
		}
		best = min(best, time.Since(begun))
	}
	return best, nil
}
