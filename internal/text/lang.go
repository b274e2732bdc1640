// Package text is what people read: words in Vietnamese and English, numbers
// as each language writes them, and lines that stand in columns. What comes in
// is words and figures; what goes out is strings. It knows no dataset and
// writes nowhere.
package text

import (
	"strconv"
	"strings"
)

// Lang is a language that the hub speaks.
type Lang string

// The languages.
const (
	Vietnamese Lang = "vi"
	English    Lang = "en"
)

// LangOf reads a language from a setting or a locale ("vi", "vi_VN.UTF-8",
// "en-GB"); what is neither is Vietnamese.
func LangOf(locale string) Lang {
	if strings.HasPrefix(strings.ToLower(locale), "en") {
		return English
	}
	return Vietnamese
}

// Pick chooses between the two ways of saying one thing.
func (l Lang) Pick(vi, en string) string {
	if l == English {
		return en
	}
	return vi
}

// Count writes a whole number with its thousands apart: 2.041 or 2,041.
func (l Lang) Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.Pick(".", ","))
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Decimal writes a number with so many decimals: 97,1 or 97.1.
func (l Lang) Decimal(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	return strings.Replace(s, ".", l.Pick(",", "."), 1)
}
