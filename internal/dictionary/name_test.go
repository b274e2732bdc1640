package dictionary

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// What passes as well must be no wider than the rule: the rule would leave it
// alone.
func TestNamesThatPassAsCleanNeedNoRepair(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	onsets := strings.Fields("Q Qu G Gi Gh B Ng Ngh H Th Tr Đ X O U A Ô Ú Ò Ý Kh")
	vowels := strings.Fields("a à ạ ă ắ â ấ e è é ê ế i ì í o ò ó ô ố ơ ớ u ù ú ư ứ y ỳ ý oa oà òa oe oè òe uy uỳ ùy uya uyê uô ươ ia ìa iê oay uây")
	codas := strings.Fields("n ng nh m c ch t p i y o u a e q g -")
	passed := 0
	for range 100_000 {
		var words []string
		for range 2 {
			word := onsets[random.IntN(len(onsets))] + vowels[random.IntN(len(vowels))]
			for range random.IntN(3) {
				word += strings.TrimSuffix(codas[random.IntN(len(codas))], "-")
			}
			words = append(words, word)
		}
		name := strings.Join(words, " ")
		if !nameIsWell([]byte(name)) {
			continue
		}
		passed++
		if r := repairName(name); r.Value != name {
			t.Fatalf("%q passes as clean, but is repaired to %q (%s)", name, r.Value, r.Problem)
		}
	}
	if passed < 3_000 {
		t.Errorf("only %d names passed as clean: the generator tests nothing", passed)
	}
}

func TestTitlesAndInitialsAreToldFromNames(t *testing.T) {
	check(t, "person-name", Options{}, []standard{
		{"Mr Nguyen Van An", "Nguyen Van An"}, {"ThS. BS. Lê Thị Hòa", "Lê Thị Hòa"}, {"BÀ TRẦN THỊ THUÝ", "Trần Thị Thúy"},
		{"Ông Lý", "Ông Lý"}, {"Ông Nghĩa Tường", "Ông Nghĩa Tường"}, {"Bà", "Bà"}, {"Mr", "Mr"}, {"TS. A", "!too-short"},
		{"John F. Kennedy", "John F. Kennedy"}, {"Nguyễn Văn A", "Nguyễn Văn A"}, {"Nguyễn V. A", "!initials"}, {"Nguyễn V An", "!initials"}, {"Trần Đ. Hòa", "!initials"}, {"Nguyễn Y Vân", "Nguyễn Y Vân"},
		{"Lê Ý", "Lê Ý"}, {"Y Moan", "Y Moan"}, {"H Hen Niê", "H Hen Niê"}, {"Nguyễn Văn, An", "Nguyễn Văn An"}, {"An, Nguyễn Văn", "!symbols"},
	})
}

func TestWhatCannotBeKnownOfANameIsNoted(t *testing.T) {
	for raw, want := range map[string]string{"NGUYEN VAN AN": "no diacritics", "An Nguyen": "may stand first", "Nguyễn An": "", "TS. Nguyễn An": "title"} {
		if got := personName().Standardise(raw, Options{}).Note; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q has the note %q; want it to say %q", raw, got, want)
		}
	}
}
