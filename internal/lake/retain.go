package lake

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/sen-hub/sen/internal/object"
)

// Retention says what a table keeps beyond its current snapshot. The zero
// value keeps every snapshot, and no file that none of them names.
type Retention struct {
	Since time.Time              // reads as of this time or later stay possible; older ones end
	Spare []int64                // snapshots that are kept whatever their age, and all after them, so that no time between reads as another
	Keep  func(path string) bool // files that are kept though no snapshot names them; may be nil
	Young time.Duration          // a file that no snapshot has ever named is spared until it is so old: it may be on its way into a commit
}

// Freed is what a table gave up, or would give up.
type Freed struct {
	Snapshots int   `json:"snapshots"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
}

// Retain removes the snapshots that another had succeeded by r.Since, then
// the files that no snapshot names any more: theirs, and those that a run left
// which was killed before its commit. A read that runs on a removed snapshot
// fails. Ended at any point, it leaves at most files that the next Retain
// takes. The caller sees to it that no run of the dataset is on its way.
func (t *Table) Retain(ctx context.Context, r Retention) (Freed, error) {
	var done Freed
	expired := map[string]bool{} // a file of theirs was committed once: its age says nothing
	err := t.update(ctx, func(s *state) (*stage, error) {
		gone := outdated(s.meta, r)
		done.Snapshots = len(gone)
		if len(gone) == 0 {
			return nil, nil
		}
		ids := make([]int64, len(gone))
		for i, old := range gone {
			ids[i] = old.SnapshotID
		}
		return &stage{updates: []table.Update{table.NewRemoveSnapshotsUpdate(ids, false)}}, t.reach(ctx, gone, expired)
	})
	if err != nil {
		return Freed{}, err
	}
	t.lake.hook(PointExpired)
	litter, err := t.litter(ctx, nil, expired, r)
	for _, file := range litter {
		t.lake.hook(PointSwept)
		if err := t.lake.place.Remove(ctx, file.Name); err != nil {
			return done, fmt.Errorf("remove an unused file of the lake: %w", err)
		}
		done.Files, done.Bytes = done.Files+1, done.Bytes+file.Bytes
	}
	t.lake.log.Info("retained", "table", string(t.Kind())+" "+string(t.Dataset()),
		"removed_snapshots", done.Snapshots, "removed_files", done.Files, "removed_bytes", done.Bytes)
	return done, err
}

// PlanRetain is what Retain would remove now.
func (t *Table) PlanRetain(ctx context.Context, r Retention) (Freed, error) {
	s, err := t.refresh(ctx)
	if err != nil {
		return Freed{}, err
	}
	gone, expired := outdated(s.meta, r), map[string]bool{}
	if err := t.reach(ctx, gone, expired); err != nil {
		return Freed{}, err
	}
	litter, err := t.litter(ctx, gone, expired, r)
	out := Freed{Snapshots: len(gone), Files: len(litter)}
	for _, file := range litter {
		out.Bytes += file.Bytes
	}
	return out, err
}

// outdated are the snapshots that another had succeeded by r.Since, but for
// the current one, what somebody tagged, and from those to spare on.
func outdated(meta table.Metadata, r Retention) []table.Snapshot {
	all := meta.Snapshots()
	newest := int64(-1)
	for _, s := range all {
		if s.TimestampMs <= r.Since.UnixMilli() {
			newest = max(newest, s.TimestampMs)
		}
	}
	for _, id := range r.Spare {
		if s := meta.SnapshotByID(id); s != nil {
			newest = min(newest, s.TimestampMs)
		}
	}
	tagged := map[int64]bool{} // the current one is, and what somebody named
	for _, ref := range meta.Refs() {
		tagged[ref.SnapshotID] = true
	}
	var out []table.Snapshot
	for _, s := range all {
		if s.TimestampMs < newest && !tagged[s.SnapshotID] {
			out = append(out, s)
		}
	}
	return out
}

// litter are the files of the table's folder that nothing names, once these
// snapshots are gone.
func (t *Table) litter(ctx context.Context, without []table.Snapshot, expired map[string]bool, r Retention) ([]object.Info, error) {
	var files []object.Info
	err := t.lake.place.List(ctx, t.folder+"/", func(i object.Info) error { files = append(files, i); return nil })
	if err != nil {
		return nil, fmt.Errorf("look through the lake: %w", err)
	}
	// Read what is named only now: a file found above that was committed
	// meanwhile is then named.
	named, err := t.named(ctx, without)
	if err != nil {
		return nil, err
	}
	before := time.Now().Add(-r.Young)
	var out []object.Info
	var sealed []string
	for _, f := range files {
		path := t.lake.root + "/" + f.Name
		kept := named[path] || r.Keep != nil && r.Keep(path)
		switch {
		case !kept && (expired[path] || f.Modified.Before(before)):
			out = append(out, f)
		case named[path] && f.Draft: // a process ended before it took the draft away
			sealed = append(sealed, f.Name)
		}
	}
	return out, t.lake.place.Sync(ctx, sealed)
}

// named are the paths of all files that the table's metadata names, but for
// those of some snapshots alone.
func (t *Table) named(ctx context.Context, without []table.Snapshot) (map[string]bool, error) {
	s, err := t.refresh(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{local(s.at): true}
	for older := range s.meta.PreviousFiles() {
		out[local(older.MetadataFile)] = true
	}
	gone := map[int64]bool{}
	for _, one := range without {
		gone[one.SnapshotID] = true
	}
	var left []table.Snapshot
	for _, one := range s.meta.Snapshots() {
		if !gone[one.SnapshotID] {
			left = append(left, one)
		}
	}
	return out, t.reach(ctx, left, out)
}

// reach adds to paths all files that snapshots name.
func (t *Table) reach(ctx context.Context, snapshots []table.Snapshot, paths map[string]bool) error {
	for _, s := range snapshots {
		paths[local(s.ManifestList)] = true
		manifests, err := s.Manifests(t.lake.reader(ctx))
		if err != nil {
			return t.damaged(s.ManifestList, err)
		}
		for _, m := range manifests {
			if paths[local(m.FilePath())] {
				continue // many snapshots share a manifest
			}
			paths[local(m.FilePath())] = true
			for entry, err := range m.Entries(t.lake.reader(ctx), true) {
				if err != nil {
					return t.damaged(m.FilePath(), err)
				}
				paths[local(entry.DataFile().FilePath())] = true
			}
		}
	}
	return nil
}
