package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/source/rows"
)

// sqliteReader reads one table or view of a SQLite file, in one read
// transaction, in the order of its rowids (else of its primary key).
//
// Values come as text: INTEGER in decimal, REAL as the shortest text that
// reads back as the same number, TEXT as it is, BLOB as \x and hexadecimal.
type sqliteReader struct {
	set     files
	path    string
	table   string
	columns []sqliteColumn
	names   []string // unique
	order   string   // what the rows are ordered by, as SQL
	rowid   string   // the name by which the rowid can be had; "" when there is none
	utf16   bool
	options Options
	facts   Facts
}

type sqliteColumn struct {
	name, declared string
	notNull        bool
	key            int64 // its place in the primary key, from 1; 0: not in it
}

func openSQLite(ctx context.Context, set files, at Location, o Options) (Reader, error) {
	if len(set.list) != 1 {
		return nil, sen.Errorf(sen.Invalid, "%s names %d SQLite files", at.Path, len(set.list)).WithHint("name one file, and a table in it")
	}
	r := &sqliteReader{set: set, path: set.list[0].path, table: at.Table, options: o}
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if r.table == "" {
		if r.table, err = onlyTable(conn, r.path); err != nil {
			return nil, r.explain(ctx, err)
		}
	}
	if err := r.describe(conn); err != nil {
		return nil, r.explain(ctx, err)
	}
	return r, nil
}

// connect opens the file read-only and starts a read transaction, waiting a
// while for a writer to finish.
func (r *sqliteReader) connect(ctx context.Context) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(r.path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(r.options.Wait)
	for _, statement := range []string{"PRAGMA query_only = 1", "BEGIN", "SELECT count(*) FROM sqlite_schema"} {
		if err := each(conn, statement, func(*sqlite.Stmt) error { return nil }); err != nil {
			conn.Close()
			return nil, r.explain(ctx, err)
		}
	}
	return conn, nil
}

// each runs a query and calls row for each of its rows.
func each(conn *sqlite.Conn, query string, row func(*sqlite.Stmt) error) (err error) {
	stmt, _, err := conn.PrepareTransient(query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Finalize()) }()
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		if err := row(stmt); err != nil {
			return err
		}
	}
}

// sqliteTables are the tables and views of a file, in the order of their
// names, without those of SQLite itself and of its extensions.
func sqliteTables(conn *sqlite.Conn) (names []string, err error) {
	err = each(conn, `SELECT name FROM pragma_table_list
		WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`,
		func(s *sqlite.Stmt) error { names = append(names, s.ColumnText(0)); return nil })
	return names, err
}

func onlyTable(conn *sqlite.Conn, path string) (string, error) {
	names, err := sqliteTables(conn)
	if err != nil {
		return "", err
	}
	if len(names) != 1 {
		return "", sen.Errorf(sen.Invalid, "%s holds %d tables: %s", path, len(names), strings.Join(names, ", ")).
			WithHint("say which one in the object's physicalName")
	}
	return names[0], nil
}

// describe finds the table's columns, its key, and what its rows can be
// ordered by.
func (r *sqliteReader) describe(conn *sqlite.Conn) error {
	kind, without, err := r.kind(conn)
	if err != nil {
		return err
	}
	err = each(conn, "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo("+literal(r.table)+") WHERE hidden <> 1 ORDER BY cid",
		func(s *sqlite.Stmt) error {
			r.columns = append(r.columns, sqliteColumn{s.ColumnText(0), s.ColumnText(1), s.ColumnInt64(2) != 0, s.ColumnInt64(3)})
			return nil
		})
	if err != nil {
		return err
	}
	own := make([]string, len(r.columns))
	for i, c := range r.columns {
		own[i] = c.name
	}
	r.names = rows.Unique(own)
	if kind == "table" && !without {
		r.rowid = freeName(own)
	}
	r.order = r.ordering()
	if err := each(conn, "PRAGMA encoding", func(s *sqlite.Stmt) error { r.utf16 = s.ColumnText(0) != charset.UTF8; return nil }); err != nil {
		return err
	}
	return r.learn(conn, kind)
}

func (r *sqliteReader) kind(conn *sqlite.Conn) (kind string, withoutRowid bool, err error) {
	err = each(conn, "SELECT type, wr, name FROM pragma_table_list WHERE schema = 'main' AND name = "+literal(r.table)+" COLLATE NOCASE",
		func(s *sqlite.Stmt) error {
			kind, withoutRowid, r.table = s.ColumnText(0), s.ColumnInt64(1) != 0, s.ColumnText(2)
			return nil
		})
	if err != nil || kind != "" {
		return kind, withoutRowid, err
	}
	names, err := sqliteTables(conn)
	if err != nil {
		return "", false, err
	}
	return "", false, sen.Errorf(sen.NotFound, "%s has no table %s", r.path, r.table).
		WithHint("its tables are: %s. Name one in the object's physicalName", strings.Join(names, ", "))
}

// freeName is a name of the rowid that no column took.
func freeName(columns []string) string {
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) }) {
			return name
		}
	}
	return ""
}

// ordering is what the rows are ordered by where there is no rowid: the
// primary key, else all columns, so that every reading gives the same order.
func (r *sqliteReader) ordering() string {
	if r.rowid != "" {
		return r.rowid
	}
	var key, all []string
	for place := 1; place <= len(r.columns); place++ {
		for _, c := range r.columns {
			if c.key == int64(place) {
				key = append(key, identifier(c.name))
			}
		}
		all = append(all, identifier(r.columns[place-1].name))
	}
	if key != nil {
		return strings.Join(key, ", ")
	}
	return strings.Join(all, ", ")
}

func (r *sqliteReader) learn(conn *sqlite.Conn, kind string) error {
	r.facts = Facts{Format: SQLite, Encoding: charset.UTF8, Files: 1, Bytes: r.set.bytes(), Declared: map[string]string{}}
	for i, c := range r.columns {
		r.facts.Declared[r.names[i]] = c.declared
	}
	count := "SELECT count(*) FROM " + identifier(r.table)
	if r.rowid != "" {
		count = "SELECT coalesce(max(" + r.rowid + "), 0) FROM " + identifier(r.table)
	}
	r.facts.Exact = r.rowid == ""
	r.facts.Evidence = []string{fmt.Sprintf("%s %s, in the order of %s", kind, r.table, r.order)}
	return each(conn, count, func(s *sqlite.Stmt) error { r.facts.Rows = max(s.ColumnInt64(0), 0); return nil })
}

func (r *sqliteReader) Columns() []Column {
	out := textColumns(r.names)
	for i, c := range r.columns {
		out[i].Nullable = !c.notNull
	}
	return out
}

// Key is the declared primary key, in its own order.
func (r *sqliteReader) Key() []string {
	var key []string
	for place := int64(1); ; place++ {
		i := slices.IndexFunc(r.columns, func(c sqliteColumn) bool { return c.key == place })
		if i < 0 {
			return key
		}
		key = append(key, r.names[i])
	}
}

func (r *sqliteReader) Facts() Facts { return r.facts }
func (r *sqliteReader) Close() error { return nil }

// explain turns SQLite's own errors into the hub's.
func (r *sqliteReader) explain(ctx context.Context, err error) error {
	var ours *sen.Error
	switch code := sqlite.ErrCode(err).ToPrimary(); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &ours):
		return err
	case code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB:
		return sen.Errorf(sen.Corrupt, "%s, table %s: the SQLite file is damaged: %w", r.path, r.table, err).
			WithHint("run `sqlite3 FILE 'PRAGMA integrity_check'` on a copy, or ask its owner for a sound one")
	case code == sqlite.ResultBusy || code == sqlite.ResultLocked:
		return sen.Errorf(sen.Busy, "%s is locked by another program, which did not finish within %v: %w", r.path, r.options.Wait, err).
			WithHint("run the command again when its writer has finished, or read a copy")
	case code == sqlite.ResultCantOpen || code == sqlite.ResultReadOnly:
		return sen.Errorf(sen.Unavailable, "%s cannot be opened for reading: %w", r.path, err).
			WithHint("a file in WAL mode, or with a journal that a crash left behind, wants a folder that this user may write; read a copy, made with `sqlite3 FILE '.backup COPY'`")
	}
	return sen.Errorf(sen.Unavailable, "%s, table %s cannot be read: %w", r.path, r.table, err)
}

// sqliteFiles are the file and, when it holds anything, its write-ahead log:
// both together are the state of the database.
func sqliteFiles(main file) ([]file, error) {
	out := []file{main}
	info, err := os.Stat(main.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return out, nil
	}
	if err != nil {
		return nil, explainPath(main.path+"-wal", err)
	}
	return append(out, file{name: main.name + "-wal", path: main.path + "-wal", info: info}), nil
}

const defaultWait = 10 * time.Second

// identifier and literal quote a name and a text for SQLite.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
func literal(text string) string    { return `'` + strings.ReplaceAll(text, `'`, `''`) + `'` }
