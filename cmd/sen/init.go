package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
)

func (p *program) initCommand() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "init DIR",
		Short: p.lang.Pick("Lập một thư mục trung tâm dữ liệu mới", "Make the folder of a new hub"),
		Long: `Makes a hub: a folder that can be read, reviewed and versioned. It holds
sen.yaml (every option, commented out, with its default), contracts/ and
sources/. A folder that holds anything else is refused; in a hub that is
there already nothing is changed.`,
		Example: "  sen init my-hub\n  sen init my-hub --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return p.initHub(args[0], dryRun)
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be made, and make nothing")
	return c
}

type initAnswer struct {
	Dir    string   `json:"dir"`
	Made   []string `json:"made"`
	DryRun bool     `json:"dry_run,omitempty"`
}

func (p *program) initHub(dir string, dryRun bool) error {
	made, err := makeHub(dir, sampleConfig(), dryRun)
	if err != nil {
		return err
	}
	return p.answer(initAnswer{dir, made, dryRun}, func() {
		switch {
		case len(made) == 0:
			p.say("%s đã là một trung tâm dữ liệu. Không có gì thay đổi.", "%s is a hub already. Nothing was changed.", dir)
			return
		case dryRun:
			p.say("sẽ lập trong %s:", "would make in %s:", dir)
		default:
			p.say("đã lập trong %s:", "made in %s:", dir)
		}
		t := terminal.Table{Align: "ll", Left: 2}
		for _, name := range made {
			t.Add(terminal.C(name), terminal.Cell{Text: p.lang.Pick(hubParts[name].vi, hubParts[name].en), Style: terminal.Quiet})
		}
		t.Write(p.screen)
		p.next("cd "+dir, "",
			"sen contract infer FILE -o contracts/"+p.lang.Pick("CO-QUAN", "AGENCY")+".odcs.yaml", p.lang.Pick("soạn hợp đồng dữ liệu từ tệp", "draft a contract from a file"),
			"sen sync", p.lang.Pick("đưa dữ liệu vào", "bring the data in"))
	})
}

var hubParts = map[string]struct{ vi, en string }{
	"contracts/": {"mỗi cơ quan một hợp đồng dữ liệu", "one data contract for each agency"},
	"sources/":   {"tệp nguồn, nếu chúng nằm trong trung tâm", "source files, where they lie with the hub"},
	".gitignore": {"dữ liệu không vào lịch sử phiên bản", "keeps the data out of version control"},
	configFile:   {"những gì khác nhau giữa các nơi cài đặt", "what may differ per installation"},
}

const gitignore = "# A hub's declarations are versioned; people's data never are.\n/data/\n/sources/\n"

// makeHub makes what a hub lacks and names it. sen.yaml comes last: it makes
// the folder a hub, so that a hub is never half made.
func makeHub(dir string, settings []byte, dryRun bool) ([]string, error) {
	if err := mayBeHub(dir); err != nil {
		return nil, err
	}
	var made []string
	if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
		return made, nil
	}
	for _, part := range []struct {
		name string
		make func(path string) error
	}{
		{"contracts/", func(path string) error { return os.MkdirAll(path, 0o755) }},
		{"sources/", func(path string) error { return os.MkdirAll(path, 0o700) }},
		{".gitignore", func(path string) error { return os.WriteFile(path, []byte(gitignore), 0o644) }},
		{configFile, func(path string) error { return os.WriteFile(path, settings, 0o644) }},
	} {
		path := filepath.Join(dir, part.name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		made = append(made, part.name)
		if dryRun {
			continue
		}
		if err := part.make(path); err != nil {
			return made, sen.Errorf(sen.Unavailable, "make the hub: %w", err).WithHint("see that this user may write to %s", dir)
		}
	}
	return made, nil
}

// mayBeHub refuses a folder that holds something else.
func mayBeHub(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return sen.Errorf(sen.Unavailable, "look into the folder: %w", err).WithHint("name a folder that this user may write")
	}
	for _, e := range entries {
		if e.Name() == configFile {
			return nil
		}
	}
	for _, e := range entries {
		if !slices.Contains([]string{"contracts", "sources", "data", ".git", ".gitignore"}, e.Name()) {
			return sen.Errorf(sen.Exists, "the folder is not empty, and it is no hub: it holds %s", e.Name()).
				At("%s", dir).WithHint("name a new folder, or an empty one")
		}
	}
	return nil
}

// sampleConfig is a sen.yaml that says nothing but names everything.
func sampleConfig() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What may differ per installation. An empty file runs: below stands every option\n"+
		"# with its default. Take the # away to change one.\n\nsen: %s\n", sen.Version)
	group := ""
	for _, o := range options() {
		if o.name == "sen" {
			continue
		}
		name, indent := o.name, ""
		if above, below, nested := cutLast(o.name); nested {
			if above != group {
				fmt.Fprintf(&b, "\n# %s:\n", above)
				group = above
			}
			name, indent = below, "  "
		} else {
			fmt.Fprintln(&b)
		}
		fmt.Fprintf(&b, "# %s%-*s # %s\n", indent, 32-len(indent), name+": "+quoteYAML(o.normal), o.doc)
	}
	return b.Bytes()
}
