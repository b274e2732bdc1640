package profile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/profile"
)

// shared is a path in the data beside the checkout; the test is skipped where
// it is not there.
func shared(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("SEN_SHARED")
	for dir, _ := os.Getwd(); root == "" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		for _, near := range []string{filepath.Join(dir, "shared"), filepath.Join(filepath.Dir(dir), "shared")} {
			if _, err := os.Stat(filepath.Join(near, "data")); err == nil {
				root = near
			}
		}
	}
	full := filepath.Join(root, "data", path)
	if _, err := os.Stat(full); root == "" || err != nil {
		t.Skipf("no shared/data/%s beside the checkout: set SEN_SHARED to its folder", path)
	}
	return full
}

func draftOf(t *testing.T, p contract.Profile) string {
	t.Helper()
	draft := contract.Draft(p)
	known := func(name string) bool { _, ok := dictionary.Lookup(name); return ok }
	if _, problems := contract.Parse("draft.odcs.yaml", draft, contract.Options{Elements: known}); len(problems) > 0 {
		t.Errorf("the draft has problems: %v", problems)
	}
	t.Logf("\n%s", draft)
	return string(draft)
}

func TestTheOldWardsAreProfiledWithTheirLostPadding(t *testing.T) {
	p := infer(t, shared(t, "admin-units/wards-old-to-2025.csv"), profile.Options{})
	draftOf(t, p)
	o := p.Objects[0]
	if o.Rows != 10_602 || o.Estimated {
		t.Errorf("got %d rows (estimated %v), want 10,602 counted", o.Rows, o.Estimated)
	}
	for _, name := range []string{"wardCode", "provinceCode"} {
		if c := column(t, o, name); c.LogicalType != "string" || c.Element == "" && !strings.Contains(c.Unsure, "padding") && !strings.Contains(c.Unsure, "leading zeros") {
			t.Errorf("%s: got %s with the question %q, want text, and a province or a doubt about its padding", name, c.LogicalType, c.Unsure)
		}
	}
	for name, want := range map[string]string{"isMergedWard": "boolean", "newWardLat": "string", "newWardCode": "string"} {
		if got := column(t, o, name).LogicalType; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if c := column(t, o, "newWardLat"); !strings.Contains(c.Unsure, "decimal separator") {
		t.Errorf("newWardLat: got the question %q, want the decimal separator", c.Unsure)
	}
	if len(o.Keys) > 0 || !strings.Contains(strings.Join(o.Unsure, " "), "wardCode + newWardCode would be a key, but 5 rows") {
		t.Errorf("got keys %+v and the questions %q; want none, and the question of wardCode + newWardCode", o.Keys, o.Unsure)
	}
}

func TestNestedProceduresStayJSONUnderTheirCode(t *testing.T) {
	p := infer(t, shared(t, "procedures/procedures.jsonl"), profile.Options{})
	draftOf(t, p)
	o := p.Objects[0]
	if len(o.Keys) == 0 || o.Keys[0].Columns[0] != "thu_tuc_id" {
		t.Errorf("got the keys %+v, want thu_tuc_id", o.Keys)
	}
	if c := column(t, o, "thu_tuc_id"); c.LogicalType != "string" {
		t.Errorf("thu_tuc_id: got %s, want string: 1.10 is not 1.1", c.LogicalType)
	}
	if c := column(t, o, "metadata"); c.LogicalType != "object" {
		t.Errorf("metadata: got %s, want object", c.LogicalType)
	}
}

func TestPeopleWithErrorsAreProfiled(t *testing.T) {
	for _, file := range []string{"dataset1.csv", "dataset2.csv", "dataset4a.csv", "dataset4b.csv"} {
		t.Run(file, func(t *testing.T) {
			p := infer(t, shared(t, "linkage/"+file), profile.Options{})
			draftOf(t, p)
			o := p.Objects[0]
			if len(o.Keys) == 0 || o.Keys[0].Columns[0] != "rec_id" {
				t.Errorf("got the keys %+v, want rec_id", o.Keys)
			}
			for _, c := range o.Columns {
				if strings.TrimSpace(c.PhysicalName) == "date_of_birth" && (c.LogicalType != "date" || c.Element != "date" || c.Classification == "") {
					t.Errorf("date_of_birth: got %s, element %q, classification %q", c.LogicalType, c.Element, c.Classification)
				}
			}
		})
	}
}
