package mysql_test

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

const liveTable = "CREATE TABLE t (id bigint PRIMARY KEY, " + wide + ", version int NOT NULL DEFAULT 0)"

// filled is a database with the table t of n rows.
func filled(t testing.TB, s *mytest.Server, n int) string {
	t.Helper()
	return database(t, s, liveTable, people("t", "id, n, name, note", "seq * 3, "+wideValues, n), "ANALYZE TABLE t")
}

// writing changes every row of t in one transaction after another until the
// test's reading is over; stop answers how many there were.
func writing(t testing.TB, s *mytest.Server, db string) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	n := 0
	done.Go(func() {
		for ctx.Err() == nil {
			// The client is killed with the context: a transaction is whole or not there.
			if _, err := s.Exec(context.Background(), db, "BEGIN", "UPDATE t SET version = version + 1",
				fmt.Sprintf("DELETE FROM t WHERE id = %d", 3+6*n), fmt.Sprintf("INSERT INTO t (id, n, name, version) SELECT %d, 0, 'mới', max(version) FROM t", 4+6*n), "COMMIT"); err != nil {
				t.Error(err)
				return
			}
			n++
		}
	})
	return func() int { cancel(); done.Wait(); return n }
}

// oneState fails unless the rows are one state of the table: all of one
// version, as many as there always are, and each change whole.
func oneState(t testing.TB, got taken, n int) {
	t.Helper()
	version := got.column(4)
	for i, v := range version {
		if v != version[0] {
			t.Fatalf("row %d has version %s, the first has %s: the rows are of two moments", i, v, version[0])
		}
	}
	fresh := 0
	for _, name := range got.column(2) {
		if name == "mới" {
			fresh++
		}
	}
	if len(got.rows) != n || strconv.Itoa(fresh) != version[0] {
		t.Errorf("%d rows, %d of them new in version %s; want %d rows", len(got.rows), fresh, version[0], n)
	}
}

func TestAWriterDoesNotShowInASnapshot(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 5000)
	r := open(t, at(s, db), "t", small)
	stop := writing(t, s, db)
	for range 4 {
		got, err := readAll(t, r, source.Mark{}, func(*source.Range) error { time.Sleep(10 * time.Millisecond); return nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Log(got.position.Point.Snapshot, got.position.Point.Log)
		oneState(t, got, 5000)
	}
	if n := stop(); n < 4 {
		t.Errorf("only %d changes came meanwhile", n)
	}
}

func TestWithoutALogASnapshotTakesALockWithinTheBudgetOrOneConnection(t *testing.T) {
	s := mytest.New(t, mytest.Options{NoLog: true})
	db := filled(t, s, 5000)
	for _, lock := range []time.Duration{0, 5 * time.Second} {
		server := at(s, db)
		server.Budget.Lock = lock
		r := open(t, server, "t", small)
		stop := writing(t, s, db)
		got := read(t, r, source.Mark{})
		stop()
		t.Log(got.position.Point.Snapshot, "|", got.position.Point.NoLog)
		if many := strings.Contains(got.position.Point.Snapshot, "4 connections"); many != (lock > 0) || got.position.Point.NoLog == "" {
			t.Errorf("lock %v: %+v", lock, got.position.Point)
		}
		var moved int
		fmt.Sscan(got.column(4)[0], &moved)
		if len(got.rows) != 5000 {
			t.Errorf("%d rows", len(got.rows))
		}
		for i, v := range got.column(4) {
			if v != got.column(4)[0] {
				t.Fatalf("row %d has version %s, the first has %s", i, v, got.column(4)[0])
			}
		}
		s.MustExec(t, db, "UPDATE t SET version = 0", "DELETE FROM t", people("t", "id, n, name, note", "seq * 3, "+wideValues, 5000))
		if _, err := readAll(t, r, got.ranges[1].Mark, nil); sen.KindOf(err) != sen.Drift {
			t.Errorf("a table that was written went on: %v", err)
		}
	}
}

func TestALockThatDoesNotComeInTimeIsDoneWithout(t *testing.T) {
	s := mytest.New(t, mytest.Options{NoLog: true})
	db := filled(t, s, 5000)
	// A long statement holds the table: the lock would wait for it, and all
	// others behind it.
	ctx, cancel := context.WithCancel(context.Background())
	var held sync.WaitGroup
	held.Go(func() {
		_, _ = s.Exec(ctx, db, "LOCK TABLES t WRITE", "SELECT sleep(4)", "UNLOCK TABLES")
	})
	time.Sleep(300 * time.Millisecond)
	server := at(s, db)
	server.Budget.Lock = 500 * time.Millisecond
	server.Budget.Statement = 20 * time.Second
	r, err := connect(t, server).Open(t.Context(), "t", small)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	got, err := readAll(t, r, source.Mark{}, nil)
	cancel()
	held.Wait()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(begun), got.position.Point.Snapshot)
	if len(got.rows) != 5000 || !strings.Contains(got.position.Point.Snapshot, "one connection") {
		t.Errorf("%d rows, %s", len(got.rows), got.position.Point.Snapshot)
	}
}

// killing reads t and, once, runs a statement for each of the hub's threads.
func killing(t *testing.T, s *mytest.Server, r source.Reader, from source.Mark, statement string, threads int) (taken, error) {
	t.Helper()
	killed := false
	return readAll(t, r, from, func(g *source.Range) error {
		if g.Number < from.Next+1 || killed {
			return nil
		}
		killed = true
		list := s.MustExec(t, "", "SELECT ID FROM information_schema.PROCESSLIST WHERE HOST LIKE '127.0.0.1:%'")
		if len(list) < threads {
			t.Errorf("%d connections, want %d", len(list), threads)
		}
		for i, row := range list {
			if i < threads {
				_, _ = s.Exec(context.Background(), "", statement+" "+row[0]) // it may be gone
			}
		}
		return nil
	})
}

func TestAKilledStatementOrConnectionLosesNothing(t *testing.T) {
	s := shared(t)
	const n = 60000
	db := filled(t, s, n)
	want := read(t, open(t, at(s, db), "t", small), source.Mark{})
	for _, statement := range []string{"KILL QUERY", "KILL CONNECTION"} {
		for _, threads := range []int{1, 4} {
			for _, busy := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s of %d, busy %v", statement, threads, busy), func(t *testing.T) {
					r := open(t, at(s, db), "t", small)
					elsewhere := func() int { return 0 }
					if busy {
						other := database(t, s, liveTable, people("t", "id, n, name, note", "seq * 3, "+wideValues, 10))
						elsewhere = writing(t, s, other)
					}
					got, err := killing(t, s, r, source.Mark{}, statement, threads)
					elsewhere()
					if busy && threads == 4 && statement == "KILL CONNECTION" && sen.KindOf(err) == sen.Drift {
						t.Log(err) // the time of the last change was too near
						return
					}
					if err != nil {
						t.Fatalf("%v (%s)", err, sen.HintOf(err))
					}
					if !reflect.DeepEqual(got.rows, want.rows) {
						t.Errorf("%d rows, want %d, the same", len(got.rows), len(want.rows))
					}
				})
			}
		}
	}
}

func TestAServerThatCrashesIsReadOnWhereNothingChanged(t *testing.T) {
	s := mytest.New(t, mytest.Options{})
	const n = 30000
	db := filled(t, s, n)
	want := read(t, open(t, at(s, db), "t", small), source.Mark{})
	for _, change := range []string{"", "UPDATE t SET version = 1 WHERE id = 3"} {
		crashed := false
		r := open(t, at(s, db), "t", small)
		var again sync.WaitGroup
		got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
			if g.Number == 2 && !crashed {
				crashed = true
				if err := s.Stop(); err != nil {
					return err
				}
				again.Go(func() {
					if err := s.Start(context.Background()); err != nil {
						t.Error(err)
					}
				})
				if change != "" {
					again.Wait()
					s.MustExec(t, db, change)
				}
			}
			return nil
		})
		again.Wait()
		if change == "" && (err != nil || !reflect.DeepEqual(got.rows, want.rows)) {
			t.Errorf("%d rows, %v; want %d, the same", len(got.rows), err, n)
		}
		if change != "" && sen.KindOf(err) != sen.Drift {
			t.Errorf("a table that was changed went on: %v", err)
		}
	}
}

func TestTheBudgetOfConnectionsIsNeverExceeded(t *testing.T) {
	s := shared(t)
	db := filled(t, s, 40000)
	server := at(s, db)
	server.Budget.Connections = 3
	gate := live.NewGate(server.Budget)
	ctx, cancel := context.WithCancel(t.Context())
	most := 0
	var watch sync.WaitGroup
	watch.Go(func() {
		for ctx.Err() == nil {
			if rows, err := s.Exec(ctx, "", "SELECT count(*) FROM information_schema.PROCESSLIST WHERE HOST LIKE '127.0.0.1:%'"); err == nil {
				n, _ := strconv.Atoi(rows[0][0])
				most = max(most, n)
			}
		}
	})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			r, err := openWith(t, server, gate).Open(t.Context(), "t", small)
			if err != nil {
				t.Error(err)
				return
			}
			rows := int64(0)
			if _, err := r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { rows += g.Rows; g.Release(); return nil }); err != nil || rows != 40000 {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
	readers.Wait()
	cancel()
	watch.Wait()
	if most > 3 || most == 0 {
		t.Errorf("%d connections at once, the budget has 3", most)
	}
}

func TestAServerThatIsFullIsWaitedFor(t *testing.T) {
	s := mytest.New(t, mytest.Options{Settings: map[string]string{"max-connections": "10"}})
	db := filled(t, s, 100)
	s.MustExec(t, "", "CREATE USER r@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1", "GRANT SELECT ON *.* TO r@'127.0.0.1'")
	server := at(s, db)
	server.User = "r"
	first, second := open(t, server, "t", small), connect(t, server)
	_, err := first.Read(t.Context(), source.Mark{}, func(g *source.Range) error {
		g.Release()
		if g.Number == 0 { // the only place is taken; the other waits for it
			go func() {
				_, _ = second.Open(context.Background(), "t", small)
			}()
			time.Sleep(200 * time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := second.Open(t.Context(), "t", small); err != nil {
		t.Error(err)
	}
}

func TestATableWithoutSnapshotsIsProvedOrReadAgain(t *testing.T) {
	s := shared(t)
	for _, c := range []struct {
		key    string
		lock   time.Duration
		writes bool
		want   sen.Kind
	}{{"PRIMARY KEY", 0, false, sen.Internal}, {"PRIMARY KEY", 0, true, sen.Drift}, {"", 0, false, sen.Denied}, {"", time.Minute, true, sen.Internal}} {
		db := database(t, s, "CREATE TABLE t (id int "+c.key+", "+wide+") ENGINE=MyISAM", people("t", "id, n, name, note", "seq, "+wideValues, 20000))
		server := at(s, db)
		server.Budget.Lock = c.lock
		got, err := readAll(t, open(t, server, "t", small), source.Mark{}, func(g *source.Range) error {
			if c.writes && g.Number == 1 {
				go func() { _, _ = s.Exec(context.Background(), db, "UPDATE t SET n = n + 1 WHERE id = 20000") }()
				time.Sleep(100 * time.Millisecond)
			}
			return nil
		})
		if sen.KindOf(err) != c.want || err == nil != (c.want == sen.Internal) || err == nil && len(got.rows) != 20000 {
			t.Errorf("%+v: %d rows, %v", c, len(got.rows), err)
		}
	}
}
