package postgres

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// batchBytes cuts a batch before a column's offsets, which are int32, run out.
const batchBytes = 256 << 20

// signature begins every binary COPY (manual, COPY, "Binary Format").
var signature = []byte("PGCOPY\n\xff\r\n\x00")

// piece is rows that were received, without their place among all.
type piece struct {
	batches  []arrow.RecordBatch
	rows     int64
	bytes    int64
	from, to tid  // that they are all the rows of
	last     bool // of its part
}

func (p *piece) release() {
	for _, b := range p.batches {
		b.Release()
	}
	p.batches = nil
}

// receiver takes binary COPY in, however its bytes are cut, and makes batches
// of it. It is an io.Writer.
type receiver struct {
	forms     []form
	batchRows int
	limit     int  // bytes of one value
	careful   bool // look at every value for bytes that are no UTF-8

	// full is asked after every row once bytes are collected; it may take them.
	full func(*receiver) error

	out     *rows.Builder
	got     piece
	batched int64  // bytes of the batch under way
	rest    []byte // of a tuple whose end has not come
	begun   bool
	ended   bool
	dropped bool // what comes is not kept any more
	unsound bool // the row under way holds bytes that are no UTF-8
	failed  error
}

func newReceiver(names []string, forms []form, batchRows, limit int, careful bool) *receiver {
	return &receiver{forms: forms, batchRows: batchRows, limit: limit, careful: careful, out: rows.NewBuilder(names, 0)}
}

// Write takes more bytes. After an error it takes all that comes and keeps
// nothing, so that the connection stays in step; finish has the error.
func (r *receiver) Write(p []byte) (int, error) {
	if r.failed == nil && !r.dropped {
		r.failed = r.keep(p)
	}
	return len(p), nil
}

// keep takes bytes behind those of a tuple that was cut off.
func (r *receiver) keep(p []byte) error {
	data := p
	if len(r.rest) > 0 {
		r.rest = append(r.rest, p...)
		data = r.rest
	}
	n, err := r.take(data)
	r.rest = append(r.rest[:0], data[n:]...)
	return err
}

// take uses up whole tuples and answers how many bytes they were.
func (r *receiver) take(data []byte) (int, error) {
	at := 0
	if !r.begun {
		n, err := header(data)
		if n == 0 || err != nil {
			return 0, err
		}
		at, r.begun = n, true
	}
	for !r.ended && !r.dropped {
		n, err := r.tuple(data[at:])
		if n == 0 || err != nil {
			return at, err
		}
		at += n
	}
	if r.ended && at < len(data) {
		return at, broken("bytes behind the end")
	}
	return at, nil
}

func broken(what string) error {
	return sen.Errorf(sen.Corrupt, "the server's COPY is not in its binary form: %s", what)
}

// header is the length of the signature, flags and extension; 0 when more
// bytes are needed.
func header(data []byte) (int, error) {
	if n := min(len(data), len(signature)); !bytes.Equal(data[:n], signature[:n]) {
		return 0, broken("signature")
	}
	fixed := len(signature) + 8
	if len(data) < fixed {
		return 0, nil
	}
	extension := binary.BigEndian.Uint32(data[fixed-4:])
	if extension > 1<<20 {
		return 0, broken("header")
	}
	if len(data) < fixed+int(extension) {
		return 0, nil
	}
	return fixed + int(extension), nil
}

// tuple takes one tuple, or the end; 0 when more bytes are needed.
func (r *receiver) tuple(data []byte) (int, error) {
	if len(data) < 2 {
		return 0, nil
	}
	fields := int(int16(binary.BigEndian.Uint16(data)))
	if fields == -1 {
		r.ended = true
		return 2, nil
	}
	if fields != len(r.forms) {
		return 0, broken("number of fields")
	}
	end := 2
	for range fields { // is it all there?
		if len(data) < end+4 {
			return 0, nil
		}
		if n := int32(binary.BigEndian.Uint32(data[end:])); n > 0 {
			end += int(n)
		} else if n < -1 {
			return 0, broken("length of a field")
		}
		end += 4
	}
	if len(data) < end {
		return 0, nil
	}
	if err := r.row(data[2:end]); err != nil {
		return 0, err
	}
	return end, nil
}

// row adds a row whose fields are all there.
func (r *receiver) row(data []byte) error {
	var size int64
	for i, f := range r.forms {
		n := int32(binary.BigEndian.Uint32(data))
		data = data[4:]
		c := &r.out.Columns[i]
		if n < 0 {
			c.Null()
			continue
		}
		if int(n) > r.limit {
			return sen.Errorf(sen.Invalid, "column %s: a value is longer than the limit of %d bytes", r.out.Names()[i], r.limit).
				WithHint("raise source.field_limit in sen.yaml if the value is meant to be so long")
		}
		value := data[:n]
		data = data[n:]
		before := c.Data()
		if f == asText {
			c.Append(value)
		} else {
			after, err := appendValue(before, value, f)
			if err != nil {
				return fmt.Errorf("column %s: %w", r.out.Names()[i], err)
			}
			c.Ended(after)
		}
		size += int64(len(c.Data()) - len(before))
		if r.careful && (f == asText || f == asJSONB) && !rows.Sound(value, false) {
			r.unsound = true
		}
	}
	return r.endRow(size)
}

func (r *receiver) endRow(size int64) error {
	if r.unsound {
		r.unsound = false
		r.out.EndWith(0, r.out.Mend(false), nil)
	} else {
		r.out.End(0)
	}
	r.got.rows++
	r.got.bytes += size
	r.batched += size
	if r.out.Rows() >= r.batchRows || r.batched >= batchBytes {
		if err := r.flush(); err != nil {
			return err
		}
	}
	if r.full != nil {
		return r.full(r)
	}
	return nil
}

// errUnsound says that a database whose encoding promises text holds bytes
// that are none: what was received is received again with care.
var errUnsound = fmt.Errorf("bytes that are no text in the database's encoding")

func (r *receiver) flush() error {
	if !r.careful {
		for i, f := range r.forms {
			if (f == asText || f == asJSONB) && !r.out.Columns[i].Whole() {
				return errUnsound
			}
		}
	}
	if batch := r.out.Flush(); batch != nil {
		r.got.batches = append(r.got.batches, batch)
	}
	r.batched = 0
	return nil
}

// piece hands over what has come since the last piece.
func (r *receiver) piece() (piece, error) {
	if err := r.flush(); err != nil {
		return piece{}, err
	}
	p := r.got
	r.got = piece{}
	return p, nil
}

// drop keeps nothing more of what comes.
func (r *receiver) drop() {
	r.got.release()
	r.got, r.rest, r.dropped = piece{}, nil, true
}

// finish answers the last piece when all has come.
func (r *receiver) finish() (piece, error) {
	switch {
	case r.failed != nil:
		return piece{}, r.failed
	case !r.ended:
		return piece{}, broken("it ends before its end")
	}
	return r.piece()
}
