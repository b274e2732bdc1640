package rows

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Pick copies some rows of the batches of a range, by their places in it from
// 0, in ascending order; nil for none. The columns are those of Schema.
func Pick(batches []arrow.RecordBatch, places []int64) arrow.RecordBatch {
	if len(places) == 0 {
		return nil
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, batches[0].Schema())
	defer b.Release()
	for c := range batches[0].NumCols() {
		batch, before := 0, int64(0)
		for _, place := range places {
			for place >= before+batches[batch].NumRows() {
				before += batches[batch].NumRows()
				batch++
			}
			appendValue(b.Field(int(c)), batches[batch].Column(int(c)), int(place-before))
		}
	}
	return b.NewRecordBatch()
}

func appendValue(to array.Builder, from arrow.Array, i int) {
	switch column := from.(type) {
	case *array.String:
		if column.IsNull(i) {
			to.AppendNull()
		} else {
			to.(*array.StringBuilder).Append(column.Value(i))
		}
	case *array.Int64:
		to.(*array.Int64Builder).Append(column.Value(i))
	}
}

// Without are the batches less some of their columns; nothing is copied.
func Without(batches []arrow.RecordBatch, names ...string) []arrow.RecordBatch {
	var fields []arrow.Field
	var kept []int
	for i, f := range batches[0].Schema().Fields() {
		drop := false
		for _, name := range names {
			drop = drop || f.Name == name
		}
		if !drop {
			fields, kept = append(fields, f), append(kept, i)
		}
	}
	schema := arrow.NewSchema(fields, nil)
	out := make([]arrow.RecordBatch, len(batches))
	for b, batch := range batches {
		columns := make([]arrow.Array, len(kept))
		for i, c := range kept {
			columns[i] = batch.Column(c)
		}
		out[b] = array.NewRecordBatch(schema, columns, batch.NumRows())
	}
	return out
}
