package demo

// The agencies beside the first six. Their records follow the same lives: a
// licence is of who is of age, a pupil of who goes to school, a notice of birth
// comes before the birth is registered; and where they contradict one another,
// they do so at stated rates (see contradiction).

// contradiction is one in so many records of an agency that says other than
// the population register, or comes after a death.
const contradiction = 400

func licenceDataset() dataset {
	return dataset{id: "driving-licences.licence", fill: fillLicences, columns: []column{
		{name: "licence_number", physical: "so_gplx", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: slashes},
		{name: "class", physical: "hang", holds: code, required: true},
		{name: "province", physical: "noi_cap", holds: provinceName, required: true},
		{name: "issued_on", physical: "ngay_cap", holds: date, required: true, form: slashes},
	}}
}

// fillLicences: one in so many of the dead has a licence of later.
func fillLicences(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if p.age(today) < 19 || p.index%5 == 3 || !p.living() && p.index%contradiction != 1 {
			continue
		}
		issued := max(p.born.plusYears(18)+day(p.index%4000), dayOf(1996, 1, 1))
		if !p.living() {
			issued = p.died + 20 // who died and has one got it afterwards
		}
		r.text(provinces[p.home.province].code + digits(permute(uint64(p.index), 10_000_000_000, 57_721), 10))
		r.text(p.number)
		r.text(p.name)
		r.born(p.asKnown(licenceErrsAboutDay, nobodyErrs))
		r.text([]string{"A1", "A1", "A1", "B2", "B2", "C"}[p.index%6])
		r.province(p.home.province)
		r.day(min(issued, today))
		t.emit(p)
	}
}

func allowanceDataset() dataset {
	return dataset{id: "social-protection.allowance", fill: fillAllowances, columns: []column{
		{name: "case_number", physical: "ma_ho_so", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "kind", physical: "doi_tuong", holds: code, required: true},
		{name: "amount", physical: "muc_huong", holds: integer, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "since", physical: "huong_tu", holds: date, required: true, form: iso},
	}}
}

// fillAllowances: NCT of 80 and older, TE orphans, KT people with disabilities.
func fillAllowances(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		kind, since := "", p.born.plusYears(20)
		switch age := p.age(today); {
		case !p.living():
		case age >= 80:
			kind, since = "NCT", p.born.plusYears(80)
		case age < 16 && p.father != nobody && !f.people[p.father].living():
			kind, since = "TE", f.people[p.father].died
		case age >= 20 && p.index%29 == 4:
			kind = "KT"
		}
		if kind == "" {
			continue
		}
		r.text("TC" + digits(uint64(p.index), 9))
		r.text(p.number)
		r.text(p.name)
		r.text(kind)
		r.number(500_000 + 250_000*int(p.index%4))
		r.province(p.home.province)
		r.day(min(max(since, dayOf(2007, 4, 13))+day(p.index%60), today))
		t.emit(p)
	}
}

func memberDataset() dataset {
	return dataset{id: "social-insurance.member", fill: fillMembers, columns: []column{
		{name: "book_number", physical: "so_bhxh", holds: socialNumber, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: iso},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "employer_tax_code", physical: "mst_don_vi", holds: taxCode},
		{name: "wage", physical: "muc_luong", holds: integer, required: true},
		{name: "started_on", physical: "tu_ngay", holds: date, required: true, form: iso},
	}}
}

func fillMembers(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.insured() {
			continue
		}
		r.text(p.bookNumber())
		r.text(p.number)
		r.text(p.name)
		r.born(p)
		r.sex(p.woman)
		r.text(f.employer())
		r.number(p.wage())
		r.day(p.insuredSince())
		t.emit(p)
	}
}

// insured are two in three of those of working age.
func (p *person) insured() bool {
	age := p.age(today)
	return p.living() && age >= 19 && age <= 60 && p.index%3 != 0
}

func (p *person) bookNumber() string {
	return digits(permute(uint64(p.index), 1_000_000_000, 161_803), 10)
}

func (p *person) wage() int { return 4_700_000 + 100_000*int(p.index%120) }

func (p *person) insuredSince() day {
	return min(max(p.born.plusYears(18)+1, dayOf(1995, 1, 1))+day(p.index%3000), today)
}

func contributionDataset() dataset {
	return dataset{id: "social-insurance.contribution", fill: fillContributions, columns: []column{
		{name: "contribution_number", physical: "ma_dong", holds: identifier, key: true, required: true},
		{name: "book_number", physical: "so_bhxh", holds: socialNumber, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, foreign: true},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "year", physical: "nam", holds: integer, required: true},
		{name: "months", physical: "so_thang", holds: integer, required: true},
		{name: "wage", physical: "muc_luong", holds: integer, required: true},
		{name: "employer_tax_code", physical: "mst_don_vi", holds: taxCode},
		{name: "closed_on", physical: "ngay_chot", holds: date, required: true, form: slashes},
	}}
}

// contributionYears is how many whole years back the agency keeps what was paid.
const contributionYears = 7

// fillContributions: a record for each year that a member was insured in.
func fillContributions(f *family, t *table) {
	employer := f.employer()
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.insured() {
			continue
		}
		since, book, last := p.insuredSince(), p.bookNumber(), today.year()-1
		for year := max(last-contributionYears+1, since.year()); year <= last; year++ {
			months := 12
			if from, month, _ := since.date(); from == year {
				months = 13 - month
			}
			r.text("DG" + book + digits(uint64(year), 4))
			r.text(book)
			r.numberUnless(p, (p.index*3+int64(year)*7)%10 < 6)
			r.text(p.name)
			r.number(year)
			r.number(months)
			r.number(p.wage() - 200_000*(last-year))
			r.text(employer)
			r.day(dayOf(year+1, 1, 5) + day(p.index%50))
			t.emit(p)
		}
	}
}

// owner is who has the family's business, if it has one.
func (f *family) owner() *person {
	for i := range f.people {
		if p := &f.people[i]; p.living() && p.age(today) >= 30 && p.index%17 == 6 {
			return p
		}
	}
	return nil
}

// employer is the tax code of the family's business; empty where it has none.
func (f *family) employer() string {
	if p := f.owner(); p != nil {
		return organisationCode(p)
	}
	return ""
}

// organisationCode is a tax code of ten digits: the last checks the others,
// by weights and modulo 11 (Circular 105/2020/TT-BTC).
func organisationCode(p *person) string {
	for n := uint64(p.index) * 7; ; n++ {
		code := "0" + digits(permute(n, 100_000_000, 141_421), 8)
		sum := 0
		for i, weight := range []int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
			sum += weight * int(code[i]-'0')
		}
		if check := 10 - sum%11; check >= 0 && check < 10 {
			return code + digits(uint64(check), 1)
		}
	}
}

func businessDataset() dataset {
	return dataset{id: "businesses.business", fill: fillBusinesses, columns: []column{
		{name: "tax_code", physical: "ma_so_dn", holds: taxCode, key: true, required: true},
		{name: "name", physical: "ten_dn", holds: freeText, required: true},
		{name: "kind", physical: "loai_hinh", holds: code, required: true},
		{name: "representative_identity_number", physical: "so_dd_nguoi_dai_dien", holds: pin, required: true, foreign: true},
		{name: "representative_name", physical: "nguoi_dai_dien", holds: personName, required: true},
		{name: "address", physical: "tru_so", holds: freeText, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "capital", physical: "von_dieu_le", holds: integer},
		{name: "registered_on", physical: "ngay_dk", holds: date, required: true, form: slashes},
	}}
}

func fillBusinesses(f *family, t *table) {
	p, r := f.owner(), &t.row
	if p == nil {
		return
	}
	kind := []string{"TNHH", "TNHH", "CP", "DNTN", "HKD"}[p.index%5]
	title := map[string]string{"TNHH": "Công ty TNHH ", "CP": "Công ty Cổ phần ", "DNTN": "Doanh nghiệp tư nhân ", "HKD": "Hộ kinh doanh "}[kind]
	r.text(organisationCode(p))
	r.text(title + placeName(int(p.index%100_000)) + " " + []string{"Thương mại", "Xây dựng", "Vận tải", "Nông sản"}[p.index%4])
	r.text(kind)
	r.text(p.number)
	r.text(p.name)
	r.text(p.home.address(t.rng.below(addressStyles)))
	r.provinceShort(p.home.province)
	r.number(100_000_000 * (1 + int(p.index%90)))
	r.day(min(p.born.plusYears(25)+day(p.index%3000), today))
	t.emit(p)
}

func parcelDataset() dataset {
	return dataset{id: "land.parcel", fill: fillParcels, columns: []column{
		{name: "certificate_number", physical: "so_gcn", holds: identifier, key: true, required: true},
		{name: "sheet", physical: "to_ban_do", holds: integer, required: true},
		{name: "parcel", physical: "thua_dat", holds: integer, required: true},
		{name: "owner_identity_number", physical: "so_dd_chu", holds: pin, required: true, foreign: true},
		{name: "owner_name", physical: "ten_chu", holds: personName, required: true},
		{name: "area", physical: "dien_tich", holds: integer, required: true},
		{name: "use", physical: "loai_dat", holds: code, required: true},
		{name: "address", physical: "dia_chi", holds: freeText, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "granted_on", physical: "ngay_cap", holds: date, required: true, form: slashes},
	}}
}

func fillParcels(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.living() || p.woman && p.spouse != nobody || p.age(today) < 25 || p.index%4 == 1 {
			continue
		}
		r.text("GCN" + digits(permute(uint64(p.index), 1_000_000_000, 173_205), 9))
		r.number(1 + p.home.ward*7 + p.home.street)
		r.number(p.home.number*3 + p.home.lane)
		r.text(p.number)
		r.text(p.name)
		r.number(40 + int(p.index%960))
		r.text([]string{"ODT", "ONT", "CLN", "LUC"}[p.index%4])
		r.text(p.home.address(t.rng.below(addressStyles)))
		r.province(p.home.province)
		r.day(min(max(p.homeSince, dayOf(1993, 10, 15))+day(p.index%700), today))
		t.emit(p)
	}
}

func pupilDataset() dataset {
	return dataset{id: "education.pupil", fill: fillPupils, columns: []column{
		{name: "pupil_code", physical: "ma_hoc_sinh", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: slashes},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "grade", physical: "lop", holds: integer, required: true},
		{name: "school", physical: "truong", holds: freeText, required: true},
		{name: "guardian_identity_number", physical: "so_dd_phu_huynh", holds: pin, foreign: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
	}}
}

func fillPupils(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.atSchool() {
			continue
		}
		age := p.schoolAge()
		r.text("HS" + digits(uint64(p.index), 10))
		r.numberUnless(p, p.withoutNumberAtSchool())
		r.text(p.name)
		r.born(p)
		r.sex(p.woman)
		r.number(age - 5)
		r.text([]string{"Trường Tiểu học ", "Trường THCS ", "Trường THPT "}[min(2, max(0, (age-6)/5))] + placeName(p.home.wardID()+331))
		r.text(f.numberOf(p.mother))
		r.province(p.home.province)
		t.emit(p)
	}
}

// schoolAge is in years of birth, as schools count.
func (p *person) schoolAge() int { return today.year() - p.born.year() }

func (p *person) atSchool() bool {
	age := p.schoolAge()
	return p.living() && age >= 6 && age <= 17 && p.index%31 != 7
}

func (p *person) withoutNumberAtSchool() bool { return p.unnumbered || p.index%4 == 1 }

func noticeDataset() dataset {
	return dataset{id: "health.birth-notice", fill: fillNotices, columns: []column{
		{name: "notice_number", physical: "so_gcs", holds: identifier, key: true, required: true},
		{name: "mother_identity_number", physical: "so_dd_me", holds: pin, required: true, foreign: true},
		{name: "mother_name", physical: "ho_ten_me", holds: personName, required: true},
		{name: "child_sex", physical: "gioi_tinh_con", holds: sex, required: true, sexes: sexCodes},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: iso},
		{name: "weight", physical: "can_nang", holds: integer, required: true},
		{name: "facility", physical: "co_so", holds: freeText, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
	}}
}

// fillNotices: of births since 2005, as hospitals told them.
func fillNotices(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if p.mother == nobody || p.born.year() < 2005 {
			continue
		}
		mother := &f.people[p.mother]
		r.text("GCS" + digits(uint64(p.index), 10))
		r.text(mother.number)
		r.text(mother.name)
		r.sex(p.woman)
		r.day(p.born)
		r.number(2400 + int(p.index%17)*100)
		r.text("Bệnh viện Đa khoa " + placeName(p.home.districtID()+77))
		r.province(p.birthProvince)
		t.emit(mother)
	}
}

func visitDataset() dataset {
	return dataset{id: "health.visit", fill: fillVisits, columns: []column{
		{name: "visit_number", physical: "ma_lk", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, foreign: true, born: "born_on", sex: "sex"},
		{name: "card_number", physical: "ma_the", holds: identifier},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: iso},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexCodes},
		{name: "visited_on", physical: "ngay_kham", holds: date, required: true, form: iso},
		{name: "facility", physical: "co_so", holds: freeText, required: true},
		{name: "diagnosis", physical: "ma_benh", holds: code, required: true},
		{name: "cost", physical: "chi_phi", holds: integer, required: true},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
	}}
}

// diagnoses are codes of ICD-10 (World Health Organization) for what brings
// most people to a doctor.
var diagnoses = []string{"J06", "I10", "E11", "K29", "M54", "A09", "H52", "Z00"}

// fillVisits: none, one or two in the last year, of who was alive.
func fillVisits(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.living() || p.born+400 > today {
			continue
		}
		for n := range int(p.index % 3) {
			r.text("KB" + digits(uint64(p.index), 9) + digits(uint64(n), 1))
			r.numberUnless(p, (p.index*5+int64(n)*3)%10 < 4)
			r.text(p.cardNumber())
			r.text(p.name)
			r.born(p)
			r.sex(p.woman)
			r.day(today - 360 + day(p.index*7%180) + 180*day(n))
			r.text("Bệnh viện Đa khoa " + placeName(p.home.districtID()+77))
			r.text(diagnoses[(p.index+int64(n)*5)%int64(len(diagnoses))])
			r.number(85_000 + 1_500*int(p.index*31%977))
			r.province(p.home.province)
			t.emit(p)
		}
	}
}

func certificateDataset() dataset {
	return dataset{id: "criminal-record.certificate", fill: fillCertificates, columns: []column{
		{name: "certificate_number", physical: "so_phieu", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true, born: "born_on", sex: "sex"},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: slashes},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "result", physical: "ket_qua", holds: code, required: true},
		{name: "issued_on", physical: "ngay_cap", holds: date, required: true, form: slashes},
	}}
}

func fillCertificates(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.living() || p.age(today) < 18 || p.index%12 != 5 {
			continue
		}
		result := "KHONG"
		if p.index%37 == 5 {
			result = "CO"
		}
		r.text("LLTP" + digits(uint64(p.index), 9))
		r.text(p.number)
		r.text(p.name)
		r.born(p)
		r.sex(p.woman)
		r.text(result)
		r.day(min(max(p.born.plusYears(18), dayOf(2011, 1, 1))+day(p.index%5000), today))
		t.emit(p)
	}
}

func passportDataset() dataset {
	return dataset{id: "passports.passport", fill: fillPassports, columns: []column{
		{name: "passport_number", physical: "so_ho_chieu", holds: identifier, key: true, required: true},
		{name: "identity_number", physical: "so_dinh_danh", holds: pin, required: true, foreign: true},
		{name: "full_name", physical: "ho_ten", holds: personName, required: true},
		{name: "born_on", physical: "ngay_sinh", holds: date, required: true, form: iso},
		{name: "sex", physical: "gioi_tinh", holds: sex, required: true, sexes: sexWords},
		{name: "issued_on", physical: "ngay_cap", holds: date, required: true, form: iso},
	}}
}

// fillPassports: one in so many says another day of birth than the register.
func fillPassports(f *family, t *table) {
	for i := range f.people {
		p, r := &f.people[i], &t.row
		if !p.living() || p.born.year() < 1950 || p.index%6 != 2 {
			continue
		}
		born := p.born
		if p.index%contradiction == 2 {
			born = p.born + 30
		}
		issued := max(dayOf(2016, 1, 1), p.born+400) + day(p.index%3000)
		r.text(string("BCNP"[p.index%4]) + digits(permute(uint64(p.index), 100_000_000, 223_606), 8))
		r.text(p.number)
		r.text(p.name)
		r.day(min(born, today))
		r.sex(p.woman)
		r.day(min(issued, today))
		t.emit(p)
	}
}
