package web

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/link"
)

// linksData is what the page of pairs that wait shows.
type linksData struct {
	Queues []desk.Queue
	Wait   int // decisions that wait for a second person
}

func (q *request) links() error {
	queues, err := q.o.Desk.Queues(q.ctx())
	if err != nil {
		return err
	}
	all, err := q.o.Desk.Decisions(q.ctx())
	if err != nil {
		return err
	}
	d := linksData{Queues: queues}
	for _, one := range all {
		if one.State == decision.Proposed {
			d.Wait++
		}
	}
	return q.render(http.StatusOK, "links", q.lang.Pick("Xét liên kết", "Linkage review"), d)
}

// pairData is what the page of one pair shows.
type pairData struct {
	Pair   *desk.ReviewedPair // nil: none waits
	Entity string
	Kind   string
	Skip   int
	Fall   waterfall
	Said   string // the decision that the last answer made
	Gone   bool   // the last pair was answered by another meanwhile
}

// Lower reports whether the last linkage says clearly less than the fields do.
func (d pairData) Lower() bool {
	const clearly = 0.1
	return d.Pair.Probability < d.Pair.Explanation.Probability-clearly
}

// pair shows the most valuable pair that waits. Every look is an entry, for the
// purpose that reviewers have.
func (q *request) pair() error {
	query := q.r.URL.Query()
	e, err := q.o.Desk.Entity(q.r.PathValue("entity"))
	if err != nil {
		return err
	}
	skip, err := strconv.Atoi(cmp.Or(query.Get("skip"), "0"))
	if err != nil || skip < 0 {
		return sen.Errorf(sen.NotFound, "there is no such pair")
	}
	d := pairData{Entity: e.Entity, Kind: cmp.Or(q.called(e.Name), e.Entity), Skip: skip, Gone: query.Get("said") == "gone"}
	if number, err := decision.ParseName(query.Get("said")); err == nil {
		d.Said = decision.Name(number)
	}
	found, err := q.o.Desk.NextPair(q.ctx(), q.asks("console review", why{purpose: string(access.LinkReview)}), e.Entity, skip)
	if err != nil && sen.KindOf(err) != sen.NotFound {
		return err
	}
	if err == nil {
		d.Pair, d.Fall = &found, q.waterfall(e, found)
	}
	return q.render(http.StatusOK, "pair", q.lang.Pick("Hai bản ghi này có phải là một?", "Are these two records one?"), d)
}

// answerPair keeps what somebody says of a pair, and shows the next one.
func (q *request) answerPair() error {
	if err := q.r.ParseForm(); err != nil {
		return sen.Errorf(sen.Invalid, "the form cannot be read: %w", err)
	}
	form := func(name string) string { return strings.TrimSpace(q.r.PostForm.Get(name)) }
	skip, _ := strconv.Atoi(form("skip"))
	to, next := url.URL{Path: "/links/" + q.r.PathValue("entity")}, url.Values{}
	switch verdict := form("do"); verdict {
	case "later":
		skip++
	case decision.Same, decision.Different:
		made, err := q.o.Desk.Answer(q.ctx(), q.principal(), q.r.PathValue("entity"), verdict, form("a"), form("b"), cmp.Or(form("reason"), q.lang.Pick("so cạnh nhau", "compared side by side")))
		switch {
		case sen.KindOf(err) == sen.NotFound:
			next.Set("said", "gone")
		case err != nil:
			return err
		default:
			next.Set("said", made.ID)
		}
	default:
		return sen.Errorf(sen.Invalid, "an answer is same, different or later")
	}
	if skip > 0 {
		next.Set("skip", strconv.Itoa(skip))
	}
	to.RawQuery = next.Encode()
	q.redirect(to.String())
	return nil
}

// waterfall is the picture of a pair's weights: each bar begins where the one
// before ended. Places are shares of the width.
type waterfall struct {
	Rows               []fallRow
	Ticks              []fallTick
	Zero               string
	BandAt, BandWidth  string // what is for a person to decide
	BandFrom, BandTo   float64
	End                string
	Label              string // where the sum's words stand: start or end
	Least, Most, Total float64
}

type fallRow struct {
	Title         string
	Bits          float64
	At, Width     string
	Before, After string // where the step from the row before, and to the next, stands
	Class         string
	First         bool
}

type fallTick struct {
	Bits int
	At   string
}

func (q *request) waterfall(e *link.Entity, p desk.ReviewedPair) waterfall {
	from, to := e.Review()
	w := waterfall{BandFrom: bitsOf(from), BandTo: bitsOf(to), Total: p.Explanation.Bits}
	w.Least, w.Most = min(0, w.BandFrom), max(0, w.BandTo)
	sum := 0.0
	extend := func(bits float64) {
		sum += bits
		w.Least, w.Most = min(w.Least, sum), max(w.Most, sum)
	}
	extend(p.Explanation.Prior)
	for _, c := range p.Compared {
		extend(c.Bits)
	}
	const margin = 1 // bits at either end
	w.Least, w.Most = math.Floor(w.Least)-margin, math.Ceil(w.Most)+margin
	at := 0.0
	add := func(title string, bits float64, class string) {
		b := fallRow{Title: title, Bits: bits, At: w.place(min(at, at+bits)), Width: w.share(math.Abs(bits)), Before: w.place(at), After: w.place(at + bits), Class: class, First: len(w.Rows) == 0}
		w.Rows = append(w.Rows, b)
		at += bits
	}
	add(q.lang.Pick("Trước khi so", "Before comparing"), p.Explanation.Prior, "f-soft")
	for _, c := range p.Compared {
		class := "f-main"
		if c.Bits < 0 {
			class = "f-wait"
		}
		add(cmp.Or(q.called(c.Title), c.Field), c.Bits, class)
	}
	w.Zero, w.End, w.BandAt, w.BandWidth = w.place(0), w.place(at), w.place(w.BandFrom), w.share(w.BandTo-w.BandFrom)
	w.Label = "start"
	if at > (w.Least+w.Most)/2 {
		w.Label = "end"
	}
	step := 5
	for (w.Most-w.Least)/float64(step) > 8 {
		step *= 2
	}
	for b := int(math.Floor(w.Least/float64(step))+1) * step; float64(b) < w.Most; b += step { // none at the edge, beside the bits
		w.Ticks = append(w.Ticks, fallTick{b, w.place(float64(b))})
	}
	return w
}

func bitsOf(probability float64) float64 { return math.Log2(probability / (1 - probability)) }

func (w waterfall) share(bits float64) string {
	return strconv.FormatFloat(100*bits/(w.Most-w.Least), 'f', 1, 64) + "%"
}

func (w waterfall) place(bits float64) string { return w.share(bits - w.Least) }
