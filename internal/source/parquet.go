package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	pq "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// parquetReader plans the reading of Parquet files, whose rows the engine
// reads itself: ranges are whole row groups, or parts of large ones.
type parquetReader struct {
	set     files
	columns []Column
	parts   []parquetFile
	options Options
	facts   Facts
}

// parquetFile is one file's row groups.
type parquetFile struct {
	file
	groups []rowGroup
}

type rowGroup struct{ first, rows, bytes int64 }

func openParquet(ctx context.Context, set files, o Options) (Reader, error) {
	r := &parquetReader{set: set, options: o, facts: Facts{Format: Parquet, Files: len(set.list), Bytes: set.bytes(), Exact: true}}
	for _, f := range set.list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.add(f); err != nil {
			return nil, err
		}
	}
	r.facts.Evidence = []string{fmt.Sprintf("%d rows in %d row groups, by the files' footers", r.facts.Rows, r.groups())}
	return r, nil
}

func (r *parquetReader) groups() (n int) {
	for _, p := range r.parts {
		n += len(p.groups)
	}
	return n
}

// add takes a file's footer in.
func (r *parquetReader) add(f file) error {
	columns, groups, err := readFooter(f)
	if err != nil {
		return err
	}
	if r.columns == nil {
		r.columns = columns
		if err := clashing(f, columns); err != nil {
			return err
		}
	} else if !slices.Equal(columns, r.columns) {
		return sen.Errorf(sen.Drift, "%s has other columns than %s: %s", f.path, r.parts[0].name, firstDifference(columns, r.columns)).
			WithHint("files of one dataset have the same columns: give the others a dataset of their own, by a glob or another folder")
	}
	for _, g := range groups {
		r.facts.Rows += g.rows
	}
	r.parts = append(r.parts, parquetFile{f, groups})
	return nil
}

func firstDifference(a, b []Column) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return b[i].Name + " is missing"
		case i >= len(b):
			return a[i].Name + " is new"
		case a[i] != b[i]:
			return fmt.Sprintf("%s %s for %s %s", a[i].Name, a[i].Type, b[i].Name, b[i].Type)
		}
	}
	return ""
}

// readFooter reads the columns and row groups that a file promises, and sees
// that the file can hold them. The library panics on some damaged footers.
func readFooter(f file) (columns []Column, groups []rowGroup, err error) {
	defer func() {
		if p := recover(); p != nil {
			columns, groups, err = nil, nil, f.damaged(fmt.Errorf("its footer cannot be parsed: %v", p))
		}
	}()
	r, err := f.open()
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	p, err := pq.NewParquetReader(r)
	if err != nil {
		return nil, nil, f.damaged(err)
	}
	columns = parquetColumns(p.MetaData().Schema)
	if len(columns) == 0 {
		return nil, nil, f.damaged(fmt.Errorf("it has no column"))
	}
	promised, first := p.NumRows(), int64(0)
	for i := range p.NumRowGroups() {
		g := p.RowGroup(i)
		rows := g.NumRows()
		if rows < 0 || first+rows > promised {
			return nil, nil, f.damaged(fmt.Errorf("its row groups hold other rows than the %d that the footer promises", promised))
		}
		if rows == 0 {
			continue
		}
		if err := checkGroup(f, g); err != nil {
			return nil, nil, f.damaged(fmt.Errorf("row group %d: %w", i, err))
		}
		groups = append(groups, rowGroup{first, rows, g.MetaData().TotalByteSize()})
		first += rows
	}
	if first != promised {
		return nil, nil, f.damaged(fmt.Errorf("the footer promises %d rows, its row groups hold %d", promised, first))
	}
	return columns, groups, nil
}

func (f file) damaged(err error) error {
	return sen.Errorf(sen.Corrupt, "%s is no sound Parquet file: %w", f.path, err).
		WithHint("was it copied to its end? Ask its owner for it again")
}

// checkGroup sees that a row group's columns lie within the file and that the
// smallest of them really has as many values as the group promises rows: a
// footer of a few bytes can promise a billion.
func checkGroup(f file, g *pq.RowGroupReader) error {
	smallest, size := -1, int64(0)
	for i := range g.NumColumns() {
		c, err := g.MetaData().ColumnChunk(i)
		if err != nil {
			return err
		}
		if err := checkChunk(f, c); err != nil {
			return fmt.Errorf("column %s: %w", c.PathInSchema(), err)
		}
		if g.MetaData().Schema.Column(i).MaxRepetitionLevel() > 0 {
			continue
		}
		if c.NumValues() != g.NumRows() {
			return fmt.Errorf("column %s has %d values for %d rows", c.PathInSchema(), c.NumValues(), g.NumRows())
		}
		if smallest < 0 || c.TotalCompressedSize() < size {
			smallest, size = i, c.TotalCompressedSize()
		}
	}
	if smallest < 0 {
		return nil
	}
	return countValues(g, smallest)
}

func checkChunk(f file, c *metadata.ColumnChunkMetaData) error {
	start := c.DataPageOffset()
	if c.HasDictionaryPage() && c.DictionaryPageOffset() > 0 {
		start = min(start, c.DictionaryPageOffset())
	}
	if start < 4 || c.TotalCompressedSize() < 0 || start+c.TotalCompressedSize() > f.info.Size() {
		return fmt.Errorf("bytes %d to %d lie outside the file", start, start+c.TotalCompressedSize())
	}
	return nil
}

func countValues(g *pq.RowGroupReader, column int) error {
	pages, err := g.GetColumnPageReader(column)
	if err != nil {
		return err
	}
	values := int64(0)
	for pages.Next() {
		if page, ok := pages.Page().(pq.DataPage); ok {
			values += int64(page.NumValues())
		}
	}
	if err := pages.Err(); err != nil {
		return err
	}
	if values != g.NumRows() {
		return fmt.Errorf("it promises %d rows, its pages hold %d", g.NumRows(), values)
	}
	return nil
}

func (r *parquetReader) Columns() []Column { return r.columns }
func (r *parquetReader) Key() []string     { return nil }
func (r *parquetReader) Facts() Facts      { return r.facts }
func (r *parquetReader) Close() error      { return nil }

// Read plans the ranges. Each file is hashed before its first range is sent: a
// mark carries the sum of its whole file, since the engine reads it in no
// order of its bytes.
func (r *parquetReader) Read(ctx context.Context, from Mark, emit func(*Range) error) (Position, error) {
	return Ahead(ctx, emit, func(ctx context.Context, send func(*Range) error) (Position, error) {
		done, seen, err := r.set.resume(ctx, from)
		if err != nil {
			return Position{}, err
		}
		run := &parquetRun{r: r, send: send, done: done, row: from.First, next: from.Next}
		for i := from.File; i < len(r.parts); i++ {
			var sum FileSum
			if seen != nil {
				sum = r.parts[i].sum(from.Sum)
			} else if sum, err = hashFile(ctx, r.parts[i].file); err != nil {
				return Position{}, err
			}
			if err := run.file(i, sum, from.Offset); err != nil {
				return Position{}, err
			}
			from, seen = Mark{}, nil
		}
		if err := r.set.unchanged(); err != nil {
			return Position{}, err
		}
		return done.position(run.row), nil
	})
}

// parquetRun is one reading.
type parquetRun struct {
	r    *parquetReader
	send func(*Range) error
	done *sums
	row  int64 // ordinal of the file's first row in the dataset
	next int
}

// file sends the ranges of one file from a row on.
func (p *parquetRun) file(i int, sum FileSum, from int64) error {
	f, o := &p.r.parts[i], p.r.options
	for _, span := range f.spans(o.RangeRows, o.RangeBytes) {
		start, end := max(span.first, from), span.first+span.rows
		if start >= end {
			continue
		}
		ready := &Range{
			Number: p.next, FirstRow: p.row + start, Rows: end - start, File: f.path, FileRow: start,
			Start: start, End: end, RowGroups: f.within(start, end),
		}
		p.next++
		ready.Mark = Mark{
			Next: p.next, Row: p.row + end, File: i, Name: f.name, First: p.row, Offset: end, Line: end + 1,
			Size: sum.Size, Hashed: sum.Size, Sum: sum.Sum, Done: p.done.digest(),
		}
		if err := p.send(ready); err != nil {
			return err
		}
	}
	for _, g := range f.groups {
		p.row += g.rows
	}
	p.done.add(sum)
	return nil
}

// spans cuts a file's rows: whole row groups together while they are small
// enough, parts of those that are not.
func (f *parquetFile) spans(maxRows, maxBytes int64) (out []rowGroup) {
	current := rowGroup{}
	for _, g := range f.groups {
		if current.rows > 0 && (current.rows+g.rows > maxRows || current.bytes+g.bytes > maxBytes) {
			out, current = append(out, current), rowGroup{}
		}
		part := maxRows
		if g.bytes > maxBytes {
			part = max(1, min(part, int64(float64(g.rows)*float64(maxBytes)/float64(g.bytes))))
		}
		if g.rows > part {
			for at := int64(0); at < g.rows; at += part {
				out = append(out, rowGroup{first: g.first + at, rows: min(part, g.rows-at)})
			}
			continue
		}
		if current.rows == 0 {
			current.first = g.first
		}
		current.rows += g.rows
		current.bytes += g.bytes
	}
	if current.rows > 0 {
		out = append(out, current)
	}
	return out
}

// within is the row groups that the rows [start, end) lie in.
func (f *parquetFile) within(start, end int64) (out []int) {
	for i, g := range f.groups {
		if g.first < end && g.first+g.rows > start {
			out = append(out, i)
		}
	}
	return out
}

func names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

// clashing reports columns that no table of the engine can hold together.
func clashing(f file, columns []Column) error {
	own := names(columns)
	if unique := rows.Unique(own); !slices.Equal(unique, own) {
		return sen.Errorf(sen.Invalid, "%s: column names clash with each other or with the hub's own: %s", f.path, strings.Join(own, ", ")).
			WithHint("write the file again with other names")
	}
	return nil
}
