package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/object"
)

// catalogue says which metadata file is the current one of each table. Its
// two iceberg_ tables are those of Iceberg's JDBC catalogue, so pyiceberg
// (type sql), Trino and Spark (type jdbc) open the same one.
//
// iceberg-go has such a catalogue too. This one exists because the new
// metadata must be durable before the row that names it, and because that row
// is the only thing which makes a commit: both are worth seeing in one place.
type catalogue struct {
	db       *sql.DB
	server   bool // PostgreSQL: it may be away for a while, and come again
	patience time.Duration
}

const catalogueName = "sen"

// layout is the version of the lake's folder; a newer one is left alone.
const layout = 1

const catalogueTables = `
CREATE TABLE IF NOT EXISTS iceberg_tables (
	catalog_name               VARCHAR(255) NOT NULL,
	table_namespace            VARCHAR(255) NOT NULL,
	table_name                 VARCHAR(255) NOT NULL,
	metadata_location          VARCHAR(1000),
	previous_metadata_location VARCHAR(1000),
	iceberg_type               VARCHAR(5),
	PRIMARY KEY (catalog_name, table_namespace, table_name)
);
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
	catalog_name   VARCHAR(255) NOT NULL,
	namespace      VARCHAR(255) NOT NULL,
	property_key   VARCHAR(255) NOT NULL,
	property_value VARCHAR(1000),
	PRIMARY KEY (catalog_name, namespace, property_key)
);
CREATE TABLE IF NOT EXISTS sen_lake (
	root   VARCHAR(1000) NOT NULL,
	layout INTEGER NOT NULL
)`

// openCatalogue opens the catalogue at a server, or without one in the lake's
// folder.
func openCatalogue(ctx context.Context, dir string, server *Postgres) (*catalogue, error) {
	if server != nil {
		return server.open(ctx)
	}
	file := url.URL{Path: filepath.Join(dir, CatalogueFile)}
	dsn := "file:" + file.EscapedPath() +
		"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	db, err := sql.Open("sqlite", dsn)
	if err == nil {
		_, err = db.ExecContext(ctx, catalogueTables)
	}
	if err != nil {
		return nil, catalogueError(errors.Join(err, db.Close()))
	}
	return &catalogue{db: db}, nil
}

// claim records where the lake lies, and gives the folder by which its
// metadata names files. Iceberg metadata holds absolute paths, so a lake that
// was moved or copied is refused rather than read from where it no longer is.
func (c *catalogue) claim(ctx context.Context, address string) (string, error) {
	const recorded = `SELECT root, layout FROM sen_lake`
	var root string
	var version int
	err := c.db.QueryRowContext(ctx, recorded).Scan(&root, &version)
	if errors.Is(err, sql.ErrNoRows) {
		const first = `INSERT INTO sen_lake (root, layout) SELECT CAST($1 AS VARCHAR(1000)), CAST($2 AS INTEGER) WHERE NOT EXISTS (SELECT 1 FROM sen_lake)`
		if _, err = c.db.ExecContext(ctx, first, address, layout); err == nil {
			err = c.db.QueryRowContext(ctx, recorded).Scan(&root, &version)
		}
	}
	if err != nil {
		return "", catalogueError(err)
	}
	if version > layout {
		return "", sen.Errorf(sen.Unavailable, "the lake in %s was made by a newer version of sen (layout %d, this one reads %d)", address, version, layout).
			WithHint("use that version, or a newer one")
	}
	if root == address || !object.IsS3(address) && sameFolder(root, address) {
		return root, nil
	}
	moved := sen.Errorf(sen.Unavailable, "the lake in %s was made in %s, and its tables name their files by that path", address, root)
	if object.IsS3(root) || object.IsS3(address) || c.server {
		return "", moved.WithHint("name %s in sen.yaml; `sen backup` there and `sen restore` here bring a lake to another place", root)
	}
	return "", moved.WithHint("move the folder back, or, if nothing is there any more, make a link to it: ln -s %q %q; `sen backup` and `sen restore` bring a lake to another place", address, root)
}

func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func (c *catalogue) close() error { return c.db.Close() }

// name is a table's place in the catalogue.
type name struct{ namespace, table string }

// nameOf puts clean civil-status.birth into namespace clean_civil-status as
// table birth: one level and no dots, which every client can quote.
func nameOf(kind Kind, d sen.Dataset) name {
	return name{string(kind) + "_" + d.Agency(), d.Object()}
}

func (n name) kind() Kind {
	kind, _, _ := strings.Cut(n.namespace, "_")
	return Kind(kind)
}

func (n name) dataset() sen.Dataset {
	_, agency, _ := strings.Cut(n.namespace, "_")
	return sen.Dataset(agency + "." + n.table)
}

// current is the location of a table's metadata, "" when there is no table.
func (c *catalogue) current(ctx context.Context, n name) (string, error) {
	const query = `SELECT metadata_location FROM iceberg_tables
		WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3`
	var at string
	err := c.patiently(ctx, func() error {
		return c.db.QueryRowContext(ctx, query, catalogueName, n.namespace, n.table).Scan(&at)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return at, catalogueError(err)
}

// create enters a new table; false when somebody else was first.
func (c *catalogue) create(ctx context.Context, n name, at string) (bool, error) {
	const namespace = `INSERT INTO iceberg_namespace_properties
		(catalog_name, namespace, property_key, property_value) VALUES ($1, $2, 'exists', 'true')
		ON CONFLICT DO NOTHING`
	const table = `INSERT INTO iceberg_tables
		(catalog_name, table_namespace, table_name, metadata_location, iceberg_type) VALUES ($1, $2, $3, $4, 'TABLE')
		ON CONFLICT DO NOTHING`
	err := c.patiently(ctx, func() error {
		_, err := c.db.ExecContext(ctx, namespace, catalogueName, n.namespace)
		return err
	})
	if err != nil {
		return false, catalogueError(err)
	}
	return c.settled(ctx, n, at, func() (bool, error) {
		return c.changed(ctx, table, catalogueName, n.namespace, n.table, at)
	})
}

// swap moves a table from one metadata file to the next: this one row is the
// commit. False when the table has moved on meanwhile.
func (c *catalogue) swap(ctx context.Context, n name, from, to string) (bool, error) {
	const update = `UPDATE iceberg_tables SET metadata_location = $1, previous_metadata_location = $2
		WHERE catalog_name = $3 AND table_namespace = $4 AND table_name = $5 AND metadata_location = $2`
	return c.settled(ctx, n, to, func() (bool, error) {
		return c.changed(ctx, update, to, from, catalogueName, n.namespace, n.table)
	})
}

func (c *catalogue) changed(ctx context.Context, statement string, args ...any) (bool, error) {
	result, err := c.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

// row is a table of the catalogue with the locations of its metadata.
type row struct {
	name
	at, previous string
}

// all is every table as of one moment, by name.
func (c *catalogue) all(ctx context.Context) ([]row, error) {
	const query = `SELECT table_namespace, table_name, metadata_location, coalesce(previous_metadata_location, '')
		FROM iceberg_tables WHERE catalog_name = $1 ORDER BY table_namespace, table_name`
	var out []row
	err := c.patiently(ctx, func() error {
		rows, err := c.db.QueryContext(ctx, query, catalogueName)
		if err != nil {
			return err
		}
		defer rows.Close()
		out = nil
		for rows.Next() {
			var r row
			if err := rows.Scan(&r.namespace, &r.table, &r.at, &r.previous); err != nil {
				return err
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, catalogueError(err)
}

// enter enters tables into an empty catalogue, in one transaction.
func (c *catalogue) enter(ctx context.Context, tables []Entry, at func(name string) string) error {
	const namespace = `INSERT INTO iceberg_namespace_properties
		(catalog_name, namespace, property_key, property_value) VALUES ($1, $2, 'exists', 'true')
		ON CONFLICT DO NOTHING`
	const table = `INSERT INTO iceberg_tables
		(catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location, iceberg_type)
		VALUES ($1, $2, $3, $4, nullif($5, ''), 'TABLE')`
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return catalogueError(err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, namespace, catalogueName, t.Namespace); err != nil {
			return catalogueError(err)
		}
		if _, err := tx.ExecContext(ctx, table, catalogueName, t.Namespace, t.Table, at(t.Metadata), at(t.Previous)); err != nil {
			return catalogueError(err)
		}
	}
	return catalogueError(tx.Commit())
}

// catalogueError gives a fault of the catalogue its kind and the next step.
func catalogueError(err error) error {
	if err == nil {
		return nil
	}
	var known *sen.Error
	if errors.As(err, &known) {
		return err
	}
	if err := serverError(err); err != nil {
		return err
	}
	says := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case says("SQLITE_BUSY"), says("database is locked"):
		return sen.Errorf(sen.Busy, "the lake's catalogue is locked by another program: %w", err).
			WithHint("end the program that holds %s open, and run the command again", CatalogueFile)
	case says("malformed"), says("not a database"):
		return sen.Errorf(sen.Corrupt, "the lake's catalogue is damaged: %w", err).
			WithHint("put %s back from a backup, or move the data folder aside and sync again: the sources are not touched", CatalogueFile)
	case full(err):
		return sen.Errorf(sen.Unavailable, "the lake's catalogue: the disk is full: %w", err).
			WithHint("free some space and run the command again: what is finished stays finished")
	case says("disk I/O error"):
		return sen.Errorf(sen.Unavailable, "the lake's catalogue: %w", err).
			WithHint("see that the disk is there and has room, and run the command again: what is finished stays finished")
	}
	return fmt.Errorf("the lake's catalogue: %w", err)
}

// full tells that SQLite found no room. Where the index of its log (the file
// -shm) cannot grow, it calls that an I/O error.
func full(err error) bool {
	var from *sqlite.Error
	return errors.As(err, &from) && (from.Code()&0xff == sqlite3.SQLITE_FULL || from.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}
