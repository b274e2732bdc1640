package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// Retained is what one dataset's tables gave up, or would give up.
type Retained struct {
	Dataset sen.Dataset     `json:"dataset"`
	Since   time.Time       `json:"since"` // reads as of then or later stay possible
	Kept    time.Duration   `json:"-"`     // before now
	Tables  []RetainedTable `json:"tables,omitempty"`
	Past    int64           `json:"past_retention"` // rows that the contract no longer keeps and the source still has
	Err     error           `json:"-"`
}

// RetainedTable is one table of it.
type RetainedTable struct {
	Kind lake.Kind `json:"table"`
	lake.Freed
	Left int `json:"snapshots_left"`
}

// young is how long a file that no snapshot names is spared: another program
// may be about to commit it.
const young = time.Hour

// Retain ends the life of what the hub keeps beside the present: snapshots
// that were replaced more than keep ago (or, where that is shorter, longer ago
// than the contract's retention), and files that nothing names. What the last
// certificate or an unfinished run needs stays, so that a dataset verifies and
// goes on as before. A dataset that is being synchronised is passed over, with
// its error of kind Busy.
//
// Rows of the present are never removed. The retention of ODCS (SLA property
// of Data QoS) is how long records are kept; it is the register that keeps
// them, and a hub that dropped a row which its source still has would certify
// what is not so, and bring it back with the next sync. Such rows are counted.
func (f *Flow) Retain(ctx context.Context, datasets []contract.Dataset, keep time.Duration, dryRun bool) []Retained {
	var out []Retained
	for _, d := range datasets {
		r := Retained{Dataset: d.Name, Kept: keep}
		if within, _, ok := d.Retention(); ok {
			r.Kept = min(keep, within)
		}
		r.Since = f.o.Now().Add(-r.Kept)
		r.Err = f.retain(ctx, d, dryRun, &r)
		out = append(out, r)
	}
	return out
}

func (f *Flow) retain(ctx context.Context, d contract.Dataset, dryRun bool, out *Retained) error {
	unlock, err := f.o.State.Lock(ctx, d.Name)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	r, err := f.needed(ctx, d.Name)
	if err != nil {
		return err
	}
	r.Since, r.Young = out.Since, young
	for _, kind := range []lake.Kind{lake.Landed, lake.Clean, lake.Quarantine} {
		one, err := f.retainTable(ctx, kind, d.Name, r, dryRun)
		if sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		out.Tables = append(out.Tables, one)
	}
	out.Past, err = f.pastRetention(ctx, d)
	return err
}

// RetainEntities ends the life of the links, golden records, relations and
// conflicts that later runs have replaced, and of files that nothing names.
func (f *Flow) RetainEntities(ctx context.Context, keep time.Duration, dryRun bool) ([]Retained, error) {
	tables, err := f.o.Lake.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []Retained
	for _, t := range tables {
		if !slices.Contains([]lake.Kind{lake.Golden, lake.Links, lake.Review, lake.Relations, lake.Conflicts}, t.Kind()) {
			continue
		}
		at := slices.IndexFunc(out, func(r Retained) bool { return r.Dataset == t.Dataset() })
		if at < 0 {
			at = len(out)
			out = append(out, Retained{Dataset: t.Dataset(), Kept: keep, Since: f.o.Now().Add(-keep)})
		}
		r := &out[at]
		one, err := f.retainTable(ctx, t.Kind(), t.Dataset(), lake.Retention{Since: r.Since, Young: young}, dryRun)
		if err != nil {
			r.Err = fmt.Errorf("%s: %w", t.Dataset(), err)
			continue
		}
		r.Tables = append(r.Tables, one)
	}
	return out, nil
}

func (f *Flow) retainTable(ctx context.Context, kind lake.Kind, name sen.Dataset, r lake.Retention, dryRun bool) (RetainedTable, error) {
	out := RetainedTable{Kind: kind}
	t, err := f.o.Lake.Lookup(ctx, kind, name)
	if err != nil {
		return out, err
	}
	before := len(t.Snapshots())
	if dryRun {
		out.Freed, err = t.PlanRetain(ctx, r)
	} else {
		out.Freed, err = t.Retain(ctx, r)
	}
	out.Left = before - out.Snapshots
	return out, err
}

// needed is what must stay whatever its age: the snapshots of the last
// certificate, and the files of its run and of one that is unfinished.
func (f *Flow) needed(ctx context.Context, name sen.Dataset) (lake.Retention, error) {
	files := map[string]bool{}
	out := lake.Retention{Keep: func(path string) bool { return files[path] }}
	last, ok, err := f.LastCertificate(ctx, name)
	if err != nil {
		return out, err
	}
	var runs []string
	if ok {
		runs = append(runs, last.Run)
		for _, id := range last.Tables {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return out, sen.Errorf(sen.Corrupt, "the certificate of run %s names a snapshot %q", last.Run, id)
			}
			out.Spare = append(out.Spare, n)
		}
		slices.Sort(out.Spare)
	}
	unfinished, open, err := f.o.State.UnfinishedRun(ctx, name)
	if err != nil {
		return out, err
	}
	if open {
		runs = append(runs, unfinished.ID)
	}
	for _, run := range runs {
		ranges, err := f.rangesOf(ctx, run)
		if err != nil {
			return out, err
		}
		for _, r := range ranges {
			for _, file := range r.Files {
				files[file.Path] = true
			}
		}
	}
	return out, nil
}

// pastRetention counts the clean rows that are older than the contract's
// retention, by the column that it names.
func (f *Flow) pastRetention(ctx context.Context, d contract.Dataset) (n int64, err error) {
	within, element, ok := d.Retention()
	p := d.Object.Property(columnOf(element))
	if !ok || p == nil || p.LogicalType != "date" && p.LogicalType != "timestamp" {
		return 0, nil
	}
	from, err := f.cleanScan(ctx, d.Name)
	if sen.KindOf(err) == sen.NotFound {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	c, err := f.o.Engine.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	err = c.Row(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE CAST(%s AS TIMESTAMP) < %s::TIMESTAMP",
		from, engine.Ident(p.Name), engine.Literal(f.o.Now().Add(-within).UTC().Format(time.DateTime))), &n)
	return n, err
}
