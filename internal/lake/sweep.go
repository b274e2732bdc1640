package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/sen-hub/sen"
)

// Sweep removes the files that no snapshot names: what a run left behind that
// was killed before its commit, manifests of a lost race, torn temporary
// files. It spares a file for which keep is true (keep may be nil), those of
// live runs, and any younger than olderThan. It returns the paths removed.
func (l *Lake) Sweep(ctx context.Context, keep func(path string) bool, olderThan time.Duration) ([]string, error) {
	litter, err := l.litter(time.Now().Add(-olderThan), keep)
	if err != nil || len(litter) == 0 {
		return nil, err
	}
	// Read what is named only now: a file found above that was committed
	// meanwhile is then named.
	named, err := l.named(ctx)
	if err != nil {
		return nil, err
	}
	var removed []string
	for _, path := range litter {
		if named[path] {
			continue
		}
		if err := os.Remove(path); err != nil {
			return removed, sen.Errorf(sen.Unavailable, "remove an unused file of the lake: %w", err)
		}
		removed = append(removed, path)
	}
	l.log.Info("swept the lake", "removed_files", len(removed))
	return removed, nil
}

// litter are the files below the kinds' folders that may be removed if
// nothing names them.
func (l *Lake) litter(before time.Time, keep func(string) bool) ([]string, error) {
	var out []string
	visit := func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.ModTime().Before(before) && (keep == nil || !keep(path)) {
			out = append(out, path)
		}
		return err
	}
	for _, kind := range []Kind{Landed, Clean, Quarantine} {
		if err := filepath.WalkDir(filepath.Join(l.root, string(kind)), visit); err != nil {
			return nil, sen.Errorf(sen.Unavailable, "look through the lake: %w", err)
		}
	}
	return out, nil
}

// named are the paths of all files that some table's metadata names.
func (l *Lake) named(ctx context.Context) (map[string]bool, error) {
	tables, err := l.List(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, t := range tables {
		s := t.seen.Load()
		out[local(s.at)] = true
		for older := range s.meta.PreviousFiles() {
			out[local(older.MetadataFile)] = true
		}
		if err := t.reach(s.meta.Snapshots(), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// reach adds to paths all files that snapshots name.
func (t *Table) reach(snapshots []table.Snapshot, paths map[string]bool) error {
	for _, s := range snapshots {
		paths[local(s.ManifestList)] = true
		manifests, err := s.Manifests(disk{})
		if err != nil {
			return t.damaged(s.ManifestList, err)
		}
		for _, m := range manifests {
			if paths[local(m.FilePath())] {
				continue // many snapshots share a manifest
			}
			paths[local(m.FilePath())] = true
			for entry, err := range m.Entries(disk{}, true) {
				if err != nil {
					return t.damaged(m.FilePath(), err)
				}
				paths[local(entry.DataFile().FilePath())] = true
			}
		}
	}
	return nil
}

// Expire removes the snapshots that were no longer current at a time, and the
// files that only they name: reads as of that time or later stay possible,
// older ones end. A read that runs on an expired snapshot fails. It returns
// how many snapshots went.
func (t *Table) Expire(ctx context.Context, before time.Time) (int, error) {
	var expired []table.Snapshot
	err := t.update(ctx, func(s *state) (*stage, error) {
		expired = outdated(s.meta, before)
		if len(expired) == 0 {
			return nil, nil
		}
		ids := make([]int64, len(expired))
		for i, old := range expired {
			ids[i] = old.SnapshotID
		}
		return &stage{updates: []table.Update{table.NewRemoveSnapshotsUpdate(ids, false)}}, nil
	})
	if err != nil || len(expired) == 0 {
		return 0, err
	}
	return len(expired), t.removeOnly(expired)
}

// outdated are the snapshots that another had succeeded by a time.
func outdated(meta table.Metadata, by time.Time) []table.Snapshot {
	all := meta.Snapshots()
	newest := int64(-1)
	for _, s := range all {
		if s.TimestampMs <= by.UnixMilli() {
			newest = max(newest, s.TimestampMs)
		}
	}
	named := map[int64]bool{}
	for _, ref := range meta.Refs() {
		named[ref.SnapshotID] = true // the current one, and what somebody tagged
	}
	var out []table.Snapshot
	for _, s := range all {
		if s.TimestampMs < newest && !named[s.SnapshotID] {
			out = append(out, s)
		}
	}
	return out
}

// removeOnly removes the files that these snapshots named and none of the
// table's does.
func (t *Table) removeOnly(expired []table.Snapshot) error {
	kept, gone := map[string]bool{}, map[string]bool{}
	if err := t.reach(t.seen.Load().meta.Snapshots(), kept); err != nil {
		return err
	}
	if err := t.reach(expired, gone); err != nil {
		return err
	}
	for path := range gone {
		if kept[path] || !strings.HasPrefix(path, t.folder) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return sen.Errorf(sen.Unavailable, "remove an expired file of the lake: %w", err)
		}
	}
	return nil
}
