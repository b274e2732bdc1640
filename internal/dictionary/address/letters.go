package address

// letter is a letter taken apart: its base in ASCII, its shape (as of ă, â, ê,
// ô, ơ, ư, đ; 0 for none) and its tone (1 to 5; 0 for none).
type letter struct{ base, shape, tone byte }

// Shapes.
const (
	breve byte = iota + 1
	circumflex
	horn
	stroke
)

var letters = func() map[rune]letter {
	out := map[rune]letter{'đ': {'d', stroke, 0}, 'Đ': {'d', stroke, 0}}
	for _, row := range []struct {
		text        string // without tone, then the five tones in their order, small and capital
		base, shape byte
	}{
		{"aàảãáạAÀẢÃÁẠ", 'a', 0}, {"ăằẳẵắặĂẰẲẴẮẶ", 'a', breve}, {"âầẩẫấậÂẦẨẪẤẬ", 'a', circumflex},
		{"eèẻẽéẹEÈẺẼÉẸ", 'e', 0}, {"êềểễếệÊỀỂỄẾỆ", 'e', circumflex}, {"iìỉĩíịIÌỈĨÍỊ", 'i', 0},
		{"oòỏõóọOÒỎÕÓỌ", 'o', 0}, {"ôồổỗốộÔỒỔỖỐỘ", 'o', circumflex}, {"ơờởỡớợƠỜỞỠỚỢ", 'o', horn},
		{"uùủũúụUÙỦŨÚỤ", 'u', 0}, {"ưừửữứựƯỪỬỮỨỰ", 'u', horn}, {"yỳỷỹýỵYỲỶỸÝỴ", 'y', 0},
	} {
		for i, r := range []rune(row.text) {
			out[r] = letter{row.base, row.shape, byte(i % 6)}
		}
	}
	return out
}()

// combining are the combining marks, by what they add.
var combining = map[rune]letter{
	0x0300: {0, 0, 1}, 0x0309: {0, 0, 2}, 0x0303: {0, 0, 3}, 0x0301: {0, 0, 4}, 0x0323: {0, 0, 5},
	0x0306: {0, breve, 0}, 0x0302: {0, circumflex, 0}, 0x031B: {0, horn, 0},
}

// word is a word of a text.
type word struct {
	start, end  int    // its bytes
	from, to    int    // its folded letters, in reader.folded
	hash        uint64 // of its folded letters: ASCII, small, without marks
	spelled     uint64 // of its letters with their shapes, and its tone, wherever that is written
	marked      bool   // it has marks
	number      bool   // digits alone, without leading zeros
	cut         bool   // something other than a space parts it from the word before
	comma       bool   // a comma or the like does
	dash        bool   // a dash between spaces does; names hold such ones too
	keyed       bool   // it was written with the keys of its marks
	abbreviated bool   // a letter with a point, or with digits behind
	sense       sense  // what it may say of the word after it
}

const (
	fnvStart uint64 = 14695981039346656037
	fnvPrime uint64 = 1099511628211
)

func mix(h uint64, b byte) uint64 { return (h ^ uint64(b)) * fnvPrime }

// join adds a word to the hash of those before it.
func join(h, word uint64) uint64 { return (h ^ word) * fnvPrime }

func hashOf(folded []byte) uint64 {
	h := fnvStart
	for _, b := range folded {
		h = mix(h, b)
	}
	return h
}

// taker takes a text apart, letter by letter.
type taker struct {
	*Reader
	w           word // under way
	open        bool // there is one
	cut, comma  bool // what parts the next one from it
	dash, space bool
	spelled     uint64
	tone        byte
	last        letter // whose shape a combining mark may still change
}

// words takes a text apart. What it returns is good until the next call.
func (r *Reader) words(text string) []word {
	r.folded, r.tokens = r.folded[:0], r.tokens[:0]
	t := taker{Reader: r}
	for i, c := range text {
		switch l := plain(c); {
		case l.base != 0:
			t.letter(i, l)
		case t.open && t.combine(c):
		default:
			t.end(i)
			t.between(c)
		}
	}
	t.end(len(text))
	for i := range r.tokens {
		r.finish(i, text)
	}
	return r.tokens
}

// plain is a character's letter or digit; no base for what is neither.
func plain(c rune) letter {
	switch {
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		return letter{base: byte(c)}
	case c >= 'A' && c <= 'Z':
		return letter{base: byte(c) + 'a' - 'A'}
	case c < 0x80:
		return letter{}
	}
	return letters[c]
}

// letter takes the next letter. A word of letters ends where digits begin, and
// the other way round behind letters: p10, q1; 3a stays.
func (t *taker) letter(at int, l letter) {
	digit := l.base <= '9'
	if t.open && !t.w.number && (t.folded[len(t.folded)-1] <= '9') != digit {
		t.end(at)
		t.tokens[len(t.tokens)-1].abbreviated = true
	}
	if !t.open {
		t.w = word{start: at, from: len(t.folded), cut: t.cut, comma: t.comma, dash: t.dash, number: true}
		t.spelled, t.tone, t.open, t.cut, t.comma, t.dash, t.space = fnvStart, 0, true, false, false, false, false
	}
	t.spell()
	t.last = l
	t.w.number = t.w.number && digit
	t.w.marked = t.w.marked || l.shape != 0 || l.tone != 0
	if l.tone != 0 {
		t.tone = l.tone
	}
	t.folded = append(t.folded, l.base)
}

// combine takes a combining mark.
func (t *taker) combine(c rune) bool {
	m, is := combining[c]
	if !is {
		return false
	}
	if m.shape != 0 && t.last.base != 0 {
		t.last.shape = m.shape
	}
	if m.tone != 0 {
		t.tone = m.tone
	}
	t.w.marked = true
	return true
}

// spell takes the last letter into the word's spelling.
func (t *taker) spell() {
	if t.last.base != 0 {
		t.spelled = mix(mix(t.spelled, t.last.base), t.last.shape)
		t.last = letter{}
	}
}

func (t *taker) end(at int) {
	if !t.open {
		return
	}
	t.spell()
	t.open = false
	t.w.end, t.w.to, t.w.spelled = at, len(t.folded), mix(t.spelled, t.tone)
	t.tokens = append(t.tokens, t.w)
}

// between takes what is neither letter nor digit.
func (t *taker) between(c rune) {
	switch c {
	case ' ', 0xA0, '\t':
		t.space = true
	case '\'':
	case '-', '–', '—':
		t.cut, t.dash = true, t.dash || t.space
	case ',', ';', '\n', '\r', '|', ')', '(':
		t.cut, t.comma = true, true
	default:
		t.cut = true
	}
}

// finish works out what a word is, once its letters are known.
func (r *Reader) finish(i int, text string) {
	w := &r.tokens[i]
	if w.number {
		for w.from < w.to-1 && r.folded[w.from] == '0' {
			w.from++
		}
	}
	w.hash = hashOf(r.folded[w.from:w.to])
	if !w.number && !r.naming && !r.x.known[w.hash] {
		r.unkey(w)
	}
	w.sense = senses[w.hash]
	if w.to-w.from <= 2 && w.sense != 0 && w.end < len(text) && text[w.end] == '.' {
		w.abbreviated = true
	}
}

// unkey reads a word that holds the keys of its marks (telex), where that
// makes a word that some unit's name has: "phuowngf" is phường.
func (r *Reader) unkey(w *word) {
	from := len(r.folded)
	raw := r.folded[w.from:w.to]
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == 'w': // aw, ow, uw; alone it is ư
			if n := len(r.folded); n == from || r.folded[n-1] != 'a' && r.folded[n-1] != 'o' && r.folded[n-1] != 'u' {
				r.folded = append(r.folded, 'u')
			}
			continue
		case i > 0 && i >= len(raw)-2 && (c == 's' || c == 'f' || c == 'r' || c == 'x' || c == 'j'):
			continue // a tone, at the end or before the last letter
		case len(r.folded) > from && c == r.folded[len(r.folded)-1] && (c == 'a' || c == 'e' || c == 'o' || c == 'd'):
			continue // aa, ee, oo, dd
		}
		r.folded = append(r.folded, c)
	}
	if hash := hashOf(r.folded[from:]); len(r.folded)-from < len(raw) && r.x.known[hash] {
		w.from, w.to, w.hash, w.keyed = from, len(r.folded), hash, true
		return
	}
	r.folded = r.folded[:from]
}
