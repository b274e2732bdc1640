package demo

import (
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/sen-hub/sen"
)

// A region is a part of the country whose agencies keep sources of their own.
// A family's records all lie in the region of its home, so that what refers to
// a person finds them in that region's population register.
type region struct {
	slug, name string // "ha-noi", "Hà Nội"; empty for the whole country
	only       []bool // by province; nil for the whole country
	agencies   int    // the first so many of agencyNames, but for the
	reference  bool   // one of the whole country, whose units all others are read by
}

// Numbers of sources that a country can be cut into: each agency's one, or so
// many that one province is left for the others' region. Regions have the first
// six of the agencies; what the others do is done for the whole country only.
const (
	agencies = 6
	national = 16 // all of them
)

// MaxSources is the most sources that a country can have.
var MaxSources = agencies*(len(provinces)-1) + 1

// othersSlug is the region of the provinces that have none of their own.
const othersSlug = "cac-tinh-khac"

// regions cuts the country so that it has so many sources: the provinces with
// the most people each have their own agencies, and all others share theirs,
// which are by far the largest. Where the number is no multiple of six, the
// smallest of them lacks some.
func regions(sources int) []region {
	switch {
	case sources == 0:
		return []region{{agencies: national}}
	case sources <= national:
		return []region{{agencies: max(agencies+1, sources)}}
	}
	sources-- // the reference
	n := (sources + agencies - 1) / agencies
	order := make([]int, len(provinces))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return provinces[b].people - provinces[a].people })
	others := region{slug: othersSlug, name: "Các tỉnh khác", only: make([]bool, len(provinces)), agencies: agencies}
	for _, p := range order[n-1:] {
		others.only[p] = true
	}
	out := []region{others}
	for _, p := range order[:n-1] {
		r := region{slug: slug(provinces[p].name), name: provinces[p].name, only: make([]bool, len(provinces)), agencies: agencies}
		r.only[p] = true
		out = append(out, r)
	}
	out[len(out)-1].agencies -= n*agencies - sources
	return append(out, region{agencies: 1, reference: true})
}

// slug is a name in the letters that a dataset may have.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r) && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return b.String()
}

// agencyNames are the agencies in the order of their files.
func agencyNames() []string {
	var out []string
	for _, f := range agencyFiles() {
		if a := f.datasets[0].id.Agency(); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// agencyNames are the region's. A country has the units that addresses are read
// by, however few its agencies are.
func (r region) agencyNames() []string {
	const units = "administrative-units"
	switch {
	case r.reference:
		return []string{units}
	case r.slug == "" && r.agencies < national:
		return append(agencyNames()[:r.agencies-1:r.agencies-1], units)
	}
	return agencyNames()[:r.agencies]
}

// files are the region's own: below its folder, with its agencies' names.
func (r region) files() []agencyFile {
	has := r.agencyNames()
	var out []agencyFile
	for _, f := range agencyFiles() {
		if !slices.Contains(has, f.datasets[0].id.Agency()) {
			continue
		}
		if r.slug != "" {
			f.path = r.slug + "/" + f.path
			for i := range f.datasets {
				id := f.datasets[i].id
				f.datasets[i].id = sen.Dataset(r.agency(id.Agency()) + "." + id.Object())
			}
		}
		out = append(out, f)
	}
	return out
}

func (r region) agency(name string) string {
	if r.slug == "" {
		return name
	}
	return name + "-" + r.slug
}

// ContractsOf are the contracts of a country of so many sources, by file name;
// those of Contracts where each agency has one source.
func ContractsOf(sources int) (map[string]string, error) {
	out := map[string]string{}
	for _, r := range regions(sources) {
		for _, agency := range r.agencyNames() {
			text, err := fs.ReadFile(Contracts(), agency+".odcs.yaml")
			if err != nil {
				return nil, err
			}
			out[r.agency(agency)+".odcs.yaml"] = r.contract(agency, string(text))
		}
	}
	return out, nil
}

// contract is the agency's contract as the region's own.
func (r region) contract(agency, text string) string {
	if r.slug == "" {
		return text
	}
	own := r.agency(agency)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case line == "id: "+agency:
			lines[i] = "id: " + own
		case line == "domain: "+agency:
			lines[i] = "domain: " + own
		case strings.HasPrefix(line, "name: "):
			lines[i] = line + ", " + r.name
		}
	}
	text = strings.Join(lines, "\n")
	text = strings.ReplaceAll(text, "sources/"+agency, "sources/"+r.slug+"/"+agency)
	return strings.ReplaceAll(text, "population.odcs.yaml#", "population-"+r.slug+".odcs.yaml#")
}
