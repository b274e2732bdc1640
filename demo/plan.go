package demo

import (
	"math"

	"github.com/sen-hub/sen"
)

// estimate is what a thousand people add to a dataset: records, and bytes of
// the agency's file (measured on a million people; see TestThePlanIsNearTheCountry).
type estimate struct {
	dataset sen.Dataset
	rows    int64
	bytes   int64
}

var estimates = []estimate{
	{"population.person", 1003, 34_300},
	{"residence.registration", 1173, 198_000},
	{"civil-status.birth", 585, 67_800},
	{"civil-status.marriage", 206, 24_000},
	{"civil-status.death", 93, 8_450},
	{"health-insurance.card", 843, 258_700},
	{"vehicles.registration", 596, 106_100},
	{"vehicles.transfer", 119, 12_400},
	{"tax.taxpayer", 694, 100_300},
}

// Plan estimates rows and bytes of the country of so many people, before it is made.
func Plan(people int) Report {
	var r Report
	for _, e := range estimates {
		d := DatasetReport{Dataset: e.dataset, Rows: e.rows * int64(people) / 1000}
		r.Datasets = append(r.Datasets, d)
		r.Rows += d.Rows
		r.Bytes += e.bytes * int64(people) / 1000
	}
	return r
}

// truthBytesPerThousand is what a thousand people add to the truth's files.
const truthBytesPerThousand = 301_000

// TruthBytes estimates the size of the truth beside the country.
func TruthBytes(people int) int64 { return truthBytesPerThousand * int64(people) / 1000 }

// PeopleFor is how many people make about so many records (within 2 in 100).
func PeopleFor(records int64) int {
	var perThousand int64
	for _, e := range estimates {
		perThousand += e.rows
	}
	return max(1, int(math.Ceil(float64(records)*1000/float64(perThousand))))
}
