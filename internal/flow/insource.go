package flow

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
	"github.com/sen-hub/sen/internal/source/connect"
	"github.com/sen-hub/sen/internal/source/live"
)

// Since is what has changed in a source since its certificate, by its key.
type Since struct {
	New     int64 `json:"new"`
	Changed int64 `json:"changed"`
	Gone    int64 `json:"gone"`
}

// VerifyInSource has the source's own server add up an md5 sum for each range,
// by its own SQL, and holds it against the same sum over what landed: so what
// is compared never passed through the hub's reader. Where they differ, the
// source is read again and Since says what has changed.
func (f *Flow) VerifyInSource(ctx context.Context, d contract.Dataset) (Verification, error) {
	if !live.Reads(d.Server) {
		return Verification{Dataset: d.Name}, sen.Errorf(sen.Invalid, "its source is files, which add up nothing by themselves").At("%s", d.Name).
			WithHint("`sen verify %s` reads their bytes again", d.Name)
	}
	defer f.follow(ctx)()
	return f.look(ctx, d, (*verifying).inSource)
}

func (w *verifying) inSource(ctx context.Context) error {
	theirs, err := w.theirs(ctx)
	if err != nil {
		return err
	}
	ours := make([]live.Sum, len(w.ranges))
	for i := range w.ranges {
		if ours[i], err = w.landedSum(ctx, i); err != nil {
			return err
		}
	}
	w.holdSums(ours, theirs)
	if w.v.OK() {
		return nil
	}
	return w.sinceThen(ctx)
}

// theirs are the sums of the certificate's ranges, by the source's server.
func (w *verifying) theirs(ctx context.Context) ([]live.Sum, error) {
	server, err := live.FromContract(w.dataset.Contract.File, w.o.Hub, w.dataset.Server)
	if err != nil {
		return nil, err
	}
	db, err := connect.Database(server, connect.Options{Base: w.o.Hub, Gates: &w.gates})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var ranges []source.Range
	for _, r := range w.ranges {
		if r.Place == nil {
			return nil, sen.Errorf(sen.Invalid, "its last certificate is of files").WithHint("run `sen sync --force %s`", w.dataset.Name)
		}
		ranges = append(ranges, source.Range{Number: r.Number, FirstRow: r.FirstRow, Rows: r.In.Rows, FileRow: r.FileRow, File: r.Place.Part, Start: r.Place.Start, End: r.Place.End, Mark: r.mark})
	}
	var columns []string
	for _, c := range w.plan.Source {
		columns = append(columns, c.Name)
	}
	return db.Sums(ctx, w.dataset.Object.Source(), columns, ranges)
}

// landedSum is the sum that live.Sum describes, over a range as it landed.
func (w *verifying) landedSum(ctx context.Context, i int) (live.Sum, error) {
	var parts []string
	for _, c := range w.plan.Source {
		name := engine.Ident(c.Name)
		parts = append(parts, fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN '-' ELSE strlen(%[1]s) || ':' || %[1]s END", name))
	}
	var s live.Sum
	var sum string
	query := fmt.Sprintf("SELECT count(*), CAST(coalesce(sum(CAST('0x' || left(md5(%s), 16) AS UBIGINT)), 0) %% 18446744073709551616 AS VARCHAR) FROM %s",
		strings.Join(parts, " || "), w.landedRange(i))
	if err := w.conn.Row(ctx, query, &s.Rows, &sum); err != nil {
		return s, err
	}
	n, err := strconv.ParseUint(sum, 10, 64)
	s.Sum = n
	return s, err
}

// holdSums compares range by range, and where a part of the source is added up
// in one piece, part by part.
func (w *verifying) holdSums(ours, theirs []live.Sum) {
	if len(ours) == 0 { // the table was empty: there is one sum, of all of it
		if len(theirs) > 0 && theirs[0].Rows > 0 {
			w.differs(Difference{Side: SideSource, Row: -1, What: fmt.Sprintf("the server counts %d rows; none landed", theirs[0].Rows)})
		}
		return
	}
	type sums struct{ ours, theirs live.Sum }
	parts := map[string]*sums{}
	for i, r := range w.ranges {
		p := parts[r.Place.Part]
		if p == nil {
			p = &sums{}
			parts[r.Place.Part] = p
		}
		p.ours = live.Sum{Rows: p.ours.Rows + ours[i].Rows, Sum: p.ours.Sum + ours[i].Sum}
		p.theirs = live.Sum{Rows: p.theirs.Rows + theirs[i].Rows, Sum: p.theirs.Sum + theirs[i].Sum}
	}
	for i, r := range w.ranges {
		if p := parts[r.Place.Part]; ours[i] == theirs[i] || p.ours == p.theirs {
			continue
		}
		what := "the server's sum is another"
		if ours[i].Rows != theirs[i].Rows {
			what = fmt.Sprintf("the server counts %d rows; %d landed", theirs[i].Rows, ours[i].Rows)
		}
		w.differs(Difference{Side: SideSource, Range: i, Row: -1, What: what})
	}
}

// sinceThen reads the source again and counts, by its key, what has changed.
func (w *verifying) sinceThen(ctx context.Context) error {
	in, err := w.openSource(ctx, w.dataset)
	if err != nil {
		return err
	}
	defer func() { _ = in.close() }()
	var key, all []string
	for _, p := range w.dataset.Key() {
		key = append(key, p.Source())
	}
	for _, c := range w.plan.Source {
		all = append(all, c.Name)
	}
	if len(key) == 0 {
		w.note("the source has changed since; without a key in its contract, nothing tells which rows")
		return nil
	}
	identity := fmt.Sprintf("SELECT hash(%s) AS k, hash(%s) AS h FROM ", engine.Idents(key), engine.Idents(all))
	for i := range w.ranges {
		if err := w.gather(ctx, "then_rows", i == 0, identity+w.landedRange(i)); err != nil {
			return err
		}
	}
	if err := w.conn.Exec(ctx, "CREATE OR REPLACE TEMP TABLE now_rows (k UBIGINT, h UBIGINT)"); err != nil {
		return err
	}
	_, err = in.read(ctx, source.Mark{}, func(r *source.Range) error {
		defer r.Release()
		if err := w.conn.Load(ctx, "again", r.Batches); err != nil {
			return err
		}
		return w.gather(ctx, "now_rows", false, identity+"again")
	})
	if err != nil {
		return err
	}
	w.v.Since = &Since{}
	return w.conn.Row(ctx, `SELECT (SELECT count(*) FROM now_rows ANTI JOIN then_rows USING (k)),
  (SELECT count(*) FROM now_rows n JOIN then_rows t ON n.k = t.k WHERE n.h <> t.h),
  (SELECT count(*) FROM then_rows ANTI JOIN now_rows USING (k))`, &w.v.Since.New, &w.v.Since.Changed, &w.v.Since.Gone)
}

func (w *verifying) gather(ctx context.Context, table string, first bool, query string) error {
	statement := "INSERT INTO " + table + " "
	if first {
		statement = "CREATE OR REPLACE TEMP TABLE " + table + " AS "
	}
	return w.conn.Exec(ctx, statement+query)
}
