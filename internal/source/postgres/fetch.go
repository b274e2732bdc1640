package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// fetch reads the jobs of one snapshot side by side and emits their rows in
// order.
type fetch struct {
	*run
	s       *snapshot
	start   mark
	workers int
	list    string
	forms   []form
	target  int64 // bytes of one range

	jobs     chan *job
	admitted chan struct{} // closed by the first worker
	once     sync.Once
}

// minRange keeps ranges worth a statement, where memory allows it.
const minRange = 4 << 20

func newFetch(r *run, s *snapshot, m mark) *fetch {
	f := &fetch{run: r, s: s, start: m, workers: max(r.d.budget.Connections-1, 0), jobs: make(chan *job), admitted: make(chan struct{})}
	f.list, f.forms = selectList(r.table.columns)
	// All ranges that are under way together are about two of the options'.
	f.target = min(max(2*r.options.RangeBytes/int64(f.workers+2), minRange), r.options.RangeBytes)
	// And each worker gets at least two, or they end far apart.
	f.target = min(f.target, max(s.table.bytes/int64(2*max(f.workers, 1)), minRange))
	return f
}

// plan is the jobs from the mark on.
func (f *fetch) plan() (out []*job) {
	for i, p := range f.s.table.parts {
		switch {
		case i < f.start.Part:
		case !p.cut:
			out = append(out, &job{part: p, at: i, last: true})
		default:
			step := f.step(p)
			from, end := tid(0), p.blocks*blockOf
			if i == f.start.Part {
				from = f.start.TID
			}
			// The last range has no end: its sum, taken again later, shows what
			// was appended. A part without blocks has a range too.
			for first := true; first || from < end; first = false {
				j := &job{part: p, at: i, from: from, to: (from/step + 1) * step}
				if j.to >= end {
					j.to, j.last = maxTID, true
				}
				out = append(out, j)
				from = j.to
			}
		}
	}
	return out
}

// step is how far a range of a part reaches, in whole blocks.
func (f *fetch) step(p part) tid {
	blocks := max(p.blocks, 1)
	each := max(p.bytes/blocks, 1)
	step := (f.target + each - 1) / each
	if p.rows > 0 {
		step = min(step, f.options.RangeRows*blocks/p.rows)
	}
	return max(step, 1) * blockOf
}

// all fetches all jobs. Each error ends it; the workers have ended when it
// returns.
func (f *fetch) all(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	list := f.plan()
	order := make(chan *job, f.workers+1)
	go func() {
		defer close(order)
		defer close(f.jobs)
		for _, j := range list {
			j.out = make(chan piece, 1)
			select {
			case order <- j:
			case <-ctx.Done():
				return
			}
			select {
			case f.jobs <- j:
			case <-ctx.Done():
				j.err = ctx.Err()
				close(j.out)
				return
			}
		}
	}()
	if len(list) > 1 {
		for range min(f.workers, len(list)) {
			workers.Go(func() { f.work(ctx) })
		}
	}
	workers.Go(func() { f.lead(ctx, len(list)) })
	m := f.start
	for j := range order {
		if err := f.take(ctx, j, &m); err != nil {
			cancel()
			for j := range order {
				discard(j)
			}
			discard(j)
			return err
		}
	}
	return ctx.Err()
}

func discard(j *job) {
	for p := range j.out {
		p.release()
	}
}

// take emits a job's pieces; m is moved behind each.
func (f *fetch) take(ctx context.Context, j *job, m *mark) error {
	if j.from == 0 {
		f.at.First = f.at.Row
	}
	for p := range j.out {
		m.Part, m.TID, m.Inside, m.Durable = j.at, p.to, !j.part.cut, f.s.durable.Load()
		if p.last {
			m.Part, m.TID, m.Inside = j.at+1, 0, false
		}
		if p.rows == 0 {
			continue // nothing to land; the next mark stands behind it
		}
		if err := f.d.gate.Spend(ctx, p.bytes); err != nil {
			p.release()
			return err
		}
		if err := f.send(p, j, *m); err != nil {
			return err
		}
	}
	return j.err
}

// work fetches jobs in a connection of its own until there are none.
func (f *fetch) work(ctx context.Context) {
	var c *conn
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for {
		if c == nil {
			if c = f.join(ctx); c == nil {
				return
			}
		}
		select {
		case j, more := <-f.jobs:
			if !more {
				return
			}
			j.err = f.job(ctx, j, &c, f.inSnapshot)
			close(j.out)
		case <-ctx.Done():
			return
		}
	}
}

// join connects a worker; nil when there is nothing left to do for it. That
// the server has no place for it is no error: others work on.
func (f *fetch) join(ctx context.Context) *conn {
	var c *conn
	err := f.d.retry(ctx, "connect", func(ctx context.Context) (err error) {
		c, err = f.d.dial(ctx, ordinary)
		return err
	})
	if err != nil {
		return nil
	}
	f.once.Do(func() { close(f.admitted) })
	return c
}

// lead has the leader fetch too where it is alone, or nearly.
func (f *fetch) lead(ctx context.Context, jobs int) {
	if f.workers > 1 && jobs > 1 {
		select {
		case <-f.admitted:
			return
		case <-ctx.Done():
			return
		case <-time.After(leaderWaits):
		}
	}
	for {
		select {
		case j, more := <-f.jobs:
			if !more {
				return
			}
			c := f.s.leader
			j.err = f.job(ctx, j, &c, f.inLeader)
			close(j.out)
		case <-ctx.Done():
			return
		}
	}
}

// copier runs a job's COPY in a connection, which it may make anew.
type copier func(context.Context, **conn, statement, *receiver) error

// statement is a COPY and what is set before it, for its transaction alone.
type statement struct{ before, copy string }

// try is how a job is fetched, and how far it came.
type try struct {
	*fetch
	j       *job
	careful bool // look at every value
	raw     bool // take text as the bytes that are stored
	sent    bool // pieces are with others already
	big     bool // it is to be fetched in halves
}

// job fetches a job, and again where it was interrupted and nothing of it is
// with others yet.
func (f *fetch) job(ctx context.Context, j *job, c **conn, in copier) error {
	t := &try{fetch: f, j: j, careful: f.s.table.encoding == sqlASCII || !j.part.cut}
	for {
		last, err := f.d.attempts(ctx, j.part.name, func(ctx context.Context) error { return t.once(ctx, c, in) })
		switch {
		case errors.Is(last, errUnsound) && !t.careful && !t.sent:
			t.careful = true
		case untranslatable(last) && !t.raw && !t.sent:
			t.raw, t.careful = true, true
		case err != nil:
			return err
		case t.big:
			return f.halves(ctx, j, c, in)
		default:
			return nil
		}
	}
}

func (t *try) once(ctx context.Context, c **conn, in copier) error {
	r := newReceiver(t.names, t.forms, t.options.BatchRows, t.options.FieldLimit, t.careful)
	r.full = t.full(ctx)
	if err := in(ctx, c, t.statement(t.j, t.raw), r); err != nil {
		r.drop()
		if t.sent && temporary(err) {
			return errSnapshotLost // a part without blocks cannot be taken up in its middle
		}
		if t.big = (tooLong(err) || untranslatable(err)) && t.j.divisible(); t.big {
			return nil
		}
		return err
	}
	if t.big = r.dropped; t.big {
		return nil
	}
	p, err := r.finish()
	if err != nil {
		return err
	}
	p.from, p.to, p.last = t.j.from, t.j.to, t.j.last
	return t.j.send(ctx, p)
}

// full cuts what is read in one piece into ranges, and gives a range of
// blocks up that holds far more than was thought.
func (t *try) full(ctx context.Context) func(*receiver) error {
	return func(r *receiver) error {
		if !t.j.part.cut && (r.got.bytes >= t.target || r.got.rows >= t.options.RangeRows) {
			p, err := r.piece()
			if err != nil {
				return err
			}
			t.sent = true
			return t.j.send(ctx, p)
		}
		if r.got.bytes > 4*t.target && t.j.divisible() {
			r.drop()
		}
		return nil
	}
}

// middle is where a job is divided: between blocks, or else inside one; it is
// the job's beginning where it cannot be.
func (j *job) middle() tid {
	if !j.part.cut {
		return j.from
	}
	end := min(j.to, max(j.part.blocks, 1)*blockOf)
	if m := (j.from/blockOf + (end+blockOf-1)/blockOf) / 2 * blockOf; m > j.from && m < end {
		return m
	}
	if end%blockOf == 0 {
		end = end - blockOf + perPage
	}
	return (j.from + end) / 2
}

func (j *job) divisible() bool { return j.middle() > j.from }

// tooLong reports a statement that the server ended: by the budget's time, if
// not by somebody's hand.
func tooLong(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

func (j *job) send(ctx context.Context, p piece) error {
	select {
	case j.out <- p:
		return nil
	case <-ctx.Done():
		p.release()
		return ctx.Err()
	}
}

// halves fetches a job that is too big as two, one after the other.
func (f *fetch) halves(ctx context.Context, j *job, c **conn, in copier) error {
	middle := j.middle()
	for _, h := range []*job{{from: j.from, to: middle}, {from: middle, to: j.to, last: j.last}} {
		h.part, h.at, h.out = j.part, j.at, j.out
		if err := f.job(ctx, h, c, in); err != nil {
			return err
		}
	}
	return nil
}

// untranslatable reports text that the server cannot write as UTF-8. Its
// block is then taken as the bytes that are stored.
func untranslatable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "22P05" || pg.Code == "22021")
}

func (f *fetch) statement(j *job, raw bool) (sql statement) {
	if raw {
		sql.before = "; SET LOCAL client_encoding = 'SQL_ASCII'"
	}
	where := ""
	if j.part.cut {
		where = " WHERE " + between(j.from, j.to)
	}
	sql.copy = "COPY (SELECT " + f.list + " FROM " + j.part.from() + where + ") TO STDOUT (FORMAT binary)"
	return sql
}

// inSnapshot copies in a transaction of a worker; a lost connection is made
// anew.
func (f *fetch) inSnapshot(ctx context.Context, c **conn, sql statement, r *receiver) error {
	if (*c).IsClosed() {
		(*c).close() // its place is given back before another is asked for
		next, err := f.d.dial(ctx, ordinary)
		if err != nil {
			return err
		}
		*c = next
	}
	w := *c
	_, err := w.rows(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT "+literal(f.s.id)+sql.before)
	if gone(err) {
		err = errSnapshotLost
	}
	if err == nil {
		_, err = w.CopyTo(ctx, r, sql.copy)
		if err == nil {
			err = f.s.settle(ctx, w)
		}
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "55P03" {
			err = errYield // the leader has the lock already: somebody waits for it to go
		}
	}
	if !w.IsClosed() {
		if _, ended := w.rows(ctx, "ROLLBACK"); err == nil {
			err = ended
		}
	}
	return err
}

// gone reports a snapshot that SET TRANSACTION SNAPSHOT does not find, by the
// codes of the versions of the server.
func gone(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "22023" || pg.Code == "55000" || pg.Code == "42704")
}

// yield ends the snapshot where somebody waits for a lock that its own lock
// stands in the way of: all who want the table now wait behind them.
func (f *fetch) yield(ctx context.Context) error {
	found, err := f.s.leader.rows(ctx, withOID("SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE relation = $1::oid AND NOT granted AND mode = 'AccessExclusiveLock')", f.s.table.oid))
	if err == nil && found[0].yes(0) {
		return errYield
	}
	return err
}

// inLeader copies in the leader's own transaction, which must survive an
// error.
func (f *fetch) inLeader(ctx context.Context, c **conn, sql statement, r *receiver) error {
	w := *c
	if w.IsClosed() {
		return errSnapshotLost
	}
	_, err := w.rows(ctx, "SAVEPOINT piece"+sql.before)
	if err == nil {
		err = f.yield(ctx)
	}
	if err == nil {
		_, err = w.CopyTo(ctx, r, sql.copy)
	}
	if err == nil {
		err = f.s.settle(ctx, w)
	}
	if w.IsClosed() {
		if err != nil && temporary(err) && ctx.Err() == nil {
			return errSnapshotLost
		}
		return err
	}
	if _, ended := w.rows(ctx, "ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece"); err == nil {
		err = ended
	}
	return err
}
