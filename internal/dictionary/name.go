package dictionary

import (
	"fmt"
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

// The clean name, as one pattern that is enough for most rows: at least two
// words, capital then small letters, with the tone where placeTones leaves
// it. It is narrower than the rule (what it misses takes the slow way) and
// must never be wider.
const (
	rowVowelled = `àáảãạèéẻẽẹỳýỷỹỵ` // tone on what may follow o or u
	rowRounded  = `òóỏõọùúủũụ`      // tone on what may come before a, e, y
	rowThird    = `ăằắẳẵặâầấẩẫậêềếểễệôồốổỗộơờớởỡợưừứửữựđ`
	rowI        = `ìíỉĩị`
	rowPlain    = `a-npr-tv-z` + rowThird        // neither o, q, u nor a tone above
	rowAfter    = `b-df-ik-npr-tvwxz` + rowThird // plain without a, e, j, y
	rowBody     = `(?:[` + rowPlain + rowI + rowVowelled + `]|[ou]+[` + rowPlain + rowI + `]|[ou]+[` + rowVowelled + `][` + rowPlain + `]|[ou]*[` + rowRounded + `][` + rowAfter + `])*(?:[ou]*|[` + rowRounded + `][aey]?)`
	rowFirst    = `A-FH-NPR-TV-ZĐĂẰẮẲẴẶÂẦẤẨẪẬÊỀẾỂỄỆÔỒỐỔỖỘƠỜỚỞỠỢƯỪỨỬỮỰÀÁẢÃẠÈÉẺẼẸÌÍỈĨỊỲÝỶỸỴ`
	rowWord     = `(?:[` + rowFirst + `]|[OU][` + rowPlain + `]|[ÒÓỎÕỌÙÚỦŨỤ][` + rowAfter + `]|G[` + rowPlain + `]|Qu[` + rowPlain + rowVowelled + `])` + rowBody
	nameClean   = rowWord + `(?: ` + rowWord + `)+`
)

func personName() *Element {
	return &Element{
		Name:  "person-name",
		Title: Text{VI: "Họ, chữ đệm và tên", EN: "Person's name"},
		Help: Text{
			VI: "Chữ cái đầu mỗi tiếng viết hoa, một dấu cách giữa các tiếng, Unicode dựng sẵn, dấu thanh đặt kiểu hòa, thúy; tên các dân tộc và tên nước ngoài giữ dấu nháy, gạch nối và chữ viết tắt.",
			EN: "A capital for each syllable, one space between them, composed Unicode, tones placed as in hòa and thúy; names of all peoples keep apostrophes, hyphens and initials.",
		},
		Source: "Law on Civil Status 60/2014/QH13 and Circular 04/2020/TT-BTP for the parts of a name; Unicode NFC (UAX #15); tone placement: see tone.go",
		Examples: []Example{
			{Raw: "NGUYỄN VĂN AN", Value: "Nguyễn Văn An"},
			{Raw: "  trần  thị thuý ", Value: "Trần Thị Thúy"},
			{Raw: "H'Hen Niê", Value: "H'Hen Niê"},
			{Raw: "Lê Văn 2", Problem: "digits"},
			{Raw: "Lê An (đã chết)", Problem: "symbols"},
		},
		Personal: "personal",
		Logical:  "string",
		problems: map[string]Text{
			"broken-text": {VI: "có ký tự hỏng do sai bảng mã", EN: "holds characters broken by a wrong encoding"},
			"digits":      {VI: "có chữ số", EN: "holds digits"},
			"symbols":     {VI: "có ký tự không thuộc tên người", EN: "holds characters that no name has"},
			"too-short":   {VI: "chỉ có một chữ cái", EN: "is a single letter"},
		},
		standardise: standardName,
		sql:         nameSQL,
	}
}

func standardName(s string, _ Options) Result {
	if fits(s, nameClean) {
		return Result{Value: s}
	}
	return repairName(s)
}

// repairName is standardName for what is not clean; a clean name comes back
// as it is.
func repairName(s string) Result {
	s = tidyName(s)
	if problem := nameProblem(s); problem != "" {
		return Result{Problem: problem}
	}
	return Result{Value: placeTones(capitalise(s))}
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

// nameSQL tests the raw text for tones to be moved, which is dear.
func nameSQL(x string, _ Options) forms {
	tidy := tidyNameSQL(x)
	capitalised := capitaliseSQL("regexp_extract(" + tidy + ", " + quote("^(?:"+nameWell+")$") + ")")
	return forms{
		well: matches(x, nameClean),
		slow: cases(capitalised, holds(x, toneDoubtful), placeTonesSQL(capitalised)),
		problem: cases("NULL",
			holds(x, brokenClass), "'broken-text'",
			holds(x, nameDigit), "'digits'",
			"NOT "+matches(tidy, nameAllowed), "'symbols'",
			matches(tidy, nameTooShort), "'too-short'"),
		tokens: true,
	}
}

func tidyNameSQL(s string) string {
	s = replaceAllSQL("("+composeSQL(s)+")", nameGone, "")
	s = replaceAllSQL(s, nameSpace, " ")
	s = replaceAllSQL(s, nameQuote, "'")
	return trimSQL(replaceAllSQL(s, nameDash, "-"))
}

// capitaliseSQL is capitalise; NULL for the empty text. The engine makes ẞ of
// ß, which no name begins with; Go keeps it. array_to_string would be a macro
// that writes its argument twice.
func capitaliseSQL(s string) string {
	broken := replaceAllSQL(replaceAllSQL(s, nameCamel, camelBroken), nameCamel, camelBroken)
	pieces := fmt.Sprintf("regexp_extract_all(%s, %s)", broken, quote(namePieces))
	capital := "replace(upper(w_[1]), 'ẞ', 'ß') || lower(w_[2:])"
	return fmt.Sprintf("replace(list_aggregate(list_transform(%s, lambda w_: %s), 'string_agg', ''), %s, '')", pieces, capital, quote(camelBreak))
}
