package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

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
// that they need, some datasets side by side. A row that points to a record
// which the other dataset does not have is clean as a row: it is counted and
// told, not set apart.
type references struct {
	*Flow
	lock sync.Mutex
	keys map[string]*keyHashes // dataset and columns → their hashes
}

// keyHashes is a table of the hashes of a reference's target, made once
// however many references lead there. All sessions of the engine see it.
type keyHashes struct {
	sync.Once
	table string
	err   error
}

// checkAll checks what the datasets whose sync went well refer to.
func (r *references) checkAll(ctx context.Context, datasets []contract.Dataset, out []Outcome) {
	var group errgroup.Group
	group.SetLimit(r.o.Cleaners)
	for i, d := range datasets {
		if out[i].Err == nil && len(d.References())+len(d.CrossRules()) > 0 {
			group.Go(func() error {
				out[i].Err = r.check(ctx, d, &out[i])
				return nil
			})
		}
	}
	_ = group.Wait() // each outcome has its own error
	r.drop(context.WithoutCancel(ctx))
}

// drop removes the tables of hashes.
func (r *references) drop(ctx context.Context) {
	c, err := r.o.Engine.Conn(ctx)
	if err != nil {
		return // the engine is at its end, and they with it
	}
	defer c.Close()
	for _, k := range r.keys {
		_ = c.Exec(ctx, "DROP TABLE IF EXISTS "+k.table) // it lies in memory alone
	}
}

// check counts a dataset's dangling references and measures its quality with
// them. A target that has never been synchronised makes the rule not-run.
func (r *references) check(ctx context.Context, d contract.Dataset, out *Outcome) error {
	c, err := r.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	from, err := r.cleanScan(ctx, d.Name)
	if err != nil {
		return err
	}
	for _, ref := range d.References() {
		result := clean.Result{Rule: referenceRule + string(ref.To), Column: strings.Join(ref.Columns, ", "),
			Dimension: "consistency", Severity: clean.SeverityWarning, Unit: "rows", Expect: "= 0"}
		total, err := r.dangling(ctx, c, from, ref, &result)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", d.Name, result.Rule, err)
		}
		out.Results = append(out.Results, result)
		if result.Status != clean.StatusNotRun {
			out.found.References = append(out.found.References, quality.Reference{Column: result.Column,
				To: string(ref.To) + "." + strings.Join(ref.ToColumns, ", "), Resolved: total - int64(result.Value), Total: total})
		}
	}
	for _, rule := range d.CrossRules() {
		result, err := r.across(ctx, c, d, from, rule)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", d.Name, rule.Rule.Label(), err)
		}
		for _, all := range []*[]clean.Result{&out.Results, &out.found.Results} {
			*all = append(slices.DeleteFunc(slices.Clone(*all), func(o clean.Result) bool { return o.Rule == result.Rule && o.Column == "" }), result)
		}
	}
	return quality.Store(ctx, r.o.State, quality.Measure(out.found))
}

// across counts the rows that break a rule which needs other datasets. One that
// has never been synchronised makes the rule not-run.
func (r *references) across(ctx context.Context, c *engine.Conn, d contract.Dataset, own string, rule contract.CrossRule) (clean.Result, error) {
	result := clean.Result{Rule: rule.Rule.Label(), Dimension: rule.Rule.Dimension, Severity: rule.Rule.Severity, Unit: "rows", Expect: "= 0", Status: clean.StatusOK}
	if result.Severity == "" {
		result.Severity = clean.SeverityWarning
	}
	var others []string
	for _, with := range rule.With {
		other, err := r.cleanScan(ctx, with)
		if sen.KindOf(err) == sen.NotFound {
			result.Status, result.Text = clean.StatusNotRun, fmt.Sprintf("%s has not been synchronised", with)
			return result, nil
		}
		if err != nil {
			return result, err
		}
		others = append(others, other)
	}
	query := clean.Gaps
	if rule.Kind != contract.CrossSequence {
		query = func(r contract.CrossRule, own string) string {
			return "SELECT count(*) " + clean.CrossRows(r, own, others)
		}
	}
	err := c.Row(ctx, "SELECT CAST(("+query(rule, own)+") AS DOUBLE)", &result.Value)
	switch {
	case err == nil && result.Value > 0:
		result.Status = clean.StatusFailed
	case err == nil:
	case ctx.Err() != nil || sen.KindOf(err) == sen.Unavailable:
		return result, err
	default: // the engine's words may name a value: they go no further
		result.Status, result.Fault = clean.StatusBroken, "the engine cannot hold its columns against those of the other dataset"
		result.Where = fmt.Sprintf("%s:%d", d.Contract.File, rule.Rule.Line)
		result.Hint = "synchronise both datasets under the contracts as they are now, and see that both sides hold one type"
	}
	return result, nil
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
func (r *references) dangling(ctx context.Context, c *engine.Conn, from string, ref contract.Reference, result *clean.Result) (total int64, err error) {
	keys, err := r.hashes(ctx, c, ref)
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
	if err := c.Row(ctx, query, &total, &result.Value); err != nil {
		return 0, err
	}
	result.Status = clean.StatusOK
	if result.Value > 0 {
		result.Status = clean.StatusFailed
	}
	return total, nil
}

// hashes is the table of the hashes of a reference's target.
func (r *references) hashes(ctx context.Context, c *engine.Conn, ref contract.Reference) (string, error) {
	name := string(ref.To) + " " + strings.Join(ref.ToColumns, " ")
	r.lock.Lock()
	k := r.keys[name]
	if k == nil {
		k = &keyHashes{table: fmt.Sprintf("keys_%d", r.tables.Add(1))}
		r.keys[name] = k
	}
	r.lock.Unlock()
	k.Do(func() {
		var to string
		if to, k.err = r.cleanScan(ctx, ref.To); k.err == nil {
			k.err = c.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %s AS SELECT %s AS h FROM %s WHERE %s",
				k.table, hashOf(ref.ToColumns), to, present(ref.ToColumns)))
		}
	})
	return k.table, k.err
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
