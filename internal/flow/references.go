package flow

import (
	"context"
	"fmt"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/clean"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/quality"
)

// referenceRule begins the name of a relationship among the results.
const referenceRule = "references "

// references checks relationships between datasets, at the end of the syncs
// that they need. A row that points to a record which the other dataset does
// not have is clean as a row: it is counted and told, not set apart.
type references struct {
	*Flow
	conn *engine.Conn
	keys map[string]string // dataset and columns → the temporary table of their hashes
}

func (r *references) close() {
	if r.conn != nil {
		r.conn.Close()
	}
}

// check counts a dataset's dangling references and measures its quality with
// them. A target that has never been synchronised makes the rule not-run.
func (r *references) check(ctx context.Context, d contract.Dataset, out *Outcome) (err error) {
	if len(d.References()) == 0 {
		return nil
	}
	if r.conn == nil {
		if r.conn, err = r.o.Engine.Conn(ctx); err != nil {
			return err
		}
	}
	from, err := r.cleanScan(ctx, d.Name)
	if err != nil {
		return err
	}
	for _, ref := range d.References() {
		result := clean.Result{Rule: referenceRule + string(ref.To), Column: strings.Join(ref.Columns, ", "),
			Dimension: "consistency", Severity: clean.SeverityWarning, Unit: "rows", Expect: "= 0"}
		total, err := r.dangling(ctx, from, ref, &result)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", d.Name, result.Rule, err)
		}
		out.Results = append(out.Results, result)
		if result.Status != clean.StatusNotRun {
			out.found.References = append(out.found.References, quality.Reference{Column: result.Column,
				To: string(ref.To) + "." + strings.Join(ref.ToColumns, ", "), Resolved: total - int64(result.Value), Total: total})
		}
	}
	return quality.Store(ctx, r.o.State, quality.Measure(out.found))
}

// cleanScan is the relation of a dataset's clean rows.
func (f *Flow) cleanScan(ctx context.Context, dataset sen.Dataset) (string, error) {
	t, err := f.o.Lake.Lookup(ctx, lake.Clean, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return relation(scan), err
}

// dangling counts the rows with a reference, and those whose reference leads
// nowhere. Hashes stand for the keys: they are compared a billion times and
// read once.
func (r *references) dangling(ctx context.Context, from string, ref contract.Reference, result *clean.Result) (total int64, err error) {
	keys, err := r.keyHashes(ctx, ref)
	if sen.KindOf(err) == sen.NotFound {
		result.Status = clean.StatusNotRun
		result.Text = fmt.Sprintf("%s has not been synchronised", ref.To)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	query := fmt.Sprintf("SELECT count(*), coalesce(sum(CASE WHEN h NOT IN (SELECT h FROM %s) THEN 1 ELSE 0 END), 0)::DOUBLE FROM (SELECT %s AS h FROM %s WHERE %s)",
		keys, hashOf(ref.Columns), from, present(ref.Columns))
	if err := r.conn.Row(ctx, query, &total, &result.Value); err != nil {
		return 0, err
	}
	result.Status = clean.StatusOK
	if result.Value > 0 {
		result.Status = clean.StatusFailed
	}
	return total, nil
}

// keyHashes is the temporary table of the hashes of a reference's target,
// made once however many references lead there.
func (r *references) keyHashes(ctx context.Context, ref contract.Reference) (string, error) {
	name := string(ref.To) + " " + strings.Join(ref.ToColumns, " ")
	if table, ok := r.keys[name]; ok {
		return table, nil
	}
	to, err := r.cleanScan(ctx, ref.To)
	if err != nil {
		return "", err
	}
	table := fmt.Sprintf("keys_%d", len(r.keys))
	r.keys[name] = table
	return table, r.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s AS h FROM %s WHERE %s",
		table, hashOf(ref.ToColumns), to, present(ref.ToColumns)))
}

func hashOf(columns []string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = "CAST(" + engine.Ident(c) + " AS VARCHAR)"
	}
	return "hash(" + strings.Join(parts, ", ") + ")"
}

func present(columns []string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = engine.Ident(c) + " IS NOT NULL"
	}
	return strings.Join(parts, " AND ")
}
