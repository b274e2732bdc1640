package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status [DATASET…]",
		Short: p.lang.Pick("Mỗi bộ dữ liệu đang ở đâu", "Where each dataset stands"),
		Long: `Lists the hub's datasets: how far each has come, how many rows it has, how old
that is, its certificate, and what stands in its way. A source is ready when
its contract is sound, connected when it was reached and is not certified yet,
synchronised when a certificate speaks of it. It reads the declarations and the
state, and no data; no server is asked (sen source test does that).`,
		Example: "  sen status\n  sen status civil-status --json",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.status(cmd.Context(), names)
		},
		ValidArgsFunction: p.completeDatasets,
	}
}

func (p *program) status(ctx context.Context, names []string) error {
	return p.withState(ctx, names, func(d *declarations, datasets []contract.Dataset, s *state.State) error {
		a, err := d.desk(s, p.now).Systems(ctx, datasets)
		if err != nil {
			return err
		}
		p.tellProblems(d)
		return p.answer(a, func() { p.showStatus(a) })
	})
}

// desk answers from the declarations and the state alone.
func (d *declarations) desk(s *state.State, now func() time.Time) *desk.Desk {
	return desk.New(d.deskOptions(s, now))
}

func (d *declarations) deskOptions(s *state.State, now func() time.Time) desk.Options {
	indicators, _ := d.indicators() // those that can be read; `sen indicator check` tells of the others
	return desk.Options{Dir: d.dir, Indicators: indicators, Country: d.config.Country, Contracts: d.contracts, Problems: d.problems, Elements: d.elements, State: s, Now: now,
		Deadlines: correction.Deadlines{Error: d.config.DaysError, Else: d.config.DaysElse}}
}

func (p *program) showStatus(a desk.Systems) {
	if len(a.Datasets) == 0 {
		p.say("%s: chưa có bộ dữ liệu nào.", "%s: no datasets yet.", a.Country)
		p.next("sen contract infer FILE", p.lang.Pick("soạn hợp đồng dữ liệu từ tệp", "draft a contract from a file"))
		return
	}
	t := terminal.Table{Align: "lllrrrll", Left: 2, Head: []string{"", p.lang.Pick("nguồn", "source"), p.lang.Pick("tình trạng", "state"),
		p.lang.Pick("vào", "in"), p.lang.Pick("cách ly", "quarantined"), p.lang.Pick("tuổi", "age"),
		p.lang.Pick("chứng thực", "certificate"), p.lang.Pick("vướng", "blocked by")}}
	waiting := ""
	for _, l := range a.Datasets {
		if l.State != string(state.Certified) && waiting == "" {
			waiting = string(l.Dataset)
		}
		t.Add(p.statusRow(l)...)
	}
	t.Write(p.screen)
	p.say("\n  %d cơ quan: %d đã đồng bộ, %d đã kết nối, %d sẵn sàng", "\n  %d agencies: %d synchronised, %d connected, %d ready",
		a.Sources[desk.Synchronised]+a.Sources[desk.Connected]+a.Sources[desk.Ready], a.Sources[desk.Synchronised], a.Sources[desk.Connected], a.Sources[desk.Ready])
	if waiting != "" {
		p.next("sen sync "+waiting, p.lang.Pick("đưa vào, hoặc làm tiếp", "bring it in, or go on with it"))
	}
}

func (p *program) statusRow(l desk.System) []terminal.Cell {
	in, held, age, proof := terminal.C("–"), terminal.C("–"), terminal.C("–"), terminal.C("–")
	if l.Certified != nil {
		in, held = p.count(l.In), p.held(l.Held)
		age = terminal.C(p.lang.Duration(time.Duration(l.Age) * time.Second))
		proof = terminal.Cell{Text: "✓ " + l.Proof + "  " + p.lang.Time(l.Certified.Local()), Style: terminal.Good}
	}
	return []terminal.Cell{terminal.C(l.Dataset), {Text: l.Source, Style: terminal.Quiet}, p.stateCell(l), in, held, age, proof,
		{Text: terminal.Clean(desk.BlockMeaning(p.lang, l.Blocks)), Style: terminal.Bad}}
}

// stateCell is the stage, and where its last run stands when that is no
// certificate.
func (p *program) stateCell(l desk.System) terminal.Cell {
	words := map[string]struct{ vi, en string }{
		string(state.Extracting): {"dở dang khi đọc", "stopped while reading"},
		string(state.Committing): {"dở dang khi ghi", "stopped while committing"},
		string(state.Failed):     {"không xong", "failed"},
		string(state.Superseded): {"đã thay", "superseded"},
	}
	stage := stageWords[l.Stage]
	cell := terminal.Cell{Text: p.lang.Pick(stage.vi, stage.en), Style: stage.style}
	if w, unfinished := words[l.State]; unfinished {
		cell.Text, cell.Style = cell.Text+", "+p.lang.Pick(w.vi, w.en), terminal.Warn
	}
	return cell
}
