package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

// one is the server that most tests share: each makes a database of its own.
var one struct {
	sync.Once
	server *mytest.Server
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

func shared(t testing.TB) *mytest.Server {
	t.Helper()
	one.Do(func() { one.server, one.err = mytest.Start(context.Background(), mytest.Options{}) })
	if errors.Is(one.err, mytest.ErrMissing) {
		t.Skip(one.err)
	}
	if one.err != nil {
		t.Fatal(one.err)
	}
	return one.server
}

// database makes a database on a server and runs SQL in it.
func database(t testing.TB, s *mytest.Server, statements ...string) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "_", "#", "_", "=", "_").Replace(t.Name()))
	name = name[max(0, len(name)-60):]
	s.MustExec(t, "", "DROP DATABASE IF EXISTS "+quote(name), "CREATE DATABASE "+quote(name))
	if len(statements) > 0 {
		s.MustExec(t, name, statements...)
	}
	return name
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func at(s *mytest.Server, database string) live.Server {
	return live.Server{Name: "test", Type: live.MySQL, Host: "127.0.0.1", Port: s.Port, Database: database, User: "root", TLS: live.TLS{Off: true}}
}

func connect(t testing.TB, server live.Server) *mysql.Database {
	t.Helper()
	d := mysql.Open(server, live.NewGate(server.Budget), func(s string) { t.Log(s) })
	t.Cleanup(func() { d.Close() })
	return d
}

func open(t testing.TB, server live.Server, table string, o source.Options) source.Reader {
	t.Helper()
	r, err := connect(t, server).Open(t.Context(), table, o)
	if err != nil {
		t.Fatalf("%v (%s)", err, sen.HintOf(err))
	}
	return r
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
				t.Fatalf("row %d has the ordinal %d", ordinal, got)
			}
			fault := ""
			if f := b.Column(own + 2).(*array.String); !f.IsNull(i) {
				fault = f.Value(i)
			}
			k.rows, k.faults = append(k.rows, row), append(k.faults, fault)
			ordinal++
		}
	}
}

func show(v *string) string {
	if v == nil {
		return "NULL"
	}
	return *v
}

// column is the values of one column.
func (k taken) column(i int) (out []string) {
	for _, r := range k.rows {
		out = append(out, show(r[i]))
	}
	return out
}

func openWith(t testing.TB, server live.Server, gate *live.Gate) *mysql.Database {
	return mysql.Open(server, gate, func(s string) { t.Log(s) })
}
