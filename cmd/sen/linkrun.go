package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

func (p *program) linkRunCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run [ENTITY...]",
		Short: p.lang.Pick("Liên kết dữ liệu của trung tâm, lập bản ghi vàng", "Link the hub's records and make the golden records"),
		Long: `Makes, for each file of the folder entities, the links and the golden records of
what the hub holds: keys first, where name and birth date do not contradict them,
then what the records say; and the relations of what was linked: parents, spouses,
owners, as the section relationships says. Where nothing has changed since the last time, nothing
is done. Identifiers of things are kept from run to run. Where datasets say different
things of one thing, the one that is most likely wrong gets a correction case
(` + "`sen case list`" + `). ` + "`sen sync`" + ` does the same at its end. Where ` + "`sen up`" + ` serves the
hub, it does the work, for all entities, and goes on after Ctrl-C here.`,
		Example: "  sen link run\n  sen link run person",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.linkRun(cmd.Context(), args)
		},
		ValidArgsFunction: p.completeEntities,
	}
}

func (p *program) linkRun(ctx context.Context, names []string) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	entities, err := d.readEntities(names)
	if err != nil {
		return err
	}
	if len(entities) == 0 {
		return sen.Errorf(sen.NotFound, "this hub has no entities").At("%s", d.path("entities")).WithHint("`sen link infer FILE` drafts one")
	}
	out, err := p.linkAnew(ctx, d, entities, func() (out conducted, err error) {
		h, err := p.openDeclared(ctx, d, nil)
		if err != nil {
			return out, err
		}
		defer h.Close()
		if out.linked, out.unlinked = h.link(ctx, entities); out.unlinked == nil {
			out.cases, out.unsettled = h.updateCases(ctx, p.now())
		}
		return out, nil
	})
	if err := errors.Join(err, out.unlinked, out.unsettled); err != nil {
		return err
	}
	return p.answer(out.linked, func() {
		p.showLinked(out.linked, entities)
		p.showConflicts(out.linked, entities)
		p.tellCases(out.cases)
	})
}

// parseEntities reads the entity files of the hub as they are written.
func (d *declarations) parseEntities() ([]*link.Entity, error) {
	if d.fixed != nil {
		return d.fixed.entities, nil
	}
	files, err := filepath.Glob(filepath.Join(d.path("entities"), "*.yaml"))
	if err != nil {
		return nil, err
	}
	var out []*link.Entity
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, sen.Errorf(sen.Unavailable, "an entity file cannot be read: %w", err)
		}
		e, err := link.ParseEntity(d.short(file), src)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o *link.Entity) bool { return o.Entity == e.Entity }) {
			return nil, sen.Errorf(sen.Invalid, "entity %s is declared twice", e.Entity).At("%s", d.short(file))
		}
		out = append(out, e)
	}
	return out, nil
}

// readEntities reads the entity files of the hub, those named or all, and sees
// that what they name is there.
func (d *declarations) readEntities(names []string) ([]*link.Entity, error) {
	all, err := d.parseEntities()
	if err != nil {
		return nil, err
	}
	var out []*link.Entity
	var known []string
	for _, e := range all {
		known = append(known, e.Entity)
		if len(names) > 0 && !slices.Contains(names, e.Entity) {
			continue
		}
		if err := e.Fits(d.columns); err != nil {
			return nil, err
		}
		if err := e.FitsBeside(all); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, sen.Errorf(sen.NotFound, "there is no entity %q", name).WithHint("the hub's are %s", strings.Join(known, ", "))
		}
	}
	slices.SortStableFunc(out, func(a, b *link.Entity) int { return b.Records.Len() - a.Records.Len() })
	return out, nil
}

func (d *declarations) short(file string) string {
	if rel, err := filepath.Rel(d.dir, file); err == nil {
		return rel
	}
	return file
}

// columns are the properties of a dataset.
func (d *declarations) columns(dataset string) ([]string, bool) {
	for _, one := range d.contracts.Datasets() {
		if string(one.Name) == dataset {
			var names []string
			for _, p := range one.Object.Properties {
				names = append(names, p.Name)
			}
			return names, true
		}
	}
	return nil, false
}

// link makes the links and golden records of entities, and the relations of all
// that the hub has, in an engine of its own that uses all threads.
func (h *hub) link(ctx context.Context, entities []*link.Entity) (out []flow.Linked, err error) {
	if len(entities) == 0 {
		return nil, nil
	}
	all, err := h.readEntities(nil)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(ctx, engine.Options{Threads: h.config.Threads, Memory: h.config.Memory, Spill: h.data("tmp", "link"), Remote: h.remote})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	db, done, err := h.linkIndex(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	for _, entity := range entities {
		linked, err := h.flow.Link(ctx, e, db, entity)
		if sen.KindOf(err) == sen.NotFound {
			continue // nothing of it has come in yet
		}
		if err != nil {
			return out, err
		}
		out = append(out, linked)
	}
	relations, err := h.flow.Relate(ctx, e, db, all)
	for i := range out {
		out[i].Relations = relations[out[i].Entity]
	}
	return out, err
}

// showLinked says how many records became how many things.
func (p *program) showLinked(all []flow.Linked, entities []*link.Entity) {
	if len(all) == 0 {
		return
	}
	t := terminal.Table{Align: "lrrrrrrr", Left: 2, Head: []string{"", p.lang.Pick("bản ghi", "records"), p.lang.Pick("đối tượng", "things"),
		p.lang.Pick("theo khóa", "by key"), p.lang.Pick("khóa khác", "other key"), p.lang.Pick("xác suất", "probable"),
		p.lang.Pick("chưa nối", "unlinked"), p.lang.Pick("trái khóa", "key refused")}}
	for _, l := range all {
		t.Add(terminal.C(p.entityName(entities, l.Entity)), p.count(l.Records), terminal.Cell{Text: p.lang.Count(l.Things), Style: terminal.Strong}, p.count(l.Linked[resolve.ByKey]), p.count(l.Linked[resolve.ByOtherKey]),
			p.count(l.Linked[resolve.Probable]), p.count(l.Unlinked+l.Linked[resolve.Alone]), p.held(l.Conflicts))
	}
	fmt.Fprintln(p.screen)
	t.Write(p.screen)
	p.showRelations(all, entities)
	for _, l := range all {
		if c := l.Change; c != nil && !l.Unchanged && *c != (resolve.Change{}) {
			p.say("  %s so với lần trước: %s gộp, %s tách, %s mới, %s không còn", "  %s since the last time: %s merged, %s split, %s appeared, %s gone",
				p.entityName(entities, l.Entity), p.lang.Count(c.Merged), p.lang.Count(c.Split), p.lang.Count(c.Appeared), p.lang.Count(c.Gone))
		}
	}
}

// showRelations says how many relations of each relationship there are.
func (p *program) showRelations(all []flow.Linked, entities []*link.Entity) {
	t := terminal.Table{Align: "lrr", Left: 2, Head: []string{"", p.lang.Pick("quan hệ", "relations"), p.lang.Pick("chưa nối", "unlinked")}}
	for _, l := range all {
		at := slices.IndexFunc(entities, func(e *link.Entity) bool { return e.Entity == l.Entity })
		if at < 0 {
			continue // what is declared now cannot be read
		}
		for _, r := range l.Relations {
			one, _ := entities[at].Relationships.Get(r.Relationship)
			name := cmp.Or(p.lang.Pick(entities[at].Name.VI, entities[at].Name.EN), l.Entity) + " · " + cmp.Or(p.lang.Pick(one.Name.VI, one.Name.EN), r.Relationship)
			t.Add(terminal.C(name), p.count(r.Relations), p.count(r.Unlinked))
		}
	}
	if len(t.Rows) > 0 {
		fmt.Fprintln(p.screen)
		t.Write(p.screen)
	}
}

func (p *program) completeEntities(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	entities, err := d.readEntities(nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(entities))
	for i, e := range entities {
		names[i] = e.Entity
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
