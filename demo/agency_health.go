package demo

import "strconv"

// Health insurance: everybody's latest card, as an application exports them.

func cardDataset() dataset {
	return dataset{id: "health-insurance.card", fill: fillCards, columns: []column{
		{name: "card_number", physical: "ma_the", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: iso},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexCodes},
		{name: "group", physical: "doi_tuong", holds: code, required: true},
		{name: "benefit_percent", physical: "muc_huong", holds: integer, required: true},
		{name: "facility", physical: "noi_kham", holds: nested},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "valid_from", physical: "tu_ngay", holds: date, required: true, form: iso},
		{name: "valid_to", physical: "den_ngay", holds: date, form: iso},
	}}
}

func fillCards(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		card := p.cardNumber()
		if card == "" {
			continue
		}
		group, percent := p.insuranceGroup()
		from := max(dayOf(2024, 6, 30)-day(p.index%360), p.born+10)
		r.text(card)
		r.text(p.number)
		r.text(p.asKnown(nobodyErrs, cardErrsAboutName).name)
		r.born(p)
		r.sex(p.woman)
		r.text(group)
		r.number(percent)
		r.text(p.facility())
		r.province(p.home.province)
		r.day(from)
		r.day(validity(p, from))
		t.emit(p)
	}
}

// cardNumber is of who is insured; empty for others.
func (p *person) cardNumber() string {
	if !p.living() || p.born+30 > today || p.index%14 == 5 {
		return ""
	}
	group, _ := p.insuranceGroup()
	return group + provinces[p.home.province].code + digits(uint64(p.index), 10)
}

// insuranceGroup by age: TE child under 6, HS pupil, DN employee, GD household,
// HT pensioner; with the share of cost that is paid, in percent.
func (p *person) insuranceGroup() (code string, percent int) {
	switch age := p.age(today); {
	case age < 6:
		return "TE", 100
	case age < 19:
		return "HS", 80
	case age >= 61:
		return "HT", 95
	case p.index%3 == 0:
		return "GD", 80
	}
	return "DN", 80
}

// facility is where the person is first treated, as a nested object.
func (p *person) facility() string {
	ward, number := p.home.wardID(), provinces[p.home.province].code
	return `{"ma":"` + number + `-` + digits(uint64(ward%1000), 3) + `","ten":"Trạm y tế ` + placeName(ward+331) +
		`","hang":` + strconv.Itoa(1+ward%4) + `}`
}

// validity is when the card lapsed, a year after its issue; a pensioner's does
// not, and of a card in force the end is not entered.
func validity(p *person, from day) day {
	to := from.plusYears(1) - 1
	if p.age(today) >= 61 || to > today {
		return never
	}
	return to
}
