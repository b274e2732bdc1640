package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

func (p *program) getCommand() *cobra.Command {
	var why reason
	c := &cobra.Command{
		Use:   "get ENTITY KEY",
		Short: p.lang.Pick("Xem bản ghi vàng của một người, một tổ chức, một vật", "See the golden record of one person, organisation or thing"),
		Long: `Shows the golden record that has a key: an identity number, an old number, a plate, a
tax code, or the record's own identifier. Each field stands with the dataset that
gave it, the day of which it speaks, and what other datasets say instead; then what
others are to it (parents, spouses, owners), each with the dataset that says so and
its days; then the records that speak of it, and how each was linked. To name
somebody is a read of that person too. Nothing is shown before the journal has the
entries.`,
		Example: "  sen get person 001090012345 --purpose \"case 12\"\n  sen get vehicle 30A-123.45 --purpose \"case 12\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.get(cmd.Context(), args[0], args[1], why)
		},
		ValidArgsFunction: p.completeEntities,
	}
	why.flags(c)
	return c
}

func (p *program) get(ctx context.Context, entity, key string, why reason) error {
	asked := desk.GoldenRequest{Request: access.Request{Command: "get"}, Entity: entity, Keys: []string{key}, Relations: true}
	return p.withGolden(ctx, asked, why, func(_ *hub, _ *link.Entity, found []desk.Golden) error {
		return p.answer(found[0], func() { p.showGolden(found[0]) })
	})
}

// withGolden reads the golden records that keys mean, through the door, and
// has them shown when the journal has the entries.
func (p *program) withGolden(ctx context.Context, asked desk.GoldenRequest, why reason, show func(*hub, *link.Entity, []desk.Golden) error) error {
	return p.readGolden(ctx, asked, why, func(h *hub, e *link.Entity, found []desk.Golden, _ string) error {
		return show(h, e, found)
	})
}

// readGolden is withGolden for a command that looks for its own entries: show is
// told the request's name in the journal.
func (p *program) readGolden(ctx context.Context, asked desk.GoldenRequest, why reason, show func(h *hub, e *link.Entity, found []desk.Golden, request string) error) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	answers := h.desk(p)
	e, err := answers.Entity(asked.Entity)
	if err != nil {
		return err
	}
	command := asked.Command
	asked.Request = p.request(h.config, why, command)
	found, request, err := answers.Golden(ctx, asked)
	if err != nil {
		return err
	}
	return show(h, e, found, request)
}

func (p *program) showGolden(g desk.Golden) {
	fmt.Fprintf(p.screen, "%s %s\n", p.screen.Paint(terminal.Strong, g.Entity), p.screen.Paint(terminal.Quiet, fmt.Sprint(g.ID)))
	t := terminal.Table{Align: "llll", Left: 2, Head: []string{p.lang.Pick("trường", "field"), p.lang.Pick("giá trị", "value"), p.lang.Pick("nguồn", "source"), p.lang.Pick("tính đến", "as of")}}
	for _, f := range g.Fields {
		t.Add(terminal.C(f.Name), valueCell(f.Value), terminal.Cell{Text: f.Source, Style: terminal.Quiet}, terminal.Cell{Text: f.AsOf, Style: terminal.Quiet})
		for _, other := range f.Rejected {
			value, source, _ := strings.Cut(other, " · ")
			t.Add(terminal.C(""), terminal.Cell{Text: "≠ " + terminal.Clean(value), Style: terminal.Warn}, terminal.Cell{Text: source, Style: terminal.Quiet}, terminal.C(""))
		}
		if d := f.Disputed; d != nil {
			t.Add(terminal.C(""), terminal.Cell{Text: "! " + p.lang.Pick("có lẽ sai; đúng là ", "most likely wrong; right is ") + terminal.Clean(d.Against), Style: terminal.Bad},
				terminal.Cell{Text: d.Evidence, Style: terminal.Quiet}, terminal.C(""))
		}
	}
	t.Write(p.screen)
	fmt.Fprintln(p.screen)
	p.showGoldenRelations(g.Relations)
	r := terminal.Table{Align: "lrl", Left: 2, Head: []string{p.lang.Pick("bản ghi của", "records of"), "", p.lang.Pick("nối theo", "linked by")}}
	for _, part := range g.Records {
		how := p.how(part.How)
		if part.How == "probable" {
			how += fmt.Sprintf(" ≥ %.3f", part.Probability)
		}
		r.Add(terminal.C(part.Dataset), p.count(part.Records), terminal.C(how))
	}
	r.Write(p.screen)
}

func (p *program) how(how string) string {
	switch how {
	case "key":
		return p.lang.Pick("khóa", "key")
	case "other-key":
		return p.lang.Pick("khóa khác", "another key")
	case "probable":
		return p.lang.Pick("xác suất", "probability")
	case "decision":
		return p.lang.Pick("người quyết định", "a person's decision")
	}
	return p.lang.Pick("một mình", "alone")
}

func (p *program) showGoldenRelations(all []desk.Relation) {
	if len(all) == 0 {
		return
	}
	t := terminal.Table{Align: "lllllr", Left: 2, Head: []string{p.lang.Pick("quan hệ", "relation"), p.lang.Pick("với", "with"), "",
		p.lang.Pick("nguồn", "source"), p.lang.Pick("từ", "since"), p.lang.Pick("đến", "until")}}
	for _, r := range all {
		name, id := valueCell(r.Name), fmt.Sprint(r.ID)
		if r.ID == 0 {
			name, id = terminal.Cell{Text: p.lang.Pick("chưa nối", "not linked"), Style: terminal.Warn}, ""
		}
		source := r.Source
		if r.Probability > 0 && r.Probability < 1 {
			source += fmt.Sprintf(" ≥ %.3f", r.Probability)
		}
		t.Add(terminal.C(cmp.Or(p.lang.Pick(r.Title.VI, r.Title.EN), r.Relationship)), name, terminal.Cell{Text: id, Style: terminal.Quiet},
			terminal.Cell{Text: source, Style: terminal.Quiet}, terminal.Cell{Text: r.Since, Style: terminal.Quiet}, terminal.Cell{Text: r.Until, Style: terminal.Quiet})
	}
	t.Write(p.screen)
	fmt.Fprintln(p.screen)
}
