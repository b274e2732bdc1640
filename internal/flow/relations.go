package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
)

// Relation is a relation as one of its sides sees it.
type Relation struct {
	Relationship string
	Declared     string  // the entity whose file declares it
	Inverse      bool    // seen from the other side
	Kind         string  // the other one's entity
	Other        int64   // the other one; 0: not linked
	Dataset      string  // the dataset/part that says so
	Since, Until string  // as YYYY-MM-DD, or empty
	Probability  float64 // that it is between these two
}

// Sides are the relations of all things of an entity, from whichever side.
type Sides struct {
	Query    string // id, then a text of each relation; "" where there are none
	Position string // what it is made from
}

// SidesOf finds the relations of an entity among those of all. Each relation of
// two things lies in the lake once; from the other side it has another name.
func SidesOf(ctx context.Context, l *lake.Lake, entity string, all []*link.Entity) (Sides, error) {
	var out Sides
	var parts []string
	for _, e := range all {
		t, there, err := tableOf(ctx, l, lake.Relations, EntityDataset(e.Entity))
		if err != nil {
			return out, err
		}
		if !there {
			continue
		}
		side := func(id, other, kind string, inverse bool, where string) string {
			return fmt.Sprintf("SELECT %s AS id, relationship, %s AS declared, %v AS inverse, %s AS kind, %s AS other, dataset, since, until, probability FROM %s WHERE %s",
				id, engine.Literal(e.Entity), inverse, kind, other, t.sql, where)
		}
		before := len(parts)
		if e.Entity == entity {
			parts = append(parts, side("entity", "other", "other_kind", false, "entity IS NOT NULL"))
		}
		if slices.ContainsFunc(e.Relationships.Names(), func(name string) bool { r, _ := e.Relationships.Get(name); return e.With(r) == entity }) {
			parts = append(parts, side("other", "entity", engine.Literal(e.Entity), true, "other IS NOT NULL AND other_kind = "+engine.Literal(entity)))
		}
		if len(parts) > before {
			out.Position += t.is + " "
		}
	}
	if len(parts) == 0 {
		return out, nil
	}
	out.Query = "SELECT id, concat(relationship, chr(9), declared, chr(9), inverse, chr(9), kind, chr(9), since, chr(9), until, chr(9), dataset, chr(9), coalesce(other, 0), chr(9), probability) AS said FROM (" +
		strings.Join(parts, " UNION ALL ") + ")"
	return out, nil
}

// parseRelation reads the text of a relation.
func parseRelation(text string) (r Relation, err error) {
	parts := strings.Split(text, "\t")
	if len(parts) != 9 {
		return r, sen.Errorf(sen.Corrupt, "a relation has %d parts and not 9", len(parts))
	}
	r = Relation{Relationship: parts[0], Declared: parts[1], Inverse: parts[2] == "true", Kind: parts[3], Since: parts[4], Until: parts[5], Dataset: parts[6]}
	if r.Other, err = strconv.ParseInt(parts[7], 10, 64); err != nil {
		return r, sen.Errorf(sen.Corrupt, "a relation's other side is no number")
	}
	if parts[8] != "" {
		r.Probability, err = strconv.ParseFloat(parts[8], 64)
	}
	return r, err
}

// relationsOf is under which name the index has the relations of an entity.
func relationsOf(entity string) string { return entity + "/relations" }

// loadRelations brings the relations of all entities into the index, two of
// them side by side: one thread writes those of one.
func (f *Flow) loadRelations(ctx context.Context, e *engine.Engine, db *index.DB, all []*link.Entity) error {
	if db == nil {
		return nil
	}
	loads, inner := errgroup.WithContext(ctx)
	loads.SetLimit(2)
	for _, entity := range all {
		loads.Go(func() error {
			c, err := e.Conn(inner)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := f.loadRelationsOf(inner, c, db, entity.Entity, all); err != nil {
				return fmt.Errorf("relations of %s: %w", entity.Entity, err)
			}
			return nil
		})
	}
	return loads.Wait()
}

// loadRelationsOf brings the relations of an entity into the index, unless it has them.
func (f *Flow) loadRelationsOf(ctx context.Context, c *engine.Conn, db *index.DB, entity string, all []*link.Entity) error {
	sides, err := SidesOf(ctx, f.o.Lake, entity, all)
	if err != nil || sides.Query == "" {
		return err
	}
	if has, err := db.Position(relationsOf(entity)); err != nil || has == sides.Position {
		return err
	}
	const group = "relations"
	load, err := db.Begin(relationsOf(entity), nil, []index.Group{{Name: group, Fields: []string{group}}})
	if err != nil {
		return err
	}
	defer load.Abort()
	if err := writeRelations(ctx, c, load, sides.Query+" ORDER BY id, said"); err != nil {
		return err
	}
	return load.Commit(sides.Position)
}

// writeRelations brings together the relations of each thing, a line each.
func writeRelations(ctx context.Context, c *engine.Conn, load *index.Load, query string) error {
	var last int64
	var text []byte
	end := func() error {
		if len(text) == 0 {
			return nil
		}
		text = append(text, index.UnitSeparator+index.UnitSeparator+index.UnitSeparator+index.RecordSeparator...)
		err := load.Group(last, 0, text)
		text = text[:0]
		return err
	}
	err := eachThing(ctx, c, query, func(id int64, said [][]byte) error {
		if id != last {
			if err := end(); err != nil {
				return err
			}
			last = id
		}
		if len(text) > 0 {
			text = append(text, '\n')
		}
		text = append(text, said[0]...)
		return nil
	})
	return errors.Join(err, end())
}

// RelationsFrom reads the relations of one thing from the index; false where the
// index does not have what the lake has now.
func RelationsFrom(r index.Reader, entity string, id int64, sides Sides) (out []Relation, has bool, err error) {
	if position, err := r.Position(relationsOf(entity)); err != nil || position != sides.Position {
		return nil, false, err
	}
	found, err := r.Get(relationsOf(entity), "", strconv.FormatInt(id, 10))
	if sen.KindOf(err) == sen.NotFound {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	for _, f := range found.Fields {
		for line := range strings.SplitSeq(f.Value, "\n") {
			one, err := parseRelation(line)
			if err != nil {
				return nil, false, err
			}
			out = append(out, one)
		}
	}
	return out, true, nil
}

// ReadRelations reads the relations of one thing from the lake.
func ReadRelations(ctx context.Context, c *engine.Conn, id int64, sides Sides) (out []Relation, err error) {
	rows, err := c.Query(ctx, "SELECT said FROM ("+sides.Query+") WHERE id = ? ORDER BY said", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		one, err := parseRelation(text)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}
