package lake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/lake/laketest"
)

// python finds an interpreter with pyiceberg; without one the test fails,
// because what others read is half of what the lake promises.
func python(t testing.TB) string {
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
	Filter   string `json:"filter"`
	To       string `json:"to"`
}

// outside reads a table as of snapshots with pyiceberg, and holds each
// against what the lake's own relation gives.
func (b *bench) outside(t *lake.Table, snapshots ...int64) {
	b.Helper()
	asks := make([]request, len(snapshots))
	for i, id := range snapshots {
		asks[i].Snapshot = id
	}
	b.ask(t, asks)
}

// address is what pyiceberg opens the lake by.
func (b *bench) address() string {
	if b.options.Bucket == nil {
		return `{"uri": "sqlite:///` + filepath.Join(b.dir, "catalog.db") + `"}`
	}
	uri := strings.Replace(b.options.Catalogue.URL, "postgres://sen@", "postgresql+psycopg2://sen:"+laketest.Password+"@", 1)
	text, err := json.Marshal(map[string]string{"uri": uri, "s3.endpoint": b.options.Bucket.Endpoint, "s3.region": b.options.Bucket.Region,
		"s3.access-key-id": b.options.Bucket.Key, "s3.secret-access-key": b.options.Bucket.Secret})
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func (b *bench) ask(t *lake.Table, asks []request) {
	b.Helper()
	name := fmt.Sprintf("%s_%s.%s", t.Kind(), t.Dataset().Agency(), t.Dataset().Object())
	folder := b.TempDir()
	var lines bytes.Buffer
	for i := range asks {
		asks[i].Table, asks[i].To = name, filepath.Join(folder, fmt.Sprint(i, ".parquet"))
		line, err := json.Marshal(asks[i])
		if err != nil {
			b.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(b.Context(), python(b), "testdata/read.py", b.address())
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = &lines, &complaint
	answers, err := cmd.Output()
	if err != nil {
		b.Fatalf("pyiceberg: %v\n%s", err, complaint.String())
	}
	for i, line := range bytes.Split(bytes.TrimSpace(answers), []byte("\n")) {
		var got struct{ Columns, Listed []string }
		if err := json.Unmarshal(line, &got); err != nil {
			b.Fatal(err)
		}
		if !slices.Contains(got.Listed, name) {
			b.Errorf("pyiceberg lists %v, without %s", got.Listed, name)
		}
		b.equal(b.scan(t, lake.AsOf{Snapshot: asks[i].Snapshot}), got.Columns, asks[i])
	}
}

// equal holds the rows of an answer against the lake's own, both ways.
func (b *bench) equal(scan lake.Scan, columns []string, ask request) {
	b.Helper()
	var want []string
	for _, f := range scan.Fields() {
		want = append(want, f.Name)
	}
	if !slices.Equal(columns, want) {
		b.Fatalf("pyiceberg has columns %q, the lake %q", columns, want)
	}
	ours := "(FROM " + scan.SQL() + ")"
	if ask.Filter != "" {
		ours = "(FROM " + scan.SQL() + " WHERE " + ask.Filter + ")"
	}
	theirs := "(FROM read_parquet(" + engine.Literal(ask.To) + "))"
	more, less := b.count("FROM "+theirs+" EXCEPT ALL FROM "+ours), b.count("FROM "+ours+" EXCEPT ALL FROM "+theirs)
	if more+less > 0 {
		b.Errorf("%+v: pyiceberg has %d rows that the lake has not, and lacks %d", ask, more, less)
	}
	if rows := b.count("FROM " + ours); ask.Filter == "" && rows != scan.Snapshot.Rows || ask.Filter != "" && rows == 0 {
		b.Errorf("%+v: %d rows, and the snapshot counts %d", ask, rows, scan.Snapshot.Rows)
	}
}

func (b *bench) count(query string) (n int64) {
	b.Helper()
	if err := b.sql.Row(b.Context(), "SELECT count(*) FROM ("+query+")", &n); err != nil {
		b.Fatal(err)
	}
	return n
}

func everyType() []lake.Field {
	return []lake.Field{
		{Name: "id", Type: "BIGINT", Required: true}, {Name: "i", Type: "INTEGER"}, {Name: "s16", Type: "SMALLINT"},
		{Name: "f", Type: "FLOAT"}, {Name: "d", Type: "DOUBLE"}, {Name: "b", Type: "BOOLEAN"},
		{Name: "m9", Type: "DECIMAL(9,2)"}, {Name: "m18", Type: "DECIMAL(18,4)"}, {Name: "m38", Type: "DECIMAL(38,10)"},
		{Name: "day", Type: "DATE"}, {Name: "moment", Type: "TIMESTAMP"}, {Name: "atz", Type: "TIMESTAMP WITH TIME ZONE"},
		{Name: "clock", Type: "TIME"}, {Name: "t", Type: "VARCHAR"}, {Name: "raw", Type: "BLOB"},
		{Name: "list", Type: "VARCHAR[]"}, {Name: "nested", Type: `STRUCT(x INTEGER, "y z" VARCHAR)[]`},
		{Name: "map", Type: "MAP(VARCHAR, INTEGER)"},
	}
}

const everyValue = `SELECT range AS id, (range * 7)::INTEGER AS i, (range %% 30000)::SMALLINT AS s16,
  (range / 3)::FLOAT AS f, range / 7 AS d, range %% 2 = 0 AS b,
  (range / 100)::DECIMAL(9,2) AS m9, (range - 500)::DECIMAL(18,4) AS m18, (range * 1e20)::DECIMAL(38,10) AS m38,
  DATE '1900-01-01' + range::INTEGER AS day, TIMESTAMP '1969-12-31 23:59:59.123456' + INTERVAL (range) SECOND AS moment,
  TIMESTAMPTZ '2020-02-29 12:00:00+07' + INTERVAL (range) HOUR AS atz, TIME '23:59:59.5' AS clock,
  CASE WHEN range %% 3 > 0 THEN 'Nguyễn Thị Ngọc Ánh ' || range END AS t, ('x' || range)::BLOB AS raw,
  ['a', NULL, 'c' || range] AS list, [{'x': range::INTEGER, 'y z': 'q'}] AS nested, MAP {'k': range::INTEGER} AS map
  FROM range(%d, %d)`

func TestPyicebergReadsTheSameRows(t *testing.T) {
	b := openBench(t, filepath.Join(t.TempDir(), "Dữ liệu 100% của tôi, x=1"), nil)
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

func TestPyicebergReadsTheTypesOfOtherWriters(t *testing.T) {
	b := newBench(t)
	var fields []lake.Field
	query := "SELECT "
	for i, c := range [][2]string{
		{"UTINYINT", "200"}, {"USMALLINT", "60000"}, {"TINYINT", "-1"}, {"UINTEGER", "4000000000"}, {"UBIGINT", "5"},
		{"TIMESTAMP_NS", "'2020-01-01 00:00:00.123456789'"}, {"TIMESTAMP_MS", "'2020-01-01 00:00:00.123'"},
		{"TIMESTAMP_S", "'1910-01-01 00:00:00'"}, {"ENUM('a','b')", "'a'"}, {"JSON", "'{}'"},
		{"UUID", "'0045f903-d2d3-495b-96fd-b454717d291e'"}, {"DECIMAL(4,1)", "1.5"},
	} {
		name := fmt.Sprint("c", i)
		fields = append(fields, lake.Field{Name: name, Type: c[0]})
		query += c[1] + "::" + c[0] + " AS " + name + ", "
	}
	tbl := b.table(fields...)
	path, err := tbl.NewSourceFile("r", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.sql.Copy(t.Context(), query, path, ""); err != nil {
		t.Fatal(err)
	}
	b.commit(tbl, lake.Change{Add: []lake.File{{Path: path}, b.write(tbl, query)}})
	b.outside(tbl, 0)
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

// The bounds of each file's columns lie in the manifests; were one too
// narrow, an outside reader would pass over rows without a word.
func TestPyicebergSkipsNoFileThatItNeeds(t *testing.T) {
	b := newBench(t)
	tbl := b.table(everyType()...)
	for i := range 4 {
		b.add(tbl, fmt.Sprintf(everyValue, i*250, i*250+250))
	}
	b.commit(tbl, lake.Change{Delete: b.positions(tbl, "id % 100 = 7")})
	var asks []request
	for _, filter := range []string{
		"id >= 990", "id = 249", "i < 70", "s16 = 5", "f > 300", "d < 3", "b = true", "m9 > 9.85", "m18 > 400.5000", "m18 < -400.0000",
		"day < '1900-02-01'", "day = '1902-09-26'", "moment > '1970-01-01T00:14:00'", "moment < '1970-01-01T00:00:00'",
		"atz > '2020-04-01T00:00:00+00:00'", "t = 'Nguyễn Thị Ngọc Ánh 700'", "t > 'Nguyễn Thị Ngọc Ánh 99'", "t IS NULL", "clock = '23:59:59.5'",
	} {
		asks = append(asks, request{Filter: filter})
	}
	b.ask(tbl, asks)
}
