package profile

import (
	"path/filepath"
	"strings"

	"github.com/sen-hub/sen/internal/contract"
	"github.com/sen-hub/sen/internal/source"
)

// assemble puts datasets into one profile, with a server for each file or
// pattern of files.
func assemble(agency string, all []*dataset, evidence []source.Evidence) contract.Profile {
	p := contract.Profile{Agency: agency}
	servers := map[string]string{}
	taken := map[string]bool{}
	for _, d := range all {
		name, there := servers[d.location.Path]
		if !there {
			name = serverName(taken, d)
			servers[d.location.Path] = name
			p.Servers = append(p.Servers, contract.ServerProfile{Name: name, Type: "local", Facts: d.serverFacts()})
		}
		object := d.objectProfile()
		object.Server = name
		p.Objects = append(p.Objects, object)
	}
	for _, e := range evidence {
		if strings.Contains(e.Found, "left out: ") && len(p.Objects) > 0 {
			p.Objects[0].Unsure = append(p.Objects[0].Unsure, filepath.Base(e.Subject)+": "+e.Found)
		}
	}
	return p
}

func serverName(taken map[string]bool, d *dataset) string {
	base := filepath.Base(d.location.Path)
	snake := contract.SnakeName(strings.TrimSuffix(base, filepath.Ext(base)))
	if snake == "" {
		snake = "files"
	}
	return strings.ReplaceAll(propertyName(taken, snake, 0), "_", "-")
}

// serverFacts say where the files are and how they are written, as far as
// that could be taken otherwise another time.
func (d *dataset) serverFacts() map[string]string {
	facts := map[string]string{"path": d.location.Path, "format": d.facts.Format}
	if d.facts.Format == source.CSV {
		facts["delimiter"] = d.facts.Delimiter
		if d.facts.Delimiter == "\t" {
			facts["delimiter"] = "tab"
		}
		if !d.facts.Header {
			facts["header"] = "false"
		}
	}
	if e := d.facts.Encoding; e != "" && e != "UTF-8" {
		facts["encoding"] = e
	}
	return facts
}

func (d *dataset) objectProfile() contract.ObjectProfile {
	o := contract.ObjectProfile{Name: d.object(), PhysicalName: objectSource(d.location), PhysicalType: "file",
		Rows: d.rows, Estimated: !d.exact, Sampled: d.sampled, Unsure: d.unsure, Relationships: d.found}
	if d.location.Table != "" {
		o.PhysicalType = "table"
	}
	if d.facts.Format == source.XLSX {
		o.PhysicalType = "sheet"
	}
	if d.table == nil {
		o.Reading = d.facts.Evidence
	}
	if d.table != nil {
		o.PhysicalType, o.Description = tableKinds[d.table.Kind], d.table.Comment
	}
	for _, c := range d.columns {
		o.Columns = append(o.Columns, d.columnProfile(c))
	}
	for _, k := range d.keys {
		o.Keys = append(o.Keys, contract.KeyProfile{Columns: k.names(), Evidence: k.evidence()})
	}
	return o
}

func (d *dataset) columnProfile(c *column) contract.ColumnProfile {
	p := contract.ColumnProfile{Description: c.comment, Optional: d.table != nil && c.Nullable, Decimal: d.decimal(c),
		Name: c.property, PhysicalName: c.Name, LogicalType: c.logical, PhysicalType: d.physicalType(c),
		NullShare: 1 - d.filledShare(c), Distinct: c.distinct, MinLength: c.minLength, MaxLength: c.maxLength,
		Encoding: c.encoding, EncodingEvidence: c.encodingWhy, Classification: c.class,
		BornOn: c.bornOn, BornAt: c.bornAt, Sex: c.sexCol, Notes: c.notes, Unsure: c.unsure}
	if c.element != nil {
		p.Element, p.ElementShare, p.ElementEvidence = c.element.Name, c.fits, c.evidence
	}
	if d.mayShow(c) {
		p.Min, p.Max = c.extremes()
	}
	if d.closedList(c) {
		for _, v := range c.values {
			p.ValidValues = append(p.ValidValues, v.value)
		}
	}
	return p
}

// physicalType is the type that the source itself declares.
func (d *dataset) physicalType(c *column) string {
	if c.declared != "" {
		return c.declared
	}
	if declared := d.facts.Declared[c.Name]; declared != "" {
		return strings.ToLower(declared)
	}
	if c.Type != "VARCHAR" {
		return strings.ToLower(c.Type)
	}
	return ""
}

// mayShow: extremes are shown of quantities and codes, never of what is
// personal, and in a dataset about people of no text at all.
func (d *dataset) mayShow(c *column) bool {
	if c.class != "" || c.maxLength > longText {
		return false
	}
	return c.logical != "string" || d.unclassified() == ""
}

func (c *column) extremes() (least, greatest string) {
	if c.logical == "integer" || c.logical == "number" {
		return c.lowest, c.highest
	}
	return c.least, c.greatest
}

// closedList reports whether a column's values look like a code list: few,
// each met often, in a sample large enough that none is likely missing.
func (d *dataset) closedList(c *column) bool {
	if c.class != "" || c.logical != "string" || c.element != nil || c.Type != "VARCHAR" || len(c.values) < 2 || len(c.values) > fewValues {
		return false
	}
	if c.filled < 50 || c.maxLength > longText || c.zeros+c.points > 0 && c.isCode() {
		return false
	}
	for _, v := range c.values {
		if v.rows < 2 && !d.exact {
			return false
		}
	}
	return d.exact || d.sampled >= 5000
}
