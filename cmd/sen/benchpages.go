package main

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/bench"
)

// consolePages are the main pages, each as the role that works with it, and the
// answers to forms that ask for one person.
func consolePages(number string) []bench.Page {
	look := url.Values{"key": {number}, "purpose": {string(access.QualityControl)}, "case": {"bench"}}
	confirm := url.Values{"number": {number}, "case": {"bench"}}
	return []bench.Page{
		{Name: "systems", Path: "/systems", User: "phuoc", Says: "population.person"},
		{Name: "one system", Path: "/systems/population.person", User: "phuoc", Says: "identity_number"},
		{Name: "catalogue", Path: "/catalogue", User: "khach", Says: "population.person"},
		{Name: "search of the catalogue", Path: "/catalogue?q=ho+ten", User: "khach", Says: "name"},
		{Name: "a dataset's contract", Path: "/catalogue/datasets/population.person", User: "khach", Says: "identity_number"},
		{Name: "overview", Path: "/leader", User: "son", Says: "/indicators/"},
		{Name: "indicators", Path: "/indicators", User: "son", Says: "/indicators/population"},
		{Name: "a figure and its query", Path: "/indicators/population", User: "son", Says: "SELECT"},
		{Name: "jobs", Path: "/jobs", User: "phuoc", Says: "<main"},
		{Name: "one person, the question", Path: "/person", User: "lan", Says: "quality-control"},
		{Name: "linkage review", Path: "/links", User: "hanh", Says: "/links/person"},
		{Name: "a pair, side by side", Path: "/links/person", User: "hanh", Says: "waterfall"},
		{Name: "merges", Path: "/merges", User: "hanh", Says: "<main"},
		{Name: "residence, the question", Path: "/residence", User: "mai", Says: "number"},
		{Name: "residence, the answer", Path: "/residence", Form: confirm, User: "mai", Says: "note gap"},
		{Name: "one person, the record", Path: "/person", Form: look, User: "lan", Says: number},
		{Name: "quality", Path: "/quality", User: "lan", Says: "/quality?by=dataset"},
		{Name: "quality of a dataset", Path: "/quality/population.person", User: "lan", Says: "full_name"},
		{Name: "quarantine", Path: "/quarantine", User: "lan", Says: "/quarantine/population.person"},
		{Name: "quarantine of a dataset", Path: "/quarantine/population.person", User: "lan", Says: "duplicate-key"},
		{Name: "correction cases", Path: "/cases", User: "lan", Says: "/cases/C-"},
		{Name: "one case", At: "/cases", Link: "^/cases/C-", User: "lan", Says: "events"},
		{Name: "where golden records come from", Path: "/catalogue/golden/person", User: "khach", Says: "identity_number"},
	}
}

func (p *program) benchPagesCommand() *cobra.Command {
	o, requests := demoOptions{sources: wholeCountry}, 0
	c := &cobra.Command{
		Use:   "pages",
		Short: p.lang.Pick("Các trang của bàn điều hành trả lời nhanh đến đâu", "How quickly the console's pages answer"),
		Long: `Makes the demonstration country of so many people, or takes the one that --dir
holds, serves its console on this machine, signs in, holds one answer of each main
page against what it should say, and then asks for the pages in turns, one request
at a time. Prints the median and the 95th percentile of each, in milliseconds.`,
		Example: "  sen bench pages --people 100000\n  sen bench pages --dir demo-hub --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.benchPages(cmd.Context(), o, requests)
		},
	}
	c.Flags().IntVar(&o.people, "people", 100_000, "how many people, living and dead")
	c.Flags().Uint64Var(&o.seed, "seed", 7, "another seed is another country")
	c.Flags().IntVar(&requests, "requests", 200, "how often each page is asked for")
	return c
}

func (p *program) benchPages(ctx context.Context, o demoOptions, requests int) error {
	if o.dir = p.flags.dir; o.dir == "" {
		dir, err := os.MkdirTemp("", "sen-bench-")
		if err != nil {
			return sen.Errorf(sen.Unavailable, "make a folder for the country: %w", err)
		}
		defer os.RemoveAll(dir)
		o.dir = filepath.Join(dir, "hub")
	}
	if !isHub(o.dir) {
		quiet := *p // its answer is not this command's
		quiet.out, quiet.screen, quiet.flags.json = io.Discard, terminal.Screen{Writer: io.Discard}, false
		if err := quiet.demo(ctx, o); err != nil {
			return err
		}
	}
	p.flags.dir = o.dir
	times, err := p.timePages(ctx, requests)
	if err != nil {
		return err
	}
	return p.answer(times, func() { p.showPages(times) })
}

// timePages serves the hub's console, and asks it.
func (p *program) timePages(ctx context.Context, requests int) ([]bench.PageTime, error) {
	h, err := p.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if !h.config.Demo {
		return nil, sen.Errorf(sen.Invalid, "this hub is no demonstration: nobody made up can sign in").At("%s", h.dir).
			WithHint("name a hub that `sen demo` made, or no --dir at all")
	}
	if err := h.keepIndex(); err != nil {
		return nil, err
	}
	number, err := p.someone(ctx, h)
	if err != nil {
		return nil, err
	}
	siteOf, err := p.site(ctx, h, upFlags{listen: "127.0.0.1:0"}, slog.New(slog.NewJSONHandler(p.err, nil)))
	if err != nil {
		return nil, err
	}
	site, err := siteOf(h.desk(p))
	if err != nil {
		return nil, err
	}
	return bench.Pages(ctx, bench.PagesOptions{Console: site, Pages: consolePages(number), Password: demoUsers[0].Password, Requests: requests})
}

func (p *program) showPages(times []bench.PageTime) {
	t := terminal.Table{Align: "llrrr", Left: 2, Head: []string{p.lang.Pick("trang", "page"), p.lang.Pick("đường dẫn", "path"), "KB",
		"p50 ms", "p95 ms"}}
	for _, one := range times {
		t.Add(terminal.C(one.Page), terminal.C(one.Path), terminal.C(p.lang.Decimal(float64(one.Bytes)/1000, 1)),
			terminal.C(p.lang.Decimal(one.P50, 1)), terminal.C(p.lang.Decimal(one.P95, 1)))
	}
	t.Write(p.screen)
}
