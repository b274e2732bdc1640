package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status [DATASET…]",
		Short: p.lang.Pick("Mỗi bộ dữ liệu đang ở đâu", "Where each dataset stands"),
		Long: `Lists the hub's datasets with their source, their last run and when it ended.
It reads the declarations and the state, and no data.`,
		Example: "  sen status\n  sen status civil-status --json",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.status(cmd.Context(), names)
		},
		ValidArgsFunction: p.completeDatasets,
	}
}

type statusAnswer struct {
	Hub      string       `json:"hub"`
	Country  string       `json:"country"`
	Datasets []statusLine `json:"datasets"`
	Problems int          `json:"contract_errors"`
}

type statusLine struct {
	Dataset   sen.Dataset `json:"dataset"`
	Source    string      `json:"source"`
	State     string      `json:"state"` // never, extracting, committing, certified, failed
	Run       string      `json:"run,omitempty"`
	Certified *time.Time  `json:"certified,omitempty"` // when the last certificate was signed
	Held      int64       `json:"quarantined"`
	Error     string      `json:"error,omitempty"`
}

func (p *program) status(ctx context.Context, names []string) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	datasets, err := d.choose(names)
	if err != nil {
		return err
	}
	s, there, err := d.state(ctx)
	if err != nil {
		return err
	}
	if there {
		defer s.Close()
	}
	a := statusAnswer{Hub: d.dir, Country: d.config.Country, Problems: len(d.problems.Errors())}
	for _, one := range datasets {
		line, err := statusOf(ctx, s, one)
		if err != nil {
			return err
		}
		a.Datasets = append(a.Datasets, line)
	}
	p.tellProblems(d)
	return p.answer(a, func() { p.showStatus(a) })
}

// statusOf is one dataset's line; s is nil where the hub has no state yet.
func statusOf(ctx context.Context, s *state.State, d contract.Dataset) (statusLine, error) {
	line := statusLine{Dataset: d.Name, Source: d.Path(), State: "never"}
	if s == nil {
		return line, nil
	}
	runs, err := s.Runs(ctx, d.Name, 1)
	if err != nil || len(runs) == 0 {
		return line, err
	}
	line.State, line.Run, line.Error = string(runs[0].State), runs[0].ID, runs[0].Error
	last, ok, err := s.LatestCertified(ctx, d.Name)
	if err != nil || !ok {
		return line, err
	}
	line.Certified = &last.Finished
	held, err := s.Quarantine(ctx, last.ID)
	for _, q := range held {
		line.Held += q.Rows
	}
	return line, err
}

func (p *program) showStatus(a statusAnswer) {
	if len(a.Datasets) == 0 {
		p.say("%s: chưa có bộ dữ liệu nào.", "%s: no datasets yet.", a.Country)
		p.next("sen contract infer FILE", p.lang.Pick("soạn hợp đồng dữ liệu từ tệp", "draft a contract from a file"))
		return
	}
	t := terminal.Table{Align: "lllrl", Left: 2, Head: []string{"", p.lang.Pick("nguồn", "source"), p.lang.Pick("tình trạng", "state"),
		p.lang.Pick("cách ly", "quarantined"), p.lang.Pick("chứng thực lúc", "certified")}}
	waiting := ""
	for _, l := range a.Datasets {
		when := "–"
		if l.Certified != nil {
			when = p.lang.Time(l.Certified.Local())
		}
		if l.State != string(state.Certified) && waiting == "" {
			waiting = string(l.Dataset)
		}
		t.Add(terminal.C(l.Dataset), terminal.Cell{Text: l.Source, Style: terminal.Quiet}, p.stateCell(l), p.held(l.Held), terminal.C(when))
	}
	t.Write(p.screen)
	if waiting != "" {
		p.next("sen sync "+waiting, p.lang.Pick("đưa vào, hoặc làm tiếp", "bring it in, or go on with it"))
	}
}

func (p *program) stateCell(l statusLine) terminal.Cell {
	words := map[string]struct {
		vi, en string
		style  terminal.Style
	}{
		"never":                  {"chưa đồng bộ", "not synced yet", terminal.Quiet},
		string(state.Extracting): {"dở dang khi đọc", "stopped while reading", terminal.Warn},
		string(state.Committing): {"dở dang khi ghi", "stopped while committing", terminal.Warn},
		string(state.Certified):  {"đã chứng thực", "certified", terminal.Good},
		string(state.Failed):     {"không xong", "failed", terminal.Bad},
		string(state.Superseded): {"đã thay", "superseded", terminal.Quiet},
	}
	w := words[l.State]
	text := p.lang.Pick(w.vi, w.en)
	if l.Error != "" && l.State != string(state.Certified) {
		text = fmt.Sprintf("%s (%s)", text, l.Error)
	}
	return terminal.Cell{Text: text, Style: w.style}
}
