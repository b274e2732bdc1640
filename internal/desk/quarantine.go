package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/state"
	"github.com/sen-hub/sen/internal/text"
)

// HeldRule is one reason for which rows were kept back: a count, no values.
type HeldRule struct {
	Rule     string        `json:"rule"`
	Column   string        `json:"column,omitempty"`
	Meaning  string        `json:"meaning,omitempty"`
	Rows     int64         `json:"rows"`
	Datasets []sen.Dataset `json:"datasets"`
}

// HeldBack adds up why rows are in quarantine after each dataset's last
// certified run, the most frequent reason first.
func (d *Desk) HeldBack(ctx context.Context, lang text.Lang, datasets []contract.Dataset) ([]HeldRule, error) {
	out := []HeldRule{}
	if d.o.State == nil {
		return out, nil
	}
	place := map[string]int{}
	for _, one := range datasets {
		last, ok, err := d.o.State.LatestCertified(ctx, one.Name)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		held, err := d.o.State.Quarantine(ctx, last.ID)
		if err != nil {
			return nil, err
		}
		for _, q := range held {
			i, seen := place[q.Rule]
			if !seen {
				i = len(out)
				place[q.Rule] = i
				out = append(out, HeldRule{Rule: q.Rule, Column: q.Column, Meaning: d.Meaning(lang, one, q.Rule, q.Column)})
			}
			out[i].Rows += q.Rows
			out[i].Datasets = append(out[i].Datasets, one.Name)
		}
	}
	slices.SortStableFunc(out, func(a, b HeldRule) int { return cmp.Compare(b.Rows, a.Rows) })
	return out, nil
}

// MostReleased is how many rows a dataset has at most that is cleaned again
// while somebody waits; the command line takes all.
const MostReleased = 200_000

// Released is what came of a release.
type Released struct {
	Run    string `json:"run"` // "": the contract says what it said, and nothing was done
	Before int64  `json:"before"`
	After  int64  `json:"after"` // rows kept back
}

// Release cleans again what has landed of a dataset, under the contract as it is
// in the hub's folder now. Errors: Invalid where the contract has errors or the
// dataset is too large to wait for; Busy where a run of it is under way.
func (d *Desk) Release(ctx context.Context, by sen.Principal, name sen.Dataset) (Released, error) {
	one, err := d.reread(name)
	if err != nil {
		return Released{}, err
	}
	before, err := d.System(ctx, one)
	if err != nil {
		return Released{}, err
	}
	if before.In > MostReleased {
		return Released{}, sen.Errorf(sen.Invalid, "%s has %d rows: too many to wait for here", name, before.In).WithHint("`sen quarantine release %s` does it", name).
			InVietnamese(fmt.Sprintf("%s có %d dòng: quá nhiều để chờ ở đây", name, before.In), "`sen quarantine release "+string(name)+"` làm được")
	}
	out := d.o.Flow.Release(ctx, one, flow.Demand{By: by})
	if out.Err != nil || out.Unchanged {
		return Released{Before: before.Held, After: before.Held}, out.Err
	}
	return Released{Run: out.Certificate.Run, Before: before.Held, After: out.Certificate.Quarantined()}, d.o.Settle(context.WithoutCancel(ctx))
}

// reread is a dataset as its contract declares it in the hub's folder now.
func (d *Desk) reread(name sen.Dataset) (contract.Dataset, error) {
	set, problems := d.o.Reread()
	if faults := problems.Errors(); len(faults) > 0 {
		return contract.Dataset{}, sen.Errorf(sen.Invalid, "%d errors in contracts", len(faults)).WithHint("`sen contract check contracts/*.odcs.yaml` names them").
			InVietnamese(fmt.Sprintf("hợp đồng có %d lỗi", len(faults)), "`sen contract check contracts/*.odcs.yaml` chỉ ra từng lỗi")
	}
	for _, one := range set.Datasets() {
		if one.Name == name {
			return one, nil
		}
	}
	return contract.Dataset{}, sen.Errorf(sen.NotFound, "no contract declares %s any more", name).InVietnamese("không còn hợp đồng nào khai "+string(name), "")
}

// ReleasedBy is what came of a run that a release began; false where no such run
// was certified after another.
func (d *Desk) ReleasedBy(ctx context.Context, name sen.Dataset, run string) (Released, bool, error) {
	runs, err := d.Runs(ctx, name)
	if err != nil {
		return Released{}, false, err
	}
	runs = slices.DeleteFunc(runs, func(r state.Run) bool { return r.State != state.Certified })
	i := slices.IndexFunc(runs, func(r state.Run) bool { return r.ID == run })
	if i < 0 || i+1 == len(runs) {
		return Released{}, false, nil
	}
	after, err := certificate(ctx, d.o.State, run)
	if err != nil {
		return Released{}, false, err
	}
	before, err := certificate(ctx, d.o.State, runs[i+1].ID)
	return Released{Run: run, Before: before.Quarantined(), After: after.Quarantined()}, err == nil, err
}
