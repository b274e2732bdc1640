package dictionary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Candidate is an element that a column may hold, with the evidence.
type Candidate struct {
	Element *Element
	Fit     float64 // of the values that are not blank, those with a standard form: 0 to 1
	Filled  int     // values that are not blank
	Named   bool    // the column's name speaks for it too
	Written string  // how the good values are written: "d/m/yyyy 93 %, yyyy 5 %"
	Wrong   string  // what is wrong with the others: "impossible 0.4 %"; may be empty
	Options Options // what the values say about themselves: Order, Year, Excel
}

// Evidence is the candidate's case in a sentence.
func (c Candidate) Evidence() string {
	by := "by its form"
	if c.Named {
		by = "by its name and its form"
	}
	out := fmt.Sprintf("%s, in %d values: %s", by, c.Filled, c.Written)
	if c.Wrong != "" {
		out += "; " + c.Wrong
	}
	return out
}

// enoughFit is the share of values from which an element is worth naming.
const enoughFit = 0.8

// structuredFit is that share for elements whose values have a strict form of
// letters and digits: numbers of another kind may fit it by chance.
const structuredFit = 0.9

func enough(e *Element) float64 {
	if slices.Contains([]string{"vehicle-plate", "tax-code", "phone", "health-insurance-number", "social-insurance-number"}, e.Name) {
		return structuredFit
	}
	return enoughFit
}

// columnWords are what columns of an element are called: folded words with _
// between them.
var columnWords = map[string][]string{
	"personal-identity-number": {"so_dinh_danh", "dinh_danh", "cccd", "so_dd", "identity", "personal_id", "personal_number", "mst"},
	"identity-number-old":      {"cmnd", "cmt", "chung_minh", "giay_to", "identity", "old"},
	"person-name":              {"ho_ten", "ho_va_ten", "ten", "name", "surname"},
	"date":                     {"ngay", "date", "day", "born", "birth", "dob", "nam_sinh", "on", "from", "to"},
	"sex":                      {"gioi_tinh", "gioi", "sex", "gender"},
	"province":                 {"tinh", "thanh_pho", "province", "city", "noi", "que", "born_at"},
	"boolean":                  {"co", "is", "has", "flag"},
	"phone":                    {"dien_thoai", "sdt", "so_dt", "di_dong", "may_ban", "phone", "mobile", "telephone", "tel", "fax"},
	"email":                    {"email", "e_mail", "mail", "thu_dien_tu", "hop_thu"},
	"url":                      {"url", "website", "web", "trang_web", "lien_ket", "link"},
	"vehicle-plate":            {"bien_so", "bien_kiem_soat", "bks", "plate", "plate_number", "number_plate", "license_plate"},
	"ethnicity":                {"dan_toc", "ethnicity", "ethnic", "ethnic_group"},
	"nationality":              {"quoc_tich", "nuoc", "quoc_gia", "nationality", "country", "citizenship"},
	"health-insurance-number":  {"bhyt", "so_the_bhyt", "so_the_bao_hiem", "health_insurance", "card_number"},
	"social-insurance-number":  {"bhxh", "so_bhxh", "ma_bhxh", "bao_hiem_xa_hoi", "social_insurance"},
	"driving-licence-class":    {"hang", "hang_gplx", "hang_giay_phep", "hang_xe", "licence_class", "license_class"},
	"land-parcel":              {"thua_dat", "thua", "to_thua", "parcel", "land_parcel"},
	"organisation-name": {"ten_to_chuc", "to_chuc", "co_quan", "don_vi", "cong_ty", "doanh_nghiep", "truong", "organisation", "organization",
		"company", "agency", "employer", "noi_lam_viec"},
	"money":    {"so_tien", "tien", "gia", "luong", "phi", "money", "amount", "price", "fee", "salary"},
	"quantity": {"dien_tich", "khoi_luong", "san_luong", "quantity", "area", "weight"},
	"period":   {"ky", "quy", "giai_doan", "ky_bao_cao", "period", "quarter"},
	"tax-code": {"mst", "ma_so_thue", "ma_thue", "tax_code", "tax_id", "tax_number"},
}

// SpeaksOf reports whether a column's name speaks of an element: "họTên",
// "HO_TEN" and "hoten_me" are names of a person.
func SpeaksOf(column, element string) bool {
	if element == "province" && SpeaksOf(column, "sex") { // tỉnh and giới tính share a syllable
		return false
	}
	if element == "person-name" && SpeaksOf(column, "organisation-name") { // tên công ty
		return false
	}
	return speaks(column, columnWords[element])
}

// speaks reports whether a column is called by one of these words.
func speaks(column string, all []string) bool {
	name := columnName(column)
	return slices.ContainsFunc(all, func(words string) bool {
		joined := strings.ReplaceAll(words, "_", "")
		return strings.Contains(name, "_"+words+"_") || strings.Contains(name, "_"+joined+"_") ||
			len(joined) > 4 && joined != words && strings.Contains(name, joined)
	})
}

// columnName is a column's name as words with _ around each.
func columnName(s string) string {
	var b strings.Builder
	small := false
	for _, r := range s {
		if small && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r) || unicode.IsDigit(r)
		b.WriteRune(r)
	}
	words := strings.FieldsFunc(Fold(b.String()), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return "_" + strings.Join(words, "_") + "_"
}

// Recognise says which elements a column of values looks like, best first.
// The name of the column breaks ties, and is needed where values alone prove
// little: any nine digits fit an old number, any two words a name, any eight
// digits a date.
//
// Elements that fit nearly anything (text, code) are never named.
func Recognise(samples []string, columnName string) []Candidate {
	return (*Set)(nil).Recognise(samples, columnName)
}

// Recognise is the function Recognise over the hub's own elements too, which
// need a name of the column that their files list.
func (s *Set) Recognise(samples []string, columnName string) []Candidate {
	var out []Candidate
	for _, e := range s.Elements() {
		if c, ok := recognise(e, samples, columnName); ok {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(b.rank(), a.rank()) })
	return out
}

func recognise(e *Element, samples []string, column string) (Candidate, bool) {
	if e.Name == "text" || e.Name == "code" {
		return Candidate{}, false
	}
	c := Candidate{Element: e, Named: SpeaksOf(column, e.Name)}
	if e.declared != nil {
		c.Named = speaks(column, e.words)
	}
	if e.Name == "date" {
		c.Options = dateOptions(samples)
	}
	c.weigh(samples)
	return c, c.Filled > 0 && c.Fit >= enough(e) && proved(e, samples, c.Named)
}

// proved: where the values say little by themselves the name must speak, or
// something in the values; money and names of organisations need that in any
// case, since any number and any text reads as one.
func proved(e *Element, samples []string, named bool) bool {
	if slices.Contains([]string{"money", "quantity", "organisation-name"}, e.Name) {
		return tellsItself(e, samples)
	}
	return named || !needsName(e) && e.declared == nil || tellsItself(e, samples)
}

// rank orders candidates: the particular before the general, the named
// before the unnamed, then by fit.
func (c Candidate) rank() float64 {
	r := c.Fit
	if c.Named {
		r++
	}
	switch c.Element.Name {
	case "integer", "number":
		r -= 2
	case "boolean", "province":
		r -= 0.5
	}
	return r
}

// needsName: two digits are a province's code and much else, words are names
// and much else, eight digits are a date and much else, M may be a size.
func needsName(e *Element) bool {
	return slices.Contains([]string{"identity-number-old", "person-name", "province", "boolean", "date", "sex", "phone", "tax-code", "ethnicity", "nationality",
		"social-insurance-number", "driving-licence-class", "organisation-name", "money", "quantity", "period", "land-parcel"}, e.Name)
}

// proofs are what tellsItself looks for.
var proofs = map[string]func(string) bool{
	"province": isUnitName, "person-name": hasFamilyName, "date": isWrittenDay,
	"phone": func(s string) bool { return compileAny(`^(?:\+84|0[235789])`).MatchString(s) },
	"money": func(s string) bool {
		return compileAny(`(?i)(?:đ|₫|vnd|vnđ|đồng|triệu|tỷ|usd|\$|€)\.?$`).MatchString(s)
	},
	"quantity":          func(s string) bool { return compileAny(`^[0-9].*[a-zA-Z²³%]`).MatchString(s) },
	"organisation-name": func(s string) bool { form, _, _ := leadingForms(s); return form != "" },
	"tax-code":          func(s string) bool { return len(digitsOnly(s)) != 12 },
}

// tellsItself reports values that prove the element without the name: unit
// names for provinces, family names that most people have, days written with
// signs between day, month and year, the beginnings of telephone numbers, tax
// codes whose check digits agree.
func tellsItself(e *Element, samples []string) bool {
	proof := proofs[e.Name]
	if proof == nil {
		return false
	}
	proved, filled := 0, 0
	for _, s := range samples {
		if s = trim(s); s != "" && !isToken(s) {
			filled++
			if proof(s) {
				proved++
			}
		}
	}
	return proved*2 >= filled && proved > 0
}

func isWrittenDay(s string) bool {
	shape := dateShape(s)
	return strings.HasSuffix(shape, "yyyy") && len(shape) > len("m/yyyy") || shape == "yyyy-mm-dd"
}

func isUnitName(s string) bool { return compileAny("[a-z]{2}").MatchString(Fold(s)) }

// familyNames are borne by some nine in ten people of the country.
var familyNames = strings.Fields("nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh dao mai trinh truong")

func hasFamilyName(s string) bool {
	family, rest, two := strings.Cut(Fold(s), " ")
	return two && rest != "" && slices.Contains(familyNames, family)
}

// weigh standardises the samples: the share that is well, what they look
// like, and how many are not blank.
func (c *Candidate) weigh(samples []string) {
	well, shapes, problems := 0, map[string]int{}, map[string]int{}
	for _, s := range samples {
		r := c.Element.Standardise(s, c.Options)
		switch {
		case r.Blank():
			continue
		case r.Problem == "initials": // a name all the same, and as personal as one
			well++
			shapes["with initials"]++
		case r.Problem != "":
			problems[r.Problem]++
		default:
			well++
			shapes[shapeOf(c.Element, trim(s), r)]++
		}
		c.Filled++
	}
	if c.Filled > 0 {
		c.Fit = float64(well) / float64(c.Filled)
		c.Written, c.Wrong = describe(shapes, c.Filled), describe(problems, c.Filled)
	}
}

// shapeOf names the way in which a good value was written.
func shapeOf(e *Element, s string, r Result) string {
	switch {
	case e.Name == "date":
		return dateShape(s)
	case s == r.Value:
		return "standard form"
	case isCoded(e.Name): // whose standard form is a code
		return "in words"
	}
	return "repaired"
}

// isCoded names the elements whose standard form is a code.
func isCoded(name string) bool {
	return slices.Contains([]string{"sex", "province", "ethnicity", "nationality"}, name)
}

// dateShapes are tried in order.
var dateShapes = []struct{ pattern, name string }{
	{`[0-9]{4}`, "yyyy"}, {`[0-9]{4}-[0-9]{2}-[0-9]{2}`, "yyyy-mm-dd"}, {`[0-9]{8}`, "digits alone"},
	{`[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}`, "d/m/yyyy"}, {`[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}`, "d-m-yyyy"}, {`[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}`, "d.m.yyyy"},
	{`[0-9]{1,2}/[0-9]{4}`, "m/yyyy"}, {`.*[0-9]{1,2}:[0-9]{2}.*`, "with time"}, {`[0-9]+(?:\.[0-9]+)?`, "serial number"},
}

func dateShape(s string) string {
	for _, shape := range dateShapes {
		if fits(s, shape.pattern) {
			return shape.name
		}
	}
	return "in words"
}

func describe(counts map[string]int, all int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s %.3g %%", name, 100*float64(counts[name])/float64(all))
	}
	return strings.Join(parts, ", ")
}

// dateOptions reads off the values what is known of a column of dates. The
// order is month first only where days above 12 say so, and none the other
// way; years alone are accepted from one in fifty; numbers are serial days
// only where nearly all are.
func dateOptions(samples []string) Options {
	var dayFirst, monthFirst, years, serials, filled int
	for _, s := range samples {
		r := dateElement().Standardise(s, Options{})
		if r.Blank() {
			continue
		}
		filled++
		switch {
		case r.Problem == "year-only" || r.Problem == "month-only":
			years++
		case r.Problem == "serial":
			serials++
		case r.Problem == "impossible" && dateElement().Standardise(s, Options{Order: MonthFirst}).Problem == "":
			monthFirst++
		case r.Value != "" && dateElement().Standardise(s, Options{Order: MonthFirst}).Problem == "impossible":
			dayFirst++
		}
	}
	o := Options{Year: years*50 >= filled && years > 0, Excel: serials*10 >= filled*9 && serials > 0}
	if monthFirst > 0 && dayFirst == 0 {
		o.Order = MonthFirst
	}
	return o
}

func dateElement() *Element {
	e, _ := Lookup("date")
	return e
}
