package engine

import (
	"context"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// tiring is a context that is cancelled once it was asked so often.
type tiring struct {
	context.Context
	left int
}

func (c *tiring) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A crash of the process is how this fails: the tasks of a statement that was
// cut off are run by a free thread, over a stream that is gone.
func TestAStatementThatIsCutOffDoesNotOutliveWhatItReads(t *testing.T) {
	e, err := Open(t.Context(), Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	for i := range 100_000 {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	cut := 0
	for left := range 40 {
		c, err := e.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx := &tiring{Context: context.Background(), left: left}
		err = c.Over([]arrow.RecordBatch{batch}, func(rows string) error {
			_, err := c.sql.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE t AS SELECT count(*), sum(n) FROM "+rows)
			return err
		})
		if err != nil {
			cut++
		}
		time.Sleep(5 * time.Millisecond)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if cut == 0 || cut == 40 {
		t.Errorf("%d of 40 statements were cut off: the driver asks its context at other places now", cut)
	}
}
