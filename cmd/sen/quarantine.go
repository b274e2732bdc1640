package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/job"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) quarantineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "quarantine",
		Short: p.lang.Pick("Những dòng bị giữ lại: xem, và thả sau khi sửa quy tắc", "Rows that were kept back: see them, and release them once a rule is mended"),
		Long: `A row that breaks a rule is kept back with the rule, the column, the value and
its place in the source. list counts them; show shows rows, and so wants a
purpose; release cleans again what has landed, without reading the source.`,
		Example: "  sen quarantine list\n  sen quarantine show vehicles.vehicle --limit 3 --purpose \"answering case 12\"",
	}
	c.AddCommand(p.quarantineListCommand(), p.quarantineShowCommand(), p.quarantineReleaseCommand())
	return c
}

func (p *program) quarantineListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list [DATASET…]",
		Short:   p.lang.Pick("Đếm theo lý do", "Count them by reason"),
		Long:    "Counts the rows that are kept back, by rule. It shows no value and needs no purpose.",
		Example: "  sen quarantine list\n  sen quarantine list civil-status --json",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.listHeld(cmd.Context(), names)
		},
		ValidArgsFunction: p.completeDatasets,
	}
}

func (p *program) listHeld(ctx context.Context, names []string) error {
	return p.withState(ctx, names, func(d *declarations, datasets []contract.Dataset, s *state.State) error {
		lines, err := d.desk(s, p.now).HeldBack(ctx, p.lang, datasets)
		if err != nil {
			return err
		}
		return p.answer(lines, func() { p.showHeldBack(lines) })
	})
}

func (p *program) showHeldBack(lines []desk.HeldRule) {
	if len(lines) == 0 {
		p.say("Không có dòng nào bị giữ lại.", "No row is kept back.")
		return
	}
	p.showWhy(lines, len(lines))
	p.next("sen quarantine show "+string(lines[0].Datasets[0])+" --rule "+lines[0].Rule, p.lang.Pick("xem các dòng ấy", "see the rows"),
		"sen quarantine release", p.lang.Pick("sau khi sửa quy tắc trong hợp đồng", "once the rule is mended in the contract"))
}

func (p *program) quarantineReleaseCommand() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "release DATASET…",
		Short: p.lang.Pick("Làm sạch lại những gì đã nhận theo hợp đồng đã sửa", "Clean again what has landed, under the mended contract"),
		Long: `Cleans what landed at the last sync again, under the contract as it is now. Rows
whose rule was mended leave the quarantine; the source is not read. A new
certificate names the same source position. Where ` + "`sen up`" + ` serves the hub, it does
the work.`,
		Example: "  sen quarantine release civil-status.birth",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.release(cmd.Context(), names, dryRun)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "count what is kept back now, and release nothing")
	return c
}

func (p *program) release(ctx context.Context, names []string, dryRun bool) error {
	if dryRun {
		return p.listHeld(ctx, names)
	}
	return p.conduct(ctx, names, order{Kind: job.Release}, func(h *hub, datasets []contract.Dataset) []flow.Outcome {
		return h.releaseAll(ctx, datasets, flow.Demand{})
	})
}

func (h *hub) releaseAll(ctx context.Context, datasets []contract.Dataset, demand flow.Demand) []flow.Outcome {
	var out []flow.Outcome
	for _, d := range datasets {
		if ctx.Err() != nil {
			break
		}
		out = append(out, h.flow.Release(ctx, d, demand))
	}
	return out
}

// completeRules offers the rules by which the named dataset's rows can be
// held back.
func (p *program) completeRules(_ *cobra.Command, names []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, one := range d.contracts.Datasets() {
		if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return one.Name.Within(n) }) {
			out = append(out, d.desk(nil, p.now).RuleNames(one)...)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// withRows is the one dataset that a name means: of an agency's, the only one
// with rows kept back.
func (h *hub) withRows(ctx context.Context, name string) (contract.Dataset, error) {
	found, err := h.choose([]string{name})
	if err != nil || len(found) == 1 {
		return append(found, contract.Dataset{})[0], err
	}
	var names []string
	var rows []contract.Dataset
	for _, d := range found {
		names = append(names, string(d.Name))
		line, err := desk.Standing(ctx, h.state, d, time.Now())
		if err != nil {
			return d, err
		}
		if line.Held > 0 {
			rows = append(rows, d)
		}
	}
	if len(rows) == 1 {
		return rows[0], nil
	}
	return contract.Dataset{}, sen.Errorf(sen.Invalid, "%s has %d datasets", name, len(found)).
		WithHint("name one of them: %s", strings.Join(names, ", "))
}
