package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// snapshot is one state of the database, held by the leader's transaction.
type snapshot struct {
	d      *Database
	leader *conn
	id     string // what SET TRANSACTION SNAPSHOT takes
	table  *table // as this state has it
	point  source.Point
	system string // whose transaction numbers these are
	xmin   uint64 // transactions before it were over, so its state has all that they did
	next   uint64 // the next transaction, as seen when the snapshot was taken
	shape  string

	standby bool
	started string      // when the server was
	written string      // how far the log was inserted: what the snapshot shows is in it
	durable atomic.Bool // and this is on the server's disk
}

// slotPatience bounds the wait for a slot: the server makes it when all
// transactions that wrote before have ended, and keeps its log meanwhile.
const slotPatience = 20 * time.Second

// snapshotTries bounds how often a table that is rewritten just now is tried.
const snapshotTries = 5

// snapshot takes a state in which the table's files are those that are there.
func (d *Database) snapshot(ctx context.Context, t *table) (*snapshot, error) {
	for try := 1; ; try++ {
		s, err := d.lead(ctx, t)
		if err != nil {
			return nil, err
		}
		current, err := s.look(ctx, t)
		if err == nil && current {
			return s, nil
		}
		s.close()
		if err != nil {
			return nil, err
		}
		if try == snapshotTries {
			return nil, sen.Errorf(sen.Drift, "%s is emptied or rewritten all the time", t.title()).WithHint("read it when its owner's job has ended")
		}
	}
}

// lead opens the leader. Where a logical slot can be made, its consistent
// point is the position of the snapshot; the slot is dropped in the next
// breath, since the snapshot needs it no more and it would hold the log.
func (d *Database) lead(ctx context.Context, t *table) (*snapshot, error) {
	without := t.noLog
	if without == "" {
		s, err := d.leadWith(ctx, t, decoding, "")
		if err == nil || ctx.Err() != nil || permanent(err) {
			return s, err
		}
		without = "a replication slot could not be made: " + reason(err)
	}
	return d.leadWith(ctx, t, leading, without)
}

// permanent reports an error that another way of connecting would meet again.
func permanent(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "42501" && pg.Severity != "FATAL")
}

func reason(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if speaks[pg.Code[:2]] {
			return pg.Message
		}
		return "SQLSTATE " + pg.Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "transactions that write did not end in time"
	}
	return "the connection failed"
}

// decodeSQL asks before it is tried: a refused try is an error in the
// server's log.
const decodeSQL = `
SELECT r.rolreplication OR r.rolsuper, pg_catalog.current_setting('wal_level'), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('max_replication_slots')::int > (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots)
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`

// noLog says why a snapshot cannot have a position in the log, or nothing.
func noLog(r row) string {
	switch {
	case !r.yes(0):
		return "the user has no REPLICATION"
	case r.text(1) != "logical":
		return "wal_level is " + r.text(1) + ", not logical"
	case r.yes(2):
		return "the server is a standby"
	case !r.yes(3):
		return "all replication slots are taken"
	}
	return ""
}

// leadWith opens the leader in one mode and takes the snapshot.
func (d *Database) leadWith(ctx context.Context, t *table, m mode, noLog string) (s *snapshot, err error) {
	c, err := d.dial(ctx, m)
	if err != nil {
		return nil, err
	}
	s = &snapshot{d: d, leader: c}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if _, err = c.rows(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return nil, err
	}
	s.point.NoLog = noLog
	if m == decoding {
		if s.point.Log, err = s.slot(ctx); err != nil {
			return nil, err
		}
	}
	found, err := c.rows(ctx, "SELECT pg_catalog.pg_export_snapshot()")
	if err != nil {
		return nil, err
	}
	s.id = found[0].text(0)
	return s, s.hold(ctx, t)
}

// slot makes a temporary slot whose snapshot the transaction takes over, and
// drops it. (manual, "Streaming Replication Protocol", USE_SNAPSHOT)
func (s *snapshot) slot(ctx context.Context) (string, error) {
	waiting, cancel := context.WithTimeout(ctx, min(slotPatience, s.d.budget.Statement))
	defer cancel()
	name := fmt.Sprintf("sen_%d_%d", s.leader.PID(), time.Now().UnixNano())
	found, err := s.leader.rows(waiting, "CREATE_REPLICATION_SLOT "+name+" TEMPORARY LOGICAL pgoutput USE_SNAPSHOT")
	if err != nil {
		return "", err
	}
	log := found[0].text(1)
	_, err = s.leader.rows(ctx, "SELECT pg_catalog.pg_drop_replication_slot("+literal(name)+")")
	return log, err
}

// hold takes the lock of a SELECT on all that will be read, so that nothing
// of it is dropped or rewritten from here on. (LOCK TABLE would ask for more
// than a grant of columns.)
func (s *snapshot) hold(ctx context.Context, t *table) error {
	if t.kind != "r" && t.kind != "p" && t.kind != "m" {
		return nil
	}
	_, err := s.leader.rows(ctx, "SELECT FROM "+t.quoted()+" LIMIT 0")
	return err
}

// momentSQL says whose state this is and when: the server, its timeline (a
// promoted server gives the same transaction numbers to others), the
// database, the snapshot, the server's clock.
const momentSQL = `
SELECT (pg_catalog.pg_control_system()).system_identifier,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) END,
       (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
       pg_catalog.pg_current_snapshot(), pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()), pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()),
       to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), pg_catalog.pg_is_in_recovery(), pg_catalog.pg_postmaster_start_time(),
       CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_insert_lsn() END`

// labelsSQL are the labels of all enumerations: renaming one changes the text
// of rows that nobody wrote.
const labelsSQL = `SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(enumtypid || ' ' || oid || ' ' || enumlabel, ',' ORDER BY oid), '')) FROM pg_catalog.pg_enum`

// look describes the table as the snapshot sees it. It reports false when its
// files are already others.
func (s *snapshot) look(ctx context.Context, t *table) (current bool, err error) {
	found, err := s.leader.rows(ctx, momentSQL)
	if err != nil {
		return false, err
	}
	r := found[0]
	s.system = r.text(0) + "/" + r.text(1) + "/" + r.text(2)
	s.xmin, s.next = uint64(r.number(4)), uint64(r.number(5))
	s.point.System, s.point.Database, s.point.Snapshot = r.text(0), s.d.server.Database, r.text(3)
	if s.point.Taken, err = time.Parse(time.RFC3339Nano, r.text(6)); err != nil {
		return false, err
	}
	if found, err = s.leader.rows(ctx, labelsSQL); err != nil {
		return false, err
	}
	labels := found[0].text(0)
	now := &table{oid: t.oid, schema: t.schema, name: t.name, kind: t.kind, hidden: t.hidden, encoding: t.encoding, key: t.key}
	columns, err := s.leader.rows(ctx, withOID(columnsSQL, t.oid))
	if err != nil {
		return false, err
	}
	if now.take(columns); !slices.Equal(now.columns, t.columns) {
		return false, sen.Errorf(sen.Drift, "the columns of %s are not those that it had when it was opened", t.title()).
			WithHint("compare the contract with the source, then run it again")
	}
	parts, err := s.leader.rows(ctx, withOID(partsSQL, t.oid))
	if err != nil {
		return false, err
	}
	if !now.divide(parts) {
		return false, nil
	}
	s.table = now
	s.shape = now.shape(labels)
	s.point.Object = fmt.Sprintf("%s, oid %d, shape %s", now.title(), now.oid, s.shape)
	s.standby, s.started, s.written = r.yes(7), r.text(8), r.text(9)
	return true, nil
}

// settle looks, in any of its connections, whether the log is on the server's
// disk as far as the snapshot shows: what a crash takes back could be followed
// by other rows of the same transaction numbers.
func (s *snapshot) settle(ctx context.Context, c *conn) error {
	if s.standby || s.durable.Load() {
		return nil
	}
	found, err := c.rows(ctx, "SELECT pg_catalog.pg_current_wal_flush_lsn() >= "+literal(s.written)+"::pg_lsn")
	if err == nil && found[0].yes(0) {
		s.durable.Store(true)
	}
	return err
}

// withOID puts an oid in the place of $1, for a replication connection, which
// takes no parameters.
func withOID(sql string, oid int64) string {
	return strings.ReplaceAll(sql, "$1", strconv.FormatInt(oid, 10))
}

func (s *snapshot) close() { s.leader.close() }
