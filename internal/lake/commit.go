package lake

import (
	"context"
	"maps"
	"math/rand/v2"
	"path"
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
// them; a commit that does not succeed leaves at most files that Retain takes.
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
	err = t.update(ctx, func(s *state) (*stage, error) { return t.stage(ctx, s, w) })
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
	names, err := t.checkPaths(c.Add)
	if err != nil {
		return nil, err
	}
	if err := t.lake.place.Sync(ctx, names); err != nil {
		return nil, lost(err)
	}
	w.settle(t.lake, names)
	if w.added, err = t.describeAll(ctx, w.Add); err != nil {
		return nil, err
	}
	if len(w.Delete) > 0 {
		if err := t.checkPositions(ctx, w); err != nil {
			return nil, err
		}
		w.deletes, err = t.writeDeletes(ctx, w.Delete)
	}
	return w, err
}

// lost is the error for an added file that is not there: nothing was asked
// for that does not exist, but something was taken away.
func lost(err error) error {
	if sen.KindOf(err) != sen.NotFound {
		return err
	}
	return sen.Errorf(sen.Unavailable, "a file to commit is gone: %w", err).WithHint("run the sync again")
}

// settle calls the added files by the paths at which they lie now, also in the
// deleted positions.
func (w *work) settle(l *Lake, names []string) {
	added := slices.Clone(w.Add)
	deleted := map[string][]int64{}
	maps.Copy(deleted, w.Delete)
	for i, f := range w.Add {
		added[i].Path = l.root + "/" + names[i]
		if positions, some := deleted[f.Path]; some {
			delete(deleted, f.Path)
			deleted[added[i].Path] = positions
		}
	}
	w.Add, w.Delete = added, deleted
}

// checkPaths gives the names of the files in the lake.
func (t *Table) checkPaths(files []File) ([]string, error) {
	seen := map[string]bool{}
	names, err := t.lake.names(files)
	for _, name := range names {
		if !strings.HasPrefix(name, t.folder+"/data/") {
			return nil, sen.Errorf(sen.Invalid, "%s does not lie in %s/data", name, t.folder).
				WithHint("write it to a path of NewFile")
		}
		if seen[name] {
			return nil, sen.Errorf(sen.Invalid, "%s is added twice in one commit", path.Base(name))
		}
		seen[name] = true
	}
	return names, err
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
	for at, positions := range w.Delete {
		rows, own := added[at]
		if !own {
			w.pinned = true
			if rows, own = before[at]; !own {
				return t.overtaken()
			}
		}
		if outside := outOf(rows, positions); outside >= 0 {
			return sen.Errorf(sen.Invalid, "row %d of %s cannot be deleted: it has %d rows", positions[outside], path.Base(at), rows)
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

func (s *stage) discard(ctx context.Context, l *Lake) {
	for _, path := range s.written {
		l.remove(ctx, path)
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
		next.discard(ctx, t.lake)
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
		next.discard(ctx, t.lake)
		return false, sen.Errorf(sen.Internal, "change the table of %s: %w", t.Dataset(), err)
	}
	written, err := t.writeMetadata(ctx, meta, version(s.at)+1)
	if err != nil {
		next.discard(ctx, t.lake)
		return false, err
	}
	t.lake.hook(PointMetadata)
	done, err := t.lake.catalogue.swap(ctx, t.name, s.at, location(written))
	if err != nil {
		return false, err // the row may have changed: Retain sees later what is litter
	}
	if !done {
		t.lake.remove(ctx, written)
		return false, nil
	}
	t.seen.Store(&state{meta: meta, at: location(written)})
	return true, nil
}
