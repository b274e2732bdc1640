package clean

import (
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/engine"
)

// bitsPerWord keeps each mask word a positive BIGINT.
const bitsPerWord = 62

func (p *Plan) words() int { return (len(p.Facts) + bitsPerWord - 1) / bitsPerWord }

func mask(word int) string { return fmt.Sprintf("_f%d", word) }

// Cleaned is the SELECT that cleans the rows of the relation raw: one row out
// for each row in, with the contract's columns in standard form, _row, _key,
// _hash (of the source's columns as they landed), _content (of the contract's
// columns as they are kept) and the masks of its facts.
func (p *Plan) Cleaned(raw string) string {
	var final, values []string
	for _, c := range p.Columns {
		final = append(final, c.value+" AS "+engine.Ident(c.Property.Name))
		values = append(values, c.value)
	}
	hash := fmt.Sprintf("hash(%s) AS _hash", p.sourceColumns())
	return fmt.Sprintf("SELECT %s, %s AS %s, %s, _hash, hash(%s) AS _content, %s FROM (%s)",
		strings.Join(final, ", "), p.keyHash(), KeyColumn, RowColumn, strings.Join(values, ", "), p.masks(), p.layers(hash+", "+rowColumns, raw))
}

// layers is the SELECT of each column as it came, as text, in standard form,
// and whether it holds no value, beside others. Each expression is written
// once: the engine makes room for every node of every expression before the
// first row, which for long lists of constants costs seconds.
func (p *Plan) layers(others, from string) string {
	var came, texts, values, absent []string
	for _, c := range p.Columns {
		came = append(came, c.came+" AS "+c.raw)
		if c.textOf != "" {
			texts = append(texts, c.textOf+" AS "+c.text)
		}
		values = append(values, c.valueOf+" AS "+c.value)
		absent = append(absent, fmt.Sprintf("CASE WHEN %s IS NULL THEN coalesce(%s, true) ELSE false END AS %s", c.value, c.blank, c.absent))
		if c.number != "" {
			absent = append(absent, fmt.Sprintf("TRY_CAST(%s AS BIGINT) AS %s", c.value, c.number))
		}
	}
	layer := fmt.Sprintf("SELECT %s, %s FROM %s", strings.Join(came, ", "), others, from)
	if len(texts) > 0 {
		layer = fmt.Sprintf("SELECT *, %s FROM (%s)", strings.Join(texts, ", "), layer)
	}
	layer = fmt.Sprintf("SELECT *, %s FROM (%s)", strings.Join(values, ", "), layer)
	return fmt.Sprintf("SELECT *, %s FROM (%s)", strings.Join(absent, ", "), layer)
}

const rowColumns = RowColumn + ", " + FaultColumn

// keyHash is SQL: the hash of the key's values, as a signed 64-bit number;
// where there is no key, of the whole row as it landed.
func (p *Plan) keyHash() string {
	var values []string
	for _, c := range p.key() {
		values = append(values, c.value)
	}
	if len(values) == 0 {
		return signed("_hash")
	}
	return signed("hash(" + strings.Join(values, ", ") + ")")
}

// signed is SQL: 63 bits of an unsigned hash as a BIGINT, a type that Iceberg
// has.
func signed(hash string) string { return "CAST(" + hash + " >> 1 AS BIGINT)" }

// masks is SQL: the words of a row's facts. That a column is blank, invalid
// or changed exclude one another, so one CASE answers for all three.
func (p *Plan) masks() string {
	out := make([]string, p.words())
	for w := range out {
		var parts []string
		for i := range p.Columns {
			if state := p.stateMask(&p.Columns[i], w); state != "" {
				parts = append(parts, state)
			}
		}
		for i, f := range p.Facts {
			if !f.state() && p.bit(i, w) != 0 {
				parts = append(parts, fmt.Sprintf("CAST(%s AS BIGINT) * %d", f.cond, p.bit(i, w)))
			}
		}
		out[w] = fmt.Sprintf("CAST(%s AS BIGINT) AS %s", strings.Join(parts, " | "), mask(w))
	}
	return strings.Join(out, ", ")
}

// bit is fact i's bit in word w; 0 when it stands in another.
func (p *Plan) bit(i, w int) int64 {
	if i/bitsPerWord != w {
		return 0
	}
	return 1 << (i % bitsPerWord)
}

// stateMask is SQL: the bit in word w of what column c is; empty when none of
// its bits stands there.
func (p *Plan) stateMask(c *Column, w int) string {
	bits, changed := map[FactKind]int64{}, "false"
	for i, f := range p.Facts {
		if f.state() && f.Column == c.Property.Name {
			bits[f.Kind] = p.bit(i, w)
			if f.Kind == Changed {
				changed = f.cond
			}
		}
	}
	if bits[Blank]|bits[Invalid]|bits[Changed] == 0 {
		return ""
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN CASE WHEN %s THEN %d::BIGINT ELSE %d END WHEN %s THEN %d ELSE 0 END",
		c.value, c.absent, bits[Blank], bits[Invalid], changed, bits[Changed])
}

// bad is SQL: the row goes to quarantine.
func (p *Plan) bad() string {
	var parts []string
	for w, bits := range p.badBits() {
		if bits != 0 {
			parts = append(parts, fmt.Sprintf("(%s & %d) <> 0", mask(w), bits))
		}
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// Good is the SELECT of the rows of cleaned that go to the clean table.
func (p *Plan) Good(cleaned string, position int64, rng int) string {
	return fmt.Sprintf("SELECT %s, %s, %d::BIGINT AS %s, %d::INTEGER AS %s, %s FROM %s",
		p.cleanColumns(), KeyColumn, position, PositionColumn, rng, RangeColumn, RowColumn, p.Passed(cleaned))
}

// Passed is the relation of the rows of cleaned that no fact holds back.
func (p *Plan) Passed(cleaned string) string {
	return "(SELECT * FROM " + cleaned + " WHERE NOT " + p.bad() + ")"
}

func (p *Plan) cleanColumns() string { return engine.Idents(p.Names()) }

// Tally is the query that counts the rows of cleaned by their facts: one row
// for each combination of facts, with its rows and the sums of their hashes,
// as they landed and as they are kept.
func (p *Plan) Tally(cleaned string) string {
	var words []string
	for w := range p.words() {
		words = append(words, mask(w))
	}
	list := strings.Join(words, ", ")
	return fmt.Sprintf("SELECT %s, count(*), CAST(sum(_hash) AS VARCHAR), CAST(sum(_content) AS VARCHAR) FROM %s GROUP BY %s", list, cleaned, list)
}

// Bad is the SELECT of the rows that go to quarantine: the source's columns
// as they landed, and what was found. The relation raw holds these rows, and
// held their masks (Pass.HeldTable). The facts' problems are worked out here,
// for these rows alone.
func (p *Plan) Bad(raw, held string, position int64, rng int) string {
	var found []string
	for i, f := range p.Facts {
		if f.holdsBack() {
			found = append(found, p.finding(i, f))
		}
	}
	rows := fmt.Sprintf("(SELECT raw.*, held.* EXCLUDE (%[1]s) FROM %[2]s raw JOIN %[3]s held ON raw.%[1]s = held.%[1]s)", RowColumn, raw, held)
	listed := fmt.Sprintf("SELECT *, list_filter([%s], lambda x: x IS NOT NULL) AS _found FROM (%s)",
		strings.Join(found, ", "), p.layers("*", rows))
	return fmt.Sprintf("SELECT %s, %s, _found[1].rule AS _rule, _found[1].\"column\" AS _column, _found[1].value AS _value, "+
		"CAST(to_json(_found) AS VARCHAR) AS _violations, %d::BIGINT AS %s, %d::INTEGER AS %s FROM (%s)",
		p.sourceColumns(), strings.Join([]string{RowColumn, LineColumn, FaultColumn, RawColumn}, ", "),
		position, PositionColumn, rng, RangeColumn, listed)
}

func (p *Plan) maskNames() []string {
	out := make([]string, p.words())
	for w := range out {
		out[w] = mask(w)
	}
	return out
}

// finding is SQL: what fact i says of a row, or NULL. Its rule is the column
// and the problem ("born_on.impossible") where the problem is known.
func (p *Plan) finding(i int, f Fact) string {
	rule := engine.Literal(f.Rule)
	if f.problem != "" {
		rule = engine.Literal(f.Column+".") + " || (" + f.problem + ")"
	}
	column, value := "CAST(NULL AS VARCHAR)", FaultColumn
	if c, ok := p.column(f.Column); ok {
		column, value = engine.Literal(f.Column), "CAST("+c.raw+" AS VARCHAR)"
	}
	return fmt.Sprintf(`CASE WHEN (%s & %d) <> 0 THEN {'rule': %s, 'column': %s, 'value': %s} END`,
		mask(i/bitsPerWord), int64(1)<<(i%bitsPerWord), rule, column, value)
}
