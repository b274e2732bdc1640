package desk

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

// The stages of a source on its way into the hub.
const (
	Ready        = "ready"        // its contract is sound; it was never read
	Connected    = "connected"    // it was reached, and is not certified yet
	Synchronised = "synchronised" // a certificate speaks of it
)

// What can stand in a dataset's way; other texts are errors in their own words.
const (
	BlockSecret = "state-secret"
	BlockFile   = "no-file"
	BlockLate   = "late"

	// What ended the last attempt, as kinds of error.
	BlockDrift       = "drift"
	BlockUnavailable = "unavailable"
	BlockInvalid     = "invalid"
	BlockCorrupt     = "corrupt"
	BlockInternal    = "internal"
)

// Never is the state of a dataset that no run has read.
const Never = "never"

// Systems are the hub's datasets, and where each stands.
type Systems struct {
	Hub      string         `json:"hub"`
	Country  string         `json:"country"`
	Sources  map[string]int `json:"sources"` // agencies by stage
	Datasets []System       `json:"datasets"`
	Problems int            `json:"contract_errors"`
}

// System is where one dataset stands.
type System struct {
	Dataset   sen.Dataset `json:"dataset"`
	Source    string      `json:"source"`
	Stage     string      `json:"stage"` // ready, connected, synchronised
	State     string      `json:"state"` // of the last run: never, extracting, committing, certified, failed
	Run       string      `json:"run,omitempty"`
	Certified *time.Time  `json:"certified,omitempty"` // when the last certificate was signed
	Age       int64       `json:"age_seconds,omitempty"`
	In        int64       `json:"in"`
	Clean     int64       `json:"clean"`
	Held      int64       `json:"quarantined"`
	Proof     string      `json:"certificate,omitempty"` // the source's digest, as people compare it
	Error     string      `json:"error,omitempty"`
	Trouble   string      `json:"trouble,omitempty"` // the kind of error with which the last attempt ended
	Blocks    string      `json:"blocks,omitempty"`  // state-secret, no-file, late, a kind of error, or an error's words
}

// Systems says where datasets stand. It reads the declarations and the state,
// and no data; no server is asked.
func (d *Desk) Systems(ctx context.Context, datasets []contract.Dataset) (Systems, error) {
	a := Systems{Hub: d.o.Dir, Country: d.o.Country, Problems: len(d.o.Problems.Errors())}
	for _, one := range datasets {
		line, err := d.System(ctx, one)
		if err != nil {
			return a, err
		}
		a.Datasets = append(a.Datasets, line)
	}
	a.Sources = a.agencies()
	return a, nil
}

// System says where one dataset stands.
func (d *Desk) System(ctx context.Context, one contract.Dataset) (System, error) {
	line, err := Standing(ctx, d.o.State, one, d.o.Now())
	if err != nil {
		return line, err
	}
	line.Blocks = d.blocks(one, line)
	return line, nil
}

// Standing is where one dataset stands by the state alone; s is nil where the
// hub has no state yet.
func Standing(ctx context.Context, s *state.State, d contract.Dataset, now time.Time) (System, error) {
	line := System{Dataset: d.Name, Source: d.Path(), Stage: Ready, State: Never}
	if s == nil {
		return line, nil
	}
	var err error
	if line.Trouble, err = s.Trouble(ctx, d.Name); err != nil {
		return line, err
	}
	runs, err := s.Runs(ctx, d.Name, 1)
	if err != nil || len(runs) == 0 {
		return line, err
	}
	line.Stage = Connected
	line.State, line.Run, line.Error = string(runs[0].State), runs[0].ID, runs[0].Error
	last, ok, err := s.LatestCertified(ctx, d.Name)
	if err != nil || !ok {
		return line, err
	}
	return line, line.certified(ctx, s, last, now)
}

// certified adds what the newest certificate says.
func (l *System) certified(ctx context.Context, s *state.State, last state.Run, now time.Time) error {
	cert, err := certificate(ctx, s, last.ID)
	if err != nil {
		return err
	}
	l.Stage, l.Certified = Synchronised, &last.Finished
	l.In, l.Clean, l.Held, l.Proof = cert.In(), cert.Clean(), cert.Quarantined(), cert.Source.Digest.Short()
	l.Age = int64(now.Sub(last.Finished).Seconds())
	return nil
}

func certificate(ctx context.Context, s *state.State, run string) (cert flow.Certificate, err error) {
	kept, err := s.Certificate(ctx, run)
	if err != nil {
		return cert, err
	}
	if err := json.Unmarshal(kept.Body, &cert); err != nil {
		return cert, sen.Errorf(sen.Corrupt, "the certificate of run %s cannot be read: %w", run, err)
	}
	return cert, nil
}

// blocks is what stands in the way of a dataset's next sync, or makes it due;
// nothing is opened and nobody is asked.
func (d *Desk) blocks(one contract.Dataset, l System) string {
	switch {
	case one.StateSecret():
		return BlockSecret
	case live.Reads(one.Server):
		if _, err := live.FromContract(one.Contract.File, d.o.Dir, one.Server); err != nil {
			return err.Error()
		}
	default:
		at, err := source.Locate(d.o.Dir, one)
		if err != nil {
			return err.Error()
		}
		if found, err := filepath.Glob(at.Path); err == nil && len(found) == 0 {
			return BlockFile
		}
	}
	if l.Trouble != "" {
		return l.Trouble
	}
	if l.Error != "" && l.State != string(state.Certified) {
		return l.Error
	}
	if within, _, ok := one.Freshness(); ok && l.Certified != nil && time.Duration(l.Age)*time.Second > within {
		return BlockLate
	}
	return ""
}

// agencies counts the agencies by the stage that all of their datasets have
// reached.
func (a Systems) agencies() map[string]int {
	order := map[string]int{Ready: 0, Connected: 1, Synchronised: 2}
	least := map[string]string{}
	for _, l := range a.Datasets {
		agency := l.Dataset.Agency()
		if at, seen := least[agency]; !seen || order[l.Stage] < order[at] {
			least[agency] = l.Stage
		}
	}
	out := map[string]int{}
	for _, stage := range least {
		out[stage]++
	}
	return out
}
