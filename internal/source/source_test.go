package source_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pq "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/sourcetest"
	"github.com/sen-hub/sen/internal/xlsx"
)

func TestEveryFormatKeepsTheContract(t *testing.T) {
	for _, h := range []sourcetest.Harness{
		{Name: "csv", File: "people.csv", Write: writeCSV(",", "\n")},
		{Name: "csv with semicolons and CRLF", File: "people.csv", Write: writeCSV(";", "\r\n")},
		{Name: "csv in TCVN3", File: "people.csv", Write: encoded(charset.TCVN3, writeCSV(",", "\n"))},
		{Name: "csv in VNI", File: "people.csv", Write: encoded(charset.VNI, writeCSV(";", "\n"))},
		{Name: "csv in VISCII", File: "people.csv", Write: encoded(charset.VISCII, writeCSV(",", "\n"))},
		{Name: "csv in Windows-1258", File: "people.csv", Write: encoded(charset.Windows1258, writeCSV("\t", "\n"))},
		{Name: "csv in UTF-16", File: "people.csv", Write: encoded(charset.UTF16LE, writeCSV("\t", "\r\n"))},
		{Name: "json lines in UTF-16", File: "people.jsonl", Write: encoded(charset.UTF16BE, writeJSON("", "\n", "\n", false))},
		{Name: "json lines", File: "people.jsonl", Write: writeJSON("", "\n", "\n", false)},
		{Name: "json array", File: "people.json", Write: writeJSON("[\n", ",\n", "\n]\n", false)},
		{Name: "json over several lines", File: "people.json", Write: writeJSON("", "\n", "\n", true)},
		{Name: "parquet", File: "people.parquet", Write: writeParquet(13), Rows: parquetRows},
		{Name: "sqlite", File: "people.db", Write: writeSQLite(""), OneFile: true},
		{Name: "xlsx", File: "people.xlsx", Write: writeXLSX},
		{Name: "xlsx with shared texts", File: "people.xlsx", Write: writeShared},
		{Name: "sqlite without rowid", File: "people.db", Write: writeSQLite(" WITHOUT ROWID"), OneFile: true},
	} {
		t.Run(h.Name, func(t *testing.T) { sourcetest.Run(t, h) })
	}
}

// encoded writes in another encoding; a byte order mark says which one of
// those that have one.
func encoded(name string, write func(*testing.T, string, sourcetest.Table)) func(*testing.T, string, sourcetest.Table) {
	return func(t *testing.T, path string, table sourcetest.Table) {
		write(t, path, table)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := charset.Encode(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		if marks := map[string]string{charset.UTF16LE: "\xFF\xFE", charset.UTF16BE: "\xFE\xFF"}; len(text) > 0 {
			content = append([]byte(marks[name]), content...)
		}
		save(t, path, content)
	}
}

func save(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeCSV(delimiter, newline string) func(*testing.T, string, sourcetest.Table) {
	return func(t *testing.T, path string, table sourcetest.Table) {
		var b bytes.Buffer
		b.WriteString(strings.Join(table.Columns, delimiter) + newline)
		for _, row := range table.Rows {
			for i, cell := range row {
				if i > 0 {
					b.WriteString(delimiter)
				}
				if cell == nil {
					continue
				}
				if *cell == "" || strings.ContainsAny(*cell, "\n\r\"'\t;|,") {
					b.WriteString(`"` + strings.ReplaceAll(*cell, `"`, `""`) + `"`)
				} else {
					b.WriteString(*cell)
				}
			}
			b.WriteString(newline)
		}
		save(t, path, b.Bytes())
	}
}

func writeJSON(before, between, after string, indent bool) func(*testing.T, string, sourcetest.Table) {
	return func(t *testing.T, path string, table sourcetest.Table) {
		var all []string
		for _, row := range table.Rows {
			all = append(all, object(table.Columns, row, indent))
		}
		if all == nil && before == "" {
			save(t, path, nil)
			return
		}
		save(t, path, []byte(before+strings.Join(all, between)+after))
	}
}

func object(columns []string, row []*string, indent bool) string {
	var members []string
	for i, cell := range row {
		name, _ := json.Marshal(columns[i])
		value, _ := json.Marshal(cell)
		members = append(members, string(name)+": "+string(value))
	}
	if indent {
		return "{\n  " + strings.Join(members, ",\n  ") + "\n}"
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// writeParquet writes row groups of so many rows.
func writeParquet(group int64) func(*testing.T, string, sourcetest.Table) {
	return func(t *testing.T, path string, table sourcetest.Table) { writeGroups(t, path, table, group) }
}

func writeGroups(t *testing.T, path string, table sourcetest.Table, group int64) {
	var fields []arrow.Field
	for _, name := range table.Columns {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for _, row := range table.Rows {
		for i, cell := range row {
			if column := b.Field(i).(*array.StringBuilder); cell == nil {
				column.AppendNull()
			} else {
				column.Append(*cell)
			}
		}
	}
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(group)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	save(t, path, out.Bytes())
}

// parquetRows reads a range's rows from its file.
func parquetRows(t *testing.T, g *source.Range) (out [][]*string) {
	t.Helper()
	f, err := pq.OpenParquetFile(g.File, false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	part := array.NewTableReader(table, -1)
	at := int64(0)
	for part.Next() {
		b := part.RecordBatch()
		for i := range int(b.NumRows()) {
			if at >= g.FileRow && at < g.FileRow+g.Rows {
				row := make([]*string, b.NumCols())
				for c := range row {
					if column := b.Column(c).(*array.String); !column.IsNull(i) {
						value := strings.Clone(column.Value(i))
						row[c] = &value
					}
				}
				out = append(out, row)
			}
			at++
		}
	}
	return out
}

func writeSQLite(suffix string) func(*testing.T, string, sourcetest.Table) {
	return func(t *testing.T, path string, table sourcetest.Table) {
		os.Remove(path)
		conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var columns, marks []string
		for i, name := range table.Columns {
			columns, marks = append(columns, `"`+name+`" TEXT`), append(marks, "?")
			if i == 0 {
				columns[0] += " PRIMARY KEY"
			}
		}
		run := func(query string, args ...any) {
			if err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
				t.Fatal(err)
			}
		}
		run("CREATE TABLE people (" + strings.Join(columns, ", ") + ")" + suffix)
		run("BEGIN")
		for _, row := range table.Rows {
			args := make([]any, len(row))
			for i, cell := range row {
				if cell != nil {
					args[i] = *cell
				}
			}
			run("INSERT INTO people VALUES ("+strings.Join(marks, ", ")+")", args...)
		}
		run("COMMIT")
	}
}

func writeXLSX(t *testing.T, path string, table sourcetest.Table) {
	sheet := xlsx.Sheet{Name: "people", Header: 1, Rows: [][]xlsx.Cell{nil}}
	for _, name := range table.Columns {
		sheet.Rows[0] = append(sheet.Rows[0], xlsx.Cell{Kind: xlsx.Text, Text: name})
	}
	for _, row := range table.Rows {
		cells := make([]xlsx.Cell, len(row))
		for i, cell := range row {
			if cell != nil {
				cells[i] = xlsx.Cell{Kind: xlsx.Text, Text: *cell}
			}
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	var out bytes.Buffer
	if err := xlsx.Write(&out, []xlsx.Sheet{sheet}); err != nil {
		t.Fatal(err)
	}
	save(t, path, out.Bytes())
}
