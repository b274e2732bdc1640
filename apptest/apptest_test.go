// Package apptest drives the built program as a person does: commands in
// folders, what they print, what they answer to programs, what they refuse.
// It imports nothing of the program but what starts servers for tests.
package apptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binary is the program under test: SEN_BIN, or built here once.
var binary string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	if binary = os.Getenv("SEN_BIN"); binary != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sen-apptest-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "sen")
	out, err := exec.Command("go", "build", "-tags", "duckdb_arrow", "-buildvcs=false", "-o", binary, "github.com/sen-hub/sen/cmd/sen").CombinedOutput()
	if err != nil {
		return 1, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// lookAtSources looks at every file that the program is built from, so that the
// go command, which sees what a test looks at while it runs, never answers with
// the result of another program.
var lookAtSources = sync.OnceValue(func() error {
	for _, root := range []string{"cmd", "internal", "demo"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
})

// shell is where a test types.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func newShell(t *testing.T) *shell {
	if err := lookAtSources(); err != nil {
		t.Fatal(err)
	}
	return &shell{t: t, dir: t.TempDir()}
}

// result is what one command did.
type result struct {
	command  string
	out, err string
	code     int
}

// sen runs the program.
func (s *shell) sen(args ...string) result {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary, args...)
	cmd.Dir = s.dir
	cmd.Env = append(append(os.Environ(), "SEN_LANG=en", "SEN_DIR="), s.env...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	r := result{command: "sen " + strings.Join(args, " ")}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("%s: %v", r.command, err)
	}
	r.out, r.err, r.code = out.String(), stderr.String(), cmd.ProcessState.ExitCode()
	return r
}

// ok runs the program and wants it to succeed.
func (s *shell) ok(args ...string) result {
	s.t.Helper()
	return s.want(0, args...)
}

// want runs the program and wants an exit code.
func (s *shell) want(code int, args ...string) result {
	s.t.Helper()
	r := s.sen(args...)
	if r.code != code {
		s.t.Fatalf("%s: exit code %d, want %d\n%s%s", r.command, r.code, code, r.out, r.err)
	}
	return r
}

// says wants a text in what was printed.
func (r result) says(t *testing.T, parts ...string) result {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.out+r.err, part) {
			t.Errorf("%s: got\n%s%s\nwant it to say %q", r.command, r.out, r.err, part)
		}
	}
	return r
}

// json reads standard output as JSON.
func (r result) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.out), into); err != nil {
		t.Fatalf("%s: not JSON: %v\n%s", r.command, err, r.out)
	}
}

func (s *shell) write(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}
