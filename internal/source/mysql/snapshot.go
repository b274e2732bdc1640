package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// snapshot is one state of the database, which all its connections see.
type snapshot struct {
	d      *Database
	table  *table
	conns  []*conn
	system string
	log    logPosition
	taken  time.Time
	how    string // for a person

	mariadb bool
}

// logPosition is a place in the binary log.
type logPosition struct {
	file, at, gtid string
	sure           bool   // whatever changes a row stands in the log
	why            string // there is none, or it is not sure
}

func (p logPosition) text() string {
	if p.file == "" {
		return ""
	}
	if p.gtid == "" {
		return p.file + ":" + p.at
	}
	return p.file + ":" + p.at + " " + p.gtid
}

// same reports that nothing was written between two positions.
func (p logPosition) same(q logPosition) bool {
	if !p.sure || !q.sure || p.file == "" {
		return false
	}
	// The number of a transaction outlasts a restart, which begins a new file.
	return p.file == q.file && p.at == q.at || p.gtid != "" && p.gtid == q.gtid
}

const (
	startSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
	agreeRounds   = 12
	joinPatience  = time.Second // for a place in the budget beside the first
)

// snapshot opens up to want connections that see one state.
func (d *Database) snapshot(ctx context.Context, t *table, want int) (*snapshot, error) {
	first, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{d: d, table: t, conns: []*conn{first}}
	if err := s.begin(ctx, want); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *snapshot) begin(ctx context.Context, want int) error {
	if err := s.identify(ctx); err != nil {
		return err
	}
	s.join(ctx, want)
	if err := s.open(ctx); err != nil {
		return err
	}
	now, err := s.conns[0].again(ctx, s.table)
	if err != nil {
		return err
	}
	if now.shape() != s.table.shape() {
		return sen.Errorf(sen.Drift, "%s was altered since it was opened", s.table.title()).WithHint("compare the contract with the source, then run it again")
	}
	s.table = now
	return nil
}

// join connects more, as far as the budget and the server have places now.
func (s *snapshot) join(ctx context.Context, want int) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	for len(s.conns) < want {
		c, err := s.d.dial(ctx)
		if err != nil {
			return
		}
		s.conns = append(s.conns, c)
	}
}

// identify finds who the server is and whether its log can be trusted.
func (s *snapshot) identify(ctx context.Context) error {
	c := s.conns[0]
	s.mariadb = c.version.mariadb
	r, err := c.one(ctx, "SELECT @@hostname, @@port, @@server_id, @@log_bin, @@log_slave_updates")
	if err != nil && coded(err) == 0 {
		return err
	}
	if r == nil { // MySQL 8.4 has another name for the last
		if r, err = c.one(ctx, "SELECT @@hostname, @@port, @@server_id, @@log_bin, @@log_replica_updates"); err != nil {
			return err
		}
	}
	id, err := c.rows(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid')")
	if err != nil {
		return err
	}
	s.system = fmt.Sprintf("%s:%s/%s", r.text(0), r.text(1), r.text(2))
	if len(id) > 0 {
		s.system = id[0].text(1)
	}
	return s.trust(ctx, r.text(3) == "1", r.text(4) == "1")
}

// trust finds whether all changes are in the log: a replica may not write
// what it takes over, and databases may be left out.
func (s *snapshot) trust(ctx context.Context, logs, relogs bool) error {
	if !logs {
		s.log.why = "the server keeps no binary log"
		return nil
	}
	c := s.conns[0]
	if !relogs {
		running, err := c.rows(ctx, "SHOW GLOBAL STATUS LIKE 'Slaves_running'")
		if err != nil {
			return err
		}
		if len(running) == 0 || running[0].text(1) != "0" {
			s.log.why = "the server is a replica, or may be one, and does not log what it takes over"
			return nil
		}
	}
	_, why, err := c.masterStatus(ctx)
	s.log.why, s.log.sure = why, why == ""
	return err
}

// masterStatus is the newest position of the log; why says what is wrong
// with it as a proof.
func (c *conn) masterStatus(ctx context.Context) (p logPosition, why string, err error) {
	sql := "SHOW MASTER STATUS"
	if !c.version.mariadb && c.version.number >= 80400 {
		sql = "SHOW BINARY LOG STATUS"
	}
	r, err := c.one(ctx, sql)
	switch {
	case coded(err) == erNeedsPrivilege || coded(err) == erAccessDenied:
		return p, "the user may not see the log's position (BINLOG MONITOR, REPLICATION CLIENT)", nil
	case err != nil:
		return p, "", err
	case r == nil:
		return p, "the server keeps no binary log", nil
	}
	p = logPosition{file: r.text(0), at: r.text(1)}
	if len(r) > 4 {
		p.gtid = strings.ReplaceAll(r.text(4), "\n", "")
	}
	if r.text(2) != "" || r.text(3) != "" {
		why = "the server leaves databases out of its log"
	}
	return p, why, nil
}

// open starts the transactions by the best way that there is.
func (s *snapshot) open(ctx context.Context) error {
	agreed, err := s.agree(ctx)
	if err != nil || agreed {
		return err
	}
	if len(s.conns) > 1 && s.d.budget.Lock > 0 {
		locked, err := s.underLock(ctx)
		if err != nil || locked {
			return err
		}
	}
	s.keep(1)
	if err := s.conns[0].exec(ctx, startSnapshot); err != nil {
		return err
	}
	s.how = "by one connection"
	return s.place(ctx, logPosition{})
}

// agree starts all transactions and accepts them when they name the same
// place in the log. (MariaDB: START TRANSACTION WITH CONSISTENT SNAPSHOT and
// the log's position are one state, under LOCK_commit_ordered.)
func (s *snapshot) agree(ctx context.Context) (bool, error) {
	if !s.conns[0].version.mariadb || !s.log.sure {
		return false, nil
	}
	for round := 1; ; round++ {
		if err := s.start(ctx); err != nil {
			return false, err
		}
		places, err := s.places(ctx)
		if err != nil {
			return false, err
		}
		most := slices.MaxFunc(slices.Sorted(maps.Keys(places)), func(a, b string) int { return len(places[a]) - len(places[b]) })
		if most == "" {
			return false, nil // the server does not say
		}
		n := len(places[most])
		if n < len(s.conns) && round < agreeRounds || n == 1 && len(s.conns) > 1 {
			if round >= agreeRounds {
				return false, nil
			}
			continue
		}
		for i, c := range s.conns {
			if !slices.Contains(places[most], i) {
				c.close()
			}
		}
		s.conns = slices.DeleteFunc(s.conns, func(c *conn) bool { return c.leave == nil })
		if s.how = "by one connection"; n > 1 {
			s.how = fmt.Sprintf("by %d connections that see the same place in the log", n)
		}
		file, at, _ := strings.Cut(most, " ")
		return true, s.place(ctx, logPosition{file: file, at: at})
	}
}

// start starts a transaction in each connection, at the same time.
func (s *snapshot) start(ctx context.Context) error {
	return s.each(func(_ int, c *conn) error { return c.exec(ctx, startSnapshot) })
}

func (s *snapshot) each(do func(int, *conn) error) error {
	errs := make([]error, len(s.conns))
	var all sync.WaitGroup
	for i, c := range s.conns {
		all.Go(func() { errs[i] = do(i, c) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// places are the connections by the place in the log that they see.
func (s *snapshot) places(ctx context.Context) (map[string][]int, error) {
	at := make([]string, len(s.conns))
	err := s.each(func(i int, c *conn) (err error) { at[i], err = c.place(ctx); return err })
	out := map[string][]int{}
	for i, p := range at {
		out[p] = append(out[p], i)
	}
	return out, err
}

// place is what the transaction of a connection sees of the log: "file
// offset", or "".
func (c *conn) place(ctx context.Context) (string, error) {
	found, err := c.rows(ctx, "SHOW STATUS WHERE Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')")
	if err != nil || len(found) != 2 || found[0].text(1) == "" {
		return "", err
	}
	slices.SortFunc(found, func(a, b row) int { return strings.Compare(a.text(0), b.text(0)) })
	return found[0].text(1) + " " + found[1].text(1), nil
}

// underLock starts the transactions while a read lock is held: no longer than
// the budget says, the waiting for it included. Whatever fails leaves none.
func (s *snapshot) underLock(ctx context.Context) (bool, error) {
	limit := s.d.budget.Lock
	c := s.conns[0]
	if !c.version.mariadb && limit < time.Second {
		return false, nil // it counts whole seconds
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begun := time.Now()
	p, err := s.locked(within, limit)
	if err == nil {
		s.how = fmt.Sprintf("by %d connections, begun under a read lock of %v", len(s.conns), time.Since(begun).Round(time.Millisecond))
		return true, s.place(ctx, p)
	}
	c.close() // and with it the lock, if it came
	s.conns = s.conns[1:]
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	s.d.say(fmt.Sprintf("%s: no read lock within %v: one connection reads alone (%s)", s.d.server.Name, limit, words(err)))
	return false, s.reset(ctx)
}

func (s *snapshot) locked(ctx context.Context, limit time.Duration) (p logPosition, err error) {
	c := s.conns[0]
	before := []string{fmt.Sprintf("SET SESSION lock_wait_timeout = %d", max(int(limit.Seconds()), 1))}
	after := []string{"UNLOCK TABLES", fmt.Sprintf("SET SESSION lock_wait_timeout = %d", int(lockPatience.Seconds()))}
	if c.version.mariadb {
		before = append(before, fmt.Sprintf("SET SESSION max_statement_time = %.3f", limit.Seconds()))
		after = append(after, "SET "+s.d.statementTime(c.version, s.d.budget.Statement))
	}
	for _, sql := range append(before, "FLUSH TABLES WITH READ LOCK") {
		if err := c.exec(ctx, sql); err != nil {
			return p, err
		}
	}
	if p, _, err = c.masterStatus(ctx); err != nil {
		return p, err
	}
	if err := s.start(ctx); err != nil {
		return p, err
	}
	for _, sql := range after {
		if err := c.exec(ctx, sql); err != nil {
			return p, err
		}
	}
	return p, nil
}

// reset replaces connections that a failure broke.
func (s *snapshot) reset(ctx context.Context) error {
	for _, c := range s.conns {
		if c.broken != nil {
			c.close()
		}
	}
	s.conns = slices.DeleteFunc(s.conns, func(c *conn) bool { return c.leave == nil })
	if len(s.conns) > 0 {
		return nil
	}
	c, err := s.d.dial(ctx)
	if err == nil {
		s.conns = append(s.conns, c)
	}
	return err
}

// place completes the position that the snapshot stands at.
func (s *snapshot) place(ctx context.Context, p logPosition) error {
	c := s.conns[0]
	if p.file == "" && c.version.mariadb && s.log.why != "the server keeps no binary log" {
		at, err := c.place(ctx)
		if err != nil {
			return err
		}
		p.file, p.at, _ = strings.Cut(at, " ")
	}
	if p.file != "" && p.gtid == "" && c.version.mariadb {
		r, err := c.one(ctx, fmt.Sprintf("SELECT BINLOG_GTID_POS(%s, %s)", literal(p.file), p.at))
		if err == nil && r != nil {
			p.gtid = r.text(0)
		} else if err != nil && coded(err) == 0 {
			return err
		}
	}
	s.log.file, s.log.at, s.log.gtid = p.file, p.at, p.gtid
	if s.log.file == "" {
		s.log.sure = false
		if s.log.why == "" {
			s.log.why = "without a read lock the server does not say at which position the snapshot stands"
		}
	}
	now, err := c.one(ctx, "SELECT UTC_TIMESTAMP(6)")
	if err != nil {
		return err
	}
	s.taken, err = time.Parse("2006-01-02 15:04:05.000000", now.text(0))
	return err
}

func (s *snapshot) point() source.Point {
	p := source.Point{System: s.system, Database: s.table.schema, Object: s.table.title(), Log: s.log.text(), Snapshot: s.how, Taken: s.taken}
	if p.Log == "" {
		p.NoLog = s.log.why
	}
	return p
}

// keep closes all connections but the first n.
func (s *snapshot) keep(n int) {
	for _, c := range s.conns[n:] {
		c.close()
	}
	s.conns = s.conns[:n]
}

func (s *snapshot) close() { s.keep(0) }
