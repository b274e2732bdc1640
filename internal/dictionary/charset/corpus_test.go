package charset

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Parts of made-up names of people and places.
var (
	families = strings.Fields("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Mai Tô Quách Giàng Vương Lương Châu Tạ")
	middles  = strings.Fields("Văn Thị Đức Minh Ngọc Thúy Hoàng Quý Gia Xuân Hữu Kim Thanh Bảo Anh Công Quốc Như")
	givens   = strings.Fields("An Bình Hòa Thúy Thủy Quỳnh Toàn Loan Oanh Uyên Khuê Tuấn Phượng Ánh Quyên Huy Út Cường Dũng Hằng Hạnh Hùng Lộc Nghĩa Phúc Sơn Tâm Thắng Trúc Vỹ Yến Ý Ái Đạt Hiếu Khánh")
	places   = strings.Fields("Hà_Nội Hải_Phòng Đà_Nẵng Huế Cần_Thơ Đắk_Lắk Lâm_Đồng Quảng_Ngãi Thừa_Thiên Bến_Tre Vĩnh_Phúc Yên_Bái Phú_Thọ Hưng_Yên Gia_Lai Bà_Rịa")
)

// Sentences of the kinds that registers hold.
var sentences = strings.Split(`Giấy khai sinh này được cấp lại vì bản chính đã mất
Người mẹ đề nghị đổi họ cho con theo họ của mình
Số nhà mười hai, ngõ sáu, phố Hàng Bạc, phường Hoàn Kiếm
Thửa đất trồng lúa nước, diện tích ba trăm mét vuông
Đã nộp đủ hồ sơ, hẹn trả kết quả vào thứ Sáu tuần sau
Xe bị tạm giữ do không có giấy phép lái xe
Bệnh nhân được chuyển lên tuyến trên để phẫu thuật
Hợp đồng lao động không xác định thời hạn
Chủ hộ vắng mặt, em trai ký nhận thay
Trẻ sinh non, cân nặng hai ki lô gam rưỡi
Cửa hàng tạp hóa bán lẻ đồ uống và bánh kẹo
Ý kiến của tổ dân phố: đồng ý xác nhận tạm trú`, "\n")

var english = strings.Split(`The certificate was issued again because the original was lost. Is it true? Yes.
Ann said: "do it again" (twice); see a+b, x^2 and f(x) in section 3.
Contact: hoa.le@example.org, tel. +84 912 345 678, www.example.org/a?b=1
Blood group O+, A+ or AB-; temperature 37.5; name O'Brien, D'Arcy, add middle
Who are you? Where do you go? Why? To do. So? No.
We need data(n), area(s), to(o), photo+video, go+do, a^ and e^x`, "\n")

var french = strings.Split(`L'été dernier à Nîmes, déjà vu; garçon, hôtel, Noël, œuvre
Où êtes-vous ? Là-bas, près de la forêt, à côté du château
Loïc, Anaïs, Zoë, Hélène, François, Gaël, Maël, Noé, Chloé et Raphaël
CAFÉ : prix réduit à 3 €, « menu du jour » à midi
Ça va très bien, même si le maïs a mûri trop tôt
Né à Besançon, décédé à Orléans; époux de Léa Lefèvre`, "\n")

var foreign = strings.Split("José Müller Björk Åsa Sørensen Çelik Łukasz Dvořák Ñandú São Peña Günther Straße 25°C m² 5µg ½ § © 12€ naïve Ærø Þór Ðakota", " ")

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func personName(r *rand.Rand) string {
	return pick(r, families) + " " + pick(r, middles) + " " + pick(r, givens)
}

// cleanColumns are columns in which nothing is wrong.
func cleanColumns(r *rand.Rand) map[string][]string {
	columns := map[string][]string{"sentences": sentences, "English": english, "French": french, "foreign words": foreign,
		"minorities": strings.Split("Y Krông Niê|Ksor H'Bia|Krông Nô|Ê Đê|Chư Prông|Pác Bó|H'Mông|Đắk Glong|Ea Súp|K'Brêu|Hồ Văn Pôn|Pi Năng Thị|Ka Sô Liễng", "|"),
		"capitals":   nil, "names": nil, "without marks": nil, "places": nil, "numbers": {"001087012345", "1987-05-03", "37.5", "+84"}}
	for range 300 {
		name := personName(r)
		columns["names"] = append(columns["names"], name)
		columns["capitals"] = append(columns["capitals"], strings.ToUpper(name))
		columns["places"] = append(columns["places"], strings.ReplaceAll(pick(r, places), "_", " "))
		columns["without marks"] = append(columns["without marks"], asASCII(name))
	}
	return columns
}

func asASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if w := viqrLetters[r]; w != "" {
			return rune(w[0])
		}
		return r
	}, s)
}

// written is s in an encoding as people have it: TCVN3 has small letters where
// it lacks capitals.
func written(t testing.TB, name, s string) []byte {
	t.Helper()
	if name == TCVN3 {
		s = strings.Map(func(r rune) rune {
			if _, ok := tcvn3.bytes[r]; !ok {
				return []rune(strings.ToLower(string(r)))[0]
			}
			return r
		}, s)
	}
	raw, err := Encode(name, s)
	if err != nil {
		t.Fatalf("%s in %s: %v", s, name, err)
	}
	return raw
}

// misreadAs is s as it stands in a column after a program took an encoding's
// bytes for Windows-1252, as far as that defines them.
func misreadAs(t testing.TB, name, s string) string {
	t.Helper()
	if name == UTF8Twice {
		for range 1 + len(s)%2 {
			s = shownAsLatin(s)
		}
		return s
	}
	raw := string(written(t, name, s))
	if name == VIQR {
		return raw
	}
	return shownAsLatin(raw)
}

// shownAsLatin shows bytes as Windows-1252, as Latin-1 where that defines none.
func shownAsLatin(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		if windows1252.defined[raw[i]] {
			b.WriteRune(windows1252.runes[raw[i]])
		} else {
			b.WriteRune(rune(raw[i]))
		}
	}
	return b.String()
}
