package charset

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// chunk is how many bytes are decoded at a time.
const chunk = 64 << 10

// decode appends the UTF-8 of src to dst and says how much of src it took;
// it leaves a tail that the next bytes may complete, unless this is the end.
type decode func(dst, src []byte, end bool) (out []byte, taken int)

// decoderOf is the one switch over the encodings.
func decoderOf(name string) (decode, error) {
	switch name {
	case UTF8:
		return decodeUTF8, nil
	case UTF16LE:
		return func(dst, src []byte, end bool) ([]byte, int) { return decodeUTF16(dst, src, end, binary.LittleEndian) }, nil
	case UTF16BE:
		return func(dst, src []byte, end bool) ([]byte, int) { return decodeUTF16(dst, src, end, binary.BigEndian) }, nil
	case TCVN3:
		return tcvn3.decode, nil
	case VNI:
		return vni.decode, nil
	case VISCII:
		return viscii.decode, nil
	case VIQR:
		return decodeVIQR, nil
	case Windows1258:
		return windows1258.decode, nil
	case Windows1252:
		return windows1252.decode, nil
	case Latin1:
		return latin1.decode, nil
	}
	if old, ok := lineNames(name); ok {
		return decodeLines(old), nil
	}
	return nil, unknownEncoding(name, Names())
}

// NewReader gives the UTF-8 of r, which is in the named encoding (one of
// Names), without a byte order mark. Bytes that the encoding does not define
// come as marks; the reader itself never fails on what it reads.
func NewReader(r io.Reader, name string) (io.Reader, error) {
	decode, err := decoderOf(name)
	if err != nil {
		return nil, err
	}
	return &reader{source: r, name: name, decode: decode, in: make([]byte, 0, chunk), first: true}, nil
}

// reader decodes chunk by chunk: in holds bytes not yet decoded, out text
// not yet handed over.
type reader struct {
	source io.Reader
	name   string
	decode decode
	in     []byte
	out    []byte
	given  int // of out
	first  bool
	err    error
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for r.given == len(r.out) {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out[r.given:])
	r.given += n
	return n, nil
}

// fill reads up to a chunk and decodes it. An error of the source, io.EOF
// too, is kept until the text before it is handed over.
func (r *reader) fill() {
	n, err := r.source.Read(r.in[len(r.in):cap(r.in)])
	r.in, r.err = r.in[:len(r.in)+n], err
	end := err == io.EOF
	if r.first && (len(r.in) >= 4 || err != nil) {
		r.in = append(r.in[:0], dropMark(r.name, r.in)...)
		r.first = false
	}
	if r.first {
		return
	}
	taken := 0
	r.out, taken = r.decode(r.out[:0], r.in, end)
	r.given = 0
	r.in = append(r.in[:0], r.in[taken:]...)
}

// Decode is NewReader for a whole text in memory.
func Decode(name string, b []byte) (string, error) {
	decode, err := decoderOf(name)
	if err != nil {
		return "", err
	}
	out, _ := decode(nil, dropMark(name, b), true)
	return string(out), nil
}

// asciiPrefix is the length of the run of ASCII at the head of b, found a
// word of eight bytes at a time.
func asciiPrefix(b []byte) int {
	n := 0
	for len(b)-n >= 8 && binary.LittleEndian.Uint64(b[n:])&0x8080808080808080 == 0 {
		n += 8
	}
	for n < len(b) && b[n] < utf8.RuneSelf {
		n++
	}
	return n
}

func (t *byteTable) decode(dst, src []byte, _ bool) ([]byte, int) {
	for i := 0; i < len(src); {
		if !t.low {
			n := asciiPrefix(src[i:])
			dst = append(dst, src[i:i+n]...)
			i += n
		}
		for i < len(src) && (t.low || src[i] >= utf8.RuneSelf) {
			dst = append(dst, t.encoded[src[i]][:t.length[src[i]]]...)
			i++
		}
	}
	return dst, len(src)
}

func (t *pairTable) decode(dst, src []byte, end bool) ([]byte, int) {
	i := 0
	for i < len(src) {
		if n := asciiPrefix(src[i:]); n > 1 { // all but the last, which may take a mark
			dst = append(dst, src[i:i+n-1]...)
			i += n - 1
		}
		if t.takesMark[src[i]] && i+1 == len(src) && !end {
			return dst, i
		}
		if i+1 < len(src) {
			if r := t.pairs[src[i]][src[i+1]]; r != 0 {
				dst = utf8.AppendRune(dst, r)
				i += 2
				continue
			}
		}
		dst = append(dst, t.single.encoded[src[i]][:t.single.length[src[i]]]...)
		i++
	}
	return dst, i
}

func decodeUTF8(dst, src []byte, end bool) ([]byte, int) {
	if whole := src[:wholeRunes(src)]; utf8.Valid(whole) && bytes.IndexByte(whole, markLead) < 0 && (!end || len(whole) == len(src)) {
		return append(dst, whole...), len(whole)
	}
	for i := 0; i < len(src); {
		n := asciiPrefix(src[i:])
		dst = append(dst, src[i:i+n]...)
		if i += n; i == len(src) {
			break
		}
		if !end && !utf8.FullRune(src[i:]) {
			return dst, i
		}
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 || IsMark(r) {
			dst = appendMarks(dst, src[i:i+size])
		} else {
			dst = append(dst, src[i:i+size]...)
		}
		i += size
	}
	return dst, len(src)
}

// wholeRunes is the length of src without a sequence that its end cuts.
func wholeRunes(src []byte) int {
	for i := len(src) - 1; i >= 0 && i > len(src)-utf8.UTFMax; i-- {
		if utf8.RuneStart(src[i]) {
			if utf8.FullRune(src[i:]) {
				break
			}
			return i
		}
	}
	return len(src)
}

// markLead is the first byte of every mark in UTF-8. A mark that stands in
// the source itself is not taken for one of ours: its three bytes are marked.
const markLead = 0xEF

func appendMarks(dst, src []byte) []byte {
	for _, b := range src {
		dst = utf8.AppendRune(dst, Mark+rune(b))
	}
	return dst
}

func decodeUTF16(dst, src []byte, end bool, order binary.ByteOrder) ([]byte, int) {
	i := 0
	for ; i+2 <= len(src); i += 2 {
		unit := rune(order.Uint16(src[i:]))
		switch {
		case unit < utf8.RuneSelf:
			dst = append(dst, byte(unit))
		case !utf16.IsSurrogate(unit) && !IsMark(unit):
			dst = utf8.AppendRune(dst, unit)
		case i+4 > len(src) && !end && !IsMark(unit):
			return dst, i
		default:
			if pair := pairAt(src[i:], order); pair != utf8.RuneError {
				dst = utf8.AppendRune(dst, pair)
				i += 2
				continue
			}
			dst = appendMarks(dst, src[i:i+2])
		}
	}
	if end && i < len(src) {
		dst, i = appendMarks(dst, src[i:]), len(src)
	}
	return dst, i
}

// pairAt is the character of the two surrogates at the head of src.
func pairAt(src []byte, order binary.ByteOrder) rune {
	if len(src) < 4 {
		return utf8.RuneError
	}
	return utf16.DecodeRune(rune(order.Uint16(src)), rune(order.Uint16(src[2:])))
}
