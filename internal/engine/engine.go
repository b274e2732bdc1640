// Package engine is the SQL engine of the hub: one DuckDB instance with one
// memory and spill budget for the whole process. What comes in is SQL text
// and Arrow batches; what goes out is rows and Parquet files. It knows no
// dataset and no contract.
package engine

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/sen-hub/sen"
)

// Options are what an installation may set. The zero value runs.
type Options struct {
	Threads int    // of one statement; default: the number of CPUs. With one, rows keep their order, and statements side by side cost least
	Memory  int64  // bytes the engine may hold before it spills; default 3 GiB
	Spill   string // folder for spilled data; default: no spilling

	// Remote, when set, lets statements read from a bucket as well.
	Remote *Remote

	// Only, when set, confines every statement to files below these folders,
	// or S3 addresses, and locks the configuration: for SQL that other people wrote.
	Only []string

	// Functions are what SQL may call beside the engine's own.
	Functions []Function
}

const defaultMemory = 3 << 30

// Engine is a running instance. It is safe for concurrent use; a Conn is not.
type Engine struct {
	db       *sql.DB
	version  string
	spill    string
	sessions atomic.Int64 // opened so far
}

// Open starts an in-memory instance. Nothing is downloaded at run time:
// extensions are neither installed nor loaded by themselves.
func Open(ctx context.Context, o Options) (*Engine, error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, fmt.Errorf("start the SQL engine: %w", err)
	}
	e := &Engine{db: sql.OpenDB(connector), spill: o.Spill}
	if err := e.configure(ctx, o); err != nil {
		e.db.Close()
		return nil, err
	}
	return e, nil
}

func (e *Engine) configure(ctx context.Context, o Options) error {
	if o.Spill != "" {
		if err := os.MkdirAll(o.Spill, 0o700); err != nil {
			return sen.Errorf(sen.Unavailable, "make the spill folder: %w", err)
		}
	}
	if err := Install(ctx, e.db, o.Functions); err != nil {
		return err
	}
	if o.Remote != nil {
		if err := e.attach(ctx, *o.Remote); err != nil {
			return err
		}
	}
	for _, statement := range settings(o) {
		if _, err := e.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("configure the SQL engine: %s: %w", statement, err)
		}
	}
	return e.db.QueryRowContext(ctx, "SELECT version()").Scan(&e.version)
}

func settings(o Options) []string {
	threads, memory := o.Threads, o.Memory
	if threads <= 0 {
		threads = runtime.NumCPU()
	}
	if memory <= 0 {
		memory = defaultMemory
	}
	out := []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET GLOBAL TimeZone = 'UTC'",
		fmt.Sprintf("SET threads = %d", threads),
		fmt.Sprintf("SET memory_limit = '%dB'", memory),
		fmt.Sprintf("SET temp_directory = %s", Literal(o.Spill)),
	}
	if len(o.Only) > 0 {
		dirs := make([]string, len(o.Only))
		for i, d := range o.Only {
			if !strings.Contains(d, "://") {
				d = filepath.Clean(d)
			}
			dirs[i] = Literal(folder(d))
		}
		if o.Spill != "" {
			dirs = append(dirs, Literal(filepath.Clean(o.Spill)+"/"))
		}
		out = append(out,
			"SET allowed_directories = ["+strings.Join(dirs, ", ")+"]",
			"SET enable_external_access = false",
			"SET lock_configuration = true")
	}
	return out
}

// Close stops the instance; open connections end with it.
func (e *Engine) Close() error { return e.db.Close() }

// Version is the engine's own version. The engine's hash() may differ between
// versions, so a digest is only comparable together with it.
func (e *Engine) Version() string { return "duckdb " + e.version }

// Spill is the folder for what does not fit into memory, or empty.
func (e *Engine) Spill() string { return e.spill }

// Ident quotes an identifier.
func Ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Idents quotes identifiers and joins them with commas.
func Idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = Ident(n)
	}
	return strings.Join(quoted, ", ")
}

// Literal quotes a text. A statement ends at its first NUL, so one in the text is
// called by its number.
func Literal(text string) string {
	quoted := `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
	if !strings.Contains(text, "\x00") {
		return quoted
	}
	return `(` + strings.ReplaceAll(quoted, "\x00", `' || chr(0) || '`) + `)`
}

// ParquetOptions are the options of every Parquet file that the hub writes;
// the benchmark's floor uses the same. Version 2 would save a twelfth of the
// bytes; pyarrow cannot read what DuckDB 1.5.5 writes of it. Level 1 takes a
// sixth less of the CPU than the library's level 3, and on registers as
// `sen bench extract` makes them it writes fewer bytes.
const ParquetOptions = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"

// explain turns the engine's own words for a full disk or exhausted memory
// into an error that says what to do next.
func explain(err error) error {
	if err == nil {
		return nil
	}
	switch text := err.Error(); {
	case away(err):
		return sen.Errorf(sen.Unavailable, "the S3 server cannot be reached: %w", err).
			WithHint("run the command again when the server is there: what is finished stays finished")
	case strings.Contains(text, "No space left on device"):
		return sen.Errorf(sen.Unavailable, "the disk is full: %w", err).
			WithHint("free some space and run the command again: what is finished stays finished")
	case strings.Contains(text, "Out of Memory Error"):
		return sen.Errorf(sen.Unavailable, "the engine's memory budget is used up: %w", err).
			WithHint("raise engine.memory in sen.yaml, or give it a spill folder with more space")
	}
	return err
}
