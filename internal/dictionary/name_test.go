package dictionary

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The pattern of clean names must be no wider than the rule: what it lets
// pass, the repair would leave alone.
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
		if !fits(name, nameClean) {
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
