package profile

import (
	"context"
	"fmt"
	"strings"

	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/engine"
)

const (
	identityNumber = "personal-identity-number"
	personName     = "person-name"
	agrees         = 0.9 // share of rows from which a column is taken to describe the number's holder
	fewRows        = 20  // rows below which an agreement is chance
)

// doubtNames takes columns called name for what people are called only where
// something else in the dataset speaks of a person: places and offices have
// names of the same form. In doubt they stay as they are written, marked
// personal, and a person is asked.
func (d *dataset) doubtNames(context.Context) error {
	for _, c := range d.columns {
		if c.class != "" && !c.isName() || containsAny(c.property, peoplesNames()) {
			return nil
		}
	}
	for _, c := range d.columns {
		if c.is(personName) {
			c.doubted, c.element, c.class = true, nil, "personal"
		}
	}
	return nil
}

// isName reports whether a column is called personal for a name alone.
func (c *column) isName() bool {
	return c.is(personName) || containsAny(c.property, []string{"full_name"})
}

// findPeople looks, for each personal identity number, which date, sex and
// province stand beside it and agree with it: those describe its holder.
func (d *dataset) findPeople(ctx context.Context) error {
	for _, number := range d.columns {
		if !number.is(identityNumber) {
			continue
		}
		if err := d.readSexCodes(ctx, number); err != nil {
			return err
		}
		for _, beside := range []struct {
			element string
			into    *string
		}{{"date", &number.bornOn}, {"sex", &number.sexCol}, {"province", &number.bornAt}} {
			best, share, err := d.holder(ctx, number, beside.element)
			if err != nil {
				return err
			}
			if best != nil {
				*beside.into = best.Name
				number.notes = append(number.notes, fmt.Sprintf("agrees with %s in %s", best.Name, percent(share)))
			}
		}
	}
	return nil
}

// holder is the column of an element that agrees best with an identity number.
func (d *dataset) holder(ctx context.Context, number *column, element string) (best *column, share float64, err error) {
	for _, c := range d.columns {
		if !c.is(element) {
			continue
		}
		s, err := d.agreement(ctx, number, c)
		if err != nil {
			return nil, 0, err
		}
		if s >= agrees && s > share {
			best, share = c, s
		}
	}
	return best, share, nil
}

// agreement is the share of rows, of those with both values, whose identity
// number does not contradict the other column.
func (d *dataset) agreement(ctx context.Context, number, c *column) (float64, error) {
	sex, born, province := "", "", ""
	switch c.element.Name {
	case "date":
		born = "other"
	case "sex":
		sex = "other"
	default:
		province = "other"
	}
	query := fmt.Sprintf(`
SELECT count(*), count(*) FILTER ((%s) IS NULL) FROM (
  SELECT %s AS pin, %s AS other FROM (SELECT CAST(%s AS VARCHAR) AS a, CAST(%s AS VARCHAR) AS b FROM %s))
WHERE pin IS NOT NULL AND other IS NOT NULL`,
		dictionary.PersonSQL("pin", sex, born, province),
		number.element.SQL("a", d.elementOptions(number)).Value, c.element.SQL("b", d.elementOptions(c)).Value,
		number.ident(), c.ident(), engine.Ident(d.sample))
	var both, agree int64
	if err := d.c.Row(ctx, query, &both, &agree); err != nil || both < fewRows {
		return 0, err
	}
	return float64(agree) / float64(both), nil
}

func (c *column) is(element string) bool { return c.element != nil && c.element.Name == element }

// elementOptions leave today out: what lies in the future is counted apart.
func (d *dataset) elementOptions(_ *column) dictionary.Options {
	return dictionary.Options{Year: true}
}

// readSexCodes reads an agency's own codes of sex off the identity numbers
// beside them, whose fourth digit is even for men and odd for women. Digits
// mean one thing here and another there, so it proposes and does not assume.
func (d *dataset) readSexCodes(ctx context.Context, number *column) error {
	for _, c := range d.columns {
		if c.element != nil || len(c.values) < 2 || !dictionary.SpeaksOf(c.Name, "sex") {
			continue
		}
		if err := d.readCodes(ctx, number, c); err != nil {
			return err
		}
	}
	return nil
}

const maleByCode = `
SELECT code, CAST(round(1000.0 * count(*) FILTER (pin[4] IN ('0', '2', '4', '6', '8')) / count(*)) AS BIGINT)
FROM (SELECT %s AS code, %s AS pin FROM (SELECT %s, CAST(%s AS VARCHAR) AS a FROM %s))
WHERE pin IS NOT NULL AND code <> '' GROUP BY 1 HAVING count(*) >= %d ORDER BY 1`

func (d *dataset) readCodes(ctx context.Context, number, c *column) error {
	query := fmt.Sprintf(maleByCode, c.text(), number.element.SQL("a", d.elementOptions(number)).Value,
		c.ident(), number.ident(), engine.Ident(d.sample), fewRows)
	var said []string
	err := d.pairs(ctx, query, func(code string, men int64) {
		switch share := float64(men) / 1000; {
		case share >= agrees:
			said = append(said, fmt.Sprintf("%q is male in %s", code, percent(share)))
		case share <= 1-agrees:
			said = append(said, fmt.Sprintf("%q is female in %s", code, percent(1-share)))
		}
	})
	if err == nil && len(said) > 1 {
		c.sexCodes = fmt.Sprintf("codes of sex, by the identity numbers in %s: %s. If so, name the element sex and declare customProperty codes",
			number.Name, strings.Join(said, ", "))
	}
	return err
}
