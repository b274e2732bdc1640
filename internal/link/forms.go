package link

import (
	"encoding/binary"
	"strings"
)

// forms is the values of a column as they are compared: folded, each distinct
// form once, however many values are written alike but for capitals and marks.
type forms struct {
	of    []int32 // per value: its form; nil: each value has one of its own, by its own number
	style []uint8 // per value: which of the ways it is written in that differ in more than capitals; its form's first is 0, and others are all that come after. Nil with of
	list  texts   // per form: see packed
	plain bool    // no form has more than one word
}

// packed is a form in one piece, so that one look into memory finds it: its letters (see
// letters) in four bytes, how many words it has, how long each is, a byte
// each, and then its words without spaces.
type packed string

const beforeWords = 5

func (p packed) letters() uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// joined is the form without its spaces.
func (p packed) joined() string { return string(p[beforeWords+int(p[4]):]) }

// words appends the form's words.
func (p packed) words(out []string) []string {
	n := int(p[4])
	rest := string(p[beforeWords+n:])
	for _, long := range []byte(p[beforeWords : beforeWords+n]) {
		out = append(out, rest[:long])
		rest = rest[long:]
	}
	return out
}

// mostWords is how many words of a form are told apart, and how long each may
// be; what is longer counts as more than one, what comes after as none.
const mostWords = 255

func newForms(c *Column) *forms {
	f := &forms{of: make([]int32, c.Distinct()), plain: true}
	var buffer []byte
	own := true
	if allFolded(c) { // then none is written as another is
		for i := range f.of {
			buffer = f.pack(buffer[:0], c.Value(int32(i)))
			f.list.addBytes(buffer)
		}
		f.of = nil
		return f
	}
	folded := foldAll(c)
	f.style = make([]uint8, c.Distinct())
	var writings styles
	for i := range f.of {
		buffer = f.pack(buffer[:0], folded[i])
		n, fresh := f.list.number(string(buffer))
		own = own && fresh
		f.of[i] = n
		f.style[i] = writings.of(c, n, int32(i), fresh)
	}
	if own {
		f.of, f.style = nil, nil
	}
	f.list.settle()
	return f
}

// foldAll folds all values of a column, pieces of them side by side.
func foldAll(c *Column) []string {
	out := make([]string, c.Distinct())
	sideBySide((len(out)+codesPerPiece-1)/codesPerPiece, func(n int) {
		for i := n * codesPerPiece; i < min((n+1)*codesPerPiece, len(out)); i++ {
			out[i] = fold(c.Value(int32(i)))
		}
	})
	return out
}

func allFolded(c *Column) bool {
	for i := range c.Distinct() {
		if !isFolded(c.Value(int32(i))) {
			return false
		}
	}
	return true
}

// styles are the first values of each form, by which others are told apart.
type styles struct {
	first []int32           // per form: its first value
	more  map[int32][]int32 // per form with several: the first value of each other style
}

// others is the style of what is written in more ways than are told apart.
const others = 255

// of is the style of a value.
func (s *styles) of(c *Column, form, value int32, fresh bool) uint8 {
	if fresh {
		s.first = append(s.first, value)
		return 0
	}
	text := c.Value(value)
	if strings.EqualFold(c.Value(s.first[form]), text) {
		return 0
	}
	for i, v := range s.more[form] {
		if strings.EqualFold(c.Value(v), text) {
			return uint8(i + 1)
		}
	}
	n := len(s.more[form]) + 1
	if n == others {
		return others
	}
	if s.more == nil {
		s.more = map[int32][]int32{}
	}
	s.more[form] = append(s.more[form], value)
	return uint8(n)
}

// pack appends a folded text in the form in which it is kept.
func (f *forms) pack(out []byte, folded string) []byte {
	out = append(out, 0, 0, 0, 0, 0)
	for rest := folded; rest != "" && out[4] < mostWords; {
		word, behind, _ := strings.Cut(rest, " ")
		if len(word) > mostWords {
			word, behind = rest[:mostWords], rest[mostWords:]
		}
		out = append(out, byte(len(word)))
		out[4]++
		rest = behind
	}
	f.plain = f.plain && out[4] < 2
	mask := uint32(0)
	for i := range len(folded) {
		if folded[i] != ' ' {
			out = append(out, folded[i])
			mask |= 1 << sign(folded[i])
		}
	}
	binary.LittleEndian.PutUint32(out, mask)
	return out
}

func (f *forms) len() int { return f.list.len() }

// form is that of a value.
func (f *forms) form(value int32) int32 {
	if f.of == nil {
		return value
	}
	return f.of[value]
}

// warm touches forms, step by step.
func (f *forms) warm(forms []int32) (touched int) {
	for _, form := range forms {
		touched += int(f.list.ends[form])
	}
	for _, form := range forms {
		touched += int(f.list.at(form)[0])
	}
	return touched
}

func (f *forms) at(form int32) packed { return packed(f.list.at(form)) }

func (f *forms) joined(form int32) string { return f.at(form).joined() }

// dated is a date in 32 bits: its eight digits, four bits each; a year alone
// has 0xff behind it, which no day has.
type dated uint32

const (
	undated  dated = 0xffffffff
	yearOnly dated = 0xffff
)

func packDate(date [3]int16, digits string) dated {
	if date[0] < 0 {
		return undated
	}
	var out dated
	if digits == "" {
		for n, shift := date[0], 16; shift < 32; n, shift = n/10, shift+4 {
			out |= dated(n%10) << shift
		}
		return out | yearOnly
	}
	for i := range len(digits) {
		out = out<<4 | dated(digits[i]-'0')
	}
	return out
}

func (d dated) known() bool { return d != undated }
func (d dated) whole() bool { return d&yearOnly != yearOnly }

// parts are year, month and day, as far as they are known; else -1.
func (d dated) parts() [3]int {
	if !d.known() {
		return [3]int{-1, -1, -1}
	}
	digit := func(n int) int { return int(d>>(28-4*n)) & 15 }
	year := digit(0)*1000 + digit(1)*100 + digit(2)*10 + digit(3)
	if !d.whole() {
		return [3]int{year, -1, -1}
	}
	return [3]int{year, digit(4)*10 + digit(5), digit(6)*10 + digit(7)}
}

// slip reports whether one edit makes the eight digits of one date those of another:
// one digit replaced, or two neighbours swapped.
func (d dated) slip(e dated) bool {
	apart := d ^ e
	for shift := 0; shift < 32; shift += 4 {
		if apart&^(15<<shift) == 0 {
			return true
		}
		if shift < 28 && apart&^(255<<shift) == 0 && (d>>shift&15) == (e>>(shift+4)&15) && (d>>(shift+4)&15) == (e>>shift&15) {
			return true
		}
	}
	return false
}
