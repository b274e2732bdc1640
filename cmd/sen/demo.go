package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/quality"
)

// demoOptions say which country to make, and where.
type demoOptions struct {
	people int
	seed   uint64
	dir    string
	truth  string
	dryRun bool
	serve  string // address of the console that ends it; empty: none

	sources int
	servers demoServers
}

func (p *program) demoCommand() *cobra.Command {
	o := demoOptions{}
	c := &cobra.Command{
		Use:   "demo",
		Short: p.lang.Pick("Lập một đất nước mẫu và chạy trọn đường đi", "Make the demonstration country and run the whole path"),
		Long: `Makes a country of made-up people in the files of sixteen agencies, with errors
planted at known rates; brings them in, cleans, certifies and measures them.
Run again, it makes the same country and reads only what has changed. No
server is needed and nobody in it exists. Where the addresses of databases are
given, the land register and the passports are put into them, and read from
there.`,
		Example: "  sen demo\n  sen demo --serve\n  sen demo --sources 46\n  sen demo --people 200000 --seed 1 --dir /tmp/country --truth /tmp/truth",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.flags.dir != "" {
				o.dir = p.flags.dir
			}
			return p.demo(cmd.Context(), o)
		},
	}
	c.Flags().IntVar(&o.people, "people", 20_000, "how many people, living and dead")
	c.Flags().Uint64Var(&o.seed, "seed", 7, "another seed is another country")
	c.Flags().IntVar(&o.sources, "sources", 16, "how many agencies there are: from 7 to 16 for the whole country; beyond, agencies by province")
	c.Flags().StringVar(&o.truth, "truth", "", "a folder outside the hub for what the records should say")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be made, and make nothing")
	c.Flags().StringVar(&o.serve, "serve", "", "in the end serve the console, at an address of this machine, until it is stopped")
	c.Flags().Lookup("serve").NoOptDefVal = upAddress
	o.servers.flags(c)
	o.dir = "demo-hub"
	return c
}

// demoAnswer is what was made and what became of it.
type demoAnswer struct {
	Hub    string                 `json:"hub"`
	People int                    `json:"people"`
	Seed   uint64                 `json:"seed"`
	Made   demo.Report            `json:"made"`
	Sync   *syncAnswer            `json:"sync,omitempty"`
	Why    []desk.HeldRule        `json:"why,omitempty"`
	Scores []quality.AgencyReport `json:"quality,omitempty"`
	Linked []flow.Linked          `json:"linked,omitempty"`
	Match  []desk.LinkedRecord    `json:"matches,omitempty"` // some links, explained

	Figures []figureLine `json:"figures,omitempty"`
}

func (p *program) demo(ctx context.Context, o demoOptions) error {
	a := demoAnswer{Hub: o.dir, People: o.people, Seed: o.seed}
	if o.dryRun {
		a.Made = demo.Plan(o.people)
		return p.answer(a, func() {
			p.say("%s bản ghi, %s, trong %s", "%s records, %s, in %s", p.lang.Count(a.Made.Rows), p.lang.Bytes(a.Made.Bytes), o.dir)
		})
	}
	if err := o.check(); err != nil {
		return err
	}
	begun := p.now()
	if err := p.makeCountry(ctx, o, &a); err != nil {
		return err
	}
	if !p.flags.json {
		p.showMade(a, p.now().Sub(begun))
	}
	if err := p.runCountry(ctx, o, a); err != nil || o.serve == "" {
		return err
	}
	p.say("\nBàn điều hành, đến khi bạn dừng bằng Ctrl-C:", "\nThe console, until you stop it with Ctrl-C:")
	return p.up(ctx, o.upFlags())
}

// upFlags are those of the console that ends the demonstration.
func (o demoOptions) upFlags() upFlags { return upFlags{listen: o.serve, apiRate: upRate} }

// check refuses a folder that holds somebody's hub, and a truth that the hub
// could reach.
func (o demoOptions) check() error {
	if o.serve != "" {
		if err := o.upFlags().check(); err != nil {
			return err
		}
	}
	if isHub(o.dir) {
		c, err := readConfig(filepath.Join(o.dir, configFile))
		if err != nil {
			return err
		}
		if !c.Demo {
			return sen.Errorf(sen.Exists, "this hub is no demonstration: its sources are not for sen to make").
				At("%s", o.dir).WithHint("name another folder with --dir")
		}
	}
	if o.truth == "" {
		return nil
	}
	hub, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	truth, err := filepath.Abs(o.truth)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(hub, truth); err == nil && !strings.HasPrefix(rel, "..") {
		return sen.Errorf(sen.Invalid, "the truth would lie inside the hub").At("%s", o.truth).
			WithHint("name a folder outside of %s: nothing in the hub may look at the answers", o.dir)
	}
	return nil
}

const demoConfig = `# The demonstration country, made by ` + "`sen demo`" + `. Nobody in it exists.
sen: ` + sen.Version + `
country: Sen
demo: true
purpose: demonstration
decisions:
  stewards: 1   # you are alone here; a hub of real people wants 2
`

func (p *program) makeCountry(ctx context.Context, o demoOptions, a *demoAnswer) (err error) {
	if _, err := makeHub(o.dir, []byte(demoConfig), false); err != nil {
		return err
	}
	moved, err := o.servers.plan()
	if err != nil {
		return err
	}
	if err := writeContracts(o.sources, filepath.Join(o.dir, "contracts"), moved); err != nil {
		return err
	}
	if o.sources == wholeCountry {
		if err := writeFiles(filepath.Join(o.dir, "entities"), demo.Entities()); err != nil {
			return err
		}
		if err := writeFiles(filepath.Join(o.dir, "indicators"), demo.Indicators()); err != nil {
			return err
		}
	}
	sources := filepath.Join(o.dir, "sources")
	if a.Made, err = demo.Generate(ctx, demo.Options{People: o.people, Seed: o.seed, Sources: o.sources, Dir: sources, Truth: o.truth, Namesakes: true}); err != nil {
		return err
	}
	return p.moveTo(ctx, sources, moved)
}

// wholeCountry is how many sources the agencies of the entity files are.
const wholeCountry = 16

// writeFiles writes the files of a folder that are not there yet.
func writeFiles(dir string, from fs.FS) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return sen.Errorf(sen.Unavailable, "make the folder %s: %w", filepath.Base(dir), err)
	}
	files, err := fs.ReadDir(from, ".")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := fs.ReadFile(from, f.Name())
		if err != nil {
			return err
		}
		if path := filepath.Join(dir, f.Name()); !exists(path) {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return sen.Errorf(sen.Unavailable, "write %s: %w", path, err)
			}
		}
	}
	return nil
}

// writeContracts writes those that are not there yet: a contract that somebody
// has mended stays mended. One that is still as it was made may be given a
// server in place of its file.
func writeContracts(sources int, dir string, servers []moved) error {
	contracts, err := demo.ContractsOf(sources)
	if err != nil {
		return err
	}
	made := maps.Clone(contracts)
	for _, m := range servers {
		name := m.agency + ".odcs.yaml"
		if _, known := contracts[name]; !known {
			return sen.Errorf(sen.Invalid, "a country of %d sources has no %s of the whole country to put into a server", sources, m.agency).
				WithHint("use --sources 16")
		}
		contracts[name] = m.contract(contracts[name])
	}
	for name, content := range contracts {
		path := filepath.Join(dir, name)
		if there, err := os.ReadFile(path); err == nil && (string(there) != made[name] || content == made[name]) {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return sen.Errorf(sen.Unavailable, "write a contract: %w", err)
		}
	}
	return nil
}

func (p *program) showMade(a demoAnswer, took time.Duration) {
	agencies := map[string]bool{}
	for _, d := range a.Made.Datasets {
		agencies[d.Dataset.Agency()] = true
	}
	fmt.Fprintf(p.screen, p.screen.Paint(terminal.Strong, "Sen %s")+p.lang.Pick(" · đất nước mẫu: %s người, %d cơ quan, hạt giống %d\n", " · the demonstration country: %s people, %d agencies, seed %d\n"),
		sen.Version, p.lang.Count(int64(a.People)), len(agencies), a.Seed)
	p.say("  đã lập  %s bản ghi, %s   %s   %s\n", "  made    %s records, %s   %s   %s\n",
		p.lang.Count(a.Made.Rows), p.lang.Bytes(a.Made.Bytes), formats(a.Made), p.lang.Duration(took))
}

var formatNames = map[string]string{"csv": "CSV", "json": "JSON lines", "jsonl": "JSON lines", "parquet": "Parquet", "sqlite": "SQLite", "xlsx": "XLSX"}

// formats counts the datasets by format, with the encodings that are not
// UTF-8: "CSV 6 (2 TCVN3) · SQLite 5".
func formats(made demo.Report) string {
	count, old := map[string]int{}, map[string]map[string]int{}
	for _, d := range made.Datasets {
		count[d.Format]++
		if d.Encoding != "" && !strings.HasPrefix(strings.ToUpper(d.Encoding), "UTF-8") {
			if old[d.Format] == nil {
				old[d.Format] = map[string]int{}
			}
			old[d.Format][d.Encoding]++
		}
	}
	var parts []string
	for format, n := range count {
		part := fmt.Sprintf("%s %d", formatNames[format], n)
		var encodings []string
		for e, n := range old[format] {
			encodings = append(encodings, fmt.Sprintf("%d %s", n, e))
		}
		slices.Sort(encodings)
		if len(encodings) > 0 {
			part += " (" + strings.Join(encodings, ", ") + ")"
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return strings.Join(parts, " · ")
}

// runCountry brings the country in and shows what became of it.
func (p *program) runCountry(ctx context.Context, o demoOptions, a demoAnswer) error {
	p.flags.dir = o.dir
	view := newProgress(p)
	h, err := p.open(ctx, view.show)
	if err != nil {
		return err
	}
	defer h.Close()
	p.tellProblems(h.declarations)
	datasets := h.contracts.Datasets()
	view.start(len(datasets))
	outcomes := h.flow.Sync(ctx, datasets, flow.Demand{})
	view.stop()
	synced := answerSync(outcomes)
	a.Sync = &synced
	if ctx.Err() != nil {
		return p.failures(ctx, h.declarations, outcomes)
	}
	if err := h.keepContracts(ctx, datasets, outcomes); err != nil {
		return err
	}
	if a.Why, err = h.desk(p).HeldBack(ctx, p.lang, datasets); err != nil {
		return err
	}
	reports, err := h.desk(p).Quality(ctx, datasets)
	if err != nil {
		return err
	}
	a.Scores = reports
	entities, err := h.readEntities(nil)
	if err != nil {
		return err
	}
	known, err := p.linkCountry(ctx, h, entities, &a)
	if err != nil {
		return err
	}
	if err := p.answer(a, func() {
		if err = p.showCountry(outcomes, a); err == nil {
			p.showLinked(a.Linked, entities)
			p.showMatches(a.Match)
			p.showConflicts(a.Linked, entities)
			p.tellCases(a.Sync.Cases)
			p.demoNext(a.Hub, known)
		}
	}); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	return p.failures(ctx, h.declarations, outcomes)
}

// linkCountry links what came in, and finds what is shown of it: known is the
// number of somebody.
func (p *program) linkCountry(ctx context.Context, h *hub, entities []*link.Entity, a *demoAnswer) (known string, err error) {
	if a.Linked, err = h.link(ctx, entities); err != nil {
		return "", err
	}
	if a.Sync.Cases, err = h.updateCases(ctx, p.now()); err != nil {
		return "", err
	}
	if a.Figures, err = p.runIndicators(ctx, h, nil, false); err != nil { // which count cases too
		return "", err
	}
	if known, err = p.someone(ctx, h); err != nil || known == "" {
		return "", err
	}
	at := slices.IndexFunc(entities, func(e *link.Entity) bool { return e.Entity == "person" })
	if at >= 0 {
		a.Match, err = h.desk(p).Matches(ctx, p.request(h.config, reason{}, "demo"), entities[at])
	}
	return known, err
}

func (p *program) showCountry(outcomes []flow.Outcome, a demoAnswer) error {
	p.showAgencies(outcomes, *a.Sync)
	p.showWhy(a.Why, 8)
	p.showBroken(*a.Sync)
	fmt.Fprintln(p.screen)
	if err := quality.RenderTable(p.screen, p.lang, a.Scores, p.pageWidth(), p.screen.Colour); err != nil {
		return err
	}
	return nil
}

// someone is the number of a made-up person of whom many datasets speak, and
// who do not all say the same; empty where there is none. It is read through
// the door, as everything that is shown of people.
func (p *program) someone(ctx context.Context, h *hub) (number string, err error) {
	dataset := flow.EntityDataset("person")
	t, err := h.lake.Lookup(ctx, lake.Golden, dataset)
	if sen.KindOf(err) == sen.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return "", err
	}
	conflicts, err := h.entityRelation(ctx, lake.Conflicts, dataset)
	if err != nil {
		return "", err
	}
	request := p.request(h.config, reason{}, "demo")
	request.Dataset = []sen.Dataset{dataset}
	reading, err := h.door.Open(ctx, request)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	c, err := h.engine.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	var found sql.NullString
	if err := c.Row(ctx, "SELECT arg_max(identity_number, row(entity IN (SELECT entity FROM "+conflicts+" WHERE survived), entity IN (SELECT entity FROM "+conflicts+"), datasets, entity)) FROM "+scan.SQL(), &found); err != nil {
		return "", err
	}
	current, _ := t.Current()
	if err := reading.All(dataset, current.ID); err != nil {
		return "", err
	}
	return found.String, reading.Seal()
}

// showAgencies is the table of a sync, an agency a line.
func (p *program) showAgencies(outcomes []flow.Outcome, all syncAnswer) {
	t := terminal.Table{Align: "lrrrl", Left: 2, Head: []string{"",
		p.lang.Pick("vào", "in"), p.lang.Pick("sạch", "clean"), p.lang.Pick("cách ly", "quarantined"), p.lang.Pick("chứng thực", "certificate")}}
	var order []string
	lines, certified, total := map[string]*syncLine{}, map[string]int{}, map[string]int{}
	for i, l := range all.Datasets {
		agency := l.Dataset.Agency()
		sum := lines[agency]
		if sum == nil {
			sum = &syncLine{}
			lines[agency] = sum
			order = append(order, agency)
		}
		total[agency]++
		sum.In, sum.Clean, sum.Held = sum.In+l.In, sum.Clean+l.Clean, sum.Held+l.Held
		if outcomes[i].Certificate != nil {
			certified[agency]++
			sum.Proof = l.Proof
		}
	}
	done := 0
	for _, agency := range order {
		l := lines[agency]
		done += certified[agency]
		t.Add(terminal.C(agency), p.count(l.In), p.count(l.Clean), p.held(l.Held), p.proof(l.Proof, certified[agency], total[agency]))
	}
	t.Add(terminal.Cell{Text: p.lang.Pick("tất cả", "all"), Style: terminal.Strong}, p.count(all.In), p.count(all.Clean), p.count(all.Held),
		p.proof("", done, len(all.Datasets)))
	t.Write(p.screen)
}

func (p *program) proof(digest string, certified, total int) terminal.Cell {
	of := fmt.Sprintf(p.lang.Pick("%d trên %d", "%d of %d"), certified, total)
	switch {
	case certified < total:
		return terminal.Cell{Text: "✗ " + of, Style: terminal.Bad}
	case total == 1 && digest != "":
		return terminal.Cell{Text: "✓ " + digest, Style: terminal.Good}
	}
	return terminal.Cell{Text: "✓ " + of, Style: terminal.Good}
}

func (p *program) demoNext(dir, someone string) {
	show := "sen link run"
	if someone != "" {
		show = "sen get person " + someone
	}
	p.next("cd "+dir, p.lang.Pick("mọi lệnh từ đây là của trung tâm này", "from here every command is about this hub"),
		"sen quarantine show population.person --limit 3", p.lang.Pick("những gì bị giữ lại, và vì sao", "what was kept back, and why"),
		"sen quality --agency civil-status", p.lang.Pick("một cơ quan, bảy tiêu chí, chỗ nặng nhất", "one agency by the seven criteria, and what is worst"),
		show, p.lang.Pick("một người hư cấu: mỗi trường từ đâu, vì sao", "a made-up person: where each field comes from, and why"),
		"sen verify", p.lang.Pick("đọc lại nguồn và kho, so từng dòng", "read source and store again, row against row"),
		`sen query 'SELECT count(*) FROM "population"."person"'`, p.lang.Pick("hỏi bằng SQL, có ghi sổ", "ask in SQL; the question is recorded"),
		"sen contract infer FILE", p.lang.Pick("nối dữ liệu của chính bạn", "connect something of your own"))
}
