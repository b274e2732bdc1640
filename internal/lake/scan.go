package lake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/engine"
)

// AsOf names a moment of a table: a time, or a snapshot. The zero value is
// now.
type AsOf struct {
	Time     time.Time // the newest snapshot not after it
	Snapshot int64
}

// DataFile is a file of a planned read.
type DataFile struct {
	File
	Deletes []string // files with deleted positions that may concern it
}

// Scan is a planned read of one snapshot: it stays right whatever is
// committed later, until the snapshot is expired.
type Scan struct {
	Snapshot Snapshot // zero when nothing was committed yet
	Files    []DataFile
	columns  []iceberg.NestedField
}

// Scan plans a read. Of an older snapshot it has the columns of then. The
// error has kind NotFound where there is no such snapshot (any more).
func (t *Table) Scan(ctx context.Context, as AsOf) (Scan, error) {
	s, err := t.refresh(ctx)
	if err != nil {
		return Scan{}, err
	}
	snapshot, err := t.choose(s.meta, as)
	if err != nil {
		return Scan{}, err
	}
	return t.plan(ctx, s, snapshot)
}

func (t *Table) choose(meta table.Metadata, as AsOf) (*table.Snapshot, error) {
	if as.Snapshot != 0 {
		if s := meta.SnapshotByID(as.Snapshot); s != nil {
			return s, nil
		}
		return nil, sen.Errorf(sen.NotFound, "%s has no snapshot %d", t.Dataset(), as.Snapshot).
			WithHint("it may have been removed when its retention ended")
	}
	if as.Time.IsZero() {
		return meta.CurrentSnapshot(), nil
	}
	var found *table.Snapshot
	for _, s := range meta.Snapshots() {
		if s.TimestampMs <= as.Time.UnixMilli() && (found == nil || s.TimestampMs > found.TimestampMs) {
			found = &s
		}
	}
	if found == nil {
		return nil, sen.Errorf(sen.NotFound, "%s has no snapshot of %s or before", t.Dataset(), as.Time.UTC().Format(time.RFC3339)).
			WithHint("choose a later time")
	}
	return found, nil
}

// plan reads the manifests of a snapshot; nil is a table without one.
func (t *Table) plan(ctx context.Context, s *state, snapshot *table.Snapshot) (Scan, error) {
	if snapshot == nil {
		return Scan{columns: s.meta.CurrentSchema().Fields()}, nil
	}
	live, err := t.entries(ctx, snapshot)
	if err != nil {
		return Scan{}, err
	}
	out := Scan{Snapshot: snapshotOf(snapshot), columns: schemaOf(s.meta, snapshot).Fields()}
	var deletes []positions
	for _, f := range live {
		switch f.ContentType() {
		case iceberg.EntryContentData:
			out.Files = append(out.Files, DataFile{File: File{Path: local(f.FilePath()), Rows: f.Count(), Bytes: f.FileSizeBytes()}})
		case iceberg.EntryContentPosDeletes:
			deletes = append(deletes, positionsOf(f))
		default:
			return Scan{}, sen.Errorf(sen.Invalid, "the table of %s has equality deletes, which sen does not read", t.Dataset()).
				WithHint("compact the table with the program that wrote them")
		}
	}
	for i := range out.Files {
		out.Files[i].Deletes = concerned(out.Files[i].Path, deletes)
	}
	return out, nil
}

// concerned are the delete files that may name a data file.
func concerned(path string, deletes []positions) []string {
	var out []string
	for _, d := range deletes {
		if d.first <= path && path <= d.last {
			out = append(out, d.path)
		}
	}
	return out
}

// schemaOf is the schema of a snapshot: now's for the current one.
func schemaOf(meta table.Metadata, snapshot *table.Snapshot) *iceberg.Schema {
	current := meta.CurrentSnapshot()
	if snapshot.SchemaID == nil || current != nil && current.SnapshotID == snapshot.SnapshotID {
		return meta.CurrentSchema()
	}
	for _, s := range meta.Schemas() {
		if s.ID == *snapshot.SchemaID {
			return s
		}
	}
	return meta.CurrentSchema()
}

// entries are the live files of a snapshot, data and deletes.
func (t *Table) entries(ctx context.Context, snapshot *table.Snapshot) ([]iceberg.DataFile, error) {
	manifests, err := snapshot.Manifests(t.lake.reader(ctx))
	if err != nil {
		return nil, t.damaged(snapshot.ManifestList, err)
	}
	var out []iceberg.DataFile
	for _, m := range manifests {
		if err := ctx.Err(); err != nil {
			return nil, sen.Errorf(sen.Canceled, "plan a read of %s: %w", t.Dataset(), err)
		}
		for entry, err := range m.Entries(t.lake.reader(ctx), true) {
			if err != nil {
				return nil, t.damaged(m.FilePath(), err)
			}
			out = append(out, entry.DataFile())
		}
	}
	return out, nil
}

// positions is a file of deleted positions and the span of data files, by
// path, that it may name.
type positions struct{ path, first, last string }

const pathFieldID = 2147483546 // file_path in a position delete file (Iceberg spec, "Reserved Field IDs")

func positionsOf(f iceberg.DataFile) positions {
	p := positions{path: local(f.FilePath())}
	if only := f.ReferencedDataFile(); only != nil {
		p.first, p.last = local(*only), local(*only)
		return p
	}
	p.last = "\U0010ffff" // without bounds: any
	lower, hasLower := f.LowerBoundValues()[pathFieldID]
	upper, hasUpper := f.UpperBoundValues()[pathFieldID]
	if hasLower && hasUpper {
		p.first, p.last = local(string(lower)), local(string(upper))
	}
	return p
}

// SQL is a relation for the engine, in parentheses: the rows of the snapshot,
// under the table's names and types. A column that a file does not have is
// NULL.
func (s Scan) SQL() string { return s.relation(false) }

// SQLWithPosition is SQL with two columns more, which say where a row lies,
// as Change.Delete wants it: _file (VARCHAR) and _pos (BIGINT).
func (s Scan) SQLWithPosition() string { return s.relation(true) }

// Fields are the columns of SQL.
func (s Scan) Fields() []Field { return fieldsOf(iceberg.NewSchema(0, s.columns...)) }

// relation reads files in up to four groups: with field ids or by name, with
// deleted positions or, fast, without.
func (s Scan) relation(where bool) string {
	type group struct{ source, deleted bool }
	groups := map[group][]DataFile{}
	for _, f := range s.Files {
		if f.Rows == 0 {
			continue
		}
		g := group{strings.HasSuffix(f.Path, sourceSuffix), len(f.Deletes) > 0}
		groups[g] = append(groups[g], f)
	}
	var parts []string
	for _, g := range []group{{false, false}, {false, true}, {true, false}, {true, true}} {
		if files := groups[g]; len(files) > 0 {
			parts = append(parts, s.part(files, g.source, g.deleted, where))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, s.empty(where))
	}
	return "(" + strings.Join(parts, "\nUNION ALL\n") + ")"
}

func (s Scan) part(files []DataFile, source, deleted, where bool) string {
	from := s.byID(files, deleted || where)
	if source {
		from = s.byName(files, deleted || where)
	}
	out := "SELECT " + strings.Join(s.outputs(where), ", ") + "\nFROM " + from + " AS f"
	if deleted {
		out += "\nANTI JOIN " + deletedRows(files) + " AS d ON f._file = d.file AND f.file_row_number = d.pos"
	}
	return out
}

// inner is a column's name inside a part: of its own, so that no column of a
// table can be mistaken for one that the reader adds.
func inner(f iceberg.NestedField) string { return fmt.Sprintf("f%d", f.ID) }

func (s Scan) outputs(where bool) []string {
	var out []string
	for _, f := range s.columns {
		out = append(out, "f."+inner(f)+" AS "+engine.Ident(f.Name))
	}
	if where {
		out = append(out, "f._file", "f.file_row_number AS _pos")
	}
	return out
}

// byID reads files whose columns are found by field id.
func (s Scan) byID(files []DataFile, where bool) string {
	columns := make([]string, len(s.columns))
	for i, f := range s.columns {
		columns[i] = fmt.Sprintf("%d: {name: '%s', type: %s, default_value: NULL}", f.ID, inner(f), engine.Literal(engineType(f.Type)))
	}
	return "read_parquet(" + pathList(files) + ", schema = MAP {" + strings.Join(columns, ", ") + "}" + readOptions(where) + ")"
}

// byName reads files whose columns are found by name: a column that none of
// them has comes from the empty relation in front.
func (s Scan) byName(files []DataFile, where bool) string {
	absent, outputs := make([]string, len(s.columns)), make([]string, len(s.columns))
	for i, f := range s.columns {
		name := engine.Ident(f.Name)
		absent[i] = "NULL::" + engineType(f.Type) + " AS " + name
		outputs[i] = "CAST(" + name + " AS " + engineType(f.Type) + ") AS " + inner(f)
	}
	if where {
		outputs = append(outputs, "_file", "file_row_number")
	}
	return "(SELECT " + strings.Join(outputs, ", ") + " FROM (SELECT " + strings.Join(absent, ", ") +
		" WHERE false UNION ALL BY NAME SELECT * FROM read_parquet(" + pathList(files) +
		", union_by_name = true" + readOptions(where) + ")))"
}

// readOptions keeps the engine from seeing a partition in a folder's name
// that has an "=" in it.
func readOptions(where bool) string {
	if where {
		return ", hive_partitioning = false, filename = '_file', file_row_number = true"
	}
	return ", hive_partitioning = false"
}

// deletedRows is what these files' delete files say, by path as the engine
// names it.
func deletedRows(files []DataFile) string {
	named := map[string]bool{}
	for _, f := range files {
		for _, path := range f.Deletes {
			named[path] = true
		}
	}
	return "(SELECT regexp_replace(file_path, '^file:(//)?', '') AS file, pos FROM read_parquet(" +
		literals(slices.Sorted(maps.Keys(named))) + readOptions(false) + "))"
}

func pathList(files []DataFile) string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return literals(paths)
}

func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = engine.Literal(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func (s Scan) empty(where bool) string {
	var out []string
	for _, f := range s.columns {
		out = append(out, "NULL::"+engineType(f.Type)+" AS "+engine.Ident(f.Name))
	}
	if where {
		out = append(out, "NULL::VARCHAR AS _file", "NULL::BIGINT AS _pos")
	}
	return "SELECT " + strings.Join(out, ", ") + " WHERE false"
}
