package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/lake"
)

// reason is why a command that shows people's data wants to.
type reason struct {
	purpose string
	matter  string // --case
}

func (r *reason) flags(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&r.purpose, "purpose", "", "why people's data is read; it is kept with the entry (default: sen.yaml's purpose)")
	set.StringVar(&r.matter, "case", "", "the number of the case that it is read for")
}

// request is what the door is asked.
func (p *program) request(c config, r reason, command string) access.Request {
	purpose := sen.Purpose(r.purpose)
	if r.purpose == "" {
		purpose = c.Purpose
	}
	return access.Request{Principal: p.principal(), Purpose: purpose, Case: r.matter, Command: command}
}

const defaultRows = 100

func (p *program) queryCommand() *cobra.Command {
	var why reason
	var asOf string
	var limit int
	c := &cobra.Command{
		Use:   "query SQL",
		Short: p.lang.Pick("Hỏi dữ liệu sạch bằng SQL, có mục đích và ghi sổ", "Ask the clean data in SQL, for a purpose, on the record"),
		Long: `Runs one SELECT over the clean data. A dataset is called "agency"."object", golden
records "entity"."name". The engine that runs it sees nothing but the lake, and the answer is shown once the
journal has it: by record where the statement filters, joins, orders and limits
rows; as a reading of the whole dataset where it folds many rows into one
(aggregates, DISTINCT, GROUP BY, subqueries, windows, WITH, set operations), and of
golden records always.`,
		Example: "  sen query 'SELECT count(*) FROM \"civil-status\".\"birth\"' --purpose \"annual report\"\n" +
			"  sen query 'SELECT * FROM \"vehicles\".\"vehicle\" WHERE plate = $$30A-123.45$$' --purpose \"case 12\" --as-of 2026-01-31",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseTime(asOf)
			if err != nil {
				return err
			}
			return p.query(cmd.Context(), access.Query{SQL: args[0], AsOf: lake.AsOf{Time: at}, Limit: limit}, why)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	why.flags(c)
	c.Flags().StringVar(&asOf, "as-of", "", "the data as it was at this time: YYYY-MM-DD, or RFC 3339")
	c.Flags().IntVar(&limit, "limit", defaultRows, "rows of the answer at most; 0 for no bound")
	return c
}

// parseTime reads a day (its last moment, here) or a point in time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, s, time.Local)
	if err != nil {
		return time.Time{}, sen.Errorf(sen.Invalid, "--as-of %q is no time", s).WithHint("write a day as 2026-01-31, or a time as 2026-01-31T08:00:00+07:00")
	}
	return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
}

func (p *program) query(ctx context.Context, q access.Query, why reason) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	e, err := h.confined(ctx, h.config.Memory, "")
	if err != nil {
		return err
	}
	q.Request = p.request(h.config, why, "query")
	answer, err := h.door.Query(ctx, e, h.lake, q)
	if err != nil {
		return err
	}
	for _, row := range answer.Rows {
		for i, v := range row {
			row[i] = desk.Plain(v, answer.Columns[i].Type)
		}
	}
	return p.answer(answer, func() { p.showAnswer(answer) })
}

func (p *program) showAnswer(a access.Answer) {
	t := terminal.Table{}
	for _, c := range a.Columns {
		t.Head = append(t.Head, c.Name)
		if isNumber(c.Type) {
			t.Align += "r"
		} else {
			t.Align += "l"
		}
	}
	for _, row := range a.Rows {
		cells := make([]terminal.Cell, len(row))
		for i, v := range row {
			cells[i] = valueCell(v)
		}
		t.Add(cells...)
	}
	t.Write(p.screen)
	if a.More {
		fmt.Fprintln(p.notes, p.notes.Paint(terminal.Quiet, p.lang.Pick("còn nữa: --limit 0 để xem hết", "there is more: --limit 0 shows all")))
	}
}

// valueCell shows a value of somebody's data, which may hold anything.
func valueCell(v any) terminal.Cell {
	if v == nil {
		return terminal.Cell{Text: "–", Style: terminal.Quiet}
	}
	return terminal.C(terminal.Clean(fmt.Sprint(v)))
}

func isNumber(kind string) bool {
	for _, n := range []string{"INT", "DOUBLE", "FLOAT", "DECIMAL"} {
		if strings.Contains(kind, n) {
			return true
		}
	}
	return false
}

func (p *program) quarantineShowCommand() *cobra.Command {
	var why reason
	var rule string
	var limit int
	c := &cobra.Command{
		Use:   "show DATASET",
		Short: p.lang.Pick("Xem các dòng bị giữ lại, có mục đích và ghi sổ", "See rows that were kept back, for a purpose, on the record"),
		Long: `Shows rows that were kept back: the rule, the column, the value as it came, the
line of the source, and the row itself. These are people's data: the purpose
and each row that is shown are written to the journal first.`,
		Example: "  sen quarantine show civil-status.birth --rule born_on.impossible --limit 3 --purpose \"case 12\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.showHeld(cmd.Context(), args[0], access.HeldQuery{Rules: named(rule), Limit: limit}, why)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	why.flags(c)
	c.Flags().StringVar(&rule, "rule", "", "rows that broke this rule")
	c.Flags().IntVar(&limit, "limit", 10, "rows at most")
	if err := c.RegisterFlagCompletionFunc("rule", p.completeRules); err != nil {
		panic(err) // the flag is declared above
	}
	return c
}

// named is the rules that a flag names: one, or none for all.
func named(rule string) []string {
	if rule == "" {
		return nil
	}
	return []string{rule}
}

func (p *program) showHeld(ctx context.Context, name string, q access.HeldQuery, why reason) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	d, err := h.withRows(ctx, name)
	if err != nil {
		return err
	}
	q.Request, q.Of = p.request(h.config, why, "quarantine show"), d.Name
	answers := h.desk(p)
	held, err := answers.Held(ctx, q)
	if err != nil {
		return err
	}
	return p.answer(held, func() {
		for _, row := range held.Rows {
			p.showHeldRow(row, held.Columns, answers.Meaning(p.lang, d, row.Rule, row.Column))
		}
		p.say("%s trên %s dòng", "%s of %s rows", p.lang.Count(int64(len(held.Rows))), p.lang.Count(held.Total))
	})
}

func (p *program) showHeldRow(row access.HeldRow, columns []string, why string) {
	place := fmt.Sprintf(p.lang.Pick("dòng %d", "row %d"), row.Row)
	if row.Line > 0 {
		place += fmt.Sprintf(p.lang.Pick(", hàng %d của nguồn", ", line %d of the source"), row.Line)
	}
	if row.Rule == "row.fault" && row.Value != nil {
		why += ": " + terminal.Clean(*row.Value)
	}
	fmt.Fprintf(p.screen, "%s  %s  %s\n", p.screen.Paint(terminal.Strong, row.Rule), why, p.screen.Paint(terminal.Quiet, place))
	t := terminal.Table{Align: "ll", Left: 2}
	for _, name := range columns {
		cell := valueCell(row.Source[name])
		if row.Value != nil && fmt.Sprint(row.Source[name]) == *row.Value {
			cell.Style = terminal.Warn
		}
		t.Add(terminal.Cell{Text: name, Style: terminal.Quiet}, cell)
	}
	t.Write(p.screen)
	fmt.Fprintln(p.screen)
}
