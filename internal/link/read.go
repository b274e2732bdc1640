package link

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

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

// label is the part of a value that says which thing the record is; an empty one
// says nothing.
func (t Truth) label(value string) string {
	value = strings.TrimSpace(value)
	if t.Pattern == nil {
		return value
	}
	m := t.Pattern.FindStringSubmatch(value)
	switch {
	case m == nil:
		return ""
	case len(m) > 1:
		return m[1]
	}
	return m[0]
}

// Labelled is a table and the truth about it, which Evaluate looks at first.
type Labelled struct {
	Table     *Table
	Truth     []int32 // per record: the number of its true thing; -1 where the truth does not say
	Things    int
	Unlabeled int

	ids  texts // of the records, in their order
	said texts // what each says of the truth
	rule Truth
}

// number numbers what the records say of the truth: the work of judging, which
// begins when the links are there.
func (l *Labelled) number() {
	labels := make([]string, l.said.len())
	for i := range labels {
		if labels[i] = l.rule.label(l.said.at(int32(i))); labels[i] == "" {
			l.Unlabeled++
		}
	}
	var things texts
	l.Truth = things.numbers(labels)
	l.Things = things.len()
}

// fits reports whether the truth says anything of any record.
func (l *Labelled) fits() bool {
	for i := range l.said.len() {
		if l.rule.label(l.said.at(int32(i))) != "" {
			return true
		}
	}
	return false
}

// Record is the one that has an id.
func (l *Labelled) Record(id string) (record int32, known bool) { return l.ids.known(id) }

// ReadOptions say what is read of files.
type ReadOptions struct {
	Truth  Truth    // its column is taken out
	Wanted []string // the columns that are read; nil: all
	ID     string   // the column that names each record; where it is not wanted by name, it is taken out
}

// maxFiles is how many files can be told apart: see Table.Part.
const maxFiles = 255

// loading is files on their way into one table.
type loading struct {
	ReadOptions
	out   *Labelled
	there []string // all columns that the files have
	names []string // the table's
	named int      // how many records have an id so far
}

// ReadFiles reads plain files (CSV, JSON lines, Parquet, SQLite, XLSX) into one table;
// columns of one name are one column.
// Errors: those of the source; NotFound when no file has the column of the truth
// or of the ids; Invalid when the truth's pattern matches no value, when a
// wanted column is not there, or when two records have one id.
func ReadFiles(ctx context.Context, e *engine.Engine, files []string, o ReadOptions) (*Labelled, error) {
	readers := make([]source.Reader, 0, len(files))
	defer func() {
		for _, r := range readers {
			r.Close()
		}
	}()
	if len(files) > maxFiles {
		return nil, sen.Errorf(sen.Invalid, "%d files are more than %d", len(files), maxFiles).WithHint("name a folder, whose files are one")
	}
	l := &loading{ReadOptions: o, out: &Labelled{rule: o.Truth}}
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		r, err := source.Open(ctx, source.Location{Path: path}, source.Options{RangeRows: 196_608, RangeBytes: 32 << 20})
		if err != nil {
			return nil, err
		}
		readers = append(readers, r)
		if err := l.addColumns(file, r.Columns()); err != nil {
			return nil, err
		}
	}
	if err := l.allThere(); err != nil {
		return nil, err
	}
	l.out.Table = NewTable(l.names)
	for part, r := range readers {
		if err := l.read(ctx, e, part, files[part], r); err != nil {
			return nil, err
		}
	}
	if l.out.Table.Rows == 0 {
		return nil, sen.Errorf(sen.Invalid, "there is no record in it").At("%s", strings.Join(files, ", "))
	}
	if o.Truth.Column != "" && !l.out.fits() {
		return nil, sen.Errorf(sen.Invalid, "the truth's pattern fits no value of column %q", o.Truth.Column)
	}
	return l.out, nil
}

func (l *loading) addColumns(file string, columns []source.Column) error {
	var own []string
	for _, c := range columns {
		name := strings.TrimSpace(c.Name)
		own = append(own, name)
		switch {
		case l.Truth.Column != "" && strings.EqualFold(name, l.Truth.Column):
		case l.Wanted != nil && !named(l.Wanted, name), l.Wanted == nil && l.ID != "" && strings.EqualFold(name, l.ID):
		case !named(l.names, name):
			l.names = append(l.names, name)
		}
	}
	l.there = append(l.there, own...)
	for _, need := range []struct{ column, what string }{{l.Truth.Column, "should hold the truth"}, {l.ID, "should name the records"}} {
		if need.column != "" && !named(own, need.column) {
			return sen.Errorf(sen.NotFound, "there is no column %q, which %s", need.column, need.what).At("%s", file).
				WithHint("its columns are %s", strings.Join(own, ", "))
		}
	}
	return nil
}

// named reports whether a name is among others, in any case.
func named(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// allThere sees that the files have the wanted columns.
func (l *loading) allThere() error {
	for _, name := range l.Wanted {
		if !named(l.names, name) {
			return sen.Errorf(sen.Invalid, "a column %q is to be compared or blocked by, which the records do not have", name).
				WithHint("their columns are %s", strings.Join(l.there, ", "))
		}
	}
	return nil
}

// read puts one file's records behind the others. The engine reads a range of
// Parquet while the one before is put into the table.
func (l *loading) read(ctx context.Context, e *engine.Engine, part int, file string, r source.Reader) error {
	at := l.places(r.Columns())
	if texts, ok := source.TextsOf(r); ok && at.all(texts.Has) {
		return l.readTexts(ctx, part, at, file, texts)
	}
	group, inner := errgroup.WithContext(ctx)
	blocks := make(chan block, 2)
	group.Go(func() error {
		for b := range blocks {
			err := l.add(part, at, b)
			b.release()
			if err != nil {
				for b := range blocks {
					b.release()
				}
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		defer close(blocks)
		_, err := r.Read(inner, source.Mark{}, func(g *source.Range) error {
			defer g.Release()
			b := block{file: g.File}
			if len(g.Batches) > 0 || g.Rows == 0 {
				for _, batch := range g.Batches {
					batch.Retain()
					b.batches = append(b.batches, batch)
				}
			} else if err := l.readParquet(inner, e, g, r.Columns(), &b); err != nil {
				b.release()
				return err
			}
			select {
			case blocks <- b:
				return nil
			case <-inner.Done():
				b.release()
				return inner.Err()
			}
		})
		return err
	})
	return group.Wait()
}

// readTexts puts the records of Parquet files that are all text behind the
// others, their columns side by side.
func (l *loading) readTexts(ctx context.Context, part int, at places, file string, texts source.Texts) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, c := range l.grow(part, int(texts.Rows()), at, file) {
		group.Go(func() error {
			if c.from >= 0 {
				if err := texts.Read(inner, c.from, c.add); err != nil {
					return err
				}
				return c.sound(file)
			}
			none := make([]string, codesPerPiece)
			for left := int(texts.Rows()); left > 0; left -= len(none) {
				if err := c.add(none[:min(left, len(none))]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// filling is a column on its way into the table.
type filling struct {
	from   int                         // the file's, or -1
	add    func(values []string) error // puts the next values behind the others, "" where there is none
	column *Column                     // the table's; nil: of the truth or the ids
}

// sound refuses a text that is no UTF-8.
func (f filling) sound(file string) error {
	if f.column == nil {
		return nil
	}
	for i := range f.column.Distinct() {
		if !utf8.ValidString(f.column.Value(int32(i))) {
			return sen.Errorf(sen.Corrupt, "a text of column %q is no UTF-8", f.column.Name).At("%s", file).
				WithHint("ask the file's owner for it again; Parquet knows no other encoding")
		}
	}
	return nil
}

// grow makes room for n more records, and says how their columns are filled: those of
// the table, the truth and the ids.
func (l *loading) grow(part, n int, at places, file string) []filling {
	t := l.out.Table
	first := t.Rows
	t.extend(part, n)
	from := slices.Repeat([]int{-1}, len(l.names))
	for i, to := range at.table {
		if to >= 0 {
			from[to] = i
		}
	}
	var out []filling
	for column, of := range from {
		next := first
		out = append(out, filling{of, func(values []string) error {
			t.fill(column, next, values)
			next += len(values)
			return nil
		}, t.Columns[column]})
	}
	out = append(out, filling{at.truth, l.addTruth, nil})
	if at.id >= 0 {
		out = append(out, filling{at.id, func(values []string) error { return l.addIDs(file, values) }, nil})
	}
	return out
}

// block is a range of a file's rows: a column of text for each column that is
// read, in the order of the file.
type block struct {
	file    string
	batches []arrow.RecordBatch
}

func (b block) release() {
	for _, batch := range b.batches {
		batch.Release()
	}
}

// places says where a file's columns go.
type places struct {
	table     []int // per column: its place in the table, or -1
	truth, id int   // the columns that are these, or -1
}

func (l *loading) places(columns []source.Column) places {
	at := places{table: make([]int, len(columns)), truth: -1, id: -1}
	for i, c := range columns {
		name := strings.TrimSpace(c.Name)
		at.table[i] = slices.IndexFunc(l.names, func(n string) bool { return strings.EqualFold(n, name) })
		if l.Truth.Column != "" && strings.EqualFold(name, l.Truth.Column) {
			at.truth = i
		}
		if l.ID != "" && strings.EqualFold(name, l.ID) {
			at.id = i
		}
	}
	return at
}

// all reports whether something holds of all columns that anybody wants.
func (p places) all(holds func(column int) bool) bool {
	for i := range p.table {
		if p.reads(i) && !holds(i) {
			return false
		}
	}
	return true
}

// reads reports whether anybody wants a column.
func (p places) reads(i int) bool { return p.table[i] >= 0 || i == p.truth || i == p.id }

// add puts a block's rows into the table, its columns side by side.
func (l *loading) add(part int, at places, b block) error {
	n := 0
	for _, batch := range b.batches {
		if err := readable(b.file, batch); err != nil {
			return err
		}
		n += int(batch.NumRows())
	}
	columns := l.grow(part, n, at, b.file)
	failed := make([]error, len(columns))
	sideBySide(len(columns), func(i int) {
		for _, batch := range b.batches {
			values := make([]string, batch.NumRows())
			if from := columns[i].from; from >= 0 {
				texts := batch.Column(from).(*array.String)
				for row := range values {
					values[row] = texts.Value(row) // of one that is NULL it is empty
				}
			}
			if failed[i] = columns[i].add(values); failed[i] != nil {
				return
			}
		}
	})
	return errors.Join(failed...)
}

// addIDs puts the names of records behind the others.
func (l *loading) addIDs(file string, ids []string) error {
	for i, id := range ids {
		if _, fresh := l.out.ids.number(strings.TrimSpace(id)); !fresh {
			return sen.Errorf(sen.Invalid, "record %d has the %s of another", l.named+i+1, l.ID).At("%s", file).
				WithHint("the column that names the records has another value for each")
		}
	}
	l.named += len(ids)
	return nil
}

// addTruth puts what records say of the truth behind the others.
func (l *loading) addTruth(values []string) error {
	for _, value := range values {
		l.out.said.add(value)
	}
	return nil
}

// readable refuses a row that could not be read.
func readable(file string, batch arrow.RecordBatch) error {
	at := slices.IndexFunc(batch.Schema().Fields(), func(f arrow.Field) bool { return f.Name == rows.FaultColumn })
	if at < 0 {
		return nil
	}
	faults := batch.Column(at)
	for n := range int(batch.NumRows()) {
		if !faults.IsNull(n) {
			lines := batch.Column(slices.IndexFunc(batch.Schema().Fields(), func(f arrow.Field) bool { return f.Name == rows.LineColumn })).(*array.Int64)
			return sen.Errorf(sen.Invalid, "%s", faults.ValueStr(n)).At("%s:%d", file, lines.Value(n)).
				WithHint("mend the row, or bring the file into a hub with `sen sync`, which keeps such rows back")
		}
	}
	return nil
}

// readParquet lets the engine read a range; columns that nobody wants are empty.
func (l *loading) readParquet(ctx context.Context, e *engine.Engine, g *source.Range, columns []source.Column, into *block) error {
	c, err := e.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	at := l.places(columns)
	list := make([]string, len(columns))
	for i, column := range columns {
		list[i] = "CAST(NULL AS VARCHAR) AS " + engine.Ident(column.Name)
		if at.reads(i) {
			list[i] = "CAST(" + engine.Ident(column.Name) + " AS VARCHAR) AS " + engine.Ident(column.Name)
		}
	}
	query := fmt.Sprintf("SELECT %s FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d",
		strings.Join(list, ", "), engine.Literal(g.File), g.FileRow, g.FileRow+g.Rows)
	// The engine keeps the order of a file's rows (preserve_insertion_order).
	return c.Batches(ctx, query, func(batch arrow.RecordBatch) error {
		batch.Retain()
		into.batches = append(into.batches, batch)
		return nil
	})
}
