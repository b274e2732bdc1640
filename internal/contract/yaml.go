package contract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// readYAML reads the one document of a contract file. With problems, the tree
// may be nil.
func readYAML(src []byte) (*node, Problems) {
	src, problem := plainText(src)
	if problem != nil {
		return nil, Problems{*problem}
	}
	file, problem := parseYAML(src)
	if problem != nil {
		return nil, Problems{*problem}
	}
	body, problem := onlyDocument(file)
	if problem != nil {
		return nil, Problems{*problem}
	}
	r := &reader{anchors: map[string]*node{}, lines: linesOf(src)}
	root := r.read(body)
	if root.size > maxNodes {
		r.errorAt(root, "write the repeated part once", "the file unfolds to more than %d values through its aliases", maxNodes)
		return nil, r.problems
	}
	if root.depth > maxDepth {
		r.errorAt(root, "no contract nests that deep", "the file is nested more than %d levels deep", maxDepth)
		return nil, r.problems
	}
	return root, r.problems
}

func linesOf(src []byte) [][]rune {
	var lines [][]rune
	for line := range bytes.SplitSeq(src, []byte("\n")) {
		lines = append(lines, []rune(string(line)))
	}
	return lines
}

// plainText takes away the byte order mark and carriage returns (YAML 1.2,
// 5.4: all line breaks are one), and refuses what is not a text file.
func plainText(src []byte) ([]byte, *Problem) {
	if len(src) > maxBytes {
		return nil, &Problem{Line: 1, Column: 1, Width: 1, Msg: fmt.Sprintf("the file has %d bytes; a contract has at most %d", len(src), maxBytes)}
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return nil, &Problem{Line: 1, Column: 1, Width: 1, Msg: "the file is UTF-16", Hint: "save it as UTF-8"}
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	if p := badCharacter(src); p != nil {
		return nil, p
	}
	if p := tooDeep(src); p != nil {
		return nil, p
	}
	return src, tooWide(src)
}

// badCharacter finds the first byte that a YAML text cannot hold (YAML 1.2, 5.1).
func badCharacter(src []byte) *Problem {
	line, column := 1, 1
	for len(src) > 0 {
		c, size := utf8.DecodeRune(src)
		switch {
		case c == utf8.RuneError && size == 1:
			return &Problem{Line: line, Column: column, Width: 1, Msg: fmt.Sprintf("byte 0x%02x is not UTF-8", src[0]), Hint: "save the file as UTF-8"}
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			return &Problem{Line: line, Column: column, Width: 1, Msg: fmt.Sprintf("control character U+%04X", c), Hint: "delete it"}
		}
		src = src[size:]
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return nil
}

// tooDeep refuses, before the recursive parser meets it, text that opens more
// brackets or list items than any contract does.
func tooDeep(src []byte) *Problem {
	brackets := 0
	for i, line := range bytes.Split(src, []byte("\n")) {
		if len(line) > 0 && line[0] >= 'a' && line[0] <= 'z' {
			brackets = 0 // a field at the margin: no bracket of a block file is open here
		}
		marks := 0
		for j, c := range line {
			switch c {
			case '[', '{':
				brackets++
			case ']', '}':
				brackets = max(brackets-1, 0)
			case '-', '?', '!', '&', '*':
				if j+1 == len(line) || line[j+1] == ' ' || c == '!' || c == '&' || c == '*' {
					marks++
				}
			}
			if brackets > 4*maxDepth || marks > 40*maxDepth {
				return &Problem{Line: i + 1, Column: 1, Width: 1, Msg: fmt.Sprintf("the file is nested more than %d levels deep", maxDepth)}
			}
		}
	}
	return nil
}

// tooWide refuses, before the parser meets it, a block mapping of more fields
// than any contract has: the parser's time grows with the square of their number.
func tooWide(src []byte) *Problem {
	var fields [4 * maxDepth]int // at each indentation, since a line stood further left
	for i, line := range bytes.Split(src, []byte("\n")) {
		word := bytes.TrimLeft(line, " ")
		indent := len(line) - len(word)
		if len(word) == 0 || word[0] == '#' || indent >= len(fields) {
			continue
		}
		clear(fields[indent+1:])
		if word[0] == '-' {
			fields[indent] = 0
		} else if bytes.IndexByte(word, ':') >= 0 {
			fields[indent]++
		}
		if fields[indent] > maxFields {
			return &Problem{Line: i + 1, Column: 1, Width: 1, Msg: fmt.Sprintf("one mapping has more than %d fields", maxFields), Hint: "a list may be as long as needed"}
		}
	}
	return nil
}

// parseYAML runs the YAML parser. It is others' code on hostile input: should
// it panic, that is a problem of the file, not the end of the hub.
func parseYAML(src []byte) (file *ast.File, problem *Problem) {
	defer func() {
		if failure := recover(); failure != nil {
			file, problem = nil, &Problem{Line: 1, Column: 1, Width: 1, Msg: fmt.Sprintf("the file cannot be read as YAML: %v", failure)}
		}
	}()
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	return nil, syntaxProblem(err)
}

func syntaxProblem(err error) *Problem {
	p := &Problem{Line: 1, Column: 1, Width: 1, Msg: "not YAML: " + err.Error()}
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return p
	}
	p.Msg = "not YAML: " + syntax.GetMessage()
	if token := syntax.GetToken(); token != nil && token.Position != nil {
		p.Line, p.Column = max(token.Position.Line, 1), max(token.Position.Column, 1)
		if strings.Contains(p.Msg, "'\t'") {
			p.Hint = "indent with spaces, never with tabs"
		}
	}
	p.Msg = strings.ReplaceAll(p.Msg, "\t", `\t`)
	return p
}

func onlyDocument(file *ast.File) (ast.Node, *Problem) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.DirectiveNode); ok {
			continue
		}
		if body != nil {
			p := place(doc.Body).problem("one file holds one contract", "a second document starts here")
			return nil, &p
		}
		body = doc.Body
	}
	if body == nil {
		return nil, &Problem{Line: 1, Column: 1, Width: 1, Msg: "the file holds no contract", Hint: "sen contract infer SOURCE drafts one"}
	}
	return body, nil
}
