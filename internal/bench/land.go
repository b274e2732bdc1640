package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
)

// landed is what one extraction wrote.
type landed struct {
	dir   string
	rows  int64
	bytes int64
	sum   uint64 // of the rows' hashes, modulo 2^64

	ranges []source.Range // without their rows
}

// land reads the table and writes it, as flow does it but for the cleaning: a
// reader hands ranges on; as many sessions of the engine as there are CPUs
// write each as one Parquet file, taking the digest in the same statement, and
// make it durable.
func (x *extraction) land(ctx context.Context, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	reader, db, err := x.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	defer reader.Close()
	x.columns = nil
	for _, c := range reader.Columns() {
		x.columns = append(x.columns, c.Name)
	}
	x.landed = landed{dir: dir}
	digest.Store(0)
	ranges := make(chan *source.Range)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ranges)
		_, err := reader.Read(ctx, source.Mark{}, func(r *source.Range) error {
			bare := *r
			bare.Batches = nil
			x.landed.ranges = append(x.landed.ranges, bare)
			select {
			case ranges <- r:
				return nil
			case <-ctx.Done():
				r.Release()
				return context.Cause(ctx)
			}
		})
		return err
	})
	for range x.writers {
		group.Go(func() error { return x.writer(ctx, ranges) })
	}
	err = group.Wait()
	x.landed.sum = digest.Load()
	return err
}

func (x *extraction) writer(ctx context.Context, ranges <-chan *source.Range) error {
	c, err := x.engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for r := range ranges {
		err := x.write(ctx, c, r)
		r.Release()
		if err != nil {
			return fmt.Errorf("range %d: %w", r.Number, err)
		}
	}
	return nil
}

// write lands one range. The row's digest is the one of clean.Plan: the
// engine's hash over the source's columns as they came.
func (x *extraction) write(ctx context.Context, c *engine.Conn, r *source.Range) error {
	path := filepath.Join(x.landed.dir, fmt.Sprintf("%05d.parquet", r.Number))
	err := c.Over(r.Batches, func(rows string) error {
		n, err := c.Copy(ctx, fmt.Sprintf("SELECT * FROM %s WHERE bench_digest(hash(%s))", rows, engine.Idents(x.columns)), path, "")
		atomic.AddInt64(&x.landed.rows, n)
		return err
	})
	if err != nil {
		return err
	}
	size, err := seal(path)
	atomic.AddInt64(&x.landed.bytes, size)
	return err
}

// seal makes a file durable and takes its SHA-256, as flow does.
func seal(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return 0, err
	}
	return io.Copy(sha256.New(), f)
}

// digest is the sum of the hashes that bench_digest has seen.
var digest atomic.Uint64

// digesting is bench_digest(hash): true, and the hash is added up.
var digesting = engine.Function{Name: "bench_digest", More: true, Gives: engine.Boolean, Volatile: true,
	Call: func(in []engine.Vector, out engine.Vector) {
		var sum uint64
		yes := out.Booleans()
		for i, hash := range in[0].Uint64s() {
			sum += hash
			yes[i] = true
		}
		digest.Add(sum)
	}}
