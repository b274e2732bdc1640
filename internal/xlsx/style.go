package xlsx

import (
	"strings"

	"github.com/sen-hub/sen"
)

const maxStyles = 1 << 17

// form is how a number is meant to be shown, as far as that says what it is.
type form struct {
	date, time bool
	elapsed    bool // hours beyond a day: [h]:mm
	zeros      int  // it is filled up with zeros to so many digits: 000000000000
}

// styles are the forms of the cells' styles, by their number.
type styles []form

func (s styles) of(n int) form {
	if n < 0 || n >= len(s) {
		return form{}
	}
	return s[n]
}

// readStyles reads the number formats of the cells.
func (b *Book) readStyles(name string) error {
	own := map[int]form{}
	inside := false
	return b.each(name, maxSmallPart, func(element string, p *part) error {
		switch element {
		case "numFmt":
			own[number(p.attr("numFmtId"))] = formOf(p.attrText("formatCode"))
		case "cellXfs":
			inside = true
		case "cellStyles", "dxfs":
			inside = false
		case "xf":
			if !inside {
				return nil
			}
			if len(b.styles) == maxStyles {
				return sen.Errorf(sen.Invalid, "the workbook has more than %d styles", maxStyles)
			}
			id := number(p.attr("numFmtId"))
			f, known := own[id]
			if !known {
				f = builtIn(id)
			}
			b.styles = append(b.styles, f)
		}
		return nil
	})
}

// number is a small whole number of an attribute; -1 where it is none.
func number(text []byte) int {
	if len(text) == 0 || len(text) > 9 {
		return -1
	}
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// builtIn are the formats that are not written down (ECMA-376 part 1, 18.8.30,
// with those of the East Asian and Thai editions).
func builtIn(id int) form {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58, id >= 71 && id <= 74:
		return form{date: true}
	case id == 22, id == 77:
		return form{date: true, time: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56, id == 75, id == 76, id == 78, id == 80:
		return form{time: true}
	case id == 46, id == 79:
		return form{elapsed: true}
	}
	return form{}
}

// formOf reads a number format's first section: what stands for a year, a
// day, an hour makes it a date or a time; an m is a month unless it stands
// with hours or seconds.
func formOf(code string) (f form) {
	code = meaning(code)
	if len(code) > 1 && strings.Trim(code, "0") == "" {
		return form{zeros: len(code)}
	}
	if strings.Contains(code, "\x01") {
		return form{elapsed: true}
	}
	if strings.HasPrefix(code, "general") {
		return form{}
	}
	f.time = strings.ContainsAny(code, "hs")
	f.date = strings.ContainsAny(code, "yd") || strings.Contains(code, "m") && (!f.time || strings.Contains(code, "mmm"))
	return f
}

// meaning is the first section of a format in small letters, without what is
// shown as it stands; \x01 is an elapsed time.
func meaning(code string) string {
	var out strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return strings.ToLower(out.String())
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return strings.ToLower(out.String())
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return strings.ToLower(out.String())
			}
			if inner := strings.ToLower(code[i+1 : i+end]); inner != "" && strings.Trim(inner, inner[:1]) == "" && strings.Contains("hms", inner[:1]) {
				out.WriteByte(1)
			}
			i += end
		default:
			out.WriteByte(c)
		}
	}
	return strings.ToLower(out.String())
}
