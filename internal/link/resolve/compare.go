package resolve

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// byComparison links the records that no key has, by what they say: with the
// things that a block finds for them, and with one another.
func (r *run) byComparison(ctx context.Context) error {
	if len(r.entity.Match.Compare) == 0 || len(r.entity.Match.Block) == 0 {
		return nil
	}
	if err := r.leftOver(ctx); err != nil {
		return err
	}
	table, things, records, err := r.read(ctx)
	if err != nil || len(records) == 0 {
		return err
	}
	spec := r.entity.Spec()
	spec.Threshold = r.entity.Surely()
	found, err := link.Link(ctx, table, spec)
	if err != nil {
		return err
	}
	r.report.Weights, r.report.Prior = found.Weights(), math.Log2(found.Lambda/(1-found.Lambda))
	return r.take(ctx, found, things, records)
}

// fewest is how many of the compared fields a record must say.
const fewest = 2

// leftOver makes sen_left, the records without a thing, and sen_known, the
// things that share a block with one of them, both with the compared fields.
func (r *run) leftOver(ctx context.Context) error {
	compared := r.entity.Match.Compare
	var left []string
	for i, s := range r.sources {
		values, says := make([]string, len(compared)), []string{}
		for n, f := range compared {
			values[n] = s.value(f) + " AS " + engine.Ident(f)
			if s.gives(f) {
				says = append(says, "("+engine.Ident(f)+" IS NOT NULL)::INT")
			}
		}
		if len(says) >= fewest { // a name alone says nothing
			left = append(left, fmt.Sprintf("SELECT %s AS dataset, _record AS record, %s FROM %s WHERE _entity IS NULL AND %s >= %d",
				engine.Literal(s.Name), strings.Join(values, ", "), linksOf(i), strings.Join(says, " + "), fewest))
		}
	}
	if len(left) == 0 {
		return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_left (record BIGINT)")
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_left AS %s", strings.Join(left, "\nUNION ALL\n")); err != nil {
		return err
	}
	if err := r.things(ctx, compared); err != nil {
		return err
	}
	var near []string
	for _, block := range r.entity.Spec().Block {
		var on []string
		for _, term := range block {
			a, b := blockKey("a", term), blockKey("b", term)
			on = append(on, a+" = "+b)
		}
		near = append(near, "SELECT b.entity FROM (SELECT * FROM sen_left) a JOIN sen_things b ON "+strings.Join(on, " AND "))
	}
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_known AS SELECT * FROM sen_things WHERE entity IN (%s)", strings.Join(near, " UNION "))
}

// most is from how many datasets, those that are believed first, a thing's
// values are taken to compare it.
const most = 3

// things makes sen_things: what the keys have brought together of each thing,
// in the fields that are compared.
func (r *run) things(ctx context.Context, compared []string) error {
	columns, joins := "g.entity", ""
	for n, f := range compared {
		var parts []string
		for _, p := range r.partsOf(f) {
			if len(parts) < most {
				parts = append(parts, p.sql)
			}
		}
		if len(parts) == 0 {
			columns += ", CAST(NULL AS VARCHAR) AS " + engine.Ident(f)
			continue
		}
		t := survivors(n)
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT entity, arg_min(v, row(rank, v)) AS v FROM (%s) GROUP BY entity", t, strings.Join(parts, " UNION ALL ")); err != nil {
			return err
		}
		columns += fmt.Sprintf(", %s.v AS %s", t, engine.Ident(f))
		joins += fmt.Sprintf(" LEFT JOIN %[1]s ON g.entity = %[1]s.entity", t)
	}
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_things AS SELECT %s FROM (SELECT DISTINCT _id AS entity FROM sen_register) g%s", columns, joins)
}

// blockKey is a term of a block as SQL.
func blockKey(of string, t link.Term) string {
	x := "sen_fold(" + of + "." + engine.Ident(t.Column) + ")"
	switch t.By {
	case link.Start, link.Year:
		return "left(" + x + ", 4)"
	case link.End:
		return "right(" + x + ", 4)"
	}
	return x
}

type record struct {
	dataset string
	id      int64
}

// read makes the table that is linked: the things first, then the records,
// both in an order of their own.
func (r *run) read(ctx context.Context) (t *link.Table, things []int64, records []record, err error) {
	compared := r.entity.Match.Compare
	t = link.NewTable(compared)
	values := make([]string, len(compared))
	list := make([]string, len(compared))
	for i, f := range compared {
		list[i] = "coalesce(" + engine.Ident(f) + ", '')"
	}
	read := func(query string, first ...any) error {
		rows, err := r.c.Query(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		into := slices.Clone(first)
		for i := range values {
			into = append(into, &values[i])
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			switch len(first) {
			case 1:
				things = append(things, *first[0].(*int64))
				t.AddAnchor(values)
			default:
				records = append(records, record{*first[0].(*string), *first[1].(*int64)})
				t.Add(0, values)
			}
		}
		return rows.Err()
	}
	var n int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM sen_left", &n); err != nil || n == 0 {
		return t, nil, nil, err
	}
	var entity, id int64
	var dataset string
	if err := read("SELECT entity, "+strings.Join(list, ", ")+" FROM sen_known ORDER BY entity", &entity); err != nil {
		return t, nil, nil, err
	}
	err = read("SELECT dataset, record, "+strings.Join(list, ", ")+" FROM sen_left ORDER BY dataset, record", &dataset, &id)
	return t, things, records, err
}

// take writes what was found into the links: to each record the thing in its
// cluster, or where there is none, one of the cluster's own.
func (r *run) take(ctx context.Context, found *link.Result, things []int64, records []record) error {
	size := map[int32]int{}
	for _, c := range found.Cluster {
		size[c]++
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_found (dataset VARCHAR, record BIGINT, entity BIGINT, first_dataset VARCHAR, first_record BIGINT)"); err != nil {
		return err
	}
	var rows []string
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := r.exec(ctx, "INSERT INTO sen_found VALUES %s", strings.Join(rows, ", "))
		rows = rows[:0]
		return err
	}
	for i, one := range records {
		cluster := found.Cluster[len(things)+i]
		if size[cluster] < 2 {
			continue
		}
		entity, first := "NULL", record{}
		if int(cluster) < len(things) {
			entity = fmt.Sprint(things[cluster])
		} else {
			first = records[int(cluster)-len(things)]
		}
		rows = append(rows, fmt.Sprintf("(%s, %d, %s, %s, %d)", engine.Literal(one.dataset), one.id, entity, engine.Literal(first.dataset), first.id))
		if len(rows) == 2000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	for i, source := range r.sources {
		if err := r.exec(ctx, `UPDATE %s AS l SET _entity = coalesce(f.entity, CAST(hash(%s, f.first_dataset, f.first_record) >> 1 AS BIGINT)), _how = '%s', _probability = %f
FROM sen_found f WHERE f.dataset = %s AND l._record = f.record AND l._entity IS NULL`, linksOf(i), engine.Literal(r.entity.Entity), Probable, found.Threshold, engine.Literal(source.Name)); err != nil {
			return err
		}
	}
	return nil
}
