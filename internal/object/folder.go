package object

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
)

// unfinished begins the name of a file that is being written.
const unfinished = ".new-"

// Folder is a place on a file system.
type Folder struct {
	root           string
	folders, modes os.FileMode // of what is made
}

// OpenFolder is the place in an absolute folder, which is made on first use.
func OpenFolder(root string) *Folder {
	return &Folder{root: filepath.Clean(root), folders: 0o755, modes: 0o644}
}

// OpenPrivateFolder is OpenFolder for what its owner alone may read.
func OpenPrivateFolder(root string) *Folder {
	return &Folder{root: filepath.Clean(root), folders: 0o700, modes: 0o600}
}

// Address is the folder.
func (f *Folder) Address() string { return f.root }

func (f *Folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

// Draft is the file itself: a local file that nothing names yet is not seen.
func (f *Folder) Draft(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	path := f.path(name)
	return path, f.makeFolder(filepath.Dir(path))
}

// Seal syncs a file and sums it.
func (f *Folder) Seal(_ context.Context, name string) (Sealed, error) {
	var out Sealed
	in, err := os.Open(f.path(name))
	if err != nil {
		return out, explainDisk("make a file durable", err)
	}
	defer in.Close()
	if err := in.Sync(); err != nil {
		return out, explainDisk("make a file durable", err)
	}
	hash := sha256.New()
	if out.Bytes, err = io.Copy(hash, in); err != nil {
		return out, explainDisk("read a file back", err)
	}
	hash.Sum(out.SHA256[:0])
	return out, nil
}

// Sync syncs files, and the folders that name them.
func (f *Folder) Sync(_ context.Context, names []string) error {
	folders := map[string]bool{}
	var group errgroup.Group
	group.SetLimit(8)
	for _, name := range names {
		path := f.path(name)
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

// Write makes a new file whose bytes are on the disk, under its name, when it
// returns; until then they have another one.
func (f *Folder) Write(_ context.Context, name string, fill func(io.Writer) error) (int64, error) {
	path, err := f.Draft(name)
	if err != nil {
		return 0, err
	}
	folder := filepath.Dir(path)
	out, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf("%s%016x", unfinished, rand.Uint64())), os.O_RDWR|os.O_CREATE|os.O_EXCL, f.modes)
	if err != nil {
		return 0, explainDisk("write a file", err)
	}
	defer os.Remove(out.Name())
	size, err := fillAndSync(out, fill)
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return 0, explainDisk("write a file", err)
	}
	return size, syncPath(folder)
}

func fillAndSync(f *os.File, fill func(io.Writer) error) (int64, error) {
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := fill(buffered); err != nil {
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

// Open opens a file.
func (f *Folder) Open(_ context.Context, name string) (File, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, explainDisk("open a file", err)
	}
	return file, nil
}

// List walks the folder that holds the prefix.
func (f *Folder) List(ctx context.Context, prefix string, each func(Info) error) error {
	start := f.root
	if at := strings.LastIndexByte(prefix, '/'); at >= 0 {
		start = f.path(prefix[:at])
	}
	err := filepath.WalkDir(start, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return sen.Errorf(sen.Canceled, "list files: %w", context.Cause(ctx))
		}
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(f.root, path)
		name := filepath.ToSlash(rel)
		if err != nil || !strings.HasPrefix(name, prefix) {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return each(Info{Name: name, Bytes: info.Size(), Modified: info.ModTime(), Draft: strings.HasPrefix(entry.Name(), unfinished)})
	})
	return explainDisk("look through a folder", err)
}

// Remove removes a file.
func (f *Folder) Remove(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explainDisk("remove a file", err)
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return explainDisk("make a file durable", err)
	}
	defer f.Close()
	return explainDisk("make a file durable", f.Sync())
}

// makeFolder makes a folder and lets its parents, up to root, remember it.
func (f *Folder) makeFolder(path string) error {
	if err := os.MkdirAll(path, f.folders); err != nil {
		return explainDisk("make a folder", err)
	}
	for parent := path; parent != f.root && len(parent) > len(f.root); {
		parent = filepath.Dir(parent)
		if err := syncPath(parent); err != nil {
			return err
		}
	}
	return nil
}

// explainDisk gives a fault of the disk its kind and the next step; what has a
// kind keeps it.
func explainDisk(what string, err error) error {
	var known *sen.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return sen.Errorf(sen.NotFound, "%s: %w", what, err)
	case errors.Is(err, fs.ErrPermission):
		return sen.Errorf(sen.Denied, "%s: %w", what, err).WithHint("see that this user may read and write there")
	}
	return sen.Errorf(sen.Unavailable, "%s: %w", what, err).
		WithHint("free some space on the disk and run the command again")
}
