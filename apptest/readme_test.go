package apptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A fenced console block of the README behind the mark <!-- run --> is typed
// here line by line; what it shows must be said, "…" standing for anything.
var runnable = regexp.MustCompile("(?s)<!-- run -->\n```console\n(.*?)```")

func TestWhatTheReadmeShowsIsWhatHappens(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := runnable.FindAllStringSubmatch(string(src), -1)
	if len(blocks) == 0 {
		t.Fatal("the README shows nothing that can be run")
	}
	for _, block := range blocks {
		runBlock(t, block[1])
	}
}

// runBlock types a block into one shell, so that cd holds for what follows.
func runBlock(t *testing.T, block string) {
	t.Helper()
	const mark = "--- ran: "
	var script, commands strings.Builder
	shown := map[string][]string{}
	last := ""
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			last = command
			script.WriteString("echo '" + mark + "'" + "\n" + command + " || exit 1\n")
			commands.WriteString(command + "\n")
		} else {
			shown[last] = append(shown[last], line)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "SEN_LANG=en", "SEN_DIR=", "PATH="+onPath(t)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	answers := strings.Split(string(out), mark+"\n")[1:]
	for i, command := range strings.Split(strings.TrimSpace(commands.String()), "\n") {
		for _, line := range shown[command] {
			pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*")
			if !regexp.MustCompile(`(?m)^\s*` + pattern + `\s*$`).MatchString(answers[i]) {
				t.Errorf("README shows %q under %q; it says\n%s", line, command, answers[i])
			}
		}
	}
}

// onPath is a folder in which the program is called sen.
func onPath(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(dir, "sen")); err != nil {
		t.Fatal(err)
	}
	return dir
}
