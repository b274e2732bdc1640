package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/source/live"
)

func (p *program) verifyCommand() *cobra.Command {
	inSource := false
	c := &cobra.Command{
		Use:   "verify [DATASET…]",
		Short: p.lang.Pick("Đọc lại nguồn và kho, so với chứng thực", "Read source and store again, and hold both against the certificate"),
		Long: `Reads every source and everything that was stored again, and compares both with
the signed certificate of the last sync. One changed byte on either side is
found; the range, the row and the column are named, never the value. The exit
code is 8 when anything differs.

With --in-source, the server of a live database adds up an md5 sum for each range
by its own SQL instead, so that what is compared never passed through the hub's
reader; where the source has moved on, it says how many rows are new, changed
and gone since.`,
		Example: "  sen verify\n  sen verify civil-status --in-source",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.verify(cmd.Context(), names, inSource)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	c.Flags().BoolVar(&inSource, "in-source", false, "have the source's own server add up what is compared")
	return c
}

// verifyLine is what a second look at one dataset found.
type verifyLine struct {
	flow.Verification
	Agree bool   `json:"agree"`
	Fault string `json:"error,omitempty"`

	err error
}

func (p *program) verify(ctx context.Context, names []string, inSource bool) error {
	return p.withHub(ctx, names, func(h *hub, datasets []contract.Dataset) error {
		lines, err := h.verifyAll(ctx, datasets, len(names) > 0, inSource)
		if err != nil {
			return err
		}
		if err := p.answer(lines, func() { p.showVerify(lines) }); err != nil {
			return err
		}
		return p.verdict(lines)
	})
}

// verifyAll verifies dataset after dataset; one that was never synced is
// passed over unless it was named.
func (h *hub) verifyAll(ctx context.Context, datasets []contract.Dataset, named, inSource bool) ([]verifyLine, error) {
	found := make([]*verifyLine, len(datasets))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, d := range datasets {
		group.Go(func() error {
			found[i] = h.verifyOne(ctx, d, named, inSource)
			return nil
		})
	}
	_ = group.Wait() // each line has its own error
	if ctx.Err() != nil {
		return nil, sen.Errorf(sen.Canceled, "stopped: %w", ctx.Err()).WithHint("nothing was changed; run `sen verify` again")
	}
	lines := []verifyLine{}
	for _, line := range found {
		if line != nil {
			lines = append(lines, *line)
		}
	}
	return lines, nil
}

// verifyOne verifies a dataset; nil for one that is passed over.
func (h *hub) verifyOne(ctx context.Context, d contract.Dataset, named, inSource bool) *verifyLine {
	look := h.flow.Verify
	if inSource {
		look = h.flow.VerifyInSource
	}
	if inSource && !named && !live.Reads(d.Server) {
		return nil
	}
	v, err := look(ctx, d)
	if sen.KindOf(err) == sen.NotFound && err != nil && !named {
		return nil
	}
	v.Dataset = d.Name
	line := &verifyLine{Verification: v, Agree: err == nil && v.OK(), err: err}
	if err != nil {
		line.Fault = err.Error()
	}
	return line
}

func (p *program) showVerify(lines []verifyLine) {
	if len(lines) == 0 {
		p.say("Chưa có gì để so: chưa bộ dữ liệu nào được đồng bộ.", "Nothing to compare: no dataset has been synced yet.")
		p.next("sen sync", p.lang.Pick("đưa dữ liệu vào", "bring the data in"))
		return
	}
	for _, l := range lines {
		switch {
		case l.err != nil:
			p.say("%s %s: %s", "%s %s: %s", p.screen.Paint(terminal.Bad, "✗"), l.Dataset, l.Fault)
		case l.Agree:
			p.say("%s %s: nguồn và kho khớp nhau: %d trên %d đoạn, %s dòng, ký lúc %s", "%s %s: source and store agree: %d of %d ranges, %s rows, signed %s",
				p.screen.Paint(terminal.Good, "✓"), l.Dataset, l.Ranges, l.Of, p.lang.Count(l.Rows), p.lang.Time(l.Certificate.Finished.Local()))
		default:
			p.showDifferences(l)
		}
		if s := l.Since; s != nil {
			p.say("    từ đó nguồn có %s dòng mới, %s dòng đổi, %s dòng mất", "    since then the source has %s new rows, %s changed, %s gone",
				p.lang.Count(s.New), p.lang.Count(s.Changed), p.lang.Count(s.Gone))
		}
		for _, note := range l.Notes {
			p.say("    %s", "    %s", note)
		}
	}
}

func (p *program) showDifferences(l verifyLine) {
	p.say("%s %s: khác nhau (%d trên %d đoạn khớp)", "%s %s: differs (%d of %d ranges agree)",
		p.screen.Paint(terminal.Bad, "✗"), l.Dataset, l.Ranges, l.Of)
	t := terminal.Table{Align: "lll", Left: 4}
	for _, d := range l.Differences {
		where := fmt.Sprintf(p.lang.Pick("đoạn %d", "range %d"), d.Range)
		if d.Row >= 0 {
			where += fmt.Sprintf(p.lang.Pick(", dòng %d", ", row %d"), d.Row)
		}
		if d.Line > 0 {
			where += fmt.Sprintf(p.lang.Pick(" (hàng %d của tệp)", " (line %d of the file)"), d.Line)
		}
		what := d.What
		if len(d.Column) > 0 {
			what += ": " + strings.Join(d.Column, ", ")
		}
		t.Add(terminal.C(p.lang.Pick(sides[d.Side].vi, sides[d.Side].en)), terminal.C(where), terminal.C(terminal.Clean(what)))
	}
	t.Write(p.screen)
}

var sides = map[string]struct{ vi, en string }{
	flow.SideSource:     {"nguồn", "source"},
	flow.SideLanded:     {"bản nhận", "landed"},
	flow.SideClean:      {"bản sạch", "clean"},
	flow.SideQuarantine: {"cách ly", "quarantine"},
}

// verdict is the exit code: what differs is corrupt, what could not be read
// keeps its kind.
func (p *program) verdict(lines []verifyLine) error {
	for _, l := range lines {
		if l.err == nil && !l.Agree {
			if !p.flags.json {
				p.next("sen sync --force "+string(l.Dataset), p.lang.Pick("đọc nguồn lại và chứng thực những gì có bây giờ", "read the source again and certify what is there now"))
			}
			return reported{sen.Errorf(sen.Corrupt, "source and store differ")}
		}
	}
	for _, l := range lines {
		if l.err != nil {
			if hint := sen.HintOf(l.err); hint != "" && !p.flags.json {
				p.next(hint, "")
			}
			return reported{l.err}
		}
	}
	return nil
}
