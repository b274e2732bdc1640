package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// HeldQuery asks for rows that were kept back. Request.Dataset is filled in.
type HeldQuery struct {
	Request
	Of     sen.Dataset
	Rules  []string // rows that broke one of these; none for all
	Column string   // one column of the rule; "" for all
	From   int64    // the first row's ordinal in the source; rows before it are passed over
	Limit  int
}

// HeldRow is one row in quarantine: why it is there, where it came from, and
// its columns as they came.
type HeldRow struct {
	Rule   string         `json:"rule"`
	Column string         `json:"column,omitempty"`
	Value  *string        `json:"value"` // as it came; nil where there was none
	Row    int64          `json:"row"`   // its ordinal in the source, from 0
	Line   int64          `json:"line,omitempty"`
	Source map[string]any `json:"source"`
}

// Held is what may be shown of a quarantine.
type Held struct {
	Request string    `json:"request"`
	Columns []string  `json:"columns"` // of the source, in its order
	Rows    []HeldRow `json:"rows"`
	Total   int64     `json:"total"`          // rows that the query is about
	Next    int64     `json:"next,omitempty"` // HeldQuery.From of the rows after these; 0: these are the last
}

// Held answers rows of a dataset's quarantine, in the order of the source. A
// row that could not be cleaned has no key to be called by: the journal names
// it by its place in the source, and by the run that set it apart.
func (d *Door) Held(ctx context.Context, e *engine.Engine, l *lake.Lake, q HeldQuery) (held Held, err error) {
	scan, err := quarantine(ctx, l, q.Of)
	if err != nil {
		return Held{}, err
	}
	q.Dataset = []sen.Dataset{q.Of}
	reading, err := d.Open(ctx, q.Request)
	if err != nil {
		return Held{}, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	c, err := e.Conn(ctx)
	if err != nil {
		return Held{}, err
	}
	defer c.Close()
	subjects, err := held.read(ctx, c, scan, q)
	if err != nil {
		return Held{}, err
	}
	if err := reading.Saw(subjects...); err != nil {
		return Held{}, err
	}
	if err := reading.Seal(); err != nil {
		return Held{}, err
	}
	held.Request = reading.Request()
	return held, nil
}

func quarantine(ctx context.Context, l *lake.Lake, name sen.Dataset) (lake.Scan, error) {
	t, err := l.Lookup(ctx, lake.Quarantine, name)
	if err != nil && sen.KindOf(err) == sen.NotFound {
		return lake.Scan{}, sen.Errorf(sen.NotFound, "nothing of %s was ever kept back", name).
			WithHint("`sen sync %s` brings it in first", name).
			InVietnamese("chưa có gì của "+string(name)+" bị giữ lại", "`sen sync "+string(name)+"` đưa nó vào trước")
	}
	if err != nil {
		return lake.Scan{}, err
	}
	return t.Scan(ctx, lake.AsOf{})
}

// added are the columns of a quarantine table beside the source's own (see
// package clean, QuarantineFields).
var added = []string{rowColumn, "_line", "_fault", "_raw", "_rule", "_column", "_value", "_violations", positionColumn, rangeColumn}

func (h *Held) read(ctx context.Context, c *engine.Conn, scan lake.Scan, q HeldQuery) ([]Subject, error) {
	for _, f := range scan.Fields() {
		if !slices.Contains(added, f.Name) {
			h.Columns = append(h.Columns, f.Name)
		}
	}
	where := "true"
	if len(q.Rules) > 0 {
		var rules []string
		for _, rule := range q.Rules {
			rules = append(rules, engine.Literal(rule))
		}
		where = "_rule IN (" + strings.Join(rules, ", ") + ")"
	}
	if q.Column != "" {
		where += " AND _column = " + engine.Literal(q.Column)
	}
	from := fmt.Sprintf("FROM (%s) WHERE %s", scan.SQL(), where)
	if err := c.Row(ctx, "SELECT count(*) "+from, &h.Total); err != nil {
		return nil, err
	}
	if q.From > 0 {
		from += fmt.Sprintf(" AND _row >= %d", q.From)
	}
	query := "SELECT _rule, coalesce(_column, ''), _value, _row, coalesce(_line, 0), _position"
	if len(h.Columns) > 0 {
		query += ", " + engine.Idents(h.Columns)
	}
	subjects, err := h.rows(ctx, c, fmt.Sprintf("%s %s ORDER BY _row LIMIT %d", query, from, q.Limit), q.Of)
	if err != nil || len(h.Rows) < q.Limit || len(h.Rows) == 0 {
		return subjects, err
	}
	last, more := h.Rows[len(h.Rows)-1].Row, false
	if err := c.Row(ctx, fmt.Sprintf("SELECT count(*) > 0 %s AND _row > %d", from, last), &more); err != nil {
		return nil, err
	}
	if more {
		h.Next = last + 1
	}
	return subjects, nil
}

func (h *Held) rows(ctx context.Context, c *engine.Conn, query string, of sen.Dataset) ([]Subject, error) {
	rows, err := c.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	h.Rows = []HeldRow{}
	var subjects []Subject
	for rows.Next() {
		row, position := HeldRow{Source: map[string]any{}}, int64(0)
		values := make([]any, len(h.Columns))
		into := []any{&row.Rule, &row.Column, &row.Value, &row.Row, &row.Line, &position}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, name := range h.Columns {
			row.Source[name] = values[i]
		}
		h.Rows = append(h.Rows, row)
		subjects = append(subjects, Subject{Dataset: of, Key: strconv.AppendInt([]byte("row "), row.Row, 10), Version: position})
	}
	return subjects, rows.Err()
}
