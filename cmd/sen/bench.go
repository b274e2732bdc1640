package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/bench"
)

func (p *program) benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "bench",
		Short:   p.lang.Pick("Đo tốc độ trên máy này", "Measure the speed on this machine"),
		Long:    "Measures the main job, and what a value of each data element costs, on this machine.",
		Example: "  sen bench sync --records 1000000\n  sen bench nation --records 1000000\n  sen bench extract --rows 5000000\n  sen bench dictionary\n  sen bench address\n  sen bench pages --people 100000",
	}
	c.AddCommand(p.benchSyncCommand(), p.benchNationCommand(), p.benchLookupCommand(), p.benchExtractCommand(), p.benchDictionaryCommand(), p.benchAddressCommand(), p.benchQualityCommand(), p.benchPeopleCommand(), p.benchPagesCommand())
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
	c.Flags().IntVar(&o.Threads, "threads", 0, "ranges worked on side by side; 0 is one for each CPU")
	return c
}

func (p *program) benchNationCommand() *cobra.Command {
	o := bench.Options{}
	var gib int64
	c := &cobra.Command{
		Use:   "nation",
		Short: p.lang.Pick("Trọn việc: từ nguồn đến bản ghi vàng", "The whole job: from sources to golden records"),
		Long: `Makes a country of about so many records and does the whole job in a fresh folder:
sync, links, golden records, index. After the clock it holds all pairs of records
about people against the truth, which the process that links never opens: in all,
of the records without a valid number, and by kind of planted error. Then it
copies the landed rows plainly: the floor. Prints one line of JSON.`,
		Example: "  sen bench nation --records 1000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Log, o.Memory = p.flags.dir, p.err, gib<<30
			figures, err := bench.Nation(cmd.Context(), o)
			if err != nil {
				return err
			}
			return figures.Print(p.out)
		},
	}
	c.Flags().Int64Var(&o.Records, "records", 1_000_000, "about how many records")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "another seed is another country")
	c.Flags().BoolVar(&o.Reuse, "reuse", false, "take the country that an earlier run made in --dir, and make the hub anew")
	c.Flags().BoolVar(&o.Resume, "resume", false, "go on in the hub that an earlier run left in --dir; the figures are of this run alone")
	c.Flags().Int64Var(&gib, "memory", 3, "GiB that each of the engines may hold before it spills")
	c.Flags().IntVar(&o.Threads, "threads", 0, "ranges worked on side by side; 0 is one for each CPU")
	return c
}

func (p *program) benchPeopleCommand() *cobra.Command {
	var records int64
	var seed uint64
	var out string
	c := &cobra.Command{
		Use:   "people",
		Short: p.lang.Pick("Tạo bản ghi về người, có trùng lặp và sự thật", "Make records of people, with duplicates and the truth"),
		Long: `Writes records of made-up people as one Parquet file: name, birth date, sex,
province and telephone with errors and gaps, more than one record of some, and
in the column person the truth. The same seed gives the same bytes.
` + "`make bench-link-large`" + ` links such a file beside another program.`,
		Example: "  sen bench people --records 1000000 --out people.parquet\n  sen link eval --truth person people.parquet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.People(cmd.Context(), records, seed, out)
		},
	}
	c.Flags().Int64Var(&records, "records", 1_000_000, "how many records")
	c.Flags().Uint64Var(&seed, "seed", 1, "another seed is other people")
	c.Flags().StringVarP(&out, "out", "o", "people.parquet", "the file")
	return c
}

func (p *program) benchLookupCommand() *cobra.Command {
	o := bench.LookupOptions{}
	c := &cobra.Command{
		Use:   "lookup",
		Short: p.lang.Pick("Tra bản ghi vàng theo khóa, trong khi đang nạp", "Golden records by their keys, while a load goes on"),
		Long: `Loads so many made-up golden records into an index whose cache is far smaller, then
asks for random ones by one of their keys, one in ten of which nobody has, while
the next load goes on. Every answer is held against what was loaded. Prints one
line of JSON.`,
		Example: "  sen bench lookup --records 5000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Log = p.flags.dir, p.err
			figures, err := bench.Lookup(cmd.Context(), o)
			if err != nil {
				return err
			}
			return figures.Print(p.out)
		},
	}
	c.Flags().Int64Var(&o.Records, "records", 5_000_000, "golden records")
	c.Flags().IntVar(&o.Lookups, "lookups", 500_000, "keys that are asked for")
	return c
}

func (p *program) benchExtractCommand() *cobra.Command {
	o := bench.ExtractOptions{}
	c := &cobra.Command{
		Use:   "extract",
		Short: p.lang.Pick("Trích từ máy chủ thật so với COPY đơn thuần", "Extraction from real servers against a plain COPY"),
		Long: `Starts database servers of its own, makes a table of so many rows in each, and
reads it to nowhere as plainly as the server's client does, with the same
connections: the floor. Beside it the hub lands the table as Parquet, digested
and durable, without cleaning. Floor and extraction take three turns each; the
medians count. What landed is held against the sum that the server computes by
its own SQL before a figure is printed: one line of JSON for each system.`,
		Example: "  sen bench extract --rows 5000000\n  sen bench extract --rows 1000000 --system postgresql --connections 2",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Log = p.flags.dir, p.err
			return bench.Extract(cmd.Context(), o, func(x bench.Extracted) error { return x.Print(p.out) })
		},
	}
	c.Flags().Int64Var(&o.Rows, "rows", 1_000_000, "rows of the table")
	c.Flags().IntVar(&o.Connections, "connections", 4, "connections of the floor and of the extraction alike")
	c.Flags().StringSliceVar(&o.Systems, "system", nil, "the systems to read: "+strings.Join(bench.Systems(), ", ")+" (default: all)")
	c.Flags().IntVar(&o.Threads, "threads", 0, "ranges worked on side by side; 0 is one for each CPU")
	return c
}

func (p *program) benchQualityCommand() *cobra.Command {
	o := bench.Options{}
	c := &cobra.Command{
		Use:   "quality",
		Short: p.lang.Pick("Mỗi loại lỗi đã cài ra sao: sửa, giữ lại, báo nhầm", "What became of each kind of planted error, and false alarms"),
		Long: `Makes a country of about so many records with errors planted at known rates, syncs it,
holds every row and every value against the truth (a wrong one fails the run), and
says for each kind of error how many rows were repaired and how many kept back.
The last line is of the rows without an error: any kept back would be false alarms.`,
		Example: "  sen bench quality --records 1000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.Log = p.flags.dir, p.err
			kinds, err := bench.Quality(cmd.Context(), o)
			if err != nil {
				return err
			}
			return p.answer(kinds, func() { p.showKinds(kinds) })
		},
	}
	c.Flags().Int64Var(&o.Records, "records", 1_000_000, "about how many records")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "another seed is another country")
	return c
}

func (p *program) showKinds(kinds []bench.Kind) {
	t := terminal.Table{Align: "lrrr", Left: 2, Head: []string{p.lang.Pick("lỗi đã cài", "planted error"), p.lang.Pick("dòng", "rows"), p.lang.Pick("trong kho, đúng sự thật", "in the store, as the truth says"), p.lang.Pick("giữ lại", "kept back")}}
	var none []bench.Kind
	for _, k := range kinds {
		if k.Planted == "" {
			none = append(none, k)
			continue
		}
		t.Add(terminal.C(k.Planted), p.count(k.Rows), p.count(k.Clean), p.count(k.Quarantined))
	}
	for _, k := range none {
		t.Add(terminal.Cell{Text: p.lang.Pick("không lỗi", "no error"), Style: terminal.Strong}, p.count(k.Rows), p.count(k.Clean), p.count(k.Quarantined))
	}
	t.Write(p.screen)
}

func (p *program) benchAddressCommand() *cobra.Command {
	folder, seed := "", uint64(0)
	c := &cobra.Command{
		Use:   "address",
		Short: p.lang.Pick("Đọc địa chỉ đúng đến đâu, nhanh đến đâu", "How well and how quickly addresses are read"),
		Long: `Writes every ward of the published lists, before and after 1 July 2025, in many ways
(without marks, abbreviated, misspelled, out of order, …), by a generator that
shares no code with the reader, reads what was written, holds each answer against
what is true, and says how many a second were read.`,
		Example: "  sen bench address --data ../shared/data/admin-units",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := bench.Addresses(cmd.Context(), folder, seed)
			if err != nil {
				return err
			}
			return p.answer(a, func() { p.showAddressed(a) })
		},
	}
	c.Flags().StringVar(&folder, "data", filepath.Join("..", "shared", "data", "admin-units"), "the folder of the published lists")
	c.Flags().Uint64Var(&seed, "seed", 7, "another seed writes other mistakes")
	return c
}

func (p *program) showAddressed(a bench.Addressed) {
	t := terminal.Table{Align: "lrrrrr", Left: 2, Head: []string{fmt.Sprintf(p.lang.Pick("%s đơn vị, hạt giống %d", "%s units, seed %d"), p.lang.Count(int64(a.Units)), a.Seed),
		p.lang.Pick("địa chỉ", "addresses"), p.lang.Pick("xác định %", "resolved %"), p.lang.Pick("đúng là mơ hồ %", "rightly ambiguous %"), p.lang.Pick("sai %", "wrong %"), p.lang.Pick("bỏ ngỏ %", "open %")}}
	for _, s := range append(slices.Clone(a.Scores), a.All) {
		share := func(n int) terminal.Cell { return terminal.C(p.lang.Decimal(100*float64(n)/float64(s.Addresses), 2)) }
		t.Add(terminal.C(s.Noise), p.count(int64(s.Addresses)), share(s.Resolved), share(s.Ambiguous), share(s.Wrong), share(s.Open))
	}
	t.Write(p.screen)
	p.say("\n  phường xã bị chia: đủ mọi phần của %d trên %d", "\n  split wards: all parts of %d of %d", a.Split, a.SplitOf)
	p.say("  %s địa chỉ một giây trên %d luồng, %s trên một luồng", "  %s addresses a second on %d threads, %s on one",
		p.lang.Count(int64(a.Second)), a.Threads, p.lang.Count(int64(a.OneSecond)))
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
