package state

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sen-hub/sen"
)

const lockFolder = "locks"

// holder is what a lock file tells whoever finds it locked.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
}

// Lock holds a dataset for one sync. The lock is the kernel's (flock), on a
// file of its own: it goes when the process goes, however it dies. Busy names
// who holds it. The file stays behind, empty of meaning.
func (s *State) Lock(ctx context.Context, dataset sen.Dataset) (unlock func() error, err error) {
	if _, err := sen.ParseDataset(string(dataset)); err != nil { // also keeps the path inside the folder
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, classify("lock a dataset", err)
	}
	f, err := s.openLock(string(dataset))
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		return nil, held(dataset, f, err)
	}
	if err := s.signLock(f); err != nil {
		f.Close()
		return nil, sen.Errorf(sen.Unavailable, "write a lock file: %w", err).At("%s", dataset)
	}
	return f.Close, nil
}

func (s *State) openLock(name string) (*os.File, error) {
	folder := filepath.Join(s.folder, lockFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "make the folder of locks: %w", err).
			WithHint("see that this user may write to %s", s.folder)
	}
	f, err := os.OpenFile(filepath.Join(folder, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "open a lock file: %w", err).
			WithHint("see that this user may write to %s", folder)
	}
	return f, nil
}

// flock locks without waiting, unless a signal interrupts the call.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (s *State) signLock(f *os.File) error {
	host, _ := os.Hostname() // a lock without a host name is a lock all the same
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Started: s.now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(text, '\n'), 0)
	return err
}

// held explains why the lock was not had.
func held(dataset sen.Dataset, f *os.File, cause error) error {
	if !errors.Is(cause, unix.EWOULDBLOCK) {
		return sen.Errorf(sen.Unavailable, "lock the dataset: %w", cause).At("%s", dataset).
			WithHint("the hub's folder must lie on a file system that knows flock")
	}
	busy := sen.Errorf(sen.Busy, "another sync of this dataset is running").At("%s", dataset).
		WithHint("wait until it is done")
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	var who holder
	if err != nil || json.Unmarshal(text, &who) != nil {
		return busy // it has the lock, and has not signed it yet
	}
	busy.Msg = sen.Errorf(sen.Busy, "another sync of this dataset is running: process %d on %s, since %s",
		who.PID, who.Host, who.Started.Local().Format("2006-01-02 15:04:05")).Msg
	return busy.WithHint("wait until it is done, or stop it with `kill %d`: what it has finished is kept", who.PID)
}

// lockOpening waits its turn to look at the file and migrate it.
func (s *State) lockOpening(ctx context.Context) (unlock func() error, err error) {
	f, err := s.openLock("state") // no dataset is called so: theirs have a dot
	if err != nil {
		return nil, err
	}
	const pause = 5 * time.Millisecond
	for deadline := time.Now().Add(patience); ; {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) || ctx.Err() != nil || time.Now().After(deadline) {
			f.Close()
			return nil, sen.Errorf(sen.Busy, "the hub's state is being opened by another process: %w", err).
				WithHint("try again when it is done")
		}
		time.Sleep(pause)
	}
}
