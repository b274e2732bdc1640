package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// conflictFields are the columns of a table of conflicts.
var conflictFields = []lake.Field{
	{Name: "entity", Type: "BIGINT", Required: true, Doc: "the thing"},
	{Name: "field", Type: "VARCHAR", Required: true},
	{Name: "dataset", Type: "VARCHAR", Required: true, Doc: "whose record is most likely wrong: dataset, or dataset/part"},
	{Name: "record", Type: "BIGINT", Required: true, Doc: "the record's _key"},
	{Name: "said", Type: "VARCHAR", Doc: "what it says"},
	{Name: "against", Type: "VARCHAR", Doc: "what the others say"},
	{Name: "evidence", Type: "VARCHAR", Doc: "the others: datasets, parted by commas"},
	{Name: "bits", Type: "DOUBLE", Doc: "by how much they outweigh it"},
	{Name: "survived", Type: "BOOLEAN", Doc: "the golden record shows what it says"},
}

// findConflicts brings the conflicts of an entity up to its links and golden
// records, which were made from what in.from names. Where they are already, it
// says what was found then.
func (f *Flow) findConflicts(ctx context.Context, e *engine.Engine, in linking, links, golden *lake.Table) (resolve.ConflictReport, error) {
	dataset := EntityDataset(in.entity.Entity)
	t, err := f.o.Lake.Table(ctx, lake.Conflicts, dataset, conflictFields)
	if err != nil {
		return resolve.ConflictReport{}, err
	}
	if last, ok := t.Current(); ok && last.Summary[summaryFrom] == in.from {
		return conflictReport(last)
	}
	said := [2]string{}
	for i, of := range []*lake.Table{links, golden} {
		if said[i], err = current(ctx, of); err != nil {
			return resolve.ConflictReport{}, err
		}
	}
	c, err := e.Conn(ctx)
	if err != nil {
		return resolve.ConflictReport{}, err
	}
	defer c.Close()
	report, err := resolve.FindConflicts(ctx, c, in.entity, in.sources, said[0], said[1])
	if err != nil {
		return report, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return report, err
	}
	file, err := write(ctx, c, t, fmt.Sprintf("link-%d", f.o.Now().Unix()), 0,
		"SELECT entity, field, dataset, record, said, against, evidence, bits, survived FROM "+resolve.Conflicts)
	if err != nil {
		return report, err
	}
	_, err = t.Commit(ctx, lake.Change{Add: []lake.File{file}, Replace: true, Summary: map[string]string{summaryFrom: in.from, SummaryReport: string(text)}})
	return report, err
}

// ConflictsOf is what the last run found of an entity; false where there was
// none.
func (f *Flow) ConflictsOf(ctx context.Context, entity string) (resolve.ConflictReport, bool, error) {
	t, err := f.o.Lake.Lookup(ctx, lake.Conflicts, EntityDataset(entity))
	if sen.KindOf(err) == sen.NotFound {
		return resolve.ConflictReport{}, false, nil
	}
	if err != nil {
		return resolve.ConflictReport{}, false, err
	}
	last, ok := t.Current()
	if !ok {
		return resolve.ConflictReport{}, false, nil
	}
	report, err := conflictReport(last)
	return report, err == nil, err
}

func conflictReport(of lake.Snapshot) (r resolve.ConflictReport, err error) {
	return r, json.Unmarshal([]byte(of.Summary[SummaryReport]), &r)
}
