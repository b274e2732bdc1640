package contract

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
)

// Problem is one fault of a contract file: where it stands, what is wrong and
// what to do. Line and Column count from 1, Column and Width in characters.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Width   int    `json:"width"`
	Warning bool   `json:"warning,omitempty"`
	Path    string `json:"path,omitempty"` // "schema[0].properties[3].logicalType"
	Msg     string `json:"message"`
	Hint    string `json:"hint,omitempty"`

	hidden bool // its line holds what must not be shown
}

// problem makes an error at the node's place.
func (n *node) problem(hint, format string, args ...any) Problem {
	return Problem{Line: n.line, Column: n.column, Width: n.width, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// String is the first line of Render: "file:31:9: error: …".
func (p Problem) String() string {
	word := "error"
	if p.Warning {
		word = "warning"
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, word, p.Msg)
}

// maxShown is how many characters of a source line are shown.
const maxShown = 160

// Render shows the problem with its line of src, carets below the place, and
// the hint behind them.
func (p Problem) Render(src []byte) string {
	line, ok := sourceLine(src, p.Line)
	if !ok || p.hidden {
		if p.Hint == "" {
			return p.String() + "\n"
		}
		return p.String() + "\n      " + p.Hint + "\n"
	}
	shown, before, marked := excerpt([]rune(line), p.Column-1, p.Width)
	mark := strings.Repeat(" ", before) + strings.Repeat("^", marked)
	if p.Hint != "" {
		mark += " " + p.Hint
	}
	return fmt.Sprintf("%s\n%5d │ %s\n%5s │ %s\n", p, p.Line, shown, "", mark)
}

// sourceLine is line number n as the reader of YAML counted it.
func sourceLine(src []byte, n int) (string, bool) {
	text := strings.TrimPrefix(string(src), "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for i := 1; ; i++ {
		line, rest, more := strings.Cut(text, "\n")
		if i == n {
			return strings.ToValidUTF8(line, "\ufffd"), n > 0
		}
		if !more {
			return "", false
		}
		text = rest
	}
}

// excerpt is the part of a line around characters [at, at+width), made safe
// for a terminal, with the columns before the mark and of the mark itself.
func excerpt(line []rune, at, width int) (shown string, before, marked int) {
	at = min(max(at, 0), len(line))
	end := min(at+max(width, 1), len(line))
	var b strings.Builder
	start := 0
	if at > maxShown*3/4 {
		start = at - maxShown/2
		b.WriteRune('…')
		before = 1
	}
	for i := start; i < len(line); i++ {
		if i-start > maxShown {
			b.WriteRune('…')
			break
		}
		cell, columns := display(line[i])
		b.WriteString(cell)
		switch {
		case i < at:
			before += columns
		case i < end:
			marked += columns
		}
	}
	return b.String(), before, max(marked, 1)
}

// display is a character as it is shown and the terminal columns it takes:
// none for combining marks, two for East Asian wide ones (UAX #11).
func display(c rune) (string, int) {
	switch {
	case c == '\t':
		return "    ", 4
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		if unicode.Is(unicode.Bidi_Control, c) {
			return "", 0
		}
		return string(c), 0
	case unicode.IsControl(c):
		return "\ufffd", 1
	case isWide(c):
		return string(c), 2
	}
	return string(c), 1
}

var wideRanges = [][2]rune{
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
}

func isWide(c rune) bool {
	for _, r := range wideRanges {
		if c >= r[0] && c <= r[1] {
			return true
		}
	}
	return false
}

// Problems are the faults of one or more contract files.
type Problems []Problem

// Error lists the problems, one a line, without source.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
		if p.Hint != "" {
			lines[i] += " (" + p.Hint + ")"
		}
	}
	return strings.Join(lines, "\n")
}

// Errors is the problems without the warnings.
func (ps Problems) Errors() Problems {
	var errs Problems
	for _, p := range ps {
		if !p.Warning {
			errs = append(errs, p)
		}
	}
	return errs
}

// Warnings is the problems that do not stop a contract from being used.
func (ps Problems) Warnings() Problems {
	var all Problems
	for _, p := range ps {
		if p.Warning {
			all = append(all, p)
		}
	}
	return all
}

// sorted names the file in each problem and orders them by place. A line that
// one problem hides is hidden for all.
func (ps Problems) sorted(file string) Problems {
	hidden := map[int]bool{}
	for _, p := range ps {
		hidden[p.Line] = hidden[p.Line] || p.hidden
	}
	for i := range ps {
		ps[i].File, ps[i].hidden = file, hidden[ps[i].Line]
	}
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return ps
}
