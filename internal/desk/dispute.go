package desk

import (
	"context"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
)

// Dispute is what others say instead of a golden record's value that is most
// likely wrong.
type Dispute struct {
	Against  string  `json:"others_say"`
	Evidence string  `json:"others"`
	Bits     float64 `json:"bits"` // by which they outweigh it
}

// findDisputes marks the fields of a golden record that are most likely wrong.
func (d *Desk) findDisputes(ctx context.Context, c *engine.Conn, g *Golden) error {
	conflicts, err := d.entityRelation(ctx, lake.Conflicts, flow.EntityDataset(g.Entity))
	if sen.KindOf(err) == sen.NotFound {
		return nil // an older program linked the hub
	}
	if err != nil {
		return err
	}
	rows, err := c.Query(ctx, "SELECT field, any_value(against), any_value(evidence), max(bits) FROM "+conflicts+" WHERE entity = ? AND survived GROUP BY field", g.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var field string
		var one Dispute
		if err := rows.Scan(&field, &one.Against, &one.Evidence, &one.Bits); err != nil {
			return err
		}
		for i := range g.Fields {
			if g.Fields[i].Name == field {
				g.Fields[i].Disputed = &one
			}
		}
	}
	return rows.Err()
}
