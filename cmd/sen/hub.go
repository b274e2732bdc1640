package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// declarations are what a hub's folder says, without opening its data.
type declarations struct {
	dir       string // absolute
	config    config
	contracts *contract.Set
	problems  contract.Problems
}

// read finds the hub and reads what it declares.
func (p *program) read() (*declarations, error) {
	dir, err := p.findHub()
	if err != nil {
		return nil, err
	}
	d := &declarations{dir: dir}
	if d.config, err = readConfig(filepath.Join(dir, configFile)); err != nil {
		return nil, err
	}
	p.setLanguage(d.config.Language)
	d.contracts, d.problems = contract.LoadDir(d.path("contracts"), contractOptions())
	return d, nil
}

// contractOptions lets contracts name the elements of the dictionary.
func contractOptions() contract.Options {
	return contract.Options{Elements: func(name string) bool {
		_, known := dictionary.Lookup(name)
		return known
	}}
}

func (d *declarations) path(name string) string { return filepath.Join(d.dir, name) }

// data is a path below the hub's data folder.
func (d *declarations) data(parts ...string) string {
	folder := d.config.Data
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(d.dir, folder)
	}
	return filepath.Join(append([]string{folder}, parts...)...)
}

// choose picks the datasets that names mean: datasets, or agencies for all
// below them; none means all.
func (d *declarations) choose(names []string) ([]contract.Dataset, error) {
	all := d.contracts.Datasets()
	if len(names) == 0 {
		return all, nil
	}
	chosen := map[sen.Dataset]bool{}
	for _, name := range names {
		found := false
		for _, one := range all {
			if one.Name.Within(name) {
				chosen[one.Name], found = true, true
			}
		}
		if !found {
			return nil, d.unknown(name)
		}
	}
	var out []contract.Dataset
	for _, one := range all {
		if chosen[one.Name] {
			out = append(out, one)
		}
	}
	return out, nil
}

func (d *declarations) unknown(name string) error {
	e := sen.Errorf(sen.NotFound, "there is no dataset or agency %q", name)
	if faults := d.problems.Errors(); len(faults) > 0 {
		return e.WithHint("%d errors keep contracts out; see `sen contract check contracts/*.odcs.yaml`", len(faults))
	}
	if near := contract.Nearest(name, d.names()); near != "" {
		return e.WithHint("did you mean %s?", near)
	}
	return e.WithHint("`sen status` names them all")
}

// names are all datasets and agencies, for completion and near misses.
func (d *declarations) names() []string {
	var out []string
	seen := map[string]bool{}
	for _, one := range d.contracts.Datasets() {
		if agency := one.Name.Agency(); !seen[agency] {
			seen[agency] = true
			out = append(out, agency)
		}
		out = append(out, string(one.Name))
	}
	return out
}

// state opens the hub's state for reading; false when the hub has none yet.
func (d *declarations) state(ctx context.Context) (s *state.State, there bool, err error) {
	if err := d.whole(); err != nil || !exists(d.data("state.db")) {
		return nil, false, err
	}
	s, err = state.Open(ctx, d.data("state.db"), state.Options{ReadOnly: true})
	return s, err == nil, err
}

// whole refuses a hub that lost a part of its data: to go on would make a new
// state beside old tables, or new keys beside old signatures.
func (d *declarations) whole() error {
	for _, pair := range []struct{ there, lost, hint string }{
		{filepath.Join("lake", lake.CatalogueFile), "state.db", "put state.db back from a backup, or move the data folder aside and run `sen sync` again: the sources are not touched"},
		{"state.db", "keys", "put keys/ back from a backup: without it no certificate can be checked"},
	} {
		if exists(d.data(pair.there)) && !exists(d.data(pair.lost)) {
			return sen.Errorf(sen.Corrupt, "the hub's data are not whole: %s is there and %s is not", pair.there, pair.lost).
				At("%s", shortPath(d.data())).WithHint("%s", pair.hint)
		}
	}
	return nil
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// hub is a hub with its data open.
type hub struct {
	*declarations
	keys   *keys.Keys
	state  *state.State
	engine *engine.Engine
	lake   *lake.Lake
	flow   *flow.Flow
	door   *access.Door

	stop []func() error // what was started, in order
}

// open starts the rooms. Close stops them; where one does not come up, those
// before it are stopped here.
func (p *program) open(ctx context.Context, progress func(flow.Progress)) (*hub, error) {
	d, err := p.read()
	if err != nil {
		return nil, err
	}
	if err := d.whole(); err != nil {
		return nil, err
	}
	h := &hub{declarations: d}
	if err := h.start(ctx, p, progress); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// start starts the rooms, each on those before it.
func (h *hub) start(ctx context.Context, p *program, progress func(flow.Progress)) (err error) {
	d := h.declarations
	if err := os.MkdirAll(d.data(), 0o700); err != nil {
		return sen.Errorf(sen.Unavailable, "make the data folder: %w", err).WithHint("see that this user may write to %s", d.dir)
	}
	if h.keys, err = keys.Open(d.data("keys")); err != nil {
		return err
	}
	if h.state, err = state.Open(ctx, d.data("state.db"), state.Options{Now: p.now}); err != nil {
		return err
	}
	h.stop = append(h.stop, h.state.Close)
	if h.engine, err = engine.Open(ctx, engine.Options{Threads: d.config.Threads, Memory: d.config.Memory, Spill: d.data("tmp")}); err != nil {
		return err
	}
	h.stop = append(h.stop, h.engine.Close)
	hook := p.hook()
	if h.lake, err = lake.Open(ctx, lake.Options{Dir: d.data("lake"), Log: p.log(), Hook: hook.lake}); err != nil {
		return err
	}
	h.stop = append(h.stop, h.lake.Close)
	h.flow = flow.New(flow.Options{Hub: d.dir, Engine: h.engine, Lake: h.lake, State: h.state, Keys: h.keys, Log: p.log(),
		Principal: p.principal(), Now: p.now, Progress: progress, Hook: hook.flow,
		Source: source.Options{RangeRows: d.config.RangeRows, RangeBytes: d.config.RangeBytes, FieldLimit: int(d.config.FieldLimit)}})
	h.door = access.New(h.state, h.keys, access.Options{Now: p.now, Log: p.log()})
	return nil
}

// Close stops the rooms, the last one first.
func (h *hub) Close() error {
	var all error
	for i := len(h.stop) - 1; i >= 0; i-- {
		all = errors.Join(all, h.stop[i]())
	}
	return all
}

// tellProblems prints what is wrong with contracts, beside the answer.
func (p *program) tellProblems(d *declarations) {
	if p.flags.json {
		return
	}
	for _, problem := range d.problems.Errors() {
		fmt.Fprint(p.notes, p.renderProblem(problem))
	}
}

// renderProblem is a problem with its line of the file.
func (p *program) renderProblem(problem contract.Problem) string {
	src, err := os.ReadFile(problem.File)
	if err != nil {
		src = nil // the problem says what is wrong with the file
	}
	problem.File = shortPath(problem.File)
	first, rest, _ := cutLine(problem.Render(src))
	style := terminal.Bad
	if problem.Warning {
		style = terminal.Warn
	}
	return p.notes.Paint(style, first) + "\n" + rest
}
