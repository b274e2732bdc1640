package xlsx

import (
	"bytes"
	"errors"
	"io"

	"github.com/sen-hub/sen"
)

// token is what a scanner found.
type token uint8

const (
	opened token = iota + 1
	closed
	characters
	ended
)

const (
	firstWindow = 64 << 10
	maxToken    = 8 << 20 // bytes of one tag or one run of text
	maxDepth    = 64
)

// scanner tells the tags and the text of one XML part from each other, in a
// window that slides over it. Names are without their prefix. What it hands
// out lies in the window and is good until the next call.
//
// It knows no document type: a part that declares one is refused, so that no
// entity is defined and nothing outside is asked for.
type scanner struct {
	r       io.Reader
	window  []byte
	at, end int // window[at:end] is not looked at yet
	eof     bool

	name   []byte
	tagged []byte // name with its prefix, of the element opened last
	attrs  []attribute
	text   []byte // as it is written; see unescape
	plain  bool   // text is CDATA: nothing in it is escaped
	empty  bool   // the element just opened is closed by the same tag
	depth  int
}

type attribute struct{ name, value []byte }

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, window: make([]byte, firstWindow)}
}

// errMore is for the scanner alone: the part has no more bytes.
var errMore = errors.New("no more bytes")

// next finds the next token; comments and instructions are passed over.
func (s *scanner) next() (token, error) {
	if s.empty {
		s.empty = false
		s.depth--
		return closed, nil
	}
	for {
		if s.at == s.end {
			if err := s.fill(); err != nil {
				return s.last(err)
			}
		}
		if s.window[s.at] != '<' {
			return s.characters()
		}
		if found, err := s.markup(); err != nil {
			return 0, s.cut(err)
		} else if found != 0 {
			return found, nil
		}
	}
}

// last is what the end of the bytes means: the end, where nothing is open.
func (s *scanner) last(err error) (token, error) {
	if errors.Is(err, errMore) && s.depth == 0 {
		return ended, nil
	}
	return 0, s.cut(err)
}

func (s *scanner) cut(err error) error {
	if errors.Is(err, errMore) {
		return sen.Errorf(sen.Corrupt, "the XML ends in its middle")
	}
	return err
}

func (s *scanner) characters() (token, error) {
	n, err := s.find("<", 0)
	if errors.Is(err, errMore) {
		n, err = s.end-s.at, nil
	}
	if err != nil {
		return 0, err
	}
	s.text, s.plain = s.window[s.at:s.at+n], false
	s.at += n
	return characters, nil
}

// markup reads what begins with "<"; 0 is what says nothing.
func (s *scanner) markup() (token, error) {
	if err := s.have(2); err != nil {
		return 0, err
	}
	switch s.window[s.at+1] {
	case '?':
		return 0, s.pass(2, "?>")
	case '!':
		return s.declaration()
	case '/':
		return s.closing()
	}
	return s.opening()
}

func (s *scanner) declaration() (token, error) {
	if err := s.have(4); err != nil {
		return 0, err
	}
	if string(s.window[s.at:s.at+4]) == "<!--" {
		return 0, s.pass(4, "-->")
	}
	const begin = "<![CDATA["
	if err := s.have(len(begin)); err != nil {
		return 0, err
	}
	if string(s.window[s.at:s.at+len(begin)]) != begin {
		return 0, sen.Errorf(sen.Invalid, "the XML declares a document type, which no workbook needs").
			WithHint("open the workbook in a spreadsheet program and save it again")
	}
	n, err := s.find("]]>", len(begin))
	if err != nil {
		return 0, err
	}
	s.text, s.plain = s.window[s.at+len(begin):s.at+n], true
	s.at += n + 3
	return characters, nil
}

func (s *scanner) closing() (token, error) {
	n, err := s.find(">", 2)
	if err != nil {
		return 0, err
	}
	s.name = local(trimRight(s.window[s.at+2 : s.at+n]))
	s.at += n + 1
	if s.depth--; s.depth < 0 {
		return 0, sen.Errorf(sen.Corrupt, "the XML closes what it has not opened")
	}
	return closed, nil
}

func (s *scanner) opening() (token, error) {
	n, err := s.tagEnd()
	if err != nil {
		return 0, err
	}
	tag := s.window[s.at+1 : s.at+n]
	s.at += n + 1
	if s.empty = len(tag) > 0 && tag[len(tag)-1] == '/'; s.empty {
		tag = tag[:len(tag)-1]
	}
	if s.depth++; s.depth > maxDepth {
		return 0, sen.Errorf(sen.Corrupt, "the XML is nested more than %d deep", maxDepth)
	}
	return opened, s.tag(tag)
}

// tagEnd is where the ">" of the tag at hand stands, which in quotes is none.
func (s *scanner) tagEnd() (int, error) {
	quote := byte(0)
	for i := 1; ; i++ {
		if s.at+i >= s.end {
			if err := s.fill(); err != nil {
				return 0, err
			}
		}
		switch c := s.window[s.at+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i, nil
		}
	}
}

// tag takes a tag apart; declarations of namespaces are left out, so that the
// prefix r is not taken for the attribute r.
func (s *scanner) tag(tag []byte) error {
	n := 0
	for n < len(tag) && !blank(tag[n]) {
		n++
	}
	s.tagged, s.name, s.attrs = tag[:n], local(tag[:n]), s.attrs[:0]
	for tag = trimLeft(tag[n:]); len(tag) > 0; tag = trimLeft(tag) {
		equals := bytes.IndexByte(tag, '=')
		if equals < 0 {
			return sen.Errorf(sen.Corrupt, "the XML has an attribute without a value")
		}
		name, rest := trimRight(tag[:equals]), trimLeft(tag[equals+1:])
		if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
			return sen.Errorf(sen.Corrupt, "the XML has an attribute that is not quoted")
		}
		close := bytes.IndexByte(rest[1:], rest[0])
		if close < 0 {
			return sen.Errorf(sen.Corrupt, "the XML has an attribute that does not end")
		}
		if !bytes.HasPrefix(name, []byte("xmlns")) {
			s.attrs = append(s.attrs, attribute{local(name), rest[1 : 1+close]})
		}
		tag = rest[close+2:]
	}
	return nil
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func trimLeft(text []byte) []byte {
	for len(text) > 0 && blank(text[0]) {
		text = text[1:]
	}
	return text
}

func trimRight(text []byte) []byte {
	for len(text) > 0 && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// attr is an attribute of the element just opened, as it is written; nil when
// there is none.
func (s *scanner) attr(name string) []byte {
	for i := range s.attrs {
		if string(s.attrs[i].name) == name {
			return s.attrs[i].value
		}
	}
	return nil
}

// attrText is an attribute as text.
func (s *scanner) attrText(name string) string {
	text, err := unescape(nil, s.attr(name))
	if err != nil {
		return ""
	}
	return string(text)
}

// skip passes over the rest of the element just opened.
func (s *scanner) skip() error {
	for outside := s.depth - 1; ; {
		found, err := s.next()
		if err != nil {
			return err
		}
		if found == closed && s.depth == outside {
			return nil
		}
	}
}

// drain passes over the rest of the part.
func (s *scanner) drain() error {
	for {
		if found, err := s.next(); err != nil || found == ended {
			return err
		}
	}
}

// seek passes over everything before a mark, which is not looked at.
func (s *scanner) seek(mark string) error {
	for {
		if i := bytes.Index(s.window[s.at:s.end], []byte(mark)); i >= 0 {
			s.at += i
			return nil
		}
		s.at = max(s.at, s.end-len(mark)+1)
		if err := s.fill(); err != nil {
			return s.cut(err)
		}
	}
}

// pass goes behind the next mark, however far that is, which is not within
// the next n bytes.
func (s *scanner) pass(n int, mark string) error {
	s.at += n
	if err := s.seek(mark); err != nil {
		return err
	}
	s.at += len(mark)
	return nil
}

// find is where a mark stands, seen from s.at, not before from.
func (s *scanner) find(mark string, from int) (int, error) {
	for {
		if s.at+from <= s.end {
			if i := index(s.window[s.at+from:s.end], mark); i >= 0 {
				return from + i, nil
			}
			from = max(from, s.end-s.at-len(mark)+1)
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// index is bytes.Index, faster for the marks of one byte, which most are.
func index(text []byte, mark string) int {
	if len(mark) == 1 {
		return bytes.IndexByte(text, mark[0])
	}
	return bytes.Index(text, []byte(mark))
}

// have makes sure of the next n bytes.
func (s *scanner) have(n int) error {
	for s.end-s.at < n {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads more behind what is in the window.
func (s *scanner) fill() error {
	if s.eof {
		return errMore
	}
	if s.at > 0 {
		copy(s.window, s.window[s.at:s.end])
		s.at, s.end = 0, s.end-s.at
	}
	if s.end == len(s.window) {
		if s.end >= maxToken {
			return sen.Errorf(sen.Invalid, "one value of the XML is longer than %d bytes", maxToken)
		}
		larger := make([]byte, 2*len(s.window))
		copy(larger, s.window)
		s.window = larger
	}
	for tries := 0; tries < 100; tries++ {
		n, err := s.r.Read(s.window[s.end:])
		s.end += n
		s.eof = errors.Is(err, io.EOF)
		switch {
		case n > 0 && (err == nil || s.eof):
			return nil
		case s.eof:
			return errMore
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}
