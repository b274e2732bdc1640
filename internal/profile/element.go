package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/engine"
)

const (
	recogniseValues = 2000 // values of a column that the dictionary is shown
	yearAlone       = 0.001
	futureDates     = 0.01 // share of dates behind today from which a column tells until when something holds
)

// recognise asks the dictionary what each column holds, then counts over the
// whole sample how much of it fits.
func (d *dataset) recognise(ctx context.Context) error {
	for _, c := range d.columns {
		if c.filled > 0 && c.Type == "VARCHAR" && slices.Contains([]string{"string", "integer", "date"}, c.logical) {
			if err := d.recogniseColumn(ctx, c); err != nil {
				return fmt.Errorf("column %q: %w", c.Name, err)
			}
		}
		c.class = c.classification()
	}
	return nil
}

func (d *dataset) recogniseColumn(ctx context.Context, c *column) error {
	values, err := d.someValues(ctx, c)
	if err != nil {
		return err
	}
	if c.encoding, c.encodingWhy = oldEncoding(values); c.encoding != "" {
		if values, err = d.someValues(ctx, c); err != nil {
			return err
		}
	}
	found, ok := elementOf(d.o.Elements, values, c.Name)
	if !ok {
		return nil
	}
	found.Wrong = "" // it is counted over the whole sample
	c.element, c.evidence, c.monthFirst = found.Element, found.Evidence(), found.Options.Order == dictionary.MonthFirst
	if err := d.countFits(ctx, c); err != nil {
		return err
	}
	if err := d.countFuture(ctx, c); err != nil {
		return err
	}
	c.settleElement()
	return nil
}

// countFuture counts the dates that lie behind today: a date until which
// something holds may, a date of what has happened may not.
func (d *dataset) countFuture(ctx context.Context, c *column) error {
	if c.element.Name != "date" || d.o.On.IsZero() {
		return nil
	}
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT %s AS value FROM (SELECT CAST(%s AS VARCHAR) AS x FROM %s)) WHERE value > %s",
		c.element.SQL("x", d.elementOptions(c)).Value, c.ident(), engine.Ident(d.sample), engine.Literal(d.o.On.AddDate(0, 0, 1).Format("2006-01-02")))
	return d.c.Row(ctx, query, &c.future)
}

// decoded is SQL: the column as text, out of the old encoding that was found.
func (c *column) decoded() string {
	x := "CAST(" + c.ident() + " AS VARCHAR)"
	if c.encoding != "" {
		x = charset.SQL(c.encoding, x)
	}
	return x
}

// someValues are values of a column from all over the sample, always the same,
// and decoded once the encoding is known.
func (d *dataset) someValues(ctx context.Context, c *column) ([]string, error) {
	var out []string
	query := fmt.Sprintf("SELECT %s, 1 FROM %s WHERE %s <> '' ORDER BY hash(_row) LIMIT %d",
		c.decoded(), engine.Ident(d.sample), c.text(), recogniseValues)
	err := d.pairs(ctx, query, func(v string, _ int64) { out = append(out, v) })
	return out, err
}

// fitted counts the values that have a standard form, and those that are a
// year or a month alone.
const fitted = `
SELECT count(*) FILTER (value IS NOT NULL), count(*) FILTER (value IS NULL AND NOT blank),
       count(*) FILTER (strlen(value) < 10 AND regexp_full_match(value, '[0-9]{4}(-[0-9]{2})?'))
FROM (SELECT %s AS value, %s AS blank FROM (SELECT %s AS x FROM %s))`

// problems counts why values do not fit.
const problems = `
SELECT problem, count(*) FROM (SELECT %s AS value, %s AS blank, %s AS problem FROM (SELECT %s AS x FROM %s))
WHERE value IS NULL AND NOT blank GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3`

func (d *dataset) countFits(ctx context.Context, c *column) error {
	form := c.element.SQL("x", d.elementOptions(c))
	x := c.decoded()
	var fit, not int64
	table := engine.Ident(d.sample)
	if err := d.c.Row(ctx, fmt.Sprintf(fitted, form.Value, form.Blank, x, table), &fit, &not, &c.yearOnly); err != nil {
		return err
	}
	if fit+not > 0 {
		c.fits = float64(fit) / float64(fit+not)
	}
	if not == 0 {
		return nil
	}
	var why []string
	err := d.pairs(ctx, fmt.Sprintf(problems, form.Value, form.Blank, form.Problem, x, table), func(problem string, n int64) {
		why = append(why, fmt.Sprintf("%s %s", problem, percent(float64(n)/float64(fit+not))))
	})
	c.evidence += "; " + strings.Join(why, ", ")
	return err
}

// settleElement draws the consequences of an element: its logical type. Dates
// of which some say only the year stay text, since a date has a day.
func (c *column) settleElement() {
	switch {
	case c.element.Name != "date":
		c.logical = "string"
	case float64(c.future) >= futureDates*float64(c.filled):
		c.element, c.logical = nil, "string"
	case float64(c.yearOnly) >= yearAlone*float64(c.filled):
		c.logical = "string"
		c.notes = append(c.notes, fmt.Sprintf("%d say only a year or a month", c.yearOnly))
	default:
		c.logical = "date"
		if c.yearOnly > 0 {
			c.notes = append(c.notes, fmt.Sprintf("%d say only a year or a month, which is no date", c.yearOnly))
		}
	}
}

// classification proposes how sensitive a column is: by its element, else by
// its name.
func (c *column) classification() string {
	switch {
	case c.element != nil && c.element.Personal != "" && c.element.Name != "date": // a date is personal by what it is of
		return c.element.Personal
	case containsAny(c.property, identifierWords()):
		return "personal-identifier"
	case containsAny(c.property, personalWords()):
		return "personal"
	}
	return ""
}
