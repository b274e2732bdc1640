// Package csv reads delimited text (RFC 4180 and its dialects) into columns.
// What comes in is UTF-8 text in pieces of any size; what goes out is rows in
// a rows.Builder, each with the line where it begins, and the reason where it
// cannot be read as the header says. It never drops a row, never trims a
// value and opens no file.
package csv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/sen-hub/sen"
)

// Dialect is how a file writes its fields.
type Dialect struct {
	Delimiter  byte // ',', ';', tab or '|'
	Quote      byte // '"' or '\''; 0: none
	Terminator byte // '\n', with or without '\r' before it; '\r' in files that have no '\n'
	Blank      bool // a blank follows each delimiter; a quote may stand behind it
}

// Excel is the dialect of RFC 4180.
var Excel = Dialect{Delimiter: ',', Quote: '"', Terminator: '\n'}

// span is one field: text[start:end], without its quotes.
type span struct {
	start, end int
	form       form
}

type form uint8

const (
	plain   form = iota
	quoted       // stood in quotes
	doubled      // stood in quotes and has doubled quotes within
	broken       // a quote opens it, but does not end it; taken as it stands
)

// scanner cuts text into records. It knows no columns.
type scanner struct {
	Dialect
	limit  int    // most bytes of one field
	fields []span // of the record found last

	delimiters, terminators uint64 // each byte eight times over
}

func newScanner(d Dialect, limit int) scanner {
	const each = 0x0101010101010101
	return scanner{Dialect: d, limit: limit, delimiters: each * uint64(d.Delimiter), terminators: each * uint64(d.Terminator)}
}

// tooLong is a field beyond the limit: its number and size in bytes so far.
type tooLong struct{ field, size int }

// next finds the record that begins at i and leaves its fields in s.fields;
// after is where the following one begins. It answers false when the text
// ends within the record and more may come (end is false).
func (s *scanner) next(text []byte, i int, end bool) (after int, whole bool, long *tooLong) {
	s.fields = s.fields[:0]
	for {
		field, stop, ok := s.field(text, i, end)
		if field.end-field.start > s.limit {
			return i, false, &tooLong{len(s.fields) + 1, field.end - field.start}
		}
		if !ok {
			return i, false, nil
		}
		s.fields = append(s.fields, field)
		if stop >= len(text) {
			return len(text), true, nil
		}
		i = stop + 1
		if text[stop] == s.Terminator {
			return i, true, nil
		}
	}
}

// field finds the field that begins at i; stop is its delimiter, its
// terminator or the end of the text. When it answers false, the text ends
// first, and the span is what there is of the field.
func (s *scanner) field(text []byte, i int, end bool) (f span, stop int, ok bool) {
	if s.Quote != 0 {
		j := i
		for s.Blank && j < len(text) && text[j] == ' ' {
			j++
		}
		if j < len(text) && text[j] == s.Quote {
			return s.quotedField(text, i, j+1, end)
		}
		if j == len(text) && !end {
			return span{i, j, plain}, j, false
		}
	}
	stop = s.find(text, i)
	if stop == len(text) && !end {
		return span{i, stop, plain}, stop, false
	}
	return span{i, s.trimReturn(text, i, stop), plain}, stop, true
}

// find is the first delimiter or terminator at or after i, else len(text).
// Eight bytes are compared at once: a byte of w is zero exactly where the
// lowest high bit of (w-low)&^w&high is set.
func (s *scanner) find(text []byte, i int) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(text) {
		w := binary.LittleEndian.Uint64(text[i:])
		d, t := w^s.delimiters, w^s.terminators
		if hit := ((d-low)&^d | (t-low)&^t) & high; hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
		i += 8
	}
	for i < len(text) && text[i] != s.Delimiter && text[i] != s.Terminator {
		i++
	}
	return i
}

// trimReturn takes the '\r' of a "\r\n" off a field's end.
func (s *scanner) trimReturn(text []byte, start, stop int) int {
	last := stop == len(text) || text[stop] == s.Terminator
	if last && s.Terminator == '\n' && stop > start && text[stop-1] == '\r' {
		return stop - 1
	}
	return stop
}

// quotedField finds a field whose text begins at start, behind its quote; i
// is where the field with its quote begins.
func (s *scanner) quotedField(text []byte, i, start int, end bool) (f span, stop int, ok bool) {
	kind := quoted
	for k := start; ; k += 2 {
		next := bytes.IndexByte(text[k:], s.Quote)
		if next < 0 || k+next+1 == len(text) && !end {
			if !end {
				return span{start, len(text), kind}, len(text), false
			}
			return span{i, len(text), broken}, len(text), true // never closed
		}
		k += next
		if k+1 < len(text) && text[k+1] == s.Quote {
			kind = doubled
			continue
		}
		return s.closed(text, span{start, k, kind}, i, k+1, end)
	}
}

// closed looks at what stands behind a closing quote, from k: a delimiter or
// terminator, or else the field is broken and goes on as plain text.
func (s *scanner) closed(text []byte, f span, i, k int, end bool) (span, int, bool) {
	for s.Blank && k < len(text) && text[k] == ' ' {
		k++
	}
	if s.Terminator == '\n' && k < len(text) && text[k] == '\r' && (k+1 == len(text) || text[k+1] == '\n') {
		k++
	}
	switch {
	case k == len(text):
		return f, k, end
	case text[k] == s.Delimiter || text[k] == s.Terminator:
		return f, k, true
	}
	stop := s.find(text, k)
	if stop == len(text) && !end {
		return span{i, stop, broken}, stop, false
	}
	return span{i, s.trimReturn(text, i, stop), broken}, stop, true
}

// lines is the number of lines that the record in text spans.
func (s *scanner) lines(text []byte) int64 {
	n := int64(1)
	for _, f := range s.fields {
		if f.form != plain {
			n += int64(bytes.Count(text[f.start:f.end], []byte{s.Terminator}))
		}
	}
	return n
}

// value is the field's text with doubled quotes made single; scratch is
// reused for that.
func (s *scanner) value(scratch, text []byte, f span) []byte {
	if f.form != doubled {
		return text[f.start:f.end]
	}
	scratch = scratch[:0]
	for rest := text[f.start:f.end]; ; {
		k := bytes.IndexByte(rest, s.Quote)
		if k < 0 {
			return append(scratch, rest...)
		}
		scratch = append(scratch, rest[:k+1]...)
		rest = rest[k+2:]
	}
}

func (l *tooLong) error(limit int, line int64, column string, openQuote bool) error {
	hint := fmt.Sprintf("raise source.field_limit in sen.yaml (now %d bytes) if the value is meant to be so long", limit)
	if openQuote {
		hint = fmt.Sprintf("is a quote left open at line %d? If not, ", line) + hint
	}
	return sen.Errorf(sen.Invalid, "line %d, column %s: the field is longer than the limit of %d bytes", line, column, limit).
		WithHint("%s", hint)
}
