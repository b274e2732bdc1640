package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/cmd/sen/terminal"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/state"
)

// The stages of a source on its way into the hub.
const (
	stageReady        = "ready"        // its contract is sound; it was never read
	stageConnected    = "connected"    // it was reached, and is not certified yet
	stageSynchronised = "synchronised" // a certificate speaks of it
)

var stageWords = map[string]struct {
	vi, en string
	style  terminal.Style
}{
	stageReady:        {"sẵn sàng", "ready", terminal.Quiet},
	stageConnected:    {"đã kết nối", "connected", terminal.Warn},
	stageSynchronised: {"đã đồng bộ", "synchronised", terminal.Good},
}

// What can stand in a dataset's way; other texts are errors in their own words.
const (
	blockSecret = "state-secret"
	blockFile   = "no-file"
	blockLate   = "late"
)

var blockWords = map[string]struct{ vi, en string }{
	blockSecret: {"bí mật nhà nước: không đọc", "state secret: not read"},
	blockFile:   {"không có tệp nguồn", "no file where its contract says"},
	blockLate:   {"quá hạn cam kết", "older than promised"},
}

// certified adds what the newest certificate says.
func (l *statusLine) certified(ctx context.Context, s *state.State, last state.Run, now time.Time) error {
	kept, err := s.Certificate(ctx, last.ID)
	if err != nil {
		return err
	}
	var cert flow.Certificate
	if err := json.Unmarshal(kept.Body, &cert); err != nil {
		return sen.Errorf(sen.Corrupt, "the certificate of run %s cannot be read: %w", last.ID, err)
	}
	l.Stage, l.Certified = stageSynchronised, &last.Finished
	l.In, l.Clean, l.Held, l.Proof = cert.In(), cert.Clean(), cert.Quarantined(), cert.Source.Digest.Short()
	l.Age = int64(now.Sub(last.Finished).Seconds())
	return nil
}

// blocks is what stands in the way of a dataset's next sync, or makes it due;
// nothing is opened and nobody is asked.
func (d *declarations) blocks(one contract.Dataset, l statusLine) string {
	switch {
	case one.StateSecret():
		return blockSecret
	case live.Reads(one.Server):
		if _, err := live.FromContract(one.Contract.File, d.dir, one.Server); err != nil {
			return err.Error()
		}
	default:
		at, err := source.Locate(d.dir, one)
		if err != nil {
			return err.Error()
		}
		if found, err := filepath.Glob(at.Path); err == nil && len(found) == 0 {
			return blockFile
		}
	}
	if l.Error != "" && l.State != string(state.Certified) {
		return l.Error
	}
	if within, _, ok := one.Freshness(); ok && l.Certified != nil && time.Duration(l.Age)*time.Second > within {
		return blockLate
	}
	return ""
}

// sources counts the agencies by the stage that all of their datasets have
// reached.
func (a statusAnswer) sources() map[string]int {
	order := map[string]int{stageReady: 0, stageConnected: 1, stageSynchronised: 2}
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
