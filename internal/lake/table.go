package lake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
)

// Table is one dataset's table of one kind, as this process last saw it. It
// is safe for concurrent use.
type Table struct {
	lake   *Lake
	name   name
	folder string // its name in the lake
	seen   atomic.Pointer[state]
}

// state is one version of a table's metadata.
type state struct {
	meta table.Metadata
	at   string // its location
}

// Kind is what the table holds.
func (t *Table) Kind() Kind { return t.name.kind() }

// Dataset is whose rows it holds.
func (t *Table) Dataset() sen.Dataset { return t.name.dataset() }

// Folder is where its data/ and metadata/ lie.
func (t *Table) Folder() string { return t.lake.root + "/" + t.folder }

// Fields are the columns, in their order.
func (t *Table) Fields() []Field { return fieldsOf(t.seen.Load().meta.CurrentSchema()) }

// FieldIDs is the value of the option FIELD_IDS of the COPY that writes a
// file of this table. The rows written must have exactly the table's columns.
func (t *Table) FieldIDs() string {
	return fieldIDs(t.seen.Load().meta.CurrentSchema().Fields())
}

// NewFile is the path of a data file that the engine is to write: it carries
// field ids. The folder is made; the name is new each time, so that a range
// that is written again never overwrites. It is a local path also where the
// lake is not: Seal or Commit brings the file to its place.
func (t *Table) NewFile(run string, rng, part int) (string, error) {
	return t.newFile(run, rng, part, ".parquet")
}

// sourceSuffix marks a file whose columns are found by name: the source's own
// bytes, without field ids. Commit checks that the mark is true, so a reader
// need not open every footer to know.
const sourceSuffix = ".source.parquet"

// NewSourceFile is the path of a data file that holds a source's own bytes.
func (t *Table) NewSourceFile(run string, rng, part int) (string, error) {
	return t.newFile(run, rng, part, sourceSuffix)
}

func (t *Table) newFile(run string, rng, part int, suffix string) (string, error) {
	base := fmt.Sprintf("%s-%05d-%05d-%08x%s", plain(run), rng, part, rand.Uint32(), suffix)
	return t.lake.place.Draft(t.folder + "/data/" + base)
}

// Discard removes the data files of a run that has committed nothing, but
// those whose base name is kept: what a killed process of it left behind.
func (t *Table) Discard(ctx context.Context, run string, kept map[string]bool) error {
	var unfinished, sealed []string
	err := t.lake.place.List(ctx, t.folder+"/data/"+plain(run)+"-", func(i object.Info) error {
		switch {
		case !kept[path.Base(i.Name)]:
			unfinished = append(unfinished, i.Name)
		case i.Draft: // the process ended before it took the draft away
			sealed = append(sealed, i.Name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range unfinished {
		if err := t.lake.place.Remove(ctx, name); err != nil {
			return fmt.Errorf("remove an unfinished file of the lake: %w", err)
		}
	}
	return t.lake.place.Sync(ctx, sealed)
}

// plain makes a text fit for a file's name.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, s)
}

// Snapshot is one commit.
type Snapshot struct {
	ID, Sequence int64
	At           time.Time         // strictly later than the one before, to the millisecond
	Summary      map[string]string // what Change gave, and Iceberg's own counts
	Rows         int64             // of the whole table, deleted ones not counted
}

// String is the snapshot's id in decimal, as every Iceberg client shows it.
func (s Snapshot) String() string { return strconv.FormatInt(s.ID, 10) }

// Current is the newest snapshot this process has seen; false when nothing
// was committed yet.
func (t *Table) Current() (Snapshot, bool) {
	s := t.seen.Load().meta.CurrentSnapshot()
	if s == nil {
		return Snapshot{}, false
	}
	return snapshotOf(s), true
}

// Snapshots are those not expired, oldest first.
func (t *Table) Snapshots() []Snapshot {
	var out []Snapshot
	for _, s := range t.seen.Load().meta.Snapshots() {
		out = append(out, snapshotOf(&s))
	}
	return out
}

func snapshotOf(s *table.Snapshot) Snapshot {
	out := Snapshot{ID: s.SnapshotID, Sequence: s.SequenceNumber, At: time.UnixMilli(s.TimestampMs).UTC(), Summary: map[string]string{}}
	if s.Summary != nil {
		for k, v := range s.Summary.Properties {
			out.Summary[k] = v
		}
	}
	total := totalsOf(s)
	out.Rows = total.rows - total.positions
	return out
}

// Refresh sees what other processes have committed.
func (t *Table) Refresh(ctx context.Context) error {
	_, err := t.refresh(ctx)
	return err
}

func (t *Table) refresh(ctx context.Context) (*state, error) {
	at, err := t.lake.catalogue.current(ctx, t.name)
	if err != nil {
		return nil, err
	}
	if at == "" {
		return nil, sen.Errorf(sen.NotFound, "the lake has no %s table of %s", t.Kind(), t.Dataset()).
			WithHint("bring the dataset in with `sen sync %s`", t.Dataset())
	}
	if s := t.seen.Load(); s != nil && s.at == at {
		return s, nil
	}
	s, err := t.load(ctx, at)
	if err != nil {
		return nil, err
	}
	t.seen.Store(s)
	return s, nil
}

// load reads one version of the metadata.
func (t *Table) load(ctx context.Context, at string) (*state, error) {
	name, err := t.lake.Name(local(at))
	if err != nil {
		return nil, t.damaged(at, err)
	}
	text, err := object.ReadAll(ctx, t.lake.place, name)
	if err != nil {
		return nil, t.damaged(at, err)
	}
	meta, err := table.ParseMetadataBytes(text)
	if err != nil {
		return nil, t.damaged(at, err)
	}
	return &state{meta: meta, at: at}, nil
}

// damaged is a file of the table that is not there or not what it must be.
// A server that cannot be reached, or refuses, is not damage.
func (t *Table) damaged(at string, err error) error {
	switch sen.KindOf(err) {
	case sen.Unavailable, sen.Denied, sen.Canceled:
		return fmt.Errorf("%s table of %s: %w", t.Kind(), t.Dataset(), err)
	}
	return sen.Errorf(sen.Corrupt, "%s table of %s: %s cannot be read: %w", t.Kind(), t.Dataset(), path.Base(at), err).
		WithHint("bring %s back from a backup of the lake", local(at))
}

// properties of every table. The metadata log is short: each entry keeps a
// metadata file of its own alive.
func properties(schema *iceberg.Schema) (iceberg.Properties, error) {
	p, err := nameMapping(schema)
	if err != nil {
		return nil, err
	}
	p[table.PropertyFormatVersion] = "2"
	p[table.MetadataPreviousVersionsMaxKey] = "10"
	return p, nil
}

// create enters a new table; nil when somebody else was first.
func (t *Table) create(ctx context.Context, fields []Field) (*state, error) {
	schema, err := newSchema(fields)
	if err != nil {
		return nil, err
	}
	props, err := properties(schema)
	if err != nil {
		return nil, err
	}
	meta, err := table.NewMetadata(schema, iceberg.UnpartitionedSpec, table.UnsortedSortOrder, location(t.Folder()), props)
	if err != nil {
		return nil, sen.Errorf(sen.Invalid, "make the table of %s: %w", t.Dataset(), err)
	}
	written, err := t.writeMetadata(ctx, meta, 0)
	if err != nil {
		return nil, err
	}
	first, err := t.lake.catalogue.create(ctx, t.name, location(written))
	if err != nil || !first {
		t.lake.remove(ctx, written)
		return nil, err
	}
	s := &state{meta: meta, at: location(written)}
	t.seen.Store(s)
	return s, nil
}

// writeMetadata makes version n of the table's metadata durable.
func (t *Table) writeMetadata(ctx context.Context, meta table.Metadata, n int) (string, error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return "", fmt.Errorf("table metadata: %w", err)
	}
	name := fmt.Sprintf("%s/metadata/%05d-%s.metadata.json", t.folder, n, uuid.New())
	path, _, err := t.lake.write(ctx, name, func(w io.Writer) error { _, err := w.Write(text); return err })
	return path, err
}

// version is the number in a metadata file's name, as every Iceberg client
// counts on.
func version(at string) int {
	digits, _, _ := strings.Cut(path.Base(at), "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// evolve gives the table these fields.
func (t *Table) evolve(ctx context.Context, fields []Field) error {
	return t.update(ctx, func(s *state) (*stage, error) {
		schema, changes, err := evolve(s.meta.CurrentSchema(), s.meta.LastColumnID(), fields)
		if err != nil {
			return nil, sen.Errorf(sen.KindOf(err), "%s: %w", t.Dataset(), err)
		}
		if !changes {
			return nil, nil
		}
		props, err := nameMapping(schema)
		if err != nil {
			return nil, err
		}
		return &stage{updates: []table.Update{
			table.NewAddSchemaUpdate(schema),
			table.NewSetCurrentSchemaUpdate(-1),
			table.NewSetPropertiesUpdate(props),
		}}, nil
	})
}
