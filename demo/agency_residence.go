package demo

import "strconv"

// Residence: where people are registered, and the registrations that moves ended.

func registrationDataset() dataset {
	return dataset{id: "residence.registration", fill: fillRegistrations, columns: []column{
		{name: "registration_number", physical: "so_dang_ky", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: dateOrYear, required: true, form: slashes},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "relation_to_head", physical: "quan_he_chu_ho", holds: code},
		{name: "status", physical: "tinh_trang", holds: code, required: true},
		{name: "address", physical: "dia_chi", holds: postalText, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "registered_on", physical: "ngay_dang_ky", holds: date, required: true, form: slashes},
		{name: "ended_on", physical: "ngay_xoa", holds: date, form: slashes},
		{name: "note", physical: "ghi_chu", holds: identifier},
		{name: "ward", physical: "dia_chi", holds: wardOf, derived: true},
	}}
}

// Registration statuses.
const (
	permanent = "TT" // thường trú
	temporary = "TAM"
	ended     = "XOA"
)

func fillRegistrations(f *family, t *table) {
	for i := range f.people {
		p := &f.people[i]
		if !p.living() || p.homeSince > today {
			continue
		}
		if p.moved {
			since := p.homeSince - day(1+p.index%4000)
			t.registration(f, i, "A", p.before, ended, max(since, p.born), p.homeSince)
		}
		status := permanent
		if p.moved && p.index%5 == 0 {
			status = temporary
		}
		t.registration(f, i, "B", p.home, status, p.homeSince, never)
	}
}

func (t *table) registration(f *family, i int, series string, at dwelling, status string, since, until day) {
	p, r := &f.people[i], &t.row
	r.text(provinces[at.province].code + "-" + series + "-" + digits(uint64(p.index), 8))
	r.text(p.number)
	r.text(p.name)
	r.born(p)
	r.sex(p.woman)
	r.text(f.relation(i))
	r.text(status)
	r.put(at.postal(t.rng.below(addressStyles)))
	r.province(at.province)
	r.day(since)
	r.day(until)
	r.text(t.note(f, i))
	r.derive(at.wardOfToday())
	t.emit(p)
}

// relation to the head of the household: CH head, VC spouse, CO child.
func (f *family) relation(i int) string {
	p := &f.people[i]
	switch {
	case p.woman && p.spouse != nobody:
		return "VC"
	case p.father != nobody && p.home == f.people[p.father].home:
		return "CO"
	}
	return "CH"
}

// note is a clerk's remark, on a few rows; some have quotes and line breaks.
func (t *table) note(f *family, i int) string {
	switch n := t.rng.below(100); {
	case n == 0:
		return "Sổ cũ ghi \"hộ " + strconv.Itoa(i+1) + "\", đã đối chiếu"
	case n == 1:
		return "Bổ sung hồ sơ lần " + strconv.Itoa(1+i%3) + "\nChờ xác minh"
	case n < 5:
		return "Đã cấp lại, mã hộ " + digits(uint64(f.unit), 7)
	}
	return ""
}
