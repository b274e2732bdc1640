package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
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
	if err := c.Load(t.Context(), "raw", schema, []arrow.RecordBatch{batch}); err != nil {
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
