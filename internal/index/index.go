// Package index answers with the golden record of one thing by any of its
// keys, in far less than a millisecond. In come records and keys, each in
// order; out go fields, by group, so that a group that is not asked for is
// never read.
//
// A load writes sorted tables beside what is there and makes them current in
// one step, together with the position that it has applied: a reader sees the
// whole of one load, also while the next one goes on. One process has the
// index; it answers others over a socket in its folder (see Serve and Dial).
package index

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/sen-hub/sen"
)

// Field is one field of a golden record.
type Field struct {
	Name     string
	Value    string
	Source   string   // the dataset that gave it
	AsOf     string   // the day of which it speaks, as YYYY-MM-DD; mostly empty
	Rejected []string // what else was said: value · dataset
}

// Record is a golden record, or the groups of it that were asked for.
type Record struct {
	ID     int64
	Fields []Field
}

// Reader answers with records. DB and Client are readers.
type Reader interface {
	// Get is the record of an entity that has this value in a key field; with
	// the key field "", the one whose identifier it is. Of it, the fields of
	// these groups; none means all. The error is NotFound where there is none.
	Get(entity, keyField, key string, groups ...string) (Record, error)

	// Position is what the last load of an entity had applied; "" before one.
	Position(entity string) (string, error)

	Close() error
}

// Options are what an installation may set. The zero value runs.
type Options struct {
	Cache int64 // bytes of the block cache; default 128 MiB
}

// DB is an open index. It is safe for concurrent use.
type DB struct {
	dir   string
	pb    *pebble.DB
	cache *pebble.Cache

	mu      sync.RWMutex
	layouts map[string]*layout // of each entity's current load
}

// layout says how the records of one load of an entity lie.
type layout struct {
	Generation uint64     `json:"generation"`
	Position   string     `json:"position"`
	Keys       []string   `json:"keys"`   // fields that are keys
	Groups     []string   `json:"groups"` // in the order of their numbers
	Fields     [][]string `json:"fields"` // of each group
}

// Open opens the index in a folder, or makes one. The error is Busy where
// another process has it: Dial that one.
func Open(dir string, o Options) (*DB, error) {
	if o.Cache <= 0 {
		o.Cache = 128 << 20
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "make the index's folder: %w", err)
	}
	d := &DB{dir: dir, cache: pebble.NewCache(o.Cache), layouts: map[string]*layout{}}
	options := &pebble.Options{Cache: d.cache, Logger: quiet{}, FormatMajorVersion: pebble.FormatNewest}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	var err error
	if d.pb, err = pebble.Open(dir, options); err != nil {
		d.cache.Unref()
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "lock") {
			return nil, sen.Errorf(sen.Busy, "another process has the index").At("%s", dir)
		}
		return nil, sen.Errorf(sen.Corrupt, "open the index: %w", err).At("%s", dir).
			WithHint("it holds nothing of its own: remove the folder, and `sen link run` makes it again")
	}
	if err := d.sweep(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// quiet keeps the store's own log out of people's way.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(sen.Errorf(sen.Unavailable, format, args...))
}

// Close closes the index.
func (d *DB) Close() error {
	err := d.pb.Close()
	d.cache.Unref()
	return err
}

// The first byte of a key in the store.
const (
	metaSpace = 'm' // entity → layout
	dataSpace = 'd' // generation, then keys and records
)

// Within a generation.
const (
	keySpace    = 'k' // number of the key field, the key → identifier
	recordSpace = 'r' // identifier, number of the group → its fields
)

func metaKey(entity string) []byte { return append([]byte{metaSpace}, entity...) }

func generationKey(generation uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{dataSpace}, generation)
}

func keyKey(generation uint64, field int, key string) []byte {
	return append(append(generationKey(generation), keySpace, byte(field)), key...)
}

func recordKey(generation uint64, id int64, group int) []byte {
	return append(binary.BigEndian.AppendUint64(append(generationKey(generation), recordSpace), uint64(id)), byte(group))
}

// current is the entity's layout; nil before its first load.
func (d *DB) current(entity string) *layout {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.layouts[entity]
}

func damaged(err error) error {
	return sen.Errorf(sen.Corrupt, "the index cannot be read: %w", err).
		WithHint("it holds nothing of its own: remove its folder, and `sen link run` makes it again")
}

// Position is what the last load of an entity had applied.
func (d *DB) Position(entity string) (string, error) {
	if l := d.current(entity); l != nil {
		return l.Position, nil
	}
	return "", nil
}

// Get is the record that has this value in a key field: see Reader. What a load
// replaces is let go only when the new one is current: where it has become so
// meanwhile, parts of the old may be gone, and Get begins again.
func (d *DB) Get(entity, keyField, key string, groups ...string) (Record, error) {
	for {
		l := d.current(entity)
		if l == nil {
			return Record{}, sen.Errorf(sen.NotFound, "the index has no %s", entity)
		}
		r, err := l.get(d.pb, keyField, key, groups)
		if d.current(entity) == l {
			return r, err
		}
	}
}

func (l *layout) get(s pebble.Reader, keyField, key string, groups []string) (Record, error) {
	id, err := l.find(s, keyField, key)
	if err != nil {
		return Record{}, err
	}
	return l.read(s, id, groups)
}

func (l *layout) find(s pebble.Reader, keyField, key string) (int64, error) {
	if keyField == "" {
		return parseID(key)
	}
	for i, f := range l.Keys {
		if f != keyField {
			continue
		}
		raw, closer, err := s.Get(keyKey(l.Generation, i, key))
		if errors.Is(err, pebble.ErrNotFound) {
			return 0, sen.Errorf(sen.NotFound, "there is no such %s", keyField)
		}
		if err != nil {
			return 0, damaged(err)
		}
		defer closer.Close()
		if len(raw) != 8 {
			return 0, damaged(errors.New("an identifier has not eight bytes"))
		}
		return int64(binary.BigEndian.Uint64(raw)), nil
	}
	return 0, sen.Errorf(sen.Invalid, "%s is no key", keyField).WithHint("keys are %s", strings.Join(l.Keys, ", "))
}

func (l *layout) read(s pebble.Reader, id int64, groups []string) (Record, error) {
	out, found := Record{ID: id}, false
	for n, name := range l.Groups {
		if len(groups) > 0 && !slices.Contains(groups, name) {
			continue
		}
		raw, closer, err := s.Get(recordKey(l.Generation, id, n))
		if errors.Is(err, pebble.ErrNotFound) {
			continue
		}
		if err != nil {
			return out, damaged(err)
		}
		found = true
		out.Fields, err = decode(out.Fields, l.Fields[n], string(raw))
		closer.Close()
		if err != nil {
			return out, damaged(err)
		}
	}
	if !found && len(groups) == 0 {
		return out, sen.Errorf(sen.NotFound, "there is no record of this identifier")
	}
	return out, nil
}

// sweep removes what loads that did not end have left: tables that were never
// taken in, and generations that were never made current.
func (d *DB) sweep() error {
	files, err := filepath.Glob(filepath.Join(d.dir, "load-*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.RemoveAll(f); err != nil {
			return sen.Errorf(sen.Unavailable, "remove an unfinished load: %w", err)
		}
	}
	live, err := d.generations()
	if err != nil {
		return err
	}
	from := uint64(0)
	for _, g := range append(live, math.MaxUint64) {
		if g > from {
			if err := d.pb.DeleteRange(generationKey(from), generationKey(g), pebble.NoSync); err != nil {
				return sen.Errorf(sen.Unavailable, "remove an unfinished load: %w", err)
			}
		}
		from = g + 1
	}
	return nil
}

// generations reads the layouts, and gives the generations that are current,
// in ascending order.
func (d *DB) generations() ([]uint64, error) {
	i, err := d.pb.NewIter(&pebble.IterOptions{LowerBound: []byte{metaSpace}, UpperBound: []byte{metaSpace + 1}})
	if err != nil {
		return nil, damaged(err)
	}
	var out []uint64
	for i.First(); i.Valid(); i.Next() {
		l := &layout{}
		if err := json.Unmarshal(i.Value(), l); err != nil {
			return nil, errors.Join(damaged(err), i.Close())
		}
		d.layouts[string(i.Key()[1:])] = l
		out = append(out, l.Generation)
	}
	slices.Sort(out)
	return out, i.Close()
}
