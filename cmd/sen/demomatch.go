package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// demoMatch is a record that was linked by what it says, and why.
type demoMatch struct {
	Dataset string      `json:"dataset"`
	Number  string      `json:"number"` // of whom it was linked to
	Why     explanation `json:"why"`
}

// shownMatches is how many are explained at the end of the demonstration.
const shownMatches = 3

// matches explains some links of records without a valid number. They are read through the door, as everything that
// is shown of people.
func (p *program) matches(ctx context.Context, h *hub, e *link.Entity) (out []demoMatch, err error) {
	report, err := h.lastReport(ctx, e.Entity)
	if err != nil || len(report.Weights) == 0 {
		return nil, err
	}
	links, err := h.entityRelation(ctx, lake.Links, flow.EntityDataset(e.Entity))
	if err != nil {
		return nil, err
	}
	request := p.request(h.config, reason{}, "demo")
	request.Dataset = []sen.Dataset{flow.EntityDataset(e.Entity)}
	for _, name := range e.Records.Names() {
		if !slices.Contains(request.Dataset, datasetOf(name)) {
			request.Dataset = append(request.Dataset, datasetOf(name))
		}
	}
	reading, err := h.door.Open(ctx, request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	linked, err := probable(ctx, c, links)
	if err != nil {
		return nil, err
	}
	for _, one := range linked {
		m, err := h.match(ctx, c, e, report, one)
		if err != nil {
			return nil, err
		}
		if err := reading.Saw(subjectOf(e.Entity, one.thing), access.Subject{Dataset: datasetOf(one.dataset), Key: access.RecordKey(one.record)}); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return various(out), reading.Seal()
}

// various are some of the matches, of which no two were decided alike; those
// with the most differences first.
func various(all []demoMatch) (out []demoMatch) {
	slices.SortStableFunc(all, func(a, b demoMatch) int { return cmp.Compare(b.Why.different(), a.Why.different()) })
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
func (e explanation) shape() (shape string) {
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
func (h *hub) match(ctx context.Context, c *engine.Conn, e *link.Entity, report resolve.Report, one probableLink) (demoMatch, error) {
	golden, err := h.goldenFields(ctx, e, fmt.Sprint(one.thing))
	if err != nil {
		return demoMatch{}, err
	}
	clean, err := h.entityRelation(ctx, lake.Clean, datasetOf(one.dataset))
	if err != nil {
		return demoMatch{}, err
	}
	said := goldenRecord{Entity: e.Entity, ID: one.record, Fields: make([]goldenField, len(e.Match.Compare))}
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
		return demoMatch{}, err
	}
	return demoMatch{Dataset: one.dataset, Number: golden.value(e.Keys()[0]), Why: explained(e, report, []goldenRecord{said, golden})}, nil
}

// different is how many fields both give, and not as the same.
func (e explanation) different() (n int) {
	for _, s := range e.Steps {
		if s.Level != "" && s.Level != "same" {
			n++
		}
	}
	return n
}

// showMatches explains links in two lines each: what the record says, and what
// each field weighs.
func (p *program) showMatches(all []demoMatch) {
	if len(all) == 0 {
		return
	}
	p.say("\n  vì sao là một: vài bản ghi không có số định danh hợp lệ, nối theo điều nó nói (bit: +10 là nghìn lần đáng tin hơn)",
		"\n  why they are one: some records without a valid number, linked by what they say (bits: +10 is a thousand times likelier)")
	for _, m := range all {
		var said, weighs []string
		bits := m.Why.Bits
		for _, s := range m.Why.Steps {
			if s.A != "" {
				said = append(said, s.A)
			}
			if s.Level != "" {
				weighs = append(weighs, fmt.Sprintf("%s %s %s", s.Field, s.Level, p.signed(s.Bits)))
				bits -= s.Bits
			}
		}
		fmt.Fprintf(p.screen, "    %s %s → %s\n", p.screen.Paint(terminal.Quiet, m.Dataset), terminal.Clean(strings.Join(said, " · ")), p.screen.Paint(terminal.Strong, terminal.Clean(m.Number)))
		fmt.Fprintf(p.screen, "      %s\n", p.screen.Paint(terminal.Quiet, fmt.Sprintf("%s %s · %s = %s → %s", p.lang.Pick("ban đầu", "before"), p.signed(bits),
			strings.Join(weighs, " · "), p.signed(m.Why.Bits), p.lang.Decimal(m.Why.Probability, 4))))
	}
}

// signed is bits with their sign.
func (p *program) signed(bits float64) string {
	sign := "+"
	if bits < 0 {
		sign = "−"
	}
	return sign + p.lang.Decimal(math.Abs(bits), 1)
}
