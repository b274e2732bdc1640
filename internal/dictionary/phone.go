package dictionary

import "strings"

// Shapes of a Vietnamese number without its trunk zero or country code, by
// the numbering plan of Circular 22/2014/TT-BTTTT as in force since 2018.
const (
	mobileShape = `(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}`
	fixedShape  = `(?:(?:24|28)[2-9][0-9]{7}|(?:20[3-9]|21[0-689]|22[0-25-9]|23[2-9]|25[124-9]|26[0-39]|27[0-7]|29[0-4679])[0-9]{7})`
	phoneNow    = mobileShape + "|" + fixedShape
	phoneWell   = `\+84(?:` + phoneNow + `)(?:;ext=[0-9]{1,6})?|\+(?:[1-7]|8[0-35-9]|9)[0-9]{6,13}(?:;ext=[0-9]{1,6})?`
	// phoneService: 1800 and 1900 are dialled as they are and reach no one from abroad.
	phoneService   = `1[89]00[0-9]{4}(?:[0-9]{2})?|1[0-9]{2}`
	phoneExtension = `(?i)[ ,;(]*(?:;ext=|ext\.?|extension|máy lẻ|may le|số lẻ|nội bộ|x|#)[ .:=]*([0-9]{1,6})\)?$`
	phoneNoise     = `[ \x{a0}.()\-‐–’']+`
	phoneSeveral   = `[/;,|]| hoặc | và `
)

// oldMobile are the eleven-digit prefixes that became ten digits from
// 15 September 2018.
var oldMobile = map[string]string{
	"120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
	"123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
	"162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
	"186": "56", "188": "58", "199": "59",
}

// oldArea are the area codes that changed in 2017, by what they became. Where
// the old code with its seven or eight digits reads as a mobile number of
// today (033, 083 …), it is read as that: phoneNow is asked first.
var oldArea = map[string]string{
	"20": "214", "22": "212", "25": "205", "26": "206", "27": "207", "29": "216", "30": "229", "31": "225", "33": "203", "36": "227",
	"37": "237", "38": "238", "39": "239", "52": "232", "53": "233", "54": "234", "55": "255", "56": "256", "57": "257", "58": "258",
	"59": "269", "60": "260", "61": "251", "62": "252", "63": "263", "64": "254", "66": "276", "67": "277", "68": "259", "70": "270",
	"72": "272", "73": "273", "74": "294", "75": "275", "76": "296", "77": "297", "79": "299",
	"230": "215", "231": "213", "240": "204", "241": "222", "280": "208", "281": "209", "320": "220", "321": "221", "350": "228", "351": "226",
	"500": "262", "501": "261", "510": "235", "511": "236", "650": "274", "651": "271", "710": "292", "711": "293", "780": "290", "781": "291",
	"4": "24", "8": "28",
}

func phone() *Element {
	return &Element{
		Name:  "phone",
		Title: Text{VI: "Số điện thoại", EN: "Telephone number"},
		Help: Text{
			VI: "Dạng quốc tế E.164: +84 và số không có số 0 đầu; số máy lẻ ghi ;ext=. Đầu số di động 11 số và mã vùng cũ được đổi theo quy hoạch 2017–2018; số nước ngoài giữ nguyên.",
			EN: "The international form, E.164: +84 and the number without its leading zero; an extension as ;ext=. Eleven-digit mobile prefixes and old area codes become those of the plan of 2017 and 2018; foreign numbers are kept.",
		},
		Source: "ITU-T E.164; RFC 3966 (extensions); Circular 22/2014/TT-BTTTT (numbering plan), Decision 2036/QD-BTTTT of 2016 (area codes) and Decision 798/QD-BTTTT of 2018 (mobile prefixes) [the two decisions' numbers unconfirmed]",
		Examples: []Example{
			{Raw: "0912 345 678", Value: "+84912345678"},
			{Raw: "+84912345678", Value: "+84912345678"},
			{Raw: "01687 123 456", Value: "+84387123456"},
			{Raw: "(04) 3825 1234", Value: "+842438251234"},
			{Raw: "024 3825 1234 máy lẻ 12", Value: "+842438251234;ext=12"},
			{Raw: "0084.912.345.678", Value: "+84912345678"},
			{Raw: "+33 1 42 68 53 00", Value: "+33142685300"},
			{Raw: "19001234", Problem: "service-number"},
			{Raw: "0912345678 / 0987654321", Problem: "several"},
			{Raw: "0412", Problem: "unknown-number"},
			{Raw: "hỏi chị An", Problem: "format"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"format":         formatProblem,
			"unknown-number": {VI: "không có trong quy hoạch kho số", EN: "is not a number of the numbering plan"},
			"service-number": {VI: "là số dịch vụ, không phải thuê bao", EN: "is a service number, no subscriber's"},
			"several":        {VI: "có nhiều số trong một ô", EN: "holds more than one number"},
			"placeholder":    {VI: "là số điền cho có", EN: "is a filler, not a number"},
		},
		standardise: standardPhone,
		ready:       func(Options) ready { return ready{well: phoneIsWell} },
	}
}

func standardPhone(s string, _ Options) Result {
	r := onePhone(s)
	if r.Value != "" {
		return r
	}
	parts := compileAny(phoneSeveral).Split(s, -1)
	var found []string
	for _, part := range parts {
		if one := onePhone(trim(part)); one.Value != "" {
			found = append(found, one.Value)
		}
	}
	if len(parts) > 1 && len(found) == len(parts) {
		return Result{Problem: "several", Candidates: found}
	}
	return r
}

// onePhone reads one number with its extension.
func onePhone(s string) Result {
	extension := ""
	if m := compileAny(phoneExtension).FindStringSubmatchIndex(s); m != nil && m[0] > 0 {
		extension, s = ";ext="+s[m[2]:m[3]], s[:m[0]]
	}
	s = strings.Replace(s, "(0)", "", 1)
	d := compileAny(phoneNoise).ReplaceAllString(s, "")
	plus := strings.HasPrefix(d, "+")
	d = strings.TrimPrefix(d, "+")
	if !fits(d, "[0-9]+") {
		return Result{Problem: "format"}
	}
	r := dialled(d, plus)
	if r.Value != "" {
		r.Value += extension
	}
	return r
}

// dialled reads the digits of one number; plus says that it was written in
// the international form.
func dialled(d string, plus bool) Result {
	if len(d) > 4 && !varied([]byte(d)) {
		return Result{Problem: "placeholder"}
	}
	if abroad, ok := strings.CutPrefix(d, "00"); ok && !plus {
		d, plus = abroad, true
	}
	home, named := strings.CutPrefix(d, "84")
	switch {
	case plus && !named:
		return foreignPhone(d)
	case plus || named && len(d) > 10:
		return national(strings.TrimPrefix(home, "0"))
	case strings.HasPrefix(d, "0"):
		return national(d[1:])
	case fits(d, phoneService):
		return Result{Problem: "service-number"}
	}
	r := national(d)
	if r.Value != "" {
		r.Note = leadingZeroNote
	}
	return r
}

func foreignPhone(d string) Result {
	if value := "+" + d; fits(value, phoneWell) {
		return Result{Value: value}
	}
	return Result{Problem: "unknown-number"}
}

// national reads a number of the country without zero and country code.
func national(n string) Result {
	switch {
	case len(n) > 3 && strings.Trim(n, n[:1]) == "":
		return Result{Problem: "placeholder"}
	case fits(n, phoneNow):
		return Result{Value: "+84" + n}
	case len(n) == 10 && oldMobile[n[:3]] != "":
		return Result{Value: "+84" + oldMobile[n[:3]] + n[3:], Note: "prefix of before 2018 changed to today's"}
	}
	for _, code := range []int{3, 2, 1} {
		// A subscriber had seven digits behind two or three of the area, eight behind one.
		if rest := map[int]int{3: 7, 2: 7, 1: 8}[code]; len(n) == code+rest && oldArea[n[:code]] != "" {
			if now := oldArea[n[:code]] + n[code:]; fits(now, fixedShape) {
				return Result{Value: "+84" + now, Note: "area code of before 2017 changed to today's"}
			}
		}
	}
	return Result{Problem: "unknown-number"}
}

// phoneIsWell: a mobile or fixed number of the country in E.164.
func phoneIsWell(x []byte) bool {
	if len(x) < 12 || len(x) > 13 || x[0] != '+' || x[1] != '8' || x[2] != '4' || !digits(x[1:]) {
		return false
	}
	n := x[3:]
	if len(n) == 10 {
		return n[0] == '2' && (n[1] == '4' || n[1] == '8') && n[2] > '1' && varied(n)
	}
	if !varied(n) {
		return false
	}
	switch n[0] {
	case '3':
		return n[1] >= '2'
	case '8':
		return n[1] >= '1'
	}
	return n[0] == '9'
}

// varied: not one digit over and over.
func varied(x []byte) bool {
	for _, c := range x {
		if c != x[0] {
			return true
		}
	}
	return false
}
