package sqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/sen-hub/sen/internal/dictionary"
)

// generator makes values: the clean ones of a register, and mutations of
// them that nobody would write but somebody has.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

var (
	families = strings.Fields("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Ksor H'Hen Y K'Brăng Quách Giàng")
	middles  = strings.Fields("Văn Thị Đức Minh Ngọc Thuý Hoà Quý Gia Xuân Y-Moan Ê")
	givens   = strings.Fields("An Bình Hòa Hoà Thúy Thuý Thủy Quỳnh Toàn Khoẻ Loan Oanh Uyên Úy Uý Khuê Tuấn Phượng Ánh Giá Gìa Qúy Hùynh Tòan Quyên Huy Niê McDonald O'Brien Út Khuỷu")
)

// clean is a value as a well-kept register holds it.
func (g generator) clean(element string) string {
	switch element {
	case "personal-identity-number":
		return fmt.Sprintf("%03d%d%02d%06d", pick(g, 1, 2, 4, 79, 48, 92, 31, 10, 101), g.IntN(4), g.IntN(27), g.IntN(1e6))
	case "identity-number-old":
		return fmt.Sprintf("%09d", g.IntN(1e9))
	case "person-name":
		return pick(g, families...) + " " + pick(g, middles...) + " " + pick(g, givens...)
	case "date":
		return g.date()
	case "sex":
		return pick(g, "Nam", "Nữ", "male", "Female", "M", "F", "1", "2", "0", "Khác")
	case "code":
		return pick(g, "A1", "B2", "C", "Xe máy", "xe tải", "Ô TÔ", "D", "-")
	case "province":
		return g.province()
	case "boolean":
		return pick(g, "true", "false", "có", "Không", "1", "0", "Yes", "đã", "chưa rõ")
	case "integer", "number":
		return g.number()
	}
	if e, known := dictionary.Lookup(element); known && element != "text" {
		return g.particular(e)
	}
	return pick(g, "Số 12, phố Hoà Mã, phường Ngô Thì Nhậm", "Thôn 3\nxã Ea Kao", "Tổ 5 – khu Đông", "a", "12/4 Lý Thường Kiệt; P.7")
}

// particular is a value of an element that has a form of its own: one of its
// kind where it is made of numbers, else one of its examples, as it came or in
// standard form.
func (g generator) particular(e *dictionary.Element) string {
	area := pick(g, "02", "03", "05", "07", "08", "09", "012", "016", "04", "024", "0650", "+84", "84", "0084", "1900", "+1", "28")
	switch made := g.IntN(3); {
	case made > 0:
	case e.Name == "phone":
		return area + fmt.Sprint(g.IntN(1e4)) + pick(g, "", " ", ".", "-") + fmt.Sprint(g.IntN(1e5)) + pick(g, "", "", " ext 1", " x12", ";ext=9")
	case e.Name == "vehicle-plate":
		return fmt.Sprintf("%d%s%s%s%s", 10+g.IntN(90), pick(g, "A", "X1", "-X1 ", "MĐ1", "LD", "O", "NG"), pick(g, "", " ", "-"), fmt.Sprint(g.IntN(1e3)), pick(g, "", ".")+fmt.Sprint(g.IntN(100)))
	case e.Name == "social-insurance-number":
		return fmt.Sprintf("%0*d", 9+g.IntN(2), g.IntN(1e10))
	case e.Name == "health-insurance-number":
		return pick(g, "DN", "TE", "hs") + fmt.Sprintf("%d%s%012d", g.IntN(7), pick(g, "", " ", "-"), g.IntN(1e11))
	case e.Name == "tax-code":
		return fmt.Sprintf("%010d%s", g.IntN(1e10), pick(g, "", "", "-001", "001", "-000"))
	}
	x := pick(g, e.Examples...)
	if x.Value == "" || g.IntN(3) > 0 {
		return x.Raw
	}
	return x.Value
}

func (g generator) date() string {
	t := time.Date(1790+g.IntN(250), time.Month(1+g.IntN(12)), 1+g.IntN(31), g.IntN(24), 0, 0, 0, time.UTC)
	layout := pick(g, "02/01/2006", "2/1/2006", "2006-01-02", "20060102", "02.01.2006", "2-1-06", "02/01/2006 15:04:05", "2006-01-02T15:04:05Z",
		"2006-01-02 15:04:05.000+07", "ngày 2 tháng 1 năm 2006", "Ngày 02 Tháng 01 Năm 2006", "2006", "1/2006", "2006-01", "00/00/2006", "00/01/2006",
		"02012006", "02-Jan-2006", "Jan 2, 2006", "2 January 2006", "20060102150405", "31/02/2006", "2006-02-30", "--/--/2006", "tháng 1/2006", "năm 2006", "2 1 2006", "02-JAN-06")
	return pick(g, t.Format(layout), t.Format(layout), t.Format(layout), "1/1/1900", "31900", "31900.25", "9999-12-31", "02/06/2026", "03/06/2026", "2026-06-03", "20260603", "1800-01-01", "01/01/1800", "31/12/1799")
}

func (g generator) province() string {
	units := dictionary.Provinces(pick(g, time.Time{}, spoken))
	u := units[g.IntN(len(units))]
	return pick(g, u.Name, "Tỉnh "+u.Name, "TP. "+u.Name, "TP "+u.Name, u.Code, "0"+u.Code, strings.TrimLeft(u.Code, "0"),
		strings.ToUpper(u.Name), dictionary.Fold(u.Name), "DN", "TP.HCM", "BR-VT", "Hà Bắc", u.Name+" city")
}

func (g generator) number() string {
	n := g.IntN(1 << pick(g, 3, 10, 20, 40, 62))
	return pick(g, fmt.Sprint(n), fmt.Sprint(-n), fmt.Sprintf("%d.%d", n%1000, g.IntN(2000)), fmt.Sprintf("%d,%d", n%1000, g.IntN(2000)),
		fmt.Sprintf("%d.%03d.%03d", n%1000, g.IntN(1000), g.IntN(1000)), fmt.Sprintf("%d,%03d,%03d.5", n%1000, g.IntN(1000), g.IntN(1000)),
		fmt.Sprintf("%d.%03d,%d", n%1000, g.IntN(1000), g.IntN(100)), fmt.Sprintf("+%05d", n), fmt.Sprintf("%d %03d", n%1000, g.IntN(1000)),
		fmt.Sprintf("%g", float64(n)/7e9), fmt.Sprintf("%.3e", float64(n)), fmt.Sprint(n)+".0", "-0", "-0.0", "00", fmt.Sprint(n)+"99999999999")
}

// mutated is n values: clean ones, and ones changed once or more.
func (g generator) mutated(element string, n int) []string {
	out := make([]string, n)
	for i := range out {
		source := element
		if g.IntN(10) == 0 {
			source = pick(g, dictionary.Elements()...).Name
		}
		s := g.clean(source)
		for range pick(g, 0, 1, 1, 2, 5) {
			s = g.mutate(s)
		}
		out[i] = s
	}
	return out
}

var oddities = []string{" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u3000", "\u0306", "\u0301", "\u0323", "\x01", "\x02", "\x1f", "\x7f", "\u0085",
	"😀", "👩‍👩‍👧", "'", "’", "\"", "`", "-", "–", "−", ".", "/", ",", "?", "(", "İ", "ı", "ß", "ẞ", "ſ", "K", "Å", "ĳ", "ŉ", "Ǆ", "阮", "ñ", "ê̆", "ƀ", "đ", "Đ", "ð", "ữ", "Q", "Gì", "uý", "òa", "oà",
	"0", "1", "9", "O", "l", "x", "N/A", "NULL", "\ufffd", "\uf741", "\U0010ffff", "０", "١", "ª", "ﬁ", "\u0345", "\u1ab0", "क्षि", "각", "가", "\u0f73"}

// mutate changes a text in one of the ways that texts go wrong.
func (g generator) mutate(s string) string {
	runes := []rune(s)
	at := g.IntN(len(runes) + 1)
	switch g.IntN(10) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	case 2:
		return norm.NFD.String(s)
	case 3:
		return pick(g, oddities...) + s
	case 4:
		return s + pick(g, oddities...)
	case 5:
		if len(runes) > 0 {
			at = g.IntN(len(runes))
			return string(runes[:at]) + string(runes[at+1:])
		}
	case 6:
		return s + s
	case 7:
		return strings.ReplaceAll(s, " ", pick(g, "", "  ", "-", "\u00a0"))
	}
	return string(runes[:at]) + pick(g, oddities...) + string(runes[at:])
}

// corners are values that no generator is trusted to find.
func corners() []string {
	return append([]string{"", " ", "\t\n", "a", "-", "--", "…", "NULL", "null", "Null", `\N`, "'", "''", "\u00ad", "\u200d", "\x01", "\x01a\x02",
		strings.Repeat("Nguyễn ", 3000), strings.Repeat("9", 5000), strings.Repeat(" ", 4000), "İ", "ß", "ßa", "Oà Oánh", "Qùy", "gì", "Gì", "Gìa"}, oddities...)
}
