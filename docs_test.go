package sen_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryDirectDependencyHasItsReason(t *testing.T) {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	var direct, explained []string
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\t?(\S+\.\S+/\S+) v\S+$`).FindAllStringSubmatch(string(module), -1) {
		direct = append(direct, m[1]) // an indirect one has a comment behind it
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+\.\S+/\S+) \| \S`).FindAllStringSubmatch(string(page), -1) {
		explained = append(explained, m[1])
	}
	slices.Sort(direct)
	slices.Sort(explained)
	if !slices.Equal(direct, explained) {
		t.Errorf("go.mod requires\n  %s\ndocs/dependencies.md explains\n  %s", strings.Join(direct, "\n  "), strings.Join(explained, "\n  "))
	}
}

func TestLinksBetweenPagesLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, page := range []string{"README.md", "README.vi.md", "docs/architecture.md", "docs/api.md", "docs/console.md", "docs/connecting-a-source.md", "docs/production.md", "docs/benchmarks.md"} {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		folder := ""
		if i := strings.LastIndexByte(page, '/'); i >= 0 {
			folder = page[:i+1]
		}
		for _, m := range link.FindAllStringSubmatch(string(src), -1) {
			if _, err := os.Stat(folder + m[1]); err != nil {
				t.Errorf("%s: link to %s leads nowhere", page, m[1])
			}
		}
	}
}
