package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// Relation is what another one is to the thing of a golden record.
type Relation struct {
	Relationship string  `json:"relationship"`
	Entity       string  `json:"entity"`
	ID           int64   `json:"id,string"`      // 0: the record that names it is not linked
	Name         string  `json:"name,omitempty"` // as its golden record has it
	Source       string  `json:"source"`
	Since        string  `json:"since,omitempty"`
	Until        string  `json:"until,omitempty"`
	Probability  float64 `json:"probability,omitempty"` // that it is between these two

	Title link.Title `json:"-"`
}

// relatives are the relations around the things of one entity.
type relatives struct {
	all   []*link.Entity
	sides flow.Sides
	kinds []string // entities that the others may be of
}

func (d *Desk) relatives(ctx context.Context, entity string) (*relatives, error) {
	all, err := d.o.Entities()
	if err != nil {
		return nil, err
	}
	r := &relatives{all: all}
	for _, e := range all {
		for _, name := range e.Relationships.Names() {
			one, _ := e.Relationships.Get(name)
			if e.Entity == entity {
				r.kinds = append(r.kinds, e.With(one))
			}
			if e.With(one) == entity {
				r.kinds = append(r.kinds, e.Entity)
			}
		}
	}
	slices.Sort(r.kinds)
	r.kinds = slices.Compact(r.kinds)
	r.sides, err = flow.SidesOf(ctx, d.o.Lake, entity, all)
	return r, err
}

// entity is the one called so; nil where there is none.
func (r *relatives) entity(name string) *link.Entity {
	if at := slices.IndexFunc(r.all, func(e *link.Entity) bool { return e.Entity == name }); at >= 0 {
		return r.all[at]
	}
	return nil
}

// ask puts into a request what of others is read beside a golden record: what
// they are called.
func (r *relatives) ask(request *access.Request) {
	for _, kind := range r.kinds {
		dataset := flow.EntityDataset(kind)
		if slices.Contains(request.Dataset, dataset) {
			continue // whole, for the record itself
		}
		request.Dataset = append(request.Dataset, dataset)
		if e := r.entity(kind); e != nil {
			if request.Fields == nil {
				request.Fields = map[sen.Dataset][]string{}
			}
			request.Fields[dataset] = []string{e.Label()}
		}
	}
}

// findRelations fills in what others are to a thing, and what they are called.
// Each of them that is named was read.
func (d *Desk) findRelations(ctx context.Context, around *relatives, g *Golden, reading *access.Reading) error {
	if around.sides.Query == "" {
		return nil
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := d.openIndex(ctx)
	if err != nil {
		return err
	}
	if r != nil {
		defer r.Close()
	}
	relations, has := []flow.Relation(nil), false
	if r != nil {
		if relations, has, err = flow.RelationsFrom(r, g.Entity, g.ID, around.sides); err != nil {
			return err
		}
	}
	if !has {
		if relations, err = flow.ReadRelations(ctx, c, g.ID, around.sides); err != nil {
			return err
		}
	}
	for _, one := range relations {
		out, declared := around.called(one)
		if !declared {
			continue
		}
		if one.Other != 0 {
			if err := reading.Saw(subjectOf(one.Kind, one.Other)); err != nil {
				return err
			}
		}
		g.Relations = append(g.Relations, out)
	}
	return d.nameOthers(ctx, c, r, around, g.Relations)
}

// called is a relation under the name that it has from this side. The relations
// may be of an earlier file, which declared what the file of today does not:
// then it is false.
func (r *relatives) called(one flow.Relation) (Relation, bool) {
	out := Relation{Relationship: one.Relationship, Entity: one.Kind, ID: one.Other, Source: one.Dataset, Since: one.Since, Until: one.Until, Probability: one.Probability}
	e := r.entity(one.Declared)
	if e == nil {
		return out, false
	}
	declared, known := e.Relationships.Get(one.Relationship)
	if !known || r.entity(one.Kind) == nil {
		return out, false
	}
	out.Title = declared.Name
	if one.Inverse && !declared.Symmetric {
		out.Relationship, out.Title = declared.Inverse.As, link.Title{VI: declared.Inverse.VI, EN: declared.Inverse.EN}
	}
	return out, true
}

// nameOthers fills in the names of the others: from the index, or where it does
// not have what the lake has now, from the lake.
func (d *Desk) nameOthers(ctx context.Context, c *engine.Conn, r index.Reader, around *relatives, relations []Relation) error {
	for _, kind := range around.kinds {
		var ids []int64
		for _, one := range relations {
			if one.Entity == kind && one.ID != 0 {
				ids = append(ids, one.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		slices.Sort(ids)
		names, err := d.namesOf(ctx, c, r, around.entity(kind), slices.Compact(ids))
		if err != nil {
			return err
		}
		for i, one := range relations {
			if one.Entity == kind {
				relations[i].Name = names[one.ID]
			}
		}
	}
	return nil
}

func (d *Desk) namesOf(ctx context.Context, c *engine.Conn, r index.Reader, e *link.Entity, ids []int64) (map[int64]string, error) {
	t, err := d.o.Lake.Lookup(ctx, lake.Golden, flow.EntityDataset(e.Entity))
	if err != nil {
		return nil, err
	}
	current, _ := t.Current()
	if r != nil {
		has, err := r.Position(e.Entity)
		if err != nil {
			return nil, err
		}
		if has == current.String() {
			return namesFrom(r, e, ids)
		}
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return nil, err
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.FormatInt(id, 10)
	}
	label := engine.Ident(e.Label())
	rows, err := c.Query(ctx, "SELECT entity, "+label+" FROM "+scan.SQL()+" WHERE "+label+" IS NOT NULL AND entity IN ("+strings.Join(list, ", ")+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]string{}
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		out[id] = name
	}
	return out, rows.Err()
}

func namesFrom(r index.Reader, e *link.Entity, ids []int64) (map[int64]string, error) {
	label := e.Label()
	field, _ := e.Fields.Get(label)
	out := map[int64]string{}
	for _, id := range ids {
		found, err := r.Get(e.Entity, "", strconv.FormatInt(id, 10), cmp.Or(field.Group, link.CoreGroup))
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(found.Fields, func(f index.Field) bool { return f.Name == label }); at >= 0 {
			out[id] = found.Fields[at].Value
		}
	}
	return out, nil
}
