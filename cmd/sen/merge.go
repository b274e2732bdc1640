package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

// deciding are the flags of commands that decide.
type decidingFlags struct {
	why    reason
	reason string
	later  bool
	dryRun bool
}

func (f *decidingFlags) flags(c *cobra.Command) {
	f.why.flags(c)
	c.Flags().StringVar(&f.reason, "reason", "", "why it is decided so, without people's data: it is kept in the history")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be decided, and decide nothing")
	linkLater(c, &f.later)
}

func (p *program) mergeCommand() *cobra.Command {
	var f decidingFlags
	c := &cobra.Command{
		Use:   "merge ENTITY KEY KEY",
		Short: p.lang.Pick("Gộp hai bản ghi vàng: con người quyết định chúng là một", "Merge two golden records: a person decides that they are one"),
		Long: `Decides that two golden records are one thing, whatever keys and comparison say, and
links the records anew. The decision names a record of each side, the one that is
believed first, so that it holds in every later run. It takes effect when another
steward confirms it (` + "`sen decisions confirm`" + `), or at once where sen.yaml says
` + "`decisions.stewards: 1`" + `. Both records are people's data: they are shown when the journal
has the entry. ` + "`sen unmerge`" + ` undoes it; ` + "`sen decisions`" + ` is the history.`,
		Example: "  sen merge person 001090012345 001090054321 --reason \"re-issued number, decision 15/QD\" --purpose \"case 12\"\n" +
			"  sen merge person 001090012345 001090054321 --dry-run --purpose \"case 12\"",
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.merge(cmd.Context(), args[0], args[1:], f)
		},
		ValidArgsFunction: p.completeEntities,
	}
	f.flags(c)
	return c
}

func (p *program) merge(ctx context.Context, entity string, keys []string, f decidingFlags) error {
	return p.withGolden(ctx, desk.GoldenRequest{Request: access.Request{Command: "merge"}, Entity: entity, Keys: keys}, f.why, func(h *hub, e *link.Entity, both []desk.Golden) error {
		proposal, err := h.desk(p).MergeOf(ctx, e, both[0], both[1], f.reason)
		if err != nil {
			return err
		}
		x, err := h.desk(p).Explain(ctx, entity, both)
		if err != nil && sen.KindOf(err) != sen.NotFound {
			return err
		}
		if err == nil && !p.flags.json {
			p.showExplanation(x)
		}
		return p.decide(ctx, h, proposal, f)
	})
}

// decide keeps a proposal, and lets it take effect where it stands.
func (p *program) decide(ctx context.Context, h *hub, proposal decision.Proposal, f decidingFlags) error {
	if f.dryRun {
		return p.answer(proposal, func() {
			p.say("\n%s và %s: %s. Chưa quyết định gì.", "\n%s and %s: %s. Nothing was decided.", desk.RecordName(proposal.A), desk.RecordName(proposal.B), p.decides(proposal.Verdict))
		})
	}
	made, err := h.decisions().Propose(ctx, p.now(), p.principal(), proposal)
	if err != nil {
		return err
	}
	out := decided{Decision: desk.Named(made)}
	if err := p.takeEffect(ctx, h, &out, f.later); err != nil {
		return err
	}
	return p.answer(out, func() {
		fmt.Fprintln(p.screen)
		p.showDecided(out)
	})
}
