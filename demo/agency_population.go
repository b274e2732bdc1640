package demo

// Population: every person ever numbered, living or dead, and their parents.

func personDataset() dataset {
	return dataset{id: "population.person", fill: fillPersons, columns: []column{
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, key: true, required: true, born: "born_on", sex: "sex", bornAt: "birth_province"},
		{name: "old_identity_number", physical: "so_cmnd_cu", holds: oldPIN},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: dateOrYear, required: true, form: slashes},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "birth_province", physical: "noi_sinh", holds: provinceName, required: true},
		{name: "ethnic_group", physical: "dan_toc", holds: code, required: true},
		{name: "marital_status", physical: "tt_hon_nhan", holds: code, required: true},
		{name: "father_identity_number", physical: "so_dd_cha", holds: pin, foreign: true},
		{name: "mother_identity_number", physical: "so_dd_me", holds: pin, foreign: true},
		{name: "died_on", physical: "ngay_mat", holds: date, form: slashes},
		{name: "updated_on", physical: "ngay_cap_nhat", holds: typedDay, required: true, form: iso},
	}}
}

func fillPersons(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		r.text(p.number)
		r.text(p.oldNumber)
		known := p.asKnown(registerErrsAboutDay, registerErrsAboutName)
		r.text(known.name)
		r.born(known)
		r.sex(p.woman)
		r.province(p.birthProvince)
		r.text(f.group.code)
		r.text(f.maritalStatus(p))
		r.text(f.numberOf(p.father))
		r.text(f.numberOf(p.mother))
		r.day(p.died)
		r.day(p.lastChange())
		t.emitOf(p, nil)
	}
}

// numberOf is the identity number of kin, empty for nobody.
func (f *family) numberOf(kin int8) string {
	if kin == nobody {
		return ""
	}
	return f.people[kin].number
}

// maritalStatus: 1 never married, 2 married, 3 widowed.
func (f *family) maritalStatus(p *person) string {
	switch {
	case p.spouse == nobody:
		return "1"
	case f.people[p.spouse].living():
		return "2"
	}
	return "3"
}

// lastChange is when the register last learned something of the person, no
// earlier than it was opened.
func (p *person) lastChange() day {
	opened := dayOf(2016, 1, 1) + day(p.index%1800)
	return min(today, max(opened, p.died, p.homeSince, p.born+30))
}
