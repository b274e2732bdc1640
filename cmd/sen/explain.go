package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

func (p *program) explainCommand() *cobra.Command {
	var why reason
	var svg string
	c := &cobra.Command{
		Use:   "explain ENTITY KEY KEY",
		Short: p.lang.Pick("Vì sao hai bản ghi vàng là một, hay không phải là một", "Why two golden records are one thing, or are not"),
		Long: `Compares two golden records as the last ` + "`sen link run`" + ` compared records, and shows what
each field weighs: in bits, so that +10 makes it a thousand times as likely that
the two are one thing, and -10 a thousand times less. --svg writes the same as a
picture. Both are people's data: they are shown when the journal has the entry.`,
		Example: "  sen explain person 001090012345 001090054321 --purpose \"case 12\"\n  sen explain person 001090012345 123456789 --purpose \"case 12\" --svg why.svg",
		Args:    cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.explain(cmd.Context(), args[0], args[1:], why, svg)
		},
		ValidArgsFunction: p.completeEntities,
	}
	why.flags(c)
	c.Flags().StringVar(&svg, "svg", "", "write the waterfall as a picture to this file")
	return c
}

// explanation is the answer of `sen explain`.
type explanation struct {
	Entity      string    `json:"entity"`
	IDs         [2]string `json:"ids"`
	Steps       []step    `json:"steps"`
	Bits        float64   `json:"bits"`
	Probability float64   `json:"probability"`
}

// step is what one field says.
type step struct {
	Field string  `json:"field"`
	A     string  `json:"a"`
	B     string  `json:"b"`
	Level string  `json:"level"`
	Bits  float64 `json:"bits"`
}

func (p *program) explain(ctx context.Context, entity string, keys []string, why reason, svg string) error {
	return p.withGolden(ctx, goldenRequest{command: "explain", entity: entity, keys: keys}, why, func(h *hub, e *link.Entity, both []goldenRecord) error {
		report, err := h.lastReport(ctx, entity)
		if err != nil {
			return err
		}
		if len(report.Weights) == 0 {
			return sen.Errorf(sen.NotFound, "no records of it were compared: its keys decided all").At("%s", entity)
		}
		x := explained(e, report, both)
		if svg != "" {
			picture := x.svg(p.lang.Pick("ban đầu", "before"), p.lang.Pick("xác suất", "probability"))
			if err := os.WriteFile(svg, []byte(picture), 0o600); err != nil {
				return sen.Errorf(sen.Unavailable, "write the picture: %w", err)
			}
		}
		return p.answer(x, func() { p.showExplanation(x, report.Prior) })
	})
}

// lastReport is what the last run found of an entity.
func (h *hub) lastReport(ctx context.Context, entity string) (r resolve.Report, err error) {
	t, err := h.lake.Lookup(ctx, lake.Golden, flow.EntityDataset(entity))
	if sen.KindOf(err) == sen.NotFound {
		return r, sen.Errorf(sen.NotFound, "there are no golden records of it yet").At("%s", entity).WithHint("`sen link run` makes them")
	}
	if err != nil {
		return r, err
	}
	last, _ := t.Current()
	return r, json.Unmarshal([]byte(last.Summary[flow.SummaryReport]), &r)
}

// explained compares two records field by field.
func explained(e *link.Entity, report resolve.Report, both []goldenRecord) explanation {
	out := explanation{Entity: e.Entity, IDs: [2]string{fmt.Sprint(both[0].ID), fmt.Sprint(both[1].ID)}, Bits: report.Prior}
	for _, c := range e.Spec().Compare {
		s := step{Field: c.Column, A: both[0].value(c.Column), B: both[1].value(c.Column)}
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

func (g goldenRecord) value(field string) string {
	for _, f := range g.Fields {
		if f.Name == field {
			return f.Value
		}
	}
	return ""
}

func weightOf(all []link.Weight, column, level string) float64 {
	for _, w := range all {
		if w.Column == column && w.Level == level {
			return w.Bits
		}
	}
	return 0
}

// barBits is how many bits one cell of the terminal's bar stands for.
const barBits = 2

func (p *program) showExplanation(e explanation, prior float64) {
	t := terminal.Table{Align: "llllrl", Left: 2, Head: []string{p.lang.Pick("trường", "field"), "A", "B", p.lang.Pick("mức giống", "level"), "bit", ""}}
	row := func(field, a, b, level string, bits float64) {
		style, sign := terminal.Good, "+"
		if bits < 0 {
			style, sign = terminal.Bad, "−"
		}
		bar := strings.Repeat("█", int(math.Min(20, math.Abs(bits)/barBits)))
		t.Add(terminal.C(field), valueCell(a), valueCell(b), terminal.Cell{Text: level, Style: terminal.Quiet},
			terminal.C(sign+p.lang.Decimal(math.Abs(bits), 1)), terminal.Cell{Text: bar, Style: style})
	}
	row(p.lang.Pick("ban đầu", "before"), "", "", p.lang.Pick("hai bản ghi bất kỳ", "any two records"), prior)
	for _, s := range e.Steps {
		level := s.Level
		if level == "" {
			level = p.lang.Pick("một bên không có", "one side is empty")
		}
		row(s.Field, s.A, s.B, level, s.Bits)
	}
	t.Write(p.screen)
	fmt.Fprintln(p.screen)
	p.say("  tổng %s bit: xác suất là một %s", "  in all %s bits: the probability that they are one is %s", p.lang.Decimal(e.Bits, 1), p.lang.Decimal(e.Probability, 6))
}

// svg draws the waterfall: each field's bar begins where the one before ended.
func (e explanation) svg(before, probability string) string {
	const width, left, height, scale = 760.0, 220.0, 28.0, 6.0
	zero := left + (width-left)/2
	prior := e.Bits
	for _, s := range e.Steps {
		prior -= s.Bits
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="sans-serif" font-size="13"><title>%s %.6f</title>`,
		width, height*float64(len(e.Steps)+2)+10, escapeXML(probability), e.Probability)
	fmt.Fprintf(&b, `<line x1="%g" y1="0" x2="%g" y2="%g" stroke="#888"/>`, zero, zero, height*float64(len(e.Steps)+2))
	at := 0.0
	bar := func(n int, name string, bits float64) {
		y, from, to := height*float64(n)+4, zero+scale*at, zero+scale*(at+bits)
		color := "#1a7f37"
		if bits < 0 {
			color = "#b42318"
		}
		fmt.Fprintf(&b, `<text x="8" y="%g">%s</text><rect x="%g" y="%g" width="%g" height="%g" fill="%s"/><text x="%g" y="%g">%+.1f</text>`,
			y+15, escapeXML(name), min(max(min(from, to), left), width), y, min(math.Abs(to-from), width-left), height-8, color, width-48, y+15, bits)
		at += bits
	}
	bar(0, before, prior)
	for i, s := range e.Steps {
		bar(i+1, s.Field+": "+s.Level, s.Bits)
	}
	fmt.Fprintf(&b, `<text x="8" y="%g" font-weight="bold">%s %.6f</text></svg>`, height*float64(len(e.Steps)+1)+19, escapeXML(probability), e.Probability)
	return b.String()
}

func escapeXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}
