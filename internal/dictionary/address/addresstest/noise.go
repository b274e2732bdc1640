// Package addresstest writes addresses as people do, mistakes included, and
// holds what became of them against what is true. It shares no code with the
// package that it tries.
package addresstest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sen-hub/sen/internal/dictionary/address/published"
)

// parts are an address before it is written down.
type parts struct {
	front string // house, street, hamlet; may be empty
	units []part // from the smallest
	comma string
	plain bool // no marks
	upper bool
	keys  bool // marks as typed
}

type part struct{ kind, name string }

// Noise is one way in which addresses are written.
type Noise struct {
	Name  string
	spoil func(*rand.Rand, *parts)
}

// Noises are the ways, each alone, and two at once.
var Noises = []Noise{
	{"as published", func(*rand.Rand, *parts) {}},
	{"no marks", func(_ *rand.Rand, p *parts) { p.plain = true }},
	{"abbreviated kinds", abbreviate},
	{"another kind", func(r *rand.Rand, p *parts) { otherKind(r, &p.units[0]) }},
	{"no district", func(_ *rand.Rand, p *parts) { p.dropDistrict() }},
	{"no kinds", func(_ *rand.Rand, p *parts) { p.dropKinds() }},
	{"a typing error", typo},
	{"marks as typed (telex)", func(_ *rand.Rand, p *parts) { p.keys = true }},
	{"order changed", reorder},
	{"no commas", func(_ *rand.Rand, p *parts) { p.comma = " " }},
	{"capitals", func(_ *rand.Rand, p *parts) { p.upper = true }},
	{"with house and street", front},
	{"two at once", func(r *rand.Rand, p *parts) {
		ways := []func(*rand.Rand, *parts){func(_ *rand.Rand, p *parts) { p.plain = true }, abbreviate, typo, front,
			func(_ *rand.Rand, p *parts) { p.comma = " " }, func(_ *rand.Rand, p *parts) { p.upper = true }, func(_ *rand.Rand, p *parts) { p.dropDistrict() }}
		i := r.IntN(len(ways))
		ways[i](r, p)
		ways[(i+1+r.IntN(len(ways)-1))%len(ways)](r, p)
	}},
}

// Write is an address of units, from the smallest, in one way.
func (n Noise) Write(r *rand.Rand, units ...string) string {
	p := parts{comma: ", "}
	for _, u := range units {
		if u != "" {
			kind, name := published.SplitKind(u)
			p.units = append(p.units, part{kind, name})
		}
	}
	n.spoil(r, &p)
	return p.text()
}

func (p *parts) text() string {
	var all []string
	if p.front != "" {
		all = append(all, p.front)
	}
	for _, u := range p.units {
		switch {
		case u.kind == "":
			all = append(all, u.name)
		case strings.HasSuffix(u.kind, "."):
			all = append(all, u.kind+u.name)
		default:
			all = append(all, u.kind+" "+u.name)
		}
	}
	text := strings.Join(all, p.comma)
	if p.plain {
		text = unmark(text)
	}
	if p.keys {
		text = typed(text)
	}
	if p.upper {
		text = strings.ToUpper(text)
	}
	return text
}

func (p *parts) dropDistrict() {
	if len(p.units) == 3 {
		p.units = slices.Delete(p.units, 1, 2)
	}
}

// dropKinds leaves numbers their kind: no one writes "1, 3".
func (p *parts) dropKinds() {
	for i, u := range p.units {
		if u.name[0] < '0' || u.name[0] > '9' {
			p.units[i].kind = ""
		}
	}
}

var short = map[string][]string{
	"Phường": {"P.", "P. ", "P", "p."}, "Xã": {"X.", "xã", "x. "}, "Thị trấn": {"TT.", "TT", "tt. "}, "Quận": {"Q.", "Q. ", "q."},
	"Huyện": {"H.", "h. ", "H. "}, "Thị xã": {"TX.", "TX", "tx. "}, "Thành phố": {"TP.", "TP", "Tp. ", "tp"}, "Tỉnh": {"T.", "tỉnh", "T. "}, "Đặc khu": {"ĐK.", "đặc khu"},
}

func abbreviate(r *rand.Rand, p *parts) {
	for i, u := range p.units {
		if s := short[u.kind]; s != nil {
			p.units[i].kind = s[r.IntN(len(s))]
			if !strings.HasSuffix(p.units[i].kind, ".") {
				p.units[i].kind = strings.TrimSpace(p.units[i].kind)
			}
		}
	}
}

func otherKind(r *rand.Rand, u *part) {
	others := []string{"Phường", "Xã", "Thị trấn"}
	others = slices.DeleteFunc(others, func(k string) bool { return k == u.kind })
	if u.kind != "Huyện" && u.kind != "Đặc khu" {
		u.kind = others[r.IntN(len(others))]
	}
}

// typo changes one letter of a name of four letters and more.
func typo(r *rand.Rand, p *parts) {
	for range 10 {
		u := &p.units[r.IntN(len(p.units))]
		runes := []rune(u.name)
		if len(runes) < 4 {
			continue
		}
		i := 1 + r.IntN(len(runes)-1)
		if !unicode.IsLetter(runes[i]) {
			continue
		}
		switch r.IntN(4) {
		case 0:
			runes = slices.Delete(runes, i, i+1)
		case 1:
			runes = slices.Insert(runes, i, runes[i])
		case 2:
			runes[i] = rune("bcdghklmnpqrtuvyaeio"[r.IntN(20)])
		default:
			if !unicode.IsLetter(runes[i-1]) {
				continue
			}
			runes[i], runes[i-1] = runes[i-1], runes[i]
		}
		u.name = string(runes)
		return
	}
}

func reorder(r *rand.Rand, p *parts) {
	if r.IntN(2) == 0 {
		slices.Reverse(p.units)
		return
	}
	r.Shuffle(len(p.units), func(i, j int) { p.units[i], p.units[j] = p.units[j], p.units[i] })
}

var (
	streets = []string{"đường Trần Hưng Đạo", "phố Huế", "Lê Lợi", "đường Nguyễn Thị Minh Khai", "đường 30/4", "phố Hà Nội", "QL 1A", "Hẻm 45 Lý Thường Kiệt", "đường số 7", "Ngõ 12 Láng Hạ", "tỉnh lộ 8"}
	hamlets = []string{"thôn 3", "ấp Tân Tiến", "tổ dân phố số 5", "KP2", "bản Nà Lốc", "xóm Mới", "khu phố 4", "tổ 12", "buôn Ea Sar", "khóm 2"}
)

func front(r *rand.Rand, p *parts) {
	house := []string{"Số 12", "15/3A", "số nhà 7", "121", "Lô B2"}[r.IntN(5)]
	switch r.IntN(3) {
	case 0:
		p.front = house + " " + streets[r.IntN(len(streets))]
	case 1:
		p.front = house + ", " + streets[r.IntN(len(streets))]
	default:
		p.front = hamlets[r.IntN(len(hamlets))]
	}
}

func unmark(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ':
			b.WriteByte('d')
		case r == 'Đ':
			b.WriteByte('D')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var telexTones = map[rune]string{0x300: "f", 0x301: "s", 0x309: "r", 0x303: "x", 0x323: "j"}

// typed is a text as the keys of the telex method were hit, one word in two.
func typed(text string) string {
	words := strings.Split(text, " ")
	for i := 0; i < len(words); i += 2 {
		var b strings.Builder
		tone := ""
		for _, r := range norm.NFD.String(words[i]) {
			switch {
			case telexTones[r] != "":
				tone = telexTones[r]
			case r == 0x302:
				s := b.String()
				last, _ := utf8.DecodeLastRuneInString(s)
				b.WriteRune(unicode.ToLower(last))
			case r == 0x306 || r == 0x31B:
				b.WriteByte('w')
			case r == 'đ' || r == 'Đ':
				b.WriteString("dd")
			case r == ',':
				b.WriteString(tone + ",")
				tone = ""
			default:
				b.WriteRune(r)
			}
		}
		words[i] = b.String() + tone
	}
	return strings.Join(words, " ")
}
