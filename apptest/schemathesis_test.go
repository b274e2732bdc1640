package apptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSchemathesisFindsNothingInTheAPI sends what the API's description allows,
// and what it forbids, to a hub that runs: every answer is one that is
// described, nothing is let in without a token, and no answer is a fault.
func TestSchemathesisFindsNothingInTheAPI(t *testing.T) {
	tool, err := filepath.Abs("../.venv/bin/schemathesis")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		t.Fatal("schemathesis is not here: run scripts/setup-python")
	}
	s := newShell(t)
	s.ok("demo", "--dir", "hub", "--people", "300")
	s.dir = filepath.Join(s.dir, "hub")
	add := exec.CommandContext(t.Context(), binary, "user", "add", "thu", "--role", "operator")
	add.Dir, add.Stdin = s.dir, strings.NewReader("một hai ba bốn năm\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("sen user add: %v: %s", err, out)
	}
	token := strings.TrimSpace(s.ok("user", "token", "thu", "--scope", "read,write,person").out)
	v := s.up("--api-rate", "1000000")
	run := exec.CommandContext(t.Context(), tool, "run", v.address+"/api/v1/openapi.json", "--header", "Authorization: Bearer "+token,
		"--exclude-path", "/api/v1/events", "--max-examples", "10", "--seed", "7", "--no-color")
	run.Dir = t.TempDir() // what it keeps for itself
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("schemathesis: %v\n%s", err, out)
	}
	if log := v.err.String(); strings.Contains(log, "panicked") || strings.Contains(log, "the api failed") {
		t.Errorf("the server failed:\n%s", log)
	}
	v.stop()
}
