package dictionary

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// identityNoise is what people put around and between the digits of a
// number: spaces, dots, hyphens, and the apostrophe that makes a spreadsheet
// keep its zeros. A single ".0" at the end is a number that went through a
// floating-point column, and goes whole: its zero is no digit.
const identityNoise = `\.0` + spaceClass + `*$|` + spaceClass + `+|[.\-'’]+`

func digitsOnly(s string) string { return compileAny(identityNoise).ReplaceAllString(s, "") }

// provincePattern is the first three digits of a personal identity number:
// 0 and the code of one of the 63 provinces before the merger, or, for a
// birth registered abroad, a country code from 100 on. The list of country
// codes is not published in one place, so any is accepted.
func provincePattern() string {
	var codes []string
	for _, u := range provinces63 {
		codes = append(codes, u.Code)
	}
	return "(?:0(?:" + strings.Join(codes, "|") + ")|[1-9][0-9]{2})"
}

// centuryPattern is the digit of century and sex with the year of birth, not
// after the year given; year 0 accepts the two centuries that living people
// are born in.
func centuryPattern(year int) string {
	if year < 2000 || year > 2099 {
		return "[0-3][0-9]{2}"
	}
	tens, ones := year%100/10, year%10
	yy := fmt.Sprintf("%d[0-%d]", tens, ones)
	if tens > 0 {
		yy = fmt.Sprintf("[0-%d][0-9]|%s", tens-1, yy)
	}
	return "(?:[01][0-9]{2}|[23](?:" + yy + "))"
}

// identityPatterns are the shapes that decide about a number of digits, all
// built for one year.
type identityPatterns struct{ well, tenLost, elevenLost, provinceOnly string }

// shapesOfYear keeps the shapes of the few years that are asked for.
var shapesOfYear sync.Map // int → identityPatterns

func identityShapes(o Options) identityPatterns {
	year := yearOf(o)
	if p, ok := shapesOfYear.Load(year); ok {
		return p.(identityPatterns)
	}
	p := newIdentityShapes(year)
	shapesOfYear.Store(year, p)
	return p
}

// yearOf is the year of the day spoken of; 0 where it is not known.
func yearOf(o Options) int {
	if o.On.IsZero() {
		return 0
	}
	return o.On.Year()
}

func newIdentityShapes(year int) identityPatterns {
	p, c := provincePattern(), centuryPattern(year)
	return identityPatterns{
		well:         p + c + "[0-9]{6}",
		elevenLost:   "(?:" + provincesWithoutZeros(1) + ")" + c + "[0-9]{6}",
		tenLost:      "(?:" + provincesWithoutZeros(2) + ")" + c + "[0-9]{6}",
		provinceOnly: p + "[0-9]{9}",
	}
}

// provincesWithoutZeros lists the province digits that begin with exactly n
// zeros, without them.
func provincesWithoutZeros(n int) string {
	var codes []string
	for _, u := range provinces63 {
		rest := strings.TrimLeft("0"+u.Code, "0")
		if 3-len(rest) == n {
			codes = append(codes, rest)
		}
	}
	return strings.Join(codes, "|")
}

const leadingZeroNote = "leading zeros lost in a number column were put back"

func personalIdentityNumber() *Element {
	return &Element{
		Name:  "personal-identity-number",
		Title: Text{VI: "Số định danh cá nhân", EN: "Personal identity number"},
		Help: Text{
			VI: "Mười hai chữ số: 3 số mã tỉnh hoặc nước nơi đăng ký khai sinh, 1 số thế kỷ và giới tính, 2 số năm sinh, 6 số ngẫu nhiên. Không có số kiểm tra.",
			EN: "Twelve digits: 3 for the province or country of birth registration, 1 for century and sex, 2 for the year of birth, 6 random. There is no check digit.",
		},
		Source: "Law on Identification 26/2023/QH15, article 12 (twelve digits), and Decree 70/2024/ND-CP, article 11 (when one is given); their meaning by Decree 137/2015/ND-CP, article 13, and the province digits of Circular 59/2021/TT-BCA; that these two still say so beside the law of 2023 [unconfirmed]",
		Examples: []Example{
			{Raw: "001087012345", Value: "001087012345"},
			{Raw: "001.087.012.345", Value: "001087012345"},
			{Raw: "'79199012345", Value: "079199012345"},
			{Raw: "012345678", Problem: "old-number"},
			{Raw: "003087012345", Problem: "province"},
			{Raw: "OO1087012345", Problem: "letters"},
		},
		Personal: "personal-identifier",
		Logical:  "string",
		problems: map[string]Text{
			"format":     {VI: "không phải là dãy chữ số", EN: "is not a row of digits"},
			"length":     {VI: "không đủ hoặc thừa chữ số (cần 12)", EN: "does not have twelve digits"},
			"letters":    {VI: "có chữ cái thay chữ số (O thay 0, l thay 1)", EN: "has letters in place of digits (O for 0, l for 1)"},
			"old-number": {VI: "là số chứng minh nhân dân 9 số cũ", EN: "is an old nine-digit number"},
			"province":   {VI: "ba số đầu không phải mã tỉnh nào", EN: "begins with the digits of no province"},
			"century":    {VI: "thế kỷ hoặc năm sinh ở tương lai", EN: "gives a century or year of birth in the future"},
		},
		standardise: standardIdentity,
		ready: func(o Options) ready {
			year := int32(yearOf(o))
			return ready{well: func(x []byte) bool { return identityIsWell(x, year) }}
		},
	}
}

func standardIdentity(s string, o Options) Result {
	p := identityShapes(o)
	return p.judge(digitsOnly(s))
}

func (p identityPatterns) judge(d string) Result {
	switch {
	case fits(d, p.well):
		return Result{Value: d}
	case fits(d, p.elevenLost):
		return Result{Value: "0" + d, Note: leadingZeroNote}
	case fits(d, p.tenLost):
		return Result{Value: "00" + d, Note: leadingZeroNote}
	case fits(d, "[0-9]{9}"):
		return Result{Problem: "old-number"}
	case fits(d, "[0-9]+") && len(d) != 12:
		return Result{Problem: "length"}
	case fits(d, p.provinceOnly):
		return Result{Problem: "century"}
	case fits(d, "[0-9]+"):
		return Result{Problem: "province"}
	case fits(d, letterDigits):
		return Result{Problem: "letters", Candidates: p.withoutLetters(d)}
	}
	return Result{Problem: "format"}
}

// letterDigits is a number of twelve in which letters stand for digits. It is
// not repaired: a number is a key, and a guessed key joins two people.
const letterDigits = "[0-9OoQDlI|iSsBZz]{12}"

var letterRepair = strings.NewReplacer("O", "0", "o", "0", "Q", "0", "D", "0", "l", "1", "I", "1", "|", "1", "i", "1",
	"S", "5", "s", "5", "B", "8", "Z", "2", "z", "2")

func (p identityPatterns) withoutLetters(d string) []string {
	if repaired := letterRepair.Replace(d); fits(repaired, p.well) {
		return []string{repaired}
	}
	return nil
}

func identityNumberOld() *Element {
	return &Element{
		Name:  "identity-number-old",
		Title: Text{VI: "Số chứng minh nhân dân (9 số)", EN: "Old identity number (nine digits)"},
		Help: Text{
			VI: "Chín chữ số của chứng minh nhân dân cũ; hai số đầu là mã nơi cấp.",
			EN: "The nine digits of the former identity card; the first two name the issuing province.",
		},
		Source: "Decree 05/1999/ND-CP; valid until 31/12/2024 at the latest by the Law on Identification 26/2023/QH15, article 46 (2); that the first two digits name the province [unconfirmed]",
		Examples: []Example{
			{Raw: "012345670", Value: "012345670"},
			{Raw: "012 345 670", Value: "012345670"},
			{Raw: "12345670", Problem: "length"},
			{Raw: "001087012345", Problem: "new-number"},
			{Raw: "000000000", Problem: "placeholder"},
		},
		Personal: "personal-identifier",
		Logical:  "string",
		problems: map[string]Text{
			"format":      {VI: "không phải là dãy chữ số", EN: "is not a row of digits"},
			"length":      {VI: "không đủ hoặc thừa chữ số (cần 9)", EN: "does not have nine digits"},
			"new-number":  {VI: "là số định danh 12 số", EN: "is a twelve-digit number"},
			"placeholder": {VI: "là số điền cho có", EN: "is a filler, not a number"},
		},
		standardise: standardOldNumber,
		ready:       func(Options) ready { return ready{well: oldNumberIsWell} },
	}
}

// fillers are nine digits that were typed to get past a form.
var fillers = []string{
	"000000000", "111111111", "222222222", "333333333", "444444444", "555555555",
	"666666666", "777777777", "888888888", "999999999", "123456789", "987654321",
}

func standardOldNumber(s string, _ Options) Result {
	d := digitsOnly(s)
	switch {
	case slices.Contains(fillers, d):
		return Result{Problem: "placeholder"}
	case fits(d, "[0-9]{9}"):
		return Result{Value: d}
	case fits(d, "[0-9]{12}"):
		return Result{Problem: "new-number"}
	case fits(d, "[0-9]{8}"): // one lost zero, or one lost digit: nothing tells which
		return Result{Problem: "length", Candidates: []string{"0" + d}}
	case fits(d, "[0-9]+"):
		return Result{Problem: "length"}
	}
	return Result{Problem: "format"}
}
