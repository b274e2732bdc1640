package mysql_test

import (
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/mysql"
	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

const benchRows = 1_000_000

// benchTable is ten columns as registers have them.
var benchTable = []string{
	`CREATE TABLE bench (id bigint PRIMARY KEY, code char(12), name varchar(60), birth date, sex tinyint(1), province int,
  updated timestamp NULL, amount decimal(12,2), address varchar(120), note varchar(60))`,
	fmt.Sprintf(`INSERT INTO bench SELECT seq, lpad(seq * 7919, 12, '0'), concat('Nguyễn Văn ', char(65 + seq %% 26), ' ', seq %% 1000),
  date '1950-01-01' + interval seq %% 25000 day, seq %% 2, seq %% 34, timestamp '2024-01-01 00:00:00' + interval seq second,
  seq * 1.37, concat('Số ', seq %% 300, ' Phố Huế, Hà Nội'), if(seq %% 5 = 0, NULL, concat('note ', seq)) FROM seq_1_to_%d`, benchRows),
	"ANALYZE TABLE bench",
}

// BenchmarkRead reads a million rows into batches beside the server's own
// client, which writes them to nowhere, with the same connections, and reports
// how many times as long it takes.
func BenchmarkRead(b *testing.B) {
	s := shared(b)
	db := database(b, s, benchTable...)
	for _, connections := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			server := at(s, db)
			server.Budget.Connections = connections
			d := mysql.Open(server, live.NewGate(server.Budget), nil)
			var plain, ours time.Duration
			for b.Loop() {
				plain += plainClient(b, s, db, connections)
				ours += wholeRead(b, d)
			}
			n := float64(b.N)
			b.ReportMetric(plain.Seconds()/n, "plain-s")
			b.ReportMetric(ours.Seconds()/n, "read-s")
			b.ReportMetric(float64(ours)/float64(plain), "ratio")
			b.ReportMetric(benchRows*n/ours.Seconds(), "rows/s")
		})
	}
}

func wholeRead(b *testing.B, d *mysql.Database) time.Duration {
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

// plainClient reads equal shares of the key with `mariadb --quick -N`.
func plainClient(b *testing.B, s *mytest.Server, db string, connections int) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			cmd := exec.Command("mariadb", "--no-defaults", "--quick", "-N", "--batch", "--user=root", "--protocol=tcp", "--host=127.0.0.1", fmt.Sprintf("--port=%d", s.Port), db,
				"-e", fmt.Sprintf("SELECT * FROM bench WHERE id > %d AND id <= %d", benchRows*i/connections, benchRows*(i+1)/connections))
			if err := cmd.Run(); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(start)
}
