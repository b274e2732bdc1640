package demo

import (
	"context"
	"errors"
	"hash/fnv"
	"path"

	"github.com/sen-hub/sen"
)

// An agencyFile is one file of an agency, with the datasets it holds.
type agencyFile struct {
	path     string // below Options.Dir
	format   string
	encoding string
	datasets []dataset
	open     func(stage *staged, datasets []dataset) (output, error)
}

// agencyFiles is the country's data, file by file.
func agencyFiles() []agencyFile {
	return []agencyFile{
		{"population/person.parquet", "parquet", "UTF-8", []dataset{personDataset()}, openParquet},
		{"residence/registration.csv", "csv", "UTF-8", []dataset{registrationDataset()}, openCSV(',', "\n", utf8Text)},
		{"civil-status/birth.csv", "csv", "TCVN3", []dataset{birthDataset()}, openCSV(';', "\r\n", toTCVN3)},
		{"civil-status/marriage.csv", "csv", "TCVN3", []dataset{marriageDataset()}, openCSV(';', "\r\n", toTCVN3)},
		{"civil-status/death.csv", "csv", "TCVN3", []dataset{deathDataset()}, openCSV(';', "\r\n", toTCVN3)},
		{"health-insurance/card.jsonl", "json", "UTF-8", []dataset{cardDataset()}, openJSONLines},
		{"vehicles/vehicles.sqlite", "sqlite", "UTF-8", []dataset{vehicleDataset(), transferDataset()}, openSQLite},
		{"tax/taxpayer.csv", "csv", "VNI", []dataset{taxpayerDataset()}, openCSV('\t', "\r\n", toVNI)},
		{"driving-licences/licence.csv", "csv", "UTF-8", []dataset{licenceDataset()}, openCSV(',', "\n", utf8Text)},
		{"social-protection/allowance.xlsx", "xlsx", "UTF-8", []dataset{allowanceDataset()}, openXLSX},
		{"social-insurance/member.sqlite", "sqlite", "UTF-8", []dataset{memberDataset()}, openSQLite},
		{"social-insurance/contribution.csv", "csv", "UTF-8", []dataset{contributionDataset()}, openCSV(',', "\n", utf8Text)},
		{"businesses/business.csv", "csv", "UTF-8", []dataset{businessDataset()}, openCSV(';', "\n", utf8Text)},
		{"land/land.sqlite", "sqlite", "UTF-8", []dataset{parcelDataset()}, openSQLite},
		{"education/pupil.csv", "csv", "TCVN3", []dataset{pupilDataset()}, openCSV(',', "\r\n", toTCVN3)},
		{"health/birth-notice.jsonl", "json", "UTF-8", []dataset{noticeDataset()}, openJSONLines},
		{"health/visit.csv", "csv", "UTF-8", []dataset{visitDataset()}, openCSV(';', "\n", utf8Text)},
		{"criminal-record/certificate.csv", "csv", "VNI", []dataset{certificateDataset()}, openCSV(';', "\r\n", toVNI)},
		{"passports/passport.sqlite", "sqlite", "UTF-8", []dataset{passportDataset()}, openSQLite},
		{"administrative-units/units.sqlite", "sqlite", "UTF-8", []dataset{unitDataset(), successionDataset()}, openSQLite},
	}
}

// job writes one file from the first family to the last.
type job struct {
	land   *land
	tables []*table
	out    output
	people *peopleFile // the lives themselves; nil for all jobs but one
	only   []bool      // the provinces whose families it writes; nil: all
}

// openJobs opens every file; on an error, too, it gives the jobs begun.
func openJobs(o Options, l *land, tally *tally, stage *staging) ([]*job, error) {
	var jobs []*job
	for _, r := range regions(o.Sources) {
		for _, f := range r.files() {
			j := &job{land: l, only: r.only}
			jobs = append(jobs, j)
			if err := j.open(f, o, tally, stage); err != nil {
				return jobs, err
			}
		}
	}
	if o.Truth == "" {
		return jobs, nil
	}
	people, err := openPeopleFile(stage, o.Truth)
	if err != nil {
		return jobs, err
	}
	return append(jobs, &job{land: l, people: people}), nil
}

func (j *job) open(f agencyFile, o Options, tally *tally, stage *staging) error {
	s, err := stage.source(o.Dir, f.path)
	if err != nil {
		return err
	}
	if j.out, err = f.open(s, f.datasets); err != nil {
		j.out = nil
		return sen.Errorf(sen.Unavailable, "open %s: %w", f.path, err)
	}
	for i, d := range f.datasets {
		t := newTable(d, f, j.land, tally)
		t.out, t.slot = j.out, i
		if o.Truth != "" {
			if t.truth, err = openTruthFile(stage, o.Truth, d); err != nil {
				return err
			}
		}
		j.tables = append(j.tables, t)
	}
	return nil
}

func newTable(d dataset, f agencyFile, l *land, tally *tally) *table {
	t := &table{dataset: d, draws: newDraws(d.columns, f.format == "csv"), tally: tally}
	t.row.columns = d.columns
	t.plot = plot{unicode: f.encoding == "UTF-8", land: l}
	t.count = DatasetReport{Dataset: d.id, File: path.Clean(f.path), Format: f.format, Encoding: f.encoding, Planted: map[string]int64{}}
	for i := range d.columns {
		if d.columns[i].key {
			t.key = i
		}
	}
	return t
}

// run writes the rows of all families, as they come, and closes the files.
func (j *job) run(ctx context.Context, batches <-chan *batch) error {
	for b := range batches {
		if err := j.step(ctx); err != nil {
			return j.abandon(err)
		}
		for i := range b.families {
			if f := &b.families[i]; j.only == nil || j.only[f.home] {
				j.fill(f)
			}
		}
		b.release()
	}
	for _, t := range j.tables {
		t.releaseHeld(true)
	}
	if err := j.step(ctx); err != nil {
		return j.abandon(err)
	}
	return j.close()
}

// abandon closes what is open after an error; what closing says then only
// repeats it.
func (j *job) abandon(err error) error {
	_ = j.close()
	return err
}

func (j *job) fill(f *family) {
	for _, t := range j.tables {
		t.rng = stream(j.land.seed, useRows+datasetNumber(t.id), uint64(f.unit))
		t.fill(f, t)
	}
	if j.people != nil {
		j.people.write(f)
	}
}

// datasetNumber tells the streams of datasets apart.
func datasetNumber(d sen.Dataset) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(d)) // a hash takes everything
	return uint64(h.Sum32())
}

// step reports progress and gives the first error of the tables.
func (j *job) step(ctx context.Context) error {
	if ctx.Err() != nil {
		return sen.Errorf(sen.Canceled, "making the country was stopped: %w", context.Cause(ctx))
	}
	for _, t := range j.tables {
		t.report()
		if t.err != nil {
			return sen.Errorf(sen.Unavailable, "write %s: %w", t.count.File, t.err).WithHint("check the space left on the disk")
		}
	}
	if j.people != nil && j.people.err != nil {
		return sen.Errorf(sen.Unavailable, "write people: %w", j.people.err).WithHint("check the space left on the disk")
	}
	return nil
}

func (j *job) close() error {
	var errs []error
	if j.out != nil {
		errs = append(errs, j.out.close())
	}
	for _, t := range j.tables {
		if t.truth != nil {
			errs = append(errs, t.truth.close())
		}
	}
	if j.people != nil {
		errs = append(errs, j.people.close())
	}
	if err := errors.Join(errs...); err != nil {
		return sen.Errorf(sen.Unavailable, "close: %w", err).WithHint("check the space left on the disk")
	}
	return nil
}
