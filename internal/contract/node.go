package contract

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// kind is a set of the JSON types a value may have.
type kind uint8

const (
	aNull kind = 1 << iota
	aBoolean
	aNumber
	aText
	aList
	aMapping

	aScalar  = aNull | aBoolean | aNumber | aText
	anything = aScalar | aList | aMapping
)

var kindWords = []struct {
	kind kind
	word string
}{{aText, "text"}, {aNumber, "a number"}, {aBoolean, "true or false"}, {aList, "a list"}, {aMapping, "a mapping"}, {aNull, "empty"}}

// String lists the kinds: "text or a list".
func (k kind) String() string {
	var words []string
	for _, w := range kindWords {
		if k&w.kind != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " or ")
}

// node is one YAML value with aliases followed, merge keys applied and its
// place in the file: what the validator and the builder walk.
type node struct {
	kind    kind
	text    string // a scalar as written (text: its value)
	number  float64
	truth   bool
	entries []entry // a mapping's fields, in the order of the file
	items   []*node // a list's values

	line, column, width int // from 1, in characters
	size, depth         int // nodes and levels below, this one included
}

type entry struct{ key, value *node }

// get is the value of a mapping's field, nil where there is none.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if e.key.text == name {
			return e.value
		}
	}
	return nil
}

// str is the text of a field, "" where it is missing.
func (n *node) str(name string) string {
	if v := n.get(name); v != nil && v.kind&(aNull|aList|aMapping) == 0 {
		return v.text
	}
	return ""
}

// list is the values of a field that is a list.
func (n *node) list(name string) []*node {
	if v := n.get(name); v != nil {
		return v.items
	}
	return nil
}

// texts is the values of a field that is one text or a list of texts.
func (n *node) texts(name string) []string {
	v := n.get(name)
	if v == nil {
		return nil
	}
	if v.kind == aText {
		return []string{v.text}
	}
	var all []string
	for _, item := range v.items {
		all = append(all, item.text)
	}
	return all
}

func (n *node) flag(name string) bool { v := n.get(name); return v != nil && v.truth }

// count is an integer field, or -1 where it is missing.
func (n *node) count(name string) int {
	if v := n.get(name); v != nil && v.kind == aNumber && math.Abs(v.number) < 1<<31 {
		return int(v.number)
	}
	return -1
}

// value is the node as plain Go: nil, bool, float64, string, []any, map[string]any.
func (n *node) value() any {
	switch {
	case n == nil || n.kind == aNull:
		return nil
	case n.kind == aBoolean:
		return n.truth
	case n.kind == aNumber:
		return n.number
	case n.kind == aText:
		return n.text
	case n.kind == aList:
		all := make([]any, len(n.items))
		for i, item := range n.items {
			all[i] = item.value()
		}
		return all
	}
	all := make(map[string]any, len(n.entries))
	for _, e := range n.entries {
		all[e.key.text] = e.value.value()
	}
	return all
}

// Limits that keep a hostile file from costing more than a clear error. A
// contract of a thousand columns has some 20,000 nodes, seven levels deep.
const (
	maxBytes  = 4 << 20
	maxNodes  = 500_000
	maxDepth  = 60
	maxFields = 5_000 // of one block mapping
)

// reader turns goccy's syntax tree into nodes.
type reader struct {
	lines    [][]rune // of the source
	anchors  map[string]*node
	problems Problems
}

func (r *reader) errorAt(n *node, hint, format string, args ...any) {
	r.problems = append(r.problems, n.problem(hint, format, args...))
}

// read converts one value. A value that cannot be used is reported once and
// stands as null.
func (r *reader) read(tree ast.Node) *node {
	n := r.place(tree)
	switch v := tree.(type) {
	case *ast.NullNode:
		n.kind = aNull
	case *ast.BoolNode:
		n.kind, n.truth = aBoolean, v.Value
	case *ast.IntegerNode, *ast.FloatNode:
		n.kind, n.number = aNumber, numberOf(v)
	case *ast.InfinityNode, *ast.NanNode:
		r.errorAt(n, "write a finite number", "%s is no number of the standard", n.text)
	case *ast.StringNode:
		n.kind, n.text = aText, v.Value
	case *ast.LiteralNode:
		n.kind, n.text = aText, v.Value.Value
	case *ast.SequenceNode:
		r.readList(n, v)
	case *ast.MappingNode:
		r.readMapping(n, v.Values)
	case *ast.MappingValueNode:
		r.readMapping(n, []*ast.MappingValueNode{v})
	case *ast.AnchorNode:
		return r.readAnchor(n, v)
	case *ast.AliasNode:
		return r.readAlias(n, v)
	case *ast.TagNode:
		return r.readTag(n, v)
	default:
		r.errorAt(n, "", "this YAML has no meaning in a contract")
	}
	return n
}

func (r *reader) readList(n *node, v *ast.SequenceNode) {
	n.kind = aList
	for _, item := range v.Values {
		n.add(r.read(item))
	}
}

func (r *reader) readMapping(n *node, values []*ast.MappingValueNode) {
	n.kind = aMapping
	seen := make(map[string]*node, len(values))
	var merged []*node
	for _, v := range values {
		key := r.readKey(v.Key)
		value := r.read(v.Value)
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		if first := seen[key.text]; first != nil {
			r.errorAt(key, fmt.Sprintf("the first stands in line %d", first.line), "field %q is written twice", key.text)
			continue
		}
		seen[key.text] = key
		n.entries = append(n.entries, entry{key, value})
		n.grow(value)
	}
	for _, m := range merged {
		r.merge(n, m, seen)
	}
}

// merge adds the fields of a merge key (<<) that the mapping does not name itself.
func (r *reader) merge(n, from *node, seen map[string]*node) {
	if from.kind == aList {
		for _, item := range from.items {
			r.merge(n, item, seen)
		}
		return
	}
	if from.kind != aMapping {
		r.errorAt(from, "", "what << merges must be a mapping")
		return
	}
	for _, e := range from.entries {
		if seen[e.key.text] == nil {
			seen[e.key.text] = e.key
			n.entries = append(n.entries, e)
			n.grow(e.value)
		}
	}
}

func (r *reader) readKey(key ast.MapKeyNode) *node {
	n := r.place(key)
	n.kind = aText
	switch k := key.(type) {
	case *ast.StringNode:
		n.text = k.Value
	case *ast.MappingKeyNode:
		if inner, ok := k.Value.(*ast.StringNode); ok {
			n = r.place(inner)
			n.kind, n.text = aText, inner.Value
		}
	}
	return n
}

func (r *reader) readAnchor(n *node, v *ast.AnchorNode) *node {
	if v.Value == nil {
		n.kind = aNull
		return n
	}
	value := r.read(v.Value)
	if v.Name != nil {
		r.anchors[v.Name.GetToken().Value] = value
	}
	return value
}

func (r *reader) readAlias(n *node, v *ast.AliasNode) *node {
	n.kind = aNull
	name := ""
	if v.Value != nil {
		name = v.Value.GetToken().Value
	}
	target := r.anchors[name]
	if target == nil {
		r.errorAt(n, "an anchor (&"+name+") must end before it is used", "alias *%s names no anchor", name)
		return n
	}
	return target
}

func (r *reader) readTag(n *node, v *ast.TagNode) *node {
	tag := v.GetToken().Value
	if v.Value == nil {
		n.kind, n.text = aText, ""
		return n
	}
	value := r.read(v.Value)
	switch tag {
	case "!!str":
		if value.kind&aScalar != 0 {
			value.kind = aText
		}
	case "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map", "!!timestamp":
	default:
		r.errorAt(n, "leave the tag out", "tag %s has no meaning in a contract", tag)
	}
	return value
}

func (n *node) add(item *node) {
	n.items = append(n.items, item)
	n.grow(item)
}

func (n *node) grow(child *node) {
	n.size = min(n.size+child.size, maxNodes+1)
	n.depth = max(n.depth, child.depth+1)
}

// place makes a node at the position of a syntax node. Where the parser counts
// blanks before a word to the word (tabs), it skips them.
func (r *reader) place(tree ast.Node) *node {
	n := place(tree)
	if n.line > len(r.lines) {
		return n
	}
	line := r.lines[n.line-1]
	for n.column < len(line) && (line[n.column-1] == ' ' || line[n.column-1] == '\t') {
		n.column++
	}
	return n
}

// place makes a node at the position of a syntax node, with its text as written.
func place(tree ast.Node) *node {
	n := &node{kind: aNull, size: 1, depth: 1, line: 1, column: 1, width: 1}
	for tree != nil {
		mapping, ok := tree.(*ast.MappingNode)
		if !ok || len(mapping.Values) == 0 || mapping.IsFlowStyle {
			break
		}
		tree = mapping.Values[0].Key // a block mapping starts where its first field does
	}
	if literal, ok := tree.(*ast.LiteralNode); ok {
		n.line, n.column = literal.Start.Position.Line, literal.Start.Position.Column
		return n
	}
	token := tree.GetToken()
	if token == nil || token.Position == nil {
		return n
	}
	n.text = token.Value
	n.line, n.column = max(token.Position.Line, 1), max(token.Position.Column, 1)
	firstLine, _, _ := strings.Cut(strings.Trim(token.Origin, " \t\n"), "\n")
	n.width = max(utf8.RuneCountInString(strings.TrimSpace(firstLine)), 1)
	return n
}

func numberOf(tree ast.Node) float64 {
	switch v := tree.(type) {
	case *ast.FloatNode:
		return v.Value
	case *ast.IntegerNode:
		switch i := v.Value.(type) {
		case int64:
			return float64(i)
		case uint64:
			return float64(i)
		}
	}
	return 0
}
