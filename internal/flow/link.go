package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/index"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/link/resolve"
	"github.com/sen-hub/sen/internal/state"
)

// Properties of a snapshot of links and golden records.
const (
	summaryFrom   = "sen.from"   // the snapshots and the entity file that they were made from
	SummaryReport = "sen.report" // what was found, as JSON: a resolve.Report
)

// EntityDataset is the name under which an entity's links and golden records lie.
func EntityDataset(entity string) sen.Dataset { return sen.Dataset("entity." + entity) }

// Linked is what became of one entity.
type Linked struct {
	resolve.Report
	Unchanged bool                   `json:"unchanged,omitempty"` // neither the records nor the entity's file have changed
	Relations []Related              `json:"relations,omitempty"` // of the relationships that its file declares
	Disputed  resolve.ConflictReport `json:"disputed"`
}

// linkFields are the columns of a table of links.
var linkFields = []lake.Field{
	{Name: "entity", Type: "BIGINT", Doc: "the thing; NULL: none was found"},
	{Name: "dataset", Type: "VARCHAR", Required: true, Doc: "dataset, or dataset/part"},
	{Name: "record", Type: "BIGINT", Required: true, Doc: "the record's _key"},
	{Name: "how", Type: "VARCHAR", Doc: "key, other-key, probable, alone or decision"},
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
// the engine e, which may use several threads, and brings them into the index
// db (nil: into the lake alone). Where nothing has changed since the last time,
// it says what was found then.
func (f *Flow) Link(ctx context.Context, e *engine.Engine, db *index.DB, entity *link.Entity) (Linked, error) {
	defer f.o.Linking(Linking{})
	in, err := f.linking(ctx, entity)
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
	reviewed, err := f.reviewed(ctx, entity)
	if err != nil {
		return Linked{}, err
	}
	var out Linked
	if last, ok := golden.Current(); ok && reviewed && last.Summary[summaryFrom] == in.from {
		out.Unchanged = true
		err = json.Unmarshal([]byte(last.Summary[SummaryReport]), &out.Report)
	} else {
		out.Report, err = f.resolve(ctx, e, in, links, golden)
	}
	if err != nil {
		return Linked{}, err
	}
	f.linkStep(entity, StepConflicts, len(resolve.Steps)+1)
	both, inner := errgroup.WithContext(ctx) // neither needs the other, and the index is written by one thread
	both.Go(func() (err error) {
		out.Disputed, err = f.findConflicts(inner, e, in, links, golden)
		return err
	})
	both.Go(func() error { return loadIndex(inner, e, db, entity, golden, links) })
	if err := both.Wait(); err != nil {
		return out, err
	}
	return out, f.noteUndone(ctx, in.decisions)
}

func (f *Flow) linkStep(entity *link.Entity, name string, number int) {
	f.o.Linking(Linking{Entity: entity.Entity, Step: name, Number: number, Last: len(resolve.Steps) + 1})
	f.o.Hook(HookLink, 0)
}

// resolve makes the tables of an entity anew. Golden records come last: their
// summary says that all is done.
func (f *Flow) resolve(ctx context.Context, e *engine.Engine, in linking, links, golden *lake.Table) (resolve.Report, error) {
	c, err := e.Conn(ctx)
	if err != nil {
		return resolve.Report{}, err
	}
	defer c.Close()
	run := fmt.Sprintf("link-%d", f.o.Now().Unix())
	columns := make([]string, 0, 64)
	for _, field := range goldenFields(in.entity) {
		columns = append(columns, engine.Ident(field.Name))
	}
	var made []lake.File
	o := resolve.Options{Entity: in.entity, Sources: in.sources, Decisions: in.decisions, Step: func(n int) { f.linkStep(in.entity, resolve.Steps[n], n+1) }, Golden: func(ctx context.Context, query string) error {
		file, err := write(ctx, c, golden, run, len(made), "SELECT "+strings.Join(columns, ", ")+" FROM ("+query+")")
		made = append(made, file)
		return err
	}}
	if o.Before, err = current(ctx, links); err != nil {
		return resolve.Report{}, err
	}
	if o.Scratch, err = scratch(e); err != nil {
		return resolve.Report{}, err
	}
	report, err := resolve.Run(ctx, c, o)
	if err != nil {
		return report, err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return report, err
	}
	summary := map[string]string{summaryFrom: in.from, SummaryReport: string(text)}
	all, err := writeLinks(ctx, c, links, run, len(in.sources))
	if err != nil {
		return report, err
	}
	if _, err := links.Commit(ctx, lake.Change{Add: all, Replace: true, Summary: summary}); err != nil {
		return report, err
	}
	if err := f.writeReview(ctx, c, EntityDataset(in.entity.Entity), run, summary); err != nil {
		return report, err
	}
	if err := f.noteApplied(ctx, report); err != nil {
		return report, err
	}
	_, err = golden.Commit(ctx, lake.Change{Add: made, Replace: true, Summary: summary})
	return report, err
}

// writeLinks writes the links, those of each source into a file of its own:
// they are read by dataset, and a file's statistics say that it has no other.
func writeLinks(ctx context.Context, c *engine.Conn, links *lake.Table, run string, sources int) (files []lake.File, err error) {
	for source := range sources {
		file, err := write(ctx, c, links, run, source, fmt.Sprintf("SELECT entity, dataset, record, how, probability FROM %s WHERE source = %d", resolve.Links, source))
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// current is the relation of a table as it stands; "" of one that is empty.
func current(ctx context.Context, t *lake.Table) (string, error) {
	if _, ok := t.Current(); !ok {
		return "", nil
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return "", err
	}
	return relation(scan), nil
}

// scratch is an empty place in the engine's spill folder.
func scratch(e *engine.Engine) (string, error) {
	if e.Spill() == "" {
		return "", nil
	}
	dir := filepath.Join(e.Spill(), "records")
	if err := os.RemoveAll(dir); err != nil { // a killed run's
		return "", sen.Errorf(sen.Unavailable, "clear the scratch folder: %w", err)
	}
	return dir, nil
}

// LoadIndex brings into the index what the lake has now of entities and of
// their relations, where another process has made it.
func (f *Flow) LoadIndex(ctx context.Context, e *engine.Engine, db *index.DB, all []*link.Entity) error {
	for _, entity := range all {
		dataset := EntityDataset(entity.Entity)
		golden, err := f.o.Lake.Lookup(ctx, lake.Golden, dataset)
		if sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		links, err := f.o.Lake.Lookup(ctx, lake.Links, dataset)
		if err != nil {
			return err
		}
		if err := loadIndex(ctx, e, db, entity, golden, links); err != nil {
			return err
		}
	}
	return f.loadRelations(ctx, e, db, all)
}

// loadIndex loads the golden records into the index, unless it has them.
func loadIndex(ctx context.Context, e *engine.Engine, db *index.DB, entity *link.Entity, golden, links *lake.Table) error {
	if db == nil {
		return nil
	}
	current, ok := golden.Current()
	if !ok {
		return nil
	}
	if has, err := db.Position(entity.Entity); err != nil || has == current.String() {
		return err
	}
	scan, err := golden.Scan(ctx, lake.AsOf{})
	if err != nil {
		return err
	}
	linked, err := links.Scan(ctx, lake.AsOf{})
	if err != nil {
		return err
	}
	c, err := e.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	merged, err := mergedThings(ctx, c, relation(linked))
	if err != nil {
		return err
	}
	load := loading{entity: entity, golden: scan.SQL(), merged: merged, position: current.String()}
	for {
		err := load.into(ctx, c, db)
		switch {
		case errors.Is(err, errSeparator) && !load.translate:
			load.translate = true
		case errors.Is(err, errOrder) && !load.sort:
			load.sort = true
		default:
			return err
		}
	}
}

// What the golden records are taken not to be, since finding out beforehand
// would cost as much.
var (
	errSeparator = errors.New("a value holds a separator of the index")
	errOrder     = errors.New("the golden records do not lie in the order of their identifiers")
)

// loading is an entity's golden records on their way into the index.
type loading struct {
	entity    *link.Entity
	golden    string  // their relation
	merged    []int64 // things that people have brought together
	position  string
	translate bool // separators within values become spaces, which takes the engine several times as long
	sort      bool // the golden records do not lie in order, as resolve writes them
}

func (l loading) into(ctx context.Context, c *engine.Conn, db *index.DB) error {
	groups := indexGroups(l.entity)
	load, err := db.Begin(l.entity.Entity, l.entity.Keys(), groups)
	if err != nil {
		return err
	}
	defer load.Abort()
	for i, key := range l.entity.Match.Keys {
		if err := loadKeys(ctx, c, load, i, mergedValues(l.golden, key, l.merged)); err != nil {
			return err
		}
	}
	if err := l.loadGroups(ctx, c, load, groups); err != nil {
		return err
	}
	return load.Commit(l.position)
}

// indexGroups are the entity's fields by their groups.
func indexGroups(entity *link.Entity) []index.Group {
	var out []index.Group
	for _, name := range entity.Fields.Names() {
		field, _ := entity.Fields.Get(name)
		group := cmp.Or(field.Group, link.CoreGroup)
		at := slices.IndexFunc(out, func(g index.Group) bool { return g.Name == group })
		if at < 0 {
			at = len(out)
			out = append(out, index.Group{Name: group})
		}
		out[at].Fields = append(out[at].Fields, name)
	}
	return out
}

// KeyValues is SQL: the values by which a key finds the things of golden records,
// value and entity: their own, and those which they lawfully had before. What is
// now another's is that one's alone.
func KeyValues(golden string, key link.Key) string {
	own := engine.Ident(key.Field)
	values := "SELECT " + own + " AS value, entity FROM " + golden + " WHERE " + own + " IS NOT NULL"
	if key.Succeeds != "" {
		former := engine.Ident(key.Succeeds)
		values += fmt.Sprintf(` UNION ALL SELECT DISTINCT value, entity FROM (SELECT entity, split_part(unnest(string_split(concat_ws(chr(10), %s, %s), chr(10))), ' · ', 1) AS value
 FROM %s WHERE %[1]s IS NOT NULL) WHERE value NOT IN (SELECT %[4]s FROM %[3]s WHERE %[4]s IS NOT NULL)`, former, engine.Ident(key.Succeeds+"_rejected"), golden, own)
	}
	return "(" + values + ")"
}

// loadKeys loads one key of all things; one that several have is none.
func loadKeys(ctx context.Context, c *engine.Conn, load *index.Load, n int, values string) error {
	return eachThing(ctx, c, "SELECT min(entity), value FROM "+values+" GROUP BY value HAVING count(*) = 1 ORDER BY value",
		func(id int64, texts [][]byte) error { return load.Key(n, string(texts[0]), id) })
}

// eachThing hands the rows of a query to use, in their order: an identifier
// and texts, which stand until use returns.
func eachThing(ctx context.Context, c *engine.Conn, query string, use func(id int64, texts [][]byte) error) error {
	return c.Batches(ctx, query, func(batch arrow.RecordBatch) error {
		ids := batch.Column(0).(*array.Int64).Int64Values()
		texts := make([][]byte, batch.NumCols()-1)
		for i, id := range ids {
			for k := range texts {
				column := batch.Column(k + 1).(*array.String)
				at := column.ValueOffsets()
				texts[k] = column.ValueBytes()[at[i]-at[0] : at[i+1]-at[0]]
			}
			if err := use(id, texts); err != nil {
				return err
			}
		}
		return nil
	})
}

var (
	recordSeparator = []byte(index.RecordSeparator)
	unitSeparator   = []byte(index.UnitSeparator)
)

// loadGroups loads the fields, each group as one text that the engine writes.
func (l loading) loadGroups(ctx context.Context, c *engine.Conn, load *index.Load, groups []index.Group) error {
	plain := func(column string) string {
		if l.translate {
			return "translate(CAST(" + engine.Ident(column) + " AS VARCHAR), chr(30) || chr(31), '  ')"
		}
		return engine.Ident(column)
	}
	columns := []string{"entity"}
	for _, g := range groups {
		var parts []string
		for _, f := range g.Fields {
			parts = append(parts, plain(f), "chr(31)", engine.Ident(f+"_source"), "chr(31)", engine.Ident(f+"_as_of"), "chr(31)", plain(f+"_rejected"), "chr(30)")
		}
		columns = append(columns, "concat("+strings.Join(parts, ", ")+")") // NULL is nothing
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + l.golden
	var things uint64
	if err := c.Row(ctx, "SELECT count(*) FROM "+l.golden, &things); err != nil {
		return err
	}
	first := bits.Len64(things / readAtOnce) // an identifier's first bits
	width := uint64(1) << (63 - first)
	for n := range uint64(1) << first {
		within := fmt.Sprintf(" WHERE entity BETWEEN %d AND %d", n*width, n*width+width-1)
		if l.sort {
			within += " ORDER BY entity"
		}
		if err := loadRange(ctx, c, load, groups, query+within); err != nil {
			return err
		}
	}
	return nil
}

// readAtOnce is of about how many things the engine holds the fields at a
// time: they lie in files by ranges of identifiers, of which it reads but few.
const readAtOnce = 1 << 19

func loadRange(ctx context.Context, c *engine.Conn, load *index.Load, groups []index.Group, query string) error {
	last := int64(-1)
	return eachThing(ctx, c, query, func(id int64, texts [][]byte) error {
		if id <= last {
			return errOrder
		}
		last = id
		for n, text := range texts {
			if fields := len(groups[n].Fields); bytes.Count(text, recordSeparator) != fields || bytes.Count(text, unitSeparator) != 3*fields {
				return errSeparator
			}
			if err := load.Group(id, n, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// write writes what a query answers into a file of a table.
func write(ctx context.Context, c *engine.Conn, t *lake.Table, run string, part int, query string) (lake.File, error) {
	path, err := t.NewFile(run, part, 0)
	if err != nil {
		return lake.File{}, err
	}
	rows, err := c.Copy(ctx, query, path, t.FieldIDs())
	return lake.File{Path: path, Rows: rows}, err
}

// linking is what an entity is linked from.
type linking struct {
	entity    *link.Entity
	sources   []resolve.Source // clean records
	decisions []state.Decision
	from      string // what all of it is, as one text
}

// linking finds what an entity is linked from: the clean records that its file
// names, the file, and what people have decided. A dataset that has not been synchronised
// yet has none.
func (f *Flow) linking(ctx context.Context, entity *link.Entity) (linking, error) {
	in := linking{entity: entity}
	for _, name := range entity.Records.Names() {
		record, _ := entity.Records.Get(name)
		dataset, _, _ := strings.Cut(name, "/")
		t, err := f.o.Lake.Lookup(ctx, lake.Clean, sen.Dataset(dataset))
		if sen.KindOf(err) == sen.NotFound {
			continue
		}
		if err != nil {
			return in, err
		}
		scan, err := t.Scan(ctx, lake.AsOf{})
		if err != nil {
			return in, err
		}
		current, _ := t.Current()
		in.from += name + "@" + current.String() + " "
		in.sources = append(in.sources, resolve.Source{Name: name, Relation: relation(scan), Record: record})
	}
	if len(in.sources) == 0 {
		return in, sen.Errorf(sen.NotFound, "no dataset that speaks of %s has been synchronised", entity.Entity).WithHint("`sen sync` first")
	}
	var err error
	if in.decisions, err = f.decisions(ctx, entity); err != nil {
		return in, err
	}
	in.from += entity.Digest() + decidedFrom(in.decisions)
	return in, nil
}
