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
)

// checkReferences counts the rows of a dataset that point to a record which
// the other dataset does not have. They are clean as rows, so they are
// counted and told, not set apart. A target that has never been synchronised
// makes the reference not-run.
func (f *Flow) checkReferences(ctx context.Context, d contract.Dataset, out *Outcome) error {
	references := d.References()
	if len(references) == 0 {
		return nil
	}
	c, err := f.o.Engine.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	from, err := f.cleanScan(ctx, d.Name)
	if err != nil {
		return err
	}
	for _, ref := range references {
		result := clean.Result{Rule: "references " + string(ref.To), Column: strings.Join(ref.Columns, ", "),
			Dimension: "consistency", Severity: clean.SeverityWarning, Expect: "= 0"}
		if err := f.dangling(ctx, c, from, ref, &result); err != nil {
			return err
		}
		out.Results = append(out.Results, result)
	}
	if out.Certificate == nil {
		return nil
	}
	return f.o.State.PutQuality(ctx, out.Certificate.Run, quality(out.Results, out.Certificate.Tally))
}

func (f *Flow) cleanScan(ctx context.Context, dataset sen.Dataset) (string, error) {
	t, err := f.o.Lake.Lookup(ctx, lake.Clean, dataset)
	if err != nil {
		return "", err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	return relation(scan), err
}

func (f *Flow) dangling(ctx context.Context, c *engine.Conn, from string, ref contract.Reference, result *clean.Result) error {
	to, err := f.cleanScan(ctx, ref.To)
	if sen.KindOf(err) == sen.NotFound {
		result.Status = clean.StatusNotRun
		result.Text = fmt.Sprintf("%s has not been synchronised", ref.To)
		return nil
	}
	if err != nil {
		return err
	}
	var present, match []string
	for i := range ref.Columns {
		present = append(present, "a."+engine.Ident(ref.Columns[i])+" IS NOT NULL")
		match = append(match, fmt.Sprintf("CAST(a.%s AS VARCHAR) = CAST(b.%s AS VARCHAR)", engine.Ident(ref.Columns[i]), engine.Ident(ref.ToColumns[i])))
	}
	query := fmt.Sprintf("SELECT count(*)::DOUBLE FROM (FROM %s a WHERE %s) a ANTI JOIN %s b ON %s",
		from, strings.Join(present, " AND "), to, strings.Join(match, " AND "))
	if err := c.Row(ctx, query, &result.Value); err != nil {
		return err
	}
	result.Status = clean.StatusOK
	if result.Value > 0 {
		result.Status = clean.StatusFailed
	}
	return nil
}
