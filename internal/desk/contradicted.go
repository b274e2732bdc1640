package desk

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/correction"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/state"
)

// contradiction is how rows of a dataset are found that other datasets
// contradict. The parts are SQL, in which s is a row of the dataset.
type contradiction struct {
	columns  []string      // of the dataset, that are contradicted
	others   []sen.Dataset // that contradict it: datasets, or the things that they were linked to
	said     string        // VARCHAR[]: what stands in the columns
	against  string        // VARCHAR: what the others say instead
	evidence string        // VARCHAR: which datasets the others are
	thing    string        // BIGINT: of which others[0] has the record
	from     string        // FROM … WHERE …; "" where no row is at fault
	order    string
}

// Parts of a contradiction where there is no such thing.
const (
	nothing = "''"
	noThing = "NULL::BIGINT"
)

// contradicted says how the rows of a cause are found; false where what is wrong
// with them needs no other dataset.
func (d *Desk) contradicted(ctx context.Context, one contract.Dataset, c Cause) (contradiction, bool, error) {
	if entity, is := strings.CutPrefix(c.Rule, ConflictRule); is {
		q, err := d.conflict(ctx, one, entity, c.Column)
		return q, true, err
	}
	if c.Kind == correction.Missing {
		q, err := d.dangling(ctx, one, c.Column)
		return q, true, err
	}
	rule, is := CrossOf(one, c.Rule)
	if !is {
		return contradiction{}, false, nil
	}
	q, err := d.across(ctx, one, rule)
	return q, true, err
}

// conflict finds the records of which linked records say otherwise, those that
// are outweighed most first.
func (d *Desk) conflict(ctx context.Context, one contract.Dataset, entity, column string) (contradiction, error) {
	e, err := d.Entity(entity)
	if err != nil {
		return contradiction{}, err
	}
	things := flow.EntityDataset(entity)
	conflicts, err := d.entityRelation(ctx, lake.Conflicts, things)
	if err != nil {
		return contradiction{}, err
	}
	records, err := d.cleanRelation(ctx, one.Name)
	if err != nil {
		return contradiction{}, err
	}
	return contradiction{columns: []string{column}, said: "[coalesce(c.said, '')]", against: "coalesce(c.against, '')", evidence: "coalesce(c.evidence, '')",
		thing: "c.entity", others: []sen.Dataset{things}, order: "c.bits DESC, s._key",
		from: fmt.Sprintf("FROM %s c JOIN %s s ON c.record = s._key WHERE (c.dataset, c.field) IN (%s)", conflicts, records, saidIn(e, one.Name, column))}, nil
}

// dangling finds the rows whose reference leads nowhere.
func (d *Desk) dangling(ctx context.Context, one contract.Dataset, columns string) (contradiction, error) {
	ref, ok := ReferenceOf(one, columns)
	if !ok {
		return contradiction{}, nil
	}
	own, err := d.cleanRelation(ctx, one.Name)
	if err != nil {
		return contradiction{}, err
	}
	to, err := d.cleanRelation(ctx, ref.To)
	if err != nil {
		return contradiction{}, err
	}
	var on, filled []string
	for i, c := range ref.Columns {
		on = append(on, fmt.Sprintf("t.%s = s.%s", engine.Ident(ref.ToColumns[i]), engine.Ident(c)))
		filled = append(filled, fmt.Sprintf("s.%s IS NOT NULL", engine.Ident(c)))
	}
	return stands(ref.Columns, []sen.Dataset{ref.To}, fmt.Sprintf("FROM %s s WHERE %s AND NOT EXISTS (SELECT 1 FROM %s t WHERE %s)",
		own, strings.Join(filled, " AND "), to, strings.Join(on, " AND "))), nil
}

// across finds the rows that break a rule which needs other datasets; none of a
// sequence, whose fault is what is not there.
func (d *Desk) across(ctx context.Context, one contract.Dataset, rule contract.CrossRule) (contradiction, error) {
	if rule.Kind == contract.CrossSequence {
		return contradiction{}, nil
	}
	own, err := d.cleanRelation(ctx, one.Name)
	if err != nil {
		return contradiction{}, err
	}
	var others, columns []string
	for _, with := range rule.With {
		other, err := d.cleanRelation(ctx, with)
		if err != nil {
			return contradiction{}, err
		}
		others = append(others, other)
	}
	for _, c := range rule.Columns {
		columns = append(columns, c.Own)
	}
	return stands(columns, rule.With, clean.CrossRows(rule, own, others)), nil
}

// stands is a contradiction of what stands in columns, of which no other value
// is told.
func stands(columns []string, others []sen.Dataset, from string) contradiction {
	names := make([]string, len(others))
	for i, name := range others {
		names[i] = string(name)
	}
	return contradiction{columns: columns, others: others, said: asTexts(columns), against: nothing, evidence: engine.Literal(strings.Join(names, ", ")), thing: noThing, from: from, order: "s._key"}
}

// asTexts is SQL: columns of s as a list of texts.
func asTexts(columns []string) string {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = "coalesce(CAST(s." + engine.Ident(c) + " AS VARCHAR), '–')"
	}
	return "[" + strings.Join(texts, ", ") + "]::VARCHAR[]"
}

func (d *Desk) cleanRelation(ctx context.Context, dataset sen.Dataset) (string, error) {
	t, err := d.o.Lake.Lookup(ctx, lake.Clean, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return scan.SQL(), err
}

// contradictedRows reads rows through the door: the dataset's own, and the
// things of which others speak. Of the others nothing is read for whoever sees
// their own agency's data alone; that they contradict is the hub's to say.
func (d *Desk) contradictedRows(ctx context.Context, request access.Request, one contract.Dataset, c Cause, q contradiction, part Part) (out Rows, err error) {
	if q.from == "" {
		return out, nil
	}
	if out.Since, err = d.knownSince(ctx, c); err != nil {
		return out, err
	}
	keys := make([]string, 0, len(one.Key()))
	for _, k := range one.Key() {
		keys = append(keys, k.Name)
	}
	request.Dataset, request.Fields = []sen.Dataset{one.Name}, map[sen.Dataset][]string{one.Name: append(slices.Clone(keys), q.columns...)}
	out.Hidden = slices.ContainsFunc(q.others, func(other sen.Dataset) bool { return !access.Sees(request.Principal, other) })
	if out.Hidden {
		q.against, q.thing = nothing, noThing
	}
	if q.thing != noThing {
		request.Dataset = append(request.Dataset, q.others...)
	}
	reading, err := d.o.Door.Open(ctx, request)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	conn, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return out, err
	}
	defer conn.Close()
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT s._key, s._position, %s, %s, %s, %s, %s %s ORDER BY %s LIMIT %d",
		asTexts(keys), q.said, q.against, q.evidence, q.thing, q.from, q.order, part.Limit+1))
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		if len(out.Rows) == part.Limit {
			out.More = true
			break
		}
		row, seen, err := q.scan(rows, one)
		if err != nil {
			return out, err
		}
		if err := reading.Saw(seen...); err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return out, err
	}
	out.Request = reading.Request()
	return out, reading.Seal()
}

// scan is a row, and whom it shows.
func (q contradiction) scan(rows *sql.Rows, one contract.Dataset) (Row, []access.Subject, error) {
	row := Row{Column: strings.Join(q.columns, ", ")}
	var key, position int64
	var keys, said []any
	var thing sql.NullInt64
	if err := rows.Scan(&key, &position, &keys, &said, &row.Against, &row.Evidence, &thing); err != nil {
		return row, nil, err
	}
	var names, values []string
	for i, k := range one.Key() {
		names = append(names, fmt.Sprintf("%s=%v", k.Source(), keys[i]))
	}
	for _, v := range said {
		values = append(values, fmt.Sprint(v))
	}
	row.Key, row.Value = strings.Join(names, "; "), strings.Join(values, ", ")
	seen := []access.Subject{{Dataset: one.Name, Key: access.RecordKey(key), Version: position}}
	if thing.Valid {
		seen = append(seen, access.Subject{Dataset: q.others[0], Key: binary.BigEndian.AppendUint64(nil, uint64(thing.Int64))})
	}
	return row, seen, nil
}

// knownSince is since when the hub has known of a cause, by the case that is
// open about it; nil where there is none.
func (d *Desk) knownSince(ctx context.Context, c Cause) (*time.Time, error) {
	all, err := d.o.State.Cases(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(one state.Case) bool {
		return one.State != correction.Closed && one.Dataset == c.Dataset && one.Rule == c.Rule && one.Column == c.Column
	})
	if i < 0 {
		return nil, nil //nolint:nilnil // a fault need not have a case
	}
	events, err := d.o.State.CaseEvents(ctx, all[i].Number)
	if err != nil {
		return nil, err
	}
	since := Case{Case: all[i], History: events}.Since()
	return &since, nil
}
