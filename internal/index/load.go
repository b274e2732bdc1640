package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sen-hub/sen"
)

// Group is fields that are read together, or not at all.
type Group struct {
	Name   string
	Fields []string
}

// Load is a load under way. It is for one goroutine.
type Load struct {
	db     *DB
	entity string
	layout layout
	old    *layout // what is there now; nil: nothing
	folder string
	tables []string
	file   *sstable.Writer
	bytes  int
	last   []byte
}

// tableBytes is about how large a sorted table becomes.
const tableBytes = 64 << 20

// Begin begins to load an entity anew. Nothing of it is seen before Commit;
// Abort in any other case.
func (d *DB) Begin(entity string, keys []string, groups []Group) (*Load, error) {
	l := &Load{db: d, entity: entity, layout: layout{Keys: keys}}
	for _, g := range groups {
		l.layout.Groups = append(l.layout.Groups, g.Name)
		l.layout.Fields = append(l.layout.Fields, g.Fields)
	}
	if len(keys) > 255 || len(groups) > 255 {
		return nil, sen.Errorf(sen.Invalid, "an entity has 255 keys and groups at most")
	}
	var err error
	l.old = d.current(entity)
	if l.layout.Generation, err = d.nextGeneration(); err != nil {
		return nil, err
	}
	if l.folder, err = os.MkdirTemp(d.dir, "load-"); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "begin a load: %w", err)
	}
	return l, nil
}

// generationCounter is where the number of the last generation lies; it is
// durable before one is used, so that what a killed load wrote is never read.
var generationCounter = []byte{'g'}

func (d *DB) nextGeneration() (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := uint64(1)
	raw, closer, err := d.pb.Get(generationCounter)
	if err == nil {
		next += binary.BigEndian.Uint64(raw)
		closer.Close()
	}
	err = d.pb.Set(generationCounter, binary.BigEndian.AppendUint64(nil, next), pebble.Sync)
	if err != nil {
		return 0, sen.Errorf(sen.Unavailable, "write to the index: %w", err)
	}
	return next, nil
}

// Key adds a key of the nth key field. Keys come first, in the order of field
// and key; a key that comes again is passed over.
func (l *Load) Key(field int, key string, id int64) error {
	return l.set(keyKey(l.layout.Generation, field, key), binary.BigEndian.AppendUint64(nil, uint64(id)))
}

// Group adds the nth group of a record, as package index stores it. Records
// come after all keys, in the order of the unsigned identifier and group.
func (l *Load) Group(id int64, group int, fields []byte) error {
	return l.set(recordKey(l.layout.Generation, id, group), fields)
}

func (l *Load) set(key, value []byte) error {
	switch c := bytes.Compare(key, l.last); {
	case c == 0:
		return nil
	case c < 0:
		return sen.Errorf(sen.Internal, "a load of the index is out of order")
	}
	l.last = append(l.last[:0], key...)
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if err := l.file.Set(key, value); err != nil {
		return sen.Errorf(sen.Unavailable, "write a table of the index: %w", err)
	}
	if l.bytes += len(key) + len(value); l.bytes >= tableBytes {
		return l.close()
	}
	return nil
}

func (l *Load) open() error {
	path := filepath.Join(l.folder, fmt.Sprintf("%06d.sst", len(l.tables)))
	f, err := vfs.Default.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return sen.Errorf(sen.Unavailable, "make a table of the index: %w", err)
	}
	l.tables, l.bytes = append(l.tables, path), 0
	l.file = sstable.NewWriter(objstorageprovider.NewFileWritable(f), l.db.tableOptions())
	return nil
}

func (d *DB) tableOptions() sstable.WriterOptions {
	options := &pebble.Options{}
	options.EnsureDefaults()
	return options.MakeWriterOptions(6, d.pb.TableFormat())
}

func (l *Load) close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	if err != nil {
		return sen.Errorf(sen.Unavailable, "end a table of the index: %w", err)
	}
	return nil
}

// Commit makes what was loaded current, together with the position that it
// was made from, and lets go of what was there before.
func (l *Load) Commit(position string) error {
	if err := l.close(); err != nil {
		return err
	}
	defer os.RemoveAll(l.folder)
	if len(l.tables) > 0 {
		if err := l.db.pb.Ingest(context.Background(), l.tables); err != nil {
			return sen.Errorf(sen.Unavailable, "take the tables into the index: %w", err)
		}
	}
	l.layout.Position = position
	raw, err := json.Marshal(l.layout)
	if err != nil {
		return err
	}
	if err := l.db.pb.Set(metaKey(l.entity), raw, pebble.Sync); err != nil {
		return sen.Errorf(sen.Unavailable, "make the load current: %w", err)
	}
	l.db.mu.Lock()
	l.db.layouts[l.entity] = &l.layout
	l.db.mu.Unlock()
	if l.old == nil {
		return nil
	}
	// Only now: a reader that misses something finds that there is a newer load.
	if err := l.db.pb.DeleteRange(generationKey(l.old.Generation), generationKey(l.old.Generation+1), pebble.NoSync); err != nil {
		return sen.Errorf(sen.Unavailable, "let go of the load before: %w", err)
	}
	return nil
}

// Abort gives up what was loaded. After Commit it does nothing.
func (l *Load) Abort() {
	_ = l.close()
	os.RemoveAll(l.folder)
}
