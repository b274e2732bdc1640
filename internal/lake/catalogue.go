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

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/sen-hub/sen"
)

// catalogue says which metadata file is the current one of each table. Its
// two iceberg_ tables are those of Iceberg's JDBC catalogue, so pyiceberg
// (type sql), Trino and Spark (type jdbc) open the same one.
//
// iceberg-go has such a catalogue too. This one exists because the new
// metadata must be durable before the row that names it, and because that row
// is the only thing which makes a commit: both are worth seeing in one place.
type catalogue struct{ db *sql.DB }

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

func openCatalogue(ctx context.Context, dir string) (*catalogue, error) {
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
func (c *catalogue) claim(ctx context.Context, dir string) (string, error) {
	const recorded = `SELECT root, layout FROM sen_lake`
	var root string
	var version int
	err := c.db.QueryRowContext(ctx, recorded).Scan(&root, &version)
	if errors.Is(err, sql.ErrNoRows) {
		const first = `INSERT INTO sen_lake (root, layout) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM sen_lake)`
		if _, err = c.db.ExecContext(ctx, first, dir, layout); err == nil {
			err = c.db.QueryRowContext(ctx, recorded).Scan(&root, &version)
		}
	}
	if err != nil {
		return "", catalogueError(err)
	}
	if version > layout {
		return "", sen.Errorf(sen.Unavailable, "the lake in %s was made by a newer version of sen (layout %d, this one reads %d)", dir, version, layout).
			WithHint("use that version, or a newer one")
	}
	if root != dir && !sameFolder(root, dir) {
		return "", sen.Errorf(sen.Unavailable, "the lake in %s was made in %s, and its tables name their files by that path", dir, root).
			WithHint("move the folder back, or, if nothing is there any more, make a link to it: ln -s %q %q", dir, root)
	}
	return root, nil
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
		WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?`
	var at string
	err := c.db.QueryRowContext(ctx, query, catalogueName, n.namespace, n.table).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return at, catalogueError(err)
}

// create enters a new table; false when somebody else was first.
func (c *catalogue) create(ctx context.Context, n name, at string) (bool, error) {
	const namespace = `INSERT INTO iceberg_namespace_properties
		(catalog_name, namespace, property_key, property_value) VALUES (?, ?, 'exists', 'true')
		ON CONFLICT DO NOTHING`
	const table = `INSERT INTO iceberg_tables
		(catalog_name, table_namespace, table_name, metadata_location, iceberg_type) VALUES (?, ?, ?, ?, 'TABLE')
		ON CONFLICT DO NOTHING`
	if _, err := c.db.ExecContext(ctx, namespace, catalogueName, n.namespace); err != nil {
		return false, catalogueError(err)
	}
	return c.changed(ctx, table, catalogueName, n.namespace, n.table, at)
}

// swap moves a table from one metadata file to the next: this one row is the
// commit. False when the table has moved on meanwhile.
func (c *catalogue) swap(ctx context.Context, n name, from, to string) (bool, error) {
	const update = `UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
		WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND metadata_location = ?`
	return c.changed(ctx, update, to, from, catalogueName, n.namespace, n.table, from)
}

func (c *catalogue) changed(ctx context.Context, statement string, args ...any) (bool, error) {
	result, err := c.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, catalogueError(err)
	}
	rows, err := result.RowsAffected()
	return rows == 1, catalogueError(err)
}

// list is every table, by name.
func (c *catalogue) list(ctx context.Context) ([]name, error) {
	const query = `SELECT table_namespace, table_name FROM iceberg_tables
		WHERE catalog_name = ? ORDER BY table_namespace, table_name`
	rows, err := c.db.QueryContext(ctx, query, catalogueName)
	if err != nil {
		return nil, catalogueError(err)
	}
	defer rows.Close()
	var out []name
	for rows.Next() {
		var n name
		if err := rows.Scan(&n.namespace, &n.table); err != nil {
			return nil, catalogueError(err)
		}
		out = append(out, n)
	}
	return out, catalogueError(rows.Err())
}

// catalogueError gives a fault of the catalogue its kind and the next step.
func catalogueError(err error) error {
	if err == nil {
		return nil
	}
	says := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case says("SQLITE_BUSY"), says("database is locked"):
		return sen.Errorf(sen.Busy, "the lake's catalogue is locked by another program: %w", err).
			WithHint("end the program that holds %s open, and run the command again", CatalogueFile)
	case says("malformed"), says("not a database"):
		return sen.Errorf(sen.Corrupt, "the lake's catalogue is damaged: %w", err).
			WithHint("put %s back from a backup, or move the data folder aside and sync again: the sources are not touched", CatalogueFile)
	case says("disk is full"), says("disk I/O error"):
		return sen.Errorf(sen.Unavailable, "the lake's catalogue: %w", err).
			WithHint("see that the disk is there and has room, and run the command again: what is finished stays finished")
	}
	return fmt.Errorf("the lake's catalogue: %w", err)
}
