package dictionary

import (
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(isoDay, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEveryElementKeepsItsExamples(t *testing.T) {
	for _, e := range Elements() {
		if len(e.Examples) == 0 || e.Title.VI == "" || e.Title.EN == "" || e.Source == "" {
			t.Errorf("%s: lacks examples, title or source", e.Name)
		}
		for _, ex := range e.Examples {
			got := e.Standardise(ex.Raw, e.ExampleOptions())
			if got.Value != ex.Value || got.Problem != ex.Problem {
				t.Errorf("%s(%q) = %q, %q; want %q, %q", e.Name, ex.Raw, got.Value, got.Problem, ex.Value, ex.Problem)
			}
			if _, ok := e.Problems()[got.Problem]; got.Problem != "" && !ok {
				t.Errorf("%s: problem %q has no text", e.Name, got.Problem)
			}
		}
	}
}

func TestElementsAreFoundByNameAndReference(t *testing.T) {
	for _, name := range []string{"date", "sen:element/date"} {
		if e, ok := Lookup(name); !ok || e.Name != "date" {
			t.Errorf("Lookup(%q) = %v, %v; want date", name, e, ok)
		}
	}
	if _, ok := Lookup("dat"); ok {
		t.Error("Lookup(dat) found something")
	}
}

// standard is one row of a table of values; want starts with "!" for a problem.
type standard struct{ raw, want string }

func check(t *testing.T, element string, o Options, table []standard) {
	t.Helper()
	e, _ := Lookup(element)
	for _, row := range table {
		r := e.Standardise(row.raw, o)
		got := r.Value
		if r.Problem != "" {
			got = "!" + r.Problem
		}
		if got != row.want {
			t.Errorf("%s(%q) = %q, want %q", element, row.raw, got, row.want)
		}
	}
}

func TestBlankValuesAreNeitherGoodNorBad(t *testing.T) {
	for _, raw := range []string{"", " ", "\t\u00a0\u200b", "\x01"} {
		for _, e := range Elements() {
			if r := e.Standardise(raw, e.ExampleOptions()); !r.Blank() {
				t.Errorf("%s(%q) = %+v, want blank", e.Name, raw, r)
			}
		}
	}
	check(t, "date", Options{}, []standard{{"N/A", ""}, {" không rõ ", ""}, {"--", ""}})
	check(t, "text", Options{}, []standard{{"N/A", "N/A"}, {"-", "-"}})
	check(t, "person-name", Options{}, []standard{{"NULL", ""}, {"Trần Null", "Trần Null"}})
}

func TestIdentityNumbersAreRepairedOnlyWhereTheProvinceProvesIt(t *testing.T) {
	check(t, "personal-identity-number", Options{On: day("2026-06-01")}, []standard{
		{"001087012345", "001087012345"},
		{" 001 087 012 345 ", "001087012345"},
		{"'001087012345", "001087012345"},
		{"001.087.012.000", "001087012000"},
		{"79087012345", "079087012345"},
		{"1087012345", "001087012345"},
		{"79087012345.0", "079087012345"},
		{"99087012345", "!length"},
		{"101087012345", "101087012345"},
		{"000087012345", "!province"},
		{"001226012345", "001226012345"},
		{"001227012345", "!century"},
		{"001487012345", "!century"},
		{"O01087012345", "!letters"},
		{"1.08701E+11", "!format"},
		{"0010870123456", "!length"},
		{"０01087012345", "!format"},
	})
}

func TestLettersInANumberAreProposedNotRepaired(t *testing.T) {
	e, _ := Lookup("personal-identity-number")
	r := e.Standardise("OO1087Ol2345", Options{})
	if r.Value != "" || len(r.Candidates) != 1 || r.Candidates[0] != "001087012345" {
		t.Errorf("got %+v, want the candidate 001087012345 and no value", r)
	}
}

func TestNamesAreCapitalisedWithOneTonePlacement(t *testing.T) {
	check(t, "person-name", Options{}, []standard{
		{"NGUYỄN THỊ HOÀ", "Nguyễn Thị Hòa"},
		{"nguyễn thị hòa", "Nguyễn Thị Hòa"},
		{"Nguye\u0302\u0303n Thi\u0323 Ho\u0300a", "Nguyễn Thị Hòa"},
		{"Lê Thuý Quỳnh", "Lê Thúy Quỳnh"},
		{"Phú Qúy", "Phú Quý"}, {"Phú Quý", "Phú Quý"}, {"Qùa", "Quà"},
		{"Hòang Tòan", "Hoàng Toàn"}, {"Hoàng Toàn", "Hoàng Toàn"},
		{"Hùynh Khoẻ", "Huỳnh Khỏe"}, {"Gìa Gíang", "Già Giáng"},
		{"Nguyễn Gia", "Nguyễn Gia"}, {"Của Mùa", "Của Mùa"},
		{"Uý", "Úy"}, {"Đoàn Khuỷu", "Đoàn Khuỷu"},
		{"Y Moan Ênuôl", "Y Moan Ênuôl"}, {"K'Brăng", "K'Brăng"}, {"K’brăng", "K'Brăng"},
		{"Ê Ban", "Ê Ban"}, {"H'HEN NIÊ", "H'Hen Niê"}, {"Ksor H’ Lan", "Ksor H' Lan"},
		{"Jean-Luc O'Brien", "Jean-Luc O'Brien"}, {"Ronald McDonald", "Ronald McDonald"},
		{"J. NGUYỄN", "J. Nguyễn"}, {"NguyễN VăN An", "Nguyễn Văn An"},
		{"Lê An1", "!digits"}, {"Lê@An", "!symbols"}, {"A", "!too-short"}, {"Lê ?n", "!symbols"},
		{"L\uf7eA An", "!broken-text"}, {"Lê\u200b An", "Lê An"}, {"阮文安", "!symbols"},
	})
}

func TestDatesOfEveryFormAreRead(t *testing.T) {
	check(t, "date", Options{On: day("2026-06-01")}, []standard{
		{"1987-05-03", "1987-05-03"}, {"3/5/1987", "1987-05-03"}, {"03.05.1987", "1987-05-03"}, {"3 - 5 - 1987", "1987-05-03"},
		{"19870503", "1987-05-03"}, {"03051987", "1987-05-03"}, {"20121987", "1987-12-20"},
		{"3/5/1987 00:00:00", "1987-05-03"}, {"1987-05-03T00:00:00+07:00", "1987-05-03"}, {"1987-05-03 00:00:00.000", "1987-05-03"},
		{"Ngày 3 tháng 5 năm 1987", "1987-05-03"}, {"ngay 03 thang 05 nam 1987", "1987-05-03"}, {"3 tháng 5, 1987", "1987-05-03"},
		{"03-MAY-1987", "1987-05-03"}, {"May 3, 1987", "1987-05-03"}, {"3 September 1987", "1987-09-03"},
		{"05/13/1987", "!impossible"}, {"31/02/1987", "!impossible"}, {"29/02/1900", "!impossible"}, {"29/02/2000", "2000-02-29"},
		{"1987", "!year-only"}, {"năm 1987", "!year-only"}, {"00/00/1987", "!year-only"}, {"--/--/1987", "!year-only"}, {"19870000", "!year-only"},
		{"05/1987", "!month-only"}, {"00/05/1987", "!month-only"}, {"1987-05-00", "!month-only"}, {"tháng 5 năm 1987", "!month-only"},
		{"03/05/87", "!two-digit-year"}, {"03-MAY-87", "!two-digit-year"},
		{"1/1/1900", "!placeholder"}, {"9999-12-31", "!placeholder"}, {"0001-01-01", "!placeholder"},
		{"01/06/2026", "2026-06-01"}, {"02/06/2026", "2026-06-02"}, {"03/06/2026", "!future"}, {"2030", "!future"},
		{"03/05/1799", "!impossible"}, {"31900", "!serial"}, {"1987-05-02T17:00:00.000Z", "!time-zone"}, {"hôm qua", "!format"},
	})
	check(t, "date", Options{Year: true}, []standard{{"1987", "1987"}, {"5/1987", "1987-05"}, {"00/00/1987", "1987"}, {"1799", "!impossible"}})
	check(t, "date", Options{Order: MonthFirst}, []standard{{"05/13/1987", "1987-05-13"}, {"05131987", "1987-05-13"}})
	check(t, "date", Options{Excel: true}, []standard{{"31900", "1987-05-03"}, {"31900.5", "1987-05-03"}})
	check(t, "date", Options{Pivot: 30}, []standard{{"03/05/87", "1987-05-03"}, {"03/05/12", "2012-05-03"}})
}

func TestSexDigitsNeedADeclaredList(t *testing.T) {
	check(t, "sex", Options{}, []standard{
		{"Nam", "male"}, {"NỮ", "female"}, {"nữ", "female"}, {"nu", "female"}, {"F", "female"}, {"Khác", "other"},
		{"1", "!ambiguous-code"}, {"0", "!ambiguous-code"}, {"nem", "!unknown-code"},
	})
	list := &CodeList{Name: "sex", Codes: []Code{{Value: "male", Labels: []string{"1"}}, {Value: "female", Labels: []string{"2"}}}}
	check(t, "sex", Options{Codes: list}, []standard{{"1", "male"}, {"2", "female"}, {"Nữ", "female"}, {"0", "!ambiguous-code"}})
}

func TestProvincesDependOnTheDay(t *testing.T) {
	check(t, "province", Options{}, []standard{
		{"Hà Giang", "02"}, {"Tỉnh Hà Giang", "02"}, {"tinh ha giang", "02"}, {"HÀ GIANG", "02"}, {"Lào Cai", "10"}, {"Bắc Ninh", "27"},
		{"TP. Hồ Chí Minh", "79"}, {"TP.HCM", "79"}, {"HN", "01"}, {"BR-VT", "77"}, {"TT-Huế", "46"}, {"Thừa Thiên - Huế", "46"},
		{"Đăk Lăk", "66"}, {"Thanh Hoá", "38"}, {"1", "01"}, {"001", "01"}, {"079", "79"}, {"03", "!unknown-code"},
	})
	check(t, "province", Options{On: day("2025-06-30")}, []standard{{"Hà Giang", "02"}, {"Lào Cai", "10"}})
	check(t, "province", Options{On: day("2025-07-01")}, []standard{
		{"Hà Giang", "!ended"}, {"02", "!ended"}, {"Lào Cai", "15"}, {"Bắc Ninh", "24"}, {"Gia Lai", "52"}, {"Hà Nội", "01"}, {"TP.HCM", "79"},
	})
}

func TestNumbersAreReadInBothGroupings(t *testing.T) {
	check(t, "integer", Options{}, []standard{{"42", "42"}, {"+42", "42"}, {"-0", "0"}, {"007", "7"}, {"1 234", "1234"}, {"1,234,567", "1234567"},
		{"12.0", "12"}, {"12.5", "!not-integer"}, {"12345678901234567890", "!range"}, {"mười", "!format"}})
	check(t, "number", Options{}, []standard{{"12.50", "12.50"}, {"12,5", "12.5"}, {"1.234", "!ambiguous"}, {"1.234.567", "1234567"},
		{"1,234.5", "1234.5"}, {"1.234,5", "1234.5"}, {"1.5e-7", "1.5e-7"}, {"0.123", "0.123"}, {"5%", "!format"}})
	check(t, "number", Options{Decimal: "."}, []standard{{"1.234", "1.234"}, {"1,234", "1234"}})
	check(t, "number", Options{Decimal: ","}, []standard{{"1.234", "1234"}, {"1,234", "1.234"}})
}

func TestContradictionsWithTheIdentityNumberAreNamed(t *testing.T) {
	for _, row := range []struct{ pin, sex, born, province, want string }{
		{"001187012345", "female", "1987-05-03", "01", ""},
		{"001187012345", "male", "1987-05-03", "01", "sex"},
		{"001187012345", "female", "1988", "01", "birth-year"},
		{"001387012345", "female", "1987", "", "birth-year"},
		{"001187012345", "female", "1987-05", "79", "birth-province"},
		{"101187012345", "female", "1987", "79", ""},
		{"001187012345", "", "", "", ""},
		{"", "male", "1987", "01", ""},
	} {
		if got := CheckPerson(row.pin, row.sex, row.born, row.province); got != row.want {
			t.Errorf("CheckPerson(%q, %q, %q, %q) = %q, want %q", row.pin, row.sex, row.born, row.province, got, row.want)
		}
	}
}

func TestAStandardFormIsItsOwnStandardForm(t *testing.T) {
	for _, e := range Elements() {
		for _, ex := range e.Examples {
			if ex.Value == "" {
				continue
			}
			if r := e.Standardise(ex.Value, e.ExampleOptions()); r.Value != ex.Value {
				t.Errorf("%s(%q) = %q, want itself", e.Name, ex.Value, r.Value)
			}
		}
	}
}
