package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sen-hub/sen"
)

// FuzzTheScannerAgreesWithTheStandardLibrary holds elements, attributes and
// texts against encoding/xml wherever that accepts a document and puts no
// U+FFFD in the place of half a surrogate pair.
func FuzzTheScannerAgreesWithTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{`<a b="1" c='>'>x&amp;y<d/><!-- <z> --><![CDATA[<&]]></a>`, "<?xml version=\"1.0\"?>\n<x:a x:b=\"&#7871;\">\r\n</x:a>", `<a><b></a>`, `<a`, `<a b=c/>`, `<a>&lt;&#x41;</a>`, "<a>ế</a >", "<a/><!---->"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, ok := standard(text)
		got, err := ours(iotest.OneByteReader(strings.NewReader(text)))
		again, err2 := ours(strings.NewReader(text))
		if got != again || (err == nil) != (err2 == nil) {
			t.Fatalf("in pieces %q, %v, in one %q, %v", got, err, again, err2)
		}
		if !ok || strings.Contains(want, "\ufffd") || strings.Contains(text, "<!") && !strings.Contains(text, "<!-") && !strings.Contains(text, "<![") {
			return
		}
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	})
}

func ours(r io.Reader) (string, error) {
	var out strings.Builder
	for s := newScanner(r); ; {
		found, err := s.next()
		switch {
		case err != nil:
			return out.String(), err
		case found == ended:
			return out.String(), nil
		case found == opened:
			out.WriteString("<" + string(s.name))
			for _, a := range s.attrs {
				value, err := unescape(nil, a.value)
				if err != nil {
					return out.String(), err
				}
				out.WriteString(" " + string(a.name) + "=" + string(value))
			}
		case found == closed:
			out.WriteString(">")
		case s.plain:
			out.Write(bytes.ReplaceAll(s.text, []byte("\r"), nil))
		default:
			text, err := unescape(nil, s.text)
			if err != nil {
				return out.String(), err
			}
			out.Write(text)
		}
	}
}

// standard is the same by encoding/xml; false where the document is not one
// that both are meant to read alike.
func standard(text string) (string, bool) {
	if strings.Contains(text, "xmlns") || strings.Contains(text, "<!D") || strings.Contains(text, "\r") || strings.Contains(text, "encoding") {
		return "", false
	}
	var out strings.Builder
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out.String(), balanced(text)
		}
		if err != nil {
			return "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			if strings.Contains(token.Name.Local, ":") {
				return "", false // a name that is no name: it has no prefix or nothing behind it
			}
			out.WriteString("<" + token.Name.Local)
			for _, a := range token.Attr {
				if strings.Contains(a.Name.Local, ":") {
					return "", false
				}
				out.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
		case xml.EndElement:
			out.WriteString(">")
		case xml.CharData:
			out.Write(token)
		case xml.Directive:
			return "", false
		}
	}
}

// balanced: the document is whole, and no deeper than a workbook's parts are.
func balanced(text string) bool {
	depth, deepest := 0, 0
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return errors.Is(err, io.EOF) && deepest <= maxDepth
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
			deepest = max(deepest, depth)
		case xml.EndElement:
			depth--
		}
	}
}

// FuzzReadAnyWorkbook reads workbooks of any parts: rows and cells come in
// order and within a sheet's bounds, or there is one of our errors.
func FuzzReadAnyWorkbook(f *testing.F) {
	f.Add(`<worksheet><dimension ref="A1:B2"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45292.5</v></c></row><row r="3"><c t="b"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`,
		`<sst><si><t>x</t></si></sst>`, `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf/><xf numFmtId="164"/></cellXfs></styleSheet>`)
	f.Add(`<worksheet><sheetData><row><c t="inlineStr"><is><r><t>a</t></r></is></c><c t="e"><v>#N/A</v></c><c><f>A1</f></c></row></sheetData></worksheet>`, `<sst/>`, `<styleSheet/>`)
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		content := book(t, oneSheet(sheet, shared, styles))
		b, err := Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			known(t, err)
			return
		}
		if _, err := b.Merged("S", 10); err != nil {
			known(t, err)
		}
		r, err := b.Rows("S")
		if err != nil {
			known(t, err)
			return
		}
		defer r.Close()
		last := 0
		for r.Next() {
			if r.Number() <= last || r.Number() > MaxRows || len(r.Values()) == 0 {
				t.Fatalf("row %d follows %d with %d cells", r.Number(), last, len(r.Values()))
			}
			last = r.Number()
			before := -1
			for _, v := range r.Values() {
				if v.Column <= before || v.Column >= MaxColumns || v.Kind == Blank {
					t.Fatalf("cell %d follows %d", v.Column, before)
				}
				before = v.Column
			}
		}
		if r.Err() != nil {
			known(t, r.Err())
		}
	})
}

// FuzzReadAnyBytes reads a workbook with some of its bytes changed.
func FuzzReadAnyBytes(f *testing.F) {
	var out bytes.Buffer
	if err := Write(&out, []Sheet{{Name: "a", Rows: [][]Cell{{{Text, "x"}, {Number, "1"}}}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := read(content); err != nil {
			known(t, err)
		}
	})
}

func known(t *testing.T, err error) {
	t.Helper()
	if k := sen.KindOf(err); k != sen.Corrupt && k != sen.Invalid {
		t.Errorf("got %v of kind %v", err, k)
	}
}
