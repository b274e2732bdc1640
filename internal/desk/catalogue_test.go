package desk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/demo"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
)

func demoCatalogue(t *testing.T) *Catalogue {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "contracts")
	if err := os.CopyFS(dir, demo.Contracts()); err != nil {
		t.Fatal(err)
	}
	set, problems := contract.LoadDir(dir, contract.Options{Elements: func(string) bool { return true }})
	if wrong := problems.Errors(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return NewCatalogue(set.Datasets(), dictionary.Elements())
}

func names(a CatalogueAnswer) []string {
	var out []string
	for _, f := range a.Found {
		out = append(out, f.Kind+" "+string(f.Dataset)+" "+f.Name)
	}
	return out
}

func TestEverythingIsFoundByEachOfItsOwnWordsWithoutMarks(t *testing.T) {
	c := demoCatalogue(t)
	for _, e := range c.entries {
		want := e.Kind + " " + string(e.Dataset) + " " + e.Name
		for _, p := range e.parts {
			for _, w := range p.words {
				if w != dictionary.Fold(w) {
					t.Fatalf("word %q has marks", w)
				}
				found := c.Search(CatalogueQuery{Words: strings.ToUpper(w)})
				i := slices.Index(names(found), want)
				if i < 0 {
					t.Fatalf("%s is not found by %q of its %s", want, w, p.name)
				}
				if !slices.ContainsFunc(found.Found[i].Matches, func(m Match) bool { return m.Part == p.name }) {
					t.Fatalf("%s, found by %q, does not say that it stands in its %s", want, w, p.name)
				}
			}
		}
	}
}

func TestPiecesMakeUpTheirText(t *testing.T) {
	c := demoCatalogue(t)
	for _, q := range []string{"ngay sinh", "so dinh danh", "person", "khai sinh"} {
		for _, f := range c.Search(CatalogueQuery{Words: q}).Found {
			for _, m := range f.Matches {
				text, hit := "", false
				for _, p := range m.Pieces {
					text, hit = text+p.Text, hit || p.Hit
				}
				if !hit || !slices.ContainsFunc(f.parts, func(p part) bool { return p.name == m.Part && p.text == text }) {
					t.Errorf("%q: pieces of %s %s say %q", q, f.Name, m.Part, text)
				}
			}
		}
	}
}

func TestWordsMayStandInAnyOrderAndMissTheirMarks(t *testing.T) {
	c := demoCatalogue(t)
	marked := names(c.Search(CatalogueQuery{Words: "khai sinh"}))
	if len(marked) == 0 || marked[0] != "dataset civil-status.birth civil-status.birth" {
		t.Fatalf("khai sinh finds %v first", marked[:min(3, len(marked))])
	}
	turned := names(c.Search(CatalogueQuery{Words: "SINH Khai"}))
	slices.Sort(marked)
	slices.Sort(turned)
	if !slices.Equal(marked, turned) {
		t.Error("the order of the words changes what is found")
	}
	if composed, decomposed := names(c.Search(CatalogueQuery{Words: "đăng ký"})), names(c.Search(CatalogueQuery{Words: "dang ký"})); !slices.Equal(composed, decomposed) {
		t.Error("marks change what is found")
	}
}

func TestANearMissFindsWhatWasMeant(t *testing.T) {
	c := demoCatalogue(t)
	for typed, meant := range map[string]string{"vehcile": "vehicle", "registraton": "registration", "marriagge": "marriage"} {
		a := c.Search(CatalogueQuery{Words: typed})
		if len(a.Found) == 0 || a.Meant[typed] != meant {
			t.Errorf("%q: %d found, meant %q; want %q", typed, len(a.Found), a.Meant[typed], meant)
		}
	}
	if a := c.Search(CatalogueQuery{Words: "zzzzqqq"}); len(a.Found) != 0 {
		t.Errorf("nonsense finds %v", names(a)[:1])
	}
}

func TestFacetsCountWhatChoosingThemWouldShow(t *testing.T) {
	c := demoCatalogue(t)
	for _, words := range []string{"", "ngay", "so"} {
		all := c.Search(CatalogueQuery{Words: words})
		for kind, n := range all.Kinds {
			if got := len(c.Search(CatalogueQuery{Words: words, Kind: kind}).Found); got != n {
				t.Errorf("%q: kind %s has %d, the facet says %d", words, kind, got, n)
			}
		}
		for agency, n := range all.Agencies {
			if got := len(c.Search(CatalogueQuery{Words: words, Agency: agency}).Found); got != n {
				t.Errorf("%q: agency %s has %d, the facet says %d", words, agency, got, n)
			}
		}
	}
}

func TestOfAStateSecretTheCatalogueSaysNothing(t *testing.T) {
	src := `apiVersion: v3.1.0
kind: DataContract
id: defence
version: 1.0.0
status: active
schema:
  - name: depot
    businessName: Kho tàng
    properties: [{name: location, logicalType: string, classification: state-secret}]
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "defence.odcs.yaml"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	set, _ := contract.LoadDir(dir, contract.Options{})
	if len(set.Datasets()) != 1 || !set.Datasets()[0].StateSecret() {
		t.Fatal("the contract is not one of a state secret")
	}
	if a := NewCatalogue(set.Datasets(), nil).Search(CatalogueQuery{}); len(a.Found) != 0 {
		t.Errorf("it says %v", names(a))
	}
}
