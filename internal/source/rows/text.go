package rows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// Escape is the first of 256 private-use code points that stand for bytes
// which text cannot carry: U+F700 plus the byte. U+FFFD would lose them.
const Escape = 0xF700

const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// Sound reports whether text is valid UTF-8 without NUL bytes; with escapes
// it must also be free of Escape code points, which a transcoder leaves for
// the bytes it cannot decode.
func Sound(text []byte, escapes bool) bool {
	if bytes.IndexByte(text, 0) >= 0 || escapes && escaped(text) >= 0 {
		return false
	}
	return valid(text)
}

// valid is utf8.Valid, faster on text that mixes ASCII with other letters:
// it returns to whole words after each.
func valid(text []byte) bool {
	i := 0
	for i+8 <= len(text) {
		mask := binary.LittleEndian.Uint64(text[i:]) & high
		if mask == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(mask) >> 3
		size := letter(text[i:])
		if size == 0 {
			return false
		}
		i += size
	}
	return utf8.Valid(text[i:])
}

// letter is the length of the non-ASCII character that text begins with; 0
// when there is none. (Unicode 16, table 3-7.)
func letter(text []byte) int {
	c := text[0]
	switch {
	case c >= 0xC2 && c <= 0xDF:
		if len(text) >= 2 && text[1]&0xC0 == 0x80 {
			return 2
		}
		return 0
	case c >= 0xE1 && c <= 0xEC:
		if len(text) >= 3 && text[1]&0xC0 == 0x80 && text[2]&0xC0 == 0x80 {
			return 3
		}
		return 0
	}
	if r, size := utf8.DecodeRune(text); r != utf8.RuneError || size > 1 {
		return size
	}
	return 0
}

// escaped is where the first Escape code point stands; -1 when there is none.
// U+F700 to U+F7FF are EF 9C 80 to EF 9F BF.
func escaped(text []byte) int {
	for i := 0; ; i++ {
		next := bytes.IndexByte(text[i:], 0xEF)
		if next < 0 {
			return -1
		}
		i += next
		if i+2 < len(text) && text[i+1] >= 0x9C && text[i+1] <= 0x9F {
			return i
		}
	}
}

// Whole is text without the first bytes of a character that is cut off at its
// end.
func Whole(text []byte) []byte {
	for i := len(text) - 1; i >= 0 && i >= len(text)-3; i-- {
		if utf8.RuneStart(text[i]) {
			if utf8.FullRune(text[i:]) {
				return text
			}
			return text[:i]
		}
	}
	return text
}

// Repair appends text to dst with each byte that is no UTF-8, and each NUL,
// as its Escape code point. The fault names the first of them; it is empty
// when there is none.
func Repair(dst, text []byte, escapes bool) (repaired []byte, fault string) {
	if escapes {
		if i := escaped(text); i >= 0 {
			r, _ := utf8.DecodeRune(text[i:])
			fault = undecodable(byte(r - Escape))
		}
	}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == 0 || r == utf8.RuneError && size == 1 {
			if fault == "" {
				fault = undecodable(text[0])
			}
			dst = utf8.AppendRune(dst, Escape+rune(text[0]))
		} else {
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst, fault
}

func undecodable(c byte) string {
	if c == 0 {
		return "NUL byte"
	}
	return fmt.Sprintf("undecodable byte 0x%02X", c)
}

// Mend repairs the values of the row under way and answers the first fault
// with its column; empty when all values are sound.
func (b *Builder) Mend(escapes bool) string {
	found := ""
	for i := range b.Columns {
		c := &b.Columns[i]
		if Sound(c.last(), escapes) {
			continue
		}
		repaired, fault := Repair(nil, c.last(), escapes)
		c.replace(repaired)
		if found == "" {
			found = fault + " in column " + b.names[i]
		}
	}
	return found
}

// MendBatch repairs what is unsound in the batch under way, looking at each
// of the columns in one pass, which is cheaper than at each value; a row
// without a fault gets the first that is found in it.
func (b *Builder) MendBatch(columns []int) {
	faults := map[int]string{}
	for _, i := range columns {
		c := &b.Columns[i]
		if c.Whole() && bytes.IndexByte(c.data, 0) < 0 {
			continue
		}
		mended := emptyColumn(c.Len(), len(c.data))
		for row := range c.Len() {
			value, fault := Repair(nil, c.data[c.ends[row]:c.ends[row+1]], false)
			mended.Append(value)
			if fault != "" && faults[row] == "" {
				faults[row] = fault + " in column " + b.names[i]
			}
		}
		mended.nulls = c.nulls
		*c = mended
	}
	b.addFaults(faults)
}

// addFaults gives rows of the batch a fault where they have none.
func (b *Builder) addFaults(faults map[int]string) {
	if len(faults) == 0 {
		return
	}
	old, without := b.fault, 0
	b.fault = emptyColumn(old.Len(), len(old.data))
	for row := range old.Len() {
		none := without < len(old.nulls) && int(old.nulls[without]) == row
		if none {
			without++
		}
		switch fault := faults[row]; {
		case !none:
			b.fault.Append(old.data[old.ends[row]:old.ends[row+1]])
		case fault != "":
			b.fault.Append([]byte(fault))
		default:
			b.fault.Null()
		}
	}
}
