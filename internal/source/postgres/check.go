package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source/live"
)

const roleSQL = `
SELECT r.rolsuper, r.rolreplication, r.rolbypassrls, r.rolconnlimit, pg_catalog.current_setting('wal_level'), pg_catalog.current_setting('server_version'),
  pg_catalog.current_setting('server_encoding'), pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('max_connections')::int,
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'),
  coalesce((SELECT s.ssl FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()), false), current_user
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`

// accessSQL: whether the user may write a table, whether its rows are
// filtered for it, and which of its parts it may not read.
const accessSQL = `
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid
  UNION
  SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
SELECT pg_catalog.has_table_privilege($1::oid, 'INSERT, UPDATE, DELETE, TRUNCATE'), pg_catalog.row_security_active($1::oid),
  (SELECT pg_catalog.count(*) FROM tree WHERE tree.oid <> $1::oid AND NOT pg_catalog.has_table_privilege(tree.oid, 'SELECT'))`

// Test implements live.Database. What cannot be reached ends the list.
func (d *Database) Test(ctx context.Context, tables []string) (out []live.Finding, err error) {
	c, err := d.dial(ctx, ordinary)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return []live.Finding{d.unreached(ctx, err)}, nil
	}
	defer c.close()
	out = append(out, live.Finding{What: "reach", OK: true, Must: true, Says: fmt.Sprintf("%s:%d answers, and the user is signed in", d.server.Host, d.server.Port)})
	found, err := c.query(ctx, roleSQL)
	if err != nil {
		return out, d.explain(ctx, err)
	}
	out = append(out, d.findings(found[0])...)
	for _, name := range tables {
		f, err := d.tableFindings(ctx, c, name)
		if err != nil {
			return out, d.explain(ctx, err)
		}
		out = append(out, f...)
	}
	return out, nil
}

// unreached says which step of connecting failed.
func (d *Database) unreached(ctx context.Context, err error) live.Finding {
	f := live.Finding{What: "reach", Must: true}
	answered := errors.As(err, new(*pgconn.PgError))
	err = d.explain(ctx, err)
	switch denied := sen.KindOf(err) == sen.Denied; {
	case denied && answered:
		f.What = "sign-in"
	case denied:
		f.What = "tls"
	}
	f.Says, f.Next = err.Error(), sen.HintOf(err)
	return f
}

// findings are those of the role and the server.
func (d *Database) findings(r row) []live.Finding {
	role := ident(r.text(11))
	tls := live.Finding{What: "tls", OK: r.yes(10), Must: !d.server.TLS.Off, Says: "the connection is encrypted and the server's certificate is verified"}
	if !tls.OK {
		tls.Says, tls.Next = "the connection is not encrypted, as the contract says", "have the server's administrator switch TLS on and take the exception out of the contract"
	}
	version := live.Finding{What: "version", OK: true, Must: true, Says: "PostgreSQL " + r.text(5)} // older ones are not signed in to
	reader := live.Finding{What: "read-only", OK: !r.yes(0), Says: "the user is no superuser"}
	if !reader.OK {
		reader.Says, reader.Next = "the user is a superuser; sessions are read-only all the same", "make a reader of its own: `sen source grants` prints how"
	}
	position := live.Finding{What: "replication", Says: "a snapshot has a position in the server's log", OK: (r.yes(1) || r.yes(0)) && r.text(4) == "logical" && !r.yes(7)}
	switch {
	case position.OK:
	case r.yes(7):
		position.Says = "the server is a standby: a snapshot has no position in its log, and an interrupted reading starts again"
	case r.text(4) != "logical":
		position.Says, position.Next = "wal_level is "+r.text(4)+": a snapshot has no position in the server's log", "ALTER SYSTEM SET wal_level = 'logical'; -- then restart the server"
	default:
		position.Says, position.Next = "the user has no REPLICATION: a snapshot has no position in the server's log", "ALTER ROLE "+role+" REPLICATION;"
	}
	free := r.number(8) - r.number(9)
	if limit := r.number(3); limit >= 0 {
		free = min(free, limit)
	}
	places := live.Finding{What: "connections", OK: free >= int64(d.budget.Connections), Says: fmt.Sprintf("%d connections are in the budget, the server has %d for this user now", d.budget.Connections, free)}
	if !places.OK {
		places.Next = "lower the connections in the contract's server, or: ALTER ROLE " + role + fmt.Sprintf(" CONNECTION LIMIT %d;", d.budget.Connections)
	}
	encoding := live.Finding{What: "encoding", OK: r.text(6) == "UTF8", Says: "the database's encoding is " + r.text(6)}
	if r.text(6) == sqlASCII {
		encoding.Says += ": it takes any bytes as text; those that are no UTF-8 are kept and reported row by row"
	} else if !encoding.OK {
		encoding.OK, encoding.Says = true, encoding.Says+"; the server hands it over as UTF-8"
	}
	return []live.Finding{tls, version, reader, position, places, encoding}
}

// tableFindings are those of one table.
func (d *Database) tableFindings(ctx context.Context, c *conn, name string) ([]live.Finding, error) {
	what := live.Finding{What: "select " + name, Must: true}
	t, err := d.describe(ctx, c, name)
	switch sen.KindOf(err) {
	case sen.NotFound, sen.Denied:
		what.Says, what.Next = err.Error(), strings.TrimSpace(d.Grants([]string{name}))
		return []live.Finding{what}, nil
	}
	if err != nil {
		return nil, err
	}
	found, err := c.query(ctx, accessSQL, fmt.Sprint(t.oid))
	if err != nil {
		return nil, err
	}
	r := found[0]
	what.OK, what.Says = true, "it can be read"
	if t.hidden > 0 {
		what.Says = fmt.Sprintf("it can be read but for %d columns that are not granted", t.hidden)
	}
	out := []live.Finding{what}
	if r.yes(1) { // errors instead of filtering: see settings
		out = append(out, live.Finding{What: "row security " + name, Must: true, Says: "row-level security hides rows from the user, so it is not read at all",
			Next: "ALTER ROLE " + ident(d.server.User) + " BYPASSRLS; -- or let the owner make a view of the rows that the hub may have"})
	}
	if n := r.number(2); n > 0 && t.kind != "v" {
		out = append(out, live.Finding{What: "partitions " + name, Says: fmt.Sprintf("%d of its parts are not granted to the user: it is read in one piece, by one connection", n), Next: partitionGrants(t.quoted(), ident(d.server.User))})
	}
	if r.yes(0) {
		out = append(out, live.Finding{What: "write " + name, Says: "the user may write it; sessions are read-only all the same",
			Next: "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON " + t.quoted() + " FROM " + ident(d.server.User) + ";"})
	}
	return out, nil
}

// Grants implements live.Database.
func (d *Database) Grants(tables []string) string {
	role, b := ident(d.server.User), &strings.Builder{}
	fmt.Fprintf(b, "-- A reader for the hub, with the least that serves. Set its password, then run this as the database's owner.\n")
	fmt.Fprintf(b, "CREATE ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT %d;\n", role, d.budget.Connections)
	fmt.Fprintf(b, "ALTER ROLE %s SET default_transaction_read_only = on;\n", role)
	fmt.Fprintf(b, "-- No temporary file on this server, whatever the hub asks for; only a superuser may say so:\n-- ALTER ROLE %s SET temp_file_limit = 0;\n", role)
	fmt.Fprintf(b, "-- A snapshot with a position in the server's log needs wal_level = logical, and:\n-- ALTER ROLE %s REPLICATION;\n", role)
	fmt.Fprintf(b, "GRANT CONNECT ON DATABASE %s TO %s;\n", ident(d.server.Database), role)
	granted := map[string]bool{}
	for _, name := range tables {
		schema, table, ok := strings.Cut(name, ".")
		if !ok {
			schema, table = d.server.Schema, name
		}
		if !granted[schema] {
			granted[schema] = true
			fmt.Fprintf(b, "GRANT USAGE ON SCHEMA %s TO %s;\n", ident(schema), role)
		}
		fmt.Fprintf(b, "GRANT SELECT ON TABLE %s.%s TO %s;\n", ident(schema), ident(table), role)
		fmt.Fprintf(b, "%s\n", partitionGrants(ident(schema)+"."+ident(table), role))
	}
	return b.String()
}

// partitionGrants grants the partitions and children that a table has: to be
// read side by side each needs its own.
func partitionGrants(table, role string) string {
	return `DO $grants$ DECLARE part regclass; BEGIN
  FOR part IN WITH RECURSIVE tree AS (
      SELECT ` + literal(table) + `::regclass::oid AS oid UNION SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid)
    SELECT oid FROM tree WHERE oid <> ` + literal(table) + `::regclass
  LOOP EXECUTE format('GRANT SELECT ON TABLE %s TO %s', part, ` + literal(role) + `); END LOOP;
END $grants$;`
}
