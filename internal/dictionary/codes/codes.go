// Package codes holds the dictionary's longer code lists as tables of text: in
// comes nothing, out go the entries in the order of their list. It matches and
// decides nothing; package dictionary does.
package codes

import (
	_ "embed" // for the tables
	"strings"
)

// Entry is one code with every name it goes by; the first is the official one.
type Entry struct {
	Code  string
	Names []string
}

//go:embed countries.txt
var countries string

//go:embed ethnicities.txt
var ethnicities string

// Countries are the 249 entries of ISO 3166-1 by their alpha-2 code; the first
// name is the alpha-3 code, then come the Vietnamese and English names as in
// Unicode CLDR and older spellings.
func Countries() []Entry { return entries(countries) }

// Ethnicities are the 54 ethnic groups of the list of 1979 and, as 55,
// foreigners, with other names and local groups.
func Ethnicities() []Entry { return entries(ethnicities) }

func entries(table string) []Entry {
	var out []Entry
	for line := range strings.Lines(table) {
		parts := strings.Split(strings.TrimSpace(line), "|")
		out = append(out, Entry{Code: parts[0], Names: parts[1:]})
	}
	return out
}
