package dictionary

import "strings"

// Parts of a number plate over its tidied text: capitals, one hyphen for any
// separator.
const (
	plateLetters  = `[A-HK-NPR-VX-Z]`
	plateSeries   = `(` + plateLetters + `|` + plateLetters + `{2}|MĐ|TĐ)`
	plateParted   = `([1-9][0-9])-?` + plateSeries + `-?([1-9]?)-([0-9]{3}-?[0-9]{2}|[0-9]{2}-?[0-9]{2})`
	plateTogether = `([1-9][0-9])-?` + plateSeries + `([0-9]{4,6})`
	plateMilitary = `([A-Z]{2})-?([0-9]{2})-?([0-9]{2})`
	plateForeign  = `([1-9][0-9])-?(NG|NN|QT|CV)-?([0-9]{3})-?([0-9]{2})`
	plateOldOrder = `([1-9][0-9])-?([0-9]{3})-?(NG|NN|QT|CV)-?([0-9]{2})`
	plateLoose    = `[1-9][0-9]-?[A-ZĐ]?[IJOQWĐ][A-ZĐ]?-?[0-9]{0,2}-?[0-9]{2,3}-?[0-9]{2}`
	plateGap      = `[ \x{a0}._\-‐–]+`
)

// noPlates are the numbers between 11 and 99 that no province has.
var noPlates = []string{"10", "13", "42", "44", "45", "46", "87", "91", "96"}

func vehiclePlate() *Element {
	return &Element{
		Name:  "vehicle-plate",
		Title: Text{VI: "Biển số xe", EN: "Vehicle number plate"},
		Help: Text{
			VI: "Số tỉnh và sê-ri liền nhau, gạch nối, số thứ tự (năm số có dấu chấm): 30A-123.45, 29X1-123.45, 29MĐ1-123.45; biển bốn số 29X-1234; quân đội TM-12-34; ngoại giao 80NG-001-01.",
			EN: "Province number and series together, a hyphen, the number (five digits with a dot): 30A-123.45, 29X1-123.45, 29MĐ1-123.45; four digits 29X-1234; army TM-12-34; diplomatic 80NG-001-01.",
		},
		Source: "Circular 79/2024/TT-BCA (before it 24/2023/TT-BCA and 58/2020/TT-BCA) for series and province numbers; Circular 169/2021/TT-BQP for the army [series by unit and the order on diplomatic plates unconfirmed]; the form in which they are kept is the dictionary's own",
		Examples: []Example{
			{Raw: "30A-123.45", Value: "30A-123.45"},
			{Raw: "30a 12345", Value: "30A-123.45"},
			{Raw: "29-X1 123.45", Value: "29X1-123.45"},
			{Raw: "29X-1234", Value: "29X-1234"},
			{Raw: "29AA-123.45", Value: "29AA-123.45"},
			{Raw: "29-MĐ1 234.56", Value: "29MĐ1-234.56"},
			{Raw: "TM 12-34", Value: "TM-12-34"},
			{Raw: "80-001-NG-01", Value: "80NG-001-01"},
			{Raw: "29X11234", Problem: "ambiguous"},
			{Raw: "13A-123.45", Problem: "province"},
			{Raw: "30O-123.45", Problem: "series"},
			{Raw: "30A-12", Problem: "format"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"format":    formatProblem,
			"province":  {VI: "không tỉnh nào có đầu số này", EN: "begins with the number of no province"},
			"series":    {VI: "sê-ri có chữ cái không dùng trên biển số", EN: "has a series of letters that plates do not use"},
			"ambiguous": {VI: "viết liền nên đọc được thành hai biển số", EN: "reads as two plates where nothing parts series and number"},
		},
		standardise: standardPlate,
		ready:       func(Options) ready { return ready{well: plateIsWell} },
	}
}

func standardPlate(s string, _ Options) Result {
	s = strings.ToUpper(compose(s))
	s = strings.Trim(compileAny(plateGap).ReplaceAllString(s, "-"), "-")
	r := onePlate(s)
	if r.Value != "" && !fits(r.Value, plateMilitary) && !plateProvince(r.Value[:2]) {
		return Result{Problem: "province"}
	}
	return r
}

func onePlate(s string) Result {
	find := func(pattern string) []string { return compile(pattern).FindStringSubmatch(s) }
	if m := find(plateForeign); m != nil {
		return Result{Value: m[1] + m[2] + "-" + m[3] + "-" + m[4]}
	}
	if m := find(plateOldOrder); m != nil {
		return Result{Value: m[1] + m[3] + "-" + m[2] + "-" + m[4]}
	}
	if m := find(plateMilitary); m != nil {
		return Result{Value: m[1] + "-" + m[2] + "-" + m[3]}
	}
	if m := find(plateParted); m != nil {
		return plateOf(m[1]+m[2]+m[3], strings.ReplaceAll(m[4], "-", ""))
	}
	if m := find(plateTogether); m != nil {
		return plateTogetherOf(m[1]+m[2], m[3])
	}
	if fits(s, plateLoose) {
		return Result{Problem: "series"}
	}
	return Result{Problem: "format"}
}

// plateOf joins series and number: five digits have a dot.
func plateOf(series, number string) Result {
	if len(number) == 5 {
		number = number[:3] + "." + number[3:]
	}
	return Result{Value: series + "-" + number}
}

// plateTogetherOf parts digits that follow the letters of the series: the
// first may be the series' own, on motorcycles.
func plateTogetherOf(series, d string) Result {
	own := d[0] != '0'
	switch {
	case len(d) == 4 || len(d) == 5 && !own:
		return plateOf(series, d)
	case len(d) == 6 && own:
		return plateOf(series+d[:1], d[1:])
	case len(d) == 5:
		return Result{Problem: "ambiguous", Candidates: []string{plateOf(series, d).Value, plateOf(series+d[:1], d[1:]).Value}}
	}
	return Result{Problem: "format"}
}

// plateProvince reports that a province has the number.
func plateProvince(code string) bool {
	for _, no := range noPlates {
		if code == no {
			return false
		}
	}
	return true
}

// plateIsWell: a province, one or two letters of a series with a digit or
// without, a hyphen, and four digits or five with their dot. Diplomatic
// series are left to the rule.
func plateIsWell(x []byte) bool {
	if len(x) < 8 || x[0] == '0' || !digits(x[:2]) || !plateProvince(string(x[:2])) {
		return false
	}
	i := 2
	for i < 4 && plateLetter(x[i]) {
		i++
	}
	if i == 2 || i == 4 && (x[2] == 'N' || x[2] == 'Q' || x[2] == 'C') {
		return false
	}
	if x[i]-'1' < 9 {
		i++
	}
	if x[i] != '-' {
		return false
	}
	switch rest := x[i+1:]; len(rest) {
	case 4:
		return digits(rest)
	case 6:
		return rest[3] == '.' && digits(rest[:3]) && digits(rest[4:])
	}
	return false
}

func plateLetter(c byte) bool {
	return c >= 'A' && c <= 'Z' && c != 'I' && c != 'J' && c != 'O' && c != 'Q' && c != 'W'
}
