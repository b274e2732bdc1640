// Package address reads a Vietnamese address of any year: which ward, district
// and province it names, whatever its spelling, and which units stand there
// today. What goes in is an Index, made of units with their validity and of
// what became of them, and a text with the day on which it was written; what
// comes out is an Answer with a reason for each step.
//
// It knows no unit by itself, reads no file and no clock, and never guesses:
// where two units fit as well, or the unit was divided since, all candidates
// are given with what would decide between them.
//
// The method: the text is folded to words without marks; every run of words
// that some unit is called is a match; matches that stand in one line of the
// hierarchy (ward in district in province) add up, with what speaks for them
// (a word like "phường" before, marks that agree, order, boundaries). Only
// where that leaves a level open are misspellings looked up, by the words with
// one letter deleted (Garbe, "Symmetric Delete" spelling correction, 2012).
package address

import (
	"time"
)

// Level is a level of the administration.
type Level uint8

// The levels. Districts ended on 30 June 2025.
const (
	Province Level = iota + 1
	District
	Ward
)

// Unit is an administrative unit while it had one name and one place.
type Unit struct {
	Code    string    // the official code; with From it names the unit
	Name    string    // without its kind: "Hàng Gai"
	Kind    string    // "Phường", "Xã", "Thị trấn", "Đặc khu", "Quận", "Huyện", "Thị xã", "Thành phố", "Tỉnh"
	Level   Level     //
	Parent  string    // code of the unit that it lies in, of the same days; "" for a province
	From    time.Time // the first day; zero: since ever
	To      time.Time // the last day; zero: to this day
	Aliases []string  // other names, earlier ones too, with or without a kind: "Sài Gòn", "Phường 10"
}

// Succession is what became of a unit: New stands, from the day on, where Old
// or a part of it stood.
type Succession struct {
	Old string // its code, of the day before
	New string // a code of that day
	On  time.Time
}

// Place is a unit with those that it lies in. Zero levels are not known, or
// there are none.
type Place struct {
	Ward     Named `json:"ward,omitzero"`
	District Named `json:"district,omitzero"`
	Province Named `json:"province,omitzero"`
}

// Named is a unit as people read it.
type Named struct {
	Code string `json:"code"`
	Name string `json:"name"` // with its kind: "Phường Hàng Gai"
}

// String is the place as it is written: "Phường Hàng Gai, Quận Hoàn Kiếm,
// Thành phố Hà Nội".
func (p Place) String() string {
	out := ""
	for _, n := range []Named{p.Ward, p.District, p.Province} {
		switch {
		case n.Name == "":
		case out == "":
			out = n.Name
		default:
			out += ", " + n.Name
		}
	}
	return out
}

// Candidate is a place that may be meant, and what would decide.
type Candidate struct {
	Then    Place  `json:"then"`
	Now     Place  `json:"now"`
	Decides string `json:"decides"` // a key of Deciders
}

// What an answer may lack.
const (
	NoUnit    = "no-unit"   // no unit is named that is known
	NoWard    = "no-ward"   // district or province are known, the ward is not
	Ambiguous = "ambiguous" // several units fit as well
	Split     = "split"     // the unit is known, and was divided since
	TooLong   = "too-long"  // the text is longer than Longest
)

// Longest is how many bytes of a text are read as an address. One is a line; in
// a text without end, every word could begin a name of hundreds of units.
const Longest = 500

// What decides between candidates.
const (
	ByDistrict = "district" // the old district
	ByProvince = "province"
	ByMarks    = "marks"  // the name with its marks
	ByKind     = "kind"   // phường, xã or thị trấn
	ByDay      = "day"    // the day on which it was written
	ByHamlet   = "hamlet" // where in the old unit: hamlet, street or coordinates
)

// What was done to read an address.
const (
	Respelled    = "respelled"     // a letter was mistyped
	Keyed        = "keyed"         // marks were left as typed (telex)
	Unmarked     = "unmarked"      // marks were missing
	OtherKind    = "other-kind"    // "xã" for a phường
	Reordered    = "reordered"     // the order of levels was another
	Incomplete   = "incomplete"    // a level was left out
	OtherName    = "other-name"    // another name of the unit, or an earlier one
	OtherTime    = "other-time"    // a unit that did not stand on that day
	Succeeded    = "succeeded"     // another unit stands there today
	Abbreviation = "abbreviated"   // P., Q., TP.
	Undetermined = "day-not-given" // the day was not known, and did not matter
)

// Answer is an address that was read.
type Answer struct {
	House  string `json:"house,omitempty"`
	Street string `json:"street,omitempty"`
	Hamlet string `json:"hamlet,omitempty"` // thôn, ấp, tổ dân phố, khu phố …
	Rest   string `json:"-"`                // all three, as they were written

	Then       Place       `json:"then"`            // as of the day on which it was written
	Now        Place       `json:"now"`             // today's; zero where Problem says why
	Since      string      `json:"since,omitempty"` // the day from which today's stands, where it is another: 2025-07-01
	Problem    string      `json:"problem,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	Reasons    []string    `json:"reasons,omitempty"`
}
