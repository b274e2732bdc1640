package postgres_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/postgres"
	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

const benchRows = 1_000_000

// benchTable is ten columns as registers have them.
const benchTable = `
CREATE TABLE bench AS SELECT i::bigint AS id, lpad((i::bigint*7919)::text, 12, '0') AS code,
  'Nguyễn Văn ' || chr(65 + i%%26) || ' ' || (i %% 1000) AS name, date '1950-01-01' + (i %% 25000) AS birth,
  i %% 2 = 0 AS sex, (i %% 34)::int AS province, timestamptz '2024-01-01' + i * interval '1 second' AS updated,
  (i * 1.37)::numeric(12,2) AS amount, 'Số ' || (i %% 300) || ' Phố Huế, Hà Nội' AS address,
  CASE WHEN i %% 5 = 0 THEN NULL ELSE 'note ' || i END AS note
FROM generate_series(1, %d) i;`

// BenchmarkRead reads a million rows into batches beside a plain parallel
// COPY … TO STDOUT of the same table to nowhere, with the same connections,
// and reports how many times as long it takes.
func BenchmarkRead(b *testing.B) {
	s := shared(b)
	s.MustExec(b, "postgres", "DROP DATABASE IF EXISTS bench WITH (FORCE)")
	s.MustExec(b, "postgres", "CREATE DATABASE bench")
	s.MustExec(b, "bench", fmt.Sprintf(benchTable, benchRows))
	s.MustExec(b, "bench", "VACUUM ANALYZE bench")
	for _, connections := range []int{2, 4} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			server := at(s, "bench")
			server.Budget.Connections = connections
			d := postgres.Open(server, live.NewGate(server.Budget), nil)
			var plain, binary, ours, used time.Duration
			for b.Loop() {
				plain += plainCopy(b, s, connections, "text")
				binary += plainCopy(b, s, connections, "binary")
				before := cpu()
				ours += wholeRead(b, d)
				used += cpu() - before
			}
			n := float64(b.N)
			b.ReportMetric(plain.Seconds()/n, "plain-s")
			b.ReportMetric(binary.Seconds()/n, "plain-binary-s")
			b.ReportMetric(ours.Seconds()/n, "read-s")
			b.ReportMetric(used.Seconds()/n, "read-cpu-s")
			b.ReportMetric(float64(ours)/float64(plain), "ratio")
			b.ReportMetric(benchRows*n/ours.Seconds(), "rows/s")
		})
	}
}

// cpu is what this process has used, the servers not counted.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func wholeRead(b *testing.B, d *postgres.Database) time.Duration {
	start := time.Now()
	r, err := d.Open(b.Context(), "bench", source.Options{})
	if err != nil {
		b.Fatal(err)
	}
	p, err := r.Read(b.Context(), source.Mark{}, func(g *source.Range) error { g.Release(); return nil })
	if err != nil || p.Rows != benchRows {
		b.Fatal(p.Rows, err)
	}
	return time.Since(start)
}

// plainCopy copies the table's blocks in equal shares to nowhere.
func plainCopy(b *testing.B, s *pgtest.Server, connections int, format string) time.Duration {
	var conns []*pgconn.PgConn
	for range connections {
		c, err := pgconn.Connect(b.Context(), fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=bench sslmode=disable", s.Port))
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(context.Background())
		conns = append(conns, c)
	}
	var blocks int
	fmt.Sscan(s.MustExec(b, "bench", "SELECT pg_relation_size('bench') / 8192")[0][0], &blocks)
	start := time.Now()
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			sql := fmt.Sprintf("COPY (SELECT * FROM bench WHERE ctid >= '(%d,0)' AND ctid < '(%d,0)') TO STDOUT (FORMAT %s)", blocks*i/connections, blocks*(i+1)/connections+1, format)
			if _, err := c.CopyTo(b.Context(), io.Discard, sql); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(start)
}
