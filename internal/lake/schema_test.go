package lake

import (
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/sen-hub/sen"
)

func counter() func() int { n := 100; return func() int { n++; return n } }

func TestEngineTypesHaveAHomeInIceberg(t *testing.T) {
	for in, want := range map[string]string{
		"VARCHAR": "VARCHAR", "varchar(20)": "VARCHAR", "ENUM('a', 'b)')": "VARCHAR", "JSON": "VARCHAR",
		"SMALLINT": "INTEGER", "UINTEGER": "BIGINT", "REAL": "FLOAT", "DECIMAL(10,2)": "DECIMAL(10,2)", "DECIMAL": "DECIMAL(18,3)",
		"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "TIMESTAMP_MS": "TIMESTAMP", "INTEGER[3]": "INTEGER[]", "DATE[][]": "DATE[][]",
		`STRUCT(a INTEGER, "b ""c" VARCHAR[])[]`: `STRUCT("a" INTEGER, "b ""c" VARCHAR[])[]`,
		"MAP(VARCHAR, STRUCT(x DOUBLE))":         `MAP(VARCHAR, STRUCT("x" DOUBLE))`,
	} {
		got, err := parseType(in, counter())
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if engineType(got) != want {
			t.Errorf("%s: got %s, want %s", in, engineType(got), want)
		}
	}
	for _, in := range []string{"", "HUGEINT", "INTERVAL", "BIT", "DECIMAL(40,2)", "DECIMAL(2,3)", "VARCHAR[", "STRUCT(a)", "MAP(VARCHAR)",
		"VARCHAR x", "STRUCT(\"a", "ENUM('a'", strings.Repeat("STRUCT(a ", 50), "INTEGER" + strings.Repeat("[]", 50)} {
		if got, err := parseType(in, counter()); sen.KindOf(err) != sen.Invalid || err == nil {
			t.Errorf("%s: got %v, %v; want an error of kind invalid", in, got, err)
		}
	}
}

func FuzzParseType(f *testing.F) {
	for _, seed := range []string{"VARCHAR[]", "DECIMAL(10,2)", `STRUCT(a INTEGER, "b ""c" VARCHAR[])[]`, "MAP(VARCHAR, INT)", "ENUM('a', 'b)')", "STRUCT(", "[[[", `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		parsed, err := parseType(in, counter())
		if err != nil {
			return
		}
		again, err := parseType(engineType(parsed), counter())
		if err != nil || engineType(again) != engineType(parsed) {
			t.Errorf("%q became %s, which became %v, %v", in, engineType(parsed), again, err)
		}
	})
}

func TestColumnsKeepTheirIDsWhileATableEvolves(t *testing.T) {
	first, err := newSchema([]Field{{Name: "a", Type: "INTEGER", Required: true}, {Name: "b", Type: "VARCHAR"}})
	if err != nil {
		t.Fatal(err)
	}
	next, changes, err := evolve(first, 2, []Field{{Name: "c", Type: "DATE", Required: true}, {Name: "a", Type: "BIGINT"}})
	if err != nil || !changes {
		t.Fatalf("got %v, %v; want a change", changes, err)
	}
	want := []iceberg.NestedField{
		{ID: 3, Name: "c", Type: iceberg.PrimitiveTypes.Date}, {ID: 1, Name: "a", Type: iceberg.PrimitiveTypes.Int64},
	}
	if !same(next.Fields(), want) {
		t.Errorf("got %v, want %v", next.Fields(), want)
	}
	again, changes, err := evolve(next, 3, []Field{{Name: "c", Type: "DATE"}, {Name: "a", Type: "INTEGER"}})
	if err != nil || changes {
		t.Errorf("a narrower type changed the table to %v, %v", again, err)
	}
	back, _, err := evolve(next, 3, []Field{{Name: "b", Type: "VARCHAR"}})
	if f, _ := column(back, "b"); err != nil || f.ID != 4 {
		t.Errorf("a column that comes back has id %d, %v; want a new one", f.ID, err)
	}
}

func TestATypeThatCannotWidenIsDrift(t *testing.T) {
	current, err := newSchema([]Field{{Name: "a", Type: "VARCHAR"}, {Name: "m", Type: "DECIMAL(10,2)"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Field{{Name: "a", Type: "BIGINT"}, {Name: "m", Type: "DECIMAL(10,3)"}, {Name: "a", Type: "VARCHAR[]"}} {
		if _, _, err := evolve(current, 2, []Field{f}); sen.KindOf(err) != sen.Drift || sen.HintOf(err) == "" {
			t.Errorf("%s to %s: got %v, want kind drift and a hint", f.Name, f.Type, err)
		}
	}
}

func TestNamesThatTheEngineCannotTellApartAreRefused(t *testing.T) {
	for _, fields := range [][]Field{
		{}, {{Name: "", Type: "DATE"}}, {{Name: "a", Type: "DATE"}, {Name: "A", Type: "DATE"}},
		{{Name: "_pos", Type: "BIGINT"}}, {{Name: "a\x00", Type: "DATE"}},
	} {
		if _, err := newSchema(fields); sen.KindOf(err) != sen.Invalid || err == nil {
			t.Errorf("%v: got %v, want kind invalid", fields, err)
		}
	}
}

func TestFieldIDsReachIntoNestedTypes(t *testing.T) {
	schema, err := newSchema([]Field{{Name: `a "b"`, Type: "BIGINT"}, {Name: "l", Type: "STRUCT(x DATE)[]"}, {Name: "m", Type: "MAP(VARCHAR, DATE)"}})
	if err != nil {
		t.Fatal(err)
	}
	got := fieldIDs(schema.Fields())
	want := `{"a ""b""": 1, "l": {__duckdb_field_id: 2, element: {__duckdb_field_id: 4, "x": 3}}, "m": {__duckdb_field_id: 5, key: 6, value: 7}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
