// Package postgres reads PostgreSQL databases that are in use. What comes in
// is a live.Server; what goes out is, for each table, what source.Reader
// promises: ranges of rows in one snapshot, every value as the server's own
// text, and at the end the position (of the server's log, where it could be
// had).
//
// The snapshot is held by one connection, the leader; workers take it over
// and fetch ranges of blocks side by side by COPY. All connections together
// stay within the server's budget. Sessions are read-only; nothing is sorted,
// written, or waited for beyond the budget. The only lock is that of any
// SELECT (ACCESS SHARE).
//
// It never converts a value (binary COPY is written as the text that the
// server would write, and where that is not simple the server writes it), and
// never goes on over a table that cannot be shown to be the same.
package postgres

import (
	"context"
	"strings"

	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

var _ live.Database = (*Database)(nil)

// Database is one database of a server. It is for many goroutines.
type Database struct {
	server live.Server
	budget live.Budget
	gate   *live.Gate
	say    func(string)
}

// Open makes a Database. Nothing is dialled yet. The gate is shared by all
// that read the same server; say gets sentences for a person, like that an
// interrupted range is tried again; it may be nil.
func Open(server live.Server, gate *live.Gate, say func(string)) *Database {
	if server.Port == 0 {
		server.Port = 5432
	}
	if server.Schema == "" {
		server.Schema = "public"
	}
	if say == nil {
		say = func(string) {}
	}
	return &Database{server: server, budget: server.Budget.WithDefaults(), gate: gate, say: say}
}

// Close implements live.Database; no connection outlives the call that made it.
func (d *Database) Close() error { return nil }

// Open opens one table. The error's kind is NotFound when the user sees no
// such table, Denied when it may not read it.
func (d *Database) Open(ctx context.Context, name string, o source.Options) (source.Reader, error) {
	var t *table
	err := d.session(ctx, "open "+name, func(ctx context.Context, c *conn) (err error) {
		t, err = d.describe(ctx, c, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newReader(d, t, o), nil
}

// session runs work in a connection of its own, and again where the
// connection was lost.
func (d *Database) session(ctx context.Context, what string, work func(context.Context, *conn) error) error {
	return d.retry(ctx, what, func(ctx context.Context) error {
		c, err := d.dial(ctx, ordinary)
		if err != nil {
			return err
		}
		defer c.close()
		return work(ctx, c)
	})
}

// retry runs op until it succeeds or fails for good; its error is for a person.
func (d *Database) retry(ctx context.Context, what string, op func(context.Context) error) error {
	_, err := d.attempts(ctx, what, op)
	return err
}

// attempts is retry that also answers op's own last error.
func (d *Database) attempts(ctx context.Context, what string, op func(context.Context) error) (last, err error) {
	err = live.Retry(ctx, d.budget, d.server.Name+": "+what, func(ctx context.Context) error {
		last = op(ctx)
		return d.explain(ctx, last)
	}, func(error) bool { return temporary(last) }, d.say)
	return last, err
}

// ident quotes an identifier.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal quotes a text for SQL, whatever standard_conforming_strings says.
func literal(s string) string {
	if strings.Contains(s, `\`) {
		return `E'` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
