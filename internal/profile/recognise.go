package profile

import (
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
)

// oldEncoding is the old encoding, or the other form of Unicode, that text
// values are in, with the evidence; "" where nothing is to be done.
func oldEncoding(values []string) (name, why string) {
	guess := charset.DetectText(values)
	if guess.Name == charset.UTF8 {
		return "", ""
	}
	return guess.Name, guess.Evidence
}

// elementOf is the data element that a column of text holds, as the dictionary
// recognises it; false where it holds none. Numbers and truths are types, and
// are told from the whole sample (see logicalType).
func elementOf(elements *dictionary.Set, values []string, column string) (dictionary.Candidate, bool) {
	for _, c := range elements.Recognise(values, column) {
		switch c.Element.Name {
		case "integer", "number", "boolean":
		default:
			return c, true
		}
	}
	return dictionary.Candidate{}, false
}
