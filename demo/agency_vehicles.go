package demo

// Vehicles: what is registered, and what changed hands, in one database.

func vehicleDataset() dataset {
	return dataset{id: "vehicles.registration", fill: fillVehicles, columns: []column{
		{name: "plate", physical: "bien_so", holds: identifier, key: true, required: true},
		{name: "chassis_number", physical: "so_khung", holds: identifier, required: true},
		{name: "kind", physical: "loai_xe", holds: code, required: true},
		{name: "make", physical: "nhan_hieu", holds: freeText},
		{name: "made_in_year", physical: "nam_sx", holds: integer},
		{name: "owner_identity_number", physical: "so_dd_chu_xe", holds: pin, required: true, foreign: true},
		{name: "owner_name", physical: "ten_chu_xe", holds: personName, required: true},
		{name: "address", physical: "dia_chi", holds: freeText},
		{name: "province", physical: "tinh_thanh", holds: provinceName, required: true},
		{name: "registered_on", physical: "ngay_dk", holds: date, required: true, form: slashes},
	}}
}

func transferDataset() dataset {
	return dataset{id: "vehicles.transfer", fill: fillTransfers, columns: []column{
		{name: "transfer_number", physical: "so_sang_ten", holds: identifier, key: true, required: true},
		{name: "plate", physical: "bien_so", holds: identifier, required: true},
		{name: "seller_identity_number", physical: "so_dd_ben_ban", holds: pin, required: true, foreign: true},
		{name: "seller_name", physical: "ten_ben_ban", holds: personName, required: true},
		{name: "buyer_identity_number", physical: "so_dd_ben_mua", holds: pin, required: true, foreign: true},
		{name: "buyer_name", physical: "ten_ben_mua", holds: personName, required: true},
		{name: "transferred_on", physical: "ngay_sang_ten", holds: date, required: true, form: slashes},
	}}
}

// physicalName is the table's name in the agency's database.
func (d dataset) physicalName() string {
	return map[string]string{"transfer": "sang_ten", "registration": "dang_ky_xe", "member": "nguoi_tham_gia", "parcel": "thua_dat", "passport": "ho_chieu", "unit": "don_vi", "succession": "ke_thua"}[d.id.Object()]
}

// vehicle is what one adult owns; both tables compute it alike.
type vehicle struct {
	plate, chassis, kind, make string
	made                       int
	registered                 day
	seller                     int8 // nobody when bought new
	sold                       day
}

var (
	motorbikeMakes = []string{"Honda Wave", "Honda Vision", "Yamaha Sirius", "SYM Attila", "Suzuki Viva", "VinFast Klara"}
	carMakes       = []string{"Toyota Vios", "Hyundai Accent", "Kia Morning", "Mazda 3", "Ford Ranger", "VinFast VF 5"}
)

// vehicleOf gives the vehicle of the i-th of the family, if they own one.
func vehicleOf(f *family, i int) (v vehicle, owns bool) {
	p := &f.people[i]
	r := stream(f.land.seed, useVehicle, uint64(p.index))
	if !p.living() || p.age(today) < 19 || !r.percent(78) {
		return v, false
	}
	adult := p.born.plusYears(18)
	v.registered = max(adult, dayOf(2002, 1, 1)) + 1
	v.registered += day(r.below(int(today - v.registered)))
	v.made = v.registered.year() - r.below(3)
	v.kind, v.make = "XM", pick(&r, motorbikeMakes)
	if r.percent(15) {
		v.kind, v.make = "OTO", pick(&r, carMakes)
	}
	v.plate, v.chassis = plate(p), "RL"+v.kind[:1]+digits(r.next()%1e14, 14)
	v.seller = nobody
	if r.percent(20) {
		v.seller, v.sold = f.seller(i, v.registered), min(today, v.registered+day(r.between(30, 2500)))
	}
	return v, true
}

// seller finds another adult of the family: vehicles mostly stay among kin.
func (f *family) seller(buyer int, on day) int8 {
	for step := 5; step < len(f.people); step++ {
		s := (buyer + step) % len(f.people)
		if p := &f.people[s]; s != buyer && p.living() && p.born.plusYears(18) < on {
			return int8(s)
		}
	}
	return nobody
}

// plate numbers are unique: two letters and five digits from the person's index.
func plate(p *person) string {
	const letters = "ABCDEFGHKLMNPSTUVXYZ"
	low := permute(uint64(p.index), 100_000, 31_337)
	series := (uint64(p.index)/100_000 + low*7) % 400
	number := digits(low, 5)
	return provinces[p.home.province].code + "-" + letters[series/20:series/20+1] + letters[series%20:series%20+1] + " " + number[:3] + "." + number[3:]
}

func fillVehicles(f *family, t *table) {
	for i := range f.people {
		v, owns := vehicleOf(f, i)
		if !owns {
			continue
		}
		p, r := &f.people[i], &t.row
		r.text(v.plate)
		r.text(v.chassis)
		r.text(v.kind)
		r.text(v.make)
		r.number(v.made)
		r.text(p.number)
		r.text(p.name)
		r.text(p.home.address(t.rng.below(addressStyles)))
		r.provinceShort(p.home.province)
		r.day(v.registered)
		t.emit(p)
	}
}

func fillTransfers(f *family, t *table) {
	for i := range f.people {
		v, owns := vehicleOf(f, i)
		if !owns || v.seller == nobody {
			continue
		}
		buyer, seller, r := &f.people[i], &f.people[v.seller], &t.row
		r.text("ST" + digits(uint64(buyer.index), 9))
		r.text(v.plate)
		r.text(seller.number)
		r.text(seller.name)
		r.text(buyer.number)
		r.text(buyer.name)
		r.day(v.sold)
		t.emit(seller)
	}
}
