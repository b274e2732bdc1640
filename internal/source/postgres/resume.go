package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// mark is what a source.Mark's State holds: where the next range begins, and
// what is needed to show later that what was read is still the same.
type mark struct {
	Part    int    `json:"part"`              // ordinal of the part under way
	TID     tid    `json:"tid"`               // its next row
	Inside  bool   `json:"inside,omitempty"`  // in the middle of a part that is read in one piece
	System  string `json:"system"`            // server, timeline and database
	Shape   string `json:"shape"`             // of the table: see table.shape
	Xmin    uint64 `json:"xmin"`              // of the snapshot
	Next    uint64 `json:"next"`              // of the snapshot
	Started string `json:"started"`           // when the server was
	Durable bool   `json:"durable,omitempty"` // what the snapshot shows outlives a crash of the server
}

func (m mark) into(at source.Mark) (source.Mark, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return at, sen.Errorf(sen.Internal, "%w", err)
	}
	at.State = string(text)
	return at, nil
}

func markOf(at source.Mark) (mark, error) {
	var m mark
	if at.State == "" {
		return m, sen.Errorf(sen.Invalid, "this mark is not one of a PostgreSQL table")
	}
	if err := json.Unmarshal([]byte(at.State), &m); err != nil {
		return m, sen.Errorf(sen.Corrupt, "the mark of a PostgreSQL table: %w", err)
	}
	return m, nil
}

// goOn shows that what was read in an earlier snapshot is the same in this
// one, or answers Drift.
//
// A row version carries the number of the transaction that wrote it (xmin)
// and stands in one block as long as its file is the same. The old snapshot
// had all that transactions below its own xmin did. So if the blocks that
// were read hold, in the new snapshot, as many rows as were read, and none of
// a transaction from the old xmin on, then each of them was in the old
// snapshot too, and none of those is missing: the two are the same rows. What
// is read from here on is of the new snapshot, and the whole is that
// snapshot's table. The shape of the table covers what changes text without
// writing rows, the timeline servers that gave a number twice.
func (s *snapshot) goOn(ctx context.Context, at source.Mark) (mark, error) {
	m, err := markOf(at)
	if err != nil {
		return m, err
	}
	again := func(why string) error {
		return sen.Errorf(sen.Drift, "%s was read up to row %d in a snapshot that is gone, and cannot be shown to be the same: %s", s.table.title(), at.Row, why).
			WithHint("it is read again from the beginning")
	}
	switch {
	case s.standby:
		return m, again("the server is a standby")
	case !m.Durable && m.Started != s.started:
		return m, again("the server has been started again, and it is not known that its log was on its disk before")
	case m.System != s.system:
		return m, again("the server or its timeline is another")
	case m.Shape != s.shape || m.Part > len(s.table.parts):
		return m, again("its columns, partitions or files are others")
	case m.Inside || s.wholeBefore(m):
		return m, again("it is read in one piece")
	case s.next < m.Next || s.next-m.Xmin > math.MaxInt32:
		return m, again("its transactions are not the later ones of the same count")
	case m.Xmin == m.Next && m.Next == s.next:
		return s.renew(m), nil // nobody has written anything in the whole database server
	}
	count, fresh, err := s.held(ctx, m)
	switch {
	case err != nil:
		return m, err
	case fresh > 0:
		return m, again(fmt.Sprintf("%d rows were written where it had been read", fresh))
	case count != at.Row:
		return m, again(fmt.Sprintf("%d rows had been read and %d are there", at.Row, count))
	}
	return s.renew(m), nil
}

// renew is the mark as one of this snapshot.
func (s *snapshot) renew(m mark) mark {
	m.System, m.Shape, m.Xmin, m.Next, m.Started, m.Durable = s.system, s.shape, s.xmin, s.next, s.started, s.durable.Load()
	return m
}

// heldAtOnce bounds one statement of the proof: 4 GiB of table.
const heldAtOnce = blockOf << 19

// held counts the rows before a mark, and those of transactions that the
// mark's snapshot did not surely have.
func (s *snapshot) held(ctx context.Context, m mark) (count, fresh int64, err error) {
	since := fmt.Sprintf("pg_catalog.age('%d'::xid)", uint32(m.Xmin)) // an xid is the lower half
	for i, p := range s.table.parts[:min(m.Part+1, len(s.table.parts))] {
		end := maxTID // of a finished part what was appended since counts as written
		if i == m.Part {
			end = m.TID
		}
		for from := tid(0); from < end; from += heldAtOnce {
			to := min(from+heldAtOnce, end)
			if to >= p.blocks*blockOf {
				to = end
			}
			found, err := s.leader.rows(ctx, fmt.Sprintf("SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE pg_catalog.age(xmin) <= %s) FROM %s WHERE %s",
				since, p.from(), between(from, to)))
			if err != nil {
				return 0, 0, err
			}
			count, fresh = count+found[0].number(0), fresh+found[0].number(1)
			if to == end {
				break
			}
		}
	}
	return count, fresh, nil
}

// wholeBefore reports whether a part before the mark's was read in one piece:
// it shows no versions of its rows.
func (s *snapshot) wholeBefore(m mark) bool {
	for i, p := range s.table.parts {
		if i < m.Part && !p.cut {
			return true
		}
	}
	return false
}
