package lake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// python finds an interpreter with pyiceberg; without one the test fails,
// because what others read is half of what the lake promises.
func python(t *testing.T) string {
	t.Helper()
	at := os.Getenv("SEN_PYTHON")
	if at == "" {
		at, _ = filepath.Abs("../../.venv/bin/python")
	}
	if _, err := os.Stat(at); err != nil {
		t.Fatal("no Python with pyiceberg: run scripts/setup-python, or name one in SEN_PYTHON")
	}
	return at
}

type request struct {
	Table    string `json:"table"`
	Snapshot int64  `json:"snapshot"`
	To       string `json:"to"`
}

// outside reads a table as of snapshots with pyiceberg, and holds each
// against what the lake's own relation gives.
func (b *bench) outside(t *lake.Table, snapshots ...int64) {
	b.Helper()
	name := fmt.Sprintf("%s_%s.%s", t.Kind(), t.Dataset().Agency(), t.Dataset().Object())
	var asks bytes.Buffer
	var files []string
	for i, id := range snapshots {
		files = append(files, filepath.Join(b.TempDir(), fmt.Sprint(i, ".parquet")))
		line, _ := json.Marshal(request{name, id, files[i]})
		asks.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(b.Context(), python(b.T), "testdata/read.py", filepath.Join(b.dir, "catalog.db"))
	cmd.Stdin = &asks
	var errors bytes.Buffer
	cmd.Stderr = &errors
	answers, err := cmd.Output()
	if err != nil {
		b.Fatalf("pyiceberg: %v\n%s", err, errors.String())
	}
	for i, line := range bytes.Split(bytes.TrimSpace(answers), []byte("\n")) {
		var got struct {
			Columns, Listed []string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			b.Fatal(err)
		}
		if !slices.Contains(got.Listed, name) {
			b.Errorf("pyiceberg lists %v, without %s", got.Listed, name)
		}
		scan := b.scan(t, lake.AsOf{Snapshot: snapshots[i]})
		b.equal(scan, got.Columns, files[i])
	}
}

func (b *bench) equal(scan lake.Scan, columns []string, file string) {
	b.Helper()
	var want []string
	for _, f := range scan.Fields() {
		want = append(want, f.Name)
	}
	if !slices.Equal(columns, want) {
		b.Fatalf("pyiceberg has columns %q, the lake %q", columns, want)
	}
	theirs := "(FROM read_parquet(" + engine.Literal(file) + "))"
	var more, less, rows int64
	for query, into := range map[string]*int64{
		"FROM " + theirs + " EXCEPT ALL FROM " + scan.SQL(): &more,
		"FROM " + scan.SQL() + " EXCEPT ALL FROM " + theirs: &less,
		"FROM " + scan.SQL(): &rows,
	} {
		if err := b.sql.Row(b.Context(), "SELECT count(*) FROM ("+query+")", into); err != nil {
			b.Fatal(err)
		}
	}
	if more+less > 0 {
		b.Errorf("pyiceberg has %d rows that the lake has not, and lacks %d:\n%s\n%s", more, less, b.rows(theirs), b.rows(scan.SQL()))
	}
	if rows != scan.Snapshot.Rows {
		b.Errorf("the snapshot counts %d rows and has %d", scan.Snapshot.Rows, rows)
	}
}

func everyType() []lake.Field {
	return []lake.Field{
		{Name: "id", Type: "BIGINT", Required: true}, {Name: "i", Type: "INTEGER"}, {Name: "s16", Type: "SMALLINT"},
		{Name: "f", Type: "FLOAT"}, {Name: "d", Type: "DOUBLE"}, {Name: "b", Type: "BOOLEAN"},
		{Name: "m9", Type: "DECIMAL(9,2)"}, {Name: "m18", Type: "DECIMAL(18,4)"}, {Name: "m38", Type: "DECIMAL(38,10)"},
		{Name: "day", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP"}, {Name: "atz", Type: "TIMESTAMP WITH TIME ZONE"},
		{Name: "clock", Type: "TIME"}, {Name: "t", Type: "VARCHAR"}, {Name: "raw", Type: "BLOB"},
		{Name: "list", Type: "VARCHAR[]"}, {Name: "nested", Type: `STRUCT(x INTEGER, "y z" VARCHAR)[]`},
		{Name: "map", Type: "MAP(VARCHAR, INTEGER)"},
	}
}

const everyValue = `SELECT range AS id, (range * 7)::INTEGER AS i, (range %% 30000)::SMALLINT AS s16,
  (range / 3)::FLOAT AS f, range / 7 AS d, range %% 2 = 0 AS b,
  (range / 100)::DECIMAL(9,2) AS m9, (range - 500)::DECIMAL(18,4) AS m18, (range * 1e20)::DECIMAL(38,10) AS m38,
  DATE '1900-01-01' + range::INTEGER AS day, TIMESTAMP '1969-12-31 23:59:59.123456' + INTERVAL (range) SECOND AS at,
  TIMESTAMPTZ '2020-02-29 12:00:00+07' + INTERVAL (range) HOUR AS atz, TIME '23:59:59.5' AS clock,
  CASE WHEN range %% 3 > 0 THEN 'Nguyễn Thị ' || range END AS t, ('x' || range)::BLOB AS raw,
  ['a', NULL, 'c' || range] AS list, [{'x': range::INTEGER, 'y z': 'q'}] AS nested, MAP {'k': range::INTEGER} AS map
  FROM range(%d, %d)`

func TestPyicebergReadsTheSameRows(t *testing.T) {
	b := openBench(t, filepath.Join(t.TempDir(), "Dữ liệu 100% của tôi"), nil)
	tbl := b.table(everyType()...)
	first := b.add(tbl, fmt.Sprintf(everyValue, 0, 500), fmt.Sprintf(everyValue, 500, 1000), fmt.Sprintf(everyValue, 1000, 1003))
	second := b.commit(tbl, lake.Change{Delete: b.positions(tbl, "id % 10 = 3 AND id < 900")})
	third := b.commit(tbl, lake.Change{
		Delete: b.positions(tbl, "id IN (4, 600)"),
		Add:    []lake.File{b.write(tbl, fmt.Sprintf(everyValue, 2000, 2001))},
	})
	b.outside(tbl, first.ID, second.ID, third.ID, 0)
}

func TestPyicebergSeesAnEvolvedSchema(t *testing.T) {
	b := newBench(t)
	tbl := b.table(lake.Field{Name: "id", Type: "INTEGER"}, lake.Field{Name: "gone", Type: "VARCHAR"},
		lake.Field{Name: "m", Type: "DECIMAL(9,2)"}, lake.Field{Name: "f", Type: "FLOAT"})
	old := b.add(tbl, "SELECT 1::INTEGER AS id, 'x' AS gone, 1.5::DECIMAL(9,2) AS m, 0.5::FLOAT AS f")
	tbl = b.table(lake.Field{Name: "new", Type: "DATE"}, lake.Field{Name: "id", Type: "BIGINT", Doc: "the number"},
		lake.Field{Name: "m", Type: "DECIMAL(12,2)"}, lake.Field{Name: "f", Type: "DOUBLE"})
	b.want(tbl, lake.AsOf{}, "(NULL, 1, 1.50, 0.5)")
	b.add(tbl, "SELECT DATE '2026-01-02' AS new, 5000000000 AS id, 12345678.25::DECIMAL(12,2) AS m, 0.1::DOUBLE AS f")
	b.want(tbl, lake.AsOf{}, "(2026-01-02, 5000000000, 12345678.25, 0.1) (NULL, 1, 1.50, 0.5)")
	b.want(tbl, lake.AsOf{Snapshot: old.ID}, "(1, x, 1.50, 0.5)")
	b.outside(tbl, old.ID, 0)
}

func TestPyicebergFindsTheColumnsOfASourceFileByName(t *testing.T) {
	b := newBench(t)
	tbl := b.table(lake.Field{Name: "id", Type: "BIGINT"}, lake.Field{Name: "họ tên", Type: "VARCHAR"}, lake.Field{Name: "later", Type: "DATE"})
	var files []lake.File
	for i, query := range []string{
		`SELECT 'An' AS "họ tên", 1::BIGINT AS id UNION ALL SELECT 'Bình', 2`,
		`SELECT 3::BIGINT AS id, 'Chi' AS "họ tên", DATE '2026-05-01' AS later`,
	} {
		path, err := tbl.NewSourceFile("r", i, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.sql.Copy(t.Context(), query, path, ""); err != nil {
			t.Fatal(err)
		}
		files = append(files, lake.File{Path: path})
	}
	first := b.commit(tbl, lake.Change{Add: files})
	b.commit(tbl, lake.Change{Delete: b.positions(tbl, "id = 2"), Add: []lake.File{
		b.write(tbl, `SELECT 4::BIGINT AS id, 'Dũng' AS "họ tên", NULL::DATE AS later`)}})
	b.want(tbl, lake.AsOf{}, "(1, An, NULL) (3, Chi, 2026-05-01) (4, Dũng, NULL)")
	b.outside(tbl, first.ID, 0)
}

func TestPyicebergReadsUnusualColumnNames(t *testing.T) {
	b := newBench(t)
	names := []string{"select", `he said "no"`, "it's", "a b", "họ và tên", "a.b", "x{y: 1}", "filename", "_filename", "_file2", "{", "%d", "漢字"}
	var fields []lake.Field
	query := "SELECT "
	for i, n := range names {
		fields = append(fields, lake.Field{Name: n, Type: "INTEGER"})
		query += fmt.Sprintf("%d::INTEGER AS %s, ", i, engine.Ident(n))
	}
	tbl := b.table(fields...)
	b.add(tbl, query, query)
	b.commit(tbl, lake.Change{Delete: map[string][]int64{b.scan(tbl, lake.AsOf{}).Files[0].Path: {0}}})
	b.want(tbl, lake.AsOf{}, "(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)")
	b.outside(tbl, 0)
}
