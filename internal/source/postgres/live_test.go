package postgres_test

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

const peopleSQL = `
CREATE TABLE people AS SELECT g AS id, 'Người ' || g AS name, date '1960-01-01' + g % 20000 AS birth, g * 1.5 AS amount, repeat('x', 60) AS filler
FROM generate_series(1, 200000) g;
ALTER TABLE people ADD PRIMARY KEY (id)`

// sum is what live.Sum says, of rows that were read.
func sum(rows [][]*string) live.Sum {
	out := live.Sum{Rows: int64(len(rows))}
	for _, r := range rows {
		var b strings.Builder
		for _, v := range r {
			if v == nil {
				b.WriteByte('-')
				continue
			}
			fmt.Fprintf(&b, "%d:%s", len(*v), *v)
		}
		digest := md5.Sum([]byte(b.String()))
		out.Sum += binary.BigEndian.Uint64(digest[:])
	}
	return out
}

func TestAWriterMeanwhileChangesNothingOfTheSnapshot(t *testing.T) {
	s, db := database(t, peopleSQL)
	stop := write(t, s, db)
	defer stop()
	r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
		if g.Number == 2 {
			want = inItsSnapshot(t, s, db, `SELECT count(*), md5(string_agg(md5(concat_ws('|', id, name, birth, amount)), '' ORDER BY id)) FROM people`)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.MustExec(t, db, "CREATE TABLE landed (id int, name text, birth date, amount numeric)")
	fill(t, s, db, got.rows)
	now := s.MustExec(t, db, `SELECT count(*), md5(string_agg(md5(concat_ws('|', id, name, birth, amount)), '' ORDER BY id)) FROM landed`)
	if fmt.Sprint(now) != fmt.Sprint(want) {
		t.Errorf("read %v, the server has in that snapshot %v", now, want)
	}
}

// inItsSnapshot asks in the snapshot that a reading has exported just now.
func inItsSnapshot(t *testing.T, s *pgtest.Server, db, sql string) [][]string {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(s.Dir, "data", "pg_snapshots"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d exported snapshots, %v", len(files), err)
	}
	return s.MustExec(t, db, "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '"+files[0].Name()+"'; SET LOCAL DateStyle = 'ISO, YMD'; "+sql)
}

func fill(t *testing.T, s *pgtest.Server, db string, rows [][]*string) {
	t.Helper()
	c, err := s.Connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", show(r[0]), show(r[1]), show(r[2]), show(r[3]))
	}
	if _, err := c.CopyFrom(t.Context(), strings.NewReader(b.String()), "COPY landed FROM STDIN"); err != nil {
		t.Fatal(err)
	}
}

// write changes people until it is stopped.
func write(t *testing.T, s *pgtest.Server, db string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		c, err := s.Connect(ctx, db)
		if err != nil {
			return
		}
		defer c.Close(context.Background())
		for i := 1; ctx.Err() == nil; i++ {
			_ = c.Exec(ctx, fmt.Sprintf(`UPDATE people SET name = name || '!' WHERE id %% 997 = %d;
DELETE FROM people WHERE id = %d; INSERT INTO people VALUES (%d, 'mới', '2026-01-01', 0, '')`, i%997, i*13, 300000+i)).Close()
		}
	})
	return func() { cancel(); done.Wait() }
}

func TestBackendsThatAreKilledInMidCopyCostNoRow(t *testing.T) {
	s, db := database(t, peopleSQL)
	r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var killed atomic.Int64
	var killer sync.WaitGroup
	killer.Go(func() {
		for ctx.Err() == nil && killed.Load() < 5 {
			found, err := s.Exec(ctx, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sen' AND datname = current_database() AND query LIKE 'COPY%' AND state = 'active' LIMIT 1`)
			if err == nil {
				killed.Add(int64(len(found)))
			}
		}
	})
	got, err := readAll(t, r, source.Mark{}, func(*source.Range) error { time.Sleep(10 * time.Millisecond); return nil })
	cancel()
	killer.Wait()
	if err != nil {
		t.Fatal(err)
	}
	same(t, got.columns, got.rows, serverTexts(t, s, db, "SELECT * FROM people ORDER BY ctid"))
	if killed.Load() == 0 {
		t.Error("no backend was killed in time")
	}
	t.Logf("%d backends killed, %d ranges", killed.Load(), len(got.ranges))
}

func TestASnapshotThatIsLostIsTakenAgainWhereTheTableIsTheSame(t *testing.T) {
	s, db := database(t, peopleSQL)
	for _, c := range []struct{ name, change string }{{"unchanged", ""}, {"written behind", "INSERT INTO people SELECT g, 'mới', '2026-01-01', 0, '' FROM generate_series(200001, 200100) g"}} {
		t.Run(c.name, func(t *testing.T) {
			r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			before := ""
			got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
				if g.Number == 3 {
					before = killAll(t, s, db)
					if c.change != "" {
						s.MustExec(t, db, c.change)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err, before)
			}
			same(t, got.columns, got.rows, serverTexts(t, s, db, "SELECT * FROM people ORDER BY ctid"))
		})
	}
}

func killAll(t *testing.T, s *pgtest.Server, db string) string {
	return fmt.Sprint(s.MustExec(t, db, `SELECT pg_terminate_backend(pid), state, left(query, 30) FROM pg_stat_activity WHERE application_name = 'sen' AND datname = current_database()`))
}

func TestASnapshotThatIsLostIsDriftWhereWhatWasReadHasChanged(t *testing.T) {
	s, db := database(t, peopleSQL)
	r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(t, r, source.Mark{}, func(g *source.Range) error {
		if g.Number == 3 {
			killAll(t, s, db)
			s.MustExec(t, db, "UPDATE people SET name = 'x' WHERE id = 5")
		}
		return nil
	})
	if sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), "cannot be shown to be the same") {
		t.Errorf("error %v", err)
	}
}

func TestAServerThatRestartsIsWaitedFor(t *testing.T) {
	s := pgtest.New(t, pgtest.Options{})
	s.MustExec(t, "postgres", peopleSQL)
	for _, mode := range []string{"fast", "immediate"} {
		t.Run(mode, func(t *testing.T) {
			r, err := connect(t, at(s, "postgres")).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			var restart sync.WaitGroup
			got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
				if g.Number == 3 {
					if err := s.Stop(t.Context(), mode); err != nil {
						t.Error(err)
					}
					restart.Go(func() {
						time.Sleep(300 * time.Millisecond)
						if err := s.Start(context.Background()); err != nil {
							t.Error(err)
						}
					})
				}
				return nil
			})
			restart.Wait()
			if err != nil {
				t.Fatal(err)
			}
			same(t, got.columns, got.rows, serverTexts(t, s, "postgres", "SELECT * FROM people ORDER BY ctid"))
		})
	}
}

func TestTheBudgetOfConnectionsIsNeverExceeded(t *testing.T) {
	s, db := database(t, peopleSQL)
	for _, n := range []int{1, 2, 3, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			server := at(s, db)
			server.Budget.Connections = n
			d := connect(t, server)
			ctx, cancel := context.WithCancel(t.Context())
			most := 0
			var watch sync.WaitGroup
			watch.Go(func() {
				for ctx.Err() == nil {
					found, err := s.Exec(ctx, db, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sen' AND datname = current_database()")
					if err == nil {
						now := 0
						fmt.Sscan(found[0][0], &now)
						most = max(most, now)
					}
				}
			})
			var both sync.WaitGroup
			for range 2 { // two readings of one server share its budget
				both.Go(func() {
					r, err := d.Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
					if err != nil {
						t.Error(err)
						return
					}
					if got, err := readAll(t, r, source.Mark{}, nil); err != nil || len(got.rows) != 200000 {
						t.Errorf("%d rows, %v", len(got.rows), err)
					}
				})
			}
			both.Wait()
			cancel()
			watch.Wait()
			if most > n || most == 0 {
				t.Errorf("%d connections at once, the budget has %d", most, n)
			}
		})
	}
}

func TestTheSlotIsGoneBeforeTheFirstRangeAndThePositionIsItsOwn(t *testing.T) {
	s, db := database(t, peopleSQL)
	r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, r, source.Mark{}, func(*source.Range) error {
		if slots := s.MustExec(t, db, "SELECT * FROM pg_replication_slots"); len(slots) > 0 {
			return fmt.Errorf("slots %v", slots)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := got.position.Point; !strings.Contains(p.Log, "/") || p.NoLog != "" || p.System == "" || p.Taken.IsZero() {
		t.Errorf("position %+v", p)
	}
}

func TestWithoutDecodingThePositionSaysThatItHasNone(t *testing.T) {
	s := pgtest.New(t, pgtest.Options{NoDecoding: true})
	s.MustExec(t, "postgres", "CREATE TABLE t AS SELECT 1 AS a; CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader")
	reader := at(s, "postgres")
	reader.User = "reader"
	for user, server := range map[string]live.Server{"wal_level": at(s, "postgres"), "REPLICATION": reader} {
		r, err := connect(t, server).Open(t.Context(), "t", source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, r, source.Mark{})
		if p := got.position.Point; p.Log != "" || !strings.Contains(p.NoLog, user) || len(got.rows) != 1 {
			t.Errorf("%s: position %+v", user, p)
		}
	}
}

func TestACancelledReadingLeavesNoSessionBehind(t *testing.T) {
	s, db := database(t, peopleSQL)
	r, err := connect(t, at(s, db)).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = r.Read(ctx, source.Mark{}, func(g *source.Range) error {
		g.Release()
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	mine := errors.New("mine")
	if _, err = r.Read(t.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v", err)
	}
	for range 50 {
		if left := s.MustExec(t, db, "SELECT state, query FROM pg_stat_activity WHERE application_name = 'sen' AND datname = current_database()"); len(left) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("sessions are left")
}

// TestWhoeverWaitsToChangeTheTableIsLetThrough holds the lock that a change
// takes, for a moment, and then changes the table.
func TestWhoeverWaitsToChangeTheTableIsLetThrough(t *testing.T) {
	s, db := database(t, peopleSQL)
	for _, n := range []int{1, 3} {
		server := at(s, db)
		server.Budget.Connections = n
		r, err := connect(t, server).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE; COMMIT", "ALTER TABLE people ADD COLUMN later int DEFAULT 1"} {
			var change sync.WaitGroup
			var took time.Duration
			got, err := readAll(t, r, source.Mark{}, func(g *source.Range) error {
				if g.Number == 2 {
					start := time.Now()
					change.Go(func() {
						s.MustExec(t, db, sql)
						took = time.Since(start)
					})
					time.Sleep(100 * time.Millisecond)
				}
				return nil
			})
			change.Wait()
			switch {
			case strings.HasPrefix(sql, "BEGIN") && (err != nil || len(got.rows) != 200000):
				t.Errorf("%d connections: %d rows, error %v", n, len(got.rows), err)
			case strings.HasPrefix(sql, "ALTER") && sen.KindOf(err) != sen.Drift:
				t.Errorf("%d connections: error %v, want drift", n, err)
			}
			if took > 10*time.Second {
				t.Errorf("the change took %s", took)
			}
		}
		s.MustExec(t, db, "ALTER TABLE people DROP COLUMN later")
	}
}

func TestASlotThatWouldWaitForWritersIsDoneWithout(t *testing.T) {
	s, db := database(t, peopleSQL)
	open, err := s.Connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close(context.Background())
	if _, err := open.Exec(t.Context(), "BEGIN; SELECT txid_current()").ReadAll(); err != nil {
		t.Fatal(err)
	}
	server := at(s, db)
	server.Budget.Statement = time.Second
	r, err := connect(t, server).Open(t.Context(), "people", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	if p := got.position.Point; p.Log != "" || !strings.Contains(p.NoLog, "did not end in time") || len(got.rows) != 200000 {
		t.Errorf("%d rows, position %+v", len(got.rows), p)
	}
	if left := s.MustExec(t, db, "SELECT * FROM pg_replication_slots"); len(left) > 0 {
		t.Errorf("slots %v", left)
	}
}

func TestAStandbyIsReadWithoutAPositionAndStartsAgain(t *testing.T) {
	primary := pgtest.New(t, pgtest.Options{})
	primary.MustExec(t, "postgres", peopleSQL)
	s, err := primary.Standby(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := primary.MustExec(t, "postgres", "SELECT pg_current_wal_lsn()")[0][0]
	for range 100 {
		if s.MustExec(t, "postgres", "SELECT pg_last_wal_replay_lsn() >= '"+want+"'::pg_lsn")[0][0] == "t" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	r, err := connect(t, at(s, "postgres")).Open(t.Context(), "people", source.Options{RangeBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, r, source.Mark{})
	if p := got.position.Point; len(got.rows) != 200000 || p.Log != "" || !strings.Contains(p.NoLog, "standby") {
		t.Errorf("%d rows, position %+v", len(got.rows), p)
	}
	if _, err := readAll(t, r, got.ranges[2].Mark, nil); sen.KindOf(err) != sen.Drift || !strings.Contains(err.Error(), "standby") {
		t.Errorf("error %v", err)
	}
}
