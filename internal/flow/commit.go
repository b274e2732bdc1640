package flow

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
)

// Properties of a table's snapshot: summaryRun names the run that made it, so
// that the table says itself what it has applied.
const (
	summaryRun   = "sen.run"
	summaryDelta = "sen.delta" // what the run changed, as JSON
)

// Delta is what a run changed in the clean table. For a dataset without a key
// all rows are new.
type Delta struct {
	New        int64 `json:"new"`
	Changed    int64 `json:"changed"`
	Missing    int64 `json:"missing"`
	Unchanged  int64 `json:"unchanged"`
	Duplicates int64 `json:"duplicates"` // set apart after the load, because an earlier row has their key
}

// commit publishes what the run wrote: landed, quarantine, clean. Everything
// it works out is a function of durable files, so that a second attempt after
// a kill works out the same and skips the tables that have it.
func (r *run) commit(ctx context.Context) (Delta, error) {
	r.progress("commit", 0, 0)
	c, err := r.o.Engine.Conn(ctx)
	if err != nil {
		return Delta{}, err
	}
	defer c.Close()
	repeats, err := r.findRepeats(ctx, c)
	if err != nil {
		return Delta{}, err
	}
	if err := r.publish(ctx, r.tables.landed, lake.Change{Add: r.files(lake.Landed), Replace: true}); err != nil {
		return Delta{}, err
	}
	held := append(r.files(lake.Quarantine), repeats...)
	if err := r.publish(ctx, r.tables.quarantine, lake.Change{Add: held, Replace: true}); err != nil {
		return Delta{}, err
	}
	if delta, ok, err := r.publishedDelta(); ok || err != nil {
		return delta, err
	}
	change, delta, err := r.compare(ctx, c)
	if err != nil {
		return delta, err
	}
	text, err := json.Marshal(delta)
	if err != nil {
		return delta, err
	}
	change.Summary = map[string]string{summaryDelta: string(text)}
	return delta, r.publish(ctx, r.tables.clean, change)
}

// publishedDelta is what the clean table says that the run changed, where an
// earlier process of the run has committed it.
func (r *run) publishedDelta() (delta Delta, ok bool, err error) {
	if !r.published(r.tables.clean) {
		return delta, false, nil
	}
	current, _ := r.tables.clean.Current()
	return delta, true, json.Unmarshal([]byte(current.Summary[summaryDelta]), &delta)
}

// publish commits a change to a table, unless the table has it already.
func (r *run) publish(ctx context.Context, t *lake.Table, change lake.Change) error {
	r.o.Hook(HookCommit, 0)
	if r.published(t) {
		return nil
	}
	if change.Summary == nil {
		change.Summary = map[string]string{}
	}
	change.Summary[summaryRun] = r.record.ID
	change.Summary["sen.sequence"] = fmt.Sprint(r.record.Sequence)
	if _, err := t.Commit(ctx, change); err != nil {
		return fmt.Errorf("commit %s: %w", t.Kind(), err)
	}
	r.o.Hook(HookCommit, 0)
	return nil
}

func (r *run) published(t *lake.Table) bool {
	current, ok := t.Current()
	return ok && current.Summary[summaryRun] == r.record.ID
}

// staged is the relation of the run's clean files, with the file and position
// of each row.
func (r *run) staged() string {
	return filesRelation(r.files(lake.Clean), r.plan.CleanFields())
}

// filesRelation reads data files of ours by their paths.
func filesRelation(files []lake.File, fields []lake.Field) string {
	if len(files) == 0 {
		columns := []string{"'' AS _file", "0::BIGINT AS _pos"}
		for _, f := range fields {
			columns = append(columns, fmt.Sprintf("CAST(NULL AS %s) AS %s", f.Type, engine.Ident(f.Name)))
		}
		return "(SELECT " + strings.Join(columns, ", ") + " LIMIT 0)"
	}
	return fmt.Sprintf("(SELECT * EXCLUDE (filename, file_row_number), filename AS _file, file_row_number AS _pos "+
		"FROM read_parquet(%s, filename = true, file_row_number = true))", pathList(files))
}

func pathList(files []lake.File) string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = engine.Literal(f.Path)
	}
	return "[" + strings.Join(paths, ", ") + "]"
}

// findRepeats makes the temporary table repeated (_file, _pos, _row) of rows
// that repeat an earlier row's key or unique value, and writes them to a file
// of the quarantine.
func (r *run) findRepeats(ctx context.Context, c *engine.Conn) ([]lake.File, error) {
	if err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE repeated (_file VARCHAR, _pos BIGINT, _row BIGINT)"); err != nil {
		return nil, err
	}
	if len(r.ranges) < 2 {
		return nil, nil // within a range they are set apart already
	}
	var out []lake.File
	for i, d := range r.plan.Duplicates() {
		query := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM (%s) WHERE _row NOT IN (SELECT _row FROM repeated)",
			d.Repeated(r.staged(), "_file, _pos, _row"))
		if err := c.Exec(ctx, query); err != nil {
			return nil, err
		}
		file, err := r.writeRepeats(ctx, c, d, i)
		if err != nil {
			return nil, err
		}
		if file.Rows > 0 {
			out = append(out, file)
		}
	}
	return out, nil
}

// writeRepeats writes the rows of found, as they landed, to a file of the
// quarantine, and takes them out of the content of what is clean.
func (r *run) writeRepeats(ctx context.Context, c *engine.Conn, d clean.Duplicate, nth int) (lake.File, error) {
	var file lake.File
	if err := c.Row(ctx, "SELECT count(*) FROM found", &file.Rows); err != nil || file.Rows == 0 {
		return file, err
	}
	landed, err := r.landedOf(ctx, c, "found")
	if err != nil {
		return file, err
	}
	for _, statement := range []string{
		"INSERT INTO repeated FROM found",
		"CREATE OR REPLACE TEMP TABLE repeats AS SELECT * FROM " + landed + " WHERE _row IN (SELECT _row FROM found)",
		"CREATE OR REPLACE TEMP TABLE cleaned AS " + r.plan.Cleaned("repeats"),
	} {
		if err := c.Exec(ctx, statement); err != nil {
			return file, err
		}
	}
	t, err := r.plan.Count(ctx, c, "cleaned")
	if err != nil {
		return file, err
	}
	r.repeats.Add(t.Content)
	if file.Path, err = r.tables.quarantine.NewFile(r.record.ID, len(r.ranges), nth); err != nil {
		return file, err
	}
	query := r.plan.BadDuplicates("repeats", d, r.record.Sequence, len(r.ranges))
	_, err = c.Copy(ctx, query, file.Path, r.tables.quarantine.FieldIDs())
	return file, err
}

// landedOf is the relation of the ranges, as they landed, that hold the rows
// of a table; of each, the stretch in which those rows lie, so that the rest
// of a file is never unpacked.
func (r *run) landedOf(ctx context.Context, c *engine.Conn, table string) (string, error) {
	landing := ""
	var parts []string
	for _, rng := range r.ranges {
		if files := ofKind(lake.Landed, rng.Files); len(files) > 0 {
			landing = files[0].Path
		}
		var first, last sql.NullInt64
		err := c.Row(ctx, fmt.Sprintf("SELECT min(_row), max(_row) FROM %s WHERE _row >= %d AND _row < %d",
			table, rng.FirstRow, rng.FirstRow+rng.In.Rows), &first, &last)
		if err != nil {
			return "", err
		}
		if first.Valid {
			parts = append(parts, fmt.Sprintf("FROM %s WHERE _row BETWEEN %d AND %d",
				r.landedRows(landing, rng.FirstRow, rng.FileRow, rng.In.Rows), first.Int64, last.Int64))
		}
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")", nil
}

// compare works out what the clean table needs. Without a key, or with
// nothing there, the run's files take the table's place; with a key, rows
// that say what they said stay, and only the others are written or deleted.
func (r *run) compare(ctx context.Context, c *engine.Conn) (lake.Change, Delta, error) {
	var delta Delta
	if err := c.Row(ctx, "SELECT count(*) FROM repeated", &delta.Duplicates); err != nil {
		return lake.Change{}, delta, err
	}
	current, there := r.tables.clean.Current()
	if !there || current.Rows == 0 || !r.plan.Keyed() {
		delta.New = r.tally().Clean.Rows - delta.Duplicates
		deleted, err := positions(ctx, c, "SELECT _file, _pos FROM repeated ORDER BY ALL")
		return lake.Change{Add: r.files(lake.Clean), Delete: deleted, Replace: true}, delta, err
	}
	return r.compareByKey(ctx, c, delta)
}

// compareByKey matches by the hash of what a row says: a row that is in both
// stays; one that is only there goes; one that is only here comes.
func (r *run) compareByKey(ctx context.Context, c *engine.Conn, delta Delta) (lake.Change, Delta, error) {
	scan, err := r.tables.clean.Scan(ctx, lake.AsOf{})
	if err != nil {
		return lake.Change{}, delta, err
	}
	for _, statement := range []string{
		"CREATE OR REPLACE TEMP TABLE there AS " + r.plan.Identity(scan.SQLWithPosition()),
		"CREATE OR REPLACE TEMP TABLE here AS SELECT * FROM (" + r.plan.Identity(r.staged()) +
			") WHERE (_file, _pos) NOT IN (SELECT (_file, _pos) FROM repeated)",
		"CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM there ANTI JOIN here USING (k, h)",
		"CREATE OR REPLACE TEMP TABLE come AS SELECT * FROM here ANTI JOIN there USING (k, h)",
	} {
		if err := c.Exec(ctx, statement); err != nil {
			return lake.Change{}, delta, err
		}
	}
	err = c.Row(ctx, `SELECT (SELECT count(*) FROM come ANTI JOIN gone USING (k)), (SELECT count(*) FROM come SEMI JOIN gone USING (k)),
  (SELECT count(*) FROM gone ANTI JOIN come USING (k)), (SELECT count(*) FROM here) - (SELECT count(*) FROM come)`,
		&delta.New, &delta.Changed, &delta.Missing, &delta.Unchanged)
	if err != nil {
		return lake.Change{}, delta, err
	}
	change := lake.Change{}
	if change.Delete, err = positions(ctx, c, "SELECT _file, _pos FROM gone ORDER BY ALL"); err != nil {
		return change, delta, err
	}
	if delta.New+delta.Changed > 0 {
		change.Add, err = r.writeComing(ctx, c, delta.New+delta.Changed)
	}
	return change, delta, err
}

// writeComing writes the rows that the clean table does not have yet.
func (r *run) writeComing(ctx context.Context, c *engine.Conn, rows int64) ([]lake.File, error) {
	path, err := r.tables.clean.NewFile(r.record.ID, len(r.ranges), 0)
	if err != nil {
		return nil, err
	}
	file := lake.File{Path: path, Rows: rows}
	_, err = c.Copy(ctx, fmt.Sprintf("SELECT s.* EXCLUDE (_file, _pos) FROM %s s SEMI JOIN come USING (_file, _pos)", r.staged()),
		file.Path, r.tables.clean.FieldIDs())
	return []lake.File{file}, err
}

// positions collects the rows to delete, by file.
func positions(ctx context.Context, c *engine.Conn, query string) (map[string][]int64, error) {
	rows, err := c.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]int64{}
	for rows.Next() {
		var file string
		var pos int64
		if err := rows.Scan(&file, &pos); err != nil {
			return nil, err
		}
		out[file] = append(out[file], pos)
	}
	return out, rows.Err()
}

// relation is a planned read, to stand in a FROM.
func relation(s lake.Scan) string { return "(" + s.SQL() + ")" }
