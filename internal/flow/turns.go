package flow

import (
	"cmp"
	"context"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// turns deals datasets out to lanes that work side by side, so that no small
// one waits for a large one: the first lane takes the largest that is left,
// each other the smallest. However many are asked for, at most one lane is
// with those that take long, and those are begun at once. Those whose server
// is outside its windows come last: who waits for one to open keeps a lane.
type turns struct {
	mu   sync.Mutex
	left []int // places in the caller's list, the smallest dataset first
	late []int // of those that must wait
}

// turns orders those of the datasets that are wanted by size; of equal ones the
// order stays.
func (f *Flow) turns(ctx context.Context, datasets []contract.Dataset, wanted func(contract.Dataset) bool) *turns {
	sizes, t := make([]int64, len(datasets)), &turns{}
	for i, d := range datasets {
		if !wanted(d) {
			continue
		}
		sizes[i] = f.size(ctx, d)
		if f.closed(d) {
			t.late = append(t.late, i)
		} else {
			t.left = append(t.left, i)
		}
	}
	slices.SortStableFunc(t.left, func(a, b int) int { return cmp.Compare(sizes[a], sizes[b]) })
	return t
}

// next is the place of the lane's next dataset; false when none is left.
func (t *turns) next(lane int) (i int, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.left) == 0 {
		t.left, t.late = t.late, nil
	}
	n := len(t.left)
	switch {
	case n == 0:
		return 0, false
	case lane == 0:
		i, t.left = t.left[n-1], t.left[:n-1]
	default:
		i, t.left = t.left[0], t.left[1:]
	}
	return i, true
}

// rowBytes is how large a row of a live source is taken to be.
const rowBytes = 128

// size is about how many bytes a dataset's source has, without reading it: of
// files what they take up, of a live source by the rows of its last
// certificate. One that was never read may be the largest of all.
func (f *Flow) size(ctx context.Context, d contract.Dataset) int64 {
	if live.Reads(d.Server) {
		if last, ok, err := f.LastCertificate(ctx, d.Name); ok && err == nil {
			return last.In() * rowBytes
		}
		return math.MaxInt64
	}
	at, err := source.Locate(f.o.Hub, d)
	if err != nil {
		return 0 // it is told when its turn comes
	}
	files, _ := filepath.Glob(at.Path)
	var bytes int64
	for _, file := range files {
		_ = filepath.WalkDir(file, func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil //nolint:nilerr // what cannot be read is told when its turn comes
			}
			if info, err := e.Info(); err == nil {
				bytes += info.Size()
			}
			return nil
		})
	}
	return bytes
}
