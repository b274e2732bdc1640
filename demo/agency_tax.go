package demo

// Tax: those who earn, in the encoding of the office's old typewriter software.

func taxpayerDataset() dataset {
	return dataset{id: "tax.taxpayer", fill: fillTaxpayers, columns: []column{
		{name: "tax_code", physical: "ma_so_thue", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: slashes},
		{name: "sex", physical: "gioi_tinh", holds: sex, sexes: sexWords},
		{name: "address", physical: "dia_chi", holds: freeText, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "status", physical: "trang_thai", holds: code, required: true},
		{name: "issued_on", physical: "ngay_cap", holds: date, required: true, form: slashes},
	}}
}

func fillTaxpayers(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		age := p.age(today)
		if !p.living() || age < 19 || p.index%11 == 2 {
			continue
		}
		issued := max(p.born.plusYears(19), dayOf(2009, 1, 1)) + day(p.index%90)
		r.text("8" + digits(permute(uint64(p.index), 1_000_000_000, 271_828), 9))
		r.text(p.number)
		r.text(p.asKnown(nobodyErrs, taxErrsAboutName).name)
		r.born(p)
		r.sex(p.woman)
		r.text(p.home.address(t.rng.below(addressStyles)))
		r.province(p.home.province)
		r.text(taxStatus(age, p.index))
		r.day(min(issued, today))
		t.emit(p)
	}
}

// taxStatus: 00 active, 06 suspended, 03 closed.
func taxStatus(age int, index int64) string {
	switch {
	case age > 75:
		return "03"
	case index%23 == 0:
		return "06"
	}
	return "00"
}
