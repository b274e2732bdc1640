package main

import (
	"bytes"
	"context"
	_ "embed" // of the contract
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/address"
	"github.com/sen-hub/sen/internal/dictionary/address/published"
	"github.com/sen-hub/sen/internal/flow"
)

//go:embed units.odcs.yaml
var unitsContract string

func (p *program) unitsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "units FOLDER",
		Short: p.lang.Pick("Lập trung tâm với các đơn vị hành chính thật", "Bring the real administrative units into a hub"),
		Long: `Makes source files of the published lists of units in FOLDER (today's 34 provinces and
3,321 wards; those before 1 July 2025 with what each became; names of earlier
years), writes the contract of them, and synchronises both into the hub of --dir,
which is made where there is none. Addresses are then read by them, as by any
datasets whose contract calls them sen:reference/administrative-units.`,
		Example: "  sen units ../shared/data/admin-units --dir units\n  sen standardise address \"Phường Phúc Xá, Quận Ba Đình, Hà Nội\" --on 2024-01-01 --dir units",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.units(cmd.Context(), args[0])
		},
	}
}

func (p *program) units(ctx context.Context, folder string) error {
	country, err := published.Open(os.DirFS(folder))
	if err != nil {
		return err
	}
	dir := p.flags.dir
	if dir == "" {
		if dir, err = p.findHub(); err != nil {
			return err
		}
	}
	if _, err := makeHub(dir, sampleConfig(), false); err != nil {
		return err
	}
	for name, text := range map[string]string{
		filepath.Join("sources", "administrative-units", "units.csv"):       unitsText(country.Units),
		filepath.Join("sources", "administrative-units", "successions.csv"): successionsText(country.Successions),
		filepath.Join("contracts", "administrative-units.odcs.yaml"):        unitsContract,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return sen.Errorf(sen.Unavailable, "make a folder of the hub: %w", err).WithHint("see that this user may write to %s", dir)
		}
		if strings.HasSuffix(name, ".yaml") && exists(path) {
			continue // a contract that somebody has mended stays mended
		}
		if err := writeWhole(path, text); err != nil {
			return err
		}
	}
	return p.sync(ctx, []string{"administrative-units"}, flow.Demand{})
}

var levelNames = map[address.Level]string{address.Province: "province", address.District: "district", address.Ward: "ward"}

func unitsText(units []address.Unit) string {
	rows := [][]string{{"id", "level", "code", "name", "kind", "parent", "valid_from", "valid_to", "aliases"}}
	for _, u := range units {
		rows = append(rows, []string{fmt.Sprintf("%s %s %s/%s", levelNames[u.Level], u.Code, dayText(u.From), dayText(u.To)), levelNames[u.Level], u.Code, u.Name, u.Kind, u.Parent,
			dayText(u.From), dayText(u.To), strings.Join(u.Aliases, "|")})
	}
	return csvText(rows)
}

func successionsText(successions []address.Succession) string {
	rows := [][]string{{"id", "old", "new", "valid_from"}}
	seen := map[string]bool{}
	for _, s := range successions {
		id := fmt.Sprintf("%s %s %s", s.Old, s.New, dayText(s.On))
		if !seen[id] {
			seen[id] = true
			rows = append(rows, []string{id, s.Old, s.New, dayText(s.On)})
		}
	}
	return csvText(rows)
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func csvText(rows [][]string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // into memory: nothing can fail
	return b.String()
}
