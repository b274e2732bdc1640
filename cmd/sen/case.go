package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) caseCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "case",
		Short: p.lang.Pick("Phiếu chỉnh sửa dữ liệu: cơ quan nào phải sửa gì, đến bao giờ", "Correction cases: which agency has to put what right, and by when"),
		Long: `Each sync makes a case of each cause for which rows of a dataset are wrong, at the
agency that owns the datum: rows that break a rule, records that others refer to and
that are not there, and records that say of a person or thing what most others do
not, where this dataset is most likely the one that is wrong. A case has a deadline in calendar days, rises a level when
that has passed and every week after, takes the agency's reply, closes by itself when
a later sync brings the fix, and opens again when the fault comes back.`,
		Example: "  sen case list --overdue\n  sen case export --agency civil-status --format csv -o cases.csv --purpose \"correction\"",
	}
	c.AddCommand(p.caseListCommand(), p.caseShowCommand(), p.caseReplyCommand(), p.caseExportCommand(), p.caseImportCommand())
	return c
}

// updateCases holds the cases against what the last certified run of each
// dataset, and the last link run, have left. It looks at all of them, so that
// what a killed sync left undone is done by the next.
func (h *hub) updateCases(ctx context.Context, now time.Time) (correction.Changes, error) {
	var looked []sen.Dataset
	var found []correction.Finding
	for _, d := range h.contracts.Datasets() {
		last, ok, err := h.state.LatestCertified(ctx, d.Name)
		if err != nil {
			return correction.Changes{}, err
		}
		if !ok {
			continue
		}
		looked = append(looked, d.Name)
		of, err := h.findings(ctx, d, last.ID)
		if err != nil {
			return correction.Changes{}, err
		}
		found = append(found, of...)
	}
	conflicts, err := h.conflictFindings(ctx)
	if err != nil {
		return correction.Changes{}, err
	}
	return h.declarations.desk(h.state, nil).Corrections().Update(ctx, now, looked, append(found, conflicts...))
}

// findings are what is wrong with a dataset after a run.
func (h *hub) findings(ctx context.Context, d contract.Dataset, run string) ([]correction.Finding, error) {
	report, _, err := quality.Load(ctx, h.state, d.Name, 1)
	if err != nil {
		return nil, err
	}
	held, err := h.state.Quarantine(ctx, run)
	if err != nil {
		return nil, err
	}
	var out []correction.Finding
	for _, q := range held {
		out = append(out, correction.Finding{Owner: d.Name.Agency(), Dataset: d.Name, Kind: correction.Violation, Rule: q.Rule, Column: q.Column,
			Severity: "error", Rows: q.Rows, Of: max(report.Rows, q.Rows)})
	}
	for _, check := range report.Checks {
		if check.Status == clean.StatusNotRun {
			for _, kind := range []string{correction.Violation, correction.Disagreement} {
				out = append(out, correction.Finding{Dataset: d.Name, Kind: kind, Rule: check.Rule, Column: check.Column, Unknown: true})
			}
		}
	}
	for _, o := range report.Offenders {
		f := correction.Finding{Owner: d.Name.Agency(), Dataset: d.Name, Kind: correction.Violation, Rule: o.Rule, Column: o.Column, Severity: o.Severity, Rows: o.Rows, Of: o.Of}
		switch o.Finding {
		case quality.FoundUnresolved:
			f.Kind = correction.Missing
			if ref, ok := desk.ReferenceOf(d, o.Column); ok {
				f.Owner = ref.To.Agency()
			}
		case quality.FoundCheck, quality.FoundAbsent, quality.FoundLate:
			if rule, is := desk.CrossOf(d, o.Rule); is && rule.Kind == contract.CrossAgrees {
				f.Kind = correction.Disagreement
			}
		case quality.FoundInvalid, quality.FoundRule, quality.FoundMissing, quality.FoundConflict, quality.FoundDuplicate:
			if o.Severity == "error" {
				continue // its rows are held back, and told of there
			}
		default:
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// tellCases says what a sync has done to the cases, in a line.
func (p *program) tellCases(c correction.Changes) {
	if c == (correction.Changes{}) {
		return
	}
	p.say("\n  phiếu chỉnh sửa: %d mở mới, %d mở lại, %d đã xong; còn %d, quá hạn %d", "\n  correction cases: %d opened, %d reopened, %d closed; %d stand, %d overdue",
		c.Opened, c.Reopened, c.Closed, c.Open, c.Overdue)
}

func (p *program) caseListCommand() *cobra.Command {
	var f desk.CaseFilter
	c := &cobra.Command{
		Use:     "list",
		Short:   p.lang.Pick("Liệt kê phiếu", "List cases"),
		Long:    "Lists the cases that are not closed, the most pressing first. It shows no value and needs no purpose.",
		Example: "  sen case list\n  sen case list --agency civil-status --overdue --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines, err := p.caseLines(cmd.Context(), f)
			if err != nil {
				return err
			}
			return p.answer(lines, func() { p.showCases(lines) })
		},
	}
	c.Flags().StringVar(&f.Agency, "agency", "", "cases of this agency")
	c.Flags().StringVar(&f.State, "state", "", "cases in this state: open, accepted, rejected, closed (default: all but closed)")
	c.Flags().BoolVar(&f.Overdue, "overdue", false, "cases beyond their deadline")
	return c
}

func (p *program) caseLines(ctx context.Context, f desk.CaseFilter) (lines []desk.Case, err error) {
	err = p.withState(ctx, nil, func(d *declarations, _ []contract.Dataset, s *state.State) error {
		lines, err = d.desk(s, p.now).Cases(ctx, p.lang, f)
		return err
	})
	return lines, err
}

func (p *program) showCases(lines []desk.Case) {
	if len(lines) == 0 {
		p.say("Không có phiếu nào.", "There is no case.")
		return
	}
	t := terminal.Table{Align: "llwrll", Left: 2, Head: []string{"", p.lang.Pick("của ai", "whose"), p.lang.Pick("sai điều gì", "what is wrong"),
		p.lang.Pick("dòng", "rows"), p.lang.Pick("hạn", "due"), p.lang.Pick("tình trạng", "state")}}
	for _, l := range lines {
		t.Add(terminal.C(l.ID), terminal.C(l.Owner), terminal.C(fmt.Sprintf("%s: %s  %s", l.Dataset, l.Rule, l.Meaning)), p.count(l.Rows), p.dueCell(l),
			terminal.C(p.lang.Pick(caseWords[l.State].vi, caseWords[l.State].en)))
	}
	t.Write(p.screen)
	p.next("sen case show "+lines[0].ID, p.lang.Pick("một phiếu, lịch sử và vài dòng", "one case, its history, and some rows"),
		"sen case export --agency "+lines[0].Owner+" -o cases.csv", p.lang.Pick("gửi cho cơ quan", "send them to the agency"))
}

func (p *program) dueCell(l desk.Case) terminal.Cell {
	if l.Overdue > 0 {
		return terminal.Cell{Text: fmt.Sprintf(p.lang.Pick("quá %d ngày", "%d days over"), l.Overdue), Style: terminal.Bad}
	}
	return terminal.C(p.lang.Date(l.Due))
}

var caseWords = map[string]struct{ vi, en string }{
	correction.Open: {"chờ trả lời", "open"}, correction.Accepted: {"nhận sửa", "accepted"}, correction.Rejected: {"không nhận", "rejected"}, correction.Closed: {"đã xong", "closed"},
}

func (p *program) caseReplyCommand() *cobra.Command {
	var r correction.Reply
	var until string
	c := &cobra.Command{
		Use:   "reply CASE REPLY",
		Short: p.lang.Pick("Trả lời một phiếu", "Reply to a case"),
		Long: `REPLY is accept (the data will be mended), reject (they are right: --note says why, or
where that is shown), hand-over (another agency owns the datum: --to), more-time
(--until), or insist (the steward, of a case that was rejected). A note is no place
for people's data: it is kept in the history.`,
		Example: "  sen case reply C-000012 accept\n  sen case reply C-000012 reject --note \"the register of 1987 shows it\"\n  sen case reply C-000012 more-time --until 2026-12-31",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if r.Case, err = correction.ParseName(args[0]); err != nil {
				return err
			}
			if r.Says = args[1]; until != "" {
				if r.Until, err = time.Parse(time.DateOnly, until); err != nil {
					return sen.Errorf(sen.Invalid, "--until %q is no day", until).WithHint("write it as YYYY-MM-DD")
				}
			}
			return p.reply(cmd.Context(), r)
		},
	}
	c.ValidArgsFunction = func(_ *cobra.Command, done []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(done) == 1 {
			return correction.Replies(), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c.Flags().StringVar(&r.Note, "note", "", "what the agency says, or where its evidence lies")
	c.Flags().StringVar(&r.To, "to", "", "the agency that owns the datum")
	c.Flags().StringVar(&until, "until", "", "the new last day, as YYYY-MM-DD")
	return c
}

func (p *program) reply(ctx context.Context, r correction.Reply) error {
	return p.changing(ctx, func(d *declarations, s *state.State) error {
		answers := d.desk(s, p.now)
		changed, err := answers.Corrections().Reply(ctx, p.now(), p.principal(), answers.Agencies(), r)
		if err != nil {
			return err
		}
		return p.answer(map[string]any{"id": correction.Name(r.Case), "changed": changed}, func() {
			if changed == 0 {
				p.say("%s: đã như vậy từ trước.", "%s: that is so already.", correction.Name(r.Case))
				return
			}
			p.say("%s: đã ghi.", "%s: kept.", correction.Name(r.Case))
		})
	})
}
