package postgres

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Sums implements live.Database. Columns are named as they land. The ranges
// are all those of a reading, in its order; without any there is one sum, of
// the whole table. Sums add up to the table's: each range reaches to the next
// of its part, the first from the part's beginning and the last to its end,
// and a part in which there were no rows counts with the last range. A part
// that is read in one piece, like a view, has its whole sum at its first range
// and none at the others.
//
// In a database whose encoding promises nothing (SQL_ASCII) rows with bytes
// that are no text land with other text, and do not agree.
func (d *Database) Sums(ctx context.Context, name string, columns []string, ranges []source.Range) (out []live.Sum, err error) {
	err = d.retry(ctx, "sums of "+name, func(ctx context.Context) (err error) {
		out, err = d.sums(ctx, name, columns, ranges)
		return err
	})
	return out, err
}

func (d *Database) sums(ctx context.Context, name string, columns []string, ranges []source.Range) ([]live.Sum, error) {
	c, err := d.dial(ctx, leading)
	if err != nil {
		return nil, err
	}
	defer c.close()
	t, err := d.describe(ctx, c, name)
	if err != nil {
		return nil, err
	}
	queries, err := t.sumQueries(columns, ranges)
	if err != nil {
		return nil, err
	}
	found, err := c.rows(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_catalog.pg_export_snapshot()")
	if err != nil {
		return nil, err
	}
	return d.ask(ctx, c, found[0].text(0), queries)
}

// ask answers the sum of each range's queries. The leader asks, and others help
// as far as the budget has places.
func (d *Database) ask(ctx context.Context, leader *conn, snapshot string, queries [][]string) ([]live.Sum, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	helping, stop := context.WithCancel(ctx)
	out := make([]live.Sum, len(queries))
	var at atomic.Int64
	work := func(c *conn) error {
		for i := at.Add(1) - 1; i < int64(len(queries)); i = at.Add(1) - 1 {
			for _, q := range queries[i] {
				found, err := c.rows(ctx, q)
				if err != nil {
					return err
				}
				if err := addSum(&out[i], found[0]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var helpers sync.WaitGroup
	for range min(d.budget.Connections, len(queries)) - 1 {
		helpers.Go(func() {
			c, err := d.dial(helping, ordinary)
			if err != nil {
				return // the leader does it without
			}
			defer c.close()
			if _, err = c.rows(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+literal(snapshot)); err == nil {
				err = work(c)
			}
			if err != nil {
				fail(err)
			}
		})
	}
	err := work(leader)
	stop()
	helpers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return out, err
}

// sumQueries is the queries of each range, whose answers are added up.
func (t *table) sumQueries(names []string, ranges []source.Range) ([][]string, error) {
	list, err := t.named(names)
	if err != nil {
		return nil, err
	}
	if len(ranges) == 0 {
		return [][]string{{t.sumSQL(list, t.quoted(), "")}}, nil
	}
	of := map[string][]int{} // the ranges of each part
	for i, r := range ranges {
		of[r.File] = append(of[r.File], i)
	}
	out := make([][]string, len(ranges))
	for _, p := range t.parts {
		own := of[p.name]
		delete(of, p.name)
		switch {
		case len(own) == 0:
			out[len(out)-1] = append(out[len(out)-1], t.sumSQL(list, p.from(), ""))
		case !p.cut:
			out[own[0]] = append(out[own[0]], t.sumSQL(list, p.from(), ""))
		default:
			from := tid(0)
			for n, i := range own {
				to := maxTID
				if n+1 < len(own) {
					to = ranges[own[n+1]].Start
				}
				out[i] = append(out[i], t.sumSQL(list, p.from(), " WHERE "+between(from, to)))
				from = to
			}
		}
	}
	for name := range of {
		return nil, sen.Errorf(sen.Drift, "%s has no part %s any more", t.title(), name).WithHint("synchronise it again")
	}
	return out, nil
}

// named finds columns by the names under which they land.
func (t *table) named(names []string) ([]column, error) {
	by := map[string]column{}
	for i, name := range rows.Unique(t.names()) {
		by[name] = t.columns[i]
	}
	out := make([]column, len(names))
	for i, name := range names {
		c, ok := by[name]
		if !ok {
			return nil, sen.Errorf(sen.Drift, "%s has no column %s", t.title(), name).WithHint("compare the contract with the source")
		}
		out[i] = c
	}
	return out, nil
}

// sumSQL counts and sums as live.Sum says. OFFSET 0 keeps the planner from
// computing each text twice.
func (t *table) sumSQL(columns []column, from, where string) string {
	texts, parts := make([]string, len(columns)), make([]string, len(columns)+1)
	utf8 := func(s string) string { return s }
	if t.encoding != "UTF8" && t.encoding != sqlASCII {
		utf8 = func(s string) string { return "pg_catalog.convert_to(" + s + ", 'UTF8')" }
	}
	parts[0] = "''"
	for i, c := range columns {
		name := fmt.Sprintf("c%d", i)
		texts[i] = c.text() + " AS " + name
		parts[i+1] = fmt.Sprintf("coalesce(pg_catalog.octet_length(%s) || ':' || %s, '-')", utf8(name), name)
	}
	return fmt.Sprintf("SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(('x' || pg_catalog.substr(pg_catalog.md5(%s), 1, 16))::bit(64)::bigint), 0) FROM (SELECT %s FROM %s%s OFFSET 0) t",
		utf8(strings.Join(parts, " || ")), strings.Join(texts, ", "), from, where)
}

// addSum adds an answer: an exact sum of signed numbers, modulo 2^64.
func addSum(to *live.Sum, r row) error {
	total, ok := new(big.Int).SetString(r.text(1), 10)
	if !ok {
		return sen.Errorf(sen.Corrupt, "the server's sum is no number")
	}
	total.Mod(total, new(big.Int).Lsh(big.NewInt(1), 64)) // never negative
	to.Rows, to.Sum = to.Rows+r.number(0), to.Sum+total.Uint64()
	return nil
}
