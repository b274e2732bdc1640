package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
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

func (p *program) explain(ctx context.Context, entity string, keys []string, why reason, svg string) error {
	asked := desk.GoldenRequest{Request: access.Request{Command: "explain"}, Entity: entity, Keys: keys}
	return p.withGolden(ctx, asked, why, func(h *hub, _ *link.Entity, both []desk.Golden) error {
		x, err := h.desk(p).Explain(ctx, entity, both)
		if err != nil {
			return err
		}
		if svg != "" {
			picture := waterfall(x, p.lang.Pick("ban đầu", "before"), p.lang.Pick("xác suất", "probability"))
			if err := os.WriteFile(svg, []byte(picture), 0o600); err != nil {
				return sen.Errorf(sen.Unavailable, "write the picture: %w", err)
			}
		}
		return p.answer(x, func() { p.showExplanation(x) })
	})
}

// barBits is how many bits one cell of the terminal's bar stands for.
const barBits = 2

func (p *program) showExplanation(e desk.Explanation) {
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
	row(p.lang.Pick("ban đầu", "before"), "", "", p.lang.Pick("hai bản ghi bất kỳ", "any two records"), e.Prior)
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

// waterfall draws the waterfall: each field's bar begins where the one before ended.
func waterfall(e desk.Explanation, before, probability string) string {
	const width, left, height, scale = 760.0, 220.0, 28.0, 6.0
	zero := left + (width-left)/2
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
	bar(0, before, e.Prior)
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
