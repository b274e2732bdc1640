package clean_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source/rows"
)

const people = `apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.0.0
status: active
servers:
  - {server: files, type: local, path: people.csv, format: csv}
schema:
  - name: person
    physicalName: people
    properties:
      - {name: area, physicalName: area, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - {name: id, physicalName: id, logicalType: string, primaryKey: true, primaryKeyPosition: 2}
      - {name: mail, physicalName: mail, logicalType: string, unique: true}
      - {name: born_on, physicalName: born, logicalType: date, required: true, authoritativeDefinitions: [{type: dataElement, url: "sen:element/date"}]}
      - {name: points, physicalName: points, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 9}}
`

var columns = []string{"area", "id", "mail", "born", "points"}

func open(t *testing.T) (*clean.Plan, *engine.Conn) {
	t.Helper()
	known := func(name string) bool { _, ok := dictionary.Lookup(name); return ok }
	c, problems := contract.Parse("people.odcs.yaml", []byte(people), contract.Options{Elements: known})
	if errs := problems.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	var source []contract.Column
	for _, name := range columns {
		source = append(source, contract.Column{Name: name, Type: "VARCHAR", Nullable: true})
	}
	plan, err := clean.Compile(c.Datasets()[0], source, clean.Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), engine.Options{Threads: 1, Functions: clean.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); e.Close() })
	return plan, conn
}

// random is a table with repeated keys, repeated mails, faults and blanks.
func random(r *rand.Rand, n int) [][]string {
	one := func(list ...string) string { return list[r.IntN(len(list))] }
	out := make([][]string, n)
	for i := range out {
		out[i] = []string{one("a", "b", "1:a", ""), one("1", "2", "a", fmt.Sprint(r.IntN(4*n)), fmt.Sprint(r.IntN(4*n))),
			one("", "-", fmt.Sprintf("%d@x.example", r.IntN(8*n)), fmt.Sprintf("%d@x.example", i)),
			one("1/2/1990", "1990-02-01", "31/2/1990", "", "soon", "2/9/1945"), one("1", "9", "10", "-1", "x", "")}
	}
	return out
}

func batches(table [][]string, size int) (out []arrow.RecordBatch) {
	b := rows.NewBuilder(columns, 0)
	for i, row := range table {
		for c, value := range row {
			if value == "" {
				b.Columns[c].Null()
			} else {
				b.Columns[c].Append([]byte(value))
			}
		}
		b.End(int64(i + 1))
		if b.Rows() == size {
			out = append(out, b.Flush())
		}
	}
	if last := b.Flush(); last != nil {
		out = append(out, last)
	}
	return out
}

// verdicts says of each row whether it is clean, by plain Go over the rules of
// the contract: it shares nothing with the plan but the dictionary.
func verdicts(table [][]string) (held, again []int64) {
	date, _ := dictionary.Lookup("date")
	keys, mails := map[[2]string]bool{}, map[string]bool{}
	for i, row := range table {
		points := row[4] == "" || row[4] == "1" || row[4] == "9"
		if born := date.Standardise(row[3], dictionary.Options{}); born.Value == "" || row[0] == "" || row[1] == "" || !points {
			held = append(held, int64(i))
			continue
		}
		key, mail := [2]string{row[0], row[1]}, row[2]
		repeats := keys[key] || mail != "" && mails[mail]
		keys[key], mails[mail] = true, true
		if repeats {
			again = append(again, int64(i))
		}
	}
	return held, again
}

func TestAPassKeepsBackWhatBreaksARuleOrRepeatsARow(t *testing.T) {
	plan, c := open(t)
	r := rand.New(rand.NewPCG(11, 12))
	for n := range 60 {
		table := random(r, 1+n*7)
		held, again := verdicts(table)
		pass := plan.Begin(int64(len(table)))
		err := c.Over(rows.Without(batches(table, 1+r.IntN(40)), clean.LineColumn, clean.RawColumn), func(raw string) error {
			return c.Exec(t.Context(), "CREATE OR REPLACE TEMP TABLE good AS "+pass.Through(raw, 7, 3))
		})
		pass.End()
		if err != nil {
			t.Fatal(err)
		}
		var repeated []int64
		for _, list := range pass.Again {
			repeated = append(repeated, list...)
		}
		slices.Sort(repeated)
		if !slices.Equal(pass.HeldRows(), held) || !slices.Equal(repeated, again) {
			t.Fatalf("%d rows: held %v, want %v; repeated %v, want %v", len(table), pass.HeldRows(), held, repeated, again)
		}
		want := int64(len(table) - len(held) - len(again))
		in := pass.Tally.In()
		if pass.Tally.Clean.Rows != want || in.Rows != int64(len(table)) || pass.Tally.Repeated != int64(len(again)) {
			t.Fatalf("%d rows: the tally says %+v; want %d clean", len(table), pass.Tally, want)
		}
		holdAgainstTables(t, plan, c, table, pass)
	}
}

// holdAgainstTables compares the digests of a pass with those of tables: of
// all rows as they landed, and of the clean ones as they were written.
func holdAgainstTables(t *testing.T, plan *clean.Plan, c *engine.Conn, table [][]string, pass *clean.Pass) {
	t.Helper()
	if err := c.Load(t.Context(), "raw", batches(table, 100)); err != nil {
		t.Fatal(err)
	}
	landed, err := clean.ScanDigest(t.Context(), c, plan.SourceDigest("raw"))
	if err != nil || !landed.Equal(pass.Tally.In()) {
		t.Fatalf("landed %+v, %v; the pass says %+v", landed, err, pass.Tally.In())
	}
	content, err := clean.ScanDigest(t.Context(), c, plan.ContentDigest("good"))
	if err != nil || !content.Equal(pass.Tally.Content) {
		t.Fatalf("clean %+v, %v; the pass says %+v", content, err, pass.Tally.Content)
	}
}

func TestHeldRowsSayWhichRuleAndWhichValue(t *testing.T) {
	plan, c := open(t)
	table := [][]string{{"a", "1", "", "31/2/1990", "1"}, {"a", "2", "", "1/2/1990", "10"}, {"a", "3", "", "1/2/1990", "1"}, {"a", "", "", "", "x"}}
	pass := plan.Begin(4)
	defer pass.End()
	all := batches(table, 2)
	err := c.Over(rows.Without(all, clean.LineColumn, clean.RawColumn), func(raw string) error {
		return c.Exec(t.Context(), "CREATE OR REPLACE TEMP TABLE good AS "+pass.Through(raw, 1, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Load(t.Context(), "held", []arrow.RecordBatch{pass.HeldTable()}); err != nil {
		t.Fatal(err)
	}
	if err := c.Load(t.Context(), "some_rows", []arrow.RecordBatch{rows.Pick(all, pass.HeldRows())}); err != nil {
		t.Fatal(err)
	}
	found, err := c.Query(t.Context(), "SELECT _row || ' ' || _rule || ' ' || coalesce(_value, 'NULL') || ' ' || json_array_length(_violations) FROM ("+plan.Bad("some_rows", "held", 1, 0)+") ORDER BY _row")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var got []string
	for found.Next() {
		var line string
		if err := found.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{"0 born_on.impossible 31/2/1990 1", "1 points.maximum 10 1", "3 id.required NULL 3"}
	if err := found.Err(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %s, %v; want %s", strings.Join(got, " | "), err, strings.Join(want, " | "))
	}
}

func TestAPassThatSeesRowsOutOfOrderIsAnError(t *testing.T) {
	plan, c := open(t)
	if err := c.Load(t.Context(), "raw", batches(random(rand.New(rand.NewPCG(1, 1)), 50), 10)); err != nil {
		t.Fatal(err)
	}
	pass := plan.Begin(50)
	defer pass.End()
	err := c.Exec(t.Context(), "CREATE TEMP TABLE good AS "+pass.Through("(SELECT * FROM raw ORDER BY _row DESC)", 1, 0))
	if err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("got %v; want an error", err)
	}
}
