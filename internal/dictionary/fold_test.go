package dictionary

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// slowFold is the definition: decomposed, without marks, in lower case.
func slowFold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.M, r):
		case r == 'đ' || r == 'Đ':
			b.WriteByte('d')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func TestFoldIsThatOfTheWholeText(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	for range 50_000 {
		text := make([]rune, random.IntN(12))
		for i := range text {
			switch random.IntN(4) {
			case 0:
				text[i] = random.Int32N(0x3000)
			case 1:
				text[i] = 0x300 + random.Int32N(0x70)
			case 2:
				text[i] = 0x1e00 + random.Int32N(0x100)
			default:
				text[i] = random.Int32N(0x20000)
			}
		}
		s := string(text)
		if random.IntN(10) == 0 {
			s += "\xc3"
		}
		if got, want := Fold(s), slowFold(s); got != want {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	}
}
