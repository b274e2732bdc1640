package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) syncCommand() *cobra.Command {
	var demand flow.Demand
	var dryRun bool
	c := &cobra.Command{
		Use:   "sync [DATASET…]",
		Short: p.lang.Pick("Đưa dữ liệu vào, làm sạch, chứng thực", "Bring data in, clean it, certify it"),
		Long: `Reads each dataset's source once, cleans and checks it, sets aside what breaks
a rule, commits, and signs a certificate: what arrived is what was there. A
source that has not changed is not read again. Killed anywhere, the next sync
goes on by range. One dataset that fails does not stop the others.

Where ` + "`sen up`" + ` serves the hub, it does the work, as a job of whoever asks, after
the jobs before it; here is shown how far it has come. Ctrl-C then ends the showing
alone: the hub goes on. What fails it tries again by itself.

DATASET is a dataset (civil-status.birth) or an agency (civil-status).`,
		Example: "  sen sync\n  sen sync civil-status\n  sen sync population.person --force",
		RunE: func(cmd *cobra.Command, names []string) error {
			if dryRun {
				return p.planSync(cmd.Context(), names)
			}
			return p.sync(cmd.Context(), names, demand)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	c.Flags().BoolVar(&demand.Force, "force", false, "read the source again even if it has not changed")
	c.Flags().BoolVar(&demand.AcceptLoss, "accept-loss", false, "go on where nearly all rows of a source have gone since the last sync")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be read, and read nothing")
	return c
}

func (p *program) sync(ctx context.Context, names []string, demand flow.Demand) error {
	o := order{Kind: job.Sync, Task: state.Task{Force: demand.Force, AcceptLoss: demand.AcceptLoss}}
	return p.conduct(ctx, names, o, func(h *hub, datasets []contract.Dataset) []flow.Outcome {
		return h.flow.Sync(ctx, datasets, demand)
	})
}

// conducted is what runs of datasets have brought, with what follows them.
type conducted struct {
	outcomes []flow.Outcome
	linked   []flow.Linked
	cases    correction.Changes

	unkept, unlinked, unsettled error // why the contracts are not kept, nothing is linked, the cases are as they were
}

// conduct takes datasets through runs, with progress, and says what they
// brought. A hub that is up does the work where there is one; else do does.
func (p *program) conduct(ctx context.Context, names []string, o order, do func(*hub, []contract.Dataset) []flow.Outcome) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	datasets, err := d.choose(names)
	if err != nil {
		return err
	}
	p.tellProblems(d)
	if len(datasets) == 0 {
		return p.nothingToSync(d)
	}
	view := newProgress(p)
	var out conducted
	if c := d.dialHub(); c != nil {
		for _, one := range datasets {
			o.Datasets = append(o.Datasets, one.Name)
		}
		out, err = p.handOver(ctx, c, o, view)
	} else {
		out, err = p.conductAlone(ctx, d, datasets, view, do)
	}
	if err != nil {
		return err
	}
	return p.tellConducted(ctx, d, out)
}

// conductAlone does in this process what no hub is up to do.
func (p *program) conductAlone(ctx context.Context, d *declarations, datasets []contract.Dataset, view *progress, do func(*hub, []contract.Dataset) []flow.Outcome) (out conducted, err error) {
	h, err := p.openDeclared(ctx, d, view.show)
	if err != nil {
		return out, err
	}
	defer h.Close()
	view.start(len(datasets))
	out.outcomes = do(h, datasets)
	view.stop()
	after := context.WithoutCancel(ctx) // what the sync itself brought is told all the same
	out.unkept = h.keepContracts(after, datasets, out.outcomes)
	entities, err := h.readEntities(nil)
	if err == nil && ctx.Err() == nil {
		out.linked, err = h.link(ctx, entities)
	}
	out.unlinked = err
	out.cases, out.unsettled = h.updateCases(after, p.now())
	return out, nil
}

// tellConducted says what runs have brought.
func (p *program) tellConducted(ctx context.Context, d *declarations, c conducted) error {
	answer := answerSync(c.outcomes)
	answer.Linked, answer.Cases = c.linked, c.cases
	if sen.KindOf(c.unlinked) == sen.Busy {
		p.mention(p.lang.Pick("một tiến trình khác đang liên kết; `sen link run` sau đó", "another process is linking; `sen link run` after it"))
		c.unlinked = nil
	}
	var untold []error
	for _, err := range []error{c.unkept, c.unlinked, c.unsettled} {
		if err != nil { // the records are in: only what follows from them is not known
			p.report(sen.KindOf(err), err)
			untold = append(untold, err)
		}
	}
	entities, _ := d.readEntities(nil) // for their names
	if err := p.answer(answer, func() {
		p.showSync(answer, len(c.outcomes))
		p.showLinked(answer.Linked, entities)
		p.showConflicts(answer.Linked, entities)
		p.tellCases(answer.Cases)
		p.syncNext(answer)
	}); err != nil {
		return err
	}
	if err := p.failures(ctx, d, c.outcomes); err != nil || len(untold) == 0 {
		return err
	}
	return reported{errors.Join(untold...)}
}

// keepContracts keeps the contracts by which datasets have been certified.
func (h *hub) keepContracts(ctx context.Context, datasets []contract.Dataset, outcomes []flow.Outcome) (all error) {
	for i, o := range outcomes {
		if o.Err == nil && !o.Unchanged && o.Dataset == datasets[i].Name {
			all = errors.Join(all, desk.KeepContract(ctx, h.state, datasets[i]))
		}
	}
	return all
}

func (p *program) nothingToSync(d *declarations) error {
	if faults := d.problems.Errors(); len(faults) > 0 {
		return reported{sen.Errorf(sen.Invalid, "%d errors in contracts", len(faults))}
	}
	return sen.Errorf(sen.NotFound, "the hub has no contract yet").At("%s", shortPath(d.path("contracts"))).
		WithHint("draft one from a file: `sen contract infer FILE -o contracts/AGENCY.odcs.yaml`")
}

// syncAnswer is what a sync brought.
type syncAnswer struct {
	Datasets []syncLine `json:"datasets"`
	In       int64      `json:"in"`
	Clean    int64      `json:"clean"`
	Held     int64      `json:"quarantined"`
	Failed   int        `json:"failed"`

	Cases  correction.Changes `json:"cases"`
	Linked []flow.Linked      `json:"linked,omitempty"`
}

type syncLine struct {
	flow.Outcome
	In    int64  `json:"in"`
	Clean int64  `json:"clean"`
	Held  int64  `json:"quarantined"`
	Proof string `json:"proof,omitempty"` // digest of the store's content, as people compare it
	Fault string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

func answerSync(outcomes []flow.Outcome) syncAnswer {
	var a syncAnswer
	for _, o := range outcomes {
		line := syncLine{Outcome: o}
		if c := o.Certificate; c != nil {
			line.In, line.Clean, line.Held = c.In(), c.Clean(), c.Quarantined()
			line.Proof = c.Source.Digest.Short()
		}
		if o.Err != nil {
			line.Fault, line.Hint = o.Err.Error(), sen.HintOf(o.Err)
			a.Failed++
		}
		a.In, a.Clean, a.Held = a.In+line.In, a.Clean+line.Clean, a.Held+line.Held
		a.Datasets = append(a.Datasets, line)
	}
	return a
}

func (p *program) showSync(a syncAnswer, asked int) {
	t := terminal.Table{Align: "lrrrl", Left: 2, Head: []string{"",
		p.lang.Pick("vào", "in"), p.lang.Pick("sạch", "clean"), p.lang.Pick("cách ly", "quarantined"), p.lang.Pick("chứng thực", "certificate")}}
	certified := 0
	for _, line := range a.Datasets {
		if line.Certificate != nil {
			certified++
		}
		t.Add(p.syncRow(string(line.Dataset), line)...)
	}
	if len(a.Datasets) > 1 {
		t.Add(terminal.Cell{Text: p.lang.Pick("tất cả", "all"), Style: terminal.Strong}, p.count(a.In), p.count(a.Clean), p.count(a.Held),
			terminal.C(fmt.Sprintf(p.lang.Pick("✓ %d trên %d", "✓ %d of %d"), certified, asked)))
	}
	t.Write(p.screen)
	p.showChecks(a)
}

func (p *program) syncNext(a syncAnswer) {
	if a.Held > 0 {
		p.next("sen quarantine list", p.lang.Pick("những gì bị giữ lại, và vì sao", "what was kept back, and why"),
			"sen quality", p.lang.Pick("bảy tiêu chí của từng cơ quan", "the seven criteria of each agency"))
	} else if a.Failed == 0 {
		p.next("sen quality", p.lang.Pick("bảy tiêu chí của từng cơ quan", "the seven criteria of each agency"),
			"sen verify", p.lang.Pick("đọc lại nguồn và kho, so từng dòng", "read source and store again, row against row"))
	}
}

func (p *program) syncRow(name string, line syncLine) []terminal.Cell {
	switch {
	case line.Certificate == nil:
		return []terminal.Cell{terminal.C(name), terminal.C("–"), terminal.C("–"), terminal.C("–"),
			{Text: "✗ " + p.lang.Pick("không xong", "not done"), Style: terminal.Bad}}
	case line.Unchanged:
		return []terminal.Cell{terminal.C(name), p.count(line.In), p.count(line.Clean), p.held(line.Held),
			{Text: "✓ " + line.Proof + p.lang.Pick("  không đổi", "  unchanged"), Style: terminal.Quiet}}
	}
	return []terminal.Cell{terminal.C(name), p.count(line.In), p.count(line.Clean), p.held(line.Held),
		{Text: "✓ " + line.Proof, Style: terminal.Good}}
}

func (p *program) count(n int64) terminal.Cell { return terminal.C(p.lang.Count(n)) }

func (p *program) held(n int64) terminal.Cell {
	c := p.count(n)
	if n > 0 {
		c.Style = terminal.Warn
	}
	return c
}

// showChecks names the rules over whole datasets that failed, what was adopted
// from sources that changed, and the rules that could not be run.
func (p *program) showChecks(a syncAnswer) {
	t := terminal.Table{Align: "lll", Left: 2}
	for _, line := range a.Datasets {
		for _, r := range line.Results {
			if r.Status == clean.StatusFailed {
				found := fmt.Sprintf(p.lang.Pick("%s %s, phải %s", "%s %s, must be %s"), p.lang.Decimal(r.Value, decimals(r.Value)), r.Unit, r.Expect)
				t.Add(terminal.C(line.Dataset), terminal.C(ruleLabel(r)), terminal.Cell{Text: found, Style: terminal.Warn})
			}
		}
	}
	if len(t.Rows) > 0 {
		fmt.Fprintln(p.screen)
		p.say("  quy tắc không đạt", "  rules that failed")
		t.Write(p.screen)
	}
	p.showBroken(a)
	p.showDrift(a)
}

// showDrift says where sources are not what their contracts say, a line a
// dataset for the columns that no contract names, and what was begun anew.
func (p *program) showDrift(a syncAnswer) {
	t := terminal.Table{Align: "lll", Left: 2}
	for _, line := range a.Datasets {
		var unread []string
		for _, c := range line.Drift {
			if name, ok := c.Unread(); ok {
				unread = append(unread, name)
				continue
			}
			t.Add(terminal.C(line.Dataset), terminal.Cell{Text: string(c.Class), Style: driftStyles[c.Class]}, terminal.C(c.What()))
		}
		if len(unread) > 0 {
			t.Add(terminal.C(line.Dataset), terminal.Cell{Text: p.lang.Pick("không đọc", "not read"), Style: terminal.Quiet},
				terminal.Cell{Text: fmt.Sprintf(p.lang.Pick("%d cột không có trong hợp đồng: %s", "%d columns that the contract does not name: %s"), len(unread), few(unread)), Style: terminal.Quiet})
		}
		if line.Restarted != "" {
			t.Add(terminal.C(line.Dataset), terminal.Cell{Text: p.lang.Pick("đọc lại từ đầu", "started again"), Style: terminal.Warn}, terminal.C(line.Restarted))
		}
	}
	if len(t.Rows) > 0 {
		p.say("\n  nguồn so với hợp đồng", "\n  sources against their contracts")
		t.Write(p.screen)
	}
}

var driftStyles = map[contract.Class]terminal.Style{contract.Breaking: terminal.Bad, contract.Note: terminal.Warn}

// few is a list that is cut where it gets long.
func few(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", …"
}

func ruleLabel(r clean.Result) string {
	if r.Column == "" {
		return r.Rule
	}
	return r.Rule + " (" + r.Column + ")"
}

// showBroken names the rules that could not be run, by file and line. The
// data are in and certified: what nobody knows is what the rule asks.
func (p *program) showBroken(a syncAnswer) {
	told := false
	for _, line := range a.Datasets {
		for _, r := range line.Results {
			if r.Status != clean.StatusBroken {
				continue
			}
			if !told {
				p.say("\n  quy tắc không chạy được (dữ liệu vẫn vào kho; điều quy tắc hỏi thì chưa ai biết)",
					"\n  rules that could not be run (the data are in; what the rule asks is not known)")
				told = true
			}
			fmt.Fprintf(p.screen, "  %s  %s  %s\n", line.Dataset, p.screen.Paint(terminal.Bad, ruleLabel(r)), p.screen.Paint(terminal.Quiet, shortPath(r.Where)))
			fmt.Fprintf(p.screen, "    %s\n", terminal.Clean(r.Fault))
			if r.Hint != "" {
				fmt.Fprintf(p.screen, "    → %s\n", r.Hint)
			}
		}
	}
}

func decimals(v float64) int {
	if v == float64(int64(v)) {
		return 0
	}
	return 2
}

// failures tells the errors of single datasets, and what is safe when the
// run was stopped; its own error carries the exit code.
func (p *program) failures(ctx context.Context, d *declarations, outcomes []flow.Outcome) error {
	var all []error
	for _, o := range outcomes {
		if o.Err != nil && (ctx.Err() == nil || sen.KindOf(o.Err) != sen.Canceled) {
			p.report(sen.KindOf(o.Err), o.Err)
			all = append(all, o.Err)
		}
	}
	if ctx.Err() != nil {
		return p.stopped(outcomes)
	}
	if len(all) > 0 {
		return reported{errors.Join(all...)}
	}
	if faults := d.problems.Errors(); len(faults) > 0 {
		return reported{sen.Errorf(sen.Invalid, "%d errors in contracts", len(faults))}
	}
	return nil
}

// stopped says what Ctrl-C left whole, and how to go on.
func (p *program) stopped(outcomes []flow.Outcome) error {
	whole := 0
	for _, o := range outcomes {
		if o.Err == nil {
			whole++
		}
	}
	return sen.Errorf(sen.Canceled, p.lang.Pick("%d bộ dữ liệu đã trọn vẹn và an toàn; bộ đang dở giữ các phần đã xong",
		"%d datasets are whole and safe; the one under way keeps the ranges that are done"), whole).
		WithHint("%s", p.lang.Pick("`sen sync` làm tiếp từ đó", "`sen sync` goes on from there"))
}

// planSync says what a sync would read.
func (p *program) planSync(ctx context.Context, names []string) error {
	return p.withState(ctx, names, func(d *declarations, datasets []contract.Dataset, s *state.State) error {
		p.tellProblems(d)
		plan, err := planOf(ctx, s, datasets)
		if err != nil {
			return err
		}
		return p.answer(plan, func() {
			t := terminal.Table{Align: "lll", Left: 2}
			for _, l := range plan {
				t.Add(terminal.C(l.Dataset), terminal.C(l.Path), terminal.Cell{Text: p.lang.Pick(planWords[l.Plan].vi, planWords[l.Plan].en), Style: terminal.Quiet})
			}
			t.Write(p.screen)
			p.say("\nKhông có gì thay đổi.", "\nNothing was changed.")
		})
	})
}

type planLine struct {
	Dataset sen.Dataset `json:"dataset"`
	Path    string      `json:"path"`
	Plan    string      `json:"plan"` // first, again, resume, refused
}

var planWords = map[string]struct{ vi, en string }{
	"first":   {"đọc lần đầu", "read for the first time"},
	"again":   {"đọc lại nếu đã thay đổi", "read again if it has changed"},
	"resume":  {"làm tiếp lần dở dang", "go on with an unfinished run"},
	"refused": {"bí mật nhà nước: không đọc", "state secret: not read"},
}

// planOf is what a sync would read; s is nil where the hub has no state yet.
func planOf(ctx context.Context, s *state.State, datasets []contract.Dataset) ([]planLine, error) {
	var out []planLine
	for _, one := range datasets {
		line := planLine{Dataset: one.Name, Path: one.Path(), Plan: "first"}
		if s != nil {
			runs, err := s.Runs(ctx, one.Name, 100)
			if err != nil {
				return nil, err
			}
			switch {
			case len(runs) > 0 && runs[0].Unfinished():
				line.Plan = "resume"
			case len(runs) > 0:
				line.Plan = "again"
			}
		}
		if one.StateSecret() {
			line.Plan = "refused"
		}
		out = append(out, line)
	}
	return out, nil
}

// completeDatasets offers datasets and agencies of the hub that is found.
func (p *program) completeDatasets(_ *cobra.Command, done []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(d.names(), func(n string) bool { return slices.Contains(done, n) })
	return names, cobra.ShellCompDirectiveNoFileComp
}
