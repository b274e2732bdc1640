// Package live is what sources that are in use while they are read have in
// common: where they are, how the hub may use them (its budget), how a secret
// is named without being written down, and what a database says of itself.
// What comes in is a contract's server; what goes out is a Server that a
// driver can dial. It opens no connection.
package live

import (
	"context"
	"time"

	"github.com/sen-hub/sen/internal/source"
)

// Server is a system that the hub reads and does not own.
type Server struct {
	Name     string // in the contract
	Type     string // postgresql, mysql, api
	Host     string
	Port     int
	Database string
	Schema   string
	Location string // api: its address
	User     string
	Password Secret
	TLS      TLS
	Budget   Budget
	Custom   map[string]string // what only one driver understands
}

// Home is the schema whose tables need no schema in their names.
func (s Server) Home() string {
	switch {
	case s.Type == MySQL:
		return s.Database
	case s.Schema != "":
		return s.Schema
	}
	return "public"
}

// TLS is how the connection is secured. The zero value verifies the server's
// certificate and name against the system's authorities.
type TLS struct {
	Off  bool   // only where the contract says so
	CA   string // file of the authority that the server is verified against
	Cert string // file of the client's certificate
	Key  string // file of its key
	Name string // the name to verify instead of the host's
}

// Budget bounds what reading may cost the source. Zero values are defaults.
type Budget struct {
	Connections int           // at most so many at once; default 4
	Statement   time.Duration // the longest statement; default 10 min
	Lock        time.Duration // the longest read lock, waiting for it included; default none is taken
	LogBytes    int64         // of the source's log that a slot may hold back; default 1 GiB
	Rate        int64         // bytes a second; default without bound
	Windows     []Window      // when it may be read; default always
	Attempts    int           // tries of a connection or a range before the run gives up; default 6
	Patience    time.Duration // the longest wait between two tries; default 30 s
}

// Window is a stretch of the day, in minutes since midnight of the source's
// zone. From > To reaches over midnight.
type Window struct {
	From, To int
	Zone     *time.Location
}

// Table is what a database says of one of its tables or views, for drafting
// a contract and for drift.
type Table struct {
	Schema, Name, Kind, Comment string // Kind: table, partitioned, view, materialized view, foreign
	Columns                     []Column
	Key                         []string
	Foreign                     []Foreign
	Rows                        int64 // the source's own estimate; -1 unknown
	Bytes                       int64
}

// Title is the table's name as a contract writes it: without its schema where
// that is home, whose tables are called by their names alone.
func (t Table) Title(home string) string {
	if t.Schema == home {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// Called reports whether a contract that says name means the table.
func (t Table) Called(name, home string) bool {
	return name == t.Title(home) || name == t.Schema+"."+t.Name
}

// Column is one column, as the database declares it.
type Column struct {
	Name, Type, Comment string // Type: in the database's words, like numeric(12,2)
	Nullable, Generated bool
	Unique              bool // alone, by an index
}

// Foreign is a foreign key to another table of the same database.
type Foreign struct {
	Columns   []string
	ToSchema  string
	ToTable   string
	ToColumns []string
}

// Finding is one thing that `sen source test` has looked at.
type Finding struct {
	What string // reach, tls, sign-in, read-only, version, select public.birth, replication, …
	OK   bool
	Must bool   // without it nothing can be read; else it only costs something
	Says string // for a person: what was found
	Next string // what to do about it; SQL where SQL does it
}

// Database is a live source of many tables. Drivers implement it.
type Database interface {
	// Tables are the tables and views that the user may see, ordered by
	// schema and name; within the budget, without reading rows.
	Tables(ctx context.Context) ([]Table, error)

	// Open opens one table, named as the contract's object names it
	// ("table" or "schema.table"), for one consistent reading.
	Open(ctx context.Context, table string, o source.Options) (source.Reader, error)

	// Sample is up to rows rows of a table, spread over it, as text; nil is NULL.
	// Fewer than a sixteenth of what was asked for are the whole table; fewer than
	// asked for are, where the table's own estimate is at most half of that.
	Sample(ctx context.Context, table string, rows int) (columns []string, values [][]*string, err error)

	// Sums has the server compute the digest of the rows of ranges by its own
	// SQL, in one snapshot of its own: see Sum.
	Sums(ctx context.Context, table string, columns []string, ranges []source.Range) ([]Sum, error)

	// Test looks at what reading the tables needs.
	Test(ctx context.Context, tables []string) ([]Finding, error)

	// Grants is the least-privilege SQL for a reader of the tables, to be run
	// by the source's own administrator.
	Grants(tables []string) string

	Close() error
}

// Sum is the content of a range as the server computes it: over its rows, the
// number and the sum modulo 2^64 of the first 64 bits (big endian) of the md5
// of the row's text: for each column its text preceded by its length in bytes
// and a colon ("4:1990"), NULL as "-". The store computes the same of what
// landed.
type Sum struct {
	Rows int64
	Sum  uint64
}
