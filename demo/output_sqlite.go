package demo

import (
	"errors"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// sqliteFile fills a database's tables in one transaction, without a journal:
// a database that is not finished is thrown away.
type sqliteFile struct {
	conn    *sqlite.Conn
	inserts []*sqlite.Stmt
	closed  bool
}

var sqliteSetup = []string{
	"PRAGMA page_size = 8192",
	"PRAGMA journal_mode = OFF",
	"PRAGMA synchronous = OFF",
	"PRAGMA locking_mode = EXCLUSIVE",
	"PRAGMA cache_size = -16384",
	"BEGIN",
}

func openSQLite(s *staged, datasets []dataset) (output, error) {
	conn, err := sqlite.OpenConn(s.temp, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	f := &sqliteFile{conn: conn}
	if err := f.prepare(datasets); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return f, nil
}

func (f *sqliteFile) prepare(datasets []dataset) error {
	for _, statement := range sqliteSetup {
		if err := sqlitex.ExecuteTransient(f.conn, statement, nil); err != nil {
			return err
		}
	}
	for _, d := range datasets {
		if err := sqlitex.ExecuteTransient(f.conn, createTable(d), nil); err != nil {
			return err
		}
		insert, err := f.conn.Prepare("INSERT INTO " + d.physicalName() + " VALUES (?" + strings.Repeat(", ?", len(d.columns)-1) + ")")
		if err != nil {
			return err
		}
		f.inserts = append(f.inserts, insert)
	}
	return nil
}

// createTable declares no key: the agency never did, hence its doubles.
func createTable(d dataset) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + d.physicalName() + " (")
	for i, c := range d.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.physical + " " + sqliteType(c.holds))
	}
	return b.String() + ")"
}

func sqliteType(holds content) string {
	if holds == integer {
		return "INTEGER"
	}
	return "TEXT"
}

func (f *sqliteFile) write(table int, r *row) error {
	insert := f.inserts[table]
	for i, v := range r.source {
		switch {
		case v == "":
			insert.BindNull(i + 1)
		case r.columns[i].holds == integer:
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return err
			}
			insert.BindInt64(i+1, n)
		default:
			insert.BindText(i+1, v)
		}
	}
	if _, err := insert.Step(); err != nil {
		return err
	}
	return insert.Reset()
}

func (f *sqliteFile) close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := sqlitex.ExecuteTransient(f.conn, "COMMIT", nil)
	return errors.Join(err, f.conn.Close())
}
