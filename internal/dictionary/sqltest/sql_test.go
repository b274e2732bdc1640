// Package sqltest holds every element's SQL form against its Go form, in the
// engine itself. It is a test and nothing else: the dictionary links no
// database.
package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/sen-hub/sen/internal/dictionary"
)

// scenario is one element under one set of options.
type scenario struct {
	name    string
	element string
	options dictionary.Options
}

var spoken = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func scenarios() []scenario {
	list := &dictionary.CodeList{Name: "sex", Codes: []dictionary.Code{
		{Value: "male", Labels: []string{"1"}}, {Value: "female", Labels: []string{"2", "0"}}}}
	kinds := &dictionary.CodeList{Name: "kind", Codes: []dictionary.Code{
		{Value: "A1", Labels: []string{"Xe máy", "Mô tô"}}, {Value: "B2", Labels: []string{"Ô tô", "-"}}, {Value: "C", Labels: []string{"Xe tải", "xe máy"}}}}
	var out []scenario
	for _, e := range dictionary.Elements() {
		out = append(out, scenario{e.Name, e.Name, dictionary.Options{}})
	}
	return append(out,
		scenario{"identity on a day", "personal-identity-number", dictionary.Options{On: spoken}},
		scenario{"date on a day", "date", dictionary.Options{On: spoken}},
		scenario{"date with years", "date", dictionary.Options{On: spoken, Year: true}},
		scenario{"date month first", "date", dictionary.Options{Order: dictionary.MonthFirst}},
		scenario{"date of a spreadsheet", "date", dictionary.Options{Excel: true}},
		scenario{"date with a pivot", "date", dictionary.Options{Pivot: 26}},
		scenario{"province after the merger", "province", dictionary.Options{On: spoken}},
		scenario{"sex by a list", "sex", dictionary.Options{Codes: list}},
		scenario{"code of a list", "code", dictionary.Options{Codes: kinds}},
		scenario{"number with comma", "number", dictionary.Options{Decimal: ","}},
		scenario{"number with dot", "number", dictionary.Options{Decimal: "."}},
	)
}

// valuesEach is how many values every scenario compares.
const valuesEach = 20_000

func TestSQLAndGoGiveTheSameAnswer(t *testing.T) {
	db := open(t)
	for i, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			g := newGenerator(uint64(i) + 1)
			values := append(corners(), g.mutated(s.element, valuesEach)...)
			load(t, db, "v", values)
			compare(t, db, s, "v")
		})
	}
}

// compare runs the SQL form over table and the Go form over each value.
func compare(t *testing.T, db *sql.DB, s scenario, table string) {
	t.Helper()
	e, _ := dictionary.Lookup(s.element)
	f := e.SQL("x", s.options)
	rows, err := db.Query(fmt.Sprintf(`SELECT x, v, b, CASE WHEN v IS NULL AND NOT b THEN %s END, ty::VARCHAR IS NOT DISTINCT FROM TRY_CAST(v AS %s)::VARCHAR
		FROM (SELECT x, %s AS v, %s AS ty, %s AS b FROM %s)`, f.Problem, f.Type, f.Value, f.Typed, f.Blank, table))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	wrong := 0
	for rows.Next() && wrong < 10 {
		var x string
		var value, problem sql.NullString
		var blank, typedSame bool
		if err := rows.Scan(&x, &value, &blank, &problem, &typedSame); err != nil {
			t.Fatal(err)
		}
		want := e.Standardise(x, s.options)
		if value.String != want.Value || value.Valid != (want.Value != "") || problem.String != want.Problem || blank != want.Blank() || !typedSame {
			wrong++
			t.Errorf("%s(%+q): SQL value %+q problem %q blank %v typed %v; Go value %+q problem %q blank %v",
				s.element, x, value.String, problem.String, blank, typedSame, want.Value, want.Problem, want.Blank())
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// load makes a table of one VARCHAR column x.
func load(t testing.TB, db *sql.DB, table string, values []string) {
	t.Helper()
	if _, err := db.Exec("CREATE OR REPLACE TABLE " + table + " (x VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		appender, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", table)
		if err != nil {
			return err
		}
		for _, v := range values {
			if err := appender.AppendRow(v); err != nil {
				return err
			}
		}
		return appender.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}
