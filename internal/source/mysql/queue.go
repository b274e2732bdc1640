package mysql

import "sync"

// queue hands jobs to workers: in order, not further ahead of what was taken
// than the window, and again where a worker was lost.
type queue struct {
	sync.Mutex
	changed *sync.Cond
	jobs    []*job // not begun yet
	again   []*job
	begun   int
	behind  int // jobs that were taken
	window  int
	busy    int
	workers int
	stopped bool
	urgent  chan struct{} // closed when the first worker is lost,
	hurried bool          // and then true
	gone    chan struct{} // closed when the last worker ends
}

func newQueue(jobs []*job, window int) *queue {
	q := &queue{jobs: jobs, window: window, urgent: make(chan struct{}), gone: make(chan struct{})}
	q.changed = sync.NewCond(&q.Mutex)
	return q
}

// next is the next job; nil when there is none and will be none.
func (q *queue) next() *job {
	q.Lock()
	defer q.Unlock()
	for {
		switch {
		case q.stopped:
			return nil
		case len(q.again) > 0:
			j := q.again[0]
			q.again = q.again[1:]
			q.busy++
			return j
		case len(q.jobs) > 0 && q.begun < q.behind+q.window:
			j := q.jobs[0]
			q.jobs = q.jobs[1:]
			q.begun, q.busy = q.begun+1, q.busy+1
			return j
		case len(q.jobs) == 0 && q.busy == 0:
			return nil
		}
		q.changed.Wait()
	}
}

func (q *queue) change(do func()) {
	q.Lock()
	defer q.Unlock()
	do()
	q.changed.Broadcast()
}

func (q *queue) stop()  { q.change(func() { q.stopped = true }) }
func (q *queue) taken() { q.change(func() { q.behind++ }) }
func (q *queue) done()  { q.change(func() { q.busy-- }) }

// giveBack is for the job of a worker that was lost.
func (q *queue) giveBack(j *job) {
	q.change(func() {
		q.busy--
		q.again = append(q.again, j)
		if !q.hurried {
			close(q.urgent)
			q.hurried = true
		}
	})
}

// leave counts the workers that end.
func (q *queue) leave() {
	q.change(func() {
		if q.workers--; q.workers == 0 {
			close(q.gone)
		}
	})
}
