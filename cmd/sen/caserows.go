package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
)

// caseRow is one row of a case, in the agency's own keys and words, with room
// for its reply.
type caseRow struct {
	Case    string `json:"case"`
	Dataset string `json:"dataset"`
	Key     string `json:"key"`  // of the record: "id=12"
	Line    int64  `json:"line"` // of the source, where it has lines
	Column  string `json:"column"`
	Value   string `json:"value"`   // as it came
	Problem string `json:"problem"` // in words
	Rows    int64  `json:"rows"`    // of the case

	Against  string `json:"others_say,omitempty"` // of a conflict: what the others say,
	Evidence string `json:"others,omitempty"`     // and who they are

	Reply string `json:"reply"`
	Note  string `json:"note"`
	To    string `json:"to"`
	Until string `json:"until"`
}

// caseColumns are the columns of an exported table, in this order.
var caseColumns = []string{"case", "dataset", "key", "line", "column", "value", "others_say", "others", "problem", "rows", "reply", "note", "to", "until"}

func (r caseRow) cells() []string {
	line := ""
	if r.Line > 0 {
		line = fmt.Sprint(r.Line)
	}
	return []string{r.Case, r.Dataset, r.Key, line, r.Column, r.Value, r.Against, r.Evidence, r.Problem, fmt.Sprint(r.Rows), r.Reply, r.Note, r.To, r.Until}
}

// rowsOf reads rows of a case through the door.
func (h *hub) rowsOf(ctx context.Context, p *program, line desk.Case, why reason, command string, limit int) ([]caseRow, error) {
	why.matter = line.ID
	rows, err := h.desk(p).RowsOf(ctx, p.request(h.config, why, command), line.Cause(), desk.Part{Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []caseRow
	for _, row := range rows.Rows {
		out = append(out, caseRow{Case: line.ID, Dataset: string(line.Dataset), Key: row.Key, Line: row.Line, Column: row.Column, Value: row.Value, Against: row.Against, Evidence: row.Evidence, Problem: line.Meaning, Rows: line.Rows})
	}
	return out, nil
}

func (p *program) caseShowCommand() *cobra.Command {
	var why reason
	var limit int
	c := &cobra.Command{
		Use:   "show CASE",
		Short: p.lang.Pick("Một phiếu: lịch sử, và vài dòng có mục đích và ghi sổ", "One case: its history, and some rows, for a purpose, on the record"),
		Long: `Shows a case with its history. With a purpose, rows of it are shown too: these are
people's data, and each look is written to the journal first.`,
		Example: "  sen case show C-000012\n  sen case show C-000012 --limit 3 --purpose \"correction\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := correction.ParseName(args[0])
			if err != nil {
				return err
			}
			return p.showCase(cmd.Context(), number, why, limit)
		},
	}
	c.Flags().StringVar(&why.purpose, "purpose", "", "why people's data is read; without it (and without sen.yaml's) no row is shown")
	c.Flags().IntVar(&limit, "limit", 5, "rows at most")
	return c
}

// caseShown is a case with rows of it.
type caseShown struct {
	desk.Case
	Sample []caseRow `json:"sample,omitempty"`
}

func (p *program) showCase(ctx context.Context, number int64, why reason, limit int) error {
	return p.withHub(ctx, nil, func(h *hub, _ []contract.Dataset) error {
		line, err := h.desk(p).Case(ctx, p.lang, number)
		if err != nil {
			return err
		}
		shown := caseShown{Case: line}
		if (why.purpose != "" || h.config.Purpose != "") && line.State != correction.Closed {
			if shown.Sample, err = h.rowsOf(ctx, p, line, why, "case show", limit); err != nil {
				return err
			}
		}
		return p.answer(shown, func() { p.printCase(shown) })
	})
}

func (p *program) printCase(c caseShown) {
	fmt.Fprintf(p.screen, "%s  %s: %s  %s\n", p.screen.Paint(terminal.Strong, c.ID), c.Dataset, c.Rule, c.Meaning)
	p.say("  %s · %s trên %s dòng · hạn %s · %s", "  %s · %s of %s rows · due %s · %s", c.Owner, p.lang.Count(c.Rows), p.lang.Count(c.Of), p.lang.Date(c.Due),
		p.lang.Pick(caseWords[c.State].vi, caseWords[c.State].en))
	t := terminal.Table{Align: "lllw", Left: 2}
	for _, e := range c.History {
		t.Add(terminal.Cell{Text: p.lang.Time(e.At.Local()), Style: terminal.Quiet}, terminal.C(desk.EventMeaning(p.lang, e.What)), p.count(e.Rows), terminal.C(terminal.Clean(strings.TrimSpace(e.Principal+"  "+e.Note))))
	}
	t.Write(p.screen)
	if len(c.Sample) == 0 {
		return
	}
	fmt.Fprintln(p.screen)
	if strings.HasPrefix(c.Rule, desk.ConflictRule) {
		p.printConflicts(c.Sample)
		return
	}
	rows := terminal.Table{Align: "lrlw", Left: 2, Head: []string{p.lang.Pick("khóa", "key"), p.lang.Pick("hàng", "line"), p.lang.Pick("cột", "column"), p.lang.Pick("đang ghi", "as it stands")}}
	for _, r := range c.Sample {
		line := terminal.C("")
		if r.Line > 0 {
			line = p.count(r.Line)
		}
		rows.Add(terminal.C(terminal.Clean(r.Key)), line, terminal.C(r.Column), terminal.Cell{Text: terminal.Clean(r.Value), Style: terminal.Warn})
	}
	rows.Write(p.screen)
}
