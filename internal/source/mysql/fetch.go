package mysql

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

// fetch reads the jobs of one snapshot side by side and emits their rows in
// order.
type fetch struct {
	*run
	table  *table // as it stands in the snapshot
	s      *snapshot
	at     mark  // behind what was emitted
	target int64 // bytes of one range
	jobs   []*job
	queue  *queue
	held   *piece // the newest, until it is known whether another comes
	upper  string // of its job
}

func newFetch(ctx context.Context, r *run, s *snapshot, m mark) (*fetch, error) {
	f := &fetch{run: r, table: s.table, s: s, at: m}
	// All ranges that are under way together are about two of the options'.
	f.target = min(max(2*r.options.RangeBytes/int64(r.d.budget.Connections+1), minRange), r.options.RangeBytes)
	ends, err := f.plan(ctx, &f.at)
	if err != nil {
		return nil, err
	}
	last, err := fromHex(m.To)
	if err != nil {
		return nil, err
	}
	upper, err := fromHex([]string{m.Upper})
	if err != nil {
		return nil, err
	}
	if f.run.at.Next > 0 {
		ends = f.rest(ends, upper[0])
	}
	f.jobs = jobsOf(ends)
	if f.run.at.Next > 0 {
		switch first := f.jobs[0]; {
		case m.Ends:
			f.jobs = nil
		case f.table.index != "" && len(last) == len(f.table.order):
			first.after = last
		default:
			first.sent = f.run.at.Row
		}
	}
	f.queue = newQueue(f.jobs, len(s.conns)+1)
	return f, f.unsorted(ctx)
}

func jobsOf(ends []string) (out []*job) {
	from := ""
	for _, to := range append(slices.Clone(ends), "") {
		out = append(out, &job{from: from, to: to, out: make(chan piece, 1)})
		from = to
	}
	return out
}

// rest are the ends from the job under way on.
func (f *fetch) rest(ends []string, upper string) []string {
	if i := slices.Index(ends, upper); i >= 0 {
		return ends[i:]
	}
	return nil
}

// unsorted makes sure that the server does not sort for us.
func (f *fetch) unsorted(ctx context.Context) error {
	if f.table.index == "" || len(f.jobs) == 0 {
		return nil
	}
	names, found, err := f.s.conns[0].table(ctx, "EXPLAIN "+f.statement(f.jobs[0]))
	at := slices.Index(names, "Extra")
	if err != nil || at < 0 {
		return err
	}
	for _, r := range found {
		if strings.Contains(r.text(at), "filesort") || strings.Contains(r.text(at), "temporary") {
			return sen.Errorf(sen.Unavailable, "the server would sort %s to read it along %s", f.table.title(), f.table.index).
				WithHint("tell those who make the hub: it must never do that")
		}
	}
	return nil
}

// all fetches all jobs. Each error ends it; the workers have ended when it
// returns.
func (f *fetch) all(outer context.Context) error {
	ctx, cancel := context.WithCancel(outer)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, f.queue.stop)
	defer stop()
	if spare := len(f.s.conns) - max(len(f.jobs), 1); spare > 0 {
		f.s.keep(len(f.s.conns) - spare)
	}
	f.queue.workers = len(f.s.conns)
	for i := range f.s.conns {
		workers.Go(func() { f.work(ctx, &f.s.conns[i]) })
	}
	for i, j := range f.jobs {
		if err := f.take(ctx, j); err != nil {
			cancel()
			f.queue.stop()
			workers.Wait()
			for _, j := range f.jobs[i:] {
				j.discard()
			}
			return f.last(outer, err)
		}
		f.queue.taken()
	}
	if err := ctx.Err(); err != nil {
		return f.last(outer, err)
	}
	f.at.Ends = true
	return f.pass(ctx, nil, "")
}

// last emits what is held, which is good, when an error ends the reading;
// not where nobody wants it any more.
func (f *fetch) last(ctx context.Context, err error) error {
	if f.held == nil {
		return err
	}
	if f.refused != nil || ctx.Err() != nil {
		f.held.release()
		return err
	}
	if also := f.pass(ctx, nil, ""); also != nil {
		return also
	}
	return err
}

// take emits a job's pieces.
func (f *fetch) take(ctx context.Context, j *job) error {
	for {
		select {
		case p, more := <-j.out:
			if !more {
				return f.over(ctx, j)
			}
			if err := f.pass(ctx, &p, j.to); err != nil {
				return err
			}
		case <-f.queue.gone:
			return f.leftOver(ctx, j)
		}
	}
}

// leftOver takes what is there of a job when no worker is left: all of it, or
// what was read before the last of them was lost.
func (f *fetch) leftOver(ctx context.Context, j *job) error {
	for {
		select {
		case p, more := <-j.out:
			if !more {
				return f.over(ctx, j)
			}
			if err := f.pass(ctx, &p, j.to); err != nil {
				return err
			}
		default:
			if err := f.over(ctx, j); err != nil {
				return err
			}
			return errSnapshotLost
		}
	}
}

// over takes what could not wait for its turn.
func (f *fetch) over(ctx context.Context, j *job) error {
	for len(j.over) > 0 {
		p := j.over[0]
		j.over = j.over[1:]
		if err := f.pass(ctx, &p, j.to); err != nil {
			return err
		}
	}
	return j.err
}

// pass emits the piece that is held and holds the next.
func (f *fetch) pass(ctx context.Context, next *piece, upper string) error {
	if next != nil && next.rows == 0 {
		return nil
	}
	p := f.held
	f.held = next
	if p == nil {
		f.upper = upper
		return nil
	}
	if err := f.d.gate.Spend(ctx, p.bytes); err != nil {
		p.release()
		return err
	}
	f.at.From, f.at.To, f.at.Upper = f.at.To, nil, ""
	if p.last != nil {
		f.at.To, f.at.Upper = toHex(p.last), toHex([]string{f.upper})[0]
	}
	f.upper = upper
	return f.send(*p, f.at)
}

// work fetches jobs in one connection until there are none, or it is lost and
// others go on.
func (f *fetch) work(ctx context.Context, c **conn) {
	defer f.queue.leave()
	for j := f.queue.next(); j != nil; j = f.queue.next() {
		err := f.job(ctx, *c, j)
		for err != nil && disconnected(err) && ctx.Err() == nil && f.rejoin(ctx, c) {
			err = f.job(ctx, *c, j)
		}
		if err != nil && disconnected(err) && ctx.Err() == nil {
			f.queue.giveBack(j)
			return
		}
		j.err = err
		close(j.out)
		f.queue.done()
		if err != nil {
			return
		}
	}
}

// rejoin replaces a lost connection, if nothing was written in the meantime.
func (f *fetch) rejoin(ctx context.Context, c **conn) bool {
	(*c).close()
	if !f.s.log.sure || !f.s.covers() || !f.s.mariadb {
		return false
	}
	fresh := &snapshot{d: f.d, table: f.table, log: f.s.log}
	err := live.Retry(ctx, f.d.budget, f.d.server.Name+": connect", func(ctx context.Context) error {
		next, err := f.d.dial(ctx)
		if err != nil {
			return err
		}
		fresh.conns = []*conn{next}
		if err = next.exec(ctx, startSnapshot); err == nil {
			fresh.log.file = ""
			err = fresh.place(ctx, logPosition{})
		}
		if err != nil {
			fresh.close()
		}
		return err
	}, temporary, f.d.say)
	if err != nil {
		return false
	}
	if !fresh.log.same(f.s.log) {
		fresh.close()
		return false
	}
	*c = fresh.conns[0]
	return true
}

// job fetches a job, from where it stands; a statement that was interrupted
// goes on in the same transaction, which has the snapshot still.
func (f *fetch) job(ctx context.Context, c *conn, j *job) error {
	return live.Retry(ctx, f.d.budget, f.d.server.Name+": "+f.table.title(), func(ctx context.Context) error {
		return f.once(ctx, c, j)
	}, func(err error) bool { return temporary(err) && !disconnected(err) }, f.d.say)
}

func (f *fetch) once(ctx context.Context, c *conn, j *job) error {
	r := f.receiver()
	if len(f.table.order) > 1 {
		r.skip = j.after
	}
	r.pass = j.sent
	r.full = func(r *receiver, row []byte) error {
		if r.got.bytes < f.target && r.got.rows < f.options.RangeRows {
			return nil
		}
		p, err := r.cut(row)
		if err != nil {
			return err
		}
		return f.hand(ctx, j, p)
	}
	var last []byte
	if f.table.index != "" {
		full := r.full
		r.full = func(r *receiver, row []byte) error {
			last = append(last[:0], row...)
			return full(r, row)
		}
	}
	if err := c.query(ctx, f.statement(j), nil, r.row); err != nil {
		r.drop()
		return err
	}
	if r.skip != nil || r.pass > 0 {
		return errSkipped
	}
	if r.got.rows == 0 {
		last = nil
	}
	p, err := r.cut(last)
	if err != nil {
		return err
	}
	return f.hand(ctx, j, p)
}

// errSkipped cannot be where the proof of goOn holds.
var errSkipped = sen.Errorf(sen.Drift, "the row at which the reading was to go on is not there").WithHint("it is read again from the beginning")

// hand hands a piece on; the job goes on behind it. It waits until there is
// room, unless a job before this one waits for a worker.
func (f *fetch) hand(ctx context.Context, j *job, p piece) error {
	after, rows := p.last, p.rows
	if len(j.over) > 0 {
		j.over = append(j.over, p)
	} else {
		select {
		case j.out <- p:
		case <-f.queue.urgent:
			j.over = append(j.over, p)
		case <-ctx.Done():
			p.release()
			return context.Cause(ctx)
		}
	}
	if after != nil {
		j.after = after
	} else {
		j.sent += rows
	}
	return nil
}

// statement selects the rows of a job that are not with others yet.
func (f *fetch) statement(j *job) string {
	t := f.table
	var list []string
	for _, c := range t.columns {
		list = append(list, c.expressions()...)
	}
	sql := "SELECT " + strings.Join(list, ", ") + " FROM " + t.quoted()
	if t.index == "" {
		if t.kind != "view" {
			sql += " USE INDEX ()" // the rows as they are stored, not along whatever index holds enough
		}
		return sql
	}
	first := t.columns[t.order[0]]
	var where []string
	switch {
	case j.after != nil && len(t.order) == 1:
		where = append(where, ident(first.name)+" > "+first.literal(j.after[0]))
	case j.after != nil:
		where = append(where, ident(first.name)+" >= "+first.literal(j.after[0]))
	case j.from != "":
		where = append(where, ident(first.name)+" >= "+first.literal(j.from))
	}
	if j.to != "" {
		where = append(where, ident(first.name)+" < "+first.literal(j.to))
	}
	sql += " FORCE INDEX (" + ident(t.index) + ")"
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql + " ORDER BY " + strings.Join(t.along(), ", ")
}

// along are the columns of the index that is read along.
func (t *table) along() (out []string) {
	for _, i := range t.order {
		out = append(out, ident(t.columns[i].name))
	}
	return out
}
