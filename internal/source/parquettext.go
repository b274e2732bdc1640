package source

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pq "github.com/apache/arrow-go/v18/parquet/file"
)

// Texts are the rows of Parquet files of which columns of text are read one by
// one, as they lie there: for who needs whole columns, side by side, and no
// rows. It takes a third of what the engine takes, which makes batches of them.
type Texts struct{ r *parquetReader }

// TextsOf gives the texts of a reader, where it reads Parquet.
func TextsOf(r Reader) (Texts, bool) {
	p, ok := r.(*parquetReader)
	return Texts{p}, ok
}

// Has reports whether a column, by its place in Columns, is one of text.
func (t Texts) Has(column int) bool { return t.r.columns[column].Type == "VARCHAR" }

// Rows is how many rows there are.
func (t Texts) Rows() int64 { return t.r.facts.Rows }

// textsAtOnce is how many texts are handed over at a time, at most.
const textsAtOnce = 1 << 14

// Read hands over the texts of a column, some at a time and in order, "" where
// there is none. They stand until use returns, and are not held against UTF-8.
// Several columns may be read side by side. Errors: Corrupt, Drift where a file has changed since it was opened;
// those of use.
func (t Texts) Read(ctx context.Context, column int, use func(texts []string) error) error {
	for _, f := range t.r.parts {
		if err := f.texts(ctx, t.r.columns[column].Name, use); err != nil {
			return err
		}
	}
	return t.r.set.unchanged()
}

// texts reads a column of one file. The library panics on some damaged pages.
func (f parquetFile) texts(ctx context.Context, column string, use func(texts []string) error) (err error) {
	var failed error // of use, which is no damage
	defer func() {
		switch p := recover(); {
		case failed != nil:
			err = failed
		case p != nil:
			err = f.damaged(fmt.Errorf("column %s cannot be read: %v", column, p))
		}
	}()
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	properties := parquet.NewReaderProperties(memory.DefaultAllocator)
	properties.BufferedStreamEnabled = true // a page at a time, not all of a row group
	properties.BufferSize = 1 << 18
	p, err := pq.NewParquetReader(r, pq.WithReadProps(properties))
	if err != nil {
		return f.damaged(err)
	}
	at := p.MetaData().Schema.ColumnIndexByName(column)
	if at < 0 || p.MetaData().Schema.Column(at).MaxRepetitionLevel() > 0 {
		return f.damaged(fmt.Errorf("column %s is not one of text", column))
	}
	room := newTextRoom()
	for n := range p.NumRowGroups() {
		chunk, err := p.RowGroup(n).Column(at)
		if err != nil {
			return f.damaged(err)
		}
		values, ok := chunk.(*pq.ByteArrayColumnChunkReader)
		if !ok {
			return f.damaged(fmt.Errorf("column %s is not one of text", column))
		}
		rows, err := room.read(ctx, values, func(texts []string) error { failed = use(texts); return failed })
		if failed != nil {
			return failed
		}
		if err == nil && rows != p.RowGroup(n).NumRows() {
			err = fmt.Errorf("row group %d holds %d values for %d rows", n, rows, p.RowGroup(n).NumRows())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return f.damaged(fmt.Errorf("column %s: %w", column, err))
		}
	}
	return nil
}

// textRoom is memory that is used again.
type textRoom struct {
	values []parquet.ByteArray
	levels []int16
	texts  []string
}

func newTextRoom() *textRoom {
	return &textRoom{make([]parquet.ByteArray, textsAtOnce), make([]int16, textsAtOnce), make([]string, textsAtOnce)}
}

// read hands over one row group's values, and says how many there were.
func (m *textRoom) read(ctx context.Context, chunk *pq.ByteArrayColumnChunkReader, use func(texts []string) error) (rows int64, err error) {
	needed := chunk.Descriptor().MaxDefinitionLevel()
	for chunk.HasNext() {
		n, filled, err := chunk.ReadBatchInPage(textsAtOnce, m.values, m.levels, nil)
		if err == nil && n == 0 {
			err = chunk.Err()
		}
		if err != nil || n == 0 {
			return rows, err // short of rows, which is found out
		}
		next := 0
		for i := range m.texts[:n] {
			m.texts[i] = ""
			if needed > 0 && m.levels[i] < needed || next == filled {
				continue
			}
			value := m.values[next]
			next++
			m.texts[i] = unsafe.String(unsafe.SliceData(value), len(value))
		}
		if err := use(m.texts[:n]); err != nil {
			return rows, err
		}
		if rows += n; ctx.Err() != nil {
			return rows, ctx.Err()
		}
	}
	return rows, chunk.Err()
}
