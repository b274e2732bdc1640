package demo

import "github.com/sen-hub/sen"

// A dataset is what one agency keeps on one thing.
type dataset struct {
	id      sen.Dataset
	columns []column
	// fill puts the family's records, each ended by emit.
	fill func(f *family, t *table)
}

// table writes the records of one dataset: it plants errors, hands the row to
// the agency's file and its truth to the truth file, and counts.
type table struct {
	dataset
	row    row
	plot   plot
	key    int // the key's column
	draws  []draw
	out    output
	slot   int // which of the output's tables
	truth  *truthFile
	count  DatasetReport
	tally  *tally
	rng    rng
	person int64     // of the row; -1 for none
	held   []heldRow // duplicates that wait for their turn
	err    error     // the first; later rows are not written

	counted int64 // rows that the tally knows
}

// output is an agency's file being written.
type output interface {
	write(table int, r *row) error
	close() error
}

// draw is a fault on a column, taken when a number falls below upTo.
type draw struct {
	fault *fault // nil for an error of the whole row
	kind  string
	col   int
	upTo  int
}

const drawRange = 100_000

// newDraws lays all that can go wrong in these columns end to end.
func newDraws(columns []column, ragged bool) []draw {
	var draws []draw
	at := 0
	add := func(d draw, rate int) {
		at += rate
		d.upTo = at
		draws = append(draws, d)
	}
	for i := range faults {
		f := &faults[i]
		for c := range columns {
			if strikes(f, &columns[c]) {
				add(draw{fault: f, kind: f.kind, col: c}, f.rate)
			}
		}
	}
	add(draw{kind: duplicateKey}, duplicateRate)
	if ragged {
		add(draw{kind: raggedRow}, raggedRate)
	}
	return draws
}

func strikes(f *fault, c *column) bool {
	for _, on := range f.on {
		if c.holds == on {
			return true
		}
	}
	return false
}

// emit ends a row about a person; nil where it is about none.
func (t *table) emit(about *person) { t.emitOf(about, about) }

// emitOf ends a row of a person; about is whose number may come to dangle, or
// nil.
func (t *table) emitOf(of, about *person) {
	t.plot.about, t.person = about, -1
	if of != nil {
		t.person = of.index
	}
	verdict := verdict{outcome: outcomeClean}
	if d := t.draw(); d != nil {
		verdict = t.plant(d)
	}
	t.store(verdict)
	t.row.reset()
	t.releaseHeld(false)
}

// A verdict is what the truth says of a row.
type verdict struct{ outcome, kind, column string }

const (
	outcomeClean       = "clean"
	outcomeQuarantined = "quarantined"
)

func (t *table) draw() *draw {
	u := t.rng.below(drawRange)
	if u >= t.draws[len(t.draws)-1].upTo {
		return nil
	}
	for i := range t.draws {
		if u < t.draws[i].upTo {
			return &t.draws[i]
		}
	}
	return nil
}

// plant puts the drawn error into the row, if the row offers a place for it.
func (t *table) plant(d *draw) verdict {
	switch {
	case d.kind == duplicateKey:
		t.hold()
		return verdict{outcome: outcomeClean}
	case d.kind == raggedRow:
		t.row.extra = pick(&t.rng, []int{-2, 1})
		return verdict{outcomeQuarantined, raggedRow, ""}
	case !d.fault.plant(&t.row, d.col, &t.rng, &t.plot):
		return verdict{outcome: outcomeClean}
	case d.fault.outcome == quarantined:
		return verdict{outcomeQuarantined, d.kind, t.columns[d.col].name}
	}
	return verdict{outcomeClean, d.kind, t.columns[d.col].name}
}

// store writes the row as it stands; the first error is kept and ends the job.
func (t *table) store(v verdict) {
	if t.err != nil {
		return
	}
	if t.err = t.out.write(t.slot, &t.row); t.err != nil {
		return
	}
	if t.truth != nil {
		t.err = t.truth.write(t.count.Rows, t.person, v, t.row.truth)
	}
	t.count.Rows++
	if v.outcome == outcomeClean {
		t.count.Clean++
	} else {
		t.count.Quarantined++
	}
	if v.kind != "" {
		t.count.Planted[v.kind]++
	}
}

// heldRow is a record that will be entered a second time.
type heldRow struct {
	due           int64 // the row's ordinal
	source, truth []string
	person        int64
}

// holdUpTo is the largest distance, in rows, between a row and its double.
const holdUpTo = 5000

func (t *table) hold() {
	t.held = append(t.held, heldRow{
		due:    t.count.Rows + 1 + int64(t.rng.below(holdUpTo)),
		source: append([]string(nil), t.row.source...),
		truth:  append([]string(nil), t.row.truth...),
		person: t.person,
	})
}

// releaseHeld writes the doubles whose turn has come, or all.
func (t *table) releaseHeld(all bool) {
	waiting := t.held[:0]
	for _, h := range t.held {
		if !all && h.due > t.count.Rows {
			waiting = append(waiting, h)
			continue
		}
		t.row.source = append(t.row.source[:0], h.source...)
		t.row.truth = append(t.row.truth[:0], h.truth...)
		t.person = h.person
		t.store(verdict{outcomeQuarantined, duplicateKey, t.columns[t.key].name})
		t.row.reset()
	}
	clear(t.held[len(waiting):])
	t.held = waiting
}

// report tells the tally what came since the last time.
func (t *table) report() {
	t.tally.add(t.count.Rows - t.counted)
	t.counted = t.count.Rows
}
