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
	"github.com/sen-hub/sen/internal/clean"
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

	// Of a database.
	password, tls, ca, schema string
	tables                    []string
}

func (p *program) inferCommand() *cobra.Command {
	o := inferOptions{}
	c := &cobra.Command{
		Use:   "infer SOURCE",
		Short: p.lang.Pick("Soạn hợp đồng từ một nguồn", "Draft a contract from a source"),
		Long: `Looks at a file, a folder or a glob (CSV, JSON lines, Parquet, SQLite, XLSX) and
drafts a contract: types, keys, relationships, data elements recognised by what the
values are, with the evidence as comments, rules it would propose, and what it
is not sure of. Each table of a SQLite file and each sheet of a workbook is a
dataset. No value of a personal column is written or shown. The draft
goes to standard output, or to a file with -o.

SOURCE is also the address of a database, postgresql://user@host:port/database or
mysql://… (MariaDB too): then each table is sampled, none is read whole, and
types, keys, relationships and comments are those that the database declares.
The password is never in the address: --password names where it is.`,
		Example: "  sen contract infer sources/births.csv --agency civil-status -o contracts/civil-status.odcs.yaml\n" +
			"  sen contract infer 'sources/vehicles/*.parquet' > contracts/vehicles.odcs.yaml\n" +
			"  sen contract infer postgresql://sen_reader@db.example:5432/civil --password env:CIVIL_PASSWORD --schema public -o contracts/civil.odcs.yaml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source = args[0]
			return p.infer(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.agency, "agency", "", "the contract's id, by which its datasets are called (default: from the path)")
	c.Flags().StringVarP(&o.out, "out", "o", "", "write the draft to this file")
	c.Flags().BoolVar(&o.force, "force", false, "write over a file that is there")
	c.Flags().StringVar(&o.password, "password", "", "of a database: where the password is: env:NAME, file:/path or command:program argument")
	c.Flags().StringVar(&o.tls, "tls", "verify-full", "of a database: verify-full, or off")
	c.Flags().StringVar(&o.ca, "ca", "", "of a database: file of the authority that its certificate is verified against")
	c.Flags().StringVar(&o.schema, "schema", "", "of a PostgreSQL database: whose tables (default: public)")
	c.Flags().StringSliceVar(&o.tables, "tables", nil, "of a database: these tables or patterns alone, like births,deaths or 'reg_*'")
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
		return sen.Errorf(sen.Unavailable, "write %s: %w", shortPath(path), err).WithHint("see that the folder is there and may be written")
	}
	if err := os.Rename(part, path); err != nil {
		return sen.Errorf(sen.Unavailable, "write %s: %w", shortPath(path), err)
	}
	return nil
}

// profile looks at the source with an engine of its own. In a hub, keys of
// datasets that are there already are candidates for relationships.
func (p *program) profile(ctx context.Context, o inferOptions) ([]contract.Profile, error) {
	d, outside := p.read()
	at, remote, err := p.around(ctx, d, outside == nil)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(ctx, engine.Options{Functions: clean.Functions(), Remote: remote})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	options := profile.Options{On: p.now(), Agency: o.agency, Tables: o.tables, Elements: p.elements()}
	if outside != nil { // outside of a hub, or in a broken one, a source can be looked at all the same
		return p.profileOf(ctx, c, o, options)
	}
	if exists(d.data("lake")) {
		l, err := lake.Open(ctx, at)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		if options.Known, err = d.knownKeys(ctx, l); err != nil {
			return nil, err
		}
	}
	found, err := p.profileOf(ctx, c, o, options)
	for i := range found {
		d.shorten(found[i].Servers)
	}
	return found, err
}

// profileOf looks at a database where the source has an address, else at files.
func (p *program) profileOf(ctx context.Context, c *engine.Conn, o inferOptions, options profile.Options) ([]contract.Profile, error) {
	if strings.Contains(o.source, "://") {
		return p.profileDatabase(ctx, c, o, options)
	}
	path, err := filepath.Abs(o.source)
	if err != nil {
		return nil, err
	}
	return profile.Source(ctx, c, path, options)
}

// around is where the lake of the hub is, if we are in one that can be read.
func (p *program) around(ctx context.Context, d *declarations, inside bool) (lake.Options, *engine.Remote, error) {
	if !inside {
		return lake.Options{}, nil, nil
	}
	at, err := d.lakeAt(ctx, p)
	if err != nil {
		return at, nil, err
	}
	remote, err := d.remote(at)
	return at, remote, err
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
		k := profile.Key{Dataset: one.Name, Column: key[0].Name, Relation: "(" + scan.SQL() + ")"}
		for _, property := range one.Object.Properties {
			k.Columns = append(k.Columns, property.Name)
		}
		out = append(out, k)
	}
	return out, nil
}

// shorten writes paths inside the hub as seen from it, so that the hub can move.
func (d *declarations) shorten(servers []contract.ServerProfile) {
	for _, s := range servers {
		for _, name := range []string{"path", "ca"} {
			if rel, err := filepath.Rel(d.dir, s.Facts[name]); err == nil && s.Facts[name] != "" && !strings.HasPrefix(rel, "..") {
				s.Facts[name] = filepath.ToSlash(rel)
			}
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
