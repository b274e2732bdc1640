package demo

import (
	"bufio"
	"errors"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// rowsPerGroup is how many rows a Parquet file gathers before it writes them.
const rowsPerGroup = 1 << 16

// parquetFile writes columns of text, whole numbers and dates, all nullable.
type parquetFile struct {
	file    *staged
	buffer  *bufio.Writer
	writer  *pqarrow.FileWriter
	builder *array.RecordBuilder
	fields  []array.Builder
	rows    int
	closed  bool
}

// parquetColumn is one column; few says that its values repeat much.
type parquetColumn struct {
	name string
	kind arrow.DataType
	few  bool
}

func newParquetFile(s *staged, columns []parquetColumn) (*parquetFile, error) {
	file, err := s.create()
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryDefault(false)}
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.kind, Nullable: true}
		if c.few {
			options = append(options, parquet.WithDictionaryFor(c.name, true))
		}
	}
	schema := arrow.NewSchema(fields, nil)
	buffer := bufio.NewWriterSize(file, bufferSize) // also keeps the writer from closing the file
	w, err := pqarrow.NewFileWriter(schema, buffer, parquet.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Reserve(rowsPerGroup)
	return &parquetFile{file: s, buffer: buffer, writer: w, builder: b, fields: b.Fields()}, nil
}

// text appends a value to column i; an empty one is NULL.
func (p *parquetFile) text(i int, v string) error {
	if v == "" {
		p.fields[i].AppendNull()
		return nil
	}
	switch b := p.fields[i].(type) {
	case *array.StringBuilder:
		b.Append(v)
	case *array.Date32Builder:
		d, ok := parseISO(v)
		if !ok {
			return errors.New("a date column was given no date")
		}
		b.Append(arrow.Date32(d))
	case *array.Int64Builder:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return errors.New("a number column was given no number")
		}
		b.Append(n)
	}
	return nil
}

func (p *parquetFile) number(i int, n int64) { p.fields[i].(*array.Int64Builder).Append(n) }

// label appends a text that may be empty without being NULL.
func (p *parquetFile) label(i int, v string) { p.fields[i].(*array.StringBuilder).Append(v) }

func (p *parquetFile) day(i int, d day) {
	if d == never {
		p.fields[i].AppendNull()
		return
	}
	p.fields[i].(*array.Date32Builder).Append(arrow.Date32(d))
}

func (p *parquetFile) endRow() error {
	if p.rows++; p.rows < rowsPerGroup {
		return nil
	}
	return p.flush()
}

func (p *parquetFile) flush() error {
	record := p.builder.NewRecordBatch()
	defer record.Release()
	p.rows = 0
	return p.writer.Write(record)
}

func (p *parquetFile) close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	var err error
	if p.rows > 0 {
		err = p.flush()
	}
	p.builder.Release()
	return errors.Join(err, p.writer.Close(), p.buffer.Flush(), p.file.close())
}

// parquetOutput is an agency's own Parquet file.
type parquetOutput struct{ *parquetFile }

func openParquet(s *staged, d []dataset) (output, error) {
	var columns []parquetColumn
	for _, c := range d[0].columns {
		columns = append(columns, parquetColumn{c.physical, sourceType(c.holds), c.repeats()})
	}
	f, err := newParquetFile(s, columns)
	if err != nil {
		return nil, err
	}
	return parquetOutput{f}, nil
}

func sourceType(holds content) arrow.DataType {
	switch holds {
	case typedDay:
		return arrow.FixedWidthTypes.Date32
	case integer:
		return arrow.PrimitiveTypes.Int64
	}
	return arrow.BinaryTypes.String
}

// repeats tells whether few values fill the column.
func (c *column) repeats() bool { return c.holds == sex || c.holds == code || c.holds == provinceName }

func (p parquetOutput) write(_ int, r *row) error {
	for i, v := range r.source {
		if err := p.text(i, v); err != nil {
			return err
		}
	}
	return p.endRow()
}
