package profile_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/profile"
)

// townsfolk is a file of made-up people, the name of each changed by write.
func townsfolk(write func(i int, name string) string) string {
	var b strings.Builder
	b.WriteString("code,ho_ten,born\n")
	for i := range 200 {
		name := []string{"Nguyễn", "Trần", "Đặng", "Phạm"}[i%4] + " " + []string{"Thị", "Văn", "Hữu"}[i%3] + " " + []string{"Thủy", "Bình", "Hùng", "Phượng", "Lộc"}[i%5]
		fmt.Fprintf(&b, "P%03d,%s,%02d/%02d/%d\n", i, write(i, name), 1+i%28, 1+i%12, 1950+i%50)
	}
	return b.String()
}

func TestAFileInAnyEncodingIsDeclaredByItsName(t *testing.T) {
	as := func(_ int, name string) string { return name }
	for _, name := range []string{charset.TCVN3, charset.VNI, charset.VISCII, charset.VIQR, charset.Windows1258, charset.UTF16LE} {
		raw, err := charset.Encode(name, townsfolk(as))
		if err != nil {
			t.Fatal(err)
		}
		p := infer(t, filepath.Join(folder(t, "town", map[string]string{"people.csv": string(raw)}), "people.csv"), profile.Options{})
		if got := p.Servers[0].Facts["encoding"]; got != name {
			t.Errorf("a file in %s is declared as %q", name, got)
		}
		if c := column(t, p.Objects[0], "ho_ten"); c.Element != "person-name" || c.Encoding != "" {
			t.Errorf("%s: the names are %q in %q", name, c.Element, c.Encoding)
		}
	}
}

// twice is text that a program took for Latin-1 and encoded again.
func twice(text string) string {
	shown, _ := charset.Decode(charset.Latin1, []byte(text)) // the name is known
	return shown
}

func TestAColumnThatWasReadWronglyIsDeclaredByWhatItWasIn(t *testing.T) {
	for want, write := range map[string]func(int, string) string{
		charset.UTF8Twice: func(_ int, name string) string { return twice(name) },
		"UTF-8+UTF-8-twice": func(i int, name string) string {
			if i%10 == 0 {
				return twice(name)
			}
			return name
		},
	} {
		p := infer(t, filepath.Join(folder(t, "town", map[string]string{"people.csv": townsfolk(write)}), "people.csv"), profile.Options{})
		c := column(t, p.Objects[0], "ho_ten")
		if c.Encoding != want || c.Element != "person-name" || c.ElementShare < 1 {
			t.Errorf("got %q (%s), %s of %.3f; want %s and names", c.Encoding, c.EncodingEvidence, c.Element, c.ElementShare, want)
		}
	}
}
