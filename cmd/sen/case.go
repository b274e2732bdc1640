package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
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

// cases are the hub's.
func (d *declarations) cases(s *state.State) correction.Cases {
	return correction.Cases{State: s, Deadlines: correction.Deadlines{Error: d.config.DaysError, Else: d.config.DaysElse}, Zone: time.Local}
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
	return h.cases(h.state).Update(ctx, now, looked, append(found, conflicts...))
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
			if ref, ok := referenceOf(d, o.Column); ok {
				f.Owner = ref.To.Agency()
			}
		case quality.FoundCheck, quality.FoundAbsent, quality.FoundLate:
			if rule, is := crossOf(d, o.Rule); is && rule.Kind == contract.CrossAgrees {
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

// crossOf is the dataset's rule of a name that needs other datasets.
func crossOf(d contract.Dataset, name string) (contract.CrossRule, bool) {
	all := d.CrossRules()
	i := slices.IndexFunc(all, func(r contract.CrossRule) bool { return r.Rule.Label() == name })
	if i < 0 {
		return contract.CrossRule{}, false
	}
	return all[i], true
}

// referenceOf is the relationship of a dataset's columns.
func referenceOf(d contract.Dataset, columns string) (contract.Reference, bool) {
	all := d.References()
	i := slices.IndexFunc(all, func(r contract.Reference) bool { return strings.Join(r.Columns, ", ") == columns })
	if i < 0 {
		return contract.Reference{}, false
	}
	return all[i], true
}

// tellCases says what a sync has done to the cases, in a line.
func (p *program) tellCases(c correction.Changes) {
	if c == (correction.Changes{}) {
		return
	}
	p.say("\n  phiếu chỉnh sửa: %d mở mới, %d mở lại, %d đã xong; còn %d, quá hạn %d", "\n  correction cases: %d opened, %d reopened, %d closed; %d stand, %d overdue",
		c.Opened, c.Reopened, c.Closed, c.Open, c.Overdue)
}

// caseLine is a case as the program answers it.
type caseLine struct {
	ID string `json:"id"`
	state.Case
	Meaning string            `json:"meaning,omitempty"`
	Overdue int               `json:"overdue_days,omitempty"`
	History []state.CaseEvent `json:"history,omitempty"`
}

// caseFilter says which cases are meant.
type caseFilter struct {
	agency, state string
	overdue       bool
}

func (p *program) caseListCommand() *cobra.Command {
	var f caseFilter
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
	c.Flags().StringVar(&f.agency, "agency", "", "cases of this agency")
	c.Flags().StringVar(&f.state, "state", "", "cases in this state: open, accepted, rejected, closed (default: all but closed)")
	c.Flags().BoolVar(&f.overdue, "overdue", false, "cases beyond their deadline")
	return c
}

// caseLines are the cases that are meant, the most overdue and then the largest
// first.
func (p *program) caseLines(ctx context.Context, f caseFilter) ([]caseLine, error) {
	if f.state != "" && !slices.Contains([]string{correction.Open, correction.Accepted, correction.Rejected, correction.Closed}, f.state) {
		return nil, sen.Errorf(sen.Invalid, "%q is no state of a case", f.state).WithHint("states are open, accepted, rejected and closed")
	}
	lines := []caseLine{}
	err := p.withState(ctx, nil, func(d *declarations, _ []contract.Dataset, s *state.State) error {
		if s == nil {
			return nil
		}
		all, err := s.Cases(ctx)
		if err != nil {
			return err
		}
		for _, one := range all {
			line := p.caseLine(d, d.cases(s), one)
			if (f.agency == "" || one.Owner == f.agency) && (f.state == "" && one.State != correction.Closed || one.State == f.state) && (!f.overdue || line.Overdue > 0) {
				lines = append(lines, line)
			}
		}
		return nil
	})
	slices.SortStableFunc(lines, func(a, b caseLine) int {
		if a.Overdue != b.Overdue {
			return b.Overdue - a.Overdue
		}
		return int(min(max(b.Rows-a.Rows, -1), 1))
	})
	return lines, err
}

func (p *program) caseLine(d *declarations, cases correction.Cases, one state.Case) caseLine {
	line := caseLine{ID: correction.Name(one.Number), Case: one, Overdue: cases.Overdue(one, p.now())}
	if one.Kind == correction.Missing {
		line.Meaning = p.lang.Pick("trỏ tới bản ghi không có", "refers to a record that is not there")
		return line
	}
	if strings.HasPrefix(one.Rule, conflictRule) {
		line.Meaning = fmt.Sprintf(p.lang.Pick("%s khác với điều các bộ dữ liệu khác nói về cùng đối tượng", "%s is other than what most say of the same thing"), one.Column)
		return line
	}
	for _, dataset := range d.contracts.Datasets() {
		if dataset.Name == one.Dataset {
			line.Meaning = meaning(p.lang, d.elements, dataset, one.Rule, one.Column)
			if rule, is := crossOf(dataset, one.Rule); is && line.Meaning == "" {
				line.Meaning = p.crossMeaning(rule)
			}
		}
	}
	return line
}

// crossMeaning says what rows that break a rule across datasets are.
func (p *program) crossMeaning(rule contract.CrossRule) string {
	words := map[string]struct{ vi, en string }{
		contract.CrossAgrees: {"khác với", "says other than"}, contract.CrossAfter: {"trước ngày ghi ở", "is before the day in"}, contract.CrossBefore: {"sau ngày ghi ở", "is after the day in"},
		contract.CrossUnique: {"trùng với", "stands also in"}, contract.CrossSum: {"không bằng tổng ở", "is not the sum of"}, contract.CrossSequence: {"thiếu số trong dãy", "leaves numbers out"},
	}[rule.Kind]
	text := p.lang.Pick(words.vi, words.en)
	for i, with := range rule.With {
		if i > 0 {
			text += ","
		}
		text += " " + string(with)
	}
	return text
}

func (p *program) showCases(lines []caseLine) {
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

func (p *program) dueCell(l caseLine) terminal.Cell {
	if l.Overdue > 0 {
		return terminal.Cell{Text: fmt.Sprintf(p.lang.Pick("quá %d ngày", "%d days over"), l.Overdue), Style: terminal.Bad}
	}
	return terminal.C(p.lang.Date(l.Due))
}

var caseWords = map[string]struct{ vi, en string }{
	correction.Open: {"chờ trả lời", "open"}, correction.Accepted: {"nhận sửa", "accepted"}, correction.Rejected: {"không nhận", "rejected"}, correction.Closed: {"đã xong", "closed"},
}

var eventWords = map[string]struct{ vi, en string }{
	correction.Opened: {"mở", "opened"}, correction.Grew: {"số dòng đổi", "the rows changed"}, correction.Settled: {"dữ liệu đã đúng", "the data are right"},
	correction.CameBack: {"lỗi trở lại", "the fault came back"}, correction.Escalated: {"quá hạn, báo lên cấp trên", "overdue, to the next level"},
	correction.Accepts: {"nhận sửa", "will be mended"}, correction.Rejects: {"không nhận, có chứng cứ", "rejected, with evidence"},
	correction.HandsOver: {"chuyển cơ quan", "handed over"}, correction.MoreTime: {"xin thêm thời gian", "more time"}, correction.Insists: {"vẫn đề nghị sửa", "insisted on"},
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

// agencies are those of the hub's contracts.
func (d *declarations) agencies() (out []string) {
	for _, c := range d.contracts.Contracts() {
		out = append(out, c.ID)
	}
	return out
}

func (p *program) reply(ctx context.Context, r correction.Reply) error {
	return p.changing(ctx, func(d *declarations, s *state.State) error {
		changed, err := d.cases(s).Reply(ctx, p.now(), p.principal(), d.agencies(), r)
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
