package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/engine"
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
func (h *hub) rowsOf(ctx context.Context, p *program, line caseLine, why reason, command string, limit int) ([]caseRow, error) {
	var d contract.Dataset
	for _, one := range h.contracts.Datasets() {
		if one.Name == line.Dataset {
			d = one
		}
	}
	if d.Contract == nil {
		return nil, nil // its contract is gone: the case itself is all that is left to tell
	}
	why.matter = line.ID
	request := p.request(h.config, why, command)
	blank := caseRow{Case: line.ID, Dataset: string(line.Dataset), Column: line.Column, Problem: line.Meaning, Rows: line.Rows}
	if entity, is := strings.CutPrefix(line.Rule, conflictRule); is {
		return h.conflictRows(ctx, d, blank, entity, request, limit)
	}
	if line.Kind == correction.Missing {
		return h.danglingRows(ctx, d, blank, request, limit)
	}
	if rule, is := crossOf(d, line.Rule); is {
		return h.crossRows(ctx, d, rule, blank, request, limit)
	}
	held, err := h.door.Held(ctx, h.engine, h.lake, access.HeldQuery{Request: request, Of: d.Name, Rule: line.Rule, Column: line.Column, Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []caseRow
	for _, row := range held.Rows {
		one := blank
		one.Line = row.Line
		var key []string
		for _, k := range d.Key() {
			key = append(key, fmt.Sprintf("%s=%v", k.Source(), orDash(plainValue(row.Source[k.Source()], ""))))
		}
		if one.Key = strings.Join(key, "; "); one.Key == "" {
			one.Key = fmt.Sprintf("row=%d", row.Row)
		}
		if row.Value != nil {
			one.Value = *row.Value
		}
		out = append(out, one)
	}
	return out, nil
}

func orDash(v any) any {
	if v == nil {
		return "–"
	}
	return v
}

// danglingRows are the rows whose reference leads nowhere.
func (h *hub) danglingRows(ctx context.Context, d contract.Dataset, blank caseRow, request access.Request, limit int) ([]caseRow, error) {
	ref, ok := referenceOf(d, blank.Column)
	if !ok {
		return nil, nil
	}
	var on, filled []string
	for i, c := range ref.Columns {
		on = append(on, fmt.Sprintf("t.%s = s.%s", engine.Ident(ref.ToColumns[i]), engine.Ident(c)))
		filled = append(filled, fmt.Sprintf("s.%s IS NOT NULL", engine.Ident(c)))
	}
	return h.cleanRows(ctx, d, ref.Columns, fmt.Sprintf("FROM %s s WHERE %s AND NOT EXISTS (SELECT 1 FROM %s t WHERE %s)",
		table(d.Name), strings.Join(filled, " AND "), table(ref.To), strings.Join(on, " AND ")), blank, request, limit)
}

// crossRows are the rows that break a rule which needs other datasets; none of
// a sequence, whose fault is what is not there.
func (h *hub) crossRows(ctx context.Context, d contract.Dataset, rule contract.CrossRule, blank caseRow, request access.Request, limit int) ([]caseRow, error) {
	if rule.Kind == contract.CrossSequence {
		return nil, nil
	}
	var others, columns []string
	for _, with := range rule.With {
		others = append(others, table(with))
	}
	for _, c := range rule.Columns {
		columns = append(columns, c.Own)
	}
	blank.Column = strings.Join(columns, ", ")
	return h.cleanRows(ctx, d, columns, clean.CrossRows(rule, table(d.Name), others), blank, request, limit)
}

// cleanRows are rows s of the clean tables, asked for through the door: their
// keys, and what stands in some columns.
func (h *hub) cleanRows(ctx context.Context, d contract.Dataset, shown []string, from string, blank caseRow, request access.Request, limit int) ([]caseRow, error) {
	columns := []string{}
	for _, k := range d.Key() {
		columns = append(columns, "s."+engine.Ident(k.Name))
	}
	keys := len(columns)
	for _, c := range shown {
		columns = append(columns, "s."+engine.Ident(c))
	}
	query := "SELECT " + strings.Join(columns, ", ") + " " + from
	e, err := h.confined(ctx, h.config.Memory, "")
	if err != nil {
		return nil, err
	}
	answer, err := h.door.Query(ctx, e, h.lake, access.Query{Request: request, SQL: query, Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []caseRow
	for _, row := range answer.Rows {
		one := blank
		var key, value []string
		for i, v := range row {
			text := fmt.Sprint(orDash(plainValue(v, answer.Columns[i].Type)))
			if i < keys {
				key = append(key, d.Key()[i].Source()+"="+text)
			} else {
				value = append(value, text)
			}
		}
		one.Key, one.Value = strings.Join(key, "; "), strings.Join(value, ", ")
		out = append(out, one)
	}
	return out, nil
}

// table is a dataset as queries through the door call it.
func table(d sen.Dataset) string {
	agency, object, _ := strings.Cut(string(d), ".")
	return engine.Ident(agency) + "." + engine.Ident(object)
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
	caseLine
	Sample []caseRow `json:"sample,omitempty"`
}

func (p *program) showCase(ctx context.Context, number int64, why reason, limit int) error {
	return p.withHub(ctx, nil, nil, func(h *hub, _ []contract.Dataset) error {
		line, err := p.oneCase(ctx, h, number)
		if err != nil {
			return err
		}
		shown := caseShown{caseLine: line}
		if (why.purpose != "" || h.config.Purpose != "") && line.State != correction.Closed {
			if shown.Sample, err = h.rowsOf(ctx, p, line, why, "case show", limit); err != nil {
				return err
			}
		}
		return p.answer(shown, func() { p.printCase(shown) })
	})
}

func (p *program) oneCase(ctx context.Context, h *hub, number int64) (caseLine, error) {
	all, err := h.state.Cases(ctx)
	if err != nil {
		return caseLine{}, err
	}
	for _, one := range all {
		if one.Number == number {
			line := p.caseLine(h.declarations, h.cases(h.state), one)
			line.History, err = h.state.CaseEvents(ctx, number)
			return line, err
		}
	}
	return caseLine{}, sen.Errorf(sen.NotFound, "there is no case %s", correction.Name(number)).WithHint("`sen case list` names them")
}

func (p *program) printCase(c caseShown) {
	fmt.Fprintf(p.screen, "%s  %s: %s  %s\n", p.screen.Paint(terminal.Strong, c.ID), c.Dataset, c.Rule, c.Meaning)
	p.say("  %s · %s trên %s dòng · hạn %s · %s", "  %s · %s of %s rows · due %s · %s", c.Owner, p.lang.Count(c.Rows), p.lang.Count(c.Of), p.lang.Date(c.Due),
		p.lang.Pick(caseWords[c.State].vi, caseWords[c.State].en))
	t := terminal.Table{Align: "lllw", Left: 2}
	for _, e := range c.History {
		words := eventWords[e.What]
		t.Add(terminal.Cell{Text: p.lang.Time(e.At.Local()), Style: terminal.Quiet}, terminal.C(p.lang.Pick(words.vi, words.en)), p.count(e.Rows), terminal.C(terminal.Clean(strings.TrimSpace(e.Principal+"  "+e.Note))))
	}
	t.Write(p.screen)
	if len(c.Sample) == 0 {
		return
	}
	fmt.Fprintln(p.screen)
	if strings.HasPrefix(c.Rule, conflictRule) {
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
