package link

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Truth names the column that says which records are one thing, and the part
// of its value that says it: the first group of Pattern, or all that it
// matches; nil is the whole value.
type Truth struct {
	Column  string
	Pattern *regexp.Regexp
}

// ParseTruth reads COLUMN or COLUMN=REGEXP.
func ParseTruth(arg string) (Truth, error) {
	column, pattern, given := strings.Cut(arg, "=")
	t := Truth{Column: column}
	if column == "" {
		return t, sen.Errorf(sen.Invalid, "the truth %q names no column", arg).WithHint("write COLUMN, or COLUMN=REGEXP")
	}
	if given {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return t, sen.Errorf(sen.Invalid, "the truth's pattern: %w", err)
		}
		t.Pattern = re
	}
	return t, nil
}

// label is the part of a value that says which thing the record is.
func (t Truth) label(value string) (string, bool) {
	value = strings.TrimSpace(value)
	if t.Pattern == nil {
		return value, value != ""
	}
	m := t.Pattern.FindStringSubmatch(value)
	switch {
	case m == nil:
		return "", false
	case len(m) > 1:
		return m[1], true
	}
	return m[0], true
}

// Labelled is a table and, per record, the number of its true thing; -1 where
// the truth does not say.
type Labelled struct {
	Table     *Table
	Truth     []int32
	Things    int
	Unlabeled int
}

// maxFiles is how many files can be told apart: see Table.Part.
const maxFiles = 255

// loading is files on their way into one table.
type loading struct {
	truth   Truth
	out     *Labelled
	names   []string // the table's columns
	numbers map[string]int32
}

// ReadFiles reads plain files (CSV, JSON lines, Parquet, SQLite, XLSX) into one table;
// columns of one name are one column. With a truth, its column is taken out.
// Errors: those of the source; NotFound when no file has the truth's column;
// Invalid when its pattern matches no value.
func ReadFiles(ctx context.Context, e *engine.Engine, files []string, truth Truth) (*Labelled, error) {
	readers := make([]source.Reader, 0, len(files))
	defer func() {
		for _, r := range readers {
			r.Close()
		}
	}()
	if len(files) > maxFiles {
		return nil, sen.Errorf(sen.Invalid, "%d files are more than %d", len(files), maxFiles).WithHint("name a folder, whose files are one")
	}
	l := &loading{truth: truth, out: &Labelled{}, numbers: map[string]int32{}}
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		r, err := source.Open(ctx, source.Location{Path: path}, source.Options{RangeRows: 200_000, RangeBytes: 32 << 20})
		if err != nil {
			return nil, err
		}
		readers = append(readers, r)
		if err := l.addColumns(file, r.Columns()); err != nil {
			return nil, err
		}
	}
	l.out.Table = NewTable(l.names)
	for part, r := range readers {
		if err := l.read(ctx, e, part, r); err != nil {
			return nil, err
		}
	}
	if l.out.Table.Rows == 0 {
		return nil, sen.Errorf(sen.Invalid, "there is no record in it").At("%s", strings.Join(files, ", "))
	}
	if truth.Column != "" && len(l.numbers) == 0 {
		return nil, sen.Errorf(sen.Invalid, "the truth's pattern fits no value of column %q", truth.Column)
	}
	l.out.Things = len(l.numbers)
	return l.out, nil
}

func (l *loading) addColumns(file string, columns []source.Column) error {
	known := false
	for _, c := range columns {
		name := strings.TrimSpace(c.Name)
		switch {
		case l.truth.Column != "" && strings.EqualFold(name, l.truth.Column):
			known = true
		case !slices.ContainsFunc(l.names, func(n string) bool { return strings.EqualFold(n, name) }):
			l.names = append(l.names, name)
		}
	}
	if l.truth.Column == "" || known {
		return nil
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return sen.Errorf(sen.NotFound, "there is no column %q, which should hold the truth", l.truth.Column).At("%s", file).
		WithHint("its columns are %s", strings.Join(names, ", "))
}

func (l *loading) read(ctx context.Context, e *engine.Engine, part int, r source.Reader) error {
	columns := r.Columns()
	places, truthAt := make([]int, len(columns)), -1
	for i, c := range columns {
		name := strings.TrimSpace(c.Name)
		if l.truth.Column != "" && strings.EqualFold(name, l.truth.Column) {
			places[i], truthAt = -1, i
			continue
		}
		places[i] = slices.IndexFunc(l.names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	row := make([]string, len(l.names))
	add := func(value func(i int) string) {
		clear(row)
		for i, at := range places {
			if at >= 0 {
				row[at] = value(i)
			}
		}
		l.out.Table.Add(part, row)
		number := int32(-1)
		if truthAt >= 0 {
			if label, said := l.truth.label(value(truthAt)); said {
				n, known := l.numbers[label]
				if !known {
					n = int32(len(l.numbers))
					l.numbers[strings.Clone(label)] = n
				}
				number = n
			} else {
				l.out.Unlabeled++
			}
		}
		l.out.Truth = append(l.out.Truth, number)
	}
	_, err := r.Read(ctx, source.Mark{}, func(g *source.Range) error {
		defer g.Release()
		if len(g.Batches) == 0 && g.Rows > 0 {
			return readParquet(ctx, e, g, columns, add)
		}
		return readBatches(g, len(columns), add)
	})
	return err
}

func readBatches(g *source.Range, columns int, add func(func(int) string)) error {
	for _, b := range g.Batches {
		values := make([]*array.String, columns)
		for i := range values {
			values[i] = b.Column(i).(*array.String)
		}
		faults := b.Column(slices.IndexFunc(b.Schema().Fields(), func(f arrow.Field) bool { return f.Name == rows.FaultColumn }))
		lines := b.Column(slices.IndexFunc(b.Schema().Fields(), func(f arrow.Field) bool { return f.Name == rows.LineColumn })).(*array.Int64)
		for n := range int(b.NumRows()) {
			if !faults.IsNull(n) {
				return sen.Errorf(sen.Invalid, "%s", faults.ValueStr(n)).At("%s:%d", g.File, lines.Value(n)).
					WithHint("mend the row, or bring the file into a hub with `sen sync`, which keeps such rows back")
			}
			add(func(i int) string {
				if values[i].IsNull(n) {
					return ""
				}
				return values[i].Value(n)
			})
		}
	}
	return nil
}

func readParquet(ctx context.Context, e *engine.Engine, g *source.Range, columns []source.Column, add func(func(int) string)) error {
	c, err := e.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	query := "SELECT "
	for i, column := range columns {
		if i > 0 {
			query += ", "
		}
		query += "coalesce(CAST(" + engine.Ident(column.Name) + " AS VARCHAR), '')"
	}
	query += fmt.Sprintf(" FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d ORDER BY file_row_number",
		engine.Literal(g.File), g.FileRow, g.FileRow+g.Rows)
	found, err := c.Query(ctx, query)
	if err != nil {
		return err
	}
	defer found.Close()
	values := make([]string, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return err
		}
		add(func(i int) string { return values[i] })
	}
	return found.Err()
}
