package http

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// mostEmpty is how many pages without rows may follow one another: some
// filter behind their pages.
const mostEmpty = 100

// progress is what a reading has seen so far: whether its pages are those of
// one object that stays the same, and come to an end.
type progress struct {
	*object
	shown

	at   step // the page under way,
	used int  // and how many of its rows are taken

	resumed int64 // pages before the mark that the reading went on from
	empty   int
	sums    map[[sha256.Size]byte]bool // of the pages, and
	steps   map[step]bool              // where they were asked for
}

// shown is what the pages say of the whole. It is stored in marks.
type shown struct {
	Pages   int64     `json:"pages"`             // so far
	Total   int64     `json:"total"`             // rows; -1 unknown
	State   string    `json:"state"`             // the same on every page
	Changes string    `json:"changes,omitempty"` // change cursor: the first one shown
	Taken   time.Time `json:"taken"`             // the first page, by the server's clock
}

func (g *progress) begin() {
	g.sums, g.steps = map[[sha256.Size]byte]bool{}, map[step]bool{}
}

// check takes the next page in and answers which one comes behind it; nil for
// none. before is how many rows the pages before it had. Errors: Drift when
// the pages do not fit together, Corrupt when they do not end.
func (g *progress) check(at step, p *page, before int64) (next *step, err error) {
	if err := g.same(p); err != nil {
		return nil, err
	}
	if g.Pages++; g.Pages > g.d.maxPages {
		return nil, sen.Errorf(sen.Corrupt, "the answers do not end: %d pages were read", g.d.maxPages).WithHint("raise maxPages if there are more")
	}
	if g.empty++; p.count > 0 {
		g.empty = 0
		if g.sums[p.sum] {
			return nil, sen.Errorf(sen.Drift, "page %d has the rows of a page before it", g.Pages).
				WithHint("does the API know the parameters that the contract names? One that does not gives the same page again and again")
		}
		g.sums[p.sum] = true
	}
	if g.empty > mostEmpty {
		return nil, sen.Errorf(sen.Corrupt, "the answers do not end: %d pages without rows follow one another", mostEmpty).WithHint("the API's owner must mend this")
	}
	g.steps[at] = true
	rows := before + int64(p.count)
	if next = p.next; g.Total >= 0 && rows == g.Total && (g.d.paging == pagingOffset || g.d.paging == pagingPage) {
		next = nil
	}
	switch {
	case next != nil && g.steps[*next]:
		return nil, sen.Errorf(sen.Corrupt, "page %d names a page before it as the next", g.Pages).WithHint("the API's pages go round in a circle: its owner must mend this")
	case g.Total >= 0 && (rows > g.Total || next == nil && rows < g.Total):
		return nil, sen.Errorf(sen.Drift, "the API says that there are %d rows, and %d pages have %d", g.Total, g.Pages, rows).
			WithHint("rows came or went while it was read: read it again, at a quieter time or by a cursor; or total is not the number of all rows")
	}
	return next, nil
}

// same holds what a page says of the whole against the pages before it.
func (g *progress) same(p *page) error {
	if g.d.state != nil && p.state == "" {
		return sen.Errorf(sen.Corrupt, "the answer shows no state at %s", g.d.state).WithHint("the server's custom property state says where; leave it out if the API has none")
	}
	if g.Changes == "" {
		g.Changes = p.changes
	}
	if g.Pages == 0 {
		g.Total, g.State, g.Taken = p.total, p.state, p.taken
		return nil
	}
	const hint = "read it again, at a quieter time"
	switch {
	case p.state != g.State:
		return sen.Errorf(sen.Drift, "it changed while it was read: page %d shows another state than those before it", g.Pages+1).WithHint(hint)
	case p.total != g.Total:
		return sen.Errorf(sen.Drift, "it changed while it was read: there were %d rows and are %d", g.Total, p.total).WithHint(hint)
	}
	return nil
}

// mark is the State of a source.Mark.
type mark struct {
	Asked string `json:"asked"` // what was read: the address, its parameters, the change cursor
	At    step   `json:"at"`
	Used  int    `json:"used"` // rows of that page
	shown
}

// asked tells one reading from another of the same object.
func (g *progress) asked() string {
	u, err := g.urlOf(step{})
	if err != nil {
		return ""
	}
	return u.RequestURI() + " " + g.rows.String()
}

// mark is where a reading stands; "" where it cannot go on from there. Cursors
// and links are kept only where they serve.
func (g *progress) mark(at step, used int) (string, error) {
	if g.d.state == nil {
		return "", nil
	}
	text, err := json.Marshal(mark{Asked: g.asked(), At: at, Used: used, shown: g.shown})
	if err != nil {
		return "", sen.Errorf(sen.Internal, "%w", err)
	}
	return string(text), nil
}

// begin answers the page that a reading begins with, and how many of its rows
// are passed over.
func (r *run) begin(from source.Mark) (at step, used int, err error) {
	g := &r.done
	g.begin()
	if from == (source.Mark{}) {
		return step{}, 0, nil
	}
	if g.d.state == nil {
		return at, 0, again(r.o, "the API shows no state that could prove it")
	}
	var m mark
	if err := json.Unmarshal([]byte(from.State), &m); err != nil {
		return at, 0, sen.Errorf(sen.Invalid, "this mark is not one of an API")
	}
	first := r.first
	r.first = nil
	switch {
	case m.Asked != g.asked():
		return at, 0, again(r.o, "the contract asks for something else now")
	case first != nil && first.state != m.State:
		return at, 0, again(r.o, "its state is another")
	}
	r.resumed, g.shown = true, m.shown
	g.Pages-- // the page under way is counted again
	g.resumed = g.Pages
	return m.At, m.Used, nil
}

// again says that a reading cannot go on, and why.
func again(o *object, why string) error {
	return sen.Errorf(sen.Drift, "what was read of %s before the interruption cannot be shown to be the same: %s", address(o.url), why).
		WithHint("it is read again from the beginning")
}

// point is the moment that the rows are of.
func (g *progress) point() source.Point {
	p := g.object.point()
	p.Snapshot, p.Taken, p.Log = g.State, g.Taken.UTC(), g.Changes
	switch {
	case p.Log != "":
	case g.since != "":
		p.Log = g.since // nothing newer was shown
	case g.d.changes == nil:
		p.NoLog = "the contract declares no change cursor"
	default:
		p.NoLog = "the API showed no change cursor"
	}
	return p
}
