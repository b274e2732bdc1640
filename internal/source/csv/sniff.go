package csv

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/sen-hub/sen/internal/source/rows"
)

// Known is what is already known of a file's dialect; zero values are found
// by evidence.
type Known struct {
	Delimiter byte
	Quote     byte
	Unquoted  bool // nothing is quoted
	Header    *bool
	Names     []string // columns that a contract expects
}

// Guess is how a sample seems to be written, with the reasons.
type Guess struct {
	Dialect
	Header   bool
	Names    []string // of the columns: unique and not empty
	Start    int      // bytes before the first record of data
	Line     int64    // its line, from 1
	Records  int      // records of data in the sample
	Evidence []string
}

// sampled is the most records that are looked at.
const sampled = 1000

// delimiters are the field separators that are recognised; first those that
// plain text has less often, which settles a tie.
const delimiters = "\t|;,"

// Sniff finds the dialect and the header of a file from its first bytes; end
// says that they are all of it.
func Sniff(sample []byte, end bool, known Known) Guess {
	g := Guess{Dialect: Dialect{Delimiter: ',', Quote: '"', Terminator: terminator(sample)}, Line: 1}
	g.findQuote(sample, end, known)
	g.findDelimiter(sample, end, known)
	g.findBlank(sample, end)
	g.findHeader(sample, end, known)
	return g
}

func terminator(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

func (g *Guess) say(format string, args ...any) {
	g.Evidence = append(g.Evidence, fmt.Sprintf(format, args...))
}

// record is one record of a sample.
type record struct {
	cells []string
	forms []form
	after int
	lines int64
}

// records cuts the sample in a dialect; blank lines are left out.
func records(sample []byte, end bool, d Dialect) []record {
	s := newScanner(d, len(sample))
	var out []record
	lines := int64(0)
	for i := 0; i < len(sample) && len(out) < sampled; {
		after, whole, _ := s.next(sample, i, end)
		if !whole {
			break
		}
		lines += s.lines(sample)
		if f := s.fields; len(f) > 1 || f[0].form != plain || f[0].start < f[0].end {
			out = append(out, s.record(sample, after, lines))
			lines = 0
		}
		i = after
	}
	return out
}

func (s *scanner) record(sample []byte, after int, lines int64) record {
	r := record{after: after, lines: lines}
	for _, f := range s.fields {
		r.cells = append(r.cells, string(s.value(nil, sample, f)))
		r.forms = append(r.forms, f.form)
	}
	return r
}

// shape is how evenly a dialect cuts a sample.
type shape struct {
	fields         int     // of most records
	share          float64 // of the records that have so many
	proper, broken int     // quoted fields
}

func measure(list []record) shape {
	counts, m := map[int]int{}, shape{}
	for _, r := range list {
		counts[len(r.cells)]++
		for _, f := range r.forms {
			if f == broken {
				m.broken++
			} else if f != plain {
				m.proper++
			}
		}
	}
	best := 0
	for fields, n := range counts {
		if n > best || n == best && fields > m.fields {
			best, m.fields = n, fields
		}
	}
	if len(list) > 0 {
		m.share = float64(best) / float64(len(list))
	}
	return m
}

// better prefers evenly cut records, then more fields; one field says nothing.
func (m shape) better(than shape) bool {
	if (m.fields > 1) != (than.fields > 1) {
		return m.fields > 1
	}
	if diff := m.share - than.share; diff > 0.05 || diff < -0.05 {
		return diff > 0
	}
	return m.fields > than.fields
}

func (g *Guess) findDelimiter(sample []byte, end bool, known Known) {
	if known.Delimiter != 0 {
		g.Delimiter = known.Delimiter
		return
	}
	var best shape
	for _, candidate := range []byte(delimiters) {
		d := g.Dialect
		d.Delimiter = candidate
		if m := measure(records(sample, end, d)); m.better(best) {
			best, g.Delimiter = m, candidate
		}
	}
	if best.fields < 2 {
		g.Delimiter = ','
		g.say("no delimiter found: one column")
		return
	}
	g.say("delimiter %s: %.0f %% of the sampled records have %d fields", name(g.Delimiter), 100*best.share, best.fields)
}

func name(c byte) string {
	switch c {
	case '\t':
		return "tab"
	case 0:
		return "none"
	}
	return string(rune(c))
}

// findQuote counts, under each likely delimiter, how many quoted fields end
// as they should.
func (g *Guess) findQuote(sample []byte, end bool, known Known) {
	if known.Quote != 0 || known.Unquoted {
		g.Quote = known.Quote
		return
	}
	double, single := g.quoting(sample, end, '"', known), g.quoting(sample, end, '\'', known)
	switch {
	case double.proper > 0 && double.proper >= double.broken:
		g.say(`quote ": %d fields of the sample`, double.proper)
	case single.proper > single.broken*9 && single.proper > double.proper:
		g.Quote = '\''
		g.say("quote ': %d fields of the sample", single.proper)
	case double.broken > 0:
		g.Quote = 0
		g.say(`quote none: of %d fields that begin with " only %d end with it`, double.broken+double.proper, double.proper)
	}
}

func (g *Guess) quoting(sample []byte, end bool, quote byte, known Known) (best shape) {
	for _, delimiter := range []byte(delimiters) {
		if known.Delimiter != 0 && delimiter != known.Delimiter {
			continue
		}
		d := Dialect{Delimiter: delimiter, Quote: quote, Terminator: g.Terminator, Blank: true}
		if m := measure(records(sample, end, d)); m.better(best) {
			best = m
		}
	}
	return best
}

// findBlank sees whether a blank follows the delimiters as a habit.
func (g *Guess) findBlank(sample []byte, end bool) {
	with, all := 0, 0
	for _, r := range records(sample, end, g.Dialect) {
		for i, cell := range r.cells {
			if i > 0 {
				all++
				if r.forms[i] != quoted && r.forms[i] != doubled && strings.HasPrefix(cell, " ") {
					with++
				}
			}
		}
	}
	if with*10 >= all*9 && with > 0 {
		g.Blank = true
		g.say("a blank follows each delimiter: it stays in the values, for cleaning to trim, and a quote may stand behind it")
	}
}

// findHeader decides whether the first record names the columns.
func (g *Guess) findHeader(sample []byte, end bool, known Known) {
	list := records(sample, end, g.Dialect)
	if len(list) == 0 {
		return
	}
	first := trimmed(list[0].cells)
	why := ""
	if known.Header != nil {
		g.Header = *known.Header
	} else {
		g.Header, why = names(first, list[1:], known.Names)
		g.say("%s", why)
	}
	g.Records = len(list)
	if g.Header {
		g.Records--
		g.Start, g.Line = list[0].after, 1+list[0].lines
		g.name(first)
		return
	}
	g.name(make([]string, measure(list).fields))
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(c)
	}
	return out
}

// names decides whether the cells are names of columns rather than values.
func names(cells []string, body []record, expected []string) (bool, string) {
	if n := among(cells, expected); n > 0 && 2*n >= len(cells) {
		return true, fmt.Sprintf("the first record is a header: %d of its %d cells are columns of the contract", n, len(cells))
	}
	for _, c := range cells {
		if figures(c) || len(c) > 200 {
			return false, "no header: a cell of the first record is a number, a date or a long text"
		}
	}
	contrast, repeated := 0, 0
	for i, c := range cells {
		f, same, seen := column(body, i, c)
		if seen > 0 && f*10 >= seen*9 {
			contrast++
		}
		if c != "" && same > 0 {
			repeated++
		}
	}
	switch {
	case contrast > 0:
		return true, fmt.Sprintf("the first record is a header: below its words %d columns hold numbers or dates", contrast)
	case repeated*2 >= len(cells):
		return false, fmt.Sprintf("no header: %d cells of the first record are values further below", repeated)
	}
	return true, "the first record is taken for a header: none of its cells is a number, and most do not occur below"
}

func among(cells, expected []string) (n int) {
	known := map[string]bool{}
	for _, e := range expected {
		known[strings.ToLower(e)] = true
	}
	for _, c := range cells {
		if known[strings.ToLower(c)] {
			n++
		}
	}
	return n
}

// column counts in the body's i-th column the values that are figures, those
// equal to cell, and all that are not empty.
func column(body []record, i int, cell string) (figured, same, seen int) {
	for _, r := range body {
		if i >= len(r.cells) {
			continue
		}
		value := strings.TrimSpace(r.cells[i])
		if value == "" {
			continue
		}
		seen++
		if figures(value) {
			figured++
		}
		if value == cell {
			same++
		}
	}
	return figured, same, seen
}

// figures reports whether a text is a number, a date or a time: digits and
// the signs that stand between them.
func figures(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		} else if !strings.ContainsRune("+-./,: TZ", r) {
			return false
		}
	}
	return digits > 0
}

// name makes the columns' names unique and not empty, and says so.
func (g *Guess) name(cells []string) {
	g.Names = rows.Unique(cells)
	for i, name := range g.Names {
		if g.Header && name != cells[i] {
			g.say("column %d, headed %q, is called %s", i+1, cells[i], name)
		}
	}
}
