package demo

import "strings"

// weighted is a name and its share, in thousandths of what the list covers.
type weighted struct {
	name  string
	share int
}

// familyNames follows the published shares of the most frequent ones; where
// north and south write one name differently, southern gives the other form.
var familyNames = []weighted{
	{"Nguyễn", 360}, {"Trần", 110}, {"Lê", 95}, {"Phạm", 70}, {"Hoàng", 50}, {"Phan", 45}, {"Vũ", 39},
	{"Đặng", 21}, {"Bùi", 20}, {"Đỗ", 18}, {"Hồ", 15}, {"Ngô", 15}, {"Dương", 14}, {"Đinh", 12}, {"Trương", 12},
	{"Đoàn", 10}, {"Trịnh", 10}, {"Đào", 9}, {"Lâm", 8}, {"Mai", 8}, {"Lý", 7}, {"Cao", 7}, {"Lương", 7},
	{"Phùng", 6}, {"Hà", 6}, {"Tạ", 5}, {"Tô", 5}, {"Châu", 4}, {"Thái", 4}, {"Quách", 3}, {"Kiều", 3}, {"Nghiêm", 2},
}

var southern = map[string]string{"Hoàng": "Huỳnh", "Vũ": "Võ"}

// people of one ethnic group: its code in the national list, and names.
type ethnicGroup struct {
	code          string
	families      []string
	menMiddle     []string
	womenMiddle   []string
	men, women    []string
	motherTongued bool // given names come from the group's own lists
}

const kinh = 0

var ethnicGroups = []ethnicGroup{
	{code: "01"},
	{code: "02", families: []string{"Nông", "Ma", "Bế", "Hoàng", "Lục"}},
	{code: "03", families: []string{"Lò", "Quàng", "Cà", "Lường", "Tòng", "Cầm"}},
	{code: "05", families: []string{"Thạch", "Kim", "Danh", "Sơn", "Lâm"},
		men: []string{"Sóc", "Thia", "Rích", "Som", "Đa Ra"}, women: []string{"Sa Rây", "Sa Ra", "Phây", "Sô Phia"}, motherTongued: true},
	{code: "06", families: []string{"Bùi", "Quách", "Đinh", "Hà", "Bạch"}},
	{code: "07", families: []string{"Nông", "Lý", "Hoàng", "Vi", "Mông"}},
	{code: "08", families: []string{"Giàng", "Vàng", "Sùng", "Thào", "Mùa", "Lầu"}, menMiddle: []string{"A"}, womenMiddle: []string{"Thị"},
		men: []string{"Páo", "Sính", "Chớ", "Dế", "Lử", "Vàng"}, women: []string{"Mỷ", "Dợ", "Sua", "Mai", "Pà"}, motherTongued: true},
	{code: "09", families: []string{"Triệu", "Bàn", "Đặng", "Phùng", "Chảo"}},
	{code: "12", families: []string{"Niê", "Mlô", "Ayun"}, menMiddle: []string{"Y"}, womenMiddle: []string{"Hờ"},
		men: []string{"Blia", "Thông", "Khoa", "Nam"}, women: []string{"Nhan", "Liên", "Mai", "Yên"}, motherTongued: true},
}

var menMiddle = []string{
	"Văn", "Văn", "Văn", "Văn", "Văn", "Văn", "Văn", "Đức", "Hữu", "Minh", "Quang", "Quốc", "Thanh", "Xuân", "Ngọc",
	"Công", "Đình", "Gia", "Anh", "Tuấn", "Trọng", "Duy", "Bá", "Thành", "Mạnh", "Hải", "Thế", "Phúc",
}

var womenMiddle = []string{
	"Ngọc", "Thu", "Thanh", "Minh", "Phương", "Kim", "Bích", "Hồng", "Mỹ", "Thùy", "Khánh", "Bảo", "Quỳnh", "Diệu",
	"Tường", "Hoài", "Như", "Cẩm", "Ánh", "Hà", "Lan", "Mai",
}

var menGiven = []string{
	"An", "Anh", "Bách", "Bảo", "Bình", "Chiến", "Chính", "Công", "Cường", "Dũng", "Duy", "Dương", "Đại", "Đạt", "Đông",
	"Đức", "Giang", "Hải", "Hiếu", "Hiển", "Hòa", "Hoàn", "Hoàng", "Hùng", "Huy", "Hưng", "Khải", "Khang", "Khánh", "Khoa",
	"Khôi", "Kiên", "Lâm", "Linh", "Long", "Lộc", "Lợi", "Luân", "Lực", "Mạnh", "Minh", "Nam", "Nghĩa", "Nguyên", "Nhân",
	"Nhật", "Phát", "Phong", "Phú", "Phúc", "Phước", "Quân", "Quang", "Quý", "Quyết", "Sang", "Sơn", "Tài", "Tâm", "Tân",
	"Thái", "Thành", "Thắng", "Thiện", "Thịnh", "Thọ", "Thông", "Thuận", "Tiến", "Toàn", "Trí", "Trung", "Trường", "Tú",
	"Tuấn", "Tùng", "Việt", "Vinh", "Vũ", "Vượng", "Ân", "Ích",
}

var womenGiven = []string{
	"An", "Anh", "Ánh", "Bích", "Châu", "Chi", "Cúc", "Diễm", "Diệp", "Dung", "Duyên", "Đào", "Giang", "Hà", "Hạnh", "Hằng",
	"Hân", "Hiền", "Hoa", "Hòa", "Hồng", "Huệ", "Huyền", "Hương", "Hường", "Khánh", "Khuê", "Kim", "Lan", "Lệ", "Liên", "Linh",
	"Loan", "Lý", "Ly", "Mai", "Minh", "My", "Mỹ", "Nga", "Ngân", "Ngọc", "Nguyệt", "Nhi", "Nhung", "Oanh", "Phương",
	"Phượng", "Quyên", "Quỳnh", "Tâm", "Thanh", "Thảo", "Thắm", "Thơ", "Thu", "Thủy", "Thúy", "Thư", "Tiên", "Trang", "Trâm",
	"Trinh", "Tuyết", "Tươi", "Uyên", "Vân", "Vy", "Xuân", "Yến", "Ái", "Ý",
}

// pickFamilyName draws one by its share, in the spelling of the region.
func pickFamilyName(r *rng, south bool) string {
	total := 0
	for _, n := range familyNames {
		total += n.share
	}
	at := r.below(total)
	for _, n := range familyNames {
		if at -= n.share; at < 0 {
			return regional(n.name, south)
		}
	}
	return familyNames[0].name
}

func regional(name string, south bool) string {
	if other, ok := southern[name]; ok && south {
		return other
	}
	return name
}

// pickName draws a whole name, family name first. Older women nearly all bear
// "Thị", younger ones less and less.
func pickName(r *rng, family string, group *ethnicGroup, woman bool, bornIn int) string {
	middle, given := pick(r, menMiddle), menGiven
	if woman {
		middle, given = pickWomanMiddle(r, bornIn), womenGiven
	}
	if group.motherTongued {
		return pickOwnName(r, family, group, woman)
	}
	last := pick(r, given)
	for strings.HasSuffix(middle, last) {
		last = pick(r, given)
	}
	return family + " " + middle + " " + last
}

// pickOwnName draws from the group's own names, which may lack a middle one.
func pickOwnName(r *rng, family string, group *ethnicGroup, woman bool) string {
	middles, given := group.menMiddle, group.men
	if woman {
		middles, given = group.womenMiddle, group.women
	}
	if len(middles) == 0 {
		return family + " " + pick(r, given)
	}
	return family + " " + pick(r, middles) + " " + pick(r, given)
}

func pickWomanMiddle(r *rng, bornIn int) string {
	thi := 85
	if bornIn >= 1970 {
		thi = 65
	}
	if bornIn >= 1995 {
		thi = 30
	}
	if !r.percent(thi) {
		return pick(r, womenMiddle)
	}
	if r.percent(40) {
		return "Thị " + pick(r, womenMiddle)
	}
	return "Thị"
}
