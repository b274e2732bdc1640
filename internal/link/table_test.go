package link

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTextsAreNumberedAsTheyCameAndFoundAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	var all texts
	known := map[string]int32{}
	for i := range 300_000 {
		text := fmt.Sprint(random.IntN(150_000))
		n, fresh := all.number(text)
		want, there := known[text]
		if !there {
			want = int32(len(known))
			known[text] = want
		}
		if n != want || fresh == there || all.at(n) != text {
			t.Fatalf("%s: got number %d, new %t, %q, want %d", text, n, fresh, all.at(n), want)
		}
		if i == 200_000 {
			all.settle()
		}
	}
	got := all.numbers([]string{all.at(7), "", "none such", all.at(7)})
	if got[0] != 7 || got[1] != Missing || got[2] != int32(len(known)) || got[3] != got[0] {
		t.Errorf("got %v", got)
	}
	if _, there := all.known("nowhere"); there || all.len() != len(known)+1 {
		t.Errorf("%d texts, want %d", all.len(), len(known)+1)
	}
}

func TestKeysAreSortedAsTheirDefinitionSays(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for _, wide := range []uint64{1, 7, 3000, 1 << 40, 1 << 62} {
		keys := make([]uint64, random.IntN(5000))
		for i := range keys {
			keys[i] = random.Uint64N(wide)
		}
		order := ascending(keys)
		for n := 1; n < len(order); n++ {
			a, b := order[n-1], order[n]
			if keys[a] > keys[b] || keys[a] == keys[b] && a >= b {
				t.Fatalf("below %d: place %d holds %d before %d", wide, n, keys[a], keys[b])
			}
		}
		ranks := slices.Clone(keys)
		dense(ranks)
		for n := 1; n < len(order); n++ {
			a, b := order[n-1], order[n]
			if step := ranks[b] - ranks[a]; step > 1 || (step == 0) != (keys[a] == keys[b]) {
				t.Fatalf("below %d: rank %d follows %d", wide, ranks[b], ranks[a])
			}
		}
	}
}

// Candidates are what the definition of a block says: all pairs that agree in
// every one of its terms, each once, but those of two anchors.
func TestBlocksFindThePairsThatShareAKeyAndNoOthers(t *testing.T) {
	table, _ := people(300, 8)
	table.Anchors = 100
	for _, rules := range [][]Block{
		{{{"phone", Whole}}},
		{{{"name", Words}}},
		{{{"name", Words}, {"ward", Whole}, {"born_on", Year}}, {{"born_on", Day}, {"name", Sound}}, {{"phone", End}}},
		{{{"name", Pairs}, {"born_on", Year}}, {{"name", Sorted}, {"ward", Start}}},
	} {
		spec := Draft(table)
		spec.Block, spec.Budget = rules, 1e6
		m, err := newModel(table, spec)
		if err != nil {
			t.Fatal(err)
		}
		m.makeKeys()
		var want []pair
		for i := range int32(table.Rows) {
			for j := m.firstBehind(i); j < int32(table.Rows); j++ {
				if slices.ContainsFunc(rules, func(b Block) bool { return m.share(b, i, j) }) {
					want = append(want, pair{i, j})
				}
			}
		}
		m.block()
		var got []pair
		for from := int32(0); from < int32(table.Rows); from += 37 {
			got = append(got, m.candidates(&room{}, from, min(from+37, int32(table.Rows)))...)
		}
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%v: got %d pairs, want %d", rules, len(got), len(want))
		}
	}
}

// share reports whether two records agree in every term of a block.
func (m *model) share(b Block, i, j int32) bool {
	for _, term := range b {
		column, _ := m.table.column(term.Column)
		k, x, y := m.keysOf(column, term.By), m.table.row(i)[column], m.table.row(j)[column]
		if x == Missing || y == Missing || !slices.ContainsFunc(k.value(x), func(key int32) bool { return slices.Contains(k.value(y), key) }) {
			return false
		}
	}
	return true
}

func TestADateIsOneEditFromAnotherWhereItsDigitsAre(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	for range 200_000 {
		a := fmt.Sprintf("%04d%02d%02d", 1900+random.IntN(120), 1+random.IntN(12), 1+random.IntN(31))
		b := []byte(a)
		for range 1 + random.IntN(2) {
			at := random.IntN(7)
			if random.IntN(2) == 0 {
				b[at], b[at+1] = b[at+1], b[at]
			} else {
				b[at] = byte('0' + random.IntN(10))
			}
		}
		x, _ := parseDate(a, dayFirst)
		y, _ := parseDate(string(b), dayFirst)
		if got, want := packDate(x, a).slip(packDate(y, string(b))), edits(a, string(b), 1) <= 1; got != want {
			t.Fatalf("%s and %s: got %t, want %t", a, b, got, want)
		}
	}
}

// A name's level is the same whether its ways of writing were told apart
// beforehand or are compared as they stand.
func TestWaysOfWritingOneNameAreToldApart(t *testing.T) {
	table := NewTable([]string{"name"})
	for _, name := range []string{"Nguyễn Văn An", "NGUYỄN VĂN AN", "nguyen van an", "Nguyen Van An", "Nguyên Văn An", "nguyễn văn an", "Nguyễn Vân An"} {
		table.Add(0, []string{name})
	}
	c := table.Columns[0]
	with, without := newComparator(c, newForms(c), Name), newComparator(c, newForms(c), Name)
	without.matrix, without.style = nil, nil
	for a := range int32(table.Rows) {
		for b := range int32(table.Rows) {
			if got, want := with.level(a, b), without.level(a, b); got != want || got > 1 {
				t.Errorf("%q and %q: got level %d, want %d", c.Value(a), c.Value(b), got, want)
			}
		}
	}
}
