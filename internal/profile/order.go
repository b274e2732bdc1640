package profile

import (
	"context"
	"fmt"

	"github.com/sen-hub/sen/internal/engine"
)

// findOrder looks for pairs of dates of which one never comes before the
// other: a rule worth proposing.
func (d *dataset) findOrder(ctx context.Context) error {
	var dates []*column
	for _, c := range d.columns {
		if c.logical == "date" && c.filled >= fewRows {
			dates = append(dates, c)
		}
	}
	for _, early := range dates {
		for _, late := range dates {
			if early == late {
				continue
			}
			if err := d.tryOrder(ctx, early, late); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *dataset) tryOrder(ctx context.Context, early, late *column) error {
	query := fmt.Sprintf("SELECT count(*), count(*) FILTER (a <= b), count(*) FILTER (a = b) FROM (SELECT %s AS a, %s AS b FROM %s) WHERE a IS NOT NULL AND b IS NOT NULL",
		d.dateOf(early), d.dateOf(late), engine.Ident(d.sample))
	var both, ordered, same int64
	if err := d.c.Row(ctx, query, &both, &ordered, &same); err != nil {
		return err
	}
	if both >= fewRows && ordered == both && same < both {
		late.notes = append(late.notes, fmt.Sprintf("never before %s in %d rows; as a rule: type: sql, query: SELECT count(*) FROM ${object} WHERE %s < %s, mustBe: 0",
			early.Name, both, late.property, early.property))
	}
	return nil
}

// dateOf is SQL: the column's value as a date.
func (d *dataset) dateOf(c *column) string {
	if c.Type != "VARCHAR" || c.element == nil {
		return "TRY_CAST(" + c.text() + " AS DATE)"
	}
	return "TRY_CAST(" + c.element.SQL("CAST("+c.ident()+" AS VARCHAR)", d.elementOptions(c)).Value + " AS DATE)"
}
