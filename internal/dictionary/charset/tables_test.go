package charset

import (
	"encoding/hex"
	"testing"
)

// What another program (iconv of the GNU C library) writes for the letters
// of the alphabet, so that a wrong table cannot agree with itself.
func TestTablesAreThoseOfAnotherProgram(t *testing.T) {
	for name, written := range map[string]string{
		VISCII: "e0e4e3e1d5e5a2c6c7a1a3e2a5a6e7a4a7f0e8eba8e9a9eaabacadaaaeecefeeedb8f2f6f5f3f7f4b0b1b2afb5bdb6b7debefef9fcfbfaf8dfd7d8e6" +
			"d1f1cfd6dbfddcc0c4c3c180c58202058183c28586068487d0c8cb88c989ca8b8c8d8a8ecc9bcecd98d299a0d39ad49091928f93b49697b39594d99c" +
			"9dda9ebfbbbcffbab99f1419dd1e",
		Windows1258: "e061d261dee161f2e3e3cce3d2e3dee3ece3f2e2e2cce2d2e2dee2ece2f2f0e865d265dee965f2eaeaccead2eadeeaeceaf269cc69d269deed69f26f" +
			"cc6fd26fdef36ff2f4f4ccf4d2f4def4ecf4f2f5f5ccf5d2f5def5ecf5f2f975d275defa75f2fdfdccfdd2fddefdecfdf279cc79d279de79ec79f2c0" +
			"41d241dec141f2c3c3ccc3d2c3dec3ecc3f2c2c2ccc2d2c2dec2ecc2f2d0c845d245dec945f2cacacccad2cadecaeccaf249cc49d249decd49f24fcc" +
			"4fd24fded34ff2d4d4ccd4d2d4ded4ecd4f2d5d5ccd5d2d5ded5ecd5f2d955d255deda55f2ddddccddd2dddeddecddf259cc59d259de59ec59f2",
	} {
		raw, err := hex.DecodeString(written)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := Decode(name, raw); got != vietnameseLetters {
			t.Errorf("%s: got %s, want %s", name, got, vietnameseLetters)
		}
	}
}
