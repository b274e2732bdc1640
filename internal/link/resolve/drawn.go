package resolve

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
)

// drawnThings is about how many things of the register are drawn, to learn of
// their records how those of one thing differ.
const drawnThings = 1 << 14

// draw chooses the things: those with the least identifiers, which are hashes.
func (r *run) draw(ctx context.Context) error {
	if len(r.taught()) == 0 {
		return nil
	}
	if err := r.c.Row(ctx, "SELECT count(*) FROM sen_register", &r.registered); err != nil {
		return err
	}
	r.drawnTo = math.MaxInt64
	if r.registered > drawnThings {
		r.drawnTo = int64(drawnThings / float64(r.registered) * math.MaxInt64)
	}
	return nil
}

// drawn is SQL: whether a link is one of the things that are drawn.
func (r *run) drawn() string { return fmt.Sprintf("_entity < %d", r.drawnTo) }

// taught are the compared fields of which the records that keys have linked
// teach how they differ. Keys are none: who has been found by a number agrees
// on it.
func (r *run) taught() []string {
	if len(r.entity.Match.Block) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.entity.Match.Compare), func(f string) bool { return slices.Contains(r.keys(), f) })
}

// keepDrawn makes sen_drawn: of each thing that is drawn one record of each source
// that speaks of it, _entity and _src with what it says of the compared fields. Of a
// record that says little nothing could have contradicted its key.
func (r *run) keepDrawn(ctx context.Context) error {
	values, says := []string{}, []string{}
	taught := r.taught()
	for _, f := range r.entity.Match.Compare {
		value := "CAST(NULL AS VARCHAR)"
		if slices.Contains(taught, f) {
			value = r.said(f)
			says = append(says, "("+value+" IS NOT NULL)::INT")
		}
		values = append(values, value+" AS "+engine.Ident(f))
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP TABLE sen_drawn AS SELECT l._entity, m._src, %s FROM %s m JOIN sen_l l ON l._src = m._src AND l._record = m._record
WHERE l.%s AND %s >= %d QUALIFY row_number() OVER (PARTITION BY l._entity, m._src ORDER BY m._record) = 1`,
		strings.Join(values, ", "), r.loose, r.drawn(), strings.Join(append(says, "0"), " + "), min(fewest, len(taught)))
}

// teach puts in the table what each record of sen_drawn says, beside what the
// other sources say of its thing, as things are compared: records that keys have
// linked are known to be of one thing. How they differ is m of Fellegi and Sunter,
// with no need of EM (as from pairs that are known to be matches: Herzog, Scheuren and Winkler, Data Quality and
// Record Linkage Techniques, 2007, chapter 8).
//
// It is a little kinder than the truth: a record whose name and birth date both
// contradict its key is not linked by it, and who gives a number may write better
// than who does not.
func (r *run) teach(ctx context.Context, t *link.Table) error {
	compared := r.entity.Match.Compare
	own := make([]string, len(compared))
	for i, f := range compared {
		own[i] = "coalesce(g." + engine.Ident(f) + ", '')"
	}
	values, joins := r.believed(nil, func(source int, least string) string {
		return fmt.Sprintf("(SELECT m._entity, %s FROM sen_drawn m WHERE m._src = %d GROUP BY m._entity) s%[2]d ON CASE WHEN g._src <> %[2]d THEN g._entity END = s%[2]d._entity", least, source)
	})
	for i, v := range values {
		values[i] = "coalesce(" + v + ", '')"
	}
	rows, err := r.c.Query(ctx, "SELECT "+strings.Join(slices.Concat(own, values), ", ")+" FROM sen_drawn g"+joins+" ORDER BY g._entity, g._src")
	if err != nil {
		return err
	}
	defer rows.Close()
	said := make([]string, 2*len(compared))
	into := make([]any, len(said))
	for i := range said {
		into[i] = &said[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		t.AddKnown(said[:len(compared)], said[len(compared):])
	}
	return rows.Err()
}
