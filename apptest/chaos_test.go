package apptest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/source/postgres/pgtest"
)

// liveRows are enough for several ranges, of which each fault finds some read
// and some to come.
const liveRows = 30_000

const liveSQL = `
CREATE TABLE citizen AS SELECT g AS id, 'Số ' || g AS name, date '1960-01-01' + g % 20000 AS born_on,
  (g * 1.25)::numeric(12,2) AS amount, CASE WHEN g % 3 = 0 THEN 'ghi chú ' || g END AS note
FROM generate_series(1, $rows) g;
ALTER TABLE citizen ADD PRIMARY KEY (id);
ANALYZE citizen;
CREATE ROLE reader LOGIN;
GRANT SELECT ON citizen TO reader`

const liveContract = `apiVersion: v3.1.0
kind: DataContract
id: register
version: 1.0.0
status: active
servers:
  - server: live
    type: postgres
    host: 127.0.0.1
    port: %d
    database: postgres
    schema: public
    customProperties:
      - {property: user, value: reader}
      - {property: tls, value: "off"}
      - {property: maxConnections, value: 3}
      - {property: patience, value: 1s}
schema:
  - name: citizen
    physicalName: citizen
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: name, logicalType: string, required: true}
      - {name: born_on, logicalType: date}
      - {name: amount, logicalType: number}
      - {name: note, logicalType: string}
`

// liveHub is a hub over a server that is in use.
type liveHub struct {
	*shell
	server *pgtest.Server
	random *rand.Rand
}

func newLiveHub(t *testing.T, random *rand.Rand) *liveHub {
	h := &liveHub{shell: newShell(t), server: pgtest.New(t, pgtest.Options{}), random: random}
	h.server.MustExec(t, "postgres", strings.ReplaceAll(liveSQL, "$rows", fmt.Sprint(liveRows)))
	return h
}

// hub makes the hub in the shell's folder.
func (h *liveHub) hub() {
	h.t.Helper()
	h.ok("init", "hub")
	h.dir = filepath.Join(h.dir, "hub")
	h.write("sen.yaml", "source.range_rows: 4000\nsource.range_bytes: 256KiB\n")
	h.write("contracts/register.odcs.yaml", fmt.Sprintf(liveContract, h.server.Port))
}

// writer changes the table until it is stopped: it inserts, updates and
// deletes, and after an error connects anew.
func (h *liveHub) writer() (stop func() int64) {
	ctx, cancel := context.WithCancel(h.t.Context())
	random := rand.New(rand.NewPCG(h.random.Uint64(), 0))
	var done sync.WaitGroup
	var changes atomic.Int64
	done.Go(func() {
		for next := liveRows + 1; ctx.Err() == nil; next++ {
			sql := fmt.Sprintf("INSERT INTO citizen (id, name, born_on, amount) VALUES (%d, 'Số mới', '2026-01-02', %d.5); "+
				"UPDATE citizen SET name = name || '*', amount = amount + 1 WHERE id %% 499 = %d; DELETE FROM citizen WHERE id = %d",
				next, next, random.IntN(499), 1+random.IntN(liveRows))
			if _, err := h.server.Exec(ctx, "postgres", sql); err == nil {
				changes.Add(1)
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return func() int64 { cancel(); done.Wait(); return changes.Load() }
}

// meanwhile starts a sync that stops itself when it has read its nth range,
// does something to the world, and lets it go on.
func (h *liveHub) meanwhile(nth int, then func()) result {
	h.t.Helper()
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(h.t.Context(), binary, "sync", "-v")
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), "SEN_LANG=en", "SEN_DIR=", fmt.Sprintf("SEN_STOP_AT=extract:%d", nth))
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		h.t.Fatalf("the sync did not stop at its range %d: %v\n%s%s", nth, err, &out, &stderr)
	}
	then()
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		h.t.Fatal(err)
	}
	_ = cmd.Wait() // its code is what is asked for
	return result{command: "sen sync", out: out.String(), err: stderr.String(), code: cmd.ProcessState.ExitCode()}
}

// content is the server's answer about the whole table, and the hub's.
const content = `SELECT count(*), md5(string_agg(concat_ws('|', id, name, born_on, CAST(round(amount * 100) AS bigint), note), ';' ORDER BY id)) FROM `

func (h *liveHub) stored() string {
	h.t.Helper()
	var answer struct{ Rows [][]any }
	h.ok("query", content+"register.citizen", "--purpose", "test", "--json").json(h.t, &answer)
	return fmt.Sprint(answer.Rows)
}

// fault is something that happens to a sync. It ends with one that is whole.
type fault struct {
	what string
	does func(h *liveHub)
}

var faults = []fault{
	{"nothing; the server's answer in the snapshot itself", (*liveHub).sameSnapshot},
	{"the hub is killed", func(h *liveHub) {
		h.env = []string{fmt.Sprintf("SEN_KILL_AT=extract:%d", h.nth())}
		h.want(-1, "sync")
		h.env = nil
		h.ok("sync")
	}},
	{"the server restarts", func(h *liveHub) {
		h.whole(h.meanwhile(h.nth(), func() {
			h.must(h.server.Stop(h.t.Context(), "immediate"))
			h.must(h.server.Start(h.t.Context()))
		}))
	}},
	{"connections are cut", func(h *liveHub) {
		h.whole(h.meanwhile(h.nth(), func() {
			h.server.MustExec(h.t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sen'")
		}))
	}},
	{"the grant is revoked", func(h *liveHub) {
		h.meanwhile(h.nth(), func() { h.server.MustExec(h.t, "postgres", "REVOKE SELECT ON citizen FROM reader") })
		if r := h.sen("sync"); r.code == 0 || !strings.Contains(r.out+r.err, "citizen") {
			h.t.Errorf("without a grant: code %d\n%s%s", r.code, r.out, r.err)
		}
		h.server.MustExec(h.t, "postgres", "GRANT SELECT ON citizen TO reader")
		h.ok("sync")
	}},
	{"a column is dropped", (*liveHub).columnDropped},
}

func (h *liveHub) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// nth is a range in the middle of the table.
func (h *liveHub) nth() int { return 1 + h.random.IntN(5) }

// whole wants a sync to have come through by itself.
func (h *liveHub) whole(r result) {
	h.t.Helper()
	if r.code != 0 {
		h.t.Errorf("the sync did not come through by itself: code %d\n%s%s", r.code, r.out, r.err)
		h.ok("sync")
	}
}

// sameSnapshot has the server add the table up in the snapshot that the
// reading has exported, while the reading is held.
func (h *liveHub) sameSnapshot() {
	var want [][]string
	r := h.meanwhile(h.nth(), func() {
		files, err := os.ReadDir(filepath.Join(h.server.Dir, "data", "pg_snapshots"))
		if err != nil || len(files) != 1 {
			h.t.Fatalf("%d exported snapshots, %v", len(files), err)
		}
		want = h.server.MustExec(h.t, "postgres", "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '"+files[0].Name()+"'; SET LOCAL DateStyle = 'ISO, YMD'; "+content+"citizen")
	})
	if r.code != 0 {
		h.t.Fatalf("code %d\n%s%s", r.code, r.out, r.err)
	}
	if got := h.stored(); got != fmt.Sprint(want) {
		h.t.Errorf("the store holds %s; the server has %v in the same snapshot", got, want)
	}
}

// columnDropped: who drops a column waits for the reading's lock; the reading
// lets them through, and finds that it is gone.
func (h *liveHub) columnDropped() {
	dropped := make(chan error, 1)
	h.meanwhile(h.nth(), func() {
		go func() {
			_, err := h.server.Exec(h.t.Context(), "postgres", "ALTER TABLE citizen DROP COLUMN name")
			dropped <- err
		}()
		time.Sleep(200 * time.Millisecond)
	})
	h.must(<-dropped)
	if r := h.sen("sync"); r.code == 0 || !strings.Contains(r.out+r.err, "name") {
		h.t.Errorf("without a required column: code %d\n%s%s", r.code, r.out, r.err)
	}
	h.server.MustExec(h.t, "postgres", "ALTER TABLE citizen ADD COLUMN name text NOT NULL DEFAULT 'Số lại'")
	h.ok("sync")
}

// TestADatabaseInUseIsBroughtInWholeWhateverHappens takes the faults in an
// order, and at ranges, drawn from SEN_CHAOS_SEED (the clock, when unset),
// while a writer changes the table. At the end the server itself must agree.
func TestADatabaseInUseIsBroughtInWholeWhateverHappens(t *testing.T) {
	seed := chaosSeed(t)
	t.Logf("the same again: SEN_CHAOS_SEED=%d go test -tags duckdb_arrow -run %s ./apptest", seed, t.Name())
	h := newLiveHub(t, rand.New(rand.NewPCG(seed, 0)))
	h.hub()
	stop := h.writer()
	for _, i := range h.random.Perm(len(faults)) {
		begun := time.Now()
		faults[i].does(h)
		t.Logf("%-55s %4.1f s", faults[i].what, time.Since(begun).Seconds())
	}
	t.Logf("%d rounds of changes meanwhile", stop())
	h.agree()
}

// agree brings the table in once more and holds it against the server.
func (h *liveHub) agree() {
	h.t.Helper()
	h.ok("sync")
	want := h.server.MustExec(h.t, "postgres", content+"citizen")
	if got := h.stored(); got != fmt.Sprint(want) {
		h.t.Errorf("the store holds %s; the server has %v", got, want)
	}
	h.ok("verify", "register.citizen", "--in-source").says(h.t, "agree")
	h.ok("verify", "register.citizen").says(h.t, "agree")
}

func TestAFullDiskWhileADatabaseIsReadCostsNothing(t *testing.T) {
	seed := chaosSeed(t)
	t.Logf("the same again: SEN_CHAOS_SEED=%d go test -tags duckdb_arrow -run %s ./apptest", seed, t.Name())
	h := newLiveHub(t, rand.New(rand.NewPCG(seed, 1)))
	grow := smallDisk(t, h.dir)
	h.hub()
	stop := h.writer()
	fillTo(t, h.dir, 1<<20)
	h.want(7, "sync").says(t, "the disk is full")
	grow()
	h.ok("sync")
	t.Logf("%d rounds of changes meanwhile", stop())
	h.agree()
}

func chaosSeed(t *testing.T) uint64 {
	text := os.Getenv("SEN_CHAOS_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}
