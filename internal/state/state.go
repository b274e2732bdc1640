// Package state is the hub's own transactional memory: which runs there were,
// which ranges of them are done, what was certified and measured, what people
// decided, and the journal of the door. What comes in are small typed values;
// what goes out are the same values, after they are on disk. It holds nothing of
// the records themselves: no value of any person is ever given to it. A decision
// names its records by the engine's hash of their key.
//
// It is one SQLite file, in WAL mode with full synchronisation: when a method
// that writes has returned, what it wrote survives a power cut. Several
// processes may have it open at once; writers take turns.
package state

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite" of database/sql

	"github.com/sen-hub/sen"
)

// Options are what a caller may set. The zero value opens for reading and
// writing, and makes what is missing.
type Options struct {
	ReadOnly bool             // makes and changes nothing; a missing file is NotFound
	Now      func() time.Time // default: time.Now
}

// State is the open file. It is safe for concurrent use.
type State struct {
	db     *sql.DB
	folder string
	now    func() time.Time

	// writing lets the writers of this process queue in the order they came;
	// SQLite alone would have them poll for the file's lock.
	writing sync.Mutex
}

const (
	patience    = 30 * time.Second // how long a writer waits for another process
	connections = 4                // one that writes, the others read beside it
)

// Open opens the state at path. Errors: Invalid when a newer program made it,
// Corrupt when it is no whole state file, NotFound when it is missing and
// ReadOnly, Unavailable when the disk refuses.
func Open(ctx context.Context, path string, o Options) (*State, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "find the hub's state: %w", err)
	}
	s := &State{folder: filepath.Dir(path), now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if o.ReadOnly {
		err = s.openExisting(ctx, path)
	} else {
		err = s.openOrMake(ctx, path)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the file. Dataset locks are released by their own function.
func (s *State) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Check reads the whole file and reports damage, which every other method
// would meet only when it comes upon it.
func (s *State) Check(ctx context.Context) error {
	var verdict string
	if err := s.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return classify("check the hub's state", err)
	}
	if verdict != "ok" {
		return corrupt("check the hub's state", errors.New(verdict))
	}
	return nil
}

func (s *State) openExisting(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return sen.Errorf(sen.NotFound, "there is no hub state at %s", path).
				WithHint("run `sen sync` once; it makes the state")
		}
		return sen.Errorf(sen.Unavailable, "open the hub's state: %w", err)
	}
	if err := s.connect(path, "ro"); err != nil {
		return err
	}
	current, err := schemaVersion(ctx, s.db)
	if err != nil {
		return inFile(path, err)
	}
	return fits(path, current)
}

// openOrMake holds a lock of its own while it looks and migrates, so that two
// processes that meet a new folder do not both make the tables.
func (s *State) openOrMake(ctx context.Context, path string) error {
	unlock, err := s.lockOpening(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := touch(path); err != nil {
		return err
	}
	if err := s.connect(path, "rw"); err != nil {
		return err
	}
	if err := s.migrate(ctx, path); err != nil {
		return inFile(path, err)
	}
	return s.introduce(ctx)
}

func (s *State) connect(path, mode string) error {
	pragmas := url.Values{
		"mode":    {mode},
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(" + milliseconds(patience) + ")", "foreign_keys(1)"},
	}
	if mode == "rw" {
		pragmas["_pragma"] = append(pragmas["_pragma"], "journal_mode(WAL)", "synchronous(FULL)")
	}
	address := url.URL{Scheme: "file", Path: path, RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return classify("open the hub's state", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	s.db = db
	return nil
}

// touch makes the file and its folder for the owner alone, before SQLite would
// make it readable for everybody.
func touch(path string) error {
	folder := filepath.Dir(path)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "open the hub's state: %w", err).
			WithHint("see that the disk is there and that this user may write to %s", folder)
	}
	return errors.Join(f.Close(), syncFolder(folder))
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "open the state's folder: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return sen.Errorf(sen.Unavailable, "write the state's folder: %w", err)
	}
	return nil
}

// write runs fn in one transaction that holds the file's write lock from its
// first statement (BEGIN IMMEDIATE): what fn reads is still so when it writes.
func (s *State) write(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(what, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err := fn(tx); err != nil {
		return classify(what, err)
	}
	return classify(what, tx.Commit())
}

// rows runs a query and scans each row with scan.
func rows[T any](ctx context.Context, q querier, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	found, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, classify(what, err)
	}
	defer found.Close()
	var out []T
	for found.Next() {
		v, err := scan(found)
		if err != nil {
			return nil, classify(what, err)
		}
		out = append(out, v)
	}
	return out, classify(what, found.Err())
}

// querier is what *sql.DB and *sql.Tx have in common here.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scanner is what *sql.Row and *sql.Rows have in common.
type scanner interface{ Scan(into ...any) error }
