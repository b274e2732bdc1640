package dictionary

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTelephoneNumbersOfAnyYearBecomeTodays(t *testing.T) {
	check(t, "phone", Options{}, []standard{
		{"0912.345.678", "+84912345678"}, {"84912345678", "+84912345678"}, {"+84 (0)912 345 678", "+84912345678"}, {"912345678", "+84912345678"},
		{"0120 123 4567", "+84701234567"}, {"0129-1234567", "+84821234567"}, {"0199 123 4567", "+84591234567"}, {"+84 168 712 3456", "+84387123456"},
		{"(0511) 3 812 345", "+842363812345"}, {"0650 3822 123", "+842743822123"}, {"(0240) 3 854 321", "+842043854321"}, {"04.38251234", "+842438251234"},
		{"0210 3 846 123", "+842103846123"}, {"0333 123 456", "+84333123456"}, {"061 3 822 123", "+842513822123"},
		{"028 38 291 234 (máy lẻ 105)", "+842838291234;ext=105"}, {"+1 202 555 0143 x9", "+12025550143;ext=9"}, {"00 33 142685300", "+33142685300"},
		{"113", "!service-number"}, {"1800 6789", "!service-number"}, {"0000000000", "!placeholder"}, {"0999999999", "!placeholder"},
		{"0112345678", "!unknown-number"}, {"091234567", "!unknown-number"}, {"+840", "!unknown-number"}, {"O912345678", "!format"},
		{"0912345678; 02438251234", "!several"}, {"không", "!format"},
	})
	r := phone().Standardise("0912345678 hoặc 0987654321", Options{})
	if want := []string{"+84912345678", "+84987654321"}; !slices.Equal(r.Candidates, want) {
		t.Errorf("two numbers: candidates %v, want %v", r.Candidates, want)
	}
}

// Each area code of before 2017, with a subscriber as there were, comes out as
// a fixed line, or as the mobile number of today that has the same digits.
func TestEveryOldAreaCodeHasItsPlace(t *testing.T) {
	now := map[string]bool{}
	for old, area := range oldArea {
		subscriber := "3812345"
		if len(old) == 1 {
			subscriber = "38123456"
		}
		got := phone().Standardise("0"+old+subscriber, Options{})
		asMobile := len(old)+len(subscriber) == 9 && fits(old+subscriber, mobileShape)
		if want := "+84" + area + subscriber; got.Value != want && (!asMobile || got.Value != "+84"+old+subscriber) {
			t.Errorf("0%s %s is %q (%s), want %s", old, subscriber, got.Value, got.Problem, want)
		}
		if now[area] {
			t.Errorf("two old codes became %s", area)
		}
		now[area] = true
	}
	for _, unchanged := range []string{"210", "211", "218", "219"} {
		now[unchanged] = true
	}
	if len(now) != 63 {
		t.Errorf("%d area codes of today, want those of 63 provinces", len(now))
	}
}

func TestATaxCodeWithOneWrongDigitIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 5))
	made, missed := 0, 0
	for range 20_000 {
		code := []byte(fmt.Sprintf("%09d", random.IntN(1e9)))
		sum := 0
		for i, w := range taxWeights {
			sum += w * int(code[i]-'0')
		}
		if sum%11 == 0 { // no such code is given
			continue
		}
		code = append(code, byte('0'+10-sum%11))
		if r := taxCode().Standardise(string(code), Options{}); r.Value != string(code) {
			t.Fatalf("%s: %+v", code, r)
		}
		made++
		at := random.IntN(10)
		code[at] = '0' + (code[at]-'0'+byte(1+random.IntN(9)))%10
		if r := taxCode().Standardise(string(code), Options{}); r.Problem != "check-digit" {
			missed++
		}
	}
	if made < 10_000 || missed > 0 {
		t.Errorf("%d of %d codes with a wrong digit passed", missed, made)
	}
}

func TestTaxCodesOfPeopleFollowTheLaw(t *testing.T) {
	check(t, "tax-code", Options{On: day("2025-06-30")}, []standard{{"001087012345", "!not-yet"}, {"0123456787", "0123456787"}})
	check(t, "tax-code", Options{On: day("2025-07-01")}, []standard{{"001087012345", "001087012345"}, {"0123456787-000", "!check-digit"}})
}

func TestPlatesAreReadWhereNothingIsGuessed(t *testing.T) {
	check(t, "vehicle-plate", Options{}, []standard{
		{"29A 123.45", "29A-123.45"}, {"51F12345", "!ambiguous"}, {"51F-01234", "51F-012.34"}, {"51F01234", "51F-012.34"}, {"29X1 12345", "29X1-123.45"},
		{"29-X1-123.45", "29X1-123.45"}, {"29X1123456", "!format"}, {"29x112345", "29X1-123.45"}, {"30LD-012.34", "30LD-012.34"}, {"29MĐ112345", "29MĐ1-123.45"},
		{"29AA12345", "!ambiguous"}, {"29AA-12345", "29AA-123.45"}, {"29X-12-34", "29X-1234"}, {"QA-12-34", "QA-12-34"}, {"QA1234", "QA-12-34"},
		{"80NG 001 01", "80NG-001-01"}, {"41-291-NN-05", "41NN-291-05"}, {"80-NN-291-05", "80NN-291-05"}, {"10A-123.45", "!province"}, {"29W-123.45", "!series"}, {"xe chưa có biển", "!format"},
	})
}

func TestLicenceClassesFollowTheLawOfTheDay(t *testing.T) {
	check(t, "driving-licence-class", Options{On: day("2024-12-31")}, []standard{{"B2", "B2"}, {"A", "!not-yet"}, {"C1E", "!not-yet"}, {"FC", "FC"}})
	check(t, "driving-licence-class", Options{On: day("2025-01-01")}, []standard{{"A", "A"}, {"B2", "B2"}, {"c; a1", "A1,C"}})
	for class, want := range map[string]string{"B2": "B C1", "E": "D", "A1": "", "D": "", "FB2": "BE C1E", "A4": ""} {
		if got := strings.Join(licenceClass().Standardise(class, Options{}).Candidates, " "); got != want {
			t.Errorf("%s is exchanged for %q, want %q", class, got, want)
		}
	}
}

func TestCodesOfOriginAreFoundByAnyNameThatIsNotShared(t *testing.T) {
	check(t, "ethnicity", Options{}, []standard{
		{"KINH", "01"}, {"kinh", "01"}, {"Người Tày", "02"}, {"Hmong", "08"}, {"Thổ", "24"}, {"Cao Lan", "15"}, {"Lào", "37"}, {"Lao", "41"}, {"LAO", "41"},
		{"lao ", "41"}, {"H.Mông", "08"}, {"54", "54"}, {"55", "55"}, {"56", "!unknown-code"}, {"Gia Rai", "10"}, {"Bru - Vân Kiều", "23"}, {"Ơ Đu", "53"},
	})
	check(t, "nationality", Options{}, []standard{
		{"vn", "VN"}, {"VIET NAM", "VN"}, {"Vietnam", "VN"}, {"Hoa Kỳ", "US"}, {"mỹ", "US"}, {"MY", "MY"}, {"my", "!ambiguous"}, {"Liên bang Nga", "RU"},
		{"Tiệp Khắc", "CZ"}, {"Úc", "AU"}, {"quốc tịch Pháp", "FR"}, {"ZZ", "!unknown-code"}, {"Hàn Quốc", "KR"}, {"Đài Loan (Trung Quốc)", "TW"},
	})
}

func TestAmountsAreReadAsTheyAreSaid(t *testing.T) {
	check(t, "money", Options{}, []standard{
		{"1250000", "1250000 VND"}, {"1.250.000", "1250000 VND"}, {"1,250,000đ", "1250000 VND"}, {"1 250 000 đồng", "1250000 VND"}, {"500k", "500000 VND"},
		{"1,5 tỷ", "1500000000 VND"}, {"0,5 triệu đồng", "500000 VND"}, {"2 tỷ 50 triệu 300 nghìn", "2050300000 VND"}, {"300 nghìn 2 triệu", "!format"},
		{"$12.50", "12.5 USD"}, {"EUR 1.234,5", "1234.5 EUR"}, {"-50.000 đ", "-50000 VND"}, {"0", "0 VND"}, {"1.250,5 triệu", "1250500000 VND"},
		{"1.234 USD", "!ambiguous"}, {"12 bitcoin", "!currency"}, {"", ""}, {"mười nghìn", "!format"}, {"1250000 vnd", "1250000 VND"},
	})
	check(t, "quantity", Options{}, []standard{
		{"120 M2", "120 m2"}, {"1200,50 m²", "1200.50 m2"}, {"0,5ha", "0.5 ha"}, {"15 %", "15 %"}, {"3 mẫu", "!regional-unit"}, {"5 thùng", "!unknown-unit"}, {"12.5", "!no-unit"},
		{"1.5e3 kg", "1.5e3 kg"},
	})
}

func TestPeriodsAreIntervalsOfDays(t *testing.T) {
	check(t, "period", Options{}, []standard{
		{"Quý 3/2023", "2023-07-01/2023-09-30"}, {"quý III-2023", "2023-07-01/2023-09-30"}, {"2023Q4", "2023-10-01/2023-12-31"}, {"tháng 2 năm 2023", "2023-02-01/2023-02-28"},
		{"T12/2023", "2023-12-01/2023-12-31"}, {"2023-05", "2023-05-01/2023-05-31"}, {"6 tháng cuối năm 2023", "2023-07-01/2023-12-31"}, {"9 tháng đầu năm 2023", "2023-01-01/2023-09-30"},
		{"năm 2023", "2023-01-01/2023-12-31"}, {"giai đoạn 2021-2025", "2021-01-01/2025-12-31"}, {"từ 01/02/2023 đến 31/03/2023", "2023-02-01/2023-03-31"},
		{"31/02/2023 - 01/03/2023", "!format"}, {"2023-13", "!format"}, {"13/2023", "!format"}, {"01/03/2023 - 01/02/2023", "!order"}, {strings.Repeat("-", 5000), "!format"},
	})
}

func TestNamesOfOrganisationsKeepWhatIsTheirOwn(t *testing.T) {
	check(t, "organisation-name", Options{}, []standard{
		{"CÔNG TY TNHH SX TM DV SEN HỒNG", "Công ty trách nhiệm hữu hạn SX TM DV SEN HỒNG"}, {"Cty CP Sen", "Công ty cổ phần Sen"}, {"C.ty TNHH 1TV Sen", "Công ty trách nhiệm hữu hạn một thành viên Sen"},
		{"Công ty Sen Hồng", "Công ty Sen Hồng"}, {"UBND P. Sen", "Ủy ban nhân dân P. Sen"}, {"uỷ ban nhân dân PHƯỜNG Sen", "Ủy ban nhân dân phường Sen"}, {"HTX NN Sen", "Hợp tác xã NN Sen"},
		{"THPT Sen", "THPT Sen"}, {"CPA Sen", "CPA Sen"}, {"BV ĐK Sen", "Bệnh viện ĐK Sen"}, {"  Sen   Hồng ", "Sen Hồng"}, {"Công ty TNHH", "!form-only"}, {"Ctyx Sen", "Ctyx Sen"},
	})
}

func TestParcelsSayWhichNumberIsWhich(t *testing.T) {
	check(t, "land-parcel", Options{}, []standard{
		{"Thửa đất số: 17; tờ bản đồ số: 05", "5/17"}, {"tờ 5 thửa 17", "5/17"}, {"BĐ 5, thửa 17", "5/17"}, {"012/0345", "12/345"}, {"12/17a", "12/17A"}, {"DC 5/17", "DC5/17"},
		{"0/12", "!zero"}, {"12", "!incomplete"}, {"12 345", "!order"}, {"00001:12/345", "00001/12/345"},
	})
}

func TestMailAndWebAddressesAreNormal(t *testing.T) {
	check(t, "email", Options{}, []standard{
		{"an@Example.VN", "an@example.vn"}, {"an @ example.vn", "an@example.vn"}, {"an..b@example.vn", "!format"}, {"an@-example.vn", "!domain"}, {"@example.vn", "!format"},
		{"an@example.vn, ", "!domain"}, {strings.Repeat("a", 65) + "@example.vn", "!length"}, {"o'brien@example.vn", "o'brien@example.vn"},
	})
	check(t, "url", Options{}, []standard{
		{"Http://Example.VN", "http://example.vn/"}, {"https://example.vn:443/a", "https://example.vn/a"}, {"http://example.vn:443/", "http://example.vn:443/"}, {"example.vn/a", "!no-scheme"},
		{"https://", "!host"}, {"https://a b.vn/", "!format"}, {"ftp://example.vn/tệp", "ftp://example.vn/t%E1%BB%87p"}, {"mailto:an@example.vn", "!scheme"}, {"https://an@example.vn", "!credentials"},
	})
}

func TestAnAddressIsOfTheDayThatStandsBehindIt(t *testing.T) {
	e, _ := Lookup("administrative-unit")
	c, err := ColumnOf(specOf(e, Options{Units: exampleUnits(), Dated: true}))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ raw, value, problem string }{
		{"Phường 00070\x1f2/9/2020", "", "no-unit"},
		{"00070\x1f2/9/2026", "00070", ""},                      // today's own ward of that code
		{"00070\x1f2020-09-02", "", "split"},                    // the old one, which was divided
		{"00070\x1f31/02/2020", "00070", ""},                    // no day says nothing
		{"Phường Phúc Xá, Hà Nội\x1f", "00097", ""},             // nobody wrote a day
		{"Phường Phúc Xá, Hà Nội", "00097", ""},                 // no mark
		{"Phường Phúc Xá\x1fHà Nội\x1f2020-09-02", "00097", ""}, // a mark in the text is of the text
		{"\x1f2020-09-02", "", ""}, {"", "", ""},
	} {
		if value, problem := c.Standard([]byte(one.raw)), c.Problem([]byte(one.raw)); value != one.value || problem != one.problem {
			t.Errorf("%q: got %q, %q, want %q, %q", one.raw, value, problem, one.value, one.problem)
		}
	}
	if !c.Blank([]byte("\x1f2020-09-02")) || c.Blank([]byte("x\x1f")) {
		t.Error("a day without an address is no value, an address without a day is one")
	}
}
