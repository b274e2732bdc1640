package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Actual is what the source of a dataset has now in its place.
type Actual struct {
	Dataset Dataset
	Gone    bool   // there is no such table
	Now     string // with Gone: what the table seems to be called now; may be empty
	Columns []Column
	Key     []string      // see Dataset.Drift
	New     ObjectProfile // the columns that the contract does not name, as a draft would write them
}

// Proposal is a contract's file as its source asks for it to be. Nothing of
// the file is written anew but the lines that must change.
type Proposal struct {
	File   string
	Text   string   // of the whole file
	ByHand []string // what is left to a person, and why
	src    []string // the lines of the file as it is
	edits  []edit
}

// edit replaces lines of a file: cut of them from the line at (from 1) on.
type edit struct {
	at, cut int
	put     []string
}

// Changes is Drift with the columns that seem to have only been renamed told
// as that, and tables that are gone.
func (a Actual) Changes() []Change {
	name := a.Dataset.Object.Name
	if a.Gone {
		reason := "the source lacks this table, or the user may not read it"
		if a.Now != "" {
			reason += "; it seems to be called " + a.Now + " now"
		}
		return []Change{{Breaking, name, a.Dataset.Object.Source(), a.Now, reason}}
	}
	renamed := a.renamed()
	var out []Change
	for _, c := range a.Dataset.Drift(a.Columns, a.Key) {
		property, ofColumn := strings.CutPrefix(c.Path, name+".")
		column, unread := c.Unread()
		switch to, moved := renamed[property]; {
		case unread && takes(renamed, column):
			continue
		case ofColumn && moved && c.To == "":
			c.To, c.Reason = to, "the column seems to be called "+to+" now"
		}
		out = append(out, c)
	}
	return out
}

func takes(renamed map[string]string, column string) bool {
	for _, to := range renamed {
		if to == column {
			return true
		}
	}
	return false
}

// renamed finds, for properties whose column is gone, the column that it
// seems to be now: one that the contract does not name, of the same type, and
// nearly of the same name, or in the same place behind the same column.
func (a Actual) renamed() map[string]string {
	out := map[string]string{}
	free := a.unnamed()
	properties := a.Dataset.Object.Properties
	for i, p := range properties {
		if _, there := findColumn(a.Columns, p.Source()); there {
			continue
		}
		var fits []string
		for _, c := range free {
			if p.sameType(c) && !takes(out, c.Name) {
				fits = append(fits, c.Name)
			}
		}
		to := Nearest(p.Source(), fits)
		if to == "" {
			to = a.inPlace(properties, i, fits)
		}
		if to != "" {
			out[p.Name] = to
		}
	}
	return out
}

// unnamed are the source's columns that no property names.
func (a Actual) unnamed() []Column {
	return slices.DeleteFunc(slices.Clone(a.Columns), func(c Column) bool {
		return slices.ContainsFunc(a.Dataset.Object.Properties, func(p *Property) bool { return strings.EqualFold(p.Source(), c.Name) })
	})
}

// sameType reports whether the column is declared as the contract says. A
// contract that says no type cannot tell.
func (p *Property) sameType(c Column) bool {
	return p.PhysicalType != "" && typeOf(p.PhysicalType) == typeOf(c.Type) && typeOf(c.Type).family != "other" || strings.EqualFold(p.PhysicalType, c.Type) && c.Type != ""
}

// inPlace is the column that stands where the i-th property's stood: between
// the columns of its neighbours. A database that renames a column leaves it in
// its place; the last place says nothing, since what is new stands there too.
func (a Actual) inPlace(properties []*Property, i int, fits []string) string {
	at := func(i int) int {
		if i < 0 || i >= len(properties) {
			return -1
		}
		c, ok := findColumn(a.Columns, properties[i].Source())
		if !ok {
			return -1
		}
		return slices.Index(a.Columns, c)
	}
	before, after := at(i-1), at(i+1)
	if i > 0 && before < 0 || after != before+2 || !slices.Contains(fits, a.Columns[before+1].Name) {
		return ""
	}
	return a.Columns[before+1].Name
}

// Propose writes the changes of the datasets of one contract into its file's
// text: a renamed column's and table's name, another type, a column that is
// gone as no longer required, one that is new as a property with its profile,
// a table that is gone as a comment. The key is changed where the source has
// another. What it cannot write it leaves to a person. The result is parsed:
// with errors it says so, and the text is still shown.
func Propose(src []byte, all []Actual, o Options) Proposal {
	p := Proposal{src: strings.Split(string(src), "\n")}
	for _, a := range all {
		p.File = a.Dataset.Contract.File
		p.dataset(a)
	}
	p.order()
	p.Text = strings.Join(p.lines(), "\n")
	if len(p.edits) == 0 {
		return p
	}
	if _, problems := Parse(p.File, []byte(p.Text), o); len(problems.Errors()) > 0 {
		first := problems.Errors()[0]
		p.ByHand = append(p.ByHand, fmt.Sprintf("the proposal has %d errors, the first in line %d: %s", len(problems.Errors()), first.Line, first.Msg))
	}
	return p
}

func (p *Proposal) dataset(a Actual) {
	o := a.Dataset.Object
	block := p.block(o.Line)
	switch {
	case block.lines == 0:
		p.leave("%s is not written as a list of lines: change it yourself", o.Name)
	case a.Gone && a.Now != "":
		p.set(block, "physicalName", a.Now)
	case a.Gone:
		p.comment(block, "gone from the source")
	default:
		p.columns(a)
	}
}

func (p *Proposal) columns(a Actual) {
	renamed := a.renamed()
	for _, property := range a.Dataset.Object.Properties {
		block := p.block(property.Line)
		is, there := findColumn(a.Columns, property.Source())
		to, moved := renamed[property.Name]
		retyped := there && slices.ContainsFunc(a.Dataset.retyped(property, is), func(c Change) bool { return c.Class != Note })
		needed := property.Required || property.PrimaryKey || property.Critical
		switch {
		case there && !retyped, !there && !moved && !needed:
		case block.lines == 0:
			p.leave("property %s.%s is not written as a list of lines: change it yourself", a.Dataset.Object.Name, property.Name)
		case moved:
			p.set(block, "physicalName", to)
		case there:
			p.set(block, "physicalType", is.Type)
		default:
			p.drop(block, "required", "primaryKey", "primaryKeyPosition", "criticalDataElement", "unique")
		}
	}
	p.key(a)
	p.add(a, renamed)
}

// key moves the key to the columns that the source tells its rows apart by.
func (p *Proposal) key(a Actual) {
	if len(a.Dataset.lostKey(a.Key)) == 0 {
		return
	}
	var key []*Property
	for _, name := range a.Key {
		i := slices.IndexFunc(a.Dataset.Object.Properties, func(q *Property) bool { return strings.EqualFold(q.Source(), name) })
		if i < 0 {
			p.leave("%s: the source's key has the column %s, which the contract does not name yet: make it a part of the key", a.Dataset.Object.Name, name)
			continue
		}
		key = append(key, a.Dataset.Object.Properties[i])
	}
	for _, property := range a.Dataset.Object.Properties {
		block := p.block(property.Line)
		at := slices.Index(key, property)
		switch {
		case block.lines == 0 && (at >= 0) != property.PrimaryKey:
			p.leave("property %s.%s is not written as a list of lines: change its key yourself", a.Dataset.Object.Name, property.Name)
		case at >= 0:
			p.set(block, "primaryKey", "true")
			if p.drop(block, "unique"); len(key) > 1 {
				p.set(block, "primaryKeyPosition", strconv.Itoa(at+1))
			}
		case property.PrimaryKey:
			p.drop(block, "primaryKey", "primaryKeyPosition", "unique")
		}
	}
}

// add appends the new columns behind the last property, as a draft writes them.
func (p *Proposal) add(a Actual, renamed map[string]string) {
	o := a.Dataset.Object
	if len(o.Properties) == 0 {
		return
	}
	last := p.block(o.Properties[len(o.Properties)-1].Line)
	taken := map[string]bool{}
	for _, property := range o.Properties {
		taken[property.Name] = true
	}
	var put []string
	for _, c := range a.unnamed() {
		if takes(renamed, c.Name) {
			continue
		}
		if last.lines == 0 {
			p.leave("%s: the column %s is new, and its properties are not written as a list of lines: add it yourself", o.Name, c.Name)
			continue
		}
		put = append(put, a.New.drafted(c, taken, last.indent)...)
	}
	if len(put) > 0 {
		p.edits = append(p.edits, edit{at: last.at + last.lines, put: put})
	}
}

// drafted is a column as a draft writes it, at a depth of so many blanks.
func (o ObjectProfile) drafted(c Column, taken map[string]bool, indent int) []string {
	column := ColumnProfile{PhysicalName: c.Name, PhysicalType: c.Type, Optional: true, LogicalType: "string"}
	for _, known := range o.Columns {
		if known.PhysicalName == c.Name {
			column = known
		}
	}
	column.BornOn, column.BornAt, column.Sex = "", "", "" // they name columns by a draft's names
	d := &draft{}
	one := draftObject{ObjectProfile: ObjectProfile{Sampled: o.Sampled, Columns: []ColumnProfile{column}}, single: map[string]string{}}
	name := unique(taken, firstOf(SnakeName(column.Name), SnakeName(c.Name), fmt.Sprintf("column_%d", len(taken)+1)))
	one.columns = []draftColumn{{column, name}}
	d.column(&one, &one.columns[0])
	const drafted = 6 // blanks before a property in a draft
	lines := strings.Split(strings.TrimSuffix(d.b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", indent) + line[drafted:]
	}
	return lines
}

func (p *Proposal) leave(format string, args ...any) {
	p.ByHand = append(p.ByHand, fmt.Sprintf(format, args...))
}
