package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/sen-hub/sen"
)

// Evidence is why something was taken to be a dataset, or was not.
type Evidence struct {
	Subject string // a path, or a path and a table
	Found   string // a sentence
}

// Discover finds the datasets of a file, a folder or a glob: each table of a
// SQLite file and each sheet of a workbook is one, and the files of a folder that have the same format and
// the same columns are one together. A file that cannot be read is left out
// with the reason; the error is for a path without any dataset.
func Discover(ctx context.Context, path string) ([]Location, []Evidence, error) {
	set, err := listFiles(path)
	if err != nil {
		return nil, nil, err
	}
	found := &discovery{set: set}
	for _, name := range set.ignored {
		found.say(path, "passed over %s", name)
	}
	for _, f := range set.list {
		if err := ctx.Err(); err != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err := found.file(ctx, f); err != nil {
			found.say(f.path, "left out: %v", err)
			found.failed = err
		}
	}
	found.join()
	if len(found.locations) == 0 {
		return nil, found.evidence, found.failed
	}
	return found.locations, found.evidence, nil
}

type discovery struct {
	set       files
	groups    []*alike
	locations []Location
	evidence  []Evidence
	failed    error
}

// alike are files of one format and the same columns.
type alike struct {
	format  string
	columns []string // sorted
	files   []file
}

func (d *discovery) say(subject, format string, args ...any) {
	d.evidence = append(d.evidence, Evidence{subject, fmt.Sprintf(format, args...)})
}

func (d *discovery) file(ctx context.Context, f file) error {
	format, err := f.format()
	if err != nil {
		return err
	}
	if format == SQLite {
		return d.tables(ctx, f)
	}
	if format == XLSX {
		if several, err := d.sheets(ctx, f); several || err != nil {
			return err
		}
	}
	r, err := Open(ctx, Location{Path: f.path, Format: format}, Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	columns := names(r.Columns())
	slices.Sort(columns)
	for _, g := range d.groups {
		if g.format == format && slices.Equal(g.columns, columns) {
			g.files = append(g.files, f)
			return nil
		}
	}
	d.groups = append(d.groups, &alike{format, columns, []file{f}})
	return nil
}

// tables takes each table of a SQLite file for a dataset; a view shows what
// tables hold, and is one only where there is no table.
func (d *discovery) tables(ctx context.Context, f file) error {
	r := &sqliteReader{path: f.path, options: Options{}.WithDefaults()}
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var tables, views []string
	err = each(conn, `SELECT name, type FROM pragma_table_list
		WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`,
		func(s *sqlite.Stmt) error {
			if s.ColumnText(1) == "view" {
				views = append(views, s.ColumnText(0))
			} else {
				tables = append(tables, s.ColumnText(0))
			}
			return nil
		})
	if err != nil {
		return r.explain(ctx, err)
	}
	if tables == nil {
		tables, views = views, nil
	}
	if tables == nil {
		return sen.Errorf(sen.Invalid, "%s holds no table", f.path)
	}
	d.say(f.path, "SQLite with %d tables: %s", len(tables), strings.Join(tables, ", "))
	if views != nil {
		d.say(f.path, "views are left out, they show what tables hold: %s", strings.Join(views, ", "))
	}
	for _, table := range tables {
		d.locations = append(d.locations, Location{Path: f.path, Format: SQLite, Table: table})
	}
	return nil
}

// join makes a dataset of each group, by the shortest path that names its
// files and no other; where none does, of each file.
func (d *discovery) join() {
	for _, g := range d.groups {
		path, ok := d.pathOf(g)
		if !ok {
			d.say(d.set.path, "%d files of the same columns share no pattern that leaves the others out: each is a dataset", len(g.files))
			for _, f := range g.files {
				d.locations = append(d.locations, Location{Path: f.path, Format: g.format})
			}
			continue
		}
		d.locations = append(d.locations, Location{Path: path, Format: g.format})
		if len(g.files) > 1 {
			d.say(path, "one dataset: %d %s files with the same %d columns", len(g.files), g.format, len(g.columns))
		}
	}
	slices.SortStableFunc(d.locations, func(a, b Location) int { return strings.Compare(a.Path+"\x00"+a.Table, b.Path+"\x00"+b.Table) })
}

func (d *discovery) pathOf(g *alike) (string, bool) {
	if len(g.files) == 1 {
		return g.files[0].path, true
	}
	if len(g.files) == len(d.set.list) {
		return d.set.path, true
	}
	first, last := g.files[0].name, g.files[len(g.files)-1].name
	for _, pattern := range []string{"*" + filepath.Ext(first), commonPrefix(first, last) + "*" + filepath.Ext(first)} {
		if d.names(pattern, g) {
			return filepath.Join(filepath.Dir(g.files[0].path), pattern), true
		}
	}
	return "", false
}

// names reports whether a pattern matches the group's files and no others.
func (d *discovery) names(pattern string, g *alike) bool {
	matched := 0
	for _, f := range d.set.list {
		if ok, err := filepath.Match(pattern, f.name); err != nil {
			return false
		} else if ok {
			matched++
			if !slices.ContainsFunc(g.files, func(own file) bool { return own.name == f.name }) {
				return false
			}
		}
	}
	return matched == len(g.files)
}

// commonPrefix of two names, without digits at its end: parts are numbered.
func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return strings.TrimRight(a[:n], "0123456789")
}
