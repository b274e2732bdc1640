package profile_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/profile"
)

// The demonstration country's contracts were written by people: what they say
// is what should be found.
func TestTheDemonstrationCountryIsRecognised(t *testing.T) {
	dir := t.TempDir()
	if _, err := demo.Generate(t.Context(), demo.Options{People: 3000, Seed: 7, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for agency, path := range map[string]string{
		"population": "population", "residence": "residence", "civil-status": "civil-status",
		"health-insurance": "health-insurance", "vehicles": "vehicles", "tax": "tax",
	} {
		t.Run(agency, func(t *testing.T) {
			p := infer(t, filepath.Join(dir, path), profile.Options{Agency: agency})
			draftOf(t, p)
			src, err := fs.ReadFile(demo.Contracts(), agency+".odcs.yaml")
			if err != nil {
				t.Fatal(err)
			}
			want, problems := contract.Parse(agency, src, contract.Options{})
			if want == nil {
				t.Fatal(problems)
			}
			for _, o := range want.Objects {
				compare(t, p, o)
			}
		})
	}
}

func sourceOf(o *contract.Object, property string) string { return o.Property(property).Source() }

func compare(t *testing.T, p contract.Profile, object *contract.Object) {
	t.Helper()
	var got *contract.ObjectProfile
	for i := range p.Objects {
		if strings.TrimSuffix(p.Objects[i].PhysicalName, filepath.Ext(p.Objects[i].PhysicalName)) == strings.TrimSuffix(object.Source(), filepath.Ext(object.Source())) {
			got = &p.Objects[i]
		}
	}
	if got == nil {
		t.Errorf("no object for %s", object.Source())
		return
	}
	for _, property := range object.Properties {
		c := column(t, *got, property.Source())
		if property.Element != "" && property.Element != c.Element && property.Element != "code" && property.Element != "text" && c.Unsure == "" {
			t.Errorf("%s.%s: recognised %q, want %q", object.Name, property.Source(), c.Element, property.Element)
		}
		if property.Element == "" && c.Element != "" {
			t.Errorf("%s.%s: recognised %q, want nothing", object.Name, property.Source(), c.Element)
		}
		if property.PrimaryKey && (len(got.Keys) == 0 || got.Keys[0].Columns[0] != property.Source()) {
			t.Errorf("%s: got the keys %+v, want %s", object.Name, got.Keys, property.Source())
		}
		if want := property.Custom.Text("bornOn"); want != "" && c.BornOn == "" {
			t.Errorf("%s: no birth date was found beside it, want %s", property.Source(), want)
		}
		if want := property.Custom.Text("sex"); want != "" && c.Sex == "" && column(t, *got, sourceOf(object, want)).Element != "" {
			t.Errorf("%s: no sex was found beside it, want %s", property.Source(), want)
		}
	}
}
