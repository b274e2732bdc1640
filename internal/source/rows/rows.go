// Package rows builds Arrow record batches out of text values, column by
// column and without an allocation per value. What comes in is the values of
// one row after another, as bytes; what goes out is record batches whose
// columns are the source's, as they came, and four that say where each row
// was found and what was wrong with it. It parses nothing and opens no file.
package rows

import (
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// The columns that follow the source's own in every batch.
const (
	RowColumn   = "_row"   // int64: the row's ordinal in the whole dataset, from 0
	LineColumn  = "_line"  // int64: the line of the file where the row begins, from 1; SQLite: the rowid; XLSX: the sheet's row
	FaultColumn = "_fault" // utf8, nullable: why the row cannot be read as its columns say
	RawColumn   = "_raw"   // utf8, nullable: the row's own text, where the columns do not hold all of it
)

// MaxBatch is the most rows of one batch: the engine's row group.
const MaxBatch = 122_880

// Schema is the schema of the batches of a dataset with these text columns.
func Schema(columns []string) *arrow.Schema {
	fields := make([]arrow.Field, 0, len(columns)+4)
	for _, name := range columns {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	fields = append(fields,
		arrow.Field{Name: RowColumn, Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: LineColumn, Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: FaultColumn, Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: RawColumn, Type: arrow.BinaryTypes.String, Nullable: true})
	return arrow.NewSchema(fields, nil)
}

// Column collects the values of one text column of the batch under way.
type Column struct {
	ends  []int32 // where each value ends in data; ends[0] is 0
	data  []byte
	nulls []int32 // ordinals of the rows without a value
}

// Append adds a value. The bytes must be valid UTF-8: see Repair.
func (c *Column) Append(value []byte) {
	c.data = append(c.data, value...)
	c.ends = append(c.ends, int32(len(c.data)))
}

// Null adds the absence of a value.
func (c *Column) Null() {
	c.nulls = append(c.nulls, int32(len(c.ends)-1))
	c.ends = append(c.ends, int32(len(c.data)))
}

// Space adds a value of n bytes, which the caller fills.
func (c *Column) Space(n int) []byte {
	start := len(c.data)
	c.data = slices.Grow(c.data, n)[:start+n]
	c.ends = append(c.ends, int32(start+n))
	return c.data[start:]
}

// Data is the text of all values so far. A value is added by appending to it
// and handing it to Ended: text that is made of something else is then made
// where it stays.
func (c *Column) Data() []byte { return c.data }

// Ended takes Data back with one more value appended.
func (c *Column) Ended(data []byte) {
	c.data = data
	c.ends = append(c.ends, int32(len(data)))
}

// Whole reports whether every value so far is valid UTF-8, in one pass over
// all of them.
func (c *Column) Whole() bool {
	for _, end := range c.ends {
		if int(end) < len(c.data) && !utf8.RuneStart(c.data[end]) {
			return false // a character that two values share
		}
	}
	return valid(c.data)
}

// Len is the number of values so far.
func (c *Column) Len() int { return max(len(c.ends)-1, 0) }

// last is the value of the newest row.
func (c *Column) last() []byte { return c.data[c.ends[len(c.ends)-2]:] }

// replace puts another value in the place of the newest.
func (c *Column) replace(value []byte) {
	c.data = append(c.data[:c.ends[len(c.ends)-2]], value...)
	c.ends[len(c.ends)-1] = int32(len(c.data))
}

// Builder collects rows into one batch after another.
type Builder struct {
	Columns []Column // the source's columns; every one gets one value a row

	names  []string
	schema *arrow.Schema
	next   int64 // ordinal of the next row in the dataset
	begun  int64 // ordinal of the batch's first row
	lines  []int64
	fault  Column
	raw    Column
}

// NewBuilder makes a builder for a dataset's columns; first is the ordinal of
// the first row it will get.
func NewBuilder(columns []string, first int64) *Builder {
	b := &Builder{names: columns, schema: Schema(columns), next: first}
	b.clear()
	return b
}

// clear starts a new batch, with room for as much as the one before held.
func (b *Builder) clear() {
	fresh := make([]Column, len(b.names))
	for i := range fresh {
		fresh[i] = emptyColumn(0, 0)
		if i < len(b.Columns) {
			fresh[i] = emptyColumn(b.Columns[i].Len(), len(b.Columns[i].data))
		}
	}
	b.Columns, b.begun = fresh, b.next
	b.lines = make([]int64, 0, len(b.lines))
	b.fault, b.raw = emptyColumn(b.fault.Len(), 0), emptyColumn(b.raw.Len(), 0)
}

// emptyColumn has room for an eighth more than was seen last, so that equal
// batches are filled without growing.
func emptyColumn(values, bytes int) Column {
	return Column{ends: make([]int32, 1, 1+values), data: make([]byte, 0, bytes+bytes/8)}
}

// Rows is the number of rows in the batch under way.
func (b *Builder) Rows() int { return len(b.lines) }

// Next is the ordinal of the row that comes next.
func (b *Builder) Next() int64 { return b.next }

// Names are the source's columns.
func (b *Builder) Names() []string { return b.names }

// End finishes a row that has its values in all columns.
func (b *Builder) End(line int64) {
	b.fault.Null()
	b.raw.Null()
	b.ended(line)
}

// EndWith finishes a row with a fault, and keeps its own text. An empty fault
// means that the row is readable and only has more than the columns hold; nil
// text that the columns hold all of it.
func (b *Builder) EndWith(line int64, fault string, raw []byte) {
	if fault == "" {
		b.fault.Null()
	} else {
		b.fault.Append([]byte(fault))
	}
	if raw == nil {
		b.raw.Null()
	} else {
		b.raw.Append(raw)
	}
	b.ended(line)
}

func (b *Builder) ended(line int64) {
	b.lines = append(b.lines, line)
	b.next++
}

// Fill adds nulls where the row under way has no value yet.
func (b *Builder) Fill() {
	want := b.Rows() + 1
	for i := range b.Columns {
		if b.Columns[i].Len() < want {
			b.Columns[i].Null()
		}
	}
}

// Flush hands the batch under way out and starts the next; nil when it has no
// rows. The batch's memory is the garbage collector's.
func (b *Builder) Flush() arrow.RecordBatch {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	arrays := make([]arrow.Array, 0, len(b.Columns)+4)
	for i := range b.Columns {
		arrays = append(arrays, b.Columns[i].array())
	}
	ordinals := make([]int64, n)
	for i := range ordinals {
		ordinals[i] = b.begun + int64(i)
	}
	arrays = append(arrays, int64s(ordinals), int64s(b.lines), b.fault.array(), b.raw.array())
	batch := array.NewRecordBatch(b.schema, arrays, int64(n))
	for _, a := range arrays {
		a.Release()
	}
	b.clear()
	return batch
}

// Renumber is a batch whose rows have their ordinals from first on, and as
// lines the ordinals from 1: for batches that are made side by side, before it
// is known how many rows come before them. It takes the batch over.
func Renumber(batch arrow.RecordBatch, first int64) arrow.RecordBatch {
	n := int(batch.NumRows())
	ordinals, lines := make([]int64, n), make([]int64, n)
	for i := range n {
		ordinals[i], lines[i] = first+int64(i), first+int64(i)+1
	}
	arrays := slices.Clone(batch.Columns())
	own := len(arrays) - 4
	arrays[own], arrays[own+1] = int64s(ordinals), int64s(lines)
	out := array.NewRecordBatch(batch.Schema(), arrays, int64(n))
	arrays[own].Release()
	arrays[own+1].Release()
	batch.Release()
	return out
}

func (c *Column) array() arrow.Array {
	n := c.Len()
	buffers := []*memory.Buffer{c.validity(), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.ends)), memory.NewBufferBytes(c.data)}
	data := array.NewData(arrow.BinaryTypes.String, n, buffers, nil, len(c.nulls), 0)
	defer data.Release()
	return array.NewStringData(data)
}

// validity is the bitmap of the values that are there; nil means all.
func (c *Column) validity() *memory.Buffer {
	if len(c.nulls) == 0 {
		return nil
	}
	bitmap := make([]byte, (c.Len()+7)/8)
	for i := range bitmap {
		bitmap[i] = 0xFF
	}
	for _, row := range c.nulls {
		bitmap[row>>3] &^= 1 << (row & 7)
	}
	return memory.NewBufferBytes(bitmap)
}

func int64s(values []int64) arrow.Array {
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(values))}
	data := array.NewData(arrow.PrimitiveTypes.Int64, len(values), buffers, nil, 0, 0)
	defer data.Release()
	return array.NewInt64Data(data)
}
