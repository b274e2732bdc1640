package state

import (
	"context"
	"errors"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sen-hub/sen"
)

// classify gives a database error its kind and the next step. It leaves nil
// and what is classified already as they are.
func classify(what string, err error) error {
	var known *sen.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return sen.Errorf(sen.Canceled, "%s: %w", what, err)
	}
	var from *sqlite.Error
	if !errors.As(err, &from) {
		return sen.Errorf(sen.Internal, "%s: %w", what, err)
	}
	code := from.Code() & 0xff                       // the primary code; the rest is detail
	if from.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // the index of the log (the file -shm) cannot grow
		code = sqlite3.SQLITE_FULL
	}
	switch code {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return sen.Errorf(sen.Busy, "%s: %w", what, err).
			WithHint("another process is writing to the hub's state; try again when it is done")
	case sqlite3.SQLITE_FULL:
		return sen.Errorf(sen.Unavailable, "%s: the disk is full: %w", what, err).
			WithHint("free some space and start again; what was committed is safe")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return sen.Errorf(sen.Unavailable, "%s: %w", what, err).
			WithHint("see that the disk is there and that this user may write to the hub's folder")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return corrupt(what, err)
	case sqlite3.SQLITE_INTERRUPT:
		return sen.Errorf(sen.Canceled, "%s: %w", what, err)
	}
	return sen.Errorf(sen.Internal, "%s: %w", what, err)
}

func corrupt(what string, err error) *sen.Error {
	return sen.Errorf(sen.Corrupt, "%s: the file is damaged: %w", what, err).
		WithHint("put back a copy of state.db (with its -wal file) from a backup; " +
			"or move the data folder aside and sync again: the sources are not touched")
}

// inFile names the file in an error of Open.
func inFile(path string, err error) error {
	var known *sen.Error
	if !errors.As(err, &known) {
		return sen.Errorf(sen.Internal, "%s: %w", filepath.Base(path), err)
	}
	if known.Where == "" {
		known.Where = path
	}
	return err
}
