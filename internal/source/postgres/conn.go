package postgres

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/sen-hub/sen"
)

// dialPatience bounds one try to connect and sign in.
const dialPatience = 15 * time.Second

// readBuffer is how much of an answer is taken from the kernel at once.
const readBuffer = 256 << 10

// sqlASCII is the encoding of a database that takes any bytes as text.
const sqlASCII = "SQL_ASCII"

// mode of a connection.
type mode int

const (
	ordinary mode = iota
	leading       // holds a snapshot: it may wait in its transaction
	decoding      // leading, and may make a replication slot
)

// conn is a connection with its place in the budget.
type conn struct {
	*pgconn.PgConn
	leave func()
}

// closePatience bounds the wait for the server to end a session.
const closePatience = 5 * time.Second

// close gives the place in the budget back when the server has ended the
// session, which is later than when it was told to. It may be called again.
func (c *conn) close() {
	if c.leave == nil {
		return
	}
	if h, err := c.Hijack(); err == nil {
		// What it read is complete or has its own error: none matters here.
		_ = h.Conn.SetDeadline(time.Now().Add(closePatience))
		h.Frontend.Send(&pgproto3.Terminate{})
		_ = h.Frontend.Flush()
		_, _ = io.Copy(io.Discard, h.Conn)
		_ = h.Conn.Close()
	} else {
		select {
		case <-c.CleanupDone(): // the library closes it: a query was cut off
		case <-time.After(closePatience):
		}
	}
	c.leave()
	c.leave = nil
}

// dial waits for a place in the budget, connects and signs in.
func (d *Database) dial(ctx context.Context, m mode) (*conn, error) {
	leave, err := d.gate.Enter(ctx)
	if err != nil {
		return nil, err
	}
	type answer struct {
		c   *conn
		err error
	}
	// A connection that is given up half way is still one for the server: it
	// is finished, closed, and only then is its place free.
	ready := make(chan answer)
	go func() {
		c, err := d.connect(context.WithoutCancel(ctx), m)
		if err != nil {
			leave()
		} else {
			c.leave = leave
		}
		select {
		case ready <- answer{c, err}:
		case <-ctx.Done():
			if err == nil {
				c.close()
			}
		}
	}()
	select {
	case a := <-ready:
		return a.c, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *Database) connect(ctx context.Context, m mode) (*conn, error) {
	config, err := d.config(ctx, m)
	if err != nil {
		return nil, err
	}
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if version := pg.ParameterStatus("server_version"); versionNumber(version) < oldest {
		_ = pg.Close(ctx)
		return nil, sen.Errorf(sen.Invalid, "server %s is PostgreSQL %s; the oldest that can be read is %d", d.server.Name, version, oldest/10000)
	}
	c := &conn{PgConn: pg}
	var set []string
	if pg.ParameterStatus("is_superuser") == "on" {
		set = append(set, "SET temp_file_limit = 0") // others may not bound their own temporary files
	}
	if pg.ParameterStatus("server_encoding") == sqlASCII {
		set = append(set, "SET client_encoding = 'SQL_ASCII'") // any other refuses the bytes that are no text
	}
	if len(set) > 0 {
		if _, err := c.rows(ctx, strings.Join(set, "; ")); err != nil {
			_ = pg.Close(ctx)
			return nil, err
		}
	}
	return c, nil
}

// config is built up from nothing: the library would else take what
// environment variables and files of its own say.
func (d *Database) config(ctx context.Context, m mode) (*pgconn.Config, error) {
	s := d.server
	config, err := pgconn.ParseConfig("host=localhost port=5432 user=x dbname=x password=x sslmode=disable passfile=/dev/null")
	if err != nil {
		return nil, sen.Errorf(sen.Internal, "%w", err)
	}
	config.Host, config.Port, config.Database, config.User = s.Host, uint16(s.Port), s.Database, s.User
	config.Fallbacks, config.ValidateConnect, config.AfterConnect = nil, nil, nil
	config.ConnectTimeout = dialPatience
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {} // may quote data
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 6}}).DialContext
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		// The library's own buffer takes 8 KiB a call of the kernel.
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readBuffer), w)
	}
	config.RequireAuth, config.KerberosSrvName, config.KerberosSpn = "", "", ""
	if config.Password, err = s.Password.Reveal(ctx); err != nil {
		return nil, err
	}
	if config.TLSConfig, err = d.tls(); err != nil {
		return nil, err
	}
	config.RuntimeParams = d.settings(m)
	return config, nil
}

// settings are the session's: read-only, bounded, and with texts that do not
// depend on how the server or the role is configured.
func (d *Database) settings(m mode) map[string]string {
	idle := d.budget.Statement
	if m != ordinary {
		idle = 0 // its workers depend on it; a dead hub is noticed by keepalives
	}
	milliseconds := func(t time.Duration) string { return strconv.FormatInt(t.Milliseconds(), 10) }
	p := map[string]string{
		"application_name":                    "sen",
		"client_encoding":                     "UTF8",
		"DateStyle":                           "ISO, YMD",
		"IntervalStyle":                       "postgres",
		"TimeZone":                            "UTC",
		"extra_float_digits":                  "3",
		"bytea_output":                        "hex",
		"standard_conforming_strings":         "on",
		"search_path":                         "pg_catalog", // names are qualified, nobody's function is called instead
		"row_security":                        "off",        // an error instead of rows that are missing silently
		"default_transaction_read_only":       "on",
		"statement_timeout":                   milliseconds(d.budget.Statement),
		"lock_timeout":                        milliseconds(lockPatience),
		"idle_in_transaction_session_timeout": milliseconds(idle),
		"tcp_keepalives_idle":                 "60",
		"tcp_keepalives_interval":             "10",
		"tcp_keepalives_count":                "6",
		"max_parallel_workers_per_gather":     "0", // processes that the budget does not count
		"jit":                                 "off",
		"synchronize_seqscans":                "off",
	}
	if m == decoding {
		p["replication"] = "database"
	}
	return p
}

// lockPatience is how long the lock of a SELECT is waited for: whoever waits
// stands before all who come later.
const lockPatience = 2 * time.Second

// tls is how a connection is secured.
func (d *Database) tls() (*tls.Config, error) {
	config, err := d.server.TLS.Config(d.server.Host)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", d.server.Name, err)
	}
	return config, nil
}

// versionNumber of "15.18 (Debian …)" is 150018.
func versionNumber(text string) int {
	var major, minor int
	_, _ = fmt.Sscanf(text, "%d.%d", &major, &minor) // "17beta1" has no minor
	return major*10000 + minor
}

// row is one row of an answer; nil is NULL.
type row []*string

func (r row) text(i int) string {
	if r[i] == nil {
		return ""
	}
	return *r[i]
}

func (r row) number(i int) int64 {
	n, _ := strconv.ParseInt(r.text(i), 10, 64) // NULL is 0; the queries ask for whole numbers
	return n
}

func (r row) yes(i int) bool { return r.text(i) == "t" }

// rows runs statements without parameters, also where a replication
// connection takes no others, and answers the rows of the last.
func (c *conn) rows(ctx context.Context, sql string) ([]row, error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	return texts(results[len(results)-1].Rows), nil
}

// query runs one statement with text parameters.
func (c *conn) query(ctx context.Context, sql string, args ...string) ([]row, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a)
	}
	result := c.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	return texts(result.Rows), result.Err
}

func texts(values [][][]byte) []row {
	out := make([]row, len(values))
	for i, r := range values {
		out[i] = make(row, len(r))
		for k, v := range r {
			if v != nil {
				s := string(v)
				out[i][k] = &s
			}
		}
	}
	return out
}
