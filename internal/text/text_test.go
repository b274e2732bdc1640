package text_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sen-hub/sen/internal/text"
)

func TestNumbersAreWrittenAsTheLanguageWritesThem(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{text.Vietnamese.Count(1234567), "1.234.567"},
		{text.English.Count(1234567), "1,234,567"},
		{text.English.Count(-999), "-999"},
		{text.English.Count(-1000), "-1,000"},
		{text.Vietnamese.Decimal(97.14, 1), "97,1"},
		{text.English.Decimal(97.14, 1), "97.1"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestALocaleNamesItsLanguageAndVietnameseComesFirst(t *testing.T) {
	for locale, want := range map[string]text.Lang{"": text.Vietnamese, "vi_VN.UTF-8": text.Vietnamese, "en-GB": text.English, "C": text.Vietnamese} {
		if got := text.LangOf(locale); got != want {
			t.Errorf("LangOf(%q) = %q, want %q", locale, got, want)
		}
	}
}

func TestWidthCountsTheCellsOfTheTerminal(t *testing.T) {
	for s, want := range map[string]int{"đúng": 4, "thống nhất": 10, "tho\u0302\u0301ng": 5, "阮": 2, "": 0} {
		if got := text.Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestCutLinesFitAndSayThatTheyWereCut(t *testing.T) {
	for _, s := range []string{"", "a", "thống nhất", "阮文阮文", strings.Repeat("x", 40)} {
		for n := range 12 {
			got := text.Cut(s, n)
			if text.Width(got) > n {
				t.Errorf("Cut(%q, %d) = %q takes %d cells", s, n, got, text.Width(got))
			}
			if text.Width(s) > n && n > 0 && !strings.HasSuffix(got, "…") {
				t.Errorf("Cut(%q, %d) = %q does not say that it was cut", s, n, got)
			}
		}
	}
}

func TestWrappedLinesHoldTheSameWords(t *testing.T) {
	s := "một câu dài hơn một dòng của màn hình"
	lines := text.Wrap(s, 12)
	if got := strings.Join(lines, " "); got != s {
		t.Errorf("got %q, want %q", got, s)
	}
	if slices.ContainsFunc(lines, func(l string) bool { return text.Width(l) > 12 }) {
		t.Errorf("a line is longer than 12 cells: %q", lines)
	}
}

func TestASparklineRisesWithItsValues(t *testing.T) {
	if got, want := text.Spark([]float64{0, 50, 100}, 0, 100), "▁▅█"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := text.Spark([]float64{7, 7}, 7, 7), "▅▅"; got != want {
		t.Errorf("a flat line: got %q, want %q", got, want)
	}
}
