package main

import (
	"context"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// conflictFindings are what of each column is most likely wrong, as the last
// link run found it. While the entity files cannot be read, of which a link run
// tells, cases stay as they are.
func (h *hub) conflictFindings(ctx context.Context) ([]correction.Finding, error) {
	entities, unread := h.readEntities(nil)
	if unread != nil {
		return h.conflictsUnknown(ctx)
	}
	var out []correction.Finding
	for _, e := range entities {
		report, ok, err := h.flow.ConflictsOf(ctx, e.Entity)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, one := range report.By {
			f := correction.Finding{Dataset: desk.DatasetOf(one.Dataset), Kind: correction.Disagreement, Rule: desk.ConflictRule + e.Entity, Column: one.Column,
				Severity: "warning", Rows: one.Records, Of: one.Of}
			f.Owner = f.Dataset.Agency()
			same := func(o correction.Finding) bool {
				return o.Dataset == f.Dataset && o.Rule == f.Rule && o.Column == f.Column
			}
			if at := slices.IndexFunc(out, same); at >= 0 { // two parts of a dataset, one column
				out[at].Rows, out[at].Of = out[at].Rows+f.Rows, out[at].Of+f.Of
				continue
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// conflictsUnknown keeps the cases of conflicts as they are, where nobody can
// say what the last link run found.
func (h *hub) conflictsUnknown(ctx context.Context) ([]correction.Finding, error) {
	all, err := h.state.Cases(ctx)
	if err != nil {
		return nil, err
	}
	var out []correction.Finding
	for _, c := range all {
		if strings.HasPrefix(c.Rule, desk.ConflictRule) {
			out = append(out, correction.Finding{Dataset: c.Dataset, Kind: c.Kind, Rule: c.Rule, Column: c.Column, Unknown: true})
		}
	}
	return out, nil
}

// printConflicts shows rows of a case of conflicts.
func (p *program) printConflicts(sample []caseRow) {
	t := terminal.Table{Align: "lwwl", Left: 2, Head: []string{p.lang.Pick("khóa", "key"), p.lang.Pick("đang ghi", "as it stands"),
		p.lang.Pick("nơi khác nói", "others say"), p.lang.Pick("là", "who are")}}
	for _, r := range sample {
		t.Add(terminal.C(terminal.Clean(r.Key)), terminal.Cell{Text: terminal.Clean(r.Value), Style: terminal.Warn}, terminal.C(terminal.Clean(r.Against)),
			terminal.Cell{Text: r.Evidence, Style: terminal.Quiet})
	}
	t.Write(p.screen)
}

// shownConflicts is how many lines of conflicts are shown at the end of a run.
const shownConflicts = 6

// showConflicts says which agencies are most likely wrong, about what.
func (p *program) showConflicts(all []flow.Linked, entities []*link.Entity) {
	t := terminal.Table{Align: "lllrr", Left: 2, Head: []string{p.lang.Pick("ai có lẽ sai", "who is most likely wrong"), "", p.lang.Pick("về", "about"),
		p.lang.Pick("bản ghi", "records"), p.lang.Pick("trên", "of")}}
	var things, survived, undecided int64
	for _, l := range all {
		things, survived, undecided = things+l.Disputed.Things, survived+l.Disputed.Survived, undecided+l.Disputed.Undecided
		for _, one := range l.Disputed.By {
			t.Add(terminal.C(desk.DatasetOf(one.Dataset).Agency()), terminal.Cell{Text: one.Dataset, Style: terminal.Quiet}, terminal.C(p.entityName(entities, l.Entity)+" · "+one.Field),
				p.held(one.Records), p.count(one.Of))
		}
	}
	if len(t.Rows) == 0 {
		return
	}
	p.say("\n  mâu thuẫn: các bộ dữ liệu nói khác nhau về %s người, vật; %s giá trị trong bản ghi vàng có lẽ sai; %s chỗ chưa rõ ai sai",
		"\n  conflicts: datasets say different things of %s people and things; %s values of golden records are most likely wrong; of %s nobody can say who is",
		p.lang.Count(things), p.lang.Count(survived), p.lang.Count(undecided))
	more := len(t.Rows) - shownConflicts
	t.Rows = t.Rows[:min(len(t.Rows), shownConflicts)]
	t.Write(p.screen)
	if more > 0 {
		p.say("  … và %d dòng nữa: sen case list", "  … and %d more: sen case list", more)
	}
}

func (p *program) entityName(entities []*link.Entity, name string) string {
	for _, e := range entities {
		if e.Entity == name && e.Name.VI != "" {
			return p.lang.Pick(e.Name.VI, e.Name.EN)
		}
	}
	return name
}

// entityRelation is a table of the lake as it stands.
func (h *hub) entityRelation(ctx context.Context, kind lake.Kind, dataset sen.Dataset) (string, error) {
	t, err := h.lake.Lookup(ctx, kind, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return scan.SQL(), err
}
