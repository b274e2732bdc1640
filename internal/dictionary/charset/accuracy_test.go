package charset

import (
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var files = []string{UTF8, TCVN3, VNI, VISCII, VIQR, Windows1258, UTF16LE}

func TestEveryLetterGoesThroughEveryEncodingAndBack(t *testing.T) {
	for _, name := range []string{UTF8, UTF16LE, UTF16BE, TCVN3, VNI, VISCII, VIQR, Windows1258} {
		letters := vietnameseLetters
		if name == TCVN3 {
			letters = strings.ToLower(letters) // its capitals have no tones
		}
		for _, letter := range letters {
			text := "n" + string(letter) + "n" // within a word, as VIQR has it
			if name == VIQR && !Syllable(text) && viqrLetters[letter][1:] != "" && !strings.ContainsAny(viqrLetters[letter], viqrHats) {
				text = string(letter) + " ơn" // a tone alone is believed in a syllable only
			}
			if name == VIQR && (letter == 'đ' || letter == 'Đ') {
				text = string(letter) + "i"
			}
			raw, err := Encode(name, text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got, _ := Decode(name, raw); got != text {
				t.Errorf("%s: %q is %x and comes back as %q", name, text, raw, got)
			}
		}
	}
}

// share is how many of how many.
type share struct{ good, all int }

func (s *share) count(ok bool) {
	s.all++
	if ok {
		s.good++
	}
}

func (s share) percent() float64 { return 100 * float64(s.good) / float64(max(s.all, 1)) }

// TestEncodingsAreDetected measures what docs/quality.md says: files of twenty
// names, and files of one sentence.
func TestEncodingsAreDetected(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, name := range files {
		var names, single share
		for range 200 {
			var file strings.Builder
			for range 20 {
				file.WriteString(personName(r) + ",1990-02-01,Nam\n")
			}
			got, _ := Detect(written(t, name, file.String()))
			names.count(got.Name == name)
		}
		for _, sentence := range sentences {
			got, _ := Detect(written(t, name, sentence))
			single.count(got.Name == name)
		}
		t.Logf("| %s | %.1f %% of %d | %.1f %% of %d |", name, names.percent(), names.all, single.percent(), single.all)
		if names.percent() < 99.5 || single.percent() < 90 {
			t.Errorf("%s: %.1f %% of files of names and %.1f %% of sentences are detected; want 99.5 and 90", name, names.percent(), single.percent())
		}
	}
}

func TestColumnsReadWronglyAreDetectedAndMended(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	for _, name := range columnReadings {
		var found, mended share
		for range 100 {
			var values, truth []string
			for range 20 {
				truth = append(truth, personName(r))
				values = append(values, misreadAs(t, name, truth[len(truth)-1]))
			}
			got := DetectText(values)
			found.count(got.Name == name)
			for i, v := range values {
				out, _ := Repair(got.Name, v)
				mended.count(strings.EqualFold(out, truth[i]))
			}
		}
		t.Logf("| %s | %.1f %% of %d | %.1f %% of %d |", name, found.percent(), found.all, mended.percent(), mended.all)
		if found.percent() < 99 || mended.percent() < 99 {
			t.Errorf("%s: %.1f %% of columns detected, %.1f %% of values mended; want 99", name, found.percent(), mended.percent())
		}
	}
}

// A column of UTF-8 in which every tenth value is in another encoding: what is
// mended is mended rightly, the rest is as it was and flagged.
func TestMixedColumnsAreMendedWhereTheEvidenceIsClear(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for _, name := range columnReadings {
		var found, mended, flagged, wrong share
		for range 50 {
			var values, truth []string
			for i := range 200 {
				truth = append(truth, personName(r))
				values = append(values, truth[i])
				if i%10 == 0 {
					values[i] = misreadAs(t, name, truth[i])
				}
			}
			got := DetectText(values)
			found.count(got.Name == UTF8+"+"+name)
			m, err := MenderOf(got.Name)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				out, changed := m.Mend(v)
				if i%10 == 0 {
					mended.count(strings.EqualFold(out, truth[i]))
					flagged.count(m.Doubtful(v))
				}
				if bad := changed && !strings.EqualFold(out, truth[i]); bad {
					t.Errorf("%s: %q of %q became %q", got.Name, v, truth[i], out)
				}
				wrong.count(changed && !strings.EqualFold(out, truth[i]))
			}
		}
		t.Logf("| UTF-8 with a tenth in %s | %.1f %% of %d | %.1f %% of %d | %d flagged | %d wrong |", name, found.percent(), found.all, mended.percent(), mended.all, flagged.good, wrong.good)
		if found.percent() < 99 || mended.percent() < 70 {
			t.Errorf("%s: %.1f %% of columns detected, %.1f %% of values mended; want 99 and 70", name, found.percent(), mended.percent())
		}
	}
}

func TestCleanTextRaisesNoAlarm(t *testing.T) {
	for seed := range uint64(5) {
		for what, values := range cleanColumns(rand.New(rand.NewPCG(5, 4+seed))) {
			if got, _ := Detect([]byte(strings.Join(values, "\n"))); got.Name != UTF8 {
				t.Errorf("%s: the file is taken for %s (%s)", what, got.Name, got.Evidence)
			}
			if got := DetectText(values); got.Name != UTF8 {
				t.Errorf("%s: the column is taken for %s (%s)", what, got.Name, got.Evidence)
			}
			for _, v := range values {
				if got, _ := Detect([]byte(v)); got.Name != UTF8 {
					t.Errorf("%s: %q is taken for %s (%s)", what, v, got.Name, got.Evidence)
				}
			}
		}
	}
}

// Western text in Windows-1252, by file and by line, is taken for no
// Vietnamese encoding.
func TestWesternFilesRaiseNoAlarm(t *testing.T) {
	for what, lines := range map[string][]string{"French": french, "English": english} {
		for _, text := range append([]string{strings.Join(lines, "\n")}, lines...) {
			raw, err := Encode(Windows1252, text)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := Detect(raw); got.Name != Windows1252 && got.Name != UTF8 {
				t.Errorf("%s: %q is taken for %s (%s)", what, text, got.Name, got.Evidence)
			}
		}
	}
}

func TestCleanValuesAreNeverChanged(t *testing.T) {
	all := UTF8 + "+" + strings.Join(columnReadings, "+")
	for what, values := range cleanColumns(rand.New(rand.NewPCG(5, 5))) {
		for _, names := range append([]string{all}, columnReadings...) {
			if names != all {
				names = UTF8 + "+" + names
			}
			m, err := MenderOf(names)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if (what == "names" || what == "places") && m.Doubtful(v) {
					t.Errorf("%s, %s: %q is in doubt", what, names, v)
				}
				for _, word := range append(strings.Fields(v), v) {
					if got, changed := m.Mend(word); changed || got != word {
						t.Errorf("%s, %s: %q became %q", what, names, word, got)
					}
				}
			}
		}
	}
}

// A column of which most is in an old encoding, some in Unicode: what the old
// encoding cannot have shown stays as it is.
func TestUnicodeAmongAnOldEncodingStays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 7))
	for _, name := range misread {
		var values, truth []string
		for i := range 400 {
			truth = append(truth, personName(r))
			values = append(values, truth[i])
			if i%10 > 0 {
				values[i] = misreadAs(t, name, truth[i])
			}
		}
		got := DetectText(values)
		if got.Name != name+"+"+UTF8 {
			t.Errorf("%s with a tenth in UTF-8 is taken for %s (%s)", name, got.Name, got.Evidence)
		}
		m, err := MenderOf(got.Name)
		if err != nil {
			t.Fatal(err)
		}
		var mended share
		for i, v := range values {
			out, changed := m.Mend(v)
			mended.count(strings.EqualFold(out, truth[i]))
			if i%10 == 0 && changed {
				t.Errorf("%s: %q became %q", got.Name, v, out)
			}
		}
		if mended.percent() < 85 {
			t.Errorf("%s: %.1f %% of the values are right, want 85", got.Name, mended.percent())
		}
	}
}

// Files of a hundred lines in UTF-8, a share of them in an old encoding.
func TestFilesThatMixEncodingsAreReadLineByLine(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	for _, name := range lineEncodings {
		var found, right share
		for n := range 50 {
			var file []byte
			var truth []string
			for i := range 100 {
				line := personName(r) + ",1990-02-01"
				truth = append(truth, line)
				raw := []byte(line)
				if i%10 == 0 != (n%2 == 0) { // a tenth, or all but a tenth
					raw = written(t, name, line)
				}
				file = append(append(file, raw...), '\n')
			}
			got, _ := Detect(file)
			found.count(got.Name == UTF8+"+"+name)
			text, err := Decode(got.Name, file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				right.count(strings.EqualFold(line, truth[i]))
			}
		}
		t.Logf("| UTF-8 and %s by lines | %.1f %% of %d | %.2f %% of %d |", name, found.percent(), found.all, right.percent(), right.all)
		if found.percent() < 99 || right.percent() < 99 {
			t.Errorf("UTF-8 and %s: %.1f %% of files detected, %.2f %% of lines right; want 99", name, found.percent(), right.percent())
		}
	}
}

func TestALineThatIsInNoEncodingKeepsItsBytesAsMarks(t *testing.T) {
	long := strings.Repeat("Nguyễn ", 20_000)
	for in, want := range map[string]string{"Nguy\xd4n V\xa8n An\n": "Nguyễn Văn An\n", "a\xffb\n": "a\uf7ffb\n", "\xef\xbb\xbfHà\n": "Hà\n", long + "\xff": long + "\uf7ff", "Иван в Москве\n": "Иван в Москве\n"} {
		got, err := Decode("UTF-8+TCVN3", []byte(in))
		if err != nil || got != want {
			t.Errorf("%.40q: got %.40q, %v; want %.40q", in, got, err, want)
		}
		r, err := NewReader(strings.NewReader(in), "UTF-8+TCVN3")
		if err != nil {
			t.Fatal(err)
		}
		if streamed, err := io.ReadAll(r); err != nil || string(streamed) != want {
			t.Errorf("%.40q: the stream gives %.40q, %v; want %.40q", in, streamed, err, want)
		}
	}
}

func FuzzVietnameseIsNeverChanged(f *testing.F) {
	m, err := MenderOf(UTF8 + "+" + strings.Join(columnReadings, "+"))
	if err != nil {
		f.Fatal(err)
	}
	var all []string
	for rime := range rimes() {
		all = append(all, rime)
	}
	slices.Sort(all)
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		words := make([]string, 1+r.IntN(4))
		for i := range words {
			words[i] = pick(r, []string{"", pick(r, onsets)}) + pick(r, all)
			if r.IntN(2) == 0 {
				first, size := utf8.DecodeRuneInString(words[i])
				words[i] = string(unicode.ToUpper(first)) + words[i][size:]
			}
		}
		text := strings.Join(words, pick(r, []string{" ", ", ", "-", ". "}))
		if got, changed := m.Mend(text); changed || got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func BenchmarkMend(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, names := range []string{TCVN3, VNI, UTF8Twice, "UTF-8+TCVN3"} {
		m, err := MenderOf(names)
		if err != nil {
			b.Fatal(err)
		}
		values := make([]string, 500)
		for i := range values {
			values[i] = personName(r)
			if m.own != UTF8 {
				values[i] = misreadAs(b, m.own, values[i])
			}
		}
		b.Run(names, func(b *testing.B) {
			for i := range b.N {
				m.Mend(values[i%len(values)])
			}
		})
	}
}
