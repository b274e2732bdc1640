package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/source/rows"
)

const (
	sampleBlocks = 100 // most blocks of a part that a sample looks into
	sampleParts  = 20  // most parts
)

// Sample implements live.Database: rows of blocks that are spread evenly over
// the table, so that it costs the same whatever the table's size.
func (d *Database) Sample(ctx context.Context, name string, n int) (columns []string, values [][]*string, err error) {
	err = d.session(ctx, "sample of "+name, func(ctx context.Context, c *conn) error {
		t, err := d.describe(ctx, c, name)
		if err != nil {
			return err
		}
		columns = rows.Unique(t.names())
		found, err := c.query(ctx, t.sampleSQL(n))
		if err == nil && t.thin(len(found), n) {
			found, err = c.query(ctx, fmt.Sprintf("SELECT %s FROM %s LIMIT %d", t.texts(), t.quoted(), n))
		}
		values = nil
		for _, r := range found[:min(n, len(found))] {
			values = append(values, r)
		}
		return err
	})
	return columns, values, err
}

// wholeShare: see live.Database.Sample.
const wholeShare = 16

// thin reports whether a sample of so many rows may hide that the table has
// more: many of the blocks looked into are empty, or not every part was looked
// into and it is small.
func (t *table) thin(found, n int) bool {
	if len(t.parts) == 1 && (!t.parts[0].cut || t.parts[0].blocks <= sampleBlocks) {
		return false // it was asked for n of its rows already
	}
	return found < n && (found < n/wholeShare || t.rows <= int64(n))
}

// texts is the columns as their texts.
func (t *table) texts() string {
	list := make([]string, len(t.columns))
	for i, c := range t.columns {
		list[i] = c.text() + fmt.Sprintf(" AS c%d", i)
	}
	return strings.Join(list, ", ")
}

func (t *table) sampleSQL(n int) string {
	stride := max((len(t.parts)+sampleParts-1)/sampleParts, 1)
	var queries []string
	for i := 0; i < len(t.parts); i += stride {
		p := t.parts[i]
		share := (n*stride + len(t.parts) - 1) / len(t.parts)
		if !p.cut || p.blocks <= sampleBlocks {
			queries = append(queries, fmt.Sprintf("(SELECT %s FROM %s LIMIT %d)", t.texts(), p.from(), share))
			continue
		}
		blocks := min(max(share/10, 1), sampleBlocks)
		for b := range blocks {
			at := p.blocks * int64(b) / int64(blocks) * blockOf
			queries = append(queries, fmt.Sprintf("(SELECT %s FROM %s WHERE %s LIMIT %d)", t.texts(), p.from(), between(at, at+blockOf), (share+blocks-1)/blocks))
		}
	}
	if len(queries) == 0 { // a partitioned table without partitions
		return "SELECT " + t.texts() + " FROM " + t.quoted() + " LIMIT 0"
	}
	return strings.Join(queries, " UNION ALL ")
}
