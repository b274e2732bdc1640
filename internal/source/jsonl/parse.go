package jsonl

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/rows"
)

// Layout is how the objects stand in a file.
type Layout uint8

// The layouts.
const (
	Lines  Layout = iota // one object a line
	Array                // the elements of one array
	Values               // one object after another, over any number of lines
)

// Options are what a Parser needs to know.
type Options struct {
	Layout     Layout
	FieldLimit int   // most bytes of one value
	Transcoded bool  // the text holds rows.Escape code points for undecodable bytes
	Line       int64 // line of the first byte, from 1
	Resumed    bool  // the text goes on behind an element, rather than behind the array's "["
}

// Parser puts objects into columns.
type Parser struct {
	o       Options
	line    int64
	blank   int64
	unknown int64

	names   []string
	columns map[string]int
	follow  []int // the column that last came after each column; rows repeat their order
	values  []member
	given   []int64 // the row that last had a value for the column
	row     int64
	members []member
	strange [][]byte // names of the row that are no column
	scratch []byte
	checked int
	closed  bool // the array's "]" was seen
	behind  bool // an element stands before
}

// NewParser makes a parser for a file's first byte, or in an Array for the
// first behind its "[".
func NewParser(columns []string, o Options) *Parser {
	p := &Parser{
		o: o, line: o.Line, behind: o.Resumed, names: columns, columns: map[string]int{},
		follow: make([]int, len(columns)+1), values: make([]member, len(columns)), given: make([]int64, len(columns)),
	}
	for i, name := range columns {
		p.columns[name] = i
		p.follow[i] = i
	}
	return p
}

// Line is the line where the next object is looked for.
func (p *Parser) Line() int64 { return p.line }

// Blank is the number of empty lines passed over.
func (p *Parser) Blank() int64 { return p.blank }

// Unknown is the number of rows with a name that is no column.
func (p *Parser) Unknown() int64 { return p.unknown }

// Parse appends the whole objects at the beginning of text to out; see
// csv.Parser.Parse. Errors: Invalid for a value beyond the limit, Corrupt for
// an array that does not go on or end as an array does.
func (p *Parser) Parse(text []byte, end bool, out *rows.Builder, maxBytes, maxRows int) (used int, err error) {
	sound := rows.Sound(p.window(text, end, maxBytes), p.o.Transcoded)
	for n := 0; used < len(text) && used < maxBytes && n < maxRows; {
		f, err := p.next(text, used, end)
		if err != nil || f.after < 0 {
			return used, err
		}
		p.line += lines(text[used:f.start])
		if f.start < f.stop {
			if err := p.record(text[f.start:f.stop], sound && f.stop <= p.checked, out); err != nil {
				return used, err
			}
			n++
		}
		p.line += lines(text[f.start:f.after])
		used = f.after
	}
	return used, nil
}

func lines(text []byte) int64 { return int64(bytes.Count(text, newline)) }

var newline = []byte("\n")

// window is the part of the text that is looked over at once for bytes that
// are no text; it ends with a whole character.
func (p *Parser) window(text []byte, end bool, maxBytes int) []byte {
	if len(text) > maxBytes {
		text, end = text[:maxBytes], false
	}
	if !end {
		text = rows.Whole(text)
	}
	p.checked = len(text)
	return text
}

// found is where an object's text lies, text[start:stop], and what was passed
// with it. start equals stop where no object was met, and after is negative
// where more text is needed.
type found struct{ start, stop, after int }

var unfinished = found{after: -1}

func passed(after int) found { return found{after, after, after} }

// next finds the object at or after i.
func (p *Parser) next(text []byte, i int, end bool) (found, error) {
	if p.o.Layout == Lines {
		return p.nextLine(text, i, end), nil
	}
	return p.nextValue(text, i, end)
}

func (p *Parser) nextLine(text []byte, i int, end bool) found {
	stop, after := len(text), len(text)
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		stop, after = i+n, i+n+1
	} else if !end {
		return unfinished
	}
	if space(text[i:stop], 0) == stop-i {
		p.blank++
		return found{i, i, after}
	}
	if text[stop-1] == '\r' {
		stop--
	}
	return found{i, stop, after}
}

// nextValue finds the next element, behind the comma before it.
func (p *Parser) nextValue(text []byte, i int, end bool) (found, error) {
	start := space(text, i)
	if start == len(text) && !end {
		return unfinished, nil
	}
	if start == len(text) {
		if p.o.Layout == Array && !p.closed {
			return unfinished, p.malformed(text[i:], "the file ends before its array does")
		}
		return passed(start), nil
	}
	if p.o.Layout == Array {
		f, err := p.separator(text, i, start, end)
		if err != nil || f.start == f.after || f.after < 0 {
			return f, err
		}
		start = f.start
	}
	stop := element(text, start)
	if stop < 0 && !end {
		return unfinished, nil
	}
	if stop < 0 {
		if p.o.Layout == Array {
			return unfinished, p.malformed(text[i:start], "the file ends within an object")
		}
		stop = len(text)
	}
	p.behind = true
	return found{start, stop, stop}, nil
}

// separator passes the "," before an element and the "]" behind the last.
// What it answers holds either the element's start alone, or what was passed.
func (p *Parser) separator(text []byte, i, start int, end bool) (found, error) {
	element := func(start int) found { return found{start: start, after: start + 1} }
	switch c := text[start]; {
	case p.closed:
		return unfinished, p.malformed(text[i:start], "more text behind the array")
	case c == ']':
		p.closed = true
		return passed(start + 1), nil
	case !p.behind:
		return element(start), nil
	case c != ',':
		return unfinished, p.malformed(text[i:start], "a comma is missing between the array's elements")
	}
	if start = space(text, start+1); start == len(text) && !end {
		return unfinished, nil
	}
	if start == len(text) || text[start] == ']' || text[start] == ',' {
		return unfinished, p.malformed(text[i:start], "an element is missing behind a comma")
	}
	return element(start), nil
}

// element is where the value that begins at i ends; negative when the text
// ends first. What is no value at all ends at the next line or comma.
func element(text []byte, i int) int {
	if text[i] == '{' || text[i] == '[' {
		return balanced(text, i)
	}
	if text[i] == '"' {
		return quoted(text, i)
	}
	n := bytes.IndexAny(text[i+1:], ",]\n{[")
	if n < 0 {
		return -1
	}
	return i + 1 + n
}

func (p *Parser) malformed(before []byte, what string) error {
	return sen.Errorf(sen.Corrupt, "line %d: %s", p.line+lines(before), what).
		WithHint("is the file cut off? Rows before this place were read, and none is kept without the rest")
}

// record puts one object into the columns.
func (p *Parser) record(text []byte, sound bool, out *rows.Builder) error {
	fault := ""
	p.members, fault = object(text, p.members[:0])
	if fault != "" {
		out.Fill()
		p.keep(text, fault, out)
		return nil
	}
	p.row++
	p.strange = p.strange[:0]
	fault = p.place()
	for i := range out.Columns {
		if p.given[i] != p.row {
			out.Columns[i].Null()
			continue
		}
		bad, clean := p.put(&out.Columns[i], p.values[i], p.names[i])
		if len(p.values[i].value) > p.o.FieldLimit {
			return sen.Errorf(sen.Invalid, "line %d, column %s: the value is longer than the limit of %d bytes", p.line, p.names[i], p.o.FieldLimit).
				WithHint("raise source.field_limit in sen.yaml if the value is meant to be so long")
		}
		if sound = sound && clean; fault == "" {
			fault = bad
		}
	}
	if !sound {
		if mended := out.Mend(p.o.Transcoded); fault == "" {
			fault = mended
		}
	}
	if fault == "" && len(p.strange) == 0 {
		out.End(p.line)
		return nil
	}
	p.keep(text, fault, out)
	return nil
}

func (p *Parser) keep(text []byte, fault string, out *rows.Builder) {
	if fault == "" {
		p.unknown++
	}
	raw, _ := rows.Repair(nil, text, false)
	out.EndWith(p.line, fault, raw)
}

// place finds each member's column. The fault names a column that has two
// values; the first one stays.
func (p *Parser) place() (fault string) {
	before := len(p.names)
	for _, m := range p.members {
		key := m.key
		if m.escaped {
			key, _ = jsontext.AppendUnquote(nil, m.key)
		}
		column, known := p.column(before, key)
		switch {
		case !known && p.isStrange(key):
			fault = "a name that is no column stands twice"
		case !known:
			p.strange = append(p.strange, key)
		case p.given[column] == p.row:
			fault = "two values in column " + p.names[column]
		default:
			p.given[column], p.values[column] = p.row, m
			p.follow[before], before = column, column
		}
	}
	return fault
}

func (p *Parser) isStrange(key []byte) bool {
	for _, k := range p.strange {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

// column finds a name, first where it stood in the row before.
func (p *Parser) column(before int, key []byte) (int, bool) {
	if len(p.names) == 0 {
		return 0, false
	}
	if guess := p.follow[before]; p.names[guess] == string(key) {
		return guess, true
	}
	i, known := p.columns[string(key)]
	return i, known
}

// put appends a value to its column; clean is false when the value may now
// hold what text cannot.
func (p *Parser) put(c *rows.Column, m member, name string) (fault string, clean bool) {
	switch m.kind {
	case null:
		c.Null()
	case literal, plain:
		c.Append(m.value)
	case nested:
		p.scratch = compact(p.scratch[:0], m.value)
		c.Append(p.scratch)
	case escaped:
		text, err := jsontext.AppendUnquote(p.scratch[:0], m.value)
		if err != nil {
			c.Append(m.value[1 : len(m.value)-1])
			return "a string with an invalid escape in column " + name, false
		}
		c.Append(text)
		p.scratch = text
		return "", bytes.IndexByte(text, 0) < 0
	}
	return "", true
}
