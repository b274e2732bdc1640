package xlsx

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/sen-hub/sen"
)

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// unescape appends the text that XML writes so: references are resolved and
// line ends are "\n" (XML 1.0, sections 2.11 and 4.6).
func unescape(dst, text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return append(dst, text...), nil
	}
	for {
		i := bytes.IndexAny(text, "&\r")
		if i < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:i]...)
		if text[i] == '\r' {
			if i+1 == len(text) || text[i+1] != '\n' {
				dst = append(dst, '\n')
			}
			text = text[i+1:]
			continue
		}
		end := bytes.IndexByte(text[i:min(len(text), i+12)], ';')
		if end < 0 {
			return dst, sen.Errorf(sen.Corrupt, "the XML has a reference that does not end")
		}
		var known bool
		if dst, known = reference(dst, string(text[i+1:i+end])); !known {
			return dst, sen.Errorf(sen.Corrupt, "the XML has a reference to something that it does not define")
		}
		text = text[i+end+1:]
	}
}

func reference(dst []byte, name string) ([]byte, bool) {
	if text, known := entities[name]; known {
		return append(dst, text...), true
	}
	if len(name) < 2 || name[0] != '#' {
		return dst, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || n >= 0xD800 && n < 0xE000 {
		return dst, false
	}
	return utf8.AppendRune(dst, rune(n)), true
}

// restore puts characters in the place of _xHHHH_, as which a workbook writes
// those that XML cannot hold (ECMA-376 part 1, 22.9.2.19, ST_Xstring). It
// works in place: the text becomes no longer.
func restore(text []byte) []byte {
	from := bytes.Index(text, []byte("_x"))
	if from < 0 {
		return text
	}
	out := text[:from]
	for i := from; i < len(text); {
		if r, ok := hidden(text[i:]); ok {
			out = utf8.AppendRune(out, r)
			i += len("_xHHHH_")
			continue
		}
		out = append(out, text[i])
		i++
	}
	return out
}

// hidden is the character that text begins with in the form _xHHHH_.
func hidden(text []byte) (rune, bool) {
	if len(text) < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}
