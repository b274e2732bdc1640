package dictionary

import (
	"slices"
	"strings"
	"testing"
)

func TestColumnsAreRecognisedByTheirValues(t *testing.T) {
	for _, row := range []struct{ column, want, values string }{
		{"so_dinh_danh", "personal-identity-number", "001087012345 079199012345 048087012345 012345678 031199000001 001301000001"},
		{"x", "personal-identity-number", "001087012345 079199012345 048087012345"},
		{"so_cmnd", "identity-number-old", "012345670 023456781 034567892"},
		{"ho_ten", "person-name", "Nguyễn_Văn_An TRẦN_THỊ_THUÝ lê_bình"},
		{"c3", "person-name", "Nguyễn_Văn_An TRẦN_THỊ_THUÝ lê_bình"},
		{"ngay_sinh", "date", "3/5/1987 14/12/1990 1975 01/01/2001 1988"},
		{"dob", "date", "19870503 19901214 20010101"},
		{"gioi_tinh", "sex", "Nam Nữ Nam nữ"},
		{"gioi_tinh", "integer", "1 2 1 1"},
		{"tinh", "province", "01 79 48 31"},
		{"noi_sinh", "province", "Hà_Giang TP.HCM Tỉnh_Quảng_Nam"},
		{"so_tien", "integer", "1200 3400 17 99"},
		{"gia", "number", "12.5 17.25 3.5"},
		{"ghi_chu", "", "đã_chuyển_về_xã_mới! xem_số_3 không_có_gì,_hỏi_lại"},
		{"trong", "", "N/A - NULL"},
		{"x", "date", "3/5/1987 14/12/1990 01/01/2001"},
		{"x", "integer", "19870503 19901214 20010101"},
		{"registeredOn", "date", "19870503 19901214 20010101"},
		{"size", "", "M F M"},
		{"giới tính", "sex", "M F M"},
		{"NgàySinh", "date", "1987 1990 1975"},
		{"made_in_year", "integer", "1987 1990 1975"},
		{"hoten_me", "person-name", "An Bình"},
		{"surname", "person-name", "webb green"},
		{"ho_ten", "person-name", "Nguyễn_Văn_A Trần_Thị_B Lê_V._C"},
		{"ten_cong_ty", "organisation-name", "Cty_TNHH_Sen DNTN_Hòa_Bình Công_ty_cổ_phần_An"},
		{"don_vi", "", "phòng_một phòng_hai"},
		{"dien_thoai", "phone", "0912345678 912345678 02438251234"},
		{"x", "phone", "0912345678 +84987654321 02438251234"},
		{"email", "email", "an@example.vn b@example.vn"},
		{"x", "url", "https://a.example.vn/ http://b.example.vn"},
		{"mst", "personal-identity-number", "001087012345 079199012345"},
		{"mst", "tax-code", "0123456787 0123456787-001"},
		{"bien_so", "vehicle-plate", "30A-123.45 29X1-123.45"},
		{"dan_toc", "ethnicity", "Kinh Tày H'Mông"},
		{"quoc_tich", "nationality", "Việt_Nam VN Lào"},
		{"so_the_bhyt", "health-insurance-number", "DN4010123456789 HS4797921234567"},
		{"ma_bhxh", "social-insurance-number", "0123456789 7912345678"},
		{"hang_gplx", "driving-licence-class", "A1 B2 A1,C"},
		{"luong", "money", "1.250.000_đ 2_triệu"},
		{"dien_tich", "quantity", "120_m2 12,5_ha"},
		{"ky_bao_cao", "period", "Q1/2024 quý_II_năm_2024"},
		{"thua_dat", "land-parcel", "12/345 tờ_1_thửa_2"},
		{"so_tinh_tien", "integer", "120 430"},
	} {
		values := strings.Fields(row.values)
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], "_", " ")
		}
		got := ""
		if c := Recognise(values, row.column); len(c) > 0 {
			got = c[0].Element.Name
		}
		if got != row.want {
			t.Errorf("%s: recognised as %q, want %q (%+v)", row.column, got, row.want, Recognise(values, row.column))
		}
	}
}

func TestRecognitionGivesTheEvidenceInWords(t *testing.T) {
	values := append(slices.Repeat([]string{"13/5/1987"}, 93), append(slices.Repeat([]string{"1987"}, 5), "31/02/1987", "x")...)
	c := Recognise(values, "ngay_sinh")[0]
	if want := "by its name and its form, in 100 values: d/m/yyyy 93 %, yyyy 5 %; format 1 %, impossible 1 %"; c.Evidence() != want || !c.Options.Year || c.Options.Order != DayFirst {
		t.Errorf("got %q, %+v; want %q with years, day first", c.Evidence(), c.Options, want)
	}
	american := Recognise([]string{"12/31/1987", "5/13/1990", "1/2/2001"}, "dob")[0]
	if american.Options.Order != MonthFirst {
		t.Errorf("12/31/1987 and 5/13/1990: got order %q, want month first", american.Options.Order)
	}
}
