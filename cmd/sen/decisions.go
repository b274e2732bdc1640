package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) decisionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "decisions [ENTITY...]",
		Short: p.lang.Pick("Những gì người ta đã quyết định về bản ghi, ai và khi nào", "What people decided of records, who and when"),
		Long: `Lists what ` + "`sen merge`, `sen unmerge` and `sen review`" + ` have decided, with its
history: who proposed, confirmed and withdrew it, when and why, and when the golden
records were first made by it. Nothing is ever removed from it. It shows no value
and needs no purpose.`,
		Example: "  sen decisions\n  sen decisions person --json\n  sen decisions confirm D-000012",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.listDecisions(cmd.Context(), args)
		},
		ValidArgsFunction: p.completeEntities,
	}
	c.AddCommand(p.confirmCommand())
	return c
}

func (p *program) confirmCommand() *cobra.Command {
	var later bool
	c := &cobra.Command{
		Use:   "confirm DECISION",
		Short: p.lang.Pick("Xác nhận một quyết định mà người khác đề nghị", "Confirm a decision that somebody else proposed"),
		Long: `Lets a proposed decision stand, and links the records anew. Where sen.yaml asks for
two stewards, that is for another person than the one who proposed it. To refuse it,
withdraw it: ` + "`sen unmerge ENTITY --decision DECISION --reason …`" + `.`,
		Example: "  sen decisions confirm D-000012",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := decision.ParseName(args[0])
			if err != nil {
				return err
			}
			return p.confirm(cmd.Context(), number, later)
		},
	}
	linkLater(c, &later)
	return c
}

func linkLater(c *cobra.Command, later *bool) {
	c.Flags().BoolVar(later, "no-run", false, "leave it to the next `sen sync` or `sen link run` to take effect")
}

func (p *program) confirm(ctx context.Context, number int64, later bool) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	made, err := h.decisions().Confirm(ctx, p.now(), p.principal(), number)
	if err != nil {
		return err
	}
	out := decided{Decision: desk.Named(made)}
	if err := p.takeEffect(ctx, h, &out, later); err != nil {
		return err
	}
	return p.answer(out, func() { p.showDecided(out) })
}

// decided is what became of a decision.
type decided struct {
	desk.Decision
	Linked []flow.Linked `json:"linked,omitempty"` // of a run; none where it takes effect later
}

// decisions are the hub's.
func (h *hub) decisions() decision.Decisions {
	return decision.Decisions{State: h.state, Stewards: h.config.Stewards}
}

// takeEffect links the records of a decision's entity anew, unless the decision
// waits or that is wanted later.
func (p *program) takeEffect(ctx context.Context, h *hub, d *decided, later bool) (err error) {
	if later || d.State == decision.Proposed {
		return nil
	}
	entities, err := h.readEntities([]string{d.Entity})
	if err != nil {
		return err
	}
	d.Linked, err = p.linkOpen(ctx, h, entities)
	return err
}

// linkOpen links entities of a hub that this process has open: by the one that is
// up, where there is one.
func (p *program) linkOpen(ctx context.Context, h *hub, entities []*link.Entity) ([]flow.Linked, error) {
	out, err := p.linkAnew(ctx, h.declarations, entities, func() (out conducted, err error) {
		out.linked, out.unlinked = h.link(ctx, entities)
		return out, nil
	})
	return out.linked, errors.Join(err, out.unlinked)
}

func (p *program) listDecisions(ctx context.Context, entities []string) error {
	lines := []desk.Decision{}
	err := p.withState(ctx, nil, func(d *declarations, _ []contract.Dataset, s *state.State) error {
		if _, err := d.readEntities(entities); err != nil || s == nil {
			return err
		}
		all, err := s.Decisions(ctx)
		for _, one := range all {
			if len(entities) == 0 || slices.Contains(entities, one.Entity) {
				lines = append(lines, desk.Named(one))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.answer(lines, func() { p.showDecisions(lines) })
}

func (p *program) showDecisions(lines []desk.Decision) {
	if len(lines) == 0 {
		p.say("Chưa ai quyết định gì.", "Nobody has decided anything yet.")
		return
	}
	t := terminal.Table{Align: "lllllll", Head: []string{p.lang.Pick("quyết định", "decision"), "", p.lang.Pick("là", "is"), "", p.lang.Pick("ai", "who"), p.lang.Pick("khi nào", "when"), p.lang.Pick("vì sao", "why")}}
	for _, l := range lines {
		id, entity, verdict := l.ID, l.Entity, p.decides(l.Verdict)
		for _, e := range l.History {
			t.Add(terminal.Cell{Text: id, Style: terminal.Strong}, terminal.C(entity), terminal.C(verdict), terminal.C(p.event(e.What)),
				terminal.C(strings.TrimPrefix(e.Principal, "operator:")), terminal.Cell{Text: e.At.Local().Format(time.DateTime), Style: terminal.Quiet}, terminal.C(terminal.Clean(e.Note)))
			id, entity, verdict = "", "", ""
		}
	}
	t.Write(p.screen)
}

func (p *program) decides(verdict string) string {
	if verdict == decision.Same {
		return p.lang.Pick("là một", "the same")
	}
	return p.lang.Pick("không phải một", "different")
}

func (p *program) event(what string) string {
	words := map[string]struct{ vi, en string }{
		decision.Proposed: {"đề nghị", "proposed"}, decision.Confirmed: {"xác nhận", "confirmed"}, decision.Withdrawn: {"rút lại", "withdrawn"},
		decision.Applied: {"có hiệu lực", "applied"}, decision.Undone: {"đã hoàn tác", "undone"},
	}[what]
	return p.lang.Pick(words.vi, words.en)
}

// showDecided says what became of a decision, and what is next.
func (p *program) showDecided(d decided) {
	switch {
	case d.State == decision.Proposed:
		p.say("%s: đã đề nghị; chờ một người khác xác nhận.", "%s: proposed; it waits for another person to confirm it.", d.ID)
		p.next("sen decisions confirm "+d.ID, p.lang.Pick("người thứ hai xác nhận", "the second steward confirms it"))
	case d.Linked == nil:
		p.say("%s: %s; có hiệu lực ở lần liên kết sau.", "%s: %s; it takes effect with the next linkage.", d.ID, p.event(d.State))
		p.next("sen link run "+d.Entity, p.lang.Pick("liên kết lại", "link anew"))
	default:
		p.say("%s: %s, đã liên kết lại.", "%s: %s, and linked anew.", d.ID, p.event(d.State))
		for _, l := range d.Linked {
			if c := l.Change; c != nil {
				p.say("  %s gộp, %s tách", "  %s merged, %s split", p.lang.Count(c.Merged), p.lang.Count(c.Split))
			}
			if n := l.Decisions; n != nil && n.Gone+n.Against > 0 {
				p.say("  %s quyết định không còn hợp: bản ghi không còn, hoặc trái quyết định khác", "  %s decisions do not fit: their record is gone, or they are against others", p.lang.Count(n.Gone+n.Against))
			}
		}
	}
}
