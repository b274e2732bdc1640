package dictionary

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unicode"
)

// Every letter of the alphabet has its case, as Unicode says.
func TestLettersOfNamesHaveTheCaseOfUnicode(t *testing.T) {
	known := 0
	for r := rune(0); r < 0x2000; r++ {
		kind, _ := letterAt([]byte(string(r)))
		if kind == 0 {
			continue
		}
		known++
		if unicode.IsUpper(r) != (kind&isUpper != 0) || unicode.IsLower(r) != (kind&isLower != 0) {
			t.Errorf("%c (%U) has kind %08b", r, r, kind)
		}
	}
	if want := 2*26 + 2*67; known != want {
		t.Errorf("%d letters are known; want %d: 26 of Latin and 67 with marks, twice", known, want)
	}
}

// What a quick form lets pass is what the rule would make of it; and it lets
// pass what registers are made of.
func TestQuickFormsAreNoWiderThanTheRule(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	letters := []rune("aAeEiIoOuUyYqQgGnNđĐàÀáảãạèÈéìÌíòÒóùÙúỳỲýăắơờưừ  -.'’0123456789/\t\n\u00a0\u0301\u00ad\u200b\ufeff\ufffdñĂ中")
	on := Options{On: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	passed := map[string]int{}
	for range 400_000 {
		var text []rune
		for range 1 + random.IntN(9) {
			text = append(text, letters[random.IntN(len(letters))])
		}
		checkQuick(t, string(text), on, passed)
		checkQuick(t, fmt.Sprint(random.IntN(1e9), random.IntN(1000)), on, passed)
		checkQuick(t, fmt.Sprintf("%03d%09d", random.IntN(400), random.IntN(1e9)), on, passed)
	}
	for name, least := range map[string]int{"person-name": 100, "text": 10_000, "personal-identity-number": 1000, "integer": 100_000, "number": 100_000, "code": 100_000} {
		if passed[name] < least {
			t.Errorf("%s: only %d values passed; want %d or more", name, passed[name], least)
		}
	}
}

func checkQuick(t *testing.T, text string, o Options, passed map[string]int) {
	t.Helper()
	x := []byte(text)
	for name, well := range map[string]bool{
		"person-name": nameIsWell(x), "text": textIsWell(x), "code": codeIsWell(x), "integer": integerIsWell(x), "number": numberIsWell(x, o.Decimal), "identity-number-old": oldNumberIsWell(x),
		"personal-identity-number": identityIsWell(x, int32(o.On.Year())),
	} {
		if !well {
			continue
		}
		passed[name]++
		e, _ := Lookup(name)
		r := e.Standardise(text, o)
		if name == "person-name" {
			r = repairName(text)
		}
		if r.Value != text {
			t.Fatalf("%s: %q passes as well, but stands for %q (%s)", name, text, r.Value, r.Problem)
		}
	}
}

// checkReady holds the quick form of an element to its rule.
func checkReady(t *testing.T, e *Element, text string, o Options) {
	t.Helper()
	if e.ready == nil {
		return
	}
	quick := e.ready(o)
	if quick.well != nil && quick.well([]byte(text)) {
		if r := e.Standardise(text, o); r.Value != text {
			t.Fatalf("%s: %q passes as well, but stands for %q (%s)", e.Name, text, r.Value, r.Problem)
		}
	}
}

// What an element's examples give passes its quick form, and so does every
// little change of it that the rule leaves alone, and no other.
func TestStandardFormsPassTheQuickFormAndTheirNeighboursAsTheRuleSays(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	letters := []rune("aAzZđ09815 .-/+@:;,'" + "\u00a0")
	for _, e := range Elements() {
		for _, x := range append(e.Examples, Example{Value: "a"}) {
			for range 400 {
				text := []rune(x.Value)
				for range random.IntN(3) {
					at := random.IntN(len(text) + 1)
					end := min(len(text), at+random.IntN(2))
					text = append(append(append([]rune{}, text[:at]...), letters[random.IntN(len(letters))]), text[end:]...)
				}
				checkReady(t, e, string(text), e.ExampleOptions())
				holdsInvariants(t, e, string(text), e.ExampleOptions())
			}
		}
	}
}

// A plain name comes out as the rule makes it.
func TestPlainNamesAreThoseOfTheRule(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	letters := []rune("aAeEiIoOuUyYqQgGnNhHđĐàÀáảãạèÈéìÌíòÒóùÙúỳỲýăắơờưừ   -'ñ́")
	plain := 0
	for range 300_000 {
		var text []rune
		for range 1 + random.IntN(12) {
			text = append(text, letters[random.IntN(len(letters))])
		}
		s := trim(string(text))
		if _, ok := plainName(s); !ok {
			continue
		}
		plain++
		if got, want := standardName(s, Options{}), repairName(s); got.Value != want.Value || got.Problem != want.Problem || got.Note != want.Note {
			t.Fatalf("%q: got %q; the rule says %q (%s)", s, got.Value, want.Value, want.Problem)
		}
	}
	if plain < 10_000 {
		t.Errorf("only %d of 300,000 names were plain", plain)
	}
}

// Every day and its neighbours that are none, in every common form: the quick
// form answers as the rule does, or not at all.
func TestQuickDaysAreThoseOfTheRule(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	forms := []string{"%[3]d/%[2]d/%[1]d", "%02[3]d/%02[2]d/%04[1]d", "%[1]d-%02[2]d-%02[3]d", "%04[1]d%02[2]d%02[3]d", "%[3]d.%[2]d-%[1]d", "%[3]d %[2]d %[1]d", "%02[3]d%02[2]d%04[1]d", "%[1]d/%[2]d/%[3]d"}
	answered := 0
	for range 300_000 {
		text := fmt.Sprintf(forms[random.IntN(len(forms))], 1790+random.IntN(420), random.IntN(14), random.IntN(33))
		o := Options{On: time.Date(1990+random.IntN(50), 1, 1+random.IntN(365), 0, 0, 0, 0, time.UTC)}
		if random.IntN(4) == 0 {
			o.Order = MonthFirst
		}
		last, _ := time.Parse(isoDay, lastGoodDay(o))
		n, ok := quickDay([]byte(text), dayNumber(last), o.Order == MonthFirst)
		if !ok {
			continue
		}
		answered++
		got := time.Unix(int64(n)*86400, 0).UTC().Format(isoDay)
		if r := standardDate(text, o); r.Value != got {
			t.Fatalf("%q: got %s; the rule says %q (%s)", text, got, r.Value, r.Problem)
		}
	}
	if answered < 50_000 {
		t.Errorf("only %d of 300,000 dates were answered", answered)
	}
}

func fuzzQuick(t *testing.T, text string, o Options) {
	for _, e := range Elements() {
		checkReady(t, e, text, o)
	}
	checkQuick(t, text, o, map[string]int{})
}

func FuzzQuick(f *testing.F) {
	for _, e := range Elements() {
		for _, x := range e.Examples {
			f.Add(x.Raw)
		}
	}
	o := Options{On: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	f.Fuzz(func(t *testing.T, text string) { fuzzQuick(t, text, o) })
}
