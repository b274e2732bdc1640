package codes

import (
	"testing"

	"golang.org/x/text/language"
)

func TestCountriesAreThoseOfTheStandardWithTheirLongCodes(t *testing.T) {
	all := Countries()
	if len(all) != 249 {
		t.Errorf("%d countries; ISO 3166-1 has 249", len(all))
	}
	for _, c := range all {
		region, err := language.ParseRegion(c.Code)
		if err != nil || region.ISO3() != c.Names[0] {
			t.Errorf("%s has the long code %s; the standard says %v (%v)", c.Code, c.Names[0], region.ISO3(), err)
		}
		if len(c.Names) < 2 {
			t.Errorf("%s has no name", c.Code)
		}
	}
}

func TestCodesAreInOrderAndOnce(t *testing.T) {
	for name, list := range map[string][]Entry{"countries": Countries(), "ethnicities": Ethnicities()} {
		for i, e := range list {
			if i > 0 && list[i-1].Code >= e.Code {
				t.Errorf("%s: %s stands behind %s", name, e.Code, list[i-1].Code)
			}
			if len(e.Code) != 2 || len(e.Names) == 0 {
				t.Errorf("%s: entry %+v lacks something", name, e)
			}
		}
	}
	if n := len(Ethnicities()); n != 55 {
		t.Errorf("%d ethnic groups; want 54 and foreigners", n)
	}
}
