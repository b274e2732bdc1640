package link

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slowEdits is the definition of edits, without its short cuts.
func slowEdits(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func word(random *rand.Rand) string {
	out := make([]byte, random.IntN(9))
	for i := range out {
		out[i] = "abcd1"[random.IntN(5)]
	}
	return string(out)
}

func TestEditsAndItsQuickTestsAgreeWithTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		a, b := word(random), word(random)
		for most := range 4 {
			if got, want := edits(a, b, most), min(slowEdits(a, b), most+1); got != want {
				t.Fatalf("edits(%q, %q, %d): got %d, want %d", a, b, most, got, want)
			}
		}
		if !mayBeNear(letters(a), letters(b)) && slowEdits(a, b) <= 2 {
			t.Fatalf("%q and %q are within two edits, and the quick test says no", a, b)
		}
		if jaroWinkler(a, b) >= 0.82 && !mayReach(a, b, letters(a), letters(b), 0.82) {
			t.Fatalf("%q and %q are alike, and the quick test says no", a, b)
		}
	}
}

// The values of Winkler's paper (1990), as its readers print them.
func TestJaroWinklerGivesThePublishedValues(t *testing.T) {
	for _, one := range []struct {
		a, b string
		want float64
	}{{"martha", "marhta", 0.961}, {"dixon", "dicksonx", 0.813}, {"dwayne", "duane", 0.840}, {"same", "same", 1}, {"a", "", 0}, {"abc", "xyz", 0}} {
		if got := jaroWinkler(one.a, one.b); math.Abs(got-one.want) > 0.001 {
			t.Errorf("%s, %s: got %.3f, want %.3f", one.a, one.b, got, one.want)
		}
	}
}

func TestLevelsOfValues(t *testing.T) {
	for _, one := range []struct {
		kind Kind
		a, b string
		want string
	}{
		{Name, "Nguyễn Văn An", "NGUYỄN VĂN AN", "same"},
		{Name, "Nguyễn Văn An", "Nguyen Van An", "same but for marks"},
		{Name, "Nguyễn Văn An", "An Nguyễn Văn", "other order"},
		{Name, "Nguyễn Văn An", "Nguyễn Vân Ann", "one letter"},
		{Name, "Nguyễn Văn An", "Nguyễn An", "words missing or initials"},
		{Name, "Nguyễn Văn An", "N. V. An", "words missing or initials"},
		{Name, "Nguyễn Văn An", "Trần Thị Bình", "different"},
		{Date, "02/09/1990", "1990-09-02", "same"},
		{Date, "02/09/1990", "09/02/1990", "day and month swapped"},
		{Date, "02/09/1990", "02/09/1991", "one digit"},
		{Date, "02/09/1990", "1990", "two parts of three"},
		{Date, "02/09/1990", "13/05/1971", "different"},
		{Code, "001090012345", "001090012354", "one digit or letter"},
		{Code, "001090012345", "1090012345", "part of the other"},
		{Email, "an.nguyen@x.vn", "an.nguyen@y.vn", "same local part"},
		{Number, "1999", "2000", "next to it"},
		{Text, "Công ty TNHH Sông Hồng", "CONG TY TNHH SONG HONG", "same"},
	} {
		table := NewTable([]string{"x"})
		table.Add(0, []string{one.a})
		table.Add(0, []string{one.b})
		c := newComparator(table.Columns[0], newForms(table.Columns[0]), one.kind)
		if got := levels[one.kind][c.level(0, 1)]; got != one.want || c.level(0, 1) != c.level(1, 0) {
			t.Errorf("%s: %q and %q: got %q, want %q, either way round", one.kind, one.a, one.b, got, one.want)
		}
	}
}
