package profile

import (
	"fmt"

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

const recognised = 0.8 // share of values from which a column is taken for an element

// elementOf is the data element that values fit, nil where they fit none, or
// where they fit only because nearly anything does and the column's name does
// not speak for it.
func elementOf(values []string, property string) (*dictionary.Element, string) {
	for _, candidate := range candidates() {
		e, known := dictionary.Lookup(candidate.element)
		named := containsAny(property, candidate.words)
		if !known || candidate.mustBeNamed && !named {
			continue
		}
		if candidate.element == "province" && containsAny(property, sexWords()) { // tỉnh and giới tính share a syllable
			continue
		}
		if share := fitting(e, values); share >= recognised {
			why := fmt.Sprintf("by its form, in %d values", len(values))
			if named {
				why = fmt.Sprintf("by its name and its form, in %d values", len(values))
			}
			return e, why
		}
	}
	return nil, ""
}

type candidate struct {
	element     string
	words       []string
	mustBeNamed bool // values of other kinds fit too
}

// candidates are the elements that can be recognised, the most telling first.
func candidates() []candidate {
	return []candidate{
		{identityNumber, []string{"dinh_danh", "cccd", "identity", "so_dd"}, false},
		{"identity-number-old", []string{"cmnd", "cmt", "old", "identity", "giay_to"}, true},
		{"sex", sexWords(), true},
		{"province", []string{"province", "tinh", "tinh_thanh", "thanh_pho", "noi", "que"}, true},
		{"date", []string{"date", "ngay", "on", "birth", "dob", "nam_sinh", "day", "from", "to"}, true},
		{"person-name", []string{"name", "ten", "hoten", "surname"}, true},
	}
}

func sexWords() []string { return []string{"sex", "gioi_tinh", "gioi", "gender"} }

// fitting is the share of the values that have a standard form.
func fitting(e *dictionary.Element, values []string) float64 {
	fit, not := 0, 0
	for _, v := range values {
		switch r := e.Standardise(v, dictionary.Options{Year: true}); {
		case r.Value != "":
			fit++
		case r.Problem != "":
			not++
		}
	}
	if fit == 0 {
		return 0
	}
	return float64(fit) / float64(fit+not)
}
