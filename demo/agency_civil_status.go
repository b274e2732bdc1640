package demo

import "strconv"

// Civil status: births, marriages and deaths as they were registered, in the
// encoding of the office's old software.

func birthDataset() dataset {
	return dataset{id: "civil-status.birth", fill: fillBirths, columns: []column{
		{name: "certificate_number", physical: "so_gks", holds: identifier, key: true, required: true},
		{name: "child_identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex", bornAt: "birth_province"},
		{name: "child_name", physical: "ho_ten_con", holds: personName, required: true},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: slashes},
		{name: "birth_province", physical: "noi_sinh", holds: provinceName, required: true},
		{name: "mother_name", physical: "ho_ten_me", holds: personName},
		{name: "mother_identity_number", physical: "so_dd_me", holds: pin, foreign: true},
		{name: "father_name", physical: "ho_ten_cha", holds: personName},
		{name: "father_identity_number", physical: "so_dd_cha", holds: pin, foreign: true},
		{name: "registered_on", physical: "ngay_dk", holds: date, required: true, form: slashes},
	}}
}

// parentsNumbered is the day from which birth entries name the parents' numbers.
var parentsNumbered = dayOf(2016, 1, 1)

func fillBirths(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		registered := p.born + 3 + day(p.index%50)
		if p.father == nobody || registered > today {
			continue
		}
		mother, father := &f.people[p.mother], &f.people[p.father]
		r.text(strconv.Itoa(registered.year()) + "-KS-" + digits(uint64(p.index), 8))
		r.text(p.number)
		r.text(p.name)
		r.sex(p.woman)
		r.day(p.asKnown(birthErrsAboutDay, nobodyErrs).born)
		r.provinceShort(p.birthProvince)
		r.text(mother.name)
		r.text(since(parentsNumbered, registered, mother.number))
		r.text(father.name)
		r.text(since(parentsNumbered, registered, father.number))
		r.day(registered)
		t.emit(p)
	}
}

// since leaves v out of records made before a day.
func since(from, made day, v string) string {
	if made < from {
		return ""
	}
	return v
}

func marriageDataset() dataset {
	return dataset{id: "civil-status.marriage", fill: fillMarriages, columns: []column{
		{name: "certificate_number", physical: "so_gcn", holds: identifier, key: true, required: true},
		{name: "husband_identity_number", physical: "so_dd_chong", holds: pin, required: true, foreign: true, born: "husband_born_on"},
		{name: "husband_name", physical: "ho_ten_chong", holds: personName, required: true},
		{name: "husband_born_on", physical: "ngay_sinh_chong", holds: date, required: true, form: slashes},
		{name: "wife_identity_number", physical: "so_dd_vo", holds: pin, required: true, foreign: true, born: "wife_born_on"},
		{name: "wife_name", physical: "ho_ten_vo", holds: personName, required: true},
		{name: "wife_born_on", physical: "ngay_sinh_vo", holds: date, required: true, form: slashes},
		{name: "province", physical: "noi_dk", holds: provinceName, required: true},
		{name: "registered_on", physical: "ngay_dk", holds: date, required: true, form: slashes},
	}}
}

func fillMarriages(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if p.woman || p.spouse == nobody {
			continue
		}
		wife := &f.people[p.spouse]
		r.text(strconv.Itoa(p.married.year()) + "-KH-" + digits(uint64(p.index), 8))
		for _, who := range []*person{p, wife} {
			r.text(who.number)
			r.text(who.name)
			r.born(who)
		}
		r.provinceShort(wife.birthProvince)
		r.day(p.married)
		t.emit(p)
	}
}

func deathDataset() dataset {
	return dataset{id: "civil-status.death", fill: fillDeaths, columns: []column{
		{name: "certificate_number", physical: "so_kt", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "born_on", physical: "ngay_sinh", holds: dateOrYear, required: true, form: slashes},
		{name: "died_on", physical: "ngay_mat", holds: date, required: true, form: slashes},
		{name: "province", physical: "noi_mat", holds: provinceName, required: true},
		{name: "registered_on", physical: "ngay_dk", holds: date, required: true, form: slashes},
	}}
}

func fillDeaths(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if p.living() {
			continue
		}
		registered := p.died + 1 + day(p.index%15)
		r.text(strconv.Itoa(registered.year()) + "-KT-" + digits(uint64(p.index), 8))
		r.text(p.number)
		r.text(p.name)
		r.sex(p.woman)
		r.born(p)
		r.day(p.died)
		r.provinceShort(p.home.province)
		r.day(registered)
		t.emit(p)
	}
}
