package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/desk"
)

// showWhy is the table of reasons; most is how many of them are shown.
func (p *program) showWhy(lines []desk.HeldRule, most int) {
	if len(lines) == 0 {
		return
	}
	t := terminal.Table{Align: "llrl", Left: 2, Head: []string{p.lang.Pick("vì sao bị cách ly", "why quarantined"), "",
		p.lang.Pick("dòng", "rows"), p.lang.Pick("của ai", "whose")}}
	for _, l := range lines[:min(most, len(lines))] {
		t.Add(terminal.C(l.Rule), terminal.Cell{Text: l.Meaning, Style: terminal.Quiet}, p.count(l.Rows), terminal.C(owners(l.Datasets)))
	}
	fmt.Fprintln(p.screen)
	t.Write(p.screen)
	if more := len(lines) - most; more > 0 {
		p.say("  … và %d lý do nữa: sen quarantine list", "  … and %d reasons more: sen quarantine list", more)
	}
}

// owners are the agencies of datasets, each once; of many, the first and how
// many more.
func owners(datasets []sen.Dataset) string {
	var out []string
	for _, d := range datasets {
		if !slices.Contains(out, d.Agency()) {
			out = append(out, d.Agency())
		}
	}
	const most = 3
	if len(out) > most+1 {
		return fmt.Sprintf("%s +%d", strings.Join(out[:most], ", "), len(out)-most)
	}
	return strings.Join(out, ", ")
}
