package http

import (
	"context"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/jsonl"
	"github.com/sen-hub/sen/internal/source/rows"
)

// format is what Facts call an API's.
const format = "api"

// reader reads one object.
type reader struct {
	o       *object
	options source.Options
	keys    []string // the members' names
	names   []string // as they land: see rows.Unique
	first   *page    // that Open has asked for; nil once it was read
	facts   source.Facts
}

func (a *API) open(ctx context.Context, name, since string, options source.Options) (source.Reader, error) {
	o, err := a.of(name, since)
	if err != nil {
		return nil, named(a.server.Name, err)
	}
	first, err := o.page(ctx, step{})
	if err != nil {
		return nil, o.tooOld(err)
	}
	r := &reader{o: o, options: options.WithDefaults(), first: first}
	guess := jsonl.Sniff(first.rows, true)
	for _, key := range slices.Concat(guess.Names, options.Columns) {
		if utf8.ValidString(key) && !slices.Contains(r.keys, key) {
			r.keys = append(r.keys, key)
		}
	}
	if len(r.keys) == 0 {
		return nil, sen.Errorf(sen.Invalid, "%s shows no column: its first page holds no JSON object", address(o.url)).
			WithHint("an object without rows needs a contract that names its columns")
	}
	r.names = rows.Unique(r.keys)
	r.facts = o.describe(first)
	r.facts.Evidence = append(r.facts.Evidence, fmt.Sprintf("%d names in the first page's %d rows", len(guess.Names), first.count))
	return r, nil
}

// describe is what is known once the first page is there.
func (o *object) describe(first *page) source.Facts {
	f := source.Facts{Format: format, Encoding: "UTF-8", Files: 1, Rows: max(first.total, int64(first.count))}
	f.Evidence = append(f.Evidence, "paging by "+o.d.paging)
	if o.d.paging == pagingNone {
		f.Evidence[0] = "one answer holds all rows"
	}
	if first.total >= 0 {
		f.Exact = true
		f.Evidence = append(f.Evidence, fmt.Sprintf("the API says that there are %d rows; another number at the end stops the reading", first.total))
	}
	if o.d.state == nil && o.d.paging != pagingNone {
		f.Evidence = append(f.Evidence, "the API shows no state: rows that move from page to page while it is read cannot be noticed, and an interrupted reading starts again")
	}
	return f
}

// tooOld turns the refusal of a change cursor into Drift.
func (o *object) tooOld(err error) error {
	if kind := sen.KindOf(err); o.since != "" && (kind == sen.NotFound || kind == sen.Invalid) {
		return sen.Errorf(sen.Drift, "the API no longer knows the change cursor of the last reading: %w", err).WithHint("read %s as a whole", o.name)
	}
	return err
}

// cursorOf is the change cursor of a position of an object.
func (a *API) cursorOf(name string, since source.Position) (string, error) {
	o, err := a.of(name, "")
	if err != nil {
		return "", err
	}
	switch {
	case a.d.changes == nil:
		return "", sen.Errorf(sen.Invalid, "the contract declares no change cursor").WithHint("custom properties changes and changesParameter do, where the API has one")
	case since.Point == nil || since.Point.Log == "":
		return "", sen.Errorf(sen.Invalid, "the last reading of %s ended without a change cursor", name).WithHint("read it as a whole")
	case since.Point.System != o.point().System || since.Point.Object != o.point().Object:
		return "", sen.Errorf(sen.Invalid, "the last reading was of %s%s, not of %s", since.Point.System, since.Point.Object, address(o.url)).WithHint("read it as a whole")
	}
	return since.Point.Log, nil
}

// point is whose moment a reading is of.
func (o *object) point() source.Point {
	return source.Point{System: o.url.Scheme + "://" + o.url.Host, Object: o.url.RequestURI()}
}

// Columns implements source.Reader: those that the first page shows, then
// those of Options.Columns that it does not. All land as text.
func (r *reader) Columns() []source.Column {
	out := make([]source.Column, len(r.names))
	for i, name := range r.names {
		out[i] = source.Column{Name: name, Type: "VARCHAR", Nullable: true}
	}
	return out
}

// Key implements source.Reader: an API declares none.
func (r *reader) Key() []string { return nil }

// Unchanged asks the API whether anything has changed since a position: one
// page, where the position has a change cursor of this object. Where it has
// none, or the API no longer knows it, something may have.
func (r *reader) Unchanged(ctx context.Context, since source.Position) (bool, error) {
	if r.facts.Exact && r.facts.Rows != since.Rows {
		return false, nil // a cursor may not tell of rows that are gone; their number does
	}
	cursor, err := r.o.cursorOf(r.o.name, since)
	if err != nil {
		return false, nil //nolint:nilerr // there is nothing to ask by
	}
	changes, err := r.o.of(r.o.name, cursor)
	if err != nil {
		return false, err
	}
	p, err := changes.page(ctx, step{})
	if err := changes.tooOld(err); err != nil {
		if sen.KindOf(err) == sen.Drift {
			return false, nil
		}
		return false, err
	}
	return p.count == 0 && p.next == nil, nil
}

// Close implements source.Reader.
func (r *reader) Close() error {
	r.first = nil
	return nil
}

// Facts implements source.Reader.
func (r *reader) Facts() source.Facts {
	f := r.facts
	f.Evidence = slices.Clone(f.Evidence)
	return f
}

// Read implements source.Reader. A reading goes on from a mark where the
// contract declares a state (the custom property state) and it is still the
// same; else a mark gives Drift, and the reading is to start again.
func (r *reader) Read(ctx context.Context, from source.Mark, emit func(*source.Range) error) (source.Position, error) {
	r.facts.Unknown = 0
	return source.Ahead(ctx, emit, func(ctx context.Context, send func(*source.Range) error) (source.Position, error) {
		run := &run{reader: r, send: send, out: rows.NewBuilder(r.names, from.Row), next: from.Next, done: progress{object: r.o}}
		at, skip, err := run.begin(from)
		if err != nil {
			return source.Position{}, err
		}
		run.start()
		for {
			p, err := run.page(ctx, at)
			if err != nil {
				return source.Position{}, err
			}
			if skip > p.count {
				return source.Position{}, again(r.o, "the page at which the reading ended has fewer rows")
			}
			next, err := run.done.check(at, p, run.out.Next()-int64(skip))
			if err != nil {
				return source.Position{}, named(address(r.o.url), err)
			}
			if err := run.take(ctx, p, at, skip); err != nil {
				return source.Position{}, err
			}
			if next == nil {
				break
			}
			at, skip = *next, 0
		}
		return run.end()
	})
}

// run is one Read.
type run struct {
	*reader
	send    func(*source.Range) error
	out     *rows.Builder
	next    int // number of the next range
	resumed bool
	done    progress
	current source.Range
	bytes   int64 // of its rows' text
}

// page asks for a page; the first was asked for when the reader was opened.
func (r *run) page(ctx context.Context, at step) (*page, error) {
	if p := r.first; at == (step{}) && p != nil {
		r.first = nil
		return p, nil
	}
	p, err := r.o.page(ctx, at)
	if err == nil {
		return p, nil
	}
	if kind := sen.KindOf(err); r.resumed && r.done.Pages == r.done.resumed && (kind == sen.NotFound || kind == sen.Invalid) {
		return nil, again(r.o, "the API no longer knows the page at which the reading ended")
	}
	return nil, r.o.tooOld(err)
}

// take puts a page's rows into ranges, but for the first skip of them.
func (r *run) take(ctx context.Context, p *page, at step, skip int) error {
	parse := jsonl.NewParser(r.keys, jsonl.Options{Layout: jsonl.Array, FieldLimit: r.options.FieldLimit, Line: 1})
	text, taken := p.rows[1:], skip
	if skip > 0 {
		used, err := parse.Parse(text, true, rows.NewBuilder(r.names, 0), math.MaxInt, skip)
		if err != nil {
			return named(address(r.o.url), err)
		}
		text = text[used:]
	}
	for len(text) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		room := min(int64(r.options.BatchRows-r.out.Rows()), r.options.RangeRows-r.rows())
		before := r.out.Next()
		used, err := parse.Parse(text, true, r.out, int(max(1, r.options.RangeBytes-r.bytes)), int(room))
		if err != nil {
			return named(address(r.o.url), err)
		}
		if used == 0 {
			return sen.Errorf(sen.Internal, "a row of %s is not got over", address(r.o.url))
		}
		text, r.bytes, taken = text[used:], r.bytes+int64(used), taken+int(r.out.Next()-before)
		if r.out.Rows() == r.options.BatchRows {
			r.flush()
		}
		if n := r.rows(); n >= r.options.RangeRows || n > 0 && r.bytes >= r.options.RangeBytes {
			if err := r.emit(at, taken); err != nil {
				return err
			}
		}
	}
	r.facts.Unknown += parse.Unknown()
	r.done.at, r.done.used = at, taken
	return nil
}

// rows is the number of rows of the range under way.
func (r *run) rows() int64 { return r.out.Next() - r.current.FirstRow }

func (r *run) start() {
	first := r.out.Next()
	r.current, r.bytes = source.Range{Number: r.next, FirstRow: first, File: address(r.o.url), FileRow: first, Start: first}, 0
}

// flush ends a batch. Its lines are the rows' numbers: an answer's lines say
// nothing.
func (r *run) flush() {
	first := r.out.Next() - int64(r.out.Rows())
	if batch := r.out.Flush(); batch != nil {
		r.current.Batches = append(r.current.Batches, rows.Renumber(batch, first))
	}
}

// emit sends the range under way, if it has rows, and starts the next. It
// ends behind the first taken rows of a page.
func (r *run) emit(at step, taken int) error {
	r.flush()
	if r.rows() == 0 {
		return nil
	}
	ready := r.current
	r.next++
	ready.Rows, ready.End = r.rows(), r.out.Next()
	mark, err := r.done.mark(at, taken)
	if err != nil {
		ready.Release()
		return err
	}
	ready.Mark = source.Mark{Next: r.next, Row: r.out.Next(), Name: r.o.url.Path, Offset: r.out.Next(), Line: r.out.Next() + 1, State: mark}
	r.start()
	return r.send(&ready)
}

// end sends the last range and answers the position.
func (r *run) end() (source.Position, error) {
	if err := r.emit(r.done.at, r.done.used); err != nil {
		return source.Position{}, err
	}
	return source.AtPoint(r.done.point(), r.out.Next()), nil
}
