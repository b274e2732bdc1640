// Package declare reads the elements that a hub declares in files of its own.
//
// In comes the text of a file (and of the code list beside it), out goes an
// element of the dictionary, or what is wrong with the file and where. It opens
// no file itself, and it never lets an element through whose examples do not
// come out as they say.
package declare

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/sen-hub/sen/internal/dictionary"
)

// Problem is one fault of a file that declares an element. Line and Column
// count from 1.
type Problem struct {
	File         string
	Line, Column int
	Msg, Hint    string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: error: %s", p.File, p.Line, p.Column, p.Msg)
}

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	wordPattern    = regexp.MustCompile(`^[a-z0-9]+(?:_[a-z0-9]+)*$`)
	integerPattern = regexp.MustCompile(`^-?(?:0|[1-9][0-9]{0,17})$`)
	numberPattern  = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?$`)
	groupPattern   = regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)
)

// maxDeclared is the size of a file that declares an element, or of its list.
const maxDeclared = 4 << 20

// declaration is the file of an element, as written.
type declaration struct {
	Name  string `yaml:"name"`
	Title struct {
		VI string `yaml:"vi"`
		EN string `yaml:"en"`
	} `yaml:"title"`
	Help struct {
		VI string `yaml:"vi"`
		EN string `yaml:"en"`
	} `yaml:"help"`
	Source    string                 `yaml:"source"`
	Logical   string                 `yaml:"logical"`
	Personal  string                 `yaml:"personal"`
	Words     []string               `yaml:"words"`
	Case      string                 `yaml:"case"`
	Drop      string                 `yaml:"drop"`
	Patterns  []dictionary.Pattern   `yaml:"patterns"`
	Check     *dictionary.CheckDigit `yaml:"check"`
	Codes     []listed               `yaml:"codes"`
	CodesFile string                 `yaml:"codesFile"`
	Examples  []struct {
		Raw     string `yaml:"raw"`
		Value   string `yaml:"value"`
		Problem string `yaml:"problem"`
	} `yaml:"examples"`
}

type listed struct {
	Value  string   `yaml:"value"`
	Labels []string `yaml:"labels"`
}

// declaring is a declaration on its way to an element.
type declaring struct {
	declaration
	file     string
	tree     *ast.File
	beside   func(name string) ([]byte, error)
	codes    []dictionary.Code
	problems []Problem
}

// Parse reads a file that declares an element of a hub's own. beside
// reads a file that lies in the same folder, for codesFile. The element is nil
// exactly when there are problems. The examples are run: one that does not
// come out as it says is a problem.
func Parse(file string, src []byte, beside func(name string) ([]byte, error)) (*dictionary.Element, []Problem) {
	d := &declaring{file: file, beside: beside}
	if d.read(src) {
		d.checkWords()
		d.checkPatterns()
		d.checkCheck()
		d.readCodes()
	}
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	e := d.element()
	d.runExamples(e)
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	return e, nil
}

// read fills in the declaration; false with a problem. The parser is others'
// code on a stranger's file: should it panic, that is a problem of the file.
func (d *declaring) read(src []byte) (ok bool) {
	defer func() {
		if failure := recover(); failure != nil {
			d.fault("", "", "the file cannot be read as YAML: %v", failure)
			ok = false
		}
	}()
	if len(src) > maxDeclared || bytes.IndexByte(src, 0) >= 0 {
		d.fault("", "", "the file is no text of at most %d bytes", maxDeclared)
		return false
	}
	tree, err := parser.ParseBytes(src, 0)
	if err == nil {
		d.tree = tree
		err = yaml.UnmarshalWithOptions(src, &d.declaration, yaml.Strict())
	}
	if err == nil || errors.Is(err, io.EOF) {
		return true
	}
	p := Problem{File: d.file, Line: 1, Column: 1, Msg: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		p.Msg = at.GetMessage()
		if token := at.GetToken(); token != nil && token.Position != nil {
			p.Line, p.Column = max(1, token.Position.Line), max(1, token.Position.Column)
		}
	}
	d.problems = append(d.problems, p)
	return false
}

// fault notes a problem at a path of the file ("$.patterns[0].match"), or at
// its beginning where there is no such place.
func (d *declaring) fault(path, hint, format string, args ...any) {
	line, column := d.place(path)
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Column: column, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// place is where a path stands in the file; its beginning for "" and for what
// is not there.
func (d *declaring) place(path string) (line, column int) {
	defer func() {
		if recover() != nil { // the library's paths do not expect every tree
			line, column = 1, 1
		}
	}()
	if path == "" || d.tree == nil {
		return 1, 1
	}
	at, err := yaml.PathString(path)
	if err != nil {
		return 1, 1
	}
	node, err := at.FilterFile(d.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return 1, 1
	}
	position := node.GetToken().Position
	return max(1, position.Line), max(1, position.Column)
}

// declaredTypes are the logical types an element of a hub's own may have, and
// the engine's type of each.
var declaredTypes = map[string]string{"": "", "string": "", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE"}

func (d *declaring) checkWords() {
	if !namePattern.MatchString(d.Name) || len(d.Name) > 60 {
		d.fault("$.name", "small letters, digits and hyphens: land-use-purpose", "name %q cannot name an element", d.Name)
	}
	if _, taken := dictionary.Lookup(d.Name); taken {
		d.fault("$.name", "choose another name", "the dictionary has an element %q already", d.Name)
	}
	if d.Title.VI == "" || d.Title.EN == "" {
		d.fault("$.title", "title: {vi: …, en: …}", "the title is not given in both languages")
	}
	if d.Source == "" {
		d.fault("$.source", "the law, circular or standard that the rule comes from", "the source of the rule is not named")
	}
	if _, known := declaredTypes[d.Logical]; !known {
		d.fault("$.logical", "string, integer, number or date", "logical type %q is not known", d.Logical)
	}
	if !slices.Contains([]string{"", "personal", "personal-identifier"}, d.Personal) {
		d.fault("$.personal", "personal or personal-identifier", "classification %q is not known", d.Personal)
	}
	if !slices.Contains([]string{"", "upper", "lower"}, d.Case) {
		d.fault("$.case", "upper or lower", "case %q is not known", d.Case)
	}
	for i, w := range d.Words {
		if !wordPattern.MatchString(w) {
			d.fault(fmt.Sprintf("$.words[%d]", i), "without marks, _ between words: so_ho_khau", "%q is no word of a column's name", w)
		}
	}
	if len(d.Patterns) == 0 && len(d.Codes) == 0 && d.CodesFile == "" {
		d.fault("", "patterns, codes or codesFile", "nothing says which values are well")
	}
}

// maxPattern is the length of a pattern: RE2 runs any of them in time that
// grows with the value alone, and takes memory with the pattern.
const maxPattern = 1000

func (d *declaring) checkPatterns() {
	for i, p := range d.Patterns {
		path := fmt.Sprintf("$.patterns[%d].", i)
		re, err := regexp.Compile("^(?:" + p.Match + ")$")
		switch {
		case p.Match == "" || len(p.Match) > maxPattern:
			d.fault(path+"match", "", "a pattern has 1 to %d characters", maxPattern)
		case err != nil:
			d.fault(path+"match", "the syntax is RE2's", "the pattern cannot be read: %v", err)
		default:
			d.checkGroups(path+"format", p.Format, re.NumSubexp())
		}
	}
}

// checkGroups refuses a format that names a group the pattern does not have.
func (d *declaring) checkGroups(path, format string, groups int) {
	for _, m := range groupPattern.FindAllStringSubmatch(format, -1) {
		name := m[1] + m[2]
		if n, err := strconv.Atoi(name); err != nil || n < 0 || n > groups {
			d.fault(path, "write ${1} for the first group", "the format names group %q; the pattern has %d", name, groups)
		}
	}
}

func (d *declaring) checkCheck() {
	c := d.Check
	if c != nil && (len(c.Weights) == 0 || len(c.Weights) > 40 || c.Modulus < 2 || c.Modulus > 97) {
		d.fault("$.check", "check: {weights: [31, 29, …], modulus: 11, offset: 10}", "the check digit lacks weights, or a modulus from 2 to 97")
	}
}

// readCodes takes the list from the file itself or from the CSV beside it: a
// header, then a value and its labels a line.
func (d *declaring) readCodes() {
	for i, c := range d.Codes {
		if c.Value == "" {
			d.fault(fmt.Sprintf("$.codes[%d]", i), "", "a code has no value")
		}
		d.codes = append(d.codes, dictionary.Code(c))
	}
	if d.CodesFile == "" {
		return
	}
	if len(d.Codes) > 0 {
		d.fault("$.codesFile", "leave one out", "the codes are given twice: here and in codes")
		return
	}
	if strings.ContainsAny(d.CodesFile, `/\`) || d.beside == nil {
		d.fault("$.codesFile", "", "the list must lie beside this file")
		return
	}
	src, err := d.beside(d.CodesFile)
	if err != nil || len(src) > maxDeclared {
		d.fault("$.codesFile", "", "the list %q cannot be read", d.CodesFile)
		return
	}
	d.readCSV(bytes.TrimPrefix(src, []byte("\ufeff")))
}

func (d *declaring) readCSV(src []byte) {
	rows := csv.NewReader(bytes.NewReader(src))
	rows.FieldsPerRecord = -1
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		line, column := rows.FieldPos(0)
		switch {
		case err != nil:
			d.problems = append(d.problems, Problem{File: d.CodesFile, Line: n + 1, Column: 1, Msg: "not CSV: " + err.Error()})
			return
		case n == 0:
		case row[0] == "":
			d.problems = append(d.problems, Problem{File: d.CodesFile, Line: line, Column: column, Msg: "a code has no value"})
		default:
			labels := slices.DeleteFunc(row[1:], func(s string) bool { return s == "" })
			d.codes = append(d.codes, dictionary.Code{Value: row[0], Labels: labels})
		}
	}
}

func (d *declaring) element() *dictionary.Element {
	e := (&dictionary.Declared{Name: d.Name, Type: declaredTypes[d.Logical], Case: d.Case, Drop: d.Drop, Patterns: d.Patterns, Check: d.Check, Codes: d.codes, Words: d.Words}).Element()
	e.Title, e.Help = dictionary.Text(d.Title), dictionary.Text(d.Help)
	e.Source, e.Personal = d.Source, d.Personal
	if e.Logical = d.Logical; e.Logical == "" {
		e.Logical = "string"
	}
	for _, x := range d.Examples {
		e.Examples = append(e.Examples, dictionary.Example(x))
	}
	return e
}

// runExamples holds the element to its examples, and each standard form to
// itself.
func (d *declaring) runExamples(e *dictionary.Element) {
	good := false
	for i, x := range e.Examples {
		path := fmt.Sprintf("$.examples[%d]", i)
		r := e.Standardise(x.Raw, dictionary.Options{})
		again := e.Standardise(r.Value, dictionary.Options{})
		switch {
		case r.Value != x.Value || r.Problem != x.Problem:
			d.fault(path+".raw", "mend the rule or the example", "%q comes out as %s; the example says %s", x.Raw, outcome(r.Value, r.Problem), outcome(x.Value, x.Problem))
		case r.Value != "" && again.Value != r.Value:
			d.fault(path+".value", "let a pattern fit the standard form too", "%q is no standard form of itself: it comes out as %s", r.Value, outcome(again.Value, again.Problem))
		case r.Value != "" && !typed(r.Value, d.Logical):
			d.fault(path+".value", "", "%q is no %s", r.Value, d.Logical)
		}
		good = good || x.Value != ""
	}
	if !good {
		d.fault("$.examples", "examples: [{raw: …, value: …}, {raw: …, problem: format}]", "no example shows a value that is well")
	}
}

func outcome(value, problem string) string {
	switch {
	case problem != "":
		return "problem " + problem
	case value == "":
		return "no value"
	}
	return fmt.Sprintf("%q", value)
}

// typed reports that the standard form is of the logical type.
func typed(value, logical string) bool {
	switch logical {
	case "integer":
		return integerPattern.MatchString(value)
	case "number":
		return numberPattern.MatchString(value)
	case "date":
		_, err := time.Parse(time.DateOnly, value)
		return err == nil
	}
	return true
}
