// Package terminal lays out what people read in a terminal: colours that mean
// something, tables that fit the screen. What comes in is text
// that is already in the reader's language; what goes out is lines on a
// writer. It decides nothing about what is said.
package terminal

import (
	"io"
	"os"
	"unicode"

	"golang.org/x/term"
)

// Screen is a writer with what is known about the eyes behind it.
type Screen struct {
	io.Writer
	Live    bool // a terminal: lines may be drawn over
	Colour  bool
	Columns int // cells in a line; 0 when nobody looks at lines
}

// New looks at a writer. env reads the environment: NO_COLOR (no-color.org)
// and TERM=dumb turn colours off, COLUMNS is a width for what is no terminal.
func New(w io.Writer, env func(string) string, noColour bool) Screen {
	s := Screen{Writer: w}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	s.Live = env("TERM") != "dumb"
	s.Colour = s.Live && env("NO_COLOR") == "" && !noColour
	s.Columns = 80
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
		s.Columns = columns
	}
	return s
}

// A Style says what a piece of text means; the colour follows from it.
type Style string

// The styles, as SGR parameters (ECMA-48, 8.3.117).
const (
	Plain  Style = ""
	Strong Style = "1"
	Quiet  Style = "2"
	Bad    Style = "31"
	Good   Style = "32"
	Warn   Style = "33"
)

// Paint marks text with a style, where the screen has colours.
func (s Screen) Paint(style Style, text string) string {
	if !s.Colour || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

// Clean makes a value from somebody's data safe to show: control characters
// and those that turn the direction of writing are replaced, so that a value
// can neither move the cursor nor disguise itself.
func Clean(text string) string {
	out := []rune(text)
	for i, r := range out {
		switch {
		case r == '\n', r == '\r', r == '\t':
			out[i] = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			out[i] = '\uFFFD'
		}
	}
	return string(out)
}

// Answers reports whether a person can answer questions at a reader.
func Answers(r io.Reader) bool {
	file, ok := r.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
