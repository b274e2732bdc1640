package mysql

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	protocol "github.com/go-mysql-org/go-mysql/mysql"
)

const (
	dialPatience = 15 * time.Second // for one try to connect and sign in
	lockPatience = 5 * time.Second  // for the metadata lock of a SELECT: whoever waits stands before all who come later
	gracePeriod  = time.Minute      // for an answer, beyond the longest statement
)

// conn is a connection with its place in the budget.
type conn struct {
	*wire
	leave   func()
	id      uint32
	version version
}

// close may be called again.
func (c *conn) close() {
	if c.leave == nil {
		return
	}
	c.wire.close()
	c.leave()
	c.leave = nil
}

// version of a server.
type version struct {
	mariadb bool
	number  int // 10.11.4 is 101104
	text    string
}

// versionOf reads "10.11.19-MariaDB-…", "5.5.5-10.5.1-MariaDB" (a prefix for
// old replicas) and "8.0.36".
func versionOf(text string) version {
	text = strings.TrimRight(text, "\x00")
	v := version{mariadb: strings.Contains(text, "MariaDB"), text: text}
	if v.mariadb {
		text = strings.TrimPrefix(text, "5.5.5-")
	}
	var major, minor, patch int
	_, _ = fmt.Sscanf(text, "%d.%d.%d", &major, &minor, &patch) // what is missing is 0
	v.number = major*10000 + minor*100 + patch
	return v
}

// dial waits for a place in the budget, connects and signs in.
func (d *Database) dial(ctx context.Context) (*conn, error) {
	leave, err := d.gate.Enter(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.connect(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	c.leave = leave
	return c, nil
}

// connect has the library sign in and takes the connection over.
func (d *Database) connect(ctx context.Context) (*conn, error) {
	config, err := d.tls()
	if err != nil {
		return nil, err
	}
	password, err := d.server.Password.Reveal(ctx)
	if err != nil {
		return nil, err
	}
	network, address := "tcp", net.JoinHostPort(d.server.Host, strconv.Itoa(d.server.Port))
	if strings.HasPrefix(d.server.Host, "/") {
		network, address, config = "unix", d.server.Host, nil
	}
	dialer := &net.Dialer{Timeout: dialPatience, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 6}}
	stop := func() bool { return true }
	signed, err := client.ConnectWithDialer(ctx, network, address, d.server.User, password, d.server.Database,
		func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			stop = context.AfterFunc(ctx, func() { c.Close() })
			return c, c.SetDeadline(time.Now().Add(dialPatience))
		},
		func(c *client.Conn) error {
			c.SetTLSConfig(config)
			c.UnsetCapability(protocol.CLIENT_DEPRECATE_EOF)
			c.UnsetCapability(protocol.CLIENT_QUERY_ATTRIBUTES)
			c.SetAttributes(map[string]string{"program_name": "sen"})
			return nil
		})
	if !stop() && err == nil {
		signed.Close()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	c := &conn{wire: newWire(signed.Conn.Conn, d.budget.Statement+gracePeriod), id: signed.GetConnectionID(), version: versionOf(signed.GetServerVersion())}
	if err := c.set(ctx, d); err != nil {
		c.wire.close()
		return nil, err
	}
	return c, nil
}

// set makes the session read-only and bounded, and its texts independent of
// how the server is configured. Without a character set of results the server
// sends the bytes that it stores: converting, it writes "?" for what it cannot.
func (c *conn) set(ctx context.Context, d *Database) error {
	settings := []string{
		"NAMES utf8mb4", "character_set_results = NULL",
		"SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "time_zone = '+00:00'",
		"SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SESSION TRANSACTION READ ONLY",
		fmt.Sprintf("SESSION lock_wait_timeout = %d", int(lockPatience.Seconds())),
		fmt.Sprintf("SESSION net_write_timeout = %d", seconds(d.budget.Statement)+60),
		fmt.Sprintf("SESSION wait_timeout = %d", idleSeconds),
		d.statementTime(c.version, d.budget.Statement),
	}
	if !c.version.mariadb {
		settings = append(settings, "SESSION optimizer_switch = 'index_merge=off'")
	}
	for _, s := range settings {
		if err := c.exec(ctx, "SET "+s); err != nil {
			return err
		}
	}
	return nil
}

// idleSeconds is how long a worker may wait for its turn with its snapshot
// open: what it read before is being cleaned and written. A hub that died is
// noticed when its connections close.
const idleSeconds = 8 * 60 * 60

func (d *Database) statementTime(v version, t time.Duration) string {
	if v.mariadb {
		return fmt.Sprintf("SESSION max_statement_time = %.3f", t.Seconds())
	}
	return fmt.Sprintf("SESSION max_execution_time = %d", t.Milliseconds())
}

func seconds(t time.Duration) int { return max(int(t.Seconds()), 1) }

// tls is how a connection is secured.
func (d *Database) tls() (*tls.Config, error) {
	config, err := d.server.TLS.Config(d.server.Host)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", d.server.Name, err)
	}
	return config, nil
}

// row is one row of a small answer; nil is NULL.
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

// exec runs a statement that has no rows, or none that matter.
func (c *conn) exec(ctx context.Context, sql string) error {
	return c.query(ctx, sql, nil, func([]byte) error { return nil })
}

// rows are all rows of a small answer.
func (c *conn) rows(ctx context.Context, sql string) (out []row, err error) {
	_, out, err = c.table(ctx, sql)
	return out, err
}

// table is a small answer with the names of its columns.
func (c *conn) table(ctx context.Context, sql string) (names []string, out []row, err error) {
	err = c.query(ctx, sql, func(fields []field) error {
		for _, f := range fields {
			names = append(names, f.name)
		}
		return nil
	}, func(p []byte) error {
		r := make(row, len(names))
		for i := range r {
			v, rest, null, ok := value(p)
			if !ok {
				return errProtocol
			}
			if !null {
				s := string(v)
				r[i] = &s
			}
			p = rest
		}
		out = append(out, r)
		return nil
	})
	return names, out, err
}

// one is the first row of an answer, or nil.
func (c *conn) one(ctx context.Context, sql string) (row, error) {
	found, err := c.rows(ctx, sql)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
