package profile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
	"github.com/sen-hub/sen/internal/source"
)

// column is what was found of one column. Counts are rows of the sample;
// values are trimmed of blanks around them.
type column struct {
	source.Column
	property string // the proposed name
	declared string // of a database: its type there
	comment  string
	unique   bool // by an index of a database

	filled, distinct     int64
	minLength, maxLength int
	least, greatest      string // by the alphabet, and as numbers
	lowest, highest      string
	padded               int64 // values with blanks around them

	// How many values read as each type.
	integers, zeros, points, numbers, truths, days, moments, objects, arrays int64

	shapes  []shape
	values  []valueCount // all values, where there are few
	logical string

	element                *dictionary.Element
	fits                   float64 // share of the values that have a standard form
	evidence               string
	encoding, encodingWhy  string
	class                  string
	yearOnly, future       int64
	monthFirst             bool  // dates that read only with the month before the day
	twoReadings            int64 // numbers that can be read in two ways
	doubted                bool  // looks like names of people, with nothing of a person beside it
	misfits                int64 // values that the declared type has and the hub's does not
	bornOn, bornAt, sexCol string
	sexCodes               string // what an agency's own codes of sex seem to mean
	notes                  []string
	unsure                 string
}

// shape is a form of values, letters as a and digits as 9, and its rows.
type shape struct {
	form string
	rows int64
}

type valueCount struct {
	value string
	rows  int64
}

func (c *column) ident() string { return engine.Ident(c.Name) }

// text is SQL: the column's value without blanks around it.
func (c *column) text() string { return "trim(CAST(" + c.ident() + " AS VARCHAR))" }

// measured counts a column over its distinct values, each tested once.
const measured = `
WITH came AS (SELECT CAST(%[1]s AS VARCHAR) AS x, count(*) AS n FROM %[2]s GROUP BY 1),
     v AS (SELECT trim(x) AS t, sum(n) AS n, coalesce(sum(n) FILTER (trim(x) <> x), 0) AS padded FROM came WHERE trim(x) <> '' GROUP BY 1)
SELECT coalesce(sum(n), 0)::BIGINT, count(*), coalesce(min(length(t)), 0), coalesce(max(length(t)), 0),
       coalesce(min(t), ''), coalesce(max(t), ''),
       coalesce(arg_min(t, TRY_CAST(t AS DOUBLE)), ''), coalesce(arg_max(t, TRY_CAST(t AS DOUBLE)), ''), coalesce(sum(padded), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '[+-]?[0-9]{1,18}')), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '0[0-9]+')), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '[0-9]+\.0')), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?')), 0)::BIGINT,
       coalesce(sum(n) FILTER (lower(t) IN ('true', 'false')), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND try_cast(t AS DATE) IS NOT NULL), 0)::BIGINT,
       coalesce(sum(n) FILTER (regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:.*') AND try_cast(t AS TIMESTAMP) IS NOT NULL), 0)::BIGINT,
       coalesce(sum(n) FILTER (starts_with(t, '{') AND json_valid(t)), 0)::BIGINT,
       coalesce(sum(n) FILTER (starts_with(t, '[') AND json_valid(t)), 0)::BIGINT
FROM v`

// shaped gives a column's commonest shapes.
const shaped = `
SELECT regexp_replace(regexp_replace(trim(CAST(%[1]s AS VARCHAR)), '\pL', 'a', 'g'), '\pN', '9', 'g') AS shape, count(*)
FROM %[2]s WHERE trim(CAST(%[1]s AS VARCHAR)) <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3`

// fewValues is up to how many distinct values a column's values are listed.
const fewValues = 12

const listed = `
SELECT trim(CAST(%[1]s AS VARCHAR)) AS t, count(*) FROM %[2]s WHERE trim(CAST(%[1]s AS VARCHAR)) <> '' GROUP BY 1 ORDER BY 1 LIMIT 13`

// longText is from how many characters a column is text to read, whose shapes
// say nothing.
const longText = 40

func (d *dataset) measure(ctx context.Context) error {
	names := map[string]bool{}
	for i, came := range d.came {
		c := &column{Column: came, property: propertyName(names, came.Name, i)}
		d.declare(c, i)
		d.columns = append(d.columns, c)
		if d.sampled == 0 {
			c.logical = declaredLogical(c.declared)
			continue
		}
		if err := d.measureColumn(ctx, c); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
		c.logical = c.logicalType()
		if d.table != nil {
			c.logical = declaredLogical(c.declared)
		}
		if err := d.confirmType(ctx, c); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	return nil
}

// confirmType holds a number against the dictionary, which will read it: one
// such as 105.698, a thousand in one notation and a fraction in another, has
// no standard form until somebody says which. Such a column stays text.
func (d *dataset) confirmType(ctx context.Context, c *column) error {
	e, known := dictionary.Lookup(c.logical)
	if !known || c.Type != "VARCHAR" || d.table == nil && c.logical != "integer" && c.logical != "number" {
		return nil
	}
	form := e.SQL("x", dictionary.Options{Decimal: d.decimal(c)})
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT %s AS value, %s AS blank FROM (SELECT CAST(%s AS VARCHAR) AS x FROM %s)) WHERE value IS NULL AND NOT blank",
		form.Value, form.Blank, c.ident(), engine.Ident(d.sample))
	var misfits int64
	if err := d.c.Row(ctx, query, &misfits); err != nil {
		return err
	}
	switch {
	case misfits == 0:
	case d.table != nil:
		c.logical, c.misfits = "string", misfits
	default:
		c.logical, c.twoReadings = "string", misfits
	}
	return nil
}

func (d *dataset) measureColumn(ctx context.Context, c *column) error {
	table := engine.Ident(d.sample)
	err := d.c.Row(ctx, fmt.Sprintf(measured, c.ident(), table),
		&c.filled, &c.distinct, &c.minLength, &c.maxLength, &c.least, &c.greatest, &c.lowest, &c.highest, &c.padded,
		&c.integers, &c.zeros, &c.points, &c.numbers, &c.truths, &c.days, &c.moments, &c.objects, &c.arrays)
	if err != nil {
		return err
	}
	if c.maxLength <= longText {
		if err := d.pairs(ctx, fmt.Sprintf(shaped, c.ident(), table), func(form string, n int64) {
			c.shapes = append(c.shapes, shape{form, n})
		}); err != nil {
			return err
		}
	}
	if c.distinct > fewValues {
		return nil
	}
	return d.pairs(ctx, fmt.Sprintf(listed, c.ident(), table), func(value string, n int64) {
		c.values = append(c.values, valueCount{value, n})
	})
}

// pairs reads a query's rows of a text and a number.
func (d *dataset) pairs(ctx context.Context, query string, add func(string, int64)) error {
	rows, err := d.c.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text sql.NullString
		var n int64
		if err := rows.Scan(&text, &n); err != nil {
			return err
		}
		add(text.String, n)
	}
	return rows.Err()
}

// logicalType is the ODCS type that all values have. A type that only most
// values have would lose the others, so the column stays text.
func (c *column) logicalType() string {
	if t := typedLogical(c.Type); t != "" {
		return t
	}
	switch n := c.filled; {
	case n == 0:
		return "string"
	case c.truths == n:
		return "boolean"
	case c.objects == n:
		return "object"
	case c.arrays == n:
		return "array"
	case c.days == n:
		return "date"
	case c.moments+c.days == n:
		return "timestamp"
	case c.isCode():
		return "string"
	case c.integers == n && c.zeros == 0:
		return "integer"
	case c.numbers == n && c.zeros == 0:
		return "number"
	}
	return "string"
}

// typedLogical is the logical type of a column that came with a type, "" for
// text and for what has no counterpart.
func typedLogical(engineType string) string {
	switch t := strings.ToUpper(engineType); {
	case slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}, t):
		return "integer"
	case t == "FLOAT" || t == "DOUBLE" || strings.HasPrefix(t, "DECIMAL"):
		return "number"
	case t == "BOOLEAN":
		return "boolean"
	case t == "DATE":
		return "date"
	case strings.HasPrefix(t, "TIMESTAMP"):
		return "timestamp"
	case t == "TIME":
		return "time"
	}
	return ""
}

// isCode reports whether digits are a name for something rather than a
// quantity: the column is called a code or a number, or every value has the
// same many digits beginning with zero at times, or all end in ".0".
func (c *column) isCode() bool {
	return c.zeros > 0 || c.points == c.filled || hasToken(c.property, codeTokens())
}

// codeTokens are words that name identifiers, in names of columns.
func codeTokens() []string {
	return []string{"id", "code", "ma", "so", "no", "number", "num", "key", "uuid", "postcode", "zip", "phone", "cmnd", "cccd", "mst", "serial", "bien"}
}

// hasToken reports whether one of the words stands in a snake_case name.
func hasToken(name string, words []string) bool {
	for token := range strings.SplitSeq(name, "_") {
		if slices.Contains(words, token) {
			return true
		}
	}
	return false
}

// filledShare is the share of rows that have a value.
func (d *dataset) filledShare(c *column) float64 {
	if d.sampled == 0 {
		return 0
	}
	return float64(c.filled) / float64(d.sampled)
}
