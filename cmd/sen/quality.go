package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
)

// trendRuns is how many syncs a trend looks back on.
const trendRuns = 12

func (p *program) qualityCommand() *cobra.Command {
	var agency string
	c := &cobra.Command{
		Use:   "quality",
		Short: p.lang.Pick("Bảy tiêu chí: đúng, đủ, sạch, sống, thống nhất, kết nối, dùng chung", "The seven criteria, measured"),
		Long: `Shows what the last syncs measured: đúng (correct), đủ (complete), sạch (clean),
sống (living), thống nhất (unified), kết nối (connected), dùng chung (shared),
with the worst offenders. What could not be measured is "–", never 0 or 100.
The measures are Sen's own: no official formula is published.`,
		Example: "  sen quality\n  sen quality --agency civil-status",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.quality(cmd.Context(), agency)
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "one agency, in full")
	if err := c.RegisterFlagCompletionFunc("agency", p.completeAgencies); err != nil {
		panic(err) // the flag is declared above
	}
	return c
}

func (p *program) quality(ctx context.Context, agency string) error {
	d, err := p.read()
	if err != nil {
		return err
	}
	var names []string
	if agency != "" {
		names = append(names, agency)
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
	var list []sen.Dataset
	for _, one := range datasets {
		list = append(list, one.Name)
	}
	reports, err := measured(ctx, s, list)
	if err != nil {
		return err
	}
	if p.flags.json {
		return p.answer(reports, nil)
	}
	return p.showQuality(reports)
}

// measured are the agencies' reports; s is nil where nothing was synced yet.
func measured(ctx context.Context, s *state.State, datasets []sen.Dataset) ([]quality.AgencyReport, error) {
	if s == nil {
		return []quality.AgencyReport{}, nil
	}
	var reports []quality.DatasetReport
	for _, name := range datasets {
		report, ok, err := quality.Load(ctx, s, name, trendRuns)
		if err != nil {
			return nil, err
		}
		if ok {
			reports = append(reports, report)
		}
	}
	return quality.Agencies(reports), nil
}

func (p *program) showQuality(reports []quality.AgencyReport) error {
	return quality.Render(p.screen, p.lang, reports, p.pageWidth(), p.screen.Colour)
}

// pageWidth is the screen's; a page that goes into a file has room.
func (p *program) pageWidth() int {
	if p.screen.Columns > 0 {
		return p.screen.Columns
	}
	return 100
}

// completeAgencies offers the agencies of the hub that is found.
func (p *program) completeAgencies(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	d, err := p.read()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, c := range d.contracts.Contracts() {
		out = append(out, c.ID)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
