package demo

import "unicode"

// The two old encodings of the country's files, from their public code charts,
// as encoders only. Both are byte encodings that Latin software took for
// Windows-1252; fonts showed them as Vietnamese.

// A textEncoder appends s to b in a file's encoding.
type textEncoder func(b []byte, s string) []byte

func utf8Text(b []byte, s string) []byte { return append(b, s...) }

// tcvn3 is the single-font part of TCVN 5712:1993 (VN3, "ABC"). It has no
// capitals with tone marks: typists switched to a font of capitals, and the
// text keeps the small letter.
var tcvn3 = byteTable(
	"Ă Â Ê Ô Ơ Ư Đ ă â ê ô ơ ư đ", 0xA1,
	"à ả ã á ạ", 0xB5, "ằ ẳ ẵ ắ", 0xBB, "ặ ầ ẩ ẫ ấ ậ è", 0xC6, "ẻ ẽ é ẹ ề ể ễ ế ệ ì ỉ", 0xCE,
	"ĩ í ị ò", 0xDC, "ỏ õ ó ọ ồ ổ ỗ ố ộ ờ ở ỡ ớ ợ ù", 0xE1, "ủ ũ ú ụ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ", 0xF1,
)

// byteTable reads runs of letters with consecutive codes.
func byteTable(runs ...any) map[rune]byte {
	table := make(map[rune]byte)
	for i := 0; i < len(runs); i += 2 {
		code := byte(runs[i+1].(int))
		for _, c := range runs[i].(string) {
			if c != ' ' {
				table[c] = code
				code++
			}
		}
	}
	return table
}

func toTCVN3(b []byte, s string) []byte {
	for _, c := range s {
		if c < 0x80 {
			b = append(b, byte(c))
			continue
		}
		code, ok := tcvn3[c]
		if !ok {
			code, ok = tcvn3[unicode.ToLower(c)]
		}
		if !ok {
			code = '?'
		}
		b = append(b, code)
	}
	return b
}

// vni maps a letter to its one or two bytes in VNI for Windows: most marked
// letters are a base letter and a byte for its marks.
var vni = vniTable()

func vniTable() map[rune]string {
	table := map[rune]string{}
	add := func(base string, marked string, marks ...byte) {
		i := 0
		for _, c := range marked {
			lower := base + string(marks[i:i+1])
			table[c] = lower
			table[unicode.ToUpper(c)] = capitalVNI(lower)
			i++
		}
	}
	// grave, hook, tilde, acute, dot
	plain := []byte{0xF8, 0xFB, 0xF5, 0xF9, 0xEF}
	circumflex := []byte{0xE0, 0xE5, 0xE3, 0xE1, 0xE4, 0xE2} // … and no tone
	add("a", "àảãáạ", plain...)
	add("e", "èẻẽéẹ", plain...)
	add("o", "òỏõóọ", plain...)
	add("u", "ùủũúụ", plain...)
	add("y", "ỳỷỹý", plain...)
	add("a", "ầẩẫấậâ", circumflex...)
	add("e", "ềểễếệê", circumflex...)
	add("o", "ồổỗốộô", circumflex...)
	add("a", "ằẳẵắặă", 0xE8, 0xFA, 0xFC, 0xE9, 0xEB, 0xEA)
	add("\xF4", "ờởỡớợ", plain...)
	add("\xF6", "ừửữứự", plain...)
	add("", "ơưđ", 0xF4, 0xF6, 0xF1)
	add("", "ìỉĩíị", 0xEC, 0xE6, 0xF3, 0xED, 0xF2)
	add("", "ỵ", 0xEE)
	return table
}

// capitalVNI: capitals lie 0x20 below small letters, marks included.
func capitalVNI(lower string) string {
	b := []byte(lower)
	for i := range b {
		b[i] -= 0x20
	}
	return string(b)
}

func toVNI(b []byte, s string) []byte {
	for _, c := range s {
		if c < 0x80 {
			b = append(b, byte(c))
		} else if code, ok := vni[c]; ok {
			b = append(b, code...)
		} else {
			b = append(b, '?')
		}
	}
	return b
}
