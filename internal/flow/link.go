package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
)

// Properties of a snapshot of links and golden records.
const (
	summaryFrom   = "sen.from"   // the snapshots and the entity file that they were made from
	summaryReport = "sen.report" // what was found, as JSON
)

// EntityDataset is the name under which an entity's links and golden records lie.
func EntityDataset(entity string) sen.Dataset { return sen.Dataset("entity." + entity) }

// Linked is what became of one entity.
type Linked struct {
	resolve.Report
	Unchanged bool `json:"unchanged,omitempty"` // neither the records nor the entity's file have changed
}

// linkFields are the columns of a table of links.
var linkFields = []lake.Field{
	{Name: "entity", Type: "BIGINT", Doc: "the thing; NULL: none was found"},
	{Name: "dataset", Type: "VARCHAR", Required: true, Doc: "dataset, or dataset/part"},
	{Name: "record", Type: "BIGINT", Required: true, Doc: "the record's _key"},
	{Name: "how", Type: "VARCHAR", Doc: "key, other-key, probable or alone"},
	{Name: "probability", Type: "DOUBLE"},
}

// goldenFields are the columns of a table of golden records.
func goldenFields(e *link.Entity) []lake.Field {
	out := []lake.Field{{Name: "entity", Type: "BIGINT", Required: true, Doc: "the thing's persistent identifier"},
		{Name: "records", Type: "BIGINT", Doc: "how many speak of it"}, {Name: "datasets", Type: "BIGINT"}}
	for _, f := range e.Fields.Names() {
		out = append(out, lake.Field{Name: f, Type: "VARCHAR"}, lake.Field{Name: f + "_source", Type: "VARCHAR"},
			lake.Field{Name: f + "_as_of", Type: "DATE"}, lake.Field{Name: f + "_rejected", Type: "VARCHAR", Doc: "what else was said, a line each: value · dataset"})
	}
	return out
}

// Link makes the links and golden records of an entity from the clean data, in
// the engine e, which may use several threads. Where nothing has changed since
// the last time, it says what was found then.
func (f *Flow) Link(ctx context.Context, e *engine.Engine, entity *link.Entity) (Linked, error) {
	sources, from, err := f.linkSources(ctx, entity)
	if err != nil {
		return Linked{}, err
	}
	dataset := EntityDataset(entity.Entity)
	links, err := f.o.Lake.Table(ctx, lake.Links, dataset, linkFields)
	if err != nil {
		return Linked{}, err
	}
	golden, err := f.o.Lake.Table(ctx, lake.Golden, dataset, goldenFields(entity))
	if err != nil {
		return Linked{}, err
	}
	if last, ok := golden.Current(); ok && last.Summary[summaryFrom] == from {
		out := Linked{Unchanged: true}
		return out, json.Unmarshal([]byte(last.Summary[summaryReport]), &out.Report)
	}
	before := ""
	if _, ok := links.Current(); ok {
		scan, err := links.Scan(ctx, lake.AsOf{})
		if err != nil {
			return Linked{}, err
		}
		before = relation(scan)
	}
	c, err := e.Conn(ctx)
	if err != nil {
		return Linked{}, err
	}
	defer c.Close()
	report, err := resolve.Run(ctx, c, entity, sources, before)
	if err != nil {
		return Linked{}, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return Linked{}, err
	}
	summary := map[string]string{summaryFrom: from, summaryReport: string(text)}
	run := fmt.Sprintf("link-%d", f.o.Now().Unix())
	if err := write(ctx, c, links, run, "SELECT entity, dataset, record, how, probability FROM "+resolve.Links+" ORDER BY dataset, entity, record", summary); err != nil {
		return Linked{}, err
	}
	columns := make([]string, 0, 64)
	for _, field := range goldenFields(entity) {
		columns = append(columns, engine.Ident(field.Name))
	}
	err = write(ctx, c, golden, run, "SELECT "+strings.Join(columns, ", ")+" FROM "+resolve.Golden+" ORDER BY entity", summary)
	return Linked{Report: report}, err
}

// write makes what a query answers the whole of a table.
func write(ctx context.Context, c *engine.Conn, t *lake.Table, run, query string, summary map[string]string) error {
	path, err := t.NewFile(run, 0, 0)
	if err != nil {
		return err
	}
	rows, err := c.Copy(ctx, query, path, t.FieldIDs())
	if err != nil {
		return err
	}
	_, err = t.Commit(ctx, lake.Change{Add: []lake.File{{Path: path, Rows: rows}}, Replace: true, Summary: summary})
	return err
}

// linkSources are the clean records that the entity's file names, and what
// they and the file are, as one text. A dataset that has not been synchronised
// yet has none.
func (f *Flow) linkSources(ctx context.Context, entity *link.Entity) (out []resolve.Source, from string, err error) {
	for _, name := range entity.Records.Names() {
		record, _ := entity.Records.Get(name)
		dataset, _, _ := strings.Cut(name, "/")
		t, err := f.o.Lake.Lookup(ctx, lake.Clean, sen.Dataset(dataset))
		if sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return nil, "", err
		}
		current, _ := t.Current()
		from += name + "@" + current.String() + " "
		out = append(out, resolve.Source{Name: name, Relation: relation(scan), Record: record})
	}
	if len(out) == 0 {
		return nil, "", sen.Errorf(sen.NotFound, "no dataset that speaks of %s has been synchronised", entity.Entity).WithHint("`sen sync` first")
	}
	return out, from + entity.Digest(), nil
}
