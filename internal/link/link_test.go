package link

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// shared is the folder of the labelled files; the test says so and is skipped
// where it is not beside the checkout.
func shared(t *testing.T, names ...string) []string {
	t.Helper()
	dir := os.Getenv("SEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = filepath.Join(dir, "data", "linkage", name)
		if _, err := os.Stat(out[i]); err != nil {
			t.Skipf("no labelled files beside the checkout (set SEN_SHARED to the folder): %v", err)
		}
	}
	return out
}

func readLabelled(t *testing.T, truth string, files ...string) *Labelled {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	said, err := ParseTruth(truth)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ReadFiles(t.Context(), e, files, ReadOptions{Truth: said})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPublicPeopleAreLinkedWithDraftedSpecsAtTheOwnThreshold(t *testing.T) {
	for _, one := range []struct {
		name, truth string
		files       []string
		least       float64 // Splink's best F1 on these files, see docs/linkage.md
		oneToOne    bool
	}{
		{"febrl 1", `rec_id=rec-(\d+)-`, []string{"dataset1.csv"}, 1, false},
		{"febrl 2", `rec_id=rec-(\d+)-`, []string{"dataset2.csv"}, 0.9994, false},
		{"febrl 4", `rec_id=rec-(\d+)-`, []string{"dataset4a.csv", "dataset4b.csv"}, 0.9999, true},
		{"fake_1000", "cluster", []string{"fake_1000.csv"}, 0.8695, false},
	} {
		t.Run(one.name, func(t *testing.T) {
			l := readLabelled(t, one.truth, shared(t, one.files...)...)
			r, err := Link(t.Context(), l.Table, Draft(l.Table))
			if err != nil {
				t.Fatal(err)
			}
			if a := l.Evaluate(r.Cluster); a.F1 < one.least-0.0005 {
				t.Errorf("got %+v, want F1 of %.4f at least", a, one.least)
			}
			if r.Spec.OneToOne != one.oneToOne {
				t.Errorf("one to one: got %v", r.Spec.OneToOne)
			}
		})
	}
}

// people are records of made-up people: each once, and half of them again
// with a mistake.
func people(n int, seed uint64) (*Table, []int32) {
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(words string) string { all := strings.Fields(words); return all[random.IntN(len(all))] }
	t := NewTable([]string{"name", "born_on", "ward", "phone"})
	var truth []int32
	for i := range n {
		name := pick("Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng") + " " + pick("Văn Thị Đức Minh Ngọc Thu Xuân Quang") + " " +
			pick("An Bình Chi Dũng Giang Hà Hùng Khánh Lan Mai Nam Oanh Phúc Quân Sơn Tâm Uyên Vinh")
		born := fmt.Sprintf("%02d/%02d/%d", 1+random.IntN(28), 1+random.IntN(12), 1940+random.IntN(80))
		row := []string{name, born, fmt.Sprintf("%05d", random.IntN(60)), fmt.Sprintf("09%08d", random.IntN(1e8))}
		t.Add(0, row)
		truth = append(truth, int32(i))
		if i%2 == 0 {
			continue
		}
		again := append([]string{}, row...)
		switch random.IntN(4) {
		case 0:
			again[0] = strings.ToUpper(fold(name))
		case 1:
			again[1] = born[3:5] + "/" + born[:2] + born[5:]
		case 2:
			again[3] = ""
		default:
			parts := strings.Fields(name)
			again[0], again[2] = parts[0]+" "+parts[2], ""
		}
		t.Add(0, again)
		truth = append(truth, int32(i))
	}
	return t, truth
}

func TestPeopleOfVietnamWithMistakesAreLinked(t *testing.T) {
	table, truth := people(4000, 3)
	r, err := Link(t.Context(), table, Draft(table))
	if err != nil {
		t.Fatal(err)
	}
	if a := Evaluate(r.Cluster, truth); a.Precision < 0.98 || a.Recall < 0.98 {
		t.Errorf("got %+v", a)
	}
}

func TestTheSameRecordsGiveTheSameAnswerWithAnyNumberOfThreads(t *testing.T) {
	var first *Result
	for _, threads := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(threads)
		table, _ := people(1500, 5)
		r, err := Link(t.Context(), table, Draft(table))
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

func TestTwoRecordsThatHaveNothingInCommonStayTwo(t *testing.T) {
	table := NewTable([]string{"name"})
	table.Add(0, []string{"An"})
	table.Add(0, []string{"Bình"})
	r, err := Link(t.Context(), table, Draft(table))
	if err != nil || r.Clusters != 2 {
		t.Errorf("got %+v, %v, want two clusters", r, err)
	}
}

func TestAStoppedLinkageSaysSo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	table, _ := people(100, 1)
	if _, err := Link(ctx, table, Draft(table)); err == nil {
		t.Error("got no error from a linkage that was stopped")
	}
}

func TestASpecThatNamesWhatIsNotThereIsRefused(t *testing.T) {
	table, _ := people(20, 1)
	for _, one := range []struct {
		spec Spec
		says string
	}{
		{Spec{}, "nothing is compared"},
		{Spec{Compare: []Comparison{{Column: "nme", Kind: Name}}}, `"nme"`},
		{Spec{Compare: []Comparison{{Column: "name", Kind: "sound"}}}, `"sound"`},
		{Spec{Compare: []Comparison{{Column: "name", Kind: Name}}, Block: []Block{{{Column: "street"}}}}, `"street"`},
	} {
		_, err := Link(t.Context(), table, one.spec)
		if sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), one.says) {
			t.Errorf("got %v, want an invalid spec that says %s", err, one.says)
		}
	}
}

func TestAKeyThatThousandsShareStaysWithinTheBudget(t *testing.T) {
	table := NewTable([]string{"name", "phone"})
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 20_000 {
		phone := "0900000000" // a school's
		if i%2 == 0 {
			phone = fmt.Sprintf("09%08d", random.IntN(1e8))
		}
		table.Add(0, []string{fmt.Sprintf("Người %d %d", random.IntN(300), random.IntN(300)), phone})
	}
	spec := Draft(table)
	r, err := Link(t.Context(), table, spec)
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(3 * max(spec.Budget*20_000, fewPairs)); r.Pairs > most {
		t.Errorf("%d pairs were compared, want %d at most", r.Pairs, most)
	}
}

func TestFilesWithoutWhatTheTruthNeedsAreRefusedInWords(t *testing.T) {
	e, err := engine.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("id,name\nx1,An\nx2,Bình\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for truth, says := range map[string]string{"cluster": "no column", "id=y(\\d)": "fits no value"} {
		said, err := ParseTruth(truth)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFiles(t.Context(), e, []string{file}, ReadOptions{Truth: said}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("truth %s: got %v, want an error that says %q", truth, err, says)
		}
	}
	empty := filepath.Join(t.TempDir(), "nobody.csv")
	if err := os.WriteFile(empty, []byte("id,name\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFiles(t.Context(), e, []string{empty}, ReadOptions{Truth: Truth{Column: "id"}}); sen.KindOf(err) != sen.Invalid || !strings.Contains(err.Error(), "no record") {
		t.Errorf("a file without records: got %v", err)
	}
	for _, truth := range []string{"", "=x", "id=("} {
		if _, err := ParseTruth(truth); sen.KindOf(err) != sen.Invalid {
			t.Errorf("truth %q: got %v, want Invalid", truth, err)
		}
	}
	l, err := ReadFiles(t.Context(), e, []string{file}, ReadOptions{Truth: Truth{Column: "id"}})
	if err == nil {
		l.Evaluate([]int32{0, 1})
	}
	if err != nil || l.Table.Rows != 2 || l.Things != 2 || len(l.Table.Columns) != 1 {
		t.Errorf("got %+v, %v", l, err)
	}
}

// engineOf is an engine and a session of it.
func engineOf(t *testing.T) (*engine.Engine, *engine.Conn) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); e.Close() })
	return e, c
}

// Parquet whose columns are all text is read column by column; with one that is
// not, the engine reads it. What comes in is the same.
func TestColumnsOfTextAreReadAsTheEngineReadsThem(t *testing.T) {
	e, c := engineOf(t)
	var read []*Labelled
	for _, more := range []string{"", ", i AS n"} {
		file := filepath.Join(t.TempDir(), "people.parquet")
		if err := c.Exec(t.Context(), fmt.Sprintf(`COPY (SELECT [' Nguyễn Văn An ', 'null', 'Trần', '', NULL][1 + (hash(i) %% 5)::INT] AS name,
 CASE WHEN i %% 7 = 0 THEN NULL ELSE (hash(i) %% 9000)::VARCHAR END AS phone, (i // 2)::VARCHAR AS person%s FROM range(30_000) r(i)) TO %s (ROW_GROUP_SIZE 4096)`,
			more, engine.Literal(file))); err != nil {
			t.Fatal(err)
		}
		l, err := ReadFiles(t.Context(), e, []string{file}, ReadOptions{Truth: Truth{Column: "person"}})
		if err != nil {
			t.Fatal(err)
		}
		l.number()
		read = append(read, l)
	}
	text, engines := read[0], read[1]
	if text.Table.Rows != 30_000 || engines.Table.Rows != 30_000 || !slices.Equal(text.Truth, engines.Truth) {
		t.Fatalf("%d and %d records", text.Table.Rows, engines.Table.Rows)
	}
	for k, a := range text.Table.Columns {
		b := engines.Table.Columns[k]
		if !slices.Equal(a.Counts, b.Counts) || a.Filled != b.Filled {
			t.Fatalf("column %s: %d and %d values", a.Name, a.Distinct(), b.Distinct())
		}
		for i := range int32(text.Table.Rows) {
			x, y := text.Table.row(i)[k], engines.Table.row(i)[k]
			if x != y || x != Missing && a.Value(x) != b.Value(y) {
				t.Fatalf("column %s, record %d: codes %d and %d", a.Name, i, x, y)
			}
		}
	}
}

func TestATextThatIsNoUTF8IsRefused(t *testing.T) {
	e, c := engineOf(t)
	file := filepath.Join(t.TempDir(), "people.parquet")
	if err := c.Exec(t.Context(), "COPY (SELECT 'person ' || i AS name, i::VARCHAR AS person FROM range(3) r(i)) TO "+engine.Literal(file)+" (COMPRESSION uncompressed)"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(content, []byte("person 1"), []byte("pers\xffn 1")), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = ReadFiles(t.Context(), e, []string{file}, ReadOptions{Truth: Truth{Column: "person"}})
	if sen.KindOf(err) != sen.Corrupt || !strings.Contains(fmt.Sprint(err), "no UTF-8") {
		t.Errorf("got %v", err)
	}
}

func TestSpacesAndWordsThatMeanNoneAreTakenAway(t *testing.T) {
	for _, space := range []string{" ", "\t", "\n", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u205f", "\u3000"} {
		for _, core := range []string{"", "a", "ă", "Ứ", "đỏ", "né", "字", "N/A", "không rõ", "UNKNOWN", "nam", "-", "--", "---", "ẵ", "é1"} {
			for _, raw := range []string{core, space + core, core + space, space + core + space} {
				want := strings.TrimSpace(raw)
				switch strings.ToLower(want) {
				case "n/a", "không rõ", "unknown", "-", "--":
					want = ""
				}
				if got := clean(raw); got != want {
					t.Errorf("%q: got %q, want %q", raw, got, want)
				}
			}
		}
	}
}
