package lake

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	iceio "github.com/apache/iceberg-go/io"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
)

// The metadata of a table names files by location; every other room by path.
// These two functions are the only place where one becomes the other. A path
// is not percent-encoded: neither pyiceberg nor Hadoop decodes it, so a hub
// in a folder called "Dữ liệu" stays readable for them.

const scheme = "file://"

func location(path string) string { return scheme + path }

func local(location string) string {
	if path, ok := strings.CutPrefix(location, scheme); ok {
		return path
	}
	return strings.TrimPrefix(location, "file:")
}

// disk opens what metadata names; iceberg-go reads manifests through it.
type disk struct{}

func (disk) Open(location string) (iceio.File, error) { return os.Open(local(location)) }
func (disk) Remove(location string) error             { return os.Remove(local(location)) }

// writeFile makes a new file whose bytes are on the disk when it returns, and
// gives its length. A file that could not be finished is taken away.
func writeFile(path string, write func(io.Writer) error) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, sen.Errorf(sen.Unavailable, "write the lake: %w", err)
	}
	size, err := fill(f, write)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return 0, sen.Errorf(sen.Unavailable, "write the lake: %w", err).
			WithHint("free some space on the disk and run the command again")
	}
	return size, nil
}

func fill(f *os.File, write func(io.Writer) error) (int64, error) {
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered); err != nil {
		return 0, err
	}
	if err := buffered.Flush(); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}

// syncAll makes files durable, and the folders that name them.
func syncAll(paths []string) error {
	folders := map[string]bool{}
	var group errgroup.Group
	group.SetLimit(8)
	for _, path := range paths {
		folders[filepath.Dir(path)] = true
		group.Go(func() error { return syncPath(path) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for folder := range folders {
		if err := syncPath(folder); err != nil {
			return err
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "make the lake durable: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return sen.Errorf(sen.Unavailable, "make the lake durable: %w", err)
	}
	return nil
}

// makeFolder makes a folder and lets its parents, up to root, remember it.
func makeFolder(root, path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return sen.Errorf(sen.Unavailable, "make a folder of the lake: %w", err)
	}
	for parent := path; parent != root && len(parent) > len(root); {
		parent = filepath.Dir(parent)
		if err := syncPath(parent); err != nil {
			return err
		}
	}
	return nil
}
