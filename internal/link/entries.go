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
	for n, term := range rule {
		column, _ := m.table.column(term.Column)
		k := m.keysOf(column, term.By)
		switch n {
		case 0:
			e = m.firstEntries(column, k)
			continue
		case 1:
		default:
			dense(e.keys)
		}
		e = m.and(e, column, k)
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

// and gives each entry the keys of one more term. Both keys have 31 bits.
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

// radixBits is how many bits of a key one pass sorts by.
const radixBits = 11

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
		highest = max(highest, key)
	}
	for shift := 0; shift == 0 || highest>>shift > 0; shift += radixBits {
		var counts [1 << radixBits]int
		for _, k := range now {
			counts[k.key>>shift&(1<<radixBits-1)]++
		}
		sum := 0
		for digit, n := range counts {
			counts[digit] = sum
			sum += n
		}
		for _, k := range now {
			digit := k.key >> shift & (1<<radixBits - 1)
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
