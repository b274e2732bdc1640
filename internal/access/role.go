package access

import (
	"slices"
	"strings"

	"github.com/sen-hub/sen"
)

// Act is what somebody may do or look at, apart from people's data.
type Act string

// Acts.
const (
	SeeSystems   Act = "see-systems"   // where datasets stand, their runs and certificates
	RunSync      Act = "run-sync"      // sync, pause, verify
	SeeQuality   Act = "see-quality"   // scores and counts
	SeeRows      Act = "see-rows"      // rows that fail, through the door
	Release      Act = "release"       // rows out of quarantine
	SeeCases     Act = "see-cases"     // correction cases
	Reply        Act = "reply"         // to a case, for the agency
	Review       Act = "review"        // say which records are one
	Confirm      Act = "confirm"       // what another has said
	SeePerson    Act = "see-person"    // a golden record, through the door
	Serve        Act = "serve"         // a citizen, one case at a time
	SeeFigures   Act = "see-figures"   // indicators and the country on one page
	SeeCatalogue Act = "see-catalogue" // datasets, elements, contracts
	ManageUsers  Act = "manage-users"
)

// Acts are all.
func Acts() []Act {
	return []Act{SeeSystems, RunSync, SeeQuality, SeeRows, Release, SeeCases, Reply, Review, Confirm, SeePerson, Serve, SeeFigures, SeeCatalogue, ManageUsers}
}

// acts is who may do what. Policy replaces it later.
var acts = map[string][]Act{
	"operator": {SeeSystems, RunSync, SeeQuality, SeeRows, Release, SeeCases, Reply, Review, SeePerson, SeeFigures, SeeCatalogue, ManageUsers},
	"steward":  {SeeSystems, SeeQuality, SeeRows, Release, SeeCases, Reply, Review, Confirm, SeePerson, SeeFigures, SeeCatalogue},
	"reviewer": {SeeSystems, Review, SeeCatalogue},
	"officer":  {Serve, SeeCatalogue},
	"leader":   {SeeFigures, SeeQuality, SeeSystems, SeeCatalogue},
	"agency":   {SeeSystems, SeeQuality, SeeRows, SeeCases, Reply, SeeCatalogue},
	"reader":   {SeeSystems, SeeCatalogue},
}

// May reports whether a principal may do something.
func May(p sen.Principal, a Act) bool { return slices.Contains(acts[p.Role], a) }

// Sees reports whether what is said of a dataset, apart from its records, is
// for a principal: an agency sees its own.
func Sees(p sen.Principal, dataset sen.Dataset) bool {
	return p.Role != "agency" || p.Agency != "" && dataset.Agency() == p.Agency
}

// Purposes for which people's data are read here.
const (
	QualityControl sen.Purpose = "quality-control"
	Correction     sen.Purpose = "correction"
	LinkReview     sen.Purpose = "link-review"
	Residence      sen.Purpose = "residence-confirmation"
	Statistics     sen.Purpose = "official-statistics" // figures that name nobody
)

// grant is which fields of which datasets a role may read for a purpose.
type grant struct {
	role     string
	purposes []sen.Purpose // none: any that is stated
	datasets []string      // names or prefixes; none: all
	own      bool          // only those of the principal's agency
	fields   []string      // none: all
}

// grants is who may read what for which purpose. Deny by default. Policy
// replaces it later.
var grants = []grant{
	{role: "operator"},
	{role: "steward", purposes: []sen.Purpose{QualityControl, Correction, LinkReview}},
	{role: "reviewer", purposes: []sen.Purpose{LinkReview}},
	{role: "agency", purposes: []sen.Purpose{Correction}, own: true},
	{role: "officer", purposes: []sen.Purpose{Residence}, datasets: []string{"entity.person"},
		fields: []string{"identity_number", "name", "residence", "ward", "province"}},
}

func (g grant) allows(r Request) bool {
	if g.role != r.Principal.Role || len(g.purposes) > 0 && !slices.Contains(g.purposes, r.Purpose) {
		return false
	}
	for _, dataset := range r.Dataset {
		if len(g.datasets) > 0 && !slices.ContainsFunc(g.datasets, dataset.Within) || g.own && !Sees(r.Principal, dataset) {
			return false
		}
		if len(g.fields) == 0 {
			continue
		}
		if len(r.Fields[dataset]) == 0 {
			return false // all fields are more than some
		}
		for _, f := range r.Fields[dataset] {
			if !slices.Contains(g.fields, f) {
				return false
			}
		}
	}
	return true
}

// granted is nil where the principal's role may read this for this purpose.
func granted(r Request) *sen.Error {
	known := func(g grant) bool { return g.role == r.Principal.Role }
	switch {
	case !slices.ContainsFunc(grants, known) || !strings.HasPrefix(r.Principal.ID, r.Principal.Role+":"):
		return denied("the principal's role may read nobody's data").
			WithHint("people who work at the command line are operators: operator:NAME").
			InVietnamese("vai này không được đọc dữ liệu của ai", "")
	case !slices.ContainsFunc(grants, func(g grant) bool { return g.allows(r) }):
		return denied("the role may not read this for this purpose").WithHint("ask a steward who may, or state the purpose that you have").
			InVietnamese("vai này không được đọc dữ liệu ấy cho mục đích này", "nhờ một người phụ trách dữ liệu được đọc, hoặc nêu mục đích bạn có")
	}
	return nil
}

// Purposes are those for which a role may read; nil: any that is stated, or
// none at all where the role may read nothing.
func Purposes(role string) (of []sen.Purpose, any bool) {
	for _, g := range grants {
		if g.role == role {
			if len(g.purposes) == 0 {
				return nil, true
			}
			of = append(of, g.purposes...)
		}
	}
	return of, false
}
