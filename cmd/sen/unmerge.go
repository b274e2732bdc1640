package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

func (p *program) unmergeCommand() *cobra.Command {
	var f decidingFlags
	var record, name string
	c := &cobra.Command{
		Use:   "unmerge ENTITY [KEY]",
		Short: p.lang.Pick("Tách một bản ghi ra, hoặc rút lại một quyết định, và liệt kê ai đã dùng bản ghi gộp sai", "Take a record out, or withdraw a decision, and list who used the wrong merge"),
		Long: `With KEY alone shows the records that speak of the thing, and the decisions that
brought it together. --record takes one of them out, with what hangs on it alone
(records that give a key that only it gives): a decision that another steward
confirms, like a merge. --decision withdraws a decision, which takes effect at once.

Both list every entry of the door's journal that used the wrong thing: that saw its
golden record, or read all of them, since the decision was confirmed; of a thing that
keys or comparison brought together, since ever. What was seen outside of the door,
in a copy of the lake for example, is in no journal, and the list cannot have it.`,
		Example: "  sen unmerge person 001090012345 --purpose \"case 12\"\n" +
			"  sen unmerge person 001090012345 --record vehicles.registration/owner:8812 --reason \"a namesake\" --purpose \"case 12\"\n" +
			"  sen unmerge person --decision D-000012 --reason \"two people: their fingerprints differ\"",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case name != "" && record == "" && len(args) == 1:
				return p.withdraw(cmd.Context(), args[0], name, f)
			case name == "" && record != "" && len(args) == 2:
				return p.takeOut(cmd.Context(), args[0], args[1], record, f)
			case name == "" && record == "" && len(args) == 2:
				return p.showRecords(cmd.Context(), args[0], args[1], f.why)
			}
			return sen.Errorf(sen.Invalid, "either a key, with --record or without, or --decision").WithHint("see `sen unmerge --help`")
		},
		ValidArgsFunction: p.completeEntities,
	}
	f.flags(c)
	c.Flags().StringVar(&record, "record", "", "the record to take out, as `sen unmerge ENTITY KEY` names it: DATASET:KEY or DATASET/PART:KEY")
	c.Flags().StringVar(&name, "decision", "", "the decision to withdraw, like D-000012")
	return c
}

// unmerged is the answer of `sen unmerge`.
type unmerged struct {
	decided
	Uses []desk.Use `json:"uses"`
	// Since when entries are listed; none: since the journal began.
	Since *time.Time `json:"since,omitempty"`
}

// thingRecords is the answer of `sen unmerge ENTITY KEY`.
type thingRecords struct {
	Entity    string          `json:"entity"`
	ID        int64           `json:"id,string"`
	Records   []desk.Speaks   `json:"records"`
	Decisions []desk.Decision `json:"decisions"` // that stand and name one of the records
}

func (p *program) showRecords(ctx context.Context, entity, key string, why reason) error {
	return p.withGolden(ctx, desk.GoldenRequest{Request: access.Request{Command: "unmerge"}, Entity: entity, Keys: []string{key}}, why, func(h *hub, e *link.Entity, found []desk.Golden) error {
		out := thingRecords{Entity: entity, ID: found[0].ID, Decisions: []desk.Decision{}}
		var err error
		if out.Records, err = h.desk(p).SpeakOf(ctx, e, out.ID, desk.MostSpeaking); err != nil {
			return err
		}
		all, err := h.state.Decisions(ctx)
		if err != nil {
			return err
		}
		for _, d := range decision.Standing(decision.Of(all, entity)) {
			if slices.ContainsFunc(out.Records, func(s desk.Speaks) bool { return s.Names(d.A) || s.Names(d.B) }) {
				out.Decisions = append(out.Decisions, desk.Named(d))
			}
		}
		return p.answer(out, func() {
			t := terminal.Table{Align: "ll", Head: []string{p.lang.Pick("bản ghi", "record"), p.lang.Pick("nối theo", "linked by")}}
			for _, s := range out.Records {
				t.Add(terminal.C(s.Record), terminal.C(p.how(s.How)))
			}
			t.Write(p.screen)
			if len(out.Decisions) > 0 {
				fmt.Fprintln(p.screen)
				p.showDecisions(out.Decisions)
			}
			p.next("sen unmerge "+entity+" KEY --record …", p.lang.Pick("tách một bản ghi ra", "take a record out"),
				"sen unmerge "+entity+" --decision …", p.lang.Pick("rút lại một quyết định", "withdraw a decision"))
		})
	})
}

// takeOut decides that a record does not speak of the thing that it stands in.
func (p *program) takeOut(ctx context.Context, entity, key, record string, f decidingFlags) error {
	asked := desk.GoldenRequest{Request: access.Request{Command: "unmerge"}, Entity: entity, Keys: []string{key}}
	return p.readGolden(ctx, asked, f.why, func(h *hub, e *link.Entity, found []desk.Golden, request string) error {
		proposal, err := h.desk(p).TakingOut(ctx, e, found[0], record, f.reason)
		if err != nil {
			return err
		}
		if f.dryRun {
			return p.decide(ctx, h, proposal, f)
		}
		made, err := h.decisions().Propose(ctx, p.now(), p.principal(), proposal)
		if err != nil {
			return err
		}
		out := unmerged{decided: decided{Decision: desk.Named(made)}}
		if err := p.takeEffect(ctx, h, &out.decided, f.later); err != nil {
			return err
		}
		if out.Uses, err = h.desk(p).Uses(ctx, entity, []int64{found[0].ID}, time.Time{}, time.Time{}, request); err != nil {
			return err
		}
		return p.answer(out, func() { p.showUnmerged(out) })
	})
}

// withdraw ends a decision. Where it has ended already, the list is made again.
func (p *program) withdraw(ctx context.Context, entity, name string, f decidingFlags) error {
	number, err := decision.ParseName(name)
	if err != nil {
		return err
	}
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	one, err := h.desk(p).DecisionOf(ctx, entity, number)
	if err != nil {
		return err
	}
	if f.dryRun {
		return p.answer(desk.Named(one), func() { p.showDecisions([]desk.Decision{desk.Named(one)}) })
	}
	if one.State != decision.Withdrawn {
		if one, err = h.decisions().Withdraw(ctx, p.now(), p.principal(), number, f.reason); err != nil {
			return err
		}
	}
	out := unmerged{decided: decided{Decision: desk.Named(one)}, Uses: []desk.Use{}}
	if err := p.takeEffect(ctx, h, &out.decided, f.later); err != nil {
		return err
	}
	if one, err = h.desk(p).DecisionOf(ctx, entity, number); err != nil { // with what the run has noted
		return err
	}
	out.Decision = desk.Named(one)
	if since, until, stood := desk.Stood(one); stood {
		out.Since = &since
		if out.Uses, err = h.desk(p).Uses(ctx, entity, desk.ThingsOf(one), since, until, ""); err != nil {
			return err
		}
	}
	return p.answer(out, func() { p.showUnmerged(out) })
}

func (p *program) showUnmerged(u unmerged) {
	p.showDecided(u.decided)
	fmt.Fprintln(p.screen)
	if len(u.Uses) == 0 {
		p.say("Sổ truy cập không có dòng nào dùng bản ghi đó.", "No entry of the journal used it.")
	} else {
		p.say("Đã dùng bản ghi đó, theo sổ truy cập: %d dòng", "Used it, by the journal: %d entries", len(u.Uses))
		t := terminal.Table{Align: "rlllll", Left: 2, Head: []string{p.lang.Pick("dòng", "entry"), p.lang.Pick("khi nào", "when"), p.lang.Pick("ai", "who"),
			p.lang.Pick("mục đích", "purpose"), p.lang.Pick("vụ việc", "case"), p.lang.Pick("lệnh", "command")}}
		for _, e := range u.Uses {
			command := e.Command
			if e.Whole {
				command += p.lang.Pick(" (đọc tất cả)", " (read all)")
			}
			t.Add(terminal.C(e.Sequence), terminal.Cell{Text: e.At.Local().Format(time.DateTime), Style: terminal.Quiet}, terminal.C(e.Principal),
				terminal.C(terminal.Clean(string(e.Purpose))), terminal.C(terminal.Clean(e.Case)), terminal.C(command))
		}
		t.Write(p.screen)
	}
	p.say("Không thể thấy: ai đọc ngoài cổng, như từ một bản sao của hồ dữ liệu.", "It cannot show who read outside of the door, as from a copy of the lake.")
}
