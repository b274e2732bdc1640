package apptest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/source/mysql/mytest"
)

// mariaRows are rows of which each fault finds some read and some to come.
const mariaRows = 20_000

const mariaSQL = `CREATE DATABASE register CHARACTER SET utf8mb4;
USE register;
CREATE TABLE register.citizen (id int PRIMARY KEY, name varchar(80) NOT NULL, born_on date, amount decimal(12,2), note text) ENGINE=InnoDB;
INSERT INTO register.citizen SELECT seq, concat('Số ', seq), date_add('1960-01-01', INTERVAL seq %% 20000 DAY), seq * 1.25,
  if(seq %% 3 = 0, concat('ghi chú ', seq), NULL) FROM seq_1_to_%d;
ANALYZE TABLE register.citizen;
CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'made up';
GRANT SELECT ON register.* TO reader@'127.0.0.1';
GRANT BINLOG MONITOR ON *.* TO reader@'127.0.0.1'`

// mariaHub is a liveHub over MariaDB: its world is another server's.
type mariaHub struct {
	*liveHub
	maria *mytest.Server
}

func newMariaHub(t *testing.T, random *rand.Rand) *mariaHub {
	h := &mariaHub{liveHub: &liveHub{shell: newShell(t), random: random}, maria: mytest.New(t, mytest.Options{Settings: map[string]string{"innodb-flush-log-at-trx-commit": "1"}})}
	h.maria.MustExec(t, "", fmt.Sprintf(mariaSQL, mariaRows))
	h.ok("init", "hub")
	h.dir = filepath.Join(h.dir, "hub")
	h.env = []string{"SEN_TEST_PASSWORD=made up"}
	t.Setenv("SEN_TEST_PASSWORD", "made up")
	h.write("sen.yaml", "source.range_rows: 3000\nsource.range_bytes: 256KiB\n")
	contract := strings.Replace(fmt.Sprintf(liveContract, h.maria.Port), "type: postgres", "type: mysql", 1)
	contract = strings.Replace(contract, "database: postgres\n    schema: public", "database: register", 1)
	h.write("contracts/register.odcs.yaml", strings.Replace(contract, "{property: user, value: reader}",
		"{property: user, value: reader}\n      - {property: password, value: \"env:SEN_TEST_PASSWORD\"}", 1))
	return h
}

func (h *mariaHub) writer() (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	random := rand.New(rand.NewPCG(h.random.Uint64(), 0))
	var done sync.WaitGroup
	done.Go(func() {
		for next := mariaRows + 1; ctx.Err() == nil; next++ {
			// What fails while the server is down is tried with other rows.
			_, _ = h.maria.Exec(ctx, "register", fmt.Sprintf("INSERT INTO citizen VALUES (%d, 'Số mới', '2026-01-02', %d.5, NULL)", next, next),
				fmt.Sprintf("UPDATE citizen SET name = concat(name, '*') WHERE id %% 499 = %d", random.IntN(499)),
				fmt.Sprintf("DELETE FROM citizen WHERE id = %d", 1+random.IntN(mariaRows)))
			time.Sleep(20 * time.Millisecond)
		}
	})
	return func() { cancel(); done.Wait() }
}

// TestAMariaDBInUseIsBroughtInWholeWhateverHappens draws from SEN_CHAOS_SEED.
func TestAMariaDBInUseIsBroughtInWholeWhateverHappens(t *testing.T) {
	seed := chaosSeed(t)
	t.Logf("the same again: SEN_CHAOS_SEED=%d go test -tags duckdb_arrow -run %s ./apptest", seed, t.Name())
	h := newMariaHub(t, rand.New(rand.NewPCG(seed, 2)))
	stop := h.writer()
	for _, step := range []struct {
		what string
		does func()
	}{
		{"the hub is killed", func() {
			h.env = append(h.env, fmt.Sprintf("SEN_KILL_AT=extract:%d", h.nth()))
			h.want(-1, "sync")
			h.env = h.env[:1]
			h.ok("sync")
		}},
		{"connections are cut", func() {
			h.whole(h.meanwhile(h.nth(), func() {
				for _, row := range h.maria.MustExec(t, "", "SELECT id FROM information_schema.processlist WHERE user = 'reader'") {
					_, _ = h.maria.Exec(t.Context(), "", "KILL "+row[0]) // it may have ended by itself
				}
			}))
		}},
		{"the server crashes", func() {
			h.whole(h.meanwhile(h.nth(), func() {
				h.must(h.maria.Kill())
				h.must(h.maria.Start(t.Context()))
			}))
		}},
		{"the grant is revoked", func() {
			h.meanwhile(h.nth(), func() { h.maria.MustExec(t, "", "REVOKE SELECT ON register.* FROM reader@'127.0.0.1'") })
			if r := h.sen("sync"); r.code == 0 {
				t.Errorf("without a grant: code 0\n%s%s", r.out, r.err)
			}
			h.maria.MustExec(t, "", "GRANT SELECT ON register.* TO reader@'127.0.0.1'")
			h.ok("sync")
		}},
	} {
		begun := time.Now()
		step.does()
		t.Logf("%-25s %4.1f s", step.what, time.Since(begun).Seconds())
	}
	stop()
	h.ok("sync")
	want := h.maria.MustExec(t, "register", "SET SESSION group_concat_max_len = 1 << 30",
		"SELECT count(*), md5(group_concat(concat_ws('|', id, name, born_on, CAST(round(amount * 100) AS integer), note) ORDER BY id SEPARATOR ';')) FROM citizen")
	if got := h.stored(); got != fmt.Sprint(want) {
		t.Errorf("the store holds %s; the server has %v", got, want)
	}
	h.ok("verify", "register.citizen", "--in-source").says(t, "agree")

	// A column that the contract requires goes: the dataset stops, and stays as
	// it was.
	before := h.stored()
	h.maria.MustExec(t, "register", "ALTER TABLE citizen DROP COLUMN name")
	h.want(9, "sync").says(t, "the source lacks this column, which the contract requires", "contract drift register.citizen")
	if after := h.stored(); after != before {
		t.Errorf("the store holds %s after the column went; %s before", after, before)
	}
}
