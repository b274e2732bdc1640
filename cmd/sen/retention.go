package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
)

func (p *program) retentionCommand() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "retention [DATASET…]",
		Short: p.lang.Pick("Bỏ bản cũ đã quá hạn lưu và tệp không còn ai dùng", "Remove what is past its time, and files that nobody needs"),
		Long: `Ends the life of what the hub keeps beside the present: the data as they were,
once they were replaced longer ago than lake.keep in sen.yaml (or the
contract's retention, where that is shorter), and files that runs left behind.
What the last certificate or an unfinished run needs stays: sen verify and
sen query --as-of within that time answer as before.

Records of the present are never removed. The register keeps them, for as long
as its contract says; where it still has records past that time, they are
counted here and leave the hub once they leave the source.`,
		Example: "  sen retention --dry-run\n  sen retention civil-status",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.retention(cmd.Context(), names, dryRun)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be removed, and remove nothing")
	return c
}

type retentionAnswer struct {
	DryRun   bool            `json:"dry_run"`
	Datasets []retentionLine `json:"datasets"`
	lake.Freed
}

type retentionLine struct {
	flow.Retained
	Keep  string `json:"kept_for"`
	Fault string `json:"error,omitempty"`
}

func (p *program) retention(ctx context.Context, names []string, dryRun bool) error {
	return p.withHub(ctx, names, func(h *hub, datasets []contract.Dataset) error {
		all := h.flow.Retain(ctx, datasets, h.config.Keep, dryRun)
		if len(names) == 0 {
			entities, err := h.flow.RetainEntities(ctx, h.config.Keep, dryRun)
			if err != nil {
				return err
			}
			all = append(all, entities...)
		}
		return p.tellRetention(all, dryRun)
	})
}

// tellRetention says what went, and what could not.
func (p *program) tellRetention(all []flow.Retained, dryRun bool) error {
	a := retentionAnswer{DryRun: dryRun, Datasets: []retentionLine{}}
	var faults []error
	for _, r := range all {
		line := retentionLine{Retained: r, Keep: showPeriod(r.Kept)}
		for _, t := range r.Tables {
			a.Snapshots, a.Files, a.Bytes = a.Snapshots+t.Snapshots, a.Files+t.Files, a.Bytes+t.Bytes
		}
		if r.Err != nil {
			line.Fault = r.Err.Error()
			faults = append(faults, r.Err)
		}
		a.Datasets = append(a.Datasets, line)
	}
	if err := p.answer(a, func() { p.showRetention(a) }); err != nil {
		return err
	}
	for _, fault := range faults {
		p.report(sen.KindOf(fault), fault)
	}
	if len(faults) > 0 {
		return reported{errors.Join(faults...)}
	}
	return nil
}

var kindWords = map[lake.Kind]struct{ vi, en string }{
	lake.Landed:     {"bản nhận", "landed"},
	lake.Clean:      {"bản sạch", "clean"},
	lake.Quarantine: {"cách ly", "quarantine"},
}

func (p *program) showRetention(a retentionAnswer) {
	t := terminal.Table{Align: "lllrrrr", Left: 2, Head: []string{"", p.lang.Pick("bảng", "table"), p.lang.Pick("giữ từ", "kept since"),
		p.lang.Pick("bản cũ bỏ", "snapshots out"), p.lang.Pick("còn", "left"), p.lang.Pick("tệp bỏ", "files out"), p.lang.Pick("dung lượng", "size")}}
	var past []retentionLine
	for _, l := range a.Datasets {
		if l.Past > 0 {
			past = append(past, l)
		}
		name, since := string(l.Dataset), p.lang.Time(l.Since.Local().Truncate(time.Minute))
		for _, one := range l.Tables {
			t.Add(terminal.C(name), terminal.C(p.lang.Pick(kindWords[one.Kind].vi, kindWords[one.Kind].en)), terminal.Cell{Text: since, Style: terminal.Quiet},
				p.count(int64(one.Snapshots)), p.count(int64(one.Left)), p.count(int64(one.Files)), terminal.C(p.lang.Bytes(one.Bytes)))
			name, since = "", ""
		}
	}
	if len(t.Rows) == 0 {
		p.say("Chưa có gì trong kho.", "Nothing is in the lake yet.")
		return
	}
	t.Write(p.screen)
	if a.DryRun {
		p.say("\n  sẽ giải phóng %s (%d tệp). Chưa có gì thay đổi.", "\n  would free %s (%d files). Nothing was changed.", p.lang.Bytes(a.Bytes), a.Files)
	} else {
		p.say("\n  đã giải phóng %s (%d tệp)", "\n  freed %s (%d files)", p.lang.Bytes(a.Bytes), a.Files)
	}
	for _, l := range past {
		fmt.Fprintf(p.screen, "  "+p.lang.Pick("%s: nguồn còn %s bản ghi đã quá hạn lưu của hợp đồng\n", "%s: the source still has %s records past the contract's retention\n"),
			l.Dataset, p.lang.Count(l.Past))
	}
	if a.DryRun && a.Files > 0 {
		p.next("sen retention", p.lang.Pick("bỏ chúng", "remove them"))
	}
}
