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
		runBlock(t, t.TempDir(), block[1])
	}
}

// Blocks behind <!-- run: api --> are typed one after another into one shell, in
// the folder of a demonstration hub that is served.
var runnableAPI = regexp.MustCompile("(?s)<!-- run: api -->\n```console\n(.*?)```")

func TestWhatThePageOfTheAPIShowsIsWhatHappens(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("curl is not here, with which the page calls the API")
	}
	src, err := os.ReadFile(filepath.Join("..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	h, one, _ := country(t)
	v := h.up()
	var blocks strings.Builder
	for _, block := range runnableAPI.FindAllStringSubmatch(string(src), -1) {
		blocks.WriteString(block[1])
	}
	runBlock(t, h.dir, strings.NewReplacer("http://127.0.0.1:8600", v.address, "001090012345", one).Replace(blocks.String()))
}

// runBlock types a block into one shell in a folder, so that cd and variables
// hold for what follows.
func runBlock(t *testing.T, dir, block string) {
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
	cmd.Dir = dir
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
				t.Errorf("it is shown %q under %q; it says\n%s", line, command, answers[i])
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
