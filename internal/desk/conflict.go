package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// ConflictRule begins the rule of a case of conflicts: "conflict.person".
const ConflictRule = "conflict."

// DatasetOf is the dataset of a name that may have a part: "land.parcel/owner".
func DatasetOf(source string) sen.Dataset {
	name, _, _ := strings.Cut(source, "/")
	return sen.Dataset(name)
}

// conflictRows are the records of a case of conflicts, with what the others
// say. They are read through the door: the records themselves, and the things
// of which the others speak.
func (d *Desk) conflictRows(ctx context.Context, request access.Request, one contract.Dataset, entity, column string, part Part) (out Rows, err error) {
	query, err := d.conflictQuery(ctx, one, entity, column, part)
	if err != nil {
		return out, err
	}
	things := flow.EntityDataset(entity)
	request.Dataset = []sen.Dataset{one.Name, things}
	reading, err := d.o.Door.Open(ctx, request)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return out, err
	}
	defer c.Close()
	rows, err := c.Query(ctx, query)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		row := Row{Column: column}
		var thing, key, position int64
		var values []any
		if err := rows.Scan(&thing, &key, &position, &row.Value, &row.Against, &row.Evidence, &values); err != nil {
			return out, err
		}
		var names []string
		for i, k := range one.Key() {
			names = append(names, fmt.Sprintf("%s=%v", k.Source(), values[i]))
		}
		row.Key = strings.Join(names, "; ")
		if err := reading.Saw(access.Subject{Dataset: one.Name, Key: access.RecordKey(key), Version: position},
			access.Subject{Dataset: things, Key: binary.BigEndian.AppendUint64(nil, uint64(thing))}); err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return out, err
	}
	out.Request, out.More = reading.Request(), len(out.Rows) == part.Limit
	return out, reading.Seal()
}

// conflictQuery is SQL: the records of which others say otherwise, those that
// are outweighed most first.
func (d *Desk) conflictQuery(ctx context.Context, one contract.Dataset, entity, column string, part Part) (string, error) {
	e, err := d.Entity(entity)
	if err != nil {
		return "", err
	}
	conflicts, err := d.entityRelation(ctx, lake.Conflicts, flow.EntityDataset(entity))
	if err != nil {
		return "", err
	}
	records, err := d.entityRelation(ctx, lake.Clean, one.Name)
	if err != nil {
		return "", err
	}
	keys := []string{}
	for _, k := range one.Key() {
		keys = append(keys, "coalesce(CAST(r."+engine.Ident(k.Name)+" AS VARCHAR), '–')")
	}
	return fmt.Sprintf(`SELECT c.entity, r._key, r._position, coalesce(c.said, ''), coalesce(c.against, ''), c.evidence, [%s]::VARCHAR[]
FROM %s c JOIN %s r ON c.record = r._key WHERE (c.dataset, c.field) IN (%s) ORDER BY c.bits DESC, r._key LIMIT %d`,
		strings.Join(keys, ", "), conflicts, records, saidIn(e, one.Name, column), part.Limit), nil
}

// saidIn is SQL: the sources and fields of an entity that a dataset's column gives.
func saidIn(e *link.Entity, dataset sen.Dataset, column string) string {
	pairs := []string{"('', '')"}
	for _, name := range e.Records.Names() {
		record, _ := e.Records.Get(name)
		for field, of := range record.Fields {
			if DatasetOf(name) == dataset && of == column {
				pairs = append(pairs, "("+engine.Literal(name)+", "+engine.Literal(field)+")")
			}
		}
	}
	return strings.Join(pairs, ", ")
}
