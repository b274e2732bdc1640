package engine

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go/v2"
)

// Conn is one session of the engine: its temporary tables are its own. It is
// for one goroutine at a time.
type Conn struct {
	sql   *sql.Conn
	arrow *duckdb.Arrow
	view  string // the name of its Arrow streams, which all sessions see
}

// Conn opens a session; Close gives it back and drops its temporary tables.
func (e *Engine) Conn(ctx context.Context) (*Conn, error) {
	session, err := e.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open a session of the SQL engine: %w", err)
	}
	c := &Conn{sql: session, view: fmt.Sprintf("_arrow_%d", e.sessions.Add(1))}
	err = session.Raw(func(driver any) (err error) {
		c.arrow, err = duckdb.NewArrowFromConn(driver.(*duckdb.Conn))
		return err
	})
	if err != nil {
		session.Close()
		return nil, fmt.Errorf("open a session of the SQL engine: %w", err)
	}
	return c, nil
}

// Close ends the session.
func (c *Conn) Close() error { return c.sql.Close() }

// Exec runs a statement.
func (c *Conn) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := patiently(ctx, func() (sql.Result, error) { return c.sql.ExecContext(ctx, statement, args...) })
	return explain(err)
}

// Query runs a statement that answers rows.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := patiently(ctx, func() (*sql.Rows, error) { return c.sql.QueryContext(ctx, query, args...) })
	return rows, explain(err)
}

// Batches hands what a query answers to use, in its order, as Arrow batches;
// use retains those that it keeps.
func (c *Conn) Batches(ctx context.Context, query string, use func(arrow.RecordBatch) error) error {
	reader, err := patiently(ctx, func() (array.RecordReader, error) { return c.arrow.QueryContext(ctx, query) })
	if err != nil {
		return explain(err)
	}
	defer reader.Release()
	for reader.Next() {
		if err := use(reader.RecordBatch()); err != nil {
			return err
		}
	}
	return explain(reader.Err())
}

// Row scans the one row that a query answers.
func (c *Conn) Row(ctx context.Context, query string, into ...any) error {
	_, err := patiently(ctx, func() (any, error) { return nil, c.sql.QueryRowContext(ctx, query).Scan(into...) })
	return explain(err)
}

// Copy writes what a query answers as one Parquet file and returns its rows.
// fieldIDs is the value of the FIELD_IDS option, or empty. The file is not
// yet durable: who publishes it syncs it. It is tried once, also where a
// server is away: functions of ours that a query calls may keep what they saw.
func (c *Conn) Copy(ctx context.Context, query, path, fieldIDs string) (int64, error) {
	options := ParquetOptions
	if fieldIDs != "" {
		options += ", FIELD_IDS " + fieldIDs
	}
	result, err := c.sql.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (%s)", query, Literal(path), options))
	if err != nil {
		return 0, explain(err)
	}
	return result.RowsAffected()
}

// Over runs use with the relation of Arrow batches, which one statement may
// read, once, with all of its columns: the engine's C interface for Arrow
// streams hands no projection and no filter on, so that a query over some of
// the columns would read the wrong ones, and a plain comparison in a WHERE
// would be passed over.
func (c *Conn) Over(batches []arrow.RecordBatch, use func(relation string) error) error {
	reader, err := array.NewRecordReader(batches[0].Schema(), batches)
	if err != nil {
		return fmt.Errorf("read %d batches: %w", len(batches), err)
	}
	defer reader.Release()
	release, err := c.arrow.RegisterView(reader, c.view)
	if err != nil {
		return fmt.Errorf("read %d batches: %w", len(batches), err)
	}
	defer release()
	err = use(c.view)
	if err != nil {
		// A statement that was cut off before it ran stays its session's, and
		// its tasks wait for the next free thread, until the session gets
		// another: it must be gone before the stream that it reads.
		_, _ = c.sql.ExecContext(context.Background(), "SELECT 1") // the error that counts is the first
	}
	return err
}

// Load makes a temporary table of Arrow batches.
func (c *Conn) Load(ctx context.Context, table string, batches []arrow.RecordBatch) error {
	return c.Over(batches, func(relation string) error {
		return c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM %s", Ident(table), relation))
	})
}
