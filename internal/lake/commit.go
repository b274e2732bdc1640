package lake

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/sen-hub/sen"
)

// File is a data file: an absolute path below the table's folder, its rows
// and bytes. What is 0 is taken from the file; what is not is checked.
type File struct {
	Path        string
	Rows, Bytes int64
}

// Change is what one commit does to a table.
type Change struct {
	Add     []File             // new files, written to paths of NewFile or NewSourceFile
	Delete  map[string][]int64 // data file, also one of Add → positions of deleted rows, from 0, in any order
	Replace bool               // every file of before goes
	Summary map[string]string  // kept with the snapshot: the run, the position reached, …
}

// Commit makes a Change one snapshot: a reader sees all of it or nothing. The
// added files and their folders are made durable before the catalogue names
// them; a commit that does not succeed leaves at most files that Sweep takes.
//
// When another process has committed meanwhile, added files go on top and
// Replace replaces theirs too. Deleted positions of files that are not added
// here were chosen from the snapshot that this Table saw last (by Scan, Commit
// or Refresh): where that is no longer the newest, the error has kind Busy,
// and the caller chooses again.
func (t *Table) Commit(ctx context.Context, c Change) (Snapshot, error) {
	w, err := t.prepare(ctx, c)
	if err != nil {
		return Snapshot{}, err
	}
	t.lake.hook(PointFiles)
	err = t.update(ctx, func(s *state) (*stage, error) { return t.stage(s, w) })
	if err != nil {
		return Snapshot{}, err
	}
	t.lake.hook(PointCommit)
	done, _ := t.Current()
	t.lake.log.Info("committed", "table", string(t.Kind())+" "+string(t.Dataset()),
		"snapshot", done.ID, "added_files", len(w.added), "rows", done.Rows)
	return done, nil
}

// work is a Change whose files are durable and described.
type work struct {
	Change
	base    int64 // the snapshot that deleted rows were chosen from; 0 for none
	pinned  bool  // some of them lie in files of that snapshot
	added   []iceberg.DataFile
	deletes iceberg.DataFile // nil without deleted positions
}

func (t *Table) prepare(ctx context.Context, c Change) (*work, error) {
	w := &work{Change: c}
	if current, ok := t.Current(); ok {
		w.base = current.ID
	}
	if err := t.checkPaths(c.Add); err != nil {
		return nil, err
	}
	var err error
	if w.added, err = t.describeAll(ctx, c.Add); err != nil {
		return nil, err
	}
	durable := make([]string, len(c.Add))
	for i, f := range c.Add {
		durable[i] = f.Path
	}
	if len(c.Delete) > 0 {
		if err := t.checkPositions(ctx, w); err != nil {
			return nil, err
		}
		if w.deletes, err = t.writeDeletes(c.Delete); err != nil {
			return nil, err
		}
		durable = append(durable, local(w.deletes.FilePath()))
	}
	return w, syncAll(durable)
}

func (t *Table) checkPaths(files []File) error {
	data := filepath.Join(t.folder, "data") + string(filepath.Separator)
	seen := map[string]bool{}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, data) {
			return sen.Errorf(sen.Invalid, "%s does not lie in %s", f.Path, data).
				WithHint("write it to a path of NewFile")
		}
		if seen[f.Path] {
			return sen.Errorf(sen.Invalid, "%s is added twice in one commit", filepath.Base(f.Path))
		}
		seen[f.Path] = true
	}
	return nil
}

// checkPositions sees that every deleted row lies in a file that is there
// after the commit.
func (t *Table) checkPositions(ctx context.Context, w *work) error {
	added, before := map[string]int64{}, map[string]int64{}
	for _, f := range w.added {
		added[local(f.FilePath())] = f.Count()
	}
	if !w.Replace {
		s := t.seen.Load()
		plan, err := t.plan(ctx, s, s.meta.CurrentSnapshot())
		if err != nil {
			return err
		}
		for _, f := range plan.Files {
			before[f.Path] = f.Rows
		}
	}
	for path, positions := range w.Delete {
		rows, own := added[path]
		if !own {
			w.pinned = true
			if rows, own = before[path]; !own {
				return t.overtaken()
			}
		}
		if outside := outOf(rows, positions); outside >= 0 {
			return sen.Errorf(sen.Invalid, "row %d of %s cannot be deleted: it has %d rows", positions[outside], filepath.Base(path), rows)
		}
	}
	return nil
}

// outOf is the index of the first position that no row has, or -1.
func outOf(rows int64, positions []int64) int {
	return slices.IndexFunc(positions, func(p int64) bool { return p < 0 || p >= rows })
}

func (t *Table) overtaken() error {
	return sen.Errorf(sen.Busy, "the %s table of %s changed while rows to delete were chosen", t.Kind(), t.Dataset()).
		WithHint("choose them again from the newest snapshot")
}

// stage is the next version of a table, with all that it names durable except
// the metadata file itself.
type stage struct {
	updates []table.Update
	written []string // manifests that nobody names if the commit is lost
}

func (s *stage) discard() {
	for _, path := range s.written {
		os.Remove(path)
	}
}

// A commit is optimistic; so many attempts see even a busy table through.
const (
	attempts  = 20
	firstWait = 5 * time.Millisecond
	lastWait  = 500 * time.Millisecond
)

// update takes a table from its newest version to the next that change
// stages; a nil stage changes nothing. It starts over where another process
// was faster. The error then has kind Busy.
func (t *Table) update(ctx context.Context, change func(*state) (*stage, error)) error {
	wait := firstWait
	for range attempts {
		s, err := t.refresh(ctx)
		if err != nil {
			return err
		}
		next, err := change(s)
		if err != nil || next == nil {
			return err
		}
		done, err := t.publish(ctx, s, next)
		if err != nil || done {
			return err
		}
		next.discard()
		select {
		case <-ctx.Done():
			return sen.Errorf(sen.Canceled, "commit to %s: %w", t.Dataset(), context.Cause(ctx))
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, lastWait)
	}
	return sen.Errorf(sen.Busy, "the %s table of %s is being changed by others all the time", t.Kind(), t.Dataset()).
		WithHint("run the command again when the other sync is done")
}

// publish makes a stage the table's current version; false when another
// process was faster.
func (t *Table) publish(ctx context.Context, s *state, next *stage) (bool, error) {
	meta, err := table.UpdateTableMetadata(s.meta, next.updates, s.at)
	if err != nil {
		next.discard()
		return false, sen.Errorf(sen.Internal, "change the table of %s: %w", t.Dataset(), err)
	}
	path, err := t.writeMetadata(meta, version(s.at)+1)
	if err != nil {
		next.discard()
		return false, err
	}
	t.lake.hook(PointMetadata)
	done, err := t.lake.catalogue.swap(ctx, t.name, s.at, location(path))
	if err != nil {
		return false, err // the row may have changed: Sweep sees later what is litter
	}
	if !done {
		os.Remove(path)
		return false, nil
	}
	t.seen.Store(&state{meta: meta, at: location(path)})
	return true, nil
}
