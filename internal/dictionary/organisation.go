package dictionary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// organisationForms are the beginnings of names in every way that they are
// written, in small letters, and what stands for them in full.
var organisationForms = []struct{ written, full string }{
	{"cty|c.ty|c.t.y|cong ty|công ty", "Công ty"},
	{"tnhh|t.n.h.h|trách nhiệm hữu hạn|trach nhiem huu han", "trách nhiệm hữu hạn"},
	{"mtv|m.t.v|1tv|1 tv|1 thành viên|một thành viên|mot thanh vien", "một thành viên"},
	{"2tv|2 tv|htv|2 thành viên trở lên|hai thành viên trở lên|hai thanh vien tro len", "hai thành viên trở lên"},
	{"cp|c.p|cổ phần|co phan", "cổ phần"},
	{"hợp danh|hop danh", "hợp danh"},
	{"dntn|doanh nghiệp tư nhân|doanh nghiep tu nhan", "Doanh nghiệp tư nhân"},
	{"htx|hợp tác xã|hop tac xa", "Hợp tác xã"},
	{"hkd|hộ kinh doanh|ho kinh doanh", "Hộ kinh doanh"},
	{"ubnd|uỷ ban nhân dân|ủy ban nhân dân|uy ban nhan dan", "Ủy ban nhân dân"},
	{"hđnd|hdnd|hội đồng nhân dân|hoi dong nhan dan", "Hội đồng nhân dân"},
	{"bhxh|bảo hiểm xã hội|bao hiem xa hoi", "Bảo hiểm xã hội"},
	{"bv|bệnh viện|benh vien", "Bệnh viện"},
	{"bvđk|bvdk|bệnh viện đa khoa|benh vien da khoa", "Bệnh viện đa khoa"},
	{"ttyt|trung tâm y tế|trung tam y te", "Trung tâm y tế"},
	{"tyt|trạm y tế|tram y te", "Trạm y tế"},
	{"trường|truong", "Trường"},
	{"thpt|trung học phổ thông|trung hoc pho thong", "Trung học phổ thông"},
	{"thcs|trung học cơ sở|trung hoc co so", "Trung học cơ sở"},
}

// beginnings are the same, one a way of writing.
var beginnings = func() (out []struct{ written, full string }) {
	for _, f := range organisationForms {
		for _, w := range strings.Split(f.written, "|") {
			out = append(out, struct{ written, full string }{w, f.full})
		}
	}
	return out
}()

// followers are the forms that never begin a name.
var followers = func() map[string]bool {
	out := map[string]bool{}
	for _, forms := range follows {
		for _, f := range forms {
			out[f] = true
		}
	}
	return out
}()

// follows says which forms may stand behind another; the rest only begin a
// name. A name that begins with TNHH or THPT alone lacks its first word.
var follows = map[string][]string{
	"Công ty":             {"trách nhiệm hữu hạn", "cổ phần", "hợp danh"},
	"trách nhiệm hữu hạn": {"một thành viên", "hai thành viên trở lên"},
	"Trường":              {"Trung học phổ thông", "Trung học cơ sở"},
}

// adminLevels are the units whose names follow a public body.
const adminLevels = `^(xã|phường|thị trấn|thị xã|quận|huyện|thành phố|tỉnh|đặc khu)( |$)`

// publicBodies are the forms behind which a level of administration comes.
var publicBodies = []string{"Ủy ban nhân dân", "Hội đồng nhân dân", "Bảo hiểm xã hội", "Trung tâm y tế", "Trạm y tế"}

const (
	organisationQuote = `[“”„«»″]`
	organisationApart = `[‘’‘ʼ]`
	organisationEnd   = " .,:-"
)

func organisationName() *Element {
	return &Element{
		Name:  "organisation-name",
		Title: Text{VI: "Tên tổ chức", EN: "Organisation's name"},
		Help: Text{
			VI: "Loại hình ở đầu tên viết đủ (Công ty trách nhiệm hữu hạn, Doanh nghiệp tư nhân, Hợp tác xã, Ủy ban nhân dân, Trường Trung học phổ thông …); tên riêng giữ nguyên chữ hoa chữ thường; một dấu cách, dấu nháy thẳng.",
			EN: "The legal form at the start is written out (Công ty trách nhiệm hữu hạn, Doanh nghiệp tư nhân, Hợp tác xã, Ủy ban nhân dân, Trường Trung học phổ thông …); the proper name keeps its capitals; one space, straight quotes.",
		},
		Source: "Law on Enterprises 59/2020/QH14, articles 37 and 39 (both the full and the short form of a legal form are lawful: the full one is kept); Decree 30/2020/ND-CP, annex II (capitals of public bodies)",
		Examples: []Example{
			{Raw: "Công ty trách nhiệm hữu hạn Sen Hồng", Value: "Công ty trách nhiệm hữu hạn Sen Hồng"},
			{Raw: "Cty TNHH MTV Sen Hồng", Value: "Công ty trách nhiệm hữu hạn một thành viên Sen Hồng"},
			{Raw: "CÔNG TY CP FPQ", Value: "Công ty cổ phần FPQ"},
			{Raw: "DNTN “Hoà Bình”", Value: "Doanh nghiệp tư nhân \"Hoà Bình\""},
			{Raw: "UBND XÃ Ea Kao", Value: "Ủy ban nhân dân xã Ea Kao"},
			{Raw: "Trường THPT Sen Xanh", Value: "Trường Trung học phổ thông Sen Xanh"},
			{Raw: "HTX", Problem: "form-only"},
			{Raw: "Cty Ng\ufffdc", Problem: "broken-text"},
			{Raw: "12345", Problem: "no-letters"},
		},
		Logical: "string",
		problems: map[string]Text{
			"broken-text": {VI: "có ký tự hỏng do sai bảng mã", EN: "holds characters broken by a wrong encoding"},
			"form-only":   {VI: "chỉ có loại hình, không có tên riêng", EN: "is a legal form without a name"},
			"no-letters":  {VI: "không có chữ cái nào", EN: "holds no letter"},
		},
		standardise: standardOrganisation,
		ready:       func(Options) ready { return ready{well: organisationIsWell} },
	}
}

func standardOrganisation(s string, o Options) Result {
	r := Result{Value: s}
	if !textIsWell([]byte(s)) {
		if r = standardText(s, o); r.Problem != "" {
			return r
		}
	}
	if s = r.Value; !plainWords([]byte(s)) {
		s = compileAny(nameSpace).ReplaceAllString(compileAny(nameGone).ReplaceAllString(s, ""), " ")
		s = trim(compileAny(organisationApart).ReplaceAllString(compileAny(organisationQuote).ReplaceAllString(s, `"`), "'"))
	}
	if strings.IndexFunc(s, unicode.IsLetter) < 0 {
		return Result{Problem: "no-letters"}
	}
	form, last, rest := leadingForms(s)
	switch {
	case form == "":
		return Result{Value: s}
	case rest == "":
		return Result{Problem: "form-only"}
	case slices.Contains(publicBodies, last):
		rest = lowerLevel(rest)
	}
	return Result{Value: form + " " + rest}
}

// leadingForms takes the legal forms off the start of a name: in full, the
// last of them, and what is behind them.
func leadingForms(s string) (form, last, rest string) {
	rest = s
	for {
		full, behind, ok := nextForm(rest, last)
		if !ok {
			return form, last, rest
		}
		form, last, rest = strings.TrimPrefix(form+" "+full, " "), full, behind
	}
}

// nextForm reads one form that may follow the last.
func nextForm(s, last string) (full, rest string, ok bool) {
	small := lower(s)
	if len(small) != len(s) { // a letter whose capital is of another length
		return "", "", false
	}
	best := 0
	for _, f := range beginnings {
		if !strings.HasPrefix(small, f.written) || len(f.written) <= best || !endsWord(s[len(f.written):]) {
			continue
		}
		if last == "" && !followers[f.full] || last != "" && slices.Contains(follows[last], f.full) {
			best, full = len(f.written), f.full
		}
	}
	if best == 0 {
		return "", "", false
	}
	return full, strings.TrimLeft(s[best:], organisationEnd), true
}

// endsWord: no letter or digit goes on here.
func endsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
}

// lowerLevel writes the level of a unit small: "XÃ Ea Kao" is xã Ea Kao.
func lowerLevel(rest string) string {
	small := lower(rest)
	if m := compileAny(adminLevels).FindString(small); m != "" && len(small) == len(rest) {
		return m + rest[len(m):]
	}
	return rest
}

// organisationIsWell: the form that most have, in full, and a name of letters,
// digits and single spaces that does not go on with the number of members.
func organisationIsWell(x []byte) bool {
	const company = "Công ty trách nhiệm hữu hạn "
	rest, ok := strings.CutPrefix(string(x), company)
	return ok && plainWords([]byte(rest)) && !strings.ContainsAny(rest[:1], "mhMH12")
}

// plainWords: words of the alphabet and digits with one space between them.
func plainWords(x []byte) bool {
	gap := true
	for i := 0; i < len(x); {
		kind, size := letterAt(x[i:])
		switch {
		case kind != 0 || x[i]-'0' <= 9:
			gap = false
		case x[i] == ' ' && !gap:
			gap = true
		default:
			return false
		}
		i += size
	}
	return !gap
}
