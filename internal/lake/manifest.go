package lake

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// snapshotWriter makes one snapshot: its manifests, their list, its summary
// (Iceberg spec, "Manifests", "Snapshots").
type snapshotWriter struct {
	meta     table.Metadata
	lake     *Lake
	ctx      context.Context // of the one commit
	folder   string          // metadata/, by its name
	id, seq  int64
	commit   uuid.UUID
	counts   counts
	previous *table.Snapshot
	written  []string
}

// stage makes the snapshot of a Change on top of s.
func (t *Table) stage(ctx context.Context, s *state, w *work) (_ *stage, err error) {
	previous := s.meta.CurrentSnapshot()
	if w.pinned && (previous == nil || previous.SnapshotID != w.base) {
		return nil, t.overtaken()
	}
	sw := &snapshotWriter{
		lake: t.lake, ctx: ctx, meta: s.meta, folder: t.folder + "/metadata",
		id: newSnapshotID(s.meta), seq: s.meta.LastSequenceNumber() + 1,
		commit: uuid.New(), previous: previous,
	}
	out := &stage{}
	defer func() {
		out.written = sw.written
		if err != nil {
			out.discard(ctx, t.lake)
		}
	}()
	manifests, err := sw.manifests(w)
	if err != nil {
		return nil, err
	}
	snapshot, err := sw.snapshot(w, manifests)
	if err != nil {
		return nil, err
	}
	out.updates = []table.Update{
		table.NewAddSnapshotUpdate(snapshot),
		table.NewSetSnapshotRefUpdate(table.MainBranch, snapshot.SnapshotID, table.BranchRef, 0, 0, 0),
	}
	return out, nil
}

func newSnapshotID(meta table.Metadata) int64 {
	for {
		if id := rand.Int64(); id > 0 && meta.SnapshotByID(id) == nil {
			return id
		}
	}
}

// manifests are those of the snapshot before, as far as they hold, and those
// of the change.
func (sw *snapshotWriter) manifests(w *work) ([]iceberg.ManifestFile, error) {
	out, err := sw.kept(w.Replace)
	if err != nil {
		return nil, err
	}
	if len(w.added) > 0 {
		m, err := sw.manifest(iceberg.ManifestContentData, sw.adding(w.added))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	if w.deletes != nil {
		m, err := sw.manifest(iceberg.ManifestContentDeletes, sw.adding([]iceberg.DataFile{w.deletes}))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// kept are the manifests of before that have live files. On a replacement
// each gives way to one that says its files are gone.
func (sw *snapshotWriter) kept(replace bool) ([]iceberg.ManifestFile, error) {
	if sw.previous == nil {
		return nil, nil
	}
	all, err := sw.previous.Manifests(sw.lake.reader(sw.ctx))
	if err != nil {
		return nil, fmt.Errorf("read the manifests of snapshot %d: %w", sw.previous.SnapshotID, err)
	}
	var out []iceberg.ManifestFile
	for _, m := range all {
		if !m.HasAddedFiles() && !m.HasExistingFiles() {
			continue
		}
		if replace {
			if m, err = sw.manifest(m.ManifestContent(), sw.removing(m)); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

type fillManifest func(*iceberg.ManifestWriter) error

func (sw *snapshotWriter) adding(files []iceberg.DataFile) fillManifest {
	return func(out *iceberg.ManifestWriter) error {
		for _, f := range files {
			sw.counts.added.add(f)
			entry := iceberg.NewManifestEntry(iceberg.EntryStatusADDED, &sw.id, nil, nil, f)
			if err := out.Add(entry); err != nil {
				return err
			}
		}
		return nil
	}
}

func (sw *snapshotWriter) removing(m iceberg.ManifestFile) fillManifest {
	return func(out *iceberg.ManifestWriter) error {
		for entry, err := range m.Entries(sw.lake.reader(sw.ctx), true) {
			if err != nil {
				return err
			}
			sw.counts.removed.add(entry.DataFile())
			if err := out.Delete(entry); err != nil {
				return err
			}
		}
		return nil
	}
}

// manifest writes one manifest file and makes it durable.
func (sw *snapshotWriter) manifest(content iceberg.ManifestContent, fill fillManifest) (iceberg.ManifestFile, error) {
	name := fmt.Sprintf("%s/%s-m%d.avro", sw.folder, sw.commit, len(sw.written))
	var out *iceberg.ManifestWriter
	path, size, err := sw.lake.write(sw.ctx, name, func(to io.Writer) (err error) {
		out, err = iceberg.NewManifestWriter(2, to, sw.meta.PartitionSpec(), sw.meta.CurrentSchema(), sw.id,
			iceberg.WithManifestWriterContent(content))
		if err != nil {
			return err
		}
		if err := fill(out); err != nil {
			return err
		}
		return out.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	sw.written = append(sw.written, path)
	return out.ToManifestFile(location(path), size)
}

// snapshot writes the manifest list and describes the snapshot.
func (sw *snapshotWriter) snapshot(w *work, manifests []iceberg.ManifestFile) (*table.Snapshot, error) {
	var parent *int64
	at := time.Now().UnixMilli()
	if sw.previous != nil {
		parent = &sw.previous.SnapshotID
		at = max(at, sw.previous.TimestampMs+1) // so that a time names one snapshot
	}
	name := fmt.Sprintf("%s/snap-%d-0-%s.avro", sw.folder, sw.id, sw.commit)
	path, _, err := sw.lake.write(sw.ctx, name, func(to io.Writer) error {
		list, err := iceberg.NewManifestListWriterV2(to, sw.id, sw.seq, parent)
		if err != nil {
			return err
		}
		if err := list.AddManifests(manifests); err != nil {
			return err
		}
		return list.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("write a manifest list: %w", err)
	}
	sw.written = append(sw.written, path)
	schema := sw.meta.CurrentSchema().ID
	return &table.Snapshot{
		SnapshotID: sw.id, ParentSnapshotID: parent, SequenceNumber: sw.seq, TimestampMs: at,
		ManifestList: location(path), SchemaID: &schema,
		Summary: &table.Summary{Operation: operation(w), Properties: sw.summary(w.Summary)},
	}, nil
}

func operation(w *work) table.Operation {
	switch {
	case w.Replace, len(w.added) > 0 && w.deletes != nil:
		return table.OpOverwrite
	case w.deletes != nil:
		return table.OpDelete
	}
	return table.OpAppend
}

func (sw *snapshotWriter) summary(given map[string]string) iceberg.Properties {
	out := iceberg.Properties{}
	maps.Copy(out, given)
	sw.counts.into(out, totalsOf(sw.previous))
	return out
}

// tally counts files of a snapshot.
type tally struct{ files, rows, bytes, deleteFiles, positions int64 }

func (c *tally) add(f iceberg.DataFile) {
	c.bytes += f.FileSizeBytes()
	if f.ContentType() == iceberg.EntryContentData {
		c.files++
		c.rows += f.Count()
		return
	}
	c.deleteFiles++
	c.positions += f.Count()
}

// counts are what a snapshot adds and removes.
type counts struct{ added, removed tally }

// into writes the counts under the names that every Iceberg client shows
// (Iceberg spec, "Optional Snapshot Summary Fields").
func (c *counts) into(out iceberg.Properties, before tally) {
	for _, n := range []struct {
		added, removed, total string
		plus, minus, was      int64
	}{
		{"added-data-files", "deleted-data-files", "total-data-files", c.added.files, c.removed.files, before.files},
		{"added-records", "deleted-records", "total-records", c.added.rows, c.removed.rows, before.rows},
		{"added-files-size", "removed-files-size", "total-files-size", c.added.bytes, c.removed.bytes, before.bytes},
		{"added-delete-files", "removed-delete-files", "total-delete-files", c.added.deleteFiles, c.removed.deleteFiles, before.deleteFiles},
		{"added-position-deletes", "removed-position-deletes", "total-position-deletes", c.added.positions, c.removed.positions, before.positions},
	} {
		if n.plus > 0 {
			out[n.added] = strconv.FormatInt(n.plus, 10)
		}
		if n.minus > 0 {
			out[n.removed] = strconv.FormatInt(n.minus, 10)
		}
		out[n.total] = strconv.FormatInt(n.was+n.plus-n.minus, 10)
	}
	out["total-equality-deletes"] = "0"
}

func totalsOf(s *table.Snapshot) tally {
	if s == nil || s.Summary == nil {
		return tally{}
	}
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(s.Summary.Properties[key], 10, 64)
		return n
	}
	return tally{
		files: number("total-data-files"), rows: number("total-records"), bytes: number("total-files-size"),
		deleteFiles: number("total-delete-files"), positions: number("total-position-deletes"),
	}
}
