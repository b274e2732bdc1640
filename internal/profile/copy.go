package profile

import (
	"context"
	"fmt"

	"github.com/sen-hub/sen/internal/engine"
)

const (
	alikeNames = 0.6 // share of the columns of the narrower of two datasets that have the same names
	leastNames = 3
)

// doubtCopies asks about datasets that seem to be copies of one that the hub
// has: their keys are keys there, and their columns are called the same. Two
// registers of the same people are to be told apart from a copy of one by a
// person: so it asks, and changes nothing.
func doubtCopies(ctx context.Context, all []*dataset, known []Key) error {
	for _, d := range all {
		for _, k := range known {
			if err := d.doubtCopy(ctx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *dataset) doubtCopy(ctx context.Context, k Key) error {
	shared, c := d.sharedNames(k), d.counterpart(k)
	narrower := min(len(d.columns), len(k.Columns))
	if k.Dataset == d.name || c == nil || c.distinct < fewValuesThat || shared < leastNames || float64(shared) < alikeNames*float64(narrower) {
		return nil
	}
	found, err := d.containment(ctx, c, target{hashes: k.hashes()})
	if err == nil && found >= contained {
		d.unsure = append(d.unsure, fmt.Sprintf("looks like a copy of %s: %s of its values of %s are keys there, and %d of its %d columns have the same names. If it is one, which of the two is the source?",
			k.Dataset, percent(found), c.Name, shared, len(d.columns)))
	}
	return err
}

// hashes is SQL: a relation with the hashes of the key as column h.
func (k Key) hashes() string {
	return fmt.Sprintf("(SELECT hash(nullif(trim(CAST(%s AS VARCHAR)), '')) AS h FROM %s)", engine.Ident(k.Column), k.Relation)
}

func (d *dataset) sharedNames(k Key) (n int) {
	names := map[string]bool{}
	for _, name := range k.Columns {
		names[name] = true
	}
	for _, c := range d.columns {
		if names[c.property] {
			n++
		}
	}
	return n
}

// counterpart is the column that would hold the key: the one of its name, else
// the dataset's own key.
func (d *dataset) counterpart(k Key) *column {
	for _, c := range d.columns {
		if c.property == k.Column {
			return c
		}
	}
	if len(d.keys) > 0 && len(d.keys[0].columns) == 1 {
		return d.keys[0].columns[0]
	}
	return nil
}
