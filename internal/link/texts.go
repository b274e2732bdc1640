package link

import (
	"hash/maphash"
	"runtime"
	"slices"
	"strings"
)

// texts numbers distinct texts in the order in which they first came, one
// behind the other in one piece of memory: about the bytes of the texts and
// four more each, and until settle 16 to 32 to find them again.
type texts struct {
	text  strings.Builder
	bases []int    // per group of texts: where its first begins
	ends  []uint32 // per text: where it ends, from the base of its group on
	// slots is a table of open addresses: the upper half of a text's hash, and
	// its number plus one; 0 is free.
	slots []uint64

	hashes []uint64 // room of numbers
	found  []int32
}

// seed is that of the hashes, which no order and no result hangs on.
var seed = maphash.MakeSeed()

func (t *texts) len() int { return len(t.ends) }

// at is text number i, which stays what it is when others are added.
func (t *texts) at(i int32) string {
	base, from := t.bases[i>>groupBits], 0
	if i&(1<<groupBits-1) != 0 {
		from = int(t.ends[i-1])
	}
	return t.text.String()[base+from : base+int(t.ends[i])]
}

// groupBits says how many texts are a group: together they have less than 4 GiB.
const groupBits = 16

// add puts a text behind the others, known or not.
func (t *texts) add(text string) int32 {
	t.begin()
	t.text.WriteString(text)
	return t.end()
}

// addBytes is add.
func (t *texts) addBytes(text []byte) int32 {
	t.begin()
	t.text.Write(text)
	return t.end()
}

func (t *texts) begin() {
	if len(t.ends)&(1<<groupBits-1) == 0 {
		t.bases = append(t.bases, t.text.Len())
	}
}

func (t *texts) end() int32 {
	t.ends = append(t.ends, uint32(t.text.Len()-t.bases[len(t.bases)-1]))
	return int32(len(t.ends) - 1)
}

// number gives a text's number, and whether it is new.
func (t *texts) number(text string) (n int32, fresh bool) {
	t.spread(1)
	return t.place(maphash.String(seed, text), text)
}

// numbers gives the numbers of texts, Missing for an empty one, which stand
// until the next. It looks for
// all places before it goes to one: a table is large, and the processor waits
// for many places at once as long as for one.
func (t *texts) numbers(all []string) []int32 {
	t.spread(len(all))
	mask, touched := len(t.slots)-1, uint64(0)
	hashes := t.hashes[:0]
	for _, text := range all {
		hash := maphash.String(seed, text)
		hashes = append(hashes, hash)
		touched += t.slots[int(hash>>32)&mask]
	}
	out := slices.Grow(t.found[:0], len(all))[:len(all)]
	t.hashes, t.found = hashes, out
	for i, hash := range hashes {
		out[i] = Missing
		if s := t.slots[int(hash>>32)&mask]; s != 0 && s>>32 == hash>>32 {
			out[i] = int32(uint32(s) - 1)
			touched += uint64(t.ends[out[i]])
		}
	}
	for _, n := range out {
		if n != Missing {
			touched += uint64(t.at(n)[0])
		}
	}
	runtime.KeepAlive(touched)
	for i, text := range all {
		switch n := out[i]; {
		case text == "":
			out[i] = Missing
		case n == Missing || t.at(n) != text:
			out[i], _ = t.place(hashes[i], text)
		}
	}
	return out
}

// known is the number of a text that may be there.
func (t *texts) known(text string) (n int32, known bool) {
	t.spread(1)
	at, free := t.find(maphash.String(seed, text), text)
	if free {
		return Missing, false
	}
	return int32(uint32(t.slots[at]) - 1), true
}

// place is the number of a text for which there is room.
func (t *texts) place(hash uint64, text string) (n int32, fresh bool) {
	at, free := t.find(hash, text)
	if !free {
		return int32(uint32(t.slots[at]) - 1), false
	}
	n = t.add(text)
	t.slots[at] = hash&^(1<<32-1) | uint64(n+1)
	return n, true
}

// find is the slot of a text, or the free one that it may take.
func (t *texts) find(hash uint64, text string) (at int, free bool) {
	mask := len(t.slots) - 1
	for at = int(hash>>32) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		if s := t.slots[at]; s>>32 == hash>>32 && t.at(int32(uint32(s)-1)) == text {
			return at, false
		}
	}
	return at, true
}

// spread makes the table larger, or anew after settle, where n more texts
// would fill more than half of it.
func (t *texts) spread(n int) {
	need := 2 * (len(t.ends) + n)
	if need <= len(t.slots) {
		return
	}
	old := t.slots
	size := 64
	for size < need {
		size *= 2
	}
	t.slots = large[uint64](size)
	if old == nil {
		for i := range t.ends {
			hash := maphash.String(seed, t.at(int32(i)))
			t.put(hash&^(1<<32-1) | uint64(i+1))
		}
		return
	}
	for _, s := range old {
		if s != 0 {
			t.put(s)
		}
	}
}

func (t *texts) put(slot uint64) {
	mask := len(t.slots) - 1
	at := int(slot>>32) & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = slot
}

// settle gives the memory back by which texts are found; number makes it anew
// where it is needed again.
func (t *texts) settle() { t.slots, t.hashes, t.found = nil, nil, nil }
