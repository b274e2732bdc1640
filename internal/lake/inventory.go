package lake

import (
	"context"
	"fmt"

	"github.com/apache/iceberg-go"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
)

// Role is what a file is to its table.
type Role string

// The roles, in the order in which files can be moved: each names only files
// of those before it.
const (
	RoleData     Role = "data"     // rows; names no other file
	RoleDeletes  Role = "deletes"  // deleted positions, by the data files' locations
	RoleManifest Role = "manifest" // data files and files of deletes
	RoleList     Role = "list"     // the manifests of a snapshot
	RoleMetadata Role = "metadata" // snapshots, and earlier metadata
)

// Roles are all of them, in their order.
var Roles = []Role{RoleData, RoleDeletes, RoleManifest, RoleList, RoleMetadata}

// Entry is a table's row of the catalogue; its metadata files are called by
// their names.
type Entry struct {
	Namespace string `json:"namespace"`
	Table     string `json:"table"`
	Metadata  string `json:"metadata"`
	Previous  string `json:"previous,omitempty"`
}

// Inventory is what the tables were, and every file that they needed, at one
// moment of the catalogue.
type Inventory struct {
	Root   string // what the files name one another by
	Tables []Entry
	Files  map[string]Role // by name
}

// Moment is the catalogue as it was at one moment.
type Moment struct{ rows []row }

// Moment reads the catalogue, which takes no longer than one query.
func (l *Lake) Moment(ctx context.Context) (Moment, error) {
	rows, err := l.catalogue.all(ctx)
	return Moment{rows}, err
}

// Inventory looks through the tables as they were at a moment. A sync may run
// beside it: what is committed later is not in the inventory. The error has
// kind Invalid where a table names a file outside the lake, which then cannot
// be copied with it.
func (l *Lake) Inventory(ctx context.Context, at Moment) (Inventory, error) {
	out := Inventory{Root: l.root, Files: map[string]Role{}}
	for _, row := range at.rows {
		t := l.table(row.name)
		s, err := t.load(ctx, row.at)
		if err != nil {
			return out, err
		}
		entry := Entry{Namespace: row.namespace, Table: row.table}
		if entry.Metadata, err = out.add(l, row.at, RoleMetadata); err != nil {
			return out, err
		}
		if err := out.addEarlier(ctx, l, s); err != nil {
			return out, err
		}
		if row.previous != "" {
			entry.Previous, _ = l.Name(local(row.previous)) // what it names may be swept long since
		}
		if err := t.inventory(ctx, s, &out); err != nil {
			return out, err
		}
		out.Tables = append(out.Tables, entry)
	}
	return out, nil
}

func (i *Inventory) add(l *Lake, at string, role Role) (string, error) {
	name, err := l.Name(local(at))
	if err != nil {
		return "", sen.Errorf(sen.Invalid, "a table names a file outside the lake: %s", local(at)).
			WithHint("another program added it; compact the table with that program, so that its rows lie in the lake")
	}
	i.Files[name] = role
	return name, nil
}

// addEarlier adds the metadata of before, as far as it is still there.
func (i *Inventory) addEarlier(ctx context.Context, l *Lake, s *state) error {
	for older := range s.meta.PreviousFiles() {
		name, err := l.Name(local(older.MetadataFile))
		if err != nil {
			continue
		}
		there, err := object.Exists(ctx, l.place, name)
		if err != nil {
			return err
		}
		if there {
			i.Files[name] = RoleMetadata
		}
	}
	return nil
}

// inventory adds the files of all snapshots of a table.
func (t *Table) inventory(ctx context.Context, s *state, out *Inventory) error {
	for _, snapshot := range s.meta.Snapshots() {
		if _, err := out.add(t.lake, snapshot.ManifestList, RoleList); err != nil {
			return err
		}
		manifests, err := snapshot.Manifests(t.lake.reader(ctx))
		if err != nil {
			return t.damaged(snapshot.ManifestList, err)
		}
		for _, m := range manifests {
			if name, err := t.lake.Name(local(m.FilePath())); err == nil && out.Files[name] != "" {
				continue // many snapshots share a manifest
			}
			if _, err := out.add(t.lake, m.FilePath(), RoleManifest); err != nil {
				return err
			}
			if err := t.inventoryOf(ctx, m, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Table) inventoryOf(ctx context.Context, m iceberg.ManifestFile, out *Inventory) error {
	for entry, err := range m.Entries(t.lake.reader(ctx), true) {
		if err != nil {
			return t.damaged(m.FilePath(), err)
		}
		role := RoleData
		if entry.DataFile().ContentType() != iceberg.EntryContentData {
			role = RoleDeletes
		}
		if _, err := out.add(t.lake, entry.DataFile().FilePath(), role); err != nil {
			return err
		}
	}
	return nil
}

// Place is where the lake's files lie, for who copies them.
func (l *Lake) Place() object.Place { return l.place }

// Adopt enters tables whose files lie in the lake already: all of them or
// none. The error has kind Exists where the catalogue has other tables; those
// that are there just so have been adopted before.
func (l *Lake) Adopt(ctx context.Context, tables []Entry) error {
	rows, err := l.catalogue.all(ctx)
	if err != nil {
		return err
	}
	have := map[Entry]bool{}
	for _, row := range rows {
		at, _ := l.Name(local(row.at))
		previous, _ := l.Name(local(row.previous))
		have[Entry{row.namespace, row.table, at, previous}] = true
	}
	if len(have) == len(tables) {
		same := true
		for _, t := range tables {
			same = same && have[t]
		}
		if same {
			return nil
		}
	}
	if len(rows) > 0 {
		return sen.Errorf(sen.Exists, "the lake's catalogue has %d tables already", len(rows)).
			WithHint("name an empty one: another folder, database and place in the bucket")
	}
	for _, t := range tables {
		if err := l.adoptable(ctx, t); err != nil {
			return err
		}
	}
	return l.catalogue.enter(ctx, tables, func(name string) string {
		if name == "" {
			return ""
		}
		return location(l.root + "/" + name)
	})
}

// adoptable reads a table's metadata at its new place.
func (l *Lake) adoptable(ctx context.Context, e Entry) error {
	t := l.table(name{e.Namespace, e.Table})
	s, err := t.load(ctx, location(l.root+"/"+e.Metadata))
	if err != nil {
		return err
	}
	if got, want := s.meta.Location(), location(t.Folder()); got != want {
		return sen.Errorf(sen.Internal, "the table of %s says that it lies in %s, not in %s", t.Dataset(), got, want)
	}
	if _, err := t.plan(ctx, s, s.meta.CurrentSnapshot()); err != nil {
		return fmt.Errorf("read the restored table of %s: %w", t.Dataset(), err)
	}
	return nil
}
