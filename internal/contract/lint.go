package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// linter finds what the standard's schema lets pass and yet cannot be meant.
type linter struct {
	checker
	options Options
	c       *Contract
}

func lint(c *Contract, o Options) Problems {
	l := &linter{options: o, c: c}
	l.servers()
	l.customs(c.Custom)
	l.distinctObjects()
	for _, object := range c.Objects {
		l.object(object)
	}
	for _, sla := range c.SLA {
		l.sla(sla)
	}
	return l.problems
}

// field is the node of a record's field, else the record itself.
func (n *node) field(name string) *node {
	if v := n.get(name); v != nil {
		return v
	}
	return n
}

func (l *linter) servers() {
	seen := map[string]bool{}
	for _, s := range l.c.Servers {
		if seen[s.Name] {
			l.errorAt(s.at.field("server"), "", "", "two servers are called %q", s.Name)
		}
		seen[s.Name] = true
		l.customs(s.Custom)
		l.live(s)
		l.files(s)
	}
}

func (l *linter) distinctObjects() {
	seen := map[string]int{}
	for _, o := range l.c.Objects {
		if line, twice := seen[o.Name]; twice {
			l.errorAt(o.at.field("name"), "", fmt.Sprintf("the first is in line %d", line), "two objects are called %q", o.Name)
		}
		seen[o.Name] = o.Line
	}
}

func (l *linter) object(o *Object) {
	l.customs(o.Custom)
	l.objectServer(o)
	l.properties(o, o.Properties)
	l.key(o)
	for _, r := range o.Quality {
		l.rule(o, nil, r)
	}
	for _, r := range o.Relationships {
		l.relationship(o, r)
	}
}

// objectServer checks the custom property by which an object of a contract
// with several servers names its own.
func (l *linter) objectServer(o *Object) {
	name := o.Custom.Text("server")
	if name == "" {
		return
	}
	names := make([]string, len(l.c.Servers))
	for i, s := range l.c.Servers {
		names[i] = s.Name
	}
	if !slices.Contains(names, name) {
		l.errorAt(o.at.field("name"), "", didYouMean(name, "servers", names), "object %q is on server %q, which the contract does not have", o.Name, name)
	}
}

func (l *linter) properties(o *Object, all []*Property) {
	seen := map[string]int{}
	for _, p := range all {
		if line, twice := seen[p.Name]; twice {
			l.errorAt(p.at.field("name"), "", fmt.Sprintf("the first is in line %d", line), "object %q has two properties called %q", o.Name, p.Name)
		}
		seen[p.Name] = p.Line
		l.property(o, p)
	}
}

func (l *linter) property(o *Object, p *Property) {
	l.customs(p.Custom)
	l.element(p)
	l.bounds(p)
	l.personColumns(o, p)
	for _, r := range p.Quality {
		l.rule(o, p, r)
	}
	for _, r := range p.Relationships {
		l.relationship(o, r)
	}
	l.properties(o, p.Properties)
	if p.Items != nil {
		l.property(o, p.Items)
	}
}

func (l *linter) element(p *Property) {
	if p.Element != "" && l.options.Elements != nil && !l.options.Elements(p.Element) {
		l.warnAt(p.at.field("authoritativeDefinitions"), "", "the values are kept as they come; elements/*.yaml may hold a country's own",
			"property %q names data element %q, which the dictionary does not have", p.Name, p.Element)
	}
}

// key: positions of a composite key count 1, 2, 3 …
func (l *linter) key(o *Object) {
	var placed []*Property
	for _, p := range o.Properties {
		if p.PrimaryKey && p.PrimaryKeyPosition > 0 {
			placed = append(placed, p)
		}
	}
	slices.SortStableFunc(placed, func(a, b *Property) int { return a.PrimaryKeyPosition - b.PrimaryKeyPosition })
	for i, p := range placed {
		if p.PrimaryKeyPosition != i+1 {
			l.errorAt(p.at.field("primaryKeyPosition"), "", "positions count 1, 2, 3 …", "the key of object %q has %d where position %d is due", o.Name, p.PrimaryKeyPosition, i+1)
			return
		}
	}
}

// bounds: a least value above the greatest one admits nothing.
func (l *linter) bounds(p *Property) {
	at := p.at.field("logicalTypeOptions")
	o := p.Options
	if o.MaxLength >= 0 && o.MinLength > o.MaxLength {
		l.errorAt(at.field("minLength"), "", "", "property %q: minLength %d is above maxLength %d", p.Name, o.MinLength, o.MaxLength)
	}
	low, errLow := strconv.ParseFloat(o.Minimum, 64)
	high, errHigh := strconv.ParseFloat(o.Maximum, 64)
	if errLow == nil && errHigh == nil && low > high {
		l.errorAt(at.field("minimum"), "", "", "property %q: minimum %s is above maximum %s", p.Name, o.Minimum, o.Maximum)
	}
	if _, err := regexp.Compile(o.Pattern); err != nil {
		l.warnAt(at.field("pattern"), "", "use RE2 syntax: no look-around, no back references", "the pattern of property %q cannot be run", p.Name)
	}
}

// personColumns are the custom properties by which a personal identity number
// says which columns describe the same person.
var personColumns = []string{"bornOn", "bornAt", "sex"}

func (l *linter) personColumns(o *Object, p *Property) {
	for _, c := range p.Custom {
		if !slices.Contains(personColumns, c.Property) {
			continue
		}
		if name := scalarText(c.Value); o.Property(name) == nil {
			l.errorAt(c.at.field("value"), "", didYouMean(name, "properties", names(o.Properties)), "%s names %q, which object %q does not have", c.Property, name, o.Name)
		}
	}
}

func names(all []*Property) []string {
	list := make([]string, len(all))
	for i, p := range all {
		list[i] = p.Name
	}
	return list
}

// ours are the custom properties that the hub reads, each with its form.
var ours = map[string]func(v any) (ok bool, form string){
	"encoding":         isEncoding,
	"publishedSince":   isDay,
	"maxConnections":   isPositive,
	"statementTimeout": isDuration,
	"legalBasis":       isTexts,
	"replacesPaper":    isTexts,
	"classification":   isText,
	"server":           isText,
	"sheet":            isText,
	"bornOn":           isText,
	"bornAt":           isText,
	"sex":              isText,
}

func (l *linter) customs(all CustomProperties) {
	for _, c := range all {
		if check, known := ours[c.Property]; known {
			if ok, form := check(c.Value); !ok {
				l.errorAt(c.at.field("value"), "", "it must be "+form, "custom property %s cannot be %q", c.Property, c.at.field("value").text)
			}
		}
	}
}

// encodings are of files and of columns; TCVN3-H and UTF-8-twice of columns alone.
var encodings = []string{"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "TCVN3", "TCVN3-H", "VNI", "VISCII", "VIQR", "windows-1258", "windows-1252",
	"ISO-8859-1", "latin1", "ascii", "UTF-8-twice"}

func isEncoding(v any) (bool, string) {
	known := func(name string) bool {
		return slices.ContainsFunc(encodings, func(e string) bool { return fold(e) == fold(name) })
	}
	for _, name := range strings.Split(scalarText(v), "+") {
		if !known(name) {
			return false, "one of " + strings.Join(encodings, ", ") + "; for a column of several, those with + between them"
		}
	}
	return true, ""
}

func isDay(v any) (bool, string) {
	_, err := time.Parse(time.DateOnly, scalarText(v))
	return err == nil, `a day like "2026-01-01"`
}

func isPositive(v any) (bool, string) {
	n, err := strconv.ParseInt(scalarText(v), 10, 32)
	return err == nil && n > 0, "a whole number above 0"
}

func isDuration(v any) (bool, string) {
	d, err := time.ParseDuration(scalarText(v))
	return err == nil && d > 0, "a time like 30s or 5m"
}

func isText(v any) (bool, string) { s, ok := v.(string); return ok && s != "", "a text" }

func isTexts(v any) (bool, string) {
	all := textList(v)
	return len(all) > 0 && !slices.Contains(all, ""), "a text, or a list of texts"
}
