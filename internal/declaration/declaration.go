// Package declaration reads the YAML files by which a hub says what it is:
// strictly, within a size, and with the line of everything in them, so that an
// error can point. In comes the text of a file; it opens none.
package declaration

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/sen-hub/sen"
)

// Lines finds where things stand in a file.
type Lines struct{ tree *ast.File }

// Read decodes a file of at most so many bytes into a value, and refuses what
// the value has no place for. The error is Invalid and says file, line and
// reason.
func Read(file string, src []byte, most int, into any) (lines Lines, err error) {
	if len(src) > most {
		return Lines{}, sen.Errorf(sen.Invalid, "the file has more than %d bytes", most).At("%s", file)
	}
	defer func() { // the parser is others' code on a stranger's file
		if fault := recover(); fault != nil {
			lines, err = Lines{}, sen.Errorf(sen.Invalid, "the file cannot be read as YAML").At("%s", file)
		}
	}()
	if err := yaml.NewDecoder(bytes.NewReader(src), yaml.Strict()).Decode(into); err != nil {
		return Lines{}, unreadable(file, err)
	}
	if lines.tree, err = parser.ParseBytes(src, 0); err != nil {
		return Lines{}, unreadable(file, err)
	}
	return lines, nil
}

// Of is the line of a path in the file, counted from 1; 0 where nothing stands
// there.
func (l Lines) Of(path string) int {
	p, err := yaml.PathString(path)
	if err != nil || l.tree == nil {
		return 0
	}
	node, err := p.FilterFile(l.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// place is where the parser's complaint stands: "[7:1] unknown field …".
var place = regexp.MustCompile(`^\[(\d+):\d+\] `)

func unreadable(file string, err error) error {
	said, _, _ := strings.Cut(err.Error(), "\n")
	if m := place.FindStringSubmatch(said); m != nil {
		return sen.Errorf(sen.Invalid, "%s", said[len(m[0]):]).At("%s:%s", file, m[1])
	}
	return sen.Errorf(sen.Invalid, "%s", said).At("%s", file)
}
