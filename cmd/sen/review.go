package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

// reviewFlags are what `sen review` is told.
type reviewFlags struct {
	why             reason
	reason          string
	limit           int
	later           bool
	same, different string // a pair that is answered at once
}

func (p *program) reviewCommand() *cobra.Command {
	var f reviewFlags
	c := &cobra.Command{
		Use:   "review ENTITY",
		Short: p.lang.Pick("Các cặp chưa chắc là một, cặp đáng quyết định nhất trước", "Pairs that may be one thing, the most valuable to decide first"),
		Long: `Shows pairs of records whose probability lies in the zone that the entity's file calls
review, side by side, with what each field weighs in bits. First come those whose
answer is worth most: the pair's entropy times the pairs of records that hang on it.
On a terminal each is asked for: the same, different, or skip; elsewhere they are
listed. --same and --different answer one pair, named as the list names it. Answers
are decisions like those of ` + "`sen merge`" + `. What the records say is people's data: it is
shown when the journal has the entry.`,
		Example: "  sen review person --purpose \"linkage quality\"\n" +
			"  sen review person --same residence.registration:81,population.person:7 --reason \"same address\" --purpose \"linkage quality\"",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.same != "" || f.different != "" {
				return p.answerPair(cmd.Context(), args[0], f)
			}
			return p.review(cmd.Context(), args[0], f)
		},
		ValidArgsFunction: p.completeEntities,
	}
	f.why.flags(c)
	c.Flags().StringVar(&f.reason, "reason", "", "why the answers are so, without people's data: it is kept in the history (default: compared side by side)")
	c.Flags().IntVar(&f.limit, "limit", 10, "how many pairs")
	c.Flags().StringVar(&f.same, "same", "", "decide that two records, RECORD,RECORD, speak of one thing")
	c.Flags().StringVar(&f.different, "different", "", "decide that two records, RECORD,RECORD, speak of two things")
	linkLater(c, &f.later)
	return c
}

func (p *program) review(ctx context.Context, entity string, f reviewFlags) error {
	if f.limit < 1 {
		return sen.Errorf(sen.Invalid, "--limit %d is no number of pairs", f.limit)
	}
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	entities, err := h.readEntities([]string{entity})
	if err != nil {
		return err
	}
	pairs, more, err := h.desk(p).Pairs(ctx, desk.PairRequest{Request: p.request(h.config, f.why, "review"), Entity: entity, Limit: f.limit})
	if err != nil {
		return err
	}
	if p.flags.json || !p.screen.Live || !terminal.Answers(p.in) {
		return p.answer(pairs, func() { p.listPairs(entity, pairs, more) })
	}
	return p.askPairs(ctx, h, entities[0], pairs, f)
}

func (p *program) listPairs(entity string, pairs []desk.OpenPair, more int) {
	if len(pairs) == 0 {
		p.say("Không còn cặp nào chờ quyết định.", "No pair waits for a decision.")
		return
	}
	for i, pair := range pairs {
		p.showPair(i+1, pair)
	}
	if more > 0 {
		p.say("\n… và %s cặp nữa.", "\n… and %s pairs more.", p.lang.Count(int64(more)))
	}
	p.next("sen review "+entity+" --same A,B", p.lang.Pick("là một", "they are one"), "sen review "+entity+" --different A,B", p.lang.Pick("không phải một", "they are two"))
}

func (p *program) showPair(n int, pair desk.OpenPair) {
	fmt.Fprintf(p.screen, "\n%s A %s  B %s\n", p.screen.Paint(terminal.Strong, fmt.Sprint(n)), pair.A, pair.B)
	p.say("  lần liên kết trước: xác suất %s; câu trả lời đáng %s bit", "  by the last linkage: probability %s; an answer is worth %s bits", p.lang.Decimal(pair.Probability, 3), p.lang.Decimal(pair.Value, 1))
	p.showExplanation(pair.Explanation)
	if pair.Probability < pair.Explanation.Probability-0.1 {
		p.say("  lần liên kết trước thấp hơn: bản ghi còn hợp với đối tượng khác, mà chỉ có thể là một", "  the last linkage says less: the record fits another too, and can be one of them alone")
	}
}

// reasonOr is the reason that was given for answers.
func (f reviewFlags) reasonOr() string {
	if f.reason == "" {
		return "compared side by side"
	}
	return f.reason
}

// askPairs asks for each pair, and lets what was answered take effect.
func (p *program) askPairs(ctx context.Context, h *hub, e *link.Entity, pairs []desk.OpenPair, f reviewFlags) error {
	lines := bufio.NewScanner(p.in)
	stands := false
	for i, pair := range pairs {
		p.showPair(i+1, pair)
		verdict, goOn := p.ask(lines)
		if !goOn {
			break
		}
		if verdict == "" {
			continue
		}
		made, err := h.decisions().Propose(ctx, p.now(), p.principal(), decision.Proposal{Entity: e.Entity, Verdict: verdict, A: pair.Sides[0], B: pair.Sides[1], Reason: f.reasonOr()})
		if err != nil {
			return err
		}
		p.say("%s: %s", "%s: %s", decision.Name(made.Number), p.event(made.State))
		stands = stands || made.State == decision.Confirmed
	}
	if !stands || f.later {
		return lines.Err()
	}
	linked, err := p.linkOpen(ctx, h, []*link.Entity{e})
	if err != nil {
		return err
	}
	p.showLinked(linked, []*link.Entity{e})
	return lines.Err()
}

// ask asks until it is answered: a verdict, or none to skip the pair. goOn is
// false where nothing more is to be asked.
func (p *program) ask(lines *bufio.Scanner) (verdict string, goOn bool) {
	for {
		fmt.Fprint(p.screen, p.lang.Pick("là một (m), khác (k), bỏ qua (b), thôi (t)? ", "same (s), different (d), skip (k), quit (q)? "))
		if !lines.Scan() {
			return "", false
		}
		answers := map[string]string{p.lang.Pick("m", "s"): decision.Same, p.lang.Pick("k", "d"): decision.Different, p.lang.Pick("b", "k"): ""}
		line := strings.ToLower(strings.TrimSpace(lines.Text()))
		if line == p.lang.Pick("t", "q") {
			return "", false
		}
		if verdict, known := answers[line]; known {
			return verdict, true
		}
	}
}

// answerPair decides one pair that the list names.
func (p *program) answerPair(ctx context.Context, entity string, f reviewFlags) error {
	if f.same != "" && f.different != "" {
		return sen.Errorf(sen.Invalid, "--same and --different are two answers").WithHint("answer one pair at a time")
	}
	verdict, named := decision.Same, f.same
	if f.different != "" {
		verdict, named = decision.Different, f.different
	}
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.readEntities([]string{entity}); err != nil {
		return err
	}
	pairs, err := h.desk(p).OpenPairs(ctx, entity)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(pairs, func(o desk.OpenPair) bool { return o.A+","+o.B == named || o.B+","+o.A == named })
	if at < 0 {
		return sen.Errorf(sen.NotFound, "this pair does not wait for a decision").WithHint("`sen review %s` lists those that do; name one as RECORD,RECORD", entity)
	}
	return p.decide(ctx, h, decision.Proposal{Entity: entity, Verdict: verdict, A: pairs[at].Sides[0], B: pairs[at].Sides[1], Reason: f.reasonOr()}, decidingFlags{later: f.later})
}
