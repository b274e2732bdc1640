package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
)

const configFile = "sen.yaml"

// readConfig reads a hub's sen.yaml. Every fault is named by file, line and
// column; a key that is not an option is one, with the option it resembles.
func readConfig(path string) (config, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return config{}, sen.Errorf(sen.Unavailable, "read the configuration: %w", err).
			WithHint("see that this user may read %s", path)
	}
	return parseConfig(path, src)
}

func parseConfig(path string, src []byte) (config, error) {
	c := newConfig()
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return c, syntaxError(path, err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		mapping, ok := doc.Body.(ast.MapNode)
		if !ok {
			return c, at(path, doc.Body.GetToken(), "the configuration is not a mapping of options to values").
				WithHint("write lines like `country: Sen`; an empty file is good too")
		}
		if err := c.apply(path, "", mapping, map[string]bool{}); err != nil {
			return c, err
		}
	}
	return c, nil
}

// apply sets the options of one mapping; prefix is the dotted name above it.
func (c *config) apply(path, prefix string, mapping ast.MapNode, seen map[string]bool) error {
	for entries := mapping.MapRange(); entries.Next(); {
		key, value := entries.Key(), entries.Value()
		name := prefix + key.GetToken().Value
		if seen[name] {
			return at(path, key.GetToken(), "option %q stands twice", name).WithHint("keep one of them")
		}
		seen[name] = true
		if below, ok := value.(ast.MapNode); ok {
			if !isGroup(name) {
				return unknownOption(path, name, key.GetToken())
			}
			if err := c.apply(path, name+".", below, seen); err != nil {
				return err
			}
			continue
		}
		if err := c.set(path, name, key.GetToken(), value); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) set(path, name string, key *token.Token, value ast.Node) error {
	for _, o := range options() {
		if o.name != name {
			continue
		}
		scalar, ok := value.(ast.ScalarNode)
		if !ok {
			return at(path, value.GetToken(), "option %q is one value: %s", name, o.form).WithHint("%s", o.doc)
		}
		if scalar.Type() == ast.NullType { // `country:` with nothing behind it is the default
			return nil
		}
		if o.normal == "" && scalarText(scalar) == "" { // as the sample writes the default
			return nil
		}
		if err := o.set(c, scalarText(scalar)); err != nil {
			return at(path, value.GetToken(), "option %q %w", name, err).WithHint("%s", o.doc)
		}
		return nil
	}
	return unknownOption(path, name, key)
}

// scalarText is a value as it was written, without quotes.
func scalarText(n ast.ScalarNode) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	if l, ok := n.(*ast.LiteralNode); ok {
		return l.Value.Value
	}
	return strings.TrimSpace(n.GetToken().Value)
}

func isGroup(name string) bool {
	for _, o := range options() {
		if strings.HasPrefix(o.name, name+".") {
			return true
		}
	}
	return false
}

func unknownOption(path, name string, key *token.Token) error {
	e := at(path, key, "there is no option %q", name)
	var names []string
	for _, o := range options() {
		names = append(names, o.name)
	}
	if near := contract.Nearest(name, names); near != "" {
		return e.WithHint("did you mean %q?", near)
	}
	return e.WithHint("options are: %s", strings.Join(names, ", "))
}

func at(path string, t *token.Token, format string, args ...any) *sen.Error {
	return sen.Errorf(sen.Invalid, format, args...).At("%s:%d:%d", shortPath(path), t.Position.Line, t.Position.Column)
}

func syntaxError(path string, err error) error {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		return at(path, syntax.Token, "%s", syntax.Message).WithHint("the file is not YAML from here on")
	}
	return sen.Errorf(sen.Invalid, "not YAML: %w", err).At("%s", shortPath(path))
}

// shortPath is path as people would type it from where they are.
func shortPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}
