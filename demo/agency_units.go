package demo

import (
	"strconv"
	"strings"
)

// Administrative units: the country's own, with made-up districts and wards
// under its real provinces. On 1 July 2025, the day after the country is seen,
// districts end, provinces join, and of the sixteen wards of a district five
// are made: one old ward in sixteen is divided between two of them.

// provinceInto is where provinces of the 63 went, by code; those that are not
// named stayed (Resolution 202/2025/QH15).
var provinceInto = map[string]string{
	"02": "08", "06": "19", "10": "15", "17": "25", "24": "24", "26": "25", "27": "24", "30": "31", "34": "33", "35": "37", "36": "37",
	"45": "44", "49": "48", "54": "66", "58": "56", "60": "68", "62": "51", "64": "52", "67": "68", "70": "75", "72": "80", "74": "79", "77": "79",
	"83": "86", "84": "86", "87": "82", "89": "91", "93": "92", "94": "92", "95": "96",
}

// joinedNames are provinces of today that have another name than the one whose
// code they keep.
var joinedNames = map[string]string{"15": "Lào Cai", "24": "Bắc Ninh", "44": "Quảng Trị", "52": "Gia Lai", "80": "Tây Ninh", "82": "Đồng Tháp", "91": "An Giang"}

// wardGroups are the wards of a district that became one, by their places in
// it. Ward 14 was divided between the last two.
var wardGroups = [][]int{{0, 1, 2}, {3, 4, 5, 6}, {7, 8, 9}, {10, 11, 14}, {12, 13, 14, 15}}

const merger = "2025-07-01"

func unitDataset() dataset {
	return dataset{id: "administrative-units.unit", fill: fillUnits, columns: []column{
		{name: "id", physical: "id", holds: identifier, key: true, required: true},
		{name: "level", physical: "cap", holds: identifier, required: true},
		{name: "code", physical: "ma", holds: identifier, required: true},
		{name: "name", physical: "ten", holds: freeText, required: true},
		{name: "kind", physical: "loai", holds: identifier, required: true},
		{name: "parent", physical: "thuoc", holds: identifier},
		{name: "valid_from", physical: "tu_ngay", holds: typedDay, form: iso},
		{name: "valid_to", physical: "den_ngay", holds: typedDay, form: iso},
		{name: "aliases", physical: "ten_khac", holds: identifier},
	}}
}

func successionDataset() dataset {
	return dataset{id: "administrative-units.succession", fill: fillSuccessions, columns: []column{
		{name: "id", physical: "id", holds: identifier, key: true, required: true},
		{name: "old", physical: "ma_cu", holds: identifier, required: true},
		{name: "new", physical: "ma_moi", holds: identifier, required: true},
		{name: "valid_from", physical: "tu_ngay", holds: typedDay, required: true, form: iso},
	}}
}

// A unit before or since the merger; succession follows from old to new.
type unit struct{ level, code, name, kind, parent, from, to string }

func (t *table) unit(u unit) {
	r := &t.row
	for _, v := range []string{strings.TrimSpace(u.level + " " + u.code + " " + u.from), u.level, u.code, u.name, u.kind, u.parent, u.from, u.to, ""} {
		r.text(v)
	}
	t.emit(nil)
}

// fillUnits gives all of them with the first family of the country.
func fillUnits(f *family, t *table) {
	if f.unit == 0 {
		eachUnit(t.unit, func(_, _ string) {})
	}
}

func fillSuccessions(f *family, t *table) {
	if f.unit != 0 {
		return
	}
	eachUnit(func(unit) {}, func(from, to string) {
		for _, v := range []string{from + " " + to, from, to, merger} {
			t.row.text(v)
		}
		t.emit(nil)
	})
}

// into is the code of the province of today.
func (p *province) into() string {
	if code, joined := provinceInto[p.code]; joined {
		return code
	}
	return p.code
}

// eachUnit tells every unit and what became of it, in a fixed order.
func eachUnit(tell func(unit), became func(from, to string)) {
	last := today.in(iso)
	named := map[string]bool{} // wards of today, by their province
	for i := range provinces {
		p := &provinces[i]
		kind := "Tỉnh"
		if p.city {
			kind = "Thành phố"
		}
		tell(unit{"province", p.code, p.name, kind, "", "", last})
		became(p.code, p.into())
		if p.into() == p.code {
			name := p.name
			if joined := joinedNames[p.code]; joined != "" {
				name = joined
			}
			tell(unit{"province", p.code, name, kind, "", merger, ""})
		}
	}
	for i := range provinces {
		for d := range districtsPerProvince {
			eachWard(dwelling{province: i, district: d}, last, named, tell, became)
		}
	}
}

func districtCode(d dwelling) string { return digits(uint64(d.districtID()+1), 3) }
func wardCode(d dwelling) string     { return digits(uint64(d.wardID()+1), 5) }

// eachWard tells a district, its wards, and those of today in its place.
func eachWard(d dwelling, last string, named map[string]bool, tell func(unit), became func(from, to string)) {
	kind, wardKind := "Huyện", "Xã"
	if d.urban() {
		kind, wardKind = "Quận", "Phường"
	}
	districtName := placeName(d.districtID() + 77)
	tell(unit{"district", districtCode(d), districtName, kind, provinces[d.province].code, "", last})
	for d.ward = range wardsPerDistrict {
		tell(unit{"ward", wardCode(d), placeName(d.wardID() + 331), wardKind, districtCode(d), "", last})
	}
	into := provinces[d.province].into()
	for _, group := range wardGroups {
		d.ward = group[0]
		code, name := wardCode(d), placeName(d.wardID()+331)
		for n := 2; named[into+name]; n++ {
			if name = placeName(d.wardID()+331) + " " + districtName; n > 2 {
				name += " " + strconv.Itoa(n-1)
			}
		}
		named[into+name] = true
		tell(unit{"ward", code, name, wardKind, into, merger, ""})
		for _, d.ward = range group {
			became(wardCode(d), code)
		}
	}
}
