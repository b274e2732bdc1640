package contract

// Options of parsing.
type Options struct {
	// Elements knows the data elements of the dictionary; an unknown one is a
	// warning. Nil leaves them unchecked.
	Elements func(name string) bool
}

// Parse reads one contract. The contract is nil exactly when there are errors;
// warnings come beside it. File names the source in problems.
func Parse(file string, src []byte, o Options) (*Contract, Problems) {
	c, problems := parse(file, src, o)
	if c != nil {
		problems = append(problems, c.looseEnds()...)
	}
	return c, problems.sorted(file)
}

// parse is Parse without a word on relationships that lead out of the file.
func parse(file string, src []byte, o Options) (*Contract, Problems) {
	root, problems := readYAML(src)
	if root != nil {
		problems = append(problems, checkStandard(root)...)
	}
	if len(problems.Errors()) > 0 {
		return nil, problems.sorted(file)
	}
	c := build(file, root)
	c.Text = string(src)
	problems = append(problems, lint(c, o)...)
	if len(problems.Errors()) > 0 {
		c = nil
	}
	return c, problems.sorted(file)
}
