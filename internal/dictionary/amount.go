package dictionary

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Patterns of amounts of money over the text in small letters.
const (
	decimalShape = `-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?`
	moneyWell    = decimalShape + ` [A-Z]{3}`
	moneyPart    = `([0-9][0-9.,  ]*)[ ]*(nghìn|ngàn|nghin|ngan|k|triệu|trieu|tr|tỷ|tỉ|ty|ti)?`
	moneyMarks   = `(đồng|dong|vnđ|vnd|đ|₫|usd|us\$|\$|đô la|đô la mỹ|đô|eur|euro|€|[a-z]{3})`
	moneyAhead   = moneyMarks + `[ .:]*(-?[0-9].*)`
	moneyBehind  = `(.*?[0-9][^0-9]*?)[ .]*` + moneyMarks + `\.?`
)

// moneyScales are the words for powers of ten.
var moneyScales = map[string]int{
	"nghìn": 3, "ngàn": 3, "nghin": 3, "ngan": 3, "k": 3, "triệu": 6, "trieu": 6, "tr": 6, "tỷ": 9, "tỉ": 9, "ty": 9, "ti": 9,
}

// currencies are the codes and other marks of ISO 4217's currencies that
// stand in the country's registers.
var currencies = func() map[string]string {
	out := map[string]string{"đồng": "VND", "dong": "VND", "vnđ": "VND", "đ": "VND", "₫": "VND", "us$": "USD", "$": "USD",
		"đô la": "USD", "đô la mỹ": "USD", "đô": "USD", "euro": "EUR", "€": "EUR"}
	for _, code := range strings.Fields("VND USD EUR JPY CNY KRW GBP AUD CAD SGD THB LAK KHR CHF HKD TWD RUB INR MYR IDR PHP SEK NOK DKK NZD") {
		out[strings.ToLower(code)] = code
	}
	return out
}()

func money() *Element {
	return &Element{
		Name:  "money",
		Title: Text{VI: "Số tiền", EN: "Amount of money"},
		Help: Text{
			VI: "Số thập phân (dấu chấm, không phân nhóm), dấu cách và mã tiền tệ; không ghi tiền tệ thì là đồng. Đồng không có xu, nên 1.250 đ là một nghìn hai trăm năm mươi.",
			EN: "A decimal (a dot, no grouping), a space and the currency's code; without one it is dong. The dong has no fraction in use, so 1.250 đ is one thousand two hundred and fifty.",
		},
		Source: "ISO 4217; Circular 200/2014/TT-BTC, article 4 (grouping by dot, decimal comma) [article unconfirmed]",
		Examples: []Example{
			{Raw: "1250000 VND", Value: "1250000 VND"},
			{Raw: "1.250.000 đ", Value: "1250000 VND"},
			{Raw: "1,25 triệu", Value: "1250000 VND"},
			{Raw: "2 tỷ 500 triệu đồng", Value: "2500000000 VND"},
			{Raw: "USD 1,234.50", Value: "1234.5 USD"},
			{Raw: "1.250", Value: "1250 VND"},
			{Raw: "1.250 USD", Problem: "ambiguous"},
			{Raw: "1.250 triệu", Problem: "ambiguous"},
			{Raw: "100 XYZ", Problem: "currency"},
			{Raw: "miễn phí", Problem: "format"},
		},
		Logical: "string",
		problems: map[string]Text{
			"format":    formatProblem,
			"ambiguous": {VI: "có thể đọc thành hai số tiền; hãy khai dấu thập phân", EN: "reads as two amounts; declare the decimal separator"},
			"currency":  {VI: "không rõ loại tiền", EN: "names no known currency"},
		},
		standardise: standardMoney,
		ready:       func(Options) ready { return ready{well: moneyIsWell} },
	}
}

func standardMoney(s string, o Options) Result {
	if fits(s, moneyWell) && currencies[strings.ToLower(s[len(s)-3:])] == s[len(s)-3:] && !fits(s[:len(s)-4], oneGroup) {
		return Result{Value: s}
	}
	s = trim(strings.ReplaceAll(lower(compose(s)), "\u00a0", " "))
	currency, amount := "vnd", s
	if m := compile(moneyAhead).FindStringSubmatch(s); m != nil {
		currency, amount = m[1], m[2]
	} else if m := compile(moneyBehind).FindStringSubmatch(s); m != nil && moneyScales[m[2]] == 0 {
		currency, amount = m[2], m[1]
	}
	code := currencies[currency]
	if code == "" {
		return Result{Problem: "currency"}
	}
	r := amountOf(amount, code, o)
	if r.Value != "" {
		r.Value += " " + code
	}
	for i := range r.Candidates {
		r.Candidates[i] += " " + code
	}
	return r
}

// amountOf reads numbers with or without words for powers of ten, and adds
// them up: "2 tỷ 500 triệu".
func amountOf(s, code string, o Options) Result {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimSpace(strings.TrimPrefix(s, "-"))
	parts := compileAny(moneyPart).FindAllStringSubmatch(s, -1)
	if !fits(s, `(?:`+moneyPart+`[ ,]*)+`) {
		return Result{Problem: "format"}
	}
	total, above := "0", 99
	for _, p := range parts {
		scale := moneyScales[p[2]]
		if scale >= above {
			return Result{Problem: "format"}
		}
		above = scale
		r := partOf(p[1], scale, code, o)
		if r.Value == "" {
			return r
		}
		total = addDecimals(total, shift(r.Value, scale))
	}
	if total = plainDecimal(total); negative && total != "0" {
		total = "-" + total
	}
	return Result{Value: total}
}

// partOf reads one number of an amount. Where it stands alone and the
// currency has no fraction, one group of three is a group.
func partOf(s string, scale int, code string, o Options) Result {
	s = strings.Trim(strings.ReplaceAll(s, " ", ""), ".,")
	if scale == 0 && code == "VND" && o.Decimal == "" && fits(s, oneGroup) {
		return Result{Value: strings.NewReplacer(".", "", ",", "").Replace(s)}
	}
	r := standardNumber(s, o)
	for i, c := range r.Candidates {
		r.Candidates[i] = plainDecimal(shift(c, scale))
	}
	if r.Value != "" && !fits(r.Value, `[0-9]+(?:\.[0-9]+)?`) {
		return Result{Problem: "format"}
	}
	return r
}

// shift moves the point of a decimal to the right.
func shift(s string, places int) string {
	whole, fraction, _ := strings.Cut(s, ".")
	for len(fraction) < places {
		fraction += "0"
	}
	return whole + fraction[:places] + "." + fraction[places:]
}

// plainDecimal drops zeros that say nothing.
func plainDecimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s = strings.TrimLeft(s, "0"); s == "" || s[0] == '.' {
		s = "0" + s
	}
	return s
}

// addDecimals adds two decimals that are not negative, digit by digit.
func addDecimals(a, b string) string {
	aw, af, _ := strings.Cut(a, ".")
	bw, bf, _ := strings.Cut(b, ".")
	places, width := max(len(af), len(bf)), max(len(aw), len(bw))
	fill := func(w, f string) string {
		return strings.Repeat("0", width-len(w)) + w + f + strings.Repeat("0", places-len(f))
	}
	x, y, carry := []byte(fill(aw, af)), fill(bw, bf), byte(0)
	for i := len(x) - 1; i >= 0; i-- {
		sum := x[i] - '0' + y[i] - '0' + carry
		x[i], carry = '0'+sum%10, sum/10
	}
	return string('0'+rune(carry)) + string(x[:width]) + "." + string(x[width:])
}

// moneyIsWell: digits without zeros ahead, and dong.
func moneyIsWell(x []byte) bool {
	return len(x) > 4 && string(x[len(x)-4:]) == " VND" && unpadded(x[:len(x)-4])
}

// units are what quantities are measured in, by the ways in which they are
// written. Units that differ by region (sào, công, mẫu) have no one measure.
var units = func() map[string]string {
	out := map[string]string{}
	for unit, written := range map[string]string{
		"m2": "m2,m²,m^2,mét vuông,met vuong,mv", "ha": "ha,hecta,héc ta,hec ta,hec-ta,héc-ta", "km2": "km2,km²,ki lô mét vuông",
		"m3": "m3,m³,mét khối,met khoi,khối", "m": "m,mét,met", "km": "km,ki lô mét,cây số,kilômét", "cm": "cm,xăng ti mét", "mm": "mm",
		"kg": "kg,ki lô gam,kilôgam,ký,kí lô,cân", "g": "g,gam,gr", "t": "t,tấn,tan", "q": "tạ", "l": "l,lít,lit", "ml": "ml", "kWh": "kwh,ki lô oát giờ", "%": "%,phần trăm",
	} {
		for _, w := range strings.Split(written, ",") {
			out[w] = unit
		}
	}
	return out
}()

var regionalUnits = strings.Fields("sào sao công cong mẫu mau thước thuoc lạng lang chỉ lượng")

func quantity() *Element {
	return &Element{
		Name:  "quantity",
		Title: Text{VI: "Số đo có đơn vị", EN: "Quantity with its unit"},
		Help: Text{
			VI: "Số thập phân (dấu chấm), dấu cách và đơn vị: m2, ha, km2, m3, m, km, kg, t, q (tạ), l, kWh, % … Sào, công, mẫu khác nhau theo vùng nên không tự đổi.",
			EN: "A decimal (with a dot), a space and the unit: m2, ha, km2, m3, m, km, kg, t, q (100 kg), l, kWh, % … Sào, công and mẫu differ by region and are not converted.",
		},
		Source: "Decree 86/2012/ND-CP (legal units of measurement); symbols in the ASCII form of UCUM where it has one",
		Examples: []Example{
			{Raw: "12.5 ha", Value: "12.5 ha"},
			{Raw: "12,5 ha", Value: "12.5 ha"},
			{Raw: "120m²", Value: "120 m2"},
			{Raw: "1.200,5 mét vuông", Value: "1200.5 m2"},
			{Raw: "3 tấn", Value: "3 t"},
			{Raw: "1.234 m2", Problem: "ambiguous"},
			{Raw: "2 sào", Problem: "regional-unit"},
			{Raw: "12", Problem: "no-unit"},
			{Raw: "rộng", Problem: "format"},
		},
		Logical: "string",
		problems: map[string]Text{
			"format":        formatProblem,
			"ambiguous":     {VI: "có thể đọc thành hai số; hãy khai dấu thập phân", EN: "reads as two numbers; declare the decimal separator"},
			"no-unit":       {VI: "thiếu đơn vị đo", EN: "has no unit"},
			"unknown-unit":  {VI: "không rõ đơn vị đo", EN: "names no known unit"},
			"regional-unit": {VI: "là đơn vị mỗi vùng một khác", EN: "is a unit that differs by region"},
		},
		standardise: standardQuantity,
		ready:       func(Options) ready { return ready{well: quantityIsWell} },
	}
}

func standardQuantity(s string, o Options) Result {
	m := compile(`([+-]?[0-9][0-9.,  ]*(?:[eE][+-]?[0-9]+)?)(.*)`).FindStringSubmatch(s)
	if m == nil {
		return Result{Problem: "format"}
	}
	written := trim(m[2])
	unit := units[lower(compose(written))]
	switch {
	case written == "":
		return Result{Problem: "no-unit"}
	case slices.Contains(regionalUnits, lower(compose(written))):
		return Result{Problem: "regional-unit"}
	case unit == "" || !utf8.ValidString(s):
		return Result{Problem: "unknown-unit"}
	}
	if fits(s, decimalShape+" "+unit) && !fits(m[1], oneGroup+" ?") {
		return Result{Value: s}
	}
	r := standardNumber(m[1], o)
	if r.Value != "" {
		r.Value += " " + unit
	}
	for i := range r.Candidates {
		r.Candidates[i] += " " + unit
	}
	return r
}

// quantityIsWell: digits, a point and places that do not end in 0 and are not
// three, and a unit as it is kept.
func quantityIsWell(x []byte) bool {
	for i, c := range x {
		if c == ' ' {
			unit := string(x[i+1:])
			return unit != "" && numberIsWell(x[:i], "") && !trailingZero(x[:i]) && units[lower(unit)] == unit
		}
	}
	return false
}

// trailingZero: the places behind the point end in a zero.
func trailingZero(x []byte) bool {
	return slices.Contains(x, '.') && x[len(x)-1] == '0'
}
