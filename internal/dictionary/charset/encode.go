package charset

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	sen "github.com/sen-hub/sen"
)

// Encode makes the bytes again that Decode took the text from, marks
// included. Text that the encoding has no bytes for is Invalid.
func Encode(name, text string) ([]byte, error) {
	if _, err := decoderOf(name); err != nil {
		return nil, err
	}
	if strings.Contains(name, "+") {
		return nil, sen.Errorf(sen.Invalid, "a text does not say which of its lines were in which encoding of %s", name)
	}
	if name == VIQR {
		return encodeVIQR(text)
	}
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if IsMark(r) {
			out = append(out, byte(r-Mark))
			continue
		}
		var ok bool
		if out, ok = appendEncoded(out, name, r); !ok {
			return nil, sen.Errorf(sen.Invalid, "%s has no code for U+%04X", name, r)
		}
	}
	return out, nil
}

func appendEncoded(out []byte, name string, r rune) ([]byte, bool) {
	switch name {
	case UTF8:
		return utf8.AppendRune(out, r), true
	case UTF16LE:
		return appendUTF16(out, r, binary.LittleEndian), true
	case UTF16BE:
		return appendUTF16(out, r, binary.BigEndian), true
	case VNI:
		return vni.append(out, r)
	case Windows1258:
		return windows1258.append(out, r)
	case VISCII:
		return viscii.append(out, r)
	case TCVN3:
		return tcvn3.append(out, r)
	case Windows1252:
		return windows1252.append(out, r)
	default:
		return latin1.append(out, r)
	}
}

func (t *byteTable) append(out []byte, r rune) ([]byte, bool) {
	b, ok := t.bytes[r]
	return append(out, b), ok
}

func (t *pairTable) append(out []byte, r rune) ([]byte, bool) {
	if b, ok := t.single.bytes[r]; ok {
		return append(out, b), true
	}
	pair, ok := t.bytes[r]
	return append(out, pair[:]...), ok
}

func appendUTF16(out []byte, r rune, order binary.AppendByteOrder) []byte {
	for _, unit := range utf16.AppendRune(nil, r) {
		out = order.AppendUint16(out, unit)
	}
	return out
}
