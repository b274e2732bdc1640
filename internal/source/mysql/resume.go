package mysql

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
)

// mark is what a source.Mark's State holds: which rows its range has, where
// the next begins, and what is needed to show later that the table is still
// the same. Keys are the bytes that came over the wire, in hexadecimal.
type mark struct {
	From []string `json:"from,omitempty"` // the range's rows have keys behind this one; nil: from the first
	To   []string `json:"to,omitempty"`   // up to this one; nil: to the last, or the table has no key
	Ends bool     `json:"ends,omitempty"` // it is the last range

	Upper string `json:"upper,omitempty"` // where the job under way ends; "" is the table's end
	Base  string `json:"base,omitempty"`  // whole numbers: jobs end at base + n × step
	Step  string `json:"step,omitempty"`

	System  string    `json:"system"`
	Shape   string    `json:"shape"`
	File    string    `json:"file,omitempty"` // position of the log,
	At      string    `json:"at,omitempty"`
	GTID    string    `json:"gtid,omitempty"`
	Sure    bool      `json:"sure,omitempty"`    // which has all changes
	Updated string    `json:"updated,omitempty"` // when the table was last written, by the server
	Taken   time.Time `json:"taken"`             // by its clock
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
		return m, sen.Errorf(sen.Invalid, "this mark is not one of a MySQL table")
	}
	if err := json.Unmarshal([]byte(at.State), &m); err != nil {
		return m, sen.Errorf(sen.Corrupt, "the mark of a MySQL table: %w", err)
	}
	return m, nil
}

func toHex(key []string) []string {
	out := make([]string, len(key))
	for i, k := range key {
		out[i] = hex.EncodeToString([]byte(k))
	}
	return out
}

func fromHex(key []string) ([]string, error) {
	out := make([]string, len(key))
	for i, k := range key {
		raw, err := hex.DecodeString(k)
		if err != nil {
			return nil, sen.Errorf(sen.Corrupt, "the mark of a MySQL table: %w", err)
		}
		out[i] = string(raw)
	}
	return out, nil
}

// renew is the mark as one of this snapshot.
func (s *snapshot) renew(m mark) mark {
	m.System, m.Shape, m.Taken, m.Updated = s.system, s.table.shape(), s.taken, s.table.updated
	m.File, m.At, m.GTID, m.Sure = s.log.file, s.log.at, s.log.gtid, s.log.sure
	return m
}

// goOn shows that the table is what it was in an earlier snapshot, or answers
// Drift: by the log, in which nothing was written since, or by the table's
// own time of its last change.
func (s *snapshot) goOn(_ context.Context, at source.Mark) (mark, error) {
	m, err := markOf(at)
	if err != nil {
		return m, err
	}
	again := func(why string) error {
		return sen.Errorf(sen.Drift, "%s was read up to row %d in a snapshot that is gone, and cannot be shown to be the same: %s", s.table.title(), at.Row, why).
			WithHint("it is read again from the beginning")
	}
	switch {
	case m.System != s.system:
		return m, again("the server is another")
	case m.Shape != s.table.shape():
		return m, again("its columns or keys are others")
	case s.table.kind == "view":
		return m, again("the rows of a view have no order of their own")
	case s.same(m):
		return s.renew(m), nil
	case s.log.why != "":
		return m, again(s.log.why)
	}
	return m, again("the server has written since")
}

// settled is how long a change must lie back for its time, which counts
// seconds and is taken a moment beside the change itself, to tell it from a
// later one.
const settled = 10 * time.Second

// same reports that the table has not changed since a mark.
//
// The time of the last change is kept in memory: it is no longer known after
// a restart, and then proves nothing. Equal and known at both ends, it was
// kept all the time, and no change came between; unless one came so soon
// behind the first that both have the same time, hence settled.
func (s *snapshot) same(m mark) bool {
	if s.log.same(logPosition{file: m.File, at: m.At, gtid: m.GTID, sure: m.Sure}) {
		return true
	}
	if s.table.engine != "InnoDB" && s.table.engine != "MyISAM" || m.Updated == "" || m.Updated != s.table.updated || s.table.kind == "partitioned" {
		return false
	}
	changed, err := time.Parse(time.DateTime, m.Updated)
	return err == nil && m.Taken.Sub(changed) >= settled
}

// unchanged answers Drift when a table that no snapshot covers was written
// while it was read.
func (d *Database) unchanged(ctx context.Context, before *snapshot) error {
	before.keep(1)
	c := before.conns[0]
	if err := c.exec(ctx, "COMMIT"); err != nil {
		return errSnapshotLost
	}
	now := *before
	var err error
	if now.table, err = c.again(ctx, before.table); err != nil {
		return err
	}
	if now.log, _, err = c.masterStatus(ctx); err != nil {
		return err
	}
	now.log.sure = before.log.sure
	if now.table.shape() == before.table.shape() && (now.same(before.renew(mark{})) || d.budget.Lock > 0 && before.table.index == "") {
		return nil
	}
	return sen.Errorf(sen.Drift, "%s (%s) cannot be shown to be the same at the end of its reading as at the beginning", before.table.title(), before.table.engine).
		WithHint("%s", fmt.Sprintf("read it when nobody writes to it, or move it to InnoDB; its last change must lie %v back", settled))
}
