package demo

import (
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// outcome is what becomes of a row with a planted error.
type outcome string

// The outcomes.
const (
	repaired    outcome = "repaired"    // a clean row, equal to the truth
	quarantined outcome = "quarantined" // kept back, for the truth's column
	kept        outcome = "kept"        // a clean row: no check of one row can see the error
)

// fault is one kind of planted error.
type fault struct {
	kind    string
	on      []content // the columns it strikes
	rate    int       // in 100,000 values of such a column where it can occur
	outcome outcome

	// plant changes the row's source text and, for a kept error, its truth.
	// It reports false where this row offers no place for the error.
	plant func(r *row, col int, g *rng, p *plot) bool
}

// plot is what a fault may need beside the row.
type plot struct {
	unicode bool    // the file holds UTF-8
	land    *land   // knows numbers that nobody has
	about   *person // whom the row is about, if its number may come to dangle
}

// faults is every kind of planted error, with its rate and outcome. At most one
// strikes a row. What no contract could decide (a bare 1 for a sex without a
// code list, 03/04 without an order of day and month) is not planted.
//
// The standard of tone marks is the traditional one: on the first vowel of an
// open oa, oe, uy ("Hòa", "Thúy"), on the last where a consonant follows ("Hoàng").
var faults = []fault{
	{kind: "pin-leading-zeros-lost", on: []content{pin}, rate: 250, outcome: repaired, plant: loseZeros},
	{kind: "pin-separated", on: []content{pin}, rate: 200, outcome: repaired, plant: separate},
	{kind: "pin-sex-contradicts", on: []content{pin}, rate: 120, outcome: quarantined, plant: contradictSex},
	{kind: "pin-year-contradicts", on: []content{pin}, rate: 120, outcome: quarantined, plant: contradictYear},
	{kind: "pin-province-contradicts", on: []content{pin}, rate: 100, outcome: quarantined, plant: contradictProvince},
	{kind: "pin-province-unknown", on: []content{pin}, rate: 80, outcome: quarantined, plant: unknownProvinceDigits},
	{kind: "pin-nine-digits", on: []content{pin}, rate: 120, outcome: quarantined, plant: nineDigits},
	{kind: "pin-letters", on: []content{pin}, rate: 60, outcome: quarantined, plant: letters},
	{kind: "foreign-key-unknown", on: []content{pin}, rate: 150, outcome: kept, plant: dangle},

	{kind: "old-number-short", on: []content{oldPIN}, rate: 150, outcome: quarantined, plant: dropDigit},

	{kind: "name-all-capitals", on: []content{personName}, rate: 400, outcome: repaired, plant: rewrite(strings.ToUpper)},
	{kind: "name-lower-case", on: []content{personName}, rate: 200, outcome: repaired, plant: rewrite(strings.ToLower)},
	{kind: "name-spaces", on: []content{personName}, rate: 250, outcome: repaired, plant: spread},
	{kind: "name-tone-placement", on: []content{personName}, rate: 20_000, outcome: repaired, plant: rewrite(modernTones)},
	{kind: "name-decomposed", on: []content{personName}, rate: 250, outcome: repaired, plant: onlyUnicode(rewrite(norm.NFD.String))},
	{kind: "name-digits", on: []content{personName}, rate: 100, outcome: quarantined, plant: digitInName},
	{kind: "name-question-marks", on: []content{personName}, rate: 100, outcome: quarantined, plant: rewrite(questionMarks)},
	{kind: "name-mojibake", on: []content{personName}, rate: 100, outcome: quarantined, plant: onlyUnicode(rewrite(mojibake))},

	{kind: "date-iso", on: []content{date, dateOrYear}, rate: 200, outcome: repaired, plant: reform(iso)},
	{kind: "date-slashes", on: []content{date, dateOrYear}, rate: 200, outcome: repaired, plant: reform(slashes)},
	{kind: "date-dots", on: []content{date, dateOrYear}, rate: 150, outcome: repaired, plant: reform(dots)},
	{kind: "date-single-digits", on: []content{date, dateOrYear}, rate: 300, outcome: repaired, plant: reform(shortSlashes)},
	{kind: "date-words", on: []content{date, dateOrYear}, rate: 80, outcome: repaired, plant: reform(words)},
	{kind: "date-year-only", on: []content{date}, rate: 150, outcome: quarantined, plant: yearOnly},
	{kind: "date-impossible", on: []content{date, dateOrYear}, rate: 120, outcome: quarantined, plant: impossibleDate},

	{kind: "sex-variant", on: []content{sex}, rate: 500, outcome: repaired, plant: sexVariant},
	{kind: "sex-unknown", on: []content{sex}, rate: 100, outcome: quarantined, plant: replaceWith("9", "không rõ chữ")},

	{kind: "code-spaces", on: []content{code}, rate: 150, outcome: repaired, plant: edgeSpaces},
	{kind: "code-unknown", on: []content{code}, rate: 150, outcome: quarantined, plant: replaceWith("Z9", "77x")},

	{kind: "province-no-marks", on: []content{provinceName}, rate: 200, outcome: repaired, plant: rewrite(withoutMarks)},
	{kind: "province-capitals", on: []content{provinceName}, rate: 150, outcome: repaired, plant: onlyUnicode(rewrite(strings.ToUpper))},
	{kind: "province-abbreviated", on: []content{provinceName}, rate: 200, outcome: repaired, plant: abbreviateProvince},
	{kind: "province-rank", on: []content{provinceName}, rate: 150, outcome: repaired, plant: toggleRank},
	{kind: "province-former-name", on: []content{provinceName}, rate: 5_000, outcome: repaired, plant: formerName},
	{kind: "province-unknown", on: []content{provinceName}, rate: 100, outcome: quarantined, plant: replaceWith("Tỉnh Hoa Sen", "Xứ Mưa")},

	{kind: "text-spaces", on: []content{freeText, postalText}, rate: 200, outcome: repaired, plant: edgeSpaces},
	{kind: "text-decomposed", on: []content{freeText, postalText}, rate: 150, outcome: repaired, plant: onlyUnicode(rewrite(norm.NFD.String))},

	{kind: "required-missing", on: []content{pin, personName, date, dateOrYear, sex, provinceName, code}, rate: 60, outcome: quarantined, plant: blank},
}

// Errors of a whole row, in 100,000 rows.
const (
	duplicateKey  = "duplicate-key" // the row comes once more, later: the first stays, the later is quarantined
	duplicateRate = 300
	raggedRow     = "ragged-row" // fields too many or too few (CSV): quarantined
	raggedRate    = 100
)

// rewrite plants a change of the text, where it changes anything.
func rewrite(change func(string) string) func(*row, int, *rng, *plot) bool {
	return func(r *row, col int, _ *rng, _ *plot) bool {
		changed := change(r.source[col])
		if changed == r.source[col] {
			return false
		}
		r.source[col] = changed
		return true
	}
}

func onlyUnicode(plant func(*row, int, *rng, *plot) bool) func(*row, int, *rng, *plot) bool {
	return func(r *row, col int, g *rng, p *plot) bool { return p.unicode && plant(r, col, g, p) }
}

func replaceWith(values ...string) func(*row, int, *rng, *plot) bool {
	return func(r *row, col int, g *rng, _ *plot) bool {
		if r.source[col] == "" {
			return false
		}
		r.source[col] = pick(g, values)
		return true
	}
}

func blank(r *row, col int, _ *rng, _ *plot) bool {
	if !r.columns[col].required || r.source[col] == "" {
		return false
	}
	r.source[col] = ""
	return true
}

func edgeSpaces(r *row, col int, g *rng, _ *plot) bool {
	if r.source[col] == "" {
		return false
	}
	r.source[col] = pick(g, []string{" ", "", "  "}) + r.source[col] + pick(g, []string{" ", "  "})
	return true
}

// Identity numbers.

// loseZeros does what a spreadsheet does to a number that starts with zeros.
func loseZeros(r *row, col int, _ *rng, _ *plot) bool {
	short := strings.TrimLeft(r.source[col], "0")
	if len(short) < 10 {
		return false
	}
	r.source[col] = short
	return true
}

func separate(r *row, col int, g *rng, _ *plot) bool {
	v := r.source[col]
	if len(v) != 12 {
		return false
	}
	sep := pick(g, []string{" ", ".", "-"})
	r.source[col] = v[:3] + sep + v[3:6] + sep + v[6:9] + sep + v[9:]
	return true
}

// alter replaces the digits from at on.
func alter(r *row, col, at int, with string) bool {
	v := r.source[col]
	if len(v) != 12 || v[at:at+len(with)] == with {
		return false
	}
	r.source[col] = v[:at] + with + v[at+len(with):]
	return true
}

func contradictSex(r *row, col int, _ *rng, _ *plot) bool {
	if r.columns[col].sex == "" || len(r.source[col]) != 12 {
		return false
	}
	return alter(r, col, 3, string(r.source[col][3]^1))
}

func contradictYear(r *row, col int, g *rng, _ *plot) bool {
	if r.columns[col].born == "" || len(r.source[col]) != 12 {
		return false
	}
	year := int(r.source[col][4]-'0')*10 + int(r.source[col][5]-'0')
	return alter(r, col, 4, twoDigits(year+g.between(1, 9)))
}

func contradictProvince(r *row, col int, g *rng, _ *plot) bool {
	return r.columns[col].bornAt != "" && alter(r, col, 0, "0"+pick(g, provinces).code)
}

// unknownProvinceDigits are those that no province ever bore.
func unknownProvinceDigits(r *row, col int, g *rng, _ *plot) bool {
	return alter(r, col, 0, pick(g, []string{"000", "003", "097", "098"}))
}

func nineDigits(r *row, col int, g *rng, _ *plot) bool {
	if len(r.source[col]) != 12 {
		return false
	}
	r.source[col] = digits(uint64(g.between(100_000_000, 399_999_999)), 9)
	return true
}

// letters puts letters where digits stand, none of which looks like one.
func letters(r *row, col int, g *rng, _ *plot) bool {
	return alter(r, col, g.between(6, 10), pick(g, []string{"X", "A", "K"}))
}

// dangle names a person whom the population register does not have.
func dangle(r *row, col int, _ *rng, p *plot) bool {
	if !r.columns[col].foreign || p.about == nil || r.source[col] != p.about.number {
		return false
	}
	unknown := p.land.stranger(p.about)
	r.source[col], r.truth[col] = unknown, unknown
	return true
}

func dropDigit(r *row, col int, _ *rng, _ *plot) bool {
	if len(r.source[col]) != 9 {
		return false
	}
	r.source[col] = r.source[col][:7]
	return true
}

// Names and other text.

func spread(r *row, col int, g *rng, _ *plot) bool {
	if r.source[col] == "" {
		return false
	}
	r.source[col] = pick(g, []string{
		strings.Replace(r.source[col], " ", "  ", 1),
		strings.ReplaceAll(r.source[col], " ", "   "),
		" " + r.source[col], r.source[col] + "  ",
	})
	return true
}

func digitInName(r *row, col int, g *rng, _ *plot) bool {
	if r.source[col] == "" {
		return false
	}
	r.source[col] += pick(g, []string{"1", "0", " 2"})
	return true
}

// questionMarks is what a conversion to a code page without these letters leaves.
func questionMarks(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 0x100 {
			return '?'
		}
		return c
	}, s)
}

// mojibake is UTF-8 read as Windows-1252 and saved again.
func mojibake(s string) string {
	broken, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil || !strings.ContainsAny(broken, "»º") {
		return s // Latin letters alone could pass for a name
	}
	return broken
}

var (
	traditional = []string{"òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy"}
	modern      = []string{"oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"}
)

// modernTones moves the tone mark of open syllables to the last vowel.
func modernTones(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		for j, ending := range traditional {
			if stem, ok := strings.CutSuffix(w, ending); ok && !strings.HasSuffix(strings.ToLower(stem), "q") {
				words[i] = stem + modern[j]
			}
		}
	}
	return strings.Join(words, " ")
}

// Dates.

// reform writes the day in a form that is not the file's.
func reform(form dateForm) func(*row, int, *rng, *plot) bool {
	return func(r *row, col int, _ *rng, _ *plot) bool {
		d, ok := parseISO(r.truth[col])
		if !ok {
			return false
		}
		changed := d.in(form)
		if changed == r.source[col] {
			return false
		}
		r.source[col] = changed
		return true
	}
}

// parseISO reads yyyy-mm-dd as iso writes it.
func parseISO(s string) (day, bool) {
	if len(s) != 10 {
		return never, false
	}
	n := func(from, to int) (v int) {
		for _, c := range []byte(s[from:to]) {
			v = v*10 + int(c-'0')
		}
		return v
	}
	return dayOf(n(0, 4), n(5, 7), n(8, 10)), true
}

func yearOnly(r *row, col int, _ *rng, _ *plot) bool {
	if len(r.truth[col]) != 10 {
		return false
	}
	r.source[col] = r.truth[col][:4]
	return true
}

func impossibleDate(r *row, col int, g *rng, _ *plot) bool {
	d, ok := parseISO(r.truth[col])
	if !ok {
		return false
	}
	bad := pick(g, [][2]int{{2, 30}, {2, 31}, {4, 31}, {9, 31}, {11, 31}})
	r.source[col] = r.columns[col].form(d.year(), bad[0], bad[1])
	return true
}

// Sexes and provinces.

// sexVariant is for words alone: beside a code list other forms are undecided.
func sexVariant(r *row, col int, g *rng, _ *plot) bool {
	if r.columns[col].sexes != sexWords {
		return false
	}
	variants := map[string][]string{
		"male":   {"NAM", "nam", " Nam", "M", "Male"},
		"female": {"NỮ", "nữ", "Nữ ", "Nu", "nu", "F", "Female"},
	}
	r.source[col] = pick(g, variants[r.truth[col]])
	return true
}

// withoutMarks strips diacritics: "Dak Lak".
func withoutMarks(s string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(s) {
		switch {
		case c == 'đ':
			b.WriteByte('d')
		case c == 'Đ':
			b.WriteByte('D')
		case c < 0x300 || c > 0x36f:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func provinceOf(code string) *province {
	for i := range provinces {
		if provinces[i].code == code {
			return &provinces[i]
		}
	}
	return nil
}

func abbreviateProvince(r *row, col int, g *rng, _ *plot) bool {
	p := provinceOf(r.truth[col])
	switch {
	case p == nil:
		return false
	case p.code == "79" && g.percent(50):
		r.source[col] = pick(g, []string{"TPHCM", "TP.HCM", "TP HCM"})
	case p.city:
		r.source[col] = pick(g, []string{"TP. ", "TP ", "Tp. "}) + p.name
	default:
		r.source[col] = "T. " + p.name
	}
	return true
}

// toggleRank writes the rank where the file leaves it out, and the reverse.
func toggleRank(r *row, col int, _ *rng, _ *plot) bool {
	p := provinceOf(r.truth[col])
	if p == nil {
		return false
	}
	if r.source[col] == p.name {
		r.source[col] = p.fullName()
	} else {
		r.source[col] = p.name
	}
	return true
}

// formerName is the one that a province of the 63 bore until 31 December 2024.
func formerName(r *row, col int, g *rng, _ *plot) bool {
	if r.truth[col] != "46" {
		return false
	}
	r.source[col] = pick(g, []string{"Thừa Thiên Huế", "Tỉnh Thừa Thiên Huế", "Thừa Thiên - Huế"})
	return true
}
