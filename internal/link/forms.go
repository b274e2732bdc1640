package link

import (
	"encoding/binary"
	"slices"
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
	pieces := packAll(c)
	f := &forms{plain: !slices.ContainsFunc(pieces, func(p packing) bool { return !p.plain })}
	if !slices.ContainsFunc(pieces, func(p packing) bool { return !p.folded }) { // then none is written as another is
		for _, p := range pieces {
			p.each(func(form []byte) { f.list.addBytes(form) })
		}
		return f
	}
	f.of, f.style = make([]int32, 0, c.Distinct()), make([]uint8, 0, c.Distinct())
	var writings styles
	own := true
	for _, p := range pieces {
		p.each(func(form []byte) {
			n, fresh := f.list.number(string(form))
			own = own && fresh
			f.style = append(f.style, writings.of(c, n, int32(len(f.of)), fresh))
			f.of = append(f.of, n)
		})
	}
	if own {
		f.of, f.style = nil, nil
	}
	f.list.settle()
	return f
}

// packing is the forms of a piece of a column's values, one behind the other.
type packing struct {
	text   []byte
	ends   []int
	folded bool // every value is written as its form
	plain  bool // no form has more than one word
}

func (p *packing) each(use func(form []byte)) {
	from := 0
	for _, end := range p.ends {
		use(p.text[from:end])
		from = end
	}
}

// packAll makes the forms of all values of a column, pieces of them side by side.
func packAll(c *Column) []packing {
	out := make([]packing, (c.Distinct()+codesPerPiece-1)/codesPerPiece)
	sideBySide(len(out), func(n int) {
		p := &out[n]
		p.folded, p.plain = true, true
		for i := n * codesPerPiece; i < min((n+1)*codesPerPiece, c.Distinct()); i++ {
			value := c.Value(int32(i))
			folded := fold(value)
			p.folded = p.folded && len(folded) == len(value) && isFolded(value)
			p.pack(folded)
		}
	})
	return out
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

// pack appends a folded text in the form in which it is kept: see packed.
func (p *packing) pack(folded string) {
	from := len(p.text)
	p.text = append(p.text, 0, 0, 0, 0, 0)
	words := byte(0)
	for rest := folded; rest != "" && words < mostWords; words++ {
		word, behind, _ := strings.Cut(rest, " ")
		if len(word) > mostWords {
			word, behind = rest[:mostWords], rest[mostWords:]
		}
		p.text = append(p.text, byte(len(word)))
		rest = behind
	}
	p.plain = p.plain && words < 2
	mask := uint32(0)
	for i := range len(folded) {
		if folded[i] != ' ' {
			p.text = append(p.text, folded[i])
			mask |= 1 << sign(folded[i])
		}
	}
	binary.LittleEndian.PutUint32(p.text[from:], mask)
	p.text[from+4] = words
	p.ends = append(p.ends, len(p.text))
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
