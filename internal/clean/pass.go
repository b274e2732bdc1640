package clean

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/sen-hub/sen/internal/engine"
)

// Pass is the cleaning of one range in one statement: while the engine writes
// the rows that are clean, the pass counts what it sees and notes the rows
// that it keeps back. So no row is kept in memory between being cleaned and
// being written.
type Pass struct {
	Tally Tally

	// Held are the rows that go to quarantine, in the order of the source.
	Held []Held

	// Again are, for each of Plan.Duplicates, the rows without a fault that
	// repeat the values of an earlier one.
	Again [][]int64

	plan   *Plan
	number uint64
	bad    []uint64 // of each word of masks, the bits that hold a row back
	unique []texts  // for each of Plan.Duplicates
	last   int64    // the newest row seen
	lock   sync.Mutex
}

// Held is a row of a range that a fact holds back.
type Held struct {
	Row   int64
	Masks []uint64
}

// passes are those under way, by the number that their statements name.
var passes = struct {
	sync.RWMutex
	last uint64
	open map[uint64]*Pass
}{open: map[uint64]*Pass{}}

// Begin starts a pass over about so many rows. End it.
func (p *Plan) Begin(rows int64) *Pass {
	pass := &Pass{plan: p, last: -1, Tally: Tally{Facts: make([]int64, len(p.Facts))}, bad: p.badBits()}
	for range p.Duplicates() {
		pass.unique = append(pass.unique, newTexts(rows))
		pass.Again = append(pass.Again, nil)
	}
	passes.Lock()
	defer passes.Unlock()
	passes.last++
	pass.number = passes.last
	passes.open[pass.number] = pass
	return pass
}

// End frees what the pass holds for its statement.
func (s *Pass) End() {
	passes.Lock()
	defer passes.Unlock()
	delete(passes.open, s.number)
	s.unique = nil
}

// Through is the SELECT of the rows of the relation raw that go to the clean
// table. It must run once, to its end, on one thread: of rows with one key the
// first that comes stays.
func (s *Pass) Through(raw string, position int64, rng int) string {
	noted := []string{fmt.Sprintf("%d::BIGINT", s.number), RowColumn, "_hash", "_content"}
	noted = append(noted, s.plan.maskNames()...)
	for _, d := range s.plan.Duplicates() {
		noted = append(noted, d.text())
	}
	return fmt.Sprintf("SELECT %s, %s, %d::BIGINT AS %s, %d::INTEGER AS %s, %s FROM (SELECT *, sen_note(%s) AS _passed FROM (%s)) WHERE _passed",
		s.plan.cleanColumns(), KeyColumn, position, PositionColumn, rng, RangeColumn, RowColumn, strings.Join(noted, ", "), s.plan.Cleaned(raw))
}

// noting is sen_note(pass, row, hash, content, masks…, texts that must be
// unique…): whether the row is clean.
var noting = engine.Function{Name: "sen_note", Takes: []engine.Type{engine.Bigint, engine.Bigint}, More: true, Gives: engine.Boolean, Volatile: true,
	Call: func(in []engine.Vector, out engine.Vector) {
		if out.Rows == 0 {
			return
		}
		passes.RLock()
		pass := passes.open[in[0].Uint64s()[0]]
		passes.RUnlock()
		if pass == nil {
			panic("this pass is not under way")
		}
		pass.note(in[1:], out.Booleans())
	}}

func (s *Pass) note(in []engine.Vector, passed []bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	row, hash, content := in[0].Uint64s(), in[1].Uint64s(), in[2].Uint64s()
	masks := make([][]uint64, len(s.bad))
	for w := range masks {
		masks[w] = in[3+w].Uint64s()
	}
	unique := in[3+len(masks):]
	for i := range passed {
		if int64(row[i]) <= s.last {
			panic("rows came out of order: of a key that repeats, the first could not be told")
		}
		s.last = int64(row[i])
		passed[i] = false
		if s.count(masks, i) {
			s.Tally.Quarantined.Add(Digest{1, Sum{lo: hash[i]}})
			s.hold(int64(row[i]), masks, i)
			continue
		}
		if rule, again := s.again(unique, i); again {
			s.Again[rule] = append(s.Again[rule], int64(row[i]))
			s.Tally.Quarantined.Add(Digest{1, Sum{lo: hash[i]}})
			s.Tally.Repeated++
			continue
		}
		s.Tally.Clean.Add(Digest{1, Sum{lo: hash[i]}})
		s.Tally.Content.Add(Digest{1, Sum{lo: content[i]}})
		passed[i] = true
	}
}

// count adds the facts of a row and reports whether one holds it back.
func (s *Pass) count(masks [][]uint64, i int) (held bool) {
	for w := range masks {
		mask := masks[w][i]
		held = held || mask&s.bad[w] != 0
		for ; mask != 0; mask &= mask - 1 {
			s.Tally.Facts[w*bitsPerWord+bits.TrailingZeros64(mask)]++
		}
	}
	return held
}

func (s *Pass) hold(row int64, masks [][]uint64, i int) {
	h := Held{Row: row, Masks: make([]uint64, len(masks))}
	for w := range masks {
		h.Masks[w] = masks[w][i]
	}
	s.Held = append(s.Held, h)
}

// again enters a row's texts and finds the first rule that it breaks.
func (s *Pass) again(unique []engine.Vector, i int) (rule int, again bool) {
	for d := range unique {
		if !unique[d].Null(i) && s.unique[d].seen(unique[d].Text(i)) && !again {
			rule, again = d, true
		}
	}
	return rule, again
}

// HeldTable are the held rows and their masks, as Bad reads them.
func (s *Pass) HeldTable() arrow.RecordBatch {
	fields := []arrow.Field{{Name: RowColumn, Type: arrow.PrimitiveTypes.Int64}}
	for _, name := range s.plan.maskNames() {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for _, h := range s.Held {
		b.Field(0).(*array.Int64Builder).Append(h.Row)
		for w, mask := range h.Masks {
			b.Field(w + 1).(*array.Int64Builder).Append(int64(mask))
		}
	}
	return b.NewRecordBatch()
}

// HeldRows are the ordinals of the held rows.
func (s *Pass) HeldRows() []int64 {
	out := make([]int64, len(s.Held))
	for i, h := range s.Held {
		out[i] = h.Row
	}
	return out
}

// badBits are, word by word, the facts that hold a row back.
func (p *Plan) badBits() []uint64 {
	words := make([]uint64, p.words())
	for i, f := range p.Facts {
		if f.holdsBack() {
			words[i/bitsPerWord] |= 1 << (i % bitsPerWord)
		}
	}
	return words
}

// texts is a set of texts: an open table with linear probing over one stretch
// of memory, since a map of strings would cost more than the rest of the pass.
type texts struct {
	slots  []uint32 // the ordinal of a text and one; 0: nothing there
	hashes []uint32 // of each text, to pass over others quickly
	ends   []int    // of each text in bytes
	bytes  []byte
	seed   maphash.Seed
}

func newTexts(about int64) texts {
	return texts{slots: make([]uint32, 1<<bits.Len64(uint64(max(about, 1)*3/2))), seed: maphash.MakeSeed()}
}

// seen enters a text and reports whether it was there already.
func (t *texts) seen(text []byte) bool {
	if len(t.ends)*3 > len(t.slots)*2 {
		t.grow()
	}
	hash := maphash.Bytes(t.seed, text)
	at := int(hash>>32) & (len(t.slots) - 1)
	for t.slots[at] != 0 {
		if n := t.slots[at] - 1; t.hashes[n] == uint32(hash) && bytes.Equal(t.text(n), text) {
			return true
		}
		at = (at + 1) & (len(t.slots) - 1)
	}
	t.bytes = append(t.bytes, text...)
	t.ends, t.hashes = append(t.ends, len(t.bytes)), append(t.hashes, uint32(hash))
	t.slots[at] = uint32(len(t.ends))
	return false
}

func (t *texts) text(n uint32) []byte {
	if n == 0 {
		return t.bytes[:t.ends[0]]
	}
	return t.bytes[t.ends[n-1]:t.ends[n]]
}

func (t *texts) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	for n := range t.ends {
		at := int(maphash.Bytes(t.seed, t.text(uint32(n)))>>32) & (len(t.slots) - 1)
		for t.slots[at] != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = uint32(n + 1)
	}
}
