// Package resolve finds, for an entity of a hub, which records of which
// datasets speak of one thing, and what survives of what they say: links and
// golden records. In come relations of the engine and the entity's file; out
// go a relation of links and golden records, a range of things at a time.
//
// Keys decide first, where they are plausible. What no key decides is compared
// as package link does, with the things that are known and with one another;
// two things of the register are never one.
//
// What is held for every record is narrow (which thing, of which source); what
// the records say is read where it is needed: once for the keys, once for the
// few that are compared, once for the golden records.
package resolve

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// Source is records that speak of the entity: a relation in parentheses, with
// the column _key.
type Source struct {
	Name     string // dataset, or dataset/part
	Relation string
	Record   link.Record
}

// Options are what one resolution works on.
type Options struct {
	Entity  *link.Entity
	Sources []Source
	Before  string // relation of the links of an earlier run, whose identifiers are kept; or empty
	Scratch string // folder for what records say, a range of things at a time, where there are more than Things

	// Decisions are what people have decided about the entity, what they have
	// withdrawn too. Those that stand go before what keys and records say.
	Decisions []state.Decision

	// Step is told of each step before it begins, by its place in Steps; nil is not.
	Step func(n int)

	// Golden takes the golden records of one range of things, in order of
	// their identifiers, as a query; the ranges come in order.
	Golden func(ctx context.Context, query string) error

	// Things is how many golden records are made at a time; default 2^19.
	// With as many, the engine holds about 1 GB.
	Things int64
}

// Links is the relation of the links that Run makes in the session: entity
// BIGINT (NULL: none was found), dataset, record BIGINT, how, probability.
const Links = "sen_links"

// How a record was linked.
const (
	ByKey      = "key"       // by the entity's first key
	ByOtherKey = "other-key" // by another key, as an old number
	Probable   = "probable"  // by what it says, with a probability
	Alone      = "alone"     // it speaks of a thing that nothing else knows
	Decided    = "decision"  // a person said so
)

// Report counts what was found.
type Report struct {
	Entity    string           `json:"entity"`
	Records   int64            `json:"records"`
	Linked    map[string]int64 `json:"linked"` // records, by how
	Unlinked  int64            `json:"unlinked"`
	Things    int64            `json:"things"`
	Conflicts int64            `json:"conflicts"`           // records whose key names a thing that name and birth date contradict, and successions that are not lawful
	Succeeded int64            `json:"succeeded,omitempty"` // numbers that another lawfully succeeds
	Change    *Change          `json:"change,omitempty"`
	Decisions *Decisions       `json:"decisions,omitempty"` // nil: nobody has decided anything
	Review    int64            `json:"review"`              // pairs that are for a person to decide

	Seconds map[string]float64 `json:"seconds"` // by step

	Prior   float64       `json:"prior_bits,omitempty"` // of a record and a thing, or another record, before they are compared: log2 of the odds
	Weights []link.Weight `json:"weights,omitempty"`    // what each level of each comparison was found to be worth
}

// Change is what a run made of the things of the run before it.
type Change struct {
	Merged   int64 `json:"merged"`   // things that were several
	Split    int64 `json:"split"`    // things that became several
	Appeared int64 `json:"appeared"` // things that were not there
	Gone     int64 `json:"gone"`     // things that are not there any more
}

// run is one resolution in one session.
type run struct {
	Options
	c          *engine.Conn
	entity     *link.Entity
	sources    []Source
	loose      string  // relation of what the records say that the first key does not link
	drawnTo    int64   // the things whose identifiers are less are drawn, see draw
	registered int64   // things of the register
	threshold  float64 // the probability from which records that were compared are one
	report     Report

	renumbered bool // the records are read by the newest of their numbers
}

// Steps are what Run does, in this order.
var Steps = []string{"mentions", "succession", "register", "keys", "compare", "alone", "decide", "identifiers", "decided", "review", "count", "golden"}

// Run makes the relation Links in the session, and hands over the golden
// records.
func Run(ctx context.Context, c *engine.Conn, o Options) (Report, error) {
	if o.Things <= 0 {
		o.Things = 1 << 19
	}
	r := &run{Options: o, c: c, entity: o.Entity, sources: o.Sources,
		report: Report{Entity: o.Entity.Entity, Linked: map[string]int64{}, Seconds: map[string]float64{}}}
	if o.Scratch != "" {
		defer os.RemoveAll(o.Scratch)
	}
	for n, do := range []func(context.Context) error{
		r.mentions, r.succession, r.register, r.byKey, r.byComparison, r.alone, r.decide, r.keepIdentifiers, r.decided, r.review, r.count, r.golden,
	} {
		if o.Step != nil {
			o.Step(n)
		}
		begun := time.Now()
		if err := do(ctx); err != nil {
			return r.report, fmt.Errorf("entity %s: %w", r.entity.Entity, err)
		}
		r.report.Seconds[Steps[n]] = time.Since(begun).Seconds()
	}
	return r.report, nil
}

func (r *run) exec(ctx context.Context, format string, args ...any) error {
	return r.c.Exec(ctx, fmt.Sprintf(format, args...))
}

// drop removes tables of the session that no later step reads.
func (r *run) drop(ctx context.Context, tables ...string) error {
	for _, t := range tables {
		if err := r.exec(ctx, "DROP TABLE IF EXISTS %s", t); err != nil {
			return err
		}
	}
	return nil
}

// keys are the fields that are keys, the first one first.
func (r *run) keys() []string { return r.entity.Keys() }

func mention(i int) string { return fmt.Sprintf("sen_m%d", i) }

// mentions makes a view of each source's records under the entity's fields.
func (r *run) mentions(ctx context.Context) error {
	if err := r.exec(ctx, foldMacro); err != nil {
		return err
	}
	for i, s := range r.sources {
		columns, said := []string{"_key AS _record"}, []string{"NULL"}
		for _, f := range r.entity.Fields.Names() {
			if column, given := s.Record.Fields[f]; given {
				columns = append(columns, fmt.Sprintf("CAST(%s AS VARCHAR) AS %s", engine.Ident(column), engine.Ident(f)))
				said = append(said, "CAST("+engine.Ident(column)+" AS VARCHAR)")
			}
		}
		asOf := "CAST(NULL AS DATE)"
		if s.Record.AsOf != "" {
			asOf = "TRY_CAST(" + engine.Ident(s.Record.AsOf) + " AS DATE)"
		}
		says := fmt.Sprintf("SELECT %s, %s AS _as_of FROM %s WHERE coalesce(%s) IS NOT NULL", strings.Join(columns, ", "), asOf, s.Relation, strings.Join(said, ", "))
		if err := r.exec(ctx, "CREATE OR REPLACE TEMP VIEW %s AS %s", mention(i), r.renumber(s, says)); err != nil {
			return err
		}
	}
	return nil
}

// gives reports whether a source says a field.
func (s Source) gives(field string) bool { _, given := s.Record.Fields[field]; return given }

// value is a field of a source as SQL, NULL where it does not say it.
func (s Source) value(field string) string {
	if s.gives(field) {
		return engine.Ident(field)
	}
	return "CAST(NULL AS VARCHAR)"
}

// names are the sources' names as a list in SQL, for their places from 1 on.
func (r *run) names() string {
	list := make([]string, len(r.sources))
	for i, s := range r.sources {
		list[i] = engine.Literal(s.Name)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// alone gives what nothing was found for a thing of its own, where its source
// knows things and does not only mention them.
func (r *run) alone(ctx context.Context) error {
	var knowing []string
	for i, s := range r.sources {
		if s.Record.Role != link.Mentioning {
			knowing = append(knowing, fmt.Sprint(i))
		}
	}
	if len(knowing) > 0 {
		if err := r.exec(ctx, `UPDATE sen_l SET _entity = CAST(hash(%s, %s[_src + 1], _record) >> 1 AS BIGINT), _how = '%s' WHERE _entity IS NULL AND _src IN (%s)`,
			engine.Literal(r.entity.Entity), r.names(), Alone, strings.Join(knowing, ", ")); err != nil {
			return err
		}
	}
	return r.exec(ctx, `CREATE OR REPLACE TEMP VIEW %s AS SELECT _src AS source, _entity AS entity, %s[_src + 1] AS dataset, _record AS record, CAST(_how AS VARCHAR) AS how,
 CASE _how WHEN '%s' THEN 1.0::DOUBLE WHEN '%s' THEN 1.0::DOUBLE WHEN '%s' THEN 1.0::DOUBLE WHEN '%s' THEN %f::DOUBLE END AS probability FROM sen_l`,
		Links, r.names(), ByKey, ByOtherKey, Decided, Probable, r.threshold)
}

// count counts the links, and makes sen_things: of each thing how many records
// of how many datasets speak of it.
func (r *run) count(ctx context.Context) error {
	rows, err := r.c.Query(ctx, "SELECT coalesce(CAST(_how AS VARCHAR), ''), count(*), count(*) FILTER (_conflict) FROM sen_l GROUP BY 1")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var how string
		var n, conflicts int64
		if err := rows.Scan(&how, &n, &conflicts); err != nil {
			return err
		}
		r.report.Records += n
		r.report.Conflicts += conflicts
		if how == "" {
			r.report.Unlinked = n
		} else {
			r.report.Linked[how] = n
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	datasets := "count(DISTINCT _src)"
	if len(r.sources) < 64 {
		datasets = "CAST(bit_count(bit_or(1::UBIGINT << _src)) AS BIGINT)"
	}
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_things AS SELECT _entity AS entity, count(*) AS records, %s AS datasets FROM sen_l WHERE _entity IS NOT NULL GROUP BY _entity", datasets); err != nil {
		return err
	}
	return r.c.Row(ctx, "SELECT count(*) FROM sen_things", &r.report.Things)
}
