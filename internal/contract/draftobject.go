package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const readingShown = 6 // sentences on how a source is read

func (d *draft) object(o *draftObject) {
	d.line(1, "- name: %s", plain(o.name))
	d.comment(2, o.evidence())
	d.comment(2, o.reading())
	d.line(2, "physicalName: %s", plain(o.PhysicalName))
	if o.PhysicalType != "" {
		d.line(2, "physicalType: %s", plain(o.PhysicalType))
	}
	if o.server != "" {
		d.line(2, "customProperties: [{property: server, value: %s}]", plain(o.server))
	}
	if o.Description != "" {
		d.line(2, "description: %s", plain(o.Description))
	}
	d.line(2, "quality:")
	d.line(3, "- {name: not-empty, metric: rowCount, mustBeGreaterThan: 0, dimension: coverage, severity: error}")
	d.compositeRelationships(o)
	d.line(2, "properties:")
	if len(o.columns) == 0 {
		d.line(3, "[]")
	}
	for i := range o.columns {
		d.column(o, &o.columns[i])
	}
	d.objectUnsure(o)
	d.line(0, "")
}

func (d *draft) compositeRelationships(o *draftObject) {
	if len(o.multiple) == 0 {
		return
	}
	d.line(2, "relationships:")
	for _, r := range o.multiple {
		d.line(3, "- {type: foreignKey, from: %s, to: %s}", flowList(r[0]), flowList(r[1]))
	}
}

// evidence says what was looked at and which keys were found.
func (o *draftObject) evidence() string {
	rows := "rows unknown"
	switch {
	case o.Rows >= 0 && o.Estimated:
		rows = thousands(o.Rows) + " rows estimated"
	case o.Rows >= 0:
		rows = thousands(o.Rows) + " rows"
	}
	parts := []string{rows, "sampled " + thousands(o.Sampled)}
	for i, k := range o.Keys {
		word := "key"
		if i > 0 {
			word = "or key"
		}
		parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%s %s: %s", word, strings.Join(k.Columns, " + "), k.Evidence), ": "))
	}
	if len(o.Keys) == 0 {
		parts = append(parts, "no key found: a sync replaces the dataset")
	}
	return strings.Join(parts, " · ")
}

// reading says how the source is read; of a folder, as its first files are.
func (o *draftObject) reading() string {
	if more := len(o.Reading) - readingShown; more > 0 {
		return strings.Join(o.Reading[:readingShown], " · ") + fmt.Sprintf(" · %d more", more)
	}
	return strings.Join(o.Reading, " · ")
}

func (d *draft) column(o *draftObject, c *draftColumn) {
	d.line(3, "- name: %s", plain(c.name))
	d.comment(4, c.evidence())
	d.line(4, "physicalName: %s", plain(c.PhysicalName))
	if c.Description != "" {
		d.line(4, "description: %s", plain(c.Description))
	}
	d.columnKey(o, c)
	logical := c.logicalType()
	d.line(4, "logicalType: %s", logical)
	if c.PhysicalType != "" {
		d.line(4, "physicalType: %s", plain(c.PhysicalType))
	}
	if c.Format != "" && slices.Contains([]string{"string", "date", "timestamp", "time"}, logical) {
		d.line(4, "logicalTypeOptions: {format: %s}", plain(c.Format))
	}
	if (o.Sampled > 0 && c.NullShare == 0 && !c.Optional) || slices.Contains(o.key, c.name) {
		d.line(4, "required: true")
	}
	if len(o.key) == 1 && o.key[0] == c.name {
		d.line(4, "unique: true")
	}
	if c.Classification != "" {
		d.line(4, "classification: %s", plain(c.Classification))
	}
	if c.Element != "" {
		d.line(4, "authoritativeDefinitions: [{type: dataElement, url: %s}]", quote(elementPrefix+c.Element))
	}
	if to := o.single[c.name]; to != "" {
		d.line(4, "relationships: [{type: foreignKey, to: %s}]", quote(to))
	}
	d.columnCustom(o, c)
	if len(c.Samples) > 0 && !c.personal() {
		d.line(4, "examples: %s", flowList(c.Samples))
	}
	d.columnRules(o, c)
}

// logicalType of the column; what is no type of the standard, and the nested
// ones whose parts a profile does not know, are text.
func (c *draftColumn) logicalType() string {
	if c.LogicalType != "" && slices.Contains(logicalTypes(), c.LogicalType) {
		return c.LogicalType
	}
	return "string"
}

func (d *draft) columnKey(o *draftObject, c *draftColumn) {
	i := slices.Index(o.key, c.name)
	if i < 0 {
		return
	}
	d.line(4, "primaryKey: true")
	if len(o.key) > 1 {
		d.line(4, "primaryKeyPosition: %d", i+1)
	}
}

func (d *draft) columnCustom(o *draftObject, c *draftColumn) {
	var all []string
	if ok, _ := isEncoding(c.Encoding); ok {
		all = append(all, "{property: encoding, value: "+plain(c.Encoding)+"}")
	}
	if c.Decimal != "" && c.logicalType() == "number" {
		all = append(all, "{property: decimal, value: "+plain(c.Decimal)+"}")
	}
	for _, same := range [][2]string{{"bornOn", c.BornOn}, {"bornAt", c.BornAt}, {"sex", c.Sex}} {
		if name, ok := o.column(same[1]); ok && same[1] != "" {
			all = append(all, fmt.Sprintf("{property: %s, value: %s}", same[0], plain(name)))
		}
	}
	if len(all) > 0 {
		d.line(4, "customProperties: [%s]", strings.Join(all, ", "))
	}
}

// columnRules proposes rules that the sample would just pass.
func (d *draft) columnRules(o *draftObject, c *draftColumn) {
	var all []string
	switch {
	case len(c.ValidValues) > 0 && !c.personal():
		all = append(all, fmt.Sprintf("{metric: invalidValues, arguments: {validValues: %s}, mustBe: 0, dimension: conformity, severity: error}", flowList(c.ValidValues)))
	case c.Element != "" && o.Sampled > 0:
		all = append(all, fmt.Sprintf("{metric: invalidValues, mustBeLessThan: %d, unit: percent, dimension: conformity, severity: error}", limitAbove(1-c.ElementShare)))
	}
	if c.NullShare > 0 && c.NullShare < 0.05 {
		all = append(all, fmt.Sprintf("{metric: nullValues, mustBeLessThan: %d, unit: percent, dimension: completeness, severity: warning}", limitAbove(c.NullShare)))
	}
	if len(all) == 0 {
		return
	}
	d.line(4, "quality:")
	for _, rule := range all {
		d.line(5, "- %s", rule)
	}
}

// limitAbove is a round percentage above a share, with room for what the
// sample did not meet.
func limitAbove(share float64) int {
	for _, limit := range []int{1, 2, 5, 10, 20, 50} {
		if share*100 < float64(limit)*0.8 {
			return limit
		}
	}
	return 101
}

// evidence of a column in one line: how full, how many values, how long, what it seems to be.
func (c *draftColumn) evidence() string {
	var parts []string
	if c.NullShare > 0 {
		parts = append(parts, percent(c.NullShare)+" empty")
	}
	if c.Distinct > 0 {
		parts = append(parts, "about "+thousands(c.Distinct)+" distinct")
	}
	if c.MaxLength > 0 {
		parts = append(parts, lengths(c.MinLength, c.MaxLength))
	}
	if !c.personal() && (c.Min != "" || c.Max != "") {
		parts = append(parts, brief(c.Min)+" … "+brief(c.Max))
	}
	if c.Element != "" {
		parts = append(parts, withReason(fmt.Sprintf("%s fits %s", c.Element, percent(c.ElementShare)), c.ElementEvidence))
	}
	if c.Encoding != "" {
		parts = append(parts, withReason(c.Encoding, c.EncodingEvidence))
	}
	return strings.Join(append(parts, c.Notes...), " · ")
}

func lengths(least, most int) string {
	if least == most {
		return fmt.Sprintf("%d characters", most)
	}
	return fmt.Sprintf("%d–%d characters", least, most)
}

func withReason(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// brief cuts a long value for a comment.
func brief(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

func (d *draft) objectUnsure(o *draftObject) {
	for _, question := range o.Unsure {
		d.unsure = append(d.unsure, o.PhysicalName+"  "+question)
	}
	for _, c := range o.columns {
		if c.Unsure != "" {
			d.unsure = append(d.unsure, o.PhysicalName+"."+c.PhysicalName+"  "+c.Unsure)
		}
	}
}

func (d *draft) notSure() {
	if len(d.unsure) == 0 {
		return
	}
	d.comment(0, "Not sure")
	for _, question := range d.unsure {
		d.comment(0, "  "+question)
	}
}

// line writes one line, indented two spaces a level.
func (d *draft) line(level int, format string, args ...any) {
	if format != "" {
		d.b.WriteString(strings.Repeat("  ", level))
		fmt.Fprintf(&d.b, format, args...)
	}
	d.b.WriteByte('\n')
}

// comment writes a comment of one line; nothing in it can end the comment.
func (d *draft) comment(level int, s string) {
	if strings.TrimSpace(s) == "" {
		return
	}
	safe := strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	d.b.WriteString(strings.Repeat("  ", level) + "# " + strings.TrimRight(safe, " ") + "\n")
}

// plain writes a text without quotes where every YAML reader takes it for that
// text, else in quotes.
func plain(s string) string {
	if s == "" || len(s) > 60 || strings.Contains(s, "  ") || !isWordLike(s) || looksTyped(s) {
		return quote(s)
	}
	return s
}

// isWordLike: letters and digits, with - _ . / inside and single spaces between.
func isWordLike(s string) bool {
	for i, c := range s {
		switch {
		case unicode.IsLetter(c), c >= '0' && c <= '9', c == '_':
		case i > 0 && (c == '-' || c == '.' || c == '/'):
		case i > 0 && i < len(s)-1 && c == ' ':
		default:
			return false
		}
	}
	return true
}

// looksTyped: a YAML reader of any version may take it for a number, a date, a
// truth or nothing.
func looksTyped(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return true
	}
	return s[0] >= '0' && s[0] <= '9' || s[0] == '.' || s[0] == '_'
}

// quote writes a text in double quotes (YAML 1.2, 7.3.1), unprintable
// characters escaped. What is not UTF-8 becomes U+FFFD.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < 0x10000 && !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\u%04x`, c)
		case !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\U%08x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func flowList(all []string) string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = plain(s)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// percent shows a share as people read it: "99.2 %".
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
}

// thousands groups digits by commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
