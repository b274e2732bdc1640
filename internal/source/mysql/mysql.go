// Package mysql reads MySQL and MariaDB databases that are in use. What comes
// in is a live.Server; what goes out is, for each table, what source.Reader
// promises: ranges of rows in one snapshot, every value as the server's own
// text, and at the end the position of the server's binary log, where it
// could be had.
//
// The snapshot is held by all connections that read: these servers have none
// to hand over. MariaDB's transactions name the place in the log that they
// see, so those that name the same one see the same rows; elsewhere a read
// lock is held while they start, if the server's budget has time for one;
// else one connection reads alone. Ranges follow a unique key in the order of
// its index, so that nothing is sorted; a table without one is read in one
// piece, in the order in which it is stored.
//
// Text comes as the bytes that are stored, whatever the column says they are:
// asked to convert, the server writes "?" for what it cannot. It never
// converts a value, never writes, and never goes on over a table that cannot
// be shown to be the same.
package mysql

import (
	"context"
	"strings"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
	"github.com/sen-hub/sen/internal/source/rows"
)

var _ live.Database = (*Database)(nil)

// Database is one database of a server. It is for many goroutines.
type Database struct {
	server live.Server
	budget live.Budget
	gate   *live.Gate
	say    func(string)
}

// Open makes a Database. Nothing is dialled yet. A host that begins with "/"
// is a Unix socket. The gate is shared by all that read the same server; say
// gets sentences for a person, like that an interrupted range is tried again;
// it may be nil.
func Open(server live.Server, gate *live.Gate, say func(string)) *Database {
	if server.Port == 0 {
		server.Port = 3306
	}
	if say == nil {
		say = func(string) {}
	}
	return &Database{server: server, budget: server.Budget.WithDefaults(), gate: gate, say: say}
}

// Close implements live.Database; no connection outlives the call that made it.
func (d *Database) Close() error { return nil }

// Open opens one table. The error's kind is NotFound when the user sees no
// such table.
func (d *Database) Open(ctx context.Context, name string, o source.Options) (source.Reader, error) {
	var t *table
	err := d.session(ctx, "open "+name, func(ctx context.Context, c *conn) (err error) {
		t, err = d.describe(ctx, c, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &reader{d: d, table: t, names: rows.Unique(t.names()), options: o.WithDefaults()}, nil
}

// session runs work in a connection of its own, and again where it was
// interrupted.
func (d *Database) session(ctx context.Context, what string, work func(context.Context, *conn) error) error {
	return d.retry(ctx, what, func(ctx context.Context) error {
		c, err := d.dial(ctx)
		if err != nil {
			return err
		}
		defer c.close()
		return work(ctx, c)
	})
}

func (d *Database) retry(ctx context.Context, what string, op func(context.Context) error) error {
	return d.explain(ctx, live.Retry(ctx, d.budget, d.server.Name+": "+what, op, temporary, d.say))
}

// ident quotes an identifier.
func ident(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal quotes a text; the sessions have NO_BACKSLASH_ESCAPES.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
