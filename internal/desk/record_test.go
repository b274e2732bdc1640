package desk

import (
	"testing"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/link"
)

const personFile = `
entity: person
fields:
  number: {title: {vi: Số, en: Number}, element: personal-identity-number, believe: [register.person]}
  name: {element: person-name, believe: [register.person], then: most-agreed}
  home: {element: address, then: newest}
  province: {element: province}
records:
  register.person: {role: authoritative, fields: {number: id, name: full_name}}
  tax.payer: {role: contributing, fields: {number: pin, name: payer, home: address}}
  school.pupil: {role: contributing, fields: {name: pupil, home: address}}
match: {keys: [number]}
`

func TestAFieldSaysWhyItSurvived(t *testing.T) {
	e, err := link.ParseEntity("person.yaml", []byte(personFile))
	if err != nil {
		t.Fatal(err)
	}
	d := New(Options{Contracts: &contract.Set{}})
	for _, c := range []struct {
		field Field
		want  string
	}{
		{Field{Name: "name", Value: "An", Source: "register.person"}, Undisputed},
		{Field{Name: "name", Value: "An", Source: "register.person", Rejected: []string{"Ân · tax.payer"}}, Believed},
		{Field{Name: "name", Value: "An", Source: "tax.payer", Rejected: []string{"Ân · school.pupil"}}, MostAgreed},
		{Field{Name: "home", Value: "1 A · B", Source: "tax.payer", Rejected: []string{"2 C · D · school.pupil"}}, Newest},
	} {
		line := d.line(e, c.field)
		if line.Why != c.want {
			t.Errorf("%+v: got %s, want %s", c.field, line.Why, c.want)
		}
		if line.Origin.Column == "" {
			t.Errorf("%+v: no column", c.field)
		}
	}
	line := d.line(e, Field{Name: "home", Value: "1", Source: "tax.payer", Rejected: []string{"2 C · D · school.pupil"}})
	if o := line.Others[0]; o.Value != "2 C · D" || o.Origin.Dataset != "school.pupil" || o.Origin.Column != "address" {
		t.Errorf("got %+v, want the value whole and the column that gives it", o)
	}
}

func TestANumberIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]bool{
		"001 090 012 345": true, "001090012345 ": true, "191.234.567": true,
		"": false, "00109001234": false, "0010900123456": false, "00109001234a": false, "1152921504606846976": false,
	} {
		if n, got := Number(text); got != want {
			t.Errorf("%q: got %v (%s), want %v", text, got, n, want)
		}
	}
}

func TestAPlaceIsMeantWithoutMarksAndKind(t *testing.T) {
	names := []string{"Xã Tân Bình", "Phường Vỹ Dạ"}
	for written, want := range map[string]bool{
		"": true, "tan binh": true, "XÃ TÂN BÌNH": true, "P. Vỹ Dạ": true, "phuong  vy da": true, "Bình": false, "Tân": false, "Xuân Phú": false,
	} {
		if got := samePlace(written, names); got != want {
			t.Errorf("%q: got %v, want %v", written, got, want)
		}
	}
}

func TestAPlaceThatBothRecordsNameIsNamedOnBothSides(t *testing.T) {
	e, err := link.ParseEntity("person.yaml", []byte(personFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []string{"01", "79", ""} {
		c, err := New(Options{Contracts: &contract.Set{}}).compared(t.Context(), e, Step{Field: "province", A: "01", B: b})
		if err != nil || c.PlaceA == "" || (c.PlaceB == "") != (b == "") || (c.PlaceA == c.PlaceB) != (b == "01") {
			t.Errorf("01 beside %q: got %q and %q, %v", b, c.PlaceA, c.PlaceB, err)
		}
	}
}
