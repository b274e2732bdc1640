package contract

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sen "github.com/sen-hub/sen"
)

// Set is the contracts of a hub, their datasets in the order of their names.
type Set struct {
	contracts []*Contract
	datasets  []Dataset
	broken    map[string]bool // base names of files with errors
}

// LoadDir parses every *.odcs.yaml of a folder. Files with errors are left
// out of the set and do not hide the others.
func LoadDir(dir string, o Options) (*Set, Problems) {
	s := &Set{broken: map[string]bool{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return s, Problems{{File: dir, Line: 1, Column: 1, Width: 1, Msg: "the folder of contracts cannot be read: " + reason(err), Hint: "sen init makes a hub folder"}}
	}
	var problems Problems
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".odcs.yaml") {
			problems = append(problems, s.load(filepath.Join(dir, e.Name()), o)...)
		}
	}
	problems = append(problems, s.names()...)
	problems = append(problems, s.resolve()...)
	slices.SortFunc(s.datasets, func(a, b Dataset) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return s, problems
}

// reason is a file error without its path, which the problem names already.
func reason(err error) string {
	var inner *os.PathError
	if errors.As(err, &inner) {
		return inner.Err.Error()
	}
	return err.Error()
}

func (s *Set) load(file string, o Options) Problems {
	src, err := os.ReadFile(file)
	if err != nil {
		s.broken[filepath.Base(file)] = true
		return Problems{{File: file, Line: 1, Column: 1, Width: 1, Msg: "the file cannot be read: " + reason(err)}}
	}
	c, problems := parse(file, src, o)
	if c == nil {
		s.broken[filepath.Base(file)] = true
		return problems
	}
	s.contracts = append(s.contracts, c)
	return problems
}

// names makes the datasets, refusing names that are no dataset's or another's.
func (s *Set) names() Problems {
	var problems Problems
	taken := map[sen.Dataset]string{}
	for _, c := range s.contracts {
		for _, d := range c.Datasets() {
			p := d.Object.at.field("name").problem("", "")
			p.File = c.File
			_, err := sen.ParseDataset(string(d.Name))
			switch first := taken[d.Name]; {
			case err != nil:
				p.Msg = fmt.Sprintf("%q cannot name a dataset", d.Name)
				p.Hint = "the contract's id and the object's name are letters, digits, - and _; the source's name goes into physicalName"
			case first != "":
				p.Msg, p.Hint = fmt.Sprintf("dataset %s is declared twice", d.Name), "first in "+first
			default:
				taken[d.Name] = c.File
				s.datasets = append(s.datasets, d)
				continue
			}
			problems = append(problems, p)
		}
	}
	return problems
}

// resolve finds the datasets that relationships lead to.
func (s *Set) resolve() Problems {
	var problems Problems
	for i := range s.datasets {
		d := &s.datasets[i]
		for _, e := range d.Object.edges() {
			ref, p := s.reference(d, e)
			if p != nil {
				p.File = d.Contract.File
				problems = append(problems, *p)
			} else if ref.To != "" {
				d.references = append(d.references, ref)
			}
		}
		problems = append(problems, s.crossRules(d)...)
	}
	return problems
}

func (s *Set) reference(d *Dataset, e edge) (Reference, *Problem) {
	ref := Reference{Columns: e.columns, Line: e.Line}
	for i, to := range e.To {
		t, at := targetOf(to), e.at
		if at.kind == aMapping {
			at = e.end(len(e.From) + i)
		}
		if t.external {
			p := at.problem("only contracts of this folder are", "relationship to %s is not checked", to)
			p.Warning = true
			return ref, &p
		}
		found, p := s.target(d, t, to, at)
		if p != nil || found.Name == "" {
			return Reference{}, p
		}
		if ref.To != "" && ref.To != found.Name {
			p := at.problem("", "one relationship leads to two datasets, %s and %s", ref.To, found.Name)
			return ref, &p
		}
		ref.To = found.Name
		ref.ToColumns = append(ref.ToColumns, found.Object.find(t.property).Name)
	}
	return ref, nil
}

// target finds the dataset and property of one end. No dataset and no problem:
// the file that may hold it is broken, which was said.
func (s *Set) target(d *Dataset, t target, to string, at *node) (Dataset, *Problem) {
	found := s.candidates(d, t)
	switch {
	case len(found) == 0 && (s.broken[t.file] || t.file == "" && len(s.broken) > 0):
		return Dataset{}, nil
	case len(found) == 0:
		p := at.problem(didYouMean(t.object, "objects", s.objectNames(t)), "relationship to %s: no contract has that object", to)
		return Dataset{}, &p
	case len(found) > 1:
		p := at.problem("name the file: other.odcs.yaml#schema/object/properties/property", "relationship to %s: it may be %s or %s", to, found[0].Name, found[1].Name)
		return Dataset{}, &p
	}
	if found[0].Object.find(t.property) == nil {
		p := at.problem(didYouMean(t.property, "properties", names(found[0].Object.Properties)), "relationship to %s: dataset %s has no property %q", to, found[0].Name, t.property)
		return Dataset{}, &p
	}
	return found[0], nil
}

// candidates are the datasets that an end may mean: in the named file; else in
// the same contract; else anywhere.
func (s *Set) candidates(d *Dataset, t target) []Dataset {
	var same, all []Dataset
	for _, other := range s.datasets {
		if other.Contract.find(t.object) != other.Object {
			continue
		}
		if t.file != "" && filepath.Base(other.Contract.File) != t.file {
			continue
		}
		all = append(all, other)
		if other.Contract == d.Contract {
			same = append(same, other)
		}
	}
	if t.file == "" && len(same) > 0 {
		return same
	}
	return all
}

func (s *Set) objectNames(t target) []string {
	var all []string
	for _, other := range s.datasets {
		if t.file == "" || filepath.Base(other.Contract.File) == t.file {
			all = append(all, other.Object.Name)
		}
	}
	return all
}

// Contracts is the contracts without errors, in the order of their files.
func (s *Set) Contracts() []*Contract { return s.contracts }

// Datasets is all datasets in the order of their names.
func (s *Set) Datasets() []Dataset { return s.datasets }

// ReferenceData are the datasets that others are read by: see Dataset.Reference.
func (s *Set) ReferenceData() (out []Dataset) {
	for _, d := range s.datasets {
		if d.Reference() != "" {
			out = append(out, d)
		}
	}
	return out
}

// Lookup finds one dataset.
func (s *Set) Lookup(name sen.Dataset) (Dataset, bool) {
	for _, d := range s.datasets {
		if d.Name == name {
			return d, true
		}
	}
	return Dataset{}, false
}

// Match gives the datasets at or below the prefixes, each once, in the order
// of their names; no prefix means all. A prefix that names nothing is NotFound.
func (s *Set) Match(prefixes ...string) ([]Dataset, error) {
	if len(prefixes) == 0 {
		return s.datasets, nil
	}
	wanted := make([]bool, len(s.datasets))
	for _, prefix := range prefixes {
		hit := false
		for i, d := range s.datasets {
			if prefix != "" && d.Name.Within(prefix) {
				wanted[i], hit = true, true
			}
		}
		if !hit {
			return nil, sen.Errorf(sen.NotFound, "no dataset is called %q", prefix).WithHint("%s", didYouMean(prefix, "there are", s.prefixes()))
		}
	}
	var found []Dataset
	for i, d := range s.datasets {
		if wanted[i] {
			found = append(found, d)
		}
	}
	return found, nil
}

func (s *Set) prefixes() []string {
	var all []string
	for _, d := range s.datasets {
		all = append(all, d.Name.Agency(), string(d.Name))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
