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
	{"population.person", 1003, 35_300},
	{"residence.registration", 1137, 192_000},
	{"civil-status.birth", 604, 69_300},
	{"civil-status.marriage", 210, 24_500},
	{"civil-status.death", 123, 11_200},
	{"health-insurance.card", 815, 249_800},
	{"vehicles.registration", 590, 105_000},
	{"vehicles.transfer", 117, 12_300},
	{"tax.taxpayer", 687, 99_300},
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
