package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/sen-hub/sen/internal/engine"
)

func open(t *testing.T, o engine.Options) *engine.Conn {
	t.Helper()
	e, err := engine.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); e.Close() })
	return c
}

func TestLoadKeepsRowsColumnsAndNulls(t *testing.T) {
	c := open(t, engine.Options{})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "_row", Type: arrow.PrimitiveTypes.Int64},
		{Name: `tên "lạ"`, Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{0, 1, 2}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"Nguyễn", "", ""}, []bool{true, true, false})
	batch := b.NewRecordBatch()
	defer batch.Release()
	if err := c.Load(t.Context(), "raw", []arrow.RecordBatch{batch}); err != nil {
		t.Fatal(err)
	}
	var got string
	err := c.Row(t.Context(), `SELECT string_agg(_row || coalesce("tên ""lạ""", 'null'), ',' ORDER BY _row) FROM raw`, &got)
	if want := "0Nguyễn,1,2null"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestCopyReportsItsRows(t *testing.T) {
	c := open(t, engine.Options{})
	path := filepath.Join(t.TempDir(), "it's.parquet")
	n, err := c.Copy(t.Context(), "SELECT range AS a FROM range(1000)", path, "{a: 7}")
	if err != nil || n != 1000 {
		t.Fatalf("got %d rows, %v; want 1000", n, err)
	}
}

func TestAConfinedEngineReadsOnlyItsFolders(t *testing.T) {
	inside, outside := t.TempDir(), t.TempDir()
	for _, dir := range []string{inside, outside} {
		if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("x\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := open(t, engine.Options{Only: []string{inside}})
	if err := c.Exec(t.Context(), "SELECT * FROM read_csv("+engine.Literal(inside+"/a.csv")+")"); err != nil {
		t.Errorf("inside: %v", err)
	}
	for _, statement := range []string{
		"SELECT * FROM read_csv(" + engine.Literal(outside+"/a.csv") + ")",
		"SELECT * FROM read_csv(" + engine.Literal(inside+"/../"+filepath.Base(outside)+"/a.csv") + ")",
		"COPY (SELECT 1) TO " + engine.Literal(outside+"/b.csv"),
		"ATTACH " + engine.Literal(outside+"/c.db"),
		"SET enable_external_access = true",
		"LOAD sqlite_scanner",
	} {
		if err := c.Exec(t.Context(), statement); err == nil {
			t.Errorf("a confined engine ran %s", statement)
		}
	}
}

func TestQuoting(t *testing.T) {
	if got, want := engine.Idents([]string{`a"b`, "chọn"}), `"a""b", "chọn"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := engine.Literal("it's"), `'it''s'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALiteralIsTheTextWhateverStandsInIt(t *testing.T) {
	c := open(t, engine.Options{})
	for _, text := range []string{"", "it's", "'; DROP TABLE x; --", "a\x00b", "\x00", "'\x00'", "\\%_\n", "\u202etxt", strings.Repeat("'", 1000)} {
		var got string
		if err := c.Row(t.Context(), "SELECT "+engine.Literal(text), &got); err != nil || got != text {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func TestALogHasNoWordsOfTheEngine(t *testing.T) {
	c := open(t, engine.Options{})
	for _, statement := range []string{"SELECT '001090012345", "SELECT CAST('001090012345x' AS INTEGER)", "SELECT no_such_001090012345"} {
		err := c.Exec(t.Context(), statement)
		if err == nil || strings.Contains(engine.Loggable(err).Error(), "001090012345") || !strings.Contains(engine.Loggable(err).Error(), "error") {
			t.Errorf("%s: logged as %v", statement, engine.Loggable(err))
		}
	}
}

func TestCancelStopsALongStatement(t *testing.T) {
	c := open(t, engine.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Exec(ctx, "SELECT count(*) FROM range(1000000000000) a WHERE hash(a.range) = 7") }()
	cancel()
	if err := <-done; err == nil || strings.Contains(err.Error(), "syntax") {
		t.Errorf("got %v, want an interruption", err)
	}
}

func TestAFunctionInGoSeesEveryRowOnceWithItsNulls(t *testing.T) {
	var seen atomic.Int64
	c := open(t, engine.Options{Threads: 2, Functions: []engine.Function{
		{Name: "sen_length", Takes: []engine.Type{engine.Varchar}, Gives: engine.Integer, Call: func(in []engine.Vector, out engine.Vector) {
			for i := range out.Rows {
				if in[0].Null(i) {
					out.SetNull(i)
				} else {
					out.Int32s()[i] = int32(len(in[0].Text(i)))
				}
			}
		}},
		{Name: "sen_note", Takes: []engine.Type{engine.Bigint}, More: true, Gives: engine.Boolean, Volatile: true, Call: func(in []engine.Vector, out engine.Vector) {
			seen.Add(int64(out.Rows))
			for i := range out.Rows {
				out.Booleans()[i] = in[1].Uint64s()[i]%3 == 0 && in[2].Uint64s()[i] != 0
			}
		}},
	}})
	const rows = 10_000
	query := `SELECT count(*), count(n), sum(n) FROM (SELECT range AS r, sen_length(CASE WHEN range % 2 = 0 THEN repeat('ă', (range % 20)::INTEGER) END) AS n FROM range(10000))`
	var all, some, sum int64
	if err := c.Row(t.Context(), query, &all, &some, &sum); err != nil || all != rows || some != rows/2 || sum != rows/2*18 {
		t.Errorf("got %d rows, %d values, %d bytes, %v; want %d, %d, %d", all, some, sum, err, rows, rows/2, rows/2*18)
	}
	query = `SELECT count(*) FROM (SELECT range AS r, sen_note(1, range, range + 1) AS passed FROM range(10000)) WHERE passed AND r >= 0`
	if err := c.Row(t.Context(), query, &all); err != nil || all != 3334 || seen.Load() != rows {
		t.Errorf("got %d rows, %v, after a look at %d; want 3334 after %d", all, err, seen.Load(), rows)
	}
}

func TestAFunctionThatPanicsEndsItsStatementAlone(t *testing.T) {
	c := open(t, engine.Options{Functions: []engine.Function{{Name: "sen_fails", Takes: []engine.Type{engine.Bigint}, Gives: engine.Boolean,
		Call: func([]engine.Vector, engine.Vector) { panic("no such thing") }}}})
	if err := c.Exec(t.Context(), "SELECT sen_fails(range) FROM range(3)"); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v; want the reason", err)
	}
	if err := c.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("the session is lost: %v", err)
	}
}

func TestOneThreadKeepsRowsInOrder(t *testing.T) {
	var last atomic.Int64
	var disorder atomic.Int64
	e, err := engine.Open(t.Context(), engine.Options{Threads: 1, Functions: []engine.Function{
		{Name: "sen_ordered", Takes: []engine.Type{engine.Bigint}, Gives: engine.Boolean, Volatile: true, Call: func(in []engine.Vector, out engine.Vector) {
			for i, row := range in[0].Uint64s() {
				if last.Swap(int64(row)) != int64(row)-1 {
					disorder.Add(1)
				}
				out.Booleans()[i] = true
			}
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	schema := arrow.NewSchema([]arrow.Field{{Name: "_row", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	var batches []arrow.RecordBatch
	for at := range int64(40) {
		for i := range int64(30) {
			b.Field(0).(*array.Int64Builder).Append(at*30 + i)
		}
		batches = append(batches, b.NewRecordBatch())
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	for range 20 {
		last.Store(-1)
		err = c.Over(batches, func(relation string) error {
			_, err := c.Copy(t.Context(), "SELECT _row FROM (SELECT *, sen_ordered(_row) AS ok FROM "+relation+") WHERE ok", path, "")
			return err
		})
		if err != nil || disorder.Load() > 0 {
			t.Fatalf("%v; %d rows out of order", err, disorder.Load())
		}
	}
}
