package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/sen-hub/sen"
)

// blockBytes is how much of a file is read and hashed at once.
const blockBytes = 1 << 20

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// stream hands a file's bytes on while a goroutine reads and hashes the
// blocks that follow.
type stream struct {
	file   file
	blocks chan block
	free   chan []byte
	stop   context.CancelFunc
	ended  chan struct{}

	rest   []byte // of the block under way
	buffer []byte // that block's memory
	read   int64  // bytes of the file handed on, from its beginning
	hashed prefix // of the newest block handed on
	err    error
}

// prefix is the sum of a file's first bytes.
type prefix struct {
	bytes int64
	sum   sen.Digest
}

type block struct {
	data   []byte
	hashed prefix
	err    error // io.EOF behind the last
}

// openStream starts at byte `at` of the file; seen is the state of the hash
// over its first `hashed` bytes (at ≤ hashed), or nil and 0.
func openStream(ctx context.Context, f file, at int64, seen hash.Hash, hashed int64) (*stream, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(at, io.SeekStart); err != nil {
		r.Close()
		return nil, f.unreadable(err)
	}
	if seen == nil {
		seen = sha256.New()
	}
	ctx, stop := context.WithCancel(ctx)
	s := &stream{
		file: f, stop: stop, read: at, ended: make(chan struct{}),
		blocks: make(chan block, 1), free: make(chan []byte, 3),
		hashed: prefix{hashed, sen.Digest(seen.Sum(nil))},
	}
	for range cap(s.free) {
		s.free <- nil
	}
	go s.run(ctx, r, seen, at, hashed)
	return s, nil
}

// run reads and hashes one block after another.
func (s *stream) run(ctx context.Context, r *os.File, h hash.Hash, at, hashed int64) {
	defer close(s.ended)
	defer r.Close()
	for {
		var buffer []byte
		select {
		case buffer = <-s.free:
		case <-ctx.Done():
			return
		}
		if buffer == nil {
			buffer = make([]byte, min(blockBytes, s.file.info.Size()+1))
		}
		n, err := r.Read(buffer)
		if errors.Is(err, io.EOF) {
			if changed := s.file.unchanged(r); changed != nil {
				err = changed
			}
		}
		if fresh := at + int64(n) - hashed; fresh > 0 {
			h.Write(buffer[int64(n)-min(fresh, int64(n)) : n])
			hashed += fresh
		}
		at += int64(n)
		b := block{data: buffer[:n], hashed: prefix{hashed, sen.Digest(h.Sum(nil))}, err: err}
		select {
		case s.blocks <- b:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader; the error behind the last byte is io.EOF, or
// Drift when the file is no longer what it was.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.take()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	s.read += int64(n)
	return n, nil
}

func (s *stream) take() {
	if s.buffer != nil {
		s.free <- s.buffer
		s.buffer = nil
	}
	select {
	case b := <-s.blocks:
		s.buffer, s.rest, s.hashed, s.err = b.data[:cap(b.data)], b.data, b.hashed, b.err
	case <-s.ended:
		select {
		case b := <-s.blocks:
			s.buffer, s.rest, s.hashed, s.err = b.data[:cap(b.data)], b.data, b.hashed, b.err
		default:
			s.err = context.Canceled
		}
	}
	if s.err != nil && !errors.Is(s.err, io.EOF) && sen.KindOf(s.err) == sen.Internal {
		s.err = s.file.unreadable(s.err)
	}
}

// Close ends the reading and waits for its goroutine.
func (s *stream) Close() {
	s.stop()
	<-s.ended
}
