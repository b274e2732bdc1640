package mysql

import (
	"encoding/hex"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// piece is rows that become one range.
type piece struct {
	batches     []arrow.RecordBatch
	rows, bytes int64
	last        []string // the key of its last row, as it came over the wire
}

func (p *piece) release() {
	for _, b := range p.batches {
		b.Release()
	}
	p.batches = nil
}

// receiver makes pieces of the rows of one statement.
type receiver struct {
	table     *table
	names     []string
	batchRows int
	limit     int   // bytes of a value
	text      []int // columns that may hold what is no text
	keyAt     []int // where the key's values stand in a row

	out     *rows.Builder
	got     piece
	fault   string   // of the row under way
	scratch []byte   // of values that are made of others
	skip    []string // rows up to this key were had before
	pass    int64    // so many rows were had before

	full func(*receiver, []byte) error // called behind each row
}

func (f *fetch) receiver() *receiver {
	r := &receiver{table: f.table, names: f.names, batchRows: f.options.BatchRows, limit: f.options.FieldLimit, out: rows.NewBuilder(f.names, 0)}
	at := make([]int, len(f.table.columns))
	n := 0
	for i, c := range f.table.columns {
		n += len(c.expressions())
		at[i] = n - 1
		if c.form == asText {
			r.text = append(r.text, i)
		}
	}
	for _, i := range f.table.order {
		r.keyAt = append(r.keyAt, at[i])
	}
	return r
}

// row takes one row over.
func (r *receiver) row(p []byte) error {
	if r.skip != nil || r.pass > 0 {
		return r.passOver(p)
	}
	whole, size := p, len(p)
	r.fault = ""
	for i := range r.out.Columns {
		form := r.table.columns[i].form
		var stored []byte
		if form == asGuarded {
			var ok bool
			if stored, p, _, ok = value(p); !ok {
				return errProtocol
			}
		}
		v, rest, null, ok := value(p)
		switch {
		case !ok:
			return errProtocol
		case null:
			r.out.Columns[i].Null()
		case len(v) > r.limit:
			return r.tooLong(i)
		case form <= asText && len(stored) == 0:
			r.out.Columns[i].Append(v)
		default:
			r.convert(i, form, v, stored)
		}
		p = rest
	}
	if r.fault == "" {
		r.out.End(0)
	} else {
		r.out.EndWith(0, r.fault, nil)
	}
	r.got.rows++
	r.got.bytes += int64(size)
	if r.out.Rows() == r.batchRows {
		r.flush()
	}
	return r.full(r, whole)
}

// convert appends a value that does not land as the bytes that came. Where
// the server could not write the stored bytes as UTF-8, they are kept one by
// one, and the row says so.
func (r *receiver) convert(i int, form form, v, stored []byte) {
	c := &r.out.Columns[i]
	if len(stored) > 0 {
		raw, err := hex.DecodeString(string(stored))
		if err != nil {
			raw = stored
		}
		r.scratch, _ = rows.Repair(r.scratch[:0], raw, false)
		c.Append(r.scratch)
		if r.fault == "" {
			r.fault = "bytes that are no " + r.table.columns[i].charset + " in column " + r.names[i]
		}
		return
	}
	switch form {
	case asLatin:
		c.Ended(appendLatin(c.Data(), v))
	case asHex:
		c.Ended(appendHex(c.Data(), v))
	case asBits:
		c.Ended(appendBits(c.Data(), v))
	default:
		c.Append(v)
	}
}

// passOver drops rows that were had before.
func (r *receiver) passOver(p []byte) error {
	if r.pass > 0 {
		r.pass--
		return nil
	}
	key, err := r.key(p)
	if err != nil {
		return err
	}
	if slices.Equal(key, r.skip) {
		r.skip = nil
	}
	return nil
}

// key is a row's key, as it came over the wire.
func (r *receiver) key(p []byte) ([]string, error) {
	out := make([]string, len(r.keyAt))
	for i, last := 0, slices.Max(r.keyAt); i <= last; i++ {
		v, rest, _, ok := value(p)
		if !ok {
			return nil, errProtocol
		}
		if at := slices.Index(r.keyAt, i); at >= 0 {
			out[at] = string(v)
		}
		p = rest
	}
	return out, nil
}

func (r *receiver) tooLong(i int) error {
	return sen.Errorf(sen.Invalid, "table %s, column %s: a value is longer than the limit of %d bytes", r.table.title(), r.names[i], r.limit).
		WithHint("raise source.field_limit in sen.yaml if the value is meant to be so long")
}

func (r *receiver) flush() {
	r.out.MendBatch(r.text)
	if batch := r.out.Flush(); batch != nil {
		r.got.batches = append(r.got.batches, batch)
	}
}

// cut ends a piece behind a row; a nil row is the end of the statement.
func (r *receiver) cut(row []byte) (piece, error) {
	r.flush()
	if row != nil && len(r.keyAt) > 0 {
		key, err := r.key(row)
		if err != nil {
			return piece{}, err
		}
		r.got.last = key
	}
	p := r.got
	r.got = piece{}
	return p, nil
}

func (r *receiver) drop() { r.got.release() }
