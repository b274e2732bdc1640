package clean

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/dictionary"
	"github.com/sen-hub/sen/internal/dictionary/charset"
	"github.com/sen-hub/sen/internal/engine"
)

var decimalForm = regexp.MustCompile(`(?i)^(?:numeric|decimal)\s*\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$`)

// tableType is the engine's type of a property in the clean table.
func tableType(p *contract.Property) string {
	switch p.LogicalType {
	case "integer":
		return "BIGINT"
	case "number":
		if m := decimalForm.FindStringSubmatch(p.PhysicalType); m != nil {
			return fmt.Sprintf("DECIMAL(%s,%s)", m[1], m[2])
		}
		return "DOUBLE"
	case "boolean":
		return "BOOLEAN"
	case "date":
		return "DATE"
	case "timestamp":
		return "TIMESTAMP"
	case "time":
		return "TIME"
	}
	return "VARCHAR"
}

// mapped elements have codes as their standard form: their written form is
// never the standard one, and no fault.
var mapped = map[string]bool{"sex": true, "province": true, "code": true, "boolean": true, "ethnicity": true, "nationality": true, "administrative-unit": true}

// express fills in the SQL of a column: its text as it came (encoding put
// right), and its value in standard form and in the table's type.
func (c Column) express(landed string, o Options) (Column, error) {
	c.came, c.text = c.source(), c.raw
	if landed != "" && landed != "VARCHAR" {
		c.text, c.textOf = c.name("_x"), "CAST("+c.raw+" AS VARCHAR)"
	}
	if encoding := c.Property.Custom.Text("encoding"); encoding != "" && !transcoded(o.Encoding) {
		if _, err := charset.MenderOf(encoding); err != nil {
			return c, sen.Errorf(sen.Invalid, "property %s (line %d of the contract): %w", c.Property.Name, c.Property.Line, err).
				WithHint("use one of %s, or several with + between them", strings.Join(charset.ColumnNames(), ", "))
		}
		came := "CAST(" + c.raw + " AS VARCHAR)"
		c.text, c.textOf, c.doubt = c.name("_x"), charset.SQL(encoding, came), charset.DoubtSQL(encoding, came)
	}
	e := c.element
	c.Mapped = mapped[e.Name]
	c.listed = c.Mapped && codes(c.Property) != nil && c.Property.Custom.Text("codes") == ""
	known := dictionary.Options{Year: c.Type == "VARCHAR", Codes: codes(c.Property)}
	if e.Name == "date" && c.Property.Custom.Text("past") == "true" {
		known.On = o.Now // a later day is impossible: it speaks of what has happened
	}
	known.Decimal = c.Property.Custom.Text("decimal")
	if known.Units = o.Units; e.NeedsUnits() && o.Units == nil {
		return c, sen.Errorf(sen.NotFound, "property %s (line %d of the contract) is of element %s, and the hub has no administrative units", c.Property.Name, c.Property.Line, e.Name).
			WithHint("`sen units FOLDER` brings the published ones in; see docs/connecting-a-source.md")
	}
	if c.dayText != "" {
		came := c.raw
		if c.textOf != "" {
			came = c.textOf
		}
		c.text, c.textOf, known.Dated = c.name("_x"), fmt.Sprintf("CAST(%s AS VARCHAR) || chr(31) || coalesce(replace(%s, chr(31), ' '), '')", came, c.dayText), true
	}
	form := e.SQL(c.text, known)
	c.blank, c.problem = form.Blank, form.Problem
	switch {
	case landed == c.Type && landed != "VARCHAR":
		c.valueOf, c.blank = c.raw, c.raw+" IS NULL"
	case c.Type == "VARCHAR":
		c.valueOf = form.Value
	case c.Type == form.Type:
		c.valueOf = form.Typed
	default:
		c.valueOf = "TRY_CAST(" + form.Value + " AS " + c.Type + ")"
	}
	return c, nil
}

func (c *Column) name(layer string) string { return layer + strings.TrimPrefix(c.raw, "_r") }

// transcoded reports whether the source's bytes were put right while they were read.
func transcoded(encoding string) bool {
	first, _, _ := strings.Cut(strings.ToLower(encoding), "+")
	return !slices.Contains([]string{"", "utf-8", "ascii", "utf-8-bom"}, first)
}

// codes is the code list of a property: its custom property codes, which says
// what each code of the source stands for ({"1": male, "2": female}), else the
// validValues of its invalidValues rule; nil when it has neither.
func codes(p *contract.Property) *dictionary.CodeList {
	list := &dictionary.CodeList{Name: p.Name}
	if declared, ok := p.Custom.Value("codes"); ok {
		if meanings, ok := declared.(map[string]any); ok {
			for _, code := range slices.Sorted(maps.Keys(meanings)) {
				list.Codes = append(list.Codes, dictionary.Code{Value: fmt.Sprint(meanings[code]), Labels: []string{code}})
			}
			return list
		}
	}
	for _, rule := range p.Quality {
		if values := argumentTexts(rule, "validValues"); rule.Metric == "invalidValues" && len(values) > 0 {
			for _, v := range values {
				list.Codes = append(list.Codes, dictionary.Code{Value: v})
			}
			return list
		}
	}
	return nil
}

// changed is SQL, for rows that hold a value: it was written in another form than the standard;
// empty where that cannot be. A code is never written in its standard form. A
// date of ten characters is as people (dd/mm/yyyy) or machines (yyyy-mm-dd)
// write it.
func (c *Column) changed() string {
	switch {
	case c.valueOf == c.raw || c.Mapped:
		return ""
	case c.element.Name == "date":
		return fmt.Sprintf("strlen(%s) <> 10", c.text)
	case c.Type == "VARCHAR":
		return fmt.Sprintf("%s <> %s", c.value, c.raw)
	}
	return ""
}

// asText is SQL: the standard form as text; empty for no column.
func (c *Column) asText() string {
	if c == nil || c.Type == "VARCHAR" {
		return c.named()
	}
	return "CAST(" + c.value + " AS VARCHAR)"
}

// year is SQL: the year of a date, or of a part of one; empty for no column.
func (c *Column) year() string {
	switch {
	case c == nil:
		return ""
	case c.Type == "DATE":
		return "year(" + c.value + ")"
	}
	return "TRY_CAST(left(" + c.value + ", 4) AS SMALLINT)"
}

// named is SQL: the value; empty for no column.
func (c *Column) named() string {
	if c == nil {
		return ""
	}
	return c.value
}

// source is SQL: the landed column, or NULL where the source has none.
func (c *Column) source() string {
	if c.Source == "" {
		return "CAST(NULL AS VARCHAR)"
	}
	return engine.Ident(c.Source)
}
