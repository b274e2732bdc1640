package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
)

// findHub is the hub's folder: --dir, else SEN_DIR, else the nearest folder
// from here upwards that holds a sen.yaml.
func (p *program) findHub() (string, error) {
	for _, named := range []struct{ dir, by string }{{p.flags.dir, "--dir"}, {p.env("SEN_DIR"), "SEN_DIR"}} {
		if named.dir == "" {
			continue
		}
		if !isHub(named.dir) {
			return "", sen.Errorf(sen.NotFound, "%s names no hub: there is no %s", named.by, configFile).
				At("%s", named.dir).WithHint("`sen init %s` makes one", named.dir)
		}
		return filepath.Abs(named.dir)
	}
	here, err := os.Getwd()
	if err != nil {
		return "", sen.Errorf(sen.Unavailable, "find the current folder: %w", err)
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if isHub(dir) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", sen.Errorf(sen.NotFound, "there is no hub here or above: no %s from %s upwards", configFile, here).
				WithHint("go to a hub's folder, name it with --dir, or make one with `sen init DIR`")
		}
	}
}

func isHub(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, configFile))
	return err == nil && info.Mode().IsRegular()
}

func cutLast(name string) (above, below string, nested bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// quoteYAML writes an empty value so that it can be seen.
func quoteYAML(v string) string {
	if v == "" {
		return `""`
	}
	return v
}

// cutLine parts a text after its first line.
func cutLine(s string) (first, rest string, more bool) { return strings.Cut(s, "\n") }
