package main

import (
	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/bench"
)

func (p *program) benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "bench",
		Short:   p.lang.Pick("Đo tốc độ trên máy này", "Measure the speed on this machine"),
		Long:    "Measures the main job, and what a value of each data element costs, on this machine.",
		Example: "  sen bench sync --records 1000000\n  sen bench dictionary",
	}
	c.AddCommand(p.benchSyncCommand(), p.benchDictionaryCommand())
	return c
}

func (p *program) benchSyncCommand() *cobra.Command {
	o := bench.Options{}
	c := &cobra.Command{
		Use:   "sync",
		Short: p.lang.Pick("Một lần đồng bộ trọn vẹn so với một lần chép", "A whole sync against a plain copy"),
		Long: `Makes a country of about so many records and syncs it, then copies the same rows
plainly, with the same engine and settings: the floor. Every row is held
against the truth; a wrong answer fails the run. Prints a disk plan first, on
standard error, and one line of JSON.`,
		Example: "  sen bench sync --records 1000000\n  sen bench sync --records 10000000 --dir /data/bench",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Log = p.flags.dir, p.err
			figures, err := bench.Sync(cmd.Context(), o)
			if err != nil {
				return err
			}
			return figures.Print(p.out)
		},
	}
	c.Flags().Int64Var(&o.Records, "records", 1_000_000, "about how many records")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "another seed is another country")
	c.Flags().IntVar(&o.Threads, "threads", 0, "threads of the engine; 0 is one for each CPU")
	return c
}

func (p *program) benchDictionaryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "dictionary",
		Short: p.lang.Pick("Giá của mỗi phần tử dữ liệu, nano giây một giá trị", "What each data element costs, in nanoseconds a value"),
		Long: `Standardises a million values of each data element, most as they mostly come, on
one thread: by its Go form and by its SQL form in the engine.`,
		Example: "  sen bench dictionary --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			costs, err := bench.Dictionary(cmd.Context())
			if err != nil {
				return err
			}
			return p.answer(costs, func() { p.showCosts(costs) })
		},
	}
}

func (p *program) showCosts(costs []bench.Cost) {
	t := terminal.Table{Align: "lrr", Left: 2, Head: []string{p.lang.Pick("ns một giá trị", "ns a value"), "Go", "SQL"}}
	for _, c := range costs {
		t.Add(terminal.C(c.Element), terminal.C(p.lang.Decimal(c.Go, 0)), terminal.C(p.lang.Decimal(c.SQL, 0)))
	}
	t.Write(p.screen)
}
