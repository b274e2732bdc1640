package desk

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/access"
	"github.com/sen-hub/sen/internal/decision"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/flow"
	"github.com/sen-hub/sen/internal/lake"
	"github.com/sen-hub/sen/internal/link"
	"github.com/sen-hub/sen/internal/state"
)

// OpenPair is a pair that is for a person to decide.
type OpenPair struct {
	A           string  `json:"a"` // the record: dataset:key, or dataset/part:key
	B           string  `json:"b"`
	Probability float64 `json:"probability"` // by the last linkage
	Bits        float64 `json:"bits"`
	Value       float64 `json:"value"` // what an answer is worth, in bits

	Explanation Explanation `json:"explanation"` // what is known on both sides, field by field

	Sides [2]state.DecisionSide `json:"-"`
}

// PairPlace is where a pair stands among those that wait, the most valuable first.
// It stays where it is when pairs before it are decided.
type PairPlace struct {
	Value float64
	A, B  string
}

// Place is where the pair stands.
func (p OpenPair) Place() PairPlace { return PairPlace{p.Value, p.A, p.B} }

func (p PairPlace) compare(q PairPlace) int {
	return cmp.Or(cmp.Compare(q.Value, p.Value), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
}

// OpenPairs are the pairs of an entity that nobody has decided or proposed to
// decide, the most valuable first.
func (d *Desk) OpenPairs(ctx context.Context, entity string) ([]OpenPair, error) {
	pairs, err := d.entityRelation(ctx, lake.Review, flow.EntityDataset(entity))
	if err != nil {
		return nil, err
	}
	all, err := d.o.State.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	decided := map[[2]string]bool{}
	for _, d := range decision.Of(all, entity) {
		if d.State != decision.Withdrawn {
			a, b := RecordName(d.A), RecordName(d.B)
			decided[[2]string{a, b}], decided[[2]string{b, a}] = true, true
		}
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows, err := c.Query(ctx, `SELECT dataset_a, record_a, coalesce(entity_a, 0), dataset_b, record_b, coalesce(entity_b, 0), probability, bits, value
FROM `+pairs)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []OpenPair{}
	for rows.Next() {
		var o OpenPair
		a, b := &o.Sides[0], &o.Sides[1]
		if err := rows.Scan(&a.Dataset, &a.Record, &a.Thing, &b.Dataset, &b.Record, &b.Thing, &o.Probability, &o.Bits, &o.Value); err != nil {
			return nil, err
		}
		if o.A, o.B = RecordName(*a), RecordName(*b); !decided[[2]string{o.A, o.B}] {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(p, q OpenPair) int { return p.Place().compare(q.Place()) })
	return out, rows.Err()
}

// PairRequest asks for what is known of pairs. Dataset of the request is filled
// in.
type PairRequest struct {
	access.Request
	Entity      string
	After       *PairPlace // only those that stand behind it; nil: from the first
	Skip, Limit int
}

// Pairs reads what is known on both sides of the most valuable pairs, through
// the door; more is how many wait behind them. When it has returned, they may be
// shown.
func (d *Desk) Pairs(ctx context.Context, asked PairRequest) (pairs []OpenPair, more int, err error) {
	e, err := d.Entity(asked.Entity)
	if err != nil {
		return nil, 0, err
	}
	asked.Dataset = []sen.Dataset{flow.EntityDataset(e.Entity)}
	for _, name := range e.Records.Names() {
		dataset, _, _ := strings.Cut(name, "/")
		asked.Dataset = append(asked.Dataset, sen.Dataset(dataset))
	}
	reading, err := d.o.Door.Open(ctx, asked.Request)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, reading.Close(err)) }()
	if pairs, err = d.OpenPairs(ctx, e.Entity); err != nil {
		return nil, 0, err
	}
	if asked.After != nil {
		pairs = slices.DeleteFunc(pairs, func(p OpenPair) bool { return p.Place().compare(*asked.After) <= 0 })
	}
	pairs = pairs[min(asked.Skip, len(pairs)):]
	more = max(0, len(pairs)-asked.Limit)
	pairs = pairs[:len(pairs)-more]
	report, err := d.lastReport(ctx, e.Entity)
	if err != nil {
		return nil, 0, err
	}
	for i := range pairs {
		both := make([]Golden, 2)
		for n, side := range pairs[i].Sides {
			var seen access.Subject
			if both[n], seen, err = d.sideOf(ctx, e, side); err != nil {
				return nil, 0, err
			}
			if err := reading.Saw(seen); err != nil {
				return nil, 0, err
			}
		}
		pairs[i].Explanation = explained(e, report, both)
	}
	return pairs, more, reading.Seal()
}

// sideOf reads what is known on one side of a pair: the golden record of its
// thing, or what the record itself says.
func (d *Desk) sideOf(ctx context.Context, e *link.Entity, side state.DecisionSide) (g Golden, seen access.Subject, err error) {
	if side.Thing != 0 {
		g, err = d.goldenFields(ctx, e, strconv.FormatInt(side.Thing, 10), nil)
		return g, subjectOf(e.Entity, g.ID), err
	}
	dataset, _, _ := strings.Cut(side.Dataset, "/")
	seen = access.Subject{Dataset: sen.Dataset(dataset), Key: access.RecordKey(side.Record)}
	t, err := d.o.Lake.Lookup(ctx, lake.Clean, sen.Dataset(dataset))
	if err != nil {
		return g, seen, err
	}
	scan, err := t.Scan(ctx, lake.AsOf{})
	if err != nil {
		return g, seen, err
	}
	record, _ := e.Records.Get(side.Dataset)
	var columns []string
	var into []any
	for _, field := range e.Fields.Names() {
		if column, given := record.Fields[field]; given {
			columns = append(columns, "CAST("+engine.Ident(column)+" AS VARCHAR)")
			g.Fields = append(g.Fields, Field{Name: field, Source: side.Dataset})
			into = append(into, &sql.NullString{})
		}
	}
	c, err := d.o.Engine.Conn(ctx)
	if err != nil {
		return g, seen, err
	}
	defer c.Close()
	query := fmt.Sprintf("SELECT _position, %s FROM (%s) WHERE _key = %d LIMIT 1", strings.Join(columns, ", "), scan.SQL(), side.Record)
	if err := c.Row(ctx, query, append([]any{&seen.Version}, into...)...); err != nil {
		return g, seen, err
	}
	for i := range g.Fields {
		g.Fields[i].Value = into[i].(*sql.NullString).String
	}
	return g, seen, nil
}
