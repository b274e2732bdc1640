package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/sen-hub/sen"
)

// Schema is the schema of the state that this program writes: a backup says
// it, so that an older program refuses it before it has restored anything.
const Schema = newest

const (
	copyInto = `VACUUM INTO $1`

	standing = `SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT id || ' ' || state AS line FROM run ORDER BY id)`
)

// CopyTo writes the whole state, as of one moment, into a new file that is
// durable when it returns. Others may read and write meanwhile.
func (s *State) CopyTo(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // SQLite takes an empty file, and keeps its mode
	if err != nil {
		return sen.Errorf(sen.Unavailable, "copy the hub's state: %w", err)
	}
	defer f.Close()
	if _, err := s.db.ExecContext(ctx, copyInto, path); err != nil {
		return errors.Join(classify("copy the hub's state", err), os.Remove(path))
	}
	if err := f.Sync(); err != nil {
		return sen.Errorf(sen.Unavailable, "copy the hub's state: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Standing says where every run stands: its id and its state. A run only goes
// forward, so two moments with the same standing had the same runs in between.
func (s *State) Standing(ctx context.Context) (string, error) {
	var text string
	err := s.db.QueryRowContext(ctx, standing).Scan(&text)
	return text, classify("read the standing of the runs", err)
}

// NeededFiles are the files that somebody still reads by the state: those of
// each dataset's last certified run, which a verification holds against its
// certificate, and those of a run that is to go on.
func (s *State) NeededFiles(ctx context.Context) ([]File, error) {
	datasets, err := s.Datasets(ctx)
	if err != nil {
		return nil, err
	}
	var out []File
	for _, d := range datasets {
		for _, find := range []func(context.Context, sen.Dataset) (Run, bool, error){s.LatestCertified, s.UnfinishedRun} {
			run, ok, err := find(ctx, d)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			ranges, err := s.Ranges(ctx, run.ID)
			if err != nil {
				return nil, err
			}
			for _, r := range ranges {
				out = append(out, r.Files...)
			}
		}
	}
	return out, nil
}

// Discard takes away what an earlier opening of a file left beside it, before
// another file takes its name.
func Discard(path string) error {
	var all error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, sen.Errorf(sen.Unavailable, "remove %s: %w", filepath.Base(path)+suffix, err))
		}
	}
	return all
}
