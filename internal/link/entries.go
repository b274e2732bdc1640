package link

import "math/bits"

// entries are the records of a table with their keys by one block, in the
// order of the records; one with several keys is there several times.
type entries struct {
	keys    []uint64
	records []int32
	many    bool // a record may be there several times
}

// entries makes those of a block: its terms' keys together.
func (m *model) entries(rule Block) entries {
	var e entries
	used := 0 // bits of a key
	for n, term := range rule {
		column, _ := m.table.column(term.Column)
		k := m.keysOf(column, term.By)
		wide := bits.Len32(uint32(k.n))
		if n == 0 {
			e, used = m.firstEntries(column, k), wide
			continue
		}
		if used+wide > 64 {
			dense(e.keys)
			used = 32
		}
		e, used = m.and(e, column, k), used+wide
	}
	return e
}

func (m *model) firstEntries(column int, k keys) entries {
	filled := m.table.Columns[column].Filled
	e := entries{keys: make([]uint64, 0, filled), records: make([]int32, 0, filled), many: k.at != nil}
	for i := range int32(m.table.Rows) {
		code := m.table.row(i)[column]
		if code == Missing {
			continue
		}
		for _, key := range k.value(code) {
			e.keys, e.records = append(e.keys, uint64(key)), append(e.records, i)
		}
	}
	return e
}

// and gives each entry the keys of one more term, for which its own have bits left.
func (m *model) and(e entries, column int, k keys) entries {
	out := entries{keys: e.keys[:0], records: e.records[:0], many: e.many || k.at != nil}
	if k.at != nil { // there may be more than there were
		out.keys, out.records = make([]uint64, 0, len(e.keys)), make([]int32, 0, len(e.keys))
	}
	wide := uint(bits.Len32(uint32(k.n)))
	for at, i := range e.records {
		code := m.table.row(i)[column]
		if code == Missing {
			continue
		}
		first := e.keys[at]
		for _, key := range k.value(code) {
			out.keys, out.records = append(out.keys, first<<wide|uint64(key)), append(out.records, i)
		}
	}
	return out
}

// dense replaces keys by their ranks.
func dense(keys []uint64) {
	order := ascending(keys)
	rank := uint64(0)
	for n, at := range order {
		last := keys[at]
		if n+1 < len(order) && keys[order[n+1]] != last {
			keys[at] = rank
			rank++
			continue
		}
		keys[at] = rank
	}
}

// radixBits is the most bits of a key that one pass sorts by.
const radixBits = 12

// ascending is the places of keys in ascending order, those of one key in
// their own order: a radix sort from the lowest bits on (Knuth, volume 3,
// 5.2.5).
func ascending(keys []uint64) []int32 {
	type keyed struct {
		key uint64
		at  int32
	}
	highest := uint64(0)
	now, next := make([]keyed, len(keys)), make([]keyed, len(keys))
	for i, key := range keys {
		now[i] = keyed{key, int32(i)}
		highest |= key
	}
	all := max(1, bits.Len64(highest))
	passes := (all + radixBits - 1) / radixBits
	wide := (all + passes - 1) / passes
	mask := uint64(1)<<wide - 1
	for shift := 0; shift < all; shift += wide {
		var counts [1 << radixBits]int32
		for _, k := range now {
			counts[k.key>>shift&mask]++
		}
		sum := int32(0)
		for digit, n := range counts[:mask+1] {
			counts[digit] = sum
			sum += n
		}
		for _, k := range now {
			digit := k.key >> shift & mask
			next[counts[digit]] = k
			counts[digit]++
		}
		now, next = next, now
	}
	order := make([]int32, len(keys))
	for i, k := range now {
		order[i] = k.at
	}
	return order
}
