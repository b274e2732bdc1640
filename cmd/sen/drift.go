package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/profile"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) driftCommand() *cobra.Command {
	write := false
	c := &cobra.Command{
		Use:   "drift [DATASET…]",
		Short: p.lang.Pick("So nguồn với hợp đồng, đề nghị bản sửa", "Hold live sources against their contracts, and propose the change"),
		Long: `Asks the databases that contracts name what their tables are now, before anything
is extracted, and lists what differs, classified: breaking stops the dataset's
sync, compatible is adopted, a note is for people. Then it shows the contract as
the source asks for it to be, as a unified diff: a new column with its profile,
a renamed one, another type, a lost key, a table that is gone. With --write that
goes to FILE.proposed beside the contract, never over it. The exit code is 9 when
a change is breaking.`,
		Example: "  sen contract drift\n  sen contract drift civil-status --write",
		RunE: func(cmd *cobra.Command, names []string) error {
			return p.drift(cmd.Context(), names, write)
		},
		ValidArgsFunction: p.completeDatasets,
	}
	c.Flags().BoolVar(&write, "write", false, "write each proposal beside its contract, as FILE.proposed")
	return c
}

// driftAnswer is what sources have become.
type driftAnswer struct {
	Datasets  []driftLine     `json:"datasets"`
	Proposals []proposalShown `json:"proposals"`
}

type driftLine struct {
	Dataset sen.Dataset       `json:"dataset"`
	Changes []contract.Change `json:"changes"`
	Fault   string            `json:"error,omitempty"`
	Hint    string            `json:"hint,omitempty"`

	err error
}

type proposalShown struct {
	File    string   `json:"file"`
	Diff    string   `json:"diff"`
	ByHand  []string `json:"by_hand,omitempty"`
	Written string   `json:"written,omitempty"`
}

func (p *program) drift(ctx context.Context, names []string, write bool) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	p.tellProblems(d)
	datasets, err := d.choose(names)
	if err != nil {
		return err
	}
	look := &looker{program: p, declarations: d, tables: map[*contract.Server][]live.Table{}, failed: map[*contract.Server]error{}}
	defer look.close()
	if look.state, _, err = d.state(ctx); err != nil {
		return err
	}
	a, found := driftAnswer{Datasets: []driftLine{}, Proposals: []proposalShown{}}, map[*contract.Contract][]contract.Actual{}
	for _, one := range datasets {
		if !live.Reads(one.Server) || one.Server.Type == live.API || one.StateSecret() {
			continue
		}
		line, actual := look.at(ctx, one)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a.Datasets = append(a.Datasets, line); len(line.Changes) > 0 {
			found[one.Contract] = append(found[one.Contract], actual)
		}
	}
	for _, c := range d.contracts.Contracts() {
		if len(found[c]) > 0 {
			shown, err := d.propose(found[c], write)
			if err != nil {
				return err
			}
			if shown.Diff != "" || len(shown.ByHand) > 0 {
				a.Proposals = append(a.Proposals, shown)
			}
		}
	}
	if err := p.answer(a, func() { p.showProposals(a) }); err != nil {
		return err
	}
	return p.drifted(a)
}

// propose writes the changes into a contract's text, and the text beside it.
func (d *declarations) propose(actuals []contract.Actual, write bool) (proposalShown, error) {
	file := actuals[0].Dataset.Contract.File
	src, err := readContract(file)
	if err != nil {
		return proposalShown{}, err
	}
	proposal := contract.Propose(src, actuals, contractOptions(d.elements))
	proposal.File = shortPath(file)
	shown := proposalShown{File: file, Diff: proposal.Diff(), ByHand: proposal.ByHand}
	if write && shown.Diff != "" {
		shown.Written = file + ".proposed"
		err = writeWhole(shown.Written, proposal.Text)
	}
	return shown, err
}

// looker asks servers for their tables, each once.
type looker struct {
	*program
	*declarations
	state  *state.State // nil where the hub has none yet
	tables map[*contract.Server][]live.Table
	failed map[*contract.Server]error
	engine *engine.Engine // for samples of new columns; nil until one is taken
	conn   *engine.Conn
}

func (l *looker) close() {
	if l.state != nil {
		_ = l.state.Close()
	}
	if l.conn != nil {
		_ = l.conn.Close()
	}
	if l.engine != nil {
		_ = l.engine.Close()
	}
}

// database dials nothing yet.
func (l *looker) database(d contract.Dataset) (live.Database, live.Server, error) {
	s, err := live.FromContract(d.Contract.File, l.dir, d.Server)
	if err != nil {
		return nil, s, err
	}
	db, err := connect.Database(s, connect.Options{Base: l.dir, Say: l.mention})
	return db, s, err
}

// at holds one dataset against its source.
func (l *looker) at(ctx context.Context, d contract.Dataset) (driftLine, contract.Actual) {
	line := driftLine{Dataset: d.Name, Changes: []contract.Change{}}
	actual, rows, err := l.actual(ctx, d)
	if err != nil {
		line.err, line.Fault, line.Hint = err, err.Error(), sen.HintOf(err)
		return line, actual
	}
	line.Changes = append(line.Changes, actual.Changes()...)
	if actual.Gone {
		return line, actual
	}
	if l.state != nil {
		if last, err := desk.Standing(ctx, l.state, d, l.now()); err == nil && last.Certified != nil {
			line.Changes = append(line.Changes, d.DriftSince(contract.State{Rows: last.In}, contract.State{Rows: rows})...)
		}
	}
	return line, actual
}

// actual is what a dataset's source has now, and about how many rows.
func (l *looker) actual(ctx context.Context, d contract.Dataset) (contract.Actual, int64, error) {
	a := contract.Actual{Dataset: d}
	db, server, err := l.database(d)
	if err != nil {
		return a, 0, err
	}
	defer db.Close()
	if err := l.ask(ctx, d, db); err != nil {
		return a, 0, err
	}
	tables, home := l.tables[d.Server], server.Home()
	i := slices.IndexFunc(tables, func(t live.Table) bool { return t.Called(d.Object.Source(), home) })
	if i < 0 {
		a.Gone, a.Now = true, l.renamedTable(d, tables, home)
		return a, 0, nil
	}
	a.Columns, a.Key = asLanded(tables[i])
	if len(a.Key) == 0 && l.hadKey(ctx, d) && !strings.Contains(tables[i].Kind, "view") {
		a.Key = []string{}
	}
	if slices.ContainsFunc(a.Changes(), func(c contract.Change) bool { _, unread := c.Unread(); return unread }) {
		a.New = l.sample(ctx, d, db, tables[i], home)
	}
	return a, tables[i].Rows, nil
}

// asLanded is a table's columns and key by the names that they land under. The
// key is nil where the table has none: that says nothing of what tells the
// rows of a view apart.
func asLanded(t live.Table) (columns []contract.Column, key []string) {
	own := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		own[i] = c.Name
	}
	for i, name := range rows.Unique(own) {
		columns = append(columns, contract.Column{Name: name, Type: t.Columns[i].Type, Nullable: t.Columns[i].Nullable})
	}
	for _, k := range t.Key {
		if i := slices.Index(own, k); i >= 0 {
			key = append(key, columns[i].Name)
		}
	}
	return columns, key
}

// hadKey reports whether the source of a dataset declared a key when it was
// last certified.
func (l *looker) hadKey(ctx context.Context, d contract.Dataset) bool {
	if l.state == nil {
		return false
	}
	run, ok, err := l.state.LatestCertified(ctx, d.Name)
	if err != nil || !ok {
		return false
	}
	kept, err := l.state.Certificate(ctx, run.ID)
	var c flow.Certificate
	return err == nil && json.Unmarshal(kept.Body, &c) == nil && len(c.Key) > 0
}

// ask has the server of a dataset list its tables, once for all datasets.
func (l *looker) ask(ctx context.Context, d contract.Dataset, db live.Database) error {
	if _, asked := l.tables[d.Server]; !asked {
		l.tables[d.Server], l.failed[d.Server] = db.Tables(ctx)
	}
	return l.failed[d.Server]
}

// renamedTable is a table that no dataset of the contract reads and that has
// the columns of the dataset, nearly all and nearly no others: the one of a near
// name, else the only one.
func (l *looker) renamedTable(d contract.Dataset, tables []live.Table, home string) string {
	var fit []string
	for _, t := range tables {
		read := slices.ContainsFunc(d.Contract.Objects, func(o *contract.Object) bool { return t.Called(o.Source(), home) })
		met := 0
		for _, p := range d.Object.Properties {
			if slices.ContainsFunc(t.Columns, func(c live.Column) bool { return strings.EqualFold(c.Name, p.Source()) }) {
				met++
			}
		}
		if !read && 10*met >= 8*max(len(d.Object.Properties), len(t.Columns)) {
			fit = append(fit, t.Title(home))
		}
	}
	if near := contract.Nearest(d.Object.Source(), fit); near != "" || len(fit) != 1 || len(d.Object.Properties) < 2 {
		return near
	}
	return fit[0] // it alone has the columns, which are more than an id
}

// newRows is how many rows a new column is judged by.
const newRows = 2000

// sample is the profile of a table with new columns. Where it cannot be had,
// what the database declares must do.
func (l *looker) sample(ctx context.Context, d contract.Dataset, db live.Database, t live.Table, home string) contract.ObjectProfile {
	found, err := l.profiled(ctx, db, t.Title(home), contract.ServerProfile{Type: d.Server.Type, Facts: map[string]string{"schema": home, "database": d.Server.Fact("database")}})
	if err != nil {
		l.mention(fmt.Sprintf("%s: no sample of its new columns: %s", d.Name, err))
		return contract.ObjectProfile{}
	}
	return found
}

func (l *looker) profiled(ctx context.Context, db live.Database, table string, server contract.ServerProfile) (_ contract.ObjectProfile, err error) {
	if l.engine == nil {
		if l.engine, err = engine.Open(ctx, engine.Options{Functions: clean.Functions()}); err != nil {
			return contract.ObjectProfile{}, err
		}
		if l.conn, err = l.engine.Conn(ctx); err != nil {
			return contract.ObjectProfile{}, err
		}
	}
	found, err := profile.Database(ctx, l.conn, db, server, profile.Options{On: l.now(), Rows: newRows, Tables: []string{table}})
	if err != nil {
		return contract.ObjectProfile{}, err
	}
	return found[0].Objects[0], nil
}

func (p *program) showProposals(a driftAnswer) {
	if len(a.Datasets) == 0 {
		p.say("Không bộ dữ liệu nào nằm ở cơ sở dữ liệu đang chạy.", "No dataset lies in a live database.")
		return
	}
	agree := 0
	for _, l := range a.Datasets {
		switch {
		case l.err != nil:
			p.say("%s %s: %s", "%s %s: %s", p.screen.Paint(terminal.Bad, "✗"), l.Dataset, terminal.Clean(l.Fault))
		case len(l.Changes) == 0:
			agree++
		default:
			fmt.Fprintln(p.screen, p.screen.Paint(terminal.Strong, string(l.Dataset)))
			p.showChanges(l.Changes)
		}
	}
	if agree > 0 {
		p.say("%s %d bộ dữ liệu đúng như hợp đồng.", "%s %d datasets are as their contracts say.", p.screen.Paint(terminal.Good, "✓"), agree)
	}
	for _, proposal := range a.Proposals {
		p.showProposal(proposal)
	}
}

func (p *program) showProposal(shown proposalShown) {
	fmt.Fprintln(p.screen)
	styles := map[byte]terminal.Style{'+': terminal.Good, '-': terminal.Bad, '@': terminal.Quiet}
	for line := range strings.SplitSeq(strings.TrimSuffix(shown.Diff, "\n"), "\n") {
		if line != "" {
			fmt.Fprintln(p.screen, p.screen.Paint(styles[line[0]], terminal.Clean(line)))
		}
	}
	for _, what := range shown.ByHand {
		p.say("Tự sửa: %s", "By hand: %s", terminal.Clean(what))
	}
	switch file := shortPath(shown.File); {
	case shown.Written != "":
		p.next("sen contract diff "+file+" "+shortPath(shown.Written), p.lang.Pick("ai dùng hợp đồng sẽ thấy gì khác", "what changes for those who rely on the contract"),
			"mv "+shortPath(shown.Written)+" "+file, p.lang.Pick("nhận bản đề nghị", "take the proposal"))
	case shown.Diff != "":
		p.next("sen contract drift --write", p.lang.Pick("ghi bản đề nghị bên cạnh hợp đồng", "write the proposal beside the contract"))
	}
}

// drifted is the exit code: a source that cannot be asked before one that has
// drifted.
func (p *program) drifted(a driftAnswer) error {
	var faults []error
	breaking := false
	for _, l := range a.Datasets {
		if l.err != nil {
			faults = append(faults, l.err)
		}
		breaking = breaking || contract.IsBreaking(l.Changes)
	}
	switch {
	case len(faults) > 0:
		if hint := sen.HintOf(faults[0]); hint != "" && !p.flags.json {
			p.next(hint, "")
		}
		return reported{errors.Join(faults...)}
	case breaking:
		return reported{sen.Errorf(sen.Drift, "sources no longer fit their contracts")}
	}
	return nil
}
