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
	{"driving-licences.licence", 611, 55_300},
	{"social-protection.allowance", 50, 9_350},
	{"social-insurance.member", 399, 36_300},
	{"social-insurance.contribution", 2420, 234_000},
	{"businesses.business", 32, 6_000},
	{"land.parcel", 424, 68_100},
	{"education.pupil", 96, 10_640},
	{"health.birth-notice", 156, 35_400},
	{"health.visit", 907, 86_000},
	{"criminal-record.certificate", 53, 4_090},
	{"passports.passport", 142, 12_390},
}

// standing are the datasets that are the same however many people there are:
// records, and bytes of their file.
var standing = []estimate{
	{"administrative-units.unit", 19_550, 1_100_000},
	{"administrative-units.succession", 15_100, 849_000},
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
	for _, e := range standing {
		r.Datasets = append(r.Datasets, DatasetReport{Dataset: e.dataset, Rows: e.rows})
		r.Rows += e.rows
		r.Bytes += e.bytes
	}
	return r
}

// truthBytesPerThousand is what a thousand people add to the truth's files.
const truthBytesPerThousand = 450_000

// TruthBytes estimates the size of the truth beside the country.
func TruthBytes(people int) int64 { return truthBytesPerThousand * int64(people) / 1000 }

// PeopleFor is how many people make about so many records (within 2 in 100).
func PeopleFor(records int64) int {
	var perThousand int64
	for _, e := range estimates {
		perThousand += e.rows
	}
	for _, e := range standing {
		records -= e.rows
	}
	return max(1, int(math.Ceil(float64(records)*1000/float64(perThousand))))
}
