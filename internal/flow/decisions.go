package flow

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
	"github.com/sen-hub/sen/internal/state"
)

// reviewFields are the columns of a table of pairs for review.
var reviewFields = []lake.Field{
	{Name: "dataset_a", Type: "VARCHAR", Required: true, Doc: "dataset, or dataset/part"},
	{Name: "record_a", Type: "BIGINT", Required: true, Doc: "the record's _key"},
	{Name: "entity_a", Type: "BIGINT", Doc: "the thing that it speaks of; NULL: none is known"},
	{Name: "dataset_b", Type: "VARCHAR", Required: true},
	{Name: "record_b", Type: "BIGINT", Required: true},
	{Name: "entity_b", Type: "BIGINT"},
	{Name: "probability", Type: "DOUBLE", Doc: "that both speak of one thing"},
	{Name: "bits", Type: "DOUBLE", Doc: "the same as log-odds to the base 2"},
	{Name: "value", Type: "DOUBLE", Doc: "what an answer is worth, in bits: the pair's entropy times the pairs of records that hang on it"},
}

func (f *Flow) writeReview(ctx context.Context, c *engine.Conn, dataset sen.Dataset, run string, summary map[string]string) error {
	t, err := f.o.Lake.Table(ctx, lake.Review, dataset, reviewFields)
	if err != nil {
		return err
	}
	names := make([]string, len(reviewFields))
	for i, field := range reviewFields {
		names[i] = field.Name
	}
	file, err := write(ctx, c, t, run, 0, "SELECT "+strings.Join(names, ", ")+" FROM "+resolve.Review)
	if err != nil {
		return err
	}
	_, err = t.Commit(ctx, lake.Change{Add: []lake.File{file}, Replace: true, Summary: summary})
	return err
}

// reviewed reports whether the pairs of an entity have been written: an older
// program linked without them.
func (f *Flow) reviewed(ctx context.Context, entity *link.Entity) (bool, error) {
	t, err := f.o.Lake.Lookup(ctx, lake.Review, EntityDataset(entity.Entity))
	if sen.KindOf(err) == sen.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, there := t.Current()
	return there, nil
}

// decisions are what people have decided about an entity.
func (f *Flow) decisions(ctx context.Context, entity *link.Entity) ([]state.Decision, error) {
	all, err := f.o.State.Decisions(ctx)
	return decision.Of(all, entity.Entity), err
}

// decidedFrom is a text that changes with the decisions that stand; nothing
// where there are none.
func decidedFrom(all []state.Decision) string {
	standing := decision.Standing(all)
	if len(standing) == 0 {
		return ""
	}
	h := sha256.New()
	for _, d := range standing {
		fmt.Fprintf(h, "%d %s\n", d.Number, d.Verdict) // what a decision is about never changes
	}
	return fmt.Sprintf(" decisions:%x", h.Sum(nil))
}

// noteApplied keeps under which identifier the records of each decision stand.
// It is written before the golden records are: who looks for those who used a
// merge finds more than there are after a kill, and never less.
func (f *Flow) noteApplied(ctx context.Context, report resolve.Report) error {
	if report.Decisions == nil {
		return nil
	}
	return decision.Decisions{State: f.o.State}.Note(ctx, f.o.Now(), report.Decisions.Things)
}

// noteUndone keeps that the golden records are made without what was withdrawn.
func (f *Flow) noteUndone(ctx context.Context, all []state.Decision) error {
	var withdrawn []int64
	for _, d := range all {
		if d.State == decision.Withdrawn {
			withdrawn = append(withdrawn, d.Number)
		}
	}
	if len(withdrawn) == 0 {
		return nil
	}
	return decision.Decisions{State: f.o.State}.NoteUndone(ctx, f.o.Now(), withdrawn)
}

// mergedThings are the things that people have brought together.
func mergedThings(ctx context.Context, c *engine.Conn, links string) ([]int64, error) {
	rows, err := c.Query(ctx, "SELECT DISTINCT entity FROM "+links+" WHERE how = "+engine.Literal(resolve.Decided)+" AND entity IS NOT NULL ORDER BY 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var thing int64
		if err := rows.Scan(&thing); err != nil {
			return nil, err
		}
		out = append(out, thing)
	}
	return out, rows.Err()
}

// mergedValues is KeyValues with what else was said of the key on either side of
// a thing that people brought together, unless it is another thing's.
func mergedValues(golden string, key link.Key, merged []int64) string {
	own := KeyValues(golden, key)
	if len(merged) == 0 {
		return own
	}
	list := make([]string, len(merged))
	for i, thing := range merged {
		list[i] = fmt.Sprint(thing)
	}
	others := otherValues(golden, key, "entity IN ("+strings.Join(list, ", ")+")")
	return "(SELECT value, entity FROM " + own + " UNION ALL SELECT value, entity FROM " + others +
		" WHERE value NOT IN (SELECT value FROM " + own + " WHERE value IN (SELECT value FROM " + others + ")))"
}

// otherValues is a query over what else was said of a key of some things: value,
// entity.
func otherValues(golden string, key link.Key, which string) string {
	rejected := engine.Ident(key.Field + "_rejected")
	return "(SELECT split_part(unnest(string_split(" + rejected + ", chr(10))), ' · ', 1) AS value, entity FROM " + golden +
		" WHERE " + rejected + " IS NOT NULL AND " + which + ")"
}

// MergedBy is a query over the things that people brought together and of which
// a value of a key, its one argument, was said that they are not called by:
// entity. golden and links are relations.
func MergedBy(golden, links string, key link.Key) string {
	which := "entity IN (SELECT entity FROM " + links + " WHERE how = " + engine.Literal(resolve.Decided) + ")"
	return "SELECT entity FROM " + otherValues(golden, key, which) + " WHERE value = ?"
}
