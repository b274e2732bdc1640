package address

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
)

// Index is units, ready to be found. It does not change, and is safe for
// concurrent use.
type Index struct {
	units  []unit
	known  map[uint64]bool    // words of names, and those that say a kind
	names  map[uint64][]name  // by the words of a name
	begun  map[uint64]bool    // by the first words of names that have more
	near   map[uint64][]int32 // names with a letter left out → places in spell
	spell  []spelling         // names as one word
	codes  map[string][]int32 // of wards, and of districts without any
	long   int                // words of the longest name
	digest sen.Digest
}

// unit is a Unit with its place among the others.
type unit struct {
	named      Named
	level      Level
	kind       sense
	parent     int32 // -1: none
	root       int32 // the province that it lies in, or is
	from, to   int32 // days since 1970; to is inclusive
	leaf       bool  // the lowest level that stands here: a ward, or a district without any
	successors []int32
	since      int32 // the day from which they stand
}

// name is one name of one unit.
type name struct {
	unit    int32
	former  bool // an alias
	joined  bool // its words written as one
	solid   bool // known as one word only, however many it has
	kind    sense
	spelled []uint64 // of its words; nil for joined ones
	letters int
}

type spelling struct {
	text string // folded, without spaces
	name name
}

const (
	ever  = -1 << 31
	never = 1<<31 - 1
)

func dayOf(t time.Time) int32 { return int32(t.UTC().Unix() / 86400) }

// New makes an index. Errors are Invalid: a unit twice on one day, a parent or
// a successor that is not there.
func New(units []Unit, successions []Succession) (*Index, error) {
	x := &Index{known: map[uint64]bool{}, names: map[uint64][]name{}, begun: map[uint64]bool{}, near: map[uint64][]int32{}}
	codes := map[string][]int32{}
	for _, u := range units {
		if u.Code == "" || u.Name == "" || u.Level < Province || u.Level > Ward {
			return nil, sen.Errorf(sen.Invalid, "unit %q has no code, name or level", u.Code+" "+u.Name)
		}
		one := unit{named: Named{u.Code, strings.TrimSpace(u.Kind + " " + u.Name)}, level: u.Level, parent: -1, from: ever, to: never}
		if !u.From.IsZero() {
			one.from = dayOf(u.From)
		}
		if !u.To.IsZero() {
			one.to = dayOf(u.To)
		}
		codes[levelCode(u.Level, u.Code)] = append(codes[levelCode(u.Level, u.Code)], int32(len(x.units)))
		x.units = append(x.units, one)
	}
	if err := x.settle(units, codes); err != nil {
		return nil, err
	}
	if err := x.succeed(successions, codes); err != nil {
		return nil, err
	}
	x.codes = map[string][]int32{}
	for i, u := range x.units {
		if u.leaf {
			x.codes[u.named.Code] = append(x.codes[u.named.Code], int32(i))
		}
	}
	x.call(units)
	x.digest = digestOf(units, successions)
	return x, nil
}

// Digest tells indexes of other contents apart.
func (x *Index) Digest() sen.Digest { return x.digest }

// Units is how many there are.
func (x *Index) Units() int { return len(x.units) }

func levelCode(l Level, code string) string { return fmt.Sprintf("%d %s", l, code) }

// at is the unit of a code on a day; -1 for none.
func (x *Index) at(found []int32, day int32) int32 {
	for _, i := range found {
		if x.units[i].from <= day && day <= x.units[i].to {
			return i
		}
	}
	return -1
}

// settle finds each unit's parent, which is of the level above, or of two.
func (x *Index) settle(units []Unit, codes map[string][]int32) error {
	for i, u := range units {
		one := &x.units[i]
		one.leaf = one.level == Ward || one.level == District
		if u.Parent == "" {
			continue
		}
		day := one.from
		if day == ever {
			day = one.to
		}
		for level := u.Level - 1; level >= Province && one.parent < 0; level-- {
			one.parent = x.at(codes[levelCode(level, u.Parent)], day)
		}
		if one.parent < 0 {
			return sen.Errorf(sen.Invalid, "unit %s (%s) lies in %s, which is no unit of its days", u.Code, one.named.Name, u.Parent)
		}
	}
	for i := range x.units {
		u := &x.units[i]
		if u.parent >= 0 {
			x.units[u.parent].leaf = false
		}
		for u.root = int32(i); x.units[u.root].parent >= 0; {
			u.root = x.units[u.root].parent
		}
	}
	return nil
}

// succeed notes what became of units. A district without wards may have become
// a ward.
func (x *Index) succeed(successions []Succession, codes map[string][]int32) error {
	for _, s := range successions {
		on := dayOf(s.On)
		was, is := int32(-1), int32(-1)
		for level := Ward; level >= Province && was < 0; level-- {
			was = x.at(codes[levelCode(level, s.Old)], on-1)
		}
		for level := Ward; level >= Province && is < 0; level-- {
			if was >= 0 && (level == Province) == (x.units[was].level == Province) {
				is = x.at(codes[levelCode(level, s.New)], on)
			}
		}
		if was < 0 || is < 0 {
			return sen.Errorf(sen.Invalid, "%s became %s on %s: one of them is no unit of that day", s.Old, s.New, s.On.Format(time.DateOnly))
		}
		u := &x.units[was]
		if !slices.Contains(u.successors, is) {
			u.successors, u.since = append(u.successors, is), on
		}
	}
	return nil
}

// call enters the names of units.
func (x *Index) call(units []Unit) {
	for w := range senses {
		x.known[w] = true
	}
	r := &Reader{x: x, naming: true}
	for i, u := range units {
		one := &x.units[i]
		one.kind = r.kindOf(u.Kind)
		x.enter(r, int32(i), one.kind, u.Name, false)
		for _, alias := range u.Aliases {
			kind, bare := r.splitKind(alias)
			if kind == 0 {
				kind = one.kind
			}
			x.enter(r, int32(i), kind, bare, true)
		}
	}
	for at, s := range x.spell {
		for _, h := range deletions(nil, []byte(s.text)) {
			x.near[h] = append(x.near[h], int32(at))
		}
	}
}

func (r *Reader) kindOf(kind string) sense {
	text := ""
	for _, w := range r.words(kind) {
		text += " " + string(r.folded[w.from:w.to])
	}
	return kinds[strings.TrimSpace(text)]
}

// splitKind takes the kind off the head of a name.
func (r *Reader) splitKind(text string) (sense, string) {
	words := r.words(text)
	for i := min(2, len(words)-1); i > 0; i-- {
		if s, start := before(words, i); start == 0 && s&ofUnit != 0 {
			return s & ofUnit, text[words[i].start:]
		}
	}
	return 0, text
}

// enter enters one name of one unit, as it is written and as one word.
func (x *Index) enter(r *Reader, at int32, kind sense, text string, former bool) {
	words := r.words(text)
	if len(words) == 0 {
		return
	}
	n := name{unit: at, former: former, kind: kind}
	hash, whole := fnvStart, []byte(nil)
	for i, w := range words {
		x.known[w.hash] = true
		hash = join(hash, w.hash)
		if i < len(words)-1 {
			x.begun[hash] = true
		}
		whole = append(whole, r.folded[w.from:w.to]...)
		n.spelled = append(n.spelled, w.spelled)
	}
	n.letters = len(whole)
	x.long = max(x.long, len(words))
	x.put(hash, n)
	if words[0].number {
		return
	}
	if one := join(fnvStart, hashOf(whole)); one != hash {
		n.joined, n.spelled = true, nil
		x.put(one, n)
	}
	if n.letters >= leastFuzzy {
		x.spell = append(x.spell, spelling{string(whole), name{unit: at, former: former, solid: former && len(words) == 1, kind: kind, letters: n.letters}})
	}
}

func (x *Index) put(hash uint64, n name) {
	if !slices.ContainsFunc(x.names[hash], func(o name) bool { return o.unit == n.unit && o.kind == n.kind }) {
		x.names[hash] = append(x.names[hash], n)
	}
}

// leastFuzzy is how many letters a name must have to be looked for with one
// mistyped.
const leastFuzzy = 4

// deletions are the hashes of a word and of all that is left of it with one
// letter taken out.
func deletions(out []uint64, word []byte) []uint64 {
	out = append(out, hashOf(word))
	for skip := range word {
		if skip > 0 && word[skip] == word[skip-1] {
			continue // the same is left
		}
		h := fnvStart
		for i, b := range word {
			if i != skip {
				h = mix(h, b)
			}
		}
		out = append(out, h)
	}
	return out
}

// digestOf is over all that an index is made of.
func digestOf(units []Unit, successions []Succession) sen.Digest {
	lines := make([]string, 0, len(units)+len(successions))
	for _, u := range units {
		lines = append(lines, fmt.Sprintf("u %q %q %q %d %q %s %s %q", u.Code, u.Name, u.Kind, u.Level, u.Parent, u.From.Format(time.DateOnly), u.To.Format(time.DateOnly), u.Aliases))
	}
	for _, s := range successions {
		lines = append(lines, fmt.Sprintf("s %q %q %s", s.Old, s.New, s.On.Format(time.DateOnly)))
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return sha256.Sum256([]byte(strings.Join(lines, "\n")))
}
