package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/profile"
)

// inferOptions say what to look at, and where the draft goes.
type inferOptions struct {
	source string
	agency string
	out    string
	force  bool
}

func (p *program) inferCommand() *cobra.Command {
	o := inferOptions{}
	c := &cobra.Command{
		Use:   "infer SOURCE",
		Short: p.lang.Pick("Soạn hợp đồng từ một nguồn", "Draft a contract from a source"),
		Long: `Looks at a file, a folder or a glob (CSV, JSON lines, Parquet, SQLite) and drafts
a contract: types, keys, relationships, data elements recognised by what the
values are, with the evidence as comments, rules it would propose, and what it
is not sure of. No value of a personal column is written or shown. The draft
goes to standard output, or to a file with -o.`,
		Example: "  sen contract infer sources/births.csv --agency civil-status -o contracts/civil-status.odcs.yaml\n" +
			"  sen contract infer 'sources/vehicles/*.parquet' > contracts/vehicles.odcs.yaml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source = args[0]
			return p.infer(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.agency, "agency", "", "the contract's id, by which its datasets are called (default: from the path)")
	c.Flags().StringVarP(&o.out, "out", "o", "", "write the draft to this file")
	c.Flags().BoolVar(&o.force, "force", false, "write over a file that is there")
	return c
}

type inferAnswer struct {
	Files    []string           `json:"files,omitempty"`
	Profiles []contract.Profile `json:"profiles"`
	Draft    string             `json:"draft,omitempty"`
}

func (p *program) infer(ctx context.Context, o inferOptions) error {
	if o.out != "" && exists(o.out) && !o.force {
		return sen.Errorf(sen.Exists, "there is a contract already").At("%s", o.out).
			WithHint("name another file, or say --force to write over it; `sen contract diff` compares two")
	}
	begun := p.now()
	found, err := p.profile(ctx, o)
	if err != nil {
		return err
	}
	took := p.now().Sub(begun)
	a := inferAnswer{Profiles: found}
	var draft strings.Builder
	for _, one := range found {
		draft.Write(contract.Draft(one))
	}
	if o.out == "" {
		a.Draft = draft.String()
		return p.answer(a, func() {
			fmt.Fprint(p.out, a.Draft)
			p.showProfile(p.notes, found, p.lang.Duration(took))
		})
	}
	if err := writeWhole(o.out, draft.String()); err != nil {
		return err
	}
	a.Files = []string{o.out}
	return p.answer(a, func() {
		p.showProfile(p.screen, found, p.lang.Duration(took))
		p.next("sen contract check "+o.out, p.lang.Pick("sau khi đã đọc và sửa", "once you have read and mended it"),
			"sen sync "+found[0].Agency, p.lang.Pick("đưa dữ liệu vào", "bring the data in"))
	})
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(path, content string) error {
	part := path + ".part"
	if err := os.WriteFile(part, []byte(content), 0o644); err != nil {
		return sen.Errorf(sen.Unavailable, "write the draft: %w", err).WithHint("see that the folder is there and may be written")
	}
	if err := os.Rename(part, path); err != nil {
		return sen.Errorf(sen.Unavailable, "write the draft: %w", err)
	}
	return nil
}

// profile looks at the source with an engine of its own. In a hub, keys of
// datasets that are there already are candidates for relationships.
func (p *program) profile(ctx context.Context, o inferOptions) ([]contract.Profile, error) {
	e, err := engine.Open(ctx, engine.Options{})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	path, err := filepath.Abs(o.source)
	if err != nil {
		return nil, err
	}
	options := profile.Options{On: p.now(), Agency: o.agency}
	d, err := p.read()
	if err != nil { // outside of a hub, or in a broken one, a source can be looked at all the same
		return profile.Source(ctx, c, path, options)
	}
	if exists(d.data("lake")) {
		l, err := lake.Open(ctx, lake.Options{Dir: d.data("lake")})
		if err != nil {
			return nil, err
		}
		defer l.Close()
		if options.Known, err = d.knownKeys(ctx, l); err != nil {
			return nil, err
		}
	}
	found, err := profile.Source(ctx, c, path, options)
	for i := range found {
		d.shorten(found[i].Servers)
	}
	return found, err
}

// knownKeys are the single-column keys of what the hub holds.
func (d *declarations) knownKeys(ctx context.Context, l *lake.Lake) ([]profile.Key, error) {
	var out []profile.Key
	for _, one := range d.contracts.Datasets() {
		key := one.Key()
		if len(key) != 1 {
			continue
		}
		t, err := l.Lookup(ctx, lake.Clean, one.Name)
		if err != nil && sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return nil, err
		}
		out = append(out, profile.Key{Dataset: one.Name, Column: key[0].Name, Relation: "(" + scan.SQL() + ")"})
	}
	return out, nil
}

// shorten writes paths inside the hub as seen from it, so that the hub can move.
func (d *declarations) shorten(servers []contract.ServerProfile) {
	for _, s := range servers {
		if rel, err := filepath.Rel(d.dir, s.Facts["path"]); err == nil && !strings.HasPrefix(rel, "..") {
			s.Facts["path"] = filepath.ToSlash(rel)
		}
	}
}

// showProfile says what was recognised, a line for each column that has
// something to it.
func (p *program) showProfile(s terminal.Screen, found []contract.Profile, took string) {
	for _, one := range found {
		var rows, sampled int64
		for _, o := range one.Objects {
			rows, sampled = rows+max(o.Rows, 0), sampled+o.Sampled
		}
		fmt.Fprintf(s, p.lang.Pick("%d bảng · %s dòng · đã xem %s dòng trong %s\n", "%d tables · %s rows · looked at %s rows in %s\n"),
			len(one.Objects), p.lang.Count(rows), p.lang.Count(sampled), took)
		for _, o := range one.Objects {
			p.showObject(s, o)
		}
	}
}

func (p *program) showObject(s terminal.Screen, o contract.ObjectProfile) {
	t := terminal.Table{Align: "lll", Left: 2}
	unsure := terminal.Table{Align: "ll", Left: 2}
	for _, c := range o.Columns {
		evidence := c.ElementEvidence
		if c.EncodingEvidence != "" {
			evidence = strings.TrimPrefix(evidence+"; "+c.EncodingEvidence, "; ")
		}
		if c.Element != "" || evidence != "" {
			t.Add(terminal.C(c.PhysicalName), terminal.Cell{Text: c.Element, Style: terminal.Good}, terminal.Cell{Text: evidence, Style: terminal.Quiet})
		}
		if c.Unsure != "" {
			unsure.Add(terminal.C(c.PhysicalName), terminal.Cell{Text: c.Unsure, Style: terminal.Warn})
		}
	}
	for _, question := range o.Unsure {
		unsure.Add(terminal.C(o.PhysicalName), terminal.Cell{Text: question, Style: terminal.Warn})
	}
	fmt.Fprintf(s, "\n%s\n", s.Paint(terminal.Strong, o.PhysicalName))
	t.Write(s)
	if len(unsure.Rows) > 0 {
		fmt.Fprintln(s, p.lang.Pick("Chưa chắc", "Not sure"))
		unsure.Write(s)
	}
}
