package access

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// Columns of the lake's rows that name them (see package clean). They are not
// part of an answer.
const (
	keyColumn      = "_key"
	positionColumn = "_position"
	rangeColumn    = "_range"
	rowColumn      = "_row"
)

// Query is one SELECT, and who asks it why. Request.Dataset and Fields are
// filled in from the statement.
type Query struct {
	Request
	SQL   string
	AsOf  lake.AsOf // the zero value: now
	Limit int       // rows of the answer at most; 0 for no bound

	// Beside are relations that are not in the lake and hold nobody's data, as
	// SQL in parentheses, by the name that the statement calls them.
	Beside map[sen.Dataset]string
}

// Column is a column of an answer; Type is the engine's name of its type.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Answer is what may be shown: the entries about it are durable.
type Answer struct {
	Request string   `json:"request"` // the id under which the journal has it
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
	More    bool     `json:"more"`     // there are rows beyond the limit
	Named   int      `json:"subjects"` // records that the journal names; 0 where it names whole datasets

	Snapshots map[sen.Dataset]int64 `json:"snapshots"` // of the lake's tables that were read
}

// Query answers a SELECT over the clean tables of the lake, called
// "agency"."object", and its golden ones, called "entity"."name". e must be an engine of its own, confined to the lake's
// folder: other people's SQL runs in it.
//
// The journal names the records of the answer where the statement filters,
// joins, orders and limits rows. Where it folds many rows into one
// (aggregates, DISTINCT, subqueries, windows, set operations, WITH), what it
// looked at cannot be told from the answer, and the journal says that the
// whole dataset was read: everybody in that snapshot finds the entry. So it
// says of golden records.
func (d *Door) Query(ctx context.Context, e *engine.Engine, l *lake.Lake, q Query) (answer Answer, err error) {
	c, err := e.Conn(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer c.Close()
	s, err := parse(ctx, c, q.SQL)
	if err != nil {
		return Answer{}, err
	}
	tables, err := plan(ctx, l, s.datasets(), q)
	if err != nil {
		return Answer{}, err
	}
	q.Dataset, q.Fields = s.datasets(), s.fields(tables)
	reading, err := d.Open(ctx, q.Request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	run := query{statement: s, tables: tables, limit: q.Limit, answer: Answer{Snapshots: map[sen.Dataset]int64{}}}
	if err := run.read(ctx, c, reading); err != nil {
		return Answer{}, err
	}
	if err := reading.Seal(); err != nil {
		return Answer{}, err
	}
	run.answer.Request = reading.Request()
	return run.answer, nil
}

// Columns are those that a statement would answer with, and the datasets that it
// reads. No data is read, so nothing is written down. Of q, who asks and why do
// not count.
func (d *Door) Columns(ctx context.Context, e *engine.Engine, l *lake.Lake, q Query) ([]Column, []sen.Dataset, error) {
	c, err := e.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	s, err := parse(ctx, c, q.SQL)
	if err != nil {
		return nil, nil, err
	}
	tables, err := plan(ctx, l, s.datasets(), q)
	if err != nil {
		return nil, nil, err
	}
	run := query{statement: s, tables: tables}
	if err := run.makeViews(ctx, c); err != nil {
		return nil, nil, err
	}
	text, err := s.text(ctx, c, nil)
	if err != nil {
		return nil, nil, err
	}
	rows, err := c.Query(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+text+")")
	if err != nil {
		return nil, nil, refuse(err)
	}
	defer rows.Close()
	var out []Column
	for rows.Next() {
		var one Column
		if err := rows.Scan(&one.Name, &one.Type); err != nil {
			return nil, nil, err
		}
		out = append(out, one)
	}
	return out, s.datasets(), refuse(rows.Err())
}

// table is what a statement reads under the name of a dataset.
type table struct {
	sql      string // a relation
	columns  []string
	snapshot int64
	named    bool // its rows say which records they are
}

// entities is the agency under which golden records lie.
const entities = "entity"

// plan finds the snapshot of each dataset.
func plan(ctx context.Context, l *lake.Lake, datasets []sen.Dataset, q Query) (map[sen.Dataset]table, error) {
	tables := map[sen.Dataset]table{}
	for _, name := range datasets {
		if sql, known := q.Beside[name]; known {
			tables[name] = table{sql: sql}
			continue
		}
		kind := lake.Clean
		if name.Agency() == entities {
			kind = lake.Golden
		}
		t, err := l.Lookup(ctx, kind, name)
		if err != nil && sen.KindOf(err) == sen.NotFound {
			return nil, sen.Errorf(sen.NotFound, "there is no data of a dataset %s", name).
				WithHint("`sen status` names the datasets; one that was never synced has no data")
		}
		if err != nil {
			return nil, err
		}
		scan, err := t.Scan(ctx, q.AsOf)
		if err != nil {
			return nil, err
		}
		tables[name] = table{sql: scan.SQL(), columns: names(scan.Fields()), snapshot: scan.Snapshot.ID, named: kind == lake.Clean}
	}
	return tables, nil
}

func names(fields []lake.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// fields are the columns of each dataset that the statement names; none where
// it asks for all.
func (s *statement) fields(tables map[sen.Dataset]table) map[sen.Dataset][]string {
	out := map[sen.Dataset][]string{}
	if s.star {
		return out
	}
	for name, t := range tables {
		for _, column := range t.columns {
			if slices.Contains(s.names, column) {
				out[name] = append(out[name], column)
			}
		}
	}
	return out
}

// query is a statement on its way to its answer.
type query struct {
	*statement
	tables map[sen.Dataset]table
	limit  int
	answer Answer
}

// traced reports whether the answer can be traced to records.
func (q *query) traced() bool {
	for _, t := range q.tables {
		if !t.named {
			return false
		}
	}
	return q.rows
}

func (q *query) read(ctx context.Context, c *engine.Conn, reading *Reading) error {
	if err := q.makeViews(ctx, c); err != nil {
		return err
	}
	var traced []mention
	if q.traced() {
		traced = q.statement.tables
	}
	text, err := q.text(ctx, c, traced)
	if err != nil {
		return err
	}
	rows, err := c.Query(ctx, text)
	if err != nil {
		return refuse(err)
	}
	defer rows.Close()
	subjects, err := q.collect(rows, 2*len(traced))
	if err != nil {
		return err
	}
	for name, t := range q.tables {
		if t.snapshot != 0 {
			q.answer.Snapshots[name] = t.snapshot
		}
	}
	if q.traced() {
		q.answer.Named = len(subjects)
		return reading.Saw(subjects...)
	}
	for name, t := range q.tables {
		if err := reading.All(name, t.snapshot); err != nil {
			return err
		}
	}
	return nil
}

// makeViews gives each dataset its name. Only a traced statement needs to see
// what names a row.
func (q *query) makeViews(ctx context.Context, c *engine.Conn) error {
	hidden := "_range, _row"
	if !q.traced() {
		hidden += ", _key, _position"
	}
	for name, t := range q.tables {
		if err := c.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+engine.Ident(name.Agency())); err != nil {
			return err
		}
		columns := "*"
		if t.named {
			columns = "* EXCLUDE (" + hidden + ")"
		}
		view := engine.Ident(name.Agency()) + "." + engine.Ident(name.Object())
		if err := c.Exec(ctx, "CREATE OR REPLACE VIEW "+view+" AS SELECT "+columns+" FROM ("+t.sql+")"); err != nil {
			return err
		}
	}
	return nil
}

// collect reads the answer, and the records that the last columns name.
func (q *query) collect(rows *sql.Rows, added int) ([]Subject, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	own := len(types) - added
	var shown []int
	for i, t := range types[:own] {
		if !slices.Contains([]string{keyColumn, positionColumn, rangeColumn, rowColumn}, t.Name()) {
			shown = append(shown, i)
			q.answer.Columns = append(q.answer.Columns, Column{t.Name(), t.DatabaseTypeName()})
		}
	}
	q.answer.Rows = [][]any{}
	var subjects []Subject
	for rows.Next() {
		if q.limit > 0 && len(q.answer.Rows) == q.limit {
			q.answer.More = true
			break
		}
		values := make([]any, len(types))
		into := make([]any, len(types))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]any, len(shown))
		for i, at := range shown {
			row[i] = values[at]
		}
		q.answer.Rows = append(q.answer.Rows, row)
		subjects = append(subjects, q.subjects(values[own:])...)
	}
	return subjects, refuse(rows.Err())
}

// subjects are the records behind one row; an outer join may lack one side.
func (q *query) subjects(named []any) []Subject {
	var out []Subject
	for i := 0; i+1 < len(named); i += 2 {
		key, ok := named[i].(int64)
		if !ok {
			continue
		}
		version, _ := named[i+1].(int64)
		out = append(out, Subject{Dataset: q.statement.tables[i/2].dataset, Key: RecordKey(key), Version: version})
	}
	return out
}

// RecordKey is a clean row's `_key` as the material of a Subject.
func RecordKey(key int64) []byte { return strconv.AppendInt(nil, key, 10) }

// refuse gives the engine's complaint about a statement its kind.
func refuse(err error) error {
	var known *sen.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	return sen.Errorf(sen.Invalid, "the statement fails: %w", err).WithHint("see the columns of a dataset in its contract")
}
