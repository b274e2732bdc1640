package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAServerEndsWithItsStarterHoweverThatEnds has another process start one
// and kill itself.
func TestAServerEndsWithItsStarterHoweverThatEnds(t *testing.T) {
	if os.Getenv("PGTEST_DIE") != "" {
		s := New(t, Options{})
		if err := os.WriteFile(os.Getenv("PGTEST_DIE"), []byte(s.Dir), 0o600); err != nil {
			t.Fatal(err)
		}
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		select {}
	}
	if _, err := binaries(); err != nil {
		t.Skip(err)
	}
	said := filepath.Join(t.TempDir(), "dir")
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "PGTEST_DIE="+said)
	_ = cmd.Run() // it is killed
	dir, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := os.Stat(strings.TrimSpace(string(dir))); os.IsNotExist(err) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("%s is still there", dir)
}
