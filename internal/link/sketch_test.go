package link

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// anyName is one to four short words of few letters, so that all levels come.
func anyName(random *rand.Rand) string {
	words := make([]string, 1+random.IntN(4))
	for i := range words {
		words[i] = "abcdn"[random.IntN(5):][:1] + word(random)
		if random.IntN(4) == 0 {
			words[i] = words[i][:1]
		}
	}
	out := strings.Join(words, " ")
	if random.IntN(200) == 0 {
		out = strings.Repeat(out+" ", 300/len(out)+1)
	}
	return out
}

func anyCode(random *rand.Rand) string {
	out := []byte("09")
	for range random.IntN(9) {
		out = append(out, "0012a-"[random.IntN(6)])
	}
	return string(out)
}

func TestASketchNeverSaysThatTwoAreFartherApartThanTheyAre(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	for kind, value := range map[Kind]func(*rand.Rand) string{Name: anyName, Code: anyCode} {
		table := NewTable([]string{"x"})
		for range 700 {
			table.Add(0, []string{value(random)})
		}
		column := table.Columns[0]
		c := newComparator(column, newForms(column), kind)
		if c.sketches == nil {
			t.Fatalf("%s: %d values have no sketches", kind, column.Distinct())
		}
		exactly := 0
		features := func(code int32) []int32 {
			out := make([]int32, c.width())
			c.fill(out, code)
			return out
		}
		for a := range int32(column.Distinct()) {
			for b := range a {
				best, exact := c.best(features(a), features(b))
				got := c.level(a, b)
				if best > got || exact && best != got {
					t.Fatalf("%s: %q and %q have level %d, their sketches say %d at best (exactly: %t)", kind, column.Value(a), column.Value(b), got, best, exact)
				}
				if exact {
					exactly++
				}
			}
		}
		if all := column.Distinct() * (column.Distinct() - 1) / 2; exactly < all/20 {
			t.Errorf("%s: of %d pairs the sketches decide %d", kind, all, exactly)
		}
	}
}

// What screen leaves out weighs less than was asked for; of what it keeps, it says what compare says.
func TestScreenLeavesOutNothingThatWeighsEnough(t *testing.T) {
	table, _ := people(4000, 3)
	spec := Spec{
		Compare: []Comparison{{Column: "name", Kind: Name}, {Column: "born_on", Kind: Date}, {Column: "phone", Kind: Code}, {Column: "ward", Kind: Code}},
		Block:   []Block{{{Column: "born_on", By: Year}}, {{Column: "ward", By: Whole}}},
		Budget:  1000,
	}
	m, err := newModel(table, spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(9, 9))
	pairs := make([]pair, 100_000)
	for i := range pairs {
		a := random.Int32N(int32(table.Rows) - 8)
		pairs[i] = pair{a, a + 1 + random.Int32N(7)}
	}
	var own screening
	for i, x := range m.compareAll(&own, pairs) {
		if want := m.compare(pairs[i].a, pairs[i].b); x != want {
			t.Fatalf("pair %v: got pattern %x, want %x", pairs[i], x, want)
		}
	}
	for _, least := range []float64{leastWeight, 0, math.Inf(1)} {
		kept, patterns := m.screen(&own, pairs, least)
		at := 0
		for _, p := range pairs {
			x := m.compare(p.a, p.b)
			switch {
			case at < len(kept) && kept[at] == p:
				if patterns[at] != x {
					t.Fatalf("pair %v: got pattern %x, want %x", p, patterns[at], x)
				}
				at++
			case m.weight(p.a, p.b, x) >= least:
				t.Fatalf("pair %v weighs %.3f, at least %.3f was asked for, and is left out", p, m.weight(p.a, p.b, x), least)
			}
		}
		if at != len(kept) || len(kept) == len(pairs) {
			t.Errorf("at least %.0f: %d of %d pairs are kept, %d of them in order", least, len(kept), len(pairs), at)
		}
	}
}

// slowCommon is Jaro's definition.
func slowCommon(a, b string) (inA, inB letterSet) {
	reach := max(max(len(a), len(b))/2-1, 0)
	taken := make([]bool, len(b))
	for i := range len(a) {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !taken[j] && a[i] == b[j] {
				taken[j] = true
				inA.add(i)
				inB.add(j)
				break
			}
		}
	}
	return inA, inB
}

func TestCommonLettersAreThoseOfTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 10))
	for range 50_000 {
		a, b := strings.ReplaceAll(anyName(random), " ", "!"), strings.ReplaceAll(anyName(random), " ", "a")
		a, b = a[:min(len(a), maxWord)], b[:min(len(b), maxWord)]
		gotA, gotB := commonLetters(a, b)
		if wantA, wantB := slowCommon(a, b); gotA != wantA || gotB != wantB {
			t.Fatalf("%q and %q: got %x %x, want %x %x", a, b, gotA, gotB, wantA, wantB)
		}
	}
}
