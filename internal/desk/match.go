package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// LinkedRecord is a record that was linked by what it says, and why.
type LinkedRecord struct {
	Dataset string      `json:"dataset"`
	Number  string      `json:"number"` // of whom it was linked to
	Why     Explanation `json:"why"`
}

// shownMatches is how many are explained at the end of the demonstration.
const shownMatches = 3

// Matches explains some links of records without a valid number. They are read
// through the door, as everything that is shown of people; the request's datasets
// are filled in.
func (d *Desk) Matches(ctx context.Context, request access.Request, e *link.Entity) (out []LinkedRecord, err error) {
	report, err := d.lastReport(ctx, e.Entity)
	if err != nil || len(report.Weights) == 0 {
		return nil, err
	}
	links, err := d.entityRelation(ctx, lake.Links, flow.EntityDataset(e.Entity))
	if err != nil {
		return nil, err
	}
	request.Dataset = []sen.Dataset{flow.EntityDataset(e.Entity)}
	for _, name := range e.Records.Names() {
		if !slices.Contains(request.Dataset, DatasetOf(name)) {
			request.Dataset = append(request.Dataset, DatasetOf(name))
		}
	}
	reading, err := d.o.Door.Open(ctx, request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	linked, err := probable(ctx, c, links)
	if err != nil {
		return nil, err
	}
	for _, one := range linked {
		m, err := d.match(ctx, c, e, report, one)
		if err != nil {
			return nil, err
		}
		if err := reading.Saw(subjectOf(e.Entity, one.thing), access.Subject{Dataset: DatasetOf(one.dataset), Key: access.RecordKey(one.record)}); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return various(out), reading.Seal()
}

// various are some of the matches, of which no two were decided alike; those
// with the most differences first.
func various(all []LinkedRecord) (out []LinkedRecord) {
	slices.SortStableFunc(all, func(a, b LinkedRecord) int { return cmp.Compare(b.Why.different(), a.Why.different()) })
	known := map[string]bool{}
	for _, m := range all {
		if shape := m.Why.shape(); !known[shape] && len(out) < shownMatches {
			known[shape] = true
			out = append(out, m)
		}
	}
	return out
}

// shape is which fields agree how far.
func (e Explanation) shape() (shape string) {
	for _, s := range e.Steps {
		shape += s.Level + "/"
	}
	return shape
}

// probableLink is a record that was linked by what it says.
type probableLink struct {
	dataset       string
	record, thing int64
}

// probable is some such records of each dataset.
func probable(ctx context.Context, c *engine.Conn, links string) (out []probableLink, err error) {
	rows, err := c.Query(ctx, fmt.Sprintf("SELECT dataset, arg_min(record, hash(record)), arg_min(entity, hash(record)) FROM %s WHERE how = '%s' GROUP BY dataset, record %% 3 ORDER BY ALL",
		links, resolve.Probable))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one probableLink
		if err := rows.Scan(&one.dataset, &one.record, &one.thing); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// match compares a record with the golden record that it was linked to.
func (d *Desk) match(ctx context.Context, c *engine.Conn, e *link.Entity, report resolve.Report, one probableLink) (LinkedRecord, error) {
	golden, err := d.goldenFields(ctx, e, fmt.Sprint(one.thing), nil)
	if err != nil {
		return LinkedRecord{}, err
	}
	clean, err := d.entityRelation(ctx, lake.Clean, DatasetOf(one.dataset))
	if err != nil {
		return LinkedRecord{}, err
	}
	said := Golden{Entity: e.Entity, ID: one.record, Fields: make([]Field, len(e.Match.Compare))}
	record, _ := e.Records.Get(one.dataset)
	var columns []string
	var into []any
	for i, f := range e.Match.Compare {
		column := "''"
		if given := record.Fields[f]; given != "" {
			column = "coalesce(CAST(" + engine.Ident(given) + " AS VARCHAR), '')"
		}
		said.Fields[i].Name = f
		columns, into = append(columns, column), append(into, &said.Fields[i].Value)
	}
	if err := c.Row(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE _key = %d", strings.Join(columns, ", "), clean, one.record), into...); err != nil {
		return LinkedRecord{}, err
	}
	return LinkedRecord{Dataset: one.dataset, Number: golden.Value(e.Keys()[0]), Why: explained(e, report, []Golden{said, golden})}, nil
}

// different is how many fields both give, and not as the same.
func (e Explanation) different() (n int) {
	for _, s := range e.Steps {
		if s.Level != "" && s.Level != "same" {
			n++
		}
	}
	return n
}
