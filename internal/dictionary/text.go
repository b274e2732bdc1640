package dictionary

import "strings"

// Patterns of free text.
const (
	textControl = `[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{200b}\x{2060}\x{feff}]`
	textNewline = `\r\n?`
)

func text() *Element {
	return &Element{
		Name:  "text",
		Title: Text{VI: "Văn bản", EN: "Text"},
		Help: Text{
			VI: "Văn bản tự do: bỏ khoảng trắng hai đầu và ký tự điều khiển, Unicode dựng sẵn; chữ hoa, dấu thanh và xuống dòng giữ nguyên.",
			EN: "Free text: trimmed, without control characters, composed Unicode; capitals, tone placement and line breaks stay as written.",
		},
		Source:      "Unicode NFC (UAX #15)",
		Examples:    []Example{{Raw: "  12 phố Hoà Mã\u0007 ", Value: "12 phố Hoà Mã"}, {Raw: "Ng\ufffdyễn", Problem: "broken-text"}},
		Logical:     "string",
		problems:    map[string]Text{"broken-text": {VI: "có ký tự hỏng do sai bảng mã", EN: "holds characters broken by a wrong encoding"}},
		keepsTokens: true,
		standardise: standardText,
		ready:       func(Options) ready { return ready{well: textIsWell} },
	}
}

func standardText(s string, _ Options) Result {
	if broken.MatchString(s) {
		return Result{Problem: "broken-text"}
	}
	s = compileAny(textNewline).ReplaceAllString(compose(s), "\n")
	return Result{Value: strings.Trim(compileAny(textControl).ReplaceAllString(s, ""), spaces)}
}
