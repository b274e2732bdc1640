package profile

import (
	"fmt"
	"slices"
	"strconv"
)

// percent writes a share: "99.2 %". What is not all never reads 100, what is
// not nothing never 0.
func percent(share float64) string {
	text := strconv.FormatFloat(share*100, 'f', 1, 64)
	if share < 1 && text == "100.0" {
		text = "99.9"
	}
	if share > 0 && text == "0.0" {
		text = "< 0.1"
	}
	return text + " %"
}

// doubt writes down what the profile is not sure of, and what a reader should
// know of each column.
func (d *dataset) doubt() {
	if d.faults > 0 {
		d.unsure = append(d.unsure, fmt.Sprintf("%d of %d rows cannot be read as the columns say; they will be set apart; the first: %s", d.faults, d.rows, d.fault))
	}
	switch {
	case d.sampled == 0 && d.table != nil:
		d.unsure = append(d.unsure, "there are no rows: types and keys are those that the database declares, what the columns hold is not known")
		return
	case d.sampled == 0:
		d.unsure = append(d.unsure, "there are no rows: types and keys are not known")
		return
	}
	for _, c := range d.columns {
		c.note()
		c.unsure = d.question(c)
	}
	if names := d.unclassified(); names != "" && d.sure() {
		d.unsure = append(d.unsure, "the rows speak of people: is any of these personal too? "+names)
	}
}

func (c *column) note() {
	if c.filled == 0 {
		return
	}
	if c.padded > 0 {
		c.notes = append(c.notes, "blanks around "+percent(float64(c.padded)/float64(c.filled))+" of the values")
	}
	if form := c.regularShape(); form != "" {
		c.notes = append(c.notes, "written "+form)
	}
}

// regularShape is the shape that nearly all values of a code share.
func (c *column) regularShape() string {
	if c.element != nil || c.logical != "string" || len(c.shapes) == 0 || c.distinct <= fewValues {
		return ""
	}
	if share := float64(c.shapes[0].rows) / float64(c.filled); share >= 0.9 {
		return c.shapes[0].form + " in " + percent(share)
	}
	return ""
}

// question is the one thing about a column that a person should answer.
func (d *dataset) question(c *column) string {
	if unbounded(c.declared) {
		return "a number without bounds, kept as text so that no digit is lost: where numeric(18,2) or the like holds all of them, say so as its physicalType, with logicalType number"
	}
	filled := d.filledShare(c)
	empty := percent(1 - filled)
	switch {
	case c.doubted:
		return fmt.Sprintf("%s look like names of people, though nothing beside them speaks of one: of people, or of places and things? Kept as written, and marked personal until you say", percent(c.fits))
	case c.filled == 0:
		return "holds nothing: leave it out?"
	case c.sexCodes != "":
		return c.sexCodes
	case c.twoReadings > 0:
		return fmt.Sprintf("numbers, %s of which read in two ways (1.234: a fraction, or a thousand and more): kept as text until the decimal separator is declared",
			percent(float64(c.twoReadings)/float64(c.filled)))
	case c.misfits > 0 && c.element == nil:
		return fmt.Sprintf("%s of the values of type %s cannot be read as one (infinity?): kept as text", percent(float64(c.misfits)/float64(c.filled)), c.declared)
	case c.misfits > 0:
		return fmt.Sprintf("%s of the values of type %s are no day (0000-00-00, infinity?): their rows are set apart until the source writes NULL for them, or you make the column text",
			percent(float64(c.misfits)/float64(c.filled)), c.declared)
	case c.paddingLost() != "":
		return c.paddingLost()
	case c.encoding != "" && c.element == nil:
		return fmt.Sprintf("looks like %s (%s): is it?", c.encoding, c.encodingWhy)
	case c.future > 0 && c.element == nil:
		return fmt.Sprintf("dates, %s of them in the future: a day until which something holds? Kept as text, since a date of the dictionary has happened", percent(float64(c.future)/float64(c.filled)))
	case c.monthFirst:
		return fmt.Sprintf("dates with the month before the day (12/31/1987), which the hub reads the other way: %s do not fit. Have the source write them as 1987-12-31", percent(1-c.fits))
	case c.element != nil && c.fits < 0.95:
		return fmt.Sprintf("taken for %s, though %s do not fit (%s)", c.element.Name, percent(1-c.fits), c.evidence)
	case c.mixed() != "":
		return c.mixed()
	case c.freeText():
		return fmt.Sprintf("free text, %s empty: left as it is. Say what it means, or leave it out", empty)
	case filled < 0.5:
		return fmt.Sprintf("%s empty: is it still filled in?", empty)
	}
	return ""
}

// paddingLost sees codes that a spreadsheet or a data frame took for numbers.
func (c *column) paddingLost() string {
	switch {
	case c.Type != "VARCHAR" || c.element != nil || c.declared != "":
		return ""
	case c.points == c.filled:
		return fmt.Sprintf("whole numbers written with .0 (%s): codes that lost their leading zeros? 1.0 may have been 00001. Kept as text; ask for them as text", c.widths())
	case c.logical == "string" && c.integers == c.filled && c.zeros == 0 && c.minLength < c.maxLength && hasToken(c.property, []string{"code", "ma"}):
		return fmt.Sprintf("codes of %s digits, none with a leading zero: was the padding lost? Kept as text", c.widths())
	}
	return ""
}

func (c *column) widths() string {
	if c.minLength == c.maxLength {
		return strconv.Itoa(c.minLength)
	}
	return fmt.Sprintf("%d–%d", c.minLength, c.maxLength)
}

// mixed sees columns in which most values are of a type, and some are not.
func (c *column) mixed() string {
	if c.element != nil || c.logical != "string" || c.Type != "VARCHAR" || c.isCode() {
		return ""
	}
	for _, t := range []struct {
		name  string
		count int64
	}{{"whole numbers", c.integers}, {"numbers", c.numbers}, {"dates", c.days}, {"points in time", c.moments}, {"true or false", c.truths}} {
		if share := float64(t.count) / float64(c.filled); share >= 0.5 && share < 1 {
			return fmt.Sprintf("%s are %s, the rest is not: kept as text", percent(share), t.name)
		}
	}
	return ""
}

func (c *column) freeText() bool {
	return c.element == nil && c.logical == "string" && c.maxLength > 2*longText && c.distinct > fewValues
}

// sure reports whether something in the dataset speaks of people for certain.
func (d *dataset) sure() bool {
	return slices.ContainsFunc(d.columns, func(c *column) bool { return c.class != "" && !c.doubted })
}

// unclassified names the columns of a dataset about people that nothing was
// recognised of.
func (d *dataset) unclassified() string {
	about, names := false, ""
	for _, c := range d.columns {
		if c.class != "" {
			about = true
			continue
		}
		if names != "" {
			names += ", "
		}
		names += c.Name
	}
	if !about {
		return ""
	}
	return names
}
