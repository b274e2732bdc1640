package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/indicator"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) indicatorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "indicator",
		Short: p.lang.Pick("Chỉ tiêu cho người điều hành: tính, xem, kiểm tra", "Figures for those who govern: run, list, check"),
		Long: `Indicators are files in indicators/*.yaml: a name in both languages, one SELECT over
the clean data ("agency"."object"), the golden records ("entity"."name") and what the
hub knows of itself ("hub"."dataset", "hub"."case", "hub"."reading"), with its owner,
unit, freshness and legal basis. The SELECT gives a column value, of a share also
of; by: names the column of the groups. Where it counts people, smallest: says from
which count on figures are shown: what is smaller is withheld, and as much beside it
as keeps it from being worked out of the total (A. Hundepool et al., Statistical
Disclosure Control, 2012, chapter 4).`,
	}
	c.AddCommand(p.indicatorListCommand(), p.indicatorRunCommand(), p.indicatorCheckCommand())
	return c
}

// indicators are those of the hub that can be read, and what is wrong with the
// others.
func (d *declarations) indicators() ([]*indicator.Indicator, contract.Problems) {
	if d.fixed != nil {
		return d.fixed.indicators, d.fixed.problems
	}
	return indicator.ReadDir(d.path("indicators"), d.short)
}

// figureLine is an indicator as commands show it.
type figureLine struct {
	Indicator string            `json:"indicator"`
	Name      indicator.Text    `json:"name"`
	Unit      indicator.Text    `json:"unit"`
	Owner     string            `json:"owner"`
	Figure    *indicator.Figure `json:"figure,omitempty"`
	Stale     bool              `json:"stale,omitempty"`
	Error     string            `json:"error,omitempty"`

	failed error
}

func figureLineOf(i *indicator.Indicator) figureLine {
	return figureLine{Indicator: i.Name, Name: i.Title, Unit: i.Unit, Owner: i.Owner}
}

func (p *program) indicatorListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   p.lang.Pick("Các chỉ tiêu và con số gần nhất", "The indicators and their last figures"),
		Long:    `Lists the hub's indicators with the figure that was found last, and how old it is. Nothing is run.`,
		Example: "  sen indicator list\n  sen indicator list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withState(cmd.Context(), nil, func(d *declarations, _ []contract.Dataset, s *state.State) error {
				all, err := d.desk(s, p.now).Figures(cmd.Context())
				if err != nil {
					return err
				}
				lines := make([]figureLine, len(all))
				for i, m := range all {
					lines[i] = figureLineOf(m.Indicator)
					lines[i].Figure, lines[i].Stale = m.Last, m.Stale
				}
				p.tellIndicators(d)
				return p.answer(lines, func() { p.showFigures(lines) })
			})
		},
	}
}

// tellIndicators prints what is wrong with files of indicators, beside the answer.
func (p *program) tellIndicators(d *declarations) {
	_, problems := d.indicators()
	for _, one := range problems {
		fmt.Fprint(p.notes, p.renderProblem(one))
	}
}

func (p *program) indicatorRunCommand() *cobra.Command {
	var due bool
	c := &cobra.Command{
		Use:   "run [NAME…]",
		Short: p.lang.Pick("Tính chỉ tiêu và giữ con số", "Run indicators and keep their figures"),
		Long: `Runs the queries of indicators, those named or all, in an engine that sees nothing
but the lake, and keeps what may be shown, with the time and the snapshots it was
found in. Each run is an entry in the journal, for the purpose official-statistics.
With --due, those run that are older than their freshness allows.`,
		Example: "  sen indicator run\n  sen indicator run population --json\n  sen indicator run --due",
		RunE: func(cmd *cobra.Command, names []string) error {
			h, err := p.open(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer h.Close()
			p.tellIndicators(h.declarations)
			lines, err := p.runIndicators(cmd.Context(), h, names, due)
			if err != nil {
				return err
			}
			if err := p.answer(lines, func() { p.showFigures(lines) }); err != nil {
				return err
			}
			return failedFigures(lines)
		},
		ValidArgsFunction: p.completeIndicators,
	}
	c.Flags().BoolVar(&due, "due", false, "those alone that are older than they may be")
	return c
}

// failedFigures is an error where an indicator has no figure: the lines have
// told why.
func failedFigures(lines []figureLine) error {
	var first error
	n := 0
	for _, l := range lines {
		if l.failed == nil {
			continue
		}
		if n++; n == 1 {
			first = l.failed
		}
	}
	if n == 0 {
		return nil
	}
	return reported{sen.Errorf(sen.KindOf(first), "%d indicators have no new figure: %w", n, first)}
}

// runIndicators runs indicators, those named or all, of these with due those
// that are due. One that fails does not stop the others.
func (p *program) runIndicators(ctx context.Context, h *hub, names []string, due bool) ([]figureLine, error) {
	d := h.desk(p)
	chosen, err := chooseIndicators(ctx, d, names)
	if err != nil {
		return nil, err
	}
	chosen = slices.DeleteFunc(chosen, func(m desk.Measured) bool { return due && m.Last != nil && !m.Stale })
	lines := make([]figureLine, 0, len(chosen))
	if len(chosen) == 0 {
		return lines, nil
	}
	runner, err := p.runner(ctx, h, d)
	if err != nil {
		return nil, err
	}
	for _, m := range chosen {
		line := figureLineOf(m.Indicator)
		f, err := runner.Run(ctx, m.Indicator)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			line.Error, line.failed = err.Error(), err
		default:
			line.Figure = &f
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func chooseIndicators(ctx context.Context, d *desk.Desk, names []string) ([]desk.Measured, error) {
	all, err := d.Figures(ctx)
	if err != nil || len(names) == 0 {
		return all, err
	}
	var out []desk.Measured
	for _, name := range names {
		at := slices.IndexFunc(all, func(m desk.Measured) bool { return m.Name == name })
		if at < 0 {
			known := make([]string, len(all))
			for i, m := range all {
				known[i] = m.Name
			}
			return nil, sen.Errorf(sen.NotFound, "there is no indicator %q that can be read", name).WithHint("the hub's are %s", strings.Join(known, ", "))
		}
		out = append(out, all[at])
	}
	return out, nil
}

// runner is what runs indicators.
func (p *program) runner(ctx context.Context, h *hub, d *desk.Desk) (indicator.Runner, error) {
	beside, err := d.Relations(ctx)
	if err != nil {
		return indicator.Runner{}, err
	}
	identifying, err := h.identifying()
	if err != nil {
		return indicator.Runner{}, err
	}
	e, err := h.figures(ctx)
	if err != nil {
		return indicator.Runner{}, err
	}
	return indicator.Runner{Door: h.door, Engine: e, Lake: h.lake, State: h.state, Principal: p.principal(), Now: p.now,
		Beside: beside, Personal: h.personal, Identifies: func(d sen.Dataset, column string) bool { return identifying[string(d)+" "+column] }}, nil
}

// personal reports whether records of a dataset are about people, by what its
// contract says of its columns. Of what nothing is known, they are.
func (d *declarations) personal(name sen.Dataset) bool {
	if name.Agency() == "hub" {
		return false
	}
	for _, one := range d.contracts.Datasets() {
		if one.Name == name {
			return slices.ContainsFunc(one.Object.Properties, func(p *contract.Property) bool { return strings.HasPrefix(p.Classification, "personal") })
		}
	}
	return true
}

// identifyingElements tell who somebody is, whatever a contract says.
var identifyingElements = []string{"personal-identity-number", "identity-number-old", "person-name", "phone", "email", "address", "tax-code",
	"health-insurance-number", "social-insurance-number", "vehicle-plate", "land-parcel"}

// identifying are the columns, as "dataset column", that tell who somebody is.
func (d *declarations) identifying() (map[string]bool, error) {
	out := map[string]bool{}
	for _, one := range d.contracts.Datasets() {
		for _, p := range one.Object.Properties {
			out[string(one.Name)+" "+p.Name] = p.Classification == "personal-identifier" || slices.Contains(identifyingElements, p.Element)
		}
	}
	entities, err := d.parseEntities()
	if err != nil {
		return nil, err
	}
	for _, e := range entities {
		out["entity."+e.Entity+" entity"] = true
		for _, name := range e.Fields.Names() {
			f, _ := e.Fields.Get(name)
			out["entity."+e.Entity+" "+name] = slices.Contains(identifyingElements, f.Element)
		}
	}
	return out, nil
}

func (p *program) indicatorCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [NAME…]",
		Short: p.lang.Pick("Kiểm tra tệp chỉ tiêu; không đọc dữ liệu", "Check the files of indicators; no data is read"),
		Long: `Checks the files of indicators, and their queries against the tables: one SELECT
that reads datasets and nothing else, with the columns that are needed, and the
smallest count where it counts people. It reads no data and changes nothing.`,
		Example:           "  sen indicator check",
		RunE:              func(cmd *cobra.Command, names []string) error { return p.checkIndicators(cmd.Context(), names) },
		ValidArgsFunction: p.completeIndicators,
	}
}

func (p *program) checkIndicators(ctx context.Context, names []string) error {
	h, err := p.open(ctx, nil)
	if err != nil {
		return err
	}
	defer h.Close()
	d := h.desk(p)
	_, problems := h.indicators()
	chosen, err := chooseIndicators(ctx, d, names)
	if err != nil {
		return err
	}
	runner, err := p.runner(ctx, h, d)
	if err != nil {
		return err
	}
	for _, m := range chosen {
		if err := runner.Check(ctx, m.Indicator); err != nil {
			problems = append(problems, indicator.Problem(m.File, err))
		}
	}
	a := checkAnswer{Files: len(chosen), Errors: len(problems), Problems: append(contract.Problems{}, problems...)}
	if err := p.answer(a, func() {
		for _, one := range problems {
			fmt.Fprint(p.screen, p.renderProblem(one))
		}
		if len(problems) == 0 {
			p.say("%s %d chỉ tiêu, không có lỗi.", "%s %d indicators, no errors.", p.screen.Paint(terminal.Good, "✓"), len(chosen))
		}
	}); err != nil {
		return err
	}
	if len(problems) > 0 {
		return reported{sen.Errorf(sen.Invalid, "%d errors in indicators", len(problems))}
	}
	return nil
}

func (p *program) completeIndicators(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _ := d.indicators()
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) showFigures(lines []figureLine) {
	if len(lines) == 0 {
		p.say("Không có chỉ tiêu nào để tính.", "There is no indicator to show.")
		return
	}
	t := terminal.Table{Align: "llrlll", Left: 2, Head: []string{"", p.lang.Pick("chỉ tiêu", "indicator"), p.lang.Pick("con số", "figure"),
		p.lang.Pick("đơn vị", "unit"), p.lang.Pick("của", "owner"), p.lang.Pick("lúc", "at")}}
	for _, l := range lines {
		number, at := terminal.C("–"), terminal.C("–")
		if l.Figure != nil {
			number = terminal.C(l.Figure.Total.Say(p.lang, l.Unit.VI == "%", l.Figure.Smallest))
			at = terminal.C(p.lang.Time(l.Figure.At.Local()))
			if l.Stale {
				at = terminal.Cell{Text: at.Text + p.lang.Pick(", cũ", ", stale"), Style: terminal.Warn}
			}
		}
		if l.Error != "" {
			at = terminal.Cell{Text: terminal.Clean(l.Error), Style: terminal.Bad}
		}
		t.Add(terminal.Cell{Text: l.Indicator, Style: terminal.Quiet}, terminal.C(p.lang.Pick(l.Name.VI, l.Name.EN)), number,
			terminal.C(p.lang.Pick(l.Unit.VI, l.Unit.EN)), terminal.C(l.Owner), at)
	}
	t.Write(p.screen)
}

// figuresEvery is how often a hub that is up looks which figures are due.
const figuresEvery = 5 * time.Minute

// keepFigures runs, while the hub is up, the indicators that are due.
func (p *program) keepFigures(ctx context.Context, now func() *hub, failed func(name string, err error)) error {
	for {
		lines, err := p.runIndicators(ctx, now(), nil, true)
		if err != nil && !errors.Is(err, context.Canceled) {
			failed("", err)
		}
		for _, l := range lines {
			if l.failed != nil {
				failed(l.Indicator, l.failed)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(figuresEvery):
		}
	}
}
