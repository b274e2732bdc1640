package charset

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/unicode/norm"
)

const poem = "Trăm năm trong cõi người ta,\nChữ tài chữ mệnh khéo là ghét nhau.\nNguyễn Thị Thúy, Ỷ Lan, Đặng Ngọc Quỳnh; Ấp Ờ, Ỹ, giặc, khuỷu, ngoằn ngoèo\n"

func TestTextReadsTheSameFromEveryEncoding(t *testing.T) {
	for _, name := range Names() {
		text := poem
		if name == TCVN3 {
			text = strings.ToLower(poem) // its capitals have no tones
		}
		if name == Windows1252 || name == Latin1 {
			text = "déjà vu à Zürich"
		}
		raw, err := Encode(name, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for size, source := range map[string]io.Reader{"whole": bytes.NewReader(raw), "byte by byte": iotest.OneByteReader(bytes.NewReader(raw))} {
			r, err := NewReader(source, name)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != text {
				t.Errorf("%s, %s: got %q, %v; want %q", name, size, got, err, text)
			}
		}
	}
}

func TestUndecodableBytesAreMarkedNotLost(t *testing.T) {
	for _, row := range []struct{ name, raw, want string }{
		{UTF8, "a\xffb", "a\uf7ffb"},
		{UTF8, "\xe1\xba", "\uf7e1\uf7ba"},
		{UTF8, "\uf741", "\uf7ef\uf79d\uf781"},
		{TCVN3, "a\xb0", "a\uf7b0"},
		{VNI, "\xf9a\xf9", "\uf7f9á"},
		{VNI, "i\xf9", "i\uf7f9"},
		{Windows1252, "\x81", "\uf781"},
		{UTF16LE, "a\x00\x00\xd8b\x00c", "a\uf700\uf7d8b\uf763"},
	} {
		got, err := Decode(row.name, []byte(row.raw))
		if err != nil || got != row.want {
			t.Errorf("Decode(%s, %q) = %+q, %v; want %+q", row.name, row.raw, got, err, row.want)
		}
	}
}

func TestByteOrderMarksAreDropped(t *testing.T) {
	for name, raw := range map[string]string{UTF8: "\xef\xbb\xbfab", UTF16LE: "\xff\xfea\x00b\x00", UTF16BE: "\xfe\xff\x00a\x00b"} {
		if got, _ := Decode(name, []byte(raw)); got != "ab" {
			t.Errorf("Decode(%s) = %q, want ab", name, got)
		}
		if g, _ := Detect([]byte(raw)); g.Name != name || !g.Mark {
			t.Errorf("Detect(%q) = %+v, want %s by its mark", raw, g, name)
		}
	}
}

func TestUnknownEncodingIsRefusedWithTheNames(t *testing.T) {
	if _, err := NewReader(strings.NewReader(""), "KOI8-R"); err == nil || !strings.Contains(err.Error(), "KOI8-R") {
		t.Errorf("got %v, want an error that names KOI8-R", err)
	}
}

func TestFilesAreDetectedByTheirWords(t *testing.T) {
	tcvn, _ := Encode(TCVN3, strings.ToLower(poem))
	vni, _ := Encode(VNI, poem)
	le, _ := Encode(UTF16LE, poem)
	be, _ := Encode(UTF16BE, poem)
	french, _ := Encode(Windows1252, "L'été à Nîmes, déjà vu, garçon, hôtel, Noël, œuvre")
	for _, row := range []struct {
		what, want string
		sample     []byte
	}{
		{"ASCII", UTF8, []byte("id,name\n1,Nguyen Van An\n")},
		{"UTF-8", UTF8, []byte(poem)},
		{"UTF-8 cut within a letter", UTF8, []byte(poem)[:3]},
		{"UTF-8 with a broken byte", UTF8, []byte(poem + "\xff")},
		{"TCVN3", TCVN3, tcvn}, {"VNI", VNI, vni}, {"UTF-16LE", UTF16LE, le}, {"UTF-16BE", UTF16BE, be},
		{"French", Windows1252, french},
		{"capitals with small vowels", TCVN3, []byte("NGUY\xd4N V\xa1N H\xddNG")},
	} {
		if got, _ := Detect(row.sample); got.Name != row.want {
			t.Errorf("%s: got %s (%s), want %s", row.what, got.Name, got.Evidence, row.want)
		}
	}
}

func TestColumnsAreDetectedByTheirWords(t *testing.T) {
	shown := func(name, s string) string {
		raw, err := Encode(name, s)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := Decode(Latin1, raw)
		return text
	}
	for _, row := range []struct {
		what, want string
		samples    []string
	}{
		{"ASCII", UTF8, []string{"Nguyen Van An", "NGUYEN"}},
		{"UTF-8", UTF8, []string{"Nguyễn Văn An", "Hà Vĩ", "Lê Võ"}},
		{"only Latin-1 letters", UTF8, []string{"Hà", "Lê", "Võ", "Bùi Trí"}},
		{"French", UTF8, []string{"Hélène", "François", "Zoë"}},
		{"TCVN3", TCVN3, []string{"NguyÔn V¨n Hïng", "An", shown(TCVN3, "trần thị thúy")}},
		{"VNI", VNI, []string{shown(VNI, "Nguyễn Thị Thúy"), shown(VNI, "Đặng Văn Hùng")}},
		{"NFD", NFD, []string{norm.NFD.String("Nguyễn Văn An"), "Trần An"}},
		{"capital fonts", TCVN3Upper, []string{"NGUYễN VăN AN", "TRầN THị Lý"}},
	} {
		if got := DetectText(row.samples); got.Name != row.want {
			t.Errorf("%s: got %s (%s), want %s", row.what, got.Name, got.Evidence, row.want)
		}
	}
}

func TestRepairChangesOnlyWhatFits(t *testing.T) {
	for _, row := range []struct {
		name, in, want string
		changed        bool
	}{
		{TCVN3, "NguyÔn V¨n", "Nguyễn Văn", true},
		{TCVN3, "Nguyễn Ô", "Nguyễn Ô", false},
		{TCVN3, "Nguyen", "Nguyen", false},
		{VNI, "Nguyeãn Vaên Ñöùc", "Nguyễn Văn Đức", true},
		{VNI, "ùNguyeãn", "ùNguyeãn", false},
		{NFD, "Nguye\u0302\u0303n", "Nguyễn", true},
		{TCVN3Upper, "NGUYễN VăN", "NGUYỄN VĂN", true},
		{TCVN3Upper, "Hà Vĩ", "Hà Vĩ", false},
		{UTF8, "NguyÔn", "NguyÔn", false},
	} {
		if got, changed := Repair(row.name, row.in); got != row.want || changed != row.changed {
			t.Errorf("Repair(%s, %q) = %q, %v; want %q, %v", row.name, row.in, got, changed, row.want, row.changed)
		}
	}
}

func TestSyllablesAreKnownByTheirStructure(t *testing.T) {
	good := "Nguyễn Văn Thị quý quá gì giếng giá nghiêng Đắk ước yêu Ỷ thuở khuỷu ngoằn xoong học tích tịch quốc huỳnh khuya oanh uyên"
	for _, w := range strings.Fields(good) {
		if !Syllable(w) {
			t.Errorf("Syllable(%q) = false, want true", w)
		}
	}
	for _, w := range strings.Fields("nguyôn thõu strong tìch ấấ qa wầ josé zoở b đđ") {
		if Syllable(w) {
			t.Errorf("Syllable(%q) = true, want false", w)
		}
	}
}

func TestRealNamesAreSyllables(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(shared(t), "data/names/given-female.txt"))
	if err != nil {
		t.Skipf("the names are not there: %v", err)
	}
	good, all := countWords(string(raw))
	if float64(good) < 0.97*float64(all) {
		t.Errorf("%d of %d marked words of the given names are syllables, want 97 %%", good, all)
	}
}

// shared is the folder of data beside the checkout.
func shared(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SEN_SHARED"); dir != "" {
		return dir
	}
	dir, _ := os.Getwd()
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil {
			return filepath.Join(dir, "shared")
		}
	}
	t.Skip("no folder shared/ beside the checkout, and SEN_SHARED is not set")
	return ""
}

func FuzzDecodingLosesNothing(f *testing.F) {
	for _, seed := range []string{"", "abc", "Nguy\xd4n", "a\xf9\xf9", "\xe1\xba\x81\xff", "\uf741", "\x00\xd8\x00\xdc", "\xff\xfe", "\xef\xbb", "Nguye^~n Va(n DDu+'c, do\\. O+", "a\xcc\xf2\x02"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, name := range Names() {
			holdsAgainstItself(t, name, raw)
		}
		whole, _ := Decode("UTF-8+TCVN3+VNI", raw)
		stream, _ := NewReader(iotest.OneByteReader(bytes.NewReader(raw)), "UTF-8+TCVN3+VNI")
		if streamed, _ := io.ReadAll(stream); string(streamed) != whole {
			t.Errorf("by lines: the stream gives %+q, the whole %+q", streamed, whole)
		}
		Detect(raw)
		m, err := MenderOf(DetectText([]string{string(raw), string(raw)}).Name)
		if err != nil {
			t.Fatal(err)
		}
		if mended, changed := m.Mend(string(raw)); changed != (mended != string(raw)) {
			t.Errorf("%q: mended %q, changed %v", raw, mended, changed)
		}
	})
}

// holdsAgainstItself decodes raw whole and as a stream, and encodes it again.
// VIQR and Windows-1258 write some letters in two ways: they make the same
// text again, if not the same bytes.
func holdsAgainstItself(t *testing.T, name string, raw []byte) {
	text, err := Decode(name, raw)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(text, '\ufffd') && !bytes.Contains(raw, []byte("\ufffd")) && name != UTF16LE && name != UTF16BE {
		t.Errorf("%s: %q holds the replacement character", name, text)
	}
	stream, _ := NewReader(iotest.OneByteReader(bytes.NewReader(raw)), name)
	if streamed, _ := io.ReadAll(stream); string(streamed) != text {
		t.Errorf("%s: the stream gives %+q, the whole %+q", name, streamed, text)
	}
	back, err := Encode(name, text)
	switch name {
	case VIQR, Windows1258:
		if again, _ := Decode(name, back); again != text && !(name == VIQR && err != nil) {
			t.Errorf("%s: %x decodes to %+q, which encodes to %x, %v", name, raw, text, back, err)
		}
	default:
		if err != nil || !bytes.Equal(back, dropMark(name, raw)) {
			t.Errorf("%s: %x decodes to %+q and encodes to %x, %v", name, raw, text, back, err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	for _, name := range []string{UTF8, TCVN3, VNI, UTF16LE, Windows1252} {
		text := strings.Repeat(strings.ToLower(poem)+"001087012345,1987-05-03,Nam,01,0912345678,Ha Noi\n", 20000)
		if name == Windows1252 {
			text = strings.Repeat("déjà vu,001087012345,1987-05-03,Nam\n", 60000)
		}
		raw, err := Encode(name, text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				r, _ := NewReader(bytes.NewReader(raw), name)
				if _, err := io.Copy(io.Discard, onlyReader{r}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }
