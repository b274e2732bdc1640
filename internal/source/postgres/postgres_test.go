package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/postgres"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

// one is the server that most tests share: each makes a database of its own.
var one struct {
	sync.Once
	server *pgtest.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if one.server != nil {
		if err := one.server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func shared(t testing.TB) *pgtest.Server {
	t.Helper()
	one.Do(func() { one.server, one.err = pgtest.Start(context.Background(), pgtest.Options{}) })
	if one.err != nil {
		if one.server == nil && strings.Contains(one.err.Error(), pgtest.ErrMissing.Error()) {
			t.Skip(one.err)
		}
		t.Fatal(one.err)
	}
	return one.server
}

// database makes a database on the shared server and runs SQL in it.
func database(t testing.TB, sql string) (*pgtest.Server, string) {
	t.Helper()
	s := shared(t)
	name := strings.ToLower(strings.NewReplacer("/", "_", "#", "_", "=", "_").Replace(t.Name()))
	if len(name) > 60 {
		name = name[len(name)-60:]
	}
	s.MustExec(t, "postgres", "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
	s.MustExec(t, "postgres", "CREATE DATABASE "+quote(name))
	if sql != "" {
		s.MustExec(t, name, sql)
	}
	return s, name
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func at(s *pgtest.Server, database string) live.Server {
	return live.Server{Name: "test", Type: live.PostgreSQL, Host: "127.0.0.1", Port: s.Port, Database: database, User: "postgres", TLS: live.TLS{Off: true}}
}

func connect(t testing.TB, server live.Server) *postgres.Database {
	t.Helper()
	d := postgres.Open(server, live.NewGate(server.Budget), func(s string) { t.Log(s) })
	t.Cleanup(func() { d.Close() })
	return d
}

// taken is what a reading gave.
type taken struct {
	columns  []string
	rows     [][]*string
	faults   []string
	ranges   []source.Range
	position source.Position
}

func read(t testing.TB, r source.Reader, from source.Mark) taken {
	t.Helper()
	out, err := readAll(t, r, from, nil)
	if err != nil {
		t.Fatalf("read: %v (%s)", err, sen.HintOf(err))
	}
	return out
}

// readAll reads and checks what the suite of all sources demands of ranges.
func readAll(t testing.TB, r source.Reader, from source.Mark, then func(*source.Range) error) (out taken, err error) {
	t.Helper()
	for _, c := range r.Columns() {
		out.columns = append(out.columns, c.Name)
	}
	next, row := from.Next, from.Row
	out.position, err = r.Read(t.Context(), from, func(g *source.Range) error {
		defer g.Release()
		if g.Number != next || g.FirstRow != row || g.Mark.Next != next+1 || g.Mark.Row != row+g.Rows || g.Rows == 0 {
			t.Errorf("range %d (%d rows from %d, mark %+v), want number %d from row %d", g.Number, g.Rows, g.FirstRow, g.Mark, next, row)
		}
		next, row = g.Number+1, g.FirstRow+g.Rows
		before := len(out.rows)
		out.add(t, g)
		if n := int64(len(out.rows) - before); n != g.Rows {
			t.Errorf("range %d holds %d rows and says %d", g.Number, n, g.Rows)
		}
		kept := *g
		kept.Batches = nil
		out.ranges = append(out.ranges, kept)
		if then != nil {
			return then(g)
		}
		return nil
	})
	return out, err
}

func (k *taken) add(t testing.TB, g *source.Range) {
	t.Helper()
	ordinal := g.FirstRow
	for _, b := range g.Batches {
		own := int(b.NumCols()) - 4
		for i := range int(b.NumRows()) {
			row := make([]*string, own)
			for c := range own {
				if column := b.Column(c).(*array.String); !column.IsNull(i) {
					v := strings.Clone(column.Value(i))
					row[c] = &v
				}
			}
			if got := b.Column(own).(*array.Int64).Value(i); got != ordinal {
				t.Errorf("_row is %d, want %d", got, ordinal)
			}
			ordinal++
			fault := ""
			if f := b.Column(own + 2).(*array.String); !f.IsNull(i) {
				fault = f.Value(i)
			}
			k.rows, k.faults = append(k.rows, row), append(k.faults, fault)
		}
	}
}

func show(v *string) string {
	if v == nil {
		return "NULL"
	}
	return *v
}

func reopen(t testing.TB, m source.Mark) source.Mark {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out source.Mark
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// serverTexts are a query's rows as the server writes them as text, by the
// other protocol (no COPY, no binary).
func serverTexts(t testing.TB, s *pgtest.Server, database, sql string) [][]*string {
	t.Helper()
	c, err := s.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	results, err := c.Exec(t.Context(), "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; "+sql).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	var out [][]*string
	for _, r := range results[len(results)-1].Rows {
		row := make([]*string, len(r))
		for i, v := range r {
			if v != nil {
				s := string(v)
				row[i] = &s
			}
		}
		out = append(out, row)
	}
	return out
}

func same(t testing.TB, columns []string, got, want [][]*string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for c := range got[i] {
			if g, w := show(got[i][c]), show(want[i][c]); g != w {
				t.Errorf("row %d, column %s: %q, the server says %q", i, columns[c], g, w)
			}
		}
	}
}

func sorted(rows [][]*string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		var b strings.Builder
		for _, v := range r {
			fmt.Fprintf(&b, "%s|", show(v))
		}
		out[i] = b.String()
	}
	slices.Sort(out)
	return out
}
