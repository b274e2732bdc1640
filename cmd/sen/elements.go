package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/declare"
)

// elements is the dictionary as the command sees it: in a hub, with the hub's
// own elements.
func (p *program) elements() *dictionary.Set {
	dir, err := p.findHub()
	if err != nil {
		return nil // outside of a hub there is the dictionary itself
	}
	set, _ := readElements(filepath.Join(dir, "elements"))
	return set
}

// readElements reads the elements that a hub declares in files. A file with
// faults is left out and does not hide the others.
func readElements(dir string) (*dictionary.Set, contract.Problems) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, contract.Problems{{File: dir, Line: 1, Column: 1, Width: 1, Msg: "the folder of elements cannot be read"}}
	}
	var all []*dictionary.Element
	var problems contract.Problems
	files := map[*dictionary.Element]string{}
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".yaml") {
			continue
		}
		e, found := readElement(filepath.Join(dir, entry.Name()))
		problems = append(problems, found...)
		if e != nil {
			all, files[e] = append(all, e), filepath.Join(dir, entry.Name())
		}
	}
	set, double := dictionary.NewSet(all...)
	for _, e := range double {
		problems = append(problems, contract.Problem{File: files[e], Line: 1, Column: 1, Width: 1, Msg: "element " + e.Name + " is declared twice", Hint: "leave one file out"})
	}
	return set, problems
}

func readElement(path string) (*dictionary.Element, contract.Problems) {
	dir := filepath.Dir(path)
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, contract.Problems{{File: path, Line: 1, Column: 1, Width: 1, Msg: "the file cannot be read"}}
	}
	e, faults := declare.Parse(path, src, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) })
	var problems contract.Problems
	for _, f := range faults {
		file := f.File
		if file != path { // the list beside it
			file = filepath.Join(dir, file)
		}
		problems = append(problems, contract.Problem{File: file, Line: f.Line, Column: f.Column, Width: 1, Msg: f.Msg, Hint: f.Hint})
	}
	return e, problems
}
