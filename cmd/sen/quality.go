package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/quality"
	"github.com/sen-hub/sen/internal/state"
)

func (p *program) qualityCommand() *cobra.Command {
	var agency, file string
	c := &cobra.Command{
		Use:   "quality",
		Short: p.lang.Pick("Bảy tiêu chí: đúng, đủ, sạch, sống, thống nhất, kết nối, dùng chung", "The seven criteria, measured"),
		Long: `Shows what the last syncs measured: đúng (correct), đủ (complete), sạch (clean),
sống (living), thống nhất (unified), kết nối (connected), dùng chung (shared),
with the worst offenders. What could not be measured is "–", never 0 or 100.
The measures are Sen's own: no official formula is published.`,
		Example: "  sen quality\n  sen quality --agency civil-status\n  sen quality --output quality.xlsx",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file != "" {
				var names []string
				if agency != "" {
					names = []string{agency}
				}
				return p.exportQuality(cmd.Context(), names, file)
			}
			return p.quality(cmd.Context(), agency)
		},
	}
	c.Flags().StringVarP(&file, "output", "o", "", "write an official table to this workbook (.xlsx) instead: agencies, datasets with the rows that bad data cost, what is wrong")
	c.Flags().StringVar(&agency, "agency", "", "one agency, in full")
	if err := c.RegisterFlagCompletionFunc("agency", p.completeAgencies); err != nil {
		panic(err) // the flag is declared above
	}
	return c
}

func (p *program) quality(ctx context.Context, agency string) error {
	var names []string
	if agency != "" {
		names = append(names, agency)
	}
	return p.withState(ctx, names, func(d *declarations, datasets []contract.Dataset, s *state.State) error {
		reports, err := d.desk(s, p.now).Quality(ctx, datasets)
		if err != nil {
			return err
		}
		if p.flags.json {
			return p.answer(reports, nil)
		}
		return p.showQuality(reports)
	})
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
