package lake

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/sen-hub/sen"
)

// Postgres is a catalogue in a PostgreSQL database, in which several hubs and
// outside readers see the same tables. The user makes the three tables on
// first use, in the first schema of its search path.
type Postgres struct {
	URL      string // postgres://user@host:port/database, without a password
	Password string
	Patience time.Duration // how long a server that is away is waited for; default 1 min
}

const defaultPatience = time.Minute

// catalogueLock keeps two hubs from making the tables at once (an advisory
// lock of the database; "sen" in ASCII).
const catalogueLock = 0x73656e

// CheckAddress reports what is wrong with the address of a catalogue, without
// quoting it.
func CheckAddress(address string) error {
	_, err := Postgres{URL: address}.config()
	return err
}

func (p Postgres) config() (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(p.URL)
	if err != nil { // its text may quote the address, and somebody may have put a password there
		return nil, sen.Errorf(sen.Invalid, "the catalogue's address cannot be read").
			WithHint("write it as postgres://user@host:5432/database")
	}
	if strings.Contains(p.URL, "://") && config.Password != "" && passwordInside(p.URL) {
		return nil, sen.Errorf(sen.Invalid, "the catalogue's address holds a password").
			WithHint("take it out, and name where it is kept in catalogue.password, like env:SEN_CATALOGUE_PASSWORD")
	}
	if p.Password != "" {
		config.Password = p.Password
	}
	if !strings.Contains(p.URL, "sslmode=") && config.TLSConfig != nil && !loopback(config.Host) {
		config.TLSConfig.InsecureSkipVerify = false // as sslmode=verify-full; the library would prefer TLS and verify nothing
		config.TLSConfig.VerifyConnection = nil
		config.TLSConfig.ServerName = config.Host
		config.Fallbacks = nil
	}
	config.RuntimeParams["application_name"] = "sen"
	config.RuntimeParams["synchronous_commit"] = "on" // whatever the database says: a commit that was told must last
	return config, nil
}

func passwordInside(address string) bool {
	rest := address[strings.Index(address, "://")+3:]
	user, _, has := strings.Cut(rest, "@")
	return has && strings.Contains(user, ":") || strings.Contains(address, "password=")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

func (p Postgres) open(ctx context.Context) (*catalogue, error) {
	config, err := p.config()
	if err != nil {
		return nil, err
	}
	c := &catalogue{db: stdlib.OpenDB(*config), server: true, patience: p.Patience}
	if c.patience == 0 {
		c.patience = defaultPatience
	}
	c.db.SetMaxOpenConns(4)
	if err := c.patiently(ctx, func() error { return c.makeTables(ctx) }); err != nil {
		return nil, errors.Join(catalogueError(err), c.db.Close())
	}
	return c, nil
}

// makeTables makes what is missing; a user who may only read needs the tables
// to be there.
func (c *catalogue) makeTables(ctx context.Context) error {
	const there = `SELECT to_regclass('iceberg_tables') IS NOT NULL AND to_regclass('iceberg_namespace_properties') IS NOT NULL
		AND to_regclass('sen_lake') IS NOT NULL`
	var done bool
	if err := c.db.QueryRowContext(ctx, there).Scan(&done); err != nil || done {
		return err
	}
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, catalogueLock); err != nil {
		return err
	}
	for statement := range strings.SplitSeq(catalogueTables, ";") {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// patiently does a thing again while the server is away.
func (c *catalogue) patiently(ctx context.Context, do func() error) error {
	const most = 5 * time.Second
	wait := 100 * time.Millisecond
	for until := time.Now().Add(c.patience); ; wait = min(2*wait, most) {
		err := do()
		if err == nil || !c.server || !away(err) || time.Now().Add(wait).After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// settled does what moves a table to a metadata file. Where the connection
// broke, the server may have done it or not: the row says which, because the
// name of a metadata file is given once.
func (c *catalogue) settled(ctx context.Context, n name, to string, do func() (bool, error)) (done bool, err error) {
	first := true
	err = c.patiently(ctx, func() error {
		if !first {
			at, err := c.current(ctx, n)
			if done = at == to; done || err != nil {
				return err
			}
		}
		first = false
		var err error
		done, err = do()
		return err
	})
	return done, catalogueError(err)
}

// away reports whether a fault of the server may pass by itself: no
// connection, or one that it ends because it stops or starts (SQLSTATE
// classes 08 and 57P; 53 is exhaustion of connections, memory or disk).
func away(err error) bool {
	var known *sen.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrNoRows) {
		return false
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57P") || strings.HasPrefix(answer.Code, "53")
	}
	return true
}

// serverError gives a fault of PostgreSQL its kind and the next step; nil for
// other faults.
func serverError(err error) error {
	var answer *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &answer) && (strings.HasPrefix(answer.Code, "28") || answer.Code == "42501"):
		return sen.Errorf(sen.Denied, "the lake's catalogue refuses the user: %s", answer.Message).
			WithHint("see catalogue and catalogue.password in sen.yaml; the user must own the tables iceberg_tables, iceberg_namespace_properties and sen_lake, or may make them")
	case errors.As(err, &answer) && answer.Code == "3D000":
		return sen.Errorf(sen.NotFound, "the lake's catalogue: %s", answer.Message).WithHint("make the database; the hub makes only its tables")
	case errors.As(err, &connect):
		return sen.Errorf(sen.Unavailable, "the lake's catalogue cannot be reached: %s", connect.Unwrap()).
			WithHint("see that the PostgreSQL server of `catalogue` in sen.yaml is there, and run the command again")
	case errors.As(err, &answer) && away(err), errors.As(err, &network):
		return sen.Errorf(sen.Unavailable, "the lake's catalogue: %w", err).
			WithHint("run the command again when the PostgreSQL server is there: what is finished stays finished")
	}
	return nil
}
