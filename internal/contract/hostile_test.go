package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHostileYAMLGivesOneClearError(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'n'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 10) + "]\n"
	}
	tests := []struct{ name, src, want string }{
		{"empty", "", "holds no contract"},
		{"only a comment", "# nothing\n", "holds no contract"},
		{"a list", "- a\n- b\n", "a contract must be a mapping, not a list"},
		{"a word", "hello", "a contract must be a mapping, not text"},
		{"an alias bomb", bomb, "unfolds to more than"},
		{"an alias of itself", head + "name: &a [*a]\n", "alias *a names no anchor"},
		{"an unknown alias", head + "name: *nobody\n", "alias *nobody names no anchor"},
		{"tabs", head + "tags:\n\t- a\n", "not YAML"},
		{"a duplicate key", head + "id: again\n", `field "id" is written twice`},
		{"a NUL byte", head + "name: a\x00b\n", "control character U+0000"},
		{"an escape", head + "name: \x1b[31m\n", "control character U+001B"},
		{"another encoding", head + "name: H\xe9\n", "byte 0xe9 is not UTF-8"},
		{"UTF-16", "\xff\xfea\x00", "UTF-16"},
		{"brackets", strings.Repeat("[", 100_000), "nested more than"},
		{"braces", strings.Repeat("{a: ", 100_000), "nested more than"},
		{"dashes", strings.Repeat("- ", 100_000), "nested more than"},
		{"questions", strings.Repeat("? ", 100_000), "nested more than"},
		{"anchors", strings.Repeat("&a ", 100_000), "nested more than"},
		{"tags", strings.Repeat("!!a ", 100_000), "nested more than"},
		{"steps", steps(200), "nested more than"},
		{"fields", head + strings.Repeat("x: 1\n", 100_000), "one mapping has more than"},
		{"fields among comments", head + "description:\n" + strings.Repeat("  x: 1\n # y\n", 100_000), "one mapping has more than"},
		{"too big", "a: " + strings.Repeat("x", maxBytes), "a contract has at most"},
		{"two documents", head + "---\n" + head, "a second document starts here"},
		{"an open quote", head + "name: \"x\n", "not YAML"},
		{"an open bracket", head + "tags: [a\n", "not YAML"},
		{"infinity", head + "price: {priceAmount: .inf}\n", "is no number of the standard"},
		{"a tag", head + "name: !ruby/object x\n", "has no meaning in a contract"},
		{"a merge of text", head + "<<: x\n", "what << merges must be a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, problems := Parse("x", []byte(tt.src), Options{})
			errs := problems.Errors()
			if c != nil || len(errs) == 0 {
				t.Fatalf("got a contract and %v, want an error with %q", problems, tt.want)
			}
			if !strings.Contains(errs.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", clip(errs.Error()), tt.want)
			}
			for _, p := range errs {
				p.Render([]byte(tt.src))
			}
		})
	}
}

// steps is block YAML of the given depth.
func steps(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestMergeKeysAnchorsAndTextTagsAreRead(t *testing.T) {
	src := head + `customProperties: &shared [{property: a, value: 1}]
name: !!str 12
schema:
  - &one {name: one, description: d, customProperties: *shared}
  - {<<: *one, name: two}
`
	c, problems := Parse("x", []byte(src), Options{})
	if c == nil {
		t.Fatalf("got %v, want a contract", problems)
	}
	if c.Name != "12" || len(c.Objects) != 2 || c.Objects[1].Name != "two" || c.Objects[1].Description != "d" {
		t.Errorf("got name %q and objects %+v", c.Name, c.Objects)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head))
	f.Add(everyCorner)
	f.Add([]byte("a: &a [*a]\n<<: *a\n? b\n: c\n"))
	f.Add([]byte(head + "name: |\r\n  x\r\ntags: [\"\\u0000\", 'it''s']\n"))
	f.Add(Draft(sampleProfile()))
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, problems := Parse("fuzz.odcs.yaml", src, Options{Elements: func(string) bool { return false }})
		if errs := problems.Errors(); (c == nil) != (len(errs) > 0) {
			t.Fatalf("contract is nil: %v, with %d errors", c == nil, len(errs))
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Width < 1 || p.Msg == "" {
				t.Fatalf("problem without place or reason: %+v", p)
			}
			p.Render(src)
		}
		if c == nil {
			return
		}
		for _, d := range c.Datasets() {
			d.Key()
			d.StateSecret()
			d.Freshness()
			d.Path()
		}
		if changes := Diff(c, c); len(changes) > 0 {
			t.Fatalf("a contract differs from itself: %v", changes)
		}
	})
}
