package apptest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// browserTools is where scripts/setup-browser puts what drives the browser.
var browserTools = filepath.Join("..", ".tools", "browser", "node_modules")

// browserRequest says to apptest/browser/main.js what to do.
type browserRequest struct {
	What     string            `json:"what"`
	URL      string            `json:"url"`
	Users    map[string]string `json:"users"`
	Password string            `json:"password"`
	Patience int               `json:"patience"` // milliseconds that a step may take
	Pages    []browserPage     `json:"pages"`
	Sen      string            `json:"sen"`
	Dir      string            `json:"dir"`    // the hub
	Number   string            `json:"number"` // of a made-up person
	Only     string            `json:"only"`   // journeys whose names hold this
}

type browserPage struct {
	Path   string `json:"path"`
	Role   string `json:"role"`
	Status int    `json:"status,omitempty"`

	Action string            `json:"action,omitempty"` // of the page's form whose answer is looked at
	Fill   map[string]string `json:"fill,omitempty"`   // its fields, by id
}

// looked shows one page of every pattern to a browser, and those of errors.
func (c *console) looked(t *testing.T) {
	c.t = t
	pages := []browserPage{{Path: "/sign-in", Status: 200}, {Path: "/nothing-is-here", Role: "reader", Status: 404}, {Path: "/systems/no.such", Role: "operator", Status: 404}}
	for _, pattern := range slices.Sorted(maps.Keys(c.found)) {
		one := c.found[pattern][0]
		for _, other := range c.found[pattern] {
			if other.role == "operator" || other.role == "steward" && one.role != "operator" {
				one = other
			}
		}
		pages = append(pages, browserPage{Path: one.path, Role: one.role, Status: 200})
	}
	pages = append(pages, browserPage{Path: "/systems/hostile.name", Role: "operator", Status: 200},
		browserPage{Path: "/person", Action: "/person", Role: "steward", Status: 200, Fill: map[string]string{"key": c.number, "purpose": "quality-control", "case": "test"}},
		browserPage{Path: "/person", Action: "/person", Role: "steward", Status: 404, Fill: map[string]string{"key": "0", "purpose": "quality-control"}},
		browserPage{Path: "/quarantine/hostile.name", Action: "/quarantine/hostile.name#rows", Role: "steward", Status: 200, Fill: map[string]string{"case": "test"}},
		browserPage{Path: "/quality/hostile.name?rule=name.required&column=name", Action: "/quality/hostile.name#rows", Role: "steward", Status: 200},
		browserPage{Path: "/residence", Action: "/residence", Role: "officer", Status: 200, Fill: map[string]string{"number": c.number, "case": "test"}})
	c.browse(t, browserRequest{What: "look", Pages: pages})
}

func (c *console) journeys(t *testing.T) {
	c.t = t
	program, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	c.browse(t, browserRequest{What: "journeys", Sen: program, Dir: c.dir, Number: c.number, Only: os.Getenv("SEN_JOURNEY")})
}

// browse has the browser do something, and fails for each finding. Where there
// is no browser it fails.
func (c *console) browse(t *testing.T, r browserRequest) {
	t.Helper()
	for _, needed := range []string{"/usr/bin/chromium", filepath.Join(browserTools, "playwright-core"), filepath.Join(browserTools, "axe-core")} {
		if _, err := os.Stat(needed); err != nil {
			t.Fatalf("%v: nobody looked at the pages; scripts/setup-browser installs what looks", err)
		}
	}
	tools, err := filepath.Abs(browserTools)
	if err != nil {
		t.Fatal(err)
	}
	r.URL, r.Users, r.Password, r.Patience = c.url, maps.Clone(consoleUsers), consolePassword, 30_000
	r.Users["second steward"] = "quang"
	request, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("browser", "main.js"))
	cmd.Env = append(os.Environ(), "NODE_PATH="+tools)
	cmd.Stdin = bytes.NewReader(request)
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("the browser's driver: %v\n%s", err, failed.String())
	}
	var findings []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var one struct{ Name, Text string }
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("the browser's driver said %q: %v", lines.Text(), err)
		}
		findings = append(findings, one.Name+": "+one.Text)
	}
	tell(t, findings)
}
