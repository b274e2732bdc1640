package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// byComparison links the records that no key has, by what they say: with the
// things that a block finds for them, and with one another.
func (r *run) byComparison(ctx context.Context) error {
	if len(r.entity.Match.Compare) == 0 || len(r.entity.Match.Block) == 0 {
		return nil
	}
	if err := r.leftOver(ctx); err != nil {
		return err
	}
	table, things, records, err := r.read(ctx)
	if err != nil || len(records) == 0 {
		return err
	}
	spec := r.entity.Spec()
	_, spec.Threshold = r.entity.Review()
	found, err := link.Link(ctx, table, spec)
	if err != nil {
		return err
	}
	r.report.Weights, r.report.Prior = found.Weights(), found.Prior
	if err := r.take(ctx, found, things, records); err != nil {
		return err
	}
	return r.keepUncertain(ctx, found, things, records)
}

// fewest is how many of the compared fields a record must say.
const fewest = 2

// leftOver makes sen_left, the records without a thing, and sen_known, the
// things that share a block with one of them, both with the compared fields.
func (r *run) leftOver(ctx context.Context) error {
	values, says := []string{}, []string{}
	for _, f := range r.entity.Match.Compare {
		values = append(values, r.said(f)+" AS "+engine.Ident(f))
		says = append(says, "("+r.said(f)+" IS NOT NULL)::INT")
	}
	// A name alone says nothing.
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_left AS SELECT m._src, m._record, %s FROM %s m JOIN sen_l l ON l._src = m._src AND l._record = m._record WHERE l._entity IS NULL AND %s >= %d",
		strings.Join(values, ", "), r.loose, strings.Join(says, " + "), fewest); err != nil {
		return err
	}
	var n int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM sen_left", &n); err != nil {
		return err
	}
	if n > 0 {
		if err := r.keepDrawn(ctx); err != nil {
			return err
		}
		if err := r.known(ctx); err != nil {
			return err
		}
	}
	if r.Scratch == "" {
		return r.drop(ctx, "sen_loose")
	}
	return nil
}

// most is from how many datasets, those that are believed first, a thing's
// values are taken to compare it.
const most = 3

// known makes sen_known. What a thing is compared by is what the sources say
// that are believed first; the register's own columns spare two of them where
// things are looked for.
func (r *run) known(ctx context.Context) error {
	name, birth := r.nameAndBirth()
	registered := map[string]string{name: "g._name", birth: "g._birth", r.keys()[0]: "g._k"}
	if err := r.makeKnown(ctx, "sen_blocked", "SELECT _id AS entity, * FROM sen_register", registered, ""); err != nil {
		return err
	}
	var near []string
	for _, block := range r.entity.Spec().Block {
		var on []string
		for _, term := range block {
			on = append(on, blockKey("a", term)+" = "+blockKey("b", term))
		}
		near = append(near, "SELECT b.entity FROM sen_left a JOIN sen_blocked b ON "+strings.Join(on, " AND "))
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_near AS %s", strings.Join(near, " UNION ")); err != nil {
		return err
	}
	if err := r.makeKnown(ctx, "sen_known", "FROM sen_near", nil, " AND l._entity IN (FROM sen_near)"); err != nil {
		return err
	}
	return r.drop(ctx, "sen_blocked", "sen_near")
}

// makeKnown makes a table of some things (entity) and the compared fields as
// those say them who are believed first, but for the fields whose value is
// given. and narrows down which links l are looked at.
func (r *run) makeKnown(ctx context.Context, table, things string, given map[string]string, and string) error {
	values, joins := r.believed(given, func(source int, least string) string {
		return fmt.Sprintf("(SELECT l._entity, %s FROM %s m JOIN sen_l l ON l._record = m._record WHERE l._src = %d AND l._entity IS NOT NULL%s GROUP BY l._entity) s%[3]d ON g.entity = s%[3]d._entity",
			least, mention(source), source, and)
	})
	for i, f := range r.entity.Match.Compare {
		values[i] += " AS " + engine.Ident(f)
	}
	return r.exec(ctx, "CREATE OR REPLACE TEMP TABLE %s AS SELECT g.entity, %s FROM (%s) g%s", table, strings.Join(values, ", "), things, joins)
}

// believed is SQL, of things g: the compared fields as those say them who are believed
// first, but for the fields whose value is given, and the joins that give them.
// says is what a source says of each thing as the relation sN of a join, by the least of its values m.
func (r *run) believed(given map[string]string, says func(source int, least string) string) (values []string, joins string) {
	fields := map[int][]string{}
	for _, f := range r.entity.Match.Compare {
		if given[f] != "" {
			values = append(values, given[f])
			continue
		}
		said := []string{"CAST(NULL AS VARCHAR)"}
		parts := slices.DeleteFunc(r.partsOf(f), func(p part) bool { return r.sources[p.source].Record.Role == link.Mentioning })
		for _, p := range parts[:min(most, len(parts))] {
			fields[p.source] = append(fields[p.source], f)
			said = append(said, fmt.Sprintf("s%d.%s", p.source, engine.Ident(f)))
		}
		values = append(values, "coalesce("+strings.Join(said, ", ")+")")
	}
	for _, s := range slices.Sorted(maps.Keys(fields)) {
		least := make([]string, len(fields[s]))
		for i, f := range fields[s] {
			least[i] = fmt.Sprintf("min(m.%s) AS %[1]s", engine.Ident(f))
		}
		joins += "\nLEFT JOIN " + says(s, strings.Join(least, ", "))
	}
	return values, joins
}

// blockKey is a term of a block as SQL.
func blockKey(of string, t link.Term) string {
	x := "sen_fold(" + of + "." + engine.Ident(t.Column) + ")"
	switch t.By {
	case link.Start, link.Year:
		return "left(" + x + ", 4)"
	case link.End:
		return "right(" + x + ", 4)"
	}
	return x
}

type record struct {
	source uint8
	id     int64
}

// read makes the table that is linked: the things first, then the records,
// both in an order of their own.
func (r *run) read(ctx context.Context) (t *link.Table, things []int64, records []record, err error) {
	compared := r.entity.Match.Compare
	t = link.NewTable(compared)
	t.Among = int(r.registered)
	list := make([]string, len(compared))
	for i, f := range compared {
		list[i] = "coalesce(" + engine.Ident(f) + ", '')"
	}
	var n int64
	if err := r.c.Row(ctx, "SELECT count(*) FROM sen_left", &n); err != nil || n == 0 {
		return t, nil, nil, err
	}
	err = r.c.Batches(ctx, "SELECT entity, "+strings.Join(list, ", ")+" FROM sen_known ORDER BY entity", func(batch arrow.RecordBatch) error {
		things = append(things, batch.Column(0).(*array.Int64).Int64Values()...)
		t.AddColumns(texts(batch, 1))
		return nil
	})
	if err != nil {
		return t, nil, nil, err
	}
	t.Anchors = t.Rows
	err = r.c.Batches(ctx, "SELECT _src, CAST(_record AS BIGINT), "+strings.Join(list, ", ")+" FROM sen_left ORDER BY _src, _record", func(batch arrow.RecordBatch) error {
		ids := batch.Column(1).(*array.Int64).Int64Values()
		for i, source := range batch.Column(0).(*array.Uint8).Uint8Values() {
			records = append(records, record{source, ids[i]})
		}
		t.AddColumns(texts(batch, 2))
		return nil
	})
	if err != nil {
		return t, things, nil, err
	}
	return t, things, records, r.teach(ctx, t)
}

// texts are a batch's columns from one on, which stand as long as the batch.
func texts(batch arrow.RecordBatch, from int) [][]string {
	out := make([][]string, int(batch.NumCols())-from)
	for i := range out {
		column := batch.Column(from + i).(*array.String)
		out[i] = make([]string, column.Len())
		for row := range out[i] {
			out[i][row] = column.Value(row)
		}
	}
	return out
}

// take writes what was found into the links: to each record the thing in its
// cluster, or where there is none, one of the cluster's own.
func (r *run) take(ctx context.Context, found *link.Result, things []int64, records []record) error {
	size := map[int32]int{}
	for _, c := range found.Cluster {
		size[c]++
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_found (_src UTINYINT, _record BIGINT, entity BIGINT, first_src UTINYINT, first_record BIGINT)"); err != nil {
		return err
	}
	var rows []string
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := r.exec(ctx, "INSERT INTO sen_found VALUES %s", strings.Join(rows, ", "))
		rows = rows[:0]
		return err
	}
	for i, one := range records {
		cluster := found.Cluster[len(things)+i]
		if size[cluster] < 2 {
			continue
		}
		entity, first := "NULL", record{}
		if int(cluster) < len(things) {
			entity = fmt.Sprint(things[cluster])
		} else {
			first = records[int(cluster)-len(things)]
		}
		rows = append(rows, fmt.Sprintf("(%d, %d, %s, %d, %d)", one.source, one.id, entity, first.source, first.id))
		if len(rows) == 2000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := r.exec(ctx, `UPDATE sen_l AS l SET _entity = coalesce(f.entity, CAST(hash(%s, %s[f.first_src + 1], f.first_record) >> 1 AS BIGINT)), _how = '%s'
FROM sen_found f WHERE f._src = l._src AND l._record = f._record AND l._entity IS NULL`, engine.Literal(r.entity.Entity), r.names(), Probable); err != nil {
		return err
	}
	r.threshold = found.Threshold
	return r.drop(ctx, "sen_found", "sen_left", "sen_known", "sen_drawn")
}
