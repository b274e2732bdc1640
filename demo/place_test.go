package demo

import (
	"strings"
	"testing"
)

func TestAnAddressIsTheSamePlaceHoweverItIsWritten(t *testing.T) {
	for _, c := range []struct {
		d             dwelling
		style         int
		written, full string
	}{
		{dwelling{province: 0, district: 1, ward: 2, street: 3, number: 12, lane: 5}, 1, ", TP. Hà Nội", ", Thành phố Hà Nội"},
		{dwelling{province: 1, district: 1, ward: 2, street: 3, number: 12, lane: 5}, 1, ", T. Hà Giang", ", Tỉnh Hà Giang"},
		{dwelling{province: 1, district: 3, ward: 2, street: 3, number: 12, lane: 90}, 8, " - Hà Giang, Việt Nam", ", Tỉnh Hà Giang"},
	} {
		written, full := c.d.postal(c.style)
		if !strings.HasSuffix(written, c.written) || !strings.HasSuffix(full, c.full) {
			t.Errorf("style %d: %q, in full %q", c.style, written, full)
		}
		front := c.d.front(c.style)
		ward, district := placeName(c.d.wardID()+331), placeName(c.d.districtID()+77)
		for _, text := range []string{written, full} {
			if !strings.HasPrefix(text, front) || !strings.Contains(text, ward) || !strings.Contains(text, district) {
				t.Errorf("%q does not hold %q, %s and %s", text, front, ward, district)
			}
		}
	}
}

func TestOneWardInSixteenWasDivided(t *testing.T) {
	divided := 0
	for ward := range wardsPerDistrict {
		if (dwelling{ward: ward}).wardOfToday() == "" {
			divided++
		}
	}
	if divided != 1 {
		t.Errorf("%d wards of a district were divided", divided)
	}
	units, became := 0, map[string]int{}
	eachUnit(func(unit) { units++ }, func(from, _ string) { became[from]++ })
	if want := standing[0].rows; int64(units) < want*98/100 || int64(units) > want*102/100 {
		t.Errorf("%d units, planned %d", units, want)
	}
	two := 0
	for _, n := range became {
		if n == 2 {
			two++
		}
	}
	if want := len(provinces) * districtsPerProvince; two != want {
		t.Errorf("%d units were divided in two, want %d", two, want)
	}
}
