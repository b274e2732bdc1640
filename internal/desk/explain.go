package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// Explanation is what speaks for and against two golden records being one thing.
type Explanation struct {
	Entity      string    `json:"entity"`
	IDs         [2]string `json:"ids"`
	Steps       []Step    `json:"steps"`
	Prior       float64   `json:"-"` // bits of any two records
	Bits        float64   `json:"bits"`
	Probability float64   `json:"probability"`
}

// Step is what one field says.
type Step struct {
	Field string  `json:"field"`
	A     string  `json:"a"`
	B     string  `json:"b"`
	Level string  `json:"level"`
	Bits  float64 `json:"bits"`
}

// Explain says of two golden records what each field weighs, as the last run
// compared records. The error is NotFound where it compared none.
func (d *Desk) Explain(ctx context.Context, entity string, both []Golden) (Explanation, error) {
	e, err := d.Entity(entity)
	if err != nil {
		return Explanation{}, err
	}
	report, err := d.lastReport(ctx, entity)
	if err != nil {
		return Explanation{}, err
	}
	if len(report.Weights) == 0 {
		return Explanation{}, sen.Errorf(sen.NotFound, "no records of it were compared: its keys decided all").At("%s", entity).
			InVietnamese("không có bản ghi nào được so: khóa đã quyết hết", "")
	}
	return explained(e, report, both), nil
}

// lastReport is what the last run found of an entity.
func (d *Desk) lastReport(ctx context.Context, entity string) (r resolve.Report, err error) {
	t, err := d.entityTable(ctx, lake.Golden, flow.EntityDataset(entity))
	if err != nil {
		return r, err
	}
	last, _ := t.Current()
	return r, json.Unmarshal([]byte(last.Summary[flow.SummaryReport]), &r)
}

// explained compares two records field by field.
func explained(e *link.Entity, report resolve.Report, both []Golden) Explanation {
	out := Explanation{Entity: e.Entity, IDs: [2]string{fmt.Sprint(both[0].ID), fmt.Sprint(both[1].ID)}, Prior: report.Prior, Bits: report.Prior}
	for _, c := range e.Spec().Compare {
		s := Step{Field: c.Column, A: both[0].Value(c.Column), B: both[1].Value(c.Column)}
		if at := link.LevelOf(c.Kind, s.A, s.B); at >= 0 {
			s.Level = c.Kind.Levels()[at]
			s.Bits = weightOf(report.Weights, c.Column, s.Level)
		}
		out.Steps = append(out.Steps, s)
		out.Bits += s.Bits
	}
	out.Probability = 1 / (1 + math.Exp2(-out.Bits))
	return out
}

func weightOf(all []link.Weight, column, level string) float64 {
	for _, w := range all {
		if w.Column == column && w.Level == level {
			return w.Bits
		}
	}
	return 0
}
