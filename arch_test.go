package sen_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sen-hub/sen"

// floors are those of docs/architecture.md. A room imports only rooms on
// strictly lower floors; the sub-packages of a room are that room.
var floors = map[string]int{
	"sen":      0,
	"contract": 1, "declaration": 1, "dictionary": 1, "engine": 1, "index": 1, "keys": 1, "object": 1, "state": 1, "text": 1, "xlsx": 1,
	"account": 2, "job": 2, "lake": 2, "source": 2,
	"access": 3, "backup": 3, "clean": 3, "decision": 3, "profile": 3,
	"indicator": 4, "link": 4, "quality": 4, "correction": 5,
	"flow":  5,
	"bench": 6, "desk": 6,
	"api": 7, "web": 7,
	"demo": 1, // beside the house: imports the root package alone
	"cmd":  8,
}

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	Standard   bool
	Imports    []string
	Deps       []string // transitive
	GoFiles    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "duckdb_arrow", "-json=ImportPath,Name,Dir,Standard,Imports,Deps,GoFiles", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// room is the room that a package of this module belongs to; "" for others
// and for the folders of tests.
func room(importPath string) string {
	rest, ours := strings.CutPrefix(importPath, module)
	if !ours {
		return ""
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	switch parts[0] {
	case "":
		return "sen"
	case "internal":
		return parts[1]
	case "apptest":
		return ""
	}
	return parts[0]
}

func TestARoomImportsOnlyRoomsOnLowerFloors(t *testing.T) {
	for _, p := range packages(t) {
		from := room(p.ImportPath)
		if from == "" {
			continue
		}
		if _, known := floors[from]; !known {
			t.Errorf("%s: room %q has no floor; give it one in docs/architecture.md and in arch_test.go", p.ImportPath, from)
			continue
		}
		// Deps is transitive: a way round over a third room shows as well.
		for _, dep := range p.Deps {
			to := room(dep)
			if to != "" && to != from && floors[to] >= floors[from] {
				t.Errorf("%s (floor %d) reaches %s (floor %d): a room imports only rooms on strictly lower floors\n  see: go list -deps %s",
					p.ImportPath, floors[from], dep, floors[to], p.ImportPath)
			}
		}
	}
}

func TestWhatARoomMayNotKnow(t *testing.T) {
	drivers := []string{"database/sql", "github.com/duckdb/duckdb-go/v2", "zombiezen.com/go/sqlite", "modernc.org/sqlite"}
	web := []string{"net/http", "html/template"}
	const apis = module + "/internal/source/http" // reads APIs: a client of HTTP, and no page for anyone
	for _, rule := range []struct {
		room, why string
		never     []string
		direct    bool // only its own imports, where a library brings the package along
	}{
		{"contract", "a contract knows no database driver", drivers, false},
		{"dictionary", "the dictionary is pure functions without input or output", append([]string{"os", "net"}, drivers...), true},
		{"demo", "the generator must not be the cleaner's mirror", []string{
			module + "/internal/dictionary", module + "/internal/clean", module + "/internal/dictionary/charset"}, false},
		{"clean", "no room knows the web", web, true}, {"flow", "no room knows the web", web, true},
		{"access", "no room knows the web", web, true}, {"lake", "no room knows the web", web, true},
		{"source", "no room knows the web", web, true}, {"quality", "no room knows the web", web, true},
	} {
		for _, p := range packages(t) {
			imports := p.Deps
			if rule.direct {
				imports = p.Imports
			}
			for _, banned := range rule.never {
				if p.ImportPath == apis && banned == "net/http" {
					continue
				}
				if room(p.ImportPath) == rule.room && slices.Contains(imports, banned) {
					t.Errorf("%s imports %s: %s", p.ImportPath, banned, rule.why)
				}
			}
		}
	}
}

func TestTheRootPackageImportsTheStandardLibraryOnly(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module && room(p.ImportPath) != "demo" {
			continue
		}
		for _, i := range p.Imports {
			ours := strings.HasPrefix(i, module)
			if p.ImportPath == module && strings.Contains(strings.Split(i, "/")[0], ".") {
				t.Errorf("the root package imports %s: it holds nouns and imports the standard library only", i)
			}
			if room(p.ImportPath) == "demo" && ours && i != module && room(i) != "demo" {
				t.Errorf("%s imports %s: the demonstration country imports the root package only", p.ImportPath, i)
			}
		}
	}
}

func TestPackagesAreNamedForWhatTheyDo(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "shared", "helper", "helpers", "misc"}, p.Name) {
			t.Errorf("%s: package %s says nothing; name it for its capability or its technology", p.ImportPath, p.Name)
		}
	}
}

func TestConfigurationIsReadInTheCommandAlone(t *testing.T) {
	const secrets = module + "/internal/source/live" // a contract names the variables that hold its hosts and secrets
	for _, p := range packages(t) {
		if r := room(p.ImportPath); r == "" || r == "cmd" || p.ImportPath == secrets {
			continue
		}
		for _, name := range p.GoFiles {
			reportEnvironment(t, filepath.Join(p.Dir, name))
		}
	}
}

// reportEnvironment fails for each place where a file reads the environment.
func reportEnvironment(t *testing.T, path string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, s.Sel.Name) {
				t.Errorf("%s: os.%s: configuration is read in cmd/sen and handed in as Options", files.Position(n.Pos()), s.Sel.Name)
			}
		}
		return true
	})
}
