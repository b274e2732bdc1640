package charset

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// byteTable decodes one byte at a time; where defined is false the rune is a
// Mark.
type byteTable struct {
	low     bool // letters stand below 0x80 too
	runes   [256]rune
	defined [256]bool
	encoded [256][3]byte // UTF-8 of runes
	length  [256]uint8
	bytes   map[rune]byte // the way back
}

// newTable is ASCII with marks above it.
func newTable() *byteTable {
	t := &byteTable{bytes: map[rune]byte{}}
	for b := range 256 {
		t.runes[b], t.defined[b] = Mark+rune(b), false
		if b < utf8.RuneSelf {
			t.put(byte(b), rune(b))
		}
	}
	return t
}

func (t *byteTable) put(b byte, r rune) {
	t.runes[b], t.defined[b] = r, true
	t.low = t.low || b < utf8.RuneSelf && r != rune(b)
}

// row defines the bytes from b on; '.' leaves one undefined.
func (t *byteTable) row(b byte, letters string) *byteTable {
	for _, r := range letters {
		if r != '.' {
			t.put(b, r)
		}
		b++
	}
	return t
}

// done fills what is derived.
func (t *byteTable) done() *byteTable {
	for b, r := range t.runes {
		t.bytes[r] = byte(b)
		t.length[b] = uint8(utf8.EncodeRune(t.encoded[b][:], r))
	}
	return t
}

// vietnameseLetters are the letters above ASCII of the Vietnamese alphabet.
const vietnameseLetters = smallLetters + capitalLetters

const (
	smallLetters   = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
	capitalLetters = "ÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬĐÈẺẼÉẸÊỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢÙỦŨÚỤƯỪỬỮỨỰỲỶỸÝỴ"
)

// typography is the punctuation that Windows programs put into text of any
// single-byte font, at the places of Windows-1252.
func (t *byteTable) typography() *byteTable {
	return t.row(0x85, "…").row(0x91, "‘’“”•–—").row(0xA0, "\u00a0")
}

// tcvn3 is TCVN 5712:1993, set VN3: capitals exist without tones only.
var tcvn3 = newTable().typography().
	row(0xA1, "ĂÂÊÔƠƯĐăâêôơưđ").
	row(0xB5, "àảãáạ.ằẳẵắ").
	row(0xC6, "ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ").
	done()

// viscii is the table of RFC 1456, section 2.1: the six rarest capitals
// take the place of control characters.
var viscii = newTable().
	row(0x02, "Ẳ..ẴẪ").row(0x14, "Ỷ....Ỹ....Ỵ").
	row(0x80, "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐ").
	row(0x90, "ỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ").
	row(0xA0, "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ").
	row(0xC0, "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư").
	row(0xE0, "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ").
	done()

var latin1 = func() *byteTable {
	t := newTable()
	for b := 0x80; b < 0x100; b++ {
		t.put(byte(b), rune(b))
	}
	return t.done()
}()

// windows1252 leaves the five bytes undefined that Microsoft's table leaves.
var windows1252 = func() *byteTable {
	t := newTable().row(0x80, "€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž").row(0x91, "‘’“”•–—˜™š›œ.žŸ")
	for b := 0xA0; b < 0x100; b++ {
		t.put(byte(b), rune(b))
	}
	return t.done()
}()

// shownAs maps every character that a byte is shown as, by a program that
// takes text for Windows-1252 or Latin-1, to the byte.
var shownAs = func() map[rune]byte {
	back := map[rune]byte{}
	for b := range 256 {
		back[rune(b)] = byte(b)
		if windows1252.defined[b] {
			back[windows1252.runes[b]] = byte(b)
		}
	}
	return back
}()

// vniSingle are the VNI bytes that are whole letters.
var vniSingle = newTable().typography().
	row(0xF1, "địĩơ.ư").row(0xEC, "ìíỵ").row(0xE6, "ỉ").
	row(0xD1, "ĐỊĨƠ.Ư").row(0xCC, "ÌÍỴ").row(0xC6, "Ỉ").
	done()

// VNI marks follow their letter; each list is in the order of vniMarks.
var (
	vniTones = []byte{0xF9, 0xF8, 0xFB, 0xF5, 0xEF}       // acute, grave, hook, tilde, dot
	vniHat   = []byte{0xE1, 0xE0, 0xE5, 0xE3, 0xE4, 0xE2} // circumflex with the tones, then alone
	vniBreve = []byte{0xE9, 0xE8, 0xFA, 0xFC, 0xEB, 0xEA} // breve likewise
)

// vniCapital is the distance from a mark on a small letter to that on its capital.
const vniCapital = 0x20

// pairTable decodes letters of which some are two bytes.
type pairTable struct {
	single    *byteTable
	pairs     *[256][256]rune // letter and mark; 0 where the mark does not fit the letter
	takesMark [256]bool       // after these the next byte must be seen
	bytes     map[rune][2]byte
}

func newPairTable(single *byteTable, pairs *[256][256]rune) *pairTable {
	t := &pairTable{single: single, pairs: pairs, bytes: map[rune][2]byte{}}
	for letter := range pairs {
		for mark, r := range pairs[letter] {
			if r != 0 {
				t.takesMark[letter] = true
				t.bytes[r] = [2]byte{byte(letter), byte(mark)}
			}
		}
	}
	return t
}

var vni = newPairTable(vniSingle, func() *[256][256]rune {
	p := new([256][256]rune)
	pair := func(letter byte, marks []byte, shift byte, letters string) {
		for i, r := range []rune(letters) {
			p[letter][marks[i]-shift] = r
		}
	}
	for _, set := range []struct {
		shift byte
		rows  map[byte][3]string // letter → with tones, with hat, with breve
	}{
		{0, map[byte][3]string{'a': {"áàảãạ", "ấầẩẫậâ", "ắằẳẵặă"}, 'e': {"éèẻẽẹ", "ếềểễệê"}, 'o': {"óòỏõọ", "ốồổỗộô"},
			'u': {"úùủũụ"}, 'y': {"ýỳỷỹ"}, 0xF4: {"ớờởỡợ"}, 0xF6: {"ứừửữự"}}},
		{vniCapital, map[byte][3]string{'A': {"ÁÀẢÃẠ", "ẤẦẨẪẬÂ", "ẮẰẲẴẶĂ"}, 'E': {"ÉÈẺẼẸ", "ẾỀỂỄỆÊ"}, 'O': {"ÓÒỎÕỌ", "ỐỒỔỖỘÔ"},
			'U': {"ÚÙỦŨỤ"}, 'Y': {"ÝỲỶỸ"}, 0xD4: {"ỚỜỞỠỢ"}, 0xD6: {"ỨỪỬỮỰ"}}},
	} {
		for letter, row := range set.rows {
			pair(letter, vniTones, set.shift, row[0])
			pair(letter, vniHat, set.shift, row[1])
			pair(letter, vniBreve, set.shift, row[2])
		}
	}
	return p
}())

// windows1258 is Microsoft's table: the vowels with circumflex, breve and
// horn, a few with a tone, and the five tones as bytes of their own.
var windows1258 = func() *pairTable {
	t := newTable().row(0x80, "€.‚ƒ„…†‡ˆ‰.‹Œ").row(0x91, "‘’“”•–—˜™.›œ..Ÿ")
	for b := 0xA0; b < 0x100; b++ {
		t.put(byte(b), rune(b))
	}
	t.row(0xC3, "Ă").row(0xD0, "Đ").row(0xD5, "Ơ").row(0xDD, "Ư").row(0xE3, "ă").row(0xF0, "đ").row(0xF5, "ơ").row(0xFD, "ư₫")
	t.row(0xCC, "\u0300").row(0xD2, "\u0309").row(0xDE, "\u0303").row(0xEC, "\u0301").row(0xF2, "\u0323").done()
	pairs := new([256][256]rune)
	for letter, base := range t.runes {
		for _, mark := range []byte{0xCC, 0xD2, 0xDE, 0xEC, 0xF2} {
			if composed := []rune(norm.NFC.String(string(base) + string(t.runes[mark]))); len(composed) == 1 {
				pairs[letter][mark] = composed[0]
			}
		}
	}
	return newPairTable(t, pairs)
}()
