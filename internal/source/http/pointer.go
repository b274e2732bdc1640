package http

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sen-hub/sen"
)

// pointer names a place in a JSON text (JSON Pointer, RFC 6901): its
// reference tokens, unescaped. None is the whole text.
type pointer []string

// parsePointer reads a pointer's text: "" or tokens that each begin with "/",
// in which ~1 stands for "/" and ~0 for "~" (section 3).
func parsePointer(text string) (pointer, error) {
	if text == "" {
		return pointer{}, nil
	}
	if text[0] != '/' {
		return nil, sen.Errorf(sen.Invalid, "%q is not a JSON pointer: it does not begin with /", text).
			WithHint("write it like /data/items (RFC 6901); leave it empty for the whole answer")
	}
	tokens := strings.Split(text[1:], "/")
	for i, t := range tokens {
		for at := strings.IndexByte(t, '~'); at >= 0; {
			if at+1 == len(t) || t[at+1] != '0' && t[at+1] != '1' {
				return nil, sen.Errorf(sen.Invalid, "%q is not a JSON pointer: ~ stands alone", text).WithHint("write ~0 for ~ and ~1 for /")
			}
			next := strings.IndexByte(t[at+2:], '~')
			if next < 0 {
				break
			}
			at += 2 + next
		}
		tokens[i] = unescaper.Replace(t)
	}
	return tokens, nil
}

var (
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
)

func (p pointer) String() string {
	var b strings.Builder
	for _, t := range p {
		b.WriteString("/" + escaper.Replace(t))
	}
	return b.String()
}

// found is the value that a pointer names: text[start:end].
type found struct {
	start, end int
	kind       jsontext.Kind // 0: there is none
	elements   int           // of an array
}

// locate finds the values of pointers in one pass over a JSON text, which is
// checked on the way: it must be one JSON value and nothing else. A name on
// the way to a value must not stand twice (RFC 8259, section 4, leaves open
// which one counts); elsewhere names may, and bytes that are no UTF-8 too:
// that is for the rows' parser. Errors: Corrupt; they quote nothing.
func locate(text []byte, pointers []pointer) ([]found, error) {
	l := &locating{
		pointers: pointers, found: make([]found, len(pointers)),
		in: jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
	}
	all := make([]int, len(pointers))
	for i := range all {
		all[i] = i
	}
	err := l.value(0, all)
	if err == nil {
		if _, err = l.in.ReadToken(); errors.Is(err, io.EOF) {
			return l.found, nil
		}
	}
	var known *sen.Error
	switch {
	case errors.As(err, &known):
		return nil, err
	case len(bytes.TrimSpace(text)) == 0:
		return nil, sen.Errorf(sen.Corrupt, "the answer is empty where JSON was expected")
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return nil, sen.Errorf(sen.Corrupt, "the answer's JSON ends before it is whole").WithHint("the server or a proxy cut it off; try again, or ask for smaller pages")
	}
	return nil, sen.Errorf(sen.Corrupt, "the answer is not one JSON value: see byte %d", l.in.InputOffset())
}

type locating struct {
	in       *jsontext.Decoder
	pointers []pointer
	found    []found
}

// value passes the next value. active are the pointers that lead to it or
// into it; depth is how many of their tokens have been followed.
func (l *locating) value(depth int, active []int) error {
	var here, deeper []int
	for _, i := range active {
		if len(l.pointers[i]) == depth {
			here = append(here, i)
		} else {
			deeper = append(deeper, i)
		}
	}
	f := found{kind: l.in.PeekKind()}
	var err error
	switch {
	case f.kind == '[':
		f, err = l.array(depth, deeper)
	case f.kind == '{' && len(deeper) > 0:
		f, err = l.object(depth, deeper)
	default:
		var v jsontext.Value
		v, err = l.in.ReadValue()
		f.end = int(l.in.InputOffset())
		f.start = f.end - len(v)
	}
	for _, i := range here {
		l.found[i] = f
	}
	return err
}

func (l *locating) object(depth int, deeper []int) (f found, err error) {
	if _, err = l.in.ReadToken(); err != nil {
		return f, err
	}
	f = found{start: int(l.in.InputOffset()) - 1, kind: '{'}
	var seen []string
	for l.in.PeekKind() == '"' {
		t, err := l.in.ReadToken()
		if err != nil {
			return f, err
		}
		name := t.String()
		inside := l.follow(deeper, depth, name)
		if len(inside) == 0 {
			if err := l.in.SkipValue(); err != nil {
				return f, err
			}
			continue
		}
		if slices.Contains(seen, name) {
			return f, sen.Errorf(sen.Corrupt, "the answer has two values at %s", l.pointers[inside[0]][:depth+1]).
				WithHint("which one counts cannot be known; the API's owner must mend this")
		}
		seen = append(seen, name)
		if err := l.value(depth+1, inside); err != nil {
			return f, err
		}
	}
	_, err = l.in.ReadToken()
	f.end = int(l.in.InputOffset())
	return f, err
}

func (l *locating) array(depth int, deeper []int) (f found, err error) {
	if _, err = l.in.ReadToken(); err != nil {
		return f, err
	}
	f = found{start: int(l.in.InputOffset()) - 1, kind: '['}
	for {
		switch l.in.PeekKind() {
		case ']', 0:
			_, err = l.in.ReadToken()
			f.end = int(l.in.InputOffset())
			return f, err
		}
		if inside := l.follow(deeper, depth, strconv.Itoa(f.elements)); len(inside) > 0 {
			err = l.value(depth+1, inside)
		} else {
			err = l.in.SkipValue()
		}
		if err != nil {
			return f, err
		}
		f.elements++
	}
}

// follow are the pointers whose next token is this name.
func (l *locating) follow(deeper []int, depth int, name string) (inside []int) {
	for _, i := range deeper {
		if l.pointers[i][depth] == name {
			inside = append(inside, i)
		}
	}
	return inside
}
