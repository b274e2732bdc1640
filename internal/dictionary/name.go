package dictionary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameLetters is every letter that a name may hold: Latin with the marks of
// Vietnamese, of the Central Highlands' languages (ƀ, č, ĭ, ŏ, ñ, and the
// combining breve of ê̆) and of Europe. Letters whose change of case is not
// one to one (ı, İ, ŉ, ſ) are left out.
const nameLetters = `A-Za-zÀ-ÖØ-öø-įĲ-ňŊ-žƀƠơƯưɃẠ-ỹ\x{306}`

const nameLetter = `[` + nameLetters + `]`

// Patterns of a name over its cleaned text.
const (
	nameAllowed  = nameWord + nameRest
	nameWord     = nameLetter + `+(?:['.-]` + nameLetter + `+)*[.']?`
	nameTooShort = nameLetter + `[.']?`
	nameRest     = `(?: ` + nameWord + `)*`
	// nameWell is nameAllowed but not nameTooShort.
	nameWell = nameLetter + `(?:` + nameLetter + `+|['.-]` + nameLetter + `+)(?:['.-]` + nameLetter + `+)*[.']?` + nameRest +
		`|` + nameLetter + `[.']?(?: ` + nameWord + `)+`
	namePieces = nameLetter + `+|[^` + nameLetters + `]`
	// A capital inside a word stays only in forms like McDonald; any other
	// mixture is a slip of the shift key.
	nameCamel = `(^|[^` + nameLetters + `])(\p{Lu}\p{Ll}+)(\p{Lu}\p{Ll}+)($|[^` + nameLetters + `])`
	nameDigit = `[0-9]`
	nameGone  = `[\x{200b}-\x{200d}\x{2060}\x{feff}\x{ad}]`
	// nameSpace is every gap that is not one plain space already.
	nameSpace = `[` + nameBlank + `][ ` + nameBlank + `]*| [ ` + nameBlank + `]+`
	nameBlank = `\t-\r\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	nameQuote = "[’‘ʼʻ`´′]"
	nameDash  = `[‐‑‒–—−]`
)

func personName() *Element {
	return &Element{
		Name:  "person-name",
		Title: Text{VI: "Họ, chữ đệm và tên", EN: "Person's name"},
		Help: Text{
			VI: "Chữ cái đầu mỗi tiếng viết hoa, một dấu cách giữa các tiếng, Unicode dựng sẵn, dấu thanh đặt kiểu hòa, thúy; tên các dân tộc và tên nước ngoài giữ dấu nháy, gạch nối và chữ viết tắt. Danh xưng, học vị đứng trước được bỏ; sau một họ thường gặp, chữ viết tắt thay chữ đệm hoặc tên là lỗi. Thứ tự họ tên không tự đổi.",
			EN: "A capital for each syllable, one space between them, composed Unicode, tones placed as in hòa and thúy; names of all peoples keep apostrophes, hyphens and initials. Titles in front are taken off; behind a common family name, an initial in place of a word is a fault. The order of family and given name is never changed.",
		},
		Source: "Civil Code of 2015 (surname, middle name if any, given name) and Circular 04/2020/TT-BTP, article 6, under the Law on Civil Status of 2014; Unicode NFC (UAX #15); tone placement: see tone.go",
		Examples: []Example{
			{Raw: "NGUYỄN VĂN AN", Value: "Nguyễn Văn An"},
			{Raw: "  trần  thị thuý ", Value: "Trần Thị Thúy"},
			{Raw: "H'Hen Niê", Value: "H'Hen Niê"},
			{Raw: "PGS.TS. Nguyễn Văn An", Value: "Nguyễn Văn An"},
			{Raw: "Ông Nguyễn Văn An", Value: "Nguyễn Văn An"},
			{Raw: "Nguyễn, Văn An", Value: "Nguyễn Văn An"},
			{Raw: "Y Moan Niê", Value: "Y Moan Niê"},
			{Raw: "NGUYEN VAN AN", Value: "Nguyen Van An"},
			{Raw: "Nguyễn V. A", Problem: "initials"},
			{Raw: "Lê Văn 2", Problem: "digits"},
			{Raw: "Lê An (đã chết)", Problem: "symbols"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"broken-text": {VI: "có ký tự hỏng do sai bảng mã", EN: "holds characters broken by a wrong encoding"},
			"digits":      {VI: "có chữ số", EN: "holds digits"},
			"symbols":     {VI: "có ký tự không thuộc tên người", EN: "holds characters that no name has"},
			"initials":    {VI: "viết tắt chữ đệm hoặc tên", EN: "has initials in place of a middle or given name"},
			"too-short":   {VI: "chỉ có một chữ cái", EN: "is a single letter"},
		},
		standardise: standardName,
		ready:       func(Options) ready { return ready{well: nameIsWell} },
	}
}

func standardName(s string, _ Options) Result {
	if plain, ok := plainName(s); ok {
		return finishName(placeTones(plain))
	}
	return repairName(s)
}

// plainName is the capitalised name where it is nothing but letters of the
// Vietnamese alphabet and spaces, at a tenth of the cost of the rule.
func plainName(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	letters, begun := 0, false // begun: the word under way has a letter
	var before letterKind
	for i := 0; i < len(s); {
		kind, size := letterAt([]byte(s[i:min(i+utf8.UTFMax, len(s))]))
		switch {
		case kind == 0 && s[i] != ' ':
			return "", false
		case kind == 0:
			if begun {
				out = append(out, ' ')
			}
			begun = false
		case !begun:
			out, begun = appendAs(out, s[i:i+size], kind, isUpper), true
		case kind&isUpper != 0 && before&isLower != 0: // McDonald
			return "", false
		default:
			out = appendAs(out, s[i:i+size], kind, isLower)
		}
		if kind != 0 {
			letters++
		}
		before = kind
		i += size
	}
	return string(out), begun && letters > 1
}

// appendAs appends a letter in the case that is wanted.
func appendAs(out []byte, letter string, kind, wanted letterKind) []byte {
	if kind&wanted != 0 {
		return append(out, letter...)
	}
	r, _ := utf8.DecodeRuneInString(letter)
	if wanted == isUpper {
		return utf8.AppendRune(out, unicode.ToUpper(r))
	}
	return utf8.AppendRune(out, unicode.ToLower(r))
}

// repairName is the rule.
func repairName(s string) Result {
	s = joinComma(tidyName(s))
	if problem := nameProblem(s); problem != "" {
		return Result{Problem: problem}
	}
	return finishName(placeTones(capitalise(s)))
}

// tidyName composes, drops what is invisible, and settles on one space, one
// apostrophe, one hyphen.
func tidyName(s string) string {
	s = compileAny(nameGone).ReplaceAllString(compose(s), "")
	s = compileAny(nameSpace).ReplaceAllString(s, " ")
	s = compileAny(nameQuote).ReplaceAllString(s, "'")
	return trim(compileAny(nameDash).ReplaceAllString(s, "-"))
}

func nameProblem(s string) string {
	switch {
	case broken.MatchString(s):
		return "broken-text"
	case compileAny(nameDigit).MatchString(s):
		return "digits"
	case !fits(s, nameAllowed):
		return "symbols"
	case fits(s, nameTooShort):
		return "too-short"
	}
	return ""
}

// camelBreak stands, while a name is capitalised, between Mc and Donald.
const (
	camelBreak  = "\x01"
	camelBroken = `\1\2` + camelBreak + `\3\4`
)

// capitalise gives every row of letters one capital, its first.
func capitalise(s string) string {
	for range 2 { // neighbours share the space between them
		s = compileAny(nameCamel).ReplaceAllString(s, goTemplate(camelBroken))
	}
	var b strings.Builder
	for _, piece := range compileAny(namePieces).FindAllString(s, -1) {
		first, size := utf8.DecodeRuneInString(piece)
		b.WriteRune(unicode.ToUpper(first))
		b.WriteString(lower(piece[size:]))
	}
	return strings.ReplaceAll(b.String(), camelBreak, "")
}
