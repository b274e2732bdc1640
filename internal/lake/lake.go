// Package lake keeps the hub's tables: Apache Iceberg format version 2, in a
// local folder or a bucket, under a catalogue in SQLite or PostgreSQL.
//
// What comes in is the schema of a dataset and Parquet files that the engine
// has written into the folders handed out here. What goes out is snapshots
// (one commit each, whole or not at all), and SQL text by which the engine
// reads a table as of any of them. Outside readers open the same tables with
// nothing of ours: catalogue "sen", namespace <kind>_<agency>, table <object>.
//
// The lake never reads or writes rows itself, except for the positions that a
// commit deletes, and never removes a file that a kept snapshot names.
//
// It is built on iceberg-go's formats (schema, manifest, metadata); the
// commit is its own. The library's transaction percent-encodes paths, which
// pyiceberg does not decode, and syncs nothing to the disk.
package lake

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
)

// Options are what an installation may set.
type Options struct {
	// Dir is the folder of the lake, made when it is not there. With Bucket it
	// holds the drafts alone, and the catalogue where Catalogue is not set.
	Dir       string
	Bucket    *object.S3 // where the files lie instead; its Drafts are set here
	Catalogue *Postgres  // where the catalogue lies instead
	Log       *slog.Logger

	// Hook is called as a commit or a retention passes each of its points, so
	// that a test can end the process there.
	Hook func(point string)
}

// The points of a commit, in their order.
const (
	PointFiles    = "lake.files"    // the added files are durable
	PointMetadata = "lake.metadata" // so are manifests and metadata; nothing names them yet
	PointCommit   = "lake.commit"   // the catalogue names the new snapshot
)

// The points of a retention.
const (
	PointExpired = "lake.expired" // old snapshots are gone, their files are there
	PointSwept   = "lake.swept"   // before each file that is removed
)

// CatalogueFile is the catalogue, in the lake's folder.
const CatalogueFile = "catalog.db"

// Kind is what a table of a dataset holds.
type Kind string

// The kinds of table.
const (
	Landed     Kind = "landed"     // as it came from the source
	Clean      Kind = "clean"      // standardised and checked
	Quarantine Kind = "quarantine" // kept back, and why
	Links      Kind = "links"      // of an entity: which record speaks of which thing
	Golden     Kind = "golden"     // of an entity: one record a thing
	Review     Kind = "review"     // of an entity: pairs of records that are for a person to decide
	Relations  Kind = "relations"  // of an entity: what its things are to others
	Conflicts  Kind = "conflicts"  // of an entity: what is most likely wrong of what datasets say of one thing
)

// Lake is an open lake. It is safe for concurrent use, also by several
// processes.
type Lake struct {
	root      string // absolute, or s3://…, as the metadata names it
	drafts    string // where the engine writes; root, but with a bucket
	place     object.Place
	catalogue *catalogue
	log       *slog.Logger
	hook      func(string)
}

// Open opens the lake in a folder, or makes one. A lake that was moved since
// it was made, or is of a newer version, is an error with the way out.
func Open(ctx context.Context, o Options) (*Lake, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, sen.Errorf(sen.Invalid, "the lake's folder: %w", err)
	}
	if strings.ContainsAny(dir, "*?[#") {
		return nil, sen.Errorf(sen.Invalid, "the lake cannot lie in %s", dir).
			WithHint("choose a folder without the signs * ? [ # in its path: the SQL engine and Iceberg's readers give them a meaning")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, sen.Errorf(sen.Unavailable, "make the lake's folder: %w", err)
	}
	l := &Lake{log: o.Log, hook: o.Hook, drafts: filepath.Join(dir, "drafts")}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.hook == nil {
		l.hook = func(string) {}
	}
	address := dir
	if o.Bucket != nil {
		bucket := *o.Bucket
		bucket.Drafts = l.drafts
		if l.place, err = object.OpenBucket(bucket); err != nil {
			return nil, err
		}
		address = l.place.Address()
	}
	if l.catalogue, err = openCatalogue(ctx, dir, o.Catalogue); err != nil {
		return nil, err
	}
	if l.root, err = l.catalogue.claim(ctx, address); err != nil {
		l.catalogue.close()
		return nil, err
	}
	if o.Bucket == nil {
		l.place, l.drafts = object.OpenFolder(l.root), l.root
	}
	return l, nil
}

// Root is what every path of the lake begins with: an absolute folder, or
// s3://bucket/prefix.
func (l *Lake) Root() string { return l.root }

// Close gives the catalogue back.
func (l *Lake) Close() error { return l.catalogue.close() }

// Table makes a dataset's table, or lets the one that is there evolve to
// these fields: columns are added and dropped, types widen. The error has
// kind Drift where a column would have to change to an incompatible type;
// then nothing has changed.
func (l *Lake) Table(ctx context.Context, kind Kind, d sen.Dataset, fields []Field) (*Table, error) {
	t := l.table(nameOf(kind, d))
	for {
		_, err := t.refresh(ctx)
		switch {
		case err == nil:
			return t, t.evolve(ctx, fields)
		case sen.KindOf(err) != sen.NotFound:
			return nil, err
		}
		if made, err := t.create(ctx, fields); err != nil || made != nil {
			return t, err
		}
	}
}

// Lookup finds a dataset's table; the error has kind NotFound when there is
// none.
func (l *Lake) Lookup(ctx context.Context, kind Kind, d sen.Dataset) (*Table, error) {
	t := l.table(nameOf(kind, d))
	if _, err := t.refresh(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// List is every table of the lake, by kind and name.
func (l *Lake) List(ctx context.Context) ([]*Table, error) {
	rows, err := l.catalogue.all(ctx)
	if err != nil {
		return nil, err
	}
	var out []*Table
	for _, row := range rows {
		t := l.table(row.name)
		if _, err := t.refresh(ctx); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (l *Lake) table(n name) *Table {
	folder := string(n.kind()) + "/" + n.dataset().Agency() + "/" + n.dataset().Object()
	return &Table{lake: l, name: n, folder: folder}
}
