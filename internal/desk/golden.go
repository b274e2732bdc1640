package desk

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// Golden is the golden record of one thing.
type Golden struct {
	Entity    string       `json:"entity"`
	ID        int64        `json:"id,string"`
	Fields    []Field      `json:"fields"`
	Relations []Relation   `json:"relations,omitempty"`
	Records   []SpokenPart `json:"records"`
}

// Field is a field of a golden record that has a value.
type Field struct {
	Name     string   `json:"name"`
	Value    string   `json:"value"`
	Source   string   `json:"source"`             // dataset, or dataset/part
	AsOf     string   `json:"as_of,omitempty"`    // the day of which it speaks, as YYYY-MM-DD
	Rejected []string `json:"rejected,omitempty"` // what else was said: value · dataset

	Disputed *Dispute `json:"disputed,omitempty"` // the value is most likely wrong
}

// SpokenPart is how many records of a dataset, or of a part of it, speak of a
// thing, linked in one way.
type SpokenPart struct {
	Dataset     string  `json:"dataset"`
	Records     int64   `json:"records"`
	How         string  `json:"how"`
	Probability float64 `json:"probability"`
}

// Value is what a field says; "" where it says nothing.
func (g Golden) Value(field string) string {
	if at := slices.IndexFunc(g.Fields, func(f Field) bool { return f.Name == field }); at >= 0 {
		return g.Fields[at].Value
	}
	return ""
}

// GoldenRequest asks for the golden records that keys mean. Dataset and Fields
// of the request are filled in.
type GoldenRequest struct {
	access.Request
	Entity    string
	Keys      []string
	Only      []string // fields; none: all, with the records that speak of the thing
	Relations bool     // and what others are to it
}

// Golden reads golden records through the door. When it has returned without an
// error the journal has the entries, and they may be shown. request is under
// which id the journal has them; "" where the door stayed shut. Errors:
// NotFound where nothing has a key, or there is no such entity; Denied.
func (d *Desk) Golden(ctx context.Context, asked GoldenRequest) (found []Golden, request string, err error) {
	e, err := d.Entity(asked.Entity)
	if err != nil {
		return nil, "", err
	}
	dataset := flow.EntityDataset(e.Entity)
	asked.Dataset = []sen.Dataset{dataset}
	if len(asked.Only) > 0 {
		asked.Fields = map[sen.Dataset][]string{dataset: asked.Only}
	}
	var around *relatives
	if asked.Relations {
		if around, err = d.relatives(ctx, e.Entity); err != nil {
			return nil, "", err
		}
		around.ask(&asked.Request)
	}
	reading, err := d.o.Door.Open(ctx, asked.Request)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	for _, key := range asked.Keys {
		g, err := d.golden(ctx, e, key, asked.Only)
		if err != nil {
			return nil, reading.Request(), err
		}
		if err := reading.Saw(subjectOf(e.Entity, g.ID)); err != nil {
			return nil, reading.Request(), err
		}
		if around != nil {
			if err := d.findRelations(ctx, around, &g, reading); err != nil {
				return nil, reading.Request(), err
			}
		}
		found = append(found, g)
	}
	return found, reading.Request(), reading.Seal()
}

// Entities are the hub's, as their files declare them; none of a hub whose data
// are not open.
func (d *Desk) Entities() ([]*link.Entity, error) {
	if d.o.Entities == nil {
		return nil, nil
	}
	return d.o.Entities()
}

// Entity is the one called so. The error is NotFound where there is none.
func (d *Desk) Entity(name string) (*link.Entity, error) {
	all, err := d.Entities()
	if err != nil {
		return nil, err
	}
	var known []string
	for _, e := range all {
		if e.Entity == name {
			return e, nil
		}
		known = append(known, e.Entity)
	}
	return nil, sen.Errorf(sen.NotFound, "the hub has no entity of this name").WithHint("the hub's are %s", strings.Join(known, ", ")).
		InVietnamese("không có loại đối tượng này", "trung tâm có: "+strings.Join(known, ", "))
}

// subjectOf is a golden record, as the journal names it.
func subjectOf(entity string, id int64) access.Subject {
	return access.Subject{Dataset: flow.EntityDataset(entity), Key: binary.BigEndian.AppendUint64(nil, uint64(id))}
}

// golden finds the one record that a key means: all fields and what speaks of
// it, or only some fields.
func (d *Desk) golden(ctx context.Context, e *link.Entity, key string, only []string) (Golden, error) {
	g, err := d.goldenFields(ctx, e, key, only)
	if err != nil || len(only) > 0 {
		return g, err
	}
	g.Records, err = d.spokenParts(ctx, e, &g)
	return g, err
}

// spokenParts are what speaks of a thing; it marks the fields that are most
// likely wrong.
func (d *Desk) spokenParts(ctx context.Context, e *link.Entity, g *Golden) (out []SpokenPart, err error) {
	links, err := d.entityRelation(ctx, lake.Links, flow.EntityDataset(e.Entity))
	if err != nil {
		return nil, err
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := d.findDisputes(ctx, c, g); err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, "SELECT dataset, count(*), how, avg(probability) FROM "+links+" WHERE entity = ? GROUP BY dataset, how ORDER BY dataset, how", g.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var part SpokenPart
		var probability sql.NullFloat64
		if err := rows.Scan(&part.Dataset, &part.Records, &part.How, &probability); err != nil {
			return nil, err
		}
		part.Probability = probability.Float64
		out = append(out, part)
	}
	return out, rows.Err()
}

// goldenFields finds the one record that a key means, without what speaks of
// it: only some fields, or all where none is named.
func (d *Desk) goldenFields(ctx context.Context, e *link.Entity, key string, only []string) (g Golden, err error) {
	g.Entity = e.Entity
	if indexed, err := d.fromIndex(ctx, &g, e, key, only); indexed || err != nil {
		return g, err
	}
	dataset := flow.EntityDataset(e.Entity)
	golden, err := d.entityRelation(ctx, lake.Golden, dataset)
	if err != nil {
		return g, err
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return g, err
	}
	defer c.Close()
	if err = g.read(ctx, c, e, golden, key, only); sen.KindOf(err) != sen.NotFound {
		return g, err
	}
	links, unlinked := d.entityRelation(ctx, lake.Links, dataset)
	if unlinked != nil {
		return g, unlinked
	}
	return g, g.readMerged(ctx, c, e, golden, links, key, only, err)
}

// openIndex opens the index; nil where nobody who has it answers: the lake has
// the same.
func (d *Desk) openIndex(ctx context.Context) (index.Reader, error) {
	r, err := d.o.Index(ctx)
	if kind := sen.KindOf(err); err != nil && (kind == sen.Unavailable || kind == sen.Busy) {
		return nil, nil //nolint:nilnil // the index is a shortcut, and there is a way without it
	}
	return r, err
}

// fromIndex reads the record from the index; false where the index does not
// have what the lake has now.
func (d *Desk) fromIndex(ctx context.Context, g *Golden, e *link.Entity, key string, only []string) (bool, error) {
	r, err := d.openIndex(ctx)
	if r == nil || err != nil {
		return false, err
	}
	defer r.Close()
	if current, err := d.isCurrent(ctx, r, e); err != nil || !current {
		return false, err
	}
	fields := e.Keys()
	if _, err := strconv.ParseInt(key, 10, 64); err == nil {
		fields = append(fields, "")
	}
	for _, field := range fields {
		found, err := r.Get(e.Entity, field, key, e.Groups(only)...)
		if sen.KindOf(err) == sen.NotFound || err == nil && len(found.Fields) == 0 {
			continue
		}
		if err != nil {
			return false, err
		}
		g.ID = found.ID
		for _, f := range found.Fields {
			if len(only) == 0 || slices.Contains(only, f.Name) {
				g.Fields = append(g.Fields, Field{Name: f.Name, Value: f.Value, Source: f.Source, AsOf: f.AsOf, Rejected: f.Rejected})
			}
		}
		return true, nil
	}
	return false, nil // the lake says why
}

// isCurrent reports whether the index has what the lake has now of an entity.
func (d *Desk) isCurrent(ctx context.Context, r index.Reader, e *link.Entity) (bool, error) {
	t, err := d.entityTable(ctx, lake.Golden, flow.EntityDataset(e.Entity))
	if err != nil {
		return false, err
	}
	current, _ := t.Current()
	has, err := r.Position(e.Entity)
	return has == current.String(), err
}

func (d *Desk) entityTable(ctx context.Context, kind lake.Kind, dataset sen.Dataset) (*lake.Table, error) {
	t, err := d.o.Lake.Lookup(ctx, kind, dataset)
	if sen.KindOf(err) == sen.NotFound {
		return nil, sen.Errorf(sen.NotFound, "there are no golden records of it yet").At("%s", dataset.Object()).WithHint("`sen link run` makes them").
			InVietnamese("chưa có bản ghi vàng nào của loại này", "`sen link run` lập chúng")
	}
	return t, err
}

func (d *Desk) entityRelation(ctx context.Context, kind lake.Kind, dataset sen.Dataset) (string, error) {
	t, err := d.entityTable(ctx, kind, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return scan.SQL(), err
}

// meaning is SQL, with its arguments: which golden records a key means.
func meaning(e *link.Entity, golden, key string) (where string, args []any) {
	var any []string
	for _, k := range e.Match.Keys {
		if k.Succeeds == "" {
			any = append(any, engine.Ident(k.Field)+" = ?")
		} else {
			any = append(any, "entity IN (SELECT entity FROM "+flow.KeyValues(golden, k)+" WHERE value = ?)")
		}
		args = append(args, key)
	}
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		any, args = append(any, "entity = ?"), append(args, id)
	}
	return strings.Join(any, " OR "), args
}

// read fills in the fields of the record that the key means.
func (g *Golden) read(ctx context.Context, c *engine.Conn, e *link.Entity, golden, key string, names []string) error {
	if len(names) == 0 {
		names = e.Fields.Names()
	}
	var columns []string
	for _, f := range names {
		columns = append(columns, engine.Ident(f), engine.Ident(f+"_source"), engine.Ident(f+"_as_of"), engine.Ident(f+"_rejected"))
	}
	where, args := meaning(e, golden, key)
	rows, err := c.Query(ctx, "SELECT entity, "+strings.Join(columns, ", ")+" FROM "+golden+" WHERE "+where+" LIMIT 2", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]sql.NullString, 4*len(names))
	days := make([]sql.Null[time.Time], len(names))
	into := []any{&g.ID}
	for i := range names {
		into = append(into, &values[4*i], &values[4*i+1], &days[i], &values[4*i+3])
	}
	found := 0
	for rows.Next() {
		if found++; found > 1 {
			return sen.Errorf(sen.Invalid, "the key means several records").WithHint("use another of its keys: %s", strings.Join(e.Keys(), ", ")).
				InVietnamese("khóa này chỉ nhiều bản ghi", "dùng khóa khác: "+strings.Join(e.Keys(), ", "))
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if found == 0 {
		return sen.Errorf(sen.NotFound, "no %s has this key", e.Entity).WithHint("its keys are %s; what stands in the hub is as of the last `sen link run`", strings.Join(e.Keys(), ", ")).
			InVietnamese("không có bản ghi nào mang khóa này", "khóa là "+strings.Join(e.Keys(), ", ")+"; trung tâm có những gì của lần liên kết cuối")
	}
	for i, name := range names {
		if !values[4*i].Valid {
			continue
		}
		f := Field{Name: name, Value: values[4*i].String, Source: values[4*i+1].String}
		if days[i].Valid {
			f.AsOf = days[i].V.Format(time.DateOnly)
		}
		if values[4*i+3].Valid {
			f.Rejected = strings.Split(values[4*i+3].String, "\n")
		}
		g.Fields = append(g.Fields, f)
	}
	return nil
}

// readMerged fills in the record that people brought together and that had the
// key on one side; unknown is the error where there is none.
func (g *Golden) readMerged(ctx context.Context, c *engine.Conn, e *link.Entity, golden, links, key string, only []string, unknown error) error {
	for _, field := range e.Match.Keys {
		id, err := mergedBy(ctx, c, flow.MergedBy(golden, links, field), key)
		if err != nil {
			return err
		}
		if id.Valid {
			return g.read(ctx, c, e, golden, strconv.FormatInt(id.Int64, 10), only)
		}
	}
	return unknown
}

// mergedBy is the first thing that a query with one argument finds.
func mergedBy(ctx context.Context, c *engine.Conn, query, key string) (id sql.NullInt64, err error) {
	rows, err := c.Query(ctx, "SELECT min(entity) FROM ("+query+")", key)
	if err != nil {
		return id, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			return id, err
		}
	}
	return id, rows.Err()
}
