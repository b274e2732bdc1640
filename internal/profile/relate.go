package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
)

const (
	contained     = 0.95 // share of a column's distinct values that the other key must hold
	fewValuesThat = 10   // distinct values below which containment is chance
	tellingLength = 6    // characters from which equal values are hardly chance
)

// target is a key that columns may refer to.
type target struct {
	dataset sen.Dataset
	column  string // the property
	name    string // of the column in its source
	own     *column
	hashes  string // SQL: a relation with the column h
}

// relate finds the columns whose values stand in a key of another dataset of
// the run, or of the hub.
func relate(ctx context.Context, all []*dataset, known []Key) error {
	targets := targetsOf(all)
	for _, k := range known {
		targets = append(targets, target{dataset: k.Dataset, column: k.Column, name: k.Column, hashes: k.hashes()})
	}
	for _, d := range all {
		for _, column := range d.columns {
			if err := d.relateColumn(ctx, column, targets); err != nil {
				return err
			}
		}
	}
	return nil
}

func targetsOf(all []*dataset) []target {
	var out []target
	for _, d := range all {
		for _, k := range d.keys {
			if len(k.columns) != 1 || !k.checked {
				continue
			}
			c := k.columns[0]
			out = append(out, target{dataset: d.name, column: c.property, name: c.Name, own: c, hashes: engine.Ident(k.table)})
		}
	}
	return out
}

// relateColumn keeps the target that holds most of a column's values.
func (d *dataset) relateColumn(ctx context.Context, c *column, targets []target) error {
	if d.refers(c) || c.distinct < fewValuesThat || c.maxLength > keyLength || !slices.Contains([]string{"string", "integer"}, c.logical) {
		return nil
	}
	var best contract.RelationshipProfile
	for _, t := range targets {
		if t.own == c || !d.mayRefer(c, t) {
			continue
		}
		found, err := d.containment(ctx, c, t)
		if err != nil {
			return err
		}
		if found >= contained && found > best.Found {
			best = contract.RelationshipProfile{Columns: []string{c.Name}, To: t.dataset, ToColumns: []string{t.column}, Found: found}
		}
	}
	if best.Found > 0 {
		d.found = append(d.found, best)
		c.notes = append(c.notes, fmt.Sprintf("%s of its values stand in %s.%s", percent(best.Found), best.To, best.ToColumns[0]))
	}
	return nil
}

// mayRefer keeps out what only looks contained: small numbers are in every
// table that counts from one. Values must be telling, or the names alike.
func (d *dataset) mayRefer(c *column, t target) bool {
	if t.own != nil && c.element != nil && t.own.element != nil && c.element.Name != t.own.element.Name {
		return false
	}
	if d.isKey(c) && (t.dataset == d.name || c.element == nil) { // a row's own number, not a reference
		return false
	}
	if c.minLength >= tellingLength {
		return true
	}
	words := append(strings.Split(t.column, "_"), strings.Split(t.dataset.Object(), "_")...)
	return slices.ContainsFunc(strings.Split(c.property, "_"), func(w string) bool {
		return len(w) > 2 && !slices.Contains(codeTokens(), w) && slices.Contains(words, w)
	})
}

func (d *dataset) isKey(c *column) bool {
	return len(d.keys) > 0 && len(d.keys[0].columns) == 1 && d.keys[0].columns[0] == c
}

func (d *dataset) containment(ctx context.Context, c *column, t target) (float64, error) {
	query := fmt.Sprintf(`
SELECT count(*), count(*) FILTER (h IN (SELECT h FROM %s WHERE h IS NOT NULL))
FROM (SELECT DISTINCT hash(nullif(%s, '')) AS h FROM %s WHERE %s <> '')`, t.hashes, c.text(), engine.Ident(d.sample), c.text())
	var distinct, found int64
	if err := d.c.Row(ctx, query, &distinct, &found); err != nil || distinct == 0 {
		return 0, err
	}
	return float64(found) / float64(distinct), nil
}
