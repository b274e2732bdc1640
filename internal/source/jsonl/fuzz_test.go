package jsonl

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sen-hub/sen/internal/source/rows"
	"github.com/sen-hub/sen/internal/source/rows/rowstest"
)

const absent = rowstest.Null

// parse reads a text in pieces of a size, a few rows a call.
func parse(text []byte, layout Layout, piece, maxBytes, maxRows int) rowstest.Parsed {
	names := []string{"a", "b", "tên"}
	return rowstest.Parse(NewParser(names, Options{Layout: layout, FieldLimit: 1 << 20, Line: 1}), names, text, piece, maxBytes, maxRows)
}

// complaint is an error's text, or "".
func complaint(p rowstest.Parsed) string {
	if p.Err == nil {
		return ""
	}
	return p.Err.Error()
}

func TestObjectsComeAsTheyStand(t *testing.T) {
	for _, c := range []struct{ about, text, want string }{
		{"strings", `{"a":"x","b":"ế\n\"\u1ebf","tên":""}`, "x|ế\n\"ế||0|1|·|·"},
		{"numbers keep their text", `{"a": 1.0, "b": -1E+05, "tên": 12345678901234567890.123}`, "1.0|-1E+05|12345678901234567890.123|0|1|·|·"},
		{"words", `{"a":true,"b":false,"tên":null}`, "true|false|·|0|1|·|·"},
		{"nested stays JSON", `{"a": {"x": [1, "b c", {}], "x": 1.50}, "b": [ ]}`, `{"x":[1,"b c",{}],"x":1.50}|[]|·|0|1|·|·`},
		{"another order", `{"tên":"z","a":"x"}`, "x|·|z|0|1|·|·"},
		{"escaped names", `{"t\u00ean":"z"}`, "·|·|z|0|1|·|·"},
		{"a name that is no column", `{"a":"x","new":1}`, `x|·|·|0|1|·|{"a":"x","new":1}`},
		{"two values", `{"a":"x","a":"y"}`, `x|·|·|0|1|two values in column a|{"a":"x","a":"y"}`},
		{"no object", "[1]\n{\"a\":\"x\"}", "·|·|·|0|1|not a JSON object|[1]\nx|·|·|1|2|·|·"},
		{"cut off", `{"a":"x`, `·|·|·|0|1|invalid JSON: a value is malformed|{"a":"x`},
		{"more behind", `{"a":"x"}}`, `·|·|·|0|1|invalid JSON: more text behind the object|{"a":"x"}}`},
		{"bad number", `{"a":01}`, `·|·|·|0|1|invalid JSON: a value is malformed|{"a":01}`},
		{"bad nested", `{"a":[1,]}`, `·|·|·|0|1|invalid JSON: a value is malformed|{"a":[1,]}`},
		{"NUL by escape", `{"a":"x\u0000y"}`, "x\uf700y|·|·|0|1|NUL byte in column a|{\"a\":\"x\\u0000y\"}"},
		{"half a surrogate pair", `{"a":"\ud800"}`, `\ud800|·|·|0|1|a string with an invalid escape in column a|{"a":"\ud800"}`},
		{"a byte that is no text", "{\"a\":\"x\xffy\"}", "x\uf7ffy|·|·|0|1|undecodable byte 0xFF in column a|{\"a\":\"x\uf7ffy\"}"},
		{"blank lines and CRLF", "\r\n{\"a\":1}\r\n \n{\"a\":2}\r\n", "1|·|·|0|2|·|·\n2|·|·|1|4|·|·"},
	} {
		p := parse([]byte(c.text), Lines, 1<<20, 1<<20, 1<<20)
		var got []string
		for _, row := range p.Rows {
			got = append(got, strings.ReplaceAll(strings.Join(row, "|"), absent, "·"))
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.about, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestAnArrayIsReadElementByElement(t *testing.T) {
	for _, c := range []struct {
		text string
		rows int
		err  string
	}{
		{"{\"a\":1},\n{\"a\":2}\n]\n", 2, ""},
		{"]", 0, ""},
		{`{"a":1}, 7, {"a":[2]}]`, 3, ""},
		{`{"a":1},`, 1, "line 1: an element is missing behind a comma"},
		{"{\"a\":1}\n", 1, "line 2: the file ends before its array does"},
		{`{"a":1},{"a":`, 1, "line 1: the file ends within an object"},
		{`{"a":1} {"a":2}]`, 1, "line 1: a comma is missing between the array's elements"},
		{"{\"a\":1}]\n\nx", 1, "line 3: more text behind the array"},
	} {
		for _, piece := range []int{1, 3, 100} {
			p := parse([]byte(c.text), Array, piece, 100, 100)
			if len(p.Rows) != c.rows || complaint(p) != c.err {
				t.Errorf("%q: %d rows, %q; want %d, %q", c.text, len(p.Rows), complaint(p), c.rows, c.err)
			}
		}
	}
}

func TestSniffingFindsLayoutAndNames(t *testing.T) {
	for _, c := range []struct {
		text   string
		layout Layout
		names  []string
		start  int
	}{
		{"{\"a\":1,\"c\":2}\n{\"a\":1,\"b\":3,\"c\":2}\n", Lines, []string{"a", "b", "c"}, 0},
		{" [ {\"a\":1} ]", Array, []string{"a"}, 2},
		{"{\n\"a\":1\n}\n{\n\"b\":1\n}\n", Values, []string{"a", "b"}, 0},
		{"{\"a\":1}\nnonsense\n{\"b\":2}\n", Lines, []string{"a", "b"}, 0},
		{"", Lines, nil, 0},
	} {
		g := Sniff([]byte(c.text), true)
		if g.Layout != c.layout || g.Start != c.start || !reflect.DeepEqual(g.Names, c.names) {
			t.Errorf("%q: got %+v", c.text, g)
		}
	}
}

// Whatever the text: rows and errors do not depend on how it is cut; a line
// has a fault just where it is no JSON object by the library's judgement; and
// values are what the standard library reads.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x","b":[1,{"c":"d e"}]}`, "{\"a\":1}\n{\"b\":\"\\u1ebf\"}\n", `{"a":"\ud83d\ude00","a":2}`, "{\"a\":\"\xff\x00\"}", `{"a":-0.5e-3 , "tên" : null }`,
		`{"a":1},{"b":2}]`, "{\n\"a\":1}\n\n[2]", `{"a":"x\`, `{"q":1,"q":2}`, "7,\n",
	} {
		f.Add([]byte(seed), uint8(4), uint8(0), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, piece, layout, step uint8) {
		l := Layout(layout % 3)
		whole := parse(text, l, len(text)+1, len(text)+1, len(text)+1)
		parts := parse(text, l, 1+int(piece), 1+int(step), 1+int(step)%3)
		if !reflect.DeepEqual(whole.Rows, parts.Rows) || whole.Taken() != parts.Taken() || complaint(whole) != complaint(parts) {
			t.Errorf("whole %+q, %d, %s\nparts %+q, %d, %s", whole.Rows, whole.Taken(), complaint(whole), parts.Rows, parts.Taken(), complaint(parts))
		}
		if complaint(whole) == "" && whole.Taken() != len(text) {
			t.Errorf("%d of %d bytes were taken", whole.Taken(), len(text))
		}
		for _, row := range whole.Rows {
			for _, cell := range row {
				if cell != absent && !rows.Sound([]byte(cell), false) {
					t.Errorf("%q is no text", cell)
				}
			}
		}
		if l == Lines {
			agrees(t, text, whole)
		}
	})
}

// agrees compares each line with what the libraries make of it.
func agrees(t *testing.T, text []byte, p rowstest.Parsed) {
	n := 0
	for _, line := range strings.Split(string(text), "\n") {
		if strings.TrimLeft(line, " \t\r") == "" {
			continue
		}
		row := p.Rows[n]
		n++
		if !rows.Sound([]byte(line), false) {
			continue
		}
		loose := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
		valid := jsontext.Value(line).IsValid(loose...) && jsontext.Value(line).Kind() == '{'
		wrong := strings.HasPrefix(row[5], "invalid JSON") || row[5] == "not a JSON object"
		if valid == wrong {
			t.Errorf("%q: fault %q, valid %v", line, row[5], valid)
		}
		if row[5] == absent {
			sameValues(t, line, row)
		}
	}
	if n != len(p.Rows) {
		t.Errorf("%d rows of %d lines", len(p.Rows), n)
	}
}

func sameValues(t *testing.T, line string, row []string) {
	var want map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &want); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	for i, name := range []string{"a", "b", "tên"} {
		value, there := want[name]
		var s string
		switch {
		case !there || string(value) == "null":
			s = absent
		case value[0] == '"':
			json.Unmarshal(value, &s)
		default:
			v := jsontext.Value(value)
			v.Compact()
			s = string(v)
		}
		if row[i] != s {
			t.Errorf("%q: %s is %q, want %q", line, name, row[i], s)
		}
	}
}
