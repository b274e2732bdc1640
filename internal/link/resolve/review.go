package resolve

import (
	"context"
	"fmt"

	"github.com/sen-hub/sen/internal/link"
)

// Review is the relation of the pairs that are for a person to decide:
// dataset_a, record_a, entity_a, dataset_b, record_b, entity_b, probability,
// bits and value. An entity is NULL where the record speaks of no thing that is
// known. There is one row for two things, however many of their records were
// compared.
//
// Value is what an answer is worth, in bits: the entropy of the pair, H(p) =
// -p log2 p - (1-p) log2(1-p) (Shannon 1948), as in uncertainty sampling (Lewis
// and Gale 1994), times the pairs of records that the answer brings together or
// keeps apart, which is the product of the records of both things.
const Review = "sen_review"

// Bounds of what is kept for people: of pairs of records, before it is known how
// much hangs on them, and of rows of Review.
const (
	mostUncertain = 100_000
	mostReview    = 10_000
)

const scored = "sen_scored" // pairs of records that a comparison leaves open

// keepUncertain makes the table of the pairs that the comparison leaves open.
// For a thing that was compared as a whole stands the record that is believed
// first.
func (r *run) keepUncertain(ctx context.Context, found *link.Result, things []int64, records []record) error {
	if err := r.exec(ctx, "CREATE OR REPLACE TEMP TABLE sen_open (thing BIGINT, src_a UTINYINT, record_a BIGINT, src_b UTINYINT, record_b BIGINT, probability DOUBLE, bits DOUBLE)"); err != nil {
		return err
	}
	from, to := r.entity.Review()
	open := found.Uncertain(from, to, mostUncertain)
	if err := r.insert(ctx, "sen_open", len(open), func(i int) string {
		p, thing, b := open[i], "NULL", "NULL, NULL" // where one side is a thing, it is A
		a := records[p.B-len(things)]
		if p.A < len(things) {
			thing = fmt.Sprint(things[p.A])
		} else {
			b = fmt.Sprintf("%d, %d", records[p.A-len(things)].source, records[p.A-len(things)].id)
		}
		return fmt.Sprintf("%s, %d, %d, %s, %.9f, %.4f", thing, a.source, a.id, b, p.Probability, p.Bits)
	}); err != nil {
		return err
	}
	if err := r.exec(ctx, `CREATE OR REPLACE TEMP TABLE %s AS
WITH stands AS (SELECT _entity, arg_min({s: _src, r: _record}, row(%s, _record)) AS one FROM sen_l WHERE _entity IN (SELECT thing FROM sen_open) GROUP BY _entity)
SELECT o.src_a, o.record_a, coalesce(o.src_b, s.one.s) AS src_b, coalesce(o.record_b, s.one.r) AS record_b, probability, bits
FROM sen_open o LEFT JOIN stands s ON o.thing = s._entity`, scored, r.authority()); err != nil {
		return err
	}
	return r.drop(ctx, "sen_open")
}

// authority is SQL: the place of a source among the entity's, those first whose
// role is believed furthest.
func (r *run) authority() string {
	out := "CASE _src"
	for i, s := range r.sources {
		role := map[link.Role]int{link.Authoritative: 0, link.Contributing: 1, link.Mentioning: 2}[s.Record.Role]
		out += fmt.Sprintf(" WHEN %d THEN %d", i, role*len(r.sources)+i)
	}
	return out + " END"
}

// review makes the relation Review, of what no decision has settled.
func (r *run) review(ctx context.Context) error {
	for _, statement := range []string{
		"CREATE TEMP TABLE IF NOT EXISTS " + scored + " (src_a UTINYINT, record_a BIGINT, src_b UTINYINT, record_b BIGINT, probability DOUBLE, bits DOUBLE)",
		"CREATE TEMP TABLE IF NOT EXISTS " + decisions + " (number BIGINT, src_a UTINYINT, record_a BIGINT, src_b UTINYINT, record_b BIGINT)",
		"CREATE OR REPLACE TEMP TABLE sen_asked AS " + withThings(scored),
		"CREATE OR REPLACE TEMP TABLE sen_answered AS " + withThings(decisions),
		// The pairs of records count as many as the things have, of a record without a thing one.
		`CREATE OR REPLACE TEMP TABLE ` + Review + ` AS
WITH open AS (SELECT * FROM sen_asked p WHERE a <> b AND NOT EXISTS (FROM sen_answered s WHERE (s.a, s.b) IN ((p.a, p.b), (p.b, p.a)))),
 surest AS (SELECT * FROM open QUALIFY row_number() OVER (PARTITION BY least(a, b), greatest(a, b) ORDER BY probability DESC, src_a, record_a, src_b, record_b) = 1),
 size AS (SELECT _entity, count(*) AS n FROM sen_l WHERE _entity IN (SELECT entity_a FROM surest UNION SELECT entity_b FROM surest) GROUP BY _entity)
SELECT ` + r.names() + `[src_a + 1] AS dataset_a, record_a, entity_a, ` + r.names() + `[src_b + 1] AS dataset_b, record_b, entity_b, probability, bits,
 coalesce(x.n, 1) * coalesce(y.n, 1) * -(probability * log2(probability) + (1 - probability) * log2(1 - probability)) AS value
FROM surest LEFT JOIN size x ON x._entity = entity_a LEFT JOIN size y ON y._entity = entity_b
ORDER BY value DESC, src_a, record_a, src_b, record_b LIMIT ` + fmt.Sprint(mostReview),
	} {
		if err := r.c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := r.c.Row(ctx, "SELECT count(*) FROM "+Review, &r.report.Review); err != nil {
		return err
	}
	return r.drop(ctx, scored, decisions, "sen_sides", "sen_asked", "sen_answered")
}

// withThings is a query over pairs of records with the things that they speak
// of, as entity_a and entity_b, and with a and b, which name the thing, or the
// record that has none.
func withThings(pairs string) string {
	return `SELECT p.*, x._entity AS entity_a, y._entity AS entity_b,
 coalesce('' || x._entity, p.src_a || ' ' || p.record_a) AS a, coalesce('' || y._entity, p.src_b || ' ' || p.record_b) AS b
FROM ` + pairs + ` p JOIN sen_l x ON x._src = p.src_a AND x._record = p.record_a JOIN sen_l y ON y._src = p.src_b AND y._record = p.record_b`
}
