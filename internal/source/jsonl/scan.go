// Package jsonl reads JSON objects, one a line or as the elements of one
// array, into columns. What comes in is UTF-8 text in pieces of any size;
// what goes out is rows in a rows.Builder: strings without their escapes,
// numbers exactly as they are written, nested values as JSON text. A line
// that is no JSON object becomes a row with the reason and its own text.
package jsonl

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

type kind uint8

const (
	null    kind = iota
	literal      // a number, true or false: as it stands
	plain        // a string without escapes; the quotes are left out
	escaped      // a string with escapes; the quotes are in
	nested       // an object or an array
)

// member is one member of an object: spans of the text.
type member struct {
	key     []byte // without quotes; where escaped is true, with quotes and escapes
	escaped bool
	value   []byte
	kind    kind
}

// object cuts the members out of the one JSON object that text is, and
// appends them to into. The fault says what is wrong, without quoting the
// text, and is empty when nothing is.
func object(text []byte, into []member) (out []member, fault string) {
	i := space(text, 0)
	if i == len(text) || text[i] != '{' {
		return into, "not a JSON object"
	}
	i = space(text, i+1)
	if i < len(text) && text[i] == '}' {
		return into, trailing(text, i+1)
	}
	for {
		m, after, fault := oneMember(text, i)
		if fault != "" {
			return into, fault
		}
		into = append(into, m)
		if after = space(text, after); after == len(text) {
			return into, "invalid JSON: the object does not end"
		}
		switch text[after] {
		case '}':
			return into, trailing(text, after+1)
		case ',':
			i = space(text, after+1)
		default:
			return into, "invalid JSON: a comma is missing between members"
		}
	}
}

func trailing(text []byte, i int) string {
	if space(text, i) < len(text) {
		return "invalid JSON: more text behind the object"
	}
	return ""
}

// oneMember reads "key": value from i on.
func oneMember(text []byte, i int) (m member, after int, fault string) {
	if i == len(text) || text[i] != '"' {
		return m, i, "invalid JSON: a member has no name in quotes"
	}
	end, simple := str(text, i)
	if end < 0 {
		return m, i, "invalid JSON: a member's name does not end"
	}
	if m.key = text[i+1 : end-1]; !simple {
		m.key, m.escaped = text[i:end], true
	}
	i = space(text, end)
	if i == len(text) || text[i] != ':' {
		return m, i, "invalid JSON: a colon is missing behind a name"
	}
	i = space(text, i+1)
	m.value, m.kind, after = value(text, i)
	if after < 0 {
		return m, i, "invalid JSON: a value is malformed"
	}
	return m, after, ""
}

// value finds the value that begins at i; after is negative when it is none.
func value(text []byte, i int) (v []byte, k kind, after int) {
	if i == len(text) {
		return nil, null, -1
	}
	switch c := text[i]; c {
	case '"':
		end, simple := str(text, i)
		switch {
		case end < 0:
			return nil, null, -1
		case simple:
			return text[i+1 : end-1], plain, end
		}
		return text[i:end], escaped, end
	case '{', '[':
		end := balanced(text, i)
		if end < 0 || !jsontext.Value(text[i:end]).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return nil, null, -1
		}
		return text[i:end], nested, end
	case 't':
		return word(text, i, "true", literal)
	case 'f':
		return word(text, i, "false", literal)
	case 'n':
		return word(text, i, "null", null)
	}
	end := number(text, i)
	if end < 0 {
		return nil, null, -1
	}
	return text[i:end], literal, end
}

func word(text []byte, i int, want string, k kind) (v []byte, _ kind, after int) {
	if end := i + len(want); end <= len(text) && string(text[i:end]) == want {
		return text[i:end], k, end
	}
	return nil, k, -1
}

// space is the first position at or after i that is no JSON white space.
func space(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// str is where the string that begins at i ends, and whether it has no
// escape; negative when it does not end, or holds a control character or an
// escape that is none. Eight bytes are looked at together.
func str(text []byte, i int) (end int, simple bool) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	simple = true
	for i++; i < len(text); {
		if i+8 <= len(text) {
			w := binary.LittleEndian.Uint64(text[i:])
			quote, slash := w^(low*'"'), w^(low*'\\')
			hit := ((quote-low)&^quote | (slash-low)&^slash | (w-low*0x20)&^w) & high
			if hit == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(hit) >> 3
		}
		switch c := text[i]; {
		case c == '"':
			return i + 1, simple
		case c == '\\':
			simple = false
			size := escape(text[i:])
			if size == 0 {
				return -1, false
			}
			i += size
		case c < 0x20:
			return -1, false
		default:
			i++
		}
	}
	return -1, false
}

// escape is the length of the escape sequence that text begins with; 0 when
// it is none (RFC 8259, section 7).
func escape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if i >= len(text) || strings.IndexByte("0123456789abcdefABCDEF", text[i]) < 0 {
				return 0
			}
		}
		return 6
	}
	return 0
}

// number is where the number that begins at i ends (RFC 8259, section 6);
// negative when none does.
func number(text []byte, i int) int {
	if i < len(text) && text[i] == '-' {
		i++
	}
	start := i
	if i = digits(text, i); i == start || text[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(text) && text[i] == '.' {
		fraction := i + 1
		if i = digits(text, fraction); i == fraction {
			return -1
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		exponent := i
		if i = digits(text, exponent); i == exponent {
			return -1
		}
	}
	return i
}

func digits(text []byte, i int) int {
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return i
}

// balanced is where the object or array that begins at i ends, by its
// brackets alone; negative when it does not.
func balanced(text []byte, i int) int {
	for depth := 0; i < len(text); {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			end := quoted(text, i)
			if end < 0 {
				return -1
			}
			i = end
			continue
		}
		i++
	}
	return -1
}

// quoted is where the string that begins at i ends, whatever it holds.
func quoted(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// compact appends nested JSON without the white space between its tokens;
// strings and numbers stay as they are written. The text must be valid.
func compact(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
			i++
		case '"':
			end, _ := str(text, i)
			dst = append(dst, text[i:end]...)
			i = end
		default:
			dst = append(dst, text[i])
			i++
		}
	}
	return dst
}
