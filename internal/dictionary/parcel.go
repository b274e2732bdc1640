package dictionary

import "strings"

// Patterns of a land parcel over the folded text.
const (
	parcelSheetWord = `(?:to ban do|so to ban do|to|bd)(?: ?so)?[ :.]*`
	parcelWord      = `(?:thua dat|so thua dat|so thua|thua)(?: ?so)?[ :.]*`
	parcelSheet     = `((?:dc|tr)?[ .\-]*[0-9]{1,4})`
	parcelNumber    = `([0-9]{1,5}[a-z]?)`
	parcelBetween   = `[ ,;./\-]*`
	parcelUnit      = `(?:(?:xa|ma xa)?[ :]*([0-9]{5})[ ]*[:/\-,][ ]*)?`
	parcelBoth      = parcelUnit + parcelSheetWord + parcelSheet + parcelBetween + parcelWord + parcelNumber
	parcelSwapped   = parcelUnit + parcelWord + parcelNumber + parcelBetween + parcelSheetWord + parcelSheet
	parcelPair      = parcelUnit + parcelSheet + `[ ]*/[ ]*` + parcelNumber
)

func landParcel() *Element {
	return &Element{
		Name:  "land-parcel",
		Title: Text{VI: "Thửa đất", EN: "Land parcel"},
		Help: Text{
			VI: "Số tờ bản đồ/số thửa đất (12/345), trước đó có thể có mã xã năm chữ số (00001/12/345); số tờ có thể mang ký hiệu DC, TR. Hai số không nói đâu là tờ, đâu là thửa thì không đoán.",
			EN: "Map sheet/parcel (12/345), the five digits of the commune before it where they are known (00001/12/345); a sheet may be marked DC or TR. Two numbers that do not say which is which are not guessed at, unless a slash parts them.",
		},
		Source: "Circular 10/2024/TT-BTNMT (cadastral records) and 25/2014/TT-BTNMT (cadastral maps) [articles unconfirmed]; the form in which the pair is kept is the dictionary's own",
		Examples: []Example{
			{Raw: "12/345", Value: "12/345"},
			{Raw: "Tờ bản đồ số 12, thửa đất số 345", Value: "12/345"},
			{Raw: "thửa 345, tờ 12", Value: "12/345"},
			{Raw: "tờ DC 05 thửa 17a", Value: "DC5/17A"},
			{Raw: "00001/12/345", Value: "00001/12/345"},
			{Raw: "xã 00001: tờ 12 thửa 345", Value: "00001/12/345"},
			{Raw: "12-345", Problem: "order"},
			{Raw: "thửa 345", Problem: "incomplete"},
			{Raw: "đất vườn", Problem: "format"},
		},
		Logical: "string",
		problems: map[string]Text{
			"format":     formatProblem,
			"order":      {VI: "hai số không nói đâu là tờ bản đồ, đâu là thửa", EN: "gives two numbers without saying which is the sheet and which the parcel"},
			"incomplete": {VI: "thiếu số tờ bản đồ hoặc số thửa", EN: "lacks the sheet or the parcel"},
			"zero":       {VI: "số tờ hoặc số thửa bằng không", EN: "has a sheet or parcel of number zero"},
		},
		standardise: standardParcel,
		ready:       func(Options) ready { return ready{well: parcelIsWell} },
	}
}

func standardParcel(s string, _ Options) Result {
	s = trim(Fold(s))
	find := func(pattern string) []string { return compile(pattern).FindStringSubmatch(s) }
	if m := find(parcelPair); m != nil {
		return parcelOf(m[1], m[2], m[3])
	}
	if m := find(parcelBoth); m != nil {
		return parcelOf(m[1], m[2], m[3])
	}
	if m := find(parcelSwapped); m != nil {
		return parcelOf(m[1], m[3], m[2])
	}
	switch {
	case fits(s, parcelSheetWord+parcelSheet+"|"+parcelWord+parcelNumber+"|"+parcelNumber):
		return Result{Problem: "incomplete"}
	case fits(s, parcelSheet+`[ ,;\-]+`+parcelNumber):
		return Result{Problem: "order"}
	}
	return Result{Problem: "format"}
}

// parcelOf writes the parts without zeros ahead and separators within.
func parcelOf(unit, sheet, number string) Result {
	mark := strings.TrimRight(sheet, "0123456789")
	number = strings.ToUpper(strings.TrimLeft(number, "0"))
	sheet = strings.TrimLeft(sheet[len(mark):], "0")
	if sheet == "" || number == "" || number[0]-'0' > 9 {
		return Result{Problem: "zero"}
	}
	value := strings.ToUpper(strings.Trim(mark, " .-")) + sheet + "/" + number
	if unit != "" {
		value = unit + "/" + value
	}
	return Result{Value: value}
}

// parcelIsWell: two numbers without zeros ahead and a slash between them.
func parcelIsWell(x []byte) bool {
	for i, c := range x {
		if c == '/' {
			return i <= 4 && len(x)-i-1 <= 5 && unpadded(x[:i]) && unpadded(x[i+1:]) && x[0] != '0' && x[i+1] != '0'
		}
	}
	return false
}
