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

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
)

// scenario is one element under one set of options.
type scenario struct {
	name    string
	element string
	options dictionary.Options
	own     *dictionary.Element // one that a hub declares, in place of element
}

// of is the element of the scenario.
func (s scenario) of() *dictionary.Element {
	if s.own != nil {
		return s.own
	}
	e, _ := dictionary.Lookup(s.element)
	return e
}

// declared is an element as a hub's file makes it; quotes and backslashes are
// what its text within SQL must survive.
func declared() *dictionary.Element {
	d := dictionary.Declared{Name: "own", Case: "upper", Drop: " .'", Codes: []dictionary.Code{{Value: "ĐB'1", Labels: []string{"xe máy \\ \"x\""}}},
		Patterns: []dictionary.Pattern{{Match: `([0-9]{2})[/-]?(\d{3,6})`, Format: "${1}-${2}"}, {Match: `[A-Z']{2,9}`}}}
	return d.Element()
}

var spoken = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func scenarios() []scenario {
	list := &dictionary.CodeList{Name: "sex", Codes: []dictionary.Code{
		{Value: "male", Labels: []string{"1"}}, {Value: "female", Labels: []string{"2", "0"}}}}
	kinds := &dictionary.CodeList{Name: "kind", Codes: []dictionary.Code{
		{Value: "A1", Labels: []string{"Xe máy", "Mô tô"}}, {Value: "B2", Labels: []string{"Ô tô", "-"}}, {Value: "C", Labels: []string{"Xe tải", "xe máy"}}}}
	var out []scenario
	for _, e := range dictionary.Elements() {
		out = append(out, scenario{name: e.Name, element: e.Name, options: e.ExampleOptions()})
	}
	return append(out,
		scenario{name: "identity on a day", element: "personal-identity-number", options: dictionary.Options{On: spoken}},
		scenario{name: "date on a day", element: "date", options: dictionary.Options{On: spoken}},
		scenario{name: "date with years", element: "date", options: dictionary.Options{On: spoken, Year: true}},
		scenario{name: "date month first", element: "date", options: dictionary.Options{Order: dictionary.MonthFirst}},
		scenario{name: "date of a spreadsheet", element: "date", options: dictionary.Options{Excel: true}},
		scenario{name: "date with a pivot", element: "date", options: dictionary.Options{Pivot: 26}},
		scenario{name: "province after the merger", element: "province", options: dictionary.Options{On: spoken}},
		scenario{name: "sex by a list", element: "sex", options: dictionary.Options{Codes: list}},
		scenario{name: "code of a list", element: "code", options: dictionary.Options{Codes: kinds}},
		scenario{name: "number with comma", element: "number", options: dictionary.Options{Decimal: ","}},
		scenario{name: "licence class before the law", element: "driving-licence-class", options: dictionary.Options{On: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}},
		scenario{name: "tax code before the law", element: "tax-code", options: dictionary.Options{On: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}},
		scenario{name: "money with comma", element: "money", options: dictionary.Options{Decimal: ","}},
		scenario{name: "declared by a hub", element: "number", own: declared()},
		scenario{name: "number with dot", element: "number", options: dictionary.Options{Decimal: "."}},
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
	e := s.of()
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
	if err := engine.Install(context.Background(), db, clean.Functions()); err != nil {
		t.Fatal(err)
	}
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
