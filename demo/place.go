package demo

import (
	"strconv"
	"strings"
)

// A province of the 63 that stood until 30 June 2025: its code, its name, and
// its share of the people, in thousands at the census of 2019, rounded.
type province struct {
	code, name string
	people     int
	city       bool // a city of province rank
}

var provinces = []province{
	{"01", "Hà Nội", 8054, true}, {"02", "Hà Giang", 855, false}, {"04", "Cao Bằng", 530, false},
	{"06", "Bắc Kạn", 314, false}, {"08", "Tuyên Quang", 785, false}, {"10", "Lào Cai", 730, false},
	{"11", "Điện Biên", 599, false}, {"12", "Lai Châu", 460, false}, {"14", "Sơn La", 1248, false},
	{"15", "Yên Bái", 821, false}, {"17", "Hòa Bình", 854, false}, {"19", "Thái Nguyên", 1287, false},
	{"20", "Lạng Sơn", 782, false}, {"22", "Quảng Ninh", 1320, false}, {"24", "Bắc Giang", 1804, false},
	{"25", "Phú Thọ", 1464, false}, {"26", "Vĩnh Phúc", 1151, false}, {"27", "Bắc Ninh", 1369, false},
	{"30", "Hải Dương", 1892, false}, {"31", "Hải Phòng", 2029, true}, {"33", "Hưng Yên", 1253, false},
	{"34", "Thái Bình", 1860, false}, {"35", "Hà Nam", 853, false}, {"36", "Nam Định", 1780, false},
	{"37", "Ninh Bình", 983, false}, {"38", "Thanh Hóa", 3640, false}, {"40", "Nghệ An", 3328, false},
	{"42", "Hà Tĩnh", 1289, false}, {"44", "Quảng Bình", 896, false}, {"45", "Quảng Trị", 632, false},
	{"46", "Huế", 1129, true}, {"48", "Đà Nẵng", 1134, true}, {"49", "Quảng Nam", 1496, false},
	{"51", "Quảng Ngãi", 1232, false}, {"52", "Bình Định", 1487, false}, {"54", "Phú Yên", 873, false},
	{"56", "Khánh Hòa", 1231, false}, {"58", "Ninh Thuận", 590, false}, {"60", "Bình Thuận", 1231, false},
	{"62", "Kon Tum", 540, false}, {"64", "Gia Lai", 1514, false}, {"66", "Đắk Lắk", 1869, false},
	{"67", "Đắk Nông", 622, false}, {"68", "Lâm Đồng", 1297, false}, {"70", "Bình Phước", 995, false},
	{"72", "Tây Ninh", 1169, false}, {"74", "Bình Dương", 2427, false}, {"75", "Đồng Nai", 3097, false},
	{"77", "Bà Rịa - Vũng Tàu", 1148, false}, {"79", "Hồ Chí Minh", 8993, true}, {"80", "Long An", 1689, false},
	{"82", "Tiền Giang", 1764, false}, {"83", "Bến Tre", 1288, false}, {"84", "Trà Vinh", 1009, false},
	{"86", "Vĩnh Long", 1023, false}, {"87", "Đồng Tháp", 1599, false}, {"89", "An Giang", 1908, false},
	{"91", "Kiên Giang", 1723, false}, {"92", "Cần Thơ", 1235, true}, {"93", "Hậu Giang", 734, false},
	{"94", "Sóc Trăng", 1200, false}, {"95", "Bạc Liêu", 908, false}, {"96", "Cà Mau", 1195, false},
}

// south tells where southern spellings of family names prevail.
func (p *province) south() bool { return p.code >= "46" }

// fullName is the name with its rank, as forms print it.
func (p *province) fullName() string {
	if p.city {
		return "Thành phố " + p.name
	}
	return "Tỉnh " + p.name
}

// cycle is how many families are dealt out to provinces before the deal repeats.
const cycle = 1000

// land deals families out to provinces in proportion to their people, so that
// a family's ordinal within its province is arithmetic, not a count.
type land struct {
	seed        uint64
	namesakes   bool         // families have some: see nameAlike
	quota       []int        // families of each province in a cycle
	home, other [cycle]dealt // by a family's place in the cycle
}

type dealt struct{ province, rank int }

func newLand(seed uint64) *land {
	l := &land{seed: seed, quota: quotas()}
	l.home = deal(stream(seed, useHome, 0), l.quota)
	l.other = deal(stream(seed, useOther, 0), l.quota)
	return l
}

// quotas shares a cycle out by largest remainder; every province has at least one.
func quotas() []int {
	total, left := 0, cycle
	for _, p := range provinces {
		total += p.people
	}
	q := make([]int, len(provinces))
	for i, p := range provinces {
		q[i] = max(1, p.people*cycle/total)
		left -= q[i]
	}
	for i := 0; left > 0; i, left = (i+7)%len(q), left-1 {
		q[i]++
	}
	return q
}

func deal(r rng, quota []int) (d [cycle]dealt) {
	at := 0
	for p, n := range quota {
		for range n {
			d[at] = dealt{province: p}
			at++
		}
	}
	for i := cycle - 1; i > 0; i-- {
		j := r.below(i + 1)
		d[i], d[j] = d[j], d[i]
	}
	seen := make([]int, len(quota))
	for i := range d {
		d[i].rank = seen[d[i].province]
		seen[d[i].province]++
	}
	return d
}

// dwelling is where a household lives. Districts, wards and streets are made up.
type dwelling struct {
	province, district, ward, street int
	number, lane                     int
}

// Parts of made-up place names; any two make one.
var (
	placeFirst = []string{"An", "Bình", "Cẩm", "Đông", "Hoa", "Hòa", "Hưng", "Kim", "Lạc", "Long", "Minh", "Mỹ", "Nam", "Ngọc",
		"Phú", "Phước", "Quang", "Sen", "Sơn", "Tân", "Tây", "Thanh", "Thạnh", "Thịnh", "Thuận", "Trung", "Vân", "Vĩnh", "Xuân", "Yên"}
	placeSecond = []string{"An", "Bình", "Cát", "Châu", "Điền", "Đức", "Giang", "Hải", "Hậu", "Hòa", "Hồng", "Hưng", "Khê", "Lâm",
		"Lộc", "Lợi", "Mai", "Nghĩa", "Phong", "Phú", "Quang", "Sơn", "Tân", "Thắng", "Thành", "Thủy", "Tiến", "Trạch", "Trung", "Vượng"}
)

const (
	districtsPerProvince = 14
	wardsPerDistrict     = 16
	streetsPerWard       = 40
)

func placeName(id int) string {
	n := int(permute(uint64(id), 850, 17)) // 850 of the 900 pairs: prime to 3
	return placeFirst[n/30] + " " + placeSecond[n%30]
}

func newDwelling(r *rng, province int) dwelling {
	return dwelling{province: province, district: r.below(districtsPerProvince), ward: r.below(wardsPerDistrict),
		street: r.below(streetsPerWard), number: r.between(1, 399), lane: r.below(180)}
}

func (d dwelling) districtID() int { return d.province*districtsPerProvince + d.district }
func (d dwelling) wardID() int     { return d.districtID()*wardsPerDistrict + d.ward }
func (d dwelling) streetID() int   { return d.wardID()*streetsPerWard + d.street }
func (d dwelling) urban() bool     { return d.district%3 == 0 || provinces[d.province].city }

// addressStyles is how many ways clerks have of writing one address.
const addressStyles = 10

// address writes the dwelling in one clerk's way, without the province.
func (d dwelling) address(style int) string { return d.front(style) + d.within(style) + clerk(style) }

// postal writes the dwelling in one clerk's way, with the province, and as it
// is in full.
func (d dwelling) postal(style int) (written, full string) {
	p := &provinces[d.province]
	kind := "tỉnh "
	if p.city {
		kind = "thành phố "
	}
	province := []string{", " + p.fullName(), ", " + strings.ToUpper(kind[:1]) + ". " + p.name, ", " + kind + p.name, " - " + p.name, ", " + p.name}[style%5]
	if style%5 == 1 && p.city {
		province = ", TP. " + p.name
	}
	return d.front(style) + d.within(style) + province + clerk(style), d.front(style) + d.within(0) + ", " + p.fullName()
}

// front is what stands before the units.
func (d dwelling) front(style int) string {
	no, lane, street, hamlet := strconv.Itoa(d.number), strconv.Itoa(d.lane), placeName(d.streetID()), strconv.Itoa(1+d.street%12)
	switch {
	case !d.urban():
		return []string{"Nhà " + no + ", thôn " + hamlet, "Số " + no + " xóm " + hamlet, no + " ấp " + hamlet, "Hộ " + no + " thôn " + hamlet, "Thôn " + hamlet + ", nhà số " + no}[style%5]
	case d.lane < 60: // on the street itself
		return []string{"Số " + no + ", phố " + street, no + " " + street, no + " đường " + street, "SN " + no + " " + street, "Nhà số " + no + " phố " + street}[style%5]
	}
	return []string{"Số " + no + ", ngõ " + lane + ", phố " + street, no + " ngõ " + lane + " " + street, no + "/" + lane + " đường " + street,
		"SN " + no + " ngõ " + lane + " " + street, "Hẻm " + lane + ", số " + no + " " + street}[style%5]
}

// within are the ward and the district, in one clerk's way; the first is in full.
func (d dwelling) within(style int) string {
	ward, district := placeName(d.wardID()+331), placeName(d.districtID()+77)
	kinds := []string{"Xã ", "Huyện ", "X. ", "H. ", "xã ", "huyện "}
	if d.urban() {
		kinds = []string{"Phường ", "Quận ", "P. ", "Q. ", "phường ", "quận "}
	}
	switch n := style % 5; n {
	case 3:
		return " - " + ward + " - " + district
	case 4:
		return ", " + ward + ", " + district
	default:
		return ", " + kinds[2*n] + ward + ", " + kinds[2*n+1] + district
	}
}

// wardOfToday is the code of the ward that the dwelling lies in since the
// merger; empty where its own was divided.
func (d dwelling) wardOfToday() string {
	code := ""
	for _, group := range wardGroups {
		for _, ward := range group {
			if ward == d.ward {
				if code != "" {
					return ""
				}
				first := d
				first.ward = group[0]
				code = wardCode(first)
			}
		}
	}
	return code
}

// clerk is the habit of half of the clerks: they name the country too.
func clerk(style int) string {
	if style < addressStyles/2 {
		return ""
	}
	return ", Việt Nam"
}
