package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/text"
)

// heldLine is one reason for which rows were kept back: a count, no values.
type heldLine struct {
	Rule     string        `json:"rule"`
	Column   string        `json:"column,omitempty"`
	Meaning  string        `json:"meaning,omitempty"`
	Rows     int64         `json:"rows"`
	Datasets []sen.Dataset `json:"datasets"`
}

// heldBack adds up why rows are in quarantine after each dataset's last
// certified run, the most frequent reason first.
func heldBack(ctx context.Context, hub *declarations, s *state.State, datasets []contract.Dataset, lang text.Lang) ([]heldLine, error) {
	var out []heldLine
	place := map[string]int{}
	for _, d := range datasets {
		last, ok, err := s.LatestCertified(ctx, d.Name)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		held, err := s.Quarantine(ctx, last.ID)
		if err != nil {
			return nil, err
		}
		for _, q := range held {
			i, seen := place[q.Rule]
			if !seen {
				i = len(out)
				place[q.Rule] = i
				out = append(out, heldLine{Rule: q.Rule, Column: q.Column, Meaning: meaning(lang, hub.elements, d, q.Rule, q.Column)})
			}
			out[i].Rows += q.Rows
			out[i].Datasets = append(out[i].Datasets, d.Name)
		}
	}
	slices.SortStableFunc(out, func(a, b heldLine) int { return cmp.Compare(b.Rows, a.Rows) })
	return out, nil
}

// showWhy is the table of reasons; most is how many of them are shown.
func (p *program) showWhy(lines []heldLine, most int) {
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
