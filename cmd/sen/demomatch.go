package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/desk"
)

// showMatches explains links in two lines each: what the record says, and what
// each field weighs.
func (p *program) showMatches(all []desk.LinkedRecord) {
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
