package apptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realNames fill in paths with what the hub has, so that requests come to what
// lies behind them; they go where schemathesis looks for its settings.
const realNames = `[parameters]
"path.entity" = "person"
"path.dataset" = "civil-status.birth"

# What may be said of a case depends on what else is said, and on the case.
[[operations]]
include-operation-id = "reply-to-case"
checks.positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]
`

// TestSchemathesisFindsNothingInTheAPI sends what the API's description allows,
// and what it forbids, to a hub that runs: every answer is one that is
// described, nothing is let in without a token, and no answer is a fault. An
// operator may most of it; who alone may the rest sends that.
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
	const confirm, residence = "/api/v1/decisions/{decision}/confirm", "/api/v1/services/residence"
	parts := map[string][]string{
		"operator": {"--exclude-path", "/api/v1/events", "--exclude-path", confirm, "--exclude-path", residence},
		"steward":  {"--include-path", confirm},
		"officer":  {"--include-path", residence},
	}
	tokens := map[string]string{}
	for role := range parts {
		tokens[role] = s.token(role+"1", role, "read,write,person")
	}
	v := s.up("--api-rate", "1000000")
	for role, of := range parts {
		// By its interpreter, since its first line names that of where it was set up.
		run := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(tool), "python"), append([]string{tool, "run", v.address + "/api/v1/openapi.json",
			"--header", "Authorization: Bearer " + tokens[role], "--max-examples", "6", "--seed", "7", "--request-timeout", "60", "--no-color"}, of...)...)
		run.Dir = t.TempDir() // what it keeps for itself
		if err := os.WriteFile(filepath.Join(run.Dir, "schemathesis.toml"), []byte(realNames), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("schemathesis as %s: %v\n%s", role, err, out)
		}
	}
	if log := v.err.String(); strings.Contains(log, "panicked") || strings.Contains(log, "the api failed") {
		t.Errorf("the server failed:\n%s", log)
	}
	v.stop()
}

// token adds an account of a role, and gives a token of it.
func (s *shell) token(name, role, scopes string, more ...string) string {
	s.t.Helper()
	add := exec.CommandContext(s.t.Context(), binary, append([]string{"user", "add", name, "--role", role}, more...)...)
	add.Dir, add.Stdin = s.dir, strings.NewReader("một hai ba bốn năm\n")
	if out, err := add.CombinedOutput(); err != nil {
		s.t.Fatalf("sen user add: %v: %s", err, out)
	}
	return strings.TrimSpace(s.ok("user", "token", name, "--scope", scopes).out)
}
