package demo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/sen-hub/sen"
)

// staging keeps files under temporary names until all are whole.
type staging struct {
	files       []*staged
	sourceBytes int64
	published   bool
}

// staged is one file: written under temp, meant for final.
type staged struct {
	temp, final string
	source      bool // an agency's, not the truth's
	once        sync.Once
	file        *os.File
}

const partial = ".partial"

func (s *staging) source(dir, name string) (*staged, error) {
	f, err := s.add(filepath.Join(dir, filepath.FromSlash(name)))
	if err == nil {
		f.source = true
	}
	return f, err
}

// add names a file and makes its folder; what an earlier, killed run left
// under the temporary name is removed.
func (s *staging) add(final string) (*staged, error) {
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "make the folder: %w", err)
	}
	f := &staged{temp: final + partial, final: final}
	if err := os.Remove(f.temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, sen.Errorf(sen.Unavailable, "remove an unfinished file: %w", err)
	}
	s.files = append(s.files, f)
	return f, nil
}

// create opens the temporary file.
func (f *staged) create() (*os.File, error) {
	file, err := os.Create(f.temp)
	f.file = file
	return file, err
}

// close closes the temporary file once, however often it is called.
func (f *staged) close() (err error) {
	f.once.Do(func() {
		if f.file != nil {
			err = f.file.Close()
		}
	})
	return err
}

// publish gives every file its name.
func (s *staging) publish() error {
	for _, f := range s.files {
		if f.source {
			info, err := os.Stat(f.temp)
			if err != nil {
				return sen.Errorf(sen.Unavailable, "look at a finished file: %w", err)
			}
			s.sourceBytes += info.Size()
		}
		if err := os.Rename(f.temp, f.final); err != nil {
			return sen.Errorf(sen.Unavailable, "name a finished file: %w", err)
		}
	}
	s.published = true
	return nil
}

// discard removes what was not published.
func (s *staging) discard() {
	if s.published {
		return
	}
	for _, f := range s.files {
		_ = f.close()         // it is thrown away
		_ = os.Remove(f.temp) // it may never have been made
	}
}
