package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// someone is a person of a country in which each name, each birth date and each
// ward is shared by hundreds.
func someone(random *rand.Rand) []string {
	pick := func(words string) string { all := strings.Fields(words); return all[random.IntN(len(all))] }
	return []string{
		pick("Nguyễn Trần Lê Phạm Hoàng Vũ") + " " + pick("Văn Đức Minh Ngọc Thu Xuân") + " " + pick("An Bình Chi Dũng Giang Hà Hùng Khánh Lan Mai"),
		fmt.Sprintf("%d-%02d-%02d", 1980+random.IntN(4), 1+random.IntN(12), 1+random.IntN(28)),
		fmt.Sprintf("W%02d", random.IntN(40)),
		pick("nam nữ"),
	}
}

// misspelt is what somebody else writes of a person: one in five names has another
// letter, one in ten birth dates another digit, one in twelve people has moved.
func misspelt(random *rand.Rand, who []string) []string {
	again := append([]string{}, who...)
	if random.IntN(5) == 0 {
		name := []rune(who[0])
		again[0] = string(name[:len(name)-1]) + "x"
	}
	if random.IntN(10) == 0 {
		again[1] = fmt.Sprintf("%s%d", who[1][:9], random.IntN(10))
	}
	if random.IntN(12) == 0 {
		again[2] = fmt.Sprintf("W%02d", random.IntN(40))
	}
	return again
}

// country is a register of so many people and, for one in 25, a record of somebody
// of them, one in 20 of a stranger; truth is each record's person, -1 of a stranger.
func country(people int, seed uint64) (t *Table, truth []int32) {
	random := rand.New(rand.NewPCG(seed, 4))
	t = NewTable([]string{"name", "born_on", "ward", "sex"})
	all := make([][]string, people)
	for i := range all {
		all[i] = someone(random)
		t.Add(0, all[i])
		t.Anchors = t.Rows
		truth = append(truth, int32(i))
	}
	for k := range people / 25 {
		i := random.IntN(people)
		if k%20 == 0 {
			t.Add(0, someone(random))
			i = -1
		} else {
			t.Add(0, misspelt(random, all[i]))
		}
		truth = append(truth, int32(i))
	}
	return t, truth
}

// teach adds pairs that are known to be of one person.
func teach(t *Table, pairs int) {
	random := rand.New(rand.NewPCG(2, 4))
	for range pairs {
		who := someone(random)
		t.AddKnown(who, misspelt(random, who))
	}
}

var countrySpec = Spec{Threshold: 0.99, Budget: 40,
	Compare: []Comparison{{Column: "name", Kind: Name}, {Column: "born_on", Kind: Date}, {Column: "ward", Kind: Code}, {Column: "sex", Kind: Code}},
	Block:   []Block{{{"name", Whole}, {"born_on", Whole}}, {{"born_on", Whole}, {"ward", Whole}, {"sex", Whole}}, {{"name", Whole}, {"ward", Whole}}}}

// linkedTo counts the records that were linked to a person of the register: to their own, and
// to another.
func linkedTo(r *Result, t *Table, truth []int32) (right, wrong int) {
	for i := t.Anchors; i < t.Rows; i++ {
		switch c := r.Cluster[i]; {
		case int(c) >= t.Anchors:
		case c == truth[i]:
			right++
		default:
			wrong++
		}
	}
	return right, wrong
}

// In a crowd no birth date singles out matches, so that EM learns of names alone;
// at 157 million records of a nation that left 326,223 of them alone.
func TestWhatIsKnownTeachesWhatEMCannotLearnInACrowd(t *testing.T) {
	link := func(known int) (r *Result, right, wrong int) {
		table, truth := country(100_000, 1)
		teach(table, known)
		r, err := Link(t.Context(), table, countrySpec)
		if err != nil {
			t.Fatal(err)
		}
		right, wrong = linkedTo(r, table, truth)
		return r, right, wrong
	}
	off := func(r *Result) (out float64) { // from what misspelt does
		for i, same := range []float64{4.0 / 5, 1 - 0.1*9/10, 1 - 39.0/40/12} {
			out = max(out, math.Abs(r.M[i][0]-same))
		}
		return out
	}
	byEM, before, _ := link(0)
	taught, after, wrong := link(5000)
	t.Logf("of 4,000 records %d are linked rightly by EM alone, %d with what is known, %d wrongly", before, after, wrong)
	if off(byEM) < 0.1 {
		t.Errorf("EM finds m within %.3f by itself: the test shows nothing", off(byEM))
	}
	if off(taught) > 0.03 {
		t.Errorf("m is %.3f from what is known", off(taught))
	}
	if after <= before {
		t.Errorf("%d records were linked rightly with what is known, %d without", after, before)
	}
	if 100*wrong > after+wrong {
		t.Errorf("%d records were linked wrongly and %d rightly, at a threshold of 0.99", wrong, after)
	}
}

func TestWhatIsKnownGivesOneAnswerWithAnyNumberOfThreads(t *testing.T) {
	var first *Result
	for _, threads := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(threads)
		table, _ := country(5000, 3)
		teach(table, 1000)
		r, err := Link(t.Context(), table, countrySpec)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		r.model = nil
		if first == nil {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Errorf("%d threads: another answer than one gave", threads)
		}
	}
}

func TestWhereNothingIsKnownEMDecides(t *testing.T) {
	byEM := []float64{0.7, 0.2, 0.1}
	p := parameters{known: [][]float64{{0, 0, 0}, {0, 20, 0}, {0, 1e6, 0}}}
	for i, want := range [][]float64{{0.7, 0.2, 0.1}, {0.35, 0.6, 0.05}, {0.7 * 20 / 1020, (1000 + 0.2*20) / 1020, 0.1 * 20 / 1020}} {
		for l, m := range p.heed(i, byEM) {
			if math.Abs(m-want[l]) > 1e-12 {
				t.Errorf("comparison %d, level %d: got m %.6f, want %.6f", i, l, m, want[l])
			}
		}
	}
}

// fits is a table of so many records, of which the last ones fit nothing and each
// other one fits a thing of its own, and a model of no prior.
func fits(records, nothing int, ratio float64) (*model, []scored) {
	m := &model{table: &Table{Anchors: records, Rows: 2 * records}}
	var pairs []scored
	for i := range int32(records - nothing) {
		pairs = append(pairs, scored{i, int32(records) + i, math.Log(ratio)})
	}
	return m, pairs
}

func TestARecordIsOneOfAllThingsOrNone(t *testing.T) {
	const records = 1000
	chance := func(nothing, among int, add ...scored) float64 {
		m, pairs := fits(records, nothing, 20*records)
		m.table.Among = among
		pairs = append(pairs, add...)
		m.settle(pairs)
		return probability(pairs[0].weight)
	}
	if surer, sure := chance(10, 0), chance(500, 0); surer < 0.999 || sure > 0.97 {
		t.Errorf("got %.4f where one record in a hundred fits nothing, %.4f where every second does", surer, sure)
	}
	if few, many := chance(500, 0), chance(500, 100*records); many > few-0.2 {
		t.Errorf("got %.4f among as many things as were compared, %.4f among a hundred times as many", few, many)
	}
	if half := chance(10, 0, scored{7, records, math.Log(20 * records)}); math.Abs(half-0.5) > 0.001 {
		t.Errorf("a record that fits two alike: got %.4f for one of them, want a half", half)
	}
	m, pairs := fits(records, 0, 20*records)
	pairs = append(pairs, scored{records, records + 1, 3})
	m.settle(pairs)
	if got := pairs[records].weight; got != 3 {
		t.Errorf("two records of no thing: got the weight %v, want it untouched", got)
	}
}
