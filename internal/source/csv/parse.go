package csv

import (
	"fmt"
	"strconv"

	"github.com/sen-hub/sen/internal/source/rows"
)

// Options are what a Parser needs to know beside the dialect.
type Options struct {
	FieldLimit int   // most bytes of one field
	Transcoded bool  // the text holds rows.Escape code points for undecodable bytes
	Fields     []int // column of each field of the file; nil: as they stand
	Line       int64 // line of the first record, from 1
}

// Parser puts records into columns.
type Parser struct {
	scan    scanner
	o       Options
	line    int64
	blank   int64
	checked int // bytes of the text last given that are known to be sound
	scratch []byte
}

// NewParser starts at a record's first byte.
func NewParser(d Dialect, o Options) *Parser {
	return &Parser{scan: newScanner(d, o.FieldLimit), o: o, line: o.Line}
}

// Line is the line where the next record begins.
func (p *Parser) Line() int64 { return p.line }

// Blank is the number of empty lines passed over.
func (p *Parser) Blank() int64 { return p.blank }

// Parse appends the whole records at the beginning of text to out, until they
// are maxRows or span maxBytes, and returns the bytes that they take. end
// says that the text is the file's last; else a record that is cut off is
// left for the next call, which must begin with it. The error (kind Invalid)
// names the line and column of a field beyond the limit.
func (p *Parser) Parse(text []byte, end bool, out *rows.Builder, maxBytes, maxRows int) (used int, err error) {
	sound := rows.Sound(p.window(text, end, maxBytes), p.o.Transcoded)
	for n := 0; used < len(text) && used < maxBytes && n < maxRows; {
		after, whole, long := p.scan.next(text, used, end)
		if long != nil {
			return used, p.explain(long, out.Names())
		}
		if !whole {
			break
		}
		if p.isBlank() {
			p.blank++
			p.line++
		} else {
			p.record(text, used, after, sound && after <= p.checked, out)
			n++
		}
		used = after
	}
	return used, nil
}

// window is the part of the text that is looked over at once for bytes that
// are no text, rather than record by record; it ends with a whole character.
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

func (p *Parser) isBlank() bool {
	f := p.scan.fields
	return len(f) == 1 && f[0].form == plain && f[0].start == f[0].end
}

// record appends the record text[from:after].
func (p *Parser) record(text []byte, from, after int, sound bool, out *rows.Builder) {
	line := p.line
	p.line += p.scan.lines(text)
	if sound && p.o.Fields == nil && len(p.scan.fields) == len(out.Columns) && p.plainly(text, out) {
		out.End(line)
		return
	}
	fault := p.carefully(text, out)
	out.Fill()
	if !sound {
		if mended := out.Mend(p.o.Transcoded); fault == "" {
			fault = mended
		}
	}
	if fault == "" {
		out.End(line)
		return
	}
	raw, _ := rows.Repair(nil, p.rawText(text[from:after]), false)
	out.EndWith(line, fault, raw)
}

// plainly appends the fields one to one; false, with nothing appended, when
// one of them is broken.
func (p *Parser) plainly(text []byte, out *rows.Builder) bool {
	for _, f := range p.scan.fields {
		if f.form == broken {
			return false
		}
	}
	for i, f := range p.scan.fields {
		c := &out.Columns[i]
		switch {
		case f.form == doubled:
			p.scratch = p.scan.value(p.scratch, text, f)
			c.Append(p.scratch)
		case f.start == f.end && f.form == plain:
			c.Null()
		default:
			c.Append(text[f.start:f.end])
		}
	}
	return true
}

// carefully appends the fields that have a column and says what is wrong.
func (p *Parser) carefully(text []byte, out *rows.Builder) (fault string) {
	want := len(out.Columns)
	if p.o.Fields != nil {
		want = len(p.o.Fields)
	}
	if len(p.scan.fields) != want {
		fault = fmt.Sprintf("%d fields, %d expected", len(p.scan.fields), want)
	}
	for i, f := range p.scan.fields[:min(len(p.scan.fields), want)] {
		to := i
		if p.o.Fields != nil {
			to = p.o.Fields[i]
		}
		if f.form == broken {
			fault = "a quote that does not end the field opens column " + out.Names()[to]
		}
		if f.form == plain && f.start == f.end {
			out.Columns[to].Null()
		} else {
			out.Columns[to].Append(p.scan.value(p.scratch, text, f))
		}
	}
	return fault
}

// rawText is a record's text without its terminator.
func (p *Parser) rawText(record []byte) []byte {
	if n := len(record); n > 0 && record[n-1] == p.scan.Terminator {
		record = record[:n-1]
	}
	if n := len(record); n > 0 && record[n-1] == '\r' && p.scan.Terminator == '\n' {
		record = record[:n-1]
	}
	return record
}

func (p *Parser) explain(long *tooLong, names []string) error {
	i := long.field - 1
	if p.o.Fields != nil && i < len(p.o.Fields) {
		i = p.o.Fields[i]
	}
	column := strconv.Itoa(long.field)
	if i < len(names) {
		column = names[i]
	}
	return long.error(p.scan.limit, p.line, column, p.scan.Quote != 0)
}
