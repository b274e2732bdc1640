package bench

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/sen-hub/sen/internal/dictionary/address"
	"github.com/sen-hub/sen/internal/dictionary/address/addresstest"
	"github.com/sen-hub/sen/internal/dictionary/address/published"
)

// Addressed is how well and how quickly addresses are read.
type Addressed struct {
	Units     int                 `json:"units"`
	Seed      uint64              `json:"seed"`
	Scores    []addresstest.Score `json:"scores"`
	All       addresstest.Score   `json:"all"`
	Split     int                 `json:"split_wards"` // all of whose successors were given, of
	SplitOf   int                 `json:"split_wards_of"`
	Threads   int                 `json:"threads"`
	Second    float64             `json:"addresses_per_second"`        // of so many threads together
	OneSecond float64             `json:"addresses_per_second_thread"` // of one
}

// Addresses writes every ward of the lists in a folder in many ways, reads what
// was written, and holds the answers against what is true, before it says how
// quick it was.
func Addresses(ctx context.Context, folder string, seed uint64) (Addressed, error) {
	country, err := published.Open(os.DirFS(folder))
	if err != nil {
		return Addressed{}, err
	}
	index, err := address.New(country.Units, country.Successions)
	if err != nil {
		return Addressed{}, err
	}
	out := Addressed{Units: index.Units(), Seed: seed, Threads: runtime.NumCPU(), All: addresstest.Score{Noise: "all"}}
	var all []addresstest.Case
	for _, n := range addresstest.Noises {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		cases := addresstest.Cases(country, n, seed)
		answers := make([]address.Answer, len(cases))
		r := index.Reader()
		for i, one := range cases {
			answers[i] = r.Resolve(one.Text, one.On)
		}
		score := addresstest.Judge(n, cases, answers)
		out.Scores, out.All = append(out.Scores, score), out.All.Add(score)
		all = append(all, cases...)
	}
	out.Split, out.SplitOf = splits(country, index)
	out.OneSecond, out.Second = readAll(index, all, 1), readAll(index, all, out.Threads)
	return out, nil
}

// splits counts the wards that were divided, and those of which all parts are
// given.
func splits(country published.Country, index *address.Index) (given, of int) {
	for _, o := range country.Old {
		parts := map[string]bool{}
		for _, n := range o.New {
			parts[n.Code] = true
		}
		if len(parts) < 2 {
			continue
		}
		of++
		a := index.Resolve(o.Ward+", "+o.District+", "+o.Province, published.Merger.AddDate(-1, 0, 0))
		for _, c := range a.Candidates {
			delete(parts, c.Now.Ward.Code)
		}
		if a.Problem == address.Split && len(parts) == 0 {
			given++
		}
	}
	return given, of
}

// readAll is how many addresses a second so many threads read together.
func readAll(index *address.Index, all []addresstest.Case, threads int) float64 {
	begun := time.Now()
	var group sync.WaitGroup
	for t := range threads {
		group.Go(func() {
			r := index.Reader()
			for i := t; i < len(all); i += threads {
				r.Resolve(all[i].Text, all[i].On)
			}
		})
	}
	group.Wait()
	return float64(len(all)) / time.Since(begun).Seconds()
}
