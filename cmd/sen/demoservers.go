package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-mysql-org/go-mysql/client"
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/live"
)

// demoServers are the databases that some agencies of the demonstration keep
// their records in, where their addresses are given.
type demoServers struct {
	postgres, mysql                 string
	postgresPassword, mysqlPassword string
	tls, ca                         string
}

func (d *demoServers) flags(c *cobra.Command) {
	c.Flags().StringVar(&d.postgres, "postgres", "", "put the land register into this database: postgresql://user@host:port/database")
	c.Flags().StringVar(&d.postgresPassword, "postgres-password", "", "where its password is: env:NAME, file:/path or command:program argument")
	c.Flags().StringVar(&d.mysql, "mysql", "", "put the passports into this MySQL or MariaDB database: mysql://user@host:port/database")
	c.Flags().StringVar(&d.mysqlPassword, "mysql-password", "", "where its password is")
	c.Flags().StringVar(&d.tls, "server-tls", "verify-full", "of both: verify-full, or off")
	c.Flags().StringVar(&d.ca, "server-ca", "", "of both: file of the authority that their certificates are verified against")
}

// moved is an agency whose records go to a server.
type moved struct {
	agency string
	server live.Server
	file   string // its file, below the hub's sources, and the tables in it
	tables []string
}

// plan reads the addresses.
func (d demoServers) plan() ([]moved, error) {
	var out []moved
	for _, m := range []struct {
		address, password string
		moved
	}{
		{d.postgres, d.postgresPassword, moved{agency: "land", file: "land/land.sqlite", tables: []string{"thua_dat"}}},
		{d.mysql, d.mysqlPassword, moved{agency: "passports", file: "passports/passport.sqlite", tables: []string{"ho_chieu"}}},
	} {
		if m.address == "" {
			continue
		}
		s, err := inferOptions{source: m.address, password: m.password, tls: d.tls, ca: d.ca}.server()
		if err != nil {
			return nil, err
		}
		m.server = s
		out = append(out, m.moved)
	}
	if len(out) == 2 && (out[0].server.Type != live.PostgreSQL || out[1].server.Type != live.MySQL) || len(out) == 1 && (d.postgres != "") != (out[0].server.Type == live.PostgreSQL) {
		return nil, sen.Errorf(sen.Invalid, "--postgres is a PostgreSQL database and --mysql a MySQL or MariaDB one")
	}
	return out, nil
}

// contract is the agency's contract with the server in place of its file.
func (m moved) contract(text string) string {
	profile := drafted(m.server)
	var b strings.Builder
	fmt.Fprintf(&b, "servers:\n  - server: database\n    type: %s\n", profile.Type)
	own := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(profile.Facts)) {
		switch value := profile.Facts[name]; name {
		case "port":
			fmt.Fprintf(&b, "    port: %s\n", value)
		case "host", "database", "schema":
			fmt.Fprintf(&b, "    %s: %s\n", name, strconv.Quote(value))
		default:
			own[name] = value
		}
	}
	b.WriteString("    customProperties:\n")
	for _, name := range slices.Sorted(maps.Keys(own)) {
		fmt.Fprintf(&b, "      - {property: %s, value: %s}\n", name, strconv.Quote(own[name]))
	}
	from := strings.Index(text, "servers:")
	to := from + strings.Index(text[from:], "\n\n")
	return text[:from] + b.String() + text[to+1:]
}

// demoMark is the comment of the tables that the demonstration made, and may
// make again.
const demoMark = "made by sen demo; nobody in it exists"

// moveTo fills the agencies' servers from the files that were made.
func (p *program) moveTo(ctx context.Context, sources string, all []moved) error {
	for _, m := range all {
		for _, table := range m.tables {
			begun := p.now()
			rows, err := m.fill(ctx, filepath.Join(sources, m.file), table)
			if err != nil {
				return sen.Errorf(sen.KindOf(err), "fill the table %s of %s: %w", table, m.agency, err)
			}
			p.mention(fmt.Sprintf(p.lang.Pick("%s: %s dòng vào bảng %s của %s, %s", "%s: %s rows into the table %s of %s, %s"),
				m.agency, p.lang.Count(rows), table, m.server.Type, p.lang.Duration(p.now().Sub(begun))))
		}
	}
	return nil
}

func (m moved) fill(ctx context.Context, file, table string) (rows int64, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return 0, err
	}
	r, err := source.Open(ctx, source.Location{Path: path, Table: table}, source.Options{})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	columns := make([]string, len(r.Columns()))
	for i, c := range r.Columns() {
		columns[i] = c.Name
	}
	if m.server.Type == live.MySQL {
		return m.fillMySQL(ctx, r, table, columns)
	}
	return m.fillPostgres(ctx, r, table, columns)
}

// eachRow gives the values of every row, nil for NULL.
func eachRow(ctx context.Context, r source.Reader, columns int, use func(batch [][]any) error) error {
	_, err := r.Read(ctx, source.Mark{}, func(g *source.Range) error {
		defer g.Release()
		for _, b := range g.Batches {
			batch := make([][]any, b.NumRows())
			for n := range batch {
				batch[n] = make([]any, columns)
				for c := range columns {
					if values := b.Column(c).(*array.String); values.IsValid(n) {
						batch[n][c] = strings.Clone(values.Value(n))
					}
				}
			}
			if err := use(batch); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (m moved) fillPostgres(ctx context.Context, r source.Reader, table string, columns []string) (rows int64, err error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return 0, err
	}
	s := m.server
	config.Host, config.Port, config.Database, config.User, config.Fallbacks = s.Host, uint16(s.Port), s.Database, s.User, nil
	if config.Password, err = s.Password.Reveal(ctx); err != nil {
		return 0, err
	}
	if config.TLSConfig, err = s.TLS.Config(s.Host); err != nil {
		return 0, err
	}
	config.ConnectTimeout = 10 * time.Second
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, sen.Errorf(sen.Unavailable, "%w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	tx, err := c.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit there is nothing to roll back
	var mark *string
	name := pgx.Identifier{s.Schema, table}
	if err := tx.QueryRow(ctx, "SELECT coalesce(obj_description(to_regclass($1)), CASE WHEN to_regclass($1) IS NULL THEN $2 END)", name.Sanitize(), demoMark).Scan(&mark); err != nil {
		return 0, err
	}
	if mark == nil || *mark != demoMark {
		return 0, notOurs(table)
	}
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pgx.Identifier{c}.Sanitize() + " text"
	}
	for _, statement := range []string{
		"DROP TABLE IF EXISTS " + name.Sanitize(),
		"CREATE TABLE " + name.Sanitize() + " (" + strings.Join(quoted, ", ") + ")",
		"COMMENT ON TABLE " + name.Sanitize() + " IS '" + demoMark + "'",
	} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return 0, err
		}
	}
	err = eachRow(ctx, r, len(columns), func(batch [][]any) error {
		n, err := tx.CopyFrom(ctx, name, columns, pgx.CopyFromRows(batch))
		rows += n
		return err
	})
	if err != nil {
		return rows, err
	}
	return rows, tx.Commit(ctx)
}

func notOurs(table string) error {
	return sen.Errorf(sen.Exists, "there is a table %s that the demonstration did not make", table).
		WithHint("name a database of its own for the demonstration")
}

// rowsAtOnce is how many rows one statement puts into MySQL.
const rowsAtOnce = 500

func (m moved) fillMySQL(ctx context.Context, r source.Reader, table string, columns []string) (rows int64, err error) {
	s := m.server
	password, err := s.Password.Reveal(ctx)
	if err != nil {
		return 0, err
	}
	config, err := s.TLS.Config(s.Host)
	if err != nil {
		return 0, err
	}
	c, err := client.ConnectWithContext(ctx, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.User, password, s.Database, 10*time.Second, func(c *client.Conn) error {
		c.SetTLSConfig(config)
		return nil
	})
	if err != nil {
		return 0, sen.Errorf(sen.Unavailable, "%w", err)
	}
	defer c.Close()
	found, err := c.Execute("SELECT table_comment FROM information_schema.tables WHERE table_schema = database() AND table_name = ?", table)
	if err != nil {
		return 0, err
	}
	if found.RowNumber() > 0 {
		if mark, err := found.GetString(0, 0); err != nil || mark != demoMark {
			return 0, notOurs(table)
		}
	}
	quoted := make([]string, len(columns))
	for i, name := range columns {
		quoted[i] = "`" + strings.ReplaceAll(name, "`", "``") + "` text"
	}
	name, next := "`"+table+"`", "`"+table+"_next`"
	for _, statement := range []string{
		"DROP TABLE IF EXISTS " + next,
		"CREATE TABLE " + next + " (" + strings.Join(quoted, ", ") + ") CHARACTER SET utf8mb4 COMMENT '" + demoMark + "'",
		"BEGIN",
	} {
		if _, err := c.Execute(statement); err != nil {
			return 0, err
		}
	}
	one := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	err = eachRow(ctx, r, len(columns), func(batch [][]any) error {
		for part := range slices.Chunk(batch, rowsAtOnce) {
			if _, err := c.Execute("INSERT INTO "+next+" VALUES "+one+strings.Repeat(", "+one, len(part)-1), slices.Concat(part...)...); err != nil {
				return err
			}
			rows += int64(len(part))
		}
		return ctx.Err()
	})
	if err != nil {
		return rows, err
	}
	for _, statement := range []string{"COMMIT", "DROP TABLE IF EXISTS " + name, "RENAME TABLE " + next + " TO " + name} {
		if _, err := c.Execute(statement); err != nil {
			return rows, err
		}
	}
	return rows, nil
}
