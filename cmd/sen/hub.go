package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/keys"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/state"
)

// declarations are what a hub's folder says, without opening its data.
type declarations struct {
	dir       string // absolute
	config    config
	elements  *dictionary.Set // the dictionary with the hub's own elements
	contracts *contract.Set
	problems  contract.Problems // of elements, then of contracts

	seen   [sha256.Size]byte // the files, as they were read
	readAt time.Time
	fixed  *fixed // nil: entities and indicators are read whenever they are asked for
}

// read finds the hub and reads what it declares.
func (p *program) read() (*declarations, error) {
	dir, err := p.findHub()
	if err != nil {
		return nil, err
	}
	d := &declarations{dir: dir, readAt: p.now()}
	if d.config, err = readConfig(filepath.Join(dir, configFile)); err != nil {
		return nil, err
	}
	p.setLanguage(d.config.Language)
	d.readFolders()
	return d, nil
}

// readFolders reads what stands beside sen.yaml.
func (d *declarations) readFolders() {
	d.seen = d.fingerprint()
	d.elements, d.problems = readElements(d.path("elements"))
	set, problems := contract.LoadDir(d.path("contracts"), contractOptions(d.elements))
	d.contracts, d.problems = set, append(d.problems, problems...)
}

// fixed are entities and indicators as they were at one time.
type fixed struct {
	entities   []*link.Entity
	indicators []*indicator.Indicator
	problems   contract.Problems // of the files of indicators
}

// keep reads entities and indicators once and for all: what a hub that is up goes
// by stays as it is, whatever becomes of the files.
func (d *declarations) keep() error {
	entities, err := d.parseEntities()
	if err != nil {
		return err
	}
	indicators, problems := d.indicators()
	d.fixed = &fixed{entities, indicators, problems}
	return nil
}

// contractOptions lets contracts name the elements of the dictionary.
func contractOptions(elements *dictionary.Set) contract.Options {
	return contract.Options{Elements: func(name string) bool {
		_, known := elements.Lookup(name)
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
	at     lake.Options   // where the lake is
	remote *engine.Remote // how an engine reads the lake; nil where it is a folder
	lake   *lake.Lake
	flow   *flow.Flow
	door   *access.Door
	index  *index.DB // kept open by `sen up`; else nil

	linking *sync.Mutex // who has it loads the index that is kept open

	hook  hook
	rules func(context.Context) (*engine.Engine, error) // see confined; opened once

	figures func(context.Context) (*engine.Engine, error) // of indicators; as rules, and apart from it: both name what they read

	stop *started
}

// started is what was started, in order: functions that stop it.
type started struct {
	mu  sync.Mutex
	all []func() error
}

func (s *started) add(stop func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, stop)
}

// newHub is a hub of which nothing is open yet.
func newHub(d *declarations) *hub {
	return &hub{declarations: d, linking: &sync.Mutex{}, stop: &started{}}
}

// declaring is the same open hub under declarations that have been read anew.
func (h *hub) declaring(d *declarations) *hub {
	again := *h
	again.declarations = d
	again.flow = h.flow.Declaring(d.elements, d.contracts.ReferenceData())
	return &again
}

// open starts the rooms. Close stops them; where one does not come up, those
// before it are stopped here.
func (p *program) open(ctx context.Context, progress func(flow.Progress)) (*hub, error) {
	d, err := p.read()
	if err != nil {
		return nil, err
	}
	return p.openDeclared(ctx, d, progress)
}

// openDeclared starts the rooms of a hub whose declarations have been read.
func (p *program) openDeclared(ctx context.Context, d *declarations, progress func(flow.Progress)) (*hub, error) {
	h := newHub(d)
	if err := h.start(ctx, p, progress); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// openState opens the keys and the state for writing, and makes those of a new
// hub: one is never without the other.
func (d *declarations) openState(ctx context.Context, p *program) (*keys.Keys, *state.State, error) {
	if err := d.whole(); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(d.data(), 0o700); err != nil {
		return nil, nil, sen.Errorf(sen.Unavailable, "make the data folder: %w", err).WithHint("see that this user may write to %s", d.dir)
	}
	k, err := keys.Open(d.data("keys"))
	if err != nil {
		return nil, nil, err
	}
	s, err := state.Open(ctx, d.data("state.db"), state.Options{Now: p.now})
	return k, s, err
}

// startStore starts what holds the hub's data.
func (h *hub) startStore(ctx context.Context, p *program) (err error) {
	d := h.declarations
	if h.keys, h.state, err = d.openState(ctx, p); err != nil {
		return err
	}
	h.stop.add(h.state.Close)
	if h.at, err = d.lakeAt(ctx, p); err != nil {
		return err
	}
	h.hook = p.hook()
	h.at.Hook = h.hook.lake
	if h.lake, err = lake.Open(ctx, h.at); err != nil {
		return err
	}
	h.stop.add(h.lake.Close)
	return nil
}

// start starts the rooms, each on those before it.
func (h *hub) start(ctx context.Context, p *program, progress func(flow.Progress)) (err error) {
	d := h.declarations
	if err := h.startStore(ctx, p); err != nil {
		return err
	}
	if h.remote, err = d.remote(h.at); err != nil {
		return err
	}
	if h.engine, err = engine.Open(ctx, engine.Options{Functions: clean.Functions(), Threads: 1, Memory: d.config.Memory, Spill: d.data("tmp"), Remote: h.remote}); err != nil {
		return err
	}
	h.stop.add(h.engine.Close)
	h.rules = h.once(func(ctx context.Context) (*engine.Engine, error) {
		return h.confined(ctx, d.config.Memory/ruleShare, d.data("tmp", "rules"))
	})
	h.figures = h.once(func(ctx context.Context) (*engine.Engine, error) {
		return h.confined(ctx, d.config.Memory/figureShare, d.data("tmp", "figures"))
	})
	h.flow = flow.New(flow.Options{Hub: d.dir, Cleaners: d.config.Threads, Engine: h.engine, Lake: h.lake, State: h.state, Keys: h.keys, Log: p.log(), Say: p.mention,
		Principal: p.principal(), Now: p.now, Progress: progress, Linking: p.showLinking, Hook: h.hook.flow,
		Rules: clean.Rules{Engine: h.rules, Timeout: d.config.RuleTimeout}, Elements: d.elements, References: d.contracts.ReferenceData(),
		Source: source.Options{RangeRows: d.config.RangeRows, RangeBytes: d.config.RangeBytes, FieldLimit: int(d.config.FieldLimit)}})
	h.door = access.New(h.state, h.keys, access.Options{Now: p.now, Log: p.log()})
	return nil
}

// desk answers from all rooms.
func (h *hub) desk(p *program) *desk.Desk { return h.deskOf(p, nil, nil) }

// deskOf answers from all rooms; w does what people ask for, and knows what of
// the folder is not in force.
func (h *hub) deskOf(p *program, w *worker, refused contract.Problems) *desk.Desk {
	o := h.declarations.deskOptions(h.state, p.now)
	o.Entities = sync.OnceValues(func() ([]*link.Entity, error) { return h.readEntities(nil) })
	if w != nil {
		o.Relink, o.Jobs, o.Problems, o.Declared = w.linkAnew, w.jobs, refused, h.readAt
	}
	o.Engine, o.Lake, o.Door, o.Flow, o.Index = h.engine, h.lake, h.door, h.flow, h.reader
	o.Reread = func() (*contract.Set, contract.Problems) {
		return contract.LoadDir(h.path("contracts"), contractOptions(h.elements))
	}
	o.Settle = func(ctx context.Context) error {
		_, err := h.updateCases(ctx, p.now())
		return err
	}
	return desk.New(o)
}

// ruleShare is the part of engine.memory that the SQL of contracts' own rules
// may take beside the engine that loads.
const ruleShare = 4

// figureShare is the part that the queries of indicators may take.
const figureShare = 4

// confined starts an engine for other people's SQL: it reads the lake and
// nothing else.
func (h *hub) confined(ctx context.Context, memory int64, spill string) (*engine.Engine, error) {
	e, err := engine.Open(ctx, engine.Options{Threads: h.config.Threads, Memory: memory, Spill: spill, Only: []string{h.lake.Root()}, Remote: h.remote})
	if err == nil {
		h.stop.add(e.Close)
	}
	return e, err
}

// once opens when it is first asked, and gives the same engine from then on.
func (h *hub) once(open func(context.Context) (*engine.Engine, error)) func(context.Context) (*engine.Engine, error) {
	var mu sync.Mutex
	var e *engine.Engine
	return func(ctx context.Context) (_ *engine.Engine, err error) {
		mu.Lock()
		defer mu.Unlock()
		if e == nil {
			e, err = open(ctx)
		}
		return e, err
	}
}

// Close stops the rooms, the last one first.
func (h *hub) Close() error {
	h.stop.mu.Lock()
	defer h.stop.mu.Unlock()
	var all error
	for _, stop := range slices.Backward(h.stop.all) {
		all = errors.Join(all, stop())
	}
	return all
}

// withHub opens the hub for what names mean, and closes it.
func (p *program) withHub(ctx context.Context, names []string, do func(*hub, []contract.Dataset) error) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	datasets, err := h.choose(names)
	if err != nil {
		return err
	}
	return do(h, datasets)
}

// changing reads the declarations and opens the state for a change, for commands
// that touch no data.
func (p *program) changing(ctx context.Context, do func(*declarations, *state.State) error) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	_, s, err := d.openState(ctx, p)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(d, s)
}

// withState reads the declarations and opens the state, for commands that look
// at no data; the state is nil where the hub has none yet.
func (p *program) withState(ctx context.Context, names []string, do func(*declarations, []contract.Dataset, *state.State) error) error {
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
	return do(d, datasets, s)
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
