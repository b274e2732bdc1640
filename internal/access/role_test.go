package access

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
)

// documented are the roles, in the order of the tables in docs/console.md.
var documented = []string{"operator", "steward", "reviewer", "officer", "leader", "agency", "reader"}

// allActs are in the order of the document.
var allActs = []Act{SeeSystems, RunSync, SeeQuality, SeeRows, Release, SeeCases, Reply, Review, Confirm, SeePerson, Serve, SeeFigures, SeeCatalogue, ManageUsers}

// actsTable is who may do what, as docs/console.md has it.
func actsTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | %s |\n|---|%s\n", strings.Join(documented, " | "), strings.Repeat("---|", len(documented)))
	for _, act := range allActs {
		fmt.Fprintf(&b, "| %s |", act)
		for _, role := range documented {
			mark := " "
			if May(sen.Principal{Role: role}, act) {
				mark = " ✓ "
			}
			b.WriteString(mark + "|")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// grantsTable is who may read whose data, as docs/console.md has it.
func grantsTable() string {
	or := func(list []string, none string) string {
		if len(list) == 0 {
			return none
		}
		return strings.Join(list, ", ")
	}
	var b strings.Builder
	b.WriteString("| role | purposes | datasets | fields |\n|---|---|---|---|\n")
	for _, g := range grants {
		var purposes []string
		for _, p := range g.purposes {
			purposes = append(purposes, string(p))
		}
		datasets := or(g.datasets, "all")
		if g.own {
			datasets = "its agency's own"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.role, or(purposes, "any that is stated"), datasets, or(g.fields, "all"))
	}
	return b.String()
}

func TestTheDocumentSaysWhoMayDoAndReadWhat(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "console.md"))
	if err != nil {
		t.Fatal(err)
	}
	for what, table := range map[string]string{"who may do what": actsTable(), "who may read whose data": grantsTable()} {
		if !strings.Contains(string(page), table) {
			t.Errorf("docs/console.md does not say %s as role.go does; want\n%s", what, table)
		}
	}
}

func TestEveryActIsSomebodysAndIsDocumented(t *testing.T) {
	for role, of := range acts {
		if !slices.Contains(documented, role) {
			t.Errorf("role %q is not in the document's table", role)
		}
		for _, act := range of {
			if !slices.Contains(allActs, act) {
				t.Errorf("act %q of %s is not in the document's table", act, role)
			}
		}
	}
}
