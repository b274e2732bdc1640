package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source/rows"
)

// parser puts the records of a text into rows; see csv.Parser.Parse.
type parser interface {
	Parse(text []byte, end bool, out *rows.Builder, maxBytes, maxRows int) (used int, err error)
	Line() int64
	Blank() int64
}

// textFile is one file of a text dataset.
type textFile struct {
	file
	encoding string
	start    int64 // byte of the text where the first record of data begins
	line     int64 // its line
	parser   func(line int64, resumed bool) parser
}

// textReader reads datasets of delimited text and of JSON lines.
type textReader struct {
	set     files
	parts   []textFile
	names   []string // columns
	keys    []string // JSON: the names of the members that they hold
	named   string   // the file that named them
	options Options
	facts   Facts
	said    map[string]bool
}

func (t *textReader) Columns() []Column { return textColumns(t.names) }
func (t *textReader) Key() []string     { return nil }
func (t *textReader) Close() error      { return nil }

func (t *textReader) Facts() Facts {
	f := t.facts
	f.Evidence = slices.Clone(f.Evidence)
	return f
}

func (t *textReader) Read(ctx context.Context, from Mark, emit func(*Range) error) (Position, error) {
	t.facts.Blank, t.facts.Unknown = 0, 0
	return Ahead(ctx, emit, func(ctx context.Context, send func(*Range) error) (Position, error) {
		done, seen, err := t.set.resume(ctx, from)
		if err != nil {
			return Position{}, err
		}
		out := rows.NewBuilder(t.names, from.Row)
		run := &textRun{t: t, out: out, send: send, next: from.Next, done: done}
		for i := from.File; i < len(t.parts); i++ {
			if err := run.file(ctx, i, from, seen); err != nil {
				return Position{}, err
			}
			from, seen = Mark{}, nil
		}
		if err := t.set.unchanged(); err != nil {
			return Position{}, err
		}
		return run.done.position(out.Next()), nil
	})
}

// resume sums the files that were finished before the mark, and the part of
// the file under way that was seen; an error of kind Drift says that they are
// no longer what they were.
func (s files) resume(ctx context.Context, from Mark) (done *sums, seen hash.Hash, err error) {
	if from == (Mark{}) {
		return newSums(), nil, nil
	}
	if from.File >= len(s.list) || s.list[from.File].name != from.Name {
		return nil, nil, driftSince(s.path, "its files are others than before")
	}
	if done, err = sumFiles(ctx, s.list[:from.File]); err != nil {
		return nil, nil, err
	}
	if done.digest() != from.Done {
		return nil, nil, driftSince(s.path, "a file before "+from.Name+" is no longer what it was")
	}
	seen, err = s.list[from.File].rehash(ctx, from)
	return done, seen, err
}

// rehash sums the bytes that a mark's range and those before it have seen.
func (f file) rehash(ctx context.Context, from Mark) (hash.Hash, error) {
	if f.info.Size() != from.Size {
		return nil, driftSince(f.path, "its size is another")
	}
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.CopyN(h, contextReader{ctx, r}, from.Hashed); err != nil {
		return nil, f.unreadable(err)
	}
	if sen.Digest(h.Sum(nil)) != from.Sum {
		return nil, driftSince(f.path, "its first bytes are others")
	}
	return h, nil
}

func driftSince(path, how string) error {
	return sen.Errorf(sen.Drift, "%s changed since the run that was interrupted: %s", path, how).
		WithHint("read the dataset again from its beginning: what the interrupted run read no longer fits")
}

// textRun is one reading of a text dataset.
type textRun struct {
	t    *textReader
	out  *rows.Builder
	send func(*Range) error
	next int // number of the next range
	done *sums

	// Of the file under way:
	part    *textFile
	index   int
	first   int64 // ordinal of its first row
	bytes   *stream
	text    io.Reader
	parse   parser
	buffer  []byte
	pending []byte // text in the buffer that is not parsed yet;
	at      int64  // where it begins,
	end     bool   // and whether the file ends with it
	current Range
}

// file reads one file from a mark on; the zero mark is its beginning.
func (r *textRun) file(ctx context.Context, i int, from Mark, seen hash.Hash) (err error) {
	part := &r.t.parts[i]
	r.part, r.index, r.pending, r.end = part, i, nil, false
	r.first, r.at, r.parse = r.out.Next(), part.start, part.parser(part.line, false)
	if from != (Mark{}) {
		r.first, r.at, r.parse = from.First, from.Offset, part.parser(from.Line, true)
	}
	if err := r.open(ctx, from, seen); err != nil {
		return err
	}
	defer r.bytes.Close()
	r.begin()
	if err := r.records(ctx); err != nil {
		return err
	}
	r.t.facts.Blank += r.parse.Blank()
	if p, ok := r.parse.(interface{ Unknown() int64 }); ok {
		r.t.facts.Unknown += p.Unknown()
	}
	r.done.add(part.sum(r.bytes.hashed.sum))
	return nil
}

// open starts the stream of the file's text at r.at.
func (r *textRun) open(ctx context.Context, from Mark, seen hash.Hash) (err error) {
	begin := int64(0)
	if from != (Mark{}) && r.part.encoding == charset.UTF8 {
		begin = r.at
	}
	if r.bytes, err = openStream(ctx, r.part.file, begin, seen, from.Hashed); err != nil {
		return err
	}
	r.text = r.bytes
	if r.part.encoding != charset.UTF8 {
		if r.text, err = charset.NewReader(r.bytes, r.part.encoding); err != nil {
			r.bytes.Close()
			return err
		}
	}
	if _, err = io.CopyN(io.Discard, r.text, r.at-begin); err != nil && !errors.Is(err, io.EOF) {
		r.bytes.Close()
		return err
	}
	return nil
}

// records parses to the end of the file.
func (r *textRun) records(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		used, err := r.step()
		switch {
		case err != nil:
			return err
		case used > 0:
		case r.end:
			return r.emit()
		default:
			if err := r.fill(); err != nil {
				return err
			}
		}
	}
}

// step parses what is pending, as far as the batch and the range have room.
func (r *textRun) step() (used int, err error) {
	o, c := &r.t.options, &r.current
	maxRows := min(int64(o.BatchRows-r.out.Rows()), o.RangeRows-r.rows())
	maxBytes := max(1, o.RangeBytes-(r.at-c.Start))
	used, err = r.parse.Parse(r.pending, r.end, r.out, int(maxBytes), int(maxRows))
	if err != nil {
		return used, r.part.at(err)
	}
	r.pending, r.at = r.pending[used:], r.at+int64(used)
	if r.out.Rows() == o.BatchRows {
		r.flush()
	}
	if n := r.rows(); n >= o.RangeRows || n > 0 && r.at-c.Start >= o.RangeBytes {
		return used, r.emit()
	}
	return used, nil
}

// fill reads more text behind what is pending.
func (r *textRun) fill() error {
	rest := len(r.pending)
	if 2*rest >= len(r.buffer) {
		if err := r.grow(); err != nil {
			return err
		}
	}
	copy(r.buffer, r.pending)
	for rest < len(r.buffer) && !r.end {
		n, err := r.text.Read(r.buffer[rest:])
		rest += n
		if r.end = err == io.EOF; err != nil && !r.end {
			return err
		}
	}
	r.pending = r.buffer[:rest]
	return nil
}

// grow makes the buffer larger, so that a record that is cut off at its end
// fits; looking over that record again costs no more than twice its length.
func (r *textRun) grow() error {
	limit := max(maxRecordBytes, 4*r.t.options.FieldLimit)
	if len(r.pending) > limit {
		return r.part.at(sen.Errorf(sen.Invalid, "the record that begins on line %d is longer than %d bytes", r.parse.Line(), limit).
			WithHint("is this a text file, and does its first line end where it should?"))
	}
	larger := make([]byte, max(blockBytes, 2*len(r.buffer)))
	copy(larger, r.pending)
	r.pending = larger[:len(r.pending)]
	r.buffer = larger
	return nil
}

const maxRecordBytes = 64 << 20

// rows is the number of rows of the range under way.
func (r *textRun) rows() int64 { return r.out.Next() - r.current.FirstRow }

// begin starts a range.
func (r *textRun) begin() {
	r.current = Range{
		Number: r.next, FirstRow: r.out.Next(), File: r.part.path, FileRow: r.out.Next() - r.first, Start: r.at,
	}
}

func (r *textRun) flush() {
	if batch := r.out.Flush(); batch != nil {
		r.current.Batches = append(r.current.Batches, batch)
	}
}

// emit sends the range under way, if it has rows, and starts the next.
func (r *textRun) emit() error {
	r.flush()
	if r.rows() == 0 {
		return nil
	}
	ready := r.current
	r.next++
	ready.Rows, ready.End = r.rows(), r.at
	ready.Mark = Mark{
		Next: r.next, Row: r.out.Next(), File: r.index, Name: r.part.name, First: r.first, Offset: r.at, Line: r.parse.Line(),
		Size: r.part.info.Size(), Hashed: r.bytes.hashed.bytes, Sum: r.bytes.hashed.sum, Done: r.done.digest(),
	}
	r.begin()
	return r.send(&ready)
}

// at names the file in an error about its content.
func (f file) at(err error) error {
	var e *sen.Error
	if errors.As(err, &e) && e.Where == "" {
		e.Where = f.path
	}
	return err
}
