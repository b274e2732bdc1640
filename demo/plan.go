package demo

import "github.com/sen-hub/sen"

// estimate is what a person adds to a dataset's file: records and bytes.
type estimate struct {
	dataset sen.Dataset
	rows    float64
	bytes   float64
}

var estimates = []estimate{}

// Plan estimates the country of so many people.
func Plan(people int) Report {
	var r Report
	for _, e := range estimates {
		d := DatasetReport{Dataset: e.dataset, Rows: int64(e.rows * float64(people))}
		r.Datasets = append(r.Datasets, d)
		r.Rows += d.Rows
		r.Bytes += int64(e.bytes * float64(people))
	}
	return r
}
