package text_test

import (
	"math"
	"testing"
	"time"

	"github.com/sen-hub/sen/internal/text"
)

const vi, en = text.Vietnamese, text.English

func TestNumbersSizesAndRatesAreWrittenAsEachLanguageDoes(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"zero", vi.Count(0), "0"},
		{"the smallest", en.Count(math.MinInt64), "-9,223,372,036,854,775,808"},
		{"thousands and decimals", vi.Decimal(-1234567.84, 1), "-1.234.567,8"},
		{"the same in English", en.Decimal(1234567.84, 1), "1,234,567.8"},
		{"no decimals", vi.Decimal(1999.6, 0), "2.000"},
		{"not a number", en.Decimal(math.NaN(), 1), "–"},
		{"endless", en.Decimal(math.Inf(1), 1), "–"},
		{"bytes", vi.Bytes(1023), "1.023 B"},
		{"gibibytes", vi.Bytes(3 << 29), "1,5 GiB"},
		{"almost a tebibyte", en.Bytes(1<<40 - 1), "1.0 TiB"},
		{"the most bytes", vi.Bytes(math.MaxInt64), "8,0 EiB"},
		{"a slow rate", vi.Rate(7.4), "7/giây"},
		{"thousands a second", en.Rate(1_234), "1.2 k/s"},
		{"tens of thousands a second", vi.Rate(81_234), "81 k/giây"},
		{"millions a second", en.Rate(1_234_567), "1.2 M/s"},
		{"a day", vi.Date(evening), "01/03/2026"},
		{"a time", en.Time(evening), "2026-03-01 21:07:44"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

var evening = time.Date(2026, 3, 1, 21, 7, 44, 0, time.UTC)

func TestDurationsShowTheirTwoLargestUnits(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		vi, en string
	}{
		{0, "0 ms", "0 ms"},
		{120 * time.Millisecond, "120 ms", "120 ms"},
		{3100 * time.Millisecond, "3,1 giây", "3.1 s"},
		{59960 * time.Millisecond, "1 phút", "1 min"},
		{125 * time.Second, "2 phút 5 giây", "2 min 5 s"},
		{time.Hour - time.Millisecond, "1 giờ", "1 h"},
		{3*time.Hour + 10*time.Minute, "3 giờ 10 phút", "3 h 10 min"},
		{24*time.Hour - time.Second, "1 ngày", "1 d"},
		{98 * time.Hour, "4 ngày 2 giờ", "4 d 2 h"},
		{-90 * time.Second, "-1 phút 30 giây", "-1 min 30 s"},
	} {
		if got := vi.Duration(c.d); got != c.vi {
			t.Errorf("%s in Vietnamese: got %q, want %q", c.d, got, c.vi)
		}
		if got := en.Duration(c.d); got != c.en {
			t.Errorf("%s in English: got %q, want %q", c.d, got, c.en)
		}
	}
}
