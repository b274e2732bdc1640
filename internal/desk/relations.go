package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/engine"
)

// relation is rows on their way to SQL: columns as "name TYPE", and literals.
type relation struct {
	columns []string
	rows    []string
}

func (r *relation) add(literals ...string) {
	r.rows = append(r.rows, "("+strings.Join(literals, ", ")+")")
}

// sql is the relation in parentheses.
func (r *relation) sql() string {
	rows, where := r.rows, ""
	if len(rows) == 0 {
		rows = []string{"(" + strings.TrimSuffix(strings.Repeat("NULL, ", len(r.columns)), ", ") + ")"}
		where = " WHERE false"
	}
	var casts, names []string
	for i, c := range r.columns {
		name, kind, _ := strings.Cut(c, " ")
		casts = append(casts, fmt.Sprintf("CAST(c%d AS %s) AS %s", i, kind, engine.Ident(name)))
		names = append(names, fmt.Sprintf("c%d", i))
	}
	return "(SELECT " + strings.Join(casts, ", ") + " FROM (VALUES " + strings.Join(rows, ", ") + ") AS t(" + strings.Join(names, ", ") + ")" + where + ")"
}

func whole(n int64) string { return fmt.Sprint(n) }

func moment(t *time.Time, form string) string {
	if t == nil {
		return "NULL"
	}
	return engine.Literal(t.UTC().Format(form))
}

// readingsSince is how far back readings are counted.
const readingsSince = 366 * 24 * time.Hour

// Relations are what the hub knows of itself, as relations in SQL, by the names
// that an indicator's query calls them. They hold nobody's data:
//
//	hub.dataset  dataset, agency, stage, records, clean, quarantined, blocked, certified_at
//	hub.case     number, owner, dataset, kind, severity, state, rows, opened, due, overdue
//	hub.reading  day, purpose, kind, entries: what was asked of the door in the last year
func (d *Desk) Relations(ctx context.Context) (map[sen.Dataset]string, error) {
	datasets, err := d.datasetRelation(ctx)
	if err != nil {
		return nil, err
	}
	cases := relation{columns: []string{"number BIGINT", "owner VARCHAR", "dataset VARCHAR", "kind VARCHAR", "severity VARCHAR", "state VARCHAR", "rows BIGINT", "opened DATE", "due DATE", "overdue BOOLEAN"}}
	all, err := d.o.State.Cases(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		late := correction.Cases{}.Overdue(c, d.o.Now()) > 0
		cases.add(whole(c.Number), engine.Literal(c.Owner), engine.Literal(string(c.Dataset)), engine.Literal(c.Kind), engine.Literal(c.Severity), engine.Literal(c.State), whole(c.Rows),
			moment(&c.Opened, time.DateOnly), moment(&c.Due, time.DateOnly), fmt.Sprint(late))
	}
	readings := relation{columns: []string{"day DATE", "purpose VARCHAR", "kind VARCHAR", "entries BIGINT"}}
	read, err := d.o.State.Readings(ctx, d.o.Now().Add(-readingsSince))
	if err != nil {
		return nil, err
	}
	for _, one := range read {
		readings.add(engine.Literal(one.Day), engine.Literal(one.Purpose), engine.Literal(one.Kind), whole(one.Count))
	}
	return map[sen.Dataset]string{"hub.dataset": datasets, "hub.case": cases.sql(), "hub.reading": readings.sql()}, nil
}

func (d *Desk) datasetRelation(ctx context.Context) (string, error) {
	r := relation{columns: []string{"dataset VARCHAR", "agency VARCHAR", "stage VARCHAR", "records BIGINT", "clean BIGINT", "quarantined BIGINT", "blocked BOOLEAN", "certified_at TIMESTAMP"}}
	systems, err := d.Systems(ctx, d.Datasets())
	if err != nil {
		return "", err
	}
	for _, s := range systems.Datasets {
		r.add(engine.Literal(string(s.Dataset)), engine.Literal(s.Dataset.Agency()), engine.Literal(s.Stage), whole(s.In), whole(s.Clean), whole(s.Held),
			fmt.Sprint(s.Blocks != ""), moment(s.Certified, time.DateTime))
	}
	return r.sql(), nil
}
