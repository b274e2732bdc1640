package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   p.lang.Pick("Phiên bản của Sen", "The version of Sen"),
		Long:    "Names the version of Sen, of Go, and of the revision that it was built from.",
		Example: "  sen version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := versionAnswer{Sen: sen.Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Revision: revision()}
			return p.answer(v, func() { p.say("Sen %s  %s  %s  %s", "Sen %s  %s  %s  %s", v.Sen, v.Revision, v.Go, v.System) })
		},
	}
}

type versionAnswer struct {
	Sen      string `json:"sen"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	System   string `json:"system"`
}

// revision is the commit that the program was built from, where Go noted it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return ""
}
