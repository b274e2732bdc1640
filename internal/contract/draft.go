package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	sen "github.com/sen-hub/sen"
)

// Draft writes an ODCS 3.1.0 contract from a profile: short, with the evidence
// as comments, and what it is not sure of at the end. Whatever the names in
// the source are, the draft parses without a problem.
func Draft(p Profile) []byte {
	d := &draft{profile: p, agency: agencyName(p.Agency)}
	d.settle()
	d.head()
	d.servers()
	d.line(0, "schema:")
	for i := range d.objects {
		d.object(&d.objects[i])
	}
	if len(d.objects) == 0 {
		d.line(1, "[]")
	}
	d.notSure()
	return []byte(d.b.String())
}

// draft is a contract being written. Its objects and columns carry the names
// that they get: safe, and each once.
type draft struct {
	b       strings.Builder
	profile Profile
	agency  string
	places  []draftServer
	objects []draftObject
	unsure  []string
}

type draftServer struct {
	name, kind string
	facts      map[string]string
}

type draftObject struct {
	ObjectProfile
	name     string
	server   string // named only where it is not the first
	columns  []draftColumn
	key      []string          // names of the proposed key
	single   map[string]string // relationship of one column: name → target
	multiple [][2][]string     // of several: from, to
}

type draftColumn struct {
	ColumnProfile
	name string
}

func agencyName(s string) string {
	if _, err := sen.ParseDataset(s + ".x"); err == nil && !strings.Contains(s, ".") {
		return s
	}
	if name := strings.ReplaceAll(SnakeName(s), "_", "-"); name != "" {
		return name
	}
	return "agency"
}

// unique gives the name, or it with a number where it is taken.
func unique(taken map[string]bool, name string) string {
	free := name
	for i := 2; taken[free]; i++ {
		free = fmt.Sprintf("%s_%d", name, i)
	}
	taken[free] = true
	return free
}

func firstOf(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}

// settle gives every server, object and column its name, then leads keys and
// relationships to those names.
func (d *draft) settle() {
	d.settleServers()
	taken := map[string]bool{}
	for i, o := range d.profile.Objects {
		settled := draftObject{ObjectProfile: o, single: map[string]string{}}
		settled.name = unique(taken, firstOf(SnakeName(o.Name), SnakeName(o.PhysicalName), fmt.Sprintf("object_%d", i+1)))
		settled.server = d.serverOf(o.Server)
		names := map[string]bool{}
		for j, c := range o.Columns {
			name := unique(names, firstOf(SnakeName(c.Name), SnakeName(c.PhysicalName), fmt.Sprintf("column_%d", j+1)))
			settled.columns = append(settled.columns, draftColumn{c, name})
		}
		settled.settleKey()
		d.objects = append(d.objects, settled)
	}
	for i := range d.objects {
		for _, r := range d.objects[i].Relationships {
			d.settleRelationship(&d.objects[i], r)
		}
	}
}

func (d *draft) settleServers() {
	taken := map[string]bool{}
	for _, s := range d.profile.Servers {
		kind := s.Type
		if _, known := serverTable[kind]; !known {
			kind = "custom"
		}
		name := unique(taken, firstOf(strings.ReplaceAll(SnakeName(s.Name), "_", "-"), kind))
		d.places = append(d.places, draftServer{name, kind, s.Facts})
	}
}

// serverOf is the settled name of an object's server, "" for the first.
func (d *draft) serverOf(name string) string {
	for i, s := range d.profile.Servers {
		if s.Name == name && name != "" && i > 0 {
			return d.places[i].name
		}
	}
	return ""
}

// column finds a column by its physical or its proposed name.
func (o *draftObject) column(name string) (string, bool) {
	for _, c := range o.columns {
		if c.PhysicalName == name {
			return c.name, true
		}
	}
	for _, c := range o.columns {
		if c.Name == name || c.name == name {
			return c.name, true
		}
	}
	return "", false
}

func (o *draftObject) named(columns []string) ([]string, bool) {
	var all []string
	for _, c := range columns {
		name, ok := o.column(c)
		if !ok || slices.Contains(all, name) {
			return nil, false
		}
		all = append(all, name)
	}
	return all, len(all) > 0
}

func (o *draftObject) settleKey() {
	if len(o.Keys) > 0 {
		o.key, _ = o.named(o.Keys[0].Columns)
	}
}

// settleRelationship keeps a relationship that the standard can write; another
// becomes a question.
func (d *draft) settleRelationship(o *draftObject, r RelationshipProfile) {
	from, ok := o.named(r.Columns)
	to := d.ends(r)
	fits := ok && len(from) == len(to) && !slices.ContainsFunc(to, func(s string) bool { return !reference.MatchString(s) })
	switch {
	case !fits:
		d.unsure = append(d.unsure, fmt.Sprintf("%s.%s seems to lead to %s (%s of its values are there)", o.PhysicalName, strings.Join(r.Columns, ", "), r.To, percent(r.Found)))
	case len(from) == 1 && o.single[from[0]] == "":
		o.single[from[0]] = to[0]
	case len(from) > 1:
		o.multiple = append(o.multiple, [2][]string{prefixed(o.name, from), to})
	}
}

func prefixed(object string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = object + "." + name
	}
	return all
}

// ends writes where a relationship leads: shorthand within the contract, else
// through the other contract's file.
func (d *draft) ends(r RelationshipProfile) []string {
	var all []string
	for _, column := range r.ToColumns {
		if r.To.Agency() != d.agency {
			all = append(all, fmt.Sprintf("%s.odcs.yaml#schema/%s/properties/%s", r.To.Agency(), r.To.Object(), column))
			continue
		}
		i := slices.IndexFunc(d.objects, func(o draftObject) bool { return o.name == r.To.Object() })
		if i < 0 {
			return nil
		}
		name, ok := d.objects[i].column(column)
		if !ok {
			return nil
		}
		all = append(all, d.objects[i].name+"."+name)
	}
	return all
}

func (d *draft) head() {
	d.comment(0, "Drafted by `sen contract infer`. Read it through, answer what stands under \"Not sure\", then: sen contract check FILE")
	d.line(0, "apiVersion: v3.1.0")
	d.line(0, "kind: DataContract")
	d.line(0, "id: %s", plain(d.agency))
	if d.profile.Name != "" {
		d.line(0, "name: %s", plain(d.profile.Name))
	}
	d.line(0, "version: 0.1.0")
	d.line(0, "status: draft")
}

func (d *draft) servers() {
	if len(d.places) == 0 {
		d.line(0, "")
		return
	}
	d.line(0, "\nservers:")
	for _, s := range d.places {
		d.server(s)
	}
	d.line(0, "")
}

func (d *draft) server(s draftServer) {
	d.line(1, "- server: %s", plain(s.name))
	d.line(2, "type: %s", s.kind)
	written := map[string]bool{}
	for _, cell := range strings.Fields(serverTable[s.kind]) {
		name, required := strings.CutSuffix(cell, "*")
		value, given := s.facts[name]
		written[name] = true
		if given || required {
			d.line(2, "%s: %s", name, d.fact(s.kind, name, value))
		}
	}
	var rest []string
	for _, name := range slices.Sorted(maps.Keys(s.facts)) {
		if !written[name] {
			rest = append(rest, name)
		}
	}
	if len(rest) == 0 {
		return
	}
	d.line(2, "customProperties:")
	for _, name := range rest {
		d.line(3, "- {property: %s, value: %s}", plain(name), customValue(name, s.facts[name]))
	}
}

// fact is a server's field in the form that the standard asks for; what is not
// known is left to the environment.
func (d *draft) fact(kind, name, value string) string {
	switch {
	case name == "port" && number64(value) == nil, name == "port" && strings.Trim(value, "0123456789") != "":
		return "5432"
	case name == "port":
		return shortNumber(*number64(value))
	case kind == "sftp" && name == "location" && !sftpURL.MatchString(value):
		return plain("sftp://" + value)
	case value == "":
		return plain("${" + strings.ToUpper(SnakeName(d.agency)+"_"+name) + "}")
	}
	return plain(value)
}

// customValue keeps the value of a custom property that the hub reads within
// what it allows.
func customValue(name, value string) string {
	if check, known := ours[name]; known {
		if ok, _ := check(value); !ok {
			return plain(defaultCustom[name])
		}
	}
	return plain(value)
}

// defaultCustom stands where a profile gives what the hub cannot read.
var defaultCustom = map[string]string{
	"encoding": "UTF-8", "publishedSince": "2026-01-01", "maxConnections": "1", "statementTimeout": "30s",
	"legalBasis": "unknown", "replacesPaper": "unknown", "classification": "internal", "server": "unknown", "bornOn": "unknown", "bornAt": "unknown", "sex": "unknown", "sheet": "unknown",
}
