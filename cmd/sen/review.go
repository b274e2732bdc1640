package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
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

// openPair is a pair that is for a person to decide.
type openPair struct {
	A           string  `json:"a"` // the record: dataset:key, or dataset/part:key
	B           string  `json:"b"`
	Probability float64 `json:"probability"` // by the last linkage
	Bits        float64 `json:"bits"`
	Value       float64 `json:"value"` // what an answer is worth, in bits

	Explanation explanation `json:"explanation"` // what is known on both sides, field by field

	sides [2]state.DecisionSide
}

// openPairs are the pairs of an entity that nobody has decided or proposed to
// decide, the most valuable first.
func (h *hub) openPairs(ctx context.Context, entity string) ([]openPair, error) {
	pairs, err := h.entityRelation(ctx, lake.Review, flow.EntityDataset(entity))
	if err != nil {
		return nil, err
	}
	all, err := h.state.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	decided := map[[2]string]bool{}
	for _, d := range decision.Of(all, entity) {
		if d.State != decision.Withdrawn {
			a, b := recordName(d.A), recordName(d.B)
			decided[[2]string{a, b}], decided[[2]string{b, a}] = true, true
		}
	}
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows, err := c.Query(ctx, `SELECT dataset_a, record_a, coalesce(entity_a, 0), dataset_b, record_b, coalesce(entity_b, 0), probability, bits, value
FROM `+pairs+` ORDER BY value DESC, dataset_a, record_a, dataset_b, record_b`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []openPair{}
	for rows.Next() {
		var o openPair
		a, b := &o.sides[0], &o.sides[1]
		if err := rows.Scan(&a.Dataset, &a.Record, &a.Thing, &b.Dataset, &b.Record, &b.Thing, &o.Probability, &o.Bits, &o.Value); err != nil {
			return nil, err
		}
		if o.A, o.B = recordName(*a), recordName(*b); !decided[[2]string{o.A, o.B}] {
			out = append(out, o)
		}
	}
	return out, rows.Err()
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
	pairs, prior, more, err := p.readPairs(ctx, h, entities[0], f)
	if err != nil {
		return err
	}
	if p.flags.json || !p.screen.Live || !terminal.Answers(p.in) {
		return p.answer(pairs, func() { p.listPairs(entity, pairs, prior, more) })
	}
	return p.askPairs(ctx, h, entities[0], pairs, prior, f)
}

// readPairs reads what is known of the most valuable pairs, through the door;
// more is how many wait behind them. When it has returned, they may be shown.
func (p *program) readPairs(ctx context.Context, h *hub, e *link.Entity, f reviewFlags) (pairs []openPair, prior float64, more int, err error) {
	request := p.request(h.config, f.why, "review")
	request.Dataset = []sen.Dataset{flow.EntityDataset(e.Entity)}
	for _, name := range e.Records.Names() {
		dataset, _, _ := strings.Cut(name, "/")
		request.Dataset = append(request.Dataset, sen.Dataset(dataset))
	}
	reading, err := h.door.Open(ctx, request)
	if err != nil {
		return nil, 0, 0, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	if pairs, err = h.openPairs(ctx, e.Entity); err != nil {
		return nil, 0, 0, err
	}
	more = max(0, len(pairs)-f.limit)
	pairs = pairs[:len(pairs)-more]
	report, err := h.lastReport(ctx, e.Entity)
	if err != nil {
		return nil, 0, 0, err
	}
	for i := range pairs {
		both := make([]goldenRecord, 2)
		for n, side := range pairs[i].sides {
			var seen access.Subject
			if both[n], seen, err = h.sideOf(ctx, e, side); err != nil {
				return nil, 0, 0, err
			}
			if err := reading.Saw(seen); err != nil {
				return nil, 0, 0, err
			}
		}
		pairs[i].Explanation = explained(e, report, both)
	}
	return pairs, report.Prior, more, reading.Seal()
}

// sideOf reads what is known on one side of a pair: the golden record of its
// thing, or what the record itself says.
func (h *hub) sideOf(ctx context.Context, e *link.Entity, side state.DecisionSide) (g goldenRecord, seen access.Subject, err error) {
	if side.Thing != 0 {
		g, err = h.goldenFields(ctx, e, strconv.FormatInt(side.Thing, 10))
		return g, subjectOf(e.Entity, g.ID), err
	}
	dataset, _, _ := strings.Cut(side.Dataset, "/")
	seen = access.Subject{Dataset: sen.Dataset(dataset), Key: access.RecordKey(side.Record)}
	t, err := h.lake.Lookup(ctx, lake.Clean, sen.Dataset(dataset))
	if err != nil {
		return g, seen, err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return g, seen, err
	}
	record, _ := e.Records.Get(side.Dataset)
	var columns []string
	var into []any
	for _, field := range e.Fields.Names() {
		if column, given := record.Fields[field]; given {
			columns = append(columns, "CAST("+engine.Ident(column)+" AS VARCHAR)")
			g.Fields = append(g.Fields, goldenField{Name: field, Source: side.Dataset})
			into = append(into, &sql.NullString{})
		}
	}
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return g, seen, err
	}
	defer c.Close()
	query := fmt.Sprintf("SELECT _position, %s FROM (%s) WHERE _key = %d LIMIT 1", strings.Join(columns, ", "), scan.SQL(), side.Record)
	if err := c.Row(ctx, query, append([]any{&seen.Version}, into...)...); err != nil {
		return g, seen, err
	}
	for i := range g.Fields {
		g.Fields[i].Value = into[i].(*sql.NullString).String
	}
	return g, seen, nil
}

func (p *program) listPairs(entity string, pairs []openPair, prior float64, more int) {
	if len(pairs) == 0 {
		p.say("Không còn cặp nào chờ quyết định.", "No pair waits for a decision.")
		return
	}
	for i, pair := range pairs {
		p.showPair(i+1, pair, prior)
	}
	if more > 0 {
		p.say("\n… và %s cặp nữa.", "\n… and %s pairs more.", p.lang.Count(int64(more)))
	}
	p.next("sen review "+entity+" --same A,B", p.lang.Pick("là một", "they are one"), "sen review "+entity+" --different A,B", p.lang.Pick("không phải một", "they are two"))
}

func (p *program) showPair(n int, pair openPair, prior float64) {
	fmt.Fprintf(p.screen, "\n%s A %s  B %s\n", p.screen.Paint(terminal.Strong, fmt.Sprint(n)), pair.A, pair.B)
	p.say("  lần liên kết trước: xác suất %s; câu trả lời đáng %s bit", "  by the last linkage: probability %s; an answer is worth %s bits", p.lang.Decimal(pair.Probability, 3), p.lang.Decimal(pair.Value, 1))
	p.showExplanation(pair.Explanation, prior)
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
func (p *program) askPairs(ctx context.Context, h *hub, e *link.Entity, pairs []openPair, prior float64, f reviewFlags) error {
	lines := bufio.NewScanner(p.in)
	stands := false
	for i, pair := range pairs {
		p.showPair(i+1, pair, prior)
		verdict, goOn := p.ask(lines)
		if !goOn {
			break
		}
		if verdict == "" {
			continue
		}
		made, err := h.decisions().Propose(ctx, p.now(), p.principal(), decision.Proposal{Entity: e.Entity, Verdict: verdict, A: pair.sides[0], B: pair.sides[1], Reason: f.reasonOr()})
		if err != nil {
			return err
		}
		p.say("%s: %s", "%s: %s", decision.Name(made.Number), p.event(made.State))
		stands = stands || made.State == decision.Confirmed
	}
	if !stands || f.later {
		return lines.Err()
	}
	linked, err := h.link(ctx, []*link.Entity{e})
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
	pairs, err := h.openPairs(ctx, entity)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(pairs, func(o openPair) bool { return o.A+","+o.B == named || o.B+","+o.A == named })
	if at < 0 {
		return sen.Errorf(sen.NotFound, "this pair does not wait for a decision").WithHint("`sen review %s` lists those that do; name one as RECORD,RECORD", entity)
	}
	return p.decide(ctx, h, decision.Proposal{Entity: entity, Verdict: verdict, A: pairs[at].sides[0], B: pairs[at].sides[1], Reason: f.reasonOr()}, decidingFlags{later: f.later})
}
