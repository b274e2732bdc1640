// Package text is what people read: words in Vietnamese and English, numbers
// as each language writes them, and lines that stand in columns. What comes in
// is words and figures; what goes out is strings. It knows no dataset and
// writes nowhere.
package text

import "strings"

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
