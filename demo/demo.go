// Package demo makes the demonstration country: sixteen agencies whose files hold
// the same made-up people, each in its own format, spelling and encoding, with
// errors planted at stated rates and the truth written elsewhere.
//
// In: a number of people and a seed. Out: the agencies' files under one folder
// (a hub's sources/), their contracts, and, outside the hub, one Parquet file
// of expected values per dataset. The same options give the same bytes.
//
// It never reads a clock, never holds more than a thousand families and one buffer
// per file in memory, and knows nothing of the rooms that clean: what it calls true
// is decided here, from the same public rules, so that it cannot be the
// cleaner's mirror. Nobody in it exists.
package demo

import (
	"context"
	"embed"
	"io/fs"
	"sync"

	"github.com/sen-hub/sen"
	"golang.org/x/sync/errgroup"
)

// MaxPeople is the largest country: beyond it the six free digits of an
// identity number no longer suffice for the largest province (see identity.go).
const MaxPeople = 15_000_000

// ReferenceDate is the day on which the country is seen: the last on which its
// 63 provinces stood, so that every record was written under their codes. No
// date in any file is later.
const ReferenceDate = "2025-06-30"

var today = dayOf(2025, 6, 30)

// Options says which country to make and where.
type Options struct {
	People int    // how many, living and dead: 1 … MaxPeople
	Seed   uint64 // another seed is another country
	Dir    string // the agencies' files: a hub's sources folder
	Truth  string // the expected values; empty writes none

	// Sources is how many agencies there are. 0 is sixteen; from seven to sixteen,
	// each is one for the whole country; more than that are agencies by
	// province: see regions.
	Sources int

	// Namesakes plants pairs that records cannot tell apart: see nameAlike. The
	// countries that benchmarks are measured on have none.
	Namesakes bool

	// Progress is told, now and then and once at the end, how many records are
	// made and about how many there will be. It may be nil.
	Progress func(done, total int64)
}

// DatasetReport says what was written for one dataset.
type DatasetReport struct {
	Dataset     sen.Dataset      `json:"dataset"`
	File        string           `json:"file"` // relative to Options.Dir
	Format      string           `json:"format"`
	Encoding    string           `json:"encoding"`
	Rows        int64            `json:"rows"` // = Clean + Quarantined
	Clean       int64            `json:"clean"`
	Quarantined int64            `json:"quarantined"`
	Planted     map[string]int64 `json:"planted"` // rows by kind of planted error
}

// Report says what was written.
type Report struct {
	Datasets []DatasetReport `json:"datasets"`
	Rows     int64           `json:"rows"`
	Bytes    int64           `json:"bytes"` // of the agencies' files, without the truth
}

//go:embed contracts/*.odcs.yaml
var contracts embed.FS

//go:embed entities/*.yaml
var entities embed.FS

// Entities are the entity files of the whole country.
func Entities() fs.FS {
	below, err := fs.Sub(entities, "entities")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return below
}

//go:embed indicators/*.yaml
var indicators embed.FS

// Indicators are the indicator files of the whole country.
func Indicators() fs.FS {
	below, err := fs.Sub(indicators, "indicators")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return below
}

// Contracts holds the agencies' contracts, one "<agency>.odcs.yaml" each;
// their servers' paths are relative to a hub whose sources/ is Options.Dir.
func Contracts() fs.FS {
	sub, err := fs.Sub(contracts, "contracts")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Generate makes the country. Files appear under their names only when all of
// them are whole; on an error or a cancelled context none does.
func Generate(ctx context.Context, o Options) (Report, error) {
	if o.People < 1 || o.People > MaxPeople {
		return Report{}, sen.Errorf(sen.Invalid, "a country of %d people cannot be made", o.People).
			WithHint("ask for 1 to %d people", MaxPeople)
	}
	if o.Sources > MaxSources {
		return Report{}, sen.Errorf(sen.Invalid, "a country of %d sources cannot be made", o.Sources).
			WithHint("ask for 7 to %d sources", MaxSources)
	}
	stage := &staging{}
	defer stage.discard()
	land := newLand(o.Seed)
	land.namesakes = o.Namesakes
	tally := &tally{total: Plan(o.People).Rows, report: o.Progress}
	jobs, err := openJobs(o, land, tally, stage)
	if err != nil {
		for _, j := range jobs {
			_ = j.abandon(err)
		}
		return Report{}, err
	}
	group, ctx := errgroup.WithContext(ctx)
	readers := make([]chan *batch, len(jobs))
	for i, j := range jobs {
		readers[i] = make(chan *batch, batchesInFlight)
		group.Go(func() error { return j.run(ctx, readers[i]) })
	}
	group.Go(func() error { return makeFamilies(ctx, land, o.People, readers) })
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	if err := stage.publish(); err != nil {
		return Report{}, err
	}
	tally.finish()
	return report(jobs, stage), nil
}

func report(jobs []*job, stage *staging) Report {
	var r Report
	for _, j := range jobs {
		for _, t := range j.tables {
			r.Datasets = append(r.Datasets, t.count)
			r.Rows += t.count.Rows
		}
	}
	r.Bytes = stage.sourceBytes
	return r
}

// tally adds up the records of all files as they are made.
type tally struct {
	mu     sync.Mutex
	done   int64
	total  int64
	report func(done, total int64)
}

func (t *tally) add(rows int64) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += rows
	t.total = max(t.total, t.done)
	t.report(t.done, t.total)
}

func (t *tally) finish() {
	if t.report != nil {
		t.report(t.done, t.done)
	}
}
